"""Puts the words of a picture on its air side, fewer of them where they would cover tissue."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPen

from annotator.imaging.render import Mode
from annotator.model.geometry import ViewTransform
from annotator.model.image import Voi
from annotator.ui import theme
from annotator.ui.corner_text import SIDE_AND_VIEW, Line, Ruler, corner_lines, ruler, text_on_right
from annotator.ui.picture import Picture

MARGIN = 18.0
"""Wider than the strip of slices (stack_strip.WIDTH), so that no word touches it."""
SHADE = QColor(0, 0, 0, 150)
"""Behind the words: nothing on black air, but air is white in an inverted picture without padding."""


@dataclass(frozen=True, slots=True)
class Block:
    """Lines laid out in a rectangle of the viewport, in device pixels."""

    rect: QRectF
    lines: tuple[Line, ...]
    right: bool


def lay_out(
    lines: tuple[Line, ...], size: tuple[int, int], right: bool, at_bottom: bool, ratio: float
) -> Block:
    """A block of text in a corner of a viewport of `size`."""
    width, height = size
    tall = sum(_metrics(line, ratio).height() for line in lines)
    wide = max((_advance(line, ratio) for line in lines), default=0.0)
    left = width - wide - MARGIN * ratio if right else MARGIN * ratio
    top = height - tall - MARGIN * ratio if at_bottom else MARGIN * 0.7 * ratio
    return Block(QRectF(left, top, wide, tall), lines, right)


def paint_block(painter: QPainter, block: Block, ratio: float) -> None:
    """Draw the lines, flush with the edge of the viewport they stand at."""
    y = block.rect.top()
    painter.fillRect(block.rect, SHADE)
    for line in block.lines:
        metrics = _metrics(line, ratio)
        x = block.rect.right() - _advance(line, ratio) if block.right else block.rect.left()
        painter.setFont(_font(line, ratio))
        painter.setPen(QColor(theme.WARNING if line.warning else theme.STRONG if line.title else theme.TEXT))
        painter.drawText(QPointF(x, y + metrics.ascent()), line.text)
        y += metrics.height()


@dataclass(frozen=True)
class Wording:
    """Everything the words depend on."""

    picture: Picture
    view: ViewTransform
    voi: Voi
    mode: Mode
    inverted: bool
    level: int
    size: tuple[int, int]
    ratio: float
    smooth: bool = False

    @cached_property
    def blocks(self) -> tuple[Block, Block]:
        """The upper and the lower block: as much as fits beside the breast; what must be known always."""
        levels = range(self.level, SIDE_AND_VIEW + 1)
        tops, bottoms = zip(*(self._laid_out(level) for level in levels), strict=True)
        top = next((block for block in tops if not self.on_tissue(block.rect)), tops[-1])
        bottom = next((block for block in bottoms if not self.on_tissue(block.rect)), bottoms[-1])
        return top, bottom

    @cached_property
    def places(self) -> tuple[QRectF, ...]:
        """Where words and ruler stand, in device pixels."""
        rects = [block.rect for block in self.blocks]
        if self.level < SIDE_AND_VIEW:
            shown = ruler(self.picture, self.view, self.size[1])
            rects.append(ruler_rect(shown, self.size, text_on_right(self.picture), self.ratio))
        return tuple(rects)

    def on_tissue(self, rect: QRectF) -> bool:
        """Whether a rectangle of the viewport covers some of the breast."""
        if rect.isEmpty():
            return False
        corners = self.view.to_image(rect.left(), rect.top()), self.view.to_image(rect.right(), rect.bottom())
        block = self.picture.levels.coarsest_block
        covered = []
        for places, size in (
            ([c.row for c in corners], self.view.rows),
            ([c.column for c in corners], self.view.columns),
        ):
            if max(places) <= 0 or min(places) >= size:
                return False
            first, last = max(min(places), 0.0), min(max(places), size - 1.0)
            covered.append(slice(int(first) // block, int(last) // block + 1))
        return bool(self.picture.tissue[tuple(covered)].any())

    def paint(self, painter: QPainter) -> None:
        """Lay words and ruler over the picture."""
        for at, layer in self.layers:
            painter.drawImage(at, layer)

    @cached_property
    def layers(self) -> tuple[tuple[QPoint, QImage], ...]:
        """Words and ruler where they stand, drawn once: lettering takes longer than a picture."""
        return tuple(self._layer(place) for place in self.places if not place.isEmpty())

    def _layer(self, place: QRectF) -> tuple[QPoint, QImage]:
        # letters may reach a little beyond what they measure
        spread = place.toAlignedRect().adjusted(-2, -2, 2, 2)
        layer = QImage(spread.size(), QImage.Format.Format_ARGB32_Premultiplied)
        layer.fill(Qt.GlobalColor.transparent)
        painter = QPainter(layer)
        painter.translate(-spread.topLeft())
        self._draw(painter)
        painter.end()
        return spread.topLeft(), layer

    def _draw(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
        for block in self.blocks:
            paint_block(painter, block, self.ratio)
        if self.level < SIDE_AND_VIEW:
            shown = ruler(self.picture, self.view, self.size[1])
            paint_ruler(painter, shown, self.size, text_on_right(self.picture), self.ratio)

    def _laid_out(self, level: int) -> tuple[Block, Block]:
        lines = corner_lines(
            self.picture, self.view, self.voi, self.mode, self.inverted, level, smooth=self.smooth
        )
        right = text_on_right(self.picture)
        return (
            lay_out(lines.top, self.size, right, False, self.ratio),
            lay_out(lines.bottom, self.size, right, True, self.ratio),
        )


def paint_ruler(painter: QPainter, shown: Ruler, size: tuple[int, int], right: bool, ratio: float) -> None:
    """Draw the ruler in the middle of an edge, with five parts."""
    width, height = size
    x = width - MARGIN * ratio if right else MARGIN * ratio
    inward = -1 if right else 1
    top = (height - shown.length) / 2
    painter.fillRect(QRectF(min(x, x + inward * 7 * ratio), top, 7 * ratio, shown.length), SHADE)
    painter.setPen(QPen(QColor(theme.DIM), ratio))
    painter.drawLine(QPointF(x, top), QPointF(x, top + shown.length))
    for part in range(6):
        y = top + shown.length * part / 5
        tick = (6 if part in (0, 5) else 4) * ratio
        painter.drawLine(QPointF(x, y), QPointF(x + inward * tick, y))
    line = Line(shown.text)
    metrics = _metrics(line, ratio)
    painter.setFont(_font(line, ratio))
    wide = _advance(line, ratio)
    words = QRectF(x - wide if right else x, top + shown.length + 2 * ratio, wide, metrics.height())
    painter.fillRect(words, SHADE)
    painter.setPen(QColor(theme.TEXT))
    painter.drawText(QPointF(words.left(), words.top() + metrics.ascent()), shown.text)


def ruler_rect(shown: Ruler, size: tuple[int, int], right: bool, ratio: float) -> QRectF:
    """What `paint_ruler` draws on, in device pixels."""
    width, height = size
    line = Line(shown.text)
    wide = max(_advance(line, ratio), 7 * ratio)
    left = width - MARGIN * ratio - wide if right else MARGIN * ratio
    tall = shown.length + 2 * ratio + _metrics(line, ratio).height()
    return QRectF(left, (height - shown.length) / 2, wide, tall)


def paint_message(painter: QPainter, message: str, size: tuple[int, int], ratio: float) -> None:
    """What an empty viewport says."""
    width, height = size
    painter.fillRect(0, 0, width, height, QColor(theme.BACKGROUND))
    painter.setFont(_font(Line(message), ratio * 1.2))
    painter.setPen(QColor(theme.DIM))
    margin = 20 * ratio
    centred = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
    painter.drawText(QRectF(margin, 0, width - 2 * margin, height), centred, message)


def _font(line: Line, ratio: float) -> QFont:
    return _lettering(line.title, ratio)[0]


def _metrics(line: Line, ratio: float) -> QFontMetricsF:
    return _lettering(line.title, ratio)[1]


@lru_cache(maxsize=512)
def _advance(line: Line, ratio: float) -> float:
    """Width of a line in device pixels; a window drag changes one line of a dozen, and asking Qt takes long."""
    return _metrics(line, ratio).horizontalAdvance(line.text)


@lru_cache
def _lettering(title: bool, ratio: float) -> tuple[QFont, QFontMetricsF]:
    font = QFont()
    font.setPixelSize(round((19 if title else 12) * ratio))
    font.setBold(title)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font, QFontMetricsF(font)
