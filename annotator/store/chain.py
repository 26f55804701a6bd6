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
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, Text, cast, column, func, select, table, text
from sqlalchemy.exc import OperationalError

from annotator.store.schema import heads, readings, revisions

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


def end_of(connection: Connection, reading_id: str) -> tuple[int, str]:
    """Number of the last revision of a reading, and what the next one is linked to: its link, or the root."""
    query = (
        select(revisions.c.number, revisions.c.chain)
        .where(revisions.c.reading_id == reading_id)
        .order_by(revisions.c.number.desc())
        .limit(1)
    )
    last = connection.execute(query).first()
    if last is None:
        return 0, root_of(connection, reading_id)
    return last.number, str(last.chain or "")


def root_of(connection: Connection, reading_id: str) -> str:
    """The root of a reading that the database holds."""
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
            yield before + _sorted_json(str(name)) + b":"
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


Also = Callable[[str, Any, dict[str, Any]], Iterable[str]]
"""What else is to be said of a row, by the id of its reading and its number."""


def broken(
    connection: Connection,
    progress: Callable[[int, int], None] | None = None,
    also: Also | None = None,
) -> Iterator[str]:
    """What is wrong with the chains of a database, one sentence for each revision or reading, in their order.

    Looks and changes nothing; holds a few revisions in memory, however many there are. Of a row that was changed
    only that row is named: the next one is looked at beside the link that stands in the row before it. For one
    moment of the database the caller holds a transaction. `progress` hears how many of how many readings are done.
    """
    ids = _Ids(connection)
    for done, reading_id in enumerate(ids, 1):
        yield from broken_reading(connection, reading_id, also)
        if progress is not None:
            progress(done, max(done, ids.total))
    yield from _without_reading(connection)


def broken_reading(connection: Connection, reading_id: str, also: Also | None = None) -> Iterator[str]:
    """What is wrong with the chain of one reading."""
    dialect = connection.dialect.name
    query = stored("readings", FIXED, dialect).where(column("id") == reading_id)
    own = connection.execute(query).one()._asdict()
    whose = f"{own['reader']}'s reading of exam {own['study_instance_uid']}"
    before: str | None = root(own)
    expected, last = 1, None
    for number, row in rows(connection, reading_id):
        if number != expected:
            yield _removed(expected, number, whose)
        if row is None:
            yield f"Revision {number} of {whose} cannot be read: it was damaged; {_RESTORE}."
        elif row["chain"] is None:
            yield f"Revision {number} of {whose} was added by something else than this program; {_RESTORE}."
        elif number == expected and before is not None and link(before, row) != row["chain"]:
            yield (
                f"Revision {number} of {whose} is not what was saved, or does not follow what is kept before it: "
                f"something else than this program changed the database; {_RESTORE}."
            )
        if row is not None and also is not None:
            yield from also(reading_id, number, row)
        before = None if row is None else row["chain"]
        expected = number + 1 if isinstance(number, int) else expected + 1
        last = (number, before)
    yield from _beside_head(connection, own, last, whose)


_RESTORE = "restore a backup"


def _beside_head(
    connection: Connection, own: Mapping[str, Any], last: tuple[Any, str | None] | None, whose: str
) -> Iterator[str]:
    if not _head_is_shown(connection, str(own["reader"])):
        return
    query = select(heads.c.number, heads.c.chain).where(heads.c.reading_id == own["id"])
    head = connection.execute(query).first()
    number, chain = last or (0, None)
    if head is None:
        if last is not None:
            yield f"What is known of the end of {whose} was removed by something else than this program; {_RESTORE}."
    elif head.number != number:
        if isinstance(number, int) and head.number > number:
            yield _removed(number + 1, head.number + 1, whose)
        else:
            yield f"The last revisions of {whose} were added by something else than this program; {_RESTORE}."
    elif head.chain != chain and chain is not None:
        yield (
            f"The last revision of {whose} is not the one that was saved last: something else than this program wrote "
            f"the revisions anew; {_RESTORE}."
        )


def _removed(first: int, after: int, whose: str) -> str:
    """Of revisions from `first` up to the one before `after`."""
    one = after == first + 1
    which = f"Revision {first} of {whose} was" if one else f"Revisions {first} to {after - 1} of {whose} were"
    return f"{which} removed: something else than this program changed the database; {_RESTORE}."


COLUMNS = tuple(str(one.name) for one in revisions.c)


def rows(
    connection: Connection, reading_id: str, names: Iterable[str] = COLUMNS
) -> Iterator[tuple[Any, dict[str, Any] | None]]:
    """Number and columns of each revision in order, `number` among them; None for a row that cannot be read."""
    query = (
        stored("revisions", names, connection.dialect.name)
        .where(column("reading_id") == reading_id)
        .order_by(column("number"))
    )
    after: Any = None
    while True:
        some = query if after is None else query.where(column("number") > after)
        try:
            found = [row._asdict() for row in connection.execute(some.limit(ROWS_AT_ONCE))]
        except OperationalError:
            if connection.dialect.name != "sqlite":
                raise
            yield from _one_by_one(connection, query, reading_id, after)
            return
        for row in found:
            after = row["number"]
            yield after, row
        if len(found) < ROWS_AT_ONCE:
            return


def _one_by_one(
    connection: Connection, query: Select[Any], reading_id: str, after: Any
) -> Iterator[tuple[Any, dict[str, Any] | None]]:
    numbers: Select[Any] = (
        select(column("number")).select_from(table("revisions")).where(column("reading_id") == reading_id)
    )
    if after is not None:
        numbers = numbers.where(column("number") > after)
    for number in connection.execute(numbers.order_by(column("number"))).scalars().all():
        try:
            yield number, connection.execute(query.where(column("number") == number)).one()._asdict()
        except OperationalError:
            yield number, None


class _Ids:
    """The ids of all readings, a page at a time; `total` how many there were at first."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.total = connection.execute(select(func.count()).select_from(readings)).scalar_one()

    def __iter__(self) -> Iterator[str]:
        after = ""
        while True:
            query = select(readings.c.id).where(readings.c.id > after).order_by(readings.c.id).limit(_PAGE)
            some = self._connection.execute(query).scalars().all()
            yield from some
            if len(some) < _PAGE:
                return
            after = some[-1]


_PAGE = 500


def _head_is_shown(connection: Connection, reader: str) -> bool:
    """Whether this account sees the end of a reading of `reader`, which row policies keep from others."""
    if connection.dialect.name != "postgresql":
        return True
    shown = text(
        "SELECT NOT row_security_active('heads') OR annotator_role() = 'administrator' OR session_user::text = :reader"
    )
    return bool(connection.execute(shown, {"reader": reader}).scalar())


def _without_reading(connection: Connection) -> Iterator[str]:
    """Readings that were taken away with their row, while their end or their revisions stayed."""
    gone = select(heads.c.reading_id, heads.c.number).where(heads.c.reading_id.not_in(select(readings.c.id)))
    for reading_id, number in connection.execute(gone.order_by(heads.c.reading_id)):
        yield (
            f"Reading {reading_id}, which had {number} revisions, was removed: something else than this program "
            f"changed the database; {_RESTORE}."
        )
