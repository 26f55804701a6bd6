"""The same report as cornerstone3D and OHIF take for measurements that can be edited.

Their importer goes by the beginning of the tracking identifier, which names its tool, and looks for the region below the
first number of a group, so that a copy of it stands there. Other programs show the long identifiers as labels.
"""

from __future__ import annotations

from pathlib import Path

from annotator.exchange.outgoing import Outgoing
from annotator.exchange.sr import check as check_report
from annotator.exchange.sr.document import encoded, report
from annotator.exchange.whole_file import write_whole

PREFIX = "Cornerstone3DTools@^0.1.0"
TOOLS = {"POINT": "Probe", "CIRCLE": "CircleROI", "POLYLINE": "PlanarFreehandROI"}


def write(outgoing: Outgoing, folder: Path) -> tuple[Path, ...]:
    """The reading as one Comprehensive SR in `folder`, named by its pseudonym. Raises ExportError."""
    path = folder / f"{outgoing.name}-sr-ohif.dcm"
    write_whole(path, encoded(report(outgoing, _labelled, copied=True)))
    return (path,)


def check(outgoing: Outgoing, path: Path) -> str | None:
    """None where the file says what was to be written; else in one sentence what it says otherwise."""
    return check_report(outgoing, path)


def _labelled(name: str, graphic: str) -> str:
    return f"{PREFIX}:{TOOLS[graphic]}:{name}" if graphic in TOOLS else name
