"""The pictures of the window in README.md and docs/reading.md, from the synthetic sample exams.

python -m benchmarks.window_pictures
"""

from __future__ import annotations

import json
import math
import os
import shutil
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtTest import QTest

from annotator.bootstrap import open_workspace
from annotator.hanging import Layout
from annotator.imaging.dicom_file import read_image
from annotator.model import edits
from annotator.model.geometry import ImagePoint
from annotator.model.image import ExamInfo
from annotator.model.mark import MarkKind
from annotator.settings import Settings
from annotator.ui.app import make_application
from annotator.ui.demonstration.demo import run_demo
from annotator.ui.demonstration.robot import Robot
from annotator.ui.main_window import MainWindow
from annotator.ui.task_runner import TaskRunner

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = ROOT / "sample_dicoms"
STACK = SAMPLES / "tomosynthesis" / "RCC-tomo.dcm"
OUT = ROOT / "docs" / "images"
WINDOW = "03-marks-on-RMLO.png"
"""The screenshot of the demonstration that shows most of the window."""

MARKS = 4


def main() -> None:
    """Write all of them."""
    with tempfile.TemporaryDirectory() as folder:
        # nobody's own places and settings go into a picture
        os.environ["XDG_CONFIG_HOME"] = os.environ["XDG_DATA_HOME"] = os.environ["XDG_CACHE_HOME"] = folder
        settings = Settings(database=f"sqlite:///{folder}/pictures.db", reader="demo")
        run_demo(Path(folder), settings, print, watch=False)
        shutil.copy(Path(folder) / WINDOW, OUT / "window.png")
        picture_of_a_stack(settings)
        settings = Settings(database=f"sqlite:///{folder}/two exams.db", reader="demo")
        pictures_of_two_exams(settings)


def picture_of_a_stack(settings: Settings) -> None:
    """A slab with the strip of slices and the lens over a group."""
    app, robot = make_application(), Robot()
    runner = TaskRunner(_raise)
    workspace = open_workspace(settings)
    window = MainWindow(workspace, runner)
    window.resize(1280, 800)
    window.show()
    window.open_paths([STACK])
    viewport = window.grid.viewports[0]
    robot.wait(lambda: viewport.picture is not None and not window.exam_view.loading, "the stack")
    assert viewport.picture is not None
    specks = _fine_group()
    middle = viewport.picture.frame_number
    robot.wheel(viewport, QPointF(viewport.rect().center()), middle - specks[0]["frame"])
    robot.rest(500)
    robot.key(viewport, Qt.Key.Key_J)
    robot.key(viewport, Qt.Key.Key_J)
    places = [ImagePoint(speck["column"], speck["row"]) for speck in specks]
    for at in places[:MARKS]:
        QTest.mouseMove(viewport, viewport.widget_position(at).toPoint())
        robot.rest(800)
        robot.click(viewport, viewport.widget_position(at).toPoint())
    robot.key(viewport, Qt.Key.Key_X)
    QTest.mouseMove(viewport, viewport.widget_position(places[0]).toPoint())
    robot.rest(1500)
    shown = viewport.grab().size()
    picture = window.grab(QRect(viewport.mapTo(window, QPoint(0, 0)), shown))
    picture.save(str(OUT / "stack.png"))
    window.close()
    runner.shutdown()
    workspace.close()
    app.processEvents()


def pictures_of_two_exams(settings: Settings) -> None:
    """The suspicious group beside itself two years before, and its partner on the oblique view."""
    app, robot = make_application(), Robot()
    runner = TaskRunner(_raise)
    workspace = open_workspace(settings)
    window = MainWindow(workspace, runner)
    window.resize(1500, 1000)
    window.show()
    window.open_paths([SAMPLES / name for name in ("screening", "prior")])
    robot.wait(lambda: len(window.desk.exams) == 2 and not window.desk.opening, "two exams")
    tracking = ""
    for name in ("prior", "screening"):
        exam = next(one for one in window.desk.exams if one.images[0].path.parent.name == name)
        window.desk.open_exam(exam)
        robot.wait(partial(_is_open, window, exam), name)
        tracking = _mark_suspicious(window, tracking)
    window.show_panel("compare")
    window.resizeDocks([window.docks["compare"]], [360], Qt.Orientation.Vertical)
    robot.wait(lambda: window.compared.shown is not None, "the comparison")
    window.compare.picture.step(1)
    robot.rest(500)
    window.compare.grab().save(str(OUT / "compare.png"))
    window.toggle_panel("compare")
    window.resize(1280, 760)
    window.hanging_commands.use_layout(Layout.PAIR)
    window.grid.active.setFocus()
    _leave_on(window, "CC")
    window.partner_commands.show_partner()
    robot.wait(lambda: window.partner_commands.layer is not None, "the partner view")
    robot.rest(1000)
    window.grid.active.grab().save(str(OUT / "partner.png"))
    window.close()
    runner.shutdown()
    workspace.close()
    app.processEvents()


def _is_open(window: MainWindow, exam: ExamInfo) -> bool:
    session, uid = window.desk.session, exam.study_instance_uid
    return session is not None and session.exam.study_instance_uid == uid and not window.exam_view.loading


def _mark_suspicious(window: MainWindow, tracking: str) -> str:
    """The suspicious group on all views as one finding, and the other one of that breast as another."""
    session = window.desk.session
    assert session is not None
    reading, exam = session.reading, session.exam
    made = []
    for group in ("S1", "B2"):
        reading, finding = edits.add_finding(reading, tracking_uid=tracking if group == "S1" else "")
        made.append(finding)
        for info in exam.images:
            truth = json.loads(info.path.with_suffix(".truth.json").read_text(encoding="utf-8"))
            specks = [one for one in truth["calcifications"] if one["group"] == group]
            frame = read_image(info.path, 1).frame(1)
            for at in (ImagePoint(speck["column"], speck["row"]) for speck in specks):
                spot = session.workspace.spots.measure(info, frame, at).measurement
                near = (
                    spot is not None
                    and math.hypot(spot.center.column - at.column, spot.center.row - at.row) < 3
                )
                size = spot if near else None
                reading, _ = edits.add_mark(reading, finding.id, info.key(), at, MarkKind.MICRO, size)
    session.apply(reading, "Mark")
    session.select_finding(made[0].id)
    session.flush()
    return made[0].tracking_uid


def _leave_on(window: MainWindow, view: str) -> None:
    """The oblique marks of the suspicious group as a finding of their own: what the partner view then finds."""
    session = window.desk.session
    assert session is not None
    mine = session.reading.findings[0].id
    names = {i.sop_instance_uid: i.view.name for i in session.exam.images}
    others = [m.id for m in session.reading.marks_of(mine) if names[m.image.sop_instance_uid] != view]
    reading, finding = edits.add_finding(session.reading)
    session.apply(edits.assign_marks(reading, others, finding.id), "Leave")
    session.select_finding(mine)


def _fine_group() -> list[dict[str, Any]]:
    """The calcifications of the suspicious group, those that stand out most first."""
    truth = json.loads(STACK.with_suffix(".truth.json").read_text(encoding="utf-8"))
    suspicious = {group["id"] for group in truth["groups"] if not group["benign"]}
    found = [speck for speck in truth["calcifications"] if speck["group"] in suspicious]
    return sorted(found, key=lambda speck: -float(speck["snr"]))


def _raise(error: BaseException) -> None:
    raise error


if __name__ == "__main__":
    main()
