"""Is this screen fit to be looked at: pattern, photometer, and the dated log of both. Not modal."""

from __future__ import annotations

from datetime import datetime
from html import escape

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QScreen
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QPushButton,
    QRadioButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from annotator.imaging.screen_state import calibration_of, is_possible
from annotator.model.display import CorrectionSwitch, DisplayEvent, Measurement, VisualCheck
from annotator.ui.display.displays import Displays, screen_facts, screen_id
from annotator.ui.display.full_field import PatternWindow
from annotator.ui.display.photometer_page import NO_CLAIM, PhotometerPage
from annotator.ui.display.test_pattern import LOOK_FOR


class DisplayCheck(QDialog):
    """Three pages for the screen chosen above them."""

    def __init__(self, displays: Displays, reader: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Display check")
        self.setModal(False)
        self._displays = displays
        self.screens = QComboBox()
        self.screens.setAccessibleName("Screen")
        self.facts = QLabel()
        self.facts.setProperty("role", "dim")
        self.state = QLabel()
        self.state.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.who = QLineEdit(reader)
        self.who.setAccessibleName("Who checks")
        self.message = QLabel()
        self.pattern_page = PatternPage(displays, self.who)
        self.photometer_page = PhotometerPage(displays, self.who.text)
        self.log_page = LogPage(displays)
        self._place()
        self.screens.currentIndexChanged.connect(self._choose)
        self.photometer_page.kept.connect(self.message.setText)
        self.pattern_page.kept.connect(self.message.setText)
        displays.changed.connect(self._show_state)
        displays.failed.connect(self.message.setText)
        self.message.setText(displays.trouble)
        self._fill_screens()

    @property
    def screen_shown(self) -> QScreen:
        """The screen that is checked."""
        every = QGuiApplication.screens()
        return every[max(min(self.screens.currentIndex(), len(every) - 1), 0)]

    def _place(self) -> None:
        above = QHBoxLayout()
        above.addWidget(QLabel("Screen"))
        above.addWidget(self.screens, 2)
        above.addWidget(QLabel("Checked by"))
        above.addWidget(self.who, 1)
        self.pages = QTabWidget()
        self.pages.addTab(self.pattern_page, "Test pattern")
        self.pages.addTab(self.photometer_page, "Photometer")
        self.pages.addTab(self.log_page, "Log")
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close.rejected.connect(self.close)
        below = QHBoxLayout()
        below.addWidget(self.message, 1)
        below.addWidget(close)
        column = QVBoxLayout(self)
        column.addLayout(above)
        column.addWidget(self.facts)
        column.addWidget(self.state)
        column.addWidget(self.pages, 1)
        column.addLayout(below)
        self.resize(900, 700)

    def _fill_screens(self) -> None:
        every = QGuiApplication.screens()
        self.screens.addItems([_called(s) for s in every])
        parent = self.parentWidget()
        here = self.screen() if parent is None else parent.screen()
        self.screens.setCurrentIndex(max(every.index(here) if here in every else 0, 0))
        self._choose(self.screens.currentIndex())

    def _choose(self, _index: int) -> None:
        screen = self.screen_shown
        self.facts.setText(screen_facts(screen))
        self.pattern_page.set_screen(screen)
        self.photometer_page.set_screen(screen)
        self._show_state()

    def _show_state(self) -> None:
        self.state.setText(f"Readings made here say: {self._displays.note(self.screen_shown)}")


class PatternPage(QWidget):
    """The pattern is looked at, and what was seen goes to the log."""

    kept = Signal(str)

    def __init__(self, displays: Displays, who: QLineEdit) -> None:
        super().__init__()
        self._displays = displays
        self._who = who
        self._screen: QScreen | None = None
        self._window = PatternWindow(self)
        self.show_pattern = QPushButton("Show the test pattern")
        self.show_pattern.setToolTip("Over the whole screen, one value a pixel; Esc or a click closes it")
        self.passed = QRadioButton("Passed: all of this is so")
        self.not_passed = QRadioButton("Not passed")
        self._verdict = QButtonGroup(self)
        self.remarks = QLineEdit()
        self.remarks.setAccessibleName("Remarks")
        self.remarks.setPlaceholderText("Remarks, for instance which patch; nothing about patients")
        self.note = QPushButton("Write to the log")
        self.note.setEnabled(False)
        self._place()
        self.show_pattern.clicked.connect(self._show)
        self._verdict.buttonToggled.connect(lambda *_: self.note.setEnabled(self._said()))
        self.note.clicked.connect(self._record)

    def set_screen(self, screen: QScreen) -> None:
        """Check this screen."""
        self._screen = screen

    def _place(self) -> None:
        points = "".join(f"<li style='margin-bottom:4px'>{escape(point)}</li>" for point in LOOK_FOR)
        text = QLabel(
            "<p>Let the screen warm up for half an hour, dim the room as for reading, clean the glass. "
            f"Then look from where you read whether</p><ul>{points}</ul>"
            "<p>The pattern goes the way of the mammograms: with the correction table when it is on, and in as "
            "many grey levels. C on the pattern shows it without the table and back.</p>"
            f"<p>{NO_CLAIM}</p>"
        )
        text.setWordWrap(True)
        column = QVBoxLayout(self)
        column.addWidget(text)
        column.addWidget(self.show_pattern, 0, Qt.AlignmentFlag.AlignLeft)
        column.addSpacing(12)
        for button in (self.passed, self.not_passed):
            self._verdict.addButton(button)
            column.addWidget(button)
        column.addWidget(self.remarks)
        column.addWidget(self.note, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)

    def _said(self) -> bool:
        return self._verdict.checkedButton() is not None

    def _show(self) -> None:
        if self._screen is not None:
            self._window.show_pattern(self._displays.output(self._screen), self._screen)

    def _record(self) -> None:
        if self._screen is None or not self._said():
            return
        at = datetime.now().astimezone()
        passed, remarks = self.passed.isChecked(), self.remarks.text().strip()
        check = VisualCheck(screen_id(self._screen), at, self._who.text().strip(), passed, remarks)
        self._displays.record(check, self._recorded)

    def _recorded(self) -> None:
        self._verdict.setExclusive(False)
        for button in (self.passed, self.not_passed):
            button.setChecked(False)
        self._verdict.setExclusive(True)
        self.remarks.clear()
        self.kept.emit("The check is in the log.")


class LogPage(QWidget):
    """Every event of every screen, the newest on top; read-only."""

    def __init__(self, displays: Displays) -> None:
        super().__init__()
        self._displays = displays
        self.list = QListWidget()
        self.list.setAccessibleName("Log of display checks")
        self.list.setWordWrap(True)
        self.unreadable = QLabel()
        column = QVBoxLayout(self)
        column.addWidget(self.list)
        column.addWidget(self.unreadable)
        displays.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the log as it is now."""
        logged = self._displays.logged
        self.list.clear()
        self.list.addItems([told(event) for event in reversed(logged.events)])
        count = logged.unreadable
        lines = "line of the log is" if count == 1 else "lines of the log are"
        self.unreadable.setText(f"{count} {lines} damaged or of a newer program, and left alone.")
        self.unreadable.setVisible(count > 0)


def _called(screen: QScreen) -> str:
    known = screen_id(screen)
    return f"{known} ({known.name})" if known.name and known.name not in str(known) else str(known)


def told(event: DisplayEvent) -> str:
    """One event of the log in words."""
    return f"{event.at.astimezone():%Y-%m-%d %H:%M}  {_done(event)}  ({event.by or 'nobody named'}, {event.screen})"


def _done(event: DisplayEvent) -> str:
    if isinstance(event, VisualCheck):
        verdict = "passed" if event.passed else "not passed"
        return f"Test pattern looked at: {verdict}{f'. {event.remarks}' if event.remarks else ''}"
    if isinstance(event, CorrectionSwitch):
        return f"Correction switched {'on' if event.on else 'off'}"
    return _measured(event)


def _measured(event: Measurement) -> str:
    what = "Correction table checked" if event.corrected else "Screen measured as it is"
    if not is_possible(event):
        return f"{what}: these values cannot be, and are not used"
    curve = calibration_of(event)
    serial = f", serial number {event.serial}" if event.serial else ""
    return (
        f"{what} at {len(event.levels)} levels: {curve.luminances[0]:.3g} to {curve.luminances[-1]:.4g} cd/m², "
        f"ratio {curve.ratio:.0f}, largest deviation {curve.conformance().largest:.1f} %{serial}"
    )
