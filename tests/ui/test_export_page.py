"""The page of export by real keys and clicks: forms, folder, names, proofs beside the files, many readings."""

from __future__ import annotations

import csv
import json
import stat
import sys
import threading
from pathlib import Path

import pytest
from pydicom import dcmread
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from small_exam import write_exam
from test_window import click_spot, hang, press

from annotator.exchange import seg, sr
from annotator.reporting.wanted import DICOM, PICTURES
from annotator.ui.desk.project_export import NO_READING
from annotator.ui.main_window import MainWindow
from annotator.ui.window.export_page import AT_WORK, BEHIND, NAMED, NO_EXAM, NO_FORM, ExportPage
from annotator.ui.window.export_project_page import IMAGES
from annotator.ui.window.kept_export import KeptExport

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def window(qtbot, open_window, tmp_path) -> MainWindow:
    """An exam with one finding of one mark."""
    window = open_window()
    hang(qtbot, window, write_exam(tmp_path / "exam"))
    click_spot(window, 0, 0)
    return window


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def page_of(window: MainWindow, *forms: str, out: Path | None = None) -> ExportPage:
    """The page, with only these forms ticked."""
    window.actions_by_id["export"].trigger()
    page = window.findChild(ExportPage)
    assert page is not None
    assert page.isVisible()
    for name, box in page.forms.boxes.items():
        box.setChecked(name in forms)
    if out is not None:
        page.folder.setText(str(out))
    return page


def export(qtbot, page: ExportPage) -> None:
    assert page.begin.isEnabled(), page.begin.toolTip()
    QTest.mouseClick(page.begin, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(page.words.text()) and not page.stop.isEnabled(), timeout=60_000)


