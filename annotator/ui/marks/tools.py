"""What the left hand button does on an image. A gesture is a generator and reads top to bottom.

It is started with the press and yields what to draw meanwhile; each `yield` returns where the hand is
next, until `Touch.released`. Closing the generator cancels the gesture: acts happen only at its end.
Tools know an image and a host that makes acts; they know neither widgets nor the database.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from annotator.imaging.grayscale import dragged_window
from annotator.model.finding import Reading
from annotator.model.geometry import ImagePoint
from annotator.model.image import Voi
from annotator.model.mark import MarkKind
from annotator.ui.marks.hit_test import marks_inside
from annotator.ui.pictures.picture import Picture

SMALLEST_LASSO_PX2 = 40.0
LASSO_STEP_PX = 2.0
STRETCH_PX = 60.0
"""What one right click takes back of a line, in logical pixels: about a finger's breadth."""


@dataclass(frozen=True, slots=True)
class Touch:
    """Where the hand is: on the stored image, and on the screen in device pixels.

    `extend` (Shift) selects, or adds to a selection; `force` (Alt) marks whatever is there. `back`: the
    right button was pressed meanwhile, which takes back the last stretch of a line.
    """

    point: ImagePoint
    x: float
    y: float
    released: bool = False
    extend: bool = False
    force: bool = False
    back: bool = False


@dataclass(frozen=True, slots=True)
class Preview:
    """What to draw while a gesture lasts: a stroke, or a mark of `kind` on its way to `spot`, or the nipple on its."""

    outline: tuple[ImagePoint, ...] = ()
    spot: ImagePoint | None = None
    kind: MarkKind | None = None
    moving_mark: str | None = None
    nipple: ImagePoint | None = None


Gesture = Generator[Preview | None, Touch, None]


class MarkingHost(Protocol):
    """Makes acts on the reading; the reading session is one."""

    @property
    def reading(self) -> Reading: ...
    @property
    def current_finding_id(self) -> str | None: ...
    @property
    def selected_marks(self) -> frozenset[str]: ...

    def mark_spot(
        self, picture: Picture, point: ImagePoint, kind: MarkKind, radius_px: float, *, force: bool = False
    ) -> None: ...
    def is_second_click(self, picture: Picture, point: ImagePoint, reach_px: float) -> bool: ...
    def take_next_spot(self, picture: Picture) -> None: ...
    def move_mark(self, picture: Picture, mark_id: str, point: ImagePoint) -> None: ...
    def lasso(self, picture: Picture, outline: tuple[ImagePoint, ...]) -> None: ...
    def select_marks(self, mark_ids: frozenset[str]) -> None: ...
    def select_cluster(self, cluster_id: str) -> None: ...
    def place_nipple(self, picture: Picture, point: ImagePoint) -> None: ...


class Canvas(Protocol):
    """The viewport as a gesture sees it. `reach_px`: one deviation of a hand that aims, in image pixels."""

    @property
    def picture(self) -> Picture | None: ...
    @property
    def reach_px(self) -> float: ...
    @property
    def ratio(self) -> float: ...
    @property
    def voi(self) -> Voi | None: ...

    def mark_at(self, point: ImagePoint) -> str | None: ...
    def outline_at(self, point: ImagePoint) -> str | None: ...
    def nipple_at(self, point: ImagePoint) -> bool: ...
    def choose_candidate(self, point: ImagePoint) -> bool: ...
    def is_drag(self, start: Touch, now: Touch) -> bool: ...
    def pan(self, dx: float, dy: float) -> None: ...
    def set_voi(self, voi: Voi) -> None: ...


class Tool(Protocol):
    """One meaning of the left button. `hint` says what the next click does; `looks` that it makes nothing."""

    @property
    def hint(self) -> str: ...
    @property
    def looks(self) -> bool: ...

    def gesture(self, canvas: Canvas, press: Touch) -> Gesture: ...


