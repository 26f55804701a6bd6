"""Thousands of marks: found, tabulated and drawn from what was kept just as if everything were made anew."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import FINDING, picture, reading_with
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from test_viewport_marks import measured, reading_of

from annotator.analysis.mark_table import MarkTable, as_array, outermost, table_of
from annotator.model import edits
from annotator.model.finding import Reading
from annotator.model.geometry import (
    ImagePoint,
    Orientation,
    PixelSpacing,
    SpacingBasis,
    ViewTransform,
    contains,
    greatest_extent,
)
from annotator.model.image import Laterality, View
from annotator.model.mark import Mark, MarkKind
from annotator.ui.marks.cluster_shapes import Chest, ClusterShapes, axis_words, chest_of
from annotator.ui.marks.hit_test import PointIndex, inside
from annotator.ui.marks.layer import MarkLayer
from annotator.ui.marks.overlay import Emphasis, looks_of
from annotator.ui.marks.painting import Placed, paint_clusters, paint_marks, transform_of
from annotator.ui.marks.sheet import SHEET_FROM, MarkSheet, changed_marks
from annotator.ui.marks.shown_marks import ShownMarks

halves = st.integers(0, 40).map(lambda n: n / 2)
places = st.builds(ImagePoint, halves, halves)
SPACING = PixelSpacing(0.1, 0.1, SpacingBasis.AT_DETECTOR)
ORIENTATIONS = [Orientation(*turn) for turn in itertools.product((False, True), repeat=3)]


@given(st.lists(places, max_size=12), st.lists(places, max_size=30))
def test_many_points_lie_inside_an_outline_where_each_does(outline, points):
    expected = [len(outline) > 2 and contains(outline, point) for point in points]
    assert inside(as_array(outline), as_array(points)).tolist() == expected


@given(st.lists(places, max_size=40), places, places)
def test_the_points_in_a_box_are_those_that_looking_at_every_point_finds(points, one, other):
    low = min(one.column, other.column), min(one.row, other.row)
    high = max(one.column, other.column), max(one.row, other.row)
    expected = [
        n for n, p in enumerate(points) if low[0] <= p.column <= high[0] and low[1] <= p.row <= high[1]
    ]
    assert PointIndex(as_array(points)).within(low, high).tolist() == expected


@given(st.lists(places, min_size=2, max_size=80))
def test_what_is_left_out_of_many_points_changes_no_extent(points):
    assert greatest_extent(outermost(as_array(points)), SPACING) == greatest_extent(points, SPACING)


@pytest.mark.parametrize(
    ("degrees", "said"),
    [
        (0, "longest axis towards the nipple"),
        (29, "longest axis towards the nipple"),
        (-29, "longest axis towards the nipple"),
        (151, "longest axis towards the nipple"),
        (31, "longest axis not towards the nipple"),
        (90, "longest axis not towards the nipple"),
    ],
)
def test_an_axis_within_30_degrees_of_the_perpendicular_points_towards_the_nipple(degrees, said):
    turn = math.radians(degrees)
    line = [ImagePoint(100 + n * math.cos(turn), 100 + n * math.sin(turn)) for n in range(10)]
    assert axis_words(line, SPACING, (1.0, 0.0)) == said
    assert axis_words(line, SPACING, None) == ""
    assert axis_words(line, None, (1.0, 0.0)) == ""


def test_a_set_as_wide_as_long_has_no_axis_and_lengths_are_those_in_millimetres():
    square = [ImagePoint(c, r) for c in (0.0, 10.0) for r in (0.0, 10.0)]
    assert axis_words(square, SPACING, (1.0, 0.0)) == ""
    assert axis_words(square[:1], SPACING, (1.0, 0.0)) == ""
    flat = PixelSpacing(0.1, 0.4, SpacingBasis.AT_DETECTOR)
    assert axis_words(square, flat, (1.0, 0.0)) == "longest axis towards the nipple"


@pytest.mark.parametrize(
    ("laterality", "view", "across"),
    [
        (Laterality.LEFT, View("MLO"), (1.0, 0.0)),
        (Laterality.RIGHT, View("CC", ("ID",)), (1.0, 0.0)),
        (Laterality.LEFT, View("CC", ("M",)), None),
        (Laterality.LEFT, View("CC", ("S",)), None),
        (Laterality.BOTH, View("CV"), None),
        (None, View("CC"), None),
    ],
)
def test_the_way_to_the_nipple_is_known_where_the_chest_wall_is(laterality, view, across):
    info = replace(picture().info, laterality=laterality, view=view, patient_orientation=None)
    assert chest_of(info, Orientation()).across == across
    if across is not None:
        assert chest_of(info, Orientation(transpose=True)).across == (0.0, 1.0)


def equal_tables(one: MarkTable, other: MarkTable) -> bool:
    """The same numbers; codes may differ, what they stand for may not."""
    images = {code: key for key, code in one.codes.images.items()}
    others = {code: key for key, code in other.codes.images.items()}
    findings = {code: key for key, code in one.codes.findings.items()}
    other_findings = {code: key for key, code in other.codes.findings.items()}
    return (
        one.marks == other.marks
        and np.array_equal(one.points, other.points)
        and np.array_equal(one.diameters, other.diameters)
        and np.array_equal(one.millimetres, other.millimetres, equal_nan=True)
        and np.array_equal(one.reaches, other.reaches)
        and np.array_equal(one.macro, other.macro)
        and [one.basis(n) for n in range(len(one.marks))] == [other.basis(n) for n in range(len(one.marks))]
        and [images[c] for c in one.images] == [others[c] for c in other.images]
        and [findings[c] for c in one.findings] == [other_findings[c] for c in other.findings]
    )


def dense(count: int, seed: int = 1) -> tuple[object, Reading]:
    shown = picture(np.full((600, 500), 900, np.uint16))
    rng = np.random.default_rng(seed)
    points = [ImagePoint(*p) for p in rng.uniform((5, 5), (495, 595), (count, 2)).tolist()]
    reading = reading_of(shown, points, [MarkKind.MACRO if n % 3 else MarkKind.MICRO for n in range(count)])
    marks = tuple(
        replace(m, measurement=measured(m.point, 2 + m.number % 5)) if m.number % 2 else m
        for m in reading.marks
    )
    return shown, replace(reading, marks=marks)


@settings(max_examples=30)
@given(st.lists(st.integers(0, 6), min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_a_table_that_follows_acts_is_the_table_of_the_reading(acts, some):
    _, reading = dense(6)
    table = table_of(reading)
    past = [reading]
    for act in acts:
        now = past[-1]
        ids = [m.id for m in now.marks]
        if act == 0 and ids:
            now = edits.remove_marks(now, some.sample(ids, some.randint(1, len(ids))))
        elif act == 1 and ids:
            now = edits.set_mark_kind(now, some.sample(ids, 1), some.choice(list(MarkKind)))
        elif act == 2 and ids:
            now = edits.move_mark(now, some.choice(ids), ImagePoint(some.uniform(0, 9), 3.0))
        elif act == 3:
            now = past[some.randrange(len(past))]
        elif act == 4:
            now, finding = edits.add_finding(now)
            now = edits.assign_marks(now, ids[:2], finding.id)
        else:
            image = replace(now.marks[0].image, frame=2) if ids else picture().key
            now, _ = edits.add_mark(now, FINDING.id, image, ImagePoint(1.0, 2.0), MarkKind.MICRO)
        past.append(now)
        table = table.following(now.marks)
        fresh = table_of(Reading(id="fresh", reader="", study_instance_uid="")).following(now.marks)
        assert equal_tables(table, fresh)
        assert table.place == {m.id: n for n, m in enumerate(now.marks)}


def everything(painter: QPainter, placed: Placed) -> None:
    paint_clusters(painter, placed, [QRectF(0, 0, 400, 300)])
    paint_marks(painter, placed, np.ones(len(placed.places), bool))


def drawn(paint) -> QImage:
    image = QImage(400, 300, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.black)
    painter = QPainter(image)
    try:
        paint(painter)
    finally:
        painter.end()
    return image


@pytest.mark.parametrize("scale", [0.7, 3.0])
@pytest.mark.parametrize("orientation", [Orientation(), Orientation(True, True, False)])
def test_a_sheet_shows_what_drawing_everything_anew_shows(qapp, scale, orientation):
    shown, reading = dense(SHEET_FROM * 3)
    sheet, shapes = MarkSheet(), ClusterShapes()
    some = np.random.default_rng(5)
    view = ViewTransform(500, 600, scale, -20.0, -30.0, orientation)
    chosen, hidden = frozenset[str](), None
    for _ in range(6):
        members = some.choice([m.id for m in reading.marks], 8).tolist()
        reading, cluster = edits.add_cluster(reading, FINDING.id, shown.key, (), dict.fromkeys(members))
    emphases = (Emphasis(), Emphasis(finding_id=FINDING.id), Emphasis(hovered_line=cluster.id))
    for step in range(40):
        ids = [m.id for m in reading.marks]
        act = step % 8
        if act in (0, 1, 2):
            dx, dy = some.integers(-60, 60, 2).tolist()
            view = replace(view, left=view.left + dx, top=view.top + dy)
        elif act == 3:
            reading = edits.move_mark(reading, ids[int(some.integers(len(ids)))], ImagePoint(250.0, 300.0))
        elif act == 4:
            chosen = frozenset(some.choice(ids, 5).tolist())
        elif act == 5:
            reading = edits.remove_marks(reading, some.choice(ids, 3).tolist())
        elif act == 6:
            hidden = int(some.integers(len(ids)))
        else:
            reading, _ = edits.add_mark(
                reading, FINDING.id, shown.key, ImagePoint(200.0, 200.0 + step), MarkKind.MACRO
            )
            hidden = None
        layer = MarkLayer(reading, shown.key, Chest(), shapes=shapes)
        looks = looks_of(layer, emphases[step % 3])
        placed = Placed.at(layer, view, 1.0, layer.chosen(chosen), hidden, looks)
        direct = drawn(lambda painter, all_=placed: everything(painter, all_))
        anew = drawn(lambda painter, all_=placed: MarkSheet().paint(painter, all_, (400, 300), moving=False))
        kept = drawn(lambda painter, all_=placed: sheet.paint(painter, all_, (400, 300), moving=False))
        assert difference(anew, kept) <= 128, f"step {step}"
        assert difference(direct, kept) <= 128, f"step {step}"


def difference(one: QImage, other: QImage) -> int:
    """How far a pixel of either lies outside what is around it in the other: Qt rounds a line that is cut at
    the edge of what is mended a little otherwise. What is missing, or left over, differs by some 200.
    """
    first, second = (np.array(i.constBits(), np.uint8).reshape(300, 400, 4) for i in (one, other))
    return max(_beyond(first, second), _beyond(second, first))


def _beyond(picture: np.ndarray, around: np.ndarray) -> int:
    square = np.ones((3, 3), np.uint8)
    low, high = cv2.erode(around, square).astype(int), cv2.dilate(around, square).astype(int)
    return int(np.maximum(low - picture, picture - high).max())


def test_a_sheet_is_mended_and_not_drawn_anew_by_what_a_hand_does(qapp, monkeypatch):
    shown, reading = dense(SHEET_FROM)
    sheet = MarkSheet()
    anew = []
    draw_all = MarkSheet._draw_all
    monkeypatch.setattr(MarkSheet, "_draw_all", lambda *args: (anew.append(args), draw_all(*args)))
    view = ViewTransform(500, 600, 0.8, 0.0, 0.0)

    def show(moving: bool = False) -> int:
        layer = MarkLayer(reading, shown.key, Chest())
        placed = Placed.at(layer, view, 1.0, layer.chosen(()), None)
        drawn(lambda painter: sheet.paint(painter, placed, (400, 300), moving=moving))
        return len(anew)

    assert show() == 1
    view = replace(view, left=17.0)
    assert show() == 1
    view = replace(view, left=17.4)
    assert show(moving=True) == 1
    assert show() == 2, "half a pixel beside is not where a picture at rest may lie"
    reading, _ = edits.add_mark(reading, FINDING.id, shown.key, ImagePoint(9.0, 9.0), MarkKind.MICRO)
    assert show() == 2
    view = replace(view, scale=0.9)
    assert show(moving=True) == 3


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_the_matrix_takes_points_where_the_view_does(orientation):
    view = ViewTransform(30, 40, 1.7, 3.0, -2.0, orientation, 1.1)
    for point in (ImagePoint(0.0, 0.0), ImagePoint(12.5, 31.0)):
        assert transform_of(view).map(point.column, point.row) == pytest.approx(view.to_screen(point))


def test_symbols_are_small_where_they_would_hide_the_picture(qapp):
    shown, reading = dense(400)
    layer = MarkLayer(reading, shown.key, Chest())
    few = MarkLayer(replace(reading, marks=reading.marks[:100]), shown.key, Chest())

    def placed(of: MarkLayer, scale: float, ratio: float = 1.0) -> Placed:
        return Placed.at(of, ViewTransform(500, 600, scale, 0.0, 0.0), ratio, of.chosen(()), None)

    assert placed(layer, 0.3).symbol_ratio == 0.5
    assert placed(layer, 3.0).symbol_ratio == 1.0
    assert placed(layer, 0.3, 2.0).symbol_ratio == 1.0
    assert placed(few, 0.3).symbol_ratio == 1.0
    near, far = (
        drawn(lambda painter, s=scale: everything(painter, placed(layer, s))) for scale in (3.0, 0.3)
    )
    assert np.array(near.constBits(), np.uint8).any()
    assert np.array(far.constBits(), np.uint8).any()
    assert changed_marks(placed(layer, 0.3), placed(layer, 3.0)) is None


def test_what_an_act_says_elsewhere_repaints_nothing_here():
    shown, other = picture(), picture(sop_instance_uid="1.2.9")
    marks = ShownMarks()
    marks.set_picture(shown)
    reading = reading_with(shown, [ImagePoint(10.0, 10.0)])
    assert marks.set_reading(reading)
    elsewhere, _ = edits.add_mark(reading, FINDING.id, other.key, ImagePoint(5.0, 5.0), MarkKind.MICRO)
    assert not marks.set_reading(elsewhere)
    assert not marks.set_reading(edits.describe(elsewhere, FINDING.id, comment="x"))
    assert marks.set_reading(edits.set_mark_kind(elsewhere, [reading.marks[0].id], MarkKind.MACRO))
    assert marks.set_reading(None)


def test_shapes_are_made_again_only_of_clusters_that_changed():
    shown, reading = dense(40)
    ids = [m.id for m in reading.marks]
    reading, one = edits.add_cluster(reading, FINDING.id, shown.key, (), ids[:10], SPACING)
    reading, other = edits.add_cluster(reading, FINDING.id, shown.key, (), ids[10:20], SPACING)
    shapes = ClusterShapes()
    before = {s.id: s for s in shapes.of(reading, reading.clusters, Chest())}
    after = edits.move_mark(reading, ids[0], ImagePoint(0.0, 0.0))
    now = {s.id: s for s in shapes.of(after, after.clusters, Chest())}
    assert now[other.id] is before[other.id]
    assert now[one.id].outline != before[one.id].outline
    assert {s.id for s in shapes.of(reading, reading.clusters[:1], Chest())} == {one.id}


def test_ten_thousand_marks_have_their_words_under_the_pointer(viewport):
    shown, reading = dense(10_000)
    viewport.show_picture(shown)
    viewport.set_reading(reading)
    told = []
    viewport.mark_hovered.connect(told.append)
    viewport._hover(reading.marks[77].point)
    index = viewport._marks._layer.index_of(reading.marks[77].id)
    assert isinstance(viewport._marks._layer.mark(index), Mark)
    assert told
    assert "calcification" in told[-1]
    viewport._hover(ImagePoint(-900.0, -900.0))
    assert told[-1] == ""


@pytest.mark.parametrize("count", [30, SHEET_FROM * 2])
def test_what_a_hand_changes_is_drawn_otherwise_only_where_it_is_said_to(qapp, count):
    shown, reading = dense(count)
    ids = [m.id for m in reading.marks]
    reading, cluster = edits.add_cluster(reading, FINDING.id, shown.key, (), ids[:6], SPACING)
    reading, other = edits.add_cluster(reading, FINDING.id, shown.key, (), ids[6:12], SPACING)
    view = ViewTransform(500, 600, 0.7, -20.0, -30.0)
    marks = ShownMarks()
    marks.set_picture(shown)
    marks.set_reading(reading)
    show = lambda: drawn(lambda painter: marks.paint(painter, view, (400, 300), None, 1.0, kept=True))  # noqa: E731
    before = show()
    added, mark = edits.add_mark(reading, FINDING.id, shown.key, ImagePoint(300.0, 200.0), MarkKind.MACRO)
    acts = (
        lambda: marks.hover(reading.marks[0].point, view, 1.0),
        lambda: marks.hover(ImagePoint(499.0, 1.0), view, 1.0),
        lambda: marks.select(FINDING.id, frozenset(), cluster.id),
        lambda: marks.select(FINDING.id, frozenset(ids[10:14]), None),
        lambda: marks.set_reading(added),
        lambda: marks.set_reading(edits.move_mark(added, mark.id, ImagePoint(250.0, 200.0))),
        lambda: marks.set_reading(edits.remove_cluster(added, other.id)),
        lambda: marks.set_reading(reading),
    )
    for step, act in enumerate(acts):
        act()
        parts = marks.changed_parts(None)
        assert parts is not None
        after = show()
        changed = np.array(before.constBits(), np.uint8) != np.array(after.constBits(), np.uint8)
        changed = changed.reshape(300, 400, 4).any(axis=2)
        assert changed.any() or step == 1, f"act {step} changes nothing"
        for part in parts:
            box = part.toAlignedRect().adjusted(-1, -1, 1, 1)
            changed[max(box.top(), 0) : box.bottom() + 1, max(box.left(), 0) : box.right() + 1] = False
        assert not changed.any(), f"act {step} changes more than it says"
        before = after
    marks.select(FINDING.id, frozenset(ids), None)
    assert marks.changed_parts(None) is None
    marks.visible = False
    show()
    assert marks.changed_parts(None) is None
