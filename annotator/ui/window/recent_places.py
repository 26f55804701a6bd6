"""The folders opened last: their paths and nothing of what is in them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QSettings, Signal

from annotator.model.identity import Identity
from annotator.private_files import make_private

MOST = 6
_KEY = "last_places"


class RecentPlaces(QObject):
    """Kept in the file that remembers where the window stood, unless the reader wants none remembered.

    A folder that is named after the patient of the exam in it is no place to remember.
    """

    changed = Signal()

    def __init__(self, file: Path, parent: QObject | None = None, *, kept: bool = True) -> None:
        super().__init__(parent)
        self._file = file
        self.kept = kept
        self._opening: tuple[Path, ...] = ()
        self.places: tuple[Path, ...] = self._read() if kept else ()

    def opening(self, paths: Sequence[Path]) -> None:
        """These are being looked into."""
        self._opening = tuple(paths)

    def opened(self, whose: Identity | None = None) -> None:
        """What was being looked into holds an exam, so it is remembered, newest first; but not where it says `whose`."""
        new = list(dict.fromkeys(_place(path) for path in self._opening))
        new = [place for place in new if whose is None or not whose.named_in(str(place))]
        self._opening = ()
        if new:
            self._set([*new, *(place for place in self.places if place not in new)])

    def forget(self, places: Iterable[Path]) -> None:
        """Remember these no longer."""
        gone = set(places)
        self._set([place for place in self.places if place not in gone])

    def keep(self, kept: bool) -> None:
        """Remember folders from now on, or forget all of them now and remember none."""
        self.kept = kept
        self._set([] if not kept else list(self.places))

    def _set(self, places: list[Path]) -> None:
        self.places = tuple(places[:MOST]) if self.kept else ()
        text = json.dumps([str(place) for place in self.places])
        make_private(self._file)
        QSettings(str(self._file), QSettings.Format.IniFormat).setValue(_KEY, text)
        self.changed.emit()

    def _read(self) -> tuple[Path, ...]:
        said = QSettings(str(self._file), QSettings.Format.IniFormat).value(_KEY, "[]")
        try:
            read = json.loads(str(said))
        except (ValueError, RecursionError):
            return ()
        if not isinstance(read, list):
            return ()
        return tuple(Path(path) for path in read if isinstance(path, str))[:MOST]


def _place(path: Path) -> Path:
    """What to come back to: a folder or an archive itself, of a single image the folder it lies in."""
    whole = path.suffix.lower() == ".zip" or path.name.upper() == "DICOMDIR" or path.is_dir()
    return (path if whole else path.parent).absolute()
