"""Panes on two screens, in a process of its own, because the number of screens is decided when Qt starts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from made_exams import write_three_years

PROGRAM = """
import json, sys
from pathlib import Path
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from annotator.bootstrap import open_workspace
from annotator.settings import load_settings
from annotator.ui.app import make_application
from annotator.ui.demonstration.robot import Robot
from annotator.ui.main_window import MainWindow
from annotator.ui.task_runner import TaskRunner

app = make_application()
robot = Robot()
runner = TaskRunner(lambda bug: sys.exit(repr(bug)))
window = MainWindow(open_workspace(load_settings()), runner)
window.resize(900, 600)
window.move(app.screens()[0].geometry().topLeft())
window.show()
window.activateWindow()
folder, count = Path(sys.argv[1]), int(sys.argv[2])
window.open_paths(sorted(folder.iterdir())[-count:])

def wait(done):
    for _ in range(1000):
        if done():
            return
        robot.rest(10)
    sys.exit("waited in vain")

def settled():
    view = window.exam_view
    places = [view.place(pane) for pane in range(len(window.grid.shown))]
    return window.desk.session is not None and not view.loading and all(
        v.picture is not None and v.picture.info.sop_instance_uid == p.info.sop_instance_uid
        for v, p in zip(window.grid.shown, places)
    )

def told():
    second = window.hanging_commands.second
    return {
        "layout": window.exam_view.layout.value,
        "window": [v.window() is second for v in window.grid.shown],
        "screens": [v.screen().name() for v in window.grid.shown],
        "labels": [v.picture.info.label + v.picture.info.exam_date[:4] for v in window.grid.shown],
        "message": window.status.message,
    }

def press(key, keys=Qt.KeyboardModifier.NoModifier, on=None):
    QTest.keyClick(on or window.grid.active, key, keys)
    robot.rest(100)
    wait(settled)

wait(settled)
states = []
press(Qt.Key.Key_F8)
states.append(told())
if len(app.screens()) == 1:
    press(Qt.Key.Key_F8)
    states.append(told())
second = window.hanging_commands.second
shot = second.grab().toImage()
there = next(v for v in window.grid.shown if v.window() is second)
there.setFocus()
second.activateWindow()
robot.rest(100)
press(Qt.Key.Key_I, on=there)
inverted = [v.inverted for v in window.grid.shown]
press(Qt.Key.Key_F11, on=there)
alone = [window.strip.isVisible(), second.isFullScreen()]
press(Qt.Key.Key_F11, on=there)
alone += [window.strip.isVisible(), second.isFullScreen()]
press(Qt.Key.Key_F7, Qt.KeyboardModifier.ShiftModifier, on=there)
states.append(told())
second.close()
wait(settled)
states.append(told())
press(Qt.Key.Key_F8)
if not second.isVisible():
    press(Qt.Key.Key_F8)
opened = second.isVisible()
window.close()
left_over = second.isVisible()
again = window = MainWindow(open_workspace(load_settings()), runner)
again.move(app.screens()[0].geometry().topLeft())
again.show()
again.open_paths(sorted(folder.iterdir())[-1:])
wait(settled)
states.append(told())
again.close()
print(json.dumps([states, inverted, alone, opened, left_over, shot.width()]))
runner.shutdown()
"""


def screens(*widths: int) -> dict[str, object]:
    left = 0
    made = []
    for name, width in zip("AB", widths, strict=False):
        made.append(
            {"name": name, "x": left, "y": 0, "width": width, "height": 800, "dpr": 1, "logicalDpi": 96,
             "logicalBaseDpi": 96}
        )  # fmt: skip
        left += width
    return {"synchronousWindowSystemEvents": True, "windowFrameMargins": False, "screens": made}


def run(tmp_path: Path, widths: tuple[int, ...], exams: int):
    write_three_years(tmp_path / "years")
    configuration = tmp_path / "screens.json"
    configuration.write_text(json.dumps(screens(*widths)), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "years"), str(exams)],
        env={**os.environ, "QT_QPA_PLATFORM": f"offscreen:configfile={configuration}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


FOUR = ["RCC", "LCC", "RMLO", "LMLO"]

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="screens are made up by Qt's offscreen plugin"
)


def test_an_exam_on_two_screens_has_a_pair_on_each(tmp_path):
    states, inverted, alone, opened, left_over, width = run(tmp_path, (1000, 1200), 1)
    assert states[0]["layout"] == "two screens"
    assert states[0]["labels"] == [f"{label}2024" for label in FOUR]
    assert states[0]["window"] == [False, False, True, True]
    assert states[0]["screens"] == ["A", "A", "B", "B"]
    assert states[1]["window"] == [True, True, False, False]
    assert states[2]["layout"] == "four"
    assert not any(states[2]["window"])
    # as it was left: two screens, the sides exchanged
    assert states[3]["screens"] == ["B", "B", "A", "A"]
    assert inverted == [True] * 4
    assert alone == [False, True, True, False]
    assert opened
    assert not left_over
    assert width == 1200


def test_the_earlier_exam_stands_on_the_left_screen(tmp_path):
    states, *_ = run(tmp_path, (1000, 1200), 3)
    shown = states[0]
    by_screen = {
        name: {
            label[-4:]
            for label, screen in zip(shown["labels"], shown["screens"], strict=True)
            if screen == name
        }
        for name in "AB"
    }
    assert by_screen == {"A": {"2022"}, "B": {"2024"}}
    swapped = dict(zip(states[1]["labels"], states[1]["screens"], strict=True))
    assert swapped["RCC2024"] == "A"
    assert swapped["RCC2022"] == "B"


def test_with_one_screen_the_key_says_so_and_the_next_press_opens_a_window_there(tmp_path):
    states, *_, width = run(tmp_path, (1600,), 1)
    assert states[0]["layout"] == "four"
    assert "There is no second screen" in states[0]["message"]
    assert states[1]["layout"] == "two screens"
    assert sorted(states[1]["window"]) == [False, False, True, True]
    assert width == 800
    assert states[-1]["layout"] == "four"
