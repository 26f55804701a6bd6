"""What a click on an image measures, by the sizes that the settings give words to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from numpy.typing import NDArray

from annotator.analysis.spots.best_slice import BestSlice, best_slice
from annotator.analysis.spots.parts import join_spots, split_spot
from annotator.analysis.spots.snapping import SpotResult, measure_spot
from annotator.model.geometry import ImagePoint
from annotator.model.image import ImageInfo
from annotator.model.mark import SpotMeasurement
from annotator.settings import Settings


class SpotMeasurer:
    """Measures spots on the stored pixels of an image, whose spacing, polarity and padding it takes from `info`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def measure(
        self,
        info: ImageInfo,
        frame: NDArray[Any],
        at: ImagePoint,
        radius_px: float = 0.0,
        *,
        choice: int = 0,
        level: float | None = None,
    ) -> SpotResult:
        """The bright spot nearest to a click on stored pixels; `radius_px` is one deviation of the hand.

        `choice` 1 is the next best spot and so on; `level` the share of its height to take the outline at.
        """
        return measure_spot(
            frame,
            at,
            spacing=info.spacing,
            inverse=info.inverse,
            padding=info.padding,
            reach_px=radius_px or None,
            micro_below_mm=self._settings.micro_below_mm,
            macro_above_mm=self._settings.macro_above_mm,
            choice=choice,
            level=level,
        )

    def join(self, info: ImageInfo, frame: NDArray[Any], spots: Sequence[SpotMeasurement]) -> SpotMeasurement:
        """Measured spots of one image, measured as one."""
        return join_spots(frame, spots, spacing=info.spacing, inverse=info.inverse, padding=info.padding)

    def split(
        self, info: ImageInfo, frame: NDArray[Any], spot: SpotMeasurement, at: ImagePoint | None = None
    ) -> tuple[SpotMeasurement, ...]:
        """A measured spot cut in two where it is thinnest, or there at `at`; itself alone when too small."""
        return split_spot(frame, spot, at, spacing=info.spacing, inverse=info.inverse, padding=info.padding)

    def best_slice(
        self, info: ImageInfo, frames: Iterable[tuple[int, NDArray[Any]]], at: ImagePoint, reach_px: float
    ) -> BestSlice | None:
        """The slice of a stack in which the spot at a place is sharpest; None when none stands out."""
        return best_slice(
            frames,
            at,
            reach_px,
            pixel_mm=None if info.spacing is None else info.spacing.mean_mm,
            inverse=info.inverse,
            padding=info.padding,
        )
