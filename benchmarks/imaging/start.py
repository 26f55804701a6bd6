"""From the start of the process to the window and to the first picture, seen on a screen.

The same four views (JPEG Lossless, read before, so in the system's cache), the same screen, one program after
the other; a picture counts when its pixels are on the screen. A program runs once before it counts.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

from benchmarks.imaging.files import Files
from benchmarks.imaging.rows import ABSENT, Bar, Row, paired
from benchmarks.imaging.screen import Screen, can_watch, end, picture_seen, window_seen
from benchmarks.imaging.viewers import OURS, PEERS, commands

SIZE = (1920, 1200)
BARS = {"aeskulap": Bar(1), "napari": Bar(0.25)}
NEVER = float("nan")

Times = dict[str, list[float]]


def measure(files: Files) -> Iterator[Row]:
    if not can_watch():
        yield Row("first picture", "", "Xvfb: " + ABSENT)
        return
    exam = commands(files.exam())
    with Screen(*SIZE) as screen:
        windows, pictures = first_seen(screen, exam, rounds_of(files))
        yield from rows_beside("window on the screen", windows, {})
        yield from rows_beside("first of four views, JPEG Lossless", pictures, BARS)


def rounds_of(files: Files) -> int:
    return max(files.sizes.rounds - 2, 1)


def first_seen(screen: Screen, programs: dict[str, tuple[str, ...]], rounds: int) -> tuple[Times, Times]:
    """Seconds to the window and to the picture by program, in turn."""
    windows: Times = {name: [] for name in programs}
    pictures: Times = {name: [] for name in programs}
    for number in range(rounds + 1):
        for name, words in programs.items():
            window, picture = _once(screen, words)
            if number or rounds == 1:
                windows[name].append(window)
                pictures[name].append(picture)
    return windows, pictures


def _once(screen: Screen, words: tuple[str, ...]) -> tuple[float, float]:
    started = time.perf_counter()
    program = screen.run(*words)
    window = screen.wait_for(window_seen)
    picture = screen.wait_for(picture_seen) if window is not None else None
    # database and thumbnails come after the picture: the next start finds what this one left
    screen.wait_until_still()
    end(program)
    screen.wait_until_black()
    return (window or NEVER) - started, (picture or NEVER) - started


def rows_beside(measure_name: str, taken: Times, bars: dict[str, Bar]) -> Iterator[Row]:
    ours = _in_s(taken[OURS])
    for peer in PEERS:
        if peer not in taken:
            yield Row(measure_name, ours, f"{peer}: {ABSENT}", None, bars.get(peer))
        else:
            value = paired(taken[OURS], taken[peer])
            yield Row(measure_name, ours, f"{peer} {_in_s(taken[peer])}", value, bars.get(peer))


def _in_s(taken: list[float]) -> str:
    return f"{statistics.median(taken):.2f} s"
