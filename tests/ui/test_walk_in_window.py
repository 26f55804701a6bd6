"""One key reads an exam: the walk, what was seen, and that it is there after a restart. Real events."""

from __future__ import annotations

from statistics import median

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from small_exam import write_exam

from annotator.model.geometry import ImagePoint
from annotator.ui.looking.coverage_watch import REST_MS

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


@pytest.fixture
def folder(tmp_path):
    return write_exam(tmp_path / "exam")


@pytest.fixture
def opened(qtbot, open_window, folder):
    def make():
        window = open_window()
        window.resize(1100, 700)
        window.open_paths([folder])
        qtbot.waitUntil(lambda: window.desk.session is not None and window.exam_view.exact, timeout=20_000)
        return window

    return make


def read_by_one_key(window, qtbot, key=Qt.Key.Key_Q, presses=200):
    """Press the key, wait until what it brought counts, and so on; the messages on the way."""
    grid = window.grid
    window.grid.active.setFocus()
    told = []
    for _ in range(presses):
        QTest.keyClick(grid.active, key)
        qtbot.waitUntil(lambda: window.exam_view.exact, timeout=20_000)
        told.append(window.status.message)
        if "last area of the last image" in window.status.message:
            break
        qtbot.wait(REST_MS + 60)
    return told


def test_one_key_reads_the_whole_exam(qtbot, opened):
    window = opened()
    coverage = window.looking_commands.coverage
    assert coverage.share_of_exam == 0
    told = read_by_one_key(window, qtbot)
    assert coverage.share_of_exam == 1.0
    assert "100 %" in told[-1]
    assert {info.label for info in window.exam_view.order} == {"RCC", "LCC", "RMLO", "LMLO"}
    qtbot.waitUntil(lambda: "exam 100 %" in window.status.looking.text())
    assert "seen 100 %" in window.status.looking.text()


def test_what_was_seen_is_there_after_a_restart(qtbot, opened):
    window = opened()
    window.grid.active.setFocus()
    QTest.keyClick(window.grid.active, Qt.Key.Key_Q)
    coverage = window.looking_commands.coverage
    info = window.grid.active.picture.info
    qtbot.waitUntil(lambda: coverage.share(info) > 0, timeout=5000)
    seen, of_exam = coverage.share(info), coverage.share_of_exam
    window.close()
    again = opened()
    coverage = again.looking_commands.coverage
    qtbot.waitUntil(lambda: coverage.share(info) == seen, timeout=5000)
    assert coverage.share_of_exam == of_exam


