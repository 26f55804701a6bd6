"""The revisions of a reading, and the undo steps they stand for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from annotator.model.display import NOT_RECORDED
from annotator.model.finding import Reading


class Act(StrEnum):
    """What made a revision. An undo is one more revision, never the removal of one.

    Signing, opening a signed reading for an amendment and withdrawing that are acts of their own: none of them is
    undone, and nothing before them is. A merge puts acts made elsewhere together with what was saved meanwhile. An
    import is no act of a hand: the revision holds what a file of another program says.
    """

    EDIT = "edit"
    UNDO = "undo"
    REDO = "redo"
    SIGN = "sign"
    AMEND = "amend"
    WITHDRAW = "withdraw"
    MERGE = "merge"
    IMPORT = "import"


OF_SIGNING = frozenset({Act.SIGN, Act.AMEND, Act.WITHDRAW})
"""Acts that undo never crosses."""


@dataclass(frozen=True, slots=True)
class Revision:
    """A reading as it stood after one act. `number` counts from 1; `label` says the act in words.

    `display` says in words on what display the act was made.
    """

    number: int
    act: Act
    label: str
    at: datetime
    reader: str
    program_version: str
    reading: Reading
    display: str = NOT_RECORDED


_RESTORED = "Restore revision "


def restoring(number: int) -> str:
    """The label of the act that says again what revision `number` said."""
    return f"{_RESTORED}{number}"


def restored_number(label: str) -> int | None:
    """Which revision the act of this label restored; None for any other act."""
    number = label.removeprefix(_RESTORED)
    return int(number) if number != label and number.isascii() and number.isdigit() else None


_BROUGHT_IN = "Import from "


def import_label(source: str) -> str:
    """The label of the act that brings in what a data set or file says."""
    return f"{_BROUGHT_IN}{source}"


def is_import_label(label: str) -> bool:
    """Whether an act of this label brought something in."""
    return label.startswith(_BROUGHT_IN)


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of the undo stack."""

    label: str
    before: Reading
    after: Reading


def undo_steps(empty: Reading, revisions: Iterable[Revision]) -> tuple[tuple[Step, ...], int]:
    """The undo stack that led through these revisions, and how many of its steps are done.

    `empty` is the reading before revision 1, or before the first of those that are known. A new edit drops what had
    been undone before it, as every undo stack does; signing, amending and withdrawing begin a new stack, and so does
    what was undone or done again of acts that are not known.
    """
    steps: list[Step] = []
    done = 0
    current = empty
    for revision in revisions:
        if revision.act is Act.UNDO and done:
            done -= 1
        elif revision.act is Act.REDO and done < len(steps):
            done += 1
        elif revision.act in OF_SIGNING or revision.act in (Act.UNDO, Act.REDO):
            steps.clear()
            done = 0
        else:
            del steps[done:]
            steps.append(Step(revision.label, current, revision.reading))
            done += 1
        current = revision.reading
    return tuple(steps), done


def last_imported(revisions: Iterable[Revision]) -> Reading | None:
    """The reading as it was brought in last, None where a person has a hand in it."""
    imported = None
    for revision in revisions:
        if revision.act is not Act.IMPORT:
            return None
        imported = revision.reading
    return imported


def last_signed(revisions: Iterable[Revision]) -> Reading | None:
    """The reading as it was signed last, None while it never was."""
    signed = None
    for revision in revisions:
        if revision.act is Act.SIGN:
            signed = revision.reading
    return signed