def written(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_key_opens_the_page_over_the_exam_that_is_open(window) -> None:
    press(window.grid.active, Qt.Key.Key_E, CONTROL)
    page = window.findChild(ExportPage)
    assert page.isVisible()
    assert not page.isModal()
    assert page.subject.text() == "The exam that is open: 1 finding, 1 mark"
    assert [name for name, box in page.forms.boxes.items() if box.isChecked()] == ["sr", "json"]


def test_what_is_marked_meanwhile_is_counted(qtbot, window) -> None:
    page = page_of(window, "json")
    click_spot(window, 0, 1)
    qtbot.waitUntil(lambda: "2 marks" in page.subject.text(), timeout=5000)


def test_without_an_exam_only_many_readings_can_be_written(qtbot, open_window) -> None:
    page = page_of(open_window(), "json")
    assert page.subject.text() == NO_EXAM
    assert (page.begin.isEnabled(), page.begin.toolTip()) == (False, NO_EXAM)
    page.tabs.setCurrentWidget(page.many)
    assert page.begin.isEnabled()
    assert not page.many.which.model().item(1).isEnabled()


def test_a_form_has_to_be_ticked(window) -> None:
    page = page_of(window)
    assert (page.begin.isEnabled(), page.begin.toolTip()) == (False, NO_FORM)


def test_each_file_stands_with_its_proof_beside_it_and_names_nobody(qtbot, window, out) -> None:
    page = page_of(window, "sr", "json", "pdf", out=out)
    assert page.privacy.text() == BEHIND
    export(qtbot, page)
    assert page.words.text() == f"3 files written to {out}"
    name = window.desk.workspace.pseudonyms.exam(window.desk.exam.study_instance_uid)
    assert written(out) == [
        f"{name}-findings.json",
        f"{name}-findings.json.proof.json",
        f"{name}-report.pdf",
        f"{name}-sr.dcm",
        f"{name}-sr.dcm.proof.json",
    ]
    assert page.forms.results["sr"].text().startswith(f"{name}-sr.dcm: holds (read back")
    assert page.forms.results["json"].text() == f"{name}-findings.json: holds (read back)"
    assert page.forms.results["pdf"].text() == f"{name}-report.pdf: written"
    assert page.forms.results["seg"].text() == ""
    proof = json.loads((out / f"{name}-sr.dcm.proof.json").read_text())
    assert proof["holds"] is True
    for path in out.iterdir():
        assert b"SMALL" not in path.read_bytes()
        if sys.platform != "win32":
            assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_report_leaves_in_dicom_objects_too(qtbot, window, out) -> None:
    page = page_of(window, "dicom-pdf", "dicom-pages", out=out)
    export(qtbot, page)
    objects = [dcmread(path) for path in sorted(out.glob("*.dcm"))]
    assert {one.SOPClassUID.name for one in objects} == {
        "Encapsulated PDF Storage",
        "Secondary Capture Image Storage",
    }
    for form in ("dicom-pdf", "dicom-pages"):
        assert ": holds (read back" in page.forms.results[form].text()


def test_the_patient_is_named_only_where_that_is_asked_for_each_time(qtbot, window, out) -> None:
    page = page_of(window, "json", out=out)
    assert not page.named.isChecked()
    page.named.setChecked(True)
    assert (page.privacy.text(), page.begin.text()) == (NAMED, "&Export with the patient's name")
    export(qtbot, page)
    (path,) = (one for one in out.iterdir() if not one.name.endswith(".proof.json"))
    assert path.name.endswith("-named-findings.json")
    assert window.desk.exam.study_instance_uid in path.read_text()
    page.close()
    assert not page_of(window, "json").named.isChecked()


def test_a_proof_that_fails_is_told_beside_its_form_and_the_others_are_written(
    qtbot, window, out, monkeypatch
) -> None:
    monkeypatch.setattr(sr, "check", lambda _outgoing, _path: "the finding F1 is missing")
    page = page_of(window, "sr", "json", out=out)
    export(qtbot, page)
    assert "does not hold; read back: the finding F1 is missing" in page.forms.results["sr"].text()
    assert page.forms.results["sr"].property("role") == "warning"
    assert page.forms.results["json"].property("role") == "dim"
    assert page.words.text().endswith("not all is well, see beside each form")
    assert len(written(out)) == 4


def test_a_proof_that_fails_can_keep_its_file_from_being_written(
    qtbot, open_window, tmp_path, out, monkeypatch
) -> None:
    monkeypatch.setattr(sr, "check", lambda _outgoing, _path: "the finding F1 is missing")
    window = open_window(export_proof="block")
    hang(qtbot, window, write_exam(tmp_path / "exam"))
    click_spot(window, 0, 0)
    page = page_of(window, "sr", out=out)
    export(qtbot, page)
    assert "was not written" in page.forms.results["sr"].text()
    assert written(out) == []


def test_a_folder_that_is_not_there_is_told_once(qtbot, window, tmp_path) -> None:
    page = page_of(window, "sr", "json", out=tmp_path / "none")
    export(qtbot, page)
    assert page.words.text() == f"There is no folder {tmp_path / 'none'}; choose one that is there."
    assert page.forms.results["sr"].text() == "not written"


def test_writing_can_be_stopped_and_what_was_written_stays(qtbot, window, out, monkeypatch) -> None:
    begun, stopped = threading.Event(), threading.Event()

    def slow(outgoing, folder):
        begun.set()
        stopped.wait(60)
        return ()

    monkeypatch.setattr(seg, "write", slow)
    page = page_of(window, "sr", "seg", "json", out=out)
    page.stop.clicked.connect(stopped.set)
    QTest.mouseClick(page.begin, Qt.MouseButton.LeftButton)
    assert (page.begin.isEnabled(), page.begin.toolTip()) == (False, AT_WORK)
    qtbot.waitUntil(begun.is_set, timeout=60_000)
    QTest.mouseClick(page.stop, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.words.text().startswith("Stopped."), timeout=5000)
    assert page.forms.results["seg"].text() == "not written"
    assert page.begin.isEnabled()
    assert not page.progress.isVisible()
    qtbot.waitUntil(lambda: not any(one.endswith(".part") for one in written(out)), timeout=5000)
    assert [one.rpartition("-")[2] for one in written(out)] == ["sr.dcm", "sr.dcm.proof.json"]


def test_forms_and_folder_are_there_the_next_time(qtbot, open_window, tmp_path, window, out) -> None:
    page = page_of(window, "json", out=out)
    page.many.boxes["coco"].setChecked(True)
    export(qtbot, page)
    window.close()
    again = open_window()
    again.actions_by_id["export"].trigger()
    page = again.findChild(ExportPage)
    assert page.forms.chosen == ("json",)
    assert page.many.chosen == ("csv", "coco")
    assert page.folder.text() == str(out)


def test_a_folder_named_after_the_patient_is_not_remembered(qtbot, window, tmp_path) -> None:
    folder = tmp_path / "SMALL-1"
    folder.mkdir()
    export(qtbot, page_of(window, "json", out=folder))
    file = window.places.file
    assert "SMALL" not in file.read_text()
    assert KeptExport(file, lambda _path: True).folder == Path.home()


def test_a_damaged_memory_of_choices_is_no_hindrance(tmp_path) -> None:
    file = tmp_path / "window.ini"
    file.write_text("[General]\nexport_forms=[[[\nexport_folder=@Invalid()\n")
    kept = KeptExport(file, lambda _path: True)
    assert (kept.forms, kept.project_forms, kept.folder) == ((), ("csv",), Path.home())


def test_the_folder_is_chosen_in_a_dialog(qtbot, window, out) -> None:
    page = page_of(window, "json")
    QTest.mouseClick(page.choose, Qt.MouseButton.LeftButton)
    (dialog,) = (one for one in page.findChildren(QFileDialog) if one.isVisible())
    dialog.selectFile(str(out))
    dialog.fileSelected.emit(str(out))
    dialog.done(0)
    assert page.folder.text() == str(out)


def test_escape_closes_the_page_and_leaves_the_window(qtbot, window) -> None:
    page = page_of(window, "json")
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow, timeout=5000)
    press(page, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not page.isVisible(), timeout=5000)
    assert window.isVisible()


