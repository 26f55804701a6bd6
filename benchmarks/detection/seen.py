"""What is looked at, and the marks that are put on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.model.geometry import PixelSpacing, SpacingBasis
from annotator.phantom.trial import Trial

Column = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Marks:
    """Places of one image as (column, row), the outer corner of the first pixel being (0, 0), and their scores."""

    column: Column
    row: Column
    score: Column

    def __len__(self) -> int:
        return len(self.score)


@dataclass(frozen=True, slots=True)
class Seen:
    """One stored image of a trial: `inverse` where calcifications are darker than what is about them."""

    frame: NDArray[np.uint16]
    pixel_mm: float
    inverse: bool = False

    @property
    def spacing(self) -> PixelSpacing:
        return PixelSpacing(self.pixel_mm, self.pixel_mm, SpacingBasis.CALIBRATED)


def presented(trial: Trial) -> Seen:
    return Seen(np.asarray(trial.presentation), trial.spacing_mm)


def unprocessed(trial: Trial) -> Seen:
    return Seen(np.asarray(trial.raw), trial.spacing_mm, trial.raw_inverse)
