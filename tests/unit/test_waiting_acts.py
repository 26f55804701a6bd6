"""Acts that wait on this computer arrive once, however often and by however many programs they are delivered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from annotator.model import edits
from annotator.model.finding import Reading
from annotator.model.history import Act
from annotator.model.opened import UnsavedAct
from annotator.store.journal import Journal
from annotator.store.store import Store
from annotator.waiting import Delivered, WaitingActs
from tests.made_signature import signature_of


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(f"sqlite:///{tmp_path / 'r.db'}")
    yield opened
    opened.close()


@pytest.fixture
def waiting(store: Store, tmp_path: Path) -> WaitingActs:
    return WaitingActs(tmp_path / "waiting", f"sqlite:///{tmp_path / 'r.db'}", "a", lambda: store)


def opened(store: Store) -> tuple[Reading, int]:
    return store.open_reading("1.2", "a", lexicon_edition="5")


def begin(reading: Reading) -> Reading:
    return edits.add_finding(reading)[0]


def wait_here(waiting: WaitingActs, base: Reading, revision: int, *acts: tuple[Reading, Act]) -> Journal:
    journal = waiting.begin(base, revision)
    journal.append([UnsavedAct(reading, act, "Act", "", None) for reading, act in acts])
    return journal


@pytest.mark.parametrize("others", [0, 2], ids=["alone", "after others went on"])
def test_a_program_killed_before_it_removed_the_file_saves_no_act_twice(
    store: Store, waiting: WaitingActs, others: int
) -> None:
    base, number = opened(store)
    one = begin(base)
    journal = wait_here(waiting, base, number, (one, Act.EDIT), (begin(one), Act.EDIT))
    journal.release()
    theirs = base
    for _ in range(others):
        theirs = begin(theirs)
        number = store.save(theirs, reader="a", based_on=number, act=Act.EDIT, label="Other")
    before = journal.path.read_bytes()
    assert waiting.deliver().acts == 2
    assert not journal.path.exists()
    there = opened(store)
    assert len(there[0].findings) == 2 + others
    journal.path.write_bytes(before)
    assert waiting.deliver().acts == 2
    assert opened(store) == there
    assert not journal.path.exists()
    # and others go on before it is delivered again
    journal.path.write_bytes(before)
    store.save(begin(there[0]), reader="a", based_on=there[1], act=Act.EDIT, label="Other")
    waiting.deliver()
    assert len(opened(store)[0].findings) == 3 + others


def test_an_act_and_its_undo_are_two_acts_of_the_history(store: Store, waiting: WaitingActs) -> None:
    base, number = opened(store)
    store.save(begin(base), reader="a", based_on=number, act=Act.EDIT, label="Begin")
    base, number = opened(store)
    wait_here(waiting, base, number, (begin(base), Act.EDIT), (base, Act.UNDO)).release()
    assert waiting.deliver().acts == 2
    assert [one.act for one in store.revisions(base.id)] == [Act.EDIT, Act.EDIT, Act.UNDO]


def test_what_another_program_holds_is_its_affair(store: Store, waiting: WaitingActs) -> None:
    base, number = opened(store)
    journal = wait_here(waiting, base, number, (begin(base), Act.EDIT))
    assert waiting.deliver() == Delivered()
    assert opened(store)[1] == 0
    journal.release()
    assert waiting.deliver().acts == 1


def test_a_damaged_file_is_told_and_what_stands_before_the_damage_arrives(
    store: Store, waiting: WaitingActs
) -> None:
    base, number = opened(store)
    one = begin(base)
    journal = wait_here(waiting, base, number, (one, Act.EDIT), (begin(one), Act.EDIT))
    journal.release()
    data = journal.path.read_bytes()
    at = data.rindex(b"Act")
    journal.path.write_bytes(data[:at] + b"Cat" + data[at + 3 :])
    delivered = waiting.deliver()
    assert delivered.acts == 1
    (told,) = delivered.unreadable
    (kept,) = journal.path.parent.glob("*.damaged-*")
    assert str(kept) in told
    assert len(opened(store)[0].findings) == 1


@pytest.mark.parametrize("signed_here", [True, False])
def test_an_amendment_begun_while_the_database_is_away_can_be_withdrawn_after_a_restart(
    store: Store, waiting: WaitingActs, *, signed_here: bool
) -> None:
    base, number = opened(store)
    closed = edits.sign(base, signature_of(base))
    acts = [(closed, Act.SIGN), (edits.amend(closed, "more"), Act.AMEND)]
    if signed_here:
        wait_here(waiting, base, number, *acts).release()
    else:
        wait_here(waiting, closed, 1, *acts[1:]).release()
    found = waiting.open("1.2", "away")
    assert found is not None
    assert (found.signed, found.reading.amending) == (closed, "more")
