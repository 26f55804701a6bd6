"""Columns that several tables have: which reading it is, and what the reader said of the finding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import partial
from typing import Any, TypeVar

from annotator.exchange.tables.columns import SEPARATOR, Column, Kind, Shared, one_of
from annotator.exchange.tables.told import ToldReading
from annotator.model.finding import Assessment, Distribution, Finding, Morphology
from annotator.model.geometry import SpacingBasis
from annotator.model.image import ImageInfo, ImageKey, Laterality

Of = TypeVar("Of")

BASIS = one_of(SpacingBasis)
READER, PROGRAM, FILE, RULES = "reader", "program", "image header", "decision table"
"""Whose word a column is."""


def reading_columns(told: Callable[[Of], ToldReading]) -> Shared[Of]:
    """Exam, patient, part of the split, reader, reading, its revision and edition."""
    return Shared(told, (*exam_columns(told), *_reading_columns(told)))


def exam_columns(told: Callable[[Of], ToldReading]) -> tuple[Column[Of], ...]:
    """Exam, patient, part of the split."""
    return (
        Column("exam", Kind.TEXT, "pseudonym of the exam", lambda o: told(o).out.name, source=PROGRAM),
        Column(
            "study_uid",
            Kind.TEXT,
            "Study Instance UID: made up, or the exam's own in an identified export",
            lambda o: told(o).out.uid(told(o).reading.study_instance_uid),
            source=FILE,
        ),
        Column(
            "patient",
            Kind.TEXT,
            "pseudonym of the patient; empty where it is not known",
            lambda o: told(o).out.patient,
            source=PROGRAM,
        ),
        Column(
            "part",
            Kind.TEXT,
            "part of the split by patient",
            lambda o: told(o).part,
            values="train|val|test|all",
            source=PROGRAM,
        ),
        Column(
            "exam_date",
            Kind.DATE,
            "day of the exam; moved by the same number of days for all exams of one patient unless identified",
            lambda o: told(o).exam_date,
            source=FILE,
        ),
    )


def _reading_columns(told: Callable[[Of], ToldReading]) -> tuple[Column[Of], ...]:
    return (
        Column("reader", Kind.TEXT, "who read", lambda o: told(o).reading.reader, source=PROGRAM),
        Column("reading", Kind.TEXT, "id of the reading", lambda o: told(o).id, source=PROGRAM),
        Column(
            "revision",
            Kind.WHOLE,
            "revision of the reading that went out",
            lambda o: told(o).revision,
            source=PROGRAM,
        ),
        Column(
            "signed_version",
            Kind.WHOLE,
            "version that was signed; 0: open",
            lambda o: told(o).signed,
            source=READER,
        ),
        Column(
            "finished",
            Kind.YES_NO,
            "signed, or called done: only then does an image without marks say that there is nothing",
            lambda o: told(o).finished,
            source=READER,
        ),
        Column(
            "lexicon_edition",
            Kind.TEXT,
            "BI-RADS edition in whose words it was read",
            lambda o: told(o).reading.lexicon_edition,
            source=PROGRAM,
        ),
        Column(
            "rules_version",
            Kind.TEXT,
            "decision table behind the suggested columns",
            lambda o: told(o).out.rules_version,
            source=RULES,
        ),
    )


def picture_columns(told: Callable[[Of], ToldReading], key: Callable[[Of], ImageKey]) -> Shared[Of]:
    """Which image and frame, and what of it is needed to use coordinates. Empty where its file is not at hand."""
    return Shared(lambda o: (told(o), key(o)), _picture_columns(told, key))


def _picture_columns(
    told: Callable[[Of], ToldReading], key: Callable[[Of], ImageKey]
) -> tuple[Column[Of], ...]:
    def info(item: Of) -> ImageInfo | None:
        return told(item).images.get(key(item).sop_instance_uid)

    of_image = partial(_of_image, info)
    return (
        Column(
            "sop_instance_uid",
            Kind.TEXT,
            "SOP Instance UID of the image: made up, or its own in an identified export",
            lambda o: told(o).out.uid(key(o).sop_instance_uid),
            source=FILE,
        ),
        Column(
            "frame",
            Kind.WHOLE,
            "frame of the image, from 1",
            lambda o: key(o).frame,
            source=READER,
        ),
        Column(
            "picture",
            Kind.TEXT,
            "name of the files of this picture (images, masks, labels) without ending",
            lambda o: told(o).picture(key(o)),
            source=PROGRAM,
        ),
        Column(
            "image_laterality",
            Kind.TEXT,
            "side of the image, as the reader corrected it",
            of_image(lambda i: i.laterality),
            values=one_of(Laterality),
            source=FILE,
        ),
        *image_columns(info),
    )


def _of_image(
    info: Callable[[Of], ImageInfo | None], fact: Callable[[ImageInfo], Any]
) -> Callable[[Of], Any]:
    def found(item: Of) -> Any:
        image = info(item)
        return None if image is None else fact(image)

    return found


def image_columns(info: Callable[[Of], ImageInfo | None]) -> tuple[Column[Of], ...]:
    """View, rows, columns and spacing of an image."""
    of_image = partial(_of_image, info)
    return (
        Column("view", Kind.TEXT, "view of the image", of_image(lambda i: i.view.name), source=FILE),
        Column(
            "view_modifiers",
            Kind.TEXT,
            "modifiers of the view (CID 4015)",
            of_image(lambda i: i.view.modifiers),
            source=FILE,
        ),
        Column("rows", Kind.WHOLE, "rows of the stored image", of_image(lambda i: i.rows), "px", source=FILE),
        Column(
            "columns",
            Kind.WHOLE,
            "columns of the stored image",
            of_image(lambda i: i.columns),
            "px",
            source=FILE,
        ),
        Column(
            "spacing_row_mm",
            Kind.NUMBER,
            "millimetres from row to row; empty: not known, lengths are in pixels only",
            of_image(lambda i: i.spacing and i.spacing.row_mm),
            "mm/px",
            source=FILE,
        ),
        Column(
            "spacing_column_mm",
            Kind.NUMBER,
            "millimetres from column to column",
            of_image(lambda i: i.spacing and i.spacing.column_mm),
            "mm/px",
            source=FILE,
        ),
        Column(
            "spacing_basis",
            Kind.TEXT,
            "how the spacing is known",
            of_image(lambda i: i.spacing and i.spacing.basis),
            values=BASIS,
            source=FILE,
        ),
    )


def finding_columns(told: Callable[[Of], ToldReading], finding: Callable[[Of], Finding]) -> Shared[Of]:
    """The finding and the words about it that every object of it can be labelled with."""
    return Shared(lambda o: (told(o), finding(o).id), _finding_columns(told, finding))


def _finding_columns(
    told: Callable[[Of], ToldReading], finding: Callable[[Of], Finding]
) -> tuple[Column[Of], ...]:
    return (
        Column(
            "finding", Kind.TEXT, "name within the reading", lambda o: f"F{finding(o).number}", source=PROGRAM
        ),
        Column("finding_id", Kind.TEXT, "id of the finding", lambda o: finding(o).id, source=PROGRAM),
        Column(
            "tracking_uid",
            Kind.TEXT,
            "the same for one finding through views and exams",
            lambda o: finding(o).tracking_uid,
            source=PROGRAM,
        ),
        Column(
            "morphology",
            Kind.TEXT,
            "shape of the calcifications of the finding, ids of the lexicon",
            lambda o: finding(o).morphology,
            values=one_of(Morphology),
            source=READER,
        ),
        Column(
            "morphology_codes",
            Kind.TEXT,
            "the same as DICOM codes, scheme:value; none where DICOM has no code",
            lambda o: codes(told(o), finding(o).morphology),
            source="DICOM CID 6010",
        ),
        Column(
            "distribution",
            Kind.TEXT,
            "how the calcifications of the finding lie, ids of the lexicon",
            lambda o: finding(o).distributions,
            values=one_of(Distribution),
            source=READER,
        ),
        Column(
            "distribution_codes",
            Kind.TEXT,
            "the same as DICOM codes, scheme:value",
            lambda o: codes(told(o), finding(o).distributions),
            source="DICOM CID 6012",
        ),
        Column(
            "assessment",
            Kind.TEXT,
            "the reader's own BI-RADS category of the finding; empty: none given",
            lambda o: finding(o).assessment,
            values=one_of(Assessment),
            source=READER,
        ),
    )


def codes(told: ToldReading, terms: Sequence[StrEnum]) -> str:
    """DICOM codes of terms, in their order, '' in the place of one without."""
    found = [told.out.lexicon.code(term) for term in terms]
    if not any(found):
        return ""
    return SEPARATOR.join("" if code is None else f"{code.scheme}:{code.value}" for code in found)
