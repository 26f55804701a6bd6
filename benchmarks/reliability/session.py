"""A reader at work without a window: the desk, the session, its undo stack and its saving are those of the window.

What the strip over the images would say goes out as lines: `made N ACT DIGEST` for each act as it appears on the
screen, `safe N saved|kept` once the strip says that all acts up to the N-th are in the database, or at least on this
computer, and `told SENTENCE` where it says why not. Whoever reads the lines may kill the program at any moment.
"""

from __future__ import annotations

import hashlib
import os
import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QCoreApplication, QSocketNotifier, QTimer

from annotator.bootstrap import make_workspace
from annotator.model import edits
from annotator.model.finding import Assessment, Distribution, Morphology, Reading
from annotator.model.geometry import ImagePoint, PixelSpacing, SpacingBasis
from annotator.model.history import Act
from annotator.model.image import ExamInfo, ImageKey
from annotator.model.mark import MarkKind, SpotMeasurement
from annotator.model.signing import Signature
from annotator.settings import Settings
from annotator.store.encoding import content_digest, encode_reading
from annotator.ui.desk.reading_desk import ReadingDesk
from annotator.ui.desk.saving import SaveState
from annotator.ui.desk.session import ReadingSession
from annotator.ui.task_runner import TaskRunner

SAFE = {"SAVED": "saved", "KEPT": "kept"}
AHEAD = 3
"""Acts that nobody waits for while the database takes them; a hand is never further ahead."""

AWAY_S = 0.25
"""From one act to the next while the database is away: a fast hand, so that what waits can be caught up with."""

IMAGES = (ImageKey("2.25.10"), ImageKey("2.25.11"), ImageKey("2.25.12", 3))
SPACING = PixelSpacing(0.07, 0.07, SpacingBasis.AT_DETECTOR)


@dataclass(frozen=True, slots=True)
class Orders:
    """What a session is to do; `most` acts (0: for ever), then it waits until all are saved and ends."""

    url: str
    reader: str
    study: str
    seed: int
    pause_ms: int = 1
    most: int = 0


def digest(reading: Reading) -> str:
    """A reading as a short text that differs when anything in it differs."""
    return hashlib.sha256(encode_reading(reading).encode()).hexdigest()[:16]


def edited(reading: Reading, chance: random.Random) -> tuple[Reading, str]:
    """One act of the kind a window offers."""
    if not reading.findings or chance.random() < 0.05:
        return edits.add_finding(reading)[0], "Begin a finding"
    finding = chance.choice(reading.findings).id
    point = ImagePoint(chance.uniform(0, 3328), chance.uniform(0, 4096))
    kind = chance.random()
    if kind < 0.6 or not reading.marks:
        outline = tuple(ImagePoint(point.column + i, point.row - i) for i in range(16))
        spot = SpotMeasurement(
            point, 4.4, 0.3, 5.1, 3.9, 41.0, 0.8, 212.0, 9.1, outline, 0.31, 0.02, 0.36, 0.27, SPACING.basis
        )
        image = chance.choice(IMAGES)
        return edits.add_mark(reading, finding, image, point, MarkKind.MICRO, spot)[0], "Mark"
    if kind < 0.7:
        return edits.move_mark(reading, chance.choice(reading.marks).id, point), "Move a mark"
    if kind < 0.75:
        return edits.remove_marks(reading, [chance.choice(reading.marks).id]), "Delete a mark"
    if kind < 0.8:
        corners = (ImagePoint(0.0, 0.0), ImagePoint(9.0, 0.0), point)
        return edits.add_cluster(reading, finding, IMAGES[0], corners, [], SPACING)[0], "Lasso"
    said = {
        "morphology": (chance.choice(list(Morphology)),),
        "distributions": (chance.choice(list(Distribution)),),
        "assessment": chance.choice(list(Assessment)),
        "comment": chance.choice(("", "unsure", "spiculated? no")) + str(chance.randrange(9)),
    }
    return edits.describe(reading, finding, **said), "Describe"


