"""Where a place lies in a breast: how far from the nipple, in which third, on which side of it.

docs/measuring.md, place in the breast.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.analysis.breast.axes import BreastAxes, breast_axes
from annotator.analysis.breast.coverage import breast_outline
from annotator.analysis.mark_table import Points
from annotator.hanging import is_detail, knows_up
from annotator.model.finding import Depth, Quadrant
from annotator.model.geometry import ImagePoint, Orientation, PixelSpacing
from annotator.model.image import ImageInfo, Laterality
from annotator.model.measured import LATERAL_VIEWS, Half

FROM_ABOVE = frozenset({"CC", "FB"})
"""Views in which the line through the nipple parts outer from inner."""
OBLIQUE = "MLO"
"""Parts upper from lower too, but along a slanted line."""
_SHIFTED = frozenset({"RL", "RM", "RS", "RI", "AT", "CV"})
"""Modifiers (CID 4015) of views in which the breast was rolled, or another part of it lies on the detector."""

DOUBT_MM = 5.0
"""Nearer than this to the line through the nipple its side is not told, nearer than half of it to the border of a
third no third: estimated nipples of the sample exams lie up to 3.6 mm from the true ones (docs/measuring.md)."""

View = tuple[Laterality | None, str, tuple[str, ...], Orientation | None]


@dataclass(frozen=True, eq=False)
class BreastOnImage:
    """Where breast, chest wall and nipple lie on one image, as far as its pixels tell.

    `outline` is True where breast is, one cell for `block` image pixels each way; empty of True where it was not found.
    `axes` None: a view of a part, or no known side or spacing. `nipple` is the foremost tissue, an estimate.
    """

    sop_instance_uid: str
    shown_as: View
    outline: NDArray[np.bool_]
    block: int
    axes: BreastAxes | None
    nipple: ImagePoint | None
    up_known: bool

    def fits(self, info: ImageInfo) -> bool:
        """Whether this was worked out with the side, view and turn that the image has now."""
        return self.shown_as == _shown_as(info)

    def area_mm2(self, spacing: PixelSpacing) -> float | None:
        """Area of the breast; None where it was not found, and on a view of a part of it."""
        cells = np.count_nonzero(self.outline)
        whole = self.axes is not None and cells
        return float(cells * self.block**2 * spacing.row_mm * spacing.column_mm) if whole else None

    def outside(self, points: Points) -> int | None:
        """How many points (column, row) lie in the air, more than a cell away from the breast; None where that is
        not known.
        """
        if not self.outline.any():
            return None
        rows, columns = self.outline.shape
        cells = (points // self.block).astype(np.intp)
        across, down = np.clip(cells[:, 0], 0, columns - 1), np.clip(cells[:, 1], 0, rows - 1)
        wide = cv2.dilate(self.outline.astype(np.uint8), np.ones((3, 3), np.uint8))
        return int(np.count_nonzero(wide[down, across] == 0))


@dataclass(frozen=True, slots=True)
class PlaceInBreast:
    """A place on one image. `depth_share` is 0 at the chest wall and 1 at the nipple.

    `beyond_mm` is the distance from the line through the nipple, up or outwards, below or inwards negative.
    """

    nipple_mm: float
    depth_share: float
    nipple_depth_mm: float
    beyond_mm: float

    @property
    def depth(self) -> Depth | None:
        """The third; None nearer to a border than the nipple is known, and in front of the nipple."""
        doubt = DOUBT_MM / 2 / self.nipple_depth_mm
        for low, high, third in _THIRDS:
            if low + (doubt if low > 0 else 0) <= self.depth_share <= high - (doubt if high < 1 else 0):
                return third
        return None


_THIRDS = ((-0.05, 1 / 3, Depth.POSTERIOR), (1 / 3, 2 / 3, Depth.MIDDLE), (2 / 3, 1.05, Depth.ANTERIOR))


def breast_on_image(
    info: ImageInfo, orientation: Orientation, tissue: NDArray[np.bool_], block: int
) -> BreastOnImage:
    """The breast of an image; `tissue` says for squares of `block` pixels where tissue is (imaging.air.tissue_mask)."""
    outline = breast_outline(tissue)
    whole = not (is_detail(info) or info.partial_view or _SHIFTED & set(info.view.modifiers))
    breast = _largest_piece(outline)
    axes = breast_axes(info, orientation, breast, block) if whole and breast.any() else None
    nipple = None if axes is None else _foremost(axes, breast, block)
    if is_detail(info):
        # fat can be as dark as air there: all of it may be breast
        outline = np.zeros_like(outline)
    return BreastOnImage(info.sop_instance_uid, _shown_as(info), outline, block, axes, nipple, knows_up(info))


def place_in_breast(
    breast: BreastOnImage,
    at: ImagePoint,
    nipple: ImagePoint | None,
    wall: tuple[ImagePoint, ImagePoint] | None = None,
) -> PlaceInBreast | None:
    """Where a place lies, from the nipple as the reader put it (None: as estimated); None where the image cannot tell.

    The chest wall is the line through both ends of `wall`, the edge of the image where the reader drew none.
    """
    axes, nipple = breast.axes, nipple or breast.nipple
    if axes is None or nipple is None:
        return None
    (depth, below), (nipple_depth, nipple_below) = axes.to_mm(at), axes.to_mm(nipple)
    before, nipple_before = depth, nipple_depth
    if wall is not None:
        before, nipple_before = _before_line(axes, wall, (at, nipple))
    if nipple_before <= 0:
        return None
    distance = math.hypot(depth - nipple_depth, below - nipple_below)
    return PlaceInBreast(distance, before / nipple_before, nipple_before, nipple_below - below)


def _before_line(
    axes: BreastAxes, wall: tuple[ImagePoint, ImagePoint], points: tuple[ImagePoint, ImagePoint]
) -> tuple[float, float]:
    """How far a place and the nipple, in this order, lie before a line; what is on its other side than the nipple is behind."""
    (a, b), (c, d) = (axes.to_mm(end) for end in wall)
    length = math.hypot(c - a, d - b)
    if not length:
        return 0.0, 0.0
    away = [((x - a) * (d - b) - (y - b) * (c - a)) / length for x, y in map(axes.to_mm, points)]
    ahead = math.copysign(1.0, away[1])
    return away[0] * ahead, away[1] * ahead


def half_of(info: ImageInfo, breast: BreastOnImage, place: PlaceInBreast) -> Half | None:
    """The side of the line through the nipple, in the words of the view; None where it cannot be told."""
    if not breast.up_known or abs(place.beyond_mm) < DOUBT_MM:
        return None
    if info.view.name in FROM_ABOVE:
        return Half.OUTER if place.beyond_mm > 0 else Half.INNER
    if info.view.name in LATERAL_VIEWS or info.view.name == OBLIQUE:
        return Half.UPPER if place.beyond_mm > 0 else Half.LOWER
    return None


def quadrant_of(seen: Sequence[tuple[str, Half, float]]) -> Quadrant | None:
    """The quadrant from the halves of several views (name, half, millimetres beyond the line), where they agree.

    Upper and lower come from ML and LM; from an MLO only where they are the same at every angle of it: what lies
    outwards stands higher there than it is, what lies inwards lower (docs/domain.md, place in the breast).
    """
    across = [(half, beyond) for view, half, beyond in seen if view in FROM_ABOVE]
    if len({half for half, _ in across}) != 1:
        return None
    lateral = across[0][0]
    heights: set[Half | None] = {half for view, half, _ in seen if view in LATERAL_VIEWS}
    if not heights:
        reach = max((beyond for _, beyond in across), key=abs)
        heights = {_height_at_any_angle(beyond, reach) for view, _, beyond in seen if view == OBLIQUE}
    height = heights.pop() if len(heights) == 1 else None
    return None if height is None else _QUADRANTS[height, lateral]


def _height_at_any_angle(beyond: float, lateral: float) -> Half | None:
    """Whether a place lies high or low, by how far it lies beyond the line on an MLO and, outwards, on a CC.

    On an image tilted by any angle a it stands at height * cos(a) + lateral * sin(a).
    """
    if beyond - max(lateral, 0.0) >= DOUBT_MM:
        return Half.UPPER
    return Half.LOWER if beyond - min(lateral, 0.0) <= -DOUBT_MM else None


_QUADRANTS = {
    (Half.UPPER, Half.OUTER): Quadrant.UPPER_OUTER,
    (Half.UPPER, Half.INNER): Quadrant.UPPER_INNER,
    (Half.LOWER, Half.OUTER): Quadrant.LOWER_OUTER,
    (Half.LOWER, Half.INNER): Quadrant.LOWER_INNER,
}


def _shown_as(info: ImageInfo) -> View:
    return info.laterality, info.view.name, info.view.modifiers, info.turned


def _largest_piece(outline: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The breast without the letters and edges of a film that are as large as a part of it."""
    _, pieces, facts, _ = cv2.connectedComponentsWithStats(outline.astype(np.uint8), connectivity=4)
    if len(facts) == 1:
        return outline
    return np.asarray(pieces == 1 + int(np.argmax(facts[1:, cv2.CC_STAT_AREA])))


def _foremost(axes: BreastAxes, breast: NDArray[np.bool_], block: int) -> ImagePoint | None:
    """Where the breast reaches farthest from the chest wall; None where that is the far edge of the image."""
    down, across = np.nonzero(breast)
    turn = axes.orientation
    cells = (down if turn.transpose else across) * block
    width, _ = turn.displayed_size(axes.columns, axes.rows)
    ends = (float(cells.min()), min(float(cells.max() + block), float(width)))
    low, high = (width - ends[1], width - ends[0]) if turn.flip_columns else ends
    reach = axes.wall - low if axes.away < 0 else high - axes.wall
    return None if reach >= width else axes.to_point(reach * axes.across_mm, 0.0)
