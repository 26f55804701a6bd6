"""The images with findings as DICOM Key Object Selection (PS3.3 A.35.4, PS3.16 TID 2010).

Its title is "Of Interest": the others of CID 7010 say what somebody is to do with the images, or who is to get them,
which a reading does not say.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydicom import Dataset
from pydicom.multival import MultiValue
from pydicom.uid import KeyObjectSelectionDocumentStorage

from annotator.errors import UnreadableObject
from annotator.exchange.careful_dicom import DAMAGE, DAMAGED, read_careful
from annotator.exchange.outgoing import Outgoing
from annotator.exchange.source_header import source_header
from annotator.exchange.whole_file import whole_file
from annotator.exchange.written_object import (
    coded,
    file_of,
    found_on,
    marked_images,
    new_object,
    new_series,
    person,
    reference,
    save,
)
from annotator.lexicon.terms import Code
from annotator.model.image import ImageInfo

OF_INTEREST = Code("113000", "DCM", "Of Interest")
"""CID 7010, Key Object Selection Document Title."""
DESCRIPTION = Code("113012", "DCM", "Key Object Description")
OBSERVER_TYPE = Code("121005", "DCM", "Observer Type")
PERSON = Code("121006", "DCM", "Person")
OBSERVER_NAME = Code("121008", "DCM", "Person Observer Name")
SERIES_NUMBER = 9003


def write(outgoing: Outgoing, folder: Path) -> tuple[Path, ...]:
    """One document that selects the images, of stacks the slices, that have something marked; raises ExportError."""
    images = marked_images(outgoing)
    headers = [source_header(outgoing, info) for info in images]
    series = new_series(KeyObjectSelectionDocumentStorage, "KO", SERIES_NUMBER, "Images with findings")
    made = new_object(outgoing, headers[0], series)
    made.ReferencedPerformedProcedureStepSequence = []
    made.CurrentRequestedProcedureEvidenceSequence = [_evidence(headers)]
    made.ValueType, made.ContinuityOfContent = "CONTAINER", "SEPARATE"
    made.ConceptNameCodeSequence = [coded(OF_INTEREST)]
    template = Dataset()
    template.MappingResource, template.TemplateIdentifier = "DCMR", "2010"
    made.ContentTemplateSequence = [template]
    made.ContentSequence = [
        _item("HAS OBS CONTEXT", "CODE", OBSERVER_TYPE, ConceptCodeSequence=[coded(PERSON)]),
        _item("HAS OBS CONTEXT", "PNAME", OBSERVER_NAME, PersonName=person(outgoing.reading.reader)),
        _item("CONTAINS", "TEXT", DESCRIPTION, TextValue=_said(outgoing, images)),
        *(
            _item(
                "CONTAINS", "IMAGE", None, ReferencedSOPSequence=[reference(header, _frames(outgoing, info))]
            )
            for header, info in zip(headers, images, strict=True)
        ),
    ]
    path = file_of(outgoing, folder, "ko", 1, 1)
    with whole_file(path) as file:
        save(made, file)
    return (path,)


def check(outgoing: Outgoing, path: Path) -> str | None:
    """Whether a written file selects the images with findings and no others: None, or what not, in a sentence."""
    try:
        found = _selected(path)
    except UnreadableObject as error:
        return f"It cannot be read back: {error.reason}."
    wanted = [
        (outgoing.uid(info.sop_instance_uid), tuple(_frames(outgoing, info)))
        for info in marked_images(outgoing)
    ]
    if found != wanted:
        return "It selects other images than the reading has findings on."
    return None


def _selected(path: Path) -> list[tuple[str, tuple[int, ...]]]:
    document = read_careful(path)
    try:
        if document.SOPClassUID != KeyObjectSelectionDocumentStorage:
            raise UnreadableObject(path, f"it is no key object selection but {document.SOPClassUID.name}")
        images = [
            item.ReferencedSOPSequence[0] for item in document.ContentSequence if item.ValueType == "IMAGE"
        ]
        return [(str(one.ReferencedSOPInstanceUID), _numbers(one)) for one in images]
    except DAMAGE as error:
        raise UnreadableObject(path, DAMAGED) from error


def _numbers(image: Dataset) -> tuple[int, ...]:
    said = image.get("ReferencedFrameNumber")
    if said is None:
        return ()
    return tuple(int(one) for one in (said if isinstance(said, MultiValue) else [said]))


def _evidence(headers: list[Dataset]) -> Dataset:
    """The images by study and series (PS3.3, table C.17-3)."""
    by_series: dict[str, list[Dataset]] = {}
    for header in headers:
        by_series.setdefault(header.SeriesInstanceUID, []).append(reference(header))
    study = Dataset()
    study.StudyInstanceUID, study.ReferencedSeriesSequence = headers[0].StudyInstanceUID, []
    for uid, images in by_series.items():
        one = Dataset()
        one.SeriesInstanceUID, one.ReferencedSOPSequence = uid, images
        study.ReferencedSeriesSequence.append(one)
    return study


def _item(relation: str, kind: str, name: Code | None, **content: object) -> Dataset:
    # an image has no name here: TID 2010 forbids a purpose of reference
    made = Dataset()
    made.RelationshipType, made.ValueType = relation, kind
    if name is not None:
        made.ConceptNameCodeSequence = [coded(name)]
    for keyword, value in content.items():
        setattr(made, keyword, value)
    return made


def _frames(outgoing: Outgoing, info: ImageInfo) -> list[int]:
    """The slices of a stack with something marked; of other pictures none is named."""
    if not info.is_stack:
        return []
    reading, uid = outgoing.reading, info.sop_instance_uid
    frames = {one.image.frame for one in reading.marks if one.image.sop_instance_uid == uid}
    return sorted(frames | {one.image.frame for one in reading.clusters if one.image.sop_instance_uid == uid})


def _said(outgoing: Outgoing, images: tuple[ImageInfo, ...]) -> str:
    """Which finding is on which image, in lines: "RCC: F1, F2"."""
    return "\r\n".join(_line(outgoing, number, info) for number, info in enumerate(images, start=1))


def _line(outgoing: Outgoing, number: int, info: ImageInfo) -> str:
    return f"{info.name or f'Image {number}'}: {', '.join(_names(outgoing, info))}"


def _names(outgoing: Outgoing, info: ImageInfo) -> Iterator[str]:
    return (f"F{finding.number}" for finding, _, _ in found_on(outgoing, info))
