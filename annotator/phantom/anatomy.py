"""The anatomy of one view, as maps of attenuation along the beam without calcifications."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from annotator.phantom import gland
from annotator.phantom.body import DETECTOR_HEIGHT_MM, DETECTOR_WIDTH_MM, Breast, PhantomView
from annotator.phantom.outline import Outline, make_outline
from annotator.phantom.physics import MU_FAT, MU_GLAND, MU_MUSCLE, MU_SKIN
from annotator.phantom.texture import (
    Canvas,
    Field,
    as_field,
    band_noise,
    blur,
    smoothstep,
    stream,
    warped,
)
from annotator.phantom.trees import Tube, draw_tubes, make_ducts, make_vessels, plane_path

CANVAS_STEP_MM = 0.14
DUCT_GAIN, VESSEL_GAIN = 0.55, 1.9
"""Millimetres of gland for a millimetre of duct or vessel."""
LIGAMENTS_LOST_ON_MUSCLE = 0.85


@dataclass(frozen=True, slots=True)
class Anatomy:
    """Maps on `canvas`: attenuation (no unit), breast thickness in mm, gland in mm; ducts and vessels in space."""

    breast: Breast
    view: PhantomView
    canvas: Canvas
    outline: Outline
    attenuation: Field
    thickness_mm: Field
    gland_mm: Field
    ducts: tuple[Tube, ...]
    vessels: tuple[Tube, ...]


def make_anatomy(breast: Breast, view: PhantomView, step_mm: float = CANVAS_STEP_MM) -> Anatomy:
    """Everything of a view that does not depend on how it is exposed.

    `step_mm` coarser than the default makes small phantoms for tests.
    """
    canvas = Canvas(DETECTOR_WIDTH_MM, DETECTOR_HEIGHT_MM, step_mm)
    outline = make_outline(breast, view, canvas)
    thickness = _thickness(breast, view, canvas, outline)
    plan = gland_plan(breast, view, canvas, outline)
    rng = gland_stream(breast, view)
    tissue = canvas.resample(gland.gland_mm(rng, plan))
    over_muscle = over_muscle_share(canvas, outline)
    ligaments = gland.ligaments_mm(rng, plan, canvas) * (1 - LIGAMENTS_LOST_ON_MUSCLE * over_muscle)
    ducts, vessels = make_ducts(breast), make_vessels(breast)
    drawn = np.zeros(canvas.shape, dtype=np.float32)
    for tubes, gain in ((ducts, DUCT_GAIN), (vessels, VESSEL_GAIN)):
        paths = [(plane_path(t.axis, breast, view, outline), t.diameter_mm) for t in tubes]
        drawn += gain * draw_tubes(sorted(paths, key=lambda p: float(p[1].mean())), canvas)
    tissue += tube_look(breast, view, canvas)(drawn)
    tissue = as_field(np.clip(tissue, 0, 0.93 * thickness) + ligaments)
    tissue += band_noise(rng, canvas, 3, 4 * step_mm, 8) * (0.6 + 0.09 * tissue)
    tissue *= smoothstep(outline.skin_distance_mm, 0.5, 3)
    tissue += _nipple(canvas, outline)
    attenuation = MU_FAT * thickness + (MU_GLAND - MU_FAT) * tissue
    attenuation += (MU_SKIN - MU_FAT) * _skin(breast, outline)
    attenuation += (MU_MUSCLE - MU_FAT) * _muscle(breast, view, canvas, outline, over_muscle)
    attenuation *= outline.skin_distance_mm > 0
    return Anatomy(
        breast, view, canvas, outline, as_field(attenuation), thickness, as_field(tissue), ducts, vessels
    )


def gland_plan(breast: Breast, view: PhantomView, canvas: Canvas, outline: Outline) -> gland.GlandPlan:
    """What the gland of a view is laid out on: a canvas twice as coarse."""
    coarse = canvas.at_step(2 * canvas.step_mm)
    return gland.GlandPlan(
        canvas=coarse,
        outline=outline,
        skin_distance_mm=as_field(np.maximum(coarse.resample(outline.skin_distance_mm), 0)),
        view=view,
        density_rank=breast.density_rank,
        thickness_mm=breast.thickness_mm,
    )


def gland_stream(breast: Breast, view: PhantomView) -> np.random.Generator:
    """The draws of gland layers, then of ligament sheets."""
    return stream(breast.seed, breast.side.value, view.value, "gland")


def _thickness(breast: Breast, view: PhantomView, canvas: Canvas, outline: Outline) -> Field:
    rng = stream(breast.seed, breast.side.value, view.value, "thickness")
    half = breast.thickness_mm / 2
    near = np.clip(1 - outline.skin_distance_mm / half, 0, 1)
    rounded = breast.thickness_mm * np.sqrt(np.clip(1 - near**2, 0, 1)) ** 0.9
    return as_field(rounded * (1 + 0.04 * np.clip(band_noise(rng, canvas, 3, 25, 180), -2, 2)))


def _nipple(canvas: Canvas, outline: Outline) -> Field:
    x, y = canvas.axes()
    off = ((x - outline.nipple_x_mm) ** 2 + (y - outline.nipple_y_mm) ** 2) / 4.2**2
    return as_field(9 * np.exp(-as_field(off)) * smoothstep(outline.skin_distance_mm, 0, 1.2))


def _skin(breast: Breast, outline: Outline) -> Field:
    rng = stream(breast.seed, breast.side.value, "skin")
    skin, radius = rng.uniform(1.3, 2.0), breast.thickness_mm / 2
    d = np.clip(outline.skin_distance_mm, 0, radius)
    chord = np.sqrt(2 * radius * d) - np.sqrt(2 * radius * np.clip(d - skin, 0, None))
    return as_field(1.1 * chord + 4.5 * skin * smoothstep(d, 0, skin))


def over_muscle_share(canvas: Canvas, outline: Outline) -> Field:
    """1 over the pectoral muscle, 0 beside it, soft between."""
    x, _ = canvas.axes()
    edge = outline.pectoral_edge_mm[:, None]
    return as_field(smoothstep(edge - x, -0.6, 1.8) * (edge > 0))


def _muscle(breast: Breast, view: PhantomView, canvas: Canvas, outline: Outline, over_muscle: Field) -> Field:
    if view is PhantomView.CC:
        return np.zeros(canvas.shape, dtype=np.float32)
    rng = stream(breast.seed, breast.side.value, view.value, "muscle")
    x, y = canvas.axes()
    edge = outline.pectoral_edge_mm[:, None]
    flat = Canvas(150, 300, max(0.3, canvas.step_mm))
    streak = band_noise(rng, flat, 2.5, 1.6, 14)
    across = as_field((edge - x + 30) / flat.step_mm)
    along = as_field(np.broadcast_to(y / 5 / flat.step_mm, canvas.shape))
    fibres = cv2.remap(streak, across, along, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    clouds = band_noise(rng, canvas, 3, 6, 60)
    muscle = over_muscle * (12 + 0.4 * fibres + 1.6 * clouds) * smoothstep(edge - x, -1, 14) ** 0.35
    return as_field(muscle + _node(rng, canvas, outline))


def _node(rng: np.random.Generator, canvas: Canvas, outline: Outline) -> Field:
    """An axillary lymph node: an ellipse with a fatty hilum, seen in four of five oblique views."""
    if rng.random() > 0.8:
        return np.zeros(canvas.shape, dtype=np.float32)
    x, y = canvas.axes()
    row = int(canvas.shape[0] * rng.uniform(0.08, 0.2))
    cx, cy = outline.pectoral_edge_mm[row] * rng.uniform(0.75, 1.05), row * canvas.step_mm
    a, b, turn = rng.uniform(5, 9), rng.uniform(3, 5), rng.uniform(0.6, 1.8)
    ripple = band_noise(rng, canvas, 3, 3, 14)
    u = (x - cx) * math.cos(turn) + (y - cy) * math.sin(turn) + 0.5 * ripple
    v = (y - cy) * math.cos(turn) - (x - cx) * math.sin(turn) + 0.4 * ripple
    body = np.sqrt(np.clip(1 - (u / a) ** 2 - (v / b) ** 2, 0, 1))
    hilum = np.sqrt(np.clip(1 - (u / (a * 0.65)) ** 2 - ((v - 0.35 * b) / (b * 0.6)) ** 2, 0, 1))
    return blur(as_field(5.5 * body - 3.2 * hilum), 0.5 / canvas.step_mm)


def tube_look(breast: Breast, view: PhantomView, canvas: Canvas) -> Callable[[Field], Field]:
    """What turns tubes as drawn into tubes as seen: wavering lines that fade here and there."""
    rng = stream(breast.seed, breast.side.value, view.value, "tubes")
    dx, dy = (as_field(0.5 * band_noise(rng, canvas, 3, 3, 12)) for _ in range(2))
    fading = 0.45 + 0.55 * smoothstep(band_noise(rng, canvas, 3, 12, 60), -0.6, 0.8)
    return lambda drawn: as_field(warped(drawn, canvas, dx, dy) * fading)
