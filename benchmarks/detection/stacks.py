"""Candidates in tomosynthesis stacks: how many calcifications are found, and in the right slice."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from annotator.analysis.candidates.stack import find_in_stack
from annotator.model.candidate import Candidate
from annotator.model.geometry import PixelSpacing, SpacingBasis
from annotator.model.image import ImageKey
from annotator.phantom.stack_trial import StackTrial, make_stack_trial
from benchmarks.detection.froc import RATES, everything, found_at
from benchmarks.detection.judged import LEAST_SNR, WITHIN_MM, Judged, judged
from benchmarks.detection.seen import Marks

SEEDS = {"dev": range(1500, 1506), "test": range(2000, 2012)}
SLICES = 1
"""A mark so many slices beside the best one is right."""


@dataclass(frozen=True, slots=True)
class Stack:
    """One stack: its marks against the truth, and of each target found by how many slices its mark is off."""

    judged: Judged
    off: NDArray[np.intp]


def tables(name: str, workers: int = 1) -> list[str]:
    """The table of a set ("dev" or "test")."""
    stacks = []
    with ProcessPoolExecutor(max_workers=workers) as pool:
        for number, stack in enumerate(pool.map(looked_at, SEEDS[name]), start=1):
            stacks.append(stack)
            print(f"\rstacks: {number} of {len(SEEDS[name])} ", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    images = [stack.judged for stack in stacks]
    off = np.concatenate([stack.off for stack in stacks])
    targets = sum(len(image.targets) for image in images)
    title = (
        f"**Tomosynthesis**: {targets} targets in {len(images)} stacks of small breasts. Share found at so many false marks "
        f"a stack; SNR is that of all projections. Of {len(off)} found, {np.mean(off <= SLICES):.0%} are marked in the slice "
        "of best focus or one beside it."
    )
    lines = [
        title,
        "",
        "| targets | " + " | ".join(f"{rate:g}" for rate in RATES) + " | interval at 1 |",
        "|" + "---|" * (len(RATES) + 2),
    ]
    for label, chosen in {
        "all": everything,
        "SNR 5-8": lambda t: t.snr < 8,
        "SNR 8-15": lambda t: 8 <= t.snr < 15,
        "SNR 15 and more": lambda t: t.snr >= 15,
    }.items():
        shares = {rate: found_at(images, rate, chosen) for rate in RATES}
        cells = [label, *map(str, shares.values()), shares[1.0].interval]
        lines.append("| " + " | ".join(cells) + " |")
    return ["\n".join(lines)]


def looked_at(seed: int) -> Stack:
    """The candidates of the stack of a seed, judged on the mammogram of the same breast, where every pixel is known."""
    cv2.setNumThreads(1)
    trial = make_stack_trial(seed)
    spacing = PixelSpacing(trial.spacing_mm, trial.spacing_mm, SpacingBasis.CALIBRATED)
    found = find_in_stack(
        lambda number: trial.frames[number - 1],
        len(trial.frames),
        spacing=spacing,
        image=ImageKey("1.2.3"),
        slice_mm=abs(trial.truth.step_z_mm),
    ).candidates
    depths = {c.id: c for c in trial.calcifications}
    flat = trial.mammogram
    seen = tuple(
        replace(c, snr=depths[c.id].snr if c.id in depths else 0.0) for c in flat.truth.calcifications
    )
    beside = replace(flat, truth=replace(flat.truth, calcifications=seen), defects=())
    finer = trial.spacing_mm / flat.spacing_mm
    places = np.array([(c.point.column, c.point.row, c.score) for c in found]).reshape(-1, 3)
    marks = Marks(places[:, 0] * finer, places[:, 1] * finer, places[:, 2])
    return Stack(judged(beside, marks), _slices_off(trial, found))


def _slices_off(trial: StackTrial, found: Sequence[Candidate]) -> NDArray[np.intp]:
    """For each calcification of SNR 5 or more with a mark on it, by how many slices the likeliest is off."""
    if not found:
        return np.zeros(0, np.intp)
    tree = cKDTree([(c.point.column, c.point.row) for c in found])
    off = []
    for calc in trial.calcifications:
        reach = (WITHIN_MM + calc.diameter_mm / 2) / trial.spacing_mm
        on = tree.query_ball_point((calc.column, calc.row), reach)
        if calc.snr >= LEAST_SNR and on:
            best = max(on, key=lambda k: found[k].score)
            off.append(abs(found[best].image.frame - calc.frame))
    return np.array(off, dtype=np.intp)
