"""Layouts, priors, corrections and other images of a place, through keys and clicks."""

from __future__ import annotations

from pathlib import Path

import pytest
from hands import click, drag
from made_exams import MAGNIFICATION, Shot, write_shots, write_three_years
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from small_exam import SPOTS, column_of, write_exam
from small_stack import write_stack

from annotator.hanging import Layout
from annotator.imaging.air import sees_tissue
from annotator.model.geometry import ImagePoint, Orientation
from annotator.model.image import Laterality
from annotator.ui.words.corner_paint import NARROW_PX

# The offscreen platform says so of every window; it is no fault of ours.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

SHIFT, CONTROL, ALT = (
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)
NONE = Qt.KeyboardModifier.NoModifier


def press(window, key, keys=NONE):
    QTest.keyClick(window.grid.active, key, keys)


def hang(qtbot, window, *paths):
    window.open_paths(list(paths))
    qtbot.waitUntil(lambda: window.desk.session is not None, timeout=10_000)
    settled(qtbot, window)


def settled(qtbot, window):
    """Every pane shows what hangs there."""

    def arrived() -> bool:
        view = window.exam_view
        for pane, viewport in enumerate(window.grid.shown):
            place = view.place(pane)
            shown = None if viewport.picture is None else viewport.picture.info.sop_instance_uid
            if (None if place is None else place.info.sop_instance_uid) != shown:
                return False
        return not view.loading

    qtbot.waitUntil(arrived, timeout=10_000)


def labels(window):
    return ["-" if v.picture is None else v.picture.info.label for v in window.grid.shown]


def dates(window):
    return ["-" if v.picture is None else v.picture.info.exam_date[:4] for v in window.grid.shown]


def chip(qtbot, window, pane):
    window.hanging_commands.chips.refresh()
    return window.hanging_commands.chips.chips[pane]


def said(window, pane):
    """The words of the upper and the lower corner, in a row."""
    blocks = window.grid.viewports[pane].wording().blocks
    return " ".join(line.text for block in blocks for line in block.lines).replace(" ·", "")


def choose(window, words):
    """Click an entry of the open menu."""
    menu = window.hanging_commands.chips.menu
    assert menu.isVisible()
    action = next(a for a in menu.actions() if a.text().replace("&", "").startswith(words))
    QTest.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(action).center())


def by_label(window, label):
    return next(p for p, text in enumerate(labels(window)) if text == label)


@pytest.fixture
def exam(tmp_path: Path) -> Path:
    return write_exam(tmp_path / "exam")


@pytest.fixture
def years(tmp_path: Path) -> Path:
    write_three_years(tmp_path / "years")
    return tmp_path / "years"


def test_one_key_for_each_layout(qtbot, open_window, exam):
    window = open_window()
    hang(qtbot, window, exam)
    for key, layout, shown in (
        (Qt.Key.Key_F3, Layout.PAIR, ["RCC", "LCC"]),
        (Qt.Key.Key_F4, Layout.SINGLE, ["RCC"]),
        (Qt.Key.Key_F5, Layout.LARGE, ["RCC", "LCC", "RMLO"]),
        (Qt.Key.Key_F2, Layout.FOUR, ["RCC", "LCC", "RMLO", "LMLO"]),
    ):
        press(window, key)
        settled(qtbot, window)
        assert window.exam_view.layout is layout
        assert labels(window) == shown
        assert [w for w, b in window.strip.layouts.items() if b.isChecked()] == [layout]


def test_the_layout_chosen_last_is_that_of_the_next_start(qtbot, open_window, exam):
    window = open_window()
    hang(qtbot, window, exam)
    press(window, Qt.Key.Key_F3)
    window.close()
    again = open_window()
    hang(qtbot, again, exam)
    assert labels(again) == ["RCC", "LCC"]


