"""Files that grow line by line while an export runs, and are cut back to a point where all of them fit together."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from annotator.errors import ExportError
from annotator.private_files import FILE, private_folder

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class Spools:
    """Line files of one folder, by name; each line is bytes without its end. Raises ExportError.

    `sizes` after `flush` is a point to come back to: `Spools(folder, sizes)` cuts every file back to it, and takes
    away those that are not in it.
    """

    def __init__(self, folder: Path, sizes: Mapping[str, int] | None = None) -> None:
        self._folder = folder
        self._open: dict[str, BinaryIO] = {}
        self._sizes = dict(sizes or {})
        with told(folder):
            private_folder(folder)
            for file in folder.iterdir():
                if file.name not in self._sizes:
                    file.unlink()
            for name, size in self._sizes.items():
                self._cut(name, size)

    def add(self, name: str, lines: Iterable[bytes]) -> None:
        """Append lines to the file of that name, which begins with the first of them."""
        with told(self._folder / name):
            file = self._open.get(name) or self._opened(name)
            for line in lines:
                self._sizes[name] += file.write(line + b"\n")

    def flush(self) -> Mapping[str, int]:
        """Bring everything to the disk; the sizes of all files."""
        with told(self._folder):
            for file in self._open.values():
                file.flush()
                os.fsync(file.fileno())
        return dict(self._sizes)

    def lines(self, name: str) -> Iterator[bytes]:
        """The lines of a file one after the other; none where nothing was added."""
        if name not in self._sizes:
            return
        self.flush()
        with told(self._folder / name), (self._folder / name).open("rb") as file:
            for line in file:
                yield line.removesuffix(b"\n")

    def close(self) -> None:
        """Let go of the files, which stay."""
        for file in self._open.values():
            file.close()
        self._open.clear()

    def _opened(self, name: str) -> BinaryIO:
        path = self._folder / name
        handle = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY | getattr(os, "O_BINARY", 0), FILE)
        file = self._open[name] = os.fdopen(handle, "ab")
        self._sizes.setdefault(name, 0)
        return file

    def _cut(self, name: str, size: int) -> None:
        path = self._folder / name
        if not path.exists() or path.stat().st_size < size:
            raise ExportError(
                f"{path} is shorter than it was, so that this export cannot go on; remove the folder and begin anew."
            )
        os.truncate(path, size)


@contextmanager
def told(path: Path) -> Iterator[None]:
    """An OSError inside as ExportError, in a sentence that names `path`."""
    try:
        yield
    except OSError as error:
        # only where there is no room it will do there later
        todo = "make room there" if error.errno in _FULL else "choose another folder"
        raise ExportError(f"{path} could not be written ({error.strerror}); {todo}.") from error
