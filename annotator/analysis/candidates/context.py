"""What a candidate's neighbours say of it: calcifications are seldom alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from annotator.analysis.candidates.features import Columns

NAMES = (
    "own", "sum_1.5", "sum_3", "sum_6", "sum_12", "sum_25", "likeliest_3", "likeliest_6", "second_6", "third_6",
    "fifth_12", "sure_in_image", "nearest_sure_mm", "likely_in_image", "in_line", "likeliest_1.5",
    "chain_3", "chain_8", "best_of_chain", "beside_chain",
)  # fmt: skip
"""The columns of `context`, in order."""

SOURCES = 600
"""Neighbours that are asked: the likeliest of the image."""
_REACHES_MM = (1.5, 3.0, 6.0, 12.0, 25.0)
_LEAST_MM = 0.3
"""What lies nearer is a piece of the same spot."""
_CHAIN_MM = (3.0, 8.0)
_TRACK_MM = (0.7, 3.0)
"""Apart lie both walls of an artery."""
_FARTHEST_MM = 40.0
_BLOCK = 512

FloatColumn = NDArray[np.floating]


def context(
    x_mm: FloatColumn,
    y_mm: FloatColumn,
    direction: FloatColumn,
    likely: FloatColumn,
    asked: NDArray[np.int64],
) -> Columns:
    """One row for each candidate in `asked`, from the places of all and how likely each is so far (0..1).

    `direction` in radians is that of a line through each.
    """
    x_mm, y_mm = np.asarray(x_mm, np.float32), np.asarray(y_mm, np.float32)
    turn = np.stack([np.cos(2 * direction), np.sin(2 * direction)]).astype(np.float32)
    likely = np.clip(likely, 1e-6, 1 - 1e-6)
    order = np.argsort(-likely, kind="stable")[:SOURCES]
    order = order[likely[order] > 0.003]
    made = np.zeros((len(asked), len(NAMES)), np.float32)
    for begin in range(0, len(asked), _BLOCK):
        part = asked[begin : begin + _BLOCK]
        made[begin : begin + _BLOCK] = _of(part, order, x_mm, y_mm, turn, likely)
    return made


def _of(
    part: NDArray[np.int64],
    sources: NDArray[np.int64],
    x_mm: FloatColumn,
    y_mm: FloatColumn,
    turn: Columns,
    likely: FloatColumn,
) -> Columns:
    own = np.log(likely[part] / (1 - likely[part]))
    image = np.array([np.sum(likely > 0.5), likely.sum()])
    if not sources.size:
        made = np.zeros((len(part), len(NAMES)), np.float32)
        made[:, NAMES.index("nearest_sure_mm")] = _FARTHEST_MM
        made[:, 0] = own
        return made
    across = (x_mm[part, None] - x_mm[None, sources]).astype(np.float32)
    down = (y_mm[part, None] - y_mm[None, sources]).astype(np.float32)
    away = np.hypot(across, down)
    away[part[:, None] == sources[None, :]] = np.inf
    away[away < _LEAST_MM] = np.inf
    p = likely[sources].astype(np.float32)
    sums = [(away < reach) @ p for reach in _REACHES_MM]
    # sources are sorted, so the likeliest within reach is the first one
    six = _ranked(away < 6.0, p, 3)
    twelve = _ranked(away < 12.0, p, 5)
    three = _ranked(away < 3.0, p, 1)
    near = _ranked(away < 1.5, p, 1)
    sure = p > 0.5
    nearest = away[:, sure].min(axis=1) if sure.any() else np.full(len(part), np.inf)
    return np.column_stack(
        [
            own,
            *sums,
            three[0],
            *six,
            twelve[4],
            np.full(len(part), np.log1p(image[0])),
            np.minimum(nearest, _FARTHEST_MM),
            np.full(len(part), np.log1p(image[1])),
            _in_line(across, down, away, p),
            near[0],
            *_chain(across, down, away, p, turn[:, part, None], turn[:, None, sources]),
        ]
    ).astype(np.float32)


def _ranked(near: NDArray[np.bool_], p: FloatColumn, ranks: int) -> list[Columns]:
    """The highest, second highest, ... of `p` (sorted downwards) among those near; 0 where there are fewer."""
    count = np.cumsum(near, axis=1, dtype=np.int32)
    found = []
    for rank in range(1, ranks + 1):
        at = (count < rank).sum(axis=1)
        found.append(np.where(at < len(p), p[np.minimum(at, len(p) - 1)], 0.0).astype(np.float32))
    return found


def _in_line(across: Columns, down: Columns, away: Columns, p: FloatColumn) -> Columns:
    """How unevenly the neighbours within 6 mm lie round about: 1 when all are in one line through here."""
    weight = np.where(away < 6.0, p, 0.0)
    squared = np.maximum(np.where(np.isfinite(away), away, 1.0), 1e-3) ** 2
    # the double angle: opposite directions are the same line
    cos = ((across**2 - down**2) / squared * weight).sum(axis=1)
    sin = ((2 * across * down) / squared * weight).sum(axis=1)
    return np.asarray(np.hypot(cos, sin) / (weight.sum(axis=1) + 0.5), np.float32)


def _chain(
    across: Columns, down: Columns, away: Columns, p: FloatColumn, own: Columns, theirs: Columns
) -> tuple[Columns, Columns, Columns, Columns]:
    """How much lies on the line through each candidate and runs along it, near and farther; how much runs beside it.

    `own` and `theirs` are cosine and sine of twice the directions: opposite directions are the same line.
    """
    squared = np.maximum(np.where(np.isfinite(away), away, 1.0), 1e-3) ** 2
    cos, sin = (across**2 - down**2) / squared, 2 * across * down / squared
    mine = cos * own[0] + sin * own[1]
    along = np.clip(mine, 0, 1) ** 3 * np.clip(cos * theirs[0] + sin * theirs[1], 0, 1) ** 3 * p
    beside = np.clip(-mine, 0, 1) * np.clip(own[0] * theirs[0] + own[1] * theirs[1], 0, 1) ** 2 * p
    near = away < _CHAIN_MM[0]
    return (
        (along * near).sum(axis=1),
        (along * (away < _CHAIN_MM[1])).sum(axis=1),
        (along * near).max(axis=1),
        (beside * ((away > _TRACK_MM[0]) & (away < _TRACK_MM[1]))).sum(axis=1),
    )
