"""Round calcifications arranged in each distribution of the lexicon: what differs is where they lie."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from annotator.phantom.body import BodyPoint
from annotator.phantom.calcifications import Bed, CalcGroup, Calcification
from annotator.phantom.shapes import Ball
from annotator.phantom.trees import Tube

Places = list[BodyPoint]


SIZES_MM = {"punctate": (0.3, 0.48), "round": (0.55, 0.95), "uncharacterised": (0.12, 0.18)}
"""Diameters of the round calcifications of each kind that can be arranged."""


def arrange(rng: np.random.Generator, bed: Bed, group_id: str, kind: str, distribution: str) -> CalcGroup:
    """Round calcifications of a kind (of SIZES_MM) in one distribution (of DISTRIBUTIONS); KeyError for others."""
    low, high = SIZES_MM[kind]
    places = DISTRIBUTIONS[distribution](rng, bed)
    members = tuple(
        Calcification(f"{group_id}-{number:02d}", place, Ball(rng.uniform(low, high)), rng.uniform(0.5, 0.9))
        for number, place in enumerate(places, start=1)
    )
    benign = kind != "uncharacterised" and distribution not in ("linear", "segmental")
    return CalcGroup(group_id, kind, distribution, benign, members)


def _diffuse(rng: np.random.Generator, bed: Bed) -> Places:
    """Through the whole breast."""
    places = []
    for _ in range(110):
        depth = rng.uniform(10, bed.breast.depth_mm - 4)
        off, around = (6 + 0.62 * depth) * math.sqrt(rng.random()), rng.uniform(0, 2 * math.pi)
        places.append(BodyPoint(depth, off * math.cos(around), off * math.sin(around)))
    return places


def _regional(rng: np.random.Generator, bed: Bed) -> Places:
    """Evenly over 34 by 26 mm, more than 2 cm, with no direction."""
    return _about(rng, bed, 56, (17.0, 13.0, 10.0))


def _grouped(rng: np.random.Generator, bed: Bed) -> Places:
    """Twelve within 8 mm: at least five within 1 cm."""
    return _about(rng, bed, 12, (4.0, 3.4, 3.4))


def _single(rng: np.random.Generator, bed: Bed) -> Places:
    del rng
    return [bed.middle]


def _about(rng: np.random.Generator, bed: Bed, count: int, half: tuple[float, float, float]) -> Places:
    """Places drawn evenly from an ellipsoid about the middle of the bed."""
    places: Places = []
    while len(places) < count:
        offset = rng.uniform(-1, 1, 3)
        if float(offset @ offset) <= 1:
            places.append(
                BodyPoint(*(float(m + o * h) for m, o, h in zip(bed.middle, offset, half, strict=True)))
            )
    return places


def _linear(rng: np.random.Generator, bed: Bed) -> Places:
    """Along one duct of the nearest lobe and what it goes on as."""
    tubes = [tube for tube in bed.ducts if tube.tree == _nearest_lobe(bed)]
    first = max((tube for tube in tubes if tube.generation == 1), key=_length, default=tubes[0])
    after = [tube for tube in tubes if np.allclose(tube.axis[0], first.axis[-1])][:1]
    return [place for tube in (first, *after) for place in _in_tube(rng, tube, 1.5, 0.15)]


def _segmental(rng: np.random.Generator, bed: Bed) -> Places:
    """Through the ducts of one lobe and of those at its sides, branches and all: a wedge that points to the nipple."""
    middle = _nearest_lobe(bed)
    tubes = [t for t in bed.ducts if t.generation >= 2 * abs(t.tree - middle) and abs(t.tree - middle) <= 1]
    return [place for tube in tubes for place in _in_tube(rng, tube, 2.4, 0.8)]


def _nearest_lobe(bed: Bed) -> int:
    return min(bed.ducts, key=lambda tube: float(np.linalg.norm(tube.axis.mean(axis=0) - bed.middle))).tree


def _in_tube(rng: np.random.Generator, tube: Tube, gap_mm: float, waver_mm: float) -> Places:
    count = max(2, round(_length(tube) / gap_mm))
    at = (np.arange(count) + rng.uniform(0.1, 0.9, count)) * (len(tube.axis) - 1) / count
    points = np.stack([np.interp(at, np.arange(len(tube.axis)), tube.axis[:, i]) for i in range(3)], axis=1)
    points += rng.normal(0, waver_mm, points.shape)
    return [BodyPoint(*map(float, point)) for point in points]


def _length(tube: Tube) -> float:
    return float(np.linalg.norm(np.diff(tube.axis, axis=0), axis=1).sum())


DISTRIBUTIONS: dict[str, Callable[[np.random.Generator, Bed], Places]] = {
    "diffuse": _diffuse,
    "regional": _regional,
    "grouped": _grouped,
    "linear": _linear,
    "segmental": _segmental,
    "single": _single,
}
"""Every distribution of the lexicon and how its places are drawn."""
