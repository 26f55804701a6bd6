"""How large a pixel of a screen is: as the screen tells it, or as measured with a ruler."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtGui import QScreen

from annotator.errors import ExportError, InvalidSettings
from annotator.exchange.whole_file import write_whole
from annotator.model.display import ScreenId
from annotator.private_files import private_folder
from annotator.settings import settings_path
from annotator.ui.display.displays import screen_id
from annotator.ui.kept_files import UNREADABLE, aside_of, read_small

SMALLEST_MM, LARGEST_MM = 0.04, 0.6
"""Pitch of a telephone, and of a television across a room: what lies outside was never measured."""
UNTOLD_DPI = 96.0
"""What systems say of screens that tell nothing."""
NEARLY = 0.02


@dataclass(frozen=True, slots=True)
class ScreenPitch:
    """Millimetres of a device pixel. `basis` is the word that stands beside the true size."""

    mm: float
    basis: str


def told_pitch(screen: QScreen) -> float | None:
    """What the screen tells of itself, in millimetres of a device pixel; None when that cannot be believed.

    Not believed are no size at all, 96 dots an inch (what is said where nothing is known), pixels that are
    not square, and sizes no screen has.
    """
    size, pixels, ratio = screen.physicalSize(), screen.size(), screen.devicePixelRatio()
    if min(size.width(), size.height(), pixels.width(), pixels.height()) <= 0:
        return None
    return believed(size.width() / (pixels.width() * ratio), size.height() / (pixels.height() * ratio))


def believed(across_mm: float, down_mm: float) -> float | None:
    """The pitch of a screen that says these; None when they cannot be true."""
    if abs(across_mm / down_mm - 1) > NEARLY:
        return None
    mm = math.sqrt(across_mm * down_mm)
    if not SMALLEST_MM <= mm <= LARGEST_MM or abs(25.4 / mm - UNTOLD_DPI) < 0.5:
        return None
    return mm


class PitchFile:
    """The pitches measured with a ruler, by screen; nothing of a patient is in it."""

    def __init__(self, path: Path | None = None) -> None:
        """`path` is the file; the reader's own when it is None."""
        self._path = path or settings_path().with_name("screens.json")
        self._known: dict[str, float] | None = None

    def pitch(self, screen: QScreen) -> ScreenPitch | None:
        """What was measured, else what the screen tells; None when neither is there."""
        entered = self.entered(screen_id(screen))
        if entered is not None:
            return ScreenPitch(entered, "pitch entered")
        told = told_pitch(screen)
        return None if told is None else ScreenPitch(told, "pitch as the screen tells it")

    def entered(self, screen: ScreenId) -> float | None:
        """What was measured of a screen, in millimetres of a device pixel."""
        return self._read().get(_key(screen))

    def enter(self, screen: ScreenId, mm: float) -> None:
        """Keep what was measured. Raises InvalidSettings when it cannot be true or the file cannot be written."""
        if not SMALLEST_MM <= mm <= LARGEST_MM:
            raise InvalidSettings(
                f"A pixel of {mm:.3f} mm is none of a screen ({SMALLEST_MM} to {LARGEST_MM} mm); measure the line again."
            )
        new = {_key(screen): mm}
        known = self._known = self._read() | new
        try:
            private_folder(self._path.parent)
            try:
                # another window may have kept one since
                known = self._from_file() | new
            except UNREADABLE:
                self._path.replace(aside_of(self._path))
            write_whole(self._path, json.dumps(known, indent=1).encode())
        except (OSError, ExportError) as error:
            cause = error if isinstance(error, OSError) else error.__cause__
            raise InvalidSettings(
                f"{self._path}: the pitch holds until the program ends but cannot be kept "
                f"({getattr(cause, 'strerror', error)}); make the folder writable"
            ) from error

    def _read(self) -> dict[str, float]:
        if self._known is None:
            try:
                self._known = self._from_file()
            except UNREADABLE:
                # damaged: the ruler is at hand, and the file is put aside when a pitch is entered
                self._known = {}
        return self._known

    def _from_file(self) -> dict[str, float]:
        """What the file holds, nothing when there is none. Raises what is in `UNREADABLE`."""
        try:
            said = json.loads(read_small(self._path))
        except (FileNotFoundError, NotADirectoryError):
            return {}
        if not isinstance(said, dict):
            raise ValueError("no pitches by screen")  # noqa: TRY004  damaged like any other
        return {
            str(key): float(mm)
            for key, mm in said.items()
            if isinstance(mm, int | float) and SMALLEST_MM <= mm <= LARGEST_MM
        }


def _key(screen: ScreenId) -> str:
    return " / ".join(screen.key)
