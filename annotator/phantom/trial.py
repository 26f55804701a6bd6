"""Trials: single views, each different in all that differs between machines and people, with all their truth.

They are what the finding of calcifications is trained and measured on. A seed means one view for given ranges.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.phantom import distractors, physics
from annotator.phantom.anatomy import Anatomy, make_anatomy
from annotator.phantom.body import BodyPoint, Side
from annotator.phantom.calcifications import CalcGroup
from annotator.phantom.distractors import Defect
from annotator.phantom.placement import Placement
from annotator.phantom.presentation import HIGHEST, present
from annotator.phantom.radiograph import Shadow, described, laid_out, mirrored, plane_of
from annotator.phantom.shapes import Piece
from annotator.phantom.texture import Field, as_field, stream
from annotator.phantom.trial_groups import draw_groups
from annotator.phantom.trial_ranges import (
    CROWDED,
    ELSEWHERE,
    TRAINED,
    Circumstances,
    Ranges,
    draw_circumstances,
)
from annotator.phantom.truth import TrueView

__all__ = [
    "CROWDED",
    "ELSEWHERE",
    "TRAINED",
    "VERSION",
    "Circumstances",
    "CoveredPixels",
    "Defect",
    "Ranges",
    "Trial",
    "draw_circumstances",
    "make_trial",
]

VERSION = 1
"""Rises whenever a seed comes to mean another trial."""

LINEAR_SHARE = 0.5
"""Share of machines whose unprocessed values are proportional to the dose; those of the others to its logarithm."""
RAW_HIGHEST = 16383


@dataclass(frozen=True, slots=True)
class CoveredPixels:
    """Which pixels a calcification covers: the share of each, 0..1, the first pixel being (`left`, `top`).

    `axis` is the medial axis of a linear piece as (column, row), end to end, and `width_mm` its width; empty and
    None for others. (0, 0) is the outer corner of the first pixel of the image.
    """

    left: int
    top: int
    coverage: Field
    axis: tuple[tuple[float, float], ...] = ()
    width_mm: float | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """One view as a machine would store it, for presentation and unprocessed, in the stored orientation.

    `raw_state` is "linear" (calcifications darker than what is about them) or "log" (brighter). `patches` are those
    of `truth.calcifications`, in their order. `circumstances` tells how it was made.
    """

    seed: int
    presentation: NDArray[np.uint16]
    raw: NDArray[np.uint16]
    raw_state: str
    truth: TrueView
    patches: tuple[CoveredPixels, ...]
    defects: tuple[Defect, ...]
    circumstances: Circumstances

    @property
    def raw_inverse(self) -> bool:
        """Whether calcifications are darker than their surroundings in `raw`."""
        return self.raw_state == "linear"

    @property
    def nipple(self) -> tuple[float, float]:
        """(column, row)."""
        return self.truth.nipple_column, self.truth.nipple_row

    @property
    def spacing_mm(self) -> float:
        """Size of a pixel, both ways."""
        return self.truth.in_breast_mm


def make_trial(seed: int, ranges: Ranges = TRAINED) -> Trial:
    """The trial of a seed; some seconds. Values are alike everywhere, to the last bit only on the same machine."""
    drawn = draw_circumstances(seed, stream(seed, "trial", "circumstances"), ranges)
    canvas_step = max(0.12, 2 * drawn.detector.pixel_mm / drawn.scale)
    anatomy = make_anatomy(drawn.breast, drawn.view, canvas_step)
    placement = Placement(drawn.detector, anatomy.canvas, 0.0, drawn.origin_y_mm, drawn.scale)
    return take_trial(anatomy, placement, draw_groups(seed, anatomy), drawn)


def take_trial(
    anatomy: Anatomy, placement: Placement, groups: tuple[CalcGroup, ...], drawn: Circumstances
) -> Trial:
    """Expose given groups under given circumstances, with everything that is in the way."""
    seed, side, pixel = drawn.breast.seed, drawn.breast.side, drawn.detector.in_breast_mm
    lit = laid_out(anatomy, groups, placement)
    on_breast = distractors.on_the_breast(
        stream(seed, "trial", "on the breast"),
        lit.attenuation,
        lit.inside,
        drawn.view,
        pixel,
        drawn.in_the_way,
    )
    letters, marker = distractors.view_marker(
        stream(seed, "trial", "marker"), lit.inside, side, drawn.view, pixel
    )
    attenuation = as_field(lit.attenuation + distractors.lead(letters))
    counts, expected = physics.expose(
        stream(seed, "trial", "noise"), attenuation, lit.inside, drawn.exposure, pixel
    )
    in_detector = distractors.in_the_detector(
        stream(seed, "trial", "detector"), counts, expected, lit.inside, pixel, drawn.in_the_way
    )
    shown = present(counts, lit.thickness_mm, lit.inside, pixel, drawn.processing)
    white = HIGHEST * 2.0 ** (drawn.processing.bits - 12)
    shown = np.maximum(shown, np.rint(letters * white).astype(np.uint16))
    raw, state = unprocessed(stream(seed, "trial", "raw"), counts, drawn)
    truth = described(anatomy, groups, lit.shadows, placement, drawn.exposure, expected)
    patches = tuple(_patch(shadow, anatomy, placement) for shadow in lit.shadows)
    defects = (*on_breast, *marker, *in_detector)
    if side is Side.RIGHT:
        shown, raw = (np.ascontiguousarray(image[:, ::-1]) for image in (shown, raw))
        truth, columns = mirrored(truth), drawn.detector.columns
        patches = tuple(_mirrored_patch(p, columns) for p in patches)
        defects = distractors.mirrored_defects(defects, columns)
    return Trial(seed, shown, raw, state, truth, patches, tuple(defects), drawn)


def unprocessed(
    rng: np.random.Generator, counts: Field, drawn: Circumstances
) -> tuple[NDArray[np.uint16], str]:
    """Stored values of 14 bits before any processing, and whether they follow the dose or its logarithm."""
    relative = counts / np.float32(drawn.exposure.quanta)
    if rng.random() < LINEAR_SHARE:
        values = relative * np.float32(rng.uniform(500, 1500)) + np.float32(rng.uniform(0, 60))
        state = "linear"
    else:
        values = 6000 - np.float32(rng.uniform(1200, 3000)) * cv2.log(as_field(relative))
        state = "log"
    return np.rint(np.clip(values, 0, RAW_HIGHEST)).astype(np.uint16), state


def _patch(shadow: Shadow, anatomy: Anatomy, placement: Placement) -> CoveredPixels:
    rows, columns = np.flatnonzero(shadow.coverage.any(axis=1)), np.flatnonzero(shadow.coverage.any(axis=0))
    coverage = shadow.coverage[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    left, top = shadow.left + int(columns[0]), shadow.top + int(rows[0])
    shape = shadow.calcification.shape
    if not isinstance(shape, Piece):
        return CoveredPixels(left, top, as_field(coverage))
    column, row = placement.to_detector(*plane_of(anatomy, shadow.calcification.centre))
    pixel = placement.detector.in_breast_mm
    axis = tuple(
        (column - p[0] / pixel, row - anatomy.breast.vertical(BodyPoint(*p), anatomy.view) / pixel)
        for p in shape.points
    )
    return CoveredPixels(left, top, as_field(coverage), axis, shape.width_mm)


def _mirrored_patch(patch: CoveredPixels, columns: int) -> CoveredPixels:
    return CoveredPixels(
        columns - patch.left - patch.coverage.shape[1],
        patch.top,
        as_field(patch.coverage[:, ::-1]),
        tuple((columns - column, row) for column, row in patch.axis),
        patch.width_mm,
    )
