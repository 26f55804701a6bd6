"""A finding through its exams: what a reader said and marked of it each time, and what changed in between.

Pure values, made from readings. Nothing here says more than the reader said and the marks show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from annotator.model.finding import (
    LONGEST_MM,
    Assessment,
    Change,
    Depth,
    Distribution,
    Finding,
    Morphology,
    Quadrant,
    Reading,
    Recommendation,
    SaidLength,
    Stage,
)
from annotator.model.geometry import Millimetres, PixelSpacing, greatest_extent, mm_digits
from annotator.model.image import Laterality
from annotator.model.mark import Cluster, Mark, MarkKind
from annotator.model.measured import Measured

Word = Callable[[StrEnum], str]
"""The lexicon's word for something said."""

MONTHS = {
    Recommendation.ADDITIONAL_VIEWS: 0,
    Recommendation.MAGNIFICATION_VIEWS: 0,
    Recommendation.BIOPSY: 0,
    Recommendation.SIX_MONTHS: 6,
    Recommendation.TWELVE_MONTHS: 12,
}
"""Months that a recommendation itself names, 0 for at once (docs/domain.md, what is due)."""

_STAGES = tuple(Stage)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadExam:
    """One reading of one exam, as far as others are told apart from it by date, patient and stage.

    `patient` is a digest (docs/decisions/0015), None where it is not known. `signed` is the version it was signed in, None while it was not.
    """

    reading_id: str
    study_instance_uid: str
    reader: str
    exam_date: date | None = None
    stage: Stage | None = None
    patient: str | None = None
    signed: int | None = None

    def is_before(self, other: ReadExam) -> bool:
        """Whether this exam is known to be earlier than the other: by day, and of one day by stage."""
        if self.study_instance_uid == other.study_instance_uid:
            return False
        if self.exam_date is None or other.exam_date is None:
            return False
        if self.exam_date != other.exam_date:
            return self.exam_date < other.exam_date
        if self.stage is None or other.stage is None:
            return False
        return _STAGES.index(self.stage) < _STAGES.index(other.stage)

    @property
    def order(self) -> tuple[bool, date, int, str, str]:
        """Sorts exams by day, those of no known day last."""
        stage = -1 if self.stage is None else _STAGES.index(self.stage)
        day = self.exam_date or date.max
        return self.exam_date is None, day, stage, self.study_instance_uid, self.reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A finding in one reading of one exam.

    `count`, with `micro` and `macro`, is that of the image on which most of it is marked: a calcification seen in two
    views is marked twice. `extent` is the reader's where `extent_said`, else from the marks; None where neither is
    known. `months` is the interval as the reader named it.
    """

    exam: ReadExam
    finding_id: str
    number: int
    tracking_uid: str
    laterality: Laterality | None = None
    quadrant: Quadrant | None = None
    clock_face: int | None = None
    depth: Depth | None = None
    count: int = 0
    micro: int = 0
    macro: int = 0
    extent: SaidLength | None = None
    extent_said: bool = False
    morphology: tuple[Morphology, ...] = ()
    distributions: tuple[Distribution, ...] = ()
    change: Change | None = None
    assessment: Assessment | None = None
    recommendation: Recommendation | None = None
    months: int | None = None
    priors_requested: bool = False

    @property
    def asks(self) -> Recommendation | None:
        """What the reader wants done next; a wish for prior mammograms counts where nothing else was said."""
        if self.recommendation is None and self.priors_requested and self.months is None:
            return Recommendation.PRIOR_MAMMOGRAMS
        return self.recommendation

    @property
    def months_asked(self) -> int | None:
        """After how many months: as the reader named them, else as the recommendation does; None without a time."""
        if self.months is not None:
            return self.months
        return None if self.recommendation is None else MONTHS.get(self.recommendation)

    @property
    def category_words(self) -> str:
        """The reader's category: "category 4A", "no category"."""
        return "no category" if self.assessment is None else f"category {self.assessment}"

    @property
    def says_next(self) -> bool:
        """Whether the reader said anything of what is to be done next."""
        return self.asks is not None or self.months is not None

    def order(self) -> tuple[tuple[bool, date, int, str, str], int]:
        """Sorts sightings by exam, then by number."""
        return self.exam.order, self.number


@dataclass(frozen=True, slots=True)
class Timeline:
    """The sightings of one tracking UID, the earliest exam first; several readers of one exam side by side."""

    tracking_uid: str
    sightings: tuple[Sighting, ...]

    def before(self, sighting: Sighting) -> Sighting | None:
        """The same finding in the exam before: as this reader saw it where there is such a reading."""
        earlier = [s for s in self.sightings if s.exam.is_before(sighting.exam)]
        own = [s for s in earlier if s.exam.reader == sighting.exam.reader]
        return max(own or earlier, key=Sighting.order, default=None)

    def changes(self, sighting: Sighting, word: Word) -> tuple[str, ...]:
        """What is otherwise than in the exam before, in sentences; () for the first exam."""
        earlier = self.before(sighting)
        return () if earlier is None else changes(earlier, sighting, word)


