"""An outline drawn elsewhere is measured as it is: its own sizes, the contrast of the pixels in it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.analysis.spots.parts import measure_drawn
from annotator.model.geometry import ImagePoint, PixelSpacing, SpacingBasis

SPACING = PixelSpacing(0.1, 0.1, SpacingBasis.AT_DETECTOR)


def ellipse(column: float, row: float, half: float, other: float, degrees: float) -> tuple[ImagePoint, ...]:
    turn = math.radians(degrees)
    points = []
    for t in np.linspace(0, 2 * math.pi, 200, endpoint=False):
        along, across = half * math.cos(t), other * math.sin(t)
        # rows count downwards, angles upwards
        points.append(
            ImagePoint(
                column + along * math.cos(turn) - across * math.sin(turn),
                row - along * math.sin(turn) - across * math.cos(turn),
            )
        )
    return tuple(points)


def picture() -> np.ndarray:
    return np.random.default_rng(2).normal(1000, 5, (120, 160)).round().astype(np.uint16)


@given(st.floats(40, 120), st.floats(40, 80), st.floats(3, 12), st.floats(0.3, 0.8), st.floats(5, 175))
def test_sizes_are_those_of_the_outline(
    column: float, row: float, half: float, share: float, degrees: float
) -> None:
    outline = ellipse(column, row, half, half * share, degrees)
    found = measure_drawn(picture(), outline, spacing=SPACING)
    assert found is not None
    assert found.outline == outline
    assert (found.center.column, found.center.row) == (
        pytest.approx(column, abs=0.01),
        pytest.approx(row, abs=0.01),
    )
    assert found.major_px == pytest.approx(2 * half, rel=0.01)
    assert found.minor_px == pytest.approx(2 * half * share, rel=0.01)
    assert found.orientation_deg == pytest.approx(degrees, abs=0.5)
    assert found.diameter_mm == pytest.approx(0.2 * half * math.sqrt(share), rel=0.01)
    assert (found.uncertainty_px, found.uncertainty_mm, found.level) == (0.0, None, None)


def test_contrast_is_that_of_the_pixels_inside_whichever_way_they_are_stored() -> None:
    frame = picture()
    frame[50:56, 60:66] += 400
    outline = ellipse(63, 53, 4, 4, 30)
    bright = measure_drawn(frame, outline, spacing=None)
    dark = measure_drawn(np.uint16(4000) - frame, outline, spacing=None, inverse=True)
    assert bright is not None
    assert dark is not None
    assert bright.contrast == pytest.approx(400, rel=0.15)
    assert dark.contrast == pytest.approx(bright.contrast, rel=0.02)
    assert bright.cnr > 20
    assert (bright.diameter_mm, bright.basis) == (None, None)


@pytest.mark.parametrize("at", [(0.5, 0.5), (159.5, 119.5), (160.5, 60.0), (80.0, -0.5)])
def test_an_outline_at_the_edge_is_measured_or_left(at: tuple[float, float]) -> None:
    found = measure_drawn(picture(), ellipse(*at, 2, 1, 0), spacing=SPACING)
    assert found is None or found.diameter_px == pytest.approx(2 * math.sqrt(2), rel=0.01)


def test_what_encloses_next_to_nothing_has_no_size() -> None:
    line = (ImagePoint(10, 10), ImagePoint(20, 10), ImagePoint(15, 10))
    assert measure_drawn(picture(), line, spacing=SPACING) is None
    assert measure_drawn(picture(), ellipse(50, 50, 0.2, 0.2, 0), spacing=SPACING) is None
