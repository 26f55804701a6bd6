"""How well a click finds and measures a calcification, on synthetic mammograms the algorithm was never tuned on.

Prints two Markdown tables (docs/measuring.md): the program's measurement and a plain baseline, side by side, on the
same clicks. Seeds and clicks are fixed: only the times differ from run to run.

    python benchmarks/spots.py --people 6
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.analysis.spots import measure_spot
from annotator.model.geometry import ImagePoint, PixelSpacing, SpacingBasis
from annotator.model.image import PaddingRange
from annotator.phantom.calcifications import KINDS
from annotator.phantom.exams import Exam, make_person, take_exam
from annotator.phantom.radiograph import Radiograph
from annotator.phantom.truth import TrueCalcification

FIRST_SEED = 2100  # smaller ones were looked at while the algorithm was made
CLICK_WITHIN_MM = 0.4
CENTRE_WITHIN_MM = 0.2
VISIBLE_SNR = 5.0
TISSUE_CLICKS = 150
OUTSIDE = PaddingRange(0, 0)  # as the headers of the sample exams say
FAR_FROM_ANY_MM = 2.0
LONG = {"fine_linear", "vascular", "rod", "suture"}
RINGS = {"rim", "skin", "milk"}
BESIDE = tuple(kind for kind in KINDS if kind != "fine_pleo")  # fine_pleo is in every breast worked up


@dataclass(frozen=True)
class Found:
    """What a method answered: centre (column, row), diameter and, where it tells one, its uncertainty in pixels."""

    column: float
    row: float
    diameter_px: float
    uncertainty_px: float | None = None


Method = Callable[[NDArray[np.uint16], ImagePoint, float], Found | None]


@dataclass(frozen=True)
class Trial:
    """One click for one calcification, what each method answered, and how many seconds that took.

    `alone`: no other calcification lies over or against it.
    """

    target: TrueCalcification
    alone: bool
    pixel_mm: float
    answers: dict[str, Found | None]
    seconds: dict[str, float]

    def hit(self, method: str) -> bool:
        found = self.answers[method]
        if found is None:
            return False
        away = math.hypot(found.column - self.target.column, found.row - self.target.row)
        return away * self.pixel_mm <= CENTRE_WITHIN_MM

    def size_error(self, method: str) -> float:
        """Share by which the diameter is too large."""
        found = self.answers[method]
        assert found is not None
        return found.diameter_px * self.pixel_mm / self.target.diameter_mm - 1

    def covered(self, method: str, times: float) -> bool | None:
        """Whether the true diameter lies within so many uncertainties; None where none is told."""
        found = self.answers[method]
        if found is None or found.uncertainty_px is None:
            return None
        true_px = self.target.diameter_mm / self.pixel_mm
        return abs(found.diameter_px - true_px) <= times * found.uncertainty_px


def snap(frame: NDArray[np.uint16], at: ImagePoint, pixel_mm: float) -> Found | None:
    """The program's own measurement, as the window calls it."""
    spacing = PixelSpacing(pixel_mm, pixel_mm, SpacingBasis.AT_DETECTOR)
    measured = measure_spot(frame, at, spacing=spacing, padding=OUTSIDE).measurement
    if measured is None:
        return None
    center = measured.center
    return Found(center.column, center.row, measured.diameter_px, measured.uncertainty_px)


