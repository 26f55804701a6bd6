"""A reader at the real window who never stops: run by the kill test, which ends it.

    window_session.py DATABASE_URL EXAM_FOLDER SEED

Prints `saved REVISION DIGEST` each time the exam strip comes to say that everything is saved.
"""

from __future__ import annotations

import json
import os
import random
import sys
from dataclasses import replace
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"
sys.path.insert(0, str(Path(__file__).parent))

from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from reading_session import digest

from annotator.bootstrap import open_workspace
from annotator.model.finding import Assessment, Change, Distribution, Morphology
from annotator.model.geometry import ImagePoint
from annotator.model.seen_on_image import RecallReason
from annotator.settings import load_settings
from annotator.ui.app import make_application
from annotator.ui.commands import signing as signing_commands
from annotator.ui.demonstration.robot import Robot
from annotator.ui.desk.followed_patient import call_its_own
from annotator.ui.desk.saving import SaveState
from annotator.ui.desk.saying import switch_recall
from annotator.ui.desk.session import ReadingSession
from annotator.ui.desk.signing import SignState
from annotator.ui.main_window import MainWindow
from annotator.ui.task_runner import TaskRunner


def bug(error: BaseException) -> None:
    raise SystemExit(f"bug: {error!r}") from error


def true_places(folder: Path) -> dict[str, list[ImagePoint]]:
    """Where the calcifications of each image lie."""
    places = {}
    for file in folder.glob("*.truth.json"):
        truth = json.loads(file.read_text(encoding="utf-8"))
        points = [ImagePoint(c["column"], c["row"]) for c in truth["calcifications"] if c["snr"] > 10]
        places[truth["sop_instance_uid"]] = points
    return places


class Reader:
    """Acts at random, by mouse and key, on whatever is in sight."""

    def __init__(self, window: MainWindow, places: dict[str, list[ImagePoint]], seed: int) -> None:
        self.window = window
        self.places = places
        self.robot = Robot()
        self.moment = random.Random(seed)

    def act(self) -> None:
        choice = self.moment.random()
        session = self.window.desk.session
        assert session is not None
        if session.reading.is_signed or self.moment.random() < 0.08:
            self.sign_or_amend(session)
        elif self.moment.random() < 0.15:
            self.say_of_images(session)
        elif choice < 0.4 or not session.reading.marks:
            self.click_somewhere()
        elif choice < 0.5:
            self.drag_a_mark(session)
        elif choice < 0.65:
            self.robot.key(self.window.grid.active, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        elif choice < 0.75:
            self.robot.key(self.window.grid.active, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
        elif session.current_finding is not None:
            self.say_something()

    def click_somewhere(self) -> None:
        viewports = [v for v in self.window.grid.viewports if v.picture is not None and v.isVisible()]
        viewport = self.moment.choice(viewports)
        assert viewport.picture is not None
        viewport.setFocus()
        point = self.moment.choice(self.places[viewport.picture.info.sop_instance_uid])
        self.robot.click(viewport, viewport.widget_position(point).toPoint())

    def drag_a_mark(self, session: ReadingSession) -> None:
        mark = self.moment.choice(session.reading.marks)
        for viewport in self.window.grid.viewports:
            if viewport.picture is not None and viewport.picture.key == mark.image:
                start = viewport.widget_position(mark.point)
                end = start + QPointF(self.moment.uniform(-30, 30), self.moment.uniform(-30, 30))
                self.robot.drag(viewport, [start, (start + end) / 2, end, end])

    def sign_or_amend(self, session: ReadingSession) -> None:
        """Sign as a reader does, open again for a reason, give that up; or go on while the signature is made."""
        commands = self.window.signing_commands
        if session.reading.is_signed:
            if commands.signing.state is SignState.SIGNED:
                self.window.signed_note.amend_wanted.emit()
                QTest.keyClicks(commands.card.reason, self.moment.choice(("side", "one more view")))
                self.robot.key(commands.card.reason, Qt.Key.Key_Return)
        elif session.reading.amending and self.moment.random() < 0.3:
            self.window.signed_note.withdraw_wanted.emit()
        else:
            control = Qt.KeyboardModifier.ControlModifier
            self.robot.key(self.window.grid.active, Qt.Key.Key_Return, control)
            if commands.card.asks_to_sign:
                self.robot.key(commands.card, Qt.Key.Key_Return, control)

    def say_of_images(self, session: ReadingSession) -> None:
        """Place a nipple, want a view again, tell findings apart, or begin a comment that nobody commits."""
        viewport = self.moment.choice([v for v in self.window.grid.viewports if v.picture is not None])
        assert viewport.picture is not None
        uid = viewport.picture.info.sop_instance_uid
        act = self.moment.randrange(4)
        if act == 0:
            session.place_nipple(viewport.picture, self.moment.choice(self.places[uid]))
        elif act == 1:
            switch_recall(session, uid, self.moment.choice(list(RecallReason)))
        elif act == 2 and session.current_finding_id is not None:
            call_its_own(session, session.current_finding_id)
        elif session.current_finding is not None:
            QTest.keyClicks(self.window.finding_panel.comment, "unsure ")

    def say_something(self) -> None:
        panel = self.window.finding_panel
        row, words = self.moment.choice(
            (
                (panel.morphology, (Morphology.AMORPHOUS, Morphology.FINE_PLEO)),
                (panel.distribution, (Distribution.GROUPED, Distribution.REGIONAL)),
                (panel.change, tuple(Change)),
                (panel.assessment, tuple(Assessment)),
            )
        )
        self.robot.press(row.chip(self.moment.choice(words)))


def main(url: str, folder: Path, seed: int) -> None:
    app = make_application()
    # it acts faster than any reflex
    signing_commands.REFLEX_S = 0.0
    workspace = open_workspace(replace(load_settings(), database=url, reader="r1"))
    window = MainWindow(workspace, TaskRunner(bug))
    window.resize(1200, 800)
    window.show()
    window.open_paths([folder])
    reader = Reader(window, true_places(folder), seed)
    reader.robot.wait(lambda: any(v.picture for v in window.grid.viewports), "a picture")
    reader.robot.wait(lambda: window.desk.session is not None, "its reading")
    session = window.desk.session
    assert session is not None
    told = -1

    def tell() -> None:
        nonlocal told
        if session.save_state is SaveState.SAVED and session.revision != told:
            told = session.revision
            print(f"saved {told} {digest(session.reading)}", flush=True)

    session.save_state_changed.connect(tell)
    tell()
    while True:
        reader.act()
        app.processEvents()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
