"""Which frames of a stack are kept and decoded next: never over the budget, never without the one in view."""

from __future__ import annotations

import os
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from annotator.imaging.stack import LEAST_BUDGET, FrameShelf, decoding_order, default_budget

FRAMES = 12
SIZE = 10


def looked_at(budget: int, at: int = 6, frames: int = FRAMES, uid: str = "a") -> FrameShelf[str]:
    shelf: FrameShelf[str] = FrameShelf(budget)
    shelf.look_at(uid, at, frames, SIZE)
    return shelf


def decode_all(shelf: FrameShelf[str], uid: str = "a") -> list[int]:
    """Do what a worker does until nothing is wanted."""
    done = []
    while (number := shelf.wanted(uid)) is not None:
        assert len(done) < 1000
        done.append(number)
        assert shelf.keep(uid, number, f"{uid}{number}", SIZE)
    return done


@given(st.integers(1, 60), st.data())
def test_every_frame_is_wanted_once_and_the_one_in_view_first(frames: int, data: st.DataObject) -> None:
    at = data.draw(st.integers(1, frames))
    direction = data.draw(st.sampled_from((-1, 0, 1)))
    order = decoding_order(frames, at, direction)
    assert order[0] == at
    assert sorted(order) == list(range(1, frames + 1))


def test_outward_from_the_middle_and_twice_as_far_ahead_while_travelling() -> None:
    assert decoding_order(9, 5, 0) == (5, 6, 4, 7, 3, 8, 2, 9, 1)
    assert decoding_order(9, 4, 1) == (4, 5, 6, 3, 7, 8, 2, 9, 1)
    assert decoding_order(9, 6, -1) == (6, 5, 4, 7, 3, 2, 8, 1, 9)


@given(st.integers(1, 40), st.integers(0, 30), st.data())
def test_all_that_fits_is_decoded_and_no_more(frames: int, extra: int, data: st.DataObject) -> None:
    at = data.draw(st.integers(1, frames))
    shelf = looked_at(frames * SIZE + extra, at, frames)
    assert decode_all(shelf) == list(decoding_order(frames, at, 0))
    assert shelf.kept("a") == frozenset(range(1, frames + 1))


def test_what_the_budget_has_room_for_lies_around_the_slice_in_view() -> None:
    shelf = looked_at(5 * SIZE)
    decode_all(shelf)
    assert shelf.kept("a") == {4, 5, 6, 7, 8}
    shelf.look_at("a", 7, FRAMES, SIZE)
    decode_all(shelf)
    assert shelf.kept("a") == {6, 7, 8, 9, 10}


def test_a_frame_the_reader_has_left_behind_is_not_kept() -> None:
    shelf = looked_at(3 * SIZE, at=2)
    decode_all(shelf)
    shelf.look_at("a", 11, FRAMES, SIZE)
    decode_all(shelf)
    assert not shelf.keep("a", 1, "late", SIZE)
    assert shelf.get("a", 1) is None
    assert shelf.get("a", 11) == "a11"


def test_stacks_in_view_share_the_budget() -> None:
    shelf = looked_at(8 * SIZE)
    assert len(decode_all(shelf)) == 8
    shelf.look_at("b", 6, FRAMES, SIZE)
    decode_all(shelf, "b")
    assert (len(shelf.kept("a")), len(shelf.kept("b"))) == (4, 4)
    assert shelf.used == 8 * SIZE


def test_a_stack_out_of_view_gives_way_to_the_one_in_view() -> None:
    shelf = looked_at(8 * SIZE, frames=4, at=2)
    decode_all(shelf)
    shelf.look_at("b", 6, FRAMES, SIZE)
    shelf.hide_others(["b"])
    assert shelf.wanted("a") is None
    assert len(shelf.kept("a")) == 4, "nobody needs the room yet"
    decode_all(shelf, "b")
    assert (len(shelf.kept("a")), len(shelf.kept("b"))) == (0, 8)


def test_frames_out_of_view_go_before_those_the_reader_may_come_back_to() -> None:
    shelf = looked_at(8 * SIZE, at=1)
    shelf.look_at("b", 1, FRAMES, SIZE)
    for number in (1, 2):
        shelf.keep("a", number, "", SIZE)
    for number in range(1, 7):
        shelf.keep("b", number, "", SIZE)
    shelf.look_at("a", 1, FRAMES, SIZE)
    shelf.hide_others(["a"])
    shelf.look_at("a", FRAMES, FRAMES, SIZE)
    shelf.keep("a", FRAMES, "", SIZE)
    assert shelf.kept("a") == {1, 2, FRAMES}
    assert shelf.kept("b") == {1, 2, 3, 4, 5}


