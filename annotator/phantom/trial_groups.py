"""What has calcified in a trial: groups of every kind, from invisible to obvious."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from annotator.phantom.anatomy import Anatomy
from annotator.phantom.body import BodyPoint, Breast, PhantomView
from annotator.phantom.calcifications import (
    KINDS,
    Bed,
    CalcGroup,
    Growing,
    Grown,
    clipped_lognormal,
    cloud,
    grown_group,
)
from annotator.phantom.shapes import Ball, Shape, make_grain
from annotator.phantom.texture import stream

SUSPICIOUS = {
    "fine_pleo": 0.32, "amorphous": 0.26, "fine_linear": 0.14, "fine_linear:segmental": 0.08, "coarse_het": 0.20,
}  # fmt: skip
BENIGN = {
    "punctate": 0.21, "round": 0.18, "vascular": 0.24, "milk": 0.09, "rod": 0.07, "skin": 0.09, "rim": 0.06,
    "coarse": 0.06, "dystrophic": 0.07, "suture": 0.03,
}  # fmt: skip
NO_SUSPICIOUS_SHARE = 0.25
APART_MM = 24.0
"""Groups that are meant to be told apart lie at least so far from each other, where the breast has room."""
TRIES = 60
FAINT_SHARE = 0.12
"""Share of groups that are thinner than their kind usually is."""
THICKER = {"vascular": 1.6, "fine_linear": 1.4}


def draw_groups(seed: int, anatomy: Anatomy) -> tuple[CalcGroup, ...]:
    """None to two suspicious groups and one to three benign ones, wherever there is breast."""
    rng = stream(seed, "trial", "groups")
    suspicious = 0 if rng.random() < NO_SUSPICIOUS_SHARE else 1 + int(rng.random() < 0.4)
    benign = 1 + int(rng.integers(3))
    kinds = [*_some(rng, SUSPICIOUS, suspicious), *_some(rng, BENIGN, benign)]
    middles = places(rng, anatomy, len(kinds))
    groups = []
    for number, (kind, middle) in enumerate(zip(kinds, middles, strict=True), start=1):
        own = stream(seed, "trial", "group", str(number))
        benign_kind = KINDS[kind][0]
        bed = Bed(anatomy.breast, middle, anatomy.ducts, anatomy.vessels)
        grow = SMALLER.get(kind, KINDS[kind][1])
        name = f"{'B' if benign_kind else 'S'}{number}"
        groups.append(_thinned(own, grown_group(own, bed, name, kind, benign_kind, grow)))
    return tuple(groups)


def _some(rng: np.random.Generator, weights: dict[str, float], count: int) -> list[str]:
    shares = np.array(list(weights.values()))
    return [str(k) for k in rng.choice(list(weights), count, replace=False, p=shares / shares.sum())]


def places(rng: np.random.Generator, anatomy: Anatomy, count: int) -> Iterator[BodyPoint]:
    """Middles for `count` groups: more often in gland than in fat, away from the skin and from each other."""
    distance, step = anatomy.outline.skin_distance_mm, anatomy.canvas.step_mm
    rows, columns = np.nonzero(distance[::8, ::8] > 8)
    x, y = (columns * 8 + 0.5) * step, (rows * 8 + 0.5) * step
    gland = np.maximum(anatomy.gland_mm[::8, ::8][rows, columns], 0)
    weight = 0.25 + gland / max(float(np.percentile(gland, 95)), 1e-3)
    weight = np.where((x > 6) & (np.abs(y - y.mean()) < 0.40 * np.ptp(y)), weight, 0.0)
    taken: list[tuple[float, float]] = []
    for _ in range(count):
        chosen = 0
        for _ in range(TRIES):
            chosen = int(rng.choice(len(x), p=weight / weight.sum()))
            if all(math.hypot(x[chosen] - a, y[chosen] - b) >= APART_MM for a, b in taken):
                break
        taken.append((float(x[chosen]), float(y[chosen])))
        yield _in_breast(rng, anatomy, *taken[-1])


def _in_breast(rng: np.random.Generator, anatomy: Anatomy, x_mm: float, y_mm: float) -> BodyPoint:
    """A place in space that the view shows at (x, y)."""
    breast, outline = anatomy.breast, anatomy.outline
    across = outline.nipple_y_mm - y_mm
    along = float(rng.uniform(-0.35, 0.35)) * breast.thickness_mm
    return _at(breast, anatomy.view, outline.nipple_x_mm - x_mm, across, along)


def _at(breast: Breast, view: PhantomView, depth: float, across: float, along: float) -> BodyPoint:
    if view is PhantomView.CC:
        return BodyPoint(depth, across, along)
    tilt = math.radians(breast.mlo_angle_deg) if view is PhantomView.MLO else 0.0
    lateral = across * math.sin(tilt) + along * math.cos(tilt)
    return BodyPoint(depth, lateral, across * math.cos(tilt) - along * math.sin(tilt))


def _thinned(rng: np.random.Generator, group: CalcGroup) -> CalcGroup:
    """The group as faint as this person's is: everything thinner by a factor, each member by one of its own."""
    faint = rng.random() < FAINT_SHARE
    whole = float(rng.uniform(0.35, 0.95) if faint else rng.uniform(1.0, 1.6)) * THICKER.get(group.kind, 1.0)
    own = rng.uniform(0.75, 1.1, len(group.calcifications))
    members = tuple(
        replace(c, thin=c.thin * whole * float(share))
        for c, share in zip(group.calcifications, own, strict=True)
    )
    return replace(group, calcifications=members)


Members = list[tuple[BodyPoint, Shape, float, float]]


def _pleomorphic(rng: np.random.Generator, bed: Bed) -> Grown:
    spots: Members = []
    for place in cloud(rng, bed, int(rng.integers(8, 26)), 3 * rng.uniform(2.0, 4.0), rng.uniform(1, 1.8)):
        size = clipped_lognormal(rng, 0.28, 0.38, 0.12, 0.5)
        spots.append((place, make_grain(rng, size, 0.55, rng.uniform(1, 2.2)), rng.uniform(0.2, 1), 1.0))
    return spots, (), "grouped"


def _amorphous(rng: np.random.Generator, bed: Bed) -> Grown:
    spots: Members = []
    for place in cloud(rng, bed, int(rng.integers(14, 34)), 8, 1.25):
        size = rng.uniform(0.14, 0.3)
        spots.append((place, make_grain(rng, size, 0.3), rng.uniform(0, 0.35), 1.0))
    return spots, (), "grouped"


def _punctate(rng: np.random.Generator, bed: Bed) -> Grown:
    spots: Members = [
        (place, Ball(rng.uniform(0.18, 0.48)), rng.uniform(0.4, 0.8), 1.0)
        for place in cloud(rng, bed, int(rng.integers(6, 18)), 3 * rng.uniform(2, 5), 1.2)
    ]
    return spots, (), "grouped"


SMALLER: dict[str, Growing] = {"fine_pleo": _pleomorphic, "amorphous": _amorphous, "punctate": _punctate}
"""Kinds that the sample exams show larger than they are, so that they are seen; here with their real sizes."""
