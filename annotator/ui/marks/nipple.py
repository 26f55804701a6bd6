"""The nipple on a picture: drawn, hit, placed by a click, moved by a drag."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainter, QPainterPath

from annotator.model.finding import Reading
from annotator.model.geometry import ImagePoint, ViewTransform
from annotator.ui import theme
from annotator.ui.marks.painting import stroke
from annotator.ui.marks.tools import Canvas, Gesture, MarkingHost, Preview, Touch
from annotator.ui.pictures.picture import Picture

RADIUS_PX = 9.0
"""Of the ring; in logical pixels at any zoom, larger than the symbol of a mark and open inside."""


def nipple_of(reading: Reading | None, picture: Picture | None) -> ImagePoint | None:
    """Where the reader placed the nipple on a picture; all frames of an image share it."""
    place = None if reading is None or picture is None else reading.nipple_on(picture.info.sop_instance_uid)
    return None if place is None else place.point


def is_near(nipple: ImagePoint | None, point: ImagePoint, reach: float, view: ViewTransform) -> bool:
    """Whether a hand at a point takes hold of the nipple; `reach` in screen pixels."""
    if nipple is None:
        return False
    (x, y), (u, v) = view.to_screen(nipple), view.to_screen(point)
    return math.hypot(u - x, v - y) <= reach


def paint_nipple(painter: QPainter, at: ImagePoint, view: ViewTransform, ratio: float) -> None:
    """A ring with four ticks, blue: no mark looks like it, in colour or shape."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    middle, radius = QPointF(*view.to_screen(at)), RADIUS_PX * ratio
    path = QPainterPath()
    path.addEllipse(middle, radius, radius)
    for across, down in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        way = QPointF(across, down)
        path.moveTo(middle + way * radius * 0.55)
        path.lineTo(middle + way * radius * 1.5)
    stroke(painter, path, theme.ACCENT, 1.4, ratio)


@dataclass(frozen=True)
class NippleTool:
    """A click puts the nipple of the image there; `placed` is called then, to take the former tool in hand."""

    host: MarkingHost
    placed: Callable[[], object]
    hint: str = "click: the nipple of this image is here · Esc: leave it"
    looks: ClassVar[bool] = False

    def gesture(self, canvas: Canvas, press: Touch) -> Gesture:
        """It lies where the hand lets go."""
        picture, touch = canvas.picture, press
        if picture is None:
            return
        while not touch.released:
            touch = yield Preview(nipple=picture.nearest_inside(touch.point))
            if touch.back:
                return
        if picture.holds(touch.point):
            self.host.place_nipple(picture, touch.point)
            self.placed()
