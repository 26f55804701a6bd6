"""Pictures of an image for a report: the whole of it with what was drawn, and a crop whose pixels are its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.imaging.breast_window import default_voi, flat_air
from annotator.imaging.grayscale import display_lut
from annotator.imaging.placement import Region, fit
from annotator.imaging.pyramid import levels_of
from annotator.imaging.render import Mode, render_values, shade
from annotator.model.geometry import ImagePoint, Orientation, ViewTransform
from annotator.model.image import ImageInfo
from annotator.model.mark import Mark, MarkKind

MARGIN_MM = 4.0
"""Shown around the outermost marks of a crop."""
MARGIN_PX = 60
"""The same where the spacing is not known: about 4 mm of a contact view."""
SMALLEST_CROP, LARGEST_CROP = 320, 800
"""Image pixels on a side of a crop: enough tissue around a single speck, and what a page has room for."""
ENLARGED_BELOW = 200
LARGEST_SCALE = 8
WHOLE_SIZE = (480, 600)
"""Of the whole view, in pixels: 240 dots an inch as high as a page shows it."""

SMALLEST_RADIUS, LINE_PX = 7.0, 2
MARK_COLOUR = (255, 216, 77)
PLACED_COLOUR = (255, 255, 255)
BAR_STRIP_PX = 30
BAR_LENGTHS_MM = (50.0, 20.0, 10.0, 5.0, 1.0)
BAR_LENGTHS_PX = (500, 200, 100, 50, 10)
BAR_SHARE = 0.45
"""A scale bar is at most so much of the picture's width."""

_SUBPIXEL_BITS = 4
_FONT = cv2.FONT_HERSHEY_SIMPLEX


