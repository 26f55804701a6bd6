"""Readings and changes as the JSON that is kept, and strictly back.

Nothing is written that would not come back equal, and nothing is read that this program does not
wholly understand: a field it does not know was written by a newer one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from inspect import cleandoc
from itertools import islice
from typing import Any, TypeVar

import msgspec

from annotator.errors import StoreError, UnsavableAct
from annotator.model.changes import Changes
from annotator.model.finding import Finding, Reading
from annotator.model.mark import Mark
from annotator.model.older import OLD_KEY, findings_as_of_now

MARKS_AT_ONCE = 100
"""So many are encoded in one go: some 2 ms, in which no other thread runs, the window's neither."""

_Marks = tuple[Mark, ...] | Mapping[str, Mark | None]
_Value = TypeVar("_Value", Reading, Changes)

_READING = msgspec.json.Decoder(Reading)
_CHANGES = msgspec.json.Decoder(Changes)
_MARKS = msgspec.json.Decoder(tuple[Mark, ...])
_MARKS_BY_ID = msgspec.json.Decoder(dict[str, Mark | None])


def encode_reading(reading: Reading) -> str:
    """A reading as JSON text; UnsavableAct when it would not come back equal."""
    return _encode(reading, _READING)


def encode_changes(changes: Changes) -> str:
    """Changes as JSON text; UnsavableAct when they would not come back equal."""
    return _encode(changes, _CHANGES)


def content_digest(reading: Reading) -> str:
    """SHA-256 of what a signature covers (`Reading.content`), 64 hexadecimal digits.

    Of its JSON with sorted keys, no blanks, and without what says nothing (null, false, '', [] and {}): what a
    later version of the program can say besides, and this reading does not, leaves the digest as it is.
    """
    digest = hashlib.sha256()
    for piece in _canonical_pieces(reading.content):
        digest.update(piece)
    return digest.hexdigest()


def _canonical_pieces(content: Reading) -> Iterator[bytes]:
    """Canonical JSON; many marks piece by piece, so that between two of them other threads run."""
    parts = _telling(_plain(replace(content, marks=()), _READING))
    if content.marks:
        parts["marks"] = None
    before = b"{"
    for name in sorted(parts):
        yield before + _sorted_json(name) + b":"
        before = b","
        if name != "marks":
            yield _sorted_json(parts[name])
            continue
        for at in _starts(content.marks):
            marks = _telling(_plain(content.marks[at : at + MARKS_AT_ONCE], _MARKS))
            yield (b"," if at else b"[") + _sorted_json(marks)[1:-1]
        yield b"]"
    yield b"}"


def decode_reading(text: str | bytes, where: str) -> Reading:
    """A reading from JSON text; `where` names the row in the StoreError of one that is not understood."""
    return _decode(text, _READING, where)


def decode_changes(text: str | bytes, where: str) -> Changes:
    """Changes from JSON text; `where` names the row in the StoreError of one that is not understood."""
    return _decode(text, _CHANGES, where)


def _encode(value: _Value, decoder: msgspec.json.Decoder[_Value]) -> str:
    if len(value.marks) <= MARKS_AT_ONCE:
        return _checked(value, decoder).decode()
    empty: Any = type(value.marks)()
    _checked(replace(value, marks=empty), decoder)
    parts = {part.name: getattr(value, part.name) for part in fields(value)}
    return msgspec.json.encode(parts | {"marks": _encoded_marks(value.marks)}).decode()


def _encoded_marks(marks: _Marks) -> msgspec.Raw:
    """Many marks piece by piece: between two of them other threads run."""
    if isinstance(marks, Mapping):
        items = iter(marks.items())
        by_id = iter(lambda: dict(islice(items, MARKS_AT_ONCE)), {})
        return msgspec.Raw(b"{%s}" % b",".join(_checked(piece, _MARKS_BY_ID)[1:-1] for piece in by_id))
    pieces = (_checked(marks[at : at + MARKS_AT_ONCE], _MARKS) for at in _starts(marks))
    return msgspec.Raw(b"[%s]" % b",".join(piece[1:-1] for piece in pieces))


def _starts(marks: tuple[Mark, ...]) -> range:
    return range(0, len(marks), MARKS_AT_ONCE)


def _plain(value: Any, decoder: msgspec.json.Decoder[Any]) -> Any:
    """As plain values, as they come back from the database: a length of 6 is 6.0 there."""
    return msgspec.json.decode(msgspec.json.encode(decoder.decode(msgspec.json.encode(value))))


