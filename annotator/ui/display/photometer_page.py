"""Luminances read off a photometer, typed in: what the screen does, and whether it is corrected from now on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QScreen
from PySide6.QtWidgets import (
    QCheckBox,
    QFormLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from annotator.errors import InvalidCalibration
from annotator.imaging.gsdf import USUAL_LIMIT, USUAL_LIMIT_SOURCE, Calibration, Conformance
from annotator.model.display import PHOTOMETER_LEVELS, CorrectionSwitch, Measurement
from annotator.ui.display.conformance_plot import ConformancePlot
from annotator.ui.display.displays import Displays, screen_id
from annotator.ui.display.full_field import PatchWindow
from annotator.ui.pictures.grey_output import GreyOutput

NO_CLAIM = "For labelling and research; nothing here says that a screen is fit for diagnosis."


@dataclass(frozen=True)
class Entries:
    """What was typed, as numbers."""

    levels: tuple[int, ...]
    luminances: tuple[float, ...]
    ambient: float

    def curve(self) -> Calibration:
        """The curve through them. Raises InvalidCalibration."""
        return Calibration(self.levels, self.luminances, self.ambient)


class PhotometerPage(QWidget):
    """Nothing typed is kept before "Keep this measurement"."""

    kept = Signal(str)

    def __init__(self, displays: Displays, who: Callable[[], str]) -> None:
        super().__init__()
        self._displays = displays
        self._who = who
        self._screen: QScreen | None = None
        self.through = QCheckBox("through the correction table")
        self.through.setToolTip("A check of the table; needs a kept measurement of the screen as it is")
        self.through.toggled.connect(self._path_changed)
        self.table = QTableWidget(len(PHOTOMETER_LEVELS), 1)
        self._make_table()
        self.ambient = QLineEdit("0")
        self.ambient.setToolTip("Luminance that room light adds: measured at the switched-off screen")
        self.ambient.setAccessibleName("Ambient light in cd/m²")
        self.serial = QLineEdit()
        self.serial.setAccessibleName("Serial number of the screen")
        self.serial.setToolTip("Read off the case; filled in where the screen tells it")
        self.plot = ConformancePlot()
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.patches = QPushButton("Show the patches...")
        self.patches.setToolTip("Full fields of the 18 levels one after the other; type each luminance there")
        self.keep = QPushButton("Keep this measurement")
        self.correct = QCheckBox("Correct this screen so that equal steps look equal")
        self.correct.setToolTip("Off until a measurement of the screen as it is was kept")
        self._window = PatchWindow(self)
        self._window.measured.connect(self._patch_measured)
        self._place()
        self.table.itemChanged.connect(self._edited)
        self.ambient.textChanged.connect(self._edited)
        self.patches.clicked.connect(self._show_patches)
        self.keep.clicked.connect(self._keep)
        self.correct.clicked.connect(self._switch)
        displays.changed.connect(self._show_state)

    def set_screen(self, screen: QScreen) -> None:
        """Enter values for this screen; those kept last are filled in."""
        self._screen = screen
        self.serial.setText(screen.serialNumber().strip())
        self.through.setChecked(False)
        self._path_changed()

    def _make_table(self) -> None:
        self.table.setAccessibleName("Luminance in cd/m² of each level")
        self.table.setHorizontalHeaderLabels(["cd/m²"])
        self.table.setVerticalHeaderLabels([str(level) for level in PHOTOMETER_LEVELS])
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.table.setTabKeyNavigation(False)
        # all levels in sight at once
        self.table.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)
        for row, level in enumerate(PHOTOMETER_LEVELS):
            item = QTableWidgetItem("")
            item.setToolTip(f"Luminance of level {level}; empty: not measured")
            self.table.setItem(row, 0, item)

    def _place(self) -> None:
        left = QVBoxLayout()
        form = QFormLayout()
        form.addRow("Measured", self.through)
        form.addRow("Ambient cd/m²", self.ambient)
        form.addRow("Serial number", self.serial)
        left.addLayout(form)
        left.addWidget(self.patches)
        left.addWidget(self.table, 1)
        right = QVBoxLayout()
        right.addWidget(self.plot, 1)
        right.addWidget(self.words)
        right.addWidget(self.correct)
        right.addWidget(self.keep, 0, Qt.AlignmentFlag.AlignLeft)
        row = QHBoxLayout(self)
        row.addLayout(left, 2)
        row.addLayout(right, 5)

    @property
    def _checks_table(self) -> bool:
        return self.through.isChecked()

    def _path_changed(self, _through: bool = False) -> None:
        if self._screen is None:
            return
        state = self._displays.state(self._screen)
        kept = state.checked if self._checks_table else state.measured
        self._fill(kept)
        self._show_state()

    def _fill(self, kept: Measurement | None) -> None:
        known = {} if kept is None else dict(zip(kept.levels, kept.luminances, strict=True))
        with QSignalBlocker(self.table):
            for row, level in enumerate(PHOTOMETER_LEVELS):
                self._item(row).setText(f"{known[level]:g}" if level in known else "")
        if kept is not None:
            self.ambient.setText(f"{kept.ambient:g}")
            self.serial.setText(self.serial.text() or kept.serial)
        self._edited()

    def _item(self, row: int) -> QTableWidgetItem:
        item = self.table.item(row, 0)
        assert item is not None
        return item

    def _entries(self) -> Entries:
        """What stands in the table. Raises InvalidCalibration."""
        typed = {level: self._item(row).text().strip() for row, level in enumerate(PHOTOMETER_LEVELS)}
        luminances = {level: _number(text, f"level {level}") for level, text in typed.items() if text}
        ambient = _number(self.ambient.text().strip() or "0", "ambient light")
        return Entries(tuple(luminances), tuple(luminances.values()), ambient)

    def _edited(self, _what: object = None) -> None:
        """Say at once what the entries amount to."""
        try:
            entries = self._entries()
            curve = entries.curve() if entries.levels else None
        except InvalidCalibration as error:
            self.plot.show_conformance(None)
            self.words.setText(str(error))
            self.keep.setEnabled(False)
            return
        self.keep.setEnabled(curve is not None)
        if curve is None:
            self.plot.show_conformance(None)
            self.words.setText(NO_CLAIM)
            return
        outputs = 256 if self._screen is None else self._displays.output(self._screen).levels
        corrected = None if self._checks_table else curve.corrected_conformance(outputs)
        self.plot.show_conformance(curve.conformance(), corrected)
        self.words.setText(result_words(curve, entries.levels, corrected))

    def _show_state(self) -> None:
        if self._screen is None:
            return
        state = self._displays.state(self._screen)
        self.correct.setEnabled(state.measured is not None)
        self.correct.setChecked(state.on)
        self.through.setEnabled(state.measured is not None)

    def _keep(self) -> None:
        if self._screen is None:
            return
        entries = self._entries()
        measurement = Measurement(
            screen_id(self._screen),
            datetime.now().astimezone(),
            self._who(),
            entries.levels,
            entries.luminances,
            entries.ambient,
            self._checks_table,
            self.serial.text().strip(),
        )
        self._displays.record(measurement, lambda: self.kept.emit("The measurement is in the log."))

    def _switch(self, on: bool) -> None:
        if self._screen is not None:
            at = datetime.now().astimezone()
            self._displays.record(CorrectionSwitch(screen_id(self._screen), at, self._who(), on))

    def _show_patches(self) -> None:
        if self._screen is None:
            return
        output = self._displays.output(self._screen)
        if self._checks_table:
            output = GreyOutput(output.depth, self._displays.state(self._screen).calibration)
        else:
            output = GreyOutput(output.depth)
        row = max(self.table.currentRow(), 0)
        self._window.show_level(PHOTOMETER_LEVELS[row], output)
        self._window.open_on(self._screen)

    def _patch_measured(self, level: int, text: str) -> None:
        row = PHOTOMETER_LEVELS.index(level)
        self._item(row).setText(text)
        self.table.setCurrentCell(row, 0)


def result_words(curve: Calibration, levels: tuple[int, ...], corrected: Conformance | None) -> str:
    """What a measurement amounts to, in words."""
    found = curve.conformance()
    worst = max(range(len(found.deviation)), key=lambda n: abs(found.deviation[n]))
    within = "within" if found.within_usual_limit else "beyond"
    black, white = curve.luminances[0], curve.luminances[-1]
    words = (
        f"Black {black:.3g}, white {white:.4g} cd/m² with ambient light: ratio {curve.ratio:.0f}, "
        f"{curve.jnds:.0f} just noticeable differences. "
        f"Largest deviation from the GSDF {found.largest:.1f} %, between levels {levels[worst]} and "
        f"{levels[worst + 1]}: {within} {USUAL_LIMIT:g} % ({USUAL_LIMIT_SOURCE}). "
    )
    if corrected is not None:
        words += f"With the correction table {corrected.largest:.1f} %, computed. "
    return words + NO_CLAIM


def _number(text: str, what: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        raise InvalidCalibration(f"{text!r} for {what} is not a number; write it as 0.35.") from None
