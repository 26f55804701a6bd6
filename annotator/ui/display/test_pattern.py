"""The program's own test pattern, sent to the screen the way mammograms are, one value a device pixel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QFont, QImage, QPainter

from annotator.model.display import PHOTOMETER_LEVELS

LABEL = "Mammogram Annotator test pattern (synthetic)"
PURPOSE = "shown at 1:1  ·  for labelling and research"

LOOK_FOR = (
    "On all 18 grey patches both bars can be told from the patch, those of black and white too.",
    "The three large squares are even from edge to edge, and their words can be read.",
    "The gradients run without steps, bands or colours.",
    "The lines of one and two pixels are sharp and apart in all four corners and in the middle.",
)

BACKGROUND = 64
BAR_PX = 6
STEP, STEP_AT_ENDS = 5, 3
TILE_PX = 40
SQUARES = (0, 128, 255)
LARGEST_SQUARE = 256

_GAP = 12
_P_PER_LEVEL = 257

Plane = NDArray[np.uint16]


def pattern_values(width: int, height: int) -> Plane:
    """P-values (65,535 is white) of the pattern, shape (height, width); made for 640 x 480 and up.

    18 patches with a brighter and a darker bar of 5 levels (3 next to black and white), three large
    squares, gradients both ways, and pairs of lines of one and two pixels in the corners and the middle.
    """
    p_values = np.full((height, width), BACKGROUND * _P_PER_LEVEL, np.uint16)
    plan = _plan(width, height)
    for corner in plan.line_pairs:
        _paste(p_values, corner, _line_pairs())
    for level, rect in zip(PHOTOMETER_LEVELS, plan.patches, strict=True):
        _paste(p_values, rect.topLeft(), _patch(level, rect.width()))
        _write(p_values, rect.adjusted(0, rect.height() * 3 // 4, 0, 0), str(level), _legible(level))
    for level, rect in zip(SQUARES, plan.squares, strict=True):
        _fill(p_values, rect, level)
        for row, step in enumerate((2, STEP_AT_ENDS, STEP)):
            third = QRect(rect.x(), rect.y() + row * rect.height() // 3, rect.width(), rect.height() // 3)
            _write(p_values, third, f"{step} levels", _away(level, step))
    ramp = np.linspace(0, 65_535, plan.gradient.width()).round().astype(np.uint16)
    half = plan.gradient.height() // 2
    _paste(p_values, plan.gradient.topLeft(), np.broadcast_to(ramp, (half, ramp.size)))
    _paste(
        p_values, plan.gradient.topLeft() + QPoint(0, half), np.broadcast_to(ramp[::-1], (half, ramp.size))
    )
    _write(p_values, plan.label, LABEL, 200)
    _write(p_values, plan.purpose, PURPOSE, 160)
    return p_values


def uniform(level: int, width: int, height: int) -> Plane:
    """P-values of a full field of one level 0..255."""
    return np.full((height, width), level * _P_PER_LEVEL, np.uint16)


@dataclass(frozen=True)
class _Plan:
    patches: list[QRect]
    squares: list[QRect]
    gradient: QRect
    line_pairs: list[QPoint]
    label: QRect
    purpose: QRect


def _plan(width: int, height: int) -> _Plan:
    """Where everything lies: patches in three rows about the middle, squares above, gradients below."""
    block = 2 * TILE_PX
    strip = block + 2 * _GAP
    inner = height - 2 * strip - 4 * _GAP
    bars = min(max(inner // 8, 16), LARGEST_SQUARE // 2)
    square = min(LARGEST_SQUARE, (inner - bars) * 3 // 10)
    side = min((inner - bars - square) // 3 - _GAP, (width - block) // 6 - 2 * _GAP)
    content = square + 3 * (side + _GAP) + _GAP + bars
    squares_at = (height - content) // 2
    top = squares_at + square + _GAP
    apart = min(side // 2, (width - block - 2 * _GAP - 6 * side) // 6)
    patches = []
    for number in range(len(PHOTOMETER_LEVELS)):
        row, column = divmod(number, 6)
        half = column // 3
        x = (width - block) // 2 - _GAP - 3 * side - 2 * apart if half == 0 else (width + block) // 2 + _GAP
        patches.append(QRect(x + (side + apart) * (column % 3), top + row * (side + _GAP), side, side))
    pitch = square * 3 // 2
    left = (width - 2 * pitch - square) // 2
    squares = [QRect(left + n * pitch, squares_at, square, square) for n in range(3)]
    gradient = QRect(2 * _GAP, top + 3 * (side + _GAP), width - 4 * _GAP, bars)
    xs, ys = (_GAP, width - _GAP - block), (_GAP, height - _GAP - block)
    corners = [QPoint(x, y) for y in ys for x in xs]
    middle = QPoint((width - block) // 2, (height - block) // 2)
    words = QRect(strip, _GAP, width - 2 * strip, block)
    return _Plan(
        patches, squares, gradient, [*corners, middle], words, words.translated(0, height - block - 2 * _GAP)
    )


def _line_pairs() -> Plane:
    """Four tiles: upright and level lines of one pixel above, of two pixels below."""
    at = np.arange(TILE_PX)
    tiles = []
    for thick in (1, 2):
        lines = np.where((at // thick) % 2, 65_535, 0).astype(np.uint16)
        upright = np.broadcast_to(lines, (TILE_PX, TILE_PX))
        tiles.append(np.hstack([upright, upright.T]))
    return np.vstack(tiles)


def _patch(level: int, side: int) -> Plane:
    tile = uniform(level, side, side)
    length, top = side // 2, side // 6
    for third, other in enumerate(bar_levels(level), 1):
        left = third * side // 3 - BAR_PX // 2
        tile[top : top + length, left : left + BAR_PX] = other * _P_PER_LEVEL
    return tile


def bar_levels(level: int) -> tuple[int, int]:
    """Levels of the two bars on a patch: 5 darker and brighter; at the ends 3 and 5 away from the end."""
    if level == 0:
        return STEP_AT_ENDS, STEP
    if level == PHOTOMETER_LEVELS[-1]:
        return level - STEP_AT_ENDS, level - STEP
    return level - STEP, level + STEP


def _away(level: int, step: int) -> int:
    return level - step if level > 128 else level + step


def _legible(level: int) -> int:
    return level + 40 if level < 128 else level - 40


def _fill(p_values: Plane, rect: QRect, level: int) -> None:
    _paste(p_values, rect.topLeft(), uniform(level, rect.width(), rect.height()))


def _paste(p_values: Plane, at: QPoint, tile: NDArray[Any]) -> None:
    rows, columns = tile.shape
    p_values[at.y() : at.y() + rows, at.x() : at.x() + columns] = tile


def _write(p_values: Plane, rect: QRect, words: str, level: int) -> None:
    """Words in the middle of a rectangle, in one level without softened edges, as large as they fit."""
    if rect.width() < 4 or rect.height() < 4:
        return
    image = QImage(rect.size(), QImage.Format.Format_Grayscale8)
    image.fill(0)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.TextAntialiasing, False)
    font = QFont(painter.font())
    font.setStyleStrategy(QFont.StyleStrategy.NoAntialias)
    size = max(min(rect.height() * 2 // 3, 28), 6)
    font.setPixelSize(size)
    painter.setFont(font)
    long = painter.fontMetrics().horizontalAdvance(words)
    if long > rect.width():
        font.setPixelSize(max(size * rect.width() // long, 6))
        painter.setFont(font)
    painter.setPen(Qt.GlobalColor.white)
    painter.drawText(image.rect(), Qt.AlignmentFlag.AlignCenter, words)
    painter.end()
    ink = np.frombuffer(image.constBits(), np.uint8).reshape(rect.height(), image.bytesPerLine())
    under = p_values[rect.y() : rect.y() + rect.height(), rect.x() : rect.x() + rect.width()]
    rows, columns = under.shape
    under[ink[:rows, :columns] > 127] = level * _P_PER_LEVEL
