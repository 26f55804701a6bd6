"""How the marks of the finding in hand lie together, told anew a moment after each act, beside the window's thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from annotator.model.clusters_on_image import ClustersOnImage
from annotator.model.finding import Reading
from annotator.model.image import ExamInfo

if TYPE_CHECKING:
    from annotator.jobs import CancelToken
    from annotator.ui.desk.session import ReadingSession
    from annotator.ui.task_runner import TaskRunner

LANE = "clusters"
AFTER_MS = 120
"""From the last act: a click is on the screen first, and a hand that goes on marking is not held up."""

Told = tuple[ClustersOnImage, ...]


@dataclass(frozen=True, slots=True)
class _Question:
    """Which finding of which reading is to be told."""

    finding_id: str
    reading: Reading
    exam: ExamInfo

    def is_same(self, other: _Question) -> bool:
        """Whether nothing that the answer follows from is otherwise; marks are those very objects, not equal ones."""
        mine, theirs = self.reading, other.reading
        return (
            self.finding_id == other.finding_id
            and mine.marks is theirs.marks
            and (mine.clusters, mine.nipples, self.exam) == (theirs.clusters, theirs.nipples, other.exam)
        )


class ClusterWatch(QObject):
    """`changed` carries the current finding on each of its images; empty while another is looked at.

    Only the newest question is answered. Nothing is asked where marks, outlines, nipples and images are as before.
    """

    changed = Signal(object)  # tuple[ClustersOnImage, ...]

    def __init__(self, runner: TaskRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runner = runner
        self._session: ReadingSession | None = None
        self._asked: _Question | None = None
        self.told: Told = ()
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(AFTER_MS)
        self._wait.timeout.connect(self._ask)

    def set_session(self, session: ReadingSession | None) -> None:
        """Follow another reading."""
        if self._session is not None:
            self._session.reading_changed.disconnect(self._follow)
            self._session.selection_changed.disconnect(self._follow)
            self._session.facts.changed.disconnect(self._look_again)
        self._session = session
        if session is not None:
            session.reading_changed.connect(self._follow)
            session.selection_changed.connect(self._follow)
            session.facts.changed.connect(self._look_again)
        self._look_again()

    @property
    def settled(self) -> bool:
        """Whether what was told is of the reading as it stands."""
        return not self._wait.isActive() and not self._runner.busy(LANE)

    def _look_again(self) -> None:
        """Something else than the reading is known now, where a breast lies for example."""
        self._asked = None
        self._follow()

    def _follow(self, _changes: object = None) -> None:
        question = self._question()
        finding = None if question is None else question.finding_id
        if self.told and self.told[0].finding_id != finding:
            self._tell(())
        if question is not None and self._asked is not None and question.is_same(self._asked):
            return
        self._asked = question
        self._runner.cancel(LANE)
        if question is None:
            self._wait.stop()
        else:
            self._wait.start()

    def _question(self) -> _Question | None:
        session = self._session
        finding = None if session is None else session.current_finding_id
        if session is None or finding is None:
            return None
        return _Question(finding, session.reading, session.corrected_exam)

    def _ask(self) -> None:
        session, question = self._session, self._question()
        if session is None or question is None:
            return
        workspace = session.workspace

        def job(token: CancelToken) -> Told:
            return workspace.clusters_of(question.reading, question.finding_id, question.exam, token)

        self._runner.query(LANE, job, self._tell)

    def _tell(self, told: Told) -> None:
        if told != self.told:
            self.told = told
            self.changed.emit(told)
