"""The breast of a view cut into layers along the beam, so that an oblique beam sees them displaced.

Seen straight down the layers add up to the attenuation of the mammogram, to the last bit of rounding: gland,
ligaments, ducts and vessels lie at their height, all the rest is shared out as the rounded breast is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from annotator.phantom import gland
from annotator.phantom.anatomy import (
    DUCT_GAIN,
    LIGAMENTS_LOST_ON_MUSCLE,
    VESSEL_GAIN,
    Anatomy,
    gland_plan,
    gland_stream,
    over_muscle_share,
    tube_look,
)
from annotator.phantom.body import BodyPoint
from annotator.phantom.physics import MU_FAT, MU_GLAND
from annotator.phantom.texture import Field, as_field, band_noise, smoothstep, stream
from annotator.phantom.trees import Tube, draw_tubes, plane_path


@dataclass(frozen=True, slots=True)
class DepthLayer:
    """What lies about the height `z_mm` (as `Breast.through` counts it): attenuation and breast in mm."""

    z_mm: float
    attenuation: Field
    thickness_mm: Field


def depth_layers(anatomy: Anatomy, count: int = gland.LAYERS) -> tuple[DepthLayer, ...]:
    """`count` layers (1 to gland.LAYERS) of equal height from -T/2 to T/2, on the canvas of the anatomy."""
    if not 1 <= count <= gland.LAYERS:
        raise ValueError(f"1 to {gland.LAYERS} layers can be made, not {count}")
    half = anatomy.breast.thickness_mm / 2
    bounds = np.linspace(-half, half, count + 1)
    tissue = _tissue(anatomy, bounds)
    seen = smoothstep(anatomy.outline.skin_distance_mm, 0.5, 3) * (MU_GLAND - MU_FAT)
    maps = [as_field(t * seen) for t in tissue]
    rest = anatomy.attenuation.copy()
    for attenuation in maps:
        rest -= attenuation
    layers = []
    # the breast bulges a little beyond its nominal thickness: that belongs to the outer layers
    limits = [-math.inf, *map(float, bounds[1:-1]), math.inf]
    for index, (low, high) in enumerate(pairwise(limits)):
        share = _share(anatomy.thickness_mm, low, high)
        attenuation = as_field(maps[index] + rest * share)
        middle = float(bounds[index] + bounds[index + 1]) / 2
        layers.append(DepthLayer(middle, attenuation, as_field(anatomy.thickness_mm * share)))
    return tuple(layers)


def _share(thickness_mm: Field, low: float, high: float) -> Field:
    half = thickness_mm / 2
    overlap = np.clip(np.minimum(high, half) - np.maximum(low, -half), 0, None)
    return as_field(overlap / np.maximum(thickness_mm, 1e-3))


def _tissue(anatomy: Anatomy, bounds: NDArray[np.float64]) -> list[Field]:
    """Millimetres of gland in each layer: lobes, strands, tubes, and texture of its own."""
    breast, view, canvas = anatomy.breast, anatomy.view, anatomy.canvas
    count = len(bounds) - 1
    plan = gland_plan(breast, view, canvas, anatomy.outline)
    rng = gland_stream(breast, view)
    lobes = [np.zeros(plan.canvas.shape, dtype=np.float32) for _ in range(count)]
    for number, layer in enumerate(gland.gland_layers(rng, plan)):
        lobes[number * count // gland.LAYERS] += layer * gland.layer_gland_mm(plan)
    tissue = [canvas.resample(layer) for layer in lobes]
    presence = gland.LIGAMENT_MM * gland.ligament_presence(plan, canvas)
    presence *= 1 - LIGAMENTS_LOST_ON_MUSCLE * over_muscle_share(canvas, anatomy.outline)
    for number, sheets in enumerate(gland.ligament_sheets(rng, plan, canvas)):
        tissue[number * count // gland.LIGAMENT_MAPS] += sheets * presence
    look = tube_look(breast, view, canvas)
    for gain, tubes in ((DUCT_GAIN, anatomy.ducts), (VESSEL_GAIN, anatomy.vessels)):
        for index, runs in enumerate(_runs(anatomy, tubes, bounds)):
            if runs:
                tissue[index] += look(as_field(gain * draw_tubes(runs, canvas)))
    own = stream(breast.seed, breast.side.value, view.value, "depth texture")
    strength = (0.6 + 0.09 * anatomy.gland_mm) / np.sqrt(count)
    return [as_field(t + strength * band_noise(own, canvas, 3, 4 * canvas.step_mm, 8)) for t in tissue]


Run = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Points (n, 2) on the plane and the diameter at each, mm."""


def _runs(anatomy: Anatomy, tubes: tuple[Tube, ...], bounds: NDArray[np.float64]) -> list[list[Run]]:
    """The stretches of tubes that lie in each layer, thin tubes first."""
    breast, view = anatomy.breast, anatomy.view
    runs: list[list[Run]] = [[] for _ in range(len(bounds) - 1)]
    for tube in sorted(tubes, key=lambda t: float(t.diameter_mm.mean())):
        path = plane_path(tube.axis, breast, view, anatomy.outline)
        heights = np.array([breast.through(BodyPoint(*p), view) for p in tube.axis])
        layer = np.searchsorted(bounds[1:-1], (heights[:-1] + heights[1:]) / 2)
        starts = [0, *(np.flatnonzero(np.diff(layer)) + 1).tolist(), len(layer)]
        for start, end in pairwise(starts):
            runs[int(layer[start])].append((path[start : end + 1], tube.diameter_mm[start : end + 1]))
    return runs
