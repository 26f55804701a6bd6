"""The real window at work on an exam, as a program of its own: python -m benchmarks.leaks.session HOW OUT PATH...

HOW `journey` reads, signs, exports, copies, meets a bug and closes in order; `kill` marks and is killed; `away` does
without a database; `abort` marks and is taken down as by a library. What is seen of it from outside goes into OUT: titles of windows and what is on the clipboard.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractItemView, QApplication, QFileDialog, QLineEdit, QPushButton

from annotator.__main__ import main
from annotator.model.finding import Assessment, Distribution, Morphology
from annotator.ui.app import make_application
from annotator.ui.commands import signing as signing_commands
from annotator.ui.demonstration.robot import Robot
from annotator.ui.desk.saving import SaveState
from annotator.ui.faults.crash_page import CrashPage
from annotator.ui.main_window import MainWindow

CTRL = Qt.KeyboardModifier.ControlModifier
MARKS = 4


class Hand:
    """Acts on the one window of the program, from inside its own event loop."""

    def __init__(self, how: str, out: Path) -> None:
        self.how = how
        self.out = out
        self.robot = Robot()
        self.seen: list[str] = []

    @property
    def window(self) -> MainWindow:
        return next(w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow))

    def work(self) -> None:
        """Everything, and the end of the program whatever happens."""
        try:
            self.read()
            if self.how in ("kill", "away"):
                os.kill(os.getpid(), signal.SIGKILL)
            if self.how == "abort":
                os.abort()
            self.hand_on()
            self.copy_by_accident()
            self.meet_a_bug()
        except BaseException as failed:  # noqa: BLE001  whatever it was, the program must end
            print("failed:", repr(failed), file=sys.stderr, flush=True)
            os._exit(3)
        (self.out / "seen.txt").write_text("\n".join(self.seen), encoding="utf-8")
        self.window.close()

    def read(self) -> None:
        """Mark, describe, sign."""
        window, robot = self.window, self.robot
        robot.wait(lambda: any(v.picture for v in window.grid.viewports), "a picture")
        robot.wait(lambda: window.desk.session is not None, "the reading")
        robot.wait(lambda: window.exam_view.exact, "all pictures")
        session = window.desk.session
        assert session is not None
        viewport = next(v for v in window.grid.viewports if v.picture and v.isVisible())
        robot.key(viewport, Qt.Key.Key_M)
        for number in range(MARKS):
            at = viewport.rect().center() + QPoint(18 * number - 30, 11 * number - 20)
            robot.click(viewport, at)
        if not session.reading.findings:
            raise AssertionError("no click marked anything")
        panel = window.finding_panel
        for chip in (
            panel.morphology.chip(Morphology.AMORPHOUS),
            panel.distribution.chip(Distribution.GROUPED),
            panel.assessment.chip(Assessment.LOW_SUSPICION),
        ):
            robot.press(chip)
        kept = SaveState.KEPT if self.how == "away" else SaveState.SAVED
        robot.wait(lambda: session.save_state is kept, "everything to be saved, or kept on this computer")
        self.look("reading")
        if self.how == "journey":
            signing_commands.REFLEX_S = 0.0
            window.actions_by_id["sign"].trigger()
            robot.wait(lambda: window.signing_commands.card.asks_to_sign, "the question before signing")
            window.actions_by_id["sign"].trigger()
            robot.wait(lambda: session.reading.is_signed, "the signature")
            robot.wait(lambda: session.save_state is SaveState.SAVED, "the signature to be saved")

    def hand_on(self) -> None:
        """Save each kind of file by the window's own dialogs, under the name that is offered, and copy the report."""
        for act, ending in (
            ("save_report", "pdf"),
            ("save_report", "html"),
            ("save_report", "txt"),
            ("save_findings", "json"),
        ):
            self.window.actions_by_id[act].trigger()
            self.answer(ending)
        QGuiApplication.clipboard().clear()
        self.window.actions_by_id["copy_report"].trigger()
        self.robot.wait(lambda: bool(QGuiApplication.clipboard().text()), "the copy")
        self.seen.append(f"clipboard: {QGuiApplication.clipboard().text()}")

    def answer(self, ending: str) -> None:
        """Agree to the name that the open dialog offers."""
        self.robot.wait(lambda: bool(dialogs()), "a dialog")
        dialog = dialogs()[0]
        name = Path(dialog.selectedFiles()[0]).name
        self.seen.append(f"offered: {name}")
        dialog.setDirectory(str(self.out))
        wanted = self.out / f"{name.split('.')[0]}.{ending}"
        # typed: selectFile leaves a line that has the keyboard as it is
        typed = dialog.findChild(QLineEdit, "fileNameEdit")
        assert typed is not None
        typed.setText(str(wanted))
        self.look("dialog")
        dialog.accept()
        self.robot.wait(wanted.exists, f"{wanted.name}")
        self.robot.wait(lambda: not dialogs(), "the dialog to go")

    def copy_by_accident(self) -> None:
        """Ctrl+C in every list and field, as a hand that meant something else."""
        clipboard = QGuiApplication.clipboard()
        for view in self.window.findChildren(QAbstractItemView):
            if not view.isVisible():
                continue
            clipboard.setText("untouched")
            view.setFocus()
            model = view.model()
            if model is not None and model.rowCount():
                view.setCurrentIndex(model.index(0, 0))
            self.robot.key(view, Qt.Key.Key_C, CTRL)
            self.seen.append(f"copied from {view.accessibleName()}: {clipboard.text()}")

    def meet_a_bug(self) -> None:
        """A bug whose words quote the header, then its report copied and saved."""
        session = self.window.desk.session
        assert session is not None
        image = session.exam.images[0]

        def fail() -> None:
            raise RuntimeError(
                f"{image.patient_name} {image.patient_key} {image.patient_birth_date} {image.path}"
            )

        QTimer.singleShot(0, fail)
        self.robot.wait(lambda: bool(self.window.errors.isVisible()), "the bar")
        self.robot.rest(50)
        self.seen.append(f"bar: {self.window.errors.words.text()}")
        self.robot.press(
            next(b for b in self.window.errors.findChildren(QPushButton) if "report" in b.text())
        )
        self.robot.wait(lambda: bool(pages()), "the report")
        pages()[0].copy.click()
        self.seen.append(f"bug report: {QGuiApplication.clipboard().text()}")
        pages()[0].save.click()
        self.answer("txt")
        pages()[0].close()

    def look(self, when: str) -> None:
        titles = [w.windowTitle() for w in QApplication.topLevelWidgets() if w.isVisible()]
        self.seen.append(f"titles while {when}: {titles}")


def dialogs() -> list[QFileDialog]:
    return [w for w in QApplication.topLevelWidgets() if isinstance(w, QFileDialog) and w.isVisible()]


def pages() -> list[CrashPage]:
    return [w for w in QApplication.topLevelWidgets() if isinstance(w, CrashPage) and w.isVisible()]


def run(how: str, out: Path, paths: list[str]) -> int:
    """The program as `annotator PATH...` starts it, with a hand in it."""
    make_application()
    hand = Hand(how, out)
    begin: Callable[[], None] = hand.work
    QTimer.singleShot(0, begin)
    return main(paths)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1], Path(sys.argv[2]), sys.argv[3:]))