def half_height(frame: NDArray[np.uint16], at: ImagePoint, pixel_mm: float) -> Found | None:
    """The brightest place within reach of the hand, and what is joined to it above half its height.

    The ground is the median within 1.5 mm; what rises less than 4 deviations of the noise is refused.
    """
    reach = round(1.5 / pixel_mm)
    left, top = max(0, int(at.column) - reach), max(0, int(at.row) - reach)
    patch = frame[top : int(at.row) + reach + 1, left : int(at.column) + reach + 1].astype(np.float32)
    smooth = cv2.blur(patch, (3, 3))
    rows, columns = np.ogrid[: patch.shape[0], : patch.shape[1]]
    near = np.hypot(columns + 0.5 + left - at.column, rows + 0.5 + top - at.row) * pixel_mm <= CLICK_WITHIN_MM
    row, column = np.unravel_index(int(np.where(near, smooth, -np.inf).argmax()), patch.shape)
    ground = float(np.median(patch))
    peak = float(smooth[row, column]) - ground
    # steps between neighbours carry twice the variance of a pixel, the mean of nine a ninth of it
    noise = 1.4826 * float(np.median(np.abs(np.diff(patch, axis=1)))) / math.sqrt(2) / 3
    if peak < 4 * noise:
        return None
    _, labels = cv2.connectedComponents((smooth > ground + peak / 2).astype(np.uint8), connectivity=4)
    inside_rows, inside_columns = np.nonzero(labels == labels[row, column])
    diameter = 2 * math.sqrt(inside_rows.size / math.pi)
    return Found(inside_columns.mean() + 0.5 + left, inside_rows.mean() + 0.5 + top, diameter)


METHODS: dict[str, Method] = {"measured": snap, "half height": half_height}


def pictures(people: int) -> Iterator[tuple[int, Radiograph]]:
    """Screening views of held-out people, every kind of calcification among them."""
    for number in range(people):
        kinds = [BESIDE[(4 * number + k) % len(BESIDE)] for k in range(4)]
        person = make_person(FIRST_SEED + number, benign=kinds)
        for _, radiograph in take_exam(person, Exam.SCREENING):
            yield FIRST_SEED + number, radiograph


def trials(radiograph: Radiograph, rng: np.random.Generator) -> Iterator[Trial]:
    """One click beside each visible calcification, uniform in a disc about its centre.

    What is meant is the visible calcification whose edge is nearest to the click, as for a reader.
    """
    truth = radiograph.truth
    pixel = truth.in_breast_mm
    visible = [c for c in truth.calcifications if c.snr >= VISIBLE_SNR]
    for aimed in visible:
        turn, away = rng.uniform(0, 2 * math.pi), CLICK_WITHIN_MM * math.sqrt(rng.random()) / pixel
        at = ImagePoint(aimed.column + away * math.cos(turn), aimed.row + away * math.sin(turn))
        target = min(visible, key=lambda c: _from_edge(c, at, pixel))
        answers, seconds = {}, {}
        for name, method in METHODS.items():
            start = time.perf_counter()
            answers[name] = method(radiograph.pixels, at, pixel)
            seconds[name] = time.perf_counter() - start
        alone = all(c is target or _gap(c, target, pixel) > 0 for c in truth.calcifications)
        yield Trial(target, alone, pixel, answers, seconds)


def refusals(radiograph: Radiograph, rng: np.random.Generator) -> Iterator[dict[str, bool]]:
    """Whether each method finds nothing where there is breast tissue and no calcification."""
    truth, frame = radiograph.truth, radiograph.pixels
    rows, columns = np.nonzero(frame[::4, ::4] > 0)
    for index in rng.choice(rows.size, TISSUE_CLICKS, replace=False):
        at = ImagePoint(4 * columns[index] + 0.5, 4 * rows[index] + 0.5)
        far = (_from_edge(c, at, truth.in_breast_mm) > FAR_FROM_ANY_MM for c in truth.calcifications)
        if all(far):
            yield {name: m(frame, at, truth.in_breast_mm) is None for name, m in METHODS.items()}


def _from_edge(calcification: TrueCalcification, at: ImagePoint, pixel_mm: float) -> float:
    away = math.hypot(calcification.column - at.column, calcification.row - at.row) * pixel_mm
    return away - calcification.diameter_mm / 2


def _gap(a: TrueCalcification, b: TrueCalcification, pixel_mm: float) -> float:
    return _from_edge(a, ImagePoint(b.column, b.row), pixel_mm) - b.diameter_mm / 2


Belongs = Callable[[Trial], bool]


