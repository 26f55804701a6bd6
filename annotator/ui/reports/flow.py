"""Text and pictures set line by line on pages: what has to stay together does, what is too long goes on overleaf."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPen, QTextLayout, QTextOption

RESOLUTION = 600
"""Dots an inch in which everything is set; text stays text at any."""
POINT = RESOLUTION / 72
MM = RESOLUTION / 25.4

FAMILIES = ("Segoe UI", "Helvetica Neue", "Arial", "Noto Sans", "Liberation Sans", "DejaVu Sans")
INK, QUIET, LINE = QColor("#17202b"), QColor("#525d6b"), QColor("#cfd6df")
ACCENT, WARNING, WARM = QColor("#1b5a86"), QColor("#8a2a0b"), QColor("#fdf1ec")

LEADING = 1.12

Paint = Callable[[QPainter, float, float], None]
"""Draws a strip with its left upper corner at a place."""


class Style(NamedTuple):
    """How a text is set: size in points, colour, bold, italic."""

    size: float
    colour: QColor = INK
    bold: bool = False
    italic: bool = False

    @property
    def font(self) -> QFont:
        """The font, embedded wherever it is used."""
        font = QFont()
        font.setFamilies(list(FAMILIES))
        font.setPixelSize(round(self.size * POINT))
        font.setBold(self.bold)
        font.setItalic(self.italic)
        font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
        return font


BODY, SMALL, TINY = Style(8.0), Style(7.2, QUIET), Style(6.4, QUIET)
HEAD, SECTION, BIG = Style(7.2, QUIET, bold=True), Style(11.5, bold=True), Style(15, bold=True)
CATEGORY, UNSAID = Style(12.5, bold=True), Style(8.0, QUIET, italic=True)


@dataclass(frozen=True)
class Strip:
    """Something as high as one line, or a picture: never divided. `keep`: on one page with what follows."""

    height: float
    paint: Paint
    keep: bool = False
    new_page: bool = False


class Cell(NamedTuple):
    """A text at a place of the line, both in device units."""

    left: float
    width: float
    text: str
    style: Style


class SetText:
    """A text broken into lines of a width."""

    def __init__(self, text: str, style: Style, width: float) -> None:
        self._layout = QTextLayout(text.replace("\n", "\u2028"), style.font)
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self._layout.setTextOption(option)
        self._pen = QPen(style.colour)
        self._layout.beginLayout()
        while (line := self._layout.createLine()).isValid():
            line.setLineWidth(width)
        self._layout.endLayout()
        self.heights = [
            self._layout.lineAt(place).height() * LEADING for place in range(self._layout.lineCount())
        ]

    @property
    def height(self) -> float:
        """Of all lines together."""
        return sum(self.heights)

    @property
    def width(self) -> float:
        """Of the longest line."""
        return max(
            (self._layout.lineAt(at).naturalTextWidth() for at in range(self._layout.lineCount())),
            default=0.0,
        )

    def draw_line(self, painter: QPainter, place: int, x: float, y: float) -> None:
        """Draw one line with its left upper corner at (x, y)."""
        painter.setPen(self._pen)
        self._layout.lineAt(place).draw(painter, QPointF(x, y))

    def draw(self, painter: QPainter, x: float, y: float) -> None:
        """Draw all of it."""
        for place, height in enumerate(self.heights):
            self.draw_line(painter, place, x, y)
            y += height


def lines(cells: Sequence[Cell], *, keep: bool = False) -> Iterator[Strip]:
    """Texts side by side, one strip for each line of the longest; `keep`: with what follows."""
    texts = [(cell.left, SetText(cell.text, cell.style, cell.width)) for cell in cells if cell.text]
    count = max((len(text.heights) for _, text in texts), default=0)
    for place in range(count):
        here = [(left, text) for left, text in texts if place < len(text.heights)]

        def paint(
            painter: QPainter,
            x: float,
            y: float,
            here: list[tuple[float, SetText]] = here,
            place: int = place,
        ) -> None:
            for left, text in here:
                text.draw_line(painter, place, x + left, y)

        height = max(text.heights[place] for _, text in here)
        # no line of two or three stays alone on its page
        yield Strip(height, paint, keep or place == 0 < count - 1 or place == count - 2 > 0)


def gap(height: float, *, keep: bool = False) -> Strip:
    """Nothing, so many device units of it."""
    return Strip(height, lambda _painter, _x, _y: None, keep)


def rule(width: float, colour: QColor = LINE, thickness: float = 0.5) -> Strip:
    """A thin line across."""

    def paint(painter: QPainter, x: float, y: float) -> None:
        painter.fillRect(QRectF(x, y, width, thickness * POINT), colour)

    return Strip((thickness + 1.6) * POINT, paint)


def kept(strips: Iterable[Strip]) -> list[Strip]:
    """All of them on one page with what follows."""
    return [replace(strip, keep=True) for strip in strips]


def boxed(
    strips: Iterable[Strip], left: float, width: float, colour: QColor, fill: QColor | None = None
) -> list[Strip]:
    """The strips with a line beside each of them, and the ground under them."""

    def with_side(strip: Strip) -> Strip:
        def paint(painter: QPainter, x: float, y: float) -> None:
            if fill is not None:
                painter.fillRect(QRectF(x + left, y, width, strip.height + 1), fill)
            painter.fillRect(QRectF(x + left, y, 1.6 * POINT, strip.height + 1), colour)
            strip.paint(painter, x, y)

        return replace(strip, paint=paint)

    return [with_side(strip) for strip in strips]


def frame(painter: QPainter, area: QRectF, colour: QColor, thickness: float) -> None:
    """A rectangle of that line around an area."""
    painter.setPen(
        QPen(
            colour,
            thickness * POINT,
            Qt.PenStyle.SolidLine,
            Qt.PenCapStyle.FlatCap,
            Qt.PenJoinStyle.MiterJoin,
        )
    )
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(area)


def pictured(pictures: Sequence[tuple[QImage, str]], width: float, highest: float) -> Strip:
    """Pictures beside each other with their captions below, as one strip."""
    apart = 3 * MM
    room = (width - apart * (len(pictures) - 1)) / len(pictures)
    placed = []
    left = 0.0
    for image, caption in pictures:
        scale = min(room / max(image.width(), 1), highest / max(image.height(), 1))
        size = image.width() * scale, image.height() * scale
        placed.append((left, size, image, SetText(caption, TINY, room)))
        left += room + apart
    top = max(size[1] for _, size, _, _ in placed)
    height = top + POINT * 2 + max(text.height for *_, text in placed)

    def paint(painter: QPainter, x: float, y: float) -> None:
        for left, size, image, text in placed:
            painter.drawImage(QRectF(x + left, y, *size), image)
            text.draw(painter, x + left, y + top + POINT * 2)

    return Strip(height + POINT * 2, paint)


def paginated(strips: Iterable[Strip], height: float) -> list[list[tuple[float, Strip]]]:
    """Pages of (place from the top, strip). What is kept together is divided only where no page could hold it."""
    pages: list[list[tuple[float, Strip]]] = [[]]
    used = 0.0
    for chain in _chains(strips):
        whole = sum(strip.height for strip in chain)
        if pages[-1] and (chain[0].new_page or (used + whole > height and whole <= height)):
            pages.append([])
            used = 0.0
        for strip in chain:
            if pages[-1] and used + strip.height > height:
                pages.append([])
                used = 0.0
            pages[-1].append((used, strip))
            used += strip.height
    return pages


def _chains(strips: Iterable[Strip]) -> Iterator[list[Strip]]:
    """Strips that stay together."""
    chain: list[Strip] = []
    for strip in strips:
        if strip.new_page and chain:
            yield chain
            chain = []
        chain.append(strip)
        if not strip.keep:
            yield chain
            chain = []
    if chain:
        yield chain
