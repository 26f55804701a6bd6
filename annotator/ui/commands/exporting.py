"""What the key of exporting does: the page, what it would write, and the work."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from annotator.model.identity import Identity
from annotator.model.image import Voi
from annotator.ui.desk.exporting import Asked, Exporting
from annotator.ui.desk.project_export import AskedProject, ProjectExport

if TYPE_CHECKING:
    from annotator.ui.desk.session import ReadingSession
    from annotator.ui.main_window import MainWindow
    from annotator.ui.window.export_page import ExportPage


class ExportingCommands(QObject):
    """Keeps the page, and tells it which exam is open."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._page: ExportPage | None = None
        self.exporting = Exporting(window.desk.workspace, window.runner, self)
        self.project = ProjectExport(window.desk, window.runner, self)
        self.project.ended.connect(lambda sentence, *_more: window.status.show_message(sentence))
        self.exporting.ended.connect(lambda sentence, _well: window.status.show_message(sentence))
        window.desk.session_changed.connect(self._follow)

    def export_exam(self) -> None:
        """Open the page, or bring it to the front."""
        if self._page is None:
            self._page = self._made()
        self._page.show()
        self._show_subject()
        self._page.raise_()
        self._page.activateWindow()

    def stop(self) -> None:
        """Give up what is being written, and close the page."""
        self.exporting.cancel()
        self.project.cancel()
        if self._page is not None:
            self._page.close()

    def _made(self) -> ExportPage:
        from annotator.ui.window.export_page import ExportPage  # noqa: PLC0415  seldom wanted, so not before first paint
        from annotator.ui.window.kept_export import KeptExport  # noqa: PLC0415

        kept = KeptExport(self._window.places.file, self._may_keep)
        page = ExportPage(self.exporting, self.project, kept, self._window)
        page.exam_wanted.connect(self._begin)
        page.project_wanted.connect(self._begin_project)
        return page

    def _begin(self, asked: Asked) -> None:
        self._finish()
        self._window.desk.when_open(lambda opened: self.exporting.begin(opened, asked, self._windows()))

    def _windows(self) -> dict[str, Voi]:
        """What each image in sight is seen with."""
        return {
            viewport.picture.info.sop_instance_uid: viewport.voi
            for viewport in self._window.grid.viewports
            if viewport.picture is not None and viewport.voi is not None
        }

    def _begin_project(self, asked: AskedProject) -> None:
        self._finish()
        self.project.begin(asked)

    def _finish(self) -> None:
        """What is being typed or turned is said before it goes out."""
        self._window.finding_panel.commit_comment()
        session = self._window.desk.session
        if session is not None:
            session.level.settle()

    def _may_keep(self, folder: Path) -> bool:
        """Whether a folder may be remembered: not where none is, and none that is named after the patient."""
        exam = self._window.desk.exam
        return self._window.recent.kept and not (exam and Identity.of(exam).named_in(str(folder)))

    def _follow(self, session: ReadingSession | None) -> None:
        if session is not None:
            session.reading_changed.connect(lambda _changes: self._show_subject())
        self._show_subject()

    def _show_subject(self) -> None:
        if self._page is None or not self._page.isVisible():
            return
        session = self._window.desk.session
        if session is None:
            self._page.show_subject(None)
        else:
            self._page.show_subject(_subject(session), nothing_said=not session.reading.findings)


def _subject(session: ReadingSession) -> str:
    reading = session.reading
    counts = ((len(reading.findings), "finding"), (len(reading.marks), "mark"))
    said = ", ".join(f"{count} {word}{'' if count == 1 else 's'}" for count, word in counts)
    return f"The exam that is open: {said}"