_sorted_json = msgspec.json.Encoder(order="sorted").encode


def _telling(value: Any) -> Any:
    """A JSON value without the members of its objects that say nothing."""
    if isinstance(value, dict):
        members = ((key, _telling(inner)) for key, inner in value.items())
        return {key: inner for key, inner in members if not _says_nothing(inner)}
    return [_telling(inner) for inner in value] if isinstance(value, list) else value


def _says_nothing(value: Any) -> bool:
    # zero is a number and says something
    return value is None or value is False or (isinstance(value, str | list | dict) and not value)


_NUL = b"\\u0000"


def _checked(value: Any, decoder: msgspec.json.Decoder[Any]) -> bytes:
    """As JSON that was seen to come back equal."""
    try:
        text = msgspec.json.encode(value)
        same = decoder.decode(text) == value
    except (msgspec.MsgspecError, UnicodeError, TypeError) as error:
        raise UnsavableAct(
            f"This act cannot be saved ({error}); undo it, and please report what you did."
        ) from error
    if _NUL in text and _NUL in text.replace(b"\\\\", b""):
        raise UnsavableAct(
            "This act cannot be saved: its text holds the character NUL, which not every database can keep; undo it, "
            "and write it without."
        )
    if not same:
        # NaN and infinity have no JSON form and would be kept as nothing
        raise UnsavableAct(
            "This act cannot be saved: it holds a number that is not finite; undo it, and please report it."
        )
    return text


def _decode(text: object, decoder: msgspec.json.Decoder[_Value], where: str) -> _Value:
    try:
        if not isinstance(text, str | bytes):
            raise msgspec.ValidationError(f"Expected text, got {type(text).__name__}")
        text = as_of_now(text.encode() if isinstance(text, str) else text)
        value = decoder.decode(text)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise StoreError(
            f"{where} cannot be understood ({error}); it was damaged, or written by a newer program: "
            "update this one, or restore a backup."
        ) from error
    plain = msgspec.json.encode(value)
    if plain != text:
        strange = unknown_field(msgspec.json.decode(text), msgspec.json.decode(plain))
        if strange:
            raise StoreError(
                f"{where} holds {strange!r}, which this program does not know; it was written by a newer "
                "program: update this one."
            )
    return value


def as_of_now(text: bytes) -> bytes:
    """A document that an earlier version wrote, with the keys of this one."""
    if OLD_KEY not in text:
        return text
    document = msgspec.json.decode(text)
    findings = document.get("findings") if isinstance(document, dict) else None
    if isinstance(findings, dict):
        document["findings"] = dict(zip(findings, findings_as_of_now(findings.values()), strict=True))
    elif isinstance(findings, list):
        document["findings"] = findings_as_of_now(findings)
    return msgspec.json.encode(document)


def unknown_field(given: Any, understood: Any, path: str = "") -> str | None:
    """The first field of `given` that has no place in `understood`, as a dotted path; None when all have."""
    if isinstance(given, dict) and isinstance(understood, dict):
        for key, inner in given.items():
            if key not in understood:
                return f"{path}{key}"
            found = unknown_field(inner, understood[key], f"{path}{key}.")
            if found:
                return found
    elif isinstance(given, list) and isinstance(understood, list):
        for inner, known in zip(given, understood, strict=False):
            found = unknown_field(inner, known, path)
            if found:
                return found
    return None


def json_schema(what: str) -> dict[str, Any]:
    """JSON Schema of a saved "finding" or "reading": what `encode_reading` writes fits it, and no more."""
    (root,), parts = msgspec.json.schema_components(
        [{"finding": Finding, "reading": Reading}[what]], ref_template="#/$defs/{name}"
    )
    for part in parts.values():
        if "description" in part:
            part["description"] = cleandoc(part["description"])
        if part.get("type") == "object":
            part["additionalProperties"] = False
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Saved {what}",
        "description": (
            "Decision support for labelling and research; not a medical device, not for treatment decisions."
        ),
        **root,
        "$defs": parts,
    }


def merged(changes: list[Changes]) -> Changes:
    """Several changes in order as one: for each id, and each single value, the last word counts."""
    parts: dict[str, Any] = {}
    for one in changes:
        for part in fields(Changes):
            said = getattr(one, part.name)
            if isinstance(said, Mapping):
                parts.setdefault(part.name, {}).update(said)
            elif said is not None:
                parts[part.name] = said
    return Changes(**parts)
