"""Writing a file so that there is never half of it."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from annotator.errors import ExportError
from annotator.private_files import FILE


def write_whole(path: Path, content: bytes) -> None:
    """Put `content` at `path` in one step: the file is the old one or the new one, never a part, and its owner's only.

    Raises ExportError; an existing file is then as it was.
    """
    part = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        handle = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), FILE)
    except OSError as error:
        raise ExportError(_sentence(path, error)) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
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
