"""One decoded frame with everything a viewport needs to show it; made by a job, never by a widget."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from annotator.imaging.pyramid import Levels
from annotator.model.geometry import ImagePoint, Orientation
from annotator.model.image import ImageInfo, ImageKey


@dataclass(frozen=True, eq=False)
class Picture:
    """`frame` holds the stored values; `orientation_reason` says why it is hung like this."""

    info: ImageInfo
    frame_number: int
    frame: NDArray[Any]
    levels: Levels
    orientation: Orientation
    orientation_reason: str = ""

    @property
    def key(self) -> ImageKey:
        """What marks on this picture refer to."""
        return self.info.key(self.frame_number)

    @property
    def column_mm(self) -> float | None:
        """Millimetres of a pixel along a displayed row, None without known spacing."""
        spacing = self.info.spacing
        if spacing is None:
            return None
        return spacing.row_mm if self.orientation.transpose else spacing.column_mm

    def holds(self, point: ImagePoint) -> bool:
        """Whether a point lies on the image."""
        return 0 <= point.column < self.info.columns and 0 <= point.row < self.info.rows

    def nearest_inside(self, point: ImagePoint) -> ImagePoint:
        """The point itself, or the nearest one on the image."""
        return ImagePoint(
            min(max(point.column, 0.0), float(self.info.columns)),
            min(max(point.row, 0.0), float(self.info.rows)),
        )

    def value_at(self, point: ImagePoint) -> int | None:
        """The stored value under a point, None off the image."""
        return int(self.frame[int(point.row), int(point.column)]) if self.holds(point) else None
