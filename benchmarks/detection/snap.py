"""How well a click finds and measures a calcification, beside three plain methods, on synthetic mammograms.

Prints the tables of docs/measuring.md, on seeds that nothing was chosen by. Seeds and clicks are fixed: only the times
differ from run to run.

    python -m benchmarks.detection.snap [--cache DIR] [--workers N] [--dev] [--write]
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import platformdirs

from benchmarks.detection import sets
from benchmarks.detection.snap_clicks import AXIS_WITHIN_MM, Row, Seen, looked_at
from benchmarks.detection.snap_methods import METHODS
from benchmarks.detection.snap_targets import LONG, RINGS
from benchmarks.imaging import page

OURS = "measured"
PAGE = Path(__file__).parents[2] / "docs" / "measuring.md"

Belongs = Callable[[Row], bool]


def _alone(low: float, high: float = math.inf) -> Belongs:
    return lambda r: r.compact and r.alone and low <= r.snr < high


def _size(low: float, high: float = math.inf) -> Belongs:
    return lambda r: _alone(8)(r) and low <= r.diameter_mm < high


def _kind(kind: str) -> Belongs:
    return lambda r: r.kind == kind and r.snr >= 8


COMPACT: dict[str, Belongs] = {
    "compact, SNR 8 and more": lambda r: r.compact and r.snr >= 8,
    "- alone, SNR 5 to 8": _alone(5, 8),
    "- alone, SNR 8 to 20": _alone(8, 20),
    "- alone, SNR 20 to 50": _alone(20, 50),
    "- alone, SNR 50 and more": _alone(50),
    "- alone, under 0.2 mm": _size(0, 0.2),
    "- alone, 0.2 to 0.35 mm": _size(0.2, 0.35),
    "- alone, 0.35 to 1.2 mm": _size(0.35, 1.2),
    "- alone, 1.2 mm and more": _size(1.2),
    "- several on one another": lambda r: r.compact and r.snr >= 8 and r.pieces > 1,
    "rings and pools, SNR 8 and more": lambda r: r.kind in RINGS and r.snr >= 8,
}
LINEAR: dict[str, Belongs] = {
    "long, SNR 8 and more": lambda r: r.kind in LONG and r.snr >= 8,
    "- SNR 5 to 8": lambda r: r.kind in LONG and r.snr < 8,
    "- casts (fine linear)": _kind("fine_linear"),
    "- rods": _kind("rod"),
    "- walls of vessels": _kind("vascular"),
    "- threads (suture)": _kind("suture"),
}


def tables(cache: Path, names: Sequence[str] = ("test", "elsewhere"), workers: int = 1) -> list[str]:
    """The figures against the bars, then each subset beside the plain methods, for a set and for one drawn elsewhere."""
    main, beside = (_looked_at(cache, name, workers) for name in names)
    rows, refused = _gathered(main)
    other, refused_there = _gathered(beside)
    return [
        _bars((rows, refused), (other, refused_there)),
        _compact(rows),
        _linear(rows),
        _general(rows, refused),
    ]


def _looked_at(cache: Path, name: str, workers: int) -> list[Seen]:
    seeds = sets.SETS[name].seeds
    sets.make(cache, seeds)
    look = partial(looked_at, cache)
    seen = []
    with ProcessPoolExecutor(workers) as pool:
        for number, one in enumerate(pool.map(look, seeds), start=1):
            seen.append(one)
            print(f"\r{name}: {number} of {len(seeds)} pictures clicked on ", end="", file=sys.stderr)
    print(file=sys.stderr)
    return seen


def _gathered(seen: Iterable[Seen]) -> tuple[list[Row], list[dict[str, bool]]]:
    seen = list(seen)
    return [row for one in seen for row in one.rows], [r for one in seen for r in one.refused]


Measured = tuple[list[Row], list[dict[str, bool]]]


def figures(measured: Measured) -> dict[str, tuple[str, str]]:
    """Bar and figure of each measure, for the program."""
    rows, refused = measured
    ours = [row for row in rows if row.method == OURS]
    compact = [row for row in ours if COMPACT["compact, SNR 8 and more"](row)]
    sized = [row for row in ours if COMPACT["- alone, 0.35 to 1.2 mm"](row)]
    long = [row for row in ours if LINEAR["long, SNR 8 and more"](row)]
    errors = np.array([row.size for row in compact if row.hit])
    near = np.mean([row.from_axis_mm <= AXIS_WITHIN_MM for row in long])
    middle, slow = np.percentile([row.seconds * 1000 for row in ours], (50, 95))
    return {
        "compact, SNR 8 and more: centre within 0.2 mm": ("0.92", f"{np.mean([r.hit for r in compact]):.3f}"),
        "alone, 0.35 to 1.2 mm: mean Dice": ("0.86", f"{np.mean([row.dice for row in sized]):.3f}"),
        "median error of the diameter": ("9 %", f"{np.median(np.abs(errors)):.1%}"),
        "its bias": ("3 %", f"{np.median(errors):+.1%}"),
        "long, SNR 8 and more: axis within 0.2 mm": ("0.80", f"{near:.3f}"),
        "empty tissue refused": ("0.95", f"{np.mean([one[OURS] for one in refused]):.3f}"),
        "a click, median (19 of 20), ms": ("15 (30)", f"{middle:.1f} ({slow:.1f})"),
    }


def _bars(main: Measured, beside: Measured) -> str:
    here, there = figures(main), figures(beside)
    lines = ["| measure | asked | found | elsewhere |", "|---|---|---|---|"]
    lines += [f"| {name} | {bar} | {found} | {there[name][1]} |" for name, (bar, found) in here.items()]
    return "\n".join(lines)


def _compact(rows: Sequence[Row]) -> str:
    heads = (
        "calcifications",
        "clicks",
        "method",
        "within 0.2 mm",
        "elsewhere",
        "refused",
        "Dice",
        "error",
        "bias",
    )
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for name, belongs in COMPACT.items():
        for method in METHODS:
            chosen = [row for row in rows if row.method == method and belongs(row)]
            if not chosen:
                continue
            hits, refused = sum(row.hit for row in chosen), sum(row.refused for row in chosen)
            shares = " | ".join(_share(n, chosen) for n in (hits, len(chosen) - hits - refused, refused))
            dice = f"{np.mean([row.dice for row in chosen]):.2f}"
            size = _error([row.size for row in chosen if row.hit])
            lines.append(f"| {name} | {len(chosen)} | {method} | {shares} | {dice} | {size} |")
    return "\n".join(lines)


def _linear(rows: Sequence[Row]) -> str:
    heads = (
        "calcifications",
        "clicks",
        "method",
        "axis within 0.2 mm",
        "elsewhere",
        "refused",
        "axis covered",
        "length: error",
        "bias",
        "width: error",
        "bias",
    )
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for name, belongs in LINEAR.items():
        for method in METHODS:
            chosen = [row for row in rows if row.method == method and belongs(row)]
            if not chosen:
                continue
            near = sum(row.from_axis_mm <= AXIS_WITHIN_MM for row in chosen)
            refused = sum(row.refused for row in chosen)
            shares = " | ".join(_share(n, chosen) for n in (near, len(chosen) - near - refused, refused))
            covered = f"{np.mean([row.overlap for row in chosen]):.0%}" if method == OURS else "-"
            right = [row for row in chosen if row.from_axis_mm <= AXIS_WITHIN_MM]
            length, width = (_error([getattr(r, what) for r in right]) for what in ("length", "width"))
            lines.append(f"| {name} | {len(chosen)} | {method} | {shares} | {covered} | {length} | {width} |")
    return "\n".join(lines)


def _general(rows: Sequence[Row], refused: Sequence[dict[str, bool]]) -> str:
    heads = (
        "method",
        f"refused on tissue without any ({len(refused)} clicks)",
        "true diameter within 1 and 2 uncertainties",
        "processor time of a click, median",
        "19 of 20 take less than",
    )
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for method in METHODS:
        mine = [row for row in rows if row.method == method]
        told = [row.within for row in mine if row.within is not None and row.hit and _alone(8)(row)]
        within = ", ".join(f"{share:.0%}" for share in np.mean(told, axis=0)) if told else "none told"
        middle, slow = np.percentile([row.seconds * 1000 for row in mine], (50, 95))
        share = np.mean([one[method] for one in refused])
        lines.append(f"| {method} | {share:.0%} | {within} | {middle:.1f} ms | {slow:.1f} ms |")
    return "\n".join(lines)


def _share(count: int, of: Sequence[Row]) -> str:
    return f"{count / len(of):.0%}"


def _error(errors: Sequence[float]) -> str:
    known = np.array([error for error in errors if not math.isnan(error)])
    return f"{np.median(np.abs(known)):.0%} | {np.median(known):+.0%}" if known.size else "- | -"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    kept = Path(platformdirs.user_cache_dir("mammo-annotator")) / "detection"
    parser.add_argument(
        "--cache", type=Path, default=kept, help="folder that trials are kept in (%(default)s)"
    )
    parser.add_argument("--workers", type=int, default=1, help="processes at work")
    parser.add_argument("--dev", action="store_true", help="the development set instead of the test set")
    parser.add_argument("--write", action="store_true", help=f"put the tables into {PAGE.name}")
    given = parser.parse_args()
    if given.dev and given.write:
        parser.error("--write is for the test set")
    text = "\n\n".join(tables(given.cache, ("dev" if given.dev else "test", "elsewhere"), given.workers))
    print(text)
    if given.write:
        page.put(PAGE, "snap", text)


if __name__ == "__main__":
    main()
