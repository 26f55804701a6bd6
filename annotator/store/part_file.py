"""A database file that has its name only once it is whole: made beside it, for its owner's eyes only."""

from __future__ import annotations

import os
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from annotator.errors import StoreError

BESIDE = ("", "-journal", "-wal", "-shm")
"""What SQLite keeps of a database, by what is added to its name."""
LEFT_BEHIND_S = 86_400
"""Longer than any backup takes from one page to the next."""
_PART = re.compile(r"\.[0-9a-f]{16}\.part(-journal|-wal|-shm)?")


@contextmanager
def part_beside(file: Path) -> Iterator[Path]:
    """An empty file in the folder of `file`, which is gone with all that SQLite put beside it unless it was named.

    What a program that was killed left there goes first.
    """
    clear_left_behind(file.parent)
    part = file.with_name(f".{secrets.token_hex(8)}.part")
    try:
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except OSError as error:
        raise StoreError(
            f"{file} cannot be written ({error.strerror}); choose a folder you may write to."
        ) from error
    try:
        yield part
    finally:
        for ending in BESIDE:
            part.with_name(part.name + ending).unlink(missing_ok=True)


def clear_left_behind(folder: Path) -> None:
    """Remove parts in a folder that nobody has written to for a day: whoever made them was killed."""
    with suppress(OSError):
        for one in folder.glob(".*.part*"):
            if _PART.fullmatch(one.name) and one.stat().st_mtime < time.time() - LEFT_BEHIND_S:
                one.unlink(missing_ok=True)


def give_name(part: Path, file: Path, *, replace: bool) -> None:
    """Put a whole file in its place, on disk when this returns; what lies there goes only where `replace` says so.

    What SQLite left beside another file of that name would be taken for a part of this one.
    """
    refuse_left_behind(file)
    try:
        synced(part)
        if replace:
            _replace(part, file)
        else:
            _name_new(part, file)
        synced(file.parent)
    except FileExistsError as error:
        raise already_there(file) from error
    except OSError as error:
        raise StoreError(
            f"{file} could not be written ({error.strerror}); choose another place, or make room there."
        ) from error


def refuse_left_behind(file: Path) -> None:
    """StoreError where acts of a database lie beside `file` that no file of that name has any more."""
    for ending in ("-wal", "-journal"):
        beside = file.with_name(file.name + ending)
        with suppress(OSError):
            if not file.exists() and beside.stat().st_size:
                raise StoreError(
                    f"{beside} was left behind by a database {file.name} that is not there any more, and can hold acts of "
                    "it: put that file back, or move this one away."
                )


def already_there(file: Path) -> StoreError:
    """How a file that exists is left alone."""
    return StoreError(
        f"{file} is there already and was left as it is; choose another name, or add --replace."
    )


def _replace(part: Path, file: Path) -> None:
    beside = [file.with_name(file.name + ending) for ending in BESIDE[1:]]
    # out of the way before the new file is there, and not gone before the old one is
    aside = [(one, one.with_name(f"{part.name}{one.name}")) for one in beside if one.exists()]
    for one, away in aside:
        one.replace(away)
    part.replace(file)
    for _, away in aside:
        away.unlink()


def _name_new(part: Path, file: Path) -> None:
    try:
        os.link(part, file)
    except FileExistsError:
        raise
    except OSError:
        # a file system without links (FAT, some shares)
        if file.exists():
            raise FileExistsError from None
        part.rename(file)


def synced(path: Path) -> None:
    """Wait until the disk has a file, or the names in a folder as far as the system can tell. Raises OSError."""
    folder = path.is_dir()
    if folder and os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY if folder else os.O_RDWR)
    try:
        os.fsync(handle)
    except OSError:
        # some shares know no such thing of a folder
        if not folder:
            raise
    finally:
        os.close(handle)
