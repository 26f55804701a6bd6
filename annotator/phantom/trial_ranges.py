"""What trials are drawn from: the ranges that models are trained on, and others beside them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from annotator.phantom.body import DETECTOR_HEIGHT_MM, Breast, PhantomView, Side
from annotator.phantom.physics import Exposure
from annotator.phantom.placement import Detector
from annotator.phantom.presentation import Processing

Interval = tuple[float, float]
Intervals = tuple[Interval, ...]

REFERENCE_PIXEL_MM = 0.07
MOVED_SHARE = 0.06
"""Share of pictures in which the breast moved during the exposure."""


@dataclass(frozen=True, slots=True)
class DetectorKind:
    """A detector as built: `scintillator` (CsI) spreads light and noise, amorphous selenium does not."""

    rows: int
    columns: int
    pixel_mm: float
    scintillator: bool = False


@dataclass(frozen=True, slots=True)
class Ranges:
    """Where the circumstances of a trial are drawn from.

    `quanta` are those of a 0.07 mm pixel, larger ones gather more; `thickness_mm` is of the compressed breast.
    `in_the_way` times as many images as usual have a fold, deodorant, hair, a clip or a misread line.
    """

    detectors: tuple[DetectorKind, ...]
    quanta: Intervals
    thickness_mm: Intervals
    enhancement: Intervals
    scatter: Intervals = ((0.10, 0.35),)
    contrast: Intervals = ((2.6, 4.6),)
    equalisation: Intervals = ((0.85, 0.98),)
    selenium_blur_mm: Intervals = ((0.025, 0.036),)
    scintillator_blur_mm: Intervals = ((0.034, 0.048),)
    bits: tuple[int, ...] = field(default=(12, 12, 12, 14, 10))
    in_the_way: float = 1.0


TRAINED = Ranges(
    detectors=(
        DetectorKind(3328, 2560, 0.065),
        DetectorKind(4096, 3328, 0.065),
        DetectorKind(3328, 2560, 0.07),
        DetectorKind(4084, 3328, 0.07),
        DetectorKind(2800, 2082, 0.085),
        DetectorKind(3518, 2800, 0.085),
        DetectorKind(2294, 1914, 0.1, scintillator=True),
        DetectorKind(2850, 2394, 0.1, scintillator=True),
    ),
    quanta=((700, 2600),),
    thickness_mm=((35, 65),),
    enhancement=((0.1, 1.1),),
)

CROWDED = replace(TRAINED, in_the_way=4.0)
"""For training: what is rare in one image of ten is seen in one of three."""

ELSEWHERE = Ranges(
    detectors=(
        DetectorKind(4740, 3540, 0.05),
        DetectorKind(2528, 2016, 0.094, scintillator=True),
        DetectorKind(1950, 1500, 0.12, scintillator=True),
    ),
    quanta=((450, 700), (2600, 3600)),
    thickness_mm=((24, 35), (65, 80)),
    enhancement=((0.0, 0.1), (1.1, 1.5)),
    scatter=((0.04, 0.1), (0.35, 0.5)),
)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """How the breast of a trial is built, lies and is exposed; `scale` fits the breast to the field."""

    breast: Breast
    view: PhantomView
    detector: Detector
    scintillator: bool
    scale: float
    origin_y_mm: float
    exposure: Exposure
    processing: Processing
    in_the_way: float = 1.0


def draw_circumstances(seed: int, rng: np.random.Generator, ranges: Ranges) -> Circumstances:
    """Everything of a trial but what has calcified and what is in the way."""
    breast = Breast(
        seed=seed,
        side=Side.RIGHT if rng.random() < 0.5 else Side.LEFT,
        density="abcd"[int(rng.integers(4))],
        size=float(rng.uniform(0.1, 1)),
        thickness_mm=within(rng, ranges.thickness_mm),
        mlo_angle_deg=float(rng.uniform(45, 60)),
    )
    view = (PhantomView.CC, PhantomView.MLO, PhantomView.ML)[int(rng.choice(3, p=(0.48, 0.46, 0.06)))]
    kind = ranges.detectors[int(rng.integers(len(ranges.detectors)))]
    detector = Detector(kind.rows, kind.columns, kind.pixel_mm)
    height = kind.rows * kind.pixel_mm
    scale = height / DETECTOR_HEIGHT_MM * float(rng.uniform(1, 1.06))
    origin = float(rng.uniform(0, 1)) * (DETECTOR_HEIGHT_MM * scale - height)
    exposure = _exposure(rng, ranges, kind)
    return Circumstances(
        breast=breast,
        view=view,
        detector=detector,
        scintillator=kind.scintillator,
        scale=scale,
        origin_y_mm=origin,
        exposure=exposure,
        processing=_processing(rng, ranges),
        in_the_way=ranges.in_the_way,
    )


def _exposure(rng: np.random.Generator, ranges: Ranges, kind: DetectorKind) -> Exposure:
    blur = ranges.scintillator_blur_mm if kind.scintillator else ranges.selenium_blur_mm
    moved = float(rng.uniform(0.08, 0.25)) if rng.random() < MOVED_SHARE else 0.0
    return Exposure(
        quanta=within(rng, ranges.quanta) * (kind.pixel_mm / REFERENCE_PIXEL_MM) ** 2,
        scatter_ratio=within(rng, ranges.scatter),
        sharpness_mm=within(rng, blur),
        correlated=kind.scintillator,
        motion_mm=moved,
        motion_deg=float(rng.uniform(0, 180)),
    )


def _processing(rng: np.random.Generator, ranges: Ranges) -> Processing:
    return Processing(
        enhancement=within(rng, ranges.enhancement),
        contrast=within(rng, ranges.contrast),
        middle=float(rng.uniform(0.38, 0.56)),
        equalisation=within(rng, ranges.equalisation),
        fade_mm=float(rng.uniform(6, 16)),
        bits=ranges.bits[int(rng.integers(len(ranges.bits)))],
    )


def within(rng: np.random.Generator, intervals: Intervals) -> float:
    """A number drawn evenly from the intervals together."""
    at = float(rng.uniform(0, sum(high - low for low, high in intervals)))
    for low, high in intervals[:-1]:
        if at < high - low:
            return low + at
        at -= high - low
    return intervals[-1][0] + at
