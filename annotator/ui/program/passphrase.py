"""The passphrase of an encrypted database, asked for before the window opens."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QThread, Signal
from PySide6.QtWidgets import QCheckBox, QDialog, QDialogButtonBox, QLabel, QLineEdit, QVBoxLayout

from annotator.errors import AnnotatorError, PassphraseWanted

WRONG = "This passphrase does not open it; type it again."
AT_HAND = "The passphrase in the keyring or in ANNOTATOR_DATABASE_KEY does not open it; type the right one."
KEEP = "With 'annotator key' the keyring of this computer keeps it, and it is not asked for again."


class _Trial(QThread):
    """Works the key out, which takes half a second. `ended` carries whether it opens, or the error."""

    ended = Signal(object)

    def __init__(self, path: Path, said: str, parent: QDialog) -> None:
        super().__init__(parent)
        self._path = path
        self._said = said

    def run(self) -> None:
        from annotator.store.encrypted import unlock  # noqa: PLC0415  with the modules of the database

        try:
            self.ended.emit(unlock(self._path, self._said))
        except AnnotatorError as error:
            self.ended.emit(error)


class PassphraseQuestion(QDialog):
    """Accepted once a passphrase opened the file at `path`; `why` is said first."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__()
        self.setWindowTitle("Encrypted database")
        self._path = path
        self._trial: _Trial | None = None
        words = QLabel(f"{path.name} is encrypted; its passphrase opens it.")
        words.setToolTip(str(path))
        words.setWordWrap(True)
        self.line = QLineEdit()
        self.line.setEchoMode(QLineEdit.EchoMode.Password)
        self.line.setAccessibleName("Passphrase")
        self.line.setPlaceholderText("Passphrase")
        self.shown = QCheckBox("Show it")
        self.shown.toggled.connect(self._show_letters)
        self.note = QLabel(why)
        self.note.setWordWrap(True)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Open | QDialogButtonBox.StandardButton.Cancel
        )
        self.opening = buttons.button(QDialogButtonBox.StandardButton.Open)
        buttons.button(QDialogButtonBox.StandardButton.Cancel).setText("Quit")
        self.opening.setEnabled(False)
        self.line.textChanged.connect(lambda text: self.opening.setEnabled(bool(text)))
        buttons.accepted.connect(self._try)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        for part in (words, self.line, self.shown, self.note, buttons):
            column.addWidget(part)
        self.setMinimumWidth(460)

    def _show_letters(self, shown: bool) -> None:
        self.line.setEchoMode(QLineEdit.EchoMode.Normal if shown else QLineEdit.EchoMode.Password)

    def _try(self) -> None:
        if self._trial is not None or not self.line.text():
            return
        self.note.setText("Opening ...")
        self.line.setEnabled(False)
        self.opening.setEnabled(False)
        self._trial = _Trial(self._path, self.line.text(), self)
        self._trial.ended.connect(self._tried)
        self._trial.start()

    def _tried(self, found: bool | AnnotatorError) -> None:
        assert self._trial is not None
        self._trial.wait()
        self._trial = None
        if found is True:
            self.accept()
            return
        self.note.setText(WRONG if found is False else str(found))
        self.line.setEnabled(True)
        self.opening.setEnabled(True)
        self.line.selectAll()
        self.line.setFocus()

    def reject(self) -> None:
        if self._trial is not None:
            self._trial.wait()
        super().reject()


def passphrase_was_told(database: str, locked: PassphraseWanted) -> bool:
    """Ask until a passphrase opens the database at a URL, or the reader gives up."""
    from annotator.store.address import file_of_encrypted  # noqa: PLC0415  with the modules of the database

    question = PassphraseQuestion(file_of_encrypted(database), AT_HAND if locked.wrong else KEEP)
    return question.exec() == QDialog.DialogCode.Accepted
