"""Paints words, ruler and letters over a picture: lettered once, laid on as images."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPen

from annotator.imaging.render import Mode
from annotator.model.geometry import ViewTransform
from annotator.model.image import Voi
from annotator.ui import theme
from annotator.ui.pictures.picture import Picture
from annotator.ui.words.air_beside import AirBeside
from annotator.ui.words.corner_text import (
    NOTHING_BESIDE,
    SIDE_AND_VIEW,
    Beside,
    Line,
    corner_lines,
    text_on_right,
)
from annotator.ui.words.orientation_letters import EdgeLetters, edge_letters
from annotator.ui.words.ruler import rulers
from annotator.ui.words.word_places import Block, Placed, PlacedRuler, Places, lay_out

SHADE = QColor(0, 0, 0, 215)
"""Behind the words: nothing on black air, but air is white in an inverted picture without padding.

Dark enough for every colour of words to keep theme.MINIMUM_CONTRAST on white.
"""
SMALLEST_PX, LARGEST_PX, PANE_PER_PX = 12, 16, 95
"""Lettering is 12 logical pixels high, larger in panes of more than 95 times that, up to 16."""
TITLE_TIMES = 1.6
NARROW_PX = 320
"""Panes less wide, in logical pixels, say only what a reader needs to know which image this is."""
LINES_KEPT = 256
"""Lines kept as images, some 10 kB each: those of twelve panes, and what changes in them while a window is dragged.
Each exam adds one at least, its patient's."""


@dataclass(frozen=True)
class Wording:
    """Everything the words depend on; `room`, wide and high in device pixels, is left free beside them."""

    picture: Picture
    view: ViewTransform
    voi: Voi
    mode: Mode
    inverted: bool
    level: int
    size: tuple[int, int]
    ratio: float
    smooth: bool = False
    beside: Beside = NOTHING_BESIDE
    room: tuple[float, float] = (0.0, 0.0)

    @property
    def blocks(self) -> tuple[Block, Block]:
        """The upper and the lower block: as much as fits beside the breast; what must be known always."""
        return self.put.top, self.put.bottom

    @cached_property
    def put(self) -> Places:
        """Where everything stands."""
        corners = corner_lines(
            self.picture,
            self.view,
            self.voi,
            self.mode,
            self.inverted,
            self.level,
            smooth=self.smooth,
            beside=self.beside,
            narrow=self.size[0] < NARROW_PX * self.ratio,
        )
        more = self.level < SIDE_AND_VIEW
        turn = self.picture.orientation
        px = self._px
        return lay_out(
            corners,
            rulers(self.picture, self.view, self.size[1]) if more else (),
            edge_letters(self.picture.info.patient_orientation, turn) if more else EdgeLetters(),
            self.air(),
            self.size,
            self.ratio,
            text_on_right(self.picture),
            lambda line: (
                _advance(line, px),
                _lettering(line.title, line.warning or line.letter, px)[1].height(),
            ),
            self.room,
        )

    @cached_property
    def places(self) -> tuple[QRectF, ...]:
        """Where words, ruler and letters stand, in device pixels."""
        put = self.put
        ruler = [] if put.ruler is None else [put.ruler.bar, put.ruler.words.rect]
        return (put.top.rect, put.bottom.rect, *ruler, *(letter.rect for letter in put.letters))

    def air(self) -> AirBeside:
        """The room beside the breast, as if nothing stood there."""
        return AirBeside(self.picture, self.view, self.size, self.ratio)

    def on_tissue(self, rect: QRectF) -> bool:
        """Whether a rectangle of the viewport covers some of the breast."""
        return not rect.isEmpty() and self.air().on_tissue(rect)

    def reaches(self, part: QRectF) -> bool:
        """Whether words, ruler or letters stand in a part of the viewport."""
        return any(place.intersects(part) for place in self.places)

    def paint(self, painter: QPainter) -> None:
        """Lay words, ruler and letters over the picture."""
        for at, layer in self.layers:
            painter.drawImage(at, layer)

    @cached_property
    def layers(self) -> tuple[tuple[QPoint, QImage], ...]:
        """Words, ruler and letters where they stand, drawn once: lettering takes longer than a picture."""
        put = self.put
        words = [*put.top.rows, *put.bottom.rows, *put.letters]
        drawn = []
        if put.ruler is not None:
            words.append(put.ruler.words)
            drawn.append(_bar_image(put.ruler, text_on_right(self.picture), self.ratio))
        return (*(_placed_image(word, self._px) for word in words), *drawn)

    @property
    def _px(self) -> int:
        """Height of the lettering in device pixels."""
        logical = self.size[1] / self.ratio / PANE_PER_PX
        return round(min(max(logical, SMALLEST_PX), LARGEST_PX) * self.ratio)


