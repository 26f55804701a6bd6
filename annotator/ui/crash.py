"""What happens when the program itself is wrong: a report without patient data, and one honest sentence."""

from __future__ import annotations

import platform
import sys
import traceback
from datetime import datetime
from pathlib import Path

from annotator import __version__
from annotator.settings import log_dir


def write_crash_report(bug: BaseException) -> Path:
    """Write where the program failed and return the file.

    Only code places and the error's type: the text of an error may quote a header or a path, and
    local variables hold pictures and names, so neither is kept.
    """
    lines = [
        f"Mammogram Annotator {__version__}, Python {platform.python_version()}, {platform.system()}",
        *_places(bug),
    ]
    now = datetime.now().astimezone()
    path = log_dir() / f"crash-{now:%Y%m%d-%H%M%S-%f}.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def describe_crash(bug: BaseException, report: Path) -> str:
    """The sentence for the person at the keyboard."""
    return (
        f"The program made a mistake ({type(bug).__name__}); what was confirmed as saved is saved. "
        f"Please send {report} to its makers."
    )


def _places(bug: BaseException) -> list[str]:
    root = Path(__file__).resolve().parents[2]
    found = []
    seen: BaseException | None = bug
    while seen is not None:
        found.append(type(seen).__name__)
        for place in traceback.extract_tb(seen.__traceback__):
            name = Path(place.filename)
            inside = name.relative_to(root) if name.is_relative_to(root) else Path(name.name)
            found.append(f"  {inside}:{place.lineno} in {place.name}")
        seen = seen.__cause__ or seen.__context__
    return found


def report_uncaught(bug: BaseException) -> str:
    """Report a bug and print its sentence; used where no window can."""
    text = describe_crash(bug, write_crash_report(bug))
    print(text, file=sys.stderr)  # noqa: T201  the last word of a failing program
    return text
