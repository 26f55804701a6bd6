"""What a window drag repaints, and who hears of it when."""

from __future__ import annotations

import numpy as np
import pytest
from hands import RIGHT, move, press, release
from hypothesis import given
from hypothesis import strategies as st
from pictures import breast, picture
from PySide6.QtCore import QEvent, QObject, QPoint
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication
from test_viewport import pixels

from annotator.imaging.grayscale import display_lut
from annotator.imaging.render import Mode, render_values, shade
from annotator.model.geometry import ViewTransform
from annotator.model.image import Window
from annotator.ui.pictures.grey_image import GreyImage, Wanted
from annotator.ui.pictures.value_spread import NOTHING, ValueSpread

SHAPE = (11, 13)
COVERED = (2, 1, 12, 9)


class Parts(QObject):
    """What of a widget was painted."""

    def __init__(self, widget):
        super().__init__(widget)
        self.rects = []
        widget.installEventFilter(self)

    def eventFilter(self, _widget, event):
        if event.type() == QEvent.Type.Paint:
            self.rects.append(event.rect())
        return False


@pytest.fixture
def viewport(viewport):
    viewport.show_picture(picture(breast(1500, 1100)))
    QApplication.processEvents()
    return viewport


@given(st.integers(0, 2**32 - 1), st.integers(0, 300), st.integers(0, 40))
def test_outside_the_rectangle_two_tables_show_the_same(seed, first, wide):
    random = np.random.default_rng(seed)
    values = random.integers(100, 140, SHAPE).astype(np.uint16)
    values[random.integers(0, 11) :, random.integers(0, 13) :] += 100
    before = random.integers(0, 256, 1 << 16).astype(np.uint8)
    now = before.copy()
    now[first : first + wide] += 1
    left, top, right, bottom = ValueSpread(values, COVERED).changed(before, now)
    differ = np.zeros(SHAPE, np.bool_)
    differ[1:9, 2:12] = (before[values] != now[values])[1:9, 2:12]
    assert differ.any() <= ((left, top, right, bottom) != NOTHING)
    differ[top:bottom, left:right] = False
    assert not differ.any()


def test_only_what_changes_is_in_the_rectangle():
    values = np.zeros(SHAPE, np.uint16)
    values[4:7, 3:8] = 500
    before = np.zeros(1 << 16, np.uint8)
    now = before.copy()
    now[500] = 1
    assert ValueSpread(values, COVERED).changed(before, now) == (3, 4, 8, 7)
    assert ValueSpread(values, COVERED).changed(before, before) == NOTHING
    assert ValueSpread(values, (5, 5, 5, 9)).changed(before, now) == NOTHING


def test_a_window_drag_leaves_the_air_alone_and_every_pixel_is_right(viewport):
    pixels(viewport)
    viewport.set_voi(Window(2000.0, 1000.0))
    QApplication.processEvents()
    parts = Parts(viewport)
    press(viewport, QPoint(100, 100), RIGHT)
    for x in (150, 130, 170):
        move(viewport, QPoint(x, 100), RIGHT)
        QApplication.processEvents()
    dragged = viewport.grab().toImage()
    assert len(parts.rects) >= 3
    assert all(rect.width() < viewport.width() * 0.9 for rect in parts.rects[:3])
    values = render_values(viewport.picture.levels, viewport.view, 500, 400, viewport.mode, outside=0)
    right = shade(values, display_lut(viewport.picture.info, viewport.voi), viewport.view)
    assert (pixels(viewport)[60:, :, 1] == right[60:]).all()
    assert dragged == viewport.grab().toImage()
    release(viewport, QPoint(170, 100), RIGHT)


def test_who_follows_a_window_drag_hears_of_it_after_the_picture_and_on_release_at_once(viewport, qtbot):
    told = []
    viewport.voi_changed.connect(lambda: told.append(viewport.voi))
    press(viewport, QPoint(100, 100), RIGHT)
    move(viewport, QPoint(150, 100), RIGHT)
    QApplication.processEvents()
    assert not told
    qtbot.waitUntil(lambda: told == [viewport.voi])
    move(viewport, QPoint(160, 100), RIGHT)
    release(viewport, QPoint(160, 100), RIGHT)
    assert told[1:] == [viewport.voi]


@given(st.lists(st.tuples(st.integers(0, 4000), st.integers(20, 900)), min_size=3, max_size=8))
def test_a_part_is_painted_as_it_lies_on_the_whole_image(windows):
    kept, plain, size = GreyImage(), GreyImage(), (120, 90)
    shown = picture(np.tile(np.linspace(0, 4000, 220).astype(np.uint16), (300, 1)))
    wanted = Wanted(shown, ViewTransform(220, 300, 0.3, 4.0, 2.0), size, Mode.MEAN, smooth=False)
    screen = QImage(*size, QImage.Format.Format_RGB32)
    whole = (0, 0, *size)
    for number, window in enumerate(windows):
        voi = Window(*window)
        part = kept.changed_by(voi, False) if number else whole
        left, top, right, bottom = part
        painter = QPainter(screen)
        painter.setClipRect(left, top, right - left, bottom - top)
        kept.paint(painter, part, wanted, voi, False)
        painter.end()
        assert screen == plain.image(wanted, voi, False)
        plain = GreyImage()
    assert kept.image(wanted, voi, False) == screen
