"""One breast in space: what all its views share, and how each view projects it.

Places are `BodyPoint(depth, lateral, up)` in mm from the nipple: `depth` towards the chest wall,
`lateral` away from the midline, `up` towards the head. A view keeps the depth, so a calcification lies
equally far behind the nipple in CC, MLO and ML.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from annotator.phantom.texture import stream

DETECTOR_WIDTH_MM = 179.2
DETECTOR_HEIGHT_MM = 232.96
SMALL_SIZE, SMALL_THICKNESS_MM = -1.5, 25.0


class PhantomView(StrEnum):
    """The views that can be made."""

    CC = "CC"
    MLO = "MLO"
    ML = "ML"


class Side(StrEnum):
    """Which breast."""

    RIGHT = "R"
    LEFT = "L"


class BodyPoint(NamedTuple):
    """A place in the breast, mm from the nipple."""

    depth: float
    lateral: float
    up: float


@dataclass(frozen=True, slots=True)
class Breast:
    """One breast of one phantom person.

    `size` 0..1 is small to large, SMALL_SIZE very small; `mlo_angle_deg` the tilt of the MLO view; `density` one of "abcd".
    """

    seed: int
    side: Side
    density: str
    size: float
    thickness_mm: float
    mlo_angle_deg: float

    @property
    def density_rank(self) -> int:
        """0 (almost entirely fat) to 3 (extremely dense)."""
        return "abcd".index(self.density)

    @property
    def depth_mm(self) -> float:
        """Nipple to chest wall on the CC view."""
        return (0.40 + 0.12 * self.size) * DETECTOR_WIDTH_MM

    def vertical(self, point: BodyPoint, view: PhantomView) -> float:
        """Height above the nipple in the plane of `view`, mm."""
        if view is PhantomView.CC:
            return point.lateral
        if view is PhantomView.ML:
            return point.up
        tilt = math.radians(self.mlo_angle_deg)
        return point.up * math.cos(tilt) + point.lateral * math.sin(tilt)

    def through(self, point: BodyPoint, view: PhantomView) -> float:
        """Height in the compressed breast from its middle, mm, kept inside it."""
        tilt = math.radians(self.mlo_angle_deg)
        along = {
            PhantomView.CC: point.up,
            PhantomView.ML: point.lateral,
            PhantomView.MLO: point.lateral * math.cos(tilt) - point.up * math.sin(tilt),
        }[view]
        half = self.thickness_mm / 2
        return half * 0.92 * math.tanh(along / (1.6 * half))

    def patient_axes(self, view: PhantomView) -> tuple[Direction, Direction, Direction]:
        """Unit vectors in patient coordinates (PS3.3 C.7.6.2.1.1): along a stored row, down a column, up `through`."""
        outwards = 1.0 if self.side is Side.LEFT else -1.0
        tilt = math.radians(self.mlo_angle_deg)
        turn = {PhantomView.CC: math.pi / 2, PhantomView.MLO: tilt, PhantomView.ML: 0.0}[view]
        row = (0.0, -outwards, 0.0)
        column = (-outwards * math.sin(turn), 0.0, -math.cos(turn))
        if view is PhantomView.CC:
            return row, column, (0.0, 0.0, 1.0)
        return row, column, (outwards * math.cos(turn), 0.0, -math.sin(turn))


Direction = tuple[float, float, float]
"""(towards the left, towards the back, towards the head)."""


def make_breast(seed: int, side: Side, density: str, *, small: bool = False) -> Breast:
    """The breast of a seed: both sides are alike in size and thickness, not equal.

    A `small` one is 39 mm deep and 25 mm thick when compressed, for files that must be small.
    """
    if density not in "abcd" or len(density) != 1:
        raise ValueError(f"density is one of a, b, c, d; not {density!r}")
    person = stream(seed, "person")
    size, thickness, tilt = person.uniform(0.3, 1), person.uniform(46, 62), person.uniform(46, 56)
    own = stream(seed, side.value, "breast")
    if small:
        return Breast(seed, side, density, SMALL_SIZE, SMALL_THICKNESS_MM, float(tilt))
    return Breast(
        seed=seed,
        side=side,
        density=density,
        size=float(min(max(size + own.normal(0, 0.08), 0), 1)),
        thickness_mm=float(thickness + own.normal(0, 1.5)),
        mlo_angle_deg=float(tilt),
    )
