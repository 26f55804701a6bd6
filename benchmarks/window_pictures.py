"""The pictures of the window in README.md and docs/reading.md, from the synthetic sample exams.

python -m benchmarks.window_pictures
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtTest import QTest

from annotator.bootstrap import open_workspace
from annotator.model.geometry import ImagePoint
from annotator.settings import Settings
from annotator.ui.app import make_application
from annotator.ui.demonstration.demo import run_demo
from annotator.ui.demonstration.robot import Robot
from annotator.ui.main_window import MainWindow
from annotator.ui.task_runner import TaskRunner

ROOT = Path(__file__).resolve().parents[1]
STACK = ROOT / "sample_dicoms" / "tomosynthesis" / "RCC-tomo.dcm"
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
