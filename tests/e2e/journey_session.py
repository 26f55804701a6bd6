"""One reader's way through the sample exam, by mouse and key, on a screen of one size; what was seen, as JSON.

python journey_session.py WIDTH HEIGHT FOLDER_OF_THIS_RUN, with tests/ui on PYTHONPATH.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QApplication
from scaled_window import look

from annotator.bootstrap import make_workspace
from annotator.model.finding import Assessment
from annotator.model.geometry import ImagePoint
from annotator.settings import load_settings
from annotator.ui.app import make_application
from annotator.ui.demonstration.robot import Robot
from annotator.ui.desk.saving import SaveState
from annotator.ui.main_window import MainWindow
from annotator.ui.panes.viewport import Viewport
from annotator.ui.program.start import Start
from annotator.ui.task_runner import TaskRunner

SAMPLES = Path(__file__).resolve().parents[2] / "sample_dicoms"
RESTS_MS = 420
"""A little longer than what counts as seen takes."""
MOST_AREAS = 400
ALT, CTRL, NONE = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier, None


class Journey:
    def __init__(self, width: int, height: int, folder: Path) -> None:
        self.folder = folder
        self.robot = Robot()
        self.bugs: list[BaseException] = []
        self.runner = TaskRunner(self.bugs.append)
        database = f"sqlite:///{folder / 'readings.db'}"
        self.workspace = make_workspace(load_settings(overrides={"database": database, "reader": "anna"}))
        self.window = MainWindow(self.workspace, self.runner, folder / "window.ini")
        self.start = Start(self.window, self.workspace, self.runner, [])
        self.window.setGeometry(0, 0, width, height)
        self.window.show()
        self.troubles: list[str] = []
        self.facts: dict[str, Any] = {}
        self.pictures = 0

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier | None = None) -> None:
        self.robot.key(self.window.grid.active, key, modifier)

    def settled(self) -> None:
        self.robot.wait(lambda: self.window.exam_view.exact, "all pictures")

    def picture(self, what: str) -> None:
        self.troubles += look(self.window, self.robot, what)
        self.pictures += 1
        name = f"{self.pictures:02d}-{what.replace(' ', '-')}.png"
        assert self.window.grab().save(str(self.folder / name))

    def open(self) -> None:
        self.robot.rest(300)
        self.picture("start page")
        self.window.open_paths([SAMPLES / "screening", SAMPLES / "prior"])
        self.robot.wait(lambda: len(self.window.desk.exams) == 2, "both exams")
        uid = truth("RCC")["study_instance_uid"]
        self.robot.wait(
            lambda: (
                self.window.desk.session is not None
                and self.window.desk.session.exam.study_instance_uid == uid
            ),
            "the later exam to open",
        )
        self.settled()
        self.facts["hung"] = [v.picture.info.label for v in self.window.grid.shown if v.picture]
        self.picture("four views")

    def read_all(self) -> None:
        """Area after area at 1:1, by one key, until the four views were seen."""
        self.key(Qt.Key.Key_F4)
        self.settled()
        keeper = self.window.looking_commands.coverage
        labels: list[str] = []
        for _ in range(MOST_AREAS):
            self.key(Qt.Key.Key_Q)
            self.settled()
            self.robot.rest(RESTS_MS)
            viewport = self.window.grid.active
            assert viewport.picture is not None
            if viewport.picture.info.label not in labels:
                labels.append(viewport.picture.info.label)
                self.picture(f"area of {labels[-1]}")
            if keeper.share_of_exam == 1.0:
                break
        self.facts["walked"] = labels
        self.facts["seen"] = keeper.share_of_exam
        self.key(Qt.Key.Key_Q, ALT)
        self.robot.rest(200)
        self.picture("light map")
        self.key(Qt.Key.Key_Q, ALT)

    def mark(self) -> None:
        self.key(Qt.Key.Key_F2)
        self.settled()
        points = clearest(truth("RCC"))
        viewport = self.pane_of(truth("RCC")["sop_instance_uid"])
        self.robot.key(viewport, Qt.Key.Key_M)
        middle = ImagePoint(
            *(sum(c) / len(points) for c in zip(*((p.column, p.row) for p in points), strict=True))
        )
        while viewport.view.scale < 1:
            self.robot.wheel(viewport, viewport.widget_position(middle), 1)
        start, end = viewport.widget_position(middle), QPointF(viewport.rect().center())
        self.robot.drag(viewport, [start, (start + end) / 2, end, end], Qt.MouseButton.MiddleButton)
        for point in points:
            self.robot.click(viewport, viewport.widget_position(point).toPoint())
        session = self.window.desk.session
        assert session is not None
        marks = session.reading.marks
        self.facts["marked"] = [len(points), len(marks)]
        places = [viewport.widget_position(m.point) for m in marks]
        self.robot.drag(viewport, loop_around(places))
        self.facts["clusters"] = [len(c.mark_ids) for c in session.reading.clusters]
        self.settled()
        self.picture("marked")
        while not viewport.fitted:
            self.key(Qt.Key.Key_Z)

    def tag(self) -> None:
        for letters in ("LFP", "LGR"):
            for letter in letters:
                focused = QApplication.focusWidget()
                self.robot.key(focused or self.window.grid.active, getattr(Qt.Key, f"Key_{letter}"))
        panel = self.window.finding_panel
        self.robot.press(panel.assessment.chip(Assessment.INCOMPLETE))
        self.picture("tagged")
        session = self.window.desk.session
        assert session is not None
        finding = session.current_finding
        assert finding is not None
        follow_up = session.follow_up(finding.id)
        self.facts["said"] = [list(finding.morphology), list(finding.distributions), finding.assessment]
        self.facts["follow_up"] = [follow_up.row, str(follow_up.follow_up)]

    def look_at_prior(self) -> None:
        self.window.grid.active.setFocus()
        self.key(Qt.Key.Key_F7)
        self.settled()
        self.robot.wait(lambda: all(v.picture is not None for v in self.window.grid.shown), "the prior")
        self.facts["beside"] = [
            [v.picture.info.exam_date, v.picture.info.label] for v in self.window.grid.shown if v.picture
        ]
        self.facts["mm"] = [
            round(v.picture.column_mm / v.view.scale, 6)
            for v in self.window.grid.shown
            if v.picture and v.picture.column_mm
        ]
        self.picture("beside the prior")

    def save(self) -> None:
        self.key(Qt.Key.Key_S, CTRL)
        self.key(Qt.Key.Key_D, CTRL)
        session = self.window.desk.session
        assert session is not None
        self.robot.wait(lambda: session.save_state is SaveState.SAVED, "everything to be saved")
        self.picture("saved and done")
        self.facts["reading"] = session.reading.id

    def leave(self) -> None:
        closed = self.window.close()
        self.start.end()
        self.runner.shutdown()
        self.workspace.close()
        QApplication.processEvents()
        self.facts["closed"] = closed

    def pane_of(self, uid: str) -> Viewport:
        return next(v for v in self.window.grid.shown if v.picture and v.picture.info.sop_instance_uid == uid)


def truth(view: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((SAMPLES / "screening" / f"{view}.truth.json").read_text("utf-8"))
    return told


def clearest(told: dict[str, Any], count: int = 6, apart_px: float = 12.0) -> list[ImagePoint]:
    """The clearest calcifications of the suspicious group, well apart."""
    groups = {g["id"] for g in told["groups"] if g["kind"] == "fine_pleo"}
    chosen: list[ImagePoint] = []
    for calc in sorted(told["calcifications"], key=lambda c: -c["snr"]):
        point = ImagePoint(calc["column"], calc["row"])
        if calc["group"] in groups and all(
            math.dist((point.column, point.row), (p.column, p.row)) > apart_px for p in chosen
        ):
            chosen.append(point)
    return chosen[:count]


def loop_around(places: list[QPointF]) -> list[QPointF]:
    x = sum(p.x() for p in places) / len(places)
    y = sum(p.y() for p in places) / len(places)
    reach = max(math.dist((p.x(), p.y()), (x, y)) for p in places) + 25
    turns = [2 * math.pi * n / 36 for n in range(37)]
    return [QPointF(x + reach * math.cos(a), y + reach * math.sin(a)) for a in turns]


def main(width: int, height: int, folder: Path) -> None:
    app = make_application()
    journey = Journey(width, height, folder)
    for step in (
        journey.open,
        journey.read_all,
        journey.mark,
        journey.tag,
        journey.look_at_prior,
        journey.save,
    ):
        step()
    size = [journey.window.width(), journey.window.height()]
    journey.leave()
    app.processEvents()
    bugs = [repr(bug) for bug in journey.bugs]
    print(json.dumps({"size": size, "troubles": journey.troubles, "bugs": bugs, **journey.facts}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
