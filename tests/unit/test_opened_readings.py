"""What the store remembers of opened readings stays within bounds, and forgetting costs nothing but time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from annotator.model.coverage import Seen
from annotator.model.finding import Reading
from annotator.model.image import ImageKey
from annotator.store.opened import UNKEPT, VALUES
from annotator.store.store import Store

SEEN = Seen(ImageKey("1.2.3"), 64, 4, 3, 0b11)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(f"sqlite:///{tmp_path / 'a.db'}")
    yield opened
    opened.close()


def opened(store: Store, number: int) -> Reading:
    return store.open_reading(f"2.25.{number}", "a", lexicon_edition="5")[0]


def test_a_long_day_is_remembered_no_further_than_its_bounds(store: Store) -> None:
    for number in range(UNKEPT + 50):
        opened(store, number)
    assert len(store._opened) == VALUES + UNKEPT


def test_what_the_database_holds_is_not_remembered_beside_it(store: Store) -> None:
    for number in range(3 * VALUES):
        store.keep_coverage(opened(store, number).id, [SEEN])
    assert len(store._opened) == VALUES


def test_an_exam_stays_open_however_many_others_are_read_ahead_meanwhile(store: Store) -> None:
    first = opened(store, 0)
    for number in range(1, UNKEPT):
        opened(store, number)
    store.keep_coverage(first.id, [SEEN])
    assert store.coverage(first.id) == (SEEN,)
    for number in range(VALUES):
        opened(store, number + 1)
    store.keep_coverage(first.id, [SEEN])
    assert opened(store, 0) == first
