"""Which image hangs in which pane, what else belongs there, and that every image has a place."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.hanging import CORRECTED, Hung, Layout, corrected, hang, orientation_for
from annotator.model.geometry import Orientation
from annotator.model.hanging_choice import HangingChoice
from annotator.model.image import ExamInfo, ImageInfo, Intent, Laterality, View

SYNTHETIC = ("DERIVED", "PRIMARY", "TOMOSYNTHESIS", "GENERATED_2D")


def image(name: str, uid: str = "", **more: Any) -> ImageInfo:
    """An image by its label: side, prefixes, view, and suffixes after a dash ("RMCC", "LMLO-ID")."""
    label, _, suffix = name.partition("-")
    side = label[0] if label[0] in "RLB" else ""
    rest = label.removeprefix(side)
    view = next(v for v in ("SPECIMEN", "XCCL", "MLO", "ML", "CC", "") if rest.endswith(v))
    prefix = rest.removesuffix(view).replace("?", "")
    return ImageInfo(
        path=Path(name),
        sop_class_uid="1.2",
        sop_instance_uid=uid or name,
        rows=40,
        columns=30,
        laterality=Laterality(side) if side else None,
        laterality_source="ImageLaterality" if side else "",
        view=View(view, (*prefix, *([suffix] if suffix else [])), "ViewCodeSequence" if view else ""),
        **more,
    )


def exam(*images: ImageInfo | str, uid: str = "1") -> ExamInfo:
    return ExamInfo(uid, tuple(image(i) if isinstance(i, str) else i for i in images))


FOUR = ("RCC", "LCC", "RMLO", "LMLO")


def grid(hung: Hung) -> list[list[str]]:
    """Names of the images row by row, "-" for an empty pane."""
    found = [["" for _ in range(hung.columns)] for _ in range(hung.rows)]
    empty = iter(range(len(hung.panes)))
    for at, pane in zip(empty, hung.panes, strict=True):
        row, column = (pane.row, pane.column) if pane else divmod(at, hung.columns)
        found[row][column] = pane.info.name if pane else "-"
    return found


def alternatives(hung: Hung) -> list[list[str]]:
    return [[i.name for i in pane.alternatives] for pane in hung.panes if pane]


def test_a_screening_exam_hangs_as_pairs_back_to_back():
    hung = hang(exam("LMLO", "LCC", "RMLO", "RCC"))
    assert grid(hung) == [["RCC", "LCC"], ["RMLO", "LMLO"]]
    assert [pane and pane.edge for pane in hung.panes] == ["right", "left", "right", "left"]
    assert (hung.others, hung.steps, hung.empty) == ((), 1, ("",) * 4)


def test_a_missing_view_leaves_its_place_empty_and_says_what_is_missing():
    hung = hang(exam("RCC", "LCC", "RMLO"))
    assert grid(hung) == [["RCC", "LCC"], ["RMLO", "-"]]
    assert hung.empty == ("", "", "", "No left MLO among the files opened.")


def test_other_views_hang_in_further_rows_that_can_be_stepped_to():
    images = exam(*FOUR, "RXCCL", "LXCCL", "LML", "RCC-ID", "LCC-ID", "RMCC", "RMML")
    first, second, third = (hang(images, step=n) for n in range(3))
    assert grid(first) == [["RCC", "LCC"], ["RMLO", "LMLO"]]
    assert grid(second) == [["RXCCL", "LXCCL"], ["-", "LML"]]
    assert grid(third) == [["RCCID", "LCCID"], ["RMCC", "RMML"]]
    assert [h.steps for h in (first, second, third)] == [3, 3, 3]
    assert alternatives(first) == [["RCCID", "RMCC"], ["LCCID"], [], []]
    assert {o.info.name for o in first.others} == {"RXCCL", "LXCCL", "LML", "RMML"}
    assert hang(images, step=3) == first
    assert hang(images, step=-1) == third


def test_the_row_of_the_image_looked_at_hangs():
    images = exam(*FOUR, "RXCCL", "LXCCL", "LML")
    assert grid(hang(images, focus="LML")) == [["RXCCL", "LXCCL"], ["-", "LML"]]
    assert grid(hang(images, layout=Layout.PAIR, focus="LMLO")) == [["RMLO", "LMLO"]]
    assert grid(hang(images, layout=Layout.SINGLE, focus="LXCCL")) == [["LXCCL"]]
    assert grid(hang(images, layout=Layout.PAIR, step=1)) == [["RMLO", "LMLO"]]
    assert grid(hang(images, layout=Layout.PAIR, focus="nobody")) == [["RCC", "LCC"]]


def test_an_alternative_that_is_looked_at_takes_the_place():
    hung = hang(exam(*FOUR, image("RCC", "stack", frames=40)), layout=Layout.PAIR, focus="stack")
    assert grid(hung) == [["RCC stack", "LCC"]]
    assert alternatives(hung) == [["RCC"], []]
    assert hung.panes[0] is not None
    assert "You chose it among the images of this side and view." in hung.panes[0].why


def test_an_image_looked_at_hangs_once_though_it_belongs_to_two_places():
    hung = hang(exam("RCC", "RCC-ID"), focus="RCC")
    assert grid(hung) == [["RCC", "RCCID"]]
    assert grid(hang(exam("RCC", "RCC-ID"), focus="RCC-ID")) == [["RCC", "RCCID"]]


def test_every_image_steps_by_in_a_single_pane():
    images = exam(*FOUR, "RMCC")
    seen = [grid(hang(images, layout=Layout.SINGLE, step=n))[0][0] for n in range(5)]
    assert seen == ["RCC", "LCC", "RMLO", "LMLO", "RMCC"]
    assert hang(images, layout=Layout.SINGLE).steps == 5


@pytest.mark.parametrize(
    ("focus", "expected", "large_right"),
    [
        ("RCC", [["RCC", "LCC"], ["-", "RMLO"]], False),
        ("LMLO", [["RMLO", "LMLO"], ["LCC", "-"]], True),
    ],
)
def test_one_large_with_the_other_breast_and_the_other_view(focus, expected, large_right: bool):
    hung = hang(exam(*FOUR), layout=Layout.LARGE, focus=focus)
    places = {(p.row, p.column): p.info.name for p in hung.panes if p}
    assert [[places.get((row, column), "-") for column in (0, 1)] for row in (0, 1)] == expected
    assert hung.large_right == large_right
    assert hung.panes[0] is not None
    assert hung.panes[0].info.name == focus


def test_one_large_of_a_small_exam():
    assert len(hang(exam("RCC"), layout=Layout.LARGE).panes) == 1
    assert hang(exam("RCC", "RMLO"), layout=Layout.LARGE).images[1].name == "RMLO"


def test_an_exam_of_one_side_hangs_its_views_side_by_side():
    assert grid(hang(exam("LMLO", "LCC"))) == [["LCC", "LMLO"]]
    assert grid(hang(exam("RCC", "RMLO", "RML"))) == [["RCC", "RMLO"], ["RML", "-"]]
    assert grid(hang(exam("LCC", "LMLO", "LML"))) == [["LCC", "LMLO"], ["-", "LML"]]
    assert grid(hang(exam("LCC"))) == [["LCC"]]
    pane = hang(exam("LMLO", "LCC")).panes[0]
    assert pane is not None
    assert "Only the left breast has such views, so they hang side by side." in pane.why


def test_magnification_views_alone_hang_as_pairs():
    assert grid(hang(exam("RMCC", "LMCC"))) == [["RMCC", "LMCC"]]
    assert grid(hang(exam("RMCC", "RMML"))) == [["RMCC", "RMML"]]
    assert grid(hang(exam("RMCC", "RMSMLO", "LMSMLO"))) == [["RMSMLO", "LMSMLO"], ["RMCC", "-"]]


def test_a_detail_never_fills_the_place_of_a_whole_view():
    hung = hang(exam("RCC", "LMCC"))
    assert grid(hung) == [["RCC", "-"], ["-", "LMCC"]]
    assert hung.empty[1] == "No left CC among the files opened."


def test_a_view_with_the_implant_displaced_stands_for_a_missing_one():
    assert grid(hang(exam("RCC", "LCC-ID"))) == [["RCC", "LCCID"]]


def test_a_plain_picture_goes_before_one_made_from_slices_and_that_before_the_slices():
    stack = image("RCC", "stack", frames=40)
    made = image("RCC", "made", image_type=SYNTHETIC)
    hung = hang(exam(stack, made, "LCC", "RCC"))
    assert grid(hung) == [["RCC", "LCC"]]
    assert alternatives(hung) == [["RCC synthetic", "RCC stack"], []]
    assert grid(hang(exam(stack, made, "LCC")))[0][0] == "RCC synthetic"


def test_one_view_and_its_stack_hang_as_a_pair():
    stack = image("LCC", "stack", frames=40)
    hung = hang(exam(stack, "LCC"))
    assert grid(hung) == [["LCC", "LCC stack"]]
    assert hung.panes[0] is not None
    assert "The exam has one view only" in hung.panes[0].why
    assert hung.panes[0].edge == "left"
    raw = image("LCC", "raw", intent=Intent.PROCESSING)
    twins = hang(exam(raw, image("LCC", intent=Intent.PRESENTATION)))
    assert (grid(twins), alternatives(twins)) == ([["LCC"]], [["LCC"]])


def test_of_several_alike_the_latest_hangs():
    def taken(uid: str, time: str, number: int = 1) -> ImageInfo:
        return image("RCC", uid, acquisition_time=time, instance_number=number)

    hung = hang(exam(taken("a", "0900"), taken("c", "0910", 2), taken("b", "0910", 1), "LCC"))
    assert hung.panes[0] is not None
    assert hung.panes[0].info.sop_instance_uid == "c"
    assert [i.sop_instance_uid for i in hung.panes[0].alternatives] == ["b", "a"]
    assert "Of 3 images alike the latest hangs." in hung.panes[0].why
    assert "RCC (taken earlier)" in hung.panes[0].why


def test_hundreds_of_one_view_are_not_all_named():
    slices = [image("RCC", str(n), acquisition_time="0900") for n in range(300)]
    pane = hang(exam(*slices, "LCC")).panes[0]
    assert pane is not None
    assert len(pane.alternatives) == 299
    assert pane.why.endswith("RCC (alike) and 293 more.")


def test_a_raw_twin_follows_and_a_raw_image_alone_hangs():
    raw = image("RCC", "raw", intent=Intent.PROCESSING, acquisition_time="2359")
    plain = image("RCC", intent=Intent.PRESENTATION, acquisition_time="0900")
    hung = hang(exam(raw, plain, "LCC"))
    assert hung.panes[0] is not None
    assert hung.panes[0].info is plain
    assert "RCC (for processing, raw)" in hung.panes[0].why
    assert hang(exam(raw, "LCC")).panes[0] is not None


def test_the_parts_of_a_large_breast_are_one_place_in_the_order_taken():
    parts = [image("LCC", str(n), partial_view=True, acquisition_time=f"09000{n}") for n in range(3)]
    hung = hang(exam(parts[2], parts[0], parts[1], "RCC"))
    pane = hung.panes[1]
    assert pane is not None
    assert [i.sop_instance_uid for i in (pane.info, *pane.alternatives)] == ["0", "1", "2"]
    assert "It is the first of 3 parts of a view too large for the detector." in pane.why
    assert "LCC (another part), LCC (another part)" in pane.why
    named = replace(parts[1], partial_view_reasons=("Anterior", "Lateral"))
    first = hang(exam(parts[0], named)).panes[0]
    assert first is not None
    assert "LCC (another part: anterior, lateral)" in first.why
    whole = hang(exam(*parts, "LCC", "RCC")).panes[1]
    assert whole is not None
    assert not whole.info.partial_view


def test_specimens_unknown_sides_and_views_hang_after_the_breasts_each_in_its_own_pane():
    strange = [image("?", str(n), series_description="x") for n in range(2)]
    images = exam(*FOUR, image("LSPECIMEN", "s1"), image("LSPECIMEN", "s2"), image("CC", "no side"), *strange)
    names = [i.sop_instance_uid for n in (1, 2) for i in hang(images, step=n).images]
    assert sorted(names) == ["0", "1", "no side", "s1", "s2"]
    assert all(p.edge == "center" for p in hang(images, step=1).panes if p)
    assert "It hangs in row 3" in hang(images).others[0].why


def test_a_cleavage_view_stands_in_the_middle():
    hung = hang(exam(image("BCC-CV")))
    assert grid(hung) == [["BCCCV"]]
    assert hung.panes[0] is not None
    assert hung.panes[0].edge == "center"
    assert "A view of both breasts" in hung.panes[0].why


def test_current_over_prior_pane_over_pane():
    prior = exam("RCC", "LMLO", "LML", uid="0")
    prior = replace(prior, images=tuple(replace(i, exam_date="20240131") for i in prior.images))
    hung = hang(exam(*FOUR), prior, Layout.PRIOR)
    assert grid(hung) == [["RCC", "LCC", "RMLO", "LMLO"], ["RCC", "-", "-", "LMLO"]]
    assert [p.prior for p in hung.panes if p] == [False] * 4 + [True] * 2
    assert hung.panes[4] is not None
    assert "earlier exam of 2024-01-31" in hung.panes[4].why
    assert hung.empty[5] == "No left CC in the earlier exam."
    assert [(o.info.name, o.prior) for o in hung.others] == [("LML", True)]
    alone = hang(exam(*FOUR), None, Layout.PRIOR)
    assert alone.empty[4:] == ("No earlier exam is open.",) * 4


def test_a_detail_has_the_same_detail_or_else_the_whole_view_before_beside_it():
    now = exam("RMCC", "RMML")
    hung = hang(now, exam("RCC", "RMCC", "RML", uid="0"), Layout.PRIOR)
    assert grid(hung) == [["RMCC", "RMML"], ["RMCC", "RML"]]
    assert hung.panes[3] is not None
    assert "none with the same modifiers (magnification)" in hung.panes[3].why
    assert grid(hang(exam("RCC", "LCC"), exam("RMCC", "LCC", uid="0"), Layout.PRIOR)) == [
        ["RCC", "LCC"],
        ["-", "LCC"],
    ]


def test_two_screens_show_both_exams_or_a_row_each():
    hung = hang(exam(*FOUR), exam("RCC", "LCC", "RMLO", uid="0"), Layout.TWO_SCREENS)
    assert grid(hung) == [["RCC", "LCC", "RCC", "LCC"], ["RMLO", "LMLO", "RMLO", "-"]]
    assert [p.screen for p in hung.panes if p] == [0, 0, 1, 1, 0, 0, 1]
    alone = hang(exam(*FOUR), None, Layout.TWO_SCREENS)
    assert grid(alone) == [["RCC", "LCC", "RMLO", "LMLO"]]
    assert [p.screen for p in alone.panes if p] == [0, 0, 1, 1]


@pytest.mark.parametrize("layout", list(Layout))
def test_an_exam_without_images_has_one_empty_pane(layout: Layout):
    hung = hang(exam(), exam("RCC", uid="0"), layout)
    assert (hung.panes, hung.empty) == ((None,), ("This exam has no image.",))


def test_what_the_reader_corrected_decides_and_is_named():
    wrong = image("RCC", "x", patient_orientation=("A", "R"))
    choice = HangingChoice("x", laterality=Laterality.LEFT, view_name="MLO", modifiers=("ID",))
    hung = hang(exam("RCC", wrong), choices=(choice,))
    pane = next(p for p in hung.panes if p and p.info.sop_instance_uid == "x")
    assert pane.info.label == "LMLOID"
    assert (pane.info.laterality_source, pane.info.view.source) == (CORRECTED, CORRECTED)
    assert "It shows the left breast, corrected by the reader." in pane.why
    assert "with implant displaced, corrected by the reader." in pane.why
    assert pane.edge == "left"


def test_a_turn_of_the_reader_goes_before_header_and_pixels():
    info = image("RCC", "x", patient_orientation=("P", "L"))
    turn = Orientation(flip_columns=True)
    found = corrected(info, HangingChoice("x", orientation=turn))
    assert orientation_for(found, "right") == (turn, "turned by the reader: mirrored left to right")
    assert (found.laterality, found.view) == (info.laterality, info.view)
    assert corrected(info, None) is info
    assert corrected(info, HangingChoice("x")) is info


def test_contradictions_are_told_in_the_reason():
    told = "ViewPosition says MLO, ViewCodeSequence says CC, and the latter decided."
    pane = hang(exam(image("RCC", contradictions=(told,)))).panes[0]
    assert pane is not None
    assert told in pane.why


names = st.sampled_from(
    [
        "RCC",
        "LCC",
        "RMLO",
        "LMLO",
        "RML",
        "LMCC",
        "RMSML",
        "RCC-ID",
        "LXCCL",
        "BCC-CV",
        "RSPECIMEN",
        "?",
        "CC",
        "R",
    ]
)
some_images = st.lists(
    st.builds(
        image,
        names,
        frames=st.sampled_from([1, 30]),
        intent=st.sampled_from([*Intent, None]),
        partial_view=st.booleans(),
        acquisition_time=st.sampled_from(["", "0900", "0910"]),
    ),
    min_size=1,
    max_size=12,
).map(lambda found: [replace(info, sop_instance_uid=str(n)) for n, info in enumerate(found)])


@given(some_images, some_images, st.sampled_from(Layout), st.integers(-3, 9) | st.none(), st.integers(0, 12))
def test_every_image_has_exactly_one_place(now, before, layout: Layout, step: int | None, focus: int):
    before = [replace(info, sop_instance_uid=f"p{n}") for n, info in enumerate(before)]
    current, prior = ExamInfo("1", tuple(now)), ExamInfo("0", tuple(before))
    hung = hang(current, prior, layout, step=step, focus=str(focus))
    placed = [p.info.sop_instance_uid for p in hung.panes if p]
    assert len(placed) == len(set(placed)), "nothing hangs twice"
    known = {*placed, *(o.info.sop_instance_uid for o in hung.others)}
    known |= {i.sop_instance_uid for p in hung.panes if p for i in p.alternatives}
    assert known == {i.sop_instance_uid for i in (*now, *before)}
    aside = [o.info.sop_instance_uid for o in hung.others]
    assert not set(aside) & set(placed)
    if step is None and focus < len(now):
        assert str(focus) in placed
    assert len(hung.empty) == len(hung.panes)
    places = [(p.row, p.column) for p in hung.panes if p]
    assert len(set(places)) == len(places)
    assert all(0 <= row < hung.rows and 0 <= column < hung.columns for row, column in places)
    for pane, words in zip(hung.panes, hung.empty, strict=True):
        assert (pane is None) == bool(words)
        assert pane is None or (pane.why.endswith(".") and pane.orientation_words)
    assert all(o.why.endswith(".") for o in hung.others)
    assert 0 <= hung.step < hung.steps


@given(some_images, st.sampled_from([Layout.FOUR, Layout.PAIR, Layout.SINGLE]))
def test_every_image_hangs_or_is_an_alternative_at_some_step(now, layout: Layout):
    current = ExamInfo("1", tuple(now))
    seen: set[str] = set()
    for step in range(hang(current, layout=layout).steps):
        for pane in hang(current, layout=layout, step=step).panes:
            if pane is not None:
                seen |= {i.sop_instance_uid for i in (pane.info, *pane.alternatives)}
    assert seen == {i.sop_instance_uid for i in now}


@given(some_images, some_images, st.sampled_from(Layout), st.integers(-3, 9) | st.none())
def test_files_of_one_instance_have_a_place_each(now, before, layout: Layout, step: int | None):
    now = [replace(info, sop_instance_uid=str(n % 3), path=Path(f"now {n}")) for n, info in enumerate(now)]
    before = [
        replace(info, sop_instance_uid=str(n % 2), path=Path(f"was {n}")) for n, info in enumerate(before)
    ]
    hung = hang(ExamInfo("1", tuple(now)), ExamInfo("0", tuple(before)), layout, step=step, focus="1")
    placed = {p.info.path for p in hung.panes if p} | {
        i.path for p in hung.panes if p for i in p.alternatives
    }
    aside = [o.info.path for o in hung.others]
    assert placed | set(aside) == {i.path for i in (*now, *before)}
    assert len(aside) == len(set(aside))
    assert not placed & set(aside)
