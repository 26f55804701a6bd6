"""Nothing is cut off, faint or nameless at any scaling; states are told apart without colour; places come back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QGuiApplication
from small_exam import write_exam

from annotator.ui import icons, theme
from annotator.ui.desk.saving import SaveState
from annotator.ui.window.exam_strip import SAVE_SHAPES
from annotator.ui.window.places import nearest_place

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

SCALINGS = ("1", "1.25", "1.5", "2", "2.5")

PROTANOPIA = (
    (0.152286, 1.052583, -0.204868),
    (0.114503, 0.786281, 0.099216),
    (-0.003882, -0.048116, 1.051998),
)
DEUTERANOPIA = (
    (0.367322, 0.860646, -0.227968),
    (0.280085, 0.672501, 0.047413),
    (-0.011820, 0.042940, 0.968881),
)
"""Machado, Oliveira and Fernandes 2009 (IEEE TVCG 15:1291), severity 1, on linear sRGB."""
TOLD_APART = 10.0
"""Colour difference (CIE 1976) seen at a glance; 2.3 is just noticeable."""


@pytest.mark.slow
@pytest.mark.parametrize("scaling", SCALINGS)
def test_nothing_is_cut_off_faint_or_nameless(scaling: str, tmp_path: Path) -> None:
    script = Path(__file__).with_name("scaled_window.py")
    environment = os.environ | {"QT_SCALE_FACTOR": scaling, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, str(script), "1366", "768", str(tmp_path)],
        env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["ratio"] == float(scaling)
    assert told["size"] == [1366, 768]
    assert told["bugs"] == []
    assert told["found"] == []


def lab(colour: str, seen_as: tuple[tuple[float, ...], ...] | None = None) -> np.ndarray:
    """CIE L*a*b* (D65) of an sRGB colour, as seen by an eye of that kind."""
    channels = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    if seen_as is not None:
        linear = (np.array(seen_as) @ linear).clip(0, 1)
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ linear
    f = np.cbrt(xyz / np.array([0.9505, 1.0, 1.089]))
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("eye", [None, PROTANOPIA, DEUTERANOPIA])
def test_marks_warnings_and_what_is_saved_are_told_apart_by_colour_blind_eyes(eye) -> None:
    states = {"mark": theme.MARK, "warning": theme.WARNING, "saved": theme.SAVED, "selected": "#ffffff"}
    for one, other in combinations(states, 2):
        apart = np.linalg.norm(lab(states[one], eye) - lab(states[other], eye))
        assert apart > TOLD_APART, (one, other, apart)


def test_the_simulation_knows_a_pair_that_such_eyes_confuse() -> None:
    red, green = "#b06a00", "#6f8a00"
    assert np.linalg.norm(lab(red) - lab(green)) > 2 * TOLD_APART
    assert np.linalg.norm(lab(red, DEUTERANOPIA) - lab(green, DEUTERANOPIA)) < 2 * TOLD_APART


def test_each_state_of_saving_has_a_shape_and_words_of_its_own(qtbot) -> None:
    assert set(SAVE_SHAPES) == set(SaveState)
    assert len(set(SAVE_SHAPES.values())) == len(SAVE_SHAPES)


def test_every_shape_is_drawn_in_its_colour_and_its_licence_is_beside_it(qtbot) -> None:
    names = [path.stem for path in icons.SHAPES.glob("*.svg")]
    assert len(names) > 15
    source = "".join(p.read_text(encoding="utf-8") for p in icons.SHAPES.parent.rglob("*.py"))
    assert [n for n in names if f'"{n}"' not in source and f'"{n}.svg"' not in source] == []
    assert "ISC License" in (icons.SHAPES / "LICENSE").read_text(encoding="utf-8")
    for name in names:
        image = icons.picture(name, 24, 1.0, "#ff0000").toImage()
        seen = {
            image.pixelColor(x, y).name()
            for x in range(24)
            for y in range(24)
            if image.pixelColor(x, y).alpha() > 250
        }
        assert seen == {"#ff0000"}, name
    with pytest.raises(FileNotFoundError):
        icons.icon("no such shape")


SCREEN = QRect(0, 0, 1920, 1080)
OTHER = QRect(1920, 0, 2048, 2560)


@pytest.mark.parametrize(
    ("was", "screens", "is_"),
    [
        (QRect(100, 80, 1200, 800), [SCREEN], QRect(100, 80, 1200, 800)),
        (QRect(2100, 200, 1500, 2000), [SCREEN, OTHER], QRect(2100, 200, 1500, 2000)),
        (QRect(2100, 200, 1500, 2000), [SCREEN], QRect(420, 0, 1500, 1080)),
        (QRect(-3000, -500, 800, 600), [SCREEN], QRect(0, 0, 800, 600)),
        (QRect(1800, 1000, 800, 600), [SCREEN], QRect(1120, 480, 800, 600)),
    ],
)
def test_a_window_whose_screen_is_gone_comes_back_onto_one_that_is_there(was, screens, is_) -> None:
    assert nearest_place(was, screens) == is_


def test_size_panels_and_maximised_come_back_onto_a_screen_that_is_there(
    qtbot, open_window, tmp_path
) -> None:
    window = open_window()
    window.open_paths([write_exam(tmp_path / "exam")])
    qtbot.waitUntil(lambda: window.desk.session is not None, timeout=10_000)
    window.setGeometry(40, 30, 700, 560)
    window.toggle_panel("history")
    window.close()
    again = open_window()
    assert again.docks["history"].isVisible()
    again.showMaximized()
    again.close()
    third = open_window()
    assert third.isMaximized()
    assert QGuiApplication.primaryScreen().geometry().intersects(third.geometry())


def test_a_first_window_is_no_larger_than_the_screen(open_window) -> None:
    window = open_window()
    screen = QGuiApplication.primaryScreen().availableGeometry()
    window.resize(screen.width() + 300, screen.height() + 100)
    window.places.stay_in_sight()
    assert screen.contains(window.geometry())


def test_every_empty_panel_says_what_to_do(open_window) -> None:
    window = open_window()
    for name in ("history", "problems"):
        window.show_panel(name)
    assert "click on a bright spot" in window.finding_panel.hint.text()
    assert "Open a folder" in window.worklist.empty.words.text()
    assert window.history.hint.isVisible()
    assert "act" in window.history.hint.text()
    assert window.problems.hint.isVisible()
    assert "opened" in window.problems.hint.text()
