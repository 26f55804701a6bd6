"""Everything that is measured on one image before its candidates are judged; training and finding look alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.analysis.candidates.features import Columns, features
from annotator.analysis.candidates.ground import Ground, make_ground
from annotator.analysis.candidates.lines import DIRECTIONS, Lines, make_lines
from annotator.analysis.candidates.neighbour_maps import line_cells
from annotator.analysis.candidates.patches import patches
from annotator.analysis.candidates.peaks import Peaks, find_peaks, index
from annotator.analysis.candidates.scales import make_scales
from annotator.jobs import CancelToken, Progress
from annotator.model.image import PaddingRange


@dataclass(frozen=True, slots=True)
class Look:
    """The peaks of one image with their numbers, a row for each; `direction` in radians is that of a line through it.

    `lines` are the `line_cells` of the image, `column` and `row` are places in the image.
    """

    ground: Ground
    peaks: Peaks
    numbers: Columns
    direction: NDArray[np.float64]
    patches: NDArray[np.float32]
    lines: NDArray[np.float32]

    @property
    def column(self) -> NDArray[np.float64]:
        return self.ground.left + self.peaks.column.astype(np.float64) * self.ground.step

    @property
    def row(self) -> NDArray[np.float64]:
        return self.ground.top + self.peaks.row.astype(np.float64) * self.ground.step

    @property
    def x_mm(self) -> NDArray[np.float64]:
        return self.peaks.column.astype(np.float64) * self.ground.pixel_mm

    @property
    def y_mm(self) -> NDArray[np.float64]:
        return self.peaks.row.astype(np.float64) * self.ground.pixel_mm


def look(
    frame: NDArray[Any],
    pixel_mm: float,
    *,
    inverse: bool = False,
    padding: PaddingRange | None = None,
    token: CancelToken | None = None,
) -> Look | None:
    """Look at a frame of stored values; None when it shows no breast. Raises Cancelled."""
    token = token or CancelToken()
    token.checkpoint(Progress(0, STEPS, "breast"))
    ground = make_ground(frame, pixel_mm, inverse=inverse, padding=padding, token=token)
    if ground is None:
        return None
    token.checkpoint(Progress(1, STEPS, "spots"))
    scales = make_scales(ground, token)
    lines = make_lines(ground, scales, token)
    token.checkpoint(Progress(2, STEPS, "spots"))
    peaks = find_peaks(ground, scales, lines, token)
    numbers = features(ground, scales, lines, peaks, token)
    token.checkpoint(Progress(3, STEPS, "judging"))
    return Look(
        ground,
        peaks,
        numbers,
        _directions(lines, peaks),
        patches(ground, scales, peaks, token),
        line_cells(lines, ground.pixel_mm),
    )


STEPS = 4
"""Of progress, the last being the judging."""


def _directions(lines: Lines, peaks: Peaks) -> NDArray[np.float64]:
    i, j = index(lines.direction, lines.step, peaks.column, peaks.row)
    return lines.direction[i, j].astype(np.float64) * (np.pi / DIRECTIONS)
