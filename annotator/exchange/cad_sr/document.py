"""A CAD report as a file: what stands around its content, and the library of the images it is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO

from pydicom import Dataset
from pydicom.uid import MammographyCADSRStorage

from annotator.errors import ExportError
from annotator.exchange.cad_sr import codes
from annotator.exchange.cad_sr.codes import Coded
from annotator.exchange.cad_sr.items import (
    ACQUIRED,
    CONTAINS,
    MODIFIED,
    code,
    coded_item,
    date_item,
    decimal,
    number_item,
    text_item,
)
from annotator.exchange.cad_sr.writing import LIBRARY, Surroundings, content
from annotator.exchange.outgoing import Outgoing
from annotator.exchange.source_header import source_header
from annotator.exchange.written_object import new_object, new_series, refuse_illegal, save
from annotator.model.cad import CadReport
from annotator.model.image import ImageInfo, ImageKey, Laterality

NO_IMAGES = (
    "No image of the exam is at hand, and a CAD report speaks of images; open the exam with its images."
)

_SIDES = {
    Laterality.LEFT: Coded("80248007", "SCT", "Left breast"),
    Laterality.RIGHT: Coded("73056007", "SCT", "Right breast"),
    Laterality.BOTH: Coded("63762007", "SCT", "Both breasts"),
}


def encoded(outgoing: Outgoing, report: CadReport) -> bytes:
    """The bytes of the file that says `report`. Raises ExportError for an exam that no DICOM object can refer to."""
    if not outgoing.exam.images:
        raise ExportError(NO_IMAGES)
    refuse_illegal(outgoing, outgoing.exam.images)
    infos = {outgoing.uid(info.sop_instance_uid): info for info in outgoing.exam.images}
    headers = {uid: source_header(outgoing, info) for uid, info in infos.items()}
    slices = _slices(report, infos)
    wholes = {uid: (*LIBRARY, number) for number, uid in enumerate(report.images, 1)}
    places = {ImageKey(uid): place for uid, place in wholes.items() if not infos[uid].is_stack}
    places |= {key: (*LIBRARY, number) for number, key in enumerate(slices, len(wholes) + 1)}
    around = Surroundings(
        places=places,
        wholes=wholes,
        spacings={uid: info.spacing for uid, info in infos.items()},
        words=_words(outgoing),
    )
    library = [_entry(infos[uid], headers[uid]) for uid in wholes]
    library += [
        _entry(infos[key.sop_instance_uid], headers[key.sop_instance_uid], key.frame) for key in slices
    ]
    made = _header(outgoing, next(iter(headers.values())))
    made.CurrentRequestedProcedureEvidenceSequence = _evidence(headers)
    made.ValueType = "CONTAINER"
    made.ConceptNameCodeSequence = [code(codes.REPORT)]
    made.ContinuityOfContent = "SEPARATE"
    template = Dataset()
    template.MappingResource, template.TemplateIdentifier = "DCMR", "4000"
    made.ContentTemplateSequence = [template]
    made.ContentSequence = content(report, library, around)
    file = BytesIO()
    save(made, file)
    return file.getvalue()


def _slices(report: CadReport, infos: Mapping[str, ImageInfo]) -> list[ImageKey]:
    """The slices of stacks on which something lies, the first too: an image without a frame number means all of them."""
    said = {mark.image for one in report.marks for mark in (one, *one.members)}
    return sorted(key for key in said if infos[key.sop_instance_uid].is_stack)


def _words(outgoing: Outgoing) -> Mapping[str, Coded]:
    """The words of shapes, distributions and sizes by their code values."""
    said = (term.code for term in outgoing.lexicon.terms.values() if term.code is not None)
    known = [Coded(one.value, one.scheme, one.meaning) for one in said]
    return {one.value: one for one in (*known, codes.MICRO, codes.MACRO)}


def _header(outgoing: Outgoing, source: Dataset) -> Dataset:
    series = new_series(MammographyCADSRStorage, "SR", 1, "Calcifications, Mammography CAD SR")
    made = new_object(outgoing, source, series)
    made.ReferencedPerformedProcedureStepSequence = []
    made.PerformedProcedureCodeSequence = []
    made.CompletionFlag = "COMPLETE"
    made.VerificationFlag = "UNVERIFIED"
    return made


def _evidence(headers: Mapping[str, Dataset]) -> list[Dataset]:
    """Every image that is referred to, by study and series (PS3.3 C.17.2.3)."""
    studies: dict[str, dict[str, list[Dataset]]] = {}
    for header in headers.values():
        instance = Dataset()
        instance.ReferencedSOPClassUID = header.SOPClassUID
        instance.ReferencedSOPInstanceUID = header.SOPInstanceUID
        series = studies.setdefault(header.StudyInstanceUID, {})
        series.setdefault(header.SeriesInstanceUID, []).append(instance)
    return [_study(uid, series) for uid, series in studies.items()]


def _study(uid: str, series: Mapping[str, Sequence[Dataset]]) -> Dataset:
    made = Dataset()
    made.StudyInstanceUID = uid
    made.ReferencedSeriesSequence = []
    for series_uid, instances in series.items():
        one = Dataset()
        one.SeriesInstanceUID = series_uid
        one.ReferencedSOPSequence = list(instances)
        made.ReferencedSeriesSequence.append(one)
    return made


def _entry(info: ImageInfo, header: Dataset, frame: int | None = None) -> Dataset:
    """An image of the library with what is needed to understand places on it (TID 4020)."""
    referred = Dataset()
    referred.ReferencedSOPClassUID = header.SOPClassUID
    referred.ReferencedSOPInstanceUID = header.SOPInstanceUID
    if frame is not None:
        referred.ReferencedFrameNumber = frame
    made = Dataset()
    made.RelationshipType = CONTAINS
    made.ValueType = "IMAGE"
    made.ReferencedSOPSequence = [referred]
    made.ContentSequence = list(_context(info, header))
    return made


def _context(info: ImageInfo, header: Dataset) -> Iterator[Dataset]:
    if info.laterality is not None:
        yield coded_item(ACQUIRED, Coded("111027", "DCM", "Image Laterality"), _SIDES[info.laterality])
    view = codes.coded(header.get("ViewCodeSequence"))
    if view.scheme == "SCT":
        modifiers = header.ViewCodeSequence[0].get("ViewModifierCodeSequence") or []
        said = [codes.coded([one]) for one in modifiers]
        name = Coded("111032", "DCM", "Image View Modifier")
        below = [coded_item(MODIFIED, name, one) for one in said if one.scheme == "SCT"]
        yield coded_item(ACQUIRED, Coded("111031", "DCM", "Image View"), view, below)
    if info.patient_orientation is not None:
        row, column = info.patient_orientation
        yield text_item(ACQUIRED, Coded("111044", "DCM", "Patient Orientation Row"), row)
        yield text_item(ACQUIRED, Coded("111043", "DCM", "Patient Orientation Column"), column)
    if header.get("StudyDate"):
        yield date_item(ACQUIRED, Coded("111060", "DCM", "Study Date"), str(header.StudyDate))
    if info.spacing is not None:
        across, down = decimal(info.spacing.column_mm), decimal(info.spacing.row_mm)
        yield number_item(ACQUIRED, Coded("111026", "DCM", "Horizontal Pixel Spacing"), across, codes.MM)
        yield number_item(ACQUIRED, Coded("111066", "DCM", "Vertical Pixel Spacing"), down, codes.MM)
    for value, meaning, number in (
        ("110910", "Pixel Data Rows", info.rows),
        ("110911", "Pixel Data Columns", info.columns),
    ):
        yield number_item(ACQUIRED, Coded(value, "DCM", meaning), str(number), codes.PIXELS)