def timelines(sightings: Iterable[Sighting]) -> dict[str, Timeline]:
    """Every finding through its exams, by tracking UID; the order of `sightings` does not matter."""
    found: dict[str, list[Sighting]] = {}
    for sighting in sightings:
        found.setdefault(sighting.tracking_uid, []).append(sighting)
    return {uid: Timeline(uid, tuple(sorted(found[uid], key=Sighting.order))) for uid in sorted(found)}


def sightings_of(
    reading: Reading, exam: ReadExam, measured: dict[str, Measured] | None = None
) -> tuple[Sighting, ...]:
    """The findings of a reading as it stands.

    `measured` are those that were measured on their images; of others the marks themselves tell count and extent,
    as far as they hold how large a pixel is.
    """
    known = measured or {}
    return tuple(_sighting(reading, exam, finding, known.get(finding.id)) for finding in reading.findings)


def _sighting(reading: Reading, exam: ReadExam, finding: Finding, measured: Measured | None) -> Sighting:
    marks = _fullest(reading.marks_of(finding.id))
    micro = sum(mark.kind is MarkKind.MICRO for mark in marks)
    extent = finding.extent or _measured_extent(reading, finding, measured)
    sides = () if measured is None else measured.sides
    return Sighting(
        exam=exam,
        finding_id=finding.id,
        number=finding.number,
        tracking_uid=finding.tracking_uid,
        laterality=finding.laterality or (sides[0] if len(sides) == 1 else None),
        quadrant=finding.quadrant,
        clock_face=finding.clock_face,
        depth=finding.depth,
        count=len(marks),
        micro=micro,
        macro=len(marks) - micro,
        extent=extent,
        extent_said=finding.extent is not None,
        morphology=finding.morphology,
        distributions=finding.distributions,
        change=finding.change,
        assessment=finding.assessment,
        recommendation=finding.recommendation,
        months=finding.recommended_months,
        priors_requested=finding.priors_requested,
    )


def _fullest(marks: Sequence[Mark]) -> list[Mark]:
    """The marks of the image that has most of them; of several the first by UID."""
    by_image: dict[str, list[Mark]] = {}
    for mark in marks:
        by_image.setdefault(mark.image.sop_instance_uid, []).append(mark)
    return max((by_image[uid] for uid in sorted(by_image)), key=len, default=[])


def _measured_extent(reading: Reading, finding: Finding, measured: Measured | None) -> SaidLength | None:
    if measured is not None:
        return _in_breast(measured.extent)
    marks, clusters = reading.marks_of(finding.id), reading.clusters_of(finding.id)
    lengths = []
    images = {mark.image.sop_instance_uid for mark in marks}
    for uid in sorted(images | {cluster.image.sop_instance_uid for cluster in clusters}):
        here = [mark for mark in marks if mark.image.sop_instance_uid == uid]
        drawn = [cluster for cluster in clusters if cluster.image.sop_instance_uid == uid]
        points = [mark.point for mark in here] or [point for cluster in drawn for point in cluster.outline]
        spacing = _spacing(here, drawn)
        if spacing is not None and len(points) > 1:
            lengths.append(greatest_extent(points, spacing))
    widest = max(lengths, key=lambda length: length.value, default=None)
    return _in_breast(widest)


def _in_breast(length: Millimetres | None) -> SaidLength | None:
    """A measured length as a reader would say it; None where no breast is that long, as of a file with a wrong spacing."""
    return None if length is None or length.value >= LONGEST_MM else SaidLength(length.value, length.basis)


def _spacing(marks: Sequence[Mark], clusters: Sequence[Cluster]) -> PixelSpacing | None:
    """How large a pixel is, as outlines keep it; else as measured marks tell, whose diameters are means of both sides."""
    kept = next((cluster.spacing for cluster in clusters if cluster.spacing is not None), None)
    if kept is not None:
        return kept
    for mark in marks:
        size = mark.measurement
        if size is not None and size.diameter_mm and size.basis is not None and size.diameter_px > 0:
            side = size.diameter_mm / size.diameter_px
            return PixelSpacing(side, side, size.basis)
    return None


