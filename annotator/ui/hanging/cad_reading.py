"""Reads the CAD reports of the open exam once its pictures and its reading are there."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from annotator.errors import UnreadableObject
from annotator.imaging.report_file import reports_beside
from annotator.jobs import CancelToken
from annotator.model.file_names import shown_file_name
from annotator.model.image import ExamInfo
from annotator.ui.desk.cad_rows import CadOfExam, cad_of_exam
from annotator.ui.desk.candidates import ExamCandidates
from annotator.ui.desk.reading_desk import LISTING, OPENING, ReadingDesk
from annotator.ui.hanging.exam_view import ExamView
from annotator.ui.task_runner import TaskRunner

LANE = "cad reports"


class CadReading(QObject):
    """One exam at a time; whoever waits for a picture or a reading goes first."""

    def __init__(
        self, candidates: ExamCandidates, desk: ReadingDesk, view: ExamView, runner: TaskRunner
    ) -> None:
        super().__init__(view)
        self._candidates = candidates
        self._desk = desk
        self._view = view
        self._runner = runner
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self.go_on)
        desk.exam_changed.connect(self._begin)
        desk.exams_changed.connect(self._soon.start)
        desk.session_changed.connect(lambda _session: self._soon.start())
        view.picture_shown.connect(lambda *_what: self._soon.start())
        runner.ended.connect(self._ended)

    def go_on(self) -> None:
        """Read the reports of the open exam that were not read yet, if nobody waits."""
        exam = self._desk.exam
        if exam is None or self._view.loading or self._desk.opening or self._desk.session is None:
            return
        paths, named = self._desk.reports_of(exam), self._desk.was_named(exam)
        if (
            not (paths or named)
            or self._runner.busy(LANE)
            or self._candidates.knows_cad(exam.study_instance_uid, paths)
        ):
            return

        def job(token: CancelToken) -> CadOfExam:
            return self._read(exam, paths, token, named=named)

        self._runner.query(LANE, job, lambda found: self._candidates.put_cad(exam.study_instance_uid, found))

    def stop(self) -> None:
        """The window closes."""
        self._soon.stop()
        self._runner.cancel(LANE)

    def _read(self, exam: ExamInfo, paths: tuple[Path, ...], token: CancelToken, *, named: bool) -> CadOfExam:
        from annotator.exchange.cad_sr import read_if_cad  # noqa: PLC0415 - pydicom, after the first paint

        beside = _beside(exam) if named else ()
        reports, troubles = [], []
        for path in dict.fromkeys((*paths, *beside)):
            token.checkpoint()
            try:
                report = read_if_cad(path)
            except UnreadableObject as error:
                troubles.append(f"The CAD report {shown_file_name(path.name)} was not read: {error.reason}.")
                continue
            if report is not None:
                reports.append(report)
        return cad_of_exam(exam, reports, troubles, paths)

    def _begin(self, _exam: ExamInfo) -> None:
        self._runner.cancel(LANE)
        self._soon.start()

    def _ended(self, lane: str) -> None:
        if lane in (LISTING, OPENING) or lane.startswith("pane "):
            self._soon.start()


def _beside(exam: ExamInfo) -> tuple[Path, ...]:
    """Structured reports in the folders of an exam's images that are of its study, or of none."""
    found = reports_beside(image.path for image in exam.images)
    return tuple(one.path for one in found if one.study_instance_uid in ("", exam.study_instance_uid))
