"""The page on which readings are written for other programs: what, where to, and what was found of each file."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QDesktopServices, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from annotator.jobs import Progress
from annotator.ui.asked_file import ask
from annotator.ui.desk.exporting import Asked, Exporting, all_forms
from annotator.ui.desk.project_export import ProjectExport
from annotator.ui.window.export_forms import USUAL, ExportForms
from annotator.ui.window.export_project_page import ExportProjectPage
from annotator.ui.window.kept_export import KeptExport
from annotator.ui.window.long_work import Pace

BEHIND = "Nothing that is written says who the patient is: names, numbers, dates and UIDs are made up, the same in all files."
NAMED = (
    "Whoever gets these files knows who the patient is: name, number, dates and UIDs of the exam are in them."
)
NO_EXAM = "No exam is open. Open one to write what was said of it."
NOTHING_SAID = "Nothing is marked or described yet; what is written will say so."
NO_FORM, NO_FOLDER, AT_WORK = "Tick a form first", "Choose a folder first", "Something is being written"


class ExportPage(QDialog):
    """Not modal: the reading goes on. `exam_wanted` and `project_wanted` carry what to write.

    Whether the patient is named is asked each time: it is never remembered.
    """

    exam_wanted = Signal(object)
    project_wanted = Signal(object)

    def __init__(
        self,
        exporting: Exporting,
        project: ProjectExport,
        kept: KeptExport,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export")
        self.setModal(False)
        self.resize(880, 660)
        self._exporting, self._project, self._kept = exporting, project, kept
        self._there = False
        self._pace = Pace()
        self.subject = QLabel()
        self.subject.setProperty("role", "title")
        self.forms = ExportForms(all_forms(), kept.forms or USUAL)
        self.many = ExportProjectPage(kept.project_forms)
        self.tabs = QTabWidget()
        self.tabs.setAccessibleName("What is written")
        self.folder = QLineEdit(str(kept.folder))
        self.folder.setAccessibleName("Folder to write to")
        self.choose = QPushButton("&Choose...")
        self.named = QCheckBox("With the patient's &name, number, dates and UIDs")
        self.privacy = QLabel()
        self.privacy.setWordWrap(True)
        self.progress = QProgressBar()
        self.progress.setAccessibleName("How far the export is")
        self.progress.setTextVisible(False)
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.open_folder = QPushButton("&Open folder")
        self.stop = QPushButton("&Stop")
        self.begin = QPushButton("&Export")
        self.begin.setDefault(True)
        self._place()
        self._wire()
        self.show_subject(None)
        self._show_privacy()
        self._show_progress(None)

    def show_subject(self, words: str | None, *, nothing_said: bool = False) -> None:
        """What would be written of the open exam, in words; None where none is open."""
        self._there = words is not None
        said = NOTHING_SAID if nothing_said else ""
        self.subject.setText(" ".join(filter(None, (words or NO_EXAM, said))))
        self.many.show_open(there=self._there)
        self._show_ready()

    def showEvent(self, event: QShowEvent) -> None:
        """A patient is named only where that is asked for this time."""
        if not self._busy:
            self.named.setChecked(False)
        super().showEvent(event)

    @property
    def _busy(self) -> bool:
        return self._exporting.busy or self._project.busy

    @property
    def _one_exam(self) -> bool:
        return self.tabs.currentIndex() == 0

    def _place(self) -> None:
        held = QWidget()
        rows = QVBoxLayout(held)
        rows.setContentsMargins(10, 10, 10, 10)
        rows.addWidget(self.subject)
        rows.addWidget(self.forms)
        rows.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setWidget(held)
        self.tabs.addTab(scroll, "This exam")
        self.tabs.addTab(self.many, "Many readings")
        column = QVBoxLayout(self)
        column.addWidget(self.tabs, 1)
        where = QHBoxLayout()
        where.addWidget(QLabel("Into"))
        where.addWidget(self.folder, 1)
        where.addWidget(self.choose)
        column.addLayout(where)
        for widget in (self.named, self.privacy, self.progress, self.words):
            column.addWidget(widget)
        row = QHBoxLayout()
        row.addWidget(self.open_folder)
        row.addStretch(1)
        row.addWidget(self.stop)
        row.addWidget(self.begin)
        column.addLayout(row)

    def _wire(self) -> None:
        for changed in (
            self.forms.changed,
            self.many.changed,
            self.folder.textChanged,
            self.tabs.currentChanged,
        ):
            changed.connect(self._show_ready)
        self.choose.clicked.connect(self._ask_for_folder)
        self.named.toggled.connect(self._show_privacy)
        self.tabs.currentChanged.connect(self._forget_end)
        self.begin.clicked.connect(self._begin)
        self.stop.clicked.connect(self._exporting.cancel)
        self.stop.clicked.connect(self._project.cancel)
        self.open_folder.clicked.connect(self._open_folder)
        self._exporting.progress.connect(self._show_progress)
        self._exporting.outcome.connect(self.forms.show_outcome)
        self._exporting.ended.connect(self._show_end)
        self._project.progress.connect(self._show_progress)
        # also where the program is killed: the next start offers the folder in which it goes on
        self._project.began.connect(self._keep)
        self._project.ended.connect(self._show_project)

    def _begin(self) -> None:
        folder = Path(self.folder.text().strip()).expanduser()
        self._keep(folder)
        self._show_end("")
        self._pace = Pace()
        self.many.details.clear()
        if self._one_exam:
            self.forms.begin()
            self.exam_wanted.emit(Asked(self.forms.chosen, folder, self.named.isChecked()))
        else:
            self.project_wanted.emit(self.many.asked(folder, identified=self.named.isChecked()))

    def _keep(self, folder: Path) -> None:
        self._kept.keep(self.forms.chosen, self.many.chosen, folder)

    def _show_ready(self) -> None:
        if self._one_exam:
            why = "" if self.forms.chosen else NO_FORM
            why = why if self._there else NO_EXAM
        else:
            why = self.many.unready
        if not why:
            why = AT_WORK if self._busy else "" if self.folder.text().strip() else NO_FOLDER
        self.begin.setEnabled(not why)
        self.begin.setToolTip(why)

    def _show_privacy(self) -> None:
        named = self.named.isChecked()
        _say(self.privacy, NAMED if named else BEHIND, "warning" if named else "dim")
        self.begin.setText("&Export with the patient's name" if named else "&Export")

    def _show_progress(self, done: Progress | None) -> None:
        self.progress.setVisible(done is not None)
        self.stop.setEnabled(done is not None)
        if done is None:
            self.forms.stop()
        else:
            self.progress.setRange(0, done.total or 0)
            self.progress.setValue(done.done)
            self.forms.going_on(done.what)
            if self._project.busy:
                told = self._pace.words(done, done.what) if done.total else f"{_capital(done.what)} ..."
                _say(self.words, told, "dim")
        self._show_ready()

    def _show_end(self, sentence: str, well: bool = True) -> None:
        _say(self.words, sentence, "" if well else "warning")

    def _forget_end(self) -> None:
        """What became of one kind of export says nothing of the other."""
        if not self._busy:
            self._show_end("")

    def _show_project(
        self, sentence: str, lines: tuple[str, ...], well: bool, goes_on_in: Path | None
    ) -> None:
        self._show_end(sentence, well)
        self.many.details.setText("\n".join(lines))
        if goes_on_in is not None:
            self.folder.setText(str(goes_on_in))
        self._keep(goes_on_in or Path(self.folder.text()))

    def _ask_for_folder(self) -> None:
        dialog = QFileDialog(self, "Write to a folder", self.folder.text())
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(self.folder.setText)
        ask(dialog)

    def _open_folder(self) -> None:
        folder = self.folder.text()
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(folder)):
            self._show_end(f"Nothing on this computer opens {folder}.", well=False)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _say(label: QLabel, words: str, role: str) -> None:
    label.setText(words)
    label.setProperty("role", role)
    label.style().unpolish(label)
    label.style().polish(label)
