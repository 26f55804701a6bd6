"""Ducts and vessels as lines in space, so that every view shows the same ones.

Calcifications grow on them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from annotator.phantom.body import BodyPoint, Breast, PhantomView
from annotator.phantom.outline import Outline
from annotator.phantom.texture import Canvas, Field, blur, stream

Path3 = NDArray[np.float64]
"""Points (n, 3) as (depth, lateral, up)."""


@dataclass(frozen=True, slots=True)
class Tube:
    """A duct or vessel: its axis and its diameter at each point; `tree` numbers the lobe it belongs to."""

    axis: Path3
    diameter_mm: NDArray[np.float64]
    tree: int
    generation: int = 0


def make_ducts(breast: Breast) -> tuple[Tube, ...]:
    """Nine to thirteen duct trees that fan out behind the nipple."""
    rng = stream(breast.seed, breast.side.value, "ducts")
    tubes: list[Tube] = []
    count = int(rng.integers(9, 14))
    for tree in range(count):
        around = 2 * math.pi * (tree + rng.uniform(-0.3, 0.3)) / count
        lean = math.radians(rng.uniform(10, 46))
        heading = np.array(
            [math.cos(lean), math.sin(lean) * math.cos(around), math.sin(lean) * math.sin(around)]
        )
        start = np.array([5.0, 2.0 * math.cos(around), 2.0 * math.sin(around)])
        _grow(rng, tubes, tree, 0, start, heading, rng.uniform(16, 28), rng.uniform(1.0, 1.8))
    return tuple(tubes)


def _grow(
    rng: np.random.Generator,
    tubes: list[Tube],
    tree: int,
    generation: int,
    start: NDArray[np.float64],
    heading: NDArray[np.float64],
    length: float,
    diameter: float,
) -> None:
    steps = max(4, int(length / 1.5))
    points = [start]
    for _ in range(steps):
        heading = _unit(heading + rng.normal(0, 0.09, 3))
        points.append(points[-1] + heading * (length / steps))
    axis = np.array(points)
    tubes.append(Tube(axis, np.linspace(diameter, diameter * 0.8, len(axis)), tree, generation))
    if generation == 3 or axis[-1, 0] > 70:
        return
    for _ in range(2):
        if rng.random() < 0.8:
            turned = _unit(heading + rng.normal(0, math.tan(math.radians(18)), 3))
            child = length * rng.uniform(0.5, 0.75)
            _grow(rng, tubes, tree, generation + 1, axis[-1], turned, child, diameter * rng.uniform(0.6, 0.8))


def make_vessels(breast: Breast) -> tuple[Tube, ...]:
    """Vessels that wander from the chest wall towards the nipple, with a branch here and there."""
    rng = stream(breast.seed, breast.side.value, "vessels")
    tubes: list[Tube] = []
    for number in range(int(rng.integers(5, 9))):
        around = rng.uniform(0, 2 * math.pi)
        far = rng.uniform(18, 58)
        start = np.array([breast.depth_mm + 12, far * math.cos(around), far * math.sin(around)])
        end = np.array([rng.uniform(12, 34), *(start[1:] * rng.uniform(0.1, 0.55))])
        width = rng.uniform(0.9, 2.4)
        trunk = _wandering(rng, start, end, rng.uniform(2.5, 6), width, rng.uniform(0.4, 0.7), number)
        tubes.append(trunk)
        for _ in range(int(rng.integers(0, 3))):
            at = int(rng.uniform(0.2, 0.7) * len(trunk.axis))
            tip = trunk.axis[at] + np.array([-rng.uniform(18, 36), *rng.normal(0, 14, 2)])
            tubes.append(_wandering(rng, trunk.axis[at], tip, 2.5, trunk.diameter_mm[at] * 0.7, 0.5, number))
    return tuple(tubes)


def _wandering(
    rng: np.random.Generator,
    start: NDArray[np.float64],
    end: NDArray[np.float64],
    wander: float,
    width: float,
    taper: float,
    tree: int,
) -> Tube:
    knots = int(rng.integers(7, 14))
    along = np.linspace(0, 1, knots)
    points = start + (end - start) * along[:, None]
    points[1:-1] += rng.normal(0, wander / 1.6, (knots - 2, 3)) * np.sin(math.pi * along[1:-1])[:, None]
    fine = np.linspace(0, 1, max(20, int(np.linalg.norm(end - start) / 0.7)))
    return Tube(CubicSpline(along, points)(fine), np.linspace(width, width * taper, len(fine)), tree)


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    return vector / float(np.linalg.norm(vector))


def plane_path(tube_axis: Path3, breast: Breast, view: PhantomView, outline: Outline) -> NDArray[np.float64]:
    """Points (n, 2) as (x, y) in mm on the plane of a view."""
    up = np.array([breast.vertical(BodyPoint(*p), view) for p in tube_axis])
    return np.stack([outline.nipple_x_mm - tube_axis[:, 0], outline.nipple_y_mm - up], axis=1)


def draw_tubes(paths: list[tuple[NDArray[np.float64], NDArray[np.float64]]], canvas: Canvas) -> Field:
    """Path length through round tubes, mm, from nested strokes; overlapping tubes are not added up."""
    field = np.zeros(canvas.shape, dtype=np.float32)
    for share in (1.0, 0.85, 0.6, 0.3):
        chord = math.sqrt(1 - (share * 0.93) ** 2)
        for points, widths in paths:
            fixed = np.round((points / canvas.step_mm - 0.5) * 16).astype(np.int32)
            for index, (a, b) in enumerate(pairwise(fixed)):
                width = float(widths[index])
                stroke = max(1, round(width * share / canvas.step_mm))
                tone = width * chord * min(1.0, width * share / canvas.step_mm)
                cv2.line(field, a.tolist(), b.tolist(), tone, stroke, cv2.LINE_8, shift=4)
    return blur(field, 0.13 / canvas.step_mm)
