"""What an export has done so far, in its own folder, so that one that was interrupted goes on where it was.

The folder `.export` holds the plan (which readings, at which revision), points to go on from, and what will become
files. Nothing in it names an exam but by its pseudonym. It goes away when the export is complete.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import msgspec

from annotator.errors import CallError, ExportError
from annotator.exchange.tables.card import CARD
from annotator.exchange.tables.spool import Spools, told
from annotator.exchange.whole_file import whole_file, write_whole
from annotator.private_files import FILE, private_folder
from annotator.store.file_lock import lock

WORK, BEGUN = ".export", "begun.json"


@dataclass(frozen=True, slots=True)
class Begun:
    """An export as it was begun: how (what must be the same when it goes on), when, and how much there is to do."""

    how: Mapping[str, str]
    made: str
    readings: int
    exams: int
    read_twice: int


@dataclass(frozen=True, slots=True)
class Point:
    """Up to here everything fits together: so many exams are done."""

    exams: int = 0
    sizes: Mapping[str, int] = field(default_factory=dict)
    counters: Mapping[str, int] = field(default_factory=dict)


def is_begun(out: Path) -> bool:
    """Whether a folder holds an export that was begun and is not complete."""
    return (out / WORK / BEGUN).is_file()


class Journal:
    """The journal of the export in `out`; hold it with `with`. Raises ExportError, and CallError as `__init__` says."""

    def __init__(self, out: Path, how: Mapping[str, str], *, resume: bool) -> None:
        """Begin, or go on where `resume`. CallError where there is something else, or another export.

        `how` says in words what must be the same when it goes on.
        """
        self.folder = out / WORK
        self._plan, self._points = self.folder / "plan.jsonl", self.folder / "points.jsonl"
        self._made_folder = not out.exists()
        with told(out):
            private_folder(self.folder)
            self._lock = os.open(self.folder / "lock", os.O_CREAT | os.O_RDWR, FILE)
        if not lock(self._lock):
            os.close(self._lock)
            raise ExportError(
                f"Another program is exporting into {out}; wait for it, or choose another folder."
            )
        try:
            self.begun = self._read(out, how, resume=resume)
        except CallError:
            self.close()
            raise
        self._how = how

    def plan(self, wanted: Iterable[tuple[str, int, bool]]) -> Begun:
        """Keep what goes out: (id of the reading as it leaves, revision, whether it begins another exam)."""
        readings = exams = twice = 0
        alone = True
        with whole_file(self._plan) as file:
            for name, revision, begins in wanted:
                file.write(msgspec.json.encode((name, revision)) + b"\n")
                readings, exams = readings + 1, exams + begins
                twice += not begins and alone
                alone = begins
        made = datetime.now(UTC).isoformat(timespec="seconds")
        self.begun = Begun(self._how, made, readings, exams, twice)
        write_whole(self.folder / BEGUN, msgspec.json.encode(self.begun))
        return self.begun

    def planned(self) -> Iterator[tuple[str, int]]:
        """The plan, in its order."""
        with told(self._plan), self._plan.open("rb") as file:
            for line in file:
                yield msgspec.json.decode(line, type=tuple[str, int])

    def point(self) -> Point:
        """The last point that was kept; a line that was never finished is none."""
        last = Point()
        if self._points.exists():
            with told(self._points):
                lines = self._points.read_bytes().split(b"\n")
            for line in lines[:-1]:
                last = msgspec.json.decode(line, type=Point)
            with told(self._points):
                os.truncate(self._points, sum(len(line) + 1 for line in lines[:-1]))
        return last

    def spools(self, point: Point) -> Spools:
        """The files that grow, cut back to a point."""
        return Spools(self.folder / "growing", point.sizes)

    def keep(self, point: Point) -> None:
        """Add a point to go on from; it is on the disk when this returns."""
        with told(self._points), self._points.open("ab") as file:
            file.write(msgspec.json.encode(point) + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def remove(self) -> None:
        """The export is complete."""
        self.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def abandon(self) -> None:
        """Nothing was written: the folder goes too where it was made for it."""
        self.remove()
        if self._made_folder:
            with contextlib.suppress(OSError):
                self.folder.parent.rmdir()

    def close(self) -> None:
        """Let go of the folder, which stays."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self, out: Path, how: Mapping[str, str], *, resume: bool) -> Begun | None:
        path = self.folder / BEGUN
        if not is_begun(out):
            if (out / CARD).exists():
                shutil.rmtree(self.folder, ignore_errors=True)
                raise CallError(f"{out} holds an export already; choose another folder.")
            self._points.unlink(missing_ok=True)
            return None
        if not resume:
            raise CallError(
                f"{out} holds an export that was interrupted; go on with --resume, or remove the folder {self.folder}."
            )
        with told(path):
            begun = msgspec.json.decode(path.read_bytes(), type=Begun)
        other = [words for what, words in begun.how.items() if how.get(what) != words]
        if other:
            raise CallError(
                f"The export in {out} was begun {', '.join(other)}; go on with the same, or choose another folder."
            )
        return begun
