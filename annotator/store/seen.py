"""Rows of what was seen of each image; they only ever gain cells."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from annotator.errors import StoreError
from annotator.model.coverage import Seen
from annotator.model.image import ImageKey
from annotator.store.schema import coverage


def merge_seen(connection: Connection, reading_id: str, seen: Iterable[Seen]) -> None:
    """Add what was seen to what is kept, image by image; the row of the reading is locked by the caller."""
    kept = {one.image: one for one in load_seen(connection, reading_id)}
    for new in seen:
        old = kept.get(new.image)
        total = new if old is None else old.on_grid(*new.grid).with_cells(new.bits)
        if total == old:
            continue
        kept[new.image] = total
        values = {
            "cell_px": total.cell_px,
            "columns": total.columns,
            "rows": total.rows,
            "bits": total.bits.to_bytes(-(-total.cells // 8), "little"),
        }
        if old is None:
            names = {
                "reading_id": reading_id,
                "sop_instance_uid": new.image.sop_instance_uid,
                "frame": new.image.frame,
            }
            connection.execute(insert(coverage), names | values)
        else:
            connection.execute(
                update(coverage).where(
                    coverage.c.reading_id == reading_id,
                    coverage.c.sop_instance_uid == new.image.sop_instance_uid,
                    coverage.c.frame == new.image.frame,
                ),
                values,
            )


def load_seen(connection: Connection, reading_id: str) -> tuple[Seen, ...]:
    """What is kept of a reading, in the order of the images. Raises StoreError for a damaged row."""
    query = (
        select(coverage)
        .where(coverage.c.reading_id == reading_id)
        .order_by(coverage.c.sop_instance_uid, coverage.c.frame)
    )
    return tuple(_seen(row) for row in connection.execute(query))


def _seen(row: Row[Any]) -> Seen:
    try:
        return Seen(
            ImageKey(row.sop_instance_uid, row.frame),
            row.cell_px,
            row.columns,
            row.rows,
            int.from_bytes(row.bits, "little"),
        )
    except (TypeError, ValueError) as error:
        raise StoreError(
            f"What was seen of an image in reading {row.reading_id} cannot be understood ({error}); the database "
            "was damaged: restore a backup."
        ) from error