def _placed_image(word: Placed, px: int) -> tuple[QPoint, QImage]:
    """A line's image, its upper left corner on a whole pixel."""
    return word.rect.topLeft().toPoint(), _lettered(word.line, px)


@lru_cache(maxsize=LINES_KEPT)
def _lettered(line: Line, px: int) -> QImage:
    """A line on its ground. A window drag changes one line of two dozen, a view that moves one more."""
    font, metrics = _lettering(line.title, line.warning or line.letter, px)
    size = QSize(math.ceil(_advance(line, px)), math.ceil(metrics.height()))
    image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(SHADE)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
    painter.setFont(font)
    painter.setPen(QColor(colour_of(line)))
    painter.drawText(QPointF(0, metrics.ascent()), line.text)
    painter.end()
    return image


def colour_of(line: Line) -> str:
    """The colour of a line: warnings are bold and in capitals too, for those who do not tell red from grey."""
    return theme.WARNING if line.warning else theme.STRONG if line.title or line.letter else theme.TEXT


def _bar_image(placed: PlacedRuler, right: bool, ratio: float) -> tuple[QPoint, QImage]:
    """The line of a ruler with its marks, at the edge of the pane."""
    spread = placed.bar.toAlignedRect().adjusted(0, -1, 0, 1)
    image = QImage(spread.size(), QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(SHADE)
    painter = QPainter(image)
    painter.translate(-spread.topLeft())
    painter.setPen(QPen(QColor(theme.TEXT), max(1.0, round(ratio))))
    bar, parts = placed.bar, placed.ruler.parts
    x, inward = (bar.right() - ratio, -1) if right else (bar.left() + ratio / 2, 1)
    painter.drawLine(QPointF(x, bar.top()), QPointF(x, bar.bottom()))
    for part in range(parts + 1):
        y = bar.top() + bar.height() * part / parts
        tick = (6 if part in (0, parts) else 4) * ratio
        painter.drawLine(QPointF(x, y), QPointF(x + inward * tick, y))
    painter.end()
    return spread.topLeft(), image


def paint_message(painter: QPainter, message: str, size: tuple[int, int], ratio: float) -> None:
    """What an empty viewport says."""
    width, height = size
    painter.fillRect(0, 0, width, height, QColor(theme.BACKGROUND))
    painter.setFont(_lettering(False, False, round(1.2 * SMALLEST_PX * ratio))[0])
    painter.setPen(QColor(theme.DIM))
    margin = 20 * ratio
    centred = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
    painter.drawText(QRectF(margin, 0, width - 2 * margin, height), centred, message)


@lru_cache(maxsize=1024)
def _advance(line: Line, px: int) -> float:
    """Width of a line in device pixels; asking Qt takes long."""
    return _lettering(line.title, line.warning or line.letter, px)[1].horizontalAdvance(line.text)


@lru_cache(maxsize=64)
def _lettering(title: bool, bold: bool, px: int) -> tuple[QFont, QFontMetricsF]:
    font = QFont()
    font.setPixelSize(round(px * TITLE_TIMES) if title else px)
    font.setBold(title or bold)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font, QFontMetricsF(font)
