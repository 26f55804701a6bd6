"""The quick picture while the view moves, and the exact one after it."""

from __future__ import annotations

import numpy as np
import pytest
from hands import MIDDLE, NONE, RIGHT, move, press, release, wheel
from pictures import breast, middle, picture, reading_with
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF
from PySide6.QtWidgets import QApplication
from test_viewport import pixels

from annotator.imaging.grayscale import display_lut
from annotator.imaging.render import Mode, render_moving, render_values, shade
from annotator.model.geometry import ImagePoint
from annotator.ui.pictures import grey_image


@pytest.fixture
def viewport(viewport):
    viewport.show_picture(picture(breast(1500, 1100)))
    viewport.set_mode(Mode.SPECK_TRUE)
    return viewport


class Paints(QObject):
    """Counts the paint events of a widget."""

    def __init__(self, widget):
        super().__init__(widget)
        self.count = 0
        widget.installEventFilter(self)

    def eventFilter(self, _widget, event):
        self.count += event.type() == QEvent.Type.Paint
        return False


def shown(viewport):
    return pixels(viewport)[60:, :, 1]


def expected(viewport, *, moving):
    levels, size = viewport.picture.levels, (500, 400)
    view = viewport.view
    if moving:
        values, view = render_moving(levels, view, *size, viewport.mode, outside=0)
    else:
        values = render_values(levels, view, *size, viewport.mode, outside=0)
    return shade(values, display_lut(viewport.picture.info, viewport.voi), view)[60:]


def test_a_picture_is_exact_at_once_and_after_a_movement_soon(viewport, qtbot):
    assert not viewport.moving
    assert (shown(viewport) == expected(viewport, moving=False)).all()
    wheel(viewport, QPoint(250, 200), 120)
    assert viewport.moving
    quick = shown(viewport)
    assert (quick == expected(viewport, moving=True)).all()
    exact = expected(viewport, moving=False)
    assert (quick != exact).any()
    qtbot.waitUntil(lambda: not viewport.moving)
    assert (shown(viewport) == exact).all()


def test_every_movement_puts_the_exact_picture_off(viewport, qtbot):
    press(viewport, QPoint(250, 200), MIDDLE)
    move(viewport, QPoint(260, 200), MIDDLE)
    timer = viewport._settling
    qtbot.wait(timer.interval() // 2)
    left = timer.remainingTime()
    move(viewport, QPoint(270, 200), MIDDLE)
    assert timer.remainingTime() > left
    assert viewport.moving
    release(viewport, QPoint(270, 200), MIDDLE)
    qtbot.waitUntil(lambda: not viewport.moving)
    assert not timer.isActive()


def test_at_one_to_one_nothing_is_made_twice(viewport, monkeypatch):
    viewport.one_to_one()
    viewport.pan(-10, -10)
    pixels(viewport)
    made = []
    monkeypatch.setattr(grey_image, "render_values", lambda *a, **k: made.append(a) or render_values(*a, **k))
    viewport.settle()
    assert (shown(viewport) == expected(viewport, moving=False)).all()
    assert not made


def test_many_events_make_one_picture(viewport):
    QApplication.processEvents()
    paints = Paints(viewport)
    press(viewport, QPoint(100, 100), RIGHT)
    for x in range(110, 200, 10):
        move(viewport, QPoint(x, 100), RIGHT)
    for _ in range(5):
        wheel(viewport, QPoint(250, 200), 40)
    assert paints.count == 0
    QApplication.processEvents()
    assert paints.count == 1
    release(viewport, QPoint(200, 100), RIGHT)


def test_a_mark_under_the_pointer_costs_no_new_picture(viewport, monkeypatch):
    point = ImagePoint(900.0, 750.0)
    viewport.set_reading(reading_with(viewport.picture, [point]))
    pixels(viewport)
    made = []
    for name in ("render_values", "render_moving"):
        monkeypatch.setattr(grey_image, name, lambda *a, **k: made.append(a))
    monkeypatch.setattr(grey_image.cv2, "LUT", lambda *a, **k: made.append(a))
    said, paints = [], Paints(viewport)
    viewport.mark_hovered.connect(said.append)
    move(viewport, viewport.widget_position(point).toPoint(), NONE)
    QApplication.processEvents()
    assert said
    assert paints.count == 1
    assert not made


@pytest.mark.parametrize("pan", [(0.0, 0.0), (0.5, 0.0), (0.37, -0.81), (3.25, 2.5)])
def test_marks_keep_to_their_pixels_from_the_quick_picture_to_the_exact_one(viewport, pan):
    """A bright square and the view its mark is drawn with, half a screen pixel apart at most."""
    frame = np.zeros((1500, 1100), np.uint16)
    frame[600:660, 500:560] = 4000
    viewport.show_picture(picture(frame))
    viewport.zoom_by(1.3, QPointF(250, 200))
    viewport.pan(*pan)
    center = ImagePoint(530.0, 630.0)
    viewport.center_on(center)
    viewport.pan(*pan)
    places = []
    for moving in (True, False):
        assert viewport.moving == moving
        image = pixels(viewport)[60:, :, 1].astype(float)
        rows, columns = np.indices(image.shape) + 0.5
        seen = (image * columns).sum() / image.sum(), (image * rows).sum() / image.sum() + 60
        drawn = viewport._grey.shown.to_screen(center)
        assert seen == pytest.approx(drawn, abs=0.25)
        places.append(drawn)
        viewport.settle()
    assert places[0] == pytest.approx(places[1], abs=0.51)


def test_another_frame_of_a_stack_is_shown_quickly_first(viewport, qtbot):
    viewport.show_picture(picture(breast(1500, 1100), frames=9, sop_instance_uid="2.25.9"))
    assert not viewport.moving
    viewport.show_picture(picture(breast(1500, 1100), frames=9, sop_instance_uid="2.25.9", frame_number=2))
    assert viewport.moving
    qtbot.waitUntil(lambda: not viewport.moving)


def test_smooth_and_squares_are_the_same_at_one_to_one_only(viewport):
    viewport.one_to_one()
    viewport.center_on(middle(viewport.picture))
    squares = shown(viewport)
    viewport.set_smooth(True)
    assert (shown(viewport) == squares).all()
    viewport.zoom_by(4, QPointF(250, 200))
    smooth = shown(viewport)
    viewport.set_smooth(False)
    squares = shown(viewport)
    assert (squares != smooth).mean() > 0.5
    view = viewport.view
    table = display_lut(viewport.picture.info, viewport.voi)
    for y, x in ((100, 100), (201, 333), (333, 12)):
        point = view.to_image(x + 0.5, y + 0.5)
        stored = viewport.picture.frame[int(point.row), int(point.column)]
        assert squares[y - 60, x] == table[stored]
