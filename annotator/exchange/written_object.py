"""What every DICOM object that is written has in common: whose it is, of which study, by which program."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from pydicom import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid

from annotator import __version__
from annotator.errors import ExportError
from annotator.exchange.outgoing import Outgoing
from annotator.exchange.source_header import WHO, source_header, undivided
from annotator.lexicon.terms import Code
from annotator.model.finding import Finding
from annotator.model.image import ImageInfo
from annotator.model.mark import Cluster, Mark

PROGRAM = "Mammogram Annotator"
_UID = re.compile(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))+")
_ID = re.compile(r"[0-9a-f]{32}")
NO_IMAGE_AT_HAND = "The reading marks an image that is not at hand, so that nothing was written; open the exam with all its images."
BAD_UID = "The exam or an image of it has a UID that DICOM does not allow, so that nothing was written; write it behind pseudonyms."
NOTHING_MARKED = "Nothing is marked on an image of this reading, so that there is nothing to write."


@dataclass(frozen=True, slots=True)
class Series:
    """One series of written objects; its UID is new each time, since an object never changes under its UID."""

    sop_class_uid: str
    modality: str
    number: int
    description: str
    uid: str


def new_series(sop_class_uid: str, modality: str, number: int, description: str) -> Series:
    """A series nobody else has (PS3.5 B.2: 2.25. and a number of 128 bits)."""
    return Series(sop_class_uid, modality, number, description, str(generate_uid(prefix=None)))


def new_object(outgoing: Outgoing, header: Dataset, series: Series, number: int = 1) -> Dataset:
    """An object with patient, study, series and equipment of its own; `header` is that of an image of the exam.

    Made now, with everything in UTF-8. `number` is its place in the series.
    """
    made = Dataset()
    now = datetime.now().astimezone()
    made.SpecificCharacterSet = "ISO_IR 192"
    made.SOPClassUID = series.sop_class_uid
    made.SOPInstanceUID = generate_uid(prefix=None)
    for name in WHO:
        setattr(made, name, header.get(name, ""))
    if not outgoing.identified:
        made.PatientIdentityRemoved = "YES"
        made.DeidentificationMethod = f"{PROGRAM}: pseudonyms, other UIDs, moved dates"
        made.LongitudinalTemporalInformationModified = "MODIFIED"
    made.StudyInstanceUID = header.StudyInstanceUID
    made.SeriesInstanceUID = series.uid
    made.SeriesNumber = series.number
    made.SeriesDescription = series.description
    made.Modality = series.modality
    made.InstanceNumber = number
    made.InstanceCreationDate = made.ContentDate = now.strftime("%Y%m%d")
    made.InstanceCreationTime = made.ContentTime = now.strftime("%H%M%S")
    made.Manufacturer = PROGRAM
    made.ManufacturerModelName = PROGRAM
    made.DeviceSerialNumber = "none"
    made.SoftwareVersions = __version__
    made.file_meta = FileMetaDataset()
    made.file_meta.MediaStorageSOPClassUID = UID(series.sop_class_uid)
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return made


def save(made: Dataset, file: BinaryIO) -> None:
    """Write an object as a file of its own (PS3.10). Raises ExportError where its words cannot be written."""
    try:
        made.save_as(file, enforce_file_format=True)
    except (ValueError, UnicodeError, OverflowError) as error:
        raise ExportError(f"The object could not be written ({error}).") from error


def file_of(outgoing: Outgoing, folder: Path, form: str, number: int, count: int) -> Path:
    """Where an object goes: named by the pseudonym and the form, with a number where there are several."""
    return folder / (f"{outgoing.name}-{form}.dcm" if count == 1 else f"{outgoing.name}-{form}-{number}.dcm")


def marked_images(outgoing: Outgoing) -> tuple[ImageInfo, ...]:
    """The images with something marked or outlined, in the order of the exam.

    Raises ExportError where there are none, or one of them is not at hand.
    """
    reading = outgoing.reading
    marked = {one.image.sop_instance_uid for one in reading.marks}
    marked |= {one.image.sop_instance_uid for one in reading.clusters}
    if not marked:
        raise ExportError(NOTHING_MARKED)
    found = tuple(one for one in outgoing.exam.images if one.sop_instance_uid in marked)
    if len(found) < len(marked):
        raise ExportError(NO_IMAGE_AT_HAND)
    refuse_illegal(outgoing, found)
    return found


def refuse_illegal(outgoing: Outgoing, images: Iterable[ImageInfo]) -> None:
    """Raise ExportError where images would go out under UIDs that are none; behind pseudonyms all of them are valid."""
    if not outgoing.identified:
        return
    for one in images:
        uids = (one.study_instance_uid, one.series_instance_uid, one.sop_instance_uid)
        if not all(is_uid(uid) for uid in uids if uid):
            raise ExportError(BAD_UID)


def is_uid(said: str) -> bool:
    """Whether it can stand as a UID (PS3.5 9.1)."""
    return len(said) <= 64 and _UID.fullmatch(said) is not None


def as_uid(said: str) -> str:
    """A UID as it is, an id of this program as a UID (PS3.5 B.2), of anything else one worked out from it."""
    if is_uid(said):
        return said
    if _ID.fullmatch(said):
        return f"2.25.{int(said, 16)}"
    return f"2.25.{int.from_bytes(hashlib.sha256(said.encode(errors='surrogatepass')).digest()[:16], 'big')}"


def found_on(
    outgoing: Outgoing, info: ImageInfo
) -> Iterator[tuple[Finding, tuple[Mark, ...], tuple[Cluster, ...]]]:
    """Each finding that is marked on an image, with its marks and clusters there."""
    reading, uid = outgoing.reading, info.sop_instance_uid
    for finding in reading.findings:
        marks = tuple(one for one in reading.marks_of(finding.id) if one.image.sop_instance_uid == uid)
        areas = tuple(one for one in reading.clusters_of(finding.id) if one.image.sop_instance_uid == uid)
        if marks or areas:
            yield finding, marks, areas


def exam_header(outgoing: Outgoing) -> Dataset:
    """The header of an image for an object of the exam as a whole; behind pseudonyms one is made where no image is at hand.

    Raises ExportError where the patient is to be named and no image says the name.
    """
    if outgoing.exam.images:
        refuse_illegal(outgoing, outgoing.exam.images[:1])
        return source_header(outgoing, outgoing.exam.images[0])
    if outgoing.identified:
        raise ExportError(
            "No image of the exam is at hand to say whose it is; open the exam with its images."
        )
    made = Dataset()
    for name in WHO:
        setattr(made, name, "")
    made.PatientID = outgoing.patient or outgoing.name
    made.PatientName, made.StudyID = undivided(made.PatientID), outgoing.name
    made.StudyInstanceUID = outgoing.uid(outgoing.reading.study_instance_uid)
    return made


def reference(header: Dataset, frames: Iterable[int] = ()) -> Dataset:
    """A reference to an image (PS3.3, table 10-3), to some of its frames where it has several."""
    made = Dataset()
    made.ReferencedSOPClassUID = header.SOPClassUID
    made.ReferencedSOPInstanceUID = header.SOPInstanceUID
    if chosen := list(frames):
        made.ReferencedFrameNumber = chosen
    return made


def series_reference(header: Dataset, keyword: str = "ReferencedImageSequence") -> Dataset:
    """A reference to an image within its series."""
    made = Dataset()
    made.SeriesInstanceUID = header.SeriesInstanceUID
    setattr(made, keyword, [reference(header)])
    return made


def coded(code: Code) -> Dataset:
    """A code as an item (PS3.3, table 8.8-1)."""
    made = Dataset()
    made.CodeValue, made.CodingSchemeDesignator, made.CodeMeaning = code.value, code.scheme, code.meaning[:64]
    if code.version:
        made.CodingSchemeVersion = code.version
    return made


def tracking_uid(finding: Finding) -> str:
    """The finding's tracking UID; where it was brought in as something else than a UID, one that it always becomes."""
    return as_uid(finding.tracking_uid)


def person(words: str) -> str:
    """A reader's id as a Person Name: all of it the family name, as which one that is not divided counts."""
    return (re.sub(r"[\\=^\x00-\x1f\x7f]+", " ", words).strip()[:63] or "unknown") + "^"


def line(words: str) -> str:
    """Words as a Long String: one line of at most 64 characters without a backslash."""
    return re.sub(r"[\\\x00-\x1f\x7f]+", " ", words).strip()[:64]