def test_without_an_earlier_exam_the_key_says_so_and_nothing_changes(qtbot, open_window, exam):
    window = open_window()
    hang(qtbot, window, exam)
    press(window, Qt.Key.Key_F7)
    assert "No earlier exam" in window.status.message
    assert labels(window) == ["RCC", "LCC", "RMLO", "LMLO"]
    assert window.strip.layouts[Layout.FOUR].isChecked()
    assert not window.strip.layouts[Layout.PRIOR].isChecked()


def test_current_over_prior_pane_under_pane(qtbot, open_window, years):
    window = open_window()
    hang(qtbot, window, years)
    press(window, Qt.Key.Key_F7)
    settled(qtbot, window)
    four = ["RCC", "LCC", "RMLO", "LMLO"]
    assert labels(window) == four * 2
    assert dates(window) == ["2024"] * 4 + ["2022"] * 4
    tops = [v.y() for v in window.grid.shown]
    assert tops[0] == tops[3] < tops[4] == tops[7]
    assert all("PRIOR 2022-03-10" in said(window, pane) for pane in range(4, 8))
    assert not any("PRIOR" in said(window, pane) for pane in range(4))


def test_narrow_panes_name_the_patient_once_in_each_row(qtbot, open_window, years):
    window = open_window()
    hang(qtbot, window, years)
    assert all("Name, SMALL-1" in said(window, pane) for pane in range(4))
    assert ["uncalibrated" in said(window, pane) for pane in range(4)] == [True, False, False, False]
    press(window, Qt.Key.Key_F7)
    settled(qtbot, window)
    assert window.grid.shown[0].width() < NARROW_PX
    assert ["Name, SMALL-1" in said(window, pane) for pane in range(8)] == [True, False, False, False] * 2
    assert all("2024-03-12" in said(window, pane) for pane in range(4))
    assert all("W 4000" not in said(window, pane) for pane in range(8))


def test_an_earlier_exam_says_so_at_every_step_and_off_the_breast(qtbot, open_window, years):
    window = open_window()
    hang(qtbot, window, years)
    press(window, Qt.Key.Key_F7)
    settled(qtbot, window)
    for _ in range(3):
        press(window, Qt.Key.Key_O)
        for pane in range(4, 8):
            assert "PRIOR 2022-03-10" in said(window, pane)
            wording = window.grid.viewports[pane].wording()
            rows = [row.rect for block in wording.blocks for row in block.rows]
            assert not any(wording.on_tissue(rect) for rect in rows)


def test_current_over_prior_goes_to_one_view(qtbot, open_window, years):
    window = open_window()
    hang(qtbot, window, years)
    press(window, Qt.Key.Key_F7)
    settled(qtbot, window)
    click(window.grid.shown[3], QPoint(3, 3))
    press(window, Qt.Key.Key_F7)
    settled(qtbot, window)
    assert labels(window) == ["RMLO", "LMLO"] * 2
    assert dates(window) == ["2024", "2024", "2022", "2022"]
    press(window, Qt.Key.Key_F7, SHIFT)
    settled(qtbot, window)
    earlier, now = window.grid.shown[2], window.grid.shown[0]
    qtbot.waitUntil(lambda: earlier.y() < now.y())


def into_the_air(viewport):
    viewport.one_to_one()
    viewport.zoom_by(4.0, QPointF(100, 100))
    viewport.pan(9000 if viewport.picture.info.laterality is Laterality.RIGHT else -9000, 9000)
    assert not viewport.fitted


def sees_breast(viewport):
    picture = viewport.picture
    block = picture.levels.coarsest_block
    return sees_tissue(picture.tissue, block, viewport.view, viewport.device_size())


