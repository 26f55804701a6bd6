"""The sets of trials: which seeds, kept on disk once made.

    python -m benchmarks.detection.sets --cache DIR [train dev test elsewhere ...]

A trial is a folder named after its seed; `trial.json` is written last, so a run that was stopped goes on where it was.
Images are read as they are needed (`numpy.load(mmap_mode="r")`).
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import msgspec
import numpy as np

from annotator.phantom.texture import stream
from annotator.phantom.trial import (
    CROWDED,
    ELSEWHERE,
    TRAINED,
    VERSION,
    CoveredPixels,
    Defect,
    Ranges,
    Trial,
    draw_circumstances,
    make_trial,
)
from annotator.phantom.truth import TrueView


@dataclass(frozen=True, slots=True)
class TrialSet:
    """Seeds drawn from the same ranges, for one purpose."""

    name: str
    seeds: tuple[int, ...]
    ranges: Ranges


SETS = {
    chosen.name: chosen
    for chosen in (
        TrialSet("train", tuple(range(1000, 1100)), TRAINED),
        TrialSet("dev", tuple(range(1500, 1520)), TRAINED),
        TrialSet("test", tuple(range(2000, 2040)), TRAINED),
        TrialSet("elsewhere", tuple(range(3000, 3020)), ELSEWHERE),
    )
}
"""`test` and `elsewhere` are for the tables: nothing is chosen by what they give."""

CROWDED_SEEDS = range(20000, 30000)
"""Of no set: images to train on with more in the way."""

SMOKE_SEEDS = (4051, 4055)
"""Of no other set."""
SMOKE_SIDE = 1024


class _Kept(msgspec.Struct):
    version: int
    seed: int
    raw_state: str
    truth: TrueView
    corners: list[tuple[int, int]]
    shapes: list[tuple[int, int]]
    axes: list[tuple[tuple[float, float], ...]]
    widths: list[float | None]
    defects: list[Defect]


def ranges_of(seed: int) -> Ranges:
    """The ranges that the set of a seed is drawn from; those trained on for other seeds."""
    if seed in CROWDED_SEEDS:
        return CROWDED
    return next((s.ranges for s in SETS.values() if seed in s.seeds), TRAINED)


def trial(cache: Path, seed: int) -> Trial:
    """The trial of a seed from the cache, made and kept when it is not there yet."""
    folder = cache / str(seed)
    kept = _read(folder)
    if kept is None:
        _keep(folder, make_trial(seed, ranges_of(seed)))
        kept = _read(folder)
    assert kept is not None
    return _restored(folder, kept)


def kept_or_made(cache: Path, seed: int) -> Trial:
    """The trial of a seed from the cache, or made and not kept."""
    kept = _read(cache / str(seed))
    return make_trial(seed, ranges_of(seed)) if kept is None else _restored(cache / str(seed), kept)


def trials(cache: Path, name: str) -> Iterator[Trial]:
    """The trials of a set in the order of their seeds, one at a time."""
    for seed in SETS[name].seeds:
        yield trial(cache, seed)


def smoke() -> tuple[Trial, ...]:
    """Two pieces of 1024 x 1024 pixels, with what has calcified in them: seconds, and no cache."""
    return tuple(cropped(make_trial(seed), SMOKE_SIDE) for seed in SMOKE_SEEDS)


def cropped(whole: Trial, side: int) -> Trial:
    """The square piece of a trial that holds most calcifications; those that it cuts through are left out."""
    rows, columns = whole.presentation.shape
    places = [(c.column, c.row) for c in whole.truth.calcifications]
    corners = {
        (int(np.clip(x - side / 2, 0, columns - side)), int(np.clip(y - side / 2, 0, rows - side)))
        for x, y in places
    }
    left, top = max(
        sorted(corners),
        key=lambda c: sum(c[0] < x < c[0] + side and c[1] < y < c[1] + side for x, y in places),
    )
    kept = [
        (replace(calc, column=calc.column - left, row=calc.row - top), _moved(patch, left, top))
        for calc, patch in zip(whole.truth.calcifications, whole.patches, strict=True)
        if left <= patch.left
        and top <= patch.top
        and patch.left + patch.coverage.shape[1] <= left + side
        and patch.top + patch.coverage.shape[0] <= top + side
    ]
    truth = replace(
        whole.truth,
        rows=side,
        columns=side,
        nipple_column=whole.truth.nipple_column - left,
        nipple_row=whole.truth.nipple_row - top,
        calcifications=tuple(calc for calc, _ in kept),
    )
    piece = np.s_[top : top + side, left : left + side]
    return replace(
        whole,
        presentation=np.ascontiguousarray(whole.presentation[piece]),
        raw=np.ascontiguousarray(whole.raw[piece]),
        truth=truth,
        patches=tuple(patch for _, patch in kept),
        defects=tuple(
            Defect(d.kind, d.column - left, d.row - top, d.reach_mm)
            for d in whole.defects
            if left <= d.column < left + side and top <= d.row < top + side
        ),
    )


def _moved(patch: CoveredPixels, left: int, top: int) -> CoveredPixels:
    axis = tuple((column - left, row - top) for column, row in patch.axis)
    return replace(patch, left=patch.left - left, top=patch.top - top, axis=axis)


def _keep(folder: Path, made: Trial) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "presentation.npy", made.presentation)
    np.save(folder / "raw.npy", made.raw)
    coverage = [np.rint(p.coverage * 255).astype(np.uint8).ravel() for p in made.patches]
    np.save(folder / "coverage.npy", np.concatenate([np.zeros(0, np.uint8), *coverage]))
    kept = _Kept(
        version=VERSION,
        seed=made.seed,
        raw_state=made.raw_state,
        truth=made.truth,
        corners=[(p.left, p.top) for p in made.patches],
        shapes=[(p.coverage.shape[0], p.coverage.shape[1]) for p in made.patches],
        axes=[p.axis for p in made.patches],
        widths=[p.width_mm for p in made.patches],
        defects=list(made.defects),
    )
    unfinished = folder / "trial.json.part"
    unfinished.write_bytes(msgspec.json.encode(kept))
    unfinished.replace(folder / "trial.json")


def _read(folder: Path) -> _Kept | None:
    file = folder / "trial.json"
    if not file.is_file():
        return None
    content = file.read_bytes()
    if msgspec.json.decode(content)["version"] != VERSION:
        return None
    return msgspec.json.decode(content, type=_Kept)


def _restored(folder: Path, kept: _Kept) -> Trial:
    flat = np.load(folder / "coverage.npy").astype(np.float32) / 255
    ends = list(itertools.accumulate(rows * columns for rows, columns in kept.shapes))
    patches = tuple(
        CoveredPixels(left, top, flat[end - shape[0] * shape[1] : end].reshape(shape), tuple(axis), width)
        for (left, top), shape, end, axis, width in zip(
            kept.corners, kept.shapes, ends, kept.axes, kept.widths, strict=True
        )
    )
    drawn = draw_circumstances(kept.seed, stream(kept.seed, "trial", "circumstances"), ranges_of(kept.seed))
    return Trial(
        seed=kept.seed,
        presentation=np.load(folder / "presentation.npy", mmap_mode="r"),
        raw=np.load(folder / "raw.npy", mmap_mode="r"),
        raw_state=kept.raw_state,
        truth=kept.truth,
        patches=patches,
        defects=tuple(kept.defects),
        circumstances=drawn,
    )


def make(cache: Path, seeds: Sequence[int]) -> None:
    """Make those trials that are not there yet, telling how far it is."""
    started = time.monotonic()
    missing = [seed for seed in seeds if _read(cache / str(seed)) is None]
    for number, seed in enumerate(missing, start=1):
        trial(cache, seed)
        left = (time.monotonic() - started) / number * (len(missing) - number)
        print(
            f"\rtrial {seed}: {number} of {len(missing)}, {left / 60:.0f} min left ", end="", file=sys.stderr
        )
    if missing:
        print(file=sys.stderr)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.detection.sets", description=__doc__)
    parser.add_argument("--cache", type=Path, required=True, help="folder that the trials are kept in")
    parser.add_argument(
        "names", nargs="*", default=list(SETS), help=f"of {', '.join(SETS)}; all unless given"
    )
    given = parser.parse_args()
    cv2.setNumThreads(1)
    for name in given.names:
        make(given.cache, SETS[name].seeds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
