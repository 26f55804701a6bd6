"""How often the partner of a group on another view is proposed first, on synthetic people in several views.

Five groups of any kinds in each breast, as every view projects them; marks are missed on either view, strays added,
and the nipple is placed as wrongly as the program estimates it. No pixels: what is looked at is where groups lie and
how they look. Prints the table of docs/measuring.md.

    python -m benchmarks.detection.partner --set dev
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from annotator.analysis.breast.axes import BreastAxes
from annotator.analysis.breast.location import BreastOnImage
from annotator.analysis.clusters.partner import MarkGroup, OnView, find_partner
from annotator.model.geometry import ImagePoint, Orientation, PixelSpacing, SpacingBasis
from annotator.model.image import ImageInfo, Laterality, View
from annotator.model.partner import BAND_MM
from annotator.phantom.body import BodyPoint, Breast, PhantomView, Side, make_breast
from annotator.phantom.calcifications import KINDS, CalcGroup, make_bed, make_group
from annotator.phantom.texture import stream

SETS = {"train": range(1000, 1100), "dev": range(1500, 1520), "test": range(2000, 2040)}
GROUPS = 5
MISSED = 0.12
STRAYS = 2
NIPPLE_SD_MM = 1.7
"""As the estimates of docs/measuring.md, findings."""
PLACE_SD_MM = 2.0
"""How far a group lies elsewhere because each view presses the breast anew."""
WAYS = (
    (PhantomView.CC, PhantomView.MLO),
    (PhantomView.MLO, PhantomView.CC),
    (PhantomView.CC, PhantomView.ML),
)

_PIXEL, _ROWS, _COLUMNS = 0.07, 3328, 2560


@dataclass(frozen=True)
class Trial:
    """One group looked for on another view: its place among the proposals (None: not among them), and how it moved."""

    place: int | None
    proposed: int
    farther_mm: float
    deeper_mm: float


def tables(sets: str) -> list[str]:
    """The tables of a set ("train", "dev" or "test") as Markdown: one."""
    return ["\n".join(_table(sets, {way: list(trials(SETS[sets], *way)) for way in WAYS}))]


def trials(seeds: Sequence[int], seen: PhantomView, wanted: PhantomView) -> Iterator[Trial]:
    """Every group of every breast marked on one view, looked for on the other."""
    for seed in seeds:
        for side in Side:
            breast = make_breast(seed, side, "bc"[seed % 2])
            groups = _groups(breast)
            rng = stream(seed, side.value, "partner", seen.value, wanted.value)
            here, there = _view(rng, breast, seen), _view(rng, breast, wanted)
            marked = [_marked(rng, breast, group, seen) for group in groups]
            others = [_marked(rng, breast, group, wanted) for group in groups]
            others += [_stray(rng, breast, wanted) for _ in range(STRAYS)]
            for at, group in enumerate(marked):
                found = find_partner(here, group, there, others)
                order = [one.finding_id for one in found.proposals]
                right = others[at].finding_id
                off = (
                    there.from_nipple(others[at].points).mean(axis=0),
                    here.from_nipple(group.points).mean(axis=0),
                )
                yield Trial(
                    order.index(right) if right in order else None,
                    len(order),
                    math.hypot(*off[0]) - math.hypot(*off[1]),
                    float(off[0][0] - off[1][0]),
                )


def _groups(breast: Breast) -> list[CalcGroup]:
    """Groups of kinds drawn at random, anywhere in the breast."""
    rng = stream(breast.seed, breast.side.value, "groups of partners")
    kinds = rng.choice([kind for kind in KINDS if kind != "skin"], GROUPS, replace=False)
    made = []
    for number, kind in enumerate(kinds, start=1):
        depth = rng.uniform(14, breast.depth_mm - 18)
        off, around = (8 + 0.5 * depth) * math.sqrt(rng.random()), rng.uniform(0, 2 * math.pi)
        bed = make_bed(breast, BodyPoint(depth, off * math.cos(around), off * math.sin(around)))
        made.append(make_group(rng, bed, f"G{number}", str(kind)))
    return made


def _view(rng: np.random.Generator, breast: Breast, view: PhantomView) -> OnView:
    """An image of a left breast whose nipple lies at `_NIPPLE`, found as well as the program finds it."""
    info = ImageInfo(
        path=Path("none.dcm"),
        sop_class_uid="1.2.840.10008.5.1.4.1.1.1.2",
        sop_instance_uid=f"2.25.{breast.seed}.{view.value}",
        rows=_ROWS,
        columns=_COLUMNS,
        laterality=Laterality.LEFT,
        view=View(view.value),
        spacing=PixelSpacing(_PIXEL, _PIXEL, SpacingBasis.ESTIMATED_IN_BREAST),
    )
    axes = BreastAxes(_COLUMNS, _ROWS, Orientation(), 0.0, 1, _NIPPLE.row, _PIXEL, _PIXEL)
    wrong = rng.normal(0, NIPPLE_SD_MM / _PIXEL, 2)
    nipple = ImagePoint(_NIPPLE.column + wrong[0], _NIPPLE.row + wrong[1])
    shown = (info.laterality, info.view.name, info.view.modifiers, info.turned)
    return OnView(
        info, BreastOnImage(info.sop_instance_uid, shown, np.ones((1, 1), bool), 20, axes, nipple, True)
    )


_NIPPLE = ImagePoint(1500.0, 1600.0)


def _marked(rng: np.random.Generator, breast: Breast, group: CalcGroup, view: PhantomView) -> MarkGroup:
    kept = [one for one in group.calcifications if rng.random() >= MISSED] or list(group.calcifications[:1])
    moved = rng.normal(0, PLACE_SD_MM, 2)
    places = [(one.centre.depth, breast.vertical(one.centre, view)) for one in kept]
    points = [
        (_NIPPLE.column - (d + moved[0]) / _PIXEL, _NIPPLE.row - (v + moved[1]) / _PIXEL) for d, v in places
    ]
    sizes = np.array([2 * one.shape.reach_mm() for one in kept]) * rng.normal(1, 0.1, len(kept))
    return MarkGroup(np.array(points), sizes, group.id)


def _stray(rng: np.random.Generator, breast: Breast, view: PhantomView) -> MarkGroup:
    depth = rng.uniform(10, breast.depth_mm - 10)
    off, around = (8 + 0.5 * depth) * math.sqrt(rng.random()), rng.uniform(0, 2 * math.pi)
    place = BodyPoint(depth, off * math.cos(around), off * math.sin(around))
    point = _NIPPLE.column - depth / _PIXEL, _NIPPLE.row - breast.vertical(place, view) / _PIXEL
    return MarkGroup(np.array([point]), np.array([rng.uniform(0.2, 0.6)]), f"stray {point}")


def _table(name: str, found: dict[tuple[PhantomView, PhantomView], list[Trial]]) -> list[str]:
    within = f"within {BAND_MM:.0f} mm"
    head = (
        f"from, to ({name} people)",
        "groups",
        f"by distance {within}",
        f"by depth {within}",
        "proposed, median",
    )
    lines = [
        f"| {' | '.join((*head, 'right one first', 'among the first three'))} |",
        "|---|---|---|---|---|---|---|",
    ]
    for (seen, wanted), trials_ in found.items():
        count = len(trials_)
        by_distance = sum(abs(one.farther_mm) <= BAND_MM for one in trials_)
        by_depth = sum(abs(one.deeper_mm) <= BAND_MM for one in trials_)
        first = sum(one.place == 0 for one in trials_)
        three = sum(one.place is not None and one.place < 3 for one in trials_)
        proposed = float(np.median([one.proposed for one in trials_]))
        shares = (f"{100 * part / count:.0f}%" for part in (by_distance, by_depth))
        lines.append(
            f"| {seen.value}, {wanted.value} | {count} | {' | '.join(shares)} | {proposed:.0f} | "
            f"{100 * first / count:.0f}% | {100 * three / count:.0f}% |"
        )
    return lines


def main(words: Sequence[str] | None = None) -> int:
    """Print the table of one set."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--set", choices=SETS, default="dev")
    sys.stdout.write("\n\n".join(tables(parser.parse_args(words).set)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
