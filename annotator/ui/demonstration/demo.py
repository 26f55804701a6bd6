"""The main job end to end: a robot reads the sample exams in the real window, through real input events."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QMessageLogContext, QPointF, Qt, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from annotator.bootstrap import make_workspace
from annotator.jobs import CancelToken
from annotator.model.finding import Assessment, Change, Distribution, Finding, Morphology, Reading
from annotator.model.follow_up import FollowUp
from annotator.model.geometry import ImagePoint, greatest_extent
from annotator.model.image import ExamInfo
from annotator.settings import Settings
from annotator.ui.app import make_application
from annotator.ui.demonstration.heartbeat import Heartbeat
from annotator.ui.demonstration.robot import DemoFailed, Robot
from annotator.ui.desk.exports import FINDINGS, write_report_as
from annotator.ui.desk.reading_desk import sample_folder
from annotator.ui.desk.saving import SaveState
from annotator.ui.desk.session import ReadingSession
from annotator.ui.faults.bug_reporter import BugReporter
from annotator.ui.main_window import MainWindow
from annotator.ui.panes.viewport import Viewport
from annotator.ui.program.start import Start
from annotator.ui.task_runner import TaskRunner
from annotator.ui.window.exam_strip import save_text
from annotator.workspace import Workspace

WATCHING_PAUSE_MS = 250
WINDOW_SIZE = (1600, 960)
CLICK_SCALE = 1.6
"""Zoom at which the robot clicks: a speck of 0.2 mm is then some five screen pixels wide."""
SAMPLE_EXAMS = ("prior", "screening", "workup")
VISIBLE_SNR = 10
MARKS_WANTED = 11
CLOSEST_MM = 0.6
"""The robot leaves out calcifications nearer than this to one it has chosen: neighbours may merge."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Target:
    """The suspicious group of one sample image, from its truth: where a reader would click."""

    sop_instance_uid: str
    points: tuple[ImagePoint, ...]


def run_demo(out: Path, settings: Settings, say: Say, *, watch: bool) -> None:
    """Read the sample exams into `out`: database, findings as JSON, reports, screenshots.

    `watch` slows the robot down for a person in front of a screen. Raises DemoFailed, with the step
    that did not work, or whatever AnnotatorError stopped it.
    """
    folder = sample_folder()
    if folder is None or not all((folder / name).is_dir() for name in SAMPLE_EXAMS):
        raise DemoFailed(
            "the sample exams are not installed; get them with the project's sample_dicoms folder"
        )
    out.mkdir(parents=True, exist_ok=True)
    for old in out.glob("readings.db*"):
        old.unlink()
    database = f"sqlite:///{(out / 'readings.db').resolve()}"
    app = make_application()
    qInstallMessageHandler(_leave_out_the_harmless)
    demo = _Demo(out, replace(settings, database=database, reader="demo"), say, watch=watch)
    try:
        demo.read_both_exams(folder)
        demo.come_back(folder)
        demo.tell_longest_wait()
    finally:
        demo.leave()
        app.processEvents()


