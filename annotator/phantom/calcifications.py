"""Groups of calcifications in space: what they are, where they lie, of which shapes.

Kinds are the ids of the project's lexicon; sizes and counts follow the sample exam recipe.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from annotator.phantom.body import BodyPoint, Breast, PhantomView
from annotator.phantom.shapes import Ball, Grain, Piece, Pool, Shape, Shell, Torus, make_grain
from annotator.phantom.trees import Tube, make_ducts, make_vessels


@dataclass(frozen=True, slots=True)
class Calcification:
    """One calcification; `purity` 0..1 sets how strongly it attenuates, `thin` scales its thickness."""

    id: str
    centre: BodyPoint
    shape: Shape
    purity: float
    thin: float = 1.0


@dataclass(frozen=True, slots=True)
class SoftPart:
    """A ball of soft tissue: `gland_mm` of gland in its middle, negative for oil."""

    centre: BodyPoint
    radius_mm: float
    gland_mm: float


@dataclass(frozen=True, slots=True)
class CalcGroup:
    """Calcifications that belong together; `distribution` is a lexicon id."""

    id: str
    kind: str
    distribution: str
    benign: bool
    calcifications: tuple[Calcification, ...]
    soft: tuple[SoftPart, ...] = ()


@dataclass(frozen=True, slots=True)
class Bed:
    """Where calcifications can grow: the breast with its ducts and vessels, and the group's middle."""

    breast: Breast
    middle: BodyPoint
    ducts: tuple[Tube, ...]
    vessels: tuple[Tube, ...]


Grown = tuple[list[tuple[BodyPoint, Shape, float, float]], tuple[SoftPart, ...], str]
Growing = Callable[[np.random.Generator, Bed], Grown]


def make_bed(breast: Breast, middle: BodyPoint) -> Bed:
    """The bed of a group about `middle`."""
    return Bed(breast, middle, make_ducts(breast), make_vessels(breast))


def make_group(rng: np.random.Generator, bed: Bed, group_id: str, kind: str) -> CalcGroup:
    """A group of one kind, a key of KINDS, in its usual distribution."""
    benign, grow = KINDS[kind]
    return grown_group(rng, bed, group_id, kind, benign, grow)


def grown_group(
    rng: np.random.Generator, bed: Bed, group_id: str, kind: str, benign: bool, grow: Growing
) -> CalcGroup:
    """A group of a kind that grows in a way of its own."""
    grown, soft, distribution = grow(rng, bed)
    members = tuple(
        Calcification(f"{group_id}-{number:02d}", place, shape, purity, thin)
        for number, (place, shape, purity, thin) in enumerate(grown, start=1)
    )
    return CalcGroup(group_id, kind.partition(":")[0], distribution, benign, members, soft)


def clipped_lognormal(rng: np.random.Generator, median: float, sd: float, low: float, high: float) -> float:
    return float(np.clip(rng.lognormal(math.log(median), sd), low, high))


def cloud(
    rng: np.random.Generator, bed: Bed, count: int, spread_mm: float, stretch: float
) -> list[BodyPoint]:
    """Places of a Gaussian cloud, drawn out in one direction; `spread_mm` is its visible width."""
    axis = rng.normal(size=3)
    axis /= np.linalg.norm(axis)
    offsets = rng.normal(0, spread_mm / 3, (count, 3))
    offsets += np.outer(offsets @ axis * (stretch - 1), axis)
    return [BodyPoint(*(np.array(bed.middle) + o)) for o in offsets]


def apart(places: list[BodyPoint], breast: Breast, least_mm: float) -> list[BodyPoint]:
    """Those places that lie apart from all kept before them on every view."""
    kept: list[BodyPoint] = []
    for place in places:
        if all(
            math.hypot(place.depth - k.depth, breast.vertical(place, view) - breast.vertical(k, view))
            >= least_mm
            for k in kept
            for view in PhantomView
        ):
            kept.append(place)
    return kept


def _anywhere(rng: np.random.Generator, breast: Breast) -> BodyPoint:
    depth = rng.uniform(14, breast.depth_mm - 18)
    off, around = (8 + 0.5 * depth) * math.sqrt(rng.random()), rng.uniform(0, 2 * math.pi)
    return BodyPoint(depth, off * math.cos(around), off * math.sin(around))


