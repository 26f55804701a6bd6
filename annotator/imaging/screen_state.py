"""What is known of a screen, from its log: its curve, whether it is corrected, and how that is said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from annotator.errors import InvalidCalibration
from annotator.imaging.gsdf import Calibration
from annotator.model.display import (
    UNCALIBRATED,
    CorrectionSwitch,
    DisplayEvent,
    Measurement,
    ScreenId,
)


@dataclass(frozen=True, slots=True)
class ScreenState:
    """The last word of the log on one screen.

    `measured` is the screen as it is, `checked` the screen through the table drawn from `measured`;
    `on` whether that table is applied.
    """

    screen: ScreenId
    measured: Measurement | None = None
    checked: Measurement | None = None
    on: bool = False

    @property
    def calibration(self) -> Calibration | None:
        """The curve of the screen as it is; None before it was measured."""
        return None if self.measured is None else calibration_of(self.measured)

    def deviation(self, outputs: int = 256) -> float | None:
        """Largest deviation from the standard in percent as images are shown now; None when not known.

        Measured where it was measured so, else computed for a table of so many driving levels.
        """
        curve = self.calibration
        if curve is None:
            return None
        if not self.on:
            return curve.conformance().largest
        if self.checked is not None:
            return calibration_of(self.checked).conformance().largest
        return curve.corrected_conformance(outputs).largest

    def note(self, outputs: int = 256) -> str:
        """What a reading's record says of the display it was made on, in one line without a full stop."""
        deviation = self.deviation(outputs)
        if self.measured is None or deviation is None:
            return UNCALIBRATED
        measured, off = f"measured {self.measured.at:%Y-%m-%d}", f"deviation {deviation:.0f} %"
        serial = self.measured.serial if not self.screen.serial else ""
        screen = f"{self.screen} {serial}".rstrip()
        if not self.on:
            return f"uncorrected, {measured}, {off} from the GSDF, {screen}"
        if self.checked is None:
            return f"GSDF, {measured}, {off} (computed), {screen}"
        return f"GSDF, {measured}, checked {self.checked.at:%Y-%m-%d}, {off}, {screen}"


def state_of(screen: ScreenId, events: Iterable[DisplayEvent]) -> ScreenState:
    """What a log, oldest first, says of a screen. A new measurement makes an older check void.

    A measurement that no screen can have (written by hand, or by a program with other limits) is passed over.
    """
    measured = checked = None
    on = False
    for event in events:
        if event.screen.key != screen.key:
            continue
        if isinstance(event, CorrectionSwitch):
            on = event.on
        elif isinstance(event, Measurement) and is_possible(event):
            if event.corrected:
                checked = event
            else:
                measured, checked = event, None
    return ScreenState(screen, measured, checked, on and measured is not None)


def calibration_of(measurement: Measurement) -> Calibration:
    """The curve through a measurement. Raises InvalidCalibration."""
    return Calibration(measurement.levels, measurement.luminances, measurement.ambient)


def is_possible(measurement: Measurement) -> bool:
    """Whether a screen can have these luminances."""
    try:
        calibration_of(measurement)
    except InvalidCalibration:
        return False
    return True