def test_frames_larger_than_guessed_are_taken_at_their_size() -> None:
    shelf: FrameShelf[str] = FrameShelf(100)
    shelf.look_at("a", 6, FRAMES, 1)
    for number in decoding_order(FRAMES, 6, 0):
        shelf.keep("a", number, "", 30)
        assert shelf.used <= 100
    assert shelf.kept("a") == {5, 6, 7}


def test_the_budget_is_a_quarter_of_the_memory_and_enough_for_some_slices() -> None:
    assert default_budget() >= LEAST_BUDGET


@pytest.mark.skipif("SC_PHYS_PAGES" not in getattr(os, "sysconf_names", ()), reason="the system does not say")
def test_frames_leave_most_of_the_memory_to_everything_else() -> None:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert default_budget() <= max(LEAST_BUDGET, memory // 3)


def test_nothing_is_lost_when_several_threads_decode() -> None:
    shelf = looked_at(100 * SIZE, 50, 100)
    threads = [threading.Thread(target=decode_some, args=(shelf,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert shelf.kept("a") == frozenset(range(1, 101))
    assert shelf.used == 100 * SIZE


def decode_some(shelf: FrameShelf[str]) -> None:
    while (number := shelf.wanted("a")) is not None:
        shelf.keep("a", number, "", SIZE)


def test_a_damaged_frame_is_tried_once() -> None:
    shelf = looked_at(100 * SIZE, 2, 4)
    assert shelf.wanted("a") == 2
    shelf.give_up("a", 2)
    assert decode_all(shelf) == [3, 1, 4]


def test_the_stack_looked_at_last_comes_first() -> None:
    shelf = looked_at(100 * SIZE)
    shelf.look_at("b", 1, FRAMES, SIZE)
    assert shelf.in_view == ("b", "a")
    shelf.look_at("a", 1, FRAMES, SIZE)
    assert shelf.in_view == ("a", "b")
    shelf.hide_others(["b"])
    assert shelf.in_view == ("b",)


class Shelf(RuleBasedStateMachine):
    """Any order of looking, decoding and hiding, on three stacks of frames of unequal size."""

    @initialize(budget=st.integers(60, 400))
    def start(self, budget: int) -> None:
        self.shelf: FrameShelf[tuple[str, int]] = FrameShelf(budget)
        self.in_view: dict[str, int] = {}

    @rule(uid=st.sampled_from("abc"), number=st.integers(1, FRAMES))
    def look(self, uid: str, number: int) -> None:
        self.shelf.look_at(uid, number, FRAMES, SIZE)
        self.in_view[uid] = number
        self.decode(uid, 1)

    @rule(uid=st.sampled_from("abc"), size=st.integers(1, 20))
    def decode(self, uid: str, size: int) -> None:
        number = self.shelf.wanted(uid)
        if number is not None:
            self.shelf.keep(uid, number, (uid, number), size)
            if number == self.in_view[uid]:
                assert self.shelf.get(uid, number) == (uid, number)

    @rule(uids=st.sets(st.sampled_from("abc")))
    def hide(self, uids: set[str]) -> None:
        self.in_view = {uid: at for uid, at in self.in_view.items() if uid in uids}
        self.shelf.hide_others(uids)

    @invariant()
    def within_budget(self) -> None:
        if hasattr(self, "shelf"):
            assert self.shelf.used <= self.shelf.budget

    @invariant()
    def the_one_in_view_is_there(self) -> None:
        for uid, number in getattr(self, "in_view", {}).items():
            decoded = self.shelf.wanted(uid) != number
            assert decoded == (self.shelf.get(uid, number) == (uid, number))


TestShelf = Shelf.TestCase
TestShelf.settings = settings(max_examples=60, stateful_step_count=40)


@pytest.mark.parametrize("number", [0, FRAMES + 1])
def test_there_is_no_frame_outside_the_stack(number: int) -> None:
    assert not looked_at(1000).keep("a", number, "", SIZE)