def test_neither_a_layout_nor_an_exam_begins_with_air_alone(qtbot, open_window, years):
    window = open_window()
    hang(qtbot, window, years)
    into_the_air(window.grid.shown[1])
    press(window, Qt.Key.Key_F2)
    assert all(viewport.fitted for viewport in window.grid.shown)
    window.looking_commands.linking.link_views(True)
    into_the_air(window.grid.active)
    window.looking_commands.linking.link_views(False)
    first = window.exam_view.exam.study_instance_uid
    window.desk.open_exam(next(e for e in window.desk.exams if e.study_instance_uid != first))
    qtbot.waitUntil(lambda: window.exam_view.exam.study_instance_uid != first)
    settled(qtbot, window)
    qtbot.waitUntil(lambda: window.desk.session is not None)
    window.desk.back()
    qtbot.waitUntil(lambda: window.exam_view.exam.study_instance_uid == first)
    settled(qtbot, window)
    assert window.grid.shown[0].fitted
    assert all(sees_breast(viewport) for viewport in window.grid.shown)


def test_the_chip_comes_back_with_the_air(qtbot, open_window, years):
    window = open_window()
    hang(qtbot, window, years)
    before = [chip(qtbot, window, pane).why.isVisible() for pane in range(4)]
    assert before == [True] * 4
    for viewport in window.grid.shown:
        side = viewport.picture.info.laterality.value
        inside = ImagePoint(column_of(side, SPOTS[0][0]), SPOTS[0][1])
        viewport.one_to_one()
        viewport.zoom_by(30.0, viewport.widget_position(inside))
    assert not any(chip(qtbot, window, pane).isVisible() for pane in range(4))
    for viewport in window.grid.shown:
        viewport.fit()
    assert [chip(qtbot, window, pane).why.isVisible() for pane in range(4)] == before


def test_the_prior_beside_is_stepped_through_the_years(qtbot, open_window, years):
    window = open_window()
    hang(qtbot, window, years)
    press(window, Qt.Key.Key_F7)
    settled(qtbot, window)
    press(window, Qt.Key.Key_BracketLeft, CONTROL)
    settled(qtbot, window)
    assert dates(window) == ["2024"] * 4 + ["2020"] * 4
    press(window, Qt.Key.Key_BracketLeft, CONTROL)
    assert "no older exam" in window.status.message
    press(window, Qt.Key.Key_BracketRight, CONTROL)
    settled(qtbot, window)
    assert dates(window) == ["2024"] * 4 + ["2022"] * 4


def test_a_prior_opened_later_can_hang_beside(qtbot, open_window, years):
    window = open_window()
    hang(qtbot, window, years / "20240312")
    press(window, Qt.Key.Key_F7)
    assert "No earlier exam" in window.status.message
    current = window.desk.exam
    window.open_paths([years / "20220310"])
    qtbot.waitUntil(lambda: window.desk.exam.date == "20220310", timeout=10_000)
    press(window, Qt.Key.Key_BracketRight)
    qtbot.waitUntil(lambda: window.desk.exam.date == current.date, timeout=10_000)
    settled(qtbot, window)
    press(window, Qt.Key.Key_F7)
    settled(qtbot, window)
    assert dates(window) == ["2024"] * 4 + ["2022"] * 4


def test_a_prior_is_looked_at_and_not_marked(qtbot, open_window, years):
    window = open_window()
    hang(qtbot, window, years)
    press(window, Qt.Key.Key_F7)
    settled(qtbot, window)
    for pane, count in ((4, 0), (0, 1)):
        viewport = window.grid.shown[pane]
        from_chest, row = SPOTS[0]
        at = viewport.widget_position(ImagePoint(column_of("R", from_chest), row))
        click(viewport, at)
        assert len(window.desk.session.reading.marks) == count
        if not count:
            assert "Marks belong to the exam being read" in window.status.message
    prior = window.grid.shown[4]
    before = prior.view
    drag(prior, [QPointF(60, 60), QPointF(80, 75), QPointF(100, 90)])
    assert prior.view.left > before.left
    assert len(window.desk.session.reading.clusters) == 0


def test_missing_views_say_so(qtbot, open_window, tmp_path):
    folder = write_shots(tmp_path / "x", [Shot("a"), Shot("b", "L"), Shot("c", view="MLO")])
    window = open_window()
    hang(qtbot, window, folder)
    assert labels(window) == ["RCC", "LCC", "RMLO", "-"]
    assert "left MLO" in window.grid.shown[3].accessibleDescription()


