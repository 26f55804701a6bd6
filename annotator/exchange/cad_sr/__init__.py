"""Mammography CAD reports (PS3.16, TID 4000): those of every vendor read, our own marks and candidates written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydicom import Dataset

from annotator.errors import UnreadableObject
from annotator.exchange.cad_sr.compared import difference
from annotator.exchange.cad_sr.document import encoded
from annotator.exchange.cad_sr.planned import of_candidates, of_reading
from annotator.exchange.cad_sr.reading import is_cad, understood
from annotator.exchange.cad_sr.tree import TooManyItems
from annotator.exchange.careful_dicom import DAMAGE, DAMAGED, read_careful
from annotator.exchange.outgoing import Outgoing
from annotator.exchange.whole_file import write_whole
from annotator.model.cad import CadReport
from annotator.model.candidate import SHOWN_FROM, Candidates
from annotator.quiet_parsing import quiet_parsing

__all__ = ["check", "check_candidates", "read", "read_if_cad", "write", "write_candidates"]


_REPORTS = "1.2.840.10008.5.1.4.1.1.88."
"""What the classes of structured reports begin with."""


def read(path: Path) -> CadReport:
    """What a CAD report says of calcifications. Raises UnreadableObject for anything else, and for a damaged one."""
    report = read_if_cad(path)
    if report is None:
        raise UnreadableObject(path, "it is a structured report, but not one of a CAD program (TID 4000)")
    return report


def read_if_cad(path: Path) -> CadReport | None:
    """The same; None for a report of another kind."""
    document = read_careful(path)
    try:
        with quiet_parsing():
            return _read(path, document)
    except TooManyItems as error:
        raise UnreadableObject(path, "it has more entries than any report needs; it was not read") from error
    except DAMAGE as error:
        raise UnreadableObject(path, DAMAGED) from error


def _read(path: Path, document: Dataset) -> CadReport | None:
    kind = str(document.get("SOPClassUID") or "")
    if kind and not kind.startswith(_REPORTS):
        raise UnreadableObject(path, "it is no structured report")
    if not is_cad(document):
        if "ContentSequence" not in document and "ValueType" not in document:
            raise UnreadableObject(path, "it is no structured report")
        return None
    if not document.get("ContentSequence"):
        raise UnreadableObject(path, "it is a CAD report without content; ask for the file again")
    return understood(document)


def write(outgoing: Outgoing, folder: Path) -> tuple[Path, ...]:
    """Write the marks and clusters of a reading as a CAD report, for systems that show nothing else.

    The algorithm is named as this program and the marks as a reader's; categories and words of the reader belong into
    the structured report (TID 1500). Raises ExportError.
    """
    path = folder / f"{outgoing.name}-cad.dcm"
    write_whole(path, encoded(outgoing, of_reading(outgoing)))
    return (path,)


def check(outgoing: Outgoing, path: Path) -> str | None:
    """What a written file says otherwise than the reading does, None where it says the same."""
    return difference(of_reading(outgoing), read(path))


def write_candidates(
    outgoing: Outgoing, found: Mapping[str, Candidates], folder: Path, *, score: float = SHOWN_FROM
) -> tuple[Path, ...]:
    """Write candidates of at least `score` with the model's name and version; the score stands as their certainty.

    `found` by the SOP Instance UID of the exam's images; those without a breast count as not looked at. Raises
    ExportError.
    """
    path = folder / f"{outgoing.name}-candidates-cad.dcm"
    write_whole(path, encoded(outgoing, of_candidates(outgoing, found, score)))
    return (path,)


def check_candidates(
    outgoing: Outgoing, found: Mapping[str, Candidates], path: Path, *, score: float = SHOWN_FROM
) -> str | None:
    """As `check`, for candidates."""
    return difference(of_candidates(outgoing, found, score), read(path))
