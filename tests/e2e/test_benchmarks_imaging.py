"""The benchmark of the picture runs, and its yardsticks are right; what it measures is asserted nowhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

PROJECT = Path(__file__).resolve().parents[2]
OFFSCREEN = ("decode", "headers", "display", "lens", "specks")


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that imports a module of the benchmark."""
    monkeypatch.syspath_prepend(str(PROJECT))
    return lambda name: __import__(f"benchmarks.imaging.{name}", fromlist=[name])


def test_every_measure_without_a_screen_runs_on_tiny_files_and_fills_its_table(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.imaging", *OFFSCREEN, "--quick", "--work", str(tmp_path)],
        cwd=PROJECT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "PATH": os.defpath},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = [line for line in done.stdout.splitlines() if line.startswith("| ")]
    assert {line.count("|") for line in rows} == {7}
    for begins in (
        "decode JPEG 2000",
        "listing 12 files",
        "window drag",
        "pan ",
        "lens of",
        "specks of 1 px",
    ):
        assert any(line.startswith(f"| {begins}") for line in rows), begins
    assert any("not installed" in line for line in rows)
    assert str(tmp_path) not in done.stdout


def test_the_page_has_a_place_for_every_measure(benchmark: Any) -> None:
    text = (PROJECT / "docs" / "performance.md").read_text(encoding="utf-8")
    places = re.findall(r"<!-- table: (\w+) -->\n.*?<!-- end -->", text, re.DOTALL)
    # the marks have a benchmark of their own, benchmarks.marks
    assert sorted(places) == sorted(["machine", "marks", *benchmark("__main__").MEASURES])


def test_a_table_is_put_between_its_marks_and_nowhere_else(benchmark: Any, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- table: x -->\nold\n<!-- end -->\nb\n<!-- table: y -->\nkept\n<!-- end -->\n")
    benchmark("page").put(page, "x", "| new |")
    wanted = "a\n<!-- table: x -->\n| new |\n<!-- end -->\nb\n<!-- table: y -->\nkept\n<!-- end -->\n"
    assert page.read_text() == wanted
    with pytest.raises(SystemExit):
        benchmark("page").put(page, "z", "| new |")


def test_a_bar_that_does_not_hold_says_so_and_one_without_a_value_is_not_measured(benchmark: Any) -> None:
    rows = benchmark("rows")
    most, least = rows.Bar(0.25), rows.Bar(1.7, least=True)
    verdicts = [
        rows.Row("m", "o", "b", value, bar).verdict
        for value, bar in ((0.25, most), (0.26, most), (1.7, least), (1.69, least), (None, most), (3.0, None))
    ]
    assert verdicts == ["yes", "**no**", "yes", "**no**", "not measured", ""]


def test_timers_take_turns_and_the_ratio_is_of_each_round(benchmark: Any) -> None:
    rows = benchmark("rows")
    called: list[str] = []

    def timer(name: str, values: list[float]) -> Any:
        return lambda: called.append(name) or values.pop(0)

    taken = rows.interleaved({"a": timer("a", [1.0, 9.0, 2.0]), "b": timer("b", [2.0, 18.0, 8.0])}, 3)
    assert called == ["a", "b", "b", "a", "a", "b"]
    assert rows.paired(taken["a"], taken["b"]) == 0.5


def test_the_mean_that_is_shown_is_the_mean_over_each_screen_pixel(benchmark: Any) -> None:
    specks = benchmark("specks")
    rng = np.random.default_rng(5)
    picture = rng.integers(0, 4096, (specks.SIDE, specks.SIDE)).astype(np.uint16)
    placed = specks.Placed(-0.37, -0.81)
    by_sums = specks.METHODS[specks.MEAN](picture, placed)[1:, 1:]
    shown = specks.shown_mean(picture, placed)[1:, 1:]
    assert np.abs(by_sums - shown).max() <= 0.51


def test_the_area_under_the_curve_is_the_share_of_pairs_in_the_right_order(benchmark: Any) -> None:
    area = benchmark("specks").area_under_curve
    assert area([3.0, 4.0], [1.0, 2.0]) == 1.0
    assert area([1.0, 4.0], [2.0, 3.0]) == 0.5
    assert area([2.0], [1.0, 2.0]) == 0.75


def test_tissue_is_seen_on_a_screen_and_controls_of_a_window_are_not(benchmark: Any) -> None:
    screen = benchmark("screen")
    rng = np.random.default_rng(8)
    pixels = np.zeros((256, 256, 4), np.uint8)
    pixels[:128, :, :3] = np.linspace(40, 200, 256, dtype=np.uint8)[None, :, None]  # a button's gradient
    pixels[140:150, ::3, :3] = 255  # words
    pixels[128:, :, 2] = np.maximum(pixels[128:, :, 2], 30)  # a coloured ground
    assert screen.window_seen(pixels)
    assert not screen.picture_seen(pixels)
    pixels[64:128, 64:128, :3] = rng.integers(60, 180, (64, 64, 1))
    assert screen.picture_seen(pixels)
    assert all(64 <= x < 128 and 64 <= y < 128 for x, y in screen.picture_places(pixels))
