"""What of the exams in the worklist is due, and of exams that are not there. Pure; knows no widgets."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from annotator.model.timeline import Word
from annotator.rules.due import WAITING, Due, DueState, asked_words, state_words

DUE_SIGNS = {DueState.OVERDUE: "▲", DueState.DUE: "◆", DueState.SOON: "◇"}
"""Shapes beside the words, so that no state is told by colour alone."""


@dataclass(frozen=True, slots=True)
class ExamDue:
    """The most urgent of what an exam asked for."""

    state: DueState
    due_on: date | None
    words: str

    @property
    def waits(self) -> bool:
        """Whether somebody should act now."""
        return self.state in WAITING

    @property
    def label(self) -> str:
        """What stands in a row: "▲ overdue"."""
        return f"{DUE_SIGNS[self.state]} {self.state}"


def due_by_exam(found: Iterable[Due], on: date, word: Word) -> dict[str, ExamDue]:
    """By Study Instance UID what is overdue, due or due soon; `found` the most urgent first."""
    told: dict[str, ExamDue] = {}
    for one in found:
        uid = one.sighting.exam.study_instance_uid
        if one.state in DUE_SIGNS and uid not in told:
            told[uid] = ExamDue(
                one.state, one.due_on, f"{asked_words(one.sighting, word)}: {state_words(one, on)}"
            )
    return told


def due_elsewhere(found: Iterable[Due], here: Collection[str]) -> tuple[Due, ...]:
    """What is due or overdue of exams that are not among those open."""
    return tuple(
        one for one in found if one.state in WAITING and one.sighting.exam.study_instance_uid not in here
    )


def elsewhere_words(count: int) -> str:
    """One line for what is due of exams that are not in the worklist."""
    if not count:
        return ""
    return f"{count} finding{' is' if count == 1 else 's are'} due of exams that are not open here"


def due_line(one: Due, on: date, word: Word) -> str:
    """One thing that is due, naming its exam by day and by the end of its UID."""
    seen = one.sighting
    day = "unknown date" if seen.exam.exam_date is None else str(seen.exam.exam_date)
    return (
        f"{DUE_SIGNS.get(one.state, '')} {state_words(one, on)}: {asked_words(seen, word)}\n"
        f"F{seen.number}, {seen.category_words}, exam of {day} (…{seen.exam.study_instance_uid[-8:]}), {seen.exam.reader}"
    )