@dataclass(frozen=True)
class MarkTool:
    """Click: mark the spot that is there. Drag: outline a cluster, or with Shift select what lies inside.

    A second click at once: the mark takes the next best spot instead. On a mark: select it, or move it; a drag moves
    the nipple too. A click on the line of a cluster selects that.
    """

    host: MarkingHost
    kind: MarkKind
    looks: ClassVar[bool] = False

    @property
    def hint(self) -> str:
        """For the status line."""
        return f"click: mark {self.kind}, snaps to the spot · drag: outline a cluster · Shift+drag: select"

    def gesture(self, canvas: Canvas, press: Touch) -> Gesture:
        """Select or move when a mark was hit (not with Alt), else mark or lasso."""
        picture = canvas.picture
        if picture is None:
            return
        plain = not (press.force or press.extend)
        again = plain and self.host.is_second_click(picture, press.point, canvas.reach_px)
        hit = None if press.force else canvas.mark_at(press.point)
        if hit is not None:
            if (yield from _select_or_move(self.host, canvas, picture, press, hit)) and again:
                self.host.take_next_spot(picture)
            return
        if not (again or press.extend) and canvas.nipple_at(press.point):
            if (yield from _only_clicked_on_nipple(self.host, canvas, picture, press)):
                # calcifications lie behind it too
                self._click(canvas, picture, press)
            return
        stroke = yield from _stroke(canvas, press)
        if stroke is None:
            return
        if not stroke and again:
            self.host.take_next_spot(picture)
        elif not stroke:
            self._click(canvas, picture, press)
        elif press.extend:
            self.host.select_marks(_marks_inside(self.host.reading, picture, stroke))
        elif _screen_area(stroke) >= SMALLEST_LASSO_PX2:
            self.host.lasso(picture, tuple(picture.nearest_inside(touch.point) for touch in stroke))

    def _click(self, canvas: Canvas, picture: Picture, press: Touch) -> None:
        line = None if press.force else canvas.outline_at(press.point)
        if line is not None:
            self.host.select_cluster(line)
        elif picture.holds(press.point):
            self.host.mark_spot(picture, press.point, self.kind, canvas.reach_px, force=press.force)


@dataclass(frozen=True)
class SelectTool:
    """Click: select a mark, a cluster by its line, or none. Drag: select what lies inside; on a mark: move it."""

    host: MarkingHost
    looks: ClassVar[bool] = False

    @property
    def hint(self) -> str:
        """For the status line."""
        return "click: select a mark, or a cluster by its line · drag: select what lies inside"

    def gesture(self, canvas: Canvas, press: Touch) -> Gesture:
        """Nothing is made by it except the move of a mark."""
        picture = canvas.picture
        if picture is None:
            return
        hit = canvas.mark_at(press.point)
        if hit is not None:
            yield from _select_or_move(self.host, canvas, picture, press, hit)
            return
        if not press.extend and canvas.nipple_at(press.point):
            yield from _only_clicked_on_nipple(self.host, canvas, picture, press)
            return
        stroke = yield from _stroke(canvas, press)
        if stroke is None:
            return
        if not stroke and not press.extend and canvas.choose_candidate(press.point):
            return
        line = None if stroke or press.extend else canvas.outline_at(press.point)
        if line is not None:
            self.host.select_cluster(line)
            return
        chosen = _marks_inside(self.host.reading, picture, stroke)
        self.host.select_marks(chosen | self.host.selected_marks if press.extend else chosen)


@dataclass(frozen=True)
class PanTool:
    """Drag: shift the picture."""

    hint: str = "drag: shift the picture"
    looks: ClassVar[bool] = True

    def gesture(self, canvas: Canvas, press: Touch) -> Gesture:
        """The picture follows the hand."""
        last = press
        while not last.released:
            touch = yield None
            if touch.back:
                return
            canvas.pan(touch.x - last.x, touch.y - last.y)
            last = touch


@dataclass(frozen=True)
class LookTool:
    """Drag: the window, or the picture follows the hand. Click: select a mark, a cluster by its line, or none."""

    host: MarkingHost | None
    drags_window: bool
    looks: ClassVar[bool] = True

    @property
    def hint(self) -> str:
        """For the status line."""
        return f"drag: {'window' if self.drags_window else 'shift the picture'} · click: select a mark"

    def gesture(self, canvas: Canvas, press: Touch) -> Gesture:
        """A drag given up leaves the window as it was."""
        voi, ended = canvas.voi, False
        touch, dragged = press, False
        try:
            while not touch.released:
                before, touch = touch, (yield None)
                if touch.back:
                    return
                if dragged or canvas.is_drag(press, touch):
                    self._drag(canvas, voi, press, before if dragged else press, touch)
                    dragged = True
            ended = True
        finally:
            if not ended and voi is not None and self.drags_window:
                canvas.set_voi(voi)
        if not dragged and self.host is not None:
            _select(self.host, canvas, press)

    def _drag(self, canvas: Canvas, voi: Voi | None, press: Touch, before: Touch, now: Touch) -> None:
        if not self.drags_window:
            canvas.pan(now.x - before.x, now.y - before.y)
        elif voi is not None:
            right, down = ((now.x - press.x) / canvas.ratio, (now.y - press.y) / canvas.ratio)
            canvas.set_voi(dragged_window(voi, right, down))


