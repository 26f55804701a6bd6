"""One journey through the window with the heartbeat on: heartbeat_journey EXAM STACK; prints ms by step as JSON."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QApplication

from annotator.bootstrap import make_workspace
from annotator.settings import load_settings
from annotator.ui.app import make_application
from annotator.ui.demonstration.heartbeat import Heartbeat
from annotator.ui.demonstration.robot import Robot
from annotator.ui.main_window import MainWindow
from annotator.ui.panes.viewport import Viewport
from annotator.ui.program.start import Start
from annotator.ui.task_runner import TaskRunner

PATIENCE_MS = 300


class Journey:
    """The steps in order; each one lets everything it began come to its end."""

    def __init__(self, window: MainWindow, heart: Heartbeat, stack: Path) -> None:
        self.window = window
        self.heart = heart
        self.stack = stack
        self.robot = Robot()

    def steps(self) -> Iterator[tuple[str, Callable[[], None]]]:
        yield "opening four views", self.wait_for_four
        yield "window drag", lambda: self.drag(Qt.MouseButton.RightButton)
        yield "zoom", self.zoom
        yield "pan", lambda: self.drag(Qt.MouseButton.MiddleButton)
        yield "next image", self.next_images
        yield "layout", self.layouts
        yield "resize", self.resize
        yield "marking", self.mark
        yield "opening a stack", self.open_stack
        yield "scroll of the stack", self.scroll

    @property
    def viewport(self) -> Viewport:
        return self.window.grid.active

    def wait_for_four(self) -> None:
        def hung() -> bool:
            return all(v.picture is not None for v in self.window.grid.shown)

        self.robot.wait(hung, "four pictures")
        self.robot.wait(lambda: self.window.desk.session is not None, "the reading")
        self.robot.wait(lambda: not self.window.exam_view.loading, "the panes")

    def drag(self, button: Qt.MouseButton) -> None:
        middle = QPointF(self.viewport.rect().center())
        way = [middle + QPointF(3 * i, 2 * (i % 30)) for i in range(60)]
        self.robot.drag(self.viewport, way, button)

    def zoom(self) -> None:
        middle = QPointF(self.viewport.rect().center())
        for notch in [1] * 12 + [-1] * 12:
            self.robot.wheel(self.viewport, middle, notch)

    def next_images(self) -> None:
        for _ in range(4):
            self.robot.key(self.viewport, Qt.Key.Key_Right)
            self.robot.rest(50)

    def layouts(self) -> None:
        for _ in range(4):
            self.robot.key(self.viewport, Qt.Key.Key_H)
            self.robot.rest(50)

    def resize(self) -> None:
        for i in [*range(25), *range(25, 0, -1)]:
            self.window.resize(1800 - 20 * i, 1100 - 10 * i)
            QApplication.processEvents()

    def mark(self) -> None:
        for i in range(8):
            self.robot.click(self.viewport, self.viewport.rect().center() + QPoint(17 * i, 11 * i))

    def open_stack(self) -> None:
        self.window.open_paths([self.stack])

        def opened() -> bool:
            exam = self.window.desk.exam
            return exam is not None and exam.images[0].frames > 1

        self.robot.wait(opened, "the stack")
        self.robot.wait(lambda: self.viewport.picture is not None, "its first slice")

    def scroll(self) -> None:
        middle = QPointF(self.viewport.rect().center())
        for notch in [-1] * 30 + [1] * 60:
            self.robot.wheel(self.viewport, middle, notch)
            self.robot.rest(15)


def main(exam: Path, stack: Path) -> None:
    make_application()
    with tempfile.TemporaryDirectory() as folder:
        settings = replace(load_settings(), database=f"sqlite:///{folder}/readings.db")
        workspace, runner = make_workspace(settings), TaskRunner(lambda bug: sys.exit(repr(bug)))
        window, heart = MainWindow(workspace, runner), Heartbeat()
        start = Start(window, workspace, runner, [exam])
        window.resize(1800, 1100)
        window.show()
        journey = Journey(window, heart, stack)
        for step, act in journey.steps():
            heart.begin(step)
            act()
            journey.robot.rest(PATIENCE_MS)
        heart.stop()
        window.close()
        start.end()
        runner.shutdown()
        workspace.close()
    print(json.dumps(heart.gaps))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
