"""Which screen pixels an image covers, and where its smooth enlargement lies, screen pixel by screen pixel."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from annotator.imaging.pyramid import build_levels
from annotator.imaging.render import covered_rect, render_values, shade
from annotator.model.geometry import Orientation, ViewTransform

TURNS = [Orientation(*turn) for turn in itertools.product((False, True), repeat=3)]
COLUMNS, ROWS = 12, 7
WIDTH, HEIGHT = 60, 44


def views(scale: float, scale_rows: float | None) -> list[ViewTransform]:
    starts = ((3.313, 2.629), (-8.571, 5.237), (6.131, -7.717), (-9.0, -5.0))
    return [
        ViewTransform(COLUMNS, ROWS, scale, left, top, turn, scale_rows)
        for turn in TURNS
        for left, top in starts
    ]


def on_image(view: ViewTransform) -> np.ndarray:
    """Whether the centre of each screen pixel lies on the image."""
    found = np.zeros((HEIGHT, WIDTH), np.bool_)
    for y, x in np.ndindex(found.shape):
        point = view.to_image(x + 0.5, y + 0.5)
        found[y, x] = 0 <= point.column < COLUMNS and 0 <= point.row < ROWS
    return found


@pytest.mark.parametrize(("scale", "scale_rows"), [(0.7, None), (2.45, None), (3.0, 1.35), (9.0, None)])
def test_what_is_covered_is_where_the_image_is(scale: float, scale_rows: float | None) -> None:
    black_is_white = np.full(65536, 255, np.uint8)
    values = np.zeros((HEIGHT, WIDTH), np.uint16)
    for view in views(scale, scale_rows):
        inside = on_image(view)
        left, top, right, bottom = covered_rect(view, WIDTH, HEIGHT)
        covered = np.zeros_like(inside)
        covered[top:bottom, left:right] = True
        assert np.array_equal(covered, inside), view
        assert np.array_equal(shade(values, black_is_white, view) > 0, inside), view


@pytest.mark.parametrize(("scale", "scale_rows"), [(2.45, None), (4.0, 2.5), (1.0, 3.2)])
def test_a_smooth_slope_keeps_its_place(scale: float, scale_rows: float | None) -> None:
    """Bilinear interpolation leaves a plane as it is, but for the half pixel at the image's border."""
    rows, columns = np.mgrid[:ROWS, :COLUMNS] + 0.5
    frame = (1000 + 100 * columns + 1500 * rows).astype(np.uint16)
    levels = build_levels(frame)
    for view in views(scale, scale_rows):
        values = render_values(levels, view, WIDTH, HEIGHT, smooth=True, outside=0)
        for y, x in np.argwhere(on_image(view)).tolist():
            point = view.to_image(x + 0.5, y + 0.5)
            column = min(max(point.column, 0.5), COLUMNS - 0.5)
            row = min(max(point.row, 0.5), ROWS - 0.5)
            # OpenCV places samples on a grid of 1/32 pixel
            assert values[y, x] == pytest.approx(1000 + 100 * column + 1500 * row, abs=1600 / 32), (
                view,
                x,
                y,
            )