def _select(host: MarkingHost, canvas: Canvas, press: Touch) -> None:
    hit, line = canvas.mark_at(press.point), canvas.outline_at(press.point)
    if hit is None and not press.extend and canvas.choose_candidate(press.point):
        return
    if hit is not None:
        host.select_marks(host.selected_marks ^ {hit} if press.extend else frozenset({hit}))
    elif line is not None:
        host.select_cluster(line)
    elif not press.extend:
        host.select_marks(frozenset())


def _select_or_move(
    host: MarkingHost, canvas: Canvas, picture: Picture, press: Touch, mark_id: str
) -> Generator[Preview | None, Touch, bool]:
    """Select a mark at the press, or move it with the hand; True when the hand only clicked."""
    if picture.slice_frame(host.reading.mark(mark_id).image.frame) is None:
        yield from _choose_nearby(host, press, mark_id)
        return False
    selected = host.selected_marks
    if press.extend:
        host.select_marks(selected ^ {mark_id})
    elif mark_id not in selected or len(selected) > 1:
        host.select_marks(frozenset({mark_id}))
    mark = host.reading.mark(mark_id)
    touch, place, dragged = press, mark.point, False
    while not touch.released:
        touch = yield Preview(spot=place, kind=mark.kind, moving_mark=mark_id) if dragged else None
        if touch.back:
            return False
        dragged = dragged or canvas.is_drag(press, touch)
        # the mark keeps its offset to the hand, so that taking hold of it does not move it
        place = picture.nearest_inside(
            ImagePoint(
                mark.point.column + touch.point.column - press.point.column,
                mark.point.row + touch.point.row - press.point.row,
            )
        )
    if dragged:
        host.move_mark(picture, mark_id, place)
    return not dragged


def _only_clicked_on_nipple(
    host: MarkingHost, canvas: Canvas, picture: Picture, press: Touch
) -> Generator[Preview | None, Touch, bool]:
    """Move the nipple with the hand; True when the hand did not move it."""
    touch, dragged = press, False
    while not touch.released:
        touch = yield Preview(nipple=picture.nearest_inside(touch.point)) if dragged else None
        if touch.back:
            return False
        dragged = dragged or canvas.is_drag(press, touch)
    if dragged:
        host.place_nipple(picture, picture.nearest_inside(touch.point))
    return not dragged


def _choose_nearby(host: MarkingHost, press: Touch, mark_id: str) -> Gesture:
    """A mark of a slice nearby: it can be chosen here, and moved only where it can be measured.

    Chosen when the hand lets go, because its slice is shown then.
    """
    touch = press
    while not touch.released:
        touch = yield None
        if touch.back:
            return
    host.select_marks(host.selected_marks ^ {mark_id} if press.extend else frozenset({mark_id}))


def _stroke(canvas: Canvas, press: Touch) -> Generator[Preview | None, Touch, list[Touch] | None]:
    """The places of a drag in order; empty for a click, None when all of it was taken back."""
    stroke, touch, dragged = [press], press, False
    while not touch.released:
        preview = Preview(outline=tuple(t.point for t in stroke)) if dragged else None
        touch = yield preview
        dragged = dragged or canvas.is_drag(press, touch)
        last = stroke[-1]
        if touch.back:
            _take_back(stroke, STRETCH_PX * canvas.ratio)
            if len(stroke) == 1:
                return None
        elif max(abs(touch.x - last.x), abs(touch.y - last.y)) >= LASSO_STEP_PX:
            stroke.append(touch)
    return stroke if dragged else []


def _take_back(stroke: list[Touch], length: float) -> None:
    """Shorten a line by its last stretch; its beginning stays."""
    while length > 0 and len(stroke) > 1:
        end = stroke.pop()
        length -= math.hypot(end.x - stroke[-1].x, end.y - stroke[-1].y)


def _screen_area(stroke: Sequence[Touch]) -> float:
    ends = zip(stroke, (*stroke[1:], stroke[0]), strict=True)
    return abs(sum(a.x * b.y - b.x * a.y for a, b in ends)) / 2


def _marks_inside(reading: Reading, picture: Picture, stroke: Sequence[Touch]) -> frozenset[str]:
    return frozenset(marks_inside(reading, picture, [touch.point for touch in stroke]))
