"""Profile, keys and the settings a reader wants, on one page that is not a dialog to be answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from annotator.errors import InvalidSettings
from annotator.hanging import Layout
from annotator.lexicon.loader import EDITION_NAMES
from annotator.settings import (
    DISPLAY_MODES,
    ENLARGED,
    GREY_OUTPUTS,
    PROOF_BLOCKS,
    PROOF_OFF,
    PROOF_TELLS,
    PROOFS,
    Settings,
    keep_setting,
)
from annotator.ui.keys.gestures import FirstTool, LeftDrag, WheelTurn
from annotator.ui.keys.profile_choice import ProfileChoice
from annotator.ui.keys.profiles import Profiles
from annotator.ui.keys.shortcut_editor import ShortcutEditor

Words = Sequence[tuple[str, str]]

_PROFILE: tuple[tuple[str, str, Words], ...] = (
    (
        "left_drag",
        "Left drag with the looking hand",
        ((LeftDrag.WINDOW, "window width and centre"), (LeftDrag.PAN, "shift the picture")),
    ),
    (
        "wheel",
        "Wheel",
        (
            (WheelTurn.BY_IMAGE, "zoom; in a stack the next slice"),
            (WheelTurn.ZOOM, "always zoom"),
            (WheelTurn.STEP, "next slice or image"),
        ),
    ),
    (
        "tool",
        "In the hand at first",
        (
            (FirstTool.LOOK, "looking hand"),
            (FirstTool.MICRO, "mark microcalcifications"),
            (FirstTool.MACRO, "mark macrocalcifications"),
            (FirstTool.SELECT, "select marks"),
        ),
    ),
    (
        "layout",
        "An exam opens with",
        (
            (Layout.FOUR, "four images"),
            (Layout.PAIR, "a pair"),
            (Layout.SINGLE, "one image"),
            (Layout.LARGE, "one large with two beside it"),
            (Layout.PRIOR, "the exam before it below"),
            (Layout.TWO_SCREENS, "two screens"),
        ),
    ),
    (
        "display_mode",
        "Below 1:1",
        (("", "as in the settings"), *((mode, mode) for mode in DISPLAY_MODES)),
    ),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One setting on the page. `choices` for words; `most` and `unit` for numbers; neither for a switch."""

    name: str
    title: str
    tooltip: str
    choices: Words = ()
    most: float = 0.0
    unit: str = ""
    at_once: bool = True


_GREYS = {"auto": "as many as the screen has", "8": "256", "dithered": "256, dithered", "10": "1024"}

_PROOFS = {
    PROOF_OFF: "files are not checked",
    PROOF_TELLS: "tell what was found",
    PROOF_BLOCKS: "write nothing that does not hold",
}

ROWS = (
    Row("display_mode", "Below 1:1", "How a picture smaller than its pixels is made",
        tuple((mode, mode) for mode in DISPLAY_MODES)),
    Row("enlarged", "Above 1:1", "How a picture larger than its pixels is made",
        tuple((way, way) for way in ENLARGED)),
    Row("grey_output", "Greys sent to the screen", "How many grey levels images go to the screen in",
        tuple((said, _GREYS[said]) for said in GREY_OUTPUTS)),
    Row("report_paper", "Paper of reports", "What a report as PDF is set for",
        (("", "usual here"), ("A4", "A4"), ("Letter", "Letter"))),
    Row("export_proof", "Proof of exports", "What is done about a file that does not hold when it is read back and validated",
        tuple((said, _PROOFS[said]) for said in PROOFS)),
    Row("cine_speed", "Cine", "Slices a second when cine begins", most=30, unit="slices a second"),
    Row("lexicon_edition", "Words of BI-RADS", "In which edition's words findings are said; what was said keeps its meaning",
        tuple(EDITION_NAMES.items()), at_once=False),
    Row("due_soon_days", "Due soon from", "How many days before its day something is due soon", most=366, unit="days",
        at_once=False),
    Row("overdue_after_days", "Overdue from", "How many days after its day something is overdue", most=366, unit="days",
        at_once=False),
    Row("candidates", "Look for candidates by itself", "Search the open exam for candidates while nothing else is under way"),
    Row("pseudonyms", "Pseudonyms in place of names", "Made-up names wherever the window names a patient"),
    Row("patient_in_title", "Patient in the title", "Whose exam is open, in the title of the window, where lists of windows show it"),
    Row("stack_memory_mb", "Memory for slices", "Decoded slices together; 0: a quarter of the machine's memory",
        most=1_000_000, unit="MB", at_once=False),
    Row("picture_memory_mb", "Memory for images",
        "Decoded images of this exam and its neighbours; 0: an eighth of the machine's memory",
        most=1_000_000, unit="MB", at_once=False),
)  # fmt: skip