@dataclass(frozen=True, slots=True)
class Drawn:
    """What is drawn on a picture, all of its one image: marks, outlines of clusters, the nipple as placed."""

    marks: tuple[Mark, ...] = ()
    outlines: tuple[tuple[ImagePoint, ...], ...] = ()
    nipple: ImagePoint | None = None

    @property
    def points(self) -> tuple[ImagePoint, ...]:
        """Everything a crop has to show: the marks, or the outlines where nothing is marked."""
        marked = tuple(mark.point for mark in self.marks)
        return marked or tuple(point for outline in self.outlines for point in outline)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A PNG of `width` x `height` pixels, its last BAR_STRIP_PX rows a strip with the scale bar.

    `scale`: picture pixels for each image pixel; a whole number in a crop. `bar_mm` None: the spacing is not known,
    or the picture too small for a bar. `region`: what of the stored image is shown. `left_out`: marks beyond it.
    """

    png: bytes
    width: int
    height: int
    scale: float
    bar_mm: float | None
    bar_px: int
    bar_image_px: int | None
    region: Region
    left_out: int = 0


class Photographer:
    """Pictures of one frame in the window it opens with, turned as it hangs. `orientation` turns it."""

    def __init__(self, info: ImageInfo, frame: NDArray[Any], orientation: Orientation) -> None:
        self._info = info
        self._orientation = orientation
        self._levels = levels_of(info, frame)
        shown = replace(info, padding=info.padding or flat_air(info, frame))
        self._lut = display_lut(shown, default_voi(info, frame))

    def whole(
        self, drawn: Drawn, framed: Region | None = None, size: tuple[int, int] = WHOLE_SIZE
    ) -> Snapshot:
        """All of the image, in speck-true mode, within `size`; `framed` is drawn as a box."""
        info = self._info
        view = fit(info.columns, info.rows, *size, self._orientation, spacing=info.spacing)
        columns, rows = self._orientation.displayed_size(info.columns, info.rows)
        width = min(size[0], math.ceil(columns * view.scale))
        height = min(size[1], math.ceil(rows * view.scale_down))
        view = replace(view, left=0.0, top=0.0)
        picture = self._grey(view, width, height)
        _draw(picture, drawn, view)
        if framed is not None:
            _draw_box(picture, framed, view)
        region = (0.0, 0.0, float(info.columns), float(info.rows))
        return self._finished(picture, view, region, 0)

    def crop(self, points: Sequence[ImagePoint], drawn: Drawn | None = None) -> Snapshot:
        """The part around `points`, each image pixel as one picture pixel, or enlarged by a whole number.

        Of points farther apart than a page has room for, the part with most of them. Nothing is drawn without `drawn`.
        """
        region = self._region(points)
        column, row, across, down = region
        turn, info = self._orientation, self._info
        corners = ImagePoint(column, row), ImagePoint(column + across, row + down)
        one, other = (turn.to_displayed(corner, info.columns, info.rows) for corner in corners)
        left, top = min(one.column, other.column), min(one.row, other.row)
        columns, rows = turn.displayed_size(round(across), round(down))
        scale = 1
        if max(columns, rows) < ENLARGED_BELOW:
            scale = min(LARGEST_SCALE, -(-SMALLEST_CROP // max(columns, rows)))
        view = ViewTransform(info.columns, info.rows, float(scale), -left * scale, -top * scale, turn)
        picture = self._grey(view, columns * scale, rows * scale)
        if drawn is not None:
            _draw(picture, drawn, view)
        return self._finished(picture, view, region, sum(not _inside(point, region) for point in points))

    def _grey(self, view: ViewTransform, width: int, height: int) -> NDArray[np.uint8]:
        values = render_values(self._levels, view, width, height, Mode.SPECK_TRUE, outside=0)
        grey = shade(values, self._lut.astype(np.uint8), view)
        return np.repeat(grey[:, :, np.newaxis], 3, axis=2).astype(np.uint8)

    def _region(self, points: Sequence[ImagePoint]) -> Region:
        info = self._info
        margin_mm = None if info.spacing is None else MARGIN_MM / info.spacing.mean_mm
        margin = MARGIN_PX if margin_mm is None else margin_mm
        column, across = _span([point.column for point in points], margin, info.columns)
        row, down = _span([point.row for point in points], margin, info.rows)
        return column, row, across, down

    def _finished(
        self, picture: NDArray[np.uint8], view: ViewTransform, region: Region, left_out: int
    ) -> Snapshot:
        bar_mm, bar_image_px, bar_px = self._bar(view, picture.shape[1])
        strip = np.zeros((BAR_STRIP_PX, picture.shape[1], 3), np.uint8)
        if bar_px:
            words = f"{bar_mm:g} mm" if bar_mm is not None else f"{bar_image_px} pixels"
            _draw_bar(strip, bar_px, words)
        whole = np.vstack((picture, strip))
        grey = bool(
            np.array_equal(whole[:, :, 0], whole[:, :, 1]) and np.array_equal(whole[:, :, 0], whole[:, :, 2])
        )
        # one channel where there is no colour: a third of the file
        _, png = cv2.imencode(".png", whole[:, :, 0] if grey else cv2.cvtColor(whole, cv2.COLOR_RGB2BGR))
        return Snapshot(
            png=png.tobytes(),
            width=whole.shape[1],
            height=whole.shape[0],
            scale=view.scale,
            bar_mm=bar_mm,
            bar_px=bar_px,
            bar_image_px=bar_image_px,
            region=region,
            left_out=left_out,
        )

    def _bar(self, view: ViewTransform, width: int) -> tuple[float | None, int | None, int]:
        """Millimetres or image pixels, and picture pixels, of the longest scale bar there is room for."""
        spacing = self._info.spacing
        if spacing is None:
            for pixels in BAR_LENGTHS_PX:
                if pixels * view.scale <= width * BAR_SHARE:
                    return None, pixels, round(pixels * view.scale)
            return None, None, 0
        across = spacing.row_mm if self._orientation.transpose else spacing.column_mm
        for millimetres in BAR_LENGTHS_MM:
            if millimetres / across * view.scale <= width * BAR_SHARE:
                return millimetres, None, round(millimetres / across * view.scale)
        return None, None, 0


def _span(places: Sequence[float], margin: float, length: int) -> tuple[float, float]:
    """First pixel and number of pixels of a crop along one axis of the stored image."""
    low, high = min(places), max(places)
    wanted = max(high - low + 2 * margin, SMALLEST_CROP)
    size = min(math.ceil(wanted), LARGEST_CROP, length)
    middle = (low + high) / 2
    if high - low > size:
        # the part with most of them: halfway between the ends of the fullest stretch
        ordered = np.sort(np.asarray(places))
        last = np.searchsorted(ordered, ordered + size, side="right")
        first = int(np.argmax(last - np.arange(ordered.size)))
        middle = float(ordered[first] + ordered[last[first] - 1]) / 2
    start = min(max(round(middle - size / 2), 0), length - size)
    return float(start), float(size)


def _inside(point: ImagePoint, region: Region) -> bool:
    column, row, across, down = region
    return column <= point.column <= column + across and row <= point.row <= row + down


def _draw(picture: NDArray[np.uint8], drawn: Drawn, view: ViewTransform, thickness: int = LINE_PX) -> None:
    for outline in drawn.outlines:
        _polygon(picture, [view.to_screen(point) for point in outline], thickness=thickness)
    for mark in drawn.marks:
        x, y = view.to_screen(mark.point)
        diameter = mark.measurement.diameter_px if mark.measurement else 0.0
        radius = max(SMALLEST_RADIUS, diameter * view.scale / 2 + 4)
        if mark.kind is MarkKind.MICRO:
            place = _fixed((x, y))
            size = round(radius * (1 << _SUBPIXEL_BITS))
            cv2.circle(picture, place, size, MARK_COLOUR, thickness, cv2.LINE_AA, _SUBPIXEL_BITS)
        else:
            corners = [(x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y)]
            _polygon(picture, corners, thickness=thickness)
    if drawn.nipple is not None:
        place = _fixed(view.to_screen(drawn.nipple))
        arm = round(9 * (1 << _SUBPIXEL_BITS))
        for along, down in ((arm, 0), (0, arm)):
            start, end = (place[0] - along, place[1] - down), (place[0] + along, place[1] + down)
            cv2.line(picture, start, end, PLACED_COLOUR, 2, cv2.LINE_AA, _SUBPIXEL_BITS)


def _draw_box(picture: NDArray[np.uint8], region: Region, view: ViewTransform) -> None:
    column, row, across, down = region
    corners = [(column, row), (column + across, row), (column + across, row + down), (column, row + down)]
    _polygon(picture, [view.to_screen(ImagePoint(*corner)) for corner in corners], PLACED_COLOUR)


def _polygon(
    picture: NDArray[np.uint8],
    corners: Sequence[tuple[float, float]],
    colour: tuple[int, int, int] = MARK_COLOUR,
    thickness: int = LINE_PX,
) -> None:
    fixed = np.array([_fixed(corner) for corner in corners], np.int32)
    cv2.polylines(picture, [fixed], True, colour, thickness, cv2.LINE_AA, _SUBPIXEL_BITS)


def _fixed(place: tuple[float, float]) -> tuple[int, int]:
    """A place as OpenCV wants it: sixteenths of a pixel from the centre of the first one."""
    return round((place[0] - 0.5) * (1 << _SUBPIXEL_BITS)), round((place[1] - 0.5) * (1 << _SUBPIXEL_BITS))


def _draw_bar(strip: NDArray[np.uint8], length: int, words: str) -> None:
    left, middle = 8, strip.shape[0] // 2
    strip[middle - 1 : middle + 2, left : left + length] = 255
    for end in (left, left + length - 1):
        strip[middle - 5 : middle + 6, end] = 255
    size = 0.45 if strip.shape[1] < WHOLE_SIZE[0] / 2 else 0.62
    cv2.putText(strip, words, (left + length + 8, middle + 6), _FONT, size, (255, 255, 255), 1, cv2.LINE_AA)
