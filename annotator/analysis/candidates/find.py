"""Bright spots of an image that are proposed for labelling. Trained on synthetic images; proposals, not findings."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.analysis.blobs import pixel_mm_of
from annotator.analysis.candidates.hints import hints_of
from annotator.analysis.candidates.looks import STEPS, Look, look
from annotator.analysis.candidates.model import Scores, shipped_model
from annotator.analysis.candidates.scales import SCALES_MM
from annotator.jobs import CancelToken, Progress
from annotator.model.candidate import Candidate, CandidateHint, CandidateRow, Candidates
from annotator.model.geometry import ImagePoint, PixelSpacing, contains
from annotator.model.image import ImageKey, PaddingRange

LEAST_SCORE = 0.003
"""Nothing less likely is told at all."""
MOST_TOLD = 600

_SAME_SPOT_MM = 0.25
_ALIKE = 0.97
"""Of the likeliest score: what is no less likely on the same spot may stand for it."""
_HINTED_FROM = 0.15
_PER_SIGMA = 2 * 2**0.5
"""Diameter of a disc over the width of the filter that answers it best."""


@dataclass(frozen=True, slots=True)
class Told:
    """One candidate before it has a name; `whole` numbers the artery or rim that it is a piece of, -1 for none."""

    point: ImagePoint
    score: float
    diameter_mm: float
    hint: CandidateHint | None
    whole: int


def find_candidates(
    frame: NDArray[Any],
    *,
    spacing: PixelSpacing | None,
    image: ImageKey,
    inverse: bool = False,
    padding: PaddingRange | None = None,
    pectoral: Sequence[ImagePoint] = (),
    token: CancelToken | None = None,
) -> Candidates:
    """Bright spots of a mammogram that are like the calcifications of the training images, likeliest first.

    `frame` holds stored values, shape (rows, columns), for presentation or unprocessed; `inverse`: low values are shown
    white (MONOCHROME1). `pectoral` is the outline of the muscle where it is known. Nothing is proposed within 2 mm of
    the skin. A frame without a breast gives none and says so. Raises Cancelled.
    """
    told, version = find_told(frame, spacing=spacing, inverse=inverse, padding=padding, token=token)
    if told is None:
        return Candidates((), (), version, breast_found=False)
    candidates = tuple(candidate_of(t, image, version, spacing, pectoral) for t in told)
    return Candidates(candidates, rows_of(candidates, [t.whole for t in told]), version)


def find_told(
    frame: NDArray[Any],
    *,
    spacing: PixelSpacing | None,
    inverse: bool = False,
    padding: PaddingRange | None = None,
    token: CancelToken | None = None,
) -> tuple[list[Told] | None, str]:
    """The candidates of one frame, likeliest first, and the version of the model that judged them.

    None in place of the candidates where the frame shows no breast.
    """
    token = token or CancelToken()
    model = shipped_model()
    pixel_mm = pixel_mm_of(spacing)
    looked = look(frame, pixel_mm, inverse=inverse, padding=padding, token=token)
    if looked is None:
        return None, model.version
    scores = model.scores(looked, token)
    told, likely = best_of_each_spot(looked, scores)
    hints = hints_of(looked, told, likely >= _HINTED_FROM)
    # a peak on the very edge is given the middle of its pixel: a spot can be measured there
    columns = np.clip(looked.column, 0.5, frame.shape[1] - 0.5)
    rows = np.clip(looked.row, 0.5, frame.shape[0] - 0.5)
    token.checkpoint(Progress(STEPS, STEPS))
    return [
        Told(
            ImagePoint(float(columns[k]), float(rows[k])),
            float(score),
            _PER_SIGMA * SCALES_MM[int(looked.peaks.scale[k])],
            hint,
            whole,
        )
        for k, score, hint, whole in zip(told, likely, hints.hints, hints.whole, strict=True)
    ], model.version


def best_of_each_spot(looked: Look, scores: Scores) -> tuple[NDArray[np.int64], Scores]:
    """Which peaks to tell, likeliest first, and how likely: of several on one spot the plainest of the likeliest."""
    likely = np.argsort(-scores, kind="stable")[: 4 * MOST_TOLD]
    likely = likely[scores[likely] >= LEAST_SCORE]
    x, y, strength = looked.x_mm[likely], looked.y_mm[likely], looked.peaks.strength[likely]
    kept: list[int] = []
    told: list[float] = []
    for k, score in enumerate(scores[likely]):
        if len(kept) == MOST_TOLD:
            break
        if kept and np.hypot(x[kept] - x[k], y[kept] - y[k]).min() <= _SAME_SPOT_MM:
            continue
        near = np.flatnonzero(np.hypot(x - x[k], y - y[k]) <= _SAME_SPOT_MM)
        alike = near[scores[likely[near]] >= _ALIKE * score]
        kept.append(int(alike[strength[alike].argmax()]))
        told.append(float(score))
    return likely[kept], np.array(told)


def candidate_of(
    told: Told,
    image: ImageKey,
    version: str,
    spacing: PixelSpacing | None,
    pectoral: Sequence[ImagePoint] = (),
) -> Candidate:
    """The candidate with its name, which is the same whenever the same model looks at the same image."""
    said = f"{version} {image.sop_instance_uid} {image.frame} {told.point.column:.1f} {told.point.row:.1f}"
    pixel_mm = pixel_mm_of(spacing)
    return Candidate(
        id=hashlib.sha256(said.encode()).hexdigest()[:16],
        image=image,
        point=told.point,
        score=told.score,
        diameter_px=told.diameter_mm / pixel_mm,
        diameter_mm=None if spacing is None else told.diameter_mm,
        hint=told.hint,
        in_pectoral=len(pectoral) > 2 and contains(pectoral, told.point),
    )


def rows_of(candidates: Sequence[Candidate], whole: Sequence[int]) -> tuple[CandidateRow, ...]:
    """The lines of the list, likeliest first: one for each candidate, one for all pieces of an artery or a rim."""
    lines: dict[int, list[Candidate]] = {}
    for number, (candidate, of) in enumerate(zip(candidates, whole, strict=True)):
        lines.setdefault(of if of >= 0 else -1 - number, []).append(candidate)
    return tuple(CandidateRow(tuple(c.id for c in line), line[0].hint) for line in lines.values())
