"""What the keys of signing do: ask and sign, amend for a reason, withdraw, look at the readings of others."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint
from PySide6.QtWidgets import QMenu

from annotator.model.counts import counted
from annotator.model.history import is_import_label
from annotator.ui.actions import key_text
from annotator.ui.desk.session import ReadingSession
from annotator.ui.desk.signing import Signing, SignState
from annotator.ui.desk.unsaid import unsaid
from annotator.ui.panels.sign_card import SignCard
from annotator.ui.words.plain_words import caption

if TYPE_CHECKING:
    from annotator.model.finding import Reading
    from annotator.model.image import ExamInfo
    from annotator.model.opened import OpenedReading
    from annotator.store.summaries import ReadingSummary
    from annotator.ui.main_window import MainWindow

REFLEX_S = 2.0
"""For so long after an exam has opened a key that signs is taken for one meant for the exam before."""
OPEN_AGAIN = "The reading is open again; signing it makes the next version."
_ASKING, _LISTING, _LENDING = "unsaid", "readings of the exam", "signed reading"


class SigningCommands(QObject):
    """Keeps the card that asks, and tells the window how far signing is."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._opened_at = 0.0
        self._asked: Reading | None = None
        self.signing = Signing(window.desk, window.runner, self)
        self.card = SignCard(window)
        self.card.agreed.connect(self._agreed)
        self.card.reason_given.connect(self._opened_again)
        self.card.closed.connect(self._back_to_images)
        self.card.resized.connect(self.place_card)
        self.signing.message.connect(window.status.show_message)
        self.signing.changed.connect(self._tell)
        window.desk.closing.connect(self._leaving)
        window.desk.exam_changed.connect(self._exam_opened)
        window.desk.session_changed.connect(lambda _session: self.card.close_card())
        note = window.signed_note
        note.sign_wanted.connect(self.sign)
        note.amend_wanted.connect(self.amend)
        note.withdraw_wanted.connect(self.withdraw)
        note.back_wanted.connect(window.desk.back_to_own)

    def sign(self) -> None:
        """Ask with all that is unsaid; the second time, sign."""
        if time.monotonic() - self._opened_at < REFLEX_S:
            self._say("This exam has only just opened, so nothing was signed. Press the key again.")
        elif self.card.asks_to_sign:
            self.card.close_card()
            self._agreed()
        elif not self.card.asks_for_reason:
            self._window.finding_panel.commit_comment()
            self._window.desk.when_open(self._ask)

    def amend(self) -> None:
        """Ask for the reason in a line."""
        session = self._window.desk.session
        if session is not None and self.signing.state is SignState.SIGNED:
            self.card.ask_for_reason(session.reading.signatures[-1].version)

    def withdraw(self) -> None:
        self._window.finding_panel.commit_comment()
        self.signing.withdraw()

    def list_readings(self) -> None:
        """A small menu of the readings of this exam."""
        desk = self._window.desk
        exam = desk.exam
        if exam is None:
            return
        self._window.runner.query(
            _LISTING,
            lambda _token: desk.workspace.readings_of(exam.study_instance_uid),
            self._offer,
            lambda error: self._say(str(error)),
            in_turn=True,
        )

    def place_card(self) -> None:
        """Over the findings, where it covers no tissue."""
        window, card = self._window, self.card
        card.move(window.width() - card.width() - 12, max(8, window.height() - card.height() - 40))

    def _ask(self, session: ReadingSession) -> None:
        if not session.may_change():
            return
        reading, facts = session.reading, session.facts
        coverage = self._window.looking_commands.coverage
        views = [(i.name or "an image", coverage.share(i)) for i in session.corrected_exam.images]
        candidates = self._window.candidates.counts
        self._window.runner.query(
            _ASKING,
            lambda _token: unsaid(reading, facts.contradictions, views, candidates),
            lambda told: self._told(session, told),
            at_once=True,
        )

    def _told(self, session: ReadingSession, told: tuple[str, ...]) -> None:
        if session is self._window.desk.session and not session.reading.is_signed:
            reading = self._asked = session.reading
            keys = key_text(self._window.profiles.keys()["sign"][:1])
            self.card.ask_to_sign(len(reading.signatures) + 1, reading.amending, told, keys or "The menu")

    def _agreed(self) -> None:
        self._window.finding_panel.commit_comment()
        self.signing.sign()

    def _opened_again(self, reason: str) -> None:
        self.signing.amend(reason)
        self._say(OPEN_AGAIN)

    def _offer(self, found: tuple[ReadingSummary, ...]) -> None:
        window = self._window
        session = window.desk.session
        menu = QMenu("Readings of this exam", window)
        menu.aboutToHide.connect(menu.deleteLater)
        for one in found:
            if one.reader == window.desk.workspace.settings.reader:
                continue
            row = menu.addAction(caption(_row(one)))
            row.setEnabled(bool(one.versions) or is_import_label(one.last_label))
            row.triggered.connect(lambda _checked=False, uid=one.reading_id: self._look_at(uid))
        if menu.isEmpty():
            menu.addAction("Nobody else has read this exam here").setEnabled(False)
        if session is not None and session.is_lent:
            menu.addSeparator()
            menu.addAction("Back to your own reading").triggered.connect(window.desk.back_to_own)
        menu.popup(window.strip.mapToGlobal(QPoint(12, window.strip.height())))

    def _look_at(self, reading_id: str) -> None:
        desk = self._window.desk
        exam = desk.exam

        def show(opened: OpenedReading | None) -> None:
            if opened is not None and exam is desk.exam:
                desk.look_at(opened)

        self._window.runner.query(
            _LENDING,
            lambda _token: desk.workspace.open_signed(reading_id),
            show,
            lambda error: self._say(str(error)),
            in_turn=True,
        )

    def _leaving(self) -> None:
        # what is still being typed counts before anything is signed
        self._window.finding_panel.commit_comment()
        self.signing.finish()

    def _exam_opened(self, _exam: ExamInfo) -> None:
        self._opened_at = time.monotonic()

    def _tell(self) -> None:
        session = self._window.desk.session
        reading = None if session is None else session.reading
        state = self.signing.state
        self._window.signed_note.tell(reading, state)
        self._window.strip.show_signed(reading, state)
        if state is not SignState.AMENDING:
            self._window.status.take_back(OPEN_AGAIN)
        if self.card.asks_to_sign and reading is not self._asked:
            self.card.close_card()
        self._window.shown_reading.enable()

    def _back_to_images(self) -> None:
        self._window.grid.active.setFocus()

    def _say(self, text: str) -> None:
        self._window.status.show_message(text)


def _row(one: ReadingSummary) -> str:
    found = counted(one.findings, "finding")
    if is_import_label(one.last_label):
        return f"{one.reader}: brought in, {found}"
    if not one.versions:
        return f"{one.reader}: not signed"
    return f"{one.reader}: signed, version {one.versions}, {found}"
