"""The real window from its first paint to its end, watched from within: run by the test of the start.

    start_session.py first-paint DATABASE_URL [PATH]
    start_session.py pictures DATABASE_URL PATH
    start_session.py idle DATABASE_URL PATH

Prints one JSON object: the heavy modules loaded at each moment, or what happened while nothing did.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from PySide6.QtCore import QAbstractEventDispatcher, QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication

from annotator.settings import load_settings
from annotator.ui import app
from annotator.ui.desk.saving import SaveState
from annotator.ui.main_window import MainWindow

HEAVY = ("pydicom", "sqlalchemy", "alembic", "scipy", "highdicom", "imagecodecs", "skimage", "numba")
IDLE_S = 1.5


def heavy_modules() -> list[str]:
    return [name for name in HEAVY if name in sys.modules]


class Watcher(QObject):
    """Sees every event of the application before its receiver does."""

    tick = Signal()

    def __init__(self, application: QApplication, what: str) -> None:
        super().__init__()
        self.what = what
        self.told: dict[str, object] = {}
        self.window: MainWindow | None = None
        self.pictures = 0
        self.counting = False
        self.over = False
        self.events: Counter[str] = Counter()
        self.wakes = 0
        # posted across threads, so that the watch itself needs no timer
        self.tick.connect(self.look, Qt.ConnectionType.QueuedConnection)
        application.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if self.window is None and isinstance(watched, MainWindow) and event.type() == QEvent.Type.Paint:
            self.painted(watched)
        if event.type() == QEvent.Type.Close:
            self.over = True
        if self.counting and not self.over and watched is not self:
            self.events[f"{event.type().name} {type(watched).__name__}"] += 1
        return False

    def painted(self, window: MainWindow) -> None:
        self.window = window
        self.told["first paint"] = heavy_modules()
        if self.what == "first-paint":
            QTimer.singleShot(0, window, window.close)
        else:
            window.exam_view.picture_shown.connect(self.shown)
            threading.Thread(target=self.keep_asking, daemon=True).start()

    def shown(self, _pane: int, _picture: object) -> None:
        self.pictures += 1
        self.told.setdefault("first picture", heavy_modules())

    def keep_asking(self) -> None:
        while not self.counting:
            time.sleep(0.2)
            self.tick.emit()
        time.sleep(IDLE_S)
        os.kill(os.getpid(), signal.SIGTERM)

    def look(self) -> None:
        """Begin to count once the exam hangs, its reading is open, and all is said and done."""
        assert self.window is not None
        session = self.window.desk.session
        settled = (
            self.pictures >= 4
            and session is not None
            and session.save_state is SaveState.SAVED
            and not any(timer.isActive() for timer in self.window.findChildren(QTimer))
        )
        if not settled or self.counting:
            return
        self.told["all pictures"] = heavy_modules()
        if self.what == "pictures":
            self.window.close()
            return
        dispatcher = QAbstractEventDispatcher.instance()
        assert dispatcher is not None
        dispatcher.awake.connect(self.woken)
        self.counting = True

    def woken(self) -> None:
        self.wakes += not self.over


def main(what: str, url: str, paths: list[Path]) -> None:
    watcher = Watcher(app.make_application(), what)
    watcher.told["status"] = app.run(paths, replace(load_settings(), database=url, reader="r1"))
    if what == "idle":
        watcher.told |= {"events": dict(watcher.events), "wakes": watcher.wakes}
    print(json.dumps(watcher.told))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], [Path(argument) for argument in sys.argv[3:]])
