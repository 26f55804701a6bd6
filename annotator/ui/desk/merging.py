"""Putting the reading on the screen together with what another program saved of it meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from annotator.errors import AnnotatorError
from annotator.jobs import CancelToken
from annotator.lexicon.loader import load_lexicon
from annotator.model.counts import counted
from annotator.model.finding import Reading
from annotator.model.merge import Choices, Conflict, Part, Side, merged
from annotator.model.opened import OpenedReading
from annotator.ui.desk.reading_desk import ReadingDesk
from annotator.ui.desk.session import ReadingSession
from annotator.ui.task_runner import TaskRunner

LABEL = "Put together with what was saved meanwhile"
_LANE = "putting together"


@dataclass(frozen=True, slots=True)
class Contradiction:
    """One row to choose in: what it is about, and what each side did, in words."""

    key: tuple[str, str, str]
    about: str
    mine: str
    theirs: str
    taken: Side


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is to be decided before two readings become one.

    `opened` is the reading as the database has it, `mine` the one on screen, `base` the last that both know. `version`
    is that of a signature made elsewhere meanwhile, which an amendment has to open again (0: none), `reason` a
    proposal for its reason; `unsigned` that a signature made here was never in the database and is lost.
    """

    opened: OpenedReading
    base: Reading
    mine: Reading
    contradictions: tuple[Contradiction, ...]
    version: int = 0
    reason: str = ""
    unsigned: bool = False

    @property
    def asks(self) -> bool:
        """Whether a reader has to decide anything."""
        return bool(self.contradictions or self.version or self.unsigned)


@dataclass(frozen=True, slots=True)
class _Decided:
    proposal: Proposal
    reason: str
    choices: Mapping[tuple[str, str, str], Side] = field(default_factory=dict)


