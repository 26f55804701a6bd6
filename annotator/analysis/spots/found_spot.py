"""A bright thing beside a click, as found: its shape in the pixels of a patch, and how to outline it anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np

from annotator.analysis.spots.measurement import PatchPlace, as_measurement
from annotator.analysis.spots.peaks import LIMIT_REACHES, Click, Patch
from annotator.analysis.spots.shapes import Place, SpotShape
from annotator.model.geometry import PixelSpacing
from annotator.model.mark import SpotMeasurement

Outline = Callable[[float | None], SpotShape | None]
"""The shape at a level, at the best one for None."""


@dataclass(frozen=True, eq=False)
class FoundSpot:
    """A shape in pixels of its patch, with the noise of one such pixel.

    `z` is how many deviations its peak is high, `coarsest` whether a still larger scale might fit better.
    """

    patch: Patch
    shape: SpotShape
    noise: float
    z: float
    coarsest: bool
    outline: Outline

    def at_level(self, level: float) -> FoundSpot:
        """The same spot with its outline taken at another level."""
        return replace(self, shape=self.outline(level) or self.shape)

    def beside(self, click: Click) -> float:
        """Distance (pixels of the image) from the click to the outline, 0 inside it."""
        column, row = click.at.column - self.patch.left, click.at.row - self.patch.top
        return self.patch.step * from_outline(self.shape, (column / self.patch.step, row / self.patch.step))

    def within_reach(self, click: Click) -> bool:
        return self.beside(click) <= LIMIT_REACHES * click.reach + 0.5

    def holds(self, other: FoundSpot) -> bool:
        """Whether the middle of the other lies within the outline."""
        (column, row), there = other.shape.center, other.patch
        place = (
            (column * there.step + there.left - self.patch.left) / self.patch.step,
            (row * there.step + there.top - self.patch.top) / self.patch.step,
        )
        return from_outline(self.shape, place) == 0

    def same_as(self, other: FoundSpot) -> bool:
        """Whether both are the same thing seen twice: much the same size, one's middle within the other."""
        ours, theirs = self.shape.diameter * self.patch.step, other.shape.diameter * other.patch.step
        return max(ours, theirs) < 1.5 * min(ours, theirs) and other.holds(self)

    def measurement(self, spacing: PixelSpacing | None) -> SpotMeasurement:
        place = PatchPlace(self.patch.left, self.patch.top, self.patch.step)
        return as_measurement(self.shape, place, self.noise, spacing)


def from_outline(shape: SpotShape, place: Place) -> float:
    """Distance from a place to the outline, 0 inside it."""
    outline = np.asarray(shape.outline, np.float32).reshape(-1, 1, 2)
    return max(0.0, -cv2.pointPolygonTest(outline, place, measureDist=True))
