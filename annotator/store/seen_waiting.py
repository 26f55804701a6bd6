"""What was seen of images while the database is away: in files on this computer, until it is back.

Each file is written whole, never changed, and holds everything that one program saw of one exam and the database has
not taken; a later one takes its place. So two programs never write to the same file, and one that is killed leaves
either the older or the newer. Cells only ever become seen: to deliver a file twice does no harm.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from annotator import __version__
from annotator.errors import DatabaseAway, JournalError
from annotator.model.coverage import Seen
from annotator.model.image import ImageKey
from annotator.store.journal import journals_in, reading_key, write_new

if TYPE_CHECKING:
    from annotator.store.store import Store

ENDING = ".seen"
_FORM = 1


class _Cells(msgspec.Struct, forbid_unknown_fields=True):
    image: str
    frame: int
    cell_px: int
    columns: int
    rows: int
    bits: str


class _File(msgspec.Struct, forbid_unknown_fields=True):
    form: int
    program: str
    study: str
    reader: str
    edition: str
    seen: list[_Cells]


class SeenWaiting:
    """What `reader` saw, on its way to the database at the URL `database`; files lie in `folder`.

    May be used from any thread, by one at a time.
    """

    def __init__(
        self, folder: Path, database: str, reader: str, edition: str, store: Callable[[], Store]
    ) -> None:
        self._folder = folder
        self._database = database
        self._reader = reader
        self._edition = edition
        self._store = store
        self._mine: dict[str, Path] = {}

    def keep(self, study: str, reading_id: str, seen: Sequence[Seen]) -> DatabaseAway | None:
        """Add to what was seen of an exam; on disk when this returns: None in the database, else why only here.

        Raises StoreError where neither can be.
        """
        try:
            self._store().keep_coverage(reading_id, seen)
            self._deliver(study)
        except DatabaseAway as away:
            self._write(study, seen)
            return away
        return None

    def kept(self, study: str, reading_id: str) -> tuple[Seen, ...]:
        """What was seen of an exam so far; while the database is away, what is known of it here. Raises StoreError."""
        try:
            self._deliver(study)
            return self._store().coverage(reading_id)
        except DatabaseAway:
            return _together(seen for path in self._paths(study) for seen in _read(path))

    def deliver(self) -> None:
        """Hand everything to the database. Raises StoreError while that is away; what arrived until then has arrived."""
        self._deliver("")

    def _deliver(self, study: str) -> None:
        for path in self._paths(study):
            file = _decoded(path)
            if file is None or file.reader != self._reader:
                continue
            store = self._store()
            reading, _ = store.open_reading(file.study, file.reader, lexicon_edition=file.edition)
            store.keep_coverage(reading.id, [_seen(one) for one in file.seen])
            path.unlink(missing_ok=True)
            if self._mine.get(file.study) == path:
                del self._mine[file.study]

    def _paths(self, study: str) -> list[Path]:
        return journals_in(self._folder, self._database, study, self._reader, ENDING)

    def _write(self, study: str, seen: Sequence[Seen]) -> None:
        before = self._mine.get(study)
        everything = _together([*(() if before is None else _read(before)), *seen])
        file = _File(
            _FORM, __version__, study, self._reader, self._edition, [_cells(one) for one in everything]
        )
        name = f"{reading_key(self._database, study, self._reader)}-{secrets.token_hex(4)}{ENDING}"
        path = self._folder / name
        try:
            write_new(path, msgspec.json.encode(file))
        except OSError as error:
            raise JournalError(
                f"{self._folder} takes no file of what was seen ({error.strerror or error}); free some space or allow "
                "writing there."
            ) from error
        self._mine[study] = path
        if before is not None:
            with contextlib.suppress(OSError):
                before.unlink(missing_ok=True)


def _decoded(path: Path) -> _File | None:
    """None for a file that is gone by now, or that this program cannot read; it is left as it is."""
    try:
        file = msgspec.json.decode(path.read_bytes(), type=_File)
        for one in file.seen:
            _seen(one)
    except (OSError, msgspec.MsgspecError, ValueError):
        return None
    return file if file.form == _FORM else None


def _read(path: Path) -> list[Seen]:
    file = _decoded(path)
    return [] if file is None else [_seen(one) for one in file.seen]


def _cells(seen: Seen) -> _Cells:
    return _Cells(
        seen.image.sop_instance_uid,
        seen.image.frame,
        seen.cell_px,
        seen.columns,
        seen.rows,
        f"{seen.bits:x}",
    )


def _seen(cells: _Cells) -> Seen:
    return Seen(
        ImageKey(cells.image, cells.frame), cells.cell_px, cells.columns, cells.rows, int(cells.bits, 16)
    )


def _together(seen: Iterable[Seen]) -> tuple[Seen, ...]:
    found: dict[ImageKey, Seen] = {}
    for one in seen:
        before = found.get(one.image)
        found[one.image] = one if before is None else before.on_grid(*one.grid).with_cells(one.bits)
    return tuple(found.values())


def look_at_seen(folder: Path) -> tuple[list[str], list[str]]:
    """Names of files of what was seen that wait in a folder, and of those that cannot be read."""
    names: tuple[list[str], list[str]] = ([], [])
    with contextlib.suppress(OSError):
        for path in sorted(folder.glob(f"*{ENDING}")):
            names[_decoded(path) is None].append(path.name)
    return names
