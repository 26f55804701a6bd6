"""The line above the images: whose exam, its prior, the layout, and whether everything is saved."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QWidget

from annotator.hanging import Layout
from annotator.model.finding import Reading
from annotator.model.image import ExamInfo
from annotator.ui.desk.arrivals import acts_words
from annotator.ui.desk.saving import SaveState
from annotator.ui.desk.session import ReadingSession
from annotator.ui.desk.signing import SignState
from annotator.ui.icons import icon, picture
from annotator.ui.panels.signed_note import signed_words
from annotator.ui.theme import DIM, SAVED, WARNING
from annotator.ui.window.elided_label import ElidedLabel
from annotator.ui.words.exam_names import ExamNames, date_text
from annotator.ui.words.plain_words import short_name, tip

LAYOUTS = (
    (Layout.FOUR, "Four-up", "Four images, both breasts in two views", "F2"),
    (Layout.PAIR, "Pair", "The same view of both breasts", "F3"),
    (Layout.SINGLE, "One", "One image", "F4"),
    (Layout.LARGE, "Three", "A large image with two beside it", "F5"),
    (Layout.PRIOR, "Prior", "The exam and an earlier one of the same patient, pane under pane", "F7"),
)
"""What the buttons are called, what they do, and the key that does it too."""
_LAYOUT_SHAPES = {
    Layout.FOUR: "grid-2x2",
    Layout.PAIR: "columns-2",
    Layout.SINGLE: "square",
    Layout.LARGE: "layout-panel-left",
    Layout.PRIOR: "rows-2",
}
SAVE_SHAPES = {
    SaveState.SAVED: "circle-check",
    SaveState.SAVING: "loader-circle",
    SaveState.KEPT: "clock",
    SaveState.FAILED: "triangle-alert",
}
"""Each state has a shape of its own: its colour is never all that tells it."""
SIGN_PX = 14
_SIGNED = {
    SignState.SIGNING: "signing ...",
    SignState.UNSAVED: "not signed",
    SignState.SIGNED: "signed, version {version}",
    SignState.AMENDING: "amending version {version}",
    SignState.LENT: "reading of {reader}",
}


def age_text(age: str) -> str:
    """DICOM age string "058Y" as "58 y"; '' when there is none, or the 0 of headers without identity."""
    number, unit = age[:-1].lstrip("0"), age[-1:].lower()
    if not number and age[:-1]:
        return ""
    return f"{number} {unit}" if number.isdigit() and unit in "dwmy" else age


def save_text(session: ReadingSession) -> tuple[str, str]:
    """(colour, words) of the save state."""
    state = session.save_state
    if state is SaveState.FAILED:
        return WARNING, f"not saved: {session.save_error}"
    if state is SaveState.KEPT:
        return WARNING, f"kept on this computer, {acts_words(session.unsaved_acts)}"
    if state is SaveState.SAVING:
        return DIM, "saving..."
    if session.saved_at is not None:
        return SAVED, f"saved {session.saved_at:%H:%M:%S}"
    return SAVED, "all saved" if session.revision else "nothing to save"


class ExamStrip(QWidget):
    """`layout_chosen` carries the Layout the reader wants."""

    layout_chosen = Signal(object)

    def __init__(self, menu: QMenu, names: ExamNames) -> None:
        super().__init__()
        self._names = names
        self._exam: ExamInfo | None = None
        names.changed.connect(self._show_name)
        self.setObjectName("strip")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._session: ReadingSession | None = None
        self.name = ElidedLabel("Mammogram Annotator")
        self.name.setProperty("role", "title")
        self.facts = ElidedLabel()
        self.menu = QPushButton(icon("menu"), "Menu")
        self.menu.setMenu(menu)
        # else the keys of the images, Tab among them, would act while the keyboard is on this button
        self.menu.removeAction(menu.menuAction())
        self.menu.setToolTip("Everything the window can do")
        self.menu.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.layouts: dict[Layout, QPushButton] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 4, 10, 4)
        row.setSpacing(8)
        row.addWidget(self.menu)
        row.addWidget(self.name)
        row.addWidget(self.facts)
        row.addSpacing(12)
        for layout, text, meaning, key in LAYOUTS:
            button = QPushButton(icon(_LAYOUT_SHAPES[layout]), text)
            button.setCheckable(True)
            button.setToolTip(f"{meaning} ({key})")
            button.setAccessibleName(f"Layout: {text}")
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(lambda _=False, chosen=layout: self.layout_chosen.emit(chosen))
            button.setEnabled(False)
            self.layouts[layout] = button
            row.addWidget(button)
        row.addStretch(1)
        self.first_pass = QPushButton("First pass done")
        self.first_pass.setProperty("role", "link")
        self.first_pass.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.first_pass.hide()
        row.addWidget(self.first_pass)
        self.signed = QLabel()
        self.signed.setTextFormat(Qt.TextFormat.PlainText)
        self.signed.setProperty("role", "accent")
        self.signed.hide()
        row.addWidget(self.signed)
        self.sign = QLabel()
        self.saved = ElidedLabel()
        row.addWidget(self.sign)
        row.addWidget(self.saved)
        self.show_save_state()

    def show_exam(self, exam: ExamInfo | None, prior: ExamInfo | None) -> None:
        """Say whose exam hangs and how old the one before it is."""
        if exam is None:
            return
        self._exam = exam
        self._show_name()
        age = next((i.patient_age for i in exam.images if i.patient_age), "")
        parts = [age_text(age), date_text(exam.date)]
        if prior is not None:
            parts.append(f"prior {date_text(prior.date)}")
        self.facts.setText("   ".join(part for part in parts if part))
        for button in self.layouts.values():
            button.setEnabled(True)

    def show_layout(self, shown: Layout) -> None:
        """Say how the exam is laid out."""
        for layout, button in self.layouts.items():
            button.setChecked(layout is shown)

    def set_session(self, session: ReadingSession | None) -> None:
        """Follow the saving of another reading."""
        if self._session is not None:
            self._session.save_state_changed.disconnect(self.show_save_state)
        self._session = session
        if session is not None:
            session.save_state_changed.connect(self.show_save_state)
        self.show_save_state()

    def show_signed(self, reading: Reading | None, state: SignState) -> None:
        """Say whether the reading is signed, and which version."""
        if reading is not None:
            version = len(reading.signatures)
            words = _SIGNED.get(state, "").format(version=version, reader=short_name(reading.reader))
            self.signed.setText(words)
            self.signed.setToolTip(tip(signed_words(reading, state)))
        self.signed.setVisible(reading is not None and bool(self.signed.text()))

    def show_save_state(self) -> None:
        """Say whether everything on screen is saved."""
        shown = self._session is not None
        self.sign.setVisible(shown)
        self.saved.setVisible(shown)
        if self._session is not None:
            colour, words = save_text(self._session)
            shape = SAVE_SHAPES[self._session.save_state]
            self.sign.setPixmap(picture(shape, SIGN_PX, self.devicePixelRatioF(), colour))
            self.saved.setStyleSheet(f"color: {colour}" if colour == WARNING else "")
            self.saved.setText(words)

    def _show_name(self) -> None:
        if self._exam is not None:
            self.name.setText(self._names.of(self._exam))