def test_all_readings_become_tables_in_a_folder_of_their_own(qtbot, window, out) -> None:
    qtbot.waitUntil(lambda: window.desk.session.unsaved_acts == 0, timeout=5000)
    page = page_of(window, out=out)
    page.tabs.setCurrentWidget(page.many)
    export(qtbot, page)
    (made,) = out.iterdir()
    assert page.words.text() == f"1 reading of 1 exam written to {made}"
    with (made / "marks.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 1
    assert "Not in it: The images themselves." in page.many.details.text()
    assert all(b"SMALL" not in path.read_bytes() for path in made.rglob("*") if path.is_file())


def test_a_folder_in_which_it_goes_on_is_kept_before_the_end(qtbot, window, out) -> None:
    """Whoever loses power finds it on the page at the next start; a complete one is not offered."""
    qtbot.waitUntil(lambda: window.desk.session.unsaved_acts == 0, timeout=5000)
    page = page_of(window, out=out)
    page.tabs.setCurrentWidget(page.many)
    kept: list[Path] = []

    def look(_folder: Path) -> None:
        kept.append(KeptExport(window.places.file, lambda _folder: True).folder)

    window.exporting_commands.project.began.connect(look)
    export(qtbot, page)
    (made,) = out.iterdir()
    assert kept == [made]
    assert KeptExport(window.places.file, lambda _folder: True).folder == out


def test_an_empty_database_is_said_and_leaves_nothing(qtbot, open_window, out) -> None:
    page = page_of(open_window(), out=out)
    page.tabs.setCurrentWidget(page.many)
    export(qtbot, page)
    assert page.words.text() == NO_READING
    assert written(out) == []


def test_parts_have_to_come_to_a_hundred_and_need_a_form_of_many(window, out) -> None:
    page = page_of(window, out=out)
    page.tabs.setCurrentWidget(page.many)
    many = page.many
    many.split.setChecked(True)
    assert page.begin.isEnabled()
    many.shares[0].setValue(60)
    assert page.begin.toolTip() == "The parts have to come to 100 per cent"
    many.shares[0].setValue(70)
    many.boxes["csv"].setChecked(False)
    many.boxes["sr"].setChecked(True)
    assert page.begin.toolTip() == "Images and parts go with a form of all together: tick one"


def test_images_go_along_as_what_was_chosen(qtbot, window, out) -> None:
    assert [form for _, form in IMAGES if form] == list(PICTURES)
    qtbot.waitUntil(lambda: window.desk.session.unsaved_acts == 0, timeout=5000)
    page = page_of(window, out=out)
    page.tabs.setCurrentWidget(page.many)
    page.many.images.setCurrentIndex(page.many.images.findData(DICOM))
    page.many.boxes["yolo"].setChecked(True)
    assert page.begin.toolTip().startswith("YOLO reads no DICOM")
    page.many.boxes["yolo"].setChecked(False)
    export(qtbot, page)
    (made,) = out.iterdir()
    assert len(list((made / "images" / "all").glob("*.dcm"))) == len(window.desk.exam.images)
    assert all(b"SMALL" not in path.read_bytes() for path in made.rglob("*") if path.is_file())


def test_two_forms_of_the_same_files_are_not_both_ticked(window) -> None:
    many = page_of(window).many
    many.boxes["yolo"].setChecked(True)
    many.boxes["yolo-seg"].setChecked(True)
    assert not many.boxes["yolo"].isChecked()
