"""Trials of tomosynthesis: a small breast as a stack and as a mammogram, with the slice of each calcification."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from annotator.phantom.anatomy import make_anatomy
from annotator.phantom.body import SMALL_SIZE
from annotator.phantom.placement import Detector, Placement
from annotator.phantom.stack_plan import PIXEL_MM, plan_stack
from annotator.phantom.texture import stream
from annotator.phantom.tomosynthesis import take_stack
from annotator.phantom.trial import TRAINED, Ranges, Trial, draw_circumstances, take_trial
from annotator.phantom.trial_groups import draw_groups
from annotator.phantom.trial_ranges import REFERENCE_PIXEL_MM
from annotator.phantom.truth import TrueSliceCalcification, TrueStack

THICKNESS_MM = (22.0, 36.0)
"""Of small breasts: as many slices, so that a stack takes seconds."""
CANVAS_STEP_MM = 0.2
MOST_ROWS = 1000
"""Level with the nipple; what lies above and below is left out."""


@dataclass(frozen=True, slots=True)
class StackTrial:
    """A stack (frames, rows, columns) of 10-bit values with its truth, and the mammogram of the same breast.

    `truth.calcifications` are TrueSliceCalcification: `frame` 1 is `frames[0]`.
    """

    seed: int
    frames: NDArray[np.uint16]
    truth: TrueStack
    mammogram: Trial

    @property
    def spacing_mm(self) -> float:
        """Size of a pixel of a slice, both ways."""
        return self.truth.in_breast_mm

    @property
    def calcifications(self) -> tuple[TrueSliceCalcification, ...]:
        """The truth's calcifications, with their slices."""
        return tuple(c for c in self.truth.calcifications if isinstance(c, TrueSliceCalcification))


def make_stack_trial(seed: int, ranges: Ranges = TRAINED) -> StackTrial:
    """The stack of a seed, exposed as drawn from `ranges` but with pixels of 0.1 mm; some seconds."""
    rng = stream(seed, "trial", "stack")
    drawn = draw_circumstances(seed, stream(seed, "trial", "circumstances"), ranges)
    breast = replace(drawn.breast, size=SMALL_SIZE, thickness_mm=float(rng.uniform(*THICKNESS_MM)))
    anatomy = make_anatomy(breast, drawn.view, CANVAS_STEP_MM)
    groups = draw_groups(seed, anatomy)
    whole = plan_stack(anatomy)
    plan = plan_stack(anatomy, field=(min(whole.rows, MOST_ROWS), whole.columns))
    # a stack is not blurred by the breast's movement as a whole: each projection is short
    still = replace(drawn.exposure, motion_mm=0.0)
    quanta = still.quanta * (PIXEL_MM / drawn.detector.pixel_mm) ** 2
    stack = take_stack(anatomy, groups, plan, replace(still, quanta=quanta))
    field = Detector(
        round(plan.rows * PIXEL_MM / REFERENCE_PIXEL_MM),
        round(plan.columns * PIXEL_MM / REFERENCE_PIXEL_MM),
        REFERENCE_PIXEL_MM,
    )
    finer = replace(still, quanta=still.quanta * (REFERENCE_PIXEL_MM / drawn.detector.pixel_mm) ** 2)
    lying = replace(
        drawn,
        breast=breast,
        detector=field,
        scale=1.0,
        origin_y_mm=plan.placement.origin_y_mm,
        exposure=finer,
    )
    placement = Placement(field, anatomy.canvas, 0.0, lying.origin_y_mm)
    mammogram = take_trial(anatomy, placement, groups, lying)
    return StackTrial(seed, np.array(list(stack.slices())), stack.truth, mammogram)
