"""Every kind of calcification can be made, is named as the lexicon names it, and has its sizes."""

from __future__ import annotations

import numpy as np
import pytest

from annotator.model.finding import Distribution, Morphology
from annotator.phantom.anatomy import make_anatomy
from annotator.phantom.body import BodyPoint, PhantomView, Side, make_breast
from annotator.phantom.calcifications import KINDS, make_bed, make_group
from annotator.phantom.physics import Exposure
from annotator.phantom.placement import FULL_FIELD, Placement
from annotator.phantom.presentation import Processing
from annotator.phantom.radiograph import take
from annotator.phantom.texture import stream
from annotator.phantom.truth import TrueCalcification

BREAST = make_breast(11, Side.LEFT, "b")
MIDDLE = BodyPoint(36, 12, 6)
FEWEST = {"rim": 1, "suture": 3, "dystrophic": 3}


@pytest.fixture(scope="module")
def seen() -> dict[tuple[PhantomView, str], list[TrueCalcification]]:
    """The truth of each kind on each view."""
    found = {}
    for view in PhantomView:
        anatomy = make_anatomy(BREAST, view, 0.56)
        placement = Placement(FULL_FIELD.binned(2), anatomy.canvas)
        groups = [make_group(stream(11, kind), make_bed(BREAST, MIDDLE), kind, kind) for kind in KINDS]
        picture = take(anatomy, groups, placement, Exposure(), Processing(), "kinds")
        for kind in KINDS:
            found[view, kind] = [c for c in picture.truth.calcifications if c.group == kind]
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_shows_on_every_view(
    kind: str, seen: dict[tuple[PhantomView, str], list[TrueCalcification]]
):
    for view in PhantomView:
        calcs = seen[view, kind]
        assert len(calcs) >= FEWEST.get(kind, 4), view
        assert len({c.id for c in calcs}) == len(calcs)
        assert all(c.area_mm2 > 0 and c.contrast > 0 and c.snr > 0 for c in calcs)


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_and_distributions_are_terms_of_the_lexicon(kind: str):
    group = make_group(stream(3, kind), make_bed(BREAST, MIDDLE), "G", kind)
    assert group.kind in set(Morphology)
    assert group.distribution in set(Distribution)


@pytest.mark.parametrize(
    ("kind", "low", "high"),
    [
        ("fine_pleo", 0.1, 0.75),
        ("amorphous", 0.1, 0.4),
        ("punctate", 0.15, 0.52),
        ("round", 0.3, 1.0),
        ("coarse_het", 0.35, 1.4),
        ("rim", 3.5, 13),
        ("skin", 0.4, 1.6),
        ("coarse", 0.6, 5),
    ],
)
def test_sizes_are_those_of_the_kind(
    kind: str, low: float, high: float, seen: dict[tuple[PhantomView, str], list[TrueCalcification]]
):
    sizes = [c.diameter_mm for c in seen[PhantomView.CC, kind]]
    assert low <= min(sizes)
    assert max(sizes) <= high


def test_pleomorphic_grains_differ_in_brightness():
    """Unequal brightness is the sign of the kind: purities spread over most of their range."""
    group = make_group(stream(8, "fine_pleo"), make_bed(BREAST, MIDDLE), "G", "fine_pleo")
    purities = [c.purity for c in group.calcifications]
    assert np.ptp(purities) > 0.4


def test_tram_tracks_run_on_both_walls_of_a_vessel(
    seen: dict[tuple[PhantomView, str], list[TrueCalcification]],
):
    assert len(seen[PhantomView.CC, "vascular"]) >= 15