class _Demo:
    """One run; `_open` may be called again after `leave`, like starting the program anew."""

    def __init__(self, out: Path, settings: Settings, say: Say, *, watch: bool) -> None:
        self._out = out
        self._settings = settings
        self._say = say
        self._robot = Robot(WATCHING_PAUSE_MS if watch else 0)
        self._heart = Heartbeat()
        self._pictures = 0
        self._bugs: list[BaseException] = []
        self._window: MainWindow | None = None
        self._workspace: Workspace | None = None
        self._runner: TaskRunner | None = None
        self._start: Start | None = None
        self._expected: dict[str, Reading] = {}

    @property
    def window(self) -> MainWindow:
        assert self._window is not None
        return self._window

    @property
    def workspace(self) -> Workspace:
        assert self._workspace is not None
        return self._workspace

    @property
    def session(self) -> ReadingSession:
        session = self.window.desk.session
        if session is None:
            raise DemoFailed("no exam is open")
        return session

    def read_both_exams(self, folder: Path) -> None:
        """Screening, then the magnification views that its follow-up asks for."""
        self._open(folder)
        self._robot.wait(
            lambda: len(self.window.desk.exams) >= len(SAMPLE_EXAMS), "the sample exams to be listed"
        )
        self._say(f"opened {folder.name}: {len(self.window.desk.exams)} exams")
        screening = self._choose_exam("screening", folder)
        self._wait_for_pictures(4)
        self._picture("screening exam hung")
        self._mark_group(_target(folder / "screening", "CC"))
        self._describe(Assessment.INCOMPLETE, Change.INCREASED)
        self._expect("M1", "magnification_views", "0")
        self._mark_group(_target(folder / "screening", "MLO"))
        self._keep("screening", screening)

        workup = self._choose_exam("workup", folder)
        self._wait_for_pictures(2)
        self._picture("magnification views hung")
        self._mark_group(_target(folder / "workup", "CC"))
        self._describe(Assessment.MODERATE_SUSPICION, Change.INCREASED)
        self._expect("S4", "biopsy", "4B")
        self._picture("magnification finding")
        self._keep("workup", workup)

    def come_back(self, folder: Path) -> None:
        """Close the program, start it again, and find everything as it was, undo included."""
        before = dict(self._expected)
        self.leave()
        self._open(folder)
        self._robot.wait(
            lambda: len(self.window.desk.exams) >= len(SAMPLE_EXAMS), "the sample exams to be listed again"
        )
        for name in ("screening", "workup"):
            self._choose_exam(name, folder)
            if self.session.reading != before[name]:
                raise DemoFailed(f"the {name} reading came back different from how it was left")
        self._wait_for_pictures(2)
        last = self.session.undo_stack.undoText()
        self._robot.key(self.window.grid.active, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        self._robot.wait(lambda: self.session.reading != before["workup"], "undo of what was done before")
        self._robot.key(self.window.grid.active, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
        self._robot.wait(lambda: self.session.reading == before["workup"], "redo")
        self._picture("reopened, everything as it was")
        self._say(f"closed, reopened: both readings as they were; undone and redone: {last!r}")

    def tell_longest_wait(self) -> None:
        """Say how long the window once did not answer, as its heartbeat noticed."""
        self._heart.stop()
        gap, step = self._heart.longest
        self._say(f"longest time the window did not answer: {gap:.0f} ms, {step}")

    def leave(self) -> None:
        """Close the window as a reader does, with everything saved."""
        self._heart.stop()
        if self._window is None:
            return
        window, self._window = self._window, None
        closed = window.close()
        if self._start is not None:
            self._start.end()
        self.runner.shutdown()
        self.workspace.close()
        window.deleteLater()
        QApplication.processEvents()
        if self._bugs:
            raise DemoFailed(f"the program made a mistake: {self._bugs[0]!r}") from self._bugs[0]
        if self._start is not None and self._start.failure is not None:
            raise self._start.failure
        if not closed:
            raise DemoFailed("the window would not close: something is not saved")

    @property
    def runner(self) -> TaskRunner:
        assert self._runner is not None
        return self._runner

    def _open(self, folder: Path) -> None:
        self._workspace = make_workspace(self._settings)
        reporter = BugReporter()

        def bug(error: BaseException) -> None:
            self._bugs.append(error)
            reporter.report(error)

        self._runner = TaskRunner(bug)
        # a demonstration neither depends on where the reader left things nor moves them
        self._window = MainWindow(self._workspace, self._runner, self._out / "window.ini")
        self._start = Start(self._window, self._workspace, self._runner, [folder])
        self._window.resize(*WINDOW_SIZE)
        self._window.show()
        self._robot.look()
        self._heart.begin("opening the sample exams")

    def _choose_exam(self, name: str, folder: Path) -> ExamInfo:
        uid = _truths(folder / name)[0]["study_instance_uid"]
        worklist = self.window.worklist
        if uid not in {exam.study_instance_uid for exam in worklist.exams}:
            raise DemoFailed(f"the {name} exam is not in the worklist")
        self._heart.begin(f"opening the {name} exam")
        worklist.list.go_to(uid)
        self._robot.click(worklist.list.viewport(), worklist.list.rect_of(uid).center())

        def opened() -> bool:
            session = self.window.desk.session
            return session is not None and session.exam.study_instance_uid == uid

        self._robot.wait(opened, f"the {name} exam to open")
        exam = self.session.exam
        self._say(f"reading the {name} exam: {', '.join(i.label for i in exam.images)}")
        return exam

    def _wait_for_pictures(self, count: int) -> None:
        def shown() -> int:
            return sum(v.picture is not None for v in self.window.grid.viewports if v.isVisible())

        self._robot.wait(lambda: shown() >= count, f"{count} pictures")

    def _mark_group(self, target: Target) -> None:
        viewport = self._viewport_of(target.sop_instance_uid)
        self._heart.begin("marking")
        self._robot.key(viewport, Qt.Key.Key_M)
        self._zoom_in(viewport, target.points)
        before = len(self.session.reading.marks)
        for point in target.points:
            beside = ImagePoint(point.column + 1.2, point.row - 0.8)
            self._robot.click(viewport, viewport.widget_position(beside).toPoint())
        key = viewport.picture.key if viewport.picture else None
        marks = [m for m in self.session.reading.marks if m.image == key]
        if len(self.session.reading.marks) - before < min(8, len(target.points)):
            raise DemoFailed(f"only {len(marks)} of {len(target.points)} clicks found their spot")
        finding = self.session.current_finding
        assert finding is not None
        self._robot.drag(viewport, _around(viewport, tuple(m.point for m in marks)))
        clusters = [c for c in self.session.reading.clusters_of(finding.id) if c.image == key]
        if not clusters or len(clusters[-1].mark_ids) != len(marks):
            raise DemoFailed("the lasso did not tie the marks into a cluster")
        self._say(self._measured(viewport, len(marks), [m.point for m in marks]))
        self._picture(f"marks on {viewport.picture.info.label if viewport.picture else ''}")

    def _zoom_in(self, viewport: Viewport, points: tuple[ImagePoint, ...]) -> None:
        middle = ImagePoint(
            sum(p.column for p in points) / len(points), sum(p.row for p in points) / len(points)
        )
        for _ in range(40):
            if viewport.view.scale >= CLICK_SCALE:
                break
            self._robot.wheel(viewport, viewport.widget_position(middle), 1)
        start = viewport.widget_position(middle)
        to = QPointF(viewport.rect().center())
        way = [start, (start + to) / 2, to, to]
        self._robot.drag(viewport, way, Qt.MouseButton.MiddleButton)

        def all_in_sight() -> bool:
            places = (viewport.widget_position(point).toPoint() for point in points)
            return all(viewport.rect().contains(place) for place in places)

        while not all_in_sight() and viewport.view.scale > 1:
            self._robot.wheel(viewport, QPointF(viewport.rect().center()), -1)
        if not all_in_sight():
            raise DemoFailed("wheel and drag did not bring the group into the middle of the pane")

    def _describe(self, own: Assessment, change: Change) -> None:
        self._heart.begin("describing")
        panel = self.window.finding_panel
        self._robot.press(panel.morphology.chip(Morphology.FINE_PLEO))
        self._robot.press(panel.distribution.chip(Distribution.GROUPED))
        self._robot.press(panel.change.chip(change))
        self._robot.press(panel.assessment.chip(own))
        finding = self._finding()
        said = (finding.morphology, finding.distributions, finding.change, finding.assessment)
        if said != ((Morphology.FINE_PLEO,), (Distribution.GROUPED,), change, own):
            raise DemoFailed(f"the panel said {said} of the finding")

    def _expect(self, row: str, action: str, category: str) -> None:
        result = self.session.follow_up(self._finding().id)
        found = (result.row, str(result.follow_up), result.suggested_assessment)
        if found != (row, action, category):
            raise DemoFailed(f"the rules gave {found}, expected {(row, action, category)}")
        card = self.window.follow_up_panel
        if not card.isVisible() or f"row {row}" not in card.row.text():
            raise DemoFailed("the card of the documented follow-up does not show the result")
        self._tell(result, card.action.text(), self._finding())

    def _tell(self, result: FollowUp, shown: str, finding: Finding) -> None:
        self._say(f"documented follow-up: {shown} (row {result.row}, rules {result.rules_version})")
        self._say(
            f"  suggested category {result.suggested_assessment}, the reader's own {finding.assessment}"
        )
        for sentence in (result.text, *result.because):
            self._say(f"  {sentence}")
        for tag in result.sources:
            self._say(f"  source {tag}: {self.workspace.lexicon.source(tag).citation}")

    def _keep(self, name: str, exam: ExamInfo) -> None:
        self._robot.key(self.window.grid.active, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
        self._wait_until_saved()
        reading = self.session.reading
        self._expected[name] = reading
        findings = self._out / f"findings-{name}.json"
        report, paper = self._out / f"report-{name}.html", self._out / f"report-{name}.pdf"
        with self._heart.left_out():
            FINDINGS.write(self.workspace, reading, exam, findings, CancelToken())
            for file in (report, paper):
                write_report_as(file, self.workspace, reading, exam, CancelToken())
        written = f"{findings.name}, {report.name} and {paper.name}"
        self._say(f"saved as revision {self.session.revision}; wrote {written}")

    def _wait_until_saved(self) -> None:
        told = self.window.strip.saved
        self._robot.wait(
            lambda: self.session.save_state is SaveState.SAVED and told.text() == save_text(self.session)[1],
            "everything to be saved",
        )

    def _finding(self) -> Finding:
        finding = self.session.current_finding
        if finding is None:
            raise DemoFailed("no finding is selected")
        return finding

    def _viewport_of(self, sop_instance_uid: str) -> Viewport:
        for viewport in self.window.grid.viewports:
            picture = viewport.picture
            if picture is not None and picture.info.sop_instance_uid == sop_instance_uid:
                return viewport
        raise DemoFailed("the image with the suspicious group is not on screen")

    def _measured(self, viewport: Viewport, count: int, points: list[ImagePoint]) -> str:
        info = viewport.picture.info if viewport.picture else None
        if info is None or info.spacing is None:
            return f"marked {count} spots"
        return f"marked {count} spots on {info.label}, {greatest_extent(points, info.spacing)}"

    def _picture(self, what: str) -> None:
        """The window as it is once the strip says that everything is saved."""
        self._wait_until_saved()
        # a change of words moves layouts within layouts, one level with each pass
        for _ in range(5):
            QApplication.processEvents()
        self._pictures += 1
        path = self._out / f"{self._pictures:02d}-{what.replace(',', '').replace(' ', '-')}.png"
        with self._heart.left_out():
            written = self.window.grab().save(str(path))
        if not written:
            raise DemoFailed(f"{path} could not be written; is the disk full?")


def _leave_out_the_harmless(_kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
    """What Qt prints for every window that has no screen is no news to a person who runs this."""
    if "propagateSizeHints" not in text:
        print(text, file=sys.stderr)  # noqa: T201  where Qt itself prints


def _truths(folder: Path) -> list[dict[str, Any]]:
    found = [json.loads(p.read_text(encoding="utf-8")) for p in sorted(folder.glob("*.truth.json"))]
    if not found:
        raise DemoFailed(f"{folder} holds no truth files; the sample exams are incomplete")
    return found


def _target(folder: Path, view: str) -> Target:
    """The clearest calcifications of the suspicious group, well apart, in one view."""
    for truth in _truths(folder):
        groups = {g["id"] for g in truth["groups"] if g["kind"] == "fine_pleo"}
        if truth["view"] == view and groups:
            visible = [c for c in truth["calcifications"] if c["group"] in groups and c["snr"] >= VISIBLE_SNR]
            visible.sort(key=lambda c: -c["snr"])
            pixel = truth["pixel_mm"]
            chosen: list[ImagePoint] = []
            for calc in visible:
                point = ImagePoint(calc["column"], calc["row"])
                apart = (math.dist((point.column, point.row), (p.column, p.row)) * pixel for p in chosen)
                if all(d > CLOSEST_MM for d in apart):
                    chosen.append(point)
            return Target(truth["sop_instance_uid"], tuple(chosen[:MARKS_WANTED]))
    raise DemoFailed(f"no {view} view in {folder} holds a group of fine pleomorphic calcifications")


def _around(viewport: Viewport, points: tuple[ImagePoint, ...]) -> list[QPointF]:
    """A loop round the points on screen, begun outside of all of them."""
    places = [viewport.widget_position(p) for p in points]
    middle = QPointF(sum(p.x() for p in places) / len(places), sum(p.y() for p in places) / len(places))
    reach = max(math.dist((p.x(), p.y()), (middle.x(), middle.y())) for p in places) + 25
    turns = [2 * math.pi * i / 36 for i in range(37)]
    return [QPointF(middle.x() + reach * math.cos(a), middle.y() + reach * math.sin(a)) for a in turns]
