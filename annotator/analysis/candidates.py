"""Bright spots of an image that are proposed for labelling. Trained on synthetic images; proposals, not findings."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.analysis.candidate_looks import STEPS, Look, look
from annotator.analysis.candidate_model import shipped_model
from annotator.analysis.candidate_scales import SCALES_MM
from annotator.jobs import CancelToken, Progress
from annotator.model.candidate import Candidate, CandidateRow, Candidates
from annotator.model.geometry import ImagePoint, PixelSpacing
from annotator.model.image import ImageKey, PaddingRange

ASSUMED_PIXEL_MM = 0.07
"""Pixel size taken for the scales alone when an image does not say its own."""
SHOWN_FROM = 0.5
"""Score from which a candidate is shown unless the reader chooses otherwise: docs/measuring.md, candidates."""
LEAST_SCORE = 0.003
"""Nothing less likely is told at all."""
MOST_TOLD = 600
_SAME_SPOT_MM = 0.3
_PER_SIGMA = 2 * 2**0.5
"""Diameter of a disc over the width of the filter that answers it best."""


def find_candidates(
    frame: NDArray[Any],
    *,
    spacing: PixelSpacing | None,
    image: ImageKey,
    inverse: bool = False,
    padding: PaddingRange | None = None,
    token: CancelToken | None = None,
) -> Candidates:
    """Bright spots of a mammogram that are like the calcifications of the training images, likeliest first.

    `frame` holds stored values, shape (rows, columns), for presentation or unprocessed; `inverse`: low values are shown
    white (MONOCHROME1). Nothing is proposed within 2 mm of the skin. A frame without a breast gives none. Raises
    Cancelled.
    """
    token = token or CancelToken()
    model = shipped_model()
    pixel_mm = spacing.mean_mm if spacing is not None else ASSUMED_PIXEL_MM
    looked = look(frame, pixel_mm, inverse=inverse, padding=padding, token=token)
    if looked is None:
        return Candidates((), (), model.version)
    scores = model.scores(looked.numbers, looked.x_mm, looked.y_mm, token)
    columns, rows = looked.column, looked.row
    candidates = []
    for k in best_of_each_spot(looked, scores):
        diameter = _PER_SIGMA * SCALES_MM[int(looked.peaks.scale[k])]
        candidates.append(
            Candidate(
                id=_identity(image, columns[k], rows[k], model.version),
                image=image,
                point=ImagePoint(float(columns[k]), float(rows[k])),
                score=float(scores[k]),
                diameter_px=diameter / pixel_mm,
                diameter_mm=None if spacing is None else diameter,
            )
        )
    token.checkpoint(Progress(STEPS, STEPS))
    return Candidates(tuple(candidates), tuple(CandidateRow((c.id,)) for c in candidates), model.version)


def _identity(image: ImageKey, column: float, row: float, version: str) -> str:
    said = f"{version} {image.sop_instance_uid} {image.frame} {column:.1f} {row:.1f}"
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def best_of_each_spot(looked: Look, scores: NDArray[np.float64]) -> list[int]:
    """Which candidates to tell, likeliest first: of several on one spot the likeliest."""
    kept: list[int] = []
    x, y = looked.x_mm, looked.y_mm
    for k in np.argsort(-scores, kind="stable"):
        if scores[k] < LEAST_SCORE or len(kept) == MOST_TOLD:
            break
        if not kept or np.hypot(x[kept] - x[k], y[kept] - y[k]).min() > _SAME_SPOT_MM:
            kept.append(int(k))
    return kept
