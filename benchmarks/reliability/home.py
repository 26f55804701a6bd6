"""A folder for databases, and for what waits on this computer, of one campaign."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def own_home() -> Iterator[Path]:
    """The folder, gone with all that lies in it afterwards; the user's own is not touched."""
    with tempfile.TemporaryDirectory(prefix="reliability-") as name:
        before = os.environ.get("XDG_DATA_HOME")
        home = Path(name) / "home"
        home.mkdir()
        os.environ["XDG_DATA_HOME"] = str(home)
        try:
            yield Path(name)
        finally:
            os.environ.pop("XDG_DATA_HOME")
            if before is not None:
                os.environ["XDG_DATA_HOME"] = before
