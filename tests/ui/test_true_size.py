"""A millimetre of the breast on a millimetre of the screen, and how large a pixel of the screen is."""

from __future__ import annotations

import json
import math

import pytest
from pictures import INFO, picture
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from annotator.errors import InvalidSettings
from annotator.model.display import ScreenId
from annotator.model.geometry import ImagePoint, PixelSpacing, SpacingBasis
from annotator.ui.display.displays import screen_id
from annotator.ui.display.screen_pitch import PitchFile, ScreenPitch, believed
from annotator.ui.display.screen_pitch_page import LINE_MM, ScreenPitchPage
from annotator.ui.looking import true_size

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

SCREEN = ScreenId("EIZO", "RX560", "123")


@pytest.mark.parametrize(
    ("across", "down", "known"),
    [(0.165, 0.165, True), (0.2, 0.201, True), (25.4 / 96, 25.4 / 96, False), (0.2, 0.25, False),
     (0.01, 0.01, False), (2.0, 2.0, False)],
    ids=["5 MP", "nearly square", "96 dots an inch", "not square", "too fine", "too coarse"],
)  # fmt: skip
def test_what_a_screen_says_is_believed_within_reason(across, down, known):
    assert believed(across, down) == (pytest.approx(math.sqrt(across * down)) if known else None)


def test_what_was_measured_is_kept_for_that_screen(tmp_path):
    path = tmp_path / "settings" / "screens.json"
    PitchFile(path).enter(SCREEN, 0.1651)
    again = PitchFile(path)
    assert again.entered(SCREEN) == 0.1651
    assert again.entered(ScreenId("EIZO", "RX560", "124")) is None
    again.enter(ScreenId("EIZO", "RX560", "124"), 0.2)
    assert json.loads(path.read_text()) == {"EIZO / RX560 / 123": 0.1651, "EIZO / RX560 / 124": 0.2}


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"EIZO / RX560 / 123": "x"}', '{"EIZO / RX560 / 123": 9}'])
def test_a_damaged_file_says_nothing(tmp_path, text):
    path = tmp_path / "screens.json"
    path.write_text(text)
    assert PitchFile(path).entered(SCREEN) is None


def test_a_size_that_cannot_be_is_refused_and_so_is_a_folder_that_cannot_be_written(tmp_path):
    pitches = PitchFile(tmp_path / "screens.json")
    with pytest.raises(InvalidSettings, match="measure the line again"):
        pitches.enter(SCREEN, 5.0)
    (tmp_path / "file").write_text("")
    blocked = PitchFile(tmp_path / "file" / "screens.json")
    with pytest.raises(InvalidSettings, match="cannot be kept"):
        blocked.enter(SCREEN, 0.2)
    assert blocked.entered(SCREEN) == 0.2


def test_the_page_takes_what_the_ruler_says(qtbot, tmp_path):
    pitches = PitchFile(tmp_path / "screens.json")
    page = ScreenPitchPage(pitches)
    qtbot.addWidget(page)
    page.show()
    pixels = page.line.pixels
    page.length.selectAll()
    QTest.keyClicks(page.length, "97.5")
    with qtbot.waitSignal(page.entered) as kept:
        QTest.keyClick(page.length, Qt.Key.Key_Return)
    assert kept.args[0] == pytest.approx(97.5 / pixels)
    screen = QGuiApplication.primaryScreen()
    assert pitches.pitch(screen) == ScreenPitch(kept.args[0], "pitch entered")
    page.measure(screen)
    assert page.line.pixels * kept.args[0] == pytest.approx(LINE_MM, abs=kept.args[0])
    assert screen_id(screen) is not None


def test_ten_millimetres_of_the_breast_are_ten_on_the_screen(viewport):
    viewport.show_picture(picture())
    pitch = ScreenPitch(0.16, "pitch entered")
    at = QPointF(200, 150)
    under = viewport.view.to_image(*viewport.device_position(at))
    true_size.show_true_size(viewport, pitch, at)
    mm = 10 / INFO.spacing.column_mm
    a, b = (viewport.view.to_screen(ImagePoint(column, 100)) for column in (20, 20 + mm))
    assert abs(b[0] - a[0]) * pitch.mm == pytest.approx(10)
    assert true_size.is_true_size(viewport, pitch)
    now = viewport.view.to_image(*viewport.device_position(at))
    assert (now.column, now.row) == pytest.approx((under.column, under.row))
    viewport.zoom_by(1.25, at)
    assert not true_size.is_true_size(viewport, pitch)


@pytest.mark.parametrize(
    ("basis", "words"),
    [
        (SpacingBasis.ESTIMATED_IN_BREAST, "true size, in breast, pitch entered"),
        (SpacingBasis.AT_DETECTOR, "true size, at detector, pitch entered"),
        (SpacingBasis.UNVERIFIED, "true size, unverified, pitch entered"),
    ],
)
def test_it_says_what_it_is_built_on(basis, words):
    assert (
        true_size.true_size_words(PixelSpacing(0.1, 0.1, basis), ScreenPitch(0.2, "pitch entered")) == words
    )


class OfSilentScreens(PitchFile):
    """Screens that tell nothing of themselves; the one of the tests says 100 dots an inch."""

    def pitch(self, screen):
        known = super().pitch(screen)
        return known if known is not None and known.basis == "pitch entered" else None


def test_it_is_refused_with_a_reason(viewport, tmp_path):
    pitches = OfSilentScreens(tmp_path / "screens.json")
    assert "no image" in true_size.why_not(viewport, pitches, "Alt+1", "Alt+2")
    viewport.show_picture(picture(spacing=None))
    assert "no pixel spacing. Alt+1 shows it at 1:1" in true_size.why_not(viewport, pitches, "Alt+1", "Alt+2")
    viewport.show_picture(picture(sop_instance_uid="2.25.12"))
    assert "ruler (Alt+2)" in true_size.why_not(viewport, pitches, "Alt+1", "Alt+2")
    pitches.enter(screen_id(viewport.screen()), 0.2)
    assert true_size.why_not(viewport, pitches, "Alt+1", "Alt+2") == ""
