"""A screen, and what was measured, seen and switched on it. Nothing of a patient is ever here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

LEVELS = 256
"""Driving levels that photometer values are entered for: 0 black, 255 white."""

PHOTOMETER_LEVELS = tuple(range(0, LEVELS, 15))
"""The 18 levels a photometer is held to: 0, 15, 30 ... 255."""

UNCALIBRATED = "uncalibrated"
NOT_RECORDED = "not recorded"
"""What is said of acts saved by a program that did not keep the display yet."""

TEN_BIT_DEPTH = 30
"""What Qt says of the depth of a screen with 10 bits for each colour."""


def grey_levels(screen_depth: int) -> int:
    """How many grey levels a screen of that many bits a pixel can be sent."""
    return 1024 if screen_depth == TEN_BIT_DEPTH else 256


@dataclass(frozen=True, slots=True)
class ScreenId:
    """Which screen: as it names itself, '' where it says nothing. `name` is its connector (DP-1)."""

    manufacturer: str = ""
    model: str = ""
    serial: str = ""
    name: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        """What tells it from the other screens; the connector counts only where there is no serial number."""
        told = (self.manufacturer, self.model, self.serial)
        return told if self.serial else (*told, self.name)

    def __str__(self) -> str:
        words = [self.manufacturer, self.model, self.serial or self.name]
        return " ".join(word for word in words if word) or "unnamed screen"


@dataclass(frozen=True, slots=True)
class Measurement:
    """Luminances in cd/m2 (dark room, photometer on the glass) of driving levels, darkest first.

    `ambient` is the luminance in cd/m2 that room light adds to every level. `corrected`: measured through
    the correction table, so the levels are P-values and the table itself is what was checked.
    """

    screen: ScreenId
    at: datetime
    by: str
    levels: tuple[int, ...]
    luminances: tuple[float, ...]
    ambient: float = 0.0
    corrected: bool = False
    serial: str = ""
    """Serial number read off the case, where the screen does not tell its own."""


@dataclass(frozen=True, slots=True)
class VisualCheck:
    """The test pattern, looked at."""

    screen: ScreenId
    at: datetime
    by: str
    passed: bool
    remarks: str = ""


@dataclass(frozen=True, slots=True)
class CorrectionSwitch:
    """The correction table was switched on or off."""

    screen: ScreenId
    at: datetime
    by: str
    on: bool


DisplayEvent = Measurement | VisualCheck | CorrectionSwitch
