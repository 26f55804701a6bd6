"""Above the findings: whether the reading is signed, being amended, or another's; and what can be done about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy

from annotator.model.finding import Reading
from annotator.model.signing import Signature
from annotator.ui.desk.signing import SignState
from annotator.ui.words.plain_words import tip


def moment_words(signature: Signature) -> str:
    """When it was signed, in the time of this place."""
    return f"{datetime.fromisoformat(signature.at).astimezone():%Y-%m-%d %H:%M}"


def signed_words(reading: Reading, state: SignState) -> str:
    """How far the signing of a reading is, in one line; '' where it was never signed."""
    if state is SignState.SIGNING:
        return "Signing ... it is signed once it is on disk."
    if state is SignState.UNSAVED:
        return "Not signed: the signature could not be saved. The line at the top says why."
    if not reading.signatures:
        return ""
    last = reading.signatures[-1]
    if state is SignState.AMENDING:
        return f"Amending version {last.version}: {reading.amending}"
    if state is SignState.LENT:
        when = moment_words(last)
        return f"Reading of {reading.reader}, to be looked at only. Signed: version {last.version}, {when}"
    return f"Signed: version {last.version}, {last.reader}, {moment_words(last)}"


class SignedNote(QFrame):
    """One line and the acts that belong to it; hidden while there is nothing to say."""

    amend_wanted = Signal()
    sign_wanted = Signal()
    withdraw_wanted = Signal()
    back_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("signed")
        self.setAccessibleName("Signature")
        self.words = QLabel()
        self.words.setProperty("role", "accent")
        self.words.setWordWrap(True)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        # a long reason without a blank is cut, and widens nothing
        gives_way = self.words.sizePolicy()
        gives_way.setHorizontalPolicy(QSizePolicy.Policy.Ignored)
        self.words.setSizePolicy(gives_way)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 4, 6, 0)
        row.setSpacing(4)
        row.addWidget(self.words, 1)
        self.amend = self._button(
            "Amend...", "Open the signed reading again, for a reason", self.amend_wanted.emit
        )
        self.sign = self._button(
            "Sign again...", "Sign the amendment as the next version", self.sign_wanted.emit
        )
        self.withdraw = self._button(
            "Withdraw", "Give the amendment up: what was signed stands again", self.withdraw_wanted.emit
        )
        self.back = self._button(
            "Back to mine", "Close this reading and go on with your own", self.back_wanted.emit
        )
        for button in (self.amend, self.sign, self.withdraw, self.back):
            row.addWidget(button)
        self.hide()

    def tell(self, reading: Reading | None, state: SignState) -> None:
        """Say how far the signing of the reading is."""
        words = "" if reading is None else signed_words(reading, state)
        self.words.setText(words)
        self.words.setToolTip(tip(words))
        self.setAccessibleDescription(words)
        self.amend.setVisible(state is SignState.SIGNED)
        self.sign.setVisible(state is SignState.AMENDING)
        self.withdraw.setVisible(state is SignState.AMENDING)
        self.back.setVisible(state is SignState.LENT)
        self.setVisible(bool(words))

    def _button(self, text: str, meaning: str, act: Callable[[], None]) -> QPushButton:
        button = QPushButton(text)
        button.setProperty("role", "link")
        button.setToolTip(meaning)
        button.setAccessibleName(f"{text.rstrip('.')}: {meaning}")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda _checked=False: act())
        return button
