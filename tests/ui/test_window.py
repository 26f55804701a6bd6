"""The window through real keys, clicks and drops: open, mark, say, save, close, find it again."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hands import RIGHT, bar_buttons, click, drag
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QMessageBox, QPushButton
from small_exam import SPOTS, column_of, write_exam

from annotator.hanging import Layout
from annotator.model.finding import Assessment, Distribution, Morphology
from annotator.model.geometry import ImagePoint
from annotator.model.mark import MarkKind
from annotator.settings import settings_path, waiting_dir
from annotator.ui.hanging.chip import ChipButton
from annotator.ui.main_window import MainWindow

# The offscreen platform says so of every window; it is no fault of ours.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

Opener = Callable[[], MainWindow]


@pytest.fixture
def exam(tmp_path: Path) -> Path:
    return write_exam(tmp_path / "exam")


def hang(qtbot, window: MainWindow, *paths: Path) -> None:
    window.open_paths(list(paths))
    qtbot.waitUntil(lambda: window.desk.session is not None, timeout=10_000)
    pictured(qtbot, window)


def pictured(qtbot, window: MainWindow, panes: int = 4) -> None:
    def ready() -> bool:
        return all(v.picture is not None for v in window.grid.viewports[:panes])

    qtbot.waitUntil(ready, timeout=10_000)


def spoken(window: MainWindow, row: int) -> str:
    """What a screen reader says of a row of the worklist."""
    model = window.worklist.list.rows
    return model.data(model.index(row), Qt.ItemDataRole.AccessibleTextRole)


def click_spot(window: MainWindow, pane: int, number: int) -> None:
    viewport = window.grid.viewports[pane]
    from_chest, row = SPOTS[number]
    side = str(viewport.picture.info.laterality)
    at = viewport.widget_position(ImagePoint(column_of(side, from_chest), row))
    QTest.mouseMove(viewport, at.toPoint())
    QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=at.toPoint())


def saved(qtbot, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: window.desk.session.unsaved_acts == 0, timeout=5000)


def chip(row, value):
    return row.chip(value)


def press(widget, key, modifiers=Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(widget, key, modifiers)


def test_a_folder_hangs_backs_together_and_the_window_says_whose_it_is(qtbot, open_window, exam) -> None:
    window = open_window()
    hang(qtbot, window, exam)
    assert [v.picture.info.label for v in window.grid.shown] == ["RCC", "LCC", "RMLO", "LMLO"]
    assert window.strip.name.text() == "SMALL-1"
    assert "58 y" in window.strip.facts.text()
    assert "2024-03-12" in window.strip.facts.text()
    assert [i.label for i in window.thumbnails.infos] == ["RCC", "LCC", "RMLO", "LMLO"]


def test_mark_say_save_close_and_find_everything_again(qtbot, open_window, exam) -> None:
    window = open_window()
    hang(qtbot, window, exam)
    for spot in range(3):
        click_spot(window, 1, spot)
    session = window.desk.session
    assert len(session.reading.marks) == 3
    panel, card = window.finding_panel, window.follow_up_panel
    QTest.mouseClick(chip(panel.morphology, Morphology.FINE_PLEO), Qt.MouseButton.LeftButton)
    QTest.mouseClick(chip(panel.distribution, Distribution.GROUPED), Qt.MouseButton.LeftButton)
    assert card.action.text() == "After your own category"
    assert card.category.text() == "yours: not chosen"
    words = " ".join(label.text() for label in card.findChildren(QLabel) if label.isVisibleTo(card))
    assert re.findall(r"M1|[Mm]agnification|SJRA|suggested category", words) == []
    assert [link for link in card.findChildren(QPushButton) if link.isVisibleTo(card)] == [card.heading]
    QTest.mouseClick(chip(panel.assessment, Assessment.INCOMPLETE), Qt.MouseButton.LeftButton)
    assert card.action.text() == "Magnification views"
    assert card.row.text() == "row M1"
    assert card.category.text() == "yours 0  ·  suggested category 0"
    assert "3 marks" in panel.list.item(0).toolTip()
    assert "3 within 10 mm" in panel.measured.text()
    assert "at detector" in panel.measured.text()
    before = session.reading
    saved(qtbot, window)
    qtbot.waitUntil(lambda: window.strip.saved.text().startswith("saved "), timeout=5000)
    window.close()

    again = open_window()
    hang(qtbot, again, exam)
    assert again.desk.session.reading == before
    assert chip(again.finding_panel.morphology, Morphology.FINE_PLEO).isChecked()
    press(again.grid.active, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert again.desk.session.reading.findings[0].assessment is None


def test_a_second_click_takes_the_own_category_back(qtbot, open_window, exam) -> None:
    window = open_window()
    hang(qtbot, window, exam)
    press(window.grid.active, Qt.Key.Key_F)
    button = chip(window.finding_panel.assessment, Assessment.SUSPICIOUS)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert window.desk.session.current_finding.assessment is Assessment.SUSPICIOUS
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert window.desk.session.current_finding.assessment is None


def test_letters_are_text_in_the_comment_and_keys_again_on_the_image(qtbot, open_window, exam) -> None:
    window = open_window()
    hang(qtbot, window, exam)
    press(window.grid.active, Qt.Key.Key_F)
    comment = window.finding_panel.comment
    comment.setFocus()
    QTest.keyClicks(comment, "mighty B2 left")
    assert comment.toPlainText() == "mighty B2 left"
    assert not window.grid.active.inverted
    assert window.grid.active.voi.name == "Normal"
    press(comment, Qt.Key.Key_Escape)
    assert window.grid.isAncestorOf(QApplication.focusWidget())
    assert window.desk.session.current_finding.comment == "mighty B2 left"
    press(QApplication.focusWidget(), Qt.Key.Key_I)
    assert window.grid.active.inverted
    press(QApplication.focusWidget(), Qt.Key.Key_1)
    assert [v.voi.name for v in window.grid.shown] == ["Harder"] * 4


def test_a_comment_is_kept_after_a_pause_and_on_closing(qtbot, open_window, exam) -> None:
    window = open_window()
    hang(qtbot, window, exam)
    press(window.grid.active, Qt.Key.Key_F)
    comment = window.finding_panel.comment
    comment.setFocus()
    QTest.keyClicks(comment, "first")
    qtbot.waitUntil(lambda: window.desk.session.current_finding.comment == "first", timeout=5000)
    QTest.keyClicks(comment, " second")
    window.close()
    again = open_window()
    hang(qtbot, again, exam)
    assert again.desk.session.reading.findings[0].comment == "first second"


def test_tab_walks_findings_on_the_image_and_widgets_in_a_panel(qtbot, open_window, exam) -> None:
    window = open_window()
    hang(qtbot, window, exam)
    press(window.grid.active, Qt.Key.Key_F)
    press(window.grid.active, Qt.Key.Key_F)
    first, second = (f.id for f in window.desk.session.reading.findings)
    assert window.desk.session.current_finding_id == second
    press(window.grid.active, Qt.Key.Key_Tab)
    assert window.desk.session.current_finding_id == first
    press(window.grid.active, Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    assert window.desk.session.current_finding_id == second
    press(window.grid.active, Qt.Key.Key_F6)
    if isinstance(on_image := QApplication.focusWidget(), ChipButton):
        # the answers on an image come first, once there is room for them
        press(on_image, Qt.Key.Key_F6)
    assert QApplication.focusWidget() is window.finding_panel.new
    press(window.finding_panel.new, Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is window.finding_panel.remove
    assert window.desk.session.current_finding_id == second


def test_a_row_of_words_is_one_stop_with_arrows_and_space(qtbot, open_window, exam) -> None:
    window = open_window()
    hang(qtbot, window, exam)
    press(window.grid.active, Qt.Key.Key_F)
    row = window.finding_panel.distribution
    row.chip(Distribution.DIFFUSE).setFocus()
    press(row.chip(Distribution.DIFFUSE), Qt.Key.Key_Right)
    assert QApplication.focusWidget() is row.chip(Distribution.REGIONAL)
    press(row.chip(Distribution.REGIONAL), Qt.Key.Key_Space)
    assert window.desk.session.current_finding.distributions == (Distribution.REGIONAL,)


def test_a_chord_names_the_shape_and_gives_the_keyboard_back(qtbot, open_window, exam) -> None:
    window = open_window()
    hang(qtbot, window, exam)
    press(window.grid.active, Qt.Key.Key_F)
    press(window.grid.active, Qt.Key.Key_L)
    legend = QApplication.focusWidget()
    assert legend.isVisible()
    QTest.keyClicks(legend, "fp")
    assert window.desk.session.current_finding.morphology == (Morphology.FINE_PLEO,)
    assert legend.isVisible()
    QTest.keyClicks(legend, "gr")
    assert window.desk.session.current_finding.distributions == (Distribution.GROUPED,)
    press(legend, Qt.Key.Key_Return)
    assert not legend.isVisible()
    assert window.grid.isAncestorOf(QApplication.focusWidget())
    press(window.grid.active, Qt.Key.Key_L)
    press(legend, Qt.Key.Key_Escape)
    assert not legend.isVisible()
    assert window.desk.session.current_finding.distributions == (Distribution.GROUPED,)


def test_a_benign_preset_marks_and_names_in_one_act(qtbot, open_window, exam) -> None:
    window = open_window()
    hang(qtbot, window, exam)
    viewport = window.grid.viewports[1]
    at = viewport.widget_position(ImagePoint(column_of("L", SPOTS[0][0]), SPOTS[0][1]))
    qtbot.mouseMove(viewport, at.toPoint() + QPoint(3, 3))
    qtbot.mouseMove(viewport, at.toPoint())
    press(window.grid.active, Qt.Key.Key_B)
    QTest.keyClicks(QApplication.focusWidget(), "v")
    reading = window.desk.session.reading
    assert [f.morphology for f in reading.findings] == [(Morphology.VASCULAR,)]
    assert len(reading.marks) == 1
    press(window.grid.active, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.desk.session.reading.findings == ()


def test_macro_tool_delete_and_redo_by_key(qtbot, open_window, exam) -> None:
    window = open_window()
    hang(qtbot, window, exam)
    press(window.grid.active, Qt.Key.Key_M, Qt.KeyboardModifier.ShiftModifier)
    click_spot(window, 0, 0)
    assert [m.kind for m in window.desk.session.reading.marks] == [MarkKind.MACRO]
    press(window.grid.active, Qt.Key.Key_Delete)
    assert window.desk.session.reading.marks == ()
    control = Qt.KeyboardModifier.ControlModifier
    press(window.grid.active, Qt.Key.Key_Z, control)
    assert len(window.desk.session.reading.marks) == 1
    press(window.grid.active, Qt.Key.Key_Y, control)
    assert window.desk.session.reading.marks == ()


def test_files_that_cannot_be_opened_are_told_quietly_and_stop_nothing(qtbot, open_window, exam) -> None:
    (exam / "broken.dcm").write_bytes(b"\0" * 128 + b"DICM" + b"\xff" * 50)
    window = open_window()
    hang(qtbot, window, exam)
    assert window.worklist.problems.text() == "1 file could not be opened"
    assert QApplication.activeModalWidget() is None
    QTest.mouseClick(window.worklist.problems, Qt.MouseButton.LeftButton)
    assert window.problems.isVisible()
    assert "broken.dcm" in window.problems.list.item(0).text()
    QTest.mouseClick(window.problems.copy, Qt.MouseButton.LeftButton)
    copied = QGuiApplication.clipboard().text()
    assert copied.startswith("file 1.dcm\t")
    assert "broken" not in copied
    assert exam.name not in copied
    QTest.mouseClick(window.problems.copy_named, Qt.MouseButton.LeftButton)
    assert str(exam / "broken.dcm") in QGuiApplication.clipboard().text()


def test_an_image_that_fails_to_load_says_why_and_the_others_hang(qtbot, open_window, exam) -> None:
    window = open_window()
    listing = window.desk.workspace.list_images([exam])
    (exam / "LCC.dcm").unlink()
    window.desk.open_exam(window.desk.workspace.group_exams(listing.images)[0])
    viewports = window.grid.viewports
    qtbot.waitUntil(lambda: all(viewports[i].picture is not None for i in (0, 2, 3)), timeout=10_000)
    qtbot.waitUntil(lambda: any("LCC cannot be shown" in t for t in window.errors.texts), timeout=10_000)
    assert viewports[1].picture is None
    assert "LCC.dcm" in viewports[1].accessibleDescription()


def test_layouts_panels_and_images_only_by_key(qtbot, open_window, exam) -> None:
    window = open_window()
    hang(qtbot, window, exam)
    grid = window.grid

    def shown() -> int:
        return sum(v.isVisible() for v in grid.viewports)

    press(grid.active, Qt.Key.Key_H)
    assert shown() == 3
    press(grid.active, Qt.Key.Key_H)
    assert shown() == 2
    assert [v.picture.info.label for v in grid.viewports[:2]] == ["RCC", "LCC"]
    press(grid.active, Qt.Key.Key_H)
    assert shown() == 1
    press(grid.active, Qt.Key.Key_V)
    qtbot.waitUntil(lambda: grid.active.picture.info.label == "RMLO")
    press(grid.active, Qt.Key.Key_S)
    qtbot.waitUntil(lambda: grid.active.picture.info.label == "LMLO")
    press(grid.active, Qt.Key.Key_H)
    pictured(qtbot, window)
    press(grid.active, Qt.Key.Key_F11)
    parts = (window.worklist, window.thumbnails, window.finding_panel, window.strip, window.status)
    assert not any(part.isVisible() for part in parts)
    press(grid.active, Qt.Key.Key_F11)
    assert all(part.isVisible() for part in parts)
    press(grid.active, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert not window.worklist.isVisible()


def test_enter_on_a_small_picture_shows_it_in_the_active_pane(qtbot, open_window, exam) -> None:
    window = open_window()
    hang(qtbot, window, exam)
    window.thumbnails.list.setFocus()
    window.thumbnails.list.setCurrentRow(3)
    press(window.thumbnails.list, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.grid.viewports[0].picture.info.label == "LMLO")


def test_dropped_files_open(qtbot, open_window, exam) -> None:
    window = open_window()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(exam / "RCC.dcm")), QUrl.fromLocalFile(str(exam / "LCC.dcm"))])
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(400, 300), Qt.DropAction.CopyAction, data, left, none)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    drop = QDropEvent(QPointF(400, 300), Qt.DropAction.CopyAction, data, left, none)
    QApplication.sendEvent(window, drop)
    qtbot.waitUntil(lambda: window.desk.exam is not None, timeout=10_000)
    pictured(qtbot, window, 2)
    assert len(window.desk.exam.images) == 2


def test_another_exam_takes_the_old_pictures_down_and_its_reading_is_kept(
    qtbot, open_window, tmp_path, exam
) -> None:
    older = write_exam(tmp_path / "older", study="2.25.2", date="20220301")
    window = open_window()
    hang(qtbot, window, exam, older)
    assert window.desk.exam.date == "20240312"
    assert "prior 2022-03-01" in window.strip.facts.text()
    click_spot(window, 0, 0)
    reading = window.desk.session.reading
    press(window.grid.active, Qt.Key.Key_BracketLeft)
    qtbot.waitUntil(lambda: window.desk.exam.date == "20220301")
    shown = [v.picture for v in window.grid.viewports if v.picture is not None]
    assert all(p.info.study_instance_uid == "2.25.2" for p in shown)
    assert window.desk.session.reading.findings == ()
    assert not window.finding_panel.list.isVisible()
    pictured(qtbot, window)
    qtbot.waitUntil(lambda: "in progress" in spoken(window, 1), timeout=5000)
    press(window.grid.active, Qt.Key.Key_BracketRight)
    qtbot.waitUntil(lambda: window.desk.session.reading == reading)
    pictured(qtbot, window)


def test_listing_can_be_stopped_and_opens_nothing(qtbot, open_window, exam) -> None:
    window = open_window()
    window.open_paths([exam])
    window.desk.cancel_listing()
    qtbot.wait(300)
    assert window.desk.exam is None
    assert "Stopped" in window.status.message


def test_nothing_of_a_patient_is_remembered_between_sessions(qtbot, open_window, exam) -> None:
    window = open_window()
    hang(qtbot, window, exam)
    press(window.grid.active, Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
    window.close()
    kept = settings_path().with_name("window.ini").read_text()
    assert "SMALL" not in kept
    places = [line for line in kept.splitlines() if str(exam) in line]
    assert [line.partition("=")[0] for line in places] == ["last_places"]
    again = open_window()
    hang(qtbot, again, exam)
    assert not again.finding_panel.isVisible()


def test_the_status_line_tells_value_place_and_basis_at_the_pointer(qtbot, open_window, exam) -> None:
    window = open_window()
    hang(qtbot, window, exam)
    viewport = window.grid.viewports[1]
    at = viewport.widget_position(ImagePoint(100, 200)).toPoint()
    qtbot.mouseMove(viewport, at + QPoint(4, 4))
    qtbot.mouseMove(viewport, at)
    qtbot.waitUntil(lambda: window.status.pointer.text().startswith("value 1"))
    assert "mm at detector" in window.status.pointer.text()
    assert "zoom" in window.status.view.text()


def test_keys_and_about_open_beside_the_work_never_over_it(qtbot, open_window, exam) -> None:
    window = open_window()
    hang(qtbot, window, exam)
    press(window.grid.active, Qt.Key.Key_F1)
    help_window = window.key_commands._dialogs["keys"]
    assert help_window.isVisible()
    assert not help_window.isModal()
    help_window.close()
    window.actions_by_id["about"].trigger()
    about = window.window_commands._dialogs["about"]
    assert about.isVisible()
    assert QApplication.activeModalWidget() is None
    about.close()


def take_no_journal() -> None:
    """A file stands where the folder of the acts that wait would be."""
    waiting_dir().parent.mkdir(parents=True, exist_ok=True)
    waiting_dir().write_text("")


def test_an_unsaved_reading_keeps_its_exam_open(qtbot, open_window, tmp_path, exam, monkeypatch) -> None:
    from annotator.errors import StoreError

    take_no_journal()

    other = write_exam(tmp_path / "other", patient="SMALL-2", study="2.25.3")
    window = open_window()
    hang(qtbot, window, exam, other)
    real = window.desk.workspace.save

    def full(*_args, **_kwargs) -> int:
        raise StoreError("the disk is full; make room")

    monkeypatch.setattr(window.desk.workspace, "save", full)
    click_spot(window, 0, 0)
    current = window.desk.exam.study_instance_uid
    press(window.grid.active, Qt.Key.Key_PageDown)
    assert window.desk.exam.study_instance_uid == current
    qtbot.waitUntil(lambda: "not saved: the disk is full" in window.strip.saved.text(), timeout=5000)
    assert any("do not end it" in t for t in window.errors.texts)
    monkeypatch.setattr(window.desk.workspace, "save", real)
    press(window.grid.active, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    saved(qtbot, window)
    shutil.rmtree(other)


def test_an_image_that_fails_within_an_exam_leaves_what_was_seen(qtbot, open_window, exam) -> None:
    window = open_window()
    hang(qtbot, window, exam)
    qtbot.waitUntil(lambda: not window.desk._runner.busy("thumbnails"))
    (exam / "LMLO.dcm").write_bytes(b"gone")
    window.exam_view.shelf.clear()
    window.thumbnails.list.setFocus()
    window.thumbnails.list.setCurrentRow(3)
    press(window.thumbnails.list, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: any("LMLO cannot be shown" in t for t in window.errors.texts), timeout=5000)
    assert window.grid.viewports[0].picture.info.label == "RCC"
    press(window.grid.active, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: window.grid.viewports[0].picture.info.label == "LCC", timeout=5000)


def test_a_reading_that_cannot_be_opened_leaves_the_one_that_is(
    qtbot, open_window, tmp_path, exam, monkeypatch
) -> None:
    from annotator.errors import StoreError

    other = write_exam(tmp_path / "other", patient="SMALL-2", study="2.25.3")
    window = open_window()
    open_reading = window.desk.workspace.open_reading

    def locked(study: str, *more: object) -> object:
        if study == "2.25.3":
            raise StoreError("the database is locked; try again")
        return open_reading(study, *more)

    # from the start: the reading of a neighbour may be taken ahead as soon as the first exam hangs
    monkeypatch.setattr(window.desk.workspace, "open_reading", locked)
    hang(qtbot, window, exam, other)
    before = window.desk.session
    press(window.grid.active, Qt.Key.Key_PageDown)
    qtbot.waitUntil(lambda: any("the database is locked" in t for t in window.errors.texts))
    assert window.desk.session is before
    assert all(v.picture is not None for v in window.grid.shown)


def test_ctrl_o_asks_for_files_and_opens_what_was_chosen(qtbot, open_window, exam) -> None:
    window = open_window()
    press(window, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
    dialog = window.findChild(QFileDialog)
    assert dialog.isVisible()
    dialog.filesSelected.emit([str(exam / "RCC.dcm")])
    dialog.close()
    qtbot.waitUntil(lambda: window.desk.exam is not None, timeout=10_000)
    assert [i.label for i in window.desk.exam.images] == ["RCC"]


def test_the_sample_exams_open_from_the_empty_window(qtbot, open_window, sample_dicoms) -> None:
    if not any(sample_dicoms.rglob("*.dcm")):
        pytest.skip("this checkout holds no sample exams")
    window = open_window()
    buttons = {b.accessibleName(): b for b in window.findChildren(QPushButton)}
    QTest.mouseClick(buttons["Open the sample exam"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.desk.exam is not None, timeout=20_000)
    pictured(qtbot, window)
    assert len(window.desk.exams) == 4
    assert window.desk.prior_of(window.desk.exam) is not None


def test_what_was_said_of_one_exam_is_gone_with_it(qtbot, open_window, tmp_path, exam) -> None:
    other = write_exam(tmp_path / "other", patient="SMALL-2", study="2.25.3")
    window = open_window()
    hang(qtbot, window, exam, other)
    click_spot(window, 0, 0)
    assert window.status.message.startswith("diameter 0.")
    assert " ± " in window.status.message
    assert window.status.message.endswith(" mm, at detector")
    before = window.desk.exam
    press(window.grid.active, Qt.Key.Key_PageDown)
    qtbot.waitUntil(lambda: window.desk.exam is not before)
    assert window.status.message == "Opened SMALL-2. Alt+Left goes back to SMALL-1."
    pictured(qtbot, window)


def save_dialog(qtbot, window: MainWindow) -> QFileDialog:
    """The file dialog, in sight once the name to offer is known."""
    qtbot.waitUntil(lambda: any(d.isVisible() for d in window.findChildren(QFileDialog)), timeout=10_000)
    (dialog,) = (d for d in window.findChildren(QFileDialog) if d.isVisible())
    return dialog


def save_as(qtbot, window: MainWindow, path: Path) -> None:
    """Answer the file dialog."""
    dialog = save_dialog(qtbot, window)
    dialog.fileSelected.emit(str(path))
    dialog.close()


def come_back_to(qtbot, window: MainWindow) -> None:
    """What a desktop does when a dialog closes, and the offscreen platform does not."""
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.grid.active.setFocus()


def test_report_and_findings_are_saved_from_the_window_by_key(qtbot, open_window, tmp_path, exam) -> None:
    window = open_window()
    hang(qtbot, window, exam)
    click_spot(window, 0, 0)
    comment = window.finding_panel.comment
    comment.setFocus()
    QTest.keyClicks(comment, "half typed")
    control, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
    press(comment, Qt.Key.Key_S, control | shift)
    save_as(qtbot, window, tmp_path / "f.json")
    qtbot.waitUntil(lambda: "Findings saved as" in window.status.message, timeout=10_000)
    assert "half typed" in (tmp_path / "f.json").read_text(encoding="utf-8")
    come_back_to(qtbot, window)
    press(window.grid.active, Qt.Key.Key_P, control)
    assert "SMALL" not in "".join(save_dialog(qtbot, window).selectedFiles())
    save_as(qtbot, window, tmp_path / "r.html")
    qtbot.waitUntil(lambda: "Report saved as" in window.status.message, timeout=10_000)
    assert "half typed" in (tmp_path / "r.html").read_text(encoding="utf-8")
    assert not window.status.bar.isVisible()


def test_a_report_that_cannot_be_written_is_told_and_nothing_stops(
    qtbot, open_window, tmp_path, exam
) -> None:
    window = open_window()
    hang(qtbot, window, exam)
    press(window.grid.active, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier)
    save_as(qtbot, window, tmp_path / "no such folder" / "r.html")
    qtbot.waitUntil(lambda: any("r.html" in t for t in window.errors.texts), timeout=10_000)
    assert "saved as" not in window.status.message
    click_spot(window, 0, 0)
    assert len(window.desk.session.reading.marks) == 1


def button_of_question(window: MainWindow, text: str) -> QPushButton:
    (box,) = (b for b in window.findChildren(QMessageBox) if b.isVisible())
    return next(b for b in box.buttons() if text in b.text())


def test_acts_no_database_takes_can_be_kept_as_a_file_before_closing(
    qtbot, open_window, tmp_path, exam, monkeypatch
) -> None:
    from annotator.errors import StoreError

    take_no_journal()
    window = open_window()
    hang(qtbot, window, exam)

    def full(*_args, **_kwargs) -> int:
        raise StoreError("the disk is full; make room")

    monkeypatch.setattr(window.desk.workspace, "save", full)
    click_spot(window, 0, 0)
    qtbot.waitUntil(lambda: "the disk is full" in window.strip.saved.text(), timeout=5000)
    assert window.width() <= 1280
    assert not window.close()
    QTest.mouseClick(button_of_question(window, "Stay"), Qt.MouseButton.LeftButton)
    assert window.desk.session.unsaved_acts == 1
    assert not window.close()
    QTest.mouseClick(button_of_question(window, "JSON"), Qt.MouseButton.LeftButton)
    save_as(qtbot, window, tmp_path / "kept.json")
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=10_000)
    assert '"kind": "micro"' in (tmp_path / "kept.json").read_text(encoding="utf-8")


def test_a_second_window_on_one_reading_can_be_left_after_the_first_has_saved(
    qtbot, open_window, tmp_path, exam
) -> None:
    take_no_journal()
    other = write_exam(tmp_path / "other", patient="SMALL-2", study="2.25.3")
    first, second = open_window(), open_window()
    hang(qtbot, first, exam, other)
    hang(qtbot, second, exam, other)
    click_spot(first, 0, 0)
    saved(qtbot, first)
    click_spot(second, 0, 1)
    qtbot.waitUntil(lambda: "another window" in second.strip.saved.text(), timeout=5000)
    before = second.desk.exam
    come_back_to(qtbot, second)
    press(second.grid.active, Qt.Key.Key_PageDown)
    lose = "Lose 1 act"
    qtbot.waitUntil(lambda: any(b.text() == lose for b in bar_buttons(second.errors)), timeout=5000)
    assert second.desk.exam is before
    (button,) = (b for b in bar_buttons(second.errors) if b.text() == lose)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: second.desk.exam is not before, timeout=5000)
    pictured(qtbot, second)
    come_back_to(qtbot, second)
    press(second.grid.active, Qt.Key.Key_PageUp)
    qtbot.waitUntil(lambda: second.desk.session.reading == first.desk.session.reading, timeout=5000)


def test_the_next_exam_is_the_next_of_those_that_pass_the_filter(qtbot, open_window, tmp_path, exam) -> None:
    others = [write_exam(tmp_path / n, patient=f"SMALL-{n}", study=f"2.25.{n}") for n in ("2", "3", "4")]
    window = open_window()
    hang(qtbot, window, exam, *others)
    assert window.desk.exam.patient_key.startswith("SMALL-1")
    press(window.grid.active, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(QApplication.focusWidget(), "-3")
    press(QApplication.focusWidget(), Qt.Key.Key_Escape)
    press(window.grid.active, Qt.Key.Key_PageDown)
    qtbot.waitUntil(lambda: window.strip.name.text() == "SMALL-3", timeout=5000)
    press(window.grid.active, Qt.Key.Key_PageDown)
    qtbot.waitUntil(lambda: "no further exam" in window.status.message, timeout=5000)
    pictured(qtbot, window)


def loop_around(window: MainWindow, pane: int, margin: float = 20) -> list[QPoint]:
    viewport = window.grid.viewports[pane]
    side = str(viewport.picture.info.laterality)
    columns = [column_of(side, c) for c, _ in SPOTS]
    rows = [r for _, r in SPOTS]
    left, right = min(columns) - margin, max(columns) + margin
    top, bottom = min(rows) - margin, max(rows) + margin
    corners = ((left, top), (right, top), (right, bottom), (left, bottom), (left, top + 4))
    return [viewport.widget_position(ImagePoint(*c)).toPoint() for c in corners]


def test_a_cluster_is_selected_by_its_line_untied_by_delete_and_tied_again_by_undo(
    qtbot, open_window, exam
) -> None:
    window = open_window()
    hang(qtbot, window, exam)
    for spot in range(3):
        click_spot(window, 1, spot)
    viewport, session = window.grid.viewports[1], window.desk.session
    loop = loop_around(window, 1)
    drag(viewport, loop)
    tied = session.reading
    assert len(tied.clusters) == 1
    press(viewport, Qt.Key.Key_Escape)
    assert not window.actions_by_id["delete"].isEnabled()
    click(viewport, (loop[0] + loop[1]) / 2)
    assert session.reading == tied
    press(viewport, Qt.Key.Key_Delete)
    assert session.reading.clusters == ()
    assert session.reading.marks == tied.marks
    press(viewport, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert session.reading == tied


def test_marks_selected_by_a_loop_with_shift_go_to_a_new_finding_and_back_by_the_menu(
    qtbot, open_window, exam
) -> None:
    window = open_window()
    hang(qtbot, window, exam)
    for spot in range(3):
        click_spot(window, 1, spot)
    viewport, session = window.grid.viewports[1], window.desk.session
    shift = Qt.KeyboardModifier.ShiftModifier
    drag(viewport, loop_around(window, 1), keys=shift)
    assert session.reading.clusters == ()
    assert len(session.selected_marks) == 3
    press(viewport, Qt.Key.Key_F, shift)
    first, second = session.reading.findings
    assert {m.finding_id for m in session.reading.marks} == {second.id}
    click(viewport, QPoint(60, 200), RIGHT)
    menu = window.pointing.menu
    assert menu.isVisible()
    offered = {action.text(): action for action in menu.actions()}
    assert "Move selected marks to F2" not in offered
    assert {"Exam", "Mark", "View"} <= set(offered)
    menu.setActiveAction(offered["Move selected marks to F1"])
    press(menu, Qt.Key.Key_Return)
    assert {m.finding_id for m in session.reading.marks} == {first.id}
    press(viewport, Qt.Key.Key_Escape)
    click(viewport, QPoint(60, 200), RIGHT)
    assert not any(a.text().startswith("Move selected") for a in menu.actions())
    menu.close()


def test_marks_are_called_macro_and_micro_again_by_key_and_by_the_menu_of_a_mark(
    qtbot, open_window, exam
) -> None:
    window = open_window()
    hang(qtbot, window, exam)
    for spot in range(3):
        click_spot(window, 1, spot)
    viewport, session = window.grid.viewports[1], window.desk.session
    measured = [mark.measurement for mark in session.reading.marks]
    drag(viewport, loop_around(window, 1), keys=Qt.KeyboardModifier.ShiftModifier)
    press(viewport, Qt.Key.Key_M, Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ShiftModifier)
    assert [mark.kind for mark in session.reading.marks] == [MarkKind.MACRO] * 3
    assert [mark.measurement for mark in session.reading.marks] == measured
    assert session.undo_stack.undoText() == "Call 3 marks macrocalcifications"

    press(viewport, Qt.Key.Key_Escape)
    assert not window.actions_by_id["call_micro"].isEnabled()
    mark = session.reading.marks[1]
    click(viewport, viewport.widget_position(mark.point).toPoint(), RIGHT)
    assert session.selected_marks == {mark.id}
    menu = window.pointing.menu
    offered = {action.text(): action for action in menu.actions()}
    assert "Call selected marks macro" not in offered
    menu.setActiveAction(offered["Call selected marks micro"])
    press(menu, Qt.Key.Key_Return)
    assert [m.kind.value for m in session.reading.marks] == ["macro", "micro", "macro"]
    assert session.undo_stack.undoText() == "Call 1 mark a microcalcification"

    with qtbot.waitActive(window):
        window.activateWindow()
    viewport.setFocus()
    window.status.forget_message()
    press(viewport, Qt.Key.Key_M, Qt.KeyboardModifier.AltModifier)
    assert session.undo_stack.undoText() == "Call 1 mark a microcalcification"
    assert "already" in window.status.message
    window.show_panel("history")
    told = window.history.list
    qtbot.waitUntil(
        lambda: any("called 3 marks in F1 macro" in told.item(i).text() for i in range(told.count()))
    )
    for _ in range(2):
        press(viewport, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert {m.kind for m in session.reading.marks} == {MarkKind.MICRO}


def test_the_card_folds_in_a_low_window_until_the_reader_says_otherwise_and_that_is_kept(
    qtbot, open_window, exam
) -> None:
    window = open_window()
    hang(qtbot, window, exam)
    press(window.grid.active, Qt.Key.Key_F)
    card = window.follow_up_panel
    for part in (card.heading, card.action, card.row, card.category):
        assert part.isVisible()
    assert not card.because.isVisible()
    window.resize(1280, 960)
    qtbot.waitUntil(card.because.isVisible)
    window.resize(1280, 720)
    qtbot.waitUntil(lambda: not card.because.isVisible())
    QTest.mouseClick(card.heading, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(card.because.isVisible)
    window.close()
    again = open_window()
    hang(qtbot, again, exam)
    assert again.height() == 720
    qtbot.waitUntil(again.follow_up_panel.because.isVisible)


@pytest.mark.parametrize(("pane", "labels"), [(0, ["RCC", "LCC", "RMLO"]), (3, ["LMLO", "RMLO", "LCC"])])
def test_three_panes_show_the_active_image_large_on_its_side(qtbot, open_window, exam, pane, labels) -> None:
    window = open_window()
    hang(qtbot, window, exam)
    grid = window.grid
    click(grid.viewports[pane], QPoint(4, 4))
    QTest.mouseClick(window.strip.layouts[Layout.LARGE], Qt.MouseButton.LeftButton)
    large, upper, lower, fourth = grid.viewports[:4]
    qtbot.waitUntil(lambda: [v.picture.info.label for v in grid.viewports[:3]] == labels)
    qtbot.waitUntil(lambda: large.height() > 1.9 * upper.height())
    assert not fourth.isVisible()
    assert grid.active is large
    assert (large.x() < upper.x()) == (pane == 0)
    assert (upper.x(), upper.width()) == (lower.x(), lower.width())
    assert large.width() > upper.width()
    assert large.view.scale > upper.view.scale == lower.view.scale
    QTest.mouseClick(window.strip.layouts[Layout.FOUR], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: large.height() == upper.height() == lower.height() == fourth.height())
    assert [v.picture.info.label for v in grid.shown] == ["RCC", "LCC", "RMLO", "LMLO"]


def test_pictures_hang_before_the_database_answers_and_commands_wait_for_it(
    qtbot, open_window, exam, monkeypatch
) -> None:
    window = open_window()
    may_answer = threading.Event()
    open_reading = window.desk.workspace.open_reading

    def slow(uid: str, exam=None):
        may_answer.wait(10)
        return open_reading(uid, exam)

    monkeypatch.setattr(window.desk.workspace, "open_reading", slow)
    window.open_paths([exam])
    pictured(qtbot, window)
    assert window.desk.session is None
    assert window.strip.name.text() == "SMALL-1"
    press(window.grid.active, Qt.Key.Key_F)
    may_answer.set()
    qtbot.waitUntil(lambda: window.desk.session is not None, timeout=5000)
    assert len(window.desk.session.reading.findings) == 1
