"""Where a place lies in a breast, however its image is stored, and what of that is not told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.analysis.breast.location import (
    BreastOnImage,
    breast_on_image,
    half_of,
    place_in_breast,
    quadrant_of,
)
from annotator.analysis.findings.measured import FindingMeasurer
from annotator.model import edits
from annotator.model.finding import Depth, Quadrant, Reading
from annotator.model.geometry import ImagePoint, Orientation, PixelSpacing, SpacingBasis
from annotator.model.image import ExamInfo, ImageInfo, Laterality, View
from annotator.model.mark import MarkKind, SpotMeasurement
from annotator.model.measured import Half
from annotator.model.seen_on_image import ChestWall, NipplePlace

BLOCK = 20
ROWS, COLUMNS, NIPPLE_ROW, REACH = 60, 45, 30, 36
"""Cells of the image as it hangs, and of the tip of the breast from the chest wall at the left."""
TENTH = PixelSpacing(0.1, 0.1, SpacingBasis.AT_DETECTOR)
INFO = ImageInfo(
    path=Path("none.dcm"),
    sop_class_uid="1.2.840.10008.5.1.4.1.1.1.2",
    sop_instance_uid="2.25.11",
    rows=ROWS * BLOCK,
    columns=COLUMNS * BLOCK,
    laterality=Laterality.LEFT,
    view=View("CC"),
    spacing=TENTH,
)
AS_STORED = Orientation()
orientations = st.builds(Orientation, st.booleans(), st.booleans(), st.booleans())


def shown_breast(*, right: bool) -> np.ndarray:
    y, x = np.mgrid[0:ROWS, 0:COLUMNS]
    left = np.asarray(x < REACH - abs(y - NIPPLE_ROW))
    return left[:, ::-1] if right else left


def stored(shown: np.ndarray, turn: Orientation) -> np.ndarray:
    """The mask of the stored image that hangs like this."""
    out = shown[::-1] if turn.flip_rows else shown
    out = out[:, ::-1] if turn.flip_columns else out
    return out.T if turn.transpose else out


def seen(turn: Orientation = AS_STORED, *, right: bool = False, **facts) -> tuple[ImageInfo, BreastOnImage]:
    """An image that hangs with the triangle of a breast, and its breast; turned by the reader, so up is known."""
    tissue = stored(shown_breast(right=right), turn)
    info = replace(
        INFO,
        rows=tissue.shape[0] * BLOCK,
        columns=tissue.shape[1] * BLOCK,
        laterality=Laterality.RIGHT if right else Laterality.LEFT,
        turned=turn,
    )
    info = replace(info, **facts)
    return info, breast_on_image(info, turn, tissue, BLOCK)


def at(
    info: ImageInfo, turn: Orientation, from_wall_mm: float, above_mm: float, *, right: bool
) -> ImagePoint:
    """The stored place so far from the chest wall and above the middle of the tip, as the image hangs."""
    width, _ = turn.displayed_size(info.columns, info.rows)
    column = from_wall_mm / 0.1
    row = (NIPPLE_ROW + 0.5) * BLOCK - above_mm / 0.1
    return turn.to_stored(ImagePoint(width - column if right else column, row), info.columns, info.rows)


@given(orientations, st.booleans(), st.floats(5, 60), st.floats(-40, 40))
def test_a_place_is_the_same_however_the_image_is_stored(turn, right, from_wall, above):
    info, breast = seen(turn, right=right)
    place = place_in_breast(breast, at(info, turn, from_wall, above, right=right), None)
    tip = REACH * BLOCK * 0.1
    assert place.nipple_mm == pytest.approx(np.hypot(tip - from_wall, above), abs=1e-6)
    assert place.depth_share == pytest.approx(from_wall / tip, abs=1e-6)
    assert place.beyond_mm == pytest.approx(above, abs=1e-6)


@pytest.mark.parametrize(
    ("from_wall", "third"),
    [(2, Depth.POSTERIOR), (20, Depth.POSTERIOR), (24, None), (36, Depth.MIDDLE), (48.5, None), (60, Depth.ANTERIOR), (72, Depth.ANTERIOR), (80, None)],
)  # fmt: skip
def test_thirds_run_from_the_chest_wall_to_the_nipple_and_their_borders_are_not_told(from_wall, third):
    info, breast = seen()
    place = place_in_breast(breast, at(info, Orientation(), from_wall, 0, right=False), None)
    assert place.depth is third


@pytest.mark.parametrize(
    ("view", "above", "half"),
    [
        ("CC", 10, Half.OUTER),
        ("CC", -10, Half.INNER),
        ("CC", 4, None),
        ("FB", 10, Half.OUTER),
        ("ML", 10, Half.UPPER),
        ("LM", -10, Half.LOWER),
        ("MLO", 10, Half.UPPER),
        ("XCCL", 10, None),
        ("", 10, None),
    ],
)
def test_each_view_tells_its_own_side_of_the_line_through_the_nipple(view, above, half):
    info, breast = seen(view=View(view))
    place = place_in_breast(breast, at(info, Orientation(), 30, above, right=False), None)
    assert half_of(info, breast, place) is half


@given(orientations, st.booleans(), st.floats(25, 60), st.floats(-30, 30))
def test_a_chest_wall_that_was_drawn_is_where_thirds_begin(turn, right, from_wall, above):
    info, breast = seen(turn, right=right)
    place, tip = at(info, turn, from_wall, above, right=right), REACH * BLOCK * 0.1
    straight = tuple(at(info, turn, 20, up, right=right) for up in (-30, 40))
    found = place_in_breast(breast, place, None, straight)
    assert found.depth_share == pytest.approx((from_wall - 20) / (tip - 20), abs=1e-6)
    assert found.nipple_depth_mm == pytest.approx(tip - 20, abs=1e-6)
    # distances from the nipple stay what they are, and so does the line through it
    bare = place_in_breast(breast, place, None)
    assert (found.nipple_mm, found.beyond_mm) == (bare.nipple_mm, bare.beyond_mm)
    # from the upper border inwards to the wall, as the muscle of an oblique view
    oblique = (at(info, turn, 40, 50, right=right), at(info, turn, 0, -30, right=right))
    slanted = place_in_breast(breast, place, None, oblique)
    before = (from_wall * 80 - (above + 30) * 40) / np.hypot(40, 80)
    nipple = (tip * 80 - 30 * 40) / np.hypot(40, 80)
    assert slanted.nipple_depth_mm == pytest.approx(nipple, abs=1e-6)
    assert slanted.depth_share == pytest.approx(before / nipple, abs=1e-6)


def test_a_nipple_on_the_chest_wall_leaves_no_place():
    info, breast = seen()
    ends = (at(info, Orientation(), 20, 10, right=False), at(info, Orientation(), 20, -10, right=False))
    assert place_in_breast(breast, ImagePoint(300, 600), ends[0], ends) is None


def test_where_nothing_says_what_is_up_no_side_is_told():
    info, breast = seen(turned=None, patient_orientation=None)
    place = place_in_breast(breast, at(info, Orientation(), 30, 10, right=False), None)
    assert half_of(info, breast, place) is None
    assert place.nipple_mm > 0


@pytest.mark.parametrize(
    "facts",
    [
        {"view": View("CC", ("M",))},
        {"view": View("CC", ("S",))},
        {"view": View("CC", ("TAN",))},
        {"view": View("CC", ("RL",))},
        {"view": View("CC", ("AT",))},
        {"partial_view": True},
        {"spacing": None},
        {"laterality": Laterality.BOTH},
    ],
)
def test_views_of_a_part_and_images_without_side_or_spacing_give_no_place(facts):
    _, breast = seen(**facts)
    assert place_in_breast(breast, ImagePoint(300, 600), ImagePoint(700, 600)) is None


def test_on_a_view_of_a_part_nothing_counts_as_air():
    _, breast = seen(view=View("CC", ("M",)))
    assert breast.outside(np.array([[890.0, 10.0]])) is None
    _, whole = seen()
    assert whole.outside(np.array([[890.0, 10.0], [100.0, 600.0]])) == 1


def test_letters_in_the_air_and_the_edge_of_a_film_are_no_nipple():
    tissue = shown_breast(right=False)
    tissue[2:8, 38:43] = tissue[:, -1:] = True
    breast = breast_on_image(replace(INFO, turned=AS_STORED), AS_STORED, tissue, BLOCK)
    assert breast.nipple == seen()[1].nipple


def test_a_breast_that_reaches_the_far_edge_has_no_foremost_place_but_a_nipple_can_be_placed():
    tissue = np.ones((ROWS, COLUMNS), np.bool_)
    breast = breast_on_image(replace(INFO, turned=AS_STORED), AS_STORED, tissue, BLOCK)
    at = ImagePoint(300.0, 600.0)
    assert breast.nipple is None
    assert place_in_breast(breast, at, None) is None
    assert place_in_breast(breast, at, ImagePoint(700.0, 600.0)).nipple_mm == pytest.approx(40.0)


OUT, IN, UP, DOWN = Half.OUTER, Half.INNER, Half.UPPER, Half.LOWER


@pytest.mark.parametrize(
    ("halves", "quadrant"),
    [
        ([], None),
        ([("CC", OUT, 12.0)], None),
        ([("ML", UP, 12.0)], None),
        ([("CC", OUT, 12.0), ("ML", UP, 12.0)], Quadrant.UPPER_OUTER),
        ([("CC", IN, -12.0), ("LM", DOWN, -12.0)], Quadrant.LOWER_INNER),
        ([("CC", OUT, 12.0), ("ML", UP, 12.0), ("LM", DOWN, -12.0)], None),
        ([("CC", OUT, 12.0), ("FB", IN, -12.0), ("ML", UP, 12.0)], None),
        # outwards a place stands higher on the MLO than it is
        ([("CC", OUT, 12.0), ("MLO", UP, 12.0)], None),
        ([("CC", OUT, 12.0), ("MLO", UP, 18.0)], Quadrant.UPPER_OUTER),
        ([("CC", OUT, 12.0), ("MLO", DOWN, -6.0)], Quadrant.LOWER_OUTER),
        # inwards lower
        ([("CC", IN, -24.0), ("MLO", DOWN, -10.0)], None),
        ([("CC", IN, -24.0), ("MLO", DOWN, -30.0)], Quadrant.LOWER_INNER),
        ([("CC", IN, -24.0), ("MLO", UP, 6.0)], Quadrant.UPPER_INNER),
        # a lateral view says more than an oblique one
        ([("CC", IN, -24.0), ("MLO", DOWN, -10.0), ("ML", UP, 12.0)], Quadrant.UPPER_INNER),
    ],
)
def test_a_quadrant_is_told_where_views_agree_at_every_angle(halves, quadrant):
    assert quadrant_of(halves) is quadrant


@given(st.floats(-60, 60), st.floats(-60, 60), st.floats(1, 89))
def test_no_height_is_told_that_an_angle_of_the_oblique_view_contradicts(height, lateral, angle):
    turn = np.radians(angle)
    oblique = float(height * np.cos(turn) + lateral * np.sin(turn))
    told = quadrant_of(
        [("CC", OUT if lateral > 0 else IN, lateral), ("MLO", UP if oblique > 0 else DOWN, oblique)]
    )
    if told is not None:
        assert str(told).startswith("upper" if height > 0 else "lower")


def spot(diameter: float, basis: SpacingBasis | None = SpacingBasis.AT_DETECTOR) -> SpotMeasurement:
    return SpotMeasurement(
        ImagePoint(0, 0), 5, 0.2, 5, 4, 0, 1, 100, 9, (), diameter, 0.03, diameter, diameter * 0.8, basis
    )


def reading_of(*marks: tuple[ImageInfo, ImagePoint, SpotMeasurement | None]) -> tuple[Reading, str]:
    reading, finding = edits.add_finding(Reading(id="r", reader="a", study_instance_uid="1"))
    for info, point, measured in marks:
        reading, _ = edits.add_mark(reading, finding.id, info.key(), point, MarkKind.MICRO, measured)
    return reading, finding.id


def test_sizes_are_those_of_the_magnification_views_where_these_say_how_much_they_magnify():
    whole = INFO
    large = replace(INFO, sop_instance_uid="2.25.12", view=View("CC", ("M",)))
    here, there = ImagePoint(100, 100), ImagePoint(200, 200)
    measurer, exam = FindingMeasurer(), ExamInfo("1", (whole, large))
    in_breast = spot(0.3, SpacingBasis.ESTIMATED_IN_BREAST)
    reading, finding = reading_of((whole, here, spot(0.4)), (large, there, in_breast))
    measured = measurer.of(reading, finding, exam)
    assert (str(measured.median), measured.size_uncertainty_mm) == ("0.30 mm estimated, in breast", 0.03)
    assert measured.width.value == pytest.approx(0.24)
    reading, finding = reading_of((whole, here, spot(0.4)), (large, there, spot(0.7)))
    assert str(measurer.of(reading, finding, exam).median) == "0.40 mm at detector"


def test_what_did_not_change_is_not_measured_anew():
    info, breast = seen()
    exam, measurer = ExamInfo("1", (info,)), FindingMeasurer()
    reading, finding = reading_of((info, ImagePoint(300, 500), None), (info, ImagePoint(310, 500), None))
    first = measurer.of(reading, finding, exam)
    assert first.nipple_distance is None
    other_word = edits.describe(reading, finding, comment="seen")
    assert measurer.of(other_word, finding, exam) is first
    measurer.learn(breast)
    known = measurer.of(other_word, finding, exam)
    assert known.nipple_distance is not None
    placed = edits.place_nipple(other_word, NipplePlace(info.key(), ImagePoint(700, 500), TENTH))
    now = measurer.of(placed, finding, exam)
    assert now.nipple_placed
    assert now.nipple_distance.value == pytest.approx(39.5)
    assert now.depth is Depth.MIDDLE
    wall = ChestWall(info.key(), (ImagePoint(250, 0), ImagePoint(250, 1000)), TENTH)
    walled = measurer.of(edits.draw_chest_wall(placed, wall), finding, exam)
    assert (walled.depth, walled.nipple_distance) == (Depth.POSTERIOR, now.nipple_distance)
    more, _ = edits.add_mark(placed, finding, info.key(), ImagePoint(320, 500), MarkKind.MACRO)
    assert (measurer.of(more, finding, exam).count, measurer.of(more, finding, exam).macro) == (3, 1)
    hung_otherwise = ExamInfo("1", (replace(info, laterality=Laterality.RIGHT),))
    assert measurer.of(more, finding, hung_otherwise).nipple_distance is None
    with pytest.raises(KeyError):
        measurer.of(more, "nobody", exam)


def test_the_area_of_a_breast_is_told_where_all_of_it_is_seen() -> None:
    _, breast = seen()
    cells = np.count_nonzero(shown_breast(right=False))
    assert breast.area_mm2(TENTH) == pytest.approx(cells * (BLOCK * 0.1) ** 2, rel=0.01)
    assert replace(breast, axes=None).area_mm2(TENTH) is None
    assert replace(breast, outline=np.zeros_like(breast.outline)).area_mm2(TENTH) is None
