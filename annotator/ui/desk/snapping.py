"""Which spot a mark stands for: that of a click, the next best one beside it, several as one, one in pieces."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from annotator.analysis.mark_table import table_of
from annotator.model.finding import Reading
from annotator.model.geometry import ImagePoint, contains
from annotator.model.image import ImageInfo, ImageKey
from annotator.model.mark import Mark, MarkKind, SpotMeasurement
from annotator.model.mark_edits import join_marks, retake_mark, split_mark
from annotator.ui.marks.words import size_words
from annotator.ui.pictures.picture import SlabOfSlices

if TYPE_CHECKING:
    from annotator.analysis.spots.snapping import SpotResult
    from annotator.ui.desk.session import ReadingSession

AGAIN_S = 0.5
"""A click so soon after another and as near asks for the next spot; what desktops take for a double click."""
AGAIN_REACHES = 2.0
"""How near, in deviations of the hand."""
PART = 2.0
"""What is so many times larger or smaller is another spot: one that was joined, or cut, by the reader."""
SLICE_REACH_PX = 2.0
"""How far beside its place in the slab a spot may lie in its slice, as one deviation."""


NO_OTHER = "There is no other spot here."
NO_OTHER_UNMARKED = "There is no other spot here that is not marked."


class PictureLike(Protocol):
    """What acts need of a picture on screen: one decoded frame of an image."""

    @property
    def info(self) -> ImageInfo: ...
    @property
    def frame_number(self) -> int: ...
    @property
    def frame(self) -> NDArray[Any]: ...
    @property
    def slab(self) -> SlabOfSlices | None: ...

    def shows(self, image: ImageKey) -> bool: ...
    def slice_frame(self, number: int) -> NDArray[Any] | None: ...


@dataclass(frozen=True, slots=True)
class SnappedMark:
    """A mark as a click made it: where the click was, how far it reached, and which of the spots there it took.

    `met` is what a click that made none would have called it: the spot had this mark already.
    """

    mark: Mark
    at: ImagePoint
    radius_px: float
    choice: int
    met: MarkKind | None = None


class Snapping:
    """The last click that marked a spot, and what may become of its mark. Every act is the session's."""

    def __init__(self, session: ReadingSession) -> None:
        self._session = session
        self._last: SnappedMark | None = None
        self._when = 0.0
        self.clock: Callable[[], float] = time.monotonic

    def measured(
        self, picture: PictureLike, point: ImagePoint, radius_px: float, choice: int = 0
    ) -> tuple[int, SpotResult]:
        """The frame a spot belongs to and its measurement there; of a slab, the slice in which it is sharpest."""
        workspace = self._session.workspace
        result = workspace.spots.measure(picture.info, picture.frame, point, radius_px, choice=choice)
        if picture.slab is None:
            return picture.frame_number, result
        frames, measured = picture.slab.frames, result.measurement
        at = point if measured is None else measured.center
        reach = radius_px if measured is None else measured.diameter_px
        best = workspace.spots.best_slice(picture.info, frames.items(), at, reach)
        if best is None:
            return picture.frame_number, replace(result, found=False, measurement=None)
        # seen in the slab, a spot lies where it lies in its slice: the hand aims no longer
        there = workspace.spots.measure(picture.info, frames[best.frame], best.at, SLICE_REACH_PX)
        return best.frame, replace(there, choices=result.choices)

    def remember(self, clicked: SnappedMark) -> None:
        """What a click made or met; another click there asks for the next spot for a moment."""
        self._last, self._when = clicked, self.clock()

    def is_second_click(self, picture: PictureLike, point: ImagePoint, reach_px: float) -> bool:
        """Whether a click follows the last one so soon and so near that it asks for the next spot."""
        last = self._last
        if last is None or self.clock() - self._when > AGAIN_S or not picture.shows(last.mark.image):
            return False
        away = math.hypot(point.column - last.at.column, point.row - last.at.row)
        return away <= AGAIN_REACHES * reach_px and self._stands(last)

    def take_next(self, picture: PictureLike) -> None:
        """The mark of the last click takes the next best spot beside it.

        Where that click met a mark from before, which is meant as it is, the next spot gets one of its own.
        """
        last = self._last
        if last is None or not self._stands(last):
            return
        if last.met is None:
            self._take_after(picture, last)
        else:
            self._session.mark_spot(picture, last.at, last.met, last.radius_px, choice=last.choice + 1)

    def take_next_of(self, picture: PictureLike, mark_id: str, radius_px: float) -> None:
        """A mark takes the next best spot beside where it was clicked, or where it stands."""
        if not self._session.may_change():
            return
        last, mark = self._last, self._session.reading.mark(mark_id)
        if last is None or last.mark is not mark:
            last = SnappedMark(mark, mark.point, radius_px, self._choice_of(picture, mark, radius_px))
        self._take_after(picture, last)

    def join(self, picture: PictureLike, mark_ids: Collection[str]) -> None:
        """The pieces of one calcification, marked apart, become one mark."""
        session = self._session
        if not session.may_change():
            return
        marks = list(session.reading.marks_by_id(mark_ids).values())
        frame = picture.slice_frame(marks[0].image.frame)
        spots = [mark.measurement for mark in marks if mark.measurement is not None]
        why = _why_not_joined(marks)
        if why or frame is None:
            session.message.emit(why)
            return
        joined = session.workspace.spots.join(picture.info, frame, spots)
        number = session.reading.finding(marks[0].finding_id).number
        session.apply(
            join_marks(session.reading, mark_ids, joined), f"Join {len(marks)} marks of F{number} to one"
        )
        session.message.emit(f"{len(marks)} marks are one: {size_words(joined)}")

    def split(self, picture: PictureLike, mark_id: str, at: ImagePoint | None = None) -> None:
        """A mark over several calcifications that touch becomes two, cut where the spot is thinnest, or at a place."""
        session = self._session
        if not session.may_change():
            return
        mark = session.reading.mark(mark_id)
        frame, spot = picture.slice_frame(mark.image.frame), mark.measurement
        if frame is None or spot is None or len(spot.outline) < 3:
            session.message.emit("This mark has no measured outline to be cut in two.")
            return
        pieces = session.workspace.spots.split(picture.info, frame, spot, at)
        if len(pieces) < 2:
            session.message.emit("This spot is too small to be cut in two.")
            return
        number = session.reading.finding(mark.finding_id).number
        after, made = split_mark(session.reading, mark.id, pieces)
        session.apply(after, f"Cut a mark of F{number} in {len(made)}")
        session.select_marks(frozenset(one.id for one in made))
        sizes = " and ".join(size_words(piece) for piece in pieces)
        session.message.emit(f"{len(made)} marks in place of one: {sizes}")

    def _stands(self, last: SnappedMark) -> bool:
        """Whether the mark is still as the click made it."""
        reading = self._session.reading
        row = table_of(reading).place.get(last.mark.id)
        return row is not None and reading.marks[row] is last.mark

    def _take_after(self, picture: PictureLike, last: SnappedMark) -> None:
        session = self._session
        if not session.may_change():
            return
        step, count = 1, 2
        while step < count:
            choice = last.choice + step
            number, result = self.measured(picture, last.at, last.radius_px, choice)
            count, spot = result.choices, result.measurement
            if spot is not None and step < count and not self._other_at(picture, number, spot, last.mark):
                self._take(picture, last, choice % count, number, result)
                return
            step += 1
        session.message.emit(NO_OTHER if count < 2 else NO_OTHER_UNMARKED)

    def _take(
        self, picture: PictureLike, last: SnappedMark, choice: int, number: int, result: SpotResult
    ) -> None:
        session, spot = self._session, result.measurement
        assert spot is not None
        finding = session.reading.finding(last.mark.finding_id)
        after = retake_mark(session.reading, last.mark.id, spot.center, spot, picture.info.key(number))
        which = f"{choice + 1} of {result.choices}"
        session.apply(after, f"Take spot {which} for a mark of F{finding.number}")
        self.remember(replace(last, mark=session.reading.mark(last.mark.id), choice=choice))
        session.message.emit(f"Spot {which}: {size_words(spot)}")

    def _other_at(self, picture: PictureLike, number: int, spot: SpotMeasurement, mine: Mark) -> bool:
        """Whether another mark stands on a spot already."""
        there = marks_at(self._session.reading, picture.info.key(number), spot.center, spot)
        return any(mark.id != mine.id for mark in there)

    def _choice_of(self, picture: PictureLike, mark: Mark, radius_px: float) -> int:
        """Which of the spots at its place a mark stands for now; -1 where it is none of them."""
        mine = mark.point if mark.measurement is None else mark.measurement.center
        choice, count = 0, 1
        while choice < count:
            _, result = self.measured(picture, mark.point, radius_px, choice)
            spot = result.measurement
            if (
                spot is not None
                and math.hypot(spot.center.column - mine.column, spot.center.row - mine.row) < 1
            ):
                return choice
            choice, count = choice + 1, result.choices
        return -1


