"""The header of a marked image, for objects that refer to it: as it is, or with nothing in it that says who it is."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

from pydicom import Dataset, FileMetaDataset, config, dcmread
from pydicom.uid import UID, ExplicitVRLittleEndian
from pydicom.valuerep import validate_value

from annotator.exchange.careful_dicom import DAMAGE
from annotator.exchange.moments import Moments
from annotator.exchange.outgoing import Outgoing
from annotator.model.image import ImageInfo
from annotator.quiet_parsing import quiet_parsing

WHO = (
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "AccessionNumber",
    "StudyID",
    "StudyDate",
    "StudyTime",
    "ReferringPhysicianName",
)
"""Patient and study (PS3.3 C.7.1.1, C.7.2.1): every object of a study has the same."""
_SEXES = frozenset({"M", "F", "O"})
_MOST_PARTS = 5
"""Of a name: family, given, middle, prefix, suffix (PS3.5 6.2, PN)."""

WHICH = (
    "SOPClassUID",
    "SOPInstanceUID",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "Modality",
    "SeriesNumber",
    "InstanceNumber",
)

PICTURE = (
    "Rows",
    "Columns",
    "NumberOfFrames",
    "ImageType",
    "PatientOrientation",
    "ImageLaterality",
    "Laterality",
    "BodyPartExamined",
    "PixelSpacing",
    "PixelSpacingCalibrationType",
    "ImagerPixelSpacing",
    "EstimatedRadiographicMagnificationFactor",
    "PhotometricInterpretation",
    "PresentationLUTShape",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "SamplesPerPixel",
    "PixelRepresentation",
    "WindowCenter",
    "WindowWidth",
    "VOILUTFunction",
    "VOILUTSequence",
    "RescaleSlope",
    "RescaleIntercept",
    "RescaleType",
    "PresentationIntentType",
    "LossyImageCompression",
    "LossyImageCompressionRatio",
    "LossyImageCompressionMethod",
)
CODED = ("ViewCodeSequence", "AnatomicRegionSequence")
FRAMES = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")
PLACES = ("PixelMeasuresSequence", "PlanePositionSequence", "PlaneOrientationSequence")
"""Of a slice what tells where it lies and how large its pixels are; nothing of it says who it is."""


def source_header(outgoing: Outgoing, info: ImageInfo) -> Dataset:
    """What SR, SEG and presentation states need of an image's header, without pixels.

    Behind pseudonyms patient, study and UIDs are those that leave, and of the rest only what describes the picture is
    there. An image whose file is gone or damaged is described by what is known of it.
    """
    with quiet_parsing():
        return _header(outgoing, info, _read(info.path))


def _header(outgoing: Outgoing, info: ImageInfo, said: Any) -> Dataset:
    header = Dataset()
    for name in (*PICTURE, *CODED):
        _copy(said, header, name)
    header.SOPClassUID = info.sop_class_uid
    header.SOPInstanceUID = outgoing.uid(info.sop_instance_uid)
    header.StudyInstanceUID = outgoing.uid(info.study_instance_uid or outgoing.exam.study_instance_uid)
    header.SeriesInstanceUID = outgoing.uid(info.series_instance_uid or info.sop_instance_uid)
    header.Modality = info.modality or "MG"
    header.Rows, header.Columns = info.rows, info.columns
    if info.is_stack:
        header.NumberOfFrames = info.frames
        for name in FRAMES:
            _copy(said, header, name) if outgoing.identified else _copy_places(said, header, name)
        if place := _text(said, "FrameOfReferenceUID"):
            header.FrameOfReferenceUID = outgoing.uid(place)
    if info.laterality is not None:
        header.ImageLaterality = info.laterality.value
    if info.patient_orientation is not None:
        header.PatientOrientation = list(info.patient_orientation)
    elif "PatientOrientation" in header:
        # what is no orientation, such as the name of a view, is not said again
        del header.PatientOrientation
    header.file_meta = FileMetaDataset()
    header.file_meta.TransferSyntaxUID = UID(info.transfer_syntax_uid or ExplicitVRLittleEndian)
    for name in WHO:
        setattr(header, name, _who(outgoing, said, name))
    return header


def _read(path: Path) -> Any:
    wanted: list[Any] = [
        "SpecificCharacterSet",
        "FrameOfReferenceUID",
        *WHO,
        *WHICH,
        *PICTURE,
        *CODED,
        *FRAMES,
    ]
    try:
        return dcmread(path, stop_before_pixels=True, specific_tags=wanted)
    except DAMAGE:
        return Dataset()


def _copy(said: Any, header: Dataset, name: str) -> None:
    try:
        element = said.data_element(name)
        if element is not None and element.value is not None:
            header.add(element)
    except DAMAGE:
        return


def _copy_places(said: Any, header: Dataset, name: str) -> None:
    try:
        groups = said.get(name) or []
    except DAMAGE:
        return
    placed = [Dataset() for _ in groups]
    for group, kept in zip(groups, placed, strict=True):
        for place in PLACES:
            _copy(group, kept, place)
    if placed:
        setattr(header, name, placed)


def _text(said: Any, name: str) -> str:
    try:
        return str(said.get(name, "") or "")
    except DAMAGE:
        return ""


def _who(outgoing: Outgoing, said: Any, name: str) -> str:
    if outgoing.pseudonyms is None:
        return _allowed(said, name)
    patient = outgoing.patient or outgoing.name
    if name == "StudyDate":
        day = outgoing.exam.day
        return "" if day is None else dicom_day(outgoing.day(day))
    if name == "StudyTime":
        time = _allowed(said, name)
        return Moments.of(outgoing.pseudonyms, patient, time).time(time)
    return {"PatientName": undivided(patient), "PatientID": patient, "StudyID": outgoing.name}.get(name, "")


def undivided(name: str) -> str:
    """A name of one part as a Person Name: a family name (one without `^` is a form that was retired)."""
    return f"{name}^"


def _allowed(said: Any, name: str) -> str:
    """What an image says of its patient or study; '' where it says what no object may (PS3.5 6.2, PS3.3 C.7.1.1).

    All of these may be empty, and an object that is refused for them is of use to nobody.
    """
    try:
        element = said.data_element(name)
        value = "" if element is None or element.value is None else str(element.value).strip(" \0")
        if element is None or element.VM > 1 or not value.isprintable() or "\\" in value:
            return ""
        validate_value(element.VR, value, config.RAISE)
        if element.VR == "DA":
            datetime.strptime(value, "%Y%m%d")  # noqa: DTZ007  a day has no zone
    except DAMAGE:
        return ""
    refused = (
        (name == "PatientSex" and value not in _SEXES)
        or (element.VR == "TM" and "-" in value)
        or (element.VR == "PN" and any(one.count("^") >= _MOST_PARTS for one in value.split("=")))
    )
    return "" if refused else value


def dicom_day(day: date | datetime) -> str:
    """A day as DICOM writes it (PS3.5 6.2, DA): YYYYMMDD."""
    return f"{day.year:04d}{day:%m%d}"
