"""The chain of a reading's revisions: each holds a digest of itself and of the one before it, so that a change shows.

A link is SHA-256 over the link before, a line feed, and the row in its canonical form: one JSON object with the
columns sorted by name, empty ones and the link itself left out, so that a column that is added later changes no old
link. Moments are in UTC with microseconds, flags true or false, and a document is taken by its value: keys sorted, no
blanks, a number as the shortest text of the double it stands for, whole ones below 2^53 without a point. So SQLite,
which keeps the text that was written, and PostgreSQL, which sorts keys and writes numbers its own way, give the same
bytes. What stands before the first link is the digest of what is fixed of the reading's own row. `docs/database.md`
says what this proves and what it does not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, Text, cast, column, select, table

from annotator.store.schema import revisions

FIXED = ("id", "study_instance_uid", "reader", "lexicon_edition", "created")
"""What of a reading's row never changes; date and patient are filled in once, later, and no link covers them."""

_DOCUMENTS = frozenset({"delta", "snapshot", "assessments"})
_FLAGS = frozenset({"done"})
_MOMENTS = frozenset({"at", "created"})

PIECE_BYTES = 1 << 16
"""Documents above this are taken piece by piece: between two of them other threads run, the window's too."""

ROWS_AT_ONCE = 64

_sorted_json = msgspec.json.Encoder(order="sorted").encode
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])
_WHOLE = 1 << 53


def link(previous: str | None, row: Mapping[str, Any]) -> str:
    """The link of a row of `revisions`, 64 hexadecimal digits; `previous` is the link before, or the `root`.

    Values may be those the program saves, or those a database gave back through `stored`.
    """
    digest = hashlib.sha256(f"{previous or ''}\n".encode())
    for piece in _canonical(row):
        digest.update(piece)
    return digest.hexdigest()


def root(reading_row: Mapping[str, Any]) -> str:
    """What stands before the first link of a reading: the digest of what is fixed of its own row."""
    return link(None, {name: reading_row[name] for name in FIXED})


def last_link(connection: Connection, reading_id: str) -> str:
    """What the next revision of a reading is linked to: the link of the last one, or the root."""
    query = (
        select(revisions.c.chain)
        .where(revisions.c.reading_id == reading_id)
        .order_by(revisions.c.number.desc())
        .limit(1)
    )
    last = connection.execute(query).scalar()
    return str(last) if last is not None else _root_of(connection, reading_id)


def _root_of(connection: Connection, reading_id: str) -> str:
    query = stored("readings", FIXED, connection.dialect.name).where(column("id") == reading_id)
    return root(connection.execute(query).one()._asdict())


def stored(table_name: str, names: Iterable[str], dialect: str) -> Select[Any]:
    """A query of columns as they lie in the database, which no odd value there stops."""
    rows = table(table_name, *(column(name) for name in names))
    return select(*(_as_stored(one, dialect) for one in rows.c))


def _as_stored(one: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    if dialect == "postgresql" and one.key in _DOCUMENTS:
        return cast(one, Text).label(one.key)
    return one


def _canonical(row: Mapping[str, Any]) -> Iterator[bytes]:
    before = b"{"
    for name in sorted(row):
        value = row[name]
        if name != "chain" and value is not None:
            yield before + _sorted_json(name) + b":"
            yield from _value(name, value)
            before = b","
    yield b"}"


def _value(name: str, value: Any) -> Iterator[bytes]:
    if isinstance(value, bytes | bytearray | memoryview):
        # SQLite keeps anything in any column; no other value begins with this sign
        yield b"!" + bytes(value).hex().encode()
    elif name in _DOCUMENTS and isinstance(value, str):
        yield from _document(value)
    elif name in _MOMENTS:
        yield _sorted_json(_moment(value))
    elif name in _FLAGS and value in (0, 1):
        yield b"true" if value else b"false"
    else:
        yield _sorted_json(value)


def _moment(value: Any) -> Any:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return f"!{value}"
    if not isinstance(value, datetime):
        return value
    known = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return known.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _document(text: str) -> Iterator[bytes]:
    try:
        # a document that turns out to be none half way is hashed as the text it is
        yield from list(_pieces(text.encode()))
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        yield b"!" + text.encode(errors="surrogatepass")


def _pieces(text: bytes) -> Iterator[bytes]:
    kind = text[:1]
    if len(text) <= PIECE_BYTES or kind not in (b"{", b"["):
        yield _sorted_json(_plain(msgspec.json.decode(text)))
    elif kind == b"{":
        members = _MEMBERS.decode(text)
        for n, name in enumerate(sorted(members)):
            yield (b"," if n else b"{") + _sorted_json(name) + b":"
            yield from _pieces(bytes(members[name]).strip())
        yield b"}" if members else b"{}"
    else:
        items = _ITEMS.decode(text)
        for n, item in enumerate(items):
            yield b"," if n else b"["
            yield from _pieces(bytes(item).strip())
        yield b"]" if items else b"[]"


def _plain(value: Any) -> Any:
    """A JSON value whose numbers are written alike, however a database writes them."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, bool):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < _WHOLE else value
    if isinstance(value, int) and abs(value) >= _WHOLE:
        try:
            return float(value)
        except OverflowError:
            return str(value)
    return value
