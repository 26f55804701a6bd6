"""Folders and the files in them, with size and times; a folder reached twice through links is entered once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from annotator.imaging.header_index import Stamp
from annotator.jobs import CancelToken


@dataclass(frozen=True, slots=True)
class Folder:
    """`files` by name; `why` says why it could not be looked into, '' where it could."""

    path: Path
    files: dict[bytes, Stamp]
    why: str = ""


def folders_below(root: Path, token: CancelToken) -> Iterator[Folder]:
    """`root` and all folders in it, each when it is reached; hidden ones are left out. Raises Cancelled."""
    entered: set[tuple[int, int]] = set()
    waiting = [root]
    while waiting:
        token.checkpoint()
        here = waiting.pop()
        try:
            stat = here.stat()
            key = (stat.st_dev, stat.st_ino)
            if key in entered and stat.st_ino:
                continue
            entered.add(key)
            files, folders = _listed(here)
        except OSError as error:
            yield Folder(here, {}, error.strerror or "unknown")
            continue
        yield Folder(here, files)
        waiting.extend(sorted(folders, reverse=True))


def _listed(folder: Path) -> tuple[dict[bytes, Stamp], list[Path]]:
    files: dict[bytes, Stamp] = {}
    folders: list[Path] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(".") or entry.name == "__MACOSX":
                continue
            try:
                if entry.is_dir():
                    folders.append(folder / entry.name)
                elif entry.is_file():
                    stat = entry.stat()
                    files[os.fsencode(entry.name)] = (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
            except OSError:  # gone in this moment, or a link that leads in circles
                continue
    return files, folders
