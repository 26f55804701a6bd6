"""Which pictures stay within the budget, and that the budget counts what is really held."""

from __future__ import annotations

from dataclasses import replace

import pytest

from annotator.imaging.stack import default_budget
from annotator.model.image import PaddingRange
from annotator.ui.pictures.frame_source import picture_bytes
from annotator.ui.pictures.picture_shelf import LEAST_BUDGET, PictureShelf, bytes_expected, picture_budget
from tests.ui.pictures import picture


def named(uid: str, **facts):
    return picture(sop_instance_uid=uid, **facts)


SIZE = picture_bytes(named("1"))


def uids(shelf: PictureShelf) -> list[str]:
    return [kept.info.sop_instance_uid for kept in shelf]


def test_the_bytes_of_a_picture_are_those_of_all_its_arrays_counted_once() -> None:
    one = named("1", padding=PaddingRange(0, 0))
    arrays = [one.frame, *one.levels.mean, *one.levels.peak, one.tissue, one.small]
    tables = picture_bytes(one) - sum(a.nbytes for a in arrays)
    assert tables > 0
    assert tables % (65536 * 2) == 0
    assert abs(bytes_expected(one.info) - sum(a.nbytes for a in arrays)) < 0.1 * one.frame.nbytes


def test_the_oldest_goes_when_the_budget_is_full() -> None:
    shelf = PictureShelf(3 * SIZE)
    for uid in "1234":
        assert shelf.put(named(uid))
    assert uids(shelf) == ["2", "3", "4"]
    assert shelf.bytes == 3 * SIZE


def test_asking_for_a_picture_makes_it_the_newest() -> None:
    shelf = PictureShelf(3 * SIZE)
    for uid in "123":
        shelf.put(named(uid))
    kept = shelf.get(named("1").key)
    assert kept is not None
    assert kept.info.sop_instance_uid == "1"
    shelf.put(named("4"))
    assert uids(shelf) == ["3", "1", "4"]
    assert shelf.get(named("2").key) is None


def test_neighbours_go_before_the_open_exam_and_strangers_before_both() -> None:
    shelf = PictureShelf(3 * SIZE)
    shelf.hold(["1"])
    shelf.expect(["near", "far"])
    for uid in ("1", "stranger", "far"):
        shelf.put(named(uid))
    shelf.put(named("near"))
    assert set(uids(shelf)) == {"1", "far", "near"}
    shelf.hold(["1", "2"])
    shelf.put(named("2"))
    assert set(uids(shelf)) == {"1", "near", "2"}


def test_what_has_no_room_is_not_kept_and_drives_nothing_better_out() -> None:
    shelf = PictureShelf(2 * SIZE)
    shelf.hold(["1", "2"])
    shelf.put(named("1"))
    shelf.put(named("2"))
    assert not shelf.has_room_for(named("near").info)
    assert not shelf.put(named("near"))
    assert uids(shelf) == ["1", "2"]
    assert shelf.has_room_for(named("1").info) is False
    shelf.hold([])
    shelf.expect(["near"])
    assert shelf.has_room_for(named("near").info)


@pytest.mark.parametrize("budget", [0, SIZE - 1])
def test_a_picture_larger_than_the_budget_is_not_kept(budget: int) -> None:
    shelf = PictureShelf(budget)
    assert not shelf.put(named("1"))
    assert shelf.bytes == 0
    assert uids(shelf) == []


def test_one_picture_put_twice_counts_once_and_a_provisional_one_never() -> None:
    shelf = PictureShelf(10 * SIZE)
    shelf.put(named("1"))
    shelf.put(named("1"))
    assert shelf.bytes == SIZE
    assert not shelf.put(replace(named("2"), provisional=True))
    assert shelf.bytes == SIZE
    shelf.drop(named("1").key)
    shelf.drop(named("1").key)
    assert shelf.bytes == 0
    shelf.put(named("1"))
    shelf.clear()
    assert (shelf.bytes, uids(shelf)) == (0, [])


def test_the_budget_is_as_set_or_a_share_of_the_machine() -> None:
    assert picture_budget(300) == 300_000_000
    assert picture_budget(0) == max(LEAST_BUDGET, default_budget() // 2)
