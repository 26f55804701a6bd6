"""What an independent validator says of a DICOM file."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest


def validator() -> str:
    found = shutil.which("dciodvfy") or shutil.which("dciodvfy", path=str(Path(sys.executable).parent))
    if found is None:
        pytest.skip("dciodvfy is not installed")
    return found


def complaints(path: Path, kind: str = "MammographyImageForPresentation") -> list[str]:
    """Errors and warnings of the validator, which must have known the file as of this `kind`."""
    done = subprocess.run([validator(), str(path)], capture_output=True, text=True, check=False)
    lines = (done.stdout + done.stderr).splitlines()
    assert any(kind in line for line in lines), lines
    return [line for line in lines if line.startswith(("Error", "Warning"))]