def test_a_glance_and_a_moving_picture_do_not_count(qtbot, opened):
    window = opened()
    coverage, viewport = window.looking_commands.coverage, window.grid.active
    viewport.setFocus()
    QTest.keyClick(viewport, Qt.Key.Key_Z)
    for _ in range(12):
        qtbot.wait(REST_MS // 6)
        viewport.pan(3, 0)
    assert coverage.share_of_exam == 0
    qtbot.wait(REST_MS + 60)
    assert coverage.share_of_exam > 0


def test_nothing_counts_below_1_to_1_and_the_lens_counts(qtbot, opened):
    window = opened()
    window.resize(700, 420)
    qtbot.waitUntil(lambda: window.exam_view.exact)
    viewport = window.grid.active
    coverage = window.looking_commands.coverage
    assert viewport.view.scale < 1
    qtbot.wait(2 * REST_MS)
    assert coverage.share_of_exam == 0
    QTest.mouseMove(viewport, QPoint(viewport.width() // 2, viewport.height() // 2))
    QTest.keyClick(viewport, Qt.Key.Key_X)
    picture = viewport.picture
    middle = viewport.widget_position(ImagePoint(picture.info.columns * 0.7, picture.info.rows / 2))
    QTest.mouseMove(viewport, middle.toPoint())
    qtbot.waitUntil(window.lens.isVisible, timeout=3000)
    qtbot.waitUntil(lambda: coverage.share(picture.info) > 0, timeout=3000)
    assert coverage.share(picture.info) < 0.7


def test_shift_q_goes_back_and_the_line_says_where_one_is(qtbot, opened):
    window = opened()
    window.exam_view.show_image(window.exam_view.order[0])
    qtbot.waitUntil(lambda: window.exam_view.exact)
    viewport = window.grid.active
    QTest.keyClick(viewport, Qt.Key.Key_Q)
    qtbot.waitUntil(lambda: "area 1 of" in window.status.looking.text())
    first = viewport.view
    QTest.keyClick(viewport, Qt.Key.Key_Q)
    qtbot.waitUntil(lambda: "area 1 of" not in window.status.looking.text())
    QTest.keyClick(window.grid.active, Qt.Key.Key_Q, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: "area 1 of" in window.status.looking.text())
    assert window.grid.active.view == first
    QTest.keyClick(viewport, Qt.Key.Key_Q, Qt.KeyboardModifier.ShiftModifier)
    assert "first area of the first image" in window.status.message


def test_the_light_map_is_drawn_below_1_to_1_only_and_leaves_the_breast_visible(qtbot, opened):
    window = opened()
    window.resize(700, 420)
    qtbot.waitUntil(lambda: window.exam_view.exact)
    viewport = window.grid.active
    viewport.setFocus()
    QTest.keyClick(viewport, Qt.Key.Key_Q)
    coverage = window.looking_commands.coverage
    info = viewport.picture.info
    qtbot.waitUntil(lambda: coverage.share(info) > 0, timeout=3000)
    at_one = viewport.grab().toImage()
    QTest.keyClick(viewport, Qt.Key.Key_Q, Qt.KeyboardModifier.AltModifier)
    assert window.looking_commands.maps.shown
    assert viewport.grab().toImage() == at_one
    assert "Z" in window.status.message
    viewport.fit()
    qtbot.waitUntil(lambda: viewport.exact and not viewport.moving)
    lit = viewport.grab().toImage()
    QTest.keyClick(viewport, Qt.Key.Key_Q, Qt.KeyboardModifier.AltModifier)
    plain = viewport.grab().toImage()
    assert lit != plain
    changed = [
        (lit.pixelColor(x, y), plain.pixelColor(x, y))
        for x in range(0, lit.width(), 3) for y in range(0, lit.height(), 3)
        if lit.pixel(x, y) != plain.pixel(x, y)
    ]  # fmt: skip
    assert changed
    # lines at the border are few and bright, the light is wide and faint
    assert median(abs(a.lightness() - b.lightness()) for a, b in changed) < 60


def test_another_size_of_the_window_has_other_areas_and_the_walk_goes_on(qtbot, opened):
    window = opened()
    window.resize(640, 400)
    qtbot.waitUntil(lambda: window.exam_view.exact)
    window.grid.active.setFocus()
    QTest.keyClick(window.grid.active, Qt.Key.Key_Q)
    QTest.keyClick(window.grid.active, Qt.Key.Key_Q)
    qtbot.waitUntil(lambda: "area 2 of" in window.status.looking.text(), timeout=3000)
    window.resize(900, 600)
    qtbot.waitUntil(lambda: window.exam_view.exact)
    told = read_by_one_key(window, qtbot)
    assert "last area" in told[-1]


def test_the_words_at_the_bottom_never_widen_the_window(qtbot, opened):
    window = opened()
    before = window.minimumSizeHint().width()
    QTest.keyClick(window.grid.active, Qt.Key.Key_Q)
    for held in (
        Qt.KeyboardModifier.ControlModifier,
        Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier,
    ):
        QTest.keyClick(window.grid.active, Qt.Key.Key_L, held)
    QTest.keyClick(window.grid.active, Qt.Key.Key_Z, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: "true size" in window.status.looking.text(), timeout=3000)
    assert "linked views and windows" in window.status.looking.text()
    assert window.minimumSizeHint().width() <= before + 100
