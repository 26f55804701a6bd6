"""How many calcifications and clusters are found, as tables: beside plain methods, by stratum, raw, and elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import cv2

from annotator.phantom.trial import Trial
from annotator.phantom.truth import TrueCalcification
from benchmarks.detection import methods, sets
from benchmarks.detection.froc import (
    CLUSTER_RATES,
    RATES,
    Chosen,
    clusters_at,
    everything,
    false_marks,
    found_at,
)
from benchmarks.detection.judged import Judged, judged
from benchmarks.detection.seen import Seen, presented, unprocessed

OURS = "the program"
BARS = {"all": 0.90, "SNR 5-8": 0.35, "SNR 8-15": 0.82}
CROP = 1024
PIECEWISE = {"scikit-image blob_dog": methods.blob_dog}
STRATA: dict[str, Chosen] = {
    "SNR 5-8": lambda t: t.snr < 8,
    "SNR 8-15": lambda t: 8 <= t.snr < 15,
    "SNR 15 and more": lambda t: t.snr >= 15,
    "suspicious kinds, SNR 8 and more": lambda t: not t.benign and t.snr >= 8,
    "without vascular, SNR 8 and more": lambda t: t.kind != "vascular" and t.snr >= 8,
}
VIEWS: dict[str, Callable[[Trial], Seen]] = {
    "presentation": presented,
    "raw": unprocessed,
}

Found = Mapping[str, Sequence[Judged]]


def tables(cache: Path, names: Sequence[str] = ("test", "elsewhere"), workers: int = 1) -> list[str]:
    """All tables of a set and of one drawn from elsewhere, made where they are not kept yet."""
    main, beside = names
    shown, raw = (looked_at(cache, main, view, workers=workers) for view in VIEWS)
    other = looked_at(cache, beside, "presentation", workers=workers)
    other_raw = looked_at(cache, beside, "raw", (OURS,), workers=workers)
    pieces = on_pieces(cache, main, workers=workers)
    return [
        _methods("Single calcifications, for presentation", shown),
        _pieces(pieces),
        _strata("By detectability, for presentation", shown[OURS]),
        _kinds(shown[OURS]),
        _circumstances(shown[OURS]),
        _false(shown[OURS]),
        _clusters(shown),
        _methods("Single calcifications, unprocessed (bar 0.92 at 1)", raw),
        _elsewhere(
            {
                "trained on, for presentation": shown[OURS],
                "trained on, unprocessed": raw[OURS],
                "elsewhere, for presentation": other[OURS],
                "elsewhere, unprocessed": other_raw[OURS],
            }
        ),
    ]


def looked_at(
    cache: Path, name: str, view: str, chosen: Sequence[str] = tuple(methods.METHODS), *, workers: int = 1
) -> dict[str, list[Judged]]:
    """What each method finds on each trial of a set."""
    seeds = sets.SETS[name].seeds
    look = partial(_look, cache, view=view, chosen=tuple(chosen))
    return _gathered(chosen, _each(look, seeds, workers, f"{name}, {view}"))


def on_pieces(cache: Path, name: str, *, workers: int = 1) -> dict[str, list[Judged]]:
    """The methods that are too slow for a whole image beside the program, on one piece of each trial."""
    chosen = (*PIECEWISE, OURS)
    look = partial(_look_at_piece, cache, chosen=chosen)
    return _gathered(chosen, _each(look, sets.SETS[name].seeds, workers, f"{name}, pieces"))


def _each(
    look: Callable[[int], list[Judged]], seeds: Sequence[int], workers: int, what: str
) -> list[list[Judged]]:
    done = []
    with ProcessPoolExecutor(max_workers=workers) as pool:
        for number, result in enumerate(pool.map(look, seeds), start=1):
            done.append(result)
            print(f"\r{what}: {number} of {len(seeds)} ", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return done


def _gathered(chosen: Sequence[str], results: Sequence[Sequence[Judged]]) -> dict[str, list[Judged]]:
    return {method: [result[k] for result in results] for k, method in enumerate(chosen)}


def _look(cache: Path, seed: int, *, view: str, chosen: Sequence[str]) -> list[Judged]:
    cv2.setNumThreads(1)
    trial = sets.trial(cache, seed)
    seen = VIEWS[view](trial)
    return [judged(trial, methods.METHODS[method](seen)) for method in chosen]


def _look_at_piece(cache: Path, seed: int, *, chosen: Sequence[str]) -> list[Judged]:
    cv2.setNumThreads(1)
    piece = sets.cropped(sets.trial(cache, seed), CROP)
    find = methods.METHODS | PIECEWISE
    return [judged(piece, find[method](presented(piece))) for method in chosen]


def _methods(title: str, found: Found) -> str:
    images = found[OURS]
    lines = [
        f"**{title}**: {_sum(images)}. Share found at so many false marks an image; 95 % interval at 1.",
        "",
        _row("method", *(f"{rate:g}" for rate in RATES), "interval at 1"),
        _rule(len(RATES) + 2),
    ]
    lines += [_rates(method, judgements) for method, judgements in found.items()]
    return "\n".join(lines)


def _rates(name: str, images: Sequence[Judged], chosen: Chosen = everything) -> str:
    shares = {rate: found_at(images, rate, chosen) for rate in RATES}
    return _row(name, *map(str, shares.values()), shares[1.0].interval)


def _pieces(found: Found) -> str:
    lines = [
        f"**On one piece of {CROP} x {CROP} pixels of each image**: {_sum(found[OURS])}. False marks are those of a piece.",
        "",
        _row("method", *(f"{rate:g}" for rate in RATES), "interval at 1"),
        _rule(len(RATES) + 2),
    ]
    return "\n".join(lines + [_rates(method, judgements) for method, judgements in found.items()])


def _strata(title: str, images: Sequence[Judged]) -> str:
    lines = [f"**{title}**", "", _row("targets", "number", "at 1 [95 %]", "bar at 1", "at 10"), _rule(5)]
    for name, chosen in {"all": everything, **STRATA}.items():
        one, ten = (found_at(images, rate, chosen) for rate in (1.0, 10.0))
        lines.append(
            _row(name, str(one.count), one.interval, f"{BARS[name]:.2f}" if name in BARS else "", str(ten))
        )
    return "\n".join(lines)


def _kinds(images: Sequence[Judged]) -> str:
    kinds = sorted({t.kind for image in images for t in image.targets})
    lines = ["**By kind, for presentation**", "", _row("kind", "number", "at 1 [95 %]", "at 10"), _rule(4)]
    for kind in kinds:
        chosen = partial(_is_kind, kind)
        one, ten = (found_at(images, rate, chosen) for rate in (1.0, 10.0))
        lines.append(_row(kind, str(one.count), one.interval, str(ten)))
    return "\n".join(lines)


def _is_kind(kind: str, target: TrueCalcification) -> bool:
    return target.kind == kind


def _circumstances(images: Sequence[Judged]) -> str:
    """Each part of the set by itself, so with its own threshold."""
    parts = {f"density {d}": [i for i in images if i.density == d] for d in "abcd"}
    parts |= {v: [i for i in images if i.view == v] for v in ("CC", "MLO", "ML")}
    lines = [
        "**By density and view, for presentation** (each at 1 false mark an image of its own)",
        "",
        _row("images", "number", "targets", "at 1 [95 %]", "at 10"),
        _rule(5),
    ]
    for name, part in parts.items():
        if part:
            one, ten = (found_at(part, rate) for rate in (1.0, 10.0))
            lines.append(_row(name, str(len(part)), str(one.count), one.interval, str(ten)))
    return "\n".join(lines)


def _false(images: Sequence[Judged]) -> str:
    at = {rate: false_marks(images, rate) for rate in (1.0, 10.0)}
    kinds = list(dict.fromkeys([*at[1.0], *at[10.0]]))
    lines = [
        "**What false marks lie on, for presentation** (false marks an image)",
        "",
        _row("on", *(f"at {rate:g}" for rate in at)),
        _rule(1 + len(at)),
    ]
    lines += [_row(kind, *(f"{at[rate].get(kind, 0):.2f}" for rate in at)) for kind in kinds]
    return "\n".join(lines)


def _clusters(found: Found) -> str:
    images = found[OURS]
    groups = [benign for image in images for _, benign in image.groups]
    title = (
        f"**Clusters, for presentation**: {len(groups)} groups of four targets or more, {groups.count(False)} of them "
        "suspicious. Share found at so many false clusters an image (bar 0.95 at 0.2)."
    )
    lines = [
        title,
        "",
        _row("method", *(f"{rate:g}" for rate in CLUSTER_RATES), "interval at 0.2"),
        _rule(len(CLUSTER_RATES) + 2),
    ]
    for method, judgements in found.items():
        shares = {rate: clusters_at(judgements, rate) for rate in CLUSTER_RATES}
        lines.append(_row(method, *map(str, shares.values()), shares[0.2].interval))
    shares = {rate: clusters_at(images, rate, suspicious=True) for rate in CLUSTER_RATES}
    lines.append(_row(f"{OURS}, suspicious groups", *map(str, shares.values()), shares[0.2].interval))
    return "\n".join(lines)


def _elsewhere(found: Mapping[str, Sequence[Judged]]) -> str:
    heads = (
        "number",
        *(f"at {rate:g}" for rate in (0.5, 1.0, 10.0)),
        "SNR 5-8 at 1",
        "SNR 8-15 at 1",
        "clusters at 0.2",
    )
    title = (
        "**Beside what was trained on**: the same figures on trials from other pixel sizes, doses, thicknesses, "
        "scatter and enhancement than any in training"
    )
    lines = [
        title,
        "",
        _row("trials", *heads),
        _rule(len(heads) + 1),
    ]
    for name, images in found.items():
        shares = [found_at(images, rate) for rate in (0.5, 1.0, 10.0)]
        weak = [found_at(images, 1.0, STRATA[stratum]) for stratum in ("SNR 5-8", "SNR 8-15")]
        cells = [str(shares[0].count), str(shares[0]), shares[1].interval, str(shares[2])]
        lines.append(_row(name, *cells, *map(str, weak), str(clusters_at(images, 0.2))))
    return "\n".join(lines)


def _sum(images: Sequence[Judged]) -> str:
    return f"{sum(len(image.targets) for image in images)} targets in {len(images)} images"


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def _rule(columns: int) -> str:
    return "|" + "---|" * columns
