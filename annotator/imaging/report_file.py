"""Structured reports among the files of an exam, told from pictures by their first bytes."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import partial
from itertools import islice
from pathlib import Path

from annotator.imaging.decode_guard import attempt
from annotator.imaging.opened_file import open_file
from annotator.imaging.rejected import ReportFile
from annotator.quiet_parsing import quiet_parsing

_CLASSES = b"1.2.840.10008.5.1.4.1.1.88."
_KEY_OBJECTS = "1.2.840.10008.5.1.4.1.1.88.59"
"""A list of images is no report on them."""
_FIRST_BYTES = 1024
_STUDY = 0x0020000D
REASON = "it is a structured report, not a picture"

MOST_BESIDE = 2_000
"""Files of one folder that are looked at for a report: an exam has some ten, a folder of a whole archive is listed instead."""


def reports_beside(paths: Iterable[Path]) -> tuple[ReportFile, ...]:
    """The reports in the folders of some files, for files that were named one by one and not found by listing."""
    found = []
    for folder in dict.fromkeys(path.parent for path in paths):
        listed, _ = attempt(partial(_files_of, folder))
        found += [report for path in listed or () if (report := report_file(path)) is not None]
    return tuple(found)


def _files_of(folder: Path) -> list[Path]:
    with os.scandir(folder) as entries:
        files = (Path(entry.path) for entry in entries if entry.is_file() and not entry.name.startswith("."))
        return sorted(islice(files, MOST_BESIDE))


def report_file(path: Path) -> ReportFile | None:
    """The report in `path`, by the part of its header that names its study; None for anything else."""
    found, _ = attempt(partial(_looked_at, path))
    return found


def _looked_at(path: Path) -> ReportFile | None:
    with open_file(path) as file:
        if _CLASSES not in file.read(_FIRST_BYTES):
            return None
        file.seek(0)
        from pydicom.filereader import read_partial  # noqa: PLC0415 - for files not yet known that are reports

        with quiet_parsing():
            header = read_partial(file, stop_when=lambda tag, _vr, _length: tag > _STUDY, force=True)
            sop_class = str(header.get("SOPClassUID", ""))
            study = str(header.get("StudyInstanceUID", ""))
    if not sop_class.startswith(_CLASSES.decode()) or sop_class == _KEY_OBJECTS:
        return None
    return ReportFile(path, REASON, study, sop_class)
