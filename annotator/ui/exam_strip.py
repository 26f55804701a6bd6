"""The line above the images: whose exam, its prior, the layout, and whether everything is saved."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QWidget

from annotator.model.image import ExamInfo
from annotator.ui.elided_label import ElidedLabel
from annotator.ui.exam_names import date_text, exam_name
from annotator.ui.session import ReadingSession, SaveState
from annotator.ui.theme import DIM, SAVED, WARNING

LAYOUTS = ((4, "Four-up"), (3, "Three"), (2, "Pair"), (1, "One"))


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
    if state is SaveState.SAVING:
        return DIM, "saving..."
    if session.saved_at is not None:
        return SAVED, f"saved {session.saved_at:%H:%M:%S}"
    return SAVED, "all saved" if session.revision else "nothing to save"


class ExamStrip(QWidget):
    """`layout_chosen` carries the number of panes the reader wants."""

    layout_chosen = Signal(int)

    def __init__(self, menu: QMenu) -> None:
        super().__init__()
        self.setObjectName("strip")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._session: ReadingSession | None = None
        self.name = ElidedLabel("Mammogram Annotator")
        self.name.setProperty("role", "title")
        self.facts = ElidedLabel()
        self.menu = QPushButton("Menu")
        self.menu.setMenu(menu)
        self.menu.setToolTip("Everything the window can do")
        self.menu.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.layouts: dict[int, QPushButton] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 4, 10, 4)
        row.setSpacing(8)
        row.addWidget(self.menu)
        row.addWidget(self.name)
        row.addWidget(self.facts)
        row.addSpacing(12)
        for count, text in LAYOUTS:
            button = QPushButton(text)
            button.setCheckable(True)
            button.setToolTip(f"{count} image{'' if count == 1 else 's'} (H)")
            button.setAccessibleName(f"Layout: {text}")
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(lambda _=False, count=count: self._layout_clicked(count))
            button.setEnabled(False)
            self.layouts[count] = button
            row.addWidget(button)
        row.addStretch(1)
        self.dot = QLabel("●")
        self.saved = ElidedLabel()
        row.addWidget(self.dot)
        row.addWidget(self.saved)
        self.show_save_state()

    def show_exam(self, exam: ExamInfo | None, prior: ExamInfo | None) -> None:
        """Say whose exam hangs and how old the one before it is."""
        if exam is None:
            return
        self.name.setText(exam_name(exam))
        age = next((i.patient_age for i in exam.images if i.patient_age), "")
        parts = [age_text(age), date_text(exam.date)]
        if prior is not None:
            parts.append(f"prior {date_text(prior.date)}")
        self.facts.setText("   ".join(part for part in parts if part))
        for button in self.layouts.values():
            button.setEnabled(True)

    def show_layout(self, count: int) -> None:
        """Say how many panes are open."""
        for panes, button in self.layouts.items():
            button.setChecked(panes == count)

    def set_session(self, session: ReadingSession | None) -> None:
        """Follow the saving of another reading."""
        if self._session is not None:
            self._session.save_state_changed.disconnect(self.show_save_state)
        self._session = session
        if session is not None:
            session.save_state_changed.connect(self.show_save_state)
        self.show_save_state()

    def show_save_state(self) -> None:
        """Say whether everything on screen is saved."""
        shown = self._session is not None
        self.dot.setVisible(shown)
        self.saved.setVisible(shown)
        if self._session is not None:
            colour, words = save_text(self._session)
            self.dot.setStyleSheet(f"color: {colour}")
            self.saved.setStyleSheet(f"color: {colour}" if colour == WARNING else "")
            self.saved.setText(words)

    def _layout_clicked(self, count: int) -> None:
        self.show_layout(count)
        self.layout_chosen.emit(count)
