"""A screen of our own: an Xvfb whose pixels lie in a mapped file, and a hand that makes real input events.

Reading the screen so costs neither program anything, and an event is sent without another process.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from ctypes.util import find_library
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

BLOCK = 8
GRID = 16
VARIED = 12
PICTURE_BLOCKS = 5
POLL_S = 0.008
MORE_THAN_POINTER = 400

Pixels = NDArray[np.uint8]


def can_watch() -> bool:
    """Whether a screen can be made here, and events sent to it."""
    return shutil.which("Xvfb") is not None and all(find_library(name) for name in ("X11", "Xtst"))


class Screen:
    """A virtual screen of 24 bits; programs on it are started with `run`."""

    def __init__(self, width: int, height: int) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="screen-"))
        reading, writing = os.pipe()
        size = f"{width}x{height}x24"
        self._server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(writing), "-screen", "0", size, "-fbdir", str(self._folder)],
            pass_fds=(writing,),
            stderr=subprocess.DEVNULL,
        )
        os.close(writing)
        with os.fdopen(reading) as told:
            self.name = f":{told.readline().strip()}"
        self._screen = _mapped(self._folder / "Xvfb_screen0", width, height)
        self._home = self._folder / "home"
        self._home.mkdir()
        self._hand = _Hand(self.name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hand.close()
        self._server.terminate()
        self._server.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def env(self) -> dict[str, str]:
        """For programs on this screen: a home of their own, so that nobody's settings are touched."""
        kept = {k: v for k, v in os.environ.items() if k not in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY")}
        kept = {k: v for k, v in kept.items() if not k.startswith("XDG_")}
        return {**kept, "DISPLAY": self.name, "HOME": str(self._home), "QT_QPA_PLATFORM": "xcb"}

    def run(self, *words: str) -> subprocess.Popen[bytes]:
        """A program on this screen."""
        nowhere = subprocess.DEVNULL
        return subprocess.Popen(words, env=self.env, stdout=nowhere, stderr=nowhere)

    def pixels(self) -> Pixels:
        """Blue, green, red and a filler of every pixel, as they are at any moment: (rows, columns, 4)."""
        return self._screen

    def wait_for(self, seen: Callable[[Pixels], bool], timeout: float = 90) -> float | None:
        """When (perf_counter) `seen` said yes first; it is asked only when something changed."""
        end = time.perf_counter() + timeout
        before: Any = None
        while (now := time.perf_counter()) < end:
            sample = self._screen[::7, ::7].copy()
            if before is None or not np.array_equal(sample, before):
                before = sample
                if seen(self._screen):
                    return now
            time.sleep(POLL_S)
        return None

    def wait_until_still(self, quiet: float = 0.5, timeout: float = 30) -> None:
        """Until nothing has changed for `quiet` seconds."""
        end = time.perf_counter() + timeout
        since, before = time.perf_counter(), self._screen[::5, ::5].copy()
        while time.perf_counter() - since < quiet and time.perf_counter() < end:
            time.sleep(0.02)
            sample = self._screen[::5, ::5].copy()
            if not np.array_equal(sample, before):
                since, before = time.perf_counter(), sample

    def wait_until_black(self, timeout: float = 10) -> None:
        """Until the last program has left the screen."""
        end = time.perf_counter() + timeout
        while window_seen(self._screen) and time.perf_counter() < end:
            time.sleep(0.02)

    def move(self, x: int, y: int) -> None:
        """The pointer, as a mouse would move it."""
        self._hand.move(x, y)

    def button(self, number: int, down: bool) -> None:
        """1 left, 2 middle, 3 right; 4 and 5 are the notches of the wheel."""
        self._hand.button(number, down)

    def size_windows(self, width: int, height: int) -> None:
        """Every window that is seen, moved to the corner and made this large (needs xdotool)."""
        if shutil.which("xdotool") is None:
            return
        search = ["xdotool", "search", "--onlyvisible", "--name", "."]
        found = subprocess.run(search, env=self.env, capture_output=True, text=True, check=False)
        for window in found.stdout.split():
            for words in (["windowmove", window, "0", "0"], ["windowsize", window, str(width), str(height)]):
                subprocess.run(["xdotool", *words], env=self.env, check=False, capture_output=True)


def window_seen(screen: Pixels) -> bool:
    """Whether more than a pointer is on the black of the empty screen."""
    return int(np.count_nonzero(screen[::3, ::3, 1])) > MORE_THAN_POINTER


def picture_seen(screen: Pixels) -> bool:
    """Whether a breast is there: places that are grey and nowhere even, as no control of a window is."""
    return len(picture_places(screen)) >= PICTURE_BLOCKS


def picture_places(screen: Pixels) -> list[tuple[int, int]]:
    """Corners (column, row) of the blocks on a grid that hold tissue."""
    rows, columns = (side // GRID * GRID for side in screen.shape[:2])
    blocks = screen[:rows, :columns].reshape(rows // GRID, GRID, columns // GRID, GRID, 4)
    blocks = blocks[:, :BLOCK, :, :BLOCK, :3].transpose(0, 2, 1, 3, 4).reshape(-1, BLOCK * BLOCK, 3)
    level = blocks[..., 1]
    low, high = level.min(axis=1), level.max(axis=1)
    likely = np.nonzero((high - low.astype(int) >= VARIED) & (low > 8) & (high < 250))[0]
    wide = columns // GRID
    return [(int(i) % wide * GRID, int(i) // wide * GRID) for i in likely if _is_tissue(blocks[i])]


def _is_tissue(block: NDArray[np.uint8]) -> bool:
    if not (np.array_equal(block[:, 0], block[:, 1]) and np.array_equal(block[:, 1], block[:, 2])):
        return False
    _, counts = np.unique(block[:, 1], return_counts=True)
    return len(counts) >= VARIED and int(counts.max()) <= BLOCK * 2


def end(program: subprocess.Popen[bytes]) -> None:
    """Ask it to close, and see to it."""
    program.terminate()
    try:
        program.wait(5)
    except subprocess.TimeoutExpired:
        program.kill()
        program.wait()


def _mapped(path: Path, width: int, height: int) -> Pixels:
    """The frame buffer behind the header of an XWD file (big endian words; colours of 12 bytes follow)."""
    header = np.fromfile(path, ">u4", 25)
    offset = int(header[0]) + 12 * int(header[19])
    line = int(header[12])
    mapped = np.memmap(path, np.uint8, "r", offset, (height, line))
    return np.asarray(mapped)[:, : width * 4].reshape(height, width, 4)


class _Hand:
    """XTest through the C library, so that an event goes out in microseconds."""

    def __init__(self, display: str) -> None:
        self._x11 = ctypes.CDLL(find_library("X11"))
        self._xtst = ctypes.CDLL(find_library("Xtst"))
        self._x11.XOpenDisplay.restype = ctypes.c_void_p
        self._display = ctypes.c_void_p(self._x11.XOpenDisplay(display.encode()))

    def move(self, x: int, y: int) -> None:
        self._xtst.XTestFakeMotionEvent(self._display, -1, x, y, ctypes.c_ulong(0))
        self._x11.XFlush(self._display)

    def button(self, number: int, down: bool) -> None:
        self._xtst.XTestFakeButtonEvent(self._display, number, int(down), ctypes.c_ulong(0))
        self._x11.XFlush(self._display)

    def close(self) -> None:
        self._x11.XCloseDisplay(self._display)
