"""Two minutes on the sample exam that end with a saved finding and its follow-up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSettings

from annotator.private_files import make_private
from annotator.ui.desk.reading_desk import sample_folder
from annotator.ui.desk.saving import SaveState
from annotator.ui.desk.session import ReadingSession
from annotator.ui.tour.steps import SHOW_ME, SampleReading, TourStep, steps_of
from annotator.ui.tour.target import EXAM, TourTarget, find_target
from annotator.ui.window.shown_keys import key_or_menu

if TYPE_CHECKING:
    from annotator.ui.main_window import MainWindow

PANEL = "tour"
_STEP, _FINDING = "tour/step", "tour/finding"
WELCOME = (
    "A made-up breast, two minutes, six steps. What you do here is kept in the sample exam's own reading and "
    "touches none of yours. Each step waits for you; leave when you like, {} takes it up again."
)


class GuidedTour(QObject):
    """Waits for the reader's own acts; every step can be shown or skipped. Keeps the step, nothing else."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._card = window.tour_card
        self._sample: SampleReading | None = None
        self._steps: tuple[TourStep, ...] = ()
        self._at = -1
        self.running = False
        self._card.forward.connect(self._forward)
        self._card.skipped.connect(self._next)
        self._card.left.connect(self.leave)
        window.desk.session_changed.connect(self._follow)
        window.profiles.changed.connect(self._tell)
        window.grid.rearranged.connect(self._tell)
        window.exam_view.picture_shown.connect(lambda _pane, _picture: self._look())
        for viewport in window.grid.viewports:
            viewport.view_changed.connect(self._look)

    @property
    def at(self) -> int:
        """The step, from 0; -1 while the tour is only offered."""
        return self._at

    def start(self) -> None:
        """Offer the tour, take it up again where it was left, or give the keyboard to its card."""
        if not self.running:
            self.running = True
            self._at = -1
            left = self._left_at()
            go = "Go on where you left" if left >= 0 else "Begin"
            self._card.show_step("begin", "Learn it by doing", self._welcome(), go, may_skip=False)
        self._window.show_panel(PANEL)
        self._card.take_focus()

    def _welcome(self) -> str:
        return WELCOME.format(key_or_menu(self._window.profiles.keys(), "tour"))

    def _tell(self) -> None:
        """Other keys are in force, or panes stand otherwise: the words of the card go by them."""
        if not self.running:
            return
        if self._at >= len(self._steps):
            self._tell_end()
        else:
            self._card.tell(self._welcome() if self._at < 0 else self._steps[self._at].text())

    def leave(self) -> None:
        """Put the card away; the step is remembered."""
        self.running = False
        self._window.docks[PANEL].hide()
        self._window.grid.active.setFocus()

    def _forward(self) -> None:
        if self._sample is None or self._sample.session is None:
            self._open()
        elif self._at >= len(self._steps):
            self._remember(-1, "")
            self.leave()
        elif self._at >= 0:
            step = self._steps[self._at]
            step.show()
            if step.go != SHOW_ME:
                self._next()

    def _open(self) -> None:
        folder = sample_folder()
        if folder is None:
            self._window.errors.show_error(
                "The sample exams are not installed; the tour needs them. Make some with: annotator phantom"
            )
            return
        self._card.show_progress("opening the sample exam ...")
        self._window.runner.query("tour", lambda _token: find_target(folder), self._found)

    def _found(self, target: TourTarget | None) -> None:
        folder, desk = sample_folder(), self._window.desk
        if target is None or folder is None or not self.running:
            return
        finding = str(self._memory().value(_FINDING, ""))
        self._sample = SampleReading(self._window, target, finding)
        self._steps = steps_of(self._sample, self._window)
        known = [e for e in desk.exams if e.study_instance_uid == target.study_instance_uid]
        if self._sample.session is not None:
            self._follow(self._sample.session)
        elif known:
            desk.open_exam(known[0])
        else:
            desk.open_paths([folder / EXAM])

    def _follow(self, session: ReadingSession | None) -> None:
        if session is None or self._sample is None or session is not self._sample.session:
            return
        session.reading_changed.connect(self._look)
        session.save_state_changed.connect(self._look)
        if self.running and self._at < 0:
            left = self._left_at()
            if not 0 < left < len(self._steps):
                self._sample.finding_id, left = "", 0
            self._sample.begin()
            self._go(left)

    def _look(self, *_what: object) -> None:
        """Something happened: perhaps what this step waits for."""
        if not self.running or self._sample is None or self._sample.session is None or self._at < 0:
            return
        if self._at >= len(self._steps):
            self._tell_end()
            return
        step = self._steps[self._at]
        if step.done():
            self._next()
        else:
            self._card.show_progress(step.progress())

    def _next(self) -> None:
        self._go(self._at + 1)
        self._look()

    def _go(self, at: int) -> None:
        self._at = at
        self._remember(at, "" if self._sample is None else self._sample.finding_id)
        if at >= len(self._steps):
            self._card.show_step(
                "the end",
                "You have read your first finding",
                "",
                "Close the tour",
                may_skip=False,
                may_leave=False,
            )
            self._tell_end()
            return
        step = self._steps[at]
        place = f"step {at + 1} of {len(self._steps)}"
        self._card.show_step(place, step.title, step.text(), step.go, may_skip=True)
        self._card.show_progress(step.progress())
        if step.go != SHOW_ME:
            step.show()

    def _tell_end(self) -> None:
        session = None if self._sample is None else self._sample.session
        if session is None:
            return
        keys = self._window.profiles.keys()
        saved = session.save_state is SaveState.SAVED and session.revision > 0
        how = f"saved as revision {session.revision}" if saved else "being saved"
        self._card.tell(
            f"Your finding is {how}, with its marks, its words, your category and the documented follow-up. It will be "
            f"here tomorrow, undo included. {key_or_menu(keys, 'keys')} shows the keys; "
            f"{key_or_menu(keys, 'open_folder')} opens a folder of your own."
        )

    def _remember(self, step: int, finding_id: str) -> None:
        make_private(self._window.places.file)
        memory = self._memory()
        memory.setValue(_STEP, step)
        memory.setValue(_FINDING, finding_id)

    def _left_at(self) -> int:
        """The step at which the tour was left, -1 when it never was."""
        said = str(self._memory().value(_STEP, -1))
        return int(said) if said.isascii() and said.isdigit() and len(said) < 4 else -1

    def _memory(self) -> QSettings:
        return QSettings(str(self._window.places.file), QSettings.Format.IniFormat)
