"""Gland tissue and Cooper's ligaments as millimetres of gland along the beam."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from annotator.phantom.body import PhantomView
from annotator.phantom.outline import Outline
from annotator.phantom.texture import Canvas, Field, as_field, band_noise, smoothstep, warped

LAYERS = 8
LIGAMENT_MAPS = 6
LIGAMENT_MM = 2.1
"""Millimetres of gland where a ligament sheet is 1."""
SKIN_FAT_MM = (14.0, 11.0, 8.0, 5.0)
CONE_DEG = (30.0, 42.0, 56.0, 75.0)
THRESHOLDS = (0.95, 0.50, 0.05, -0.45)
LIGAMENT_SCALES = ((40.0, 0.36, 1.7), (22.0, 0.26, 1.3), (12.0, 0.18, 0.6))


@dataclass(frozen=True, slots=True)
class GlandPlan:
    """What gland and ligaments are laid out on: a coarse canvas and the outline resampled to it."""

    canvas: Canvas
    outline: Outline
    skin_distance_mm: Field
    view: PhantomView
    density_rank: int
    thickness_mm: float


def nipple_polar(plan: GlandPlan, ahead_mm: float) -> tuple[Field, Field]:
    """Distance (mm) and angle (rad, 0 towards the chest wall) about a point `ahead_mm` in front of the nipple."""
    x, y = plan.canvas.axes()
    behind = plan.outline.nipple_x_mm + ahead_mm - x
    below = y - plan.outline.nipple_y_mm
    return as_field(np.hypot(behind, below)), as_field(np.arctan2(below, behind))


def edge_warp(rng: np.random.Generator, canvas: Canvas) -> Field:
    """Displacement (mm) that keeps the gland's edge from running along the skin."""
    return as_field(6.5 * band_noise(rng, canvas, 3.6, 5, 90) + 2.4 * band_noise(rng, canvas, 2.6, 3.5, 24))


def envelope(plan: GlandPlan, warp: Field) -> Field:
    """Where gland may lie, 0..1."""
    canvas, k = plan.canvas, plan.density_rank
    s, r = SKIN_FAT_MM[k], 16 - 3 * k
    x, _ = canvas.axes()
    muscle = canvas.resample(as_field(np.repeat(plan.outline.pectoral_edge_mm[:, None], 2, axis=1)))
    inside = smoothstep(plan.skin_distance_mm + warp, 0.55 * s, 2.1 * s)
    inside *= smoothstep(x + 1.4 * warp - muscle, 0.3 * r, 2.0 * r)
    distance, angle = nipple_polar(plan, 0)
    tilt = math.radians(-14 if plan.view is not PhantomView.CC else 0)
    inside *= 1 - smoothstep(np.abs(angle - tilt) / math.radians(CONE_DEG[k]), 0.6, 1.4)
    depth = plan.outline.depth_mm
    inside *= 1 - 0.65 * smoothstep(distance, 0.55 * depth + 8 * k, 0.95 * depth + 10 * k)
    core = 1 - smoothstep(distance + 0.5 * warp, 6, 20 + 2 * k)
    return as_field(np.maximum(inside, 0.55 * core * smoothstep(plan.skin_distance_mm, 2, 8)))


def drawn_to_nipple(
    rng: np.random.Generator, plan: GlandPlan, noise: Field, step_mm: float, longer: float
) -> Field:
    """A field of its own plane laid out about the nipple, `longer` times longer along the radius."""
    distance, angle = nipple_polar(plan, 12)
    turn = rng.uniform(150, 190)
    across = as_field((angle * 52 + turn) / step_mm)
    along = as_field(distance / longer / step_mm)
    return as_field(cv2.remap(noise, along, across, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT))


def streaks(rng: np.random.Generator, plan: GlandPlan) -> Field:
    """Noise drawn out towards the nipple, faded near it so that it does not become a star."""
    flat = Canvas(90, 340, max(0.45, plan.canvas.step_mm))
    polar = drawn_to_nipple(rng, plan, band_noise(rng, flat, 3.0, 2.2, 26), flat.step_mm, 4.5)
    distance, _ = nipple_polar(plan, 12)
    return as_field(polar * smoothstep(distance - 12, 4, 28))


