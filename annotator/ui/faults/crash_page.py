"""The report of a bug, to look at before anything is done with it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from annotator.private_files import write_private
from annotator.ui.asked_file import ask
from annotator.ui.icons import icon

PROMISE = (
    "This is the whole report: versions, code places and the names of the acts before. It holds no patient, no "
    "file, no image and nothing you typed. Nothing is sent; copy or save it and give it to the makers."
)
WIDTH_EMS, HEIGHT_LINES = 70, 30


class CrashPage(QDialog):
    """Not modal: the window goes on beside it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("What went wrong")
        self.setModal(False)
        self.words = _wrapped("")
        self.words.setProperty("role", "title")
        self.kept = _wrapped("")
        self.report = QPlainTextEdit()
        self.report.setReadOnly(True)
        self.report.setAccessibleName("Report without patient data")
        self.report.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.report.setTabChangesFocus(True)
        self.told = QLabel()
        self.told.setProperty("role", "dim")
        self.copy = _button("Copy", "copy", "Copy the report as text")
        self.save = _button("Save report...", "save", "Save the report as a text file")
        close = _button("Close", "x", "Back to the window")
        self.copy.clicked.connect(self._copy)
        self.save.clicked.connect(self._ask_where)
        close.clicked.connect(self.close)
        row = QHBoxLayout()
        row.addWidget(self.told, 1)
        for button in (self.copy, self.save, close):
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 14)
        column.setSpacing(10)
        for part in (self.words, self.kept, _wrapped(PROMISE), self.report):
            column.addWidget(part, int(part is self.report))
        column.addLayout(row)
        metrics = self.fontMetrics()
        self.resize(metrics.horizontalAdvance("M") * WIDTH_EMS, metrics.lineSpacing() * HEIGHT_LINES)

    def tell(self, words: str, kept: str, report: str) -> None:
        """Say in plain words what happened and what is kept, with the report beside it."""
        self.words.setText(words)
        self.kept.setText(kept)
        self.report.setPlainText(report)
        self.told.clear()
        self.show()
        self.raise_()
        self.activateWindow()
        self.copy.setFocus(Qt.FocusReason.PopupFocusReason)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.report.toPlainText())
        self.told.setText("Copied.")

    def _ask_where(self) -> None:
        dialog = QFileDialog(self, "Save report", str(Path.home()), "Text (*.txt)")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("txt")
        dialog.selectFile("mammogram-annotator-report.txt")
        dialog.fileSelected.connect(lambda chosen: self._save(Path(chosen)))
        ask(dialog)

    def _save(self, path: Path) -> None:
        try:
            write_private(path, self.report.toPlainText())
        except OSError as error:
            self.told.setText(f"Not saved: {error.strerror}; choose another place.")
        else:
            self.told.setText(f"Saved as {path.name}.")


def _wrapped(text: str) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    return label


def _button(text: str, shape: str, tip: str) -> QPushButton:
    button = QPushButton(icon(shape), text)
    button.setAccessibleName(text.rstrip("."))
    button.setToolTip(tip)
    return button
