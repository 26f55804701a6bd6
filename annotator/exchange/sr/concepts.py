"""The names of what a structured report says: DICOM's own, and those of this program where DICOM has none."""

from __future__ import annotations

from collections.abc import Mapping

from annotator.lexicon.loader import Code

OWN_SCHEME = "99CALC"
OWN_SCHEME_NAME = "Mammogram Annotator: what readers say of calcifications"

REPORT = Code("126000", "DCM", "Imaging Measurement Report")
LANGUAGE = Code("121049", "DCM", "Language of Content Item and Descendants")
ENGLISH = Code("en-US", "RFC5646", "English (United States)")
OBSERVER_TYPE = Code("121005", "DCM", "Observer Type")
PERSON = Code("121006", "DCM", "Person")
DEVICE = Code("121007", "DCM", "Device")
PERSON_NAME = Code("121008", "DCM", "Person Observer Name")
DEVICE_UID = Code("121012", "DCM", "Device Observer UID")
DEVICE_NAME = Code("121013", "DCM", "Device Observer Name")
DEVICE_MODEL = Code("121015", "DCM", "Device Observer Model Name")
DEVICE_SERIAL = Code("121016", "DCM", "Device Observer Serial Number")
PROCEDURE = Code("121058", "DCM", "Procedure reported")
MAMMOGRAPHY = Code("71651007", "SCT", "Mammography")

LIBRARY = Code("111028", "DCM", "Image Library")
LIBRARY_GROUP = Code("126200", "DCM", "Image Library Group")
MODALITY = Code("121139", "DCM", "Modality")
ROWS = Code("110910", "DCM", "Pixel Data Rows")
COLUMNS = Code("110911", "DCM", "Pixel Data Columns")
ORIENTATION_ROW = Code("111044", "DCM", "Patient Orientation Row")
ORIENTATION_COLUMN = Code("111043", "DCM", "Patient Orientation Column")
SPACING_ACROSS = Code("111026", "DCM", "Horizontal Pixel Spacing")
SPACING_DOWN = Code("111066", "DCM", "Vertical Pixel Spacing")
IMAGE_SIDE = Code("111027", "DCM", "Image Laterality")
IMAGE_VIEW = Code("111031", "DCM", "Image View")
IMAGE_VIEW_MODIFIER = Code("111032", "DCM", "Image View Modifier")

MEASUREMENTS = Code("126010", "DCM", "Imaging Measurements")
GROUP = Code("125007", "DCM", "Measurement Group")
SESSION = Code("C67447", "NCIt", "Activity Session")
TRACKING_ID = Code("112039", "DCM", "Tracking Identifier")
TRACKING_UID = Code("112040", "DCM", "Tracking Unique Identifier")
FINDING = Code("121071", "DCM", "Finding")
FINDING_SITE = Code("363698007", "SCT", "Finding Site")
BREAST = Code("76752008", "SCT", "Breast")
SIDE = Code("272741003", "SCT", "Laterality")
REGION = Code("111030", "DCM", "Image Region")
SOURCE = Code("260753009", "SCT", "Source")
COMMENT = Code("121106", "DCM", "Comment")

TYPE = Code("111009", "DCM", "Calcification Type")
DISTRIBUTION = Code("111008", "DCM", "Calcification Distribution")
CHANGE = Code("129720009", "SCT", "Change since last mammogram")
CLOCK_OR_REGION = Code("111014", "DCM", "Clockface or region")
QUADRANT = Code("111048", "DCM", "Quadrant location")
DEPTH = Code("111020", "DCM", "Depth")
ASSESSMENT = Code("111005", "DCM", "Assessment Category")
RECOMMENDATION = Code("111053", "DCM", "Recommended Follow-up")
INTERVAL = Code("111055", "DCM", "Recommended Follow-up Interval")
COUNT = Code("111038", "DCM", "Number of calcifications")
NIPPLE_DISTANCE = Code("121242", "DCM", "Distance from nipple")
LONG_AXIS = Code("103339001", "SCT", "Long axis")
SHORT_AXIS = Code("103340004", "SCT", "Short axis")
DIAMETER = Code("81827009", "SCT", "Diameter")
LENGTH = Code("410668003", "SCT", "Length")
WIDTH = Code("103355008", "SCT", "Width")
NIPPLE = Code("24142002", "SCT", "Nipple")
YES = Code("373066001", "SCT", "Yes")
STRONGLY_BIOPSY = Code("111148", "DCM", "Biopsy should be strongly considered")

