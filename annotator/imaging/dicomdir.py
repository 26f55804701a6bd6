"""The files that a DICOMDIR names (PS3.3 F.3), read tolerantly.

Every record of the directory is taken in the order written and its offsets are not followed, so
offsets that lead in circles or nowhere cannot do harm.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from annotator.imaging.decode_guard import attempt, quiet_parsing
from annotator.imaging.rejected import Rejected

_CLASS = b"1.2.840.10008.1.3.10"
_MOST_RECORDS = 200_000
_MOST_READS = 8_000_000


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
        with path.open("rb") as file:
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
    files, rejected = list[Path](), list[Rejected]()
    root = path.parent.resolve()
    for parts in dict.fromkeys(named):
        shown = path.parent.joinpath(*(p.replace("\0", "") for p in parts))
        if not all(_harmless(p) for p in parts):
            rejected.append(
                Rejected(path, f"this DICOMDIR points outside its folder ({'/'.join(parts)[:80]})")
            )
            continue
        found = _find(path.parent, parts)
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
    records = raw.dataset["DirectoryRecordSequence"].value
    for number, record in enumerate(records):
        if number >= _MOST_RECORDS:
            raise ValueError("has too many records")
        if isinstance(record, Dataset):
            parts = Facts(record, []).texts("ReferencedFileID")
            if parts:
                yield parts


def _harmless(part: str) -> bool:
    return bool(part) and part not in (".", "..") and not set(part) & set("/\\:\0")


def _find(folder: Path, parts: tuple[str, ...]) -> Path | None:
    """The file under any of the spellings that discs give it: other case, ';1' or '.' behind."""
    here = folder
    for part in parts:
        exact = here / part
        if exact.exists():
            here = exact
            continue
        wanted = part.casefold()
        entries, _ = attempt(partial(_listed, here))
        alike = (e for e in entries or () if e.name.casefold().split(";")[0].rstrip(".") == wanted)
        other = next(alike, None)
        if other is None:
            return None
        here = other
    return here if here.is_file() else None


def _listed(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())