def gland_layers(rng: np.random.Generator, plan: GlandPlan) -> Iterator[Field]:
    """LAYERS independent soft-thresholded maps, 0..1, from the lowest in the breast to the highest.

    Their sum is what looks like a projection of tissue. Each layer ends elsewhere, so the gland thins out
    into the fat instead of standing on it like an island.
    """
    canvas = plan.canvas
    threshold = THRESHOLDS[plan.density_rank]
    common = edge_warp(rng, canvas)
    for _ in range(LAYERS):
        warp = as_field(0.7 * common + 0.75 * edge_warp(rng, canvas))
        inside = envelope(plan, warp)
        w = 0.72 * band_noise(rng, canvas, 3.25, 1.4, 45) + 0.70 * streaks(rng, plan)
        w += 1.5 * (inside - 1) - threshold
        lobules = band_noise(rng, canvas, 2.2, 11, 17) + 0.45 * warp / 6.9
        confined = smoothstep(inside, 0.02, 0.5)
        yield as_field(smoothstep(w, -0.7, 0.9) * (1 - 0.8 * smoothstep(lobules, 0.3, 1.3)) * confined)


def layer_gland_mm(plan: GlandPlan) -> float:
    """Millimetres of gland along the beam where one layer is 1."""
    return plan.thickness_mm / LAYERS * 0.82


def gland_mm(rng: np.random.Generator, plan: GlandPlan) -> Field:
    """All layers together, mm of gland along the beam."""
    total = np.zeros(plan.canvas.shape, dtype=np.float32)
    for layer in gland_layers(rng, plan):
        total += layer
    return as_field(total * layer_gland_mm(plan))


def ligaments_mm(rng: np.random.Generator, plan: GlandPlan, fine: Canvas) -> Field:
    """Cooper's ligaments along the beam, mm of gland."""
    total = np.zeros(fine.shape, dtype=np.float32)
    for sheets in ligament_sheets(rng, plan, fine):
        total += sheets
    return as_field(LIGAMENT_MM * total * ligament_presence(plan, fine))


def ligament_presence(plan: GlandPlan, fine: Canvas) -> Field:
    """Share of ligaments that shows, 0..1: less near the skin and within the gland."""
    near_skin = smoothstep(plan.skin_distance_mm, 0.6, 5)
    gland_like = envelope(plan, np.zeros(plan.canvas.shape, dtype=np.float32))
    return fine.resample(as_field(near_skin * (1 - 0.3 * gland_like)))


def ligament_sheets(rng: np.random.Generator, plan: GlandPlan, fine: Canvas) -> Iterator[Field]:
    """LIGAMENT_MAPS maps of sheets seen edge-on, as zero sets of smooth fields drawn with constant width."""
    coarse = plan.canvas
    flat = Canvas(120, 340, max(0.45, coarse.step_mm))
    for number in range(LIGAMENT_MAPS):
        dx, dy = (2.2 * band_noise(rng, coarse, 3.4, 9, 50) for _ in range(2))
        strands = np.zeros(fine.shape, dtype=np.float32)
        for wavelength, width, strength in LIGAMENT_SCALES:
            plane = coarse if number % 2 else flat
            field = band_noise(rng, plane, 2, wavelength * 0.75, wavelength * 1.3)
            field += 0.07 * band_noise(rng, plane, 3, wavelength * 0.3, wavelength * 0.75)
            if plane is flat:
                field = drawn_to_nipple(rng, plan, as_field(field), flat.step_mm, 2.4)
            lines = fine.resample(warped(as_field(field), coarse, dx, dy))
            strands += strength * _zero_lines(lines, width * rng.uniform(0.7, 1.5), fine.step_mm)
        presence = smoothstep(band_noise(rng, coarse, 3.2, 9, 60), -0.5, 2.4)
        yield as_field(strands * fine.resample(presence))


def _zero_lines(field: Field, width_mm: float, step_mm: float) -> Field:
    across = cv2.Sobel(field, cv2.CV_32F, 1, 0, ksize=3, scale=1 / (8 * step_mm))
    down = cv2.Sobel(field, cv2.CV_32F, 0, 1, ksize=3, scale=1 / (8 * step_mm))
    slope = cv2.magnitude(across, down)
    # where the field is flat its zero set widens to a blot: a floor on the slope keeps strands thin
    slope = np.maximum(slope, 0.35 * float(slope.mean()))
    return as_field(cv2.exp(as_field(-0.5 * (field / (slope * width_mm)) ** 2)))
