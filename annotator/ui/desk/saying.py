"""What a key or a chip says of the finding in hand, as one act with a name: said, taken back, or as last time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from annotator.model import edits
from annotator.model.finding import Change, Distribution, Finding, Morphology, Reading
from annotator.model.seen_on_image import RecallReason, TechnicalRecall
from annotator.ui.actions.said import FIELDS, FLAGS, spoken

if TYPE_CHECKING:
    from annotator.lexicon.loader import Lexicon
    from annotator.ui.actions import ChordChoice
    from annotator.ui.desk.session import ReadingSession

_SEVERAL = frozenset({"morphology", "distributions", "associated"})
_FLAGS = {flag.field: flag for flag in FLAGS}


@dataclass(frozen=True, slots=True)
class LastSaid:
    """The words of another finding that the one in hand could have too; `whose` names that finding."""

    whose: str
    morphology: tuple[Morphology, ...]
    distributions: tuple[Distribution, ...]
    change: Change | None

    def words(self, lexicon: Lexicon) -> str:
        """All that would be said: "fine pleomorphic, grouped, new"."""
        said = (
            ("morphology", self.morphology),
            ("distributions", self.distributions),
            ("change", self.change),
        )
        return ", ".join(spoken(lexicon, field, value) for field, value in said if value)


def last_said(reading: Reading, finding: Finding) -> LastSaid | None:
    """The words of the finding described before this one; None where this one is described, or no other is.

    Neither the category nor how sure the reader is goes with them: these are said anew of every finding.
    """
    if finding.morphology or finding.distributions:
        return None
    described = [f for f in reading.findings if f.id != finding.id and (f.morphology or f.distributions)]
    before = [f for f in described if f.number < finding.number] or described
    if not before:
        return None
    last = before[-1]
    return LastSaid(f"F{last.number}", last.morphology, last.distributions, last.change)


def say_as_last(session: ReadingSession) -> bool:
    """Say of the current finding what was said of the one before; False when nothing is offered."""
    finding = session.current_finding
    offer = None if finding is None else last_said(session.reading, finding)
    if finding is None or offer is None:
        return False
    session.describe(
        finding.id,
        f"As {offer.whose}: {offer.words(session.lexicon)}",
        morphology=offer.morphology,
        distributions=offer.distributions,
        change=finding.change or offer.change,
    )
    return True


def say(session: ReadingSession, field: str, value: Any) -> None:
    """Say a value of a field of the current finding.

    `stage` is that of the exam, and is taken back when it is said again. Of fields with several values each is switched
    by itself; a field of one value keeps it when it is said again.
    """
    lexicon = session.lexicon
    if field == "stage":
        if not session.may_change():
            return
        stage = None if session.reading.stage is value else value
        session.apply(
            edits.set_stage(session.reading, stage), f"Stage of the exam: {spoken(lexicon, 'stage', stage)}"
        )
        return
    finding = session.current_finding
    if finding is None:
        return
    after = switched(finding, field, value)
    session.describe(finding.id, name_of(lexicon, field, value, after), **{field: after})


def switched(finding: Finding, field: str, value: Any) -> Any:
    """What the field holds once a value of it was said."""
    known = getattr(finding, field)
    if field in _FLAGS:
        return not known
    if field not in _SEVERAL:
        return value
    chosen = set(known) ^ {value}
    return tuple(item for item in type(value) if item in chosen)


def name_of(lexicon: Lexicon, field: str, value: Any, after: Any) -> str:
    """The name of the act for undo and history: "Morphology: fine pleomorphic"."""
    if field in _FLAGS:
        return f"Known: {_FLAGS[field].short}{'' if after else ' taken back'}"
    back = isinstance(after, tuple) and value not in after
    return f"{FIELDS[field]}: {spoken(lexicon, field, value)}{' taken back' if back else ''}"


def say_line(session: ReadingSession, choices: Sequence[ChordChoice], *, sure: bool) -> None:
    """Say a line as one act. What the line names replaces what was said of it; what it leaves out stays."""
    finding = session.current_finding
    if finding is None or not choices:
        return
    lexicon = session.lexicon
    said: dict[str, Any] = {c.field: (c.value,) if c.field in _SEVERAL else c.value for c in choices}
    words = [spoken(lexicon, c.field, c.value) for c in choices if c.field != "assessment"]
    words += [f"category {c.value}" for c in choices if c.field == "assessment"]
    if sure:
        said["certain"] = True
        words.append("sure of the type")
    elif "morphology" in said:
        # sure of another type: that was not said of this one
        said["certain"] = finding.certain and finding.morphology == said["morphology"]
    session.describe(finding.id, f"Say {', '.join(words)}", **said)


def switch_recall(session: ReadingSession, sop_instance_uid: str, reason: RecallReason) -> None:
    """Want a view taken again for a reason, or no longer for this one."""
    known = session.reading.recall_of(sop_instance_uid)
    chosen = {reason} ^ set(known.reasons if known else ())
    say_recall(session, sop_instance_uid, chosen, known.comment if known else "")


def say_recall(
    session: ReadingSession, sop_instance_uid: str, reasons: Iterable[RecallReason], comment: str = ""
) -> None:
    """Want a view taken again for these reasons; without any it is good as it is."""
    if not session.may_change():
        return
    chosen = tuple(reason for reason in RecallReason if reason in set(reasons))
    name = session.image_name(sop_instance_uid)
    if not chosen:
        session.apply(edits.keep_view(session.reading, sop_instance_uid), f"Keep {name} as it is")
        return
    words = spoken(session.lexicon, "recall", chosen)
    recall = TechnicalRecall(sop_instance_uid, chosen, comment)
    session.apply(edits.recall_view(session.reading, recall), f"Take {name} again: {words}")
