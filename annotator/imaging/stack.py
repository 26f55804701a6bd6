"""Which frames of the stacks in view are kept within a byte budget, and which is decoded next.

Nothing is decoded here: a worker asks `wanted`, decodes, and hands the frame to `keep`.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Generic, TypeVar

SHARE_OF_MEMORY = 0.25
"""Part of the machine's memory that decoded frames take at most."""
LEAST_BUDGET = 256_000_000
"""Never less: some fifteen slices of 2457 x 1996 with their levels."""
UNKNOWN_MACHINE = 1_000_000_000

BEHIND = 2
"""How much farther a frame counts that the reader is travelling away from."""

_Frame = TypeVar("_Frame")


def default_budget() -> int:
    """Bytes for decoded frames of stacks: a quarter of the machine's memory."""
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        # systems without sysconf do not say; this fits on any that runs the program
        return UNKNOWN_MACHINE
    return max(LEAST_BUDGET, int(memory * SHARE_OF_MEMORY))


def decoding_order(frames: int, at: int, direction: int) -> tuple[int, ...]:
    """All frames of a stack, the most wanted first: the one in view, then outward from it.

    In the `direction` of travel (1, -1; 0: none) a frame counts as near as it is, behind it as twice
    as far, so that two are ready ahead for each one on the way back.
    """

    def away(number: int) -> tuple[int, bool]:
        step = number - at
        behind = step * direction < 0
        return abs(step) * (BEHIND if behind else 1), behind or (direction == 0 and step < 0)

    return tuple(sorted(range(1, frames + 1), key=away))


@dataclass
class _Stack(Generic[_Frame]):
    """What is known of one stack; `frame_bytes` is the largest seen so far."""

    frames: int
    frame_bytes: int
    at: int
    direction: int = 0
    in_view: bool = False
    damaged: set[int] = field(default_factory=set)
    kept: dict[int, tuple[_Frame, int]] = field(default_factory=dict)

    @property
    def order(self) -> tuple[int, ...]:
        return decoding_order(self.frames, self.at, self.direction)

    def farthest(self, spared: Collection[int]) -> int | None:
        """The kept frame wanted last, the spared ones apart."""
        return next((n for n in reversed(self.order) if n in self.kept and n not in spared), None)


class FrameShelf(Generic[_Frame]):
    """Decoded frames of several stacks under one budget of bytes; safe to use from several threads.

    The stacks in view share the budget evenly. What lies farthest from the slice in view goes first,
    frames of stacks no longer in view before any other. The frame in view is never let go, so a
    budget smaller than one frame of each stack in view is exceeded by those alone.
    """

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self._stacks: OrderedDict[str, _Stack[_Frame]] = OrderedDict()
        self._lock = threading.RLock()

    @property
    def used(self) -> int:
        """Bytes kept now."""
        with self._lock:
            return sum(size for stack in self._stacks.values() for _, size in stack.kept.values())

    @property
    def in_view(self) -> tuple[str, ...]:
        """The stacks in view, the one looked at last first."""
        with self._lock:
            return tuple(uid for uid in reversed(self._stacks) if self._stacks[uid].in_view)

    def look_at(self, uid: str, number: int, frames: int, frame_bytes: int) -> None:
        """The slice of a stack that is in view from now on; `frame_bytes` is a first guess of its size."""
        with self._lock:
            stack = self._stacks.get(uid)
            if stack is None:
                stack = self._stacks[uid] = _Stack(frames, max(1, frame_bytes), number)
            elif number != stack.at:
                stack.direction = 1 if number > stack.at else -1
                stack.at = number
            self._stacks.move_to_end(uid)
            if not stack.in_view:
                stack.in_view = True
                self._make_room()

    def hide_others(self, uids: Collection[str]) -> None:
        """Only these stacks are still in view; the others keep their frames until the room is needed."""
        with self._lock:
            for uid, stack in self._stacks.items():
                stack.in_view = stack.in_view and uid in uids

    def close(self) -> None:
        """Let go of everything."""
        with self._lock:
            self._stacks.clear()

    def get(self, uid: str, number: int) -> _Frame | None:
        """A frame if it is kept."""
        with self._lock:
            stack = self._stacks.get(uid)
            found = None if stack is None else stack.kept.get(number)
            return None if found is None else found[0]

    def kept(self, uid: str) -> frozenset[int]:
        """Numbers of the frames that are kept of a stack."""
        with self._lock:
            stack = self._stacks.get(uid)
            return frozenset() if stack is None else frozenset(stack.kept)

    def wanted(self, uid: str) -> int | None:
        """The frame to decode next, None when all that fits the stack's share is there."""
        with self._lock:
            stack = self._stacks.get(uid)
            if stack is None or not stack.in_view:
                return None
            known = stack.kept.keys() | stack.damaged
            return next((n for n in self._fitting(stack) if n not in known), None)

    def keep(self, uid: str, number: int, frame: _Frame, size: int) -> bool:
        """Keep a decoded frame of `size` bytes; False when the reader has moved too far from it."""
        with self._lock:
            stack = self._stacks.get(uid)
            if stack is None or not 1 <= number <= stack.frames:
                return False
            stack.frame_bytes = max(stack.frame_bytes, size)
            stack.kept[number] = frame, size
            self._make_room()
            return number in stack.kept

    def give_up(self, uid: str, number: int) -> None:
        """A frame cannot be decoded: it is not wanted again."""
        with self._lock:
            if uid in self._stacks:
                self._stacks[uid].damaged.add(number)

    def _fitting(self, stack: _Stack[_Frame]) -> tuple[int, ...]:
        """The frames that the share of a stack in view has room for, the most wanted first."""
        viewed = sum(other.in_view for other in self._stacks.values())
        return stack.order[: max(1, self.budget // max(1, viewed) // stack.frame_bytes)]

    def _make_room(self) -> None:
        used = self.used
        # what is out of view goes first, of that the stack looked at longest ago
        for stack in sorted(self._stacks.values(), key=lambda stack: stack.in_view):
            fitting = frozenset(self._fitting(stack)) if stack.in_view else frozenset()
            while used > self.budget and stack.kept.keys() - fitting:
                used -= self._drop(stack, fitting)

    def _drop(self, stack: _Stack[_Frame], spared: Collection[int]) -> int:
        number = stack.farthest(spared)
        return 0 if number is None else stack.kept.pop(number)[1]
