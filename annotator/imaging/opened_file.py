"""Files opened as files only: a pipe would wait for its other end, and a device might do anything when it is read."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

from annotator.errors import UnreadableImage

_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
)


def open_file(path: Path, *, buffered: bool = True) -> BinaryIO:
    """`path` opened for reading. Raises UnreadableImage for a pipe, device or socket, without touching it further,
    and OSError when it cannot be opened.

    What it is was asked of the open file: between a look at a name and its opening another may take its place.
    """
    opened = open(  # noqa: SIM115 - handed on; Path.open takes no flags
        path, "rb", buffering=-1 if buffered else 0, opener=lambda name, _flags: os.open(name, _FLAGS)
    )
    if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
        opened.close()
        raise UnreadableImage(path, "it is neither a file nor a folder")
    return opened
