"""Codes of Mammography CAD reports (PS3.16, TID 4000 to 4023), and old ones that mean the same."""

from __future__ import annotations

from typing import Any, NamedTuple

from annotator.exchange.careful_dicom import DAMAGE
from annotator.model.cad import CadKind, CadStatus, RenderingIntent

_OLD_SCHEMES = frozenset({"SRT", "SNM3", "99SDM"})


class Coded(NamedTuple):
    """Code value, coding scheme, meaning."""

    value: str
    scheme: str
    meaning: str


REPORT = Coded("111036", "DCM", "Mammography CAD Report")
IMAGE_LIBRARY = Coded("111028", "DCM", "Image Library")
SUMMARY = Coded("111017", "DCM", "CAD Processing and Findings Summary")
IMPRESSION = Coded("111034", "DCM", "Individual Impression/Recommendation")
INTENT = Coded("111056", "DCM", "Rendering Intent")
COMPOSITE = Coded("111015", "DCM", "Composite Feature")
COMPOSITE_TYPE = Coded("111016", "DCM", "Composite Type")
SCOPE = Coded("111057", "DCM", "Scope of Feature")
FEATURE_CERTAINTY = Coded("111011", "DCM", "Certainty of Feature")
FINDING = Coded("111059", "DCM", "Single Image Finding")
ALGORITHM = Coded("111001", "DCM", "Algorithm Name")
ALGORITHM_VERSION = Coded("111003", "DCM", "Algorithm Version")
CERTAINTY = Coded("111012", "DCM", "Certainty of Finding")
PROBABILITY = Coded("111047", "DCM", "Probability of cancer")
OPERATING_POINT = Coded("111071", "DCM", "CAD Operating Point")
CENTER = Coded("111010", "DCM", "Center")
OUTLINE = Coded("111041", "DCM", "Outline")
TYPE = Coded("111009", "DCM", "Calcification Type")
DISTRIBUTION = Coded("111008", "DCM", "Calcification Distribution")
NUMBER = Coded("111038", "DCM", "Number of calcifications")
DETECTIONS = Coded("111064", "DCM", "Summary of Detections")
ANALYSES = Coded("111065", "DCM", "Summary of Analyses")
DONE_DETECTIONS = Coded("111063", "DCM", "Successful Detections")
FAILED_DETECTIONS = Coded("111025", "DCM", "Failed Detections")
DETECTION = Coded("111022", "DCM", "Detection Performed")
ASSESSMENT = Coded("111005", "DCM", "Assessment Category")
LATERALITY = Coded("272741003", "SCT", "Laterality")
LANGUAGE = Coded("121049", "DCM", "Language of Content Item and Descendants")
PATH = Coded("121055", "DCM", "Path")
DIAMETER = Coded("81827009", "SCT", "Diameter")
LONG_AXIS = Coded("103339001", "SCT", "Long Axis")
ENGLISH = Coded("en", "RFC5646", "English")
PERCENT = Coded("%", "UCUM", "Percent")
ONE = Coded("1", "UCUM", "no units")
MM = Coded("mm", "UCUM", "millimeter")
PIXELS = Coded("{pixels}", "UCUM", "pixels")