def test_a_plain_view_and_its_stack_hang_as_a_pair(qtbot, open_window, tmp_path):
    folder = write_shots(tmp_path / "x", [Shot("a", "L")], patient="STACK-1", study="2.25.77")
    write_stack(folder, uid="2.25.77.99")
    window = open_window()
    hang(qtbot, window, folder)
    assert [v.picture.info.is_stack for v in window.grid.shown] == [False, True]


def test_other_images_of_a_place_take_turns_in_it(qtbot, open_window, tmp_path):
    shots = [
        Shot("whole"), Shot("left", "L"), Shot("again", date="20240312"),
        Shot("near", modifiers=(MAGNIFICATION,), spacing=0.05, factor=1.8),
        Shot("mlo", view="MLO"), Shot("lmlo", "L", "MLO"),
    ]  # fmt: skip
    window = open_window()
    hang(qtbot, window, write_shots(tmp_path / "x", shots))
    other = chip(qtbot, window, 0).other
    assert other.text() == "1/3"
    assert not chip(qtbot, window, 1).other.isVisible()
    seen = [window.grid.shown[0].picture.info.path.stem]
    for number in ("2/3", "3/3"):
        QTest.mouseClick(other, Qt.MouseButton.LeftButton)
        settled(qtbot, window)
        chip(qtbot, window, 0)
        assert other.text() == number
        seen.append(window.grid.shown[0].picture.info.path.stem)
    assert sorted(seen) == ["again", "near", "whole"]
    press(window, Qt.Key.Key_V, SHIFT)
    settled(qtbot, window)
    assert chip(qtbot, window, 0).other.text() == "1/3"


def test_panes_say_when_they_have_no_part_in_the_common_scale(qtbot, open_window, tmp_path):
    shots = [
        Shot("a"), Shot("m", modifiers=(MAGNIFICATION,), spacing=0.05), Shot("b", "L"),
        Shot("c", view="MLO", spacing=None), Shot("d", "L", "MLO", spacing=0.05),
    ]  # fmt: skip
    window = open_window()
    hang(qtbot, window, write_shots(tmp_path / "x", shots))
    press(window, Qt.Key.Key_V, SHIFT)
    settled(qtbot, window)
    words = {label: chip(qtbot, window, pane).scale.text() for pane, label in enumerate(labels(window))}
    assert words["LCC"] == words["LMLO"] == ""
    assert words["RMLO"] == "no common scale"
    assert words["RMCC"].startswith("x")
    left = window.grid.shown
    mm = {
        v.picture.info.label: v.picture.column_mm / v.view.scale
        for v in left
        if v.picture.column_mm is not None
    }
    assert mm["LCC"] == pytest.approx(mm["LMLO"])
    factor = float(words["RMCC"].split()[0][1:])
    assert factor == pytest.approx(mm["LCC"] / mm["RMCC"], rel=0.06)


def test_one_key_brings_all_panes_to_one_scale(qtbot, open_window, exam):
    window = open_window()
    hang(qtbot, window, exam)
    click(window.grid.shown[1], QPoint(3, 3))
    window.grid.active.zoom_by(4, QPointF(50, 50))
    press(window, Qt.Key.Key_Z, ALT)
    assert len({round(v.view.scale, 6) for v in window.grid.shown}) == 1
    assert window.grid.shown[0].view.scale == pytest.approx(window.grid.active.view.scale)


def test_the_chip_says_why_and_corrects_side_and_view(qtbot, open_window, exam):
    window = open_window()
    hang(qtbot, window, exam)
    why = chip(qtbot, window, 0).why
    assert "Image Laterality (0020,0062)" in why.toolTip()
    QTest.mouseClick(why, Qt.MouseButton.LeftButton)
    choose(window, "MLO")
    settled(qtbot, window)
    session = window.desk.session
    assert [(c.sop_instance_uid, c.view_name) for c in session.reading.hanging] == [("2.25.1.1", "MLO")]
    assert labels(window)[0] == "-"
    assert [i.label for i in window.exam_view.order].count("RMLO") == 2
    press(window, Qt.Key.Key_Z, CONTROL)
    settled(qtbot, window)
    assert labels(window) == ["RCC", "LCC", "RMLO", "LMLO"]
    assert window.desk.session.reading.hanging == ()


