"""Rows of the database as values of the kinds that were written: what stands there otherwise is told, not shown."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, Row, Select

from annotator.errors import StoreError

_Kind = TypeVar("_Kind")


def fetched(connection: Connection, query: Select[Any], where: str) -> list[Row[Any]]:
    """All rows of a query; StoreError, which begins with `where`, when a date or time among them is none."""
    try:
        return list(connection.execute(query))
    except (TypeError, ValueError) as error:
        raise _strange(where, error) from error


def checked(row: Row[Any], kind: type[_Kind], where: str) -> _Kind:
    """A row as `kind`, by the names of its columns; `where` names it in the StoreError of one that does not fit.

    SQLite keeps any value in any column, so that a program that changed the file may have left one of another kind.
    """
    try:
        return msgspec.convert(dict(zip(map(str, row._fields), row, strict=True)), kind)
    except msgspec.ValidationError as error:
        raise _strange(where, error) from error


def decoded_list(text: object, where: str) -> tuple[str, ...]:
    """A JSON list of texts; StoreError for anything else."""
    try:
        if not isinstance(text, str | bytes):
            raise msgspec.ValidationError(f"Expected text, got {type(text).__name__}")
        return msgspec.json.decode(text, type=tuple[str, ...])
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise _strange(where, error) from error


def _strange(where: str, fault: Exception) -> StoreError:
    return StoreError(
        f"{where} cannot be understood ({fault}); it was damaged, or changed by something else than this program: "
        "restore a backup."
    )