KINDS = {
    "129770007": CadKind.SINGLE,
    "129769006": CadKind.CLUSTER,
    # "calcification of breast" says not which of the two
    "309587003": CadKind.CLUSTER,
}
KIND_CODES = {
    CadKind.SINGLE: Coded("129770007", "SCT", "Individual Calcification"),
    CadKind.CLUSTER: Coded("129769006", "SCT", "Calcification Cluster"),
}
INTENTS = {
    "111150": RenderingIntent.REQUIRED,
    "111151": RenderingIntent.OPTIONAL,
    "111152": RenderingIntent.NOT_SHOWN,
}
INTENT_CODES = {
    RenderingIntent.REQUIRED: Coded(
        "111150", "DCM", "Presentation Required: Rendering device is expected to present"
    ),
    RenderingIntent.OPTIONAL: Coded("111151", "DCM", "Presentation Optional: Rendering device may present"),
    RenderingIntent.NOT_SHOWN: Coded(
        "111152", "DCM", "Not for Presentation: Rendering device expected not to present"
    ),
}
STATUSES = {
    "111222": CadStatus.SUCCEEDED,
    "111223": CadStatus.PARTIAL,
    "111224": CadStatus.FAILED,
    "111225": CadStatus.NOT_ATTEMPTED,
}
STATUS_CODES = {
    CadStatus.SUCCEEDED: Coded("111222", "DCM", "Succeeded"),
    CadStatus.PARTIAL: Coded("111223", "DCM", "Partially Succeeded"),
    CadStatus.FAILED: Coded("111224", "DCM", "Failed"),
    CadStatus.NOT_ATTEMPTED: Coded("111225", "DCM", "Not Attempted"),
}
SUMMARIES: dict[str, tuple[CadStatus, bool]] = {
    "111241": (CadStatus.SUCCEEDED, False),
    "111242": (CadStatus.SUCCEEDED, True),
    "111243": (CadStatus.PARTIAL, False),
    "111244": (CadStatus.PARTIAL, True),
    "111245": (CadStatus.FAILED, False),
}
SUMMARY_CODES = {
    (CadStatus.SUCCEEDED, False): Coded("111241", "DCM", "All algorithms succeeded; without findings"),
    (CadStatus.SUCCEEDED, True): Coded("111242", "DCM", "All algorithms succeeded; with findings"),
    (CadStatus.PARTIAL, False): Coded("111243", "DCM", "Not all algorithms succeeded; without findings"),
    (CadStatus.PARTIAL, True): Coded("111244", "DCM", "Not all algorithms succeeded; with findings"),
    (CadStatus.FAILED, False): Coded("111245", "DCM", "No algorithms succeeded; without findings"),
}
RELATED_IN_SPACE = Coded("111154", "DCM", "Target content items are related spatially")
ON_SEVERAL_IMAGES = Coded("111158", "DCM", "Feature detected on multiple images")
MICRO = Coded("44771000", "SCT", "Microcalcifications of the breast")
MACRO = Coded("111345", "DCM", "Macrocalcifications")

OTHER_WORDS = {
    "129793001": "density",
    "129788004": "mass",
    "129792006": "architectural distortion",
    "129789007": "focal asymmetry",
    "129790003": "asymmetry",
    "129794007": "tubular density",
    "129797000": "skin thickening",
    "129796009": "skin retraction",
    "127189005": "axillary adenopathy",
    "443808008": "lymph node in the breast",
}
NO_LESION = frozenset({"111099", "111100", "111101", "111102", "24142002", "129715009"})
"""Findings that are no lesions: a region, the geometry of the breast, quality, clips, the nipple, composition."""

OF_OLD = {
    "F-01776": "129770007",
    "F-01775": "129769006",
    "F-8A057": "309587003",
    "F-01796": "129793001",
    "F-01791": "129788004",
    "F-01795": "129792006",
    "F-01792": "129789007",
    "F-01793": "129790003",
    "F-01797": "129794007",
    "F-0179A": "129797000",
    "F-01799": "129796009",
    "DC-721C4": "127189005",
    "T-C430B": "443808008",
    "T-04100": "24142002",
    "F-01710": "129715009",
    "G-C171": "272741003",
    "M-02550": "81827009",
    "G-A185": "103339001",
    "T-04020": "73056007",
    "T-04030": "80248007",
    "F-01761": "129749001",
    "F-01762": "129750001",
    "F-01763": "129751002",
    "F-01764": "129752009",
    "F-01765": "129753004",
    "F-01766": "129754005",
    "F-01767": "129755006",
    "F-01768": "129756007",
    "F-01769": "129757003",
    "F-0176A": "129758008",
    "F-0176B": "129759000",
    "F-0176C": "129760005",
    "F-0176D": "129761009",
    "F-0176E": "129762002",
    "F-0176F": "129763007",
    "D7-90435": "44771000",
    "F-01770": "129764001",
    "F-01771": "129765000",
    "F-01772": "129766004",
    "F-01773": "129767008",
    "F-01774": "129768003",
}
"""Codes of the old scheme SRT (SNM3) -> those of SNOMED CT that are written today (PS3.16, annex O)."""


def coded(sequence: Any) -> Coded:
    """The first item of a code sequence, an old code as the one that is written today; empty texts where none is."""
    try:
        item = sequence[0]
        value = item.get("CodeValue") or item.get("LongCodeValue") or item.get("URNCodeValue") or ""
        said = [value, item.get("CodingSchemeDesignator", ""), item.get("CodeMeaning", "")]
    except DAMAGE:
        return Coded("", "", "")
    value, scheme, meaning = (str(one or "").strip() for one in said)
    if scheme.upper() in _OLD_SCHEMES:
        today = OF_OLD.get(value.upper())
        return Coded(value, "SRT", meaning) if today is None else Coded(today, "SCT", meaning)
    return Coded(value, scheme, meaning)
