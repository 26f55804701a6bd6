"""Icons of the Lucide set (ISC licence, beside the shapes), drawn in the colours of the theme at any size."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from annotator.ui.theme import TEXT

SHAPES = Path(__file__).with_name("icon_shapes")
SIZES_PX = (16, 24, 40)
"""A body text's height at 100, 150 and 250 %."""


@cache
def icon(name: str, colour: str = TEXT) -> QIcon:
    """The shape `name` as lines of a colour; Qt dims it where it is disabled. Needs the QApplication.

    Raises FileNotFoundError for a shape that is not among `SHAPES`.
    """
    made = QIcon()
    for size in SIZES_PX:
        made.addPixmap(_drawn(name, colour, size))
    return made


def picture(name: str, size: int, ratio: float, colour: str = TEXT) -> QPixmap:
    """A shape for a label: `size` in logical pixels on a screen with `ratio` device pixels for each."""
    pixmap = _drawn(name, colour, round(size * ratio))
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


def _drawn(name: str, colour: str, size: int) -> QPixmap:
    pixmap = QPixmap(QSize(size, size))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    try:
        _shape(name, colour).render(painter, QRectF(0, 0, size, size))
    finally:
        painter.end()
    return pixmap


@cache
def _shape(name: str, colour: str) -> QSvgRenderer:
    drawing = (SHAPES / f"{name}.svg").read_text(encoding="utf-8")
    return QSvgRenderer(QByteArray(drawing.replace("currentColor", colour).encode()))
