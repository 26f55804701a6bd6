"""A picture for each term of the lexicon, cut from a synthetic breast: what it shows is known, not named afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.phantom.anatomy import Anatomy, make_anatomy
from annotator.phantom.arranged import arrange
from annotator.phantom.body import BodyPoint, Breast, PhantomView, Side, make_breast
from annotator.phantom.calcifications import CalcGroup, make_bed, make_group
from annotator.phantom.physics import MU_FAT, Exposure
from annotator.phantom.placement import Detector, Placement
from annotator.phantom.presentation import Processing, filled
from annotator.phantom.radiograph import plane_of, take
from annotator.phantom.texture import as_field, blur, stream

SIDE_PX = 320
PERSON = 3
FINEST_MM = 0.05
EVENED, EVENED_MM = 0.75, 5.0
"""Share of the slow changes of grey, those over more than so many mm, that is taken away."""
LEAST_SPAN = 0.7
"""Least log signal between black and white: tissue must not look like calcium where there is little of it."""
BARS_MM = (1, 2, 5, 10, 20)
EXPOSURE = Exposure(quanta=5000, scatter_ratio=0.08, sharpness_mm=0.022)
"""That of a magnification view, with less noise: the shape is to be learnt from the picture."""

Grey = NDArray[np.uint8]

MIDDLE = BodyPoint(38, 12, 6)


@dataclass(frozen=True, slots=True)
class Cut:
    """What a picture shows: a group of `kind` grown from `seed` about `middle`, and the square `width_mm` that holds most of it.

    `distribution` '': as the kind usually lies (`KINDS`); otherwise as `arrange` puts it. `thick` makes calcifications
    so many times thicker along the beam. Several `views` stand side by side, with their names.
    """

    kind: str
    width_mm: float
    distribution: str = ""
    seed: int = 1
    thick: float = 1.0
    middle: BodyPoint = MIDDLE
    views: tuple[PhantomView, ...] = (PhantomView.CC,)


CUTS: Mapping[tuple[str, str], Cut] = {
    ("morphology", "skin"): Cut("skin", 14),
    ("morphology", "vascular"): Cut("vascular", 26, thick=1.8),
    ("morphology", "coarse"): Cut("coarse", 20),
    ("morphology", "rod"): Cut("rod", 30, seed=10),
    ("morphology", "round"): Cut("round", 14, "grouped", seed=4),
    ("morphology", "punctate"): Cut("punctate", 12),
    ("morphology", "rim"): Cut("rim", 18),
    ("morphology", "dystrophic"): Cut("dystrophic", 14),
    ("morphology", "milk"): Cut("milk", 13, seed=6, thick=2.6, views=(PhantomView.CC, PhantomView.ML)),
    ("morphology", "suture"): Cut("suture", 16),
    ("morphology", "coarse_het"): Cut("coarse_het", 12),
    ("morphology", "amorphous"): Cut("amorphous", 9, seed=5, thick=1.25),
    ("morphology", "fine_pleo"): Cut("fine_pleo", 9),
    ("morphology", "fine_linear"): Cut("fine_linear", 12),
    ("morphology", "uncharacterised"): Cut("uncharacterised", 9, "grouped", seed=5, thick=1.3),
    ("distribution", "diffuse"): Cut("round", 96, "diffuse", middle=BodyPoint(45, 0, 0)),
    ("distribution", "regional"): Cut("punctate", 50, "regional"),
    ("distribution", "grouped"): Cut("punctate", 24, "grouped"),
    ("distribution", "linear"): Cut("punctate", 30, "linear"),
    ("distribution", "segmental"): Cut("round", 76, "segmental", middle=BodyPoint(38, -20, 4)),
    ("distribution", "single"): Cut("round", 24, "single"),
}
"""What each picture shows, by kind of term and id."""


def term_picture(kind: str, term_id: str) -> Grey:
    """The picture of a term, (SIDE_PX, SIDE_PX), with a bar of the length written above it; KeyError for another term.

    Drawn from fixed seeds: every call gives the same values.
    """
    cut = CUTS[kind, term_id]
    share = SIDE_PX // len(cut.views)
    panels = [_panel(cut, view, share) for view in cut.views]
    picture = np.ascontiguousarray(np.concatenate(panels, axis=1))
    if len(cut.views) > 1:
        for number, view in enumerate(cut.views):
            _write(picture, view.value, (number * share + 8, 20))
            if number:
                picture[:, number * share - 1 : number * share + 1] = 0
    _scale_bar(picture, SIDE_PX / cut.width_mm)
    return picture


def _panel(cut: Cut, view: PhantomView, columns: int) -> Grey:
    """The part of a view about the group, SIDE_PX high; each pixel shows the brightest of a few finer ones.

    As the window does where an image pixel is smaller than one of the screen: specks stay.
    """
    anatomy = _anatomy(view)
    group = _group(cut)
    pixel = cut.width_mm / SIDE_PX
    finer = max(1, round(pixel / FINEST_MM))
    detector = Detector(SIDE_PX * finer, columns * finer, pixel / finer)
    x, y = _middle(group, anatomy, columns * pixel / 2, cut.width_mm / 2)
    left = max(0.0, x - columns * pixel / 2)
    placement = Placement(detector, anatomy.canvas, left, y - cut.width_mm / 2)
    radiograph = take(
        anatomy, (group,), placement, EXPOSURE, Processing(0.45), f"{cut.kind} {cut.distribution}"
    )
    thickness = placement.project(anatomy.thickness_mm)
    log = -np.log(radiograph.quanta) - MU_FAT * np.minimum(thickness, 0.9 * float(thickness.max()))
    inside = as_field(radiograph.pixels > 0)
    log -= EVENED * blur(filled(as_field(log), inside), EVENED_MM / detector.pixel_mm)
    log = np.where(inside > 0, log, log[inside > 0].min())
    shown = log.reshape(SIDE_PX, finer, columns, finer).max(axis=(1, 3))
    low, high = np.percentile(shown[shown > shown.min()], (0.5, 99.97))
    grey = (shown - low) / max(float(high - low), LEAST_SPAN) * 235 + 12
    return np.asarray(np.clip(np.rint(grey), 0, 255), dtype=np.uint8)


def shown_group(kind: str, term_id: str) -> CalcGroup:
    """What the picture of a term shows, in space, before anything of it is looked at."""
    return _group(CUTS[kind, term_id])


def _group(cut: Cut) -> CalcGroup:
    bed = make_bed(_breast(), cut.middle)
    rng = stream(cut.seed, "picture", cut.kind, cut.distribution)
    grown = (
        arrange(rng, bed, "P", cut.kind, cut.distribution)
        if cut.distribution
        else make_group(rng, bed, "P", cut.kind)
    )
    thicker = tuple(replace(c, thin=c.thin * cut.thick) for c in grown.calcifications)
    return replace(grown, calcifications=thicker)


def _middle(group: CalcGroup, anatomy: Anatomy, half_x: float, half_y: float) -> tuple[float, float]:
    """Where a square holds most of the group: the mean of what the best of its members would have in view."""
    places = np.array([plane_of(anatomy, c.centre) for c in group.calcifications])
    near = np.all(np.abs(places[:, None] - places[None]) < np.array([half_x, half_y]), axis=2)
    x, y = places[near[int(np.argmax(near.sum(axis=1)))]].mean(axis=0)
    return float(x), float(y)


@cache
def _anatomy(view: PhantomView) -> Anatomy:
    return make_anatomy(_breast(), view)


def _breast() -> Breast:
    return make_breast(PERSON, Side.LEFT, "a")


def _scale_bar(picture: Grey, pixels_per_mm: float) -> None:
    length = max(mm for mm in BARS_MM if mm * pixels_per_mm <= SIDE_PX * 0.36)
    end = 10 + round(length * pixels_per_mm)
    bottom = SIDE_PX - 10
    cv2.line(picture, (10, bottom), (end, bottom), 0, 5)
    cv2.line(picture, (10, bottom), (end, bottom), 255, 2)
    _write(picture, f"{length} mm", (10, bottom - 8))


def _write(picture: Grey, text: str, at: tuple[int, int]) -> None:
    cv2.putText(picture, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.5, 0, 4, cv2.LINE_AA)
    cv2.putText(picture, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.5, 255, 1, cv2.LINE_AA)