def _fine_pleomorphic(rng: np.random.Generator, bed: Bed) -> Grown:
    count = int(rng.integers(18, 26))
    places = apart(cloud(rng, bed, 3 * count, rng.uniform(6.5, 8.5), rng.uniform(1, 1.6)), bed.breast, 0.6)
    grown: list[tuple[BodyPoint, Shape, float, float]] = []
    for place in places[:count]:
        size = clipped_lognormal(rng, 0.36, 0.34, 0.15, 0.56)
        grown.append((place, make_grain(rng, size, 0.55, rng.uniform(1, 2.2)), rng.uniform(0.35, 1), 1.0))
    return grown, (), "grouped"


def _amorphous(rng: np.random.Generator, bed: Bed) -> Grown:
    places = cloud(rng, bed, int(rng.integers(16, 34)), 7, 1.25)
    grown: list[tuple[BodyPoint, Shape, float, float]] = [
        (p, make_grain(rng, rng.uniform(0.14, 0.28), 0.3), rng.uniform(0, 0.35), 0.8) for p in places
    ]
    return grown, (), "grouped"


def _coarse_heterogeneous(rng: np.random.Generator, bed: Bed) -> Grown:
    places = cloud(rng, bed, int(rng.integers(5, 14)), rng.uniform(6, 9), 1.3)
    grown: list[tuple[BodyPoint, Shape, float, float]] = [
        (p, make_grain(rng, rng.uniform(0.5, 1.0), 0.5, rng.uniform(1, 1.5)), rng.uniform(0.2, 0.8), 0.6)
        for p in places
    ]
    return grown, (), "grouped"


def _punctate(rng: np.random.Generator, bed: Bed) -> Grown:
    places = cloud(rng, bed, int(rng.integers(8, 18)), rng.uniform(6, 11), 1.2)
    return [(p, Ball(rng.uniform(0.18, 0.48)), rng.uniform(0.4, 0.8), 1.0) for p in places], (), "grouped"


def _round(rng: np.random.Generator, bed: Bed) -> Grown:
    places = [_anywhere(rng, bed.breast) for _ in range(int(rng.integers(7, 15)))]
    return [(p, Ball(rng.uniform(0.35, 0.9)), rng.uniform(0.3, 0.8), 0.8) for p in places], (), "diffuse"


def _popcorn(rng: np.random.Generator, bed: Bed) -> Grown:
    mass = rng.uniform(5, 9)
    grown: list[tuple[BodyPoint, Shape, float, float]] = []
    for _ in range(int(rng.integers(5, 10))):
        place = BodyPoint(*(np.array(bed.middle) + rng.normal(0, mass / 5.5, 3)))
        size = clipped_lognormal(rng, 2.0, 0.45, 0.8, 4)
        grown.append((place, make_grain(rng, size, 0.55, rng.uniform(1, 1.5)), rng.uniform(0, 0.6), 0.2))
    return grown, (SoftPart(bed.middle, mass, 0.55 * mass),), "single"


def _rim(rng: np.random.Generator, bed: Bed) -> Grown:
    size = rng.uniform(4, 11)
    shell = Shell(size, rng.uniform(0.07, 0.18), rng.uniform(0, 2 * math.pi))
    return (
        [(bed.middle, shell, rng.uniform(0.3, 0.7), 0.38)],
        (SoftPart(bed.middle, size / 2, -0.6 * size),),
        "single",
    )


def _milk(rng: np.random.Generator, bed: Bed) -> Grown:
    places = cloud(rng, bed, int(rng.integers(6, 12)), 14, 1.2)
    grown: list[tuple[BodyPoint, Shape, float, float]] = [
        (p, Pool(rng.uniform(0.9, 2.2) / 2, rng.uniform(0.2, 0.6)), rng.uniform(0, 0.3), 0.55) for p in places
    ]
    return grown, (), "grouped"


def _along(
    tube: Tube, start: float, length: float, waver: float, rng: np.random.Generator
) -> tuple[np.ndarray, float]:
    """Points of `tube` from `start` mm on for `length` mm, and where that ends."""
    steps = np.linalg.norm(np.diff(tube.axis, axis=0), axis=1)
    at = np.concatenate([[0.0], np.cumsum(steps)])
    samples = np.linspace(start, min(start + length, at[-1]), max(3, int(length / 0.25)))
    points = np.stack([np.interp(samples, at, tube.axis[:, i]) for i in range(3)], axis=1)
    points[1:-1] += rng.normal(0, waver, (len(points) - 2, 3))
    return points, start + length


