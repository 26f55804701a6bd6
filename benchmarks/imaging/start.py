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
PATIENCE_S = 40.0

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
    """Seconds to the window and to the picture by program, in turn; [] for one that shows no such picture."""
    windows: Times = {name: [] for name in programs}
    pictures: Times = {name: [] for name in programs}
    able = [name for name, words in programs.items() if _once(screen, words) is not None]
    for _ in range(rounds):
        for name in able:
            seen = _once(screen, programs[name])
            if seen is not None:
                windows[name].append(seen[0])
                pictures[name].append(seen[1])
    return windows, pictures


def _once(screen: Screen, words: tuple[str, ...]) -> tuple[float, float] | None:
    started = time.perf_counter()
    program = screen.run(*words)
    window = screen.wait_for(window_seen, PATIENCE_S)
    picture = None if window is None else screen.wait_for(picture_seen, PATIENCE_S)
    # database and thumbnails come after the picture: the next start finds what this one left
    screen.wait_until_still(timeout=10)
    end(program)
    screen.wait_until_black()
    return None if window is None or picture is None else (window - started, picture - started)


def rows_beside(measure_name: str, taken: Times, bars: dict[str, Bar]) -> Iterator[Row]:
    """A row for each peer, the absent ones too."""
    ours = _in_s(taken[OURS])
    for peer in PEERS:
        if peer not in taken:
            yield Row(measure_name, ours, f"{peer}: {ABSENT}", None, bars.get(peer))
        elif not taken[peer]:
            yield Row(measure_name, ours, f"{peer}: shows no picture", None, bars.get(peer))
        else:
            value = paired(taken[OURS], taken[peer])
            yield Row(measure_name, ours, f"{peer} {_in_s(taken[peer])}", value, bars.get(peer))


def _in_s(taken: list[float]) -> str:
    return f"{statistics.median(taken):.2f} s"
