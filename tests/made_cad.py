"""CAD reports as vendors write them, made from plain data sets; none is public."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

CAD = "1.2.840.10008.5.1.4.1.1.88.50"
COMPREHENSIVE = "1.2.840.10008.5.1.4.1.1.88.33"
IMAGE = "1.2.840.10008.5.1.4.1.1.1.2"
REQUIRED, OPTIONAL, NEVER = "111150", "111151", "111152"
CLUSTER, SINGLE, DENSITY = "129769006", "129770007", "129793001"
_MEANINGS = {CLUSTER: "Calcification Cluster", SINGLE: "Individual Calcification"}
OLD = {CLUSTER: "F-01775", SINGLE: "F-01776", DENSITY: "F-01796"}

Items = Sequence[Dataset]


def code(value: str, scheme: str = "DCM", meaning: str = "-") -> Dataset:
    made = Dataset()
    made.CodeValue, made.CodingSchemeDesignator, made.CodeMeaning = value, scheme, meaning
    return made


def item(relation: str, kind: str, name: str = "", below: Items = (), **said: Any) -> Dataset:
    made = Dataset()
    made.RelationshipType, made.ValueType = relation, kind
    if name:
        made.ConceptNameCodeSequence = [code(name)]
    for keyword, value in said.items():
        setattr(made, keyword, value)
    if below:
        made.ContentSequence = list(below)
    return made


def refers(relation: str, *place: int) -> Dataset:
    made = Dataset()
    made.RelationshipType = relation
    made.ReferencedContentItemIdentifier = list(place)
    return made


def coded(relation: str, name: str, value: Dataset, below: Items = ()) -> Dataset:
    return item(relation, "CODE", name, below, ConceptCodeSequence=[value])


def text(name: str, said: str) -> Dataset:
    return item("HAS PROPERTIES", "TEXT", name, TextValue=said)


def number(name: str, value: str, unit: str = "%") -> Dataset:
    measured = Dataset()
    measured.NumericValue = value
    measured.MeasurementUnitsCodeSequence = [code(unit, "UCUM")]
    return item("HAS PROPERTIES", "NUM", name, MeasuredValueSequence=[measured])


def image(uid: str, frame: int | None = None, relation: str = "CONTAINS") -> Dataset:
    said = Dataset()
    said.ReferencedSOPClassUID, said.ReferencedSOPInstanceUID = IMAGE, uid
    if frame is not None:
        said.ReferencedFrameNumber = frame
    return item(relation, "IMAGE", ReferencedSOPSequence=[said])


def place(name: str, graphic: str, numbers: Sequence[float], selected: Dataset) -> Dataset:
    return item("HAS PROPERTIES", "SCOORD", name, [selected], GraphicType=graphic, GraphicData=list(numbers))


def algorithm(name: str, version: str) -> list[Dataset]:
    return [text("111001", name), text("111003", version)]


def finding(
    kind: str,
    at: tuple[float, float] | None,
    selected: Dataset,
    *,
    intent: str | None = REQUIRED,
    below: Items = (),
    relation: str = "CONTAINS",
    old: bool = False,
) -> Dataset:
    """A single image finding; `below` whatever else is said of it."""
    parts = [] if intent is None else [coded("HAS CONCEPT MOD", "111056", code(intent))]
    parts += below
    if at is not None:
        parts.append(place("111010", "POINT", at, selected))
    value = code(OLD[kind], "SRT", "-") if old else code(kind, "SCT", _MEANINGS.get(kind, "-"))
    return coded(relation, "111059", value, parts)


def impression(*below: Dataset, intent: str = REQUIRED) -> Dataset:
    parts = [coded("HAS CONCEPT MOD", "111056", code(intent)), *below]
    return item("INFERRED FROM", "CONTAINER", "111034", parts, ContinuityOfContent="SEPARATE")


def detections(status: str, done: Items = (), failed: Items = ()) -> Dataset:
    below = [
        item("INFERRED FROM", "CONTAINER", name, told, ContinuityOfContent="SEPARATE")
        for name, told in (("111063", done), ("111025", failed))
        if told
    ]
    return coded("CONTAINS", "111064", code(status), below)


def detection(kind: str, below: Items, *, old: bool = False) -> Dataset:
    value = code(OLD[kind], "SNM3") if old else code(kind, "SCT")
    return coded("CONTAINS", "111022", value, below)


def document(
    content: Items, *, sop_class: str = CAD, study: str = "2.25.1", template: bool = True
) -> Dataset:
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.SOPClassUID, made.SOPInstanceUID = sop_class, f"{study}.88"
    made.StudyInstanceUID, made.SeriesInstanceUID = study, f"{study}.89"
    made.Modality = "SR"
    made.PatientID, made.PatientName = "SMALL-1", "Name^SMALL-1"
    made.Manufacturer, made.ManufacturerModelName, made.SoftwareVersions = "Vendor", "Box", "9"
    made.ValueType, made.ContinuityOfContent = "CONTAINER", "SEPARATE"
    made.ConceptNameCodeSequence = [code("111036", "DCM", "Mammography CAD Report")]
    if template:
        said = Dataset()
        said.MappingResource, said.TemplateIdentifier = "DCMR", "4000"
        made.ContentTemplateSequence = [said]
    made.ContentSequence = list(content)
    return made


def library(*images: Dataset) -> Dataset:
    return item("CONTAINS", "CONTAINER", "111028", images, ContinuityOfContent="SEPARATE")


def summary(said: str, *below: Dataset) -> Dataset:
    return coded("CONTAINS", "111017", code(said), below)


def language() -> Dataset:
    return coded("HAS CONCEPT MOD", "121049", code("en", "RFC5646"))


def modern(cc: str = "2.25.1.1", mlo: str = "2.25.1.3", study: str = "2.25.1") -> Dataset:
    """Library with entries, places by reference, a cluster with members below it, linked over two views."""
    who = algorithm("SecondLook", "7.2")
    on_cc, on_mlo = refers("SELECTED FROM", 1, 2, 1), refers("SELECTED FROM", 1, 2, 2)
    member = finding(SINGLE, (101.5, 202.25), on_cc, below=who, relation="INFERRED FROM")
    hidden = finding(SINGLE, (103.5, 204.5), on_cc, intent=NEVER, below=who, relation="INFERRED FROM")
    outline = place("111041", "POLYLINE", (90, 190, 130, 190, 130, 230, 90, 230, 90, 190), on_cc)
    sure = [*who, number("111012", "84"), number("111047", "12.5"), outline]
    counted = [number("111038", "8", "1"), coded("HAS PROPERTIES", "111009", code("129760005", "SCT"))]
    cluster = finding(CLUSTER, (110, 210), on_cc, below=[*sure, *counted, member, hidden])
    turned = place("111041", "ELLIPSE", (80, 80, 120, 120, 110, 90, 90, 110), on_mlo)
    other = finding(CLUSTER, (100, 100), on_mlo, below=[*who, turned], relation="INFERRED FROM")
    cluster.RelationshipType = "INFERRED FROM"
    feature = coded(
        "CONTAINS",
        "111015",
        code(CLUSTER, "SCT"),
        [coded("HAS CONCEPT MOD", "111056", code(REQUIRED)), number("111011", "70"), cluster, other],
    )
    optional = finding(
        SINGLE,
        (140.5, 190.5),
        on_mlo,
        intent=OPTIONAL,
        below=[*algorithm("Specks", "1"), place("111041", "CIRCLE", (140.5, 190.5, 143.5, 190.5), on_mlo)],
    )
    point = number("111071", "2", "{1:n}")
    optional.ContentSequence[0].ContentSequence = [point]
    never = finding(CLUSTER, (150, 150), on_cc, intent=NEVER, below=who)
    density = finding(DENSITY, (60, 60), on_cc, below=who)
    looked = [detection(kind, [*who, refers("HAS PROPERTIES", 1, 2, 1)]) for kind in (CLUSTER, DENSITY)]
    return document(
        [
            language(),
            library(image(cc), image(mlo)),
            summary("111242", *(impression(one) for one in (feature, optional, never, density))),
            detections("111222", looked),
        ],
        study=study,
    )


def old(cc: str = "2.25.1.1", study: str = "2.25.1", sop_class: str = COMPREHENSIVE) -> Dataset:
    """Old codes, an empty library, images by value, the program named with what was detected only, stored as another class."""
    here = image(cc, relation="SELECTED FROM")
    lone = finding(SINGLE, (120.5, 180.5), here, old=True)
    cluster = finding(CLUSTER, (130.5, 200.5), here, old=True, below=[refers("INFERRED FROM", 1, 2, 1, 2)])
    done = [detection(CLUSTER, [*algorithm("ImageChecker", "3.1"), image(cc)], old=True)]
    return document(
        [
            library(),
            summary("111242", impression(lone, cluster)),
            detections("111222", done),
        ],
        sop_class=sop_class,
        study=study,
    )


def without_marks(
    said: str, status: str, failed: Items = (), done: Items = (), study: str = "2.25.1"
) -> Dataset:
    """A report that has no findings, with how looking for them went."""
    return document(
        [language(), library(image("2.25.1.1")), summary(said), detections(status, done, failed)], study=study
    )


def save(made: Dataset, path: Path) -> Path:
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    made.save_as(path, enforce_file_format=True)
    return path