MM = Code("mm", "UCUM", "millimeter")
PIXELS = Code("{pixels}", "UCUM", "pixels")
CALCIFICATIONS = Code("{calcifications}", "UCUM", "calcifications")
MONTHS = Code("mo", "UCUM", "month")


def own(value: str, meaning: str) -> Code:
    """A code of this program's own scheme; a Code Value has 16 characters at most (PS3.5 6.2, SH)."""
    return Code(value, OWN_SCHEME, meaning)


OWN_TERM = own("term", "Term of the lexicon")
CALIBRATION = own("calibration", "How millimetres are known")
ORIGIN = own("origin", "Whose value it is")
SAID = own("said", "The reader's own")
MEASURED = own("measured", "Measured from marks and outlines")
OF_MARK = own("of-mark", "Said of the calcification")
OF_WORD = own("of-word", "Belongs to the recommendation")

STAGE = own("stage", "Stage of the work-up")
SPREAD = own("spread", "One site or both breasts")
ASSOCIATED = own("associated", "Seen with the calcifications")
CERTAINTY = own("certainty", "How sure the reader is of the finding")
FLAGS: Mapping[str, Code] = {
    "certain": own("certain", "Reader is sure of the benign type"),
    "known_cancer_here": own("known-cancer", "Biopsy-proven cancer at this site"),
    "adjacent_cancer": own("adjacent-cancer", "Known cancer next to it"),
    "priors_requested": own("priors-wanted", "Reader wants prior mammograms first"),
}
PART_OF = own("part-of", "Tracking UID of the finding it belongs to")
MEMBER = own("member", "Tracking UID of a calcification tied into the cluster")
DERIVED = own("derived-outline", "Region is drawn around the marks by the program")
FINDING_RECORD = own("finding", "Record of the finding (JSON)")
MARK_RECORD = own("mark", "Record of the calcification (JSON)")
CLUSTER_RECORD = own("cluster", "Record of the cluster (JSON)")

SUGGESTION = own("suggestion", "What the decision table says beside the reader")
SUGGESTED = own("suggested", "Suggested assessment, not the reader's")
SUGGESTED_STEP = own("suggested-step", "Documented follow-up")
RULE_ROW = own("rule-row", "Row of the decision table")
RULE_TEXT = own("rule-text", "Documented follow-up in words")
RULES_VERSION = own("rules-version", "Version of the decision table")
EDITION = own("lexicon-edition", "Edition of the lexicon")

READING = own("reading", "Reading")
READING_RECORD = own("reading-record", "Record of the reading (JSON)")
FIRST_PASS = own("first-pass", "Reader looked at the exam alone first")
DONE = own("done", "Reader calls the exam done")
DISPLAY = own("display", "Display the reading was made on")
NIPPLE_RECORD = own("nipple", "Record of the nipple (JSON)")
CHEST_WALL = own("chest-wall", "Chest wall as the reader drew it")
CHEST_WALL_RECORD = own("chest-wall-rec", "Record of the chest wall (JSON)")
RECALL = own("recall", "View to be taken again")
RECALL_RECORD = own("recall-record", "Record of the view to be taken again (JSON)")
RECALL_REASON = own("recall-reason", "Why a view has to be taken again")
OF_IMAGE = own("image", "SOP Instance UID of the image")
RECORDS: Mapping[str, Code] = {
    "hanging": own("hanging", "Record of a corrected hanging (JSON)"),
    "pixels": own("pixels", "Record of the digest of marked pixels (JSON)"),
    "decisions": own("decision", "Record of a verdict on a candidate (JSON)"),
    "signatures": own("signature", "Record of a signature (JSON)"),
}
