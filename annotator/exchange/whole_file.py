"""Writing a file so that there is never half of it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from annotator.errors import ExportError


def write_whole(path: Path, content: bytes) -> None:
    """Put `content` at `path` in one step: the file is the old one or the new one, never a part.

    Raises ExportError; an existing file is then as it was.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    except OSError as error:
        raise ExportError(_sentence(path, error)) from error
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise ExportError(_sentence(path, error)) from error


def _sentence(path: Path, error: OSError) -> str:
    return f"{path} could not be written ({error.strerror}); choose another place, or make room there."