def _as_piece(
    points: np.ndarray, width: float, flat: float = 1.0, taper: float = 0.0
) -> tuple[BodyPoint, Piece]:
    centre = points.mean(axis=0)
    offsets = tuple((float(p[0]), float(p[1]), float(p[2])) for p in points - centre)
    return BodyPoint(*map(float, centre)), Piece(offsets, width, flat, taper)


def _tube_length(tube: Tube) -> float:
    return float(np.linalg.norm(np.diff(tube.axis, axis=0), axis=1).sum())


def _casts(
    rng: np.random.Generator, tubes: list[Tube], share: float
) -> list[tuple[BodyPoint, Shape, float, float]]:
    grown: list[tuple[BodyPoint, Shape, float, float]] = []
    for tube in tubes:
        position, end = rng.uniform(0, 1.5), _tube_length(tube)
        while position < end:
            length = clipped_lognormal(rng, 0.7, 0.5, 0.25, 2.2)
            points, position = _along(tube, position, length, 0.04, rng)
            if rng.random() < share:
                centre, piece = _as_piece(points, rng.uniform(0.12, 0.22), 1.0, 0.35)
                grown.append((centre, piece, rng.uniform(0.4, 0.9), 1.0))
                if rng.random() < 0.16:
                    grown.append(_side_branch(rng, points))
            position += rng.exponential(0.35)
    return grown


