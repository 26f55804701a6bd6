"""How marks lie together, live: drawn quietly, told under the pointer and in the panel, a word taken by the reader only."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hands import NONE, move
from pictures import FINDING, picture, reading_with
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from small_exam import write_exam
from test_contradiction_lines import marked

from annotator.lexicon.loader import load_lexicon
from annotator.model import edits
from annotator.model.cluster_facts import ClusterFacts, DistributionHint
from annotator.model.clusters_on_image import ClustersOnImage, GroupOnImage, NippleKnown
from annotator.model.finding import Distribution
from annotator.model.geometry import ImagePoint, SpacingBasis
from annotator.model.mark import MarkKind
from annotator.ui import theme
from annotator.ui.marks.groups import numbers_of
from annotator.ui.panels.cluster_facts import ClusterLines, numbers_line, suggestion
from annotator.ui.panes.viewport import Viewport

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

BASIS = SpacingBasis.AT_DETECTOR
FACTS = ClusterFacts(
    count=12, basis=BASIS, extent_mm=8.24, density_per_cm2=31.4, spacing_mm=0.92, elongation=2.13,
    axis_to_nipple_deg=12.3,
)  # fmt: skip
HINT = DistributionHint(
    Distribution.LINEAR, ("12 marks lie along a line.", "One lies apart."), 0.93, Distribution.GROUPED, 0.06
)
SQUARE = tuple(ImagePoint(*corner) for corner in ((100, 100), (190, 100), (190, 190), (100, 190)))


def on_image(label="RCC", uid="2.25.11", **other):
    known = {
        "finding_id": "f", "sop_instance_uid": uid, "label": label, "count": 12, "facts": FACTS, "hint": HINT,
        "nipple": NippleKnown.ESTIMATED, "groups": (GroupOnImage(FACTS, SQUARE),),
    }  # fmt: skip
    return ClustersOnImage(**known | other)


def test_numbers_say_how_they_are_known():
    assert numbers_line(on_image()) == (
        "RCC: 12 over 8.2 mm at detector, 31 to a cm², spacing 0.92 mm at detector, 2.1 times as long as wide, "
        "12° off the estimated nipple"
    )
    two = replace(FACTS, count=2, spacing_mm=None)
    assert numbers_line(on_image(facts=two, label="")) == "2 over 8.2 mm at detector"
    assert numbers_line(on_image(facts=None)) == ""
    assert numbers_line(on_image(facts=two), whole=False) == ""
    assert "in 2 groups" in numbers_line(on_image(groups=(GroupOnImage(FACTS, SQUARE),) * 2))


@pytest.mark.parametrize(
    ("off", "elongation", "nipple", "said"),
    [
        (30.0, 2.0, NippleKnown.PLACED, "longest axis towards the nipple (30° off)"),
        (31.0, 2.0, NippleKnown.ESTIMATED, "longest axis not towards the nipple (31° off, nipple estimated)"),
        (31.0, 1.4, NippleKnown.ESTIMATED, ""),
        (None, 3.0, NippleKnown.UNKNOWN, ""),
    ],
)
def test_the_longest_axis_is_told_against_the_nipple(off, elongation, nipple, said):
    facts = replace(FACTS, axis_to_nipple_deg=off, elongation=elongation)
    at_length, *shorter = numbers_of(facts, nipple)
    assert at_length == " · ".join(filter(None, ("12", "8.2 mm at detector", said)))
    lengths = [len(text) for text in (at_length, *shorter)]
    assert lengths == sorted(lengths, reverse=True)
    assert not said or f"{off:.0f}° off" in shorter[0]


def test_the_word_is_that_of_the_image_with_most_marks():
    few = on_image("LMLO", count=4, hint=replace(HINT, word=Distribution.GROUPED))
    assert suggestion((few, on_image())).label == "RCC"
    assert suggestion((few, on_image(hint=None))).label == "LMLO"
    assert suggestion((on_image(hint=None),)) is None


@pytest.fixture
def lines(qtbot):
    panel = QWidget()
    qtbot.addWidget(panel)
    panel.resize(320, 240)
    lines = ClusterLines(load_lexicon())
    lines.setParent(panel)
    lines.resize(300, 200)
    panel.show()
    lines.panel = panel
    return lines


def test_a_word_is_offered_with_its_reasons_and_said_only_when_taken(lines):
    taken = []
    lines.taken.connect(taken.append)
    lines.tell_key("Alt+L")
    lines.show_clusters((on_image(),))
    assert (lines.suggested.text(), lines.because.text()) == ("suggested: linear  Alt+L", HINT.because[0])
    for words in (*HINT.because, "93 % of synthetic sets", "6 % grouped"):
        assert words in lines.suggested.toolTip()
    assert taken == []
    QTest.mouseClick(lines.suggested, Qt.MouseButton.LeftButton)
    assert taken == [Distribution.LINEAR]
    lines.show_said((Distribution.LINEAR,))
    assert (lines.offered, lines.suggested.isVisible(), lines.because.isVisible()) == (None, False, False)
    lines.take()
    assert taken == [Distribution.LINEAR]


def test_where_no_word_can_be_told_it_is_said_why(lines):
    lines.show_clusters((on_image(facts=None, hint=None, groups=(), why_not="No pixel size."),))
    assert (lines.because.text(), lines.offered, lines.numbers.isVisible()) == ("No pixel size.", None, False)
    lines.show_clusters(())
    shown = [part.isVisible() for part in (lines.because, lines.numbers, lines.suggested)]
    assert shown == [False, False, False]


@pytest.fixture
def viewport(qtbot):
    shown = picture()
    viewport = Viewport()
    qtbot.addWidget(viewport)
    viewport.resize(500, 400)
    viewport.set_overlay_level(2)
    viewport.show()
    viewport.show_picture(shown)
    viewport.set_reading(reading_with(shown, (ImagePoint(130, 130), ImagePoint(160, 160))))
    viewport.set_selection(FINDING.id, frozenset())
    return viewport


def yellow(viewport):
    """How many pixels are nearer to the colour of marks than to grey."""
    image = viewport.grab().toImage()
    colours = (
        QColor(image.pixel(x, y)) for x in range(2, image.width() - 2) for y in range(2, image.height() - 2)
    )
    return sum(colour.saturation() > 60 for colour in colours)


def test_a_quiet_line_runs_round_what_lies_together_unless_the_reader_drew_one(viewport):
    before = yellow(viewport)
    viewport.set_clusters((on_image(groups=(GroupOnImage(FACTS, SQUARE, "c"),)),))
    assert yellow(viewport) == before
    viewport.set_clusters((on_image(uid="2.25.99"),))
    assert yellow(viewport) == before
    viewport.set_clusters((on_image(),))
    assert yellow(viewport) > before + 100
    viewport.set_marks_visible(False)
    assert yellow(viewport) == 0
    assert QColor(theme.MARK).isValid()


def test_under_the_pointer_a_group_tells_its_numbers(viewport):
    viewport.set_clusters((on_image(),))
    plain = yellow(viewport)
    at = viewport.widget_position(ImagePoint(115, 170))
    move(viewport, at, NONE)
    texts = [label.text for label in viewport._marks._shown(viewport._marks._placed, (500, 400)).labels]
    assert any("12 · 8.2 mm at detector · axis 12° off estimated nipple" in text for text in texts)
    assert yellow(viewport) != plain
    viewport.set_clusters(())
    assert viewport._marks._emphasis.hovered_group is None


def test_a_cluster_that_the_reader_drew_tells_the_numbers_of_its_marks(viewport):
    shown = viewport.picture
    reading = reading_with(shown, (ImagePoint(130, 130), ImagePoint(160, 160)))
    reading, cluster = edits.add_cluster(
        reading, FINDING.id, shown.key, SQUARE, [mark.id for mark in reading.marks], shown.info.spacing
    )
    viewport.set_reading(reading)
    told: list[str] = []
    viewport.mark_hovered.connect(told.append)

    def words():
        move(viewport, viewport.widget_position(ImagePoint(115, 170)), NONE)
        viewport.grab()
        return [label.text for label in viewport._marks._on_screen.labels]

    assert words() == ["F1  2 · 3.0 mm at detector · longest axis not towards the nipple"]
    viewport.set_clusters((on_image(groups=(GroupOnImage(FACTS, SQUARE, cluster.id),)),))
    (text,) = words()
    assert text == "F1  12 · 8.2 mm at detector · axis 12° off estimated nipple", "all of it has no room"
    move(viewport, viewport.widget_position(ImagePoint(145, 100)), NONE)
    assert "cluster: 12 · 8.2 mm at detector · longest axis towards" in told[-1]


@pytest.fixture
def window(qtbot, open_window, tmp_path: Path):
    window = open_window()
    window.open_paths([write_exam(tmp_path / "exam")])
    qtbot.waitUntil(lambda: window.desk.session is not None, timeout=10_000)
    qtbot.waitUntil(lambda: all(v.picture is not None for v in window.grid.shown), timeout=10_000)
    return window


def row(start=60.0):
    return [ImagePoint(start + 9 * n, 150.0 + n % 2) for n in range(9)]


def test_in_the_window_marks_become_a_group_a_moment_after_the_act_and_leave_it_with_undo(qtbot, window):
    session, watch = window.desk.session, window.clusters.watch
    finding = marked(window, "RCC", *row())
    qtbot.waitUntil(lambda: bool(watch.told), timeout=10_000)
    (one,) = watch.told
    assert (one.finding_id, one.count, len(one.groups)) == (finding, 9, 1)
    lines = window.finding_panel.looks.clusters
    assert lines.numbers.text().startswith("RCC: ")
    assert "over" not in lines.numbers.text(), "count and extent of one image stand above"
    assert session.reading.finding(finding).distributions == ()
    session.undo_stack.undo()
    qtbot.waitUntil(lambda: watch.told == ())
    assert lines.numbers.text() == ""


def test_the_suggested_word_is_said_by_its_key_and_taken_back_by_undo(qtbot, window):
    session, watch = window.desk.session, window.clusters.watch
    finding = marked(window, "RCC", *row())
    qtbot.waitUntil(lambda: bool(watch.told), timeout=10_000)
    word = window.finding_panel.looks.clusters.offered
    assert word is not None
    QTest.keyClick(window.grid.active, Qt.Key.Key_L, Qt.KeyboardModifier.AltModifier)
    assert session.reading.finding(finding).distributions == (word,)
    assert session.undo_stack.undoText().endswith("as suggested (F1)")
    assert window.finding_panel.looks.clusters.offered is None
    QTest.keyClick(window.grid.active, Qt.Key.Key_L, Qt.KeyboardModifier.AltModifier)
    assert session.reading.finding(finding).distributions == (word,)
    session.undo_stack.undo()
    assert session.reading.finding(finding).distributions == ()


def test_another_finding_is_told_of_its_own_marks_only(qtbot, window):
    session, watch = window.desk.session, window.clusters.watch
    marked(window, "RCC", *row())
    qtbot.waitUntil(lambda: bool(watch.told), timeout=10_000)
    told = []
    watch.changed.connect(told.append)
    second = marked(window, "LCC", *row()[:4])
    assert watch.told == ()
    qtbot.waitUntil(lambda: bool(watch.told), timeout=10_000)
    assert {one.finding_id for some in told for one in some} == {second}
    session.select_finding(None)
    assert watch.told == ()


def test_what_says_nothing_new_of_the_marks_asks_nothing(qtbot, window):
    session, watch = window.desk.session, window.clusters.watch
    finding = marked(window, "RCC", *row())
    qtbot.waitUntil(lambda: bool(watch.told) and watch.settled, timeout=10_000)
    session.describe(finding, "Say", distributions=(Distribution.GROUPED,))
    session.select_marks(frozenset({session.reading.marks[0].id}))
    assert watch.settled
    reading, _ = edits.add_mark(
        session.reading, finding, session.reading.marks[0].image, ImagePoint(80, 160), MarkKind.MICRO
    )
    session.apply(reading, "Mark")
    assert not watch.settled
    qtbot.waitUntil(lambda: watch.told[0].count == 10, timeout=10_000)
