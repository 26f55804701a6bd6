"""The outline of the breast on a view: skin, nipple and the edge of the pectoral muscle."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from annotator.phantom.body import Breast, PhantomView
from annotator.phantom.texture import Canvas, Field, as_field, blur, slow_line, stream

MLO_PROFILE = (
    (0.0, 0.60), (0.12, 0.655), (0.25, 0.735), (0.40, 0.87), (0.53, 0.965), (0.62, 1.0), (0.72, 0.965),
    (0.80, 0.86), (0.87, 0.665), (0.925, 0.42), (0.965, 0.24), (1.0, 0.15), (1.2, 0.14),
)  # fmt: skip
"""Fraction of the height against fraction of the depth; the tail is the abdomen below the fold."""


@dataclass(frozen=True, slots=True)
class Outline:
    """Where the breast is on a canvas: distance to the skin (0 outside) and the nipple, in mm.

    `pectoral_edge_mm` is the muscle's edge as distance from the chest wall for each row, 0 where none.
    """

    skin_distance_mm: Field
    nipple_x_mm: float
    nipple_y_mm: float
    depth_mm: float
    pectoral_edge_mm: Field


def make_outline(breast: Breast, view: PhantomView, canvas: Canvas) -> Outline:
    """The outline of a view, drawn twice as fine as the canvas so that the skin edge stays smooth."""
    rng = stream(breast.seed, breast.side.value, view.value, "outline")
    rows, columns = canvas.shape
    step = canvas.step_mm / 2
    y = (np.arange(2 * rows) + 0.5) * step
    edge, depth = _cc_edge(rng, breast, y) if view is PhantomView.CC else _oblique_edge(rng, breast, view, y)
    edge = edge + slow_line(rng, len(y), step, 55) * 0.9 * np.clip(edge / depth, 0, 1)
    apex = int(np.argmax(edge))
    x = (np.arange(2 * columns) + 0.5) * step
    inside = (x[None, :] < edge[:, None]).astype(np.uint8)
    radius, protruding = rng.uniform(4.5, 6), rng.uniform(0.2, 0.9)
    nipple_x = float(edge[apex] - radius + protruding * radius)
    nipple_y = float(y[apex])
    _disc(inside, nipple_x, nipple_y, radius, step)
    smooth = blur(inside.astype(np.float32), 1.2 / step) > 0.5
    return Outline(
        skin_distance_mm=_skin_distance(smooth.astype(np.uint8), canvas),
        nipple_x_mm=nipple_x + radius * 0.8,
        nipple_y_mm=nipple_y,
        depth_mm=depth,
        pectoral_edge_mm=_pectoral_edge(breast, view, canvas, depth),
    )


def _cc_edge(rng: np.random.Generator, breast: Breast, y: Field) -> tuple[Field, float]:
    height = float(y[-1])
    depth = breast.depth_mm
    half = min((0.31 + 0.06 * breast.size) * height, 1.05 * depth)
    middle = rng.uniform(0.47, 0.53) * height
    p, q = rng.uniform(1.8, 2.25), rng.uniform(1.3, 1.75)
    stretch = rng.uniform(-0.08, 0.08)
    u = (y - middle) / (half * np.where(y < middle, 1 + stretch, 1 - stretch))
    rest = np.clip(1 - np.abs(u) ** p, 0, None)
    return as_field(depth * rest ** (1 / q)), depth


def _oblique_edge(
    rng: np.random.Generator, breast: Breast, view: PhantomView, y: Field
) -> tuple[Field, float]:
    height = float(y[-1]) * rng.uniform(0.86, 0.95)
    depth = breast.depth_mm * (1.07 if view is PhantomView.MLO else 1.02)
    places = np.array([p[0] for p in MLO_PROFILE])
    shares = np.array([p[1] for p in MLO_PROFILE]) + rng.uniform(-0.008, 0.008, len(MLO_PROFILE))
    if view is PhantomView.ML:
        shares[:4] *= (0.62, 0.72, 0.85, 0.96)
    return as_field(depth * PchipInterpolator(places * height, shares, extrapolate=True)(y)), depth


def _disc(mask: NDArray[np.uint8], x_mm: float, y_mm: float, radius_mm: float, step: float) -> None:
    centre = (round(x_mm / step * 16 - 8), round(y_mm / step * 16 - 8))
    cv2.circle(mask, centre, round(radius_mm / step * 16), 1, -1, cv2.LINE_8, shift=4)


def _skin_distance(inside: NDArray[np.uint8], canvas: Canvas) -> Field:
    rows, columns = canvas.shape
    pad = 400
    padded = cv2.copyMakeBorder(inside, pad, pad, pad, 1, cv2.BORDER_REPLICATE)
    within, without = (
        cv2.distanceTransform(side, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[pad:-pad, pad:-1]
        for side in (padded, 1 - padded)
    )
    signed = cv2.resize(as_field(within - without), (columns, rows), interpolation=cv2.INTER_AREA)
    # the drawn outline has steps of half a sample; the signed distance is smooth across it
    smooth = blur(as_field(signed * (canvas.step_mm / 2)), 0.35 / canvas.step_mm)
    return as_field(np.maximum(smooth, 0))


def _pectoral_edge(breast: Breast, view: PhantomView, canvas: Canvas, depth: float) -> Field:
    rng = stream(breast.seed, breast.side.value, view.value, "pectoral")
    rows, _ = canvas.shape
    if view is PhantomView.CC:
        return np.zeros(rows, dtype=np.float32)
    width = rng.uniform(0.42, 0.56) * depth * (0.45 if view is PhantomView.ML else 1)
    length = rng.uniform(0.48, 0.64) * canvas.height_mm
    y = canvas.axes()[1][:, 0]
    edge = width * np.clip(1 - y / length, 0, None) ** rng.uniform(0.85, 1.1)
    wobble = slow_line(rng, rows, canvas.step_mm, 60) * 1.3
    return as_field(np.where(edge > 0, np.clip(edge + wobble, 0, None), 0))