def changes(earlier: Sighting, later: Sighting, word: Word) -> tuple[str, ...]:
    """What is otherwise in the later exam than in the earlier one, in sentences; only what was said or marked."""
    told = (
        _count_change(earlier, later),
        _extent_change(earlier, later),
        _said_change("shape", earlier.morphology, later.morphology, word),
        _said_change("distribution", earlier.distributions, later.distributions, word),
        _category_change(earlier, later),
    )
    return tuple(sentence for sentence in told if sentence)


def _count_change(earlier: Sighting, later: Sighting) -> str:
    if not (earlier.count and later.count):
        return ""
    if earlier.count == later.count:
        return f"count {later.count}, as before"
    return f"count from {earlier.count} to {later.count}"


def _extent_change(earlier: Sighting, later: Sighting) -> str:
    if earlier.extent is None or later.extent is None:
        return ""
    if earlier.extent.basis != later.extent.basis:
        before, after = earlier.extent.in_sentence, later.extent.in_sentence
        return f"extent {after}, before {before}: not known in the same way, so not compared"
    then, now = mm_digits(earlier.extent.value_mm), mm_digits(later.extent.value_mm)
    if then == now:
        return f"extent {later.extent.in_sentence}, as before"
    return f"extent from {then} to {later.extent.in_sentence}"


def _said_change(what: str, earlier: Sequence[StrEnum], later: Sequence[StrEnum], word: Word) -> str:
    if not (earlier and later) or set(earlier) == set(later):
        return ""
    return f"{what} {_listed(later, word)}, before {_listed(earlier, word)}"


def _listed(said: Iterable[StrEnum], word: Word) -> str:
    return " and ".join(inside(word(one)) for one in said)


def _category_change(earlier: Sighting, later: Sighting) -> str:
    if earlier.assessment is None or later.assessment is None:
        return ""
    if earlier.assessment is later.assessment:
        return f"category {later.assessment}, as before"
    return f"category {later.assessment}, before {earlier.assessment}"


def inside(word: str) -> str:
    """A word of the lexicon as it stands inside a sentence."""
    return word[:1].lower() + word[1:]


def place_words(sighting: Sighting, word: Word) -> str:
    """Side and place as far as said: "left, upper outer, 2 o'clock"."""
    said = [sighting.laterality.side] if sighting.laterality is not None else []
    said += [inside(word(sighting.quadrant))] if sighting.quadrant is not None else []
    said += [f"{sighting.clock_face} o'clock"] if sighting.clock_face is not None else []
    return ", ".join(said)


def said_words(sighting: Sighting, word: Word) -> str:
    """What was said of a finding, in a line: "grouped fine pleomorphic, left, upper outer, category 3"."""
    looks = " ".join(inside(word(one)) for one in (*sighting.distributions, *sighting.morphology))
    category = "" if sighting.assessment is None else f"category {sighting.assessment}"
    return (
        ", ".join(part for part in (looks, place_words(sighting, word), category) if part) or "not described"
    )


@dataclass(frozen=True, slots=True)
class SameOffer:
    """A finding of an earlier exam that the one in hand may be; `sighting` is the latest of it before this exam."""

    sighting: Sighting
    other_side: bool


def offers(current: Sighting, others: Iterable[Sighting], taken: frozenset[str]) -> tuple[SameOffer, ...]:
    """Findings of earlier exams, the likeliest first by side and place, then the last seen first.

    One for each tracking UID but those in `taken`, which are findings of this exam already. None is left out for
    lying elsewhere: a side or a quadrant may have been said wrongly then or now.
    """
    latest: dict[str, Sighting] = {}
    for sighting in sorted(others, key=Sighting.order):
        if sighting.tracking_uid not in taken and sighting.exam.is_before(current.exam):
            latest[sighting.tracking_uid] = sighting
    newest = sorted(latest.values(), key=Sighting.order, reverse=True)
    newest.sort(key=lambda earlier: _unlikeness(current, earlier))
    return tuple(SameOffer(one, _apart(current.laterality, one.laterality) == _OTHER) for one in newest)


_SAME, _UNKNOWN, _OTHER = 0, 1, 2


def _apart(one: object, other: object) -> int:
    if one is None or other is None:
        return _UNKNOWN
    return _SAME if one == other else _OTHER


def _unlikeness(current: Sighting, earlier: Sighting) -> tuple[int, int, int, int, bool]:
    hours = 3
    if current.clock_face is not None and earlier.clock_face is not None:
        way = abs(current.clock_face - earlier.clock_face)
        hours = min(way, 12 - way)
    return (
        _apart(current.laterality, earlier.laterality),
        _apart(current.quadrant, earlier.quadrant),
        hours,
        _apart(current.depth, earlier.depth),
        set(current.morphology).isdisjoint(earlier.morphology),
    )