def _side_branch(rng: np.random.Generator, points: np.ndarray) -> tuple[BodyPoint, Shape, float, float]:
    root, heading = points[len(points) // 2], points[-1] - points[0]
    aside = np.cross(heading, rng.normal(size=3))
    lean = math.radians(rng.uniform(30, 60))
    unit = heading / (np.linalg.norm(heading) + 1e-9) * math.cos(lean)
    unit = unit + aside / (np.linalg.norm(aside) + 1e-9) * math.sin(lean)
    centre, piece = _as_piece(root + np.outer(np.linspace(0.1, 0.7, 4), unit), rng.uniform(0.11, 0.18))
    return centre, piece, rng.uniform(0.4, 0.9), 1.0


def _nearest_tree(bed: Bed) -> int:
    return min(bed.ducts, key=lambda t: float(np.linalg.norm(t.axis.mean(axis=0) - bed.middle))).tree


def _fine_linear(rng: np.random.Generator, bed: Bed) -> Grown:
    tree = [t for t in bed.ducts if t.tree == _nearest_tree(bed)]
    trunk = [t for t in tree if t.generation in (1, 2)] or tree
    first = trunk[0]
    children = [t for t in tree if t is not first and np.allclose(t.axis[0], first.axis[-1])]
    return _casts(rng, [first, *children][:3], 0.55), (), "linear"


def _fine_linear_segmental(rng: np.random.Generator, bed: Bed) -> Grown:
    middle = _nearest_tree(bed)
    trees = {middle, middle + 1, middle - 1}
    tubes = [t for t in bed.ducts if t.tree in trees and t.generation in (1, 2, 3)]
    return _casts(rng, tubes, 0.4), (), "segmental"


def _rods(rng: np.random.Generator, bed: Bed) -> Grown:
    grown: list[tuple[BodyPoint, Shape, float, float]] = []
    for index in rng.permutation(len(bed.ducts))[:14]:
        tube, length = bed.ducts[int(index)], rng.uniform(1.5, 7)
        start = rng.uniform(0, max(0.1, _tube_length(tube) - length))
        points, _ = _along(tube, start, length, 0.0, rng)
        centre, piece = _as_piece(points, rng.uniform(0.45, 0.9), 0.6, 0.2)
        grown.append((centre, piece, rng.uniform(0.4, 0.9), 0.6))
    return grown, (), "diffuse"


def _vascular(rng: np.random.Generator, bed: Bed) -> Grown:
    """Tram tracks: pieces on both walls of the two largest vessels."""
    grown: list[tuple[BodyPoint, Shape, float, float]] = []
    largest = sorted(bed.vessels, key=lambda t: -float(t.diameter_mm.mean()) * _tube_length(t))[:2]
    for tube, share in zip(largest, (0.75, 0.45), strict=False):
        length = _tube_length(tube)
        stop = length * rng.uniform(0.7, 0.98)
        for side in (-1, 1):
            position = rng.uniform(0.1, 0.35) * length
            while position < stop:
                run = clipped_lognormal(rng, 1.6, 0.6, 0.4, 6)
                points, position = _along(tube, position, run, 0.03, rng)
                if len(points) > 2 and rng.random() < share:
                    wall = _to_wall(
                        points, bed.breast, side * max(1.5, float(tube.diameter_mm.mean())) * 0.47
                    )
                    centre, piece = _as_piece(wall, rng.uniform(0.16, 0.34), 0.8, 0.3)
                    grown.append((centre, piece, rng.uniform(0.1, 0.8), 0.6))
                position += abs(rng.normal(0, 0.9)) + 0.1
    return grown, (), "linear"


def _to_wall(points: np.ndarray, breast: Breast, off_mm: float) -> np.ndarray:
    """The line moved aside so that it lies `off_mm` from the axis on the CC and on the MLO view alike."""
    tilt = math.radians(breast.mlo_angle_deg)
    heading = np.gradient(points, axis=0)
    lateral = heading[:, 1]
    oblique = heading[:, 2] * math.cos(tilt) + lateral * math.sin(tilt)
    cc, mlo = (np.hypot(heading[:, 0], h) + 1e-9 for h in (lateral, oblique))
    aside = heading[:, 0] / cc * off_mm
    aside_oblique = heading[:, 0] / mlo * off_mm
    moved = np.stack(
        [
            -(lateral / cc + oblique / mlo) / 2 * off_mm,
            aside,
            (aside_oblique - aside * math.sin(tilt)) / math.cos(tilt),
        ],
        axis=1,
    )
    return np.asarray(points + moved)


def _skin(rng: np.random.Generator, bed: Bed) -> Grown:
    grown: list[tuple[BodyPoint, Shape, float, float]] = []
    aside = math.copysign(rng.uniform(22, 28), bed.middle.lateral)
    surface = replace(bed, middle=BodyPoint(rng.uniform(11, 17), aside, bed.middle.up / 2))
    for place in cloud(rng, surface, int(rng.integers(4, 9)), 7, 1.0):
        size = rng.uniform(0.7, 1.4)
        grown.append((place, Torus(size, size * rng.uniform(0.26, 0.36)), rng.uniform(0.2, 0.6), 0.7))
    return grown, (), "grouped"


def _dystrophic(rng: np.random.Generator, bed: Bed) -> Grown:
    grown: list[tuple[BodyPoint, Shape, float, float]] = []
    for place in cloud(rng, bed, int(rng.integers(3, 7)), 9, 1.2):
        size = rng.uniform(1.0, 2.6)
        shape: Shell | Grain = make_grain(rng, size, 0.7, rng.uniform(1, 1.6))
        if rng.random() < 0.6:
            shape = Shell(size, size * rng.uniform(0.12, 0.2), rng.uniform(0, 6), 0.16)
        grown.append((place, shape, rng.uniform(0.3, 0.9), 0.45))
    return grown, (), "grouped"


def _suture(rng: np.random.Generator, bed: Bed) -> Grown:
    turn = np.linspace(0, rng.uniform(2.2, 4.2), 24)
    size = rng.uniform(2.5, 4.5)
    loop = np.stack([size * np.cos(turn), size * np.sin(turn), 0.6 * size * np.sin(turn + 0.6)], axis=1)
    thread = loop + np.array(bed.middle)
    centre, piece = _as_piece(thread, 0.35)
    grown: list[tuple[BodyPoint, Shape, float, float]] = [(centre, piece, 0.6, 0.7)]
    ends = (BodyPoint(*map(float, thread[i])) for i in (0, -1))
    grown.extend((end, make_grain(rng, 0.8, 0.4), 0.7, 0.6) for end in ends)
    return grown, (), "single"


KINDS: dict[str, tuple[bool, Growing]] = {
    "fine_pleo": (False, _fine_pleomorphic),
    "amorphous": (False, _amorphous),
    "fine_linear": (False, _fine_linear),
    "fine_linear:segmental": (False, _fine_linear_segmental),
    "coarse_het": (False, _coarse_heterogeneous),
    "punctate": (True, _punctate),
    "round": (True, _round),
    "coarse": (True, _popcorn),
    "rim": (True, _rim),
    "milk": (True, _milk),
    "rod": (True, _rods),
    "vascular": (True, _vascular),
    "skin": (True, _skin),
    "dystrophic": (True, _dystrophic),
    "suture": (True, _suture),
}
"""Every kind that can be made: whether it is typically benign, and how it grows."""
