"""Where a view's plane falls on the detector: magnification, field, and how the breast was put this time."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from annotator.phantom.texture import Canvas, Field, as_field, band_noise, stream


@dataclass(frozen=True, slots=True)
class Detector:
    """A field of `rows` x `columns` pixels of `pixel_mm`; the breast is `magnification` times nearer the tube."""

    rows: int
    columns: int
    pixel_mm: float
    magnification: float = 1.0

    @property
    def in_breast_mm(self) -> float:
        """Pixel size in the plane of the breast."""
        return self.pixel_mm / self.magnification

    def binned(self, factor: int) -> Detector:
        """The same field with pixels `factor` times larger."""
        return Detector(
            self.rows // factor, self.columns // factor, self.pixel_mm * factor, self.magnification
        )


FULL_FIELD = Detector(3328, 2560, 0.07)
OTHER_FULL_FIELD = Detector(2294, 1914, 0.1)
MAGNIFIED_FIELD = Detector(2048, 1664, 0.07, 1.8)


@dataclass(frozen=True, slots=True)
class Placement:
    """The plane of a left breast on a detector.

    A plane point p lies at ((p - warp(p)) * scale - origin) / pixel; `warp_x`, `warp_y` are small smooth
    displacements in mm on `canvas`, empty where the breast lies as on the canvas.
    """

    detector: Detector
    canvas: Canvas
    origin_x_mm: float = 0.0
    origin_y_mm: float = 0.0
    scale: float = 1.0
    warp_x: Field | None = None
    warp_y: Field | None = None

    def to_detector(self, x_mm: float, y_mm: float) -> tuple[float, float]:
        """(column, row) of a plane point, (0, 0) being the outer corner of the first pixel."""
        dx, dy = self._warp_at(x_mm, y_mm)
        pixel = self.detector.in_breast_mm
        return (
            ((x_mm - dx) * self.scale - self.origin_x_mm) / pixel,
            ((y_mm - dy) * self.scale - self.origin_y_mm) / pixel,
        )

    def project(self, field: Field) -> Field:
        """A canvas map as the detector's pixels see it; beyond the canvas it is mirrored."""
        pixel, step = self.detector.in_breast_mm, self.canvas.step_mm
        columns = (np.arange(self.detector.columns) + 0.5) * pixel + self.origin_x_mm
        rows = (np.arange(self.detector.rows) + 0.5) * pixel + self.origin_y_mm
        x = as_field(np.broadcast_to(columns[None, :] / self.scale, (len(rows), len(columns))))
        y = as_field(np.broadcast_to(rows[:, None] / self.scale, x.shape))
        if self.warp_x is not None and self.warp_y is not None:
            at = (as_field(x / step - 0.5), as_field(y / step - 0.5))
            dx = cv2.remap(self.warp_x, *at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            dy = cv2.remap(self.warp_y, *at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            x, y = as_field(x + dx), as_field(y + dy)
        at = (as_field(x / step - 0.5), as_field(y / step - 0.5))
        return as_field(cv2.remap(field, *at, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT))

    def _warp_at(self, x_mm: float, y_mm: float) -> tuple[float, float]:
        """Displacement at a plane point: `project` looks it up at the place after displacement, hence the search."""
        if self.warp_x is None or self.warp_y is None:
            return 0.0, 0.0
        dx = dy = 0.0
        for _ in range(4):
            dx, dy = (_read(w, self.canvas, x_mm - dx, y_mm - dy) for w in (self.warp_x, self.warp_y))
        return dx, dy


def _read(field: Field, canvas: Canvas, x_mm: float, y_mm: float) -> float:
    at_x = np.float32(x_mm / canvas.step_mm - 0.5).reshape(1, 1)
    at_y = np.float32(y_mm / canvas.step_mm - 0.5).reshape(1, 1)
    value = cv2.remap(field, at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return float(np.asarray(value)[0, 0])


def warped_placement(seed: int, name: str, detector: Detector, canvas: Canvas, scale: float) -> Placement:
    """The breast put a little otherwise, as at another visit: scaled, with 0.4 mm of local warp."""
    rng = stream(seed, "placement", name)
    warp_x, warp_y = (0.4 * band_noise(rng, canvas, 3.5, 35, 140) for _ in range(2))
    return Placement(detector, canvas, 0.0, 0.0, scale, as_field(warp_x), as_field(warp_y))