def test_a_correction_is_kept_and_can_be_taken_back(qtbot, open_window, exam):
    window = open_window()
    hang(qtbot, window, exam)
    press(window, Qt.Key.Key_W)
    choose(window, "Upside down")
    settled(qtbot, window)
    assert window.grid.shown[0].picture.orientation == Orientation(flip_rows=True)
    qtbot.waitUntil(lambda: window.desk.session.unsaved_acts == 0, timeout=5000)
    window.close()
    again = open_window()
    hang(qtbot, again, exam)
    qtbot.waitUntil(lambda: again.grid.shown[0].picture.orientation == Orientation(flip_rows=True))
    assert "corrected" in chip(qtbot, again, 0).why.text()
    press(again, Qt.Key.Key_W)
    choose(again, "As the file says")
    settled(qtbot, again)
    assert again.grid.shown[0].picture.orientation == Orientation()
    assert again.desk.session.reading.hanging == ()


@pytest.mark.parametrize("turn", ["Mirrored left to right", "Upside down", "Rotated a quarter turn"])
def test_marks_stay_on_their_tissue(qtbot, open_window, exam, turn):
    window = open_window()
    hang(qtbot, window, exam)
    viewport = window.grid.shown[0]
    from_chest, row = SPOTS[0]
    spot = ImagePoint(column_of("R", from_chest), row)
    click(viewport, viewport.widget_position(spot))
    (mark,) = window.desk.session.reading.marks
    before = viewport.widget_position(mark.point)
    press(window, Qt.Key.Key_W)
    choose(window, turn)
    settled(qtbot, window)
    after = viewport.widget_position(mark.point)
    assert (after - before).manhattanLength() > 5
    assert window.desk.session.reading.marks == (mark,)
    click(viewport, after)
    assert window.desk.session.reading.marks == (mark,)
    assert window.desk.session.selected_marks == {mark.id}
    levels = viewport.grab().toImage()
    around = viewport.device_position(after)
    assert levels.pixelColor(*(round(c) for c in around)) is not None


def test_a_wrong_side_goes_to_its_place(qtbot, open_window, tmp_path):
    shots = [Shot("a"), Shot("b", "R", "MLO"), Shot("c", "L", "MLO"), Shot("d", "R", "ML")]
    window = open_window()
    hang(qtbot, window, write_shots(tmp_path / "x", shots))
    assert labels(window)[:2] == ["RCC", "-"]
    press(window, Qt.Key.Key_W)
    choose(window, "Left breast")
    settled(qtbot, window)
    assert labels(window)[:2] == ["-", "LCC"]
    assert window.grid.shown[1].picture.info.laterality is Laterality.LEFT


def test_a_click_before_the_reading_is_here_marks_when_it_comes(qtbot, open_window, exam, monkeypatch):
    import threading

    window = open_window()
    may_answer = threading.Event()
    open_reading = window.desk.workspace.open_reading

    def slow(uid: str, exam=None):
        may_answer.wait(10)
        return open_reading(uid, exam)

    monkeypatch.setattr(window.desk.workspace, "open_reading", slow)
    window.open_paths([exam])
    qtbot.waitUntil(lambda: len(window.grid.shown) == 4 and all(v.picture for v in window.grid.shown))
    viewport = window.grid.shown[0]
    from_chest, row = SPOTS[0]
    click(viewport, viewport.widget_position(ImagePoint(column_of("R", from_chest), row)))
    assert window.desk.session is None
    assert "being opened" in window.status.message
    may_answer.set()
    qtbot.waitUntil(lambda: window.desk.session is not None, timeout=10_000)
    assert len(window.desk.session.reading.marks) == 1
