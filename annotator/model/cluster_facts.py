"""How the marks of one cluster lie on one image, in numbers, and the distribution word that they suggest.

None means that it cannot be known: from too few marks, or without what it is told against.
"""

from __future__ import annotations

from dataclasses import dataclass

from annotator.model.finding import Distribution
from annotator.model.geometry import Millimetres, SpacingBasis

Place = tuple[float, float]
"""Millimetres to the right and down, from any one corner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterFacts:
    """A cluster on one image (docs/measuring.md, clusters).

    Of all marks. `extent_mm`: between the middles of the farthest two, as everywhere; `extent_with_sizes_mm`: one
    median diameter more. `hull_mm2`: inside the smallest convex outline around the middles. `area_mm2`: of all places
    within 1 mm of a mark, and `density_per_cm2` marks in it. `spacing_mm`: median distance to the nearest other mark,
    and `spacing_variation` the standard deviation of these distances over their mean. `breast_share`: part of the
    breast inside the hull, 0 to 1.

    `strays` are marks whose nearest other is more than three times as far as usual; what follows is told without
    them. `core_extent_mm` and `core_hull_mm2` as above. `length_mm`: along the bent middle line; `width_mm`: root mean
    square beside it, of the 85 of 100 marks nearest to it; `line_likeness`: length / (4 width + 0.5). `elongation`: of
    the spread, long over short. `axis_deg`: direction of the long axis, 0 to the right, clockwise, 0 to 180.

    Seen from the nipple: `axis_to_nipple_deg` between the long axis and the line to it (0 points to it, 90 lies
    across), `angular_spread_deg` and `radial_spread_mm` hold 84 of 100 marks, `tangential_spread_mm` is the angle at
    the cluster's distance. `widening`: how much farther beside the middle marks lie for each millimetre away from the
    nipple; above 0 for a wedge that points to it. `hull` and `middle_line` are for drawing.
    """

    count: int
    basis: SpacingBasis | None = None
    extent_mm: float = 0.0
    extent_with_sizes_mm: float | None = None
    median_diameter_mm: float | None = None
    hull_mm2: float = 0.0
    area_mm2: float = 0.0
    density_per_cm2: float = 0.0
    spacing_mm: float | None = None
    spacing_variation: float | None = None
    breast_share: float | None = None
    strays: int = 0
    core_extent_mm: float = 0.0
    core_hull_mm2: float = 0.0
    length_mm: float = 0.0
    width_mm: float = 0.0
    line_likeness: float = 0.0
    elongation: float = 1.0
    axis_deg: float | None = None
    nipple_distance_mm: float | None = None
    axis_to_nipple_deg: float | None = None
    angular_spread_deg: float | None = None
    radial_spread_mm: float | None = None
    tangential_spread_mm: float | None = None
    widening: float | None = None
    hull: tuple[Place, ...] = ()
    middle_line: tuple[Place, ...] = ()

    @property
    def extent(self) -> Millimetres | None:
        """The extent with how it is known; None for one mark, and where nobody said how millimetres are known."""
        return None if self.basis is None or self.count < 2 else Millimetres(self.extent_mm, self.basis)


@dataclass(frozen=True, slots=True)
class DistributionHint:
    """A distribution word to look at, never filled in.

    `because` are full sentences with the numbers. `share`: how often sets like this one are called so where the truth
    is known (docs/measuring.md), None where it was not asked. `next_word`: the word that comes second, with its share.
    """

    word: Distribution
    because: tuple[str, ...]
    share: float | None = None
    next_word: Distribution | None = None
    next_share: float | None = None
