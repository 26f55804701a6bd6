"""Where a place lies in a breast: millimetres from the chest wall and from the line through the nipple.

So the same place is found on the other breast, on an earlier exam, and on an image of another size.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.analysis.breast.coverage import breast_outline
from annotator.hanging import edge_for
from annotator.model.geometry import ImagePoint, Orientation
from annotator.model.image import ImageInfo


@dataclass(frozen=True, slots=True)
class BreastAxes:
    """The axes of one image as it hangs.

    `wall` is the displayed column of the chest wall, `away` +1 where the nipple lies to the right of it and
    -1 to the left, `nipple` the displayed row of the foremost tissue; `across_mm` and `down_mm` the
    millimetres of a displayed pixel.
    """

    columns: int
    rows: int
    orientation: Orientation
    wall: float
    away: int
    nipple: float
    across_mm: float
    down_mm: float

    def to_mm(self, point: ImagePoint) -> tuple[float, float]:
        """(from the chest wall, below the line through the nipple) of a point of the stored image."""
        shown = self.orientation.to_displayed(point, self.columns, self.rows)
        return (shown.column - self.wall) * self.away * self.across_mm, (
            shown.row - self.nipple
        ) * self.down_mm

    def to_point(self, from_wall_mm: float, below_mm: float) -> ImagePoint:
        """Inverse of `to_mm`; the point may lie beside the image."""
        column = self.wall + self.away * from_wall_mm / self.across_mm
        shown = ImagePoint(column, self.nipple + below_mm / self.down_mm)
        return self.orientation.to_stored(shown, self.columns, self.rows)


def breast_axes(
    info: ImageInfo, orientation: Orientation, tissue: NDArray[np.bool_], block: int
) -> BreastAxes | None:
    """The axes of an image; None without known spacing or side, and for what shows a part at its own scale.

    `tissue` says for squares of `block` image pixels where tissue is (imaging.air.tissue_mask). The nipple
    is not looked for: where tissue reaches farthest from the chest wall it is near enough for looking.
    """
    edge, spacing = edge_for(info), info.spacing
    if spacing is None or edge == "center" or info.view.magnified:
        return None
    width, height = orientation.displayed_size(info.columns, info.rows)
    across_mm, down_mm = spacing.column_mm, spacing.row_mm
    if orientation.transpose:
        across_mm, down_mm = down_mm, across_mm
    return BreastAxes(
        info.columns,
        info.rows,
        orientation,
        wall=float(width) if edge == "right" else 0.0,
        away=-1 if edge == "right" else 1,
        nipple=_foremost_row(tissue, block, orientation, height, edge == "right"),
        across_mm=across_mm,
        down_mm=down_mm,
    )


def _foremost_row(
    tissue: NDArray[np.bool_], block: int, orientation: Orientation, height: int, wall_right: bool
) -> float:
    """The displayed row, in pixels, whose tissue reaches farthest from the chest wall."""
    outline = breast_outline(tissue)
    shown = outline.T if orientation.transpose else outline
    if orientation.flip_columns != wall_right:
        shown = shown[:, ::-1]
    reach = np.where(shown.any(axis=1), shown.shape[1] - np.argmax(shown[:, ::-1], axis=1), 0)
    if not reach.any():
        return height / 2
    stored_row = (float(np.flatnonzero(reach == reach.max()).mean()) + 0.5) * block
    return height - stored_row if orientation.flip_rows else stored_row
