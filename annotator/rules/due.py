"""What is due when, by what readers asked for; and the stage an exam seems to belong to. Pure, no clock.

Only a reader's own recommendation makes anything due; a category alone, or what the decision table suggests, never does. Numbers
without a source are named below as choices of this program (docs/domain.md, what is due).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from annotator.model.finding import Recommendation, Stage
from annotator.model.intervals import MONTH_DAYS, add_months, days_words, months_words
from annotator.model.timeline import ReadExam, Sighting, Word, inside, timelines

SOON_DAYS = 30
GRACE_DAYS = 30
"""From how long before its day something is due soon, and how long after it overdue: choices of this program."""
EARLY_SHARE, LATE_SHARE = 1 / 6, 1 / 3
"""An exam counts as the one asked for from a sixth of the interval early, and its stage is proposed up to a third late:
5 to 8 months for six. Appointments move by weeks and no source gives a tolerance: a choice of this program."""
AT_ONCE_DAYS = 92
"""For so long an exam is taken for the work-up that was wanted at once: a choice of this program."""

_AT_STAGE = {Stage.FU6: 6, Stage.FU12: 12, Stage.FU24: 24}
_STAGE_AT = {months: stage for stage, months in _AT_STAGE.items()}

_FITTING = {
    Recommendation.MAGNIFICATION_VIEWS: frozenset({Stage.WORKUP, *_AT_STAGE}),
    Recommendation.ADDITIONAL_VIEWS: frozenset({Stage.WORKUP, *_AT_STAGE}),
    Recommendation.SIX_MONTHS: frozenset(_AT_STAGE),
    Recommendation.TWELVE_MONTHS: frozenset(_AT_STAGE),
    Recommendation.ROUTINE_SCREENING: frozenset({Stage.SCREEN, *_AT_STAGE}),
}
"""Stages of a later exam of the same patient that answer what was asked; prior mammograms and a biopsy are answered by no exam."""
_UNASKED = frozenset({Recommendation.AS_PLANNED})


class DueState(StrEnum):
    """How urgent, the most urgent first. `UNDATED`: of an exam without a date, so that nothing can be counted."""

    OVERDUE = "overdue"
    DUE = "due"
    UNDATED = "date unknown"
    SOON = "due soon"
    OPEN = "open"
    DONE = "done"


WAITING = frozenset({DueState.OVERDUE, DueState.DUE})
"""States in which somebody should act now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One thing a reader asked for. `due_on` None: asked for without a time, or the day of the exam is not known.

    `closed_by` is the exam that answered it; `tracked`: in it the finding was called the same.
    """

    sighting: Sighting
    asked: Recommendation | None
    months: int | None
    due_on: date | None
    state: DueState
    closed_by: ReadExam | None = None
    tracked: bool = False

    def order(self) -> tuple[int, date, tuple[tuple[bool, date, int, str, str], int]]:
        """Sorts by urgency, then by day."""
        return tuple(DueState).index(self.state), self.due_on or date.max, self.sighting.order()


def due(
    sightings: Iterable[Sighting],
    exams: Iterable[ReadExam],
    on: date,
    *,
    soon_days: float = SOON_DAYS,
    grace_days: float = GRACE_DAYS,
) -> tuple[Due, ...]:
    """Everything that was ever asked for with its state on a day, the most urgent first; nothing is left out.

    `exams` are all readings, also those without findings, as one of them may be the exam that was waited for. The
    order of both does not matter.
    """
    by_patient: dict[str, list[ReadExam]] = {}
    for exam in sorted(exams, key=lambda one: one.order):
        if exam.patient is not None and exam.stage is not None:
            by_patient.setdefault(exam.patient, []).append(exam)
    found = []
    for line in timelines(sightings).values():
        for sighting in line.sightings:
            asked = _asked(sighting)
            if asked is not None:
                asked = _dated(asked, on, soon_days, grace_days)
                found.append(_closed(asked, line.sightings, by_patient.get(sighting.exam.patient or "", ())))
    return tuple(sorted(found, key=Due.order))


def _asked(sighting: Sighting) -> Due | None:
    """What a reader asked for, open; None where nothing is to be waited for."""
    asked, months = sighting.asks, sighting.months_asked
    if asked in _UNASKED or (months is None and asked is not Recommendation.PRIOR_MAMMOGRAMS):
        # routine screening comes round by national policy, not by a date of ours
        return None
    day = sighting.exam.exam_date
    undated = day is None and months is not None
    return Due(
        sighting=sighting,
        asked=asked,
        months=months,
        due_on=None if day is None or months is None else add_months(day, months),
        state=DueState.UNDATED if undated else DueState.OPEN,
    )


def _dated(asked: Due, on: date, soon_days: float, grace_days: float) -> Due:
    if asked.due_on is None:
        return asked
    days = (asked.due_on - on).days
    if days > soon_days:
        state = DueState.OPEN
    elif days > 0:
        state = DueState.SOON
    else:
        state = DueState.DUE if -days <= grace_days else DueState.OVERDUE
    return replace(asked, state=state)


def _closed(asked: Due, seen: Sequence[Sighting], exams: Sequence[ReadExam]) -> Due:
    """Closed by the first later exam that answers it: one with this finding, else one of the patient at a fitting stage."""
    here = asked.sighting
    for later in seen:
        if here.exam.is_before(later.exam) and _answers(asked, later):
            return replace(asked, state=DueState.DONE, closed_by=later.exam, tracked=True)
    fitting = _FITTING.get(asked.asked or Recommendation.SIX_MONTHS, frozenset())
    for exam in exams:
        if exam.stage in fitting and here.exam.is_before(exam) and _in_time(asked, exam):
            return replace(asked, state=DueState.DONE, closed_by=exam)
    return asked


def _answers(asked: Due, later: Sighting) -> bool:
    """Whether the finding in a later exam answers what was asked: something else was said to be next, or it was time."""
    if later.says_next:
        return True
    if asked.asked in (Recommendation.BIOPSY, Recommendation.PRIOR_MAMMOGRAMS):
        return False
    return _in_time(asked, later.exam)


def _in_time(asked: Due, exam: ReadExam) -> bool:
    """Whether an exam is not too early to be the one that was asked for."""
    if asked.due_on is None or exam.exam_date is None:
        return False
    early = (asked.months or 0) * MONTH_DAYS * EARLY_SHARE
    return exam.exam_date >= asked.due_on - timedelta(days=round(early))


def proposed_stage(
    exam: ReadExam, sightings: Iterable[Sighting], exams: Iterable[ReadExam]
) -> tuple[Stage, Sighting] | None:
    """The stage an exam seems to belong to and the sighting that asked for it; None where nothing tells.

    Told by what was asked for in the last exam before it and is not answered yet, and by the days between.
    """
    if exam.exam_date is None:
        return None
    # its own stage is what is looked for: any is possible, so that an exam of the same day counts as earlier
    now = replace(exam, stage=Stage.FU24)
    before = [s for s in sightings if s.exam.is_before(now)]
    known = [one for one in exams if one.is_before(now)]
    found = []
    for asked in due(before, known, exam.exam_date):
        stage = _stage_after(asked, exam.exam_date)
        if asked.state is not DueState.DONE and stage is not None:
            found.append((asked.sighting.exam.order, stage, asked.sighting))
    if not found:
        return None
    _, stage, sighting = max(found, key=lambda one: (one[0], tuple(Stage).index(one[1]), -one[2].number))
    return stage, sighting


def _stage_after(asked: Due, day: date) -> Stage | None:
    months = asked.months
    if months is None or asked.due_on is None or asked.asked is Recommendation.BIOPSY:
        return None
    if months == 0:
        return Stage.WORKUP if 0 <= (day - asked.due_on).days <= AT_ONCE_DAYS else None
    if asked.asked is Recommendation.ROUTINE_SCREENING:
        return None
    interval = months * MONTH_DAYS
    late = (day - asked.due_on).days
    if not -round(interval * EARLY_SHARE) <= late <= round(interval * LATE_SHARE):
        return None
    stage = asked.sighting.exam.stage
    return _STAGE_AT.get((0 if stage is None else _AT_STAGE.get(stage, 0)) + months)


def asked_words(seen: Sighting, word: Word) -> str:
    """What was asked for, and when: "next exam in 4 months", "routine screening, in 24 months"."""
    asked, months = seen.asks, seen.months_asked
    when = "" if not months else f"in {months_words(months)}"
    if asked is None or asked in (Recommendation.SIX_MONTHS, Recommendation.TWELVE_MONTHS):
        # the months that the reader named stand in place of those of the words
        return f"next exam {when or 'at once'}"
    what = inside(word(asked))
    return f"{what}, {when}" if when else what


def state_words(one: Due, on: date) -> str:
    """How it stands on a day, in words: "overdue since 2026-03-31, 40 days"."""
    day = one.due_on
    if one.state is DueState.DONE:
        assert one.closed_by is not None
        how = "" if one.tracked else ", where the finding was not called the same"
        return f"done by the exam of {one.closed_by.exam_date or 'unknown date'}{how}"
    if day is None:
        return one.state.value
    days = abs((day - on).days)
    count = days_words(days)
    if day == on:
        return "due today"
    if day < on:
        return f"{one.state} since {day}, {count}"
    return f"{one.state}: on {day}, in {count}" if one.state is DueState.SOON else f"due on {day}, in {count}"