def marks_at(
    reading: Reading, image: ImageKey, place: ImagePoint, spot: SpotMeasurement | None = None
) -> tuple[Mark, ...]:
    """The marks that stand exactly at a place of a frame, or for the same linear piece as `spot` there.

    A long piece comes out a little otherwise from every click along it.
    """
    table = table_of(reading)
    on = table.is_on([image])
    exact = np.all(table.points == (place.column, place.row), axis=1) & on
    found = [reading.marks[row] for row in np.flatnonzero(exact).tolist()]
    if found or spot is None or not spot.is_linear:
        return tuple(found)
    away = np.hypot(*(table.points - (place.column, place.row)).T)
    near = [reading.marks[row] for row in np.flatnonzero(on & (away <= table.reaches)).tolist()]
    return tuple(mark for mark in near if mark.measurement and _same_piece(spot, mark.measurement))


def same_spot(spot: SpotMeasurement, other: SpotMeasurement) -> bool:
    """Whether two measurements are of one spot: the middle of each lies within the other, and none is a part of it."""
    alike = 1 / PART < other.diameter_px / spot.diameter_px < PART
    return alike and _holds(spot, other.center) and _holds(other, spot.center)


def _same_piece(spot: SpotMeasurement, other: SpotMeasurement) -> bool:
    return other.is_linear and same_spot(spot, other)


def _holds(spot: SpotMeasurement, place: ImagePoint) -> bool:
    away = math.hypot(place.column - spot.center.column, place.row - spot.center.row)
    return away <= 1 or (len(spot.outline) > 2 and contains(spot.outline, place))


def _why_not_joined(marks: list[Mark]) -> str:
    """Why marks cannot become one, in a sentence; '' where they can."""
    if len(marks) < 2:
        return "Select two marks or more to join them: drag around them with Shift."
    if len({mark.image for mark in marks}) > 1:
        return "These marks lie on different images or slices; only marks of one are joined."
    if len({mark.finding_id for mark in marks}) > 1:
        return "These marks belong to different findings; move them to one first."
    if any(mark.measurement is None or len(mark.measurement.outline) < 3 for mark in marks):
        return "One of these marks was not measured and has no outline to be joined."
    return ""
