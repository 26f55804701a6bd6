"""A CAD report as a file: what stands around its content, and the library of the images it is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from io import BytesIO

from pydicom import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MammographyCADSRStorage, generate_uid

from annotator import __version__
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
from annotator.exchange.cad_sr.planned import MAKER
from annotator.exchange.cad_sr.writing import LIBRARY, Surroundings, content
from annotator.exchange.outgoing import Outgoing
from annotator.exchange.source_header import WHO, source_header
from annotator.model.cad import CadReport
from annotator.model.image import ImageInfo, ImageKey, Laterality

_SIDES = {
    Laterality.LEFT: Coded("80248007", "SCT", "Left breast"),
    Laterality.RIGHT: Coded("73056007", "SCT", "Right breast"),
    Laterality.BOTH: Coded("63762007", "SCT", "Both breasts"),
}


def encoded(outgoing: Outgoing, report: CadReport) -> bytes:
    """The bytes of the file that says `report`."""
    infos = {outgoing.uid(info.sop_instance_uid): info for info in outgoing.exam.images}
    headers = {uid: source_header(outgoing, info) for uid, info in infos.items()}
    keys = _keys(report)
    around = Surroundings(
        places={key: (*LIBRARY, number) for number, key in enumerate(keys, 1)},
        spacings={uid: info.spacing for uid, info in infos.items()},
        words=_words(outgoing),
    )
    library = [_entry(infos[key.sop_instance_uid], headers[key.sop_instance_uid], key) for key in keys]
    made = _header(next(iter(headers.values())))
    made.CurrentRequestedProcedureEvidenceSequence = _evidence(headers)
    made.ValueType = "CONTAINER"
    made.ConceptNameCodeSequence = [code(codes.REPORT)]
    made.ContinuityOfContent = "SEPARATE"
    template = Dataset()
    template.MappingResource, template.TemplateIdentifier = "DCMR", "4000"
    made.ContentTemplateSequence = [template]
    made.ContentSequence = content(report, library, around)
    file = BytesIO()
    made.save_as(file, enforce_file_format=True)
    return file.getvalue()


def _keys(report: CadReport) -> list[ImageKey]:
    """What the library holds: every image, and those slices of stacks on which something lies."""
    said = [mark.image for one in report.marks for mark in (one, *one.members)]
    slices = {key for key in said if key.frame > 1}
    whole = [ImageKey(uid) for uid in report.images]
    return [*whole, *sorted(slices)]


def _words(outgoing: Outgoing) -> Mapping[str, Coded]:
    """The words of shapes, distributions and sizes by their code values."""
    said = (term.code for term in outgoing.lexicon.terms.values() if term.code is not None)
    known = [Coded(one.value, one.scheme, one.meaning) for one in said]
    return {one.value: one for one in (*known, codes.MICRO, codes.MACRO)}


def _header(source: Dataset) -> Dataset:
    now = datetime.now()  # noqa: DTZ005 - local, as DICOM dates without an offset are
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.SpecificCharacterSet = "ISO_IR 192"
    made.SOPClassUID = MammographyCADSRStorage
    made.SOPInstanceUID = generate_uid(prefix=None)
    for name in WHO:
        setattr(made, name, source.get(name, ""))
    made.StudyInstanceUID = source.StudyInstanceUID
    made.SeriesInstanceUID = generate_uid(prefix=None)
    made.Modality = "SR"
    made.SeriesNumber, made.InstanceNumber = 1, 1
    made.SeriesDescription = "Calcifications, Mammography CAD SR"
    made.ReferencedPerformedProcedureStepSequence = []
    made.PerformedProcedureCodeSequence = []
    made.Manufacturer = made.ManufacturerModelName = MAKER
    made.SoftwareVersions = __version__
    made.ContentDate, made.ContentTime = now.strftime("%Y%m%d"), now.strftime("%H%M%S")
    made.InstanceCreationDate, made.InstanceCreationTime = made.ContentDate, made.ContentTime
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


def _entry(info: ImageInfo, header: Dataset, key: ImageKey) -> Dataset:
    """An image of the library with what is needed to understand places on it (TID 4020)."""
    referred = Dataset()
    referred.ReferencedSOPClassUID = header.SOPClassUID
    referred.ReferencedSOPInstanceUID = header.SOPInstanceUID
    if key.frame > 1:
        referred.ReferencedFrameNumber = key.frame
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
