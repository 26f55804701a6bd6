"""ZIP archives of exams, unpacked to a private folder that is removed when the program ends.

Nothing in an archive is believed: names that climb out, members that grow beyond measure, passwords
and links are refused one by one, each with its reason.
"""

from __future__ import annotations

import atexit
import re
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

from annotator.imaging.decode_guard import attempt
from annotator.imaging.rejected import Rejected
from annotator.jobs import CancelToken, Progress

MAX_MEMBERS = 50_000
MAX_TOTAL = 8 << 30
"""Bytes an archive may unpack to: several tomosynthesis exams."""
MAX_RATIO = 250
"""Most that a member above a few megabytes may grow; pictures with much air reach 20."""
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
    folder = Path(tempfile.mkdtemp(dir=_private_root()))
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
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if len(members) > MAX_MEMBERS:
            rejected.append(
                Rejected(path, f"this ZIP archive has {len(members):,} members, more than {MAX_MEMBERS:,}")
            )
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


def _unpack_one(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path, room: int, wanted: Callable[[str], bool]
) -> int:
    """Unpack one member if it is wanted; the bytes it took. Raises _Refused."""
    name = PurePosixPath(member.filename.replace("\\", "/"))
    climbs = ".." in name.parts or name.is_absolute() or re.match(r"^[A-Za-z]:", member.filename)
    if climbs:
        raise _Refused("its name in the ZIP archive points outside of it; it was not unpacked")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise _Refused("it is a link to another place; it was not unpacked")
    if member.flag_bits & 1:
        if not wanted(name.name):
            return 0
        raise _Refused("it is encrypted; unpack the archive with its password first")
    if member.file_size > max(_SMALL, MAX_RATIO * member.compress_size) or member.file_size > room:
        raise _Refused("it would grow beyond any picture when unpacked; it was refused")
    target = folder / _harmless_name(member.filename)
    while target.exists():
        target = target.with_name(f"{target.stem}_{target.suffix}")
    if name.suffix.lower() == ".zip":
        raise _Refused("it is a ZIP archive within another; unpack the outer one and open it by itself")
    taken, why = attempt(lambda: _copy(archive, member, target, wanted=wanted(name.name)))
    if taken is None:
        target.unlink(missing_ok=True)
        raise _Refused(f"it is damaged inside the ZIP archive ({why[:80]})")
    return taken


def _copy(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, *, wanted: bool) -> int:
    with archive.open(member) as packed:
        head = packed.read(_CHUNK)
        if not wanted and head[128:132] != b"DICM":
            return 0
        target.parent.mkdir(parents=True, exist_ok=True)
        taken = 0
        with target.open("xb") as file:
            while head:
                taken += file.write(head)
                head = packed.read(_CHUNK)
        return taken


def _hidden(name: str) -> bool:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return "__MACOSX" in parts or any(p.startswith(".") and p != ".." for p in parts)


def _harmless_name(name: str) -> Path:
    """The member's name as a relative path that every file system takes."""
    parts = [p for p in re.split(r"[/\\]", name) if p not in ("", ".", "..")]
    return Path(*(re.sub(r'[<>:"|?*\x00-\x1f]', "_", p)[:120].rstrip(" .") or "_" for p in parts))


@cache
def _private_root() -> Path:
    root = Path(tempfile.mkdtemp(prefix="mammo-annotator-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    return root
