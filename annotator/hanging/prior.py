"""What of the exam before belongs beside an image of the one being read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from annotator.hanging.order import DETAILS, is_detail, rank, reading_order
from annotator.hanging.sheet import Place
from annotator.model.image import ExamInfo, ImageInfo

NOBODY = frozenset(
    {"ANON", "ANONYMOUS", "ANONYMIZED", "ANONYMISED", "UNKNOWN", "NONE", "NULL", "NA", "N/A", "PATIENT"}
)
"""What stands in place of a Patient ID where it was removed or never known: many persons share it."""
_DAY = re.compile(r"[0-9]{8}")


def same_patient(exam: ExamInfo, other: ExamInfo) -> bool:
    """Whether two exams are of one person: the same Patient ID, and nothing that speaks against it.

    Against it speak an ID that is only a placeholder, another date of birth, and, where not both exams say when
    the patient was born, names without a part in common (one part of a name changes by marriage).
    """
    if not patient_number(exam) or exam.patient_key != other.patient_key:
        return False
    births, others = _said(exam, "patient_birth_date"), _said(other, "patient_birth_date")
    if births and others:
        return not births.isdisjoint(others)
    names, other_names = _parts(exam), _parts(other)
    return not (names and other_names) or not names.isdisjoint(other_names)


def patient_number(exam: ExamInfo) -> str:
    """The Patient ID of an exam; '' where there is none, or one that many persons share."""
    return number_of_one(exam.patient_key)


def number_of_one(patient_id: str) -> str:
    """A Patient ID; '' for one that many persons share."""
    return "" if patient_id.strip(" ^-_.0").upper() in NOBODY | {""} else patient_id


def exam_before(exam: ExamInfo, exams: Iterable[ExamInfo]) -> ExamInfo | None:
    """The exam of the same patient next before this one, by days; None when there is none or a day is not known."""
    if not _DAY.fullmatch(exam.date):
        return None
    older = [e for e in exams if _DAY.fullmatch(e.date) and e.date < exam.date and same_patient(e, exam)]
    return max(older, key=lambda e: e.date, default=None)


def _said(exam: ExamInfo, name: str) -> set[str]:
    return {said for info in exam.images if (said := getattr(info, name))}


def _parts(exam: ExamInfo) -> set[str]:
    return {
        part
        for name in _said(exam, "patient_name")
        for part in re.split(r"[\^\s=,]+", name.casefold())
        if part
    }


def places_before(prior: ExamInfo | None, places: Sequence[Place | None]) -> tuple[Place | None, ...]:
    """For each place the same side and view in the exam before; no image in two of them.

    With the same modifiers if there are such. A detail (magnified, spot compressed) has the whole view beside
    it where there was no detail; a whole view never has a detail. A place is empty when nothing fits, None
    when no image is to be compared.
    """
    images = () if prior is None else reading_order(prior.images)
    found = [None if p is None else Place(p.side, p.view, p.modifiers, _alike(p, images)) for p in places]
    taken: set[str] = set()
    exact = [n for n, place in enumerate(found) if place is not None and _is_exact(place)]
    for number in [*exact, *(n for n in range(len(found)) if n not in exact)]:
        place = found[number]
        if place is not None:
            left = tuple(i for i in place.images if i.sop_instance_uid not in taken)
            found[number] = replace(place, images=left)
            taken |= {i.sop_instance_uid for i in left[:1]}
    return tuple(found)


def _alike(place: Place, images: Sequence[ImageInfo]) -> tuple[ImageInfo, ...]:
    if place.side is None or not place.view:
        return ()
    alike = [i for i in images if i.laterality is place.side and i.view.name == place.view]
    if DETAILS.isdisjoint(place.modifiers):
        alike = [i for i in alike if not is_detail(i)]
    elif not place.images:
        # nothing of today hangs there: a whole view would stand beside nothing
        alike = [i for i in alike if i.view.modifiers == place.modifiers]
    return tuple(sorted(alike, key=lambda i: (i.view.modifiers != place.modifiers, rank(i))))


def _is_exact(place: Place) -> bool:
    return bool(place.images) and place.images[0].view.modifiers == place.modifiers
