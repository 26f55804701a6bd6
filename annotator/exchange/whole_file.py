"""Writing a file so that there is never half of it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from annotator.errors import ExportError
from annotator.private_files import FILE


def write_whole(path: Path, content: bytes) -> None:
    """Put `content` at `path` in one step: the file is the old one or the new one, never a part, and its owner's only.

    Raises ExportError; an existing file is then as it was.
    """
    with whole_file(path) as file:
        file.write(content)


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write in pieces, that stands at `path` once the block is left: all of it or nothing, as `write_whole`.

    Raises ExportError, of any OSError in the block too; an existing file is then as it was.
    """
    part = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        handle = os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_BINARY", 0), FILE)
    except OSError as error:
        raise ExportError(_sentence(path, error)) from error
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise ExportError(_sentence(path, error)) from error
    finally:
        # there no more when all went well; Ctrl+C too leaves nothing behind
        part.unlink(missing_ok=True)


def _sentence(path: Path, error: OSError) -> str:
    return f"{path} could not be written ({error.strerror}); choose another place, or make room there."
