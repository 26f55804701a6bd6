"""From quanta to the 12-bit picture a reader is shown."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.phantom.physics import MU_FAT
from annotator.phantom.texture import Field, as_field, blur, smoothstep

LOWEST, HIGHEST = 120, 3920
FADE_MM = 13.0
EQUALISATION = 0.96
"""Share of the missing fat that is made up for where the breast thins out towards the skin."""


@dataclass(frozen=True, slots=True)
class Processing:
    """A vendor's taste: `enhancement` of detail 0.1..1.1, `contrast` and `middle` of the final curve.

    `equalisation` is the share of the missing fat made up for towards the skin, where the picture fades over
    `fade_mm` of thickness; `bits` are those of the stored values.
    """

    enhancement: float = 0.5
    contrast: float = 3.2
    middle: float = 0.51
    equalisation: float = EQUALISATION
    fade_mm: float = FADE_MM
    bits: int = 12


def present(
    counts: Field, thickness_mm: Field, inside: Field, pixel_mm: float, processing: Processing
) -> NDArray[np.uint16]:
    """Log, peripheral equalisation, detail bands, sigmoid. Stored values 120..3920 of 12 bits, 0 outside the breast."""
    plateau = float(np.percentile(thickness_mm[::4, ::4][inside[::4, ::4] > 0.5], 90))
    log = -as_field(cv2.log(counts)) + processing.equalisation * MU_FAT * (plateau - thickness_mm) * inside
    # air would bleed into the bands along the skin line: fill it with the breast's edge value
    log = filled(as_field(log), inside)
    detail = _bands(log, pixel_mm, processing.enhancement)
    sample = detail[::4, ::4][inside[::4, ::4] > 0.5]
    low, high = np.percentile(sample, (1.5, 99.3))
    u = (detail - low) / (high - low)
    tone = 1 / (1 + cv2.exp(as_field(-processing.contrast * (u - processing.middle))))
    tone *= smoothstep(thickness_mm, 0.5, processing.fade_mm)  # skin seen edge-on fades into the air
    finer = 2.0 ** (processing.bits - 12)
    stored = np.rint(finer * LOWEST + tone * (finer * (HIGHEST - LOWEST)))
    stored[inside <= 0.5] = 0
    return stored.astype(np.uint16)


def filled(log: Field, inside: Field) -> Field:
    """`log` with the air replaced by the level of the breast's edge nearby."""
    rows, columns = log.shape
    size = (max(1, columns // 16), max(1, rows // 16))
    weight = cv2.resize(inside, size, interpolation=cv2.INTER_AREA)
    level = cv2.resize(as_field(log * inside), size, interpolation=cv2.INTER_AREA)
    near = blur(as_field(level), 3) / np.maximum(blur(as_field(weight), 3), 1e-3)
    mean = float(level.sum() / max(float(weight.sum()), 1e-6))
    near = np.where(blur(as_field(weight), 3) > 5e-3, near, mean)
    ground = cv2.resize(as_field(near), (columns, rows), interpolation=cv2.INTER_LINEAR)
    return as_field(np.where(inside > 0.5, log, ground))


def _bands(log: Field, pixel_mm: float, e: float) -> Field:
    b0, b1 = blur(log, 0.18 / pixel_mm), blur(log, 1.2 / pixel_mm)
    shrink = 4
    rows, columns = log.shape
    small = cv2.resize(b1, (columns // shrink, rows // shrink), interpolation=cv2.INTER_AREA)
    b9 = cv2.resize(
        blur(as_field(small), 9 / pixel_mm / shrink), (columns, rows), interpolation=cv2.INTER_LINEAR
    )
    return as_field(0.80 * b9 + (b1 - b9) * (1 + 0.5 * e) + (b0 - b1) * (1 + e) + (log - b0) * (1 + 0.35 * e))