class Reader:
    """Acts on the open session at random, and reports what its strip says."""

    def __init__(self, orders: Orders, desk: ReadingDesk, report: Callable[[str], None]) -> None:
        self._orders = orders
        self._desk = desk
        self._report = report
        self._chance = random.Random(orders.seed)
        self._session: ReadingSession | None = None
        self._made = 0
        self._safe = (0, "")
        self._told = ""
        self._ended = False
        self._acted = 0.0
        self._timer = QTimer()
        self._timer.setInterval(orders.pause_ms)
        self._timer.timeout.connect(self._act)
        desk.session_changed.connect(self._begin)
        desk.failed.connect(lambda sentence, _again: self._report(f"failed {sentence}"))

    def _begin(self, session: ReadingSession | None) -> None:
        self._session = session
        if session is not None:
            self._report(f"open {session.revision} {session.unsaved_acts}")
            session.save_state_changed.connect(self._look)
            session.saving.clock_went_back.connect(lambda words: self._report(f"told {words}"))
            self._timer.start()

    def stop(self) -> None:
        """No further act; the program ends once everything is in the database."""
        self._timer.stop()
        self._orders = replace(self._orders, most=self._made or -1)
        self._look()

    def _act(self) -> None:
        session = self._session
        assert session is not None
        if self._orders.most and self._made >= self._orders.most:
            self._timer.stop()
            return
        away = session.save_state not in (SaveState.SAVED, SaveState.SAVING)
        if session.unsaved_acts >= AHEAD and (not away or time.monotonic() - self._acted < AWAY_S):
            return
        self._acted = time.monotonic()
        before = session.reading
        act = self._choose(session)
        if session.reading != before:
            self._made += 1
            self._report(f"made {self._made} {act.value} {digest(session.reading)}")
            # the strip may have said so before this line was written
            self._look()

    def _choose(self, session: ReadingSession) -> Act:
        reading, kind = session.reading, self._chance.random()
        if reading.is_signed:
            session.seal(edits.amend(reading, "one more view"), Act.AMEND, "Amend")
            return Act.AMEND
        if kind < 0.03 and not session.unsaved_acts:
            session.seal(edits.sign(reading, self._signature(reading)), Act.SIGN, "Sign")
            return Act.SIGN
        if kind < 0.12 and session.undo_stack.canUndo():
            session.undo_stack.undo()
            return Act.UNDO
        if kind < 0.2 and session.undo_stack.canRedo():
            session.undo_stack.redo()
            return Act.REDO
        session.apply(*edited(reading, self._chance))
        return Act.EDIT

    def _signature(self, reading: Reading) -> Signature:
        return Signature(
            version=len(reading.signatures) + 1,
            reader=reading.reader,
            at="2026-01-01T00:00:00Z",
            reason=reading.amending,
            content=content_digest(reading),
            program_version="1",
            lexicon_edition="5",
            lexicon_version="1",
            rules_version="1",
            rules="d",
            display="a screen",
        )

    def _look(self) -> None:
        """Report what the strip says now, where that is something else than before."""
        session = self._session
        if session is None:
            return
        state, error = session.save_state, session.save_error
        if error is not None and str(error) != self._told:
            self._told = str(error)
            self._report(f"told {self._told}")
        now = (self._made, SAFE.get(state.name, ""))
        if now[1] and now != self._safe:
            self._safe = now
            self._report(f"safe {now[0]} {now[1]}")
        done = self._orders.most and self._made >= self._orders.most
        if done and state is SaveState.SAVED and not self._ended:
            self._ended = True
            self._report("end")
            QTimer.singleShot(0, QCoreApplication.quit)


def run(orders: Orders, out: int, stop: int | None = None) -> None:
    """Read until killed, or until the orders are carried out; lines go to the descriptor `out`.

    A byte that arrives on the descriptor `stop` is the order to make no further act.
    """
    app = QCoreApplication.instance() or QCoreApplication([])

    def report(line: str) -> None:
        os.write(out, f"{line}\n".encode())

    def bug(error: BaseException) -> None:
        report(f"bug {error!r}")
        os._exit(3)

    runner = TaskRunner(bug)
    workspace = make_workspace(Settings(database=orders.url, reader=orders.reader))
    desk = ReadingDesk(workspace, runner)
    reader = Reader(orders, desk, report)
    if stop is not None:
        notifier = QSocketNotifier(stop, QSocketNotifier.Type.Read)

        def stopped() -> None:
            notifier.setEnabled(False)
            reader.stop()

        notifier.activated.connect(stopped)
    desk.open_exam(ExamInfo(orders.study, ()))
    app.exec()
    runner.shutdown()
    workspace.close()


def main(words: list[str]) -> None:
    url, reader, study, seed, pause, most, stop = words
    run(Orders(url, reader, study, int(seed), int(pause), int(most)), sys.stdout.fileno(), int(stop))


if __name__ == "__main__":
    main(sys.argv[1:])
