"""A picture of part of an image with its marks drawn, for reports; the same pixels a viewport shows."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray
from PIL import Image, ImageDraw

from annotator.imaging.breast_window import default_voi
from annotator.imaging.grayscale import display_lut
from annotator.imaging.placement import center_on, fit
from annotator.imaging.pyramid import levels_of
from annotator.imaging.render import Mode, render_values, shade
from annotator.model.geometry import ImagePoint, Orientation, ViewTransform
from annotator.model.image import ImageInfo
from annotator.model.mark import Mark, MarkKind

MARGIN_PX = 60
"""Image pixels shown around the outermost marks: about 4 mm of a contact view."""
LARGEST_SCALE = 4.0
SMALLEST_RADIUS = 7.0
MARK_COLOUR = (255, 216, 77)


def snapshot(
    info: ImageInfo,
    frame: NDArray[Any],
    marks: Sequence[Mark],
    *,
    orientation: Orientation,
    size: tuple[int, int],
    whole: bool,
) -> bytes:
    """A PNG of `size` (width, height) pixels: the `whole` image, or the part that holds the marks.

    Marks of other images or frames must have been left out by the caller. Uses the window that the
    image opens with and the speck-true mode.
    """
    width, height = size
    view = fit(info.columns, info.rows, width, height, orientation, spacing=info.spacing)
    if marks and not whole:
        view = _around([mark.point for mark in marks], view, width, height)
    levels = levels_of(info, frame)
    lut = display_lut(info, default_voi(info, frame))
    grey = shade(render_values(levels, view, width, height, Mode.SPECK_TRUE, outside=0), lut, view)
    picture = Image.fromarray(grey).convert("RGB")
    _draw(ImageDraw.Draw(picture), marks, view)
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()


def _around(points: Sequence[ImagePoint], view: ViewTransform, width: int, height: int) -> ViewTransform:
    columns = [p.column for p in points]
    rows = [p.row for p in points]
    across = max(columns) - min(columns) + 2 * MARGIN_PX
    down = max(rows) - min(rows) + 2 * MARGIN_PX
    shown_across, shown_down = (down, across) if view.orientation.transpose else (across, down)
    scale = min(width / shown_across, height / shown_down, LARGEST_SCALE)
    stretch = view.scale_down / view.scale
    closer = ViewTransform(
        view.columns,
        view.rows,
        scale,
        0.0,
        0.0,
        view.orientation,
        None if view.scale_rows is None else scale * stretch,
    )
    middle = ImagePoint((max(columns) + min(columns)) / 2, (max(rows) + min(rows)) / 2)
    return center_on(closer, middle, width, height)


def _draw(pen: ImageDraw.ImageDraw, marks: Sequence[Mark], view: ViewTransform) -> None:
    for mark in marks:
        x, y = view.to_screen(mark.point)
        diameter = mark.measurement.diameter_px if mark.measurement else 0.0
        radius = max(SMALLEST_RADIUS, diameter * view.scale / 2 + 4)
        if mark.kind is MarkKind.MICRO:
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), outline=MARK_COLOUR)
        else:
            corners = [(x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y)]
            pen.polygon(corners, outline=MARK_COLOUR)
