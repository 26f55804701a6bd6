"""Time and memory of the search on a frame of 3328 x 4096 pixels, beside one Gaussian pass of OpenCV on the same core.

Machines differ: only the ratio of runs that took turns is worth comparing. Seconds are those of the processor, so that what
else runs there does not count.
"""

from __future__ import annotations

import multiprocessing
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import cv2

from benchmarks.detection import methods, sets
from benchmarks.detection.seen import Seen, presented

SEED = 1008
"""A training trial of 4096 rows and 3328 columns."""
ROUNDS = 5
SIGMA_MM = 0.13


def tables(cache: Path) -> list[str]:
    """The table of times; needs a quiet machine."""
    # as the program's own processes: products of matrices on one core too, which counts before numpy is imported
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        seconds = pool.apply(in_turn, (cache,))
    one = statistics.median(seconds["Gaussian"])
    lines = [
        f"**Time and memory** on one frame of 3328 x 4096 pixels, one core; {ROUNDS} runs taking turns, medians.",
        "",
        "| step | processor seconds | times one Gaussian pass |",
        "|---|---|---|",
    ]
    for name, took in seconds.items():
        ratio = statistics.median(t / g for t, g in zip(took, seconds["Gaussian"], strict=True))
        words = f"one Gaussian pass of OpenCV (sigma {SIGMA_MM} mm)" if name == "Gaussian" else name
        lines.append(f"| {words} | {statistics.median(took):.3f} | {ratio:.0f} |")
    frame_mb = 3328 * 4096 * 2 / 2**20
    peak = peak_memory_mb(cache)
    lines += ["", f"Peak memory of the search beyond the {frame_mb:.0f} MB of the frame: {peak:.0f} MB."]
    assert one > 0
    return ["\n".join(lines)]


def in_turn(cache: Path) -> dict[str, list[float]]:
    """Seconds of each step, round by round."""
    cv2.setNumThreads(1)
    seen = presented(sets.trial(cache, SEED))
    steps: dict[str, Callable[[], object]] = {
        "Gaussian": lambda: cv2.GaussianBlur(seen.frame, (0, 0), SIGMA_MM / seen.pixel_mm),
        "search: everything": lambda: methods.program(seen),
        "- of it up to the filter response": lambda: methods.plain_response(seen),
        "white top-hat 1 mm": lambda: methods.top_hat(seen),
    }
    for step in steps.values():
        step()
    took: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(ROUNDS):
        for name, step in steps.items():
            started = time.process_time()
            step()
            took[name].append(time.process_time() - started)
    return took


def peak_memory_mb(cache: Path) -> float:
    """What the search adds to the memory of a fresh process, at its peak."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_peak, (cache,))


def _peak(cache: Path) -> float:
    cv2.setNumThreads(1)
    whole = sets.trial(cache, SEED)
    seen = Seen(whole.presentation.copy(), whole.spacing_mm)
    small = sets.cropped(whole, 512)
    methods.program(presented(small))
    before = _highest_mb()
    methods.program(seen)
    return _highest_mb() - before


def _highest_mb() -> float:
    """The most memory that this process has had; Linux counts what its parent had otherwise."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 2**10
    import resource  # noqa: PLC0415 - not on Windows

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
