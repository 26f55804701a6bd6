"""A tomosynthesis: its first slice from the start of the process, and scrolling over decoded slices.

A notch of the wheel counts until the pixels on the screen have changed; one frame of a 60 Hz screen is the bar.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.imaging.files import JPEG_LOSSLESS, JPEG_LS, Encoding, Files
from benchmarks.imaging.other_python import Peer, has
from benchmarks.imaging.processes import wait_until_idle
from benchmarks.imaging.rows import ABSENT, Bar, Row, in_ms
from benchmarks.imaging.screen import GRID, Screen, can_watch, end, picture_places, picture_seen
from benchmarks.imaging.start import first_seen, rounds_of, rows_beside
from benchmarks.imaging.viewers import OURS, commands

SIZE = (1920, 1200)
FIRST_BARS = {"napari": Bar(0.1)}
A_FRAME = Bar(1000 / 60, unit=" ms")
WHEEL_DOWN, WHEEL_UP = 5, 4
WATCHED = 64
POINTER_AWAY = 120
PATIENCE_S = 1.0


def measure(files: Files) -> Iterator[Row]:
    if not can_watch():
        yield Row("stack", "", "Xvfb: " + ABSENT)
        return
    count = files.sizes.slices
    with Screen(*SIZE) as screen:
        for encoding in (JPEG_LS, JPEG_LOSSLESS):
            rounds = max(rounds_of(files) - 2, 1)
            _, pictures = first_seen(screen, commands([files.stack(encoding)]), rounds)
            yield from rows_beside(f"first slice of {count}, {encoding.name}", pictures, FIRST_BARS)
        for encoding in (JPEG_LS, JPEG_LOSSLESS):
            yield _scrolling(screen, files, encoding)
        yield _napari(screen, files.stack(JPEG_LS), count, files.sizes.rounds)


def _scrolling(screen: Screen, files: Files, encoding: Encoding) -> Row:
    name = f"scroll over decoded slices, {encoding.name}"
    program = screen.run(*commands([files.stack(encoding)])[OURS])
    if screen.wait_for(picture_seen) is None:
        raise SystemExit("no slice was shown")
    screen.size_windows(*SIZE)
    screen.wait_until_still(1.0)
    wait_until_idle(program.pid)
    taken = _notches(screen, min(40, files.sizes.slices // 3), max(files.sizes.rounds // 2, 1))
    end(program)
    screen.wait_until_black()
    if not taken:
        return Row(name, "no notch changed the picture", "", float("nan"), A_FRAME)
    ms = float(np.median(taken)) * 1000
    slow = f"19 of 20 within {np.percentile(taken, 95) * 1000:.1f} ms"
    return Row(name, in_ms(taken), slow, ms, A_FRAME, " ms")


def _notches(screen: Screen, far: int, rounds: int) -> list[float]:
    """Down the stack and up again, a notch every other frame of the screen once the last one is seen."""
    places = np.array(picture_places(screen.pixels()))
    column, row = (int(v) // GRID * GRID for v in np.median(places, axis=0))
    place = screen.pixels()[row : row + WATCHED, column : column + WATCHED]
    screen.move(column + POINTER_AWAY, row + POINTER_AWAY)
    time.sleep(0.3)
    taken = []
    for _ in range(rounds):
        for button in [WHEEL_DOWN] * far + [WHEEL_UP] * far:
            before = place.copy()
            start = time.perf_counter()
            screen.button(button, True)
            screen.button(button, False)
            while (passed := time.perf_counter() - start) < PATIENCE_S:
                if not np.array_equal(place, before):
                    taken.append(passed)
                    break
            time.sleep(max(0.0, 2 / 60 - passed))
    return taken


def _napari(screen: Screen, path: Path, count: int, rounds: int) -> Row:
    name = "scroll over decoded slices, JPEG-LS"
    if not has("napari"):
        return Row(name, "", "napari: " + ABSENT)
    with Peer("napari_stack.py", str(path), env=screen.env) as peer:
        taken = [float(peer.ask(slice=number % count)) for number in range(1, 4 * rounds)]
    screen.wait_until_black()
    return Row(name, "", f"napari {in_ms(taken)}")
