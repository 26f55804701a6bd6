"""Revisions tell the undo stack: as a real stack would stand after the same acts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from annotator.model.finding import Reading
from annotator.model.history import OF_SIGNING, Act, Revision, Step, last_signed, undo_steps

EMPTY = Reading(id="r", reader="empty", study_instance_uid="1.2.3")
ANY_TIME = datetime(2026, 1, 1, tzinfo=UTC)


def revision(number: int, act: Act, reading: Reading) -> Revision:
    return Revision(number, act, f"act {number}", ANY_TIME, "a", "1", reading)


def test_without_revisions_there_is_nothing_to_undo() -> None:
    assert undo_steps(EMPTY, ()) == ((), 0)


@given(st.lists(st.sampled_from(Act), max_size=30))
def test_the_stack_is_that_of_whoever_acted(wanted: list[Act]) -> None:
    stack: list[Step] = []
    done = 0
    now = EMPTY
    revisions: list[Revision] = []
    for number, act in enumerate(wanted, start=1):
        if act in (Act.EDIT, Act.MERGE):
            after = replace(EMPTY, reader=f"after {number}")
            stack = [*stack[:done], Step(f"act {number}", now, after)]
            done, now = done + 1, after
        elif act in OF_SIGNING:
            # nothing before it is ever undone
            stack, done, now = [], 0, replace(EMPTY, reader=f"after {number}")
        elif act is Act.UNDO and done > 0:
            done -= 1
            now = stack[done].before
        elif act is Act.REDO and done < len(stack):
            now = stack[done].after
            done += 1
        else:
            continue
        revisions.append(revision(len(revisions) + 1, act, now))
        revisions[-1] = replace(revisions[-1], label=f"act {number}")
    assert undo_steps(EMPTY, revisions) == (tuple(stack), done)


def test_undoing_what_is_not_known_begins_a_stack_anew() -> None:
    values = [replace(EMPTY, reader=f"after {number}") for number in range(4)]
    acts = (Act.UNDO, Act.REDO, Act.EDIT, Act.UNDO)
    revisions = [revision(n, act, value) for n, (act, value) in enumerate(zip(acts, values, strict=True), 1)]
    assert undo_steps(EMPTY, revisions) == ((Step("act 3", values[1], values[2]),), 0)
    assert undo_steps(EMPTY, revisions[:2]) == ((), 0)


def test_the_last_signed_is_that_of_the_last_signature() -> None:
    acts = (Act.EDIT, Act.SIGN, Act.AMEND, Act.EDIT, Act.SIGN, Act.AMEND, Act.EDIT)
    values = [replace(EMPTY, reader=f"after {number}") for number in range(len(acts))]
    revisions = [revision(n, act, value) for n, (act, value) in enumerate(zip(acts, values, strict=True), 1)]
    assert last_signed(revisions) is values[4]
    assert last_signed(revisions[:1]) is None
