"""What happens when the program itself is wrong: a report without patient data, and one honest sentence."""

from __future__ import annotations

import platform
import re
import sys
import traceback
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

import annotator
from annotator import __version__
from annotator.private_files import write_private
from annotator.settings import log_dir

LIBRARIES = ("PySide6-Essentials", "numpy", "opencv-python-headless", "pydicom", "SQLAlchemy")
ROOT = Path(annotator.__file__).resolve().parents[1]
_IN_LIBRARY = re.compile(r"^.*(?:site-packages|dist-packages)[/\\]")
_NATIVE_PLACE = re.compile(r'File "([^"]*)", line (\d+) in (\S+)')


def crash_report(bug: BaseException, last_acts: Sequence[str] = ()) -> str:
    """Where the program failed and on what it ran.

    Only code places and the types of the errors: the text of an error may quote a header or a path,
    and local variables hold pictures and names, so neither is kept. `last_acts` are ids of the table of
    actions.
    """
    return _report(_places(bug), last_acts)


def native_report(trace: str) -> str:
    """The same from what faulthandler wrote when a library took the program down."""
    found = [f"  {_shortened(name)}:{line} in {code}" for name, line, code in _NATIVE_PLACE.findall(trace)]
    return _report(["ended by the system", *found], ())


def write_report(report: str) -> Path:
    """Keep a report among the logs and return the file; raises OSError when the disk takes none."""
    now = datetime.now().astimezone()
    path = log_dir() / f"crash-{now:%Y%m%d-%H%M%S-%f}.txt"
    write_private(path, report)
    return path


def describe_crash(bug: BaseException, report: Path | None) -> str:
    """The sentence for a person at a terminal."""
    where = "No report could be written." if report is None else f"Please send {report} to its makers."
    return f"The program made a mistake ({type(bug).__name__}); what was confirmed as saved is saved. {where}"


def report_uncaught(bug: BaseException) -> str:
    """Report a bug and print its sentence; used where no window can."""
    text = describe_crash(bug, write_report(crash_report(bug)))
    print(text, file=sys.stderr)  # noqa: T201  the last word of a failing program
    return text


def _report(places: Iterable[str], last_acts: Sequence[str]) -> str:
    lines = [
        f"Mammogram Annotator {__version__}, Python {platform.python_version()}, {platform.platform()}",
        ", ".join(f"{name} {_version(name)}" for name in LIBRARIES),
        *places,
    ]
    if last_acts:
        lines.append(f"acts before: {', '.join(last_acts)}")
    return "\n".join(lines) + "\n"


def _version(library: str) -> str:
    from importlib import metadata  # noqa: PLC0415  seldom wanted, so not before first paint

    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return "missing"


def _places(bug: BaseException) -> list[str]:
    found = []
    told: set[int] = set()
    seen: BaseException | None = bug
    while seen is not None and id(seen) not in told:
        told.add(id(seen))
        found.append(type(seen).__name__)
        found += [
            f"  {_shortened(place.filename)}:{place.lineno} in {place.name}"
            for place in traceback.extract_tb(seen.__traceback__)
        ]
        seen = seen.__cause__ or seen.__context__
    return found


def _shortened(filename: str) -> str:
    """A code file from the program's or a library's own folder on; nothing of where it is installed."""
    path = Path(filename)
    if _IN_LIBRARY.match(filename):
        return _IN_LIBRARY.sub("", filename).replace("\\", "/")
    if path.is_relative_to(ROOT):
        return path.relative_to(ROOT).as_posix()
    standard = Path(traceback.__file__).parent
    return path.relative_to(standard).as_posix() if path.is_relative_to(standard) else "elsewhere"
