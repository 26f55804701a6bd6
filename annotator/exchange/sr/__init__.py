"""DICOM structured reports of measurements (TID 1500): our readings written, and anybody's read."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from annotator.errors import UnreadableObject
from annotator.exchange.findings_file import reading_faults
from annotator.exchange.leaving import reading_as_it_leaves
from annotator.exchange.outgoing import Outgoing
from annotator.exchange.sr.document import encoded, report
from annotator.exchange.sr.foreign_report import foreign_reading
from annotator.exchange.sr.own_report import is_own, own_reading
from annotator.exchange.sr.read_object import SrReading, Suggestion, Unusable, open_report
from annotator.exchange.whole_file import write_whole
from annotator.model.finding import Reading
from annotator.quiet_parsing import quiet_parsing

__all__ = ("SrReading", "Suggestion", "check", "read", "write")


def write(outgoing: Outgoing, folder: Path) -> tuple[Path, ...]:
    """The reading as one Comprehensive SR in `folder`, named by its pseudonym. Raises ExportError."""
    path = folder / f"{outgoing.name}-sr.dcm"
    write_whole(path, encoded(report(outgoing, lambda name, _graphic: name)))
    return (path,)


def read(path: Path) -> SrReading:
    """The reading in a structured report: all of it from one of ours, what has a word here from anybody else's.

    Raises UnreadableObject, in one sentence, for a file that is damaged, made to do harm or no such report.
    """
    # values are decoded when they are asked for; what is wrong with them is told by the reading they give
    with quiet_parsing():
        opened = open_report(path)
        try:
            found = own_reading(opened) if is_own(opened.root) else foreign_reading(opened)
            for fault in reading_faults(found.reading):
                raise Unusable(f"what it says does not fit together: {fault}")
        except Unusable as unusable:
            raise UnreadableObject(path, str(unusable)) from unusable
    return found


def check(outgoing: Outgoing, path: Path) -> str | None:
    """None where the file says what was to be written; else in one sentence what it says otherwise."""
    try:
        found = read(path).reading
    except UnreadableObject as fault:
        return f"The structured report cannot be read back: {fault.reason}."
    meant = reading_as_it_leaves(outgoing)
    if found == meant:
        return None
    return f"The structured report says otherwise than the reading: {', '.join(_unlike(found, meant))}."


def _unlike(found: Reading, meant: Reading) -> list[str]:
    return [one.name for one in fields(Reading) if getattr(found, one.name) != getattr(meant, one.name)]
