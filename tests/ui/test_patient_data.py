"""What of a patient leaves the window: nothing, unless it is asked for by name."""

from __future__ import annotations

import stat
from pathlib import Path

import pydicom
import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractItemView, QFileDialog
from small_exam import write_exam
from test_window import click_spot, hang, press

from annotator.model.audit import AuditAct
from annotator.settings import keep_setting, settings_path
from annotator.store.store import Store
from annotator.ui.asked_file import ask
from annotator.ui.main_window import MainWindow

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def exam(tmp_path: Path) -> Path:
    """Of somebody with a name, in a folder that says so."""
    folder = write_exam(tmp_path / "QUIXANO_Dulcinea")
    for file in folder.glob("*.dcm"):
        image = pydicom.dcmread(file)
        image.PatientName, image.PatientID, image.PatientBirthDate = "QUIXANO^DULCINEA", "MRN7734", "19610823"
        image.save_as(file)
    return folder


def titled(window: MainWindow, *, wanted: bool) -> str:
    window.key_commands._setting_changed(
        "patient_in_title", keep_setting(window.desk.workspace.settings, "patient_in_title", wanted)
    )
    return window.windowTitle()


def test_the_title_says_whose_exam_it_is_only_where_that_is_wanted(qtbot, open_window, exam) -> None:
    window = open_window()
    hang(qtbot, window, exam)
    assert window.windowTitle() == "Mammogram Annotator"
    assert titled(window, wanted=True).startswith("MRN7734, ")
    window.names.set_hidden(True)
    assert window.windowTitle().startswith("Patient 1, ")
    assert titled(window, wanted=False) == "Mammogram Annotator"


def test_ctrl_c_in_a_list_copies_nothing_and_says_what_does(qtbot, open_window, exam) -> None:
    window = open_window()
    hang(qtbot, window, exam)
    clipboard = QGuiApplication.clipboard()
    clipboard.setText("mine")
    tried = []
    for view in window.findChildren(QAbstractItemView):
        if view.isVisible() and view.model() is not None and view.model().rowCount():
            view.setFocus()
            view.setCurrentIndex(view.model().index(view.model().rowCount() - 1, 0))
            press(view, Qt.Key.Key_C, CONTROL)
            tried.append(view.accessibleName())
    assert "Worklist" in tried
    assert clipboard.text() == "mine"
    assert "Nothing was copied. Ctrl+Shift+C copies the report" in window.status.message


def test_what_is_copied_by_name_names_nobody(qtbot, open_window, exam) -> None:
    window = open_window()
    hang(qtbot, window, exam)
    click_spot(window, 0, 0)
    session = window.desk.session
    assert session is not None
    finding = session.current_finding
    assert finding is not None
    session.describe(finding.id, "Comment", comment="Dulcinea was here on 23.8.1961")
    press(window.grid.active, Qt.Key.Key_C, CONTROL | SHIFT)
    qtbot.waitUntil(lambda: "Report copied" in window.status.message, timeout=15_000)
    text = QGuiApplication.clipboard().text()
    assert "*** was here on ***" in text
    assert "ulcinea" not in text
    assert window.desk.workspace.pseudonyms.exam(session.exam.study_instance_uid) in text


def test_a_folder_named_after_the_patient_is_not_remembered(qtbot, open_window, exam, tmp_path) -> None:
    window = open_window()
    hang(qtbot, window, exam)
    assert window.recent.places == ()
    window.close()
    assert "QUIXANO" not in settings_path().with_name("window.ini").read_text(encoding="utf-8")


def test_a_dialog_leaves_no_folder_in_the_settings_of_qt(qtbot, open_window, tmp_path) -> None:
    window = open_window()
    shared = QSettings(QSettings.Scope.UserScope, "QtProject")
    shared.setValue("FileDialog/lastVisited", "file:///before")
    shared.remove("FileDialog/history")
    shared.sync()
    folder = tmp_path / "QUIXANO"
    folder.mkdir()
    dialog = QFileDialog(window, "Open", str(folder))
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    gone: list[object] = []
    ask(dialog)
    dialog.destroyed.connect(lambda: gone.append(True))
    dialog.accept()
    qtbot.waitUntil(lambda: bool(gone), timeout=5000)
    again = QSettings(QSettings.Scope.UserScope, "QtProject")
    assert again.value("FileDialog/lastVisited") == "file:///before"
    assert not again.value("FileDialog/history")
    assert "QUIXANO" not in Path(again.fileName()).read_text(encoding="utf-8")


def test_what_was_opened_is_noted_with_no_name(qtbot, open_window, exam, tmp_path) -> None:
    window = open_window()
    hang(qtbot, window, exam)
    window.runner.flush()
    store = Store.open(f"sqlite:///{tmp_path / 'r.db'}")
    (entry,) = [one for one in store.audit() if one.act is AuditAct.OPENED]
    store.close()
    assert window.desk.exam is not None
    assert entry.study_instance_uid == window.desk.exam.study_instance_uid
    assert entry.who == "anna"
    assert "QUIXANO" not in repr(entry)


def test_the_places_of_the_window_are_its_owners_only(qtbot, open_window) -> None:
    window = open_window()
    window.close()
    file = settings_path().with_name("window.ini")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