class SettingsPage(QDialog):
    """Not modal. Everything changed is kept at once; `changed` carries (name of the setting, all settings)."""

    changed = Signal(str, object)

    def __init__(self, profiles: Profiles, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Settings")
        self.setModal(False)
        self.resize(720, 620)
        self.settings = settings
        self.profile_page = ProfilePage(profiles)
        self.keys = ShortcutEditor(profiles)
        self.program = ProgramPage(settings, self._keep)
        self.tabs = QTabWidget()
        self.tabs.setAccessibleName("Settings")
        for page, title in (
            (self.profile_page, "Profile"),
            (self.keys, "Keys"),
            (self.program, "Images, words and memory"),
        ):
            self.tabs.addTab(page, title)
        layout = QVBoxLayout(self)
        layout.addWidget(self.tabs)

    def show_keys(self) -> None:
        """The page of keys, ready to look for an act."""
        self.tabs.setCurrentWidget(self.keys)
        self.keys.search.setFocus()

    def _keep(self, name: str, value: str | float | bool) -> str:
        """Keep a setting; what came of it in a sentence."""
        try:
            self.settings = keep_setting(self.settings, name, value)
        except InvalidSettings as error:
            return str(error)
        self.changed.emit(name, self.settings)
        return ""


class ProfilePage(QWidget):
    """Which profile is in force and what it brings; changes are those of this profile only."""

    def __init__(self, profiles: Profiles) -> None:
        super().__init__()
        self._profiles = profiles
        self.choice = ProfileChoice(profiles, "Profile")
        self.fields: dict[str, QComboBox] = {}
        form = QFormLayout()
        for name, title, choices in _PROFILE:
            field = _combo(title, choices)
            field.activated.connect(lambda _row, name=name, field=field: self._change(name, field))
            form.addRow(title, field)
            self.fields[name] = field
        self.trouble = QLabel(profiles.problem)
        self.trouble.setWordWrap(True)
        self.trouble.setProperty("role", "warning")
        column = QVBoxLayout(self)
        column.addWidget(self.choice)
        column.addSpacing(8)
        column.addLayout(form)
        column.addWidget(self.trouble)
        column.addStretch(1)
        profiles.changed.connect(self._show)
        profiles.failed.connect(self.trouble.setText)
        self._show()

    def _change(self, name: str, field: QComboBox) -> None:
        self._profiles.change(**{name: str(field.currentData())})

    def _show(self) -> None:
        profile = self._profiles.current()
        for name, field in self.fields.items():
            field.setCurrentIndex(field.findData(str(getattr(profile, name))))


class ProgramPage(QWidget):
    """Settings of the file; one that a variable or the command line sets is shown and cannot be changed here."""

    def __init__(self, settings: Settings, keep: Callable[[str, str | float | bool], str]) -> None:
        super().__init__()
        self._keep = keep
        self.fields: dict[str, QWidget] = {}
        self.notes: dict[str, QLabel] = {}
        form = QFormLayout()
        for row in ROWS:
            field = self._field(row)
            field.setToolTip(row.tooltip)
            note = QLabel()
            note.setProperty("role", "dim")
            note.setWordWrap(True)
            form.addRow("" if isinstance(field, QCheckBox) else row.title, field)
            form.addRow("", note)
            self.fields[row.name], self.notes[row.name] = field, note
        self.trouble = QLabel()
        self.trouble.setProperty("role", "warning")
        self.trouble.setWordWrap(True)
        where = QLabel(f"Kept in {settings.origin.path}")
        where.setProperty("role", "dim")
        where.setWordWrap(True)
        where.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column = QVBoxLayout(self)
        column.addLayout(form)
        column.addWidget(self.trouble)
        column.addStretch(1)
        column.addWidget(where)
        self.show_settings(settings)

    def show_settings(self, settings: Settings) -> None:
        """Show what is in force, and what cannot be changed here and why."""
        for row in ROWS:
            _put(self.fields[row.name], getattr(settings, row.name))
            winner = settings.origin.before_file.get(row.name)
            self.fields[row.name].setEnabled(winner is None)
            self.notes[row.name].setText(
                f"Set by {winner}, which goes before what is kept here."
                if winner is not None
                else ("" if row.at_once else "From the next start on.")
            )

    def _field(self, row: Row) -> QWidget:
        if row.choices:
            combo = _combo(row.title, row.choices)
            combo.activated.connect(lambda _at: self._changed(row.name, str(combo.currentData())))
            return combo
        if row.most:
            box = QDoubleSpinBox()
            box.setAccessibleName(row.title)
            box.setDecimals(0)
            box.setRange(0 if row.name.endswith("_mb") else 1, row.most)
            box.setSuffix(f" {row.unit}")
            box.setKeyboardTracking(False)
            box.valueChanged.connect(lambda value: self._changed(row.name, float(value)))
            return box
        switch = QCheckBox(row.title)
        switch.clicked.connect(lambda on: self._changed(row.name, bool(on)))
        return switch

    def _changed(self, name: str, value: str | float | bool) -> None:
        self.trouble.setText(self._keep(name, value))


def _combo(title: str, choices: Words) -> QComboBox:
    combo = QComboBox()
    combo.setAccessibleName(title)
    for value, words in choices:
        combo.addItem(words, str(value))
    return combo


def _put(field: QWidget, value: str | float | bool) -> None:
    """Show a value without taking it for a change."""
    with QSignalBlocker(field):
        if isinstance(field, QComboBox):
            field.setCurrentIndex(field.findData(value))
        elif isinstance(field, QCheckBox):
            field.setChecked(bool(value))
        elif isinstance(field, QDoubleSpinBox):
            field.setValue(float(value))
