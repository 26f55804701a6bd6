"""X-ray exposure of an anatomy with its calcifications, from path lengths to detector quanta.

Attenuation is per mm at 20 keV effective, from tabulated mass coefficients and densities (NIST;
breast tissues after Hammerstein 1979).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from annotator.phantom.texture import Field, as_field, blur

MU_FAT = 0.0456
MU_GLAND = 0.0802
MU_SKIN = 0.080
MU_MUSCLE = 0.083
MU_OXALATE = 0.91
MU_CALCIUM_FULL = 1.76


@dataclass(frozen=True, slots=True)
class Exposure:
    """How a picture is taken.

    `quanta` is the median count of a breast pixel, `scatter_ratio` scatter to primary, `sharpness_mm`
    the sd of the detector's blur in the breast, `correlated` whether a scintillator spreads the noise.
    `motion_mm` is how far the breast moved meanwhile, along `motion_deg` (0 along the rows).
    """

    quanta: float = 1500.0
    scatter_ratio: float = 0.2
    sharpness_mm: float = 0.030
    correlated: bool = False
    motion_mm: float = 0.0
    motion_deg: float = 0.0


def calcium_mu(k: float) -> float:
    """Attenuation per mm of a calcification of purity `k` in 0..1, packed at 80 %."""
    return 0.8 * (MU_OXALATE + k * (MU_CALCIUM_FULL - MU_OXALATE))


def calcium_signal(thickness_mm: Field, k: float) -> Field:
    """Log signal of a calcification that stands in the place of gland."""
    return as_field(thickness_mm * (calcium_mu(k) - MU_GLAND))


def detector_blur(image: Field, exposure: Exposure, pixel_mm: float) -> Field:
    """Nine tenths narrow and one tenth wide Gaussian: MTF at 5 c/mm about 0.5 (a-Se) or 0.3 (CsI)."""
    sigma = exposure.sharpness_mm / pixel_mm
    image = moved(image, exposure.motion_mm / pixel_mm, exposure.motion_deg)
    return as_field(0.9 * blur(image, sigma) + 0.1 * blur(image, 3.2 * sigma))


def moved(image: Field, length_px: float, angle_deg: float) -> Field:
    """The image drawn out evenly over a line of `length_px`, as by a breast that moves."""
    if length_px <= 0:
        return image
    half = math.ceil(length_px / 2) + 1
    kernel = np.zeros((2 * half + 1, 2 * half + 1), dtype=np.float32)
    turn = math.radians(angle_deg)
    for along in np.linspace(-length_px / 2, length_px / 2, 8 * half + 1):
        column, row = half + along * math.cos(turn), half + along * math.sin(turn)
        left, top = math.floor(column), math.floor(row)
        for down, across in ((0, 0), (0, 1), (1, 0), (1, 1)):
            share = (1 - abs(column - left - across)) * (1 - abs(row - top - down))
            if share > 0:
                kernel[top + down, left + across] += share
    return as_field(cv2.filter2D(image, cv2.CV_32F, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE))


def expose(
    rng: np.random.Generator, attenuation: Field, inside: Field, exposure: Exposure, pixel_mm: float
) -> tuple[Field, Field]:
    """Noisy quanta and expected quanta of each pixel. `inside` is 1 where the breast is."""
    primary = cv2.exp(-attenuation)
    primary = detector_blur(as_field(primary), exposure, pixel_mm)
    expected = primary + exposure.scatter_ratio * _scatter(as_field(primary * inside), pixel_mm)
    median = float(np.median(expected[::4, ::4][inside[::4, ::4] > 0.5]))
    expected *= exposure.quanta / median
    np.minimum(expected, 30 * exposure.quanta, out=expected)
    noise = as_field(rng.standard_normal(expected.shape, dtype=np.float32))
    if exposure.correlated:
        noise = blur(noise, 0.45)
        noise = as_field(noise / noise[::3, ::3].std())
    counts = expected + noise * np.sqrt(expected + 6)
    return as_field(np.maximum(counts, 1)), as_field(expected)


def _scatter(primary: Field, pixel_mm: float) -> Field:
    rows, columns = primary.shape
    shrink = max(1, round(1.2 / pixel_mm))
    small = cv2.resize(primary, (columns // shrink, rows // shrink), interpolation=cv2.INTER_AREA)
    spread = blur(as_field(small), 9 / (shrink * pixel_mm))
    return as_field(cv2.resize(spread, (columns, rows), interpolation=cv2.INTER_LINEAR))


def signal_to_noise(blurred_signal: Field, quanta: float, scatter_ratio: float) -> float:
    """Matched-filter SNR under quantum noise alone: sqrt(sum s^2) sqrt(quanta) / (1 + scatter ratio)."""
    energy = float(np.sum(np.square(blurred_signal, dtype=np.float64)))
    return math.sqrt(energy) * math.sqrt(quanta) / (1 + scatter_ratio)
