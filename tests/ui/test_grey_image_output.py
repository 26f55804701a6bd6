"""A viewport's image in every depth, corrected or not, whatever was shown before."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pictures import picture
from PySide6.QtGui import QImage

from annotator.imaging.gsdf import Calibration
from annotator.imaging.render import Mode
from annotator.model.geometry import ViewTransform
from annotator.model.image import Window
from annotator.ui.panes.viewport import Viewport
from annotator.ui.pictures.grey_image import GreyImage, Wanted, _look_up
from annotator.ui.pictures.grey_output import Depth, GreyOutput

OFFICE = Calibration((0, 128, 255), (0.4, 60.0, 250.0))
OUTPUTS = [GreyOutput(depth, curve) for depth in Depth for curve in (None, OFFICE)]
PICTURE = picture()
SIZE = (90, 70)
VIEWS = [
    ViewTransform(PICTURE.info.columns, PICTURE.info.rows, scale, left, top)
    for scale, left, top in ((0.2, 10.0, 4.0), (0.25, 30.0, -3.0), (1.0, -100.0, -120.0), (0.2, -20.0, 5.0))
]
VOIS = (Window(2000, 4000), Window(1500, 600))

asked = st.tuples(
    st.sampled_from(VIEWS), st.sampled_from(VOIS), st.booleans(), st.booleans(), st.sampled_from(OUTPUTS)
)


def pixels(image: QImage) -> np.ndarray:
    """Red, green, blue and alpha of every pixel in 16 bits."""
    wide = image.convertToFormat(QImage.Format.Format_RGBA64)
    rows = np.frombuffer(wide.constBits(), np.uint16).reshape(wide.height(), -1)
    return rows.reshape(wide.height(), wide.width(), 4).copy()


def shown(grey: GreyImage, one: tuple) -> np.ndarray:
    view, voi, inverted, moving, output = one
    wanted = Wanted(PICTURE, view, SIZE, Mode.MEAN, smooth=False)
    return pixels(grey.image(wanted, voi, inverted, moving=moving, output=output))


@given(st.lists(asked, min_size=2, max_size=6))
def test_what_was_shown_before_leaves_no_trace(sequence):
    kept = GreyImage()
    for one in sequence:
        seen = shown(kept, one)
    settled = (*sequence[-1][:3], False, sequence[-1][4])
    assert np.array_equal(shown(kept, settled), shown(GreyImage(), settled))
    assert (seen[..., 3] == 65535).all()


@pytest.mark.parametrize("output", OUTPUTS)
def test_beside_the_picture_it_is_black_and_everywhere_grey(output):
    seen = shown(GreyImage(), (VIEWS[0], VOIS[0], True, False, output))
    assert (seen[:4, :, :3] == 0).all()
    assert (seen[:, :10, :3] == 0).all()
    assert (seen[..., 0] == seen[..., 1]).all()
    assert (seen[..., 1] == seen[..., 2]).all()
    assert seen[..., 0].max() > 60_000


@pytest.mark.parametrize("curve", [None, OFFICE])
def test_the_depths_agree_to_one_level(curve):
    one = (VIEWS[2], VOIS[0], False, False)
    eight, dithered, ten = (shown(GreyImage(), (*one, GreyOutput(depth, curve)))[..., 0] for depth in Depth)
    level = 65535 / 255
    assert np.abs(eight - ten.astype(float)).max() <= 0.8 * level
    assert np.abs(dithered - ten.astype(float)).max() <= 1.3 * level
    assert len(np.unique(ten)) > 1.5 * len(np.unique(eight))


def test_the_correction_shows_what_the_table_says():
    view = replace(VIEWS[2])
    plain = shown(GreyImage(), (view, VOIS[0], False, False, GreyOutput(Depth.TEN)))[..., 0]
    corrected = shown(GreyImage(), (view, VOIS[0], False, False, GreyOutput(Depth.TEN, OFFICE)))[..., 0]
    table = OFFICE.correction(1024, 1024)
    expected = table[(plain >> 6)]
    assert np.abs((corrected >> 6).astype(int) - expected).max() <= 2


def test_error_diffusion_waits_until_a_window_drag_is_over(qtbot):
    viewport = Viewport()
    qtbot.addWidget(viewport)
    viewport.resize(*SIZE)
    viewport.show()
    viewport.set_output(GreyOutput(Depth.DITHERED, OFFICE))
    viewport.show_picture(PICTURE)
    viewport.set_overlay_level(2)
    viewport.settle()
    viewport.grab()
    viewport.set_voi(VOIS[1])
    dragged = viewport.grab().toImage()
    viewport.settle()
    settled = viewport.grab().toImage()
    viewport.set_output(GreyOutput(Depth.EIGHT, OFFICE))
    assert dragged != settled
    assert viewport.grab().toImage() == dragged


@pytest.mark.parametrize("shape", [(1, 300_000), (700, 701), (513, 512), (1100, 1000), (3, 4)])
def test_looking_up_in_bands_gives_what_the_table_says(shape):
    rng = np.random.default_rng(3)
    values = rng.integers(0, 1 << 16, (shape[0], shape[1] + 2), np.uint16)
    table = rng.integers(-(1 << 31), 1 << 31, 1 << 16, np.int32)
    pixels = np.zeros(values.shape, np.int32)
    _look_up(values[:, 1:-1], table, pixels[:, 1:-1])
    assert np.array_equal(pixels[:, 1:-1], table[values[:, 1:-1]])
    assert not pixels[:, [0, -1]].any()
