"""What a screen is sent: 8 bits, error diffusion or 10 bits, corrected or not, by one table."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pictures import INFO
from PySide6.QtGui import QImage

from annotator.imaging.dither import STEPS, WHITE
from annotator.imaging.grayscale import display_lut
from annotator.imaging.gsdf import Calibration
from annotator.model.display import PHOTOMETER_LEVELS
from annotator.model.image import PaddingRange, VoiFunction, Window
from annotator.ui.pictures.grey_output import Depth, GreyOutput, depth_for

OFFICE = Calibration(PHOTOMETER_LEVELS, list(0.4 + 250 * (np.array(PHOTOMETER_LEVELS) / 255) ** 2.2))
VOI = Window(2048, 4096, VoiFunction.LINEAR)
DEPTHS = tuple(Depth)


def levels_of(output: GreyOutput, table: np.ndarray) -> np.ndarray:
    """Driving levels as fractions of white."""
    if output.depth is Depth.TEN:
        return (table.view(np.uint32) & 1023) / 1023
    return table / (WHITE if table.dtype == np.uint16 else 255)


@pytest.mark.parametrize(
    ("setting", "screen", "depth"),
    [
        ("auto", 24, Depth.EIGHT),
        ("auto", 32, Depth.EIGHT),
        ("auto", 30, Depth.TEN),
        ("8", 30, Depth.EIGHT),
        ("dithered", 30, Depth.DITHERED),
        ("10", 30, Depth.TEN),
        ("10", 24, Depth.DITHERED),
    ],
)
def test_the_setting_and_the_screen_decide(setting, screen, depth):
    assert depth_for(setting, screen) is depth


def test_without_correction_8_bits_are_the_plain_table():
    info = INFO
    expected = display_lut(info, VOI, invert=True)
    assert np.array_equal(GreyOutput().table(info, VOI, invert=True), expected)


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("curve", [None, OFFICE])
def test_black_is_black_white_is_white_and_the_table_rises(depth, curve):
    output = GreyOutput(depth, curve)
    levels = levels_of(output, output.codes())
    assert (levels[0], levels[-1]) == (0, 1)
    assert (np.diff(levels) >= 0).all()


@pytest.mark.parametrize(
    ("depth", "count"), [(Depth.EIGHT, 256), (Depth.DITHERED, WHITE + 1), (Depth.TEN, 1024)]
)
def test_as_many_levels_are_used_as_there_are(depth, count):
    assert len(np.unique(GreyOutput(depth).codes())) == count


@pytest.mark.parametrize("depth", DEPTHS)
def test_the_correction_makes_equal_p_values_equally_visible(depth):
    output = GreyOutput(depth, OFFICE)
    levels = levels_of(output, output.codes()) * 255
    p_values = np.linspace(0, 65535, 18).round().astype(int)
    reached = OFFICE.jnd(levels[p_values])
    step = (reached[-1] - reached[0]) / 17
    assert np.abs(np.diff(reached) - step).max() < (3 if depth is Depth.EIGHT else 1)


@pytest.mark.parametrize("depth", DEPTHS)
def test_padding_stays_black_corrected_and_inverted(depth):
    info = replace(INFO, padding=PaddingRange(0, 5))
    output = GreyOutput(depth, OFFICE)
    table = levels_of(output, output.table(info, VOI, invert=True))
    assert (table[:6] == 0).all()
    assert table[6] > 0.9


def test_ten_bits_make_an_rgb30_picture_of_1024_greys():
    output = GreyOutput(Depth.TEN)
    ramp = np.broadcast_to(np.linspace(0, 65535, 1024).round().astype(np.uint16), (2, 1024))
    picture = output.image(output.codes()[ramp])
    assert picture.format() == QImage.Format.Format_RGB30
    colours = [picture.pixelColor(x, 1).rgba64() for x in range(1024)]
    assert all(c.red() == c.green() == c.blue() and c.alpha() == 65535 for c in colours)
    assert len({c.green() for c in colours}) == 1024


def test_error_diffusion_keeps_means_that_8_bits_round_away():
    output = GreyOutput(Depth.DITHERED)
    p_value = np.full((128, 128), 20_000, np.uint16)
    picture = output.image(output.codes()[p_value])
    assert picture.format() == QImage.Format.Format_Grayscale8
    pixels = np.frombuffer(picture.constBits(), np.uint8).reshape(128, -1)[:, :128]
    assert pixels.mean() == pytest.approx(20_000 / 65535 * 255, abs=0.02)


def test_while_moving_there_is_no_error_diffusion():
    output = GreyOutput(Depth.DITHERED, OFFICE)
    settled, moving = output.codes(), output.codes(settled=False)
    assert np.array_equal(moving, GreyOutput(Depth.EIGHT, OFFICE).codes())
    assert np.abs(moving - settled / STEPS).max() < 0.6


def test_an_image_owns_its_pixels():
    pixels = np.full((4, 6), 9, np.uint8)
    picture = GreyOutput().image(pixels[:, 1:])
    pixels[:] = 0
    assert picture.size().toTuple() == (5, 4)
    assert picture.pixelColor(4, 3).red() == 9


GRAB = """
import json, sys
import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from annotator.ui.display.full_field import FullField
from annotator.ui.pictures.grey_output import GreyOutput, depth_for

app = QApplication([])
screen = app.primaryScreen()
window = FullField("ramp")
ramp = lambda width, height: np.broadcast_to(np.linspace(0, 65535, width).round().astype(np.uint16), (height, width))
window.show_field(ramp, GreyOutput(depth_for("auto", screen.depth())))
window.open_on(screen)

def grab():
    shown = screen.grabWindow(0).toImage()
    greens = {shown.pixelColor(x, 40).rgba64().green() for x in range(shown.width())}
    print(json.dumps([screen.depth(), shown.width(), len(greens)]))
    app.quit()

QTimer.singleShot(600, grab)
app.exec()
"""


@pytest.mark.skipif(shutil.which("Xvfb") is None, reason="no Xvfb here to make a screen of 30 bits with")
@pytest.mark.parametrize(("depth", "fewest"), [(24, 256), (30, 1024)])
def test_that_many_levels_arrive_on_a_screen(tmp_path: Path, depth: int, fewest: int):
    """Grabbed from the screen itself, as X keeps it."""
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", f"1200x200x{depth}", "-nolisten", "tcp"],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    try:
        with os.fdopen(read) as pipe:
            number = pipe.readline().strip()
        environment = {**os.environ, "DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb"}
        done = subprocess.run(
            [sys.executable, "-c", GRAB],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
            cwd=tmp_path,
        )
    finally:
        server.terminate()
        server.wait()
    assert json.loads(done.stdout) == [depth, 1200, fewest]
