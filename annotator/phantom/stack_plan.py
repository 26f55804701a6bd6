"""Which part of a view a tomosynthesis stack shows, at which heights, and how the tube sweeps."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from scipy import fft

from annotator.phantom.anatomy import Anatomy
from annotator.phantom.body import PhantomView
from annotator.phantom.placement import Detector, Placement
from annotator.phantom.texture import Canvas, Field, as_field

PIXEL_MM = 0.1
STEP_MM = 1.0
AROUND_MM = 8.0
"""Air kept around the breast when the field is fitted to it."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """How the tube moves: `projections` over +- `half_angle_deg`, with `dose` times that of a mammogram in all.

    `layers` is into how many the breast is cut; fewer are quicker.
    """

    projections: int = 15
    half_angle_deg: float = 7.5
    dose: float = 1.5
    layers: int = 8

    @property
    def tangents(self) -> tuple[float, ...]:
        """Tangent of each projection's angle, from one end of the sweep to the other."""
        angles = np.linspace(-self.half_angle_deg, self.half_angle_deg, self.projections)
        return tuple(float(t) for t in np.tan(np.radians(angles)))


@dataclass(frozen=True, slots=True)
class StackPlan:
    """The field and the slices of a stack; `heights_mm` runs from the detector upwards, in units of `z_mm`."""

    placement: Placement
    heights_mm: tuple[float, ...]
    step_z_mm: float
    margin: int

    @property
    def rows(self) -> int:
        """Rows of a slice."""
        return self.placement.detector.rows

    @property
    def columns(self) -> int:
        """Columns of a slice."""
        return self.placement.detector.columns

    @property
    def pixel_mm(self) -> float:
        """Spacing of columns and rows, in the breast."""
        return self.placement.detector.pixel_mm

    @property
    def padded_rows(self) -> int:
        """Rows with `margin` of them above and below, and as many more as make a quick transform."""
        return int(fft.next_fast_len(self.rows + 2 * self.margin, real=True))

    def frame_at(self, z_mm: float) -> int:
        """Number of the frame nearest a height, the first being 1; the outermost for what lies beyond."""
        index = round((z_mm - self.heights_mm[0]) / self.step_z_mm)
        return min(max(index, 0), len(self.heights_mm) - 1) + 1

    def shifted(self, down_mm: float) -> Placement:
        """The placement as a beam sees it that displaces a height by `down_mm` along the rows."""
        return replace(self.placement, origin_y_mm=self.placement.origin_y_mm - down_mm)

    def warped(self, field: Field, down_mm: float, canvas: Canvas) -> Field:
        """A canvas map on the pixels of the stack, displaced by `down_mm`."""
        scale = self.pixel_mm / canvas.step_mm
        first = 0.5 * scale - 0.5
        origin = (self.placement.origin_y_mm - down_mm) / canvas.step_mm
        place = np.array([[scale, 0, first], [0, scale, first + origin]], dtype=np.float64)
        how = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        size = (self.columns, self.rows)
        return as_field(cv2.warpAffine(field, place, size, flags=how, borderMode=cv2.BORDER_REFLECT))


def plan_stack(
    anatomy: Anatomy,
    *,
    pixel_mm: float = PIXEL_MM,
    field: tuple[int, int] | None = None,
    slices: int | None = None,
) -> StackPlan:
    """A field fitted to the breast, or of `field` (rows, columns) level with the nipple; a slice every mm.

    `slices`, at least 2, spreads that many over the compressed breast instead.
    """
    if slices is not None and slices < 2:
        raise ValueError(f"a stack has 2 slices or more, not {slices}")
    thickness = anatomy.breast.thickness_mm
    count = slices or max(2, round(thickness / STEP_MM))
    step = thickness / count if slices else STEP_MM
    towards_tube = 1 if anatomy.view is PhantomView.CC else -1
    rows, columns, top = _fitted(anatomy, pixel_mm) if field is None else _level(anatomy, pixel_mm, field)
    heights = tuple(towards_tube * step * (n - (count - 1) / 2) for n in range(count))
    reach = thickness / 2 * math.tan(math.radians(Sweep().half_angle_deg))
    return StackPlan(
        placement=Placement(Detector(rows, columns, pixel_mm), anatomy.canvas, origin_y_mm=top),
        heights_mm=heights,
        step_z_mm=towards_tube * step,
        margin=math.ceil((reach + 6) / pixel_mm),
    )


def _fitted(anatomy: Anatomy, pixel_mm: float) -> tuple[int, int, float]:
    canvas = anatomy.canvas
    inside = anatomy.thickness_mm > 0.8
    within_rows, within_columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    top = max(0.0, float(within_rows[0]) * canvas.step_mm - AROUND_MM)
    bottom = min(canvas.height_mm, float(within_rows[-1] + 1) * canvas.step_mm + AROUND_MM)
    right = min(canvas.width_mm, float(within_columns[-1] + 1) * canvas.step_mm + AROUND_MM)
    return int((bottom - top) / pixel_mm), int(right / pixel_mm), top


def _level(anatomy: Anatomy, pixel_mm: float, field: tuple[int, int]) -> tuple[int, int, float]:
    rows, columns = field
    return rows, columns, anatomy.outline.nipple_y_mm - rows * pixel_mm / 2
