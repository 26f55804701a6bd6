"""The document around the groups: who said it of what, its images, and its header (PS3.3 A.35.3, Comprehensive SR)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from io import BytesIO

from pydicom import Dataset, dcmwrite
from pydicom.uid import UID, ComprehensiveSRStorage

from annotator import __version__
from annotator.errors import ExportError
from annotator.exchange.leaving import reading_as_it_leaves
from annotator.exchange.outgoing import Outgoing
from annotator.exchange.source_header import source_header
from annotator.exchange.sr import concepts as named
from annotator.exchange.sr.groups import Label, Writing, groups
from annotator.exchange.sr.items import MODIFIES, OBSERVED, code, container, pname, text, uidref
from annotator.exchange.sr.library import library
from annotator.exchange.sr.reading_items import reading_container
from annotator.exchange.written_object import PROGRAM, Series, as_uid, is_uid, new_object
from annotator.model.image import ImageInfo

PROGRAM_UID = "2.25.236457212360377098241273011421868163529"
"""Of this program as an observer and as what wrote a file; drawn once."""

SERIES_NUMBER = 15001
MOST_MARKS = 2_500
"""Calcifications in one report: as many as are read back within the limits against files made to do harm."""


def report(outgoing: Outgoing, label: Label, *, copied: bool = False) -> Dataset:
    """The whole object. Raises ExportError for a reading that no structured report can hold."""
    reading = reading_as_it_leaves(outgoing)
    if len(reading.marks) > MOST_MARKS:
        raise ExportError(
            f"The reading has {len(reading.marks):,} marks and a structured report holds {MOST_MARKS:,}; "
            "write findings as JSON, or its outlines as a segmentation."
        )
    if not outgoing.exam.images:
        raise ExportError(
            "No image of the exam is at hand, and a structured report speaks of images; open the exam."
        )
    _refuse_invalid_uids(outgoing)
    images = {outgoing.uid(info.sop_instance_uid): info for info in outgoing.exam.images}
    writing = Writing(outgoing, reading, images, label, copied)
    made = container(named.REPORT, _content(writing), relation="", template="1500")
    _header(made, outgoing, reading.id, signed=reading.is_signed)
    made.CurrentRequestedProcedureEvidenceSequence = [_evidence(outgoing, images)]
    return made


def encoded(made: Dataset) -> bytes:
    """The object as a file's bytes. Raises ExportError where a value of the exam cannot stand in a DICOM file."""
    buffer = BytesIO()
    try:
        dcmwrite(buffer, made, enforce_file_format=True)
    except (ValueError, TypeError, UnicodeError, OverflowError) as error:
        raise ExportError(
            f"The structured report was not written: something of the exam is not as DICOM has it ({error}); "
            "export it behind pseudonyms."
        ) from error
    return buffer.getvalue()


def _refuse_invalid_uids(outgoing: Outgoing) -> None:
    """Some data sets put digests in the place of UIDs, which no DICOM object may refer to."""
    said = [outgoing.uid(outgoing.exam.study_instance_uid)]
    for info in outgoing.exam.images:
        said += [info.sop_class_uid, outgoing.uid(info.sop_instance_uid)]
        said.append(outgoing.uid(info.series_instance_uid or info.sop_instance_uid))
    if not all(map(is_uid, said)):
        raise ExportError(
            "The structured report was not written: the exam or an image of it has a UID that DICOM does not allow; "
            "export it behind pseudonyms, which have valid ones."
        )


def _content(writing: Writing) -> Iterator[Dataset]:
    yield code(named.LANGUAGE, named.ENGLISH, relation=MODIFIES)
    yield code(named.OBSERVER_TYPE, named.PERSON, relation=OBSERVED)
    yield pname(named.PERSON_NAME, writing.reading.reader, relation=OBSERVED)
    yield code(named.OBSERVER_TYPE, named.DEVICE, relation=OBSERVED)
    yield uidref(named.DEVICE_UID, PROGRAM_UID, relation=OBSERVED)
    yield text(named.DEVICE_NAME, PROGRAM, relation=OBSERVED)
    yield text(named.DEVICE_MODEL, PROGRAM, relation=OBSERVED)
    yield text(named.DEVICE_SERIAL, __version__, relation=OBSERVED)
    yield code(named.PROCEDURE, named.MAMMOGRAPHY, relation=MODIFIES)
    yield library(writing.images)
    yield container(named.MEASUREMENTS, groups(writing))
    yield reading_container(writing)


def _header(made: Dataset, outgoing: Outgoing, reading_id: str, *, signed: bool) -> None:
    # reports of one reading are one series; behind pseudonyms the id is another, and so is the series
    series = Series(
        ComprehensiveSRStorage,
        "SR",
        SERIES_NUMBER,
        "Breast calcifications as read",
        as_uid(f"series of reports of {reading_id}"),
    )
    around = new_object(outgoing, source_header(outgoing, outgoing.exam.images[0]), series)
    made.update(around)
    made.ReferencedPerformedProcedureStepSequence = []
    made.CompletionFlag = "COMPLETE" if signed else "PARTIAL"
    made.VerificationFlag = "UNVERIFIED"
    made.PreliminaryFlag = "FINAL" if signed else "PRELIMINARY"
    made.PerformedProcedureCodeSequence = []
    made.CodingSchemeIdentificationSequence = [_own_scheme()]
    meta = made.file_meta = around.file_meta
    meta.ImplementationClassUID, meta.ImplementationVersionName = UID(PROGRAM_UID), "ANNOTATOR"


def _own_scheme() -> Dataset:
    scheme = Dataset()
    scheme.CodingSchemeDesignator = named.OWN_SCHEME
    scheme.CodingSchemeName = named.OWN_SCHEME_NAME
    scheme.CodingSchemeVersion = "1"
    scheme.CodingSchemeResponsibleOrganization = PROGRAM
    return scheme


def _evidence(outgoing: Outgoing, images: Mapping[str, ImageInfo]) -> Dataset:
    """Every image that is spoken of, by series (PS3.3 C.17.2.3)."""
    series: dict[str, list[Dataset]] = {}
    for uid, info in images.items():
        which = Dataset()
        which.ReferencedSOPClassUID, which.ReferencedSOPInstanceUID = info.sop_class_uid, uid
        named_series = outgoing.uid(info.series_instance_uid or info.sop_instance_uid)
        series.setdefault(named_series, []).append(which)
    study = Dataset()
    study.StudyInstanceUID = outgoing.uid(outgoing.exam.study_instance_uid)
    study.ReferencedSeriesSequence = []
    for uid, members in series.items():
        one = Dataset()
        one.SeriesInstanceUID, one.ReferencedSOPSequence = uid, members
        study.ReferencedSeriesSequence.append(one)
    return study
