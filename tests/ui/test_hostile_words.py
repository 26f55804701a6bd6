"""What a header or a path says is never taken for markup, and names that are hidden are nowhere."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom import dcmread
from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject
from PySide6.QtGui import QAccessible, QAction, Qt
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QApplication, QComboBox, QLabel
from small_exam import write_exam

from annotator.hanging import Layout
from annotator.ui.main_window import MainWindow
from annotator.ui.words.corner_text import all_words

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

EVIL = "<img src=x>&amp;<b>Evil"
ROLES = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole,
         Qt.ItemDataRole.AccessibleDescriptionRole, Qt.ItemDataRole.StatusTipRole)  # fmt: skip
TEXTS = (
    "PatientID", "PatientName", "SeriesDescription", "StudyDescription", "ProtocolName", "Manufacturer", "OperatorsName",
    "ManufacturerModelName", "InstitutionName", "InstitutionAddress", "DeviceSerialNumber", "DetectorID",
    "PartialViewDescription", "AcquisitionDeviceProcessingDescription", "ReasonForTheRequestedProcedure", "StationName",
)  # fmt: skip


def write_strange(folder: Path, text: str, patient: str) -> Path:
    with warnings.catch_warnings():
        # longer than their kinds of value may be, as files are
        warnings.simplefilter("ignore")
        _write_strange(folder, text, patient)
    return folder


def _write_strange(folder: Path, text: str, patient: str) -> None:
    write_exam(folder, patient=patient)
    for path in folder.iterdir():
        dataset = dcmread(path)
        for name in TEXTS:
            if name not in ("PatientID", "PatientName"):
                setattr(dataset, name, text)
        dataset.PatientID, dataset.PatientName = patient, patient
        dataset.WindowCenterWidthExplanation = [text, "Harder"]
        dataset.ViewCodeSequence[0].CodeMeaning = text
        dataset.BreastImplantPresent, dataset.PartialView = "YES", "YES"
        if path.stem == "RMLO":
            # nothing but words tells side and view
            del dataset.ViewCodeSequence, dataset.ViewPosition, dataset.ImageLaterality
        if path.stem == "LMLO":
            dataset.ViewPosition = text[:16]
            del dataset.ViewCodeSequence
        dataset.save_as(path)
    (folder / f"{text.replace('/', '')}.dcm").write_bytes(b"DICM, but nothing else")


def rows_of(model: QAbstractItemModel, parent: QModelIndex) -> Iterator[QModelIndex]:
    for row in range(model.rowCount(parent)):
        index = model.index(row, 0, parent)
        while index.isValid():
            yield index
            yield from rows_of(model, index)
            index = index.siblingAtColumn(index.column() + 1)


def marked_up(window: MainWindow) -> Iterator[tuple[str, str]]:
    """Texts that Qt would show as markup, with what shows them."""
    for widget in QApplication.allWidgets():
        tip = widget.toolTip()
        if Qt.mightBeRichText(tip):
            yield f"tooltip of {type(widget).__name__}", tip
        if isinstance(widget, QLabel):
            plain = widget.textFormat() == Qt.TextFormat.PlainText
            if not plain and Qt.mightBeRichText(widget.text()):
                yield f"label in {type(widget.parent()).__name__}", widget.text()
        if isinstance(widget, QAbstractItemView) and widget.model() is not None:
            for index in rows_of(widget.model(), QModelIndex()):
                tip = str(index.data(Qt.ItemDataRole.ToolTipRole) or "")
                if Qt.mightBeRichText(tip):
                    yield f"tooltip of a row of {type(widget).__name__}", tip
    for action in window.findChildren(QAction):
        if Qt.mightBeRichText(action.toolTip()):
            yield f"action {action.objectName()}", action.toolTip()


def every_word(root: QObject) -> Iterator[tuple[str, str]]:
    """Whatever the window says anywhere, with what says it."""
    widgets = QApplication.allWidgets()
    for widget in widgets:
        name = f"{type(widget).__name__} {widget.objectName()}"
        yield f"{name} tooltip", widget.toolTip()
        yield f"{name} title", widget.windowTitle()
        yield f"{name} accessible", f"{widget.accessibleName()} {widget.accessibleDescription()}"
        yield f"{name} tip", f"{widget.statusTip()} {widget.whatsThis()}"
        if isinstance(widget, QLabel | QAbstractButton):
            yield name, widget.text()
        if hasattr(widget, "toPlainText"):
            yield name, widget.toPlainText()
        if isinstance(widget, QComboBox):
            yield name, " ".join(widget.itemText(at) for at in range(widget.count()))
        if isinstance(widget, QAbstractItemView) and widget.model() is not None:
            for index in rows_of(widget.model(), QModelIndex()):
                yield f"{name} row", " ".join(str(index.data(role) or "") for role in ROLES)
        interface = QAccessible.queryAccessibleInterface(widget)
        if interface is not None:
            yield f"{name} read aloud", interface.text(QAccessible.Text.Name)
            yield f"{name} read aloud", interface.text(QAccessible.Text.Description)
    for action in root.findChildren(QAction):
        yield f"action {action.objectName()}", f"{action.text()} {action.toolTip()} {action.statusTip()}"


def opened(open_window, qtbot, folder: Path, **settings: str) -> MainWindow:
    window = open_window(**settings)
    window.open_paths([folder])
    qtbot.waitUntil(lambda: len([v for v in window.grid.shown if v.picture is not None]) >= 3, timeout=20_000)
    qtbot.waitUntil(lambda: window.problems.list.count() == 1, timeout=20_000)
    return window


def test_words_of_files_are_shown_as_they_are_and_never_as_markup(open_window, qtbot, tmp_path: Path):
    folder = write_strange(tmp_path / EVIL.replace("/", ""), EVIL, EVIL)
    window = opened(open_window, qtbot, folder)
    window.errors.show_error(f"{EVIL} cannot be read")
    window.status.show_message(f"{EVIL} cannot be read")
    window.hanging_commands.explain_hanging()
    qtbot.wait(50)
    found = [(where, text) for where, text in marked_up(window) if "Evil" in text and "&lt;" not in text]
    for popup in QApplication.topLevelWidgets():
        if popup is not window:
            popup.close()
    assert found == []
    # the search below looks at something
    assert any("Evil" in text for _where, text in every_word(window))


NAME, PATIENT = "Zzyzx^Hortensia", "PIDQ7781"
STUDY = "2.25.770077007700"


def test_hidden_names_are_nowhere_in_the_window(open_window, qtbot, tmp_path: Path):
    folder = write_named(tmp_path / "exam")
    window = opened(open_window, qtbot, folder)
    assert any(PATIENT in text for _where, text in every_word(window))
    window.worklist.filter.setText(PATIENT)
    window.status.show_message(f"Opened {PATIENT}")
    window.actions_by_id["hide_names"].trigger()
    window.hanging_commands.explain_hanging()
    window.show_panel("problems")
    qtbot.wait(50)
    told = [(where, text) for where, text in every_word(window) if leaks(text)]
    for popup in QApplication.topLevelWidgets():
        if popup is not window:
            popup.close()
    assert told == []
    drawn = " ".join(
        " ".join(all_words(viewport.picture, viewport.words.beside))
        for viewport in window.grid.shown
        if viewport.picture
    )
    assert "Patient" in drawn
    assert not leaks(drawn)


def test_nothing_of_a_patient_is_kept_but_where_it_is_said(
    open_window, qtbot, tmp_path: Path, own_home: Path
):
    folder = write_named(tmp_path / "exam")
    window = opened(open_window, qtbot, folder)
    window.worklist.filter.setText(PATIENT)
    window.hanging_commands.use_layout(Layout.PAIR)
    window.actions_by_id["next_image"].trigger()
    qtbot.wait(2500)
    window.close()
    kept = [path for path in own_home.rglob("*") if path.is_file()]
    names = {path.name for path in kept}
    assert "window.ini" in names
    for path in kept:
        content = path.read_bytes()
        if path.name.startswith("headers.sqlite"):
            continue
        for secret in (b"Zzyzx", b"Hortensia", PATIENT.encode(), STUDY.encode(), b"OPERATORQ", b"CLINICQ"):
            assert secret not in content, f"{secret!r} is kept in {path.name}"


def write_named(folder: Path) -> Path:
    write_exam(folder, patient=PATIENT, study=STUDY)
    for path in folder.iterdir():
        dataset = dcmread(path)
        dataset.PatientName, dataset.OperatorsName, dataset.InstitutionName = NAME, "OPERATORQ", "CLINICQ"
        dataset.PatientBirthDate = "19410719"
        dataset.save_as(path)
    (folder / "broken.dcm").write_bytes(b"DICM, but nothing else")
    return folder


def leaks(text: str) -> bool:
    secrets = (PATIENT, "Zzyzx", "Hortensia", "1941", STUDY)
    return any(secret.casefold() in text.casefold() for secret in secrets)
