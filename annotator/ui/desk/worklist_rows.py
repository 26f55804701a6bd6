"""What the worklist shows and in which order: states, sorting, filter, headings. Pure; knows no widgets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from operator import attrgetter

from annotator.model.counts import counted
from annotator.model.image import ExamInfo
from annotator.rules.due import DueState
from annotator.ui.desk.due_exams import ExamDue
from annotator.ui.words.exam_names import date_text, exam_name


class ExamState(StrEnum):
    """How far the reading of an exam is."""

    NEW = "new"
    IN_PROGRESS = "in progress"
    DONE = "done"
    SIGNED = "signed"


FINISHED = frozenset({ExamState.DONE, ExamState.SIGNED})
"""States of exams that wait for nothing; a signed exam is done."""


NOTHING_DUE: Mapping[str, ExamDue] = {}
"""Where nothing is due, or it is not known yet."""


class SortBy(StrEnum):
    """What the worklist is ordered and grouped by."""

    PATIENT = "patient"
    DATE = "date"
    STATE = "state"
    OPENED = "order of opening"
    DUE = "due date"


class Showing(StrEnum):
    """Which states are listed."""

    ALL = "all"
    NOT_DONE = "not done"
    NEW = "new"
    IN_PROGRESS = "in progress"
    DONE = "done"
    SIGNED = "signed"
    DUE = "due now"

    def passes(self, state: ExamState, due: ExamDue | None = None) -> bool:
        """Whether an exam of that state is listed; `due now` lists what is due or overdue."""
        if self is Showing.DUE:
            return due is not None and due.waits
        if self is Showing.NOT_DONE:
            return state not in FINISHED
        if self is Showing.DONE:
            return state in FINISHED
        return self is Showing.ALL or self.value == state.value


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamRow:
    """One exam as it is painted. `warning` says in a word what is amiss with its files, `trouble` in a sentence."""

    uid: str
    name: str
    day: str
    date: str
    images: str
    views: str
    warning: str = ""
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(ExamRow):
    """An exam that is open, with what sorting and filtering need of it besides."""

    exam: ExamInfo
    words: str


@dataclass(frozen=True, slots=True)
class Heading:
    """A row above exams that belong together."""

    text: str
    count: int


Row = ExamRow | Heading


@dataclass(frozen=True, slots=True)
class Choice:
    """What the reader chose to see; the text holds words that must all occur."""

    sort: SortBy = SortBy.PATIENT
    showing: Showing = Showing.ALL
    text: str = ""

    @property
    def everything(self) -> bool:
        """Whether no exam is left out."""
        return self.showing is Showing.ALL and not self.text.strip()

    def to_text(self) -> str:
        """What is remembered from one start to the next: never the words, which may be a patient's name."""
        return f"{self.sort.name} {self.showing.name}"

    @classmethod
    def from_text(cls, text: str) -> Choice:
        """As remembered; the usual choice where nothing or something unknown is."""
        sort, _, showing = text.partition(" ")
        if sort not in SortBy.__members__ or showing not in Showing.__members__:
            return cls()
        return cls(SortBy[sort], Showing[showing])


def worklist_order(exams: Sequence[ExamInfo]) -> list[ExamInfo]:
    """By patient, the newest exam first."""
    newest_first = sorted(exams, key=lambda e: e.date, reverse=True)
    return sorted(newest_first, key=exam_name)


def entry_of(exam: ExamInfo, name: str) -> Entry:
    """An exam as a row, under the name it is shown by."""
    count = len(exam.images)
    views = ", ".join(label for image in exam.images if (label := image.label))
    day = exam.date
    written = date_text(day)
    images = counted(count, "image")
    words = f"{name} {written} {images} {views}".casefold()
    return Entry(
        exam=exam,
        uid=exam.study_instance_uid,
        name=name,
        day=day,
        date=written,
        images=images,
        views=views,
        words=words,
    )


def passing(
    entries: Sequence[Entry],
    states: Mapping[str, ExamState],
    choice: Choice,
    current: str = "",
    dues: Mapping[str, ExamDue] = NOTHING_DUE,
) -> list[Entry]:
    """The entries that are listed, in their order. The exam being read passes whatever its state has become."""
    if choice.everything:
        return list(entries)
    wanted = choice.text.casefold().split()
    found = []
    for entry in entries:
        state = states.get(entry.uid, ExamState.NEW)
        due = dues.get(entry.uid)
        shown = choice.showing.passes(state, due) or entry.uid == current
        told = state if due is None else f"{state} {due.state}"
        if shown and all(word in entry.words or word in told for word in wanted):
            found.append(entry)
    return found


def in_order(
    entries: Iterable[Entry],
    sort: SortBy,
    states: Mapping[str, ExamState],
    opened: Mapping[str, int],
    dues: Mapping[str, ExamDue] = NOTHING_DUE,
) -> list[Entry]:
    """The entries sorted; within a group by patient, the newest exam first.

    `opened` is the place of each exam in the order of opening, by study UID.
    """
    # stable sorts, the least important first
    if sort is SortBy.OPENED:
        return sorted(entries, key=lambda e: opened[e.uid])
    found = sorted(entries, key=attrgetter("day"), reverse=True)
    if sort is SortBy.DATE:
        return sorted(found, key=lambda e: (_backwards(e.day), e.name))
    found.sort(key=attrgetter("name"))
    if sort is SortBy.DUE:
        found.sort(key=lambda e: _urgency(dues.get(e.uid)))
    if sort is SortBy.STATE:
        order = list(ExamState)
        found.sort(key=lambda e: order.index(states.get(e.uid, ExamState.NEW)))
    return found


def _backwards(day: str) -> int:
    return -int(day) if len(day) == 8 and day.isdecimal() else 0


def _urgency(due: ExamDue | None) -> tuple[int, date]:
    if due is None:
        return len(DueState), date.max
    return tuple(DueState).index(due.state), due.due_on or date.max


def with_headings(
    entries: Sequence[ExamRow],
    sort: SortBy,
    states: Mapping[str, ExamState],
    dues: Mapping[str, ExamDue] = NOTHING_DUE,
) -> list[Row]:
    """Rows with a heading above each group; the order of opening has none."""
    groups: dict[SortBy, Callable[[ExamRow], str]] = {
        SortBy.PATIENT: lambda e: e.name,
        SortBy.DATE: lambda e: e.date,
        SortBy.STATE: lambda e: str(states.get(e.uid, ExamState.NEW)),
        SortBy.DUE: lambda e: dues[e.uid].label if e.uid in dues else "nothing due",
    }
    group_of = groups.get(sort)
    if group_of is None:
        return list(entries)
    rows: list[Row] = []
    members: list[ExamRow] = []
    for entry in entries:
        if members and group_of(entry) != group_of(members[0]):
            rows += [Heading(group_of(members[0]), len(members)), *members]
            members = []
        members.append(entry)
    return [*rows, Heading(group_of(members[0]), len(members)), *members] if members else rows


def counts(uids: Iterable[str], states: Mapping[str, ExamState]) -> str:
    """How far the whole list is, in words: "12 of 60 done, 3 in progress"."""
    known = [states.get(uid, ExamState.NEW) for uid in uids]
    done, begun = sum(state in FINISHED for state in known), known.count(ExamState.IN_PROGRESS)
    if not known:
        return ""
    if done == len(known):
        return "1 exam, done" if done == 1 else f"all {done} done"
    return f"{done} of {len(known)} done" + (f", {begun} in progress" if begun else "")
