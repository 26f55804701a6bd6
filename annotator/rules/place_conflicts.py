"""Places in a breast that cannot be one: quadrant, hour of the clock face, and the side of the nipple measured."""

from __future__ import annotations

from annotator.model.finding import Quadrant
from annotator.model.image import Laterality
from annotator.model.measured import Half, Measured, MeasuredOnImage

_HALVES: dict[Quadrant, frozenset[Half]] = {
    Quadrant.UPPER_OUTER: frozenset({Half.UPPER, Half.OUTER}),
    Quadrant.UPPER_INNER: frozenset({Half.UPPER, Half.INNER}),
    Quadrant.LOWER_OUTER: frozenset({Half.LOWER, Half.OUTER}),
    Quadrant.LOWER_INNER: frozenset({Half.LOWER, Half.INNER}),
    Quadrant.AXILLARY_TAIL: frozenset({Half.UPPER, Half.OUTER}),
}
"""Regions around the nipple, central and subareolar, lie on no side of it."""
_OPPOSITE = {
    Half.UPPER: Half.LOWER,
    Half.LOWER: Half.UPPER,
    Half.INNER: Half.OUTER,
    Half.OUTER: Half.INNER,
}
_OBLIQUE = "MLO"


def quadrants_at(hour: int, side: Laterality) -> frozenset[Quadrant]:
    """The quadrants that an hour of the clock face, seen from in front, can lie in; two at 12, 3, 6 and 9.

    The outer half of the right breast is on the left of the one who looks: 7 to 11 there, 1 to 5 of the left breast.
    """
    across, up = hour % 12, hour % 12
    right_of_clock = 0 < across < 6
    left_of_clock = across > 6
    outer_left = side is Laterality.RIGHT
    fits = {
        Half.OUTER: not (right_of_clock if outer_left else left_of_clock),
        Half.INNER: not (left_of_clock if outer_left else right_of_clock),
        Half.UPPER: not 3 < up < 9,
        Half.LOWER: 3 <= up <= 9,
    }
    return frozenset(
        quadrant
        for quadrant, halves in _HALVES.items()
        if all(fits[half] for half in halves) and quadrant is not Quadrant.AXILLARY_TAIL
    )


def clock_against_quadrant(hour: int, side: Laterality, quadrant: Quadrant) -> bool:
    """Whether an hour cannot lie in a quadrant of that breast; around the nipple every hour can."""
    halves = _HALVES.get(quadrant)
    return halves is not None and not any(_HALVES[one] == halves for one in quadrants_at(hour, side))


def measured_half_against(said: frozenset[Quadrant], measured: Measured) -> dict[str, str] | None:
    """Words on the first image that shows the finding on a side on which none of these quadrants lies; None for none.

    On an MLO what lies outwards stands higher than it is and what lies inwards lower, so that it can speak against
    upper outer and lower inner only, as long as the height is not known otherwise (docs/domain.md, place in the breast).
    """
    halves = [_HALVES[quadrant] for quadrant in said if quadrant in _HALVES]
    if not halves or len(halves) < len(said):
        return None
    for one in measured.on_images:
        if one.half is not None and all(_excluded(one, allowed, measured) for allowed in halves):
            estimated = "" if one.nipple_placed else " (its place estimated)"
            return {"image": one.label, "half": str(one.half), "estimated": estimated}
    return None


def _excluded(one: MeasuredOnImage, allowed: frozenset[Half], measured: Measured) -> bool:
    """Whether a finding seen in its half of an image cannot lie in the quadrant of these halves."""
    if one.half is None or _OPPOSITE[one.half] not in allowed:
        return False
    if one.view != _OBLIQUE:
        return True
    if measured.quadrant in _HALVES:
        return one.half in _HALVES[measured.quadrant]
    return allowed in ({Half.UPPER, Half.OUTER}, {Half.LOWER, Half.INNER})
