"""The partner of a cluster on another view: where it may lie, which group comes first, and when nothing can be said."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from annotator.analysis.breast.axes import BreastAxes
from annotator.analysis.breast.location import BreastOnImage
from annotator.analysis.clusters.partner import (
    MarkGroup,
    OnView,
    find_partner,
    groups_of_candidates,
    groups_of_marks,
)
from annotator.model import edits
from annotator.model.candidate import Candidate, CandidateHint
from annotator.model.finding import Reading
from annotator.model.geometry import ImagePoint, Orientation, PixelSpacing, SpacingBasis
from annotator.model.image import ImageInfo, Laterality, View
from annotator.model.mark import MarkKind
from annotator.model.partner import BAND_MM
from benchmarks.detection.partner import WAYS, trials

NIPPLE = ImagePoint(900.0, 500.0)
TENTH = PixelSpacing(0.1, 0.1, SpacingBasis.ESTIMATED_IN_BREAST)


def view(name: str, side: Laterality = Laterality.LEFT, **facts) -> OnView:
    """A left breast with pixels of a tenth of a millimetre and the nipple at (900, 500)."""
    info = ImageInfo(
        path=Path("none.dcm"),
        sop_class_uid="1",
        sop_instance_uid=f"2.25.{name}",
        rows=1000,
        columns=1200,
        laterality=side,
        view=View(name),
        spacing=TENTH,
    )
    info = replace(info, **facts)
    axes = BreastAxes(1200, 1000, Orientation(), 0.0, 1, 500.0, 0.1, 0.1)
    shown = (info.laterality, name, (), None)
    found = BreastOnImage(info.sop_instance_uid, shown, np.ones((1, 1), bool), 20, axes, NIPPLE, True)
    return OnView(info, found)


def group(
    name: str, back_mm: float, below_mm: float, *, count: int = 6, spread_mm: float = 4.0, size: float = 0.3
):
    """Marks on a circle, their middle so far straight back from the nipple and below it."""
    around = np.arange(count) * 2 * math.pi / count
    points = np.stack([np.cos(around), np.sin(around)], axis=1) * spread_mm * 5
    points += (NIPPLE.column - 10 * back_mm, NIPPLE.row + 10 * below_mm)
    return MarkGroup(points, np.full(count, size), name)


def proposed(cluster: MarkGroup, *groups: MarkGroup) -> list[str]:
    return [one.finding_id for one in find_partner(view("CC"), cluster, view("MLO"), groups).proposals]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: f"{way[0].value} to {way[1].value}")
def test_the_right_group_nearly_always_comes_first(way):
    """Beside four others in the same breast and two strays, with a tenth of the marks missed."""
    found = list(trials(range(1000, 1006), *way))
    assert len(found) == 60
    assert sum(one.place == 0 for one in found) >= 54
    assert sum(one.place is not None for one in found) >= 57


def test_the_band_says_what_it_is_built_on():
    seen, other = view("CC"), replace(view("MLO"), placed=ImagePoint(880.0, 520.0))
    band = find_partner(seen, group("a", 30, 40), other, ()).band
    assert band is not None
    assert band.distance.value == pytest.approx(50.0)
    assert band.nipple == ImagePoint(880.0, 520.0)
    assert band.in_sentence == (
        "50.0 mm (estimated, in breast) from the nipple on LCC, ± 10 mm; "
        "the nipple as you placed it here, estimated on LCC"
    )


def test_only_what_lies_in_the_band_is_proposed():
    wanted = group("seen", 40, 0)
    near, far = group("near", 40 + BAND_MM - 1, 0), group("far", 40 + BAND_MM + 1, 0)
    assert proposed(wanted, far, near) == ["near"]


def test_far_to_the_side_the_depth_counts_too():
    """As deep, but 25 mm higher beside the nipple: 14 mm farther from it in a straight line."""
    found = find_partner(view("CC"), group("seen", 40, 10), view("MLO"), [group("there", 40, 38)])
    (one,) = found.proposals
    assert one.deeper_mm == pytest.approx(0, abs=1e-6)
    assert one.farther_mm > BAND_MM
    assert "14 mm farther from the nipple" in one.because


@pytest.mark.parametrize(
    "unlike",
    [
        group("unlike", 40, 0, count=30),
        group("unlike", 40, 0, spread_mm=25),
        group("unlike", 40, 0, size=1.1),
        group("unlike", 48, 0),
    ],
    ids=["count", "extent", "size", "distance"],
)
def test_the_likest_of_several_comes_first(unlike):
    assert proposed(group("seen", 40, 0), unlike, group("like", 41, 0)) == ["like", "unlike"]


def test_shares_add_up_and_numbers_count_from_one():
    found = find_partner(
        view("CC"), group("seen", 40, 0), view("MLO"), [group(str(n), 40, n) for n in range(12)]
    )
    assert [one.number for one in found.proposals] == list(range(1, 10))
    assert sum(one.likely for one in found.proposals) == pytest.approx(1)


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (view("MLO", spacing=None), "No pixel spacing is known of LMLO"),
        (view("MLO", Laterality.RIGHT), "RMLO is not of the same breast."),
        (
            replace(view("MLO"), breast=replace(view("MLO").breast, nipple=None)),
            "The nipple was not found on LMLO",
        ),
        (
            replace(view("MLO"), breast=replace(view("MLO").breast, axes=None)),
            "LMLO shows a part of the breast",
        ),
    ],
)
def test_why_nothing_can_be_said(other, why):
    found = find_partner(view("CC"), group("seen", 40, 0), other, [group("a", 40, 0)])
    assert found.band is None
    assert found.proposals == ()
    assert found.why_not.startswith(why)


def test_a_placed_nipple_needs_no_found_one():
    other = view("MLO")
    other = OnView(other.info, replace(other.breast, nipple=None), NIPPLE)
    assert find_partner(view("CC"), group("seen", 40, 0), other, [group("a", 40, 0)]).proposals


def marked(reading: Reading, finding_id: str, *points: tuple[float, float]) -> Reading:
    for point in points:
        key = view("MLO").info.key()
        reading, _ = edits.add_mark(reading, finding_id, key, ImagePoint(*point), MarkKind.MICRO)
    return reading


def test_marks_are_grouped_by_finding_and_by_a_centimetre():
    reading, first = edits.add_finding(Reading(id="r", reader="a", study_instance_uid="1"))
    reading, second = edits.add_finding(reading)
    reading = marked(reading, first.id, (100, 100), (150, 100), (400, 100))
    reading = marked(reading, second.id, (110, 100))
    groups = groups_of_marks(reading, view("MLO"), but="")
    assert [(one.finding_id, len(one.mark_ids)) for one in groups] == [
        (first.id, 2),
        (first.id, 1),
        (second.id, 1),
    ]
    assert [one.finding_id for one in groups_of_marks(reading, view("MLO"), but=first.id)] == [second.id]
    assert groups_of_marks(reading, view("CC"), but="") == ()


def test_candidates_that_are_marked_or_rejected_are_not_proposed():
    reading, finding = edits.add_finding(Reading(id="r", reader="a", study_instance_uid="1"))
    key = view("MLO").info.key()
    found = [Candidate(f"c{n}", key, ImagePoint(100 + 20 * n, 100), 0.9, 4.0, 0.4) for n in range(5)]
    (all_of_them,) = groups_of_candidates(found, view("MLO"), reading)
    assert all_of_them.candidate_ids == ("c0", "c1", "c2", "c3", "c4")
    reading = edits.reject_candidates(marked(reading, finding.id, (102, 100)), "trees 1", [found[4]])
    (left,) = groups_of_candidates(found, view("MLO"), reading)
    assert left.candidate_ids == ("c1", "c2", "c3")
    assert groups_of_candidates(found[1:3], view("MLO"), reading) == ()
    assert groups_of_candidates((), view("MLO"), reading) == ()


def test_candidates_along_an_artery_are_no_group_to_propose():
    reading, _ = edits.add_finding(Reading(id="r", reader="a", study_instance_uid="1"))
    key = view("MLO").info.key()
    hints = [CandidateHint.ARTERY] * 4 + [CandidateHint.RIM, None, None]
    found = [
        Candidate(f"c{n}", key, ImagePoint(100 + 20 * n, 100), 0.9, 4.0, 0.4, hint)
        for n, hint in enumerate(hints)
    ]
    (left,) = groups_of_candidates(found, view("MLO"), reading)
    assert left.candidate_ids == ("c4", "c5", "c6")
