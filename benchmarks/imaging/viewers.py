"""How this program and its peers are started on files, where they are installed."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.imaging.other_python import PROGRAMS, has, peers_python

OURS = "ours"
PEERS = ("aeskulap", "napari")


def commands(paths: Sequence[Path]) -> dict[str, tuple[str, ...]]:
    """The command of each viewer that is here, by name; ours first."""
    files = [str(path) for path in paths]
    found = {OURS: (sys.executable, "-m", "annotator", *files)}
    if shutil.which("aeskulap"):
        found["aeskulap"] = ("aeskulap", *files)
    python = peers_python()
    if python is not None and has("napari"):
        found["napari"] = (python, str(PROGRAMS / "napari_views.py"), *files)
    return found
