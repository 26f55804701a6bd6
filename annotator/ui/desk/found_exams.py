"""What a look into files found, put together beside the window: thousands of exams would hold it up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from annotator.hanging import standard_views
from annotator.model.image import ExamInfo, ImageInfo
from annotator.ui.desk.worklist_rows import Entry, entry_of, worklist_order
from annotator.ui.words.exam_names import exam_name

if TYPE_CHECKING:
    from annotator.imaging.collection import Listing


@dataclass(frozen=True)
class ExamRows:
    """Rows under the names of the patients, study UIDs in the order of their paths, exams by Patient ID."""

    entries: tuple[Entry, ...] = ()
    by_path: tuple[str, ...] = ()
    of_patient: Mapping[str, tuple[ExamInfo, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class FoundExams:
    """The exams of all images known by now; `first` is the one to open, of those that are new."""

    listing: Listing
    images: Mapping[str, ImageInfo]
    exams: tuple[ExamInfo, ...]
    rows: ExamRows
    first: ExamInfo | None


def rows_of(exams: Sequence[ExamInfo]) -> ExamRows:
    """What the worklist and the search for earlier exams need of exams."""
    of_patient: dict[str, list[ExamInfo]] = {}
    for exam in exams:
        of_patient.setdefault(exam.patient_key, []).append(exam)
    in_order = sorted(exams, key=lambda exam: exam.images[0].path)
    return ExamRows(
        tuple(entry_of(exam, exam_name(exam)) for exam in exams),
        tuple(exam.study_instance_uid for exam in in_order),
        {patient: tuple(theirs) for patient, theirs in of_patient.items()},
    )


def found_exams(
    listing: Listing,
    known: Mapping[str, ImageInfo],
    images: Mapping[str, ImageInfo],
    exams: Sequence[ExamInfo],
) -> FoundExams:
    """Put together what was found; `known` are the images from before, `images` all, `exams` all of theirs."""
    listed = {image.sop_instance_uid for image in listing.images}
    wanted = listed - known.keys() or listed
    candidates = [
        exam
        for exam in worklist_order(exams)
        if any(image.sop_instance_uid in wanted for image in exam.images)
    ]
    # the first of those with most of the standard views: magnification views come after them
    first = max(candidates, key=standard_views, default=None)
    return FoundExams(listing, images, tuple(exams), rows_of(exams), first)
