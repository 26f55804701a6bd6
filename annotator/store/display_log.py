"""What was measured, seen and switched on which screen, as a dated log that only ever grows.

One JSON document a line, so that a line torn by a power cut costs that line and no other. It lies beside
the readings, is readable by its owner only, and holds nothing of a patient.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

import msgspec

from annotator.errors import StoreError
from annotator.model.display import CorrectionSwitch, DisplayEvent, Measurement, VisualCheck
from annotator.settings import data_dir

FILE = "displays.jsonl"

_KINDS: dict[str, type[DisplayEvent]] = {
    "measurement": Measurement,
    "visual check": VisualCheck,
    "correction": CorrectionSwitch,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


@dataclass(frozen=True, slots=True)
class LoggedEvents:
    """Every event that could be read, oldest first, and how many lines could not."""

    events: tuple[DisplayEvent, ...] = ()
    unreadable: int = 0


class DisplayLog:
    """The log in one file; made with its first line. Several programs may append to it."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = data_dir() / FILE if path is None else path

    def append(self, event: DisplayEvent) -> None:
        """Add one event; it is on disk when this returns. Raises StoreError."""
        line = msgspec.json.encode({"kind": _NAMES[type(event)], **msgspec.to_builtins(event)}) + b"\n"
        try:
            handle = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                if not _ends_whole(handle):
                    line = b"\n" + line
                if os.write(handle, line) != len(line):
                    raise OSError(None, "the disk is full")
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as error:
            raise StoreError(
                f"{self.path} cannot be written ({error.strerror}), so this was not kept; check the folder."
            ) from error

    def read(self) -> LoggedEvents:
        """Everything in the log; lines that are damaged, or of a newer program, are counted and left alone.

        Raises StoreError when there is a file that cannot be read.
        """
        try:
            lines = self.path.read_bytes().splitlines()
        except (FileNotFoundError, NotADirectoryError):
            return LoggedEvents()
        except OSError as error:
            raise StoreError(f"{self.path} cannot be read ({error.strerror}); check your rights.") from error
        events, unreadable = [], 0
        for line in filter(bytes.strip, lines):
            event = _decoded(line)
            if event is None:
                unreadable += 1
            else:
                events.append(event)
        return LoggedEvents(tuple(events), unreadable)


def _ends_whole(handle: int) -> bool:
    size = os.fstat(handle).st_size
    if not size:
        return True
    os.lseek(handle, size - 1, os.SEEK_SET)
    return os.read(handle, 1) == b"\n"


def _decoded(line: bytes) -> DisplayEvent | None:
    with contextlib.suppress(msgspec.MsgspecError, UnicodeDecodeError):
        plain = msgspec.json.decode(line, type=dict[str, object])
        kind = _KINDS.get(str(plain.pop("kind", "")))
        if kind is not None:
            return msgspec.convert(plain, kind)
    return None
