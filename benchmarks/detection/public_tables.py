"""The results on a public data set as text, with what others reported beside them and the rules they were made by."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from benchmarks.detection.datasets.annotated import Dataset, TargetKind
from benchmarks.detection.public_examine import ImageRecord
from benchmarks.detection.public_scores import (
    RULES,
    Chosen,
    Rate,
    cluster_rates,
    overlaps,
    single_rates,
    singles_per_area,
    true_clusters,
)

LU_2016 = {1.0: "0.40", 10.0: "0.80"}
"""Share of INbreast's calcifications at so many false marks an image; trained on INbreast (arXiv 1610.02251)."""
PER_AREA = 0.4
"""False marks per cm2 at which Marasinou et al. 2021 report 0.744 (arXiv 2102.00754), trained on INbreast."""
LIU_2015 = {2.3: "0.92"}
"""Share of clusters at so many false clusters an image (EURASIP JASP 2015:73), 410 images."""
_SMALL_MM = 0.5


def tables(dataset: Dataset, records: Sequence[ImageRecord]) -> str:
    """Everything there is to say of the images that were looked at."""
    if not records:
        return f"{dataset.title}: no image could be looked at."
    drawn = sum(bool(record.targets) for record in records)
    total = f"{len(records)} of {len(dataset.images)} images"
    parts = [f"# {dataset.title}: {total}, {drawn} with calcifications drawn"]
    if dataset.one_by_one:
        parts += [_singles(records), _by_size(records), _outlines(records)]
    parts += [_clusters(dataset, records), _how(dataset, records)]
    return "\n\n".join(parts)


def _singles(records: Sequence[ImageRecord]) -> str:
    count = sum(t.kind is TargetKind.CALCIFICATION for record in records for t in record.targets)
    rates = single_rates(records)
    rows = [_row(rate, LU_2016.get(rate.false_per_image, "")) for rate in rates]
    area = singles_per_area(records, PER_AREA)
    rows.append(_row(area, "0.744 (Marasinou 2021)", f"{area.false_per_image:.0f} ({PER_AREA} a cm2)"))
    head = "| false marks an image | found | 95 % | Lu 2016, trained on INbreast |\n|---|---|---|---|"
    return "\n".join([f"Single calcifications ({count})", "", head, *rows])


def _by_size(records: Sequence[ImageRecord]) -> str:
    """The same by size as drawn: what is drawn large is often a benign calcification, or a hand that was not steady."""
    head = "| size as drawn | calcifications | found at 1 false mark an image | at 10 |\n|---|---|---|---|"
    lines = ["By size", "", head]
    for name, belongs in _SIZES.items():
        count = sum(
            belongs(t) for record in records for t in record.targets if t.kind is TargetKind.CALCIFICATION
        )
        one, ten = single_rates(records, (1.0, 10.0), belongs)
        shares = f"{one.share:.2f} | {ten.share:.2f}" if count else "- | -"
        lines.append(f"| {name} | {count} | {shares} |")
    return "\n".join(lines)


def _between(low: float, high: float) -> Chosen:
    return lambda target: target.diameter_mm is not None and low <= target.diameter_mm < high


_SIZES: dict[str, Chosen] = {
    "a point": lambda target: target.diameter_mm is None,
    "under 0.35 mm": _between(0.0, 0.35),
    "0.35 to 0.6 mm": _between(0.35, 0.6),
    "0.6 to 1.2 mm": _between(0.6, 1.2),
    "1.2 mm and more": _between(1.2, math.inf),
}


def _clusters(dataset: Dataset, records: Sequence[ImageRecord]) -> str:
    count = sum(len(true_clusters(record)) for record in records)
    if not count:
        return "Clusters: none are drawn on these images."
    bound = "" if dataset.one_by_one else " (upper bounds)"
    beside = LIU_2015 if dataset.one_by_one else {}
    told = "Liu 2015, trained on INbreast" if dataset.one_by_one else "others"
    head = f"| false clusters an image{bound} | found | 95 % | {told} |\n|---|---|---|---|"
    rows = [_row(rate, beside.get(rate.false_per_image, "")) for rate in cluster_rates(records)]
    named = "Clusters" if dataset.one_by_one else "Regions of calcifications"
    return "\n".join([f"{named} ({count})", "", head, *rows])


def _outlines(records: Sequence[ImageRecord]) -> str:
    fits = overlaps(records)
    if not fits.size:
        return "Outlines: none has three points."
    found = fits[fits > 0]
    sized = [t for record in records for t in record.targets if t.overlap is not None]
    small = np.array([t.overlap for t in sized if t.diameter_mm is not None and t.diameter_mm < _SMALL_MM])
    lines = [
        (
            f"Outline found by a click on the centre of each of {fits.size} outlines (of three points or more): intersection"
            " over union"
        ),
        "",
        "| outlines | mean | sd | Marasinou 2021, of those found |",
        "|---|---|---|---|",
        f"| all, nothing found counts 0 | {fits.mean():.3f} | {fits.std():.3f} | |",
    ]
    if found.size:
        lines.append(
            f"| those that meet ({found.size}) | {found.mean():.3f} | {found.std():.3f} | 0.607 ± 0.250 |"
        )
    if small.size:
        lines.append(
            f"| all under {_SMALL_MM} mm ({small.size}) | {small.mean():.3f} | {small.std():.3f} | |"
        )
    return "\n".join(lines)


def _how(dataset: Dataset, records: Sequence[ImageRecord]) -> str:
    spared = sum(t.kind is TargetKind.UNNAMED for record in records for t in record.targets)
    seconds = float(np.median([record.seconds for record in records]))
    lines = [
        "How it was counted",
        "",
        *(f"- {rule}." for rule in RULES),
        *(f"- {note}." for note in dataset.notes),
    ]
    if spared:
        lines.append(f"- {spared} drawn things were left unnamed in the data set.")
    lines.append("- Trained on synthetic images only; intervals are by bootstrap over images.")
    lines.append(
        f"- Candidates of an image took {seconds:.1f} s (median, on this machine, beside other work)."
    )
    return "\n".join(lines)


def _row(rate: Rate, beside: str, at: str = "") -> str:
    shares = "- | -" if math.isnan(rate.share) else f"{rate.share:.2f} | {rate.low:.2f}-{rate.high:.2f}"
    return f"| {at or f'{rate.false_per_image:g}'} | {shares} | {beside} |"
