"""Ten findings of the sample exams entered by hand and eye: how many keys, clicks and seconds each takes.

    python -m benchmarks.entry [--size 1366x768] [--pictures FOLDER] [--database URL] [--json]

The real window gets real key and mouse events and nothing else; what a finding is, and where, is told by the truth
files of the samples, in place of a reader's eye. Looking (a click with the middle button that makes the pane the
active one, Z for 1:1 and back) and saying (from the first click on a calcification, or the first key, to the last)
are counted apart. `meant` is what was to be said of each finding; `tests/e2e/test_entry.py` compares it with what the
database holds afterwards. Seconds are those of the machine: no hand is waited for.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from annotator.bootstrap import make_workspace
from annotator.model.geometry import ImagePoint
from annotator.settings import load_settings
from annotator.ui.app import make_application
from annotator.ui.demonstration.robot import Robot
from annotator.ui.desk.saving import SaveState
from annotator.ui.desk.session import ReadingSession
from annotator.ui.main_window import MainWindow
from annotator.ui.panes.viewport import Viewport
from annotator.ui.task_runner import TaskRunner

SAMPLES = Path(__file__).resolve().parents[1] / "sample_dicoms"
APART_MM = 1.0
SHIFT, ALT = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier
NONE = Qt.KeyboardModifier.NoModifier
_KEYS = {"Space": Qt.Key.Key_Space, "Enter": Qt.Key.Key_Return}


@dataclass(frozen=True)
class Wanted:
    """A group of one view, how it is said ("+" before a letter is Shift, "!" is Alt), and what is then to be in the database.

    `marks` spots are clicked before the keys; 0 where a preset marks the one under the pointer.
    """

    exam: str
    view: str
    group: str
    marks: int
    keys: str
    meant: dict[str, Any]


_PLEO = {"morphology": ["fine_pleo"], "distributions": ["grouped"]}
TEN = (
    Wanted("screening", "RCC", "S1", 5, "E P G 0", {**_PLEO, "assessment": "0"}),
    Wanted("screening", "RCC", "B2", 0, "B M K 0", {"morphology": ["milk"], "assessment": "0"}),
    Wanted("screening", "LCC", "B1", 0, "B +V K 2", {"morphology": ["vascular"], "certain": True, "assessment": "2"}),
    Wanted("screening", "LCC", "B3", 0, "B !+I K 2", {"morphology": ["rim"], "certain": True, "assessment": "2"}),
    Wanted("workup", "RMCC", "S1", 5, "E P G B", {**_PLEO, "assessment": "4B"}),
    Wanted("workup", "RMML", "B2", 0, "B +M K 2", {"morphology": ["milk"], "certain": True, "assessment": "2"}),
    Wanted("prior", "RCC", "S1", 5, "E P G N 0", {**_PLEO, "change": "new", "assessment": "0"}),
    Wanted("prior", "LCC", "B3", 0, "B !+I K 2", {"morphology": ["rim"], "certain": True, "assessment": "2"}),
    Wanted("tomosynthesis", "RCC", "S1", 5, "E P G 0", {**_PLEO, "assessment": "0"}),
    Wanted(
        "tomosynthesis", "RCC", "B2", 3, "E O D 2",
        {"morphology": ["round"], "distributions": ["diffuse"], "assessment": "2"},
    ),
)  # fmt: skip


@dataclass
class Effort:
    """What a finding took. `look` and `begin` come before the first click on it: going there, and F for a new one."""

    exam: str
    what: str
    keys: str
    look: int = 0
    look_clicks: int = 0
    begin: int = 0
    presses: int = 0
    clicks: int = 0
    seconds: float = 0.0
    meant: dict[str, Any] = field(default_factory=dict)


class Reader:
    """A hand at the window that counts what it does."""

    def __init__(self, url: str, folder: Path, size: tuple[int, int], pictures: Path | None) -> None:
        self.robot = Robot()
        self.bugs: list[BaseException] = []
        self.runner = TaskRunner(self.bugs.append)
        self.workspace = make_workspace(load_settings(overrides={"database": url, "reader": "entry"}))
        self.window = MainWindow(self.workspace, self.runner, folder / "window.ini")
        self.window.setGeometry(0, 0, *size)
        self.window.show()
        self.pictures = pictures
        self.going = 0
        self.taken = 0

    @property
    def session(self) -> ReadingSession:
        session = self.window.desk.session
        if session is None:
            raise SystemExit("no reading is open")
        return session

    def press(self, key: str) -> None:
        """One key with what is held, into whatever has the keyboard."""
        held = (SHIFT if "+" in key else NONE) | (ALT if "!" in key else NONE)
        name = key.lstrip("+!")
        code = _KEYS.get(name) or getattr(Qt.Key, f"Key_{name}")
        self.robot.key(QApplication.focusWidget() or self.window.grid.active, code, held)

    def open(self) -> None:
        names = dict.fromkeys(wanted.exam for wanted in TEN)
        self.window.open_paths([SAMPLES / name for name in names])
        self.robot.wait(lambda: len(self.window.desk.exams) == len(names), "the sample exams")

    def go_to(self, exam: str) -> None:
        """A click on the exam in the worklist, if it is not the one that is open."""
        uid = truth(exam, next(w.view for w in TEN if w.exam == exam))["study_instance_uid"]
        if self._open_exam() != uid:
            rows = self.window.worklist.list
            rows.go_to(uid)
            self.robot.click(rows.viewport(), rows.rect_of(uid).center())
            self.going += 1
        self.robot.wait(lambda: self._open_exam() == uid and self.window.exam_view.exact, f"the {exam} exam")
        self.window.grid.active.setFocus()

    def enter(self, wanted: Wanted) -> Effort:
        told = truth(wanted.exam, wanted.view)
        points = clearest(told, wanted.group, max(wanted.marks, 1))
        pane = self._pane(told["sop_instance_uid"])
        effort = Effort(wanted.exam, f"{wanted.view} {wanted.group}", wanted.keys, meant=wanted.meant)
        began = time.perf_counter()
        self._look(pane, middle(points), effort)
        if wanted.marks and self.session.reading.findings:
            self.press("F")
            effort.begin = 1
        for point in points[: wanted.marks]:
            self.robot.click(pane, pane.widget_position(point).toPoint())
            effort.clicks += 1
        if not wanted.marks:
            QTest.mouseMove(pane, pane.widget_position(points[0]).toPoint() + QPoint(2, 2))
            QTest.mouseMove(pane, pane.widget_position(points[0]).toPoint())
        for key in wanted.keys.split():
            self.press(key)
            effort.presses += 1
        effort.seconds = time.perf_counter() - began
        self._saved()
        self._picture(f"{wanted.exam} {effort.what}")
        return effort

    def close(self) -> None:
        if not self.window.close():
            raise SystemExit("the window did not close: not everything was saved")
        self.runner.shutdown()
        self.workspace.close()
        QApplication.processEvents()

    def _look(self, pane: Viewport, at: ImagePoint, effort: Effort) -> None:
        """Make the pane the active one and bring the place to 1:1 under the pointer."""
        if not pane.fitted:
            self.press("Z")
            effort.look += 1
        place = pane.widget_position(at).toPoint()
        QTest.mouseMove(pane, place)
        QTest.mouseClick(pane, Qt.MouseButton.MiddleButton, pos=place)
        effort.look_clicks += 1
        self.press("Z")
        effort.look += 1
        self.robot.wait(lambda: self.window.exam_view.exact, "the exact picture")

    def _open_exam(self) -> str:
        session = self.window.desk.session
        return "" if session is None else session.exam.study_instance_uid

    def _pane(self, uid: str) -> Viewport:
        return next(v for v in self.window.grid.shown if v.picture and v.picture.info.sop_instance_uid == uid)

    def _saved(self) -> None:
        session = self.session
        self.robot.wait(lambda: session.save_state is SaveState.SAVED, "everything to be saved")

    def _picture(self, what: str) -> None:
        if self.pictures is not None:
            self.robot.rest(120)
            self.taken += 1
            self.pictures.mkdir(parents=True, exist_ok=True)
            self.window.grab().save(str(self.pictures / f"{self.taken:02d}-{what.replace(' ', '-')}.png"))


def truth(exam: str, view: str) -> dict[str, Any]:
    """What a sample image holds."""
    told: dict[str, Any] = json.loads((SAMPLES / exam / f"{view}.truth.json").read_text(encoding="utf-8"))
    return told


def clearest(told: dict[str, Any], group: str, count: int) -> list[ImagePoint]:
    """The clearest calcifications of a group, well apart."""
    apart = APART_MM / told["in_breast_mm"]
    chosen: list[ImagePoint] = []
    for calc in sorted(told["calcifications"], key=lambda c: -c["snr"]):
        point = ImagePoint(calc["column"], calc["row"])
        if calc["group"] == group and all(
            math.dist((point.column, point.row), (p.column, p.row)) > apart for p in chosen
        ):
            chosen.append(point)
    return chosen[:count]


def middle(points: list[ImagePoint]) -> ImagePoint:
    """The place between them."""
    return ImagePoint(sum(p.column for p in points) / len(points), sum(p.row for p in points) / len(points))


def table(efforts: list[Effort], going: int) -> str:
    """The counts below each other, and their sums."""
    lines = [f"{'finding':26}{'keys':14}{'look':>5}{'new':>5}{'clicks':>8}{'presses':>9}{'seconds':>9}"]
    lines += [
        f"{one.exam + ' ' + one.what:26}{one.keys:14}{one.look + one.look_clicks:5}{one.begin:5}"
        f"{one.clicks:8}{one.presses:9}{one.seconds:9.2f}"
        for one in efforts
    ]
    looks = sum(one.look + one.look_clicks for one in efforts)
    lines.append(
        f"{'in total':26}{'':14}{looks:5}{sum(e.begin for e in efforts):5}{sum(e.clicks for e in efforts):8}"
        f"{sum(e.presses for e in efforts):9}{sum(e.seconds for e in efforts):9.2f}"
    )
    lines.append(f"clicks in the worklist: {going}")
    return "\n".join(lines)


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", default="1366x768")
    parser.add_argument("--pictures", type=Path, help="keep a picture of the window after each finding here")
    parser.add_argument("--database", help="where the readings go; a new one that is thrown away")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    width, height = (int(part) for part in asked.size.split("x"))
    with tempfile.TemporaryDirectory() as folder:
        url = asked.database or f"sqlite:///{Path(folder) / 'readings.db'}"
        app = make_application()
        reader = Reader(url, Path(folder), (width, height), asked.pictures)
        reader.open()
        efforts = []
        for wanted in TEN:
            reader.go_to(wanted.exam)
            efforts.append(reader.enter(wanted))
        going, bugs = reader.going, [repr(bug) for bug in reader.bugs]
        reader.close()
        app.processEvents()
    if asked.json:
        print(json.dumps({"findings": [asdict(e) for e in efforts], "going": going, "bugs": bugs}))
    else:
        print(table(efforts, going))
    if bugs:
        raise SystemExit("\n".join(bugs))


if __name__ == "__main__":
    main(sys.argv[1:])
