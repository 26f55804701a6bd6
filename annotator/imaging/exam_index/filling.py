"""Fills the exam index: folders are walked, new and changed files read by all cores, and what is gone is noted.

Whatever was written stays when it is stopped or killed; the next time only what is new or changed is read.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from annotator.batch import outcomes, usable_jobs
from annotator.errors import CallError
from annotator.imaging.exam_index.copies import compare_copies
from annotator.imaging.exam_index.image_facts import Found, ImageFacts, NotShown, read_files
from annotator.imaging.exam_index.tables import opened
from annotator.imaging.exam_index.walk import Folder, folders_below
from annotator.imaging.exam_index.writer import IndexWriter
from annotator.imaging.header_index import SETTLED_NS, Stamp
from annotator.jobs import CancelToken, Progress

ROUND = 32_768
"""Files found before they are read: a round starts the processes once."""
CHUNK = 64
"""Files a process reads before it answers."""
_FEW = 256
"""So few files are read here: to start processes takes as long."""
_WRITE_EVERY_S = 0.5
_MEMORY_EACH = 150_000_000


@dataclass(slots=True)
class Filled:
    """What came of it: files met, read, of these pictures and refused; gone, and found again elsewhere."""

    files: int = 0
    read: int = 0
    images: int = 0
    rejected: int = 0
    missing: int = 0
    moved: int = 0
    copies: int = 0
    other_pixels: int = 0
    unreachable: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A file that has to be read."""

    path: str
    folder: int
    name: bytes
    stamp: Stamp
    new: bool


def fill(
    roots: Sequence[Path],
    index: Path,
    *,
    jobs: int | None = None,
    token: CancelToken | None = None,
    settled_ns: int = SETTLED_NS,
) -> Filled:
    """Bring the index up to date with what lies below folders. `jobs` processes read (None: as many as fit).

    A file changed less than `settled_ns` ago is read anew next time. Raises ExamIndexError, CallError for what is no
    folder, and Cancelled; what was written until then stays.
    """
    for root in roots:
        if root.exists() and not root.is_dir():
            raise CallError(f"{root}: it is a file; name the folder it lies in, or open it by itself")
    with opened(index) as connection:
        work = _Filling(
            IndexWriter(connection), jobs or usable_jobs(_MEMORY_EACH), token or CancelToken(), settled_ns
        )
        for root in roots:
            work.root(Path(os.path.abspath(root)))  # noqa: PTH100 - links in a name are kept as they were given
        work.filled.copies, work.filled.other_pixels = compare_copies(
            connection, work.writer, work.jobs, work.token
        )
        return work.filled


class _Filling:
    def __init__(self, writer: IndexWriter, jobs: int, token: CancelToken, settled_ns: int) -> None:
        self.writer = writer
        self.jobs = jobs
        self.token = token
        self.filled = Filled()
        self._settled_ns = settled_ns
        self._waiting: list[_Waiting] = []

    def root(self, root: Path) -> None:
        """One folder and all below it."""
        with self.writer.transaction():
            scan = self.writer.begin_root(root)
        unreachable: list[tuple[str, str]] = []
        for batch in _together(folders_below(root, self.token)):
            with self.writer.transaction():
                for folder in batch:
                    if folder.why:
                        unreachable.append((str(folder.path), folder.why))
                    else:
                        self._meet(folder, scan)
            self.token.checkpoint(Progress(self.filled.read, self.filled.read + len(self._waiting), "files"))
            if len(self._waiting) >= ROUND:
                self._read_waiting()
        self._read_waiting()
        self.filled.unreachable += tuple(unreachable)
        with self.writer.transaction():
            self.filled.missing += self.writer.finish_root(root, scan)
            self.filled.moved += self.writer.drop_moved()

    def _meet(self, folder: Folder, scan: int) -> None:
        """Tell what is new or changed in a folder from what is as it was."""
        number, known = self.writer.enter(folder.path, scan)
        self.filled.files += len(folder.files)
        again = []
        for name, stamp in folder.files.items():
            kept = known.get(name)
            if kept is None or kept[0] != stamp:
                path = os.path.join(os.fspath(folder.path), os.fsdecode(name))  # noqa: PTH118 - millions of them
                self._waiting.append(_Waiting(path, number, name, stamp, kept is None))
            elif kept[1]:
                again.append(name)
        self.writer.found_again(number, again)
        gone = [name for name, (_, missing) in known.items() if name not in folder.files and not missing]
        self.filled.missing += len(gone)
        self.writer.missed(number, gone)

    def _read_waiting(self) -> None:
        """Read what waits, and write it down every half second."""
        waiting, self._waiting = self._waiting, []
        ready = self._found(waiting)
        left = len(waiting)
        while left:
            until = time.monotonic() + _WRITE_EVERY_S
            with self.writer.transaction():
                while left:
                    files, found = next(ready)
                    left -= len(files)
                    self._keep(files, found)
                    if time.monotonic() >= until:
                        break
            self.token.checkpoint(Progress(self.filled.read, self.filled.read + left, "files"))

    def _keep(self, files: Sequence[_Waiting], found: Sequence[Found]) -> None:
        newest = time.time_ns() - self._settled_ns
        for file, one in zip(files, found, strict=True):
            # read anew next time: the clock of some file systems has steps of 2 s
            stamp = file.stamp if max(file.stamp[1:]) <= newest else (-1, *file.stamp[1:])
            self.writer.put(file.folder, file.name, stamp, one, new=file.new)
            self.filled.images += isinstance(one, ImageFacts)
            self.filled.rejected += isinstance(one, NotShown) and bool(one.reason)
        self.filled.read += len(files)

    def _found(self, waiting: Sequence[_Waiting]) -> Iterator[tuple[Sequence[_Waiting], Sequence[Found]]]:
        """The files in pieces with what is in them, as they are ready."""
        pieces = [waiting[at : at + CHUNK] for at in range(0, len(waiting), CHUNK)]
        jobs = 1 if len(waiting) <= _FEW else self.jobs
        paths = [[file.path for file in piece] for piece in pieces]
        fell: list[_Waiting] = []
        for outcome in outcomes(read_files, paths, jobs=jobs, token=_quiet(self.token)):
            if outcome.result is not None:
                yield pieces[outcome.number], outcome.result
            else:
                fell += pieces[outcome.number]
        # one of them ended its process: each by itself, so that the others are not lost with it
        alone = [[file.path] for file in fell]
        for outcome in outcomes(read_files, alone, jobs=self.jobs, token=_quiet(self.token)):
            yield (
                [fell[outcome.number]],
                outcome.result or [NotShown(outcome.fault or "it ended the program that read it")],
            )


def _together(folders: Iterator[Folder]) -> Iterator[list[Folder]]:
    """Folders by the half second: each of them in a transaction of its own would take longer than to list it."""
    batch: list[Folder] = []
    until = time.monotonic() + _WRITE_EVERY_S
    for folder in folders:
        batch.append(folder)
        if time.monotonic() >= until:
            yield batch
            batch, until = [], time.monotonic() + _WRITE_EVERY_S
    yield batch


def _quiet(token: CancelToken) -> CancelToken:
    """The same to be cancelled by, without the numbers of pieces."""
    return _Follower(token)


class _Follower(CancelToken):
    """Cancelled when another is."""

    def __init__(self, leader: CancelToken) -> None:
        super().__init__()
        self._leader = leader

    @property
    def cancelled(self) -> bool:
        return self._leader.cancelled

    def checkpoint(self, progress: Progress | None = None) -> None:  # noqa: ARG002 - of pieces, not of files
        self._leader.checkpoint()
