"""Two screens, one of them measured: picture, words and record follow the window from one to the other.

In a process of its own, because the number of screens is decided when Qt starts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCREENS = {
    "synchronousWindowSystemEvents": True,
    "windowFrameMargins": False,
    "screens": [
        {"name": name, "x": x, "y": 0, "width": width, "height": 700, "dpr": 1,
         "logicalDpi": 96, "logicalBaseDpi": 96}
        for name, x, width in (("A", 0, 800), ("B", 800, 900))
    ],
}  # fmt: skip

PROGRAM = """
import json, sys
from datetime import UTC, datetime
from PySide6.QtTest import QTest
from annotator.bootstrap import open_workspace
from annotator.model.display import CorrectionSwitch, Measurement
from annotator.settings import load_settings
from annotator.ui.app import make_application
from annotator.ui.display.displays import screen_id
from annotator.ui.display.full_field import PatternWindow
from annotator.ui.main_window import MainWindow
from annotator.ui.task_runner import TaskRunner
from annotator.ui.display.test_pattern import pattern_values

app = make_application()
runner = TaskRunner(lambda bug: sys.exit(str(bug)))
window = MainWindow(open_workspace(load_settings()), runner)
window.resize(600, 500)
window.show()
first, second = app.screens()
at, measured = datetime.now(UTC), screen_id(second)
for event in (
    Measurement(measured, at, "a", (0, 128, 255), (0.4, 60.0, 250.0)),
    CorrectionSwitch(measured, at, "a", True),
):
    window.displays.record(event)
while not window.displays.state(second).on:
    QTest.qWait(10)

told = []
for screen in (first, second, first):
    window.move(screen.geometry().x() + 20, 20)
    while window.screen() is not screen:
        QTest.qWait(10)
    corrected = [v.output.curve is not None for v in window.grid.viewports]
    told.append([window.screen().name(), window.status.display.text(), all(corrected), any(corrected)])

pattern = PatternWindow()
exact = []
for screen in (first, second):
    output = window.displays.output(screen)
    pattern.show_pattern(output, screen)
    shown = pattern.grab().toImage()
    wanted = output.codes()[pattern_values(*screen.size().toTuple())]
    places = [(x, y) for y in range(0, shown.height(), 7) for x in range(0, shown.width(), 3)]
    same = all(shown.pixelColor(x, y).red() == wanted[y, x] for x, y in places)
    exact.append([pattern.screen().name(), shown.size() == screen.size(), same])
    pattern.close()
print(json.dumps([told, exact]))
window.close()
runner.shutdown()
"""


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="screens are made up by Qt's offscreen plugin"
)
def test_each_screen_has_its_own_correction_and_pattern(tmp_path: Path):
    configuration = tmp_path / "screens.json"
    configuration.write_text(json.dumps(SCREENS), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "QT_QPA_PLATFORM": f"offscreen:configfile={configuration}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    told, exact = json.loads(done.stdout)
    assert told == [
        ["A", "uncalibrated display", False, False],
        ["B", "GSDF display", True, True],
        ["A", "uncalibrated display", False, False],
    ]
    assert exact == [["A", True, True], ["B", True, True]]
