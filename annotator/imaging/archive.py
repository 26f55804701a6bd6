"""ZIP archives of exams, unpacked to a private folder that is removed when the program ends.

Nothing in an archive is believed: names that climb out, members that grow beyond measure, passwords
and links are refused one by one, each with its reason.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from annotator.imaging.decode_guard import attempt
from annotator.imaging.opened_file import open_file
from annotator.imaging.rejected import Rejected
from annotator.imaging.unpack_folder import private_root
from annotator.jobs import CancelToken, Progress

MAX_MEMBERS = 50_000
MAX_TOTAL = 8 << 30
"""Bytes an archive may unpack to: several tomosynthesis exams."""
MAX_RATIO = 250
"""Most that a member above a few megabytes may grow; pictures with much air reach 20."""
MAX_DIRECTORY = 16 << 20
"""Bytes of the list of members: 50,000 of them with names of 250 letters."""
_END_RECORD = 66_000
"""The end record with the longest comment, and the larger one before it."""
_LONGEST_PATH, _LONGEST_PART, _LONGEST_SUFFIX = 1000, 120, 8
_DEVICES = {"CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(1, 10))}
"""Names that Windows opens as devices, whatever follows behind a dot."""
_SMALL = 8 << 20
_CHUNK = 1 << 20

_FOLDERS: dict[Path, Path] = {}


@dataclass(frozen=True)
class Unpacked:
    """The folder to read, and what was left in the archive."""

    folder: Path
    rejected: tuple[Rejected, ...]


class _Refused(Exception):
    """A member that stays packed; the text is the reason."""


def unpack(path: Path, token: CancelToken, *, wanted: Callable[[str], bool]) -> Unpacked:
    """Unpack the members of `path` that are DICOM or whose name `wanted` accepts.

    Raises Cancelled only; a damaged archive is rejected as a whole.
    """
    folder = Path(tempfile.mkdtemp(dir=private_root()))
    _FOLDERS[folder] = path
    rejected: list[Rejected] = []
    _, why = attempt(lambda: _unpack_members(path, folder, token, wanted, rejected))
    if why:
        rejected.append(Rejected(path, f"this ZIP archive is damaged ({why[:100]}); ask for it again"))
    return Unpacked(folder, tuple(rejected))


def shown_path(path: Path) -> Path:
    """Where a file came from, for people: the archive and the name in it when it was unpacked."""
    for folder, archive in _FOLDERS.items():
        if path.is_relative_to(folder):
            return archive / path.relative_to(folder)
    return path


def _unpack_members(
    path: Path, folder: Path, token: CancelToken, wanted: Callable[[str], bool], rejected: list[Rejected]
) -> None:
    with open_file(path) as file:
        if _directory_bytes(file) > MAX_DIRECTORY:
            rejected.append(Rejected(path, f"this ZIP archive has more than {MAX_MEMBERS:,} members"))
            return
        file.seek(0)
        _unpack_open(path, file, folder, token, wanted, rejected)


def _unpack_open(
    path: Path,
    file: BinaryIO,
    folder: Path,
    token: CancelToken,
    wanted: Callable[[str], bool],
    rejected: list[Rejected],
) -> None:
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        if len(members) > MAX_MEMBERS:
            rejected.append(Rejected(path, f"this ZIP archive has more than {MAX_MEMBERS:,} members"))
            return
        room = min(MAX_TOTAL, shutil.disk_usage(folder).free // 2)
        for number, member in enumerate(members):
            token.checkpoint(Progress(number, len(members), path.name))
            if member.is_dir() or _hidden(member.filename):
                continue
            try:
                room -= _unpack_one(archive, member, folder, room, wanted)
            except _Refused as refused:
                rejected.append(Rejected(path / _harmless_name(member.filename), str(refused)))


def _directory_bytes(file: BinaryIO) -> int:
    """How long the list of members is by its end record (APPNOTE 4.3.16, 4.3.14): read as a whole by zipfile."""
    end = file.seek(0, os.SEEK_END)
    file.seek(max(0, end - _END_RECORD))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    stated = int.from_bytes(tail[at + 12 : at + 16], "little") if at >= 0 else 0
    larger = tail.rfind(b"PK\x06\x06", 0, max(at, 0))
    return int.from_bytes(tail[larger + 40 : larger + 48], "little") if larger >= 0 else stated


def _unpack_one(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path, room: int, wanted: Callable[[str], bool]
) -> int:
    """Unpack one member if it is wanted; the bytes it took. Raises _Refused."""
    name = PurePosixPath(member.filename.replace("\\", "/"))
    climbs = ".." in name.parts or name.is_absolute() or re.match(r"^[A-Za-z]:", member.filename)
    if climbs:
        raise _Refused("its name in the ZIP archive points outside of it; it was not unpacked")
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind == stat.S_IFLNK:
        raise _Refused("it is a link to another place; it was not unpacked")
    if kind not in (0, stat.S_IFREG):
        raise _Refused("it is neither a file nor a folder; it was not unpacked")
    if member.flag_bits & 1:
        if not wanted(name.name):
            return 0
        raise _Refused("it is encrypted; unpack the archive with its password first")
    if member.file_size > max(_SMALL, MAX_RATIO * member.compress_size) or member.file_size > room:
        raise _Refused("it would grow beyond any picture when unpacked; it was refused")
    if name.suffix.lower() == ".zip":
        raise _Refused("it is a ZIP archive within another; unpack the outer one and open it by itself")
    copy = partial(_copy, archive, member, folder, wanted=wanted(name.name))
    taken, why = attempt(copy, let=(_Refused,))
    if taken is None:
        raise _Refused(f"it is damaged inside the ZIP archive ({why[:80]})")
    return taken


def _copy(archive: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path, *, wanted: bool) -> int:
    with archive.open(member) as packed:
        head = packed.read(_CHUNK)
        if not wanted and head[128:132] != b"DICM":
            return 0
        try:
            target = _free_place(folder / _harmless_name(member.filename))
            with _removed_unless_whole(target), target.open("xb") as file:
                taken = 0
                while head:
                    taken += file.write(head)
                    head = packed.read(_CHUNK)
                return taken
        except OSError as error:
            raise _Refused(f"it could not be unpacked ({error.strerror or error})") from error


@contextlib.contextmanager
def _removed_unless_whole(target: Path) -> Iterator[None]:
    whole = False
    try:
        yield
        whole = True
    finally:
        if not whole:
            target.unlink(missing_ok=True)


def _free_place(target: Path) -> Path:
    """`target` with its folder made, or a name like it that no member has yet."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if not os.path.lexists(target):
        return target
    return target.with_name(f"{target.stem}_{secrets.token_hex(4)}{target.suffix}")


def _hidden(name: str) -> bool:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return "__MACOSX" in parts or any(p.startswith(".") and p != ".." for p in parts)


def _harmless_name(name: str) -> Path:
    """The member's name as a relative path that every file system takes."""
    parts = [_harmless_part(p) for p in re.split(r"[/\\]", name) if p not in ("", ".", "..")] or ["_"]
    if sum(len(os.fsencode(part)) + 1 for part in parts) > _LONGEST_PATH:
        parts = parts[-1:]
    return Path(*parts)


def _harmless_part(part: str) -> str:
    """A name without what file systems and windows take for something else, at most 120 bytes of it."""
    shown = "".join(c if c.isprintable() and c not in '<>:"|?*' else "_" for c in part)
    stem, dot, suffix = shown.rpartition(".")
    if dot and len(suffix) <= _LONGEST_SUFFIX:
        kept = stem.encode()[:_LONGEST_PART].decode(errors="ignore") + dot + suffix
    else:
        kept = shown.encode()[:_LONGEST_PART].decode(errors="ignore")
    kept = kept.rstrip(" .") or "_"
    return f"_{kept}" if kept.split(".")[0].upper() in _DEVICES else kept