def _compact(trial: Trial) -> bool:
    return trial.target.kind not in LONG | RINGS


def _snr(low: float, high: float = math.inf) -> Belongs:
    return lambda trial: _compact(trial) and trial.alone and low <= trial.target.snr < high


def _size(low: float, high: float = math.inf) -> Belongs:
    return lambda trial: _snr(8)(trial) and low <= trial.target.diameter_mm < high


SUBSETS: tuple[tuple[str, Belongs], ...] = (
    ("compact, SNR 8 and more", _snr(8)),
    ("- SNR 5 to 8", _snr(5, 8)),
    ("- SNR 8 to 20", _snr(8, 20)),
    ("- SNR 20 to 50", _snr(20, 50)),
    ("- SNR 50 and more", _snr(50)),
    ("- under 0.25 mm", _size(0, 0.25)),
    ("- 0.25 to 0.5 mm", _size(0.25, 0.5)),
    ("- 0.5 to 1 mm", _size(0.5, 1)),
    ("- 1 mm and more", _size(1)),
    ("compact, on or against another", lambda trial: _compact(trial) and not trial.alone),
    ("long (vessels, rods, casts, threads)", lambda trial: trial.target.kind in LONG),
    ("rings and pools (rim, skin, milk)", lambda trial: trial.target.kind in RINGS),
)


def snap_table(done: Sequence[Trial]) -> str:
    """Per subset and method: hits, wrong places, refusals, and the diameter where the place is right."""
    lines = [
        "| calcifications | clicks | method | within 0.2 mm | elsewhere | refused | diameter error | bias |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, belongs in SUBSETS:
        chosen = [trial for trial in done if belongs(trial)]
        for method in METHODS if chosen else ():
            hits = [trial for trial in chosen if trial.hit(method)]
            refused = sum(trial.answers[method] is None for trial in chosen)
            errors = np.array([trial.size_error(method) for trial in hits])
            size = f"{np.median(np.abs(errors)):.0%} | {np.median(errors):+.0%}" if errors.size else "- | -"
            shares = [len(hits), len(chosen) - len(hits) - refused, refused]
            cells = " | ".join(f"{share / len(chosen):.0%}" for share in shares)
            lines.append(f"| {name} | {len(chosen)} | {method} | {cells} | {size} |")
    return "\n".join(lines)


def click_table(done: Sequence[Trial], refused: Sequence[dict[str, bool]]) -> str:
    """Per method: refusals where there is nothing, how far its uncertainty can be believed, and its time."""
    head = (
        "method",
        f"refused on tissue without any ({len(refused)} clicks)",
        "true diameter within 1 and 2 uncertainties",
        "time of a click, median",
        "19 of 20 take less than",
    )
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    hits = [trial for trial in done if _snr(8)(trial)]
    for method in METHODS:
        share = np.mean([answer[method] for answer in refused])
        told = [(t.covered(method, 1), t.covered(method, 2)) for t in hits if t.hit(method)]
        within = [f"{np.mean(one):.0%}" for one in zip(*told, strict=True) if None not in one]
        middle, slow = np.percentile([trial.seconds[method] * 1000 for trial in done], (50, 95))
        words = ", ".join(within) or "none told"
        lines.append(f"| {method} | {share:.0%} | {words} | {middle:.1f} ms | {slow:.1f} ms |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--people", type=int, default=8, help="synthetic people, four views each (default 8)")
    people = parser.parse_args().people
    done: list[Trial] = []
    refused: list[dict[str, bool]] = []
    for number, (seed, radiograph) in enumerate(pictures(people), start=1):
        rng = np.random.default_rng([seed, number])
        done += trials(radiograph, rng)
        refused += refusals(radiograph, rng)
        print(f"{number} of {4 * people} pictures, {len(done)} clicks", file=sys.stderr)
    print(snap_table(done))
    print()
    print(click_table(done, refused))


if __name__ == "__main__":
    main()
