"""Reports from the window by key: the file dialog, one finding, the clipboard, and opening what was saved."""

from __future__ import annotations

import io
import threading
from pathlib import Path

import pytest
from pypdf import PdfReader
from PySide6.QtCore import QObject, Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QFileDialog
from small_exam import write_exam
from test_window import click_spot, come_back_to, hang, press, save_as, save_dialog

from annotator.errors import StoreError
from annotator.model.pseudonym import Pseudonyms
from annotator.ui.main_window import MainWindow

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

CONTROL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


class Opened(QObject):
    """Stands in for the desktop."""

    def __init__(self) -> None:
        super().__init__()
        self.urls: list[QUrl] = []

    @Slot(QUrl)
    def show(self, url: QUrl) -> None:
        self.urls.append(url)


@pytest.fixture
def window(qtbot, open_window, tmp_path) -> MainWindow:
    """An exam with one finding of one mark."""
    window = open_window()
    hang(qtbot, window, write_exam(tmp_path / "exam"))
    click_spot(window, 0, 0)
    return window


def told(qtbot, window: MainWindow, words: str) -> None:
    qtbot.waitUntil(lambda: words in window.status.message, timeout=15_000)


def text_of(path: Path) -> str:
    pages = PdfReader(io.BytesIO(path.read_bytes())).pages
    return " ".join(" ".join(page.extract_text().split()) for page in pages)


def test_a_report_is_offered_as_pdf_page_or_text(qtbot, window, tmp_path) -> None:
    press(window.grid.active, Qt.Key.Key_P, CONTROL)
    dialog = save_dialog(qtbot, window)
    assert dialog.nameFilters() == ["PDF (*.pdf)", "Web page (*.html)", "Plain text (*.txt)"]
    assert dialog.defaultSuffix() == "pdf"
    dialog.filterSelected.emit("Plain text (*.txt)")
    assert dialog.defaultSuffix() == "txt"
    assert "SMALL" not in "".join(dialog.selectedFiles())
    save_as(qtbot, window, tmp_path / "r.pdf")
    told(qtbot, window, "Report saved as")
    text = text_of(tmp_path / "r.pdf")
    assert "NOT SIGNED - PRELIMINARY" in text
    assert "F1" in text
    assert "SMALL" not in text


def test_the_finding_in_hand_has_a_report_of_its_own(qtbot, window, tmp_path) -> None:
    press(window.grid.active, Qt.Key.Key_P, CONTROL | ALT)
    save_as(qtbot, window, tmp_path / "one.txt")
    told(qtbot, window, "Report saved as")
    assert "FINDING F1" in (tmp_path / "one.txt").read_text(encoding="ascii")


def test_the_patient_is_named_by_an_act_of_its_own(qtbot, window, tmp_path) -> None:
    window.actions_by_id["save_named_report"].trigger()
    assert "SMALL" not in "".join(save_dialog(qtbot, window).selectedFiles())
    save_as(qtbot, window, tmp_path / "named.txt")
    told(qtbot, window, "Report saved as")
    text = (tmp_path / "named.txt").read_text(encoding="ascii")
    assert "SMALL-1" in text
    assert "2024-03-12" in text


def test_the_text_goes_to_the_clipboard(qtbot, window) -> None:
    press(window.grid.active, Qt.Key.Key_C, CONTROL | SHIFT)
    told(qtbot, window, "Report copied as text")
    text = QGuiApplication.clipboard().text()
    assert text.startswith("BREAST CALCIFICATION REPORT")
    assert "SMALL" not in text
    assert not window.status.bar.isVisible()


def test_what_was_saved_is_opened_by_key(qtbot, window, tmp_path) -> None:
    desktop = Opened()
    QDesktopServices.setUrlHandler("file", desktop, "show")
    try:
        press(window.grid.active, Qt.Key.Key_O, CONTROL | ALT)
        told(qtbot, window, "No report was saved")
        press(window.grid.active, Qt.Key.Key_P, CONTROL)
        save_as(qtbot, window, tmp_path / "r.html")
        told(qtbot, window, "Report saved as")
        assert window.status.message.endswith("r.html; Ctrl+Alt+O opens it")
        come_back_to(qtbot, window)
        press(window.grid.active, Qt.Key.Key_O, CONTROL | ALT)
        assert [Path(url.toLocalFile()) for url in desktop.urls] == [tmp_path / "r.html"]
    finally:
        QDesktopServices.unsetUrlHandler("file")


def test_another_ending_is_refused_in_a_sentence(qtbot, window, tmp_path) -> None:
    press(window.grid.active, Qt.Key.Key_P, CONTROL)
    save_as(qtbot, window, tmp_path / "r.doc")
    qtbot.waitUntil(lambda: any("pdf, html, txt" in t for t in window.errors.texts), timeout=15_000)
    assert not (tmp_path / "r.doc").exists()


def test_a_server_that_says_nothing_holds_up_no_window(qtbot, window, monkeypatch) -> None:
    """The name is made up off the thread of the window; without one the dialog opens all the same."""
    workspace, answers = window.desk.workspace, threading.Event()
    asked_in: list[threading.Thread] = []

    def silent() -> Pseudonyms:
        asked_in.append(threading.current_thread())
        answers.wait(30)
        raise StoreError("the server says nothing")

    workspace.__dict__.pop("pseudonyms", None)
    monkeypatch.setattr(type(workspace), "pseudonyms", property(lambda _self: silent()))
    press(window.grid.active, Qt.Key.Key_P, CONTROL)
    qtbot.waitUntil(lambda: bool(asked_in))
    assert asked_in[0] is not threading.main_thread()
    assert not window.findChildren(QFileDialog)
    answers.set()
    assert [Path(one).name for one in save_dialog(qtbot, window).selectedFiles()] == ["report.pdf"]
