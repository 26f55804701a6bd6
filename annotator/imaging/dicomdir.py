"""The files that a DICOMDIR names (PS3.3 F.3), read tolerantly.

Every record of the directory is taken in the order written and its offsets are not followed, so
offsets that lead in circles or nowhere cannot do harm.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from annotator.imaging.decode_guard import attempt
from annotator.imaging.opened_file import open_file
from annotator.imaging.rejected import Rejected
from annotator.quiet_parsing import quiet_parsing

_CLASS = b"1.2.840.10008.1.3.10"
_MOST_RECORDS = 20_000
_MOST_READS = 250_000
"""Beyond these the folder around it is searched instead, which takes no longer."""
_ITEM = b"\xfe\xff\x00\xe0"


@dataclass(frozen=True)
class Directory:
    """`files` are there; `rejected` says what is promised and missing, or points where it must not."""

    files: tuple[Path, ...]
    rejected: tuple[Rejected, ...]
    damaged: bool = False


def is_dicomdir(path: Path) -> bool:
    """Whether a file is a DICOMDIR, by its name or by its meta group."""
    if path.name.upper() == "DICOMDIR":
        return True

    def look() -> bool:
        with open_file(path) as file:
            head = file.read(512)
        return head[128:132] == b"DICM" and _CLASS in head

    found, _ = attempt(look)
    return bool(found)


def read_dicomdir(path: Path) -> Directory:
    """The files below the folder of `path` that it names; never raises for what is written in it."""
    with quiet_parsing():
        named, _ = attempt(lambda: list(_file_ids(path)))
    if named is None:
        return Directory((), (), damaged=True)
    files, rejected, places = list[Path](), list[Rejected](), _Places()
    root = path.parent.resolve()
    for parts in dict.fromkeys(named):
        shown = path.parent.joinpath(*(p.replace("\0", "") for p in parts))
        if not all(_harmless(p) for p in parts):
            rejected.append(
                Rejected(path, f"this DICOMDIR points outside its folder ({'/'.join(parts)[:80]})")
            )
            continue
        found = places.find(path.parent, parts)
        if found is None:
            rejected.append(Rejected(shown, "it is named in the DICOMDIR and missing from the folder"))
        elif not found.resolve().is_relative_to(root):
            rejected.append(Rejected(shown, "it is a link that leads outside the folder of its DICOMDIR"))
        else:
            files.append(found)
    return Directory(tuple(files), tuple(rejected))


def _file_ids(path: Path) -> Iterator[tuple[str, ...]]:
    # looking whether a file is a DICOMDIR, as every listing does, must not import pydicom
    from pydicom.dataset import Dataset  # noqa: PLC0415

    from annotator.imaging.dataset import read_raw  # noqa: PLC0415
    from annotator.imaging.facts import Facts  # noqa: PLC0415

    raw = read_raw(path, most_reads=_MOST_READS)
    if "DirectoryRecordSequence" not in raw.dataset:
        raise ValueError("holds no directory")
    unread: Any = raw.dataset.get_item("DirectoryRecordSequence")
    value = getattr(unread, "value", None)
    if (value.count(_ITEM) if isinstance(value, bytes) else len(value or ())) > _MOST_RECORDS:
        raise ValueError("has too many records")
    for record in raw.dataset["DirectoryRecordSequence"].value:
        if isinstance(record, Dataset):
            parts = Facts(record, []).texts("ReferencedFileID")
            if parts:
                yield parts


def _harmless(part: str) -> bool:
    return bool(part) and part not in (".", "..") and not set(part) & set("/\\:\0")


class _Places:
    """Where the files of one DICOMDIR are, under any of the spellings that discs give them: other case, ';1' or '.'
    behind. Each folder is listed once.
    """

    def __init__(self) -> None:
        self._listed: dict[Path, dict[str, Path]] = {}

    def find(self, folder: Path, parts: tuple[str, ...]) -> Path | None:
        """The file, None when there is none that can be reached."""
        found, _ = attempt(partial(self._find, folder, parts))
        return found

    def _find(self, folder: Path, parts: tuple[str, ...]) -> Path | None:
        here = folder
        for part in parts:
            exact = here / part
            if exact.exists():
                here = exact
                continue
            other = self._names(here).get(part.casefold())
            if other is None:
                return None
            here = other
        return here if here.is_file() else None

    def _names(self, folder: Path) -> dict[str, Path]:
        if folder not in self._listed:
            entries = sorted(folder.iterdir(), reverse=True)
            self._listed[folder] = {e.name.casefold().split(";")[0].rstrip("."): e for e in entries}
        return self._listed[folder]
