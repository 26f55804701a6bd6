"""Turning and hanging (docs/domain.md), over every way an image can be stored."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.hanging import edge_for, orientation_for, reading_order, standard_views
from annotator.model.geometry import ImagePoint, Orientation
from annotator.model.image import ExamInfo, ImageInfo, Intent, Laterality, View

OPPOSITE = {"A": "P", "P": "A", "F": "H", "H": "F", "R": "L", "L": "R"}
TURNS = [Orientation(*flags) for flags in product((False, True), repeat=3)]
SIDEWAYS = ("MLO", "ML", "LM", "LMO", "SIO", "ISO")
FROM_ABOVE = ("CC", "FB", "XCCL", "XCCM", "XCC", "")
RIGHT, LEFT = Laterality.RIGHT, Laterality.LEFT


def image(side=RIGHT, view="CC", orientation=None, modifiers=(), name="x", **more) -> ImageInfo:
    return ImageInfo(
        path=Path(name),
        sop_class_uid="1.2",
        sop_instance_uid=name,
        rows=40,
        columns=30,
        laterality=side,
        view=View(view, tuple(modifiers)),
        patient_orientation=orientation,
        **more,
    )


def opposite(direction: str) -> str:
    return "".join(OPPOSITE[letter] for letter in direction)


def stored_directions(turn: Orientation, row: str, column: str) -> tuple[str, str]:
    """The Patient Orientation of the stored image that `turn` shows with these directions."""
    row = opposite(row) if turn.flip_columns else row
    column = opposite(column) if turn.flip_rows else column
    return (column, row) if turn.transpose else (row, column)


def displayed_step(info: ImageInfo, turn: Orientation, letter: str) -> tuple[float, float]:
    """Where one step towards a letter of the body goes on the screen: (right, down)."""
    row, column = info.patient_orientation
    across = (letter in row) - (OPPOSITE[letter] in row)
    down = (letter in column) - (OPPOSITE[letter] in column)
    start, end = (
        turn.to_displayed(ImagePoint(10 + x, 10 + y), info.columns, info.rows)
        for x, y in ((0, 0), (across, down))
    )
    return end.column - start.column, end.row - start.row


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("side", [RIGHT, LEFT])
@pytest.mark.parametrize("view", [*SIDEWAYS, *FROM_ABOVE])
@pytest.mark.parametrize("compound", [False, True])
def test_every_stored_orientation_is_turned_upright(turn, side, view, compound):
    chest_wall = "P" if side is RIGHT else "A"
    medial = OPPOSITE[side.value]
    main, minor = ("F", medial) if view in SIDEWAYS else (medial, "F")
    down = main + minor if compound else main
    info = image(side, view, stored_directions(turn, chest_wall, down))
    found, reason = orientation_for(info)
    assert found == turn
    assert "\\".join(info.patient_orientation) in reason
    assert displayed_step(info, found, "P") == ((1, 0) if side is RIGHT else (-1, 0))
    assert displayed_step(info, found, down[0]) == (0, 1)


def test_a_left_mlo_as_most_machines_store_it():
    found, reason = orientation_for(image(LEFT, "MLO", ("A", "FR")))
    assert found == Orientation()
    assert reason == "Patient Orientation A\\FR: shown as stored"
    mirrored, reason = orientation_for(image(RIGHT, "MLO", ("A", "FL")))
    assert mirrored == Orientation(flip_columns=True)
    assert reason == "Patient Orientation A\\FL: mirrored left to right"


@pytest.mark.parametrize(
    ("orientation", "turn", "words"),
    [
        # a sideways view whose column names only the sides: outer side up
        (("P", "L"), Orientation(), "shown as stored"),
        (("P", "R"), Orientation(flip_rows=True), "mirrored top to bottom"),
        (("P", "X"), Orientation(), "does not say what is up"),
        (("p ", " f"), Orientation(), "P\\F: shown as stored"),
        (("F", "L"), Orientation(), "F\\L does not say where the chest wall is"),
        (("AP", "F"), Orientation(), "does not say where the chest wall is"),
        (("", ""), Orientation(), "does not say where the chest wall is"),
        # an oblique row that also names A or P: the main direction decides
        (("FA", "AF"), Orientation(transpose=True, flip_columns=True), "rows and columns exchanged"),
    ],
)
def test_odd_orientations_of_a_right_mlo(orientation, turn, words):
    found, reason = orientation_for(image(RIGHT, "MLO", orientation))
    assert found == turn
    assert words in reason


@pytest.mark.parametrize(
    ("side", "wall", "flipped"),
    [(RIGHT, "right", False), (RIGHT, "left", True), (LEFT, "left", False), (LEFT, "right", True)],
)
def test_without_orientation_the_chest_wall_in_the_pixels_decides(side, wall, flipped):
    found, reason = orientation_for(image(side), wall)
    assert found == Orientation(flip_columns=flipped)
    assert "no Patient Orientation in the header" in reason
    assert f"{wall} edge" in reason
    named, _ = orientation_for(image(side, "CC", ("P" if side is RIGHT else "A", "R")), "left")
    assert not named.flip_columns


def test_without_orientation_and_pixels_the_image_stays_as_stored():
    assert orientation_for(image())[0] == Orientation()
    assert orientation_for(image())[1] == "no Patient Orientation in the header; shown as stored"


@pytest.mark.parametrize("side", [None, Laterality.BOTH])
def test_an_image_of_no_one_side_stays_as_stored(side):
    found, reason = orientation_for(image(side, "CC", ("A", "R")), "left")
    assert found == Orientation()
    assert "which breast" in reason
    assert edge_for(image(side)) == "center"


def test_backs_stand_together():
    assert edge_for(image(RIGHT)) == "right"
    assert edge_for(image(LEFT)) == "left"


def test_a_plain_view_is_read_before_one_made_from_slices_and_that_before_the_slices():
    stack = image(RIGHT, "CC", name="stack", frames=40, exam_time="2")
    made = image(RIGHT, "CC", name="made", image_type=("DERIVED", "PRIMARY", "TOMOSYNTHESIS", "GENERATED_2D"))
    plain = image(RIGHT, "CC", name="plain", exam_time="1")
    assert [i.path.name for i in reading_order([stack, made, plain])] == ["plain", "made", "stack"]


def test_how_many_of_the_four_views_an_exam_has():
    four = [image(side, view) for side in (RIGHT, LEFT) for view in ("CC", "MLO")]
    beside = [image(RIGHT, "CC", None, ("M",)), image(RIGHT, "ML"), image(None, "MLO"), image(RIGHT, "CC")]
    assert standard_views(ExamInfo("1", (*four, *beside))) == 4
    assert standard_views(ExamInfo("1", tuple(beside))) == 1
    assert standard_views(ExamInfo("1", ())) == 0


@pytest.mark.parametrize(("column", "flipped"), [("F", False), ("H", True), ("FR", False), ("HL", True)])
def test_a_view_nobody_knows_stands_on_its_feet(column: str, flipped: bool) -> None:
    found, _ = orientation_for(image(RIGHT, "AXILLA", ("P", column)))
    assert found == Orientation(flip_rows=flipped)


@pytest.mark.parametrize(("column", "flipped"), [("LF", False), ("RF", True), ("LH", False), ("RH", True)])
def test_a_view_nobody_knows_with_the_side_first_lies_inner_side_down(column: str, flipped: bool) -> None:
    found, _ = orientation_for(image(RIGHT, "AXILLA", ("P", column)))
    assert found == Orientation(flip_rows=flipped)


@pytest.mark.parametrize(("column", "flipped"), [("L", False), ("R", True), ("FL", False), ("HR", True)])
def test_a_view_from_above_goes_by_its_inner_side_alone(column: str, flipped: bool) -> None:
    found, _ = orientation_for(image(RIGHT, "CC", ("P", column)))
    assert found == Orientation(flip_rows=flipped)


images = st.builds(
    image,
    side=st.sampled_from([*Laterality, None]),
    view=st.sampled_from([*SIDEWAYS, *FROM_ABOVE, "strange"]),
    orientation=st.none() | st.tuples(st.text("APRLFHX ", max_size=3), st.text("APRLFHX ", max_size=3)),
    modifiers=st.lists(st.sampled_from(["M", "S", "ID", "RL"]), max_size=2),
    exam_time=st.sampled_from(["", "090000", "1"]),
    frames=st.sampled_from([1, 30]),
    intent=st.sampled_from([*Intent, None]),
)


@given(st.lists(images, max_size=8))
def test_whatever_an_exam_holds_it_has_an_order_and_every_image_a_reason(found):
    numbered = [replace(info, sop_instance_uid=str(i)) for i, info in enumerate(found)]
    ordered = reading_order(numbered)
    assert sorted(i.sop_instance_uid for i in ordered) == sorted(i.sop_instance_uid for i in numbered)
    assert all(orientation_for(info)[1] for info in numbered)
