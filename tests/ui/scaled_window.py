"""The real window at one scaling of the screen: what is cut off, too faint or without a name, as JSON.

python scaled_window.py WIDTH HEIGHT FOLDER_OF_THIS_RUN; QT_SCALE_FACTOR is the scaling.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QAccessible, QImage
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QWidget,
)

from annotator.bootstrap import open_workspace
from annotator.settings import load_settings
from annotator.ui.app import make_application
from annotator.ui.demonstration.robot import Robot
from annotator.ui.main_window import MainWindow
from annotator.ui.task_runner import TaskRunner
from annotator.ui.theme import contrast
from annotator.ui.window.elided_label import ElidedLabel

NEARLY = 1
LEAST_CONTRAST = 4.5
FIELDS = (QAbstractButton, QLineEdit, QPlainTextEdit, QComboBox, QAbstractItemView)


def parts(window: QWidget) -> Iterator[QWidget]:
    for part in window.findChildren(QWidget):
        if part.isVisible() and not part.visibleRegion().isEmpty():
            yield part


def named(part: QWidget) -> str:
    label = part.text() if isinstance(part, QLabel | QAbstractButton) else part.accessibleName()
    return f"{type(part).__name__} {part.objectName()} {label!r}"


def scrolls(part: QWidget) -> bool:
    parent = part.parentWidget()
    while parent is not None:
        if isinstance(parent, QScrollArea):
            return True
        parent = parent.parentWidget()
    return False


def is_cut(part: QWidget) -> bool:
    if isinstance(part, ElidedLabel):
        return not part.toolTip() and bool(part.text())
    if isinstance(part, QLabel) and part.text() and not part.text().startswith("<"):
        room = part.contentsRect()
        if not part.wordWrap():
            return part.sizeHint().width() > part.width() + NEARLY
        return part.heightForWidth(part.width()) > part.height() + NEARLY and room.height() > 0
    if isinstance(part, QAbstractButton) and part.text():
        return (
            part.sizeHint().width() > part.width() + NEARLY
            or part.sizeHint().height() > part.height() + NEARLY
        )
    return False


def is_beyond(part: QWidget, window: QWidget) -> bool:
    """Whether a part that cannot be scrolled to reaches out of the window."""
    if scrolls(part) or not isinstance(part, QLabel | QAbstractButton):
        return False
    return not window.rect().contains(QRect(part.mapTo(window, QPoint(0, 0)), part.size()))


def faintest(part: QWidget, picture: QImage, window: QWidget) -> float:
    """Contrast, as painted, between the ground of a text and what differs most from it."""
    ratio = picture.devicePixelRatio()
    at = part.mapTo(window, QPoint(0, 0))
    rect = QRect(
        round(at.x() * ratio),
        round(at.y() * ratio),
        round(part.width() * ratio),
        round(part.height() * ratio),
    )
    piece = picture.copy(rect).convertToFormat(QImage.Format.Format_RGB32)
    if piece.width() < 4 or piece.height() < 4:
        return 21.0
    # 32 bits a pixel: a line has no padding
    pixels = np.frombuffer(piece.constBits(), np.uint32) & 0xFFFFFF
    values, counts = np.unique(pixels, return_counts=True)
    ground = f"#{values[counts.argmax()]:06x}"
    return max(contrast(ground, f"#{value:06x}") for value in values)


def look(window: MainWindow, robot: Robot, step: str) -> list[str]:
    robot.wait(lambda: window.clusters.watch.settled, "how marks lie together")
    robot.rest(200)
    picture = window.grab().toImage()
    found = []
    for part in parts(window):
        if is_cut(part):
            found.append(f"{step}: cut off: {named(part)}")
        if is_beyond(part, window):
            found.append(f"{step}: beyond the window: {named(part)}")
        is_text = (
            isinstance(part, QLabel | QAbstractButton)
            and part.text().strip()
            and not isinstance(part, QCheckBox)
        )
        if is_text and part.isEnabled() and not scrolls(part):
            ratio = faintest(part, picture, window)
            if ratio < LEAST_CONTRAST:
                found.append(f"{step}: contrast {ratio:.1f}: {named(part)}")
        if isinstance(part, FIELDS):
            face = QAccessible.queryAccessibleInterface(part)
            if face is None or not face.text(QAccessible.Text.Name).strip():
                found.append(f"{step}: no name: {named(part)}")
    return found


def main(width: int, height: int, folder: Path) -> None:
    app, robot = make_application(), Robot()
    bugs: list[BaseException] = []
    runner = TaskRunner(bugs.append)
    url = f"sqlite:///{folder / 'r.db'}"
    workspace = open_workspace(load_settings(overrides={"database": url, "reader": "anna"}))
    window = MainWindow(workspace, runner, folder / "window.ini")
    window.resize(width, height)
    window.show()
    found = look(window, robot, "start")
    window.tour.start()
    found += look(window, robot, "tour offered")
    window.tour_card.go.click()
    robot.wait(lambda: window.tour.at == 0 and not window.exam_view.loading, "the sample exam")
    robot.wait(lambda: all(v.picture is not None for v in window.grid.shown), "pictures")
    found += look(window, robot, "tour 1")
    for step in range(1, 6):
        window.tour_card.go.click()
        robot.wait(lambda step=step: window.tour.at == step, f"step {step}")
        found += look(window, robot, f"tour {step + 1}")
    window.errors.show_error("The first trouble, in a sentence of some length that says what to do about it.")
    window.errors.show_error("The second trouble.")
    found += look(window, robot, "errors")
    window.show_panel("candidates")
    found += look(window, robot, "candidates hidden")
    window.candidate_commands.finish_first_pass()
    robot.wait(lambda: bool(window.candidates.lines), "candidates")
    window.candidate_commands.step_candidate(1)
    found += look(window, robot, "candidates")
    told: dict[str, Any] = {
        "found": found,
        "ratio": window.devicePixelRatioF(),
        "size": [window.width(), window.height()],
        "bugs": [repr(bug) for bug in bugs],
    }
    window.close()
    runner.shutdown()
    workspace.close()
    app.processEvents()
    print(json.dumps(told))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
