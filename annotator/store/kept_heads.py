"""The ends of all chains in a file of their own: what was changed in the database since, even with all its links, shows.

Whoever can write to a database can also compute its links anew. They cannot change a file that was kept elsewhere.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from sqlalchemy import Connection, select

from annotator.errors import ExportError, StoreError
from annotator.store.schema import heads as heads_table
from annotator.store.schema import readings, revisions


class KeptHeads(msgspec.Struct):
    """Of each reading the number of its last revision and its link, as they were at `at`."""

    database: str
    at: str
    heads: dict[str, tuple[int, str | None]]


def keep(connection: Connection, path: Path, place: str) -> None:
    """Write the ends of all chains to a new file. Raises ExportError where that cannot be, or there is one."""
    rows = connection.execute(select(heads_table.c.reading_id, heads_table.c.number, heads_table.c.chain))
    kept = KeptHeads(
        place, datetime.now(UTC).isoformat(timespec="seconds"), {r[0]: (r[1], r[2]) for r in rows}
    )
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(kept), indent=1))
    except OSError as error:
        raise ExportError(f"{path} cannot be written ({error.strerror}); name a new file.") from error


def differing(connection: Connection, path: Path) -> Iterator[str]:
    """What no longer stands as it was kept, one sentence for each reading. Raises StoreError for no such file."""
    known = _read(path)
    for reading_id, (number, chain) in known.heads.items():
        own = connection.execute(
            select(readings.c.reader, readings.c.study_instance_uid).where(readings.c.id == reading_id)
        ).first()
        if own is None:
            yield f"Reading {reading_id}, which had {number} revisions at {known.at}, is gone; restore a backup."
            continue
        query = select(revisions.c.chain).where(
            revisions.c.reading_id == reading_id, revisions.c.number == number
        )
        found = connection.execute(query).first()
        if found is None or found.chain != chain:
            yield (
                f"Revision {number} of {own.reader}'s reading of exam {own.study_instance_uid} "
                f"{'is gone' if found is None else 'is not the one'} that was kept at {known.at}: the revisions up to it "
                "were written anew or a copy from before was put in their place; restore a later backup."
            )


def _read(path: Path) -> KeptHeads:
    try:
        return msgspec.json.decode(path.read_bytes(), type=KeptHeads)
    except OSError as error:
        raise StoreError(f"{path} cannot be read ({error.strerror}); name a file of kept heads.") from error
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise StoreError(
            f"{path} is no file of kept heads ({error}); name one that --keep-heads wrote."
        ) from error
