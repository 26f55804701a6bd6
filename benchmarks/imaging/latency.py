"""From an input event to changed pixels on the screen: the window dragged in a view.

Events come through XTest, pixels are read from the memory of the screen, so neither program waits for the
measuring. The watched place lies in the dragged view, away from the pointer, which is drawn there too.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.imaging.files import Files
from benchmarks.imaging.rows import ABSENT, Bar, Row, in_ms, paired
from benchmarks.imaging.screen import GRID, Screen, can_watch, end, picture_places, picture_seen
from benchmarks.imaging.viewers import OURS, commands

WINDOW_BUTTON = {OURS: 3, "aeskulap": 1}
OVER_AESKULAP = Bar(0.5)
WATCHED = 32
POINTER_AWAY = 200
PATIENCE_S = 1.0
BETWEEN_S = 0.12


def measure(files: Files) -> Iterator[Row]:
    exam = files.exam()
    for words, paths, size in (
        ("one view at 1920x1200", exam[:1], (1920, 1200)),
        ("one view at 2048x2560", exam[:1], (2048, 2560)),
        ("four views at 1920x1200", exam, (1920, 1200)),
    ):
        name = f"event to changed pixels, window drag, {words}"
        if not can_watch():
            yield Row(name, "", "Xvfb: " + ABSENT, None, OVER_AESKULAP)
            continue
        taken = _on_screen(paths, size, files.sizes.rounds)
        ours = in_ms(taken[OURS])
        if "aeskulap" not in taken:
            yield Row(name, ours, "aeskulap: " + ABSENT, None, OVER_AESKULAP)
            continue
        value = paired(*_same_length(taken[OURS], taken["aeskulap"]))
        yield Row(name, ours, f"aeskulap {in_ms(taken['aeskulap'])}", value, OVER_AESKULAP)


def _on_screen(paths: Sequence[Path], size: tuple[int, int], rounds: int) -> dict[str, list[float]]:
    """Seconds by viewer, the viewers in turn."""
    programs = {k: v for k, v in commands(paths).items() if k in WINDOW_BUTTON}
    taken: dict[str, list[float]] = {viewer: [] for viewer in programs}
    with Screen(*size) as screen:
        for _ in range(max(rounds // 3, 1)):
            for viewer, words in programs.items():
                taken[viewer] += _drag(screen, size, words, WINDOW_BUTTON[viewer], rounds * 4)
    return taken


def _same_length(ours: list[float], theirs: list[float]) -> tuple[list[float], list[float]]:
    shorter = min(len(ours), len(theirs))
    return ours[:shorter], theirs[:shorter]


def _drag(
    screen: Screen, size: tuple[int, int], words: tuple[str, ...], button: int, steps: int
) -> list[float]:
    """Seconds of each event that changed the picture; the first one, which may only begin the drag, apart."""
    program = screen.run(*words)
    if screen.wait_for(picture_seen) is None:
        raise SystemExit(f"{words[0]} showed no picture")
    screen.wait_until_still(1.0)
    screen.size_windows(*size)
    screen.wait_until_still(1.0)
    column, row = _watched(screen)
    x, y = column + POINTER_AWAY, row
    screen.move(x, y)
    time.sleep(BETWEEN_S)
    screen.button(button, True)
    taken = []
    for number in range(1, steps + 2):
        time.sleep(BETWEEN_S)
        seconds = _one_event(screen, (column, row), (x + 3 * number, y + 2 * number))
        if seconds is not None and number > 1:
            taken.append(seconds)
    screen.button(button, False)
    end(program)
    screen.wait_until_black()
    if len(taken) < steps // 2:
        raise SystemExit(f"{words[0]}: only {len(taken)} of {steps} events changed the picture")
    return taken


def _watched(screen: Screen) -> tuple[int, int]:
    """A place of tissue in the lowest view on the right, with room for the pointer beside it."""
    places = np.array(picture_places(screen.pixels()))
    height, width = screen.pixels().shape[:2]
    right = places[(places[:, 0] > 0.52 * width) & (places[:, 1] > 0.58 * height)]
    column, row = np.median(right if len(right) else places, axis=0).astype(int)
    return int(column) // GRID * GRID, int(row) // GRID * GRID


def _one_event(screen: Screen, watched: tuple[int, int], to: tuple[int, int]) -> float | None:
    column, row = watched
    place = screen.pixels()[row : row + WATCHED, column : column + WATCHED]
    before = place.copy()
    start = time.perf_counter()
    screen.move(*to)
    while (taken := time.perf_counter() - start) < PATIENCE_S:
        if not np.array_equal(place, before):
            return taken
    return None