class Merging(QObject):
    """`proposed` carries what is to be decided, None when that is over; `message` says what was done."""

    proposed = Signal(object)
    message = Signal(str)
    failed = Signal(str, object)

    def __init__(self, desk: ReadingDesk, runner: TaskRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._runner = runner
        desk.session_changed.connect(self._follow)

    def begin(self) -> None:
        """Ask the database what was saved; where nothing is to be decided, both become one at once."""
        session = self._desk.session
        if session is None or not session.saving.diverged:
            self.message.emit("Nothing was saved elsewhere that is not shown here.")
            return
        session.level.settle()
        base, mine, revision = session.saving.confirmed, session.reading, session.revision
        workspace, exam, name = self._desk.workspace, session.exam, session.image_name

        def look(_token: CancelToken) -> Proposal:
            opened = workspace.open_reading(exam.study_instance_uid, exam)
            # where another state was put in place of the database, nothing says what was removed and what never there
            both = base if workspace.waiting.knows(base, revision) else mine.blank()
            return propose(opened, both, mine, name)

        def looked(proposal: Proposal) -> None:
            if session is not self._desk.session:
                return
            if session.reading is not mine:
                self.begin()
            elif proposal.asks:
                self.proposed.emit(proposal)
            else:
                self.take(proposal, {})

        self._runner.query(_LANE, look, looked, self._not_looked, in_turn=True)

    def take(self, proposal: Proposal, choices: Choices, reason: str = "") -> None:
        """Make both one, by these choices; `reason` opens a signed reading again."""
        session = self._desk.session
        if session is None or not session.saving.diverged:
            self.proposed.emit(None)
            return
        if session.reading is not proposal.mine:
            # something was said since: it is part of what is put together
            self.begin()
            return
        decided = _Decided(proposal, reason, dict(choices))
        self._runner.query(
            _LANE,
            lambda _token: (
                merged(proposal.base, proposal.mine, proposal.opened.reading, decided.choices).reading
            ),
            lambda together: self._made(session, decided, together),
            self._not_looked,
            at_once=True,
        )

    def _made(self, session: ReadingSession, decided: _Decided, together: Reading) -> None:
        if session is not self._desk.session:
            return
        if session.reading is not decided.proposal.mine:
            self.begin()
            return
        count = session.unsaved_acts
        session.take_in(decided.proposal.opened, together, LABEL, decided.reason)
        acts = f"Your {counted(count, 'act')} and what was saved elsewhere are one reading now"
        undo = "" if session.reading == decided.proposal.opened.reading else "; undo takes yours out again"
        self.message.emit(f"{acts}{undo}.")
        self.proposed.emit(None)

    def _not_looked(self, error: AnnotatorError) -> None:
        self.failed.emit(f"What was saved elsewhere cannot be read: {error}", self.begin)

    def _follow(self, session: ReadingSession | None) -> None:
        self._runner.cancel(_LANE)
        self.proposed.emit(None)
        if session is not None:
            session.save_state_changed.connect(lambda: self._unseen(session))

    def _unseen(self, session: ReadingSession) -> None:
        """Begun while the database was away: what was said before belongs to it without asking."""
        if session is self._desk.session and session.unseen and session.saving.diverged:
            session.unseen = False
            self.begin()


def propose(opened: OpenedReading, base: Reading, mine: Reading, image: Callable[[str], str]) -> Proposal:
    """What is to be decided; looks at all of both readings, so never on the thread of the window."""
    theirs = opened.reading
    result = merged(base, mine, theirs)
    rows = tuple(_row(one, base, mine, theirs, image) for one in result.conflicts)
    closed = theirs.is_signed and result.reading.content != theirs.content
    return Proposal(
        opened,
        base,
        mine,
        rows,
        len(theirs.signatures) if closed else 0,
        mine.amending or "What was said in another window before it was signed" if closed else "",
        len(mine.signatures) > len(theirs.signatures),
    )


def _row(
    conflict: Conflict, base: Reading, mine: Reading, theirs: Reading, image: Callable[[str], str]
) -> Contradiction:
    from annotator.store.narrative import describe_changes  # noqa: PLC0415 - the first paint needs none of it

    word = load_lexicon(theirs.lexicon_edition).word
    before, here, there = (
        merged(base, mine, theirs, {conflict.key: side}).reading
        for side in (Side.BASE, Side.MINE, Side.THEIRS)
    )
    said = [describe_changes(before, _numbered_as(before, after), word, image) for after in (here, there)]
    values = (conflict.mine, conflict.theirs)
    ours, others = (
        text or ("removed it" if value is None else "kept it, and went on with it")
        for text, value in zip(said, values, strict=True)
    )
    return Contradiction(conflict.key, _about(conflict, mine, theirs, image), ours, others, conflict.taken)


def _numbered_as(before: Reading, after: Reading) -> Reading:
    """Which numbers are free depends on the choice, and is nothing that anybody said."""
    parts: dict[str, Any] = {}
    for name in ("findings", "marks", "clusters"):
        known = {item.id: item.number for item in getattr(before, name)}
        items = getattr(after, name)
        parts[name] = tuple(replace(item, number=known.get(item.id, item.number)) for item in items)
    return replace(after, **parts)


def _about(conflict: Conflict, mine: Reading, theirs: Reading, image: Callable[[str], str]) -> str:
    names = {f.id: f"F{f.number}" for f in (*mine.findings, *theirs.findings)}
    marks = {m.id: m for m in (*mine.marks, *theirs.marks)}
    if conflict.part is Part.FINDING:
        return names[conflict.id]
    if conflict.part is Part.MARK:
        mark = marks[conflict.id]
        return f"Mark of {names[mark.finding_id]} on {image(mark.image.sop_instance_uid)}"
    if conflict.part is Part.CLUSTER:
        cluster = next(c for c in (*mine.clusters, *theirs.clusters) if c.id == conflict.id)
        return f"Cluster of {names[cluster.finding_id]}"
    if conflict.part is Part.OWNER:
        return "Marks tied or moved"
    if conflict.part is Part.CANDIDATE:
        return "Candidate"
    return (
        "The exam"
        if conflict.part is Part.EXAM
        else f"{conflict.part.value.capitalize()} of {image(conflict.id)}"
    )
