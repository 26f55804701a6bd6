"""Who had which exam open, for the audit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from annotator.model.audit import AuditAct

if TYPE_CHECKING:
    from annotator.ui.desk.session import ReadingSession
    from annotator.ui.main_window import MainWindow


class NotedOpenings(QObject):
    """Notes every exam that is opened. A database that takes no note, being read-only or away, stops nobody reading."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        window.desk.session_changed.connect(self._opened)

    def _opened(self, session: ReadingSession | None) -> None:
        if session is None:
            return
        workspace, reading = session.workspace, session.reading
        exam, whose = reading.study_instance_uid, f"what {reading.reader} signed" if session.is_lent else ""
        self._window.runner.write(
            lambda: workspace.note(AuditAct.OPENED, exam, reading.id, whose), on_error=lambda _error: None
        )
