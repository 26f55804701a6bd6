"""Hitting and drawing marks: a few, and ten thousand."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hands import NONE, move
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import FINDING, picture, reading_with
from PySide6.QtCore import QPoint, QPointF, QRectF
from test_viewport import pixels

from annotator.analysis.mark_table import as_array
from annotator.model import edits
from annotator.model.geometry import ImagePoint, Orientation, SpacingBasis, ViewTransform
from annotator.model.mark import Mark, MarkKind, SpotMeasurement
from annotator.ui.marks.cluster_shapes import Chest
from annotator.ui.marks.hit_test import PointIndex, distance_to_outline, to_screen
from annotator.ui.marks.layer import MarkLayer
from annotator.ui.marks.overlay import within

ORIENTATIONS = [Orientation(*turn) for turn in itertools.product((False, True), repeat=3)]
places = st.builds(
    ImagePoint, st.integers(0, 40).map(lambda n: n / 2), st.integers(0, 40).map(lambda n: n / 2)
)


@given(
    st.lists(places, max_size=40), places, st.floats(0, 12), st.sampled_from([(1, 1), (0.3, 0.3), (2, 0.7)])
)
def test_the_index_finds_what_looking_at_every_point_finds(points, at, reach, scales):
    across, down = scales
    away = [
        math.hypot((p.column - at.column) * across, (p.row - at.row) * down) for p in points
    ]  # fmt: skip
    near = [i for i, distance in enumerate(away) if distance <= reach]
    expected = min(near, key=lambda i: (away[i], i), default=None)
    assert PointIndex(as_array(points)).nearest(at, reach, across, down) == expected


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1), st.floats(0, 3000), st.floats(0, 4000), st.floats(0.5, 60))
def test_ten_thousand_points(seed, column, row, reach):
    points = np.random.default_rng(seed).uniform((0, 0), (3000, 4000), (10_000, 2))
    found = PointIndex(points).nearest(ImagePoint(column, row), reach)
    distances = np.hypot(*(points - (column, row)).T)
    expected = int(distances.argmin()) if distances.min() <= reach else None
    assert found == expected


@given(st.sampled_from(ORIENTATIONS), st.lists(places, min_size=1, max_size=5))
def test_many_points_go_to_the_screen_as_one_does(orientation, points):
    view = ViewTransform(30, 40, 1.7, 3.0, -2.0, orientation, 1.1)
    expected = [view.to_screen(point) for point in points]
    np.testing.assert_allclose(to_screen(view, as_array(points)), expected)


@pytest.mark.parametrize("transpose", [False, True])
def test_the_reach_of_the_hand_is_the_same_across_and_down_the_screen(transpose):
    shown = picture()
    layer = MarkLayer(reading_with(shown, [ImagePoint(100.0, 100.0)]), shown.key, Chest())
    view = ViewTransform(220, 300, 1.0, 0.0, 0.0, Orientation(transpose=transpose), 4.0)
    x, y = view.to_screen(ImagePoint(100.0, 100.0))
    for dx, dy in ((7, 0), (-7, 0), (0, 7), (0, -7)):
        assert layer.mark_at(view.to_image(x + dx, y + dy), 8, view) == "m0"
    for dx, dy in ((9, 0), (0, 9), (0, -9), (6, 6)):
        assert layer.mark_at(view.to_image(x + dx, y + dy), 8, view) is None


def measured(point, radius):
    steps = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    outline = tuple(
        ImagePoint(point.column + radius * math.cos(t), point.row + radius * math.sin(t)) for t in steps
    )
    return SpotMeasurement(
        point, 2 * radius, 0.1, 2 * radius, 2 * radius, 0, 1, 100, 9, outline, 0.31, 0.02, 0.31, 0.31,
        SpacingBasis.AT_DETECTOR,
    )  # fmt: skip


def coloured(image):
    """Where the screen shows anything but grey."""
    return image.max(axis=2).astype(int) - image.min(axis=2) > 40


def test_ten_thousand_marks_are_all_drawn(viewport):
    shown = picture(np.full((4000, 3000), 900, np.uint16))
    viewport.show_picture(shown)
    points = [
        ImagePoint(float(c), float(r))
        for c, r in np.random.default_rng(1).uniform((50, 50), (2950, 3950), (10_000, 2))
    ]
    kinds = [MarkKind.MACRO if n % 3 else MarkKind.MICRO for n in range(10_000)]
    viewport.set_reading(reading_of(shown, points, kinds))
    screen = coloured(pixels(viewport))
    for point in points[::97]:
        at = viewport.widget_position(point).toPoint()
        assert screen[max(at.y() - 9, 0) : at.y() + 10, max(at.x() - 9, 0) : at.x() + 10].any()


def reading_of(shown, points, kinds):
    """Like `reading_with`, in one go."""
    reading = reading_with(shown, [])
    marks = tuple(
        Mark(f"m{n}", n + 1, FINDING.id, shown.key, point, kind)
        for n, (point, kind) in enumerate(zip(points, kinds, strict=True))
    )
    return replace(reading, marks=marks)


def test_macro_and_micro_differ_in_shape_and_selected_marks_are_white(viewport):
    shown = picture(np.full((300, 220), 10, np.uint16))
    viewport.show_picture(shown)
    point = ImagePoint(110.0, 150.0)
    at = viewport.widget_position(point).toPoint()
    around = np.s_[at.y() - 11 : at.y() + 5, at.x() - 11 : at.x() + 12]  # words stand below
    looks = []
    for kind in MarkKind:
        viewport.set_reading(reading_with(shown, [point], [kind]))
        looks.append(coloured(pixels(viewport))[around])
    assert (looks[0] != looks[1]).sum() > 20
    viewport.set_selection(FINDING.id, frozenset({"m0"}))
    white = pixels(viewport)[around]
    assert not coloured(white).any()
    assert (white.min(axis=2) > 200).sum() > 10


def test_the_measured_outline_is_drawn_at_high_zoom_only(viewport):
    shown = picture(np.full((300, 220), 10, np.uint16))
    viewport.show_picture(shown)
    point = ImagePoint(110.0, 150.0)
    viewport.set_reading(reading_with(shown, [point], None, [measured(point, 4)]))
    edge = ImagePoint(114.0, 150.0)

    def drawn_at(place):
        at = viewport.widget_position(place).toPoint()
        return coloured(pixels(viewport))[at.y() - 2 : at.y() + 3, at.x() - 2 : at.x() + 3].any()

    viewport.zoom_by(10, viewport.widget_position(point))
    viewport.center_on(point)
    while viewport.view.scale < 8:
        viewport.zoom_by(2, viewport.widget_position(point))
    viewport.center_on(point)
    assert drawn_at(edge)
    assert not drawn_at(point)


def test_the_numbers_of_a_cluster_show_on_hover(viewport):
    shown = picture(np.full((300, 220), 10, np.uint16))
    points = [ImagePoint(100.0, 140.0), ImagePoint(120.0, 140.0), ImagePoint(110.0, 160.0)]
    reading = reading_with(shown, points)
    outline = (ImagePoint(90, 130), ImagePoint(130, 130), ImagePoint(130, 170), ImagePoint(90, 170))
    reading, cluster = edits.add_cluster(reading, FINDING.id, shown.key, outline, ["m0", "m1", "m2"])
    layer = MarkLayer(reading, shown.key, Chest(shown.info.spacing))
    (shape,) = layer.clusters
    assert shape.numbers == "3 · 1.6 mm at detector"
    assert MarkLayer(reading, shown.key, Chest()).clusters[0].numbers == "3 · size unknown (no pixel spacing)"
    viewport.show_picture(shown)
    viewport.set_reading(reading)
    before = coloured(pixels(viewport)).sum()
    move(viewport, viewport.widget_position(ImagePoint(110, 148)).toPoint(), NONE)
    assert layer.cluster_at(ImagePoint(110, 148)) == cluster.id
    assert coloured(pixels(viewport)).sum() > before + 50
    move(viewport, QPointF(2, 390), NONE)
    assert coloured(pixels(viewport)).sum() == before


def test_a_cluster_without_marks_tells_the_extent_of_its_area():
    shown = picture(np.full((300, 220), 10, np.uint16))
    outline = (ImagePoint(0, 0), ImagePoint(100, 0), ImagePoint(100, 10))
    reading, _ = edits.add_cluster(reading_with(shown, []), FINDING.id, shown.key, outline)
    (shape,) = MarkLayer(reading, shown.key, Chest(shown.info.spacing)).clusters
    assert shape.numbers == "area · 7.0 mm at detector"


def test_marks_of_other_pictures_stay_there():
    shown, other = picture(), picture(sop_instance_uid="2.25.55")
    reading = reading_with(shown, [ImagePoint(5, 5)])
    assert len(MarkLayer(reading, shown.key, Chest()).marks) == 1
    assert not MarkLayer(reading, other.key, Chest()).marks


def test_a_mark_under_the_pointer_is_told_in_words_until_it_is_left(viewport):
    shown = picture(np.full((300, 220), 10, np.uint16))
    point = ImagePoint(100.0, 140.0)
    viewport.show_picture(shown)
    viewport.set_reading(reading_with(shown, [point]))
    told = []
    viewport.mark_hovered.connect(told.append)
    at = viewport.widget_position(point).toPoint()
    move(viewport, at, NONE)
    assert told[-1].startswith("F1  microcalcification")
    move(viewport, at + QPoint(60, 60), NONE)
    assert told[-1] == ""


def test_a_picture_that_moves_under_a_resting_pointer_is_told_anew(viewport, qtbot):
    shown = picture(np.full((300, 220), 10, np.uint16))
    point = ImagePoint(100.0, 140.0)
    viewport.show_picture(shown)
    viewport.set_reading(reading_with(shown, [point]))
    words, places = [], []
    viewport.mark_hovered.connect(words.append)
    viewport.pointer_moved.connect(lambda pointer: places.append(pointer and pointer.point))
    at = viewport.widget_position(point).toPoint()
    move(viewport, at, NONE)
    assert words[-1].startswith("F1  microcalcification")
    viewport.zoom_by(2.0, QPointF(at + QPoint(30, 30)))
    qtbot.waitUntil(lambda: words[-1] == "")
    assert places[-1] == viewport.view.to_image(at.x(), at.y())


def test_the_words_of_a_cluster_at_the_edge_stay_in_the_pane(viewport):
    shown = picture(np.full((300, 220), 10, np.uint16))
    outline = (ImagePoint(150, 200), ImagePoint(214, 200), ImagePoint(214, 296), ImagePoint(150, 296))
    reading = reading_with(shown, [ImagePoint(170.0, 240.0), ImagePoint(200.0, 240.0)])
    reading, _ = edits.add_cluster(
        reading, FINDING.id, shown.key, outline, [m.id for m in reading.marks], shown.info.spacing
    )
    viewport.show_picture(shown)
    viewport.set_overlay_level(2)
    bare = pixels(viewport)
    viewport.set_reading(reading)
    viewport.set_selection(FINDING.id, frozenset())
    width, _ = viewport.device_size()
    assert viewport.view.to_screen(outline[2])[0] > width - 20
    left_of_outline = int(viewport.view.to_screen(outline[0])[0]) - 5
    unasked = (pixels(viewport) != bare).any(axis=2)
    assert not unasked[:, :left_of_outline].any(), "numbers that nobody points at would lie on tissue"
    move(viewport, viewport.widget_position(ImagePoint(185, 220)).toPoint(), NONE)
    changed = (pixels(viewport) != bare).any(axis=2)
    assert changed[-30:, :left_of_outline].any()
    assert not changed[:, -3:].any()
    assert not changed[-3:].any()


@pytest.mark.parametrize("at", [(-50, 10), (390, 290), (20, 20), (900, 900)])
def test_a_label_is_moved_into_the_pane(at):
    room = QRectF(0, 0, 400, 300)
    moved = within(room, QRectF(*at, 80, 15), 6)
    assert room.adjusted(6, 6, -6, -6).contains(moved)
    assert at != (20, 20) or moved.topLeft() == QPointF(20, 20)


@given(places, st.lists(places, min_size=1, max_size=6))
def test_the_distance_to_an_outline_is_that_of_its_nearest_place(at, corners):
    steps = np.linspace(0, 1, 400)[:, None]
    line = as_array(corners)
    walked = np.concatenate([a + steps * (b - a) for a, b in zip(line, np.roll(line, -1, 0), strict=True)])
    nearest = np.hypot(*(walked - (at.column, at.row)).T).min()
    assert distance_to_outline((at.column, at.row), line) == pytest.approx(nearest, abs=0.08)


def test_an_outline_without_corners_is_nowhere():
    assert distance_to_outline((0, 0), as_array([])) == math.inf


def test_a_line_under_the_pointer_is_told_and_a_selected_cluster_is_white(viewport):
    shown = picture(np.full((300, 220), 10, np.uint16))
    outline = (ImagePoint(60, 100), ImagePoint(120, 100), ImagePoint(120, 170), ImagePoint(60, 170))
    reading, area = edits.add_cluster(reading_with(shown, []), FINDING.id, shown.key, outline)
    viewport.show_picture(shown)
    viewport.set_reading(reading)
    told = []
    viewport.mark_hovered.connect(told.append)
    on_line = viewport.widget_position(ImagePoint(90, 100)).toPoint()
    move(viewport, on_line, NONE)
    assert told[-1].startswith("F1  cluster: area · 6.5 mm at detector")
    move(viewport, on_line + QPoint(0, 40), NONE)
    assert told[-1] == ""
    around = np.s_[on_line.y() - 4 : on_line.y() + 5, on_line.x() - 4 : on_line.x() + 5]
    assert coloured(pixels(viewport))[around].any()
    viewport.set_selection(FINDING.id, frozenset(), area.id)
    white = pixels(viewport)[around]
    assert not coloured(white).any()
    assert (white.min(axis=2) > 200).any()
