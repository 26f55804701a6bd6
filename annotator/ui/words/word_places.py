"""Puts the words of a picture on its air side: as many as there is air for, the most important first."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from PySide6.QtCore import QRectF

from annotator.ui.words.air_beside import AirBeside
from annotator.ui.words.corner_text import Corners, Line, in_one_line
from annotator.ui.words.orientation_letters import EdgeLetters
from annotator.ui.words.ruler import Ruler
from annotator.ui.words.technique_lines import DIVIDER

MARGIN = 18.0
"""Wider than the strip of slices (stack_strip.WIDTH), so that no word touches it."""
TOP_MARGIN = 12.0
EDGE_GAP = 4.0
TICK = 7.0
MOST_ROWS = 3
"""A line that is too long for the air is divided into at most so many."""
TOGETHER = (12, 6, 4, 3, 2, 1, 0)
"""How many lines that found no room in their corner are tried together in the other."""
ALONG_EDGE = (0.0, -0.1, 0.1, -0.2, 0.2, -0.3, 0.3, -0.4, 0.4, -0.45, 0.45)
"""Where a letter is tried along an edge: from its middle, as shares of its length."""
RULER_ALONG = ALONG_EDGE[:9]
"""Where the ruler is tried; nearer to the corners stand words."""

Size = Callable[[Line], tuple[float, float]]
"""Width and height of a line in device pixels."""
HasRoom = Callable[[QRectF], bool]


@dataclass(frozen=True, slots=True)
class Placed:
    """A line and where it stands, in device pixels."""

    rect: QRectF
    line: Line


@dataclass(frozen=True, slots=True)
class PlacedRuler:
    """A ruler; `bar` is its line with the marks, `words` what stands below it."""

    ruler: Ruler
    bar: QRectF
    words: Placed


@dataclass(frozen=True, slots=True)
class Block:
    """The lines of a corner from top to bottom, and the smallest rectangle around them."""

    rect: QRectF
    rows: tuple[Placed, ...]
    right: bool

    @property
    def lines(self) -> tuple[Line, ...]:
        """What it says; lines that were too long for the air are divided."""
        return tuple(row.line for row in self.rows)


@dataclass(frozen=True, slots=True)
class Places:
    """Everything that stands on the picture."""

    top: Block
    bottom: Block
    ruler: PlacedRuler | None
    letters: tuple[Placed, ...]
    room: QRectF | None
    """For what was asked to be left free, None without or where there is no air for it."""


class _Corner:
    """Lines one after another from a corner inwards."""

    def __init__(self, air: AirBeside, pane: _Pane, *, at_bottom: bool) -> None:
        self._air, self._pane, self._at_bottom = air, pane, at_bottom
        height, ratio = pane.size[1], pane.ratio
        self._edge = height - MARGIN * ratio if at_bottom else TOP_MARGIN * ratio
        self.rows: list[Placed] = []

    def add(self, line: Line, has_room: HasRoom | None = None) -> bool:
        """Put a line beside the last one if it has room there, divided if need be; room is air unless said otherwise."""
        has_room = has_room or self._air.is_free
        for lines in _divided(line):
            rows, edge = self._rows(lines)
            if all(has_room(row.rect) for row in rows):
                for row in rows:
                    self._air.take(row.rect)
                self.rows.extend(rows)
                self._edge = edge
                return True
        return False

    def add_together(self, lines: Sequence[Line]) -> None:
        """As many of the first of these lines as have room, in their order from top to bottom."""
        for count in sorted({min(count, len(lines)) for count in TOGETHER}, reverse=True):
            before = self._air.taken, len(self.rows), self._edge
            together = lines[:count][::-1] if self._at_bottom else lines[:count]
            if all(self.add(line) for line in together):
                return
            self._air.give_back(before[0])
            del self.rows[before[1] :]
            self._edge = before[2]

    def leave(self, wide: float, tall: float) -> QRectF | None:
        """Keep room for something else: beside the title if it is as low, else next in the corner."""
        gap, edge = EDGE_GAP * self._pane.ratio, self._edge
        top = edge - tall - gap if self._at_bottom else edge + gap
        here = QRectF(self._pane.x_of(wide), top, wide, tall)
        first = next(iter(self.rows), None)
        if first is not None and first.line.title and tall <= first.rect.height():
            x = first.rect.left() - 2 * gap - wide if self._pane.right else first.rect.right() + 2 * gap
            beside = QRectF(x, first.rect.center().y() - tall / 2, wide, tall)
            if self._air.is_free(beside):
                self._air.take(beside)
                return beside
        if not self._air.is_free(here):
            return None
        self._air.take(here)
        self._edge = here.top() - gap if self._at_bottom else here.bottom() + gap
        return here

    def block(self) -> Block:
        rows = sorted(self.rows, key=lambda row: row.rect.top())
        around = QRectF()
        for row in rows:
            around = around.united(row.rect)
        return Block(around, tuple(rows), self._pane.right)

    def _rows(self, lines: Sequence[Line]) -> tuple[list[Placed], float]:
        rows, edge = [], self._edge
        for line in reversed(lines) if self._at_bottom else lines:
            wide, tall = self._pane.measure(line)
            top = edge - tall if self._at_bottom else edge
            rows.append(Placed(QRectF(self._pane.x_of(wide), top, wide, tall), line))
            edge = top if self._at_bottom else top + tall
        return rows, edge


@dataclass(frozen=True)
class _Pane:
    size: tuple[int, int]
    ratio: float
    right: bool
    measure: Size

    def x_of(self, wide: float) -> float:
        """Where something that wide begins, flush with the air side."""
        margin = MARGIN * self.ratio
        return self.size[0] - wide - margin if self.right else margin


def lay_out(
    corners: Corners,
    rulers: Sequence[Ruler],
    letters: EdgeLetters,
    air: AirBeside,
    size: tuple[int, int],
    ratio: float,
    right: bool,
    measure: Size,
    room: tuple[float, float] = (0.0, 0.0),
) -> Places:
    """Places for what a pane of `size` is to say, none of them on the breast; `room` wide and high is left free.

    Only what must be known is said there too, in one line, where no air is left for it. The order is: what must be
    known, how large the picture is, ruler, letters, and the rest from the corners inwards; what has no room in
    its own corner takes that of the other.
    """
    pane = _Pane(size, ratio, right, measure)
    top = _Corner(air, pane, at_bottom=False)
    bottom = _Corner(air, pane, at_bottom=True)
    must = [line for line in corners.top if line.stays]
    _add_all(top, bottom, must, air)
    free = (top.leave(*room) or bottom.leave(*room)) if min(room) > 0 else None
    upwards = corners.bottom[::-1]
    _left_over(bottom, upwards[:1])
    ruler = _put_ruler(rulers, air, pane)
    placed = tuple(_put_letters(letters, ruler, air, pane))
    rest_top = _left_over(top, [line for line in corners.top if not line.stays])
    rest_bottom = _left_over(bottom, upwards[1:])
    bottom.add_together(rest_top)
    top.add_together(rest_bottom)
    return Places(top.block(), bottom.block(), ruler, placed, free)


def _add_all(top: _Corner, bottom: _Corner, must: Sequence[Line], air: AirBeside) -> None:
    """Every line a row of its own while there is air; then one line for the rest, on the breast only if it must."""
    missing = list(must)
    while missing and top.add(missing[0]):
        del missing[0]
    if missing:
        line = in_one_line(missing)
        for has_room in (air.is_free, partial(air.is_free, roughly=True)):
            if top.add(line, has_room) or bottom.add(line, has_room):
                return
        top.add(line, air.is_inside)


def _left_over(corner: _Corner, lines: Iterable[Line]) -> list[Line]:
    return [line for line in lines if not corner.add(line)]


def _divided(line: Line) -> Iterable[list[Line]]:
    """A line as it is, then in two and in three rows, divided between its parts, else between words.

    What must be known is divided between its parts only: side and view stand together.
    """
    yield [line]
    divider = DIVIDER if line.stays or DIVIDER in line.text else " "
    parts = line.text.split(divider)
    most = MOST_ROWS if divider == DIVIDER else 2
    for rows in range(2, min(len(parts), most) + 1):
        cuts = [round(row * len(parts) / rows) for row in range(rows + 1)]
        yield [replace(line, text=divider.join(parts[begin:end])) for begin, end in itertools.pairwise(cuts)]


def _put_ruler(rulers: Sequence[Ruler], air: AirBeside, pane: _Pane) -> PlacedRuler | None:
    """The longest ruler there is room for at the air side, as near to its middle as can be."""
    height, tick, below = pane.size[1], TICK * pane.ratio, 2 * pane.ratio
    said = [(ruler, ruler.text) for ruler in rulers] + [(ruler, ruler.short) for ruler in rulers]
    # a view of a part may have air at its other side only
    sides = (pane, replace(pane, right=not pane.right))
    rooms: tuple[HasRoom, ...] = (air.is_free, partial(air.is_free, roughly=True))
    for is_free, side, (ruler, text), share in itertools.product(rooms, sides, said, RULER_ALONG):
        wide, tall = pane.measure(Line(text))
        top = height * (0.5 + share) - ruler.length / 2
        bar = QRectF(side.x_of(tick), top, tick, ruler.length)
        words = QRectF(side.x_of(wide), bar.bottom() + below, wide, tall)
        if is_free(bar) and is_free(words):
            air.take(bar)
            air.take(words)
            return PlacedRuler(ruler, bar, Placed(words, Line(text)))
    return None


def _put_letters(
    letters: EdgeLetters, ruler: PlacedRuler | None, air: AirBeside, pane: _Pane
) -> Iterable[Placed]:
    """A letter at each edge, as near to its middle as there is air; at the air side above the ruler."""
    width, height = pane.size
    gap, margin = EDGE_GAP * pane.ratio, MARGIN * pane.ratio
    for edge in ("left", "right", "top", "bottom"):
        text = getattr(letters, edge)
        line = Line(text, letter=True)
        wide, tall = pane.measure(line)
        across = [width * (0.5 + share) - wide / 2 for share in ALONG_EDGE]
        down = [height * (0.5 + share) - tall / 2 for share in ALONG_EDGE]
        if edge in ("top", "bottom"):
            y = gap if edge == "top" else height - tall - gap
            tried = [QRectF(x, y, wide, tall) for x in across]
        elif (edge == "right") == pane.right:
            above = [] if ruler is None else [ruler.bar.top() - tall - gap]
            x = width - wide - margin if pane.right else margin
            tried = [QRectF(x, y, wide, tall) for y in (*above, *down)]
        else:
            tried = [QRectF(gap if edge == "left" else width - wide - gap, y, wide, tall) for y in down]
        free = (
            rect for roughly in (False, True) for rect in tried if text and air.is_free(rect, roughly=roughly)
        )
        rect = next(free, None)
        if rect is not None:
            air.take(rect)
            yield Placed(rect, line)
