"""A column of a table: its name, what it means, and where its value comes from. The data dictionary is made of these."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

from annotator.model.geometry import ImagePoint

Of = TypeVar("Of")

SEPARATOR = "|"
"""Between several words in one field."""
DIGITS = 4
"""Of pixels and millimetres: a ten-thousandth of a pixel is a thousandth of how well a hand places a mark."""


class Kind(StrEnum):
    """What a column holds; every one of them may be empty, which says that it is not known or was not said."""

    TEXT = "text"
    WHOLE = "whole number"
    NUMBER = "number"
    YES_NO = "true or false"
    DATE = "date"
    POINTS = "points"


@dataclass(frozen=True, slots=True)
class Column(Generic[Of]):
    """`of` gives the value; `unit` "px", "mm", ...; `values` which there can be; `source` whose word it is."""

    name: str
    kind: Kind
    meaning: str
    of: Callable[[Of], Any]
    unit: str = ""
    values: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Shared(Generic[Of]):
    """Columns whose values are the same for all rows with the same `key`, one after the other."""

    key: Callable[[Of], Any]
    columns: tuple[Column[Of], ...]


@dataclass(frozen=True, slots=True)
class Table(Generic[Of]):
    """A table: its file without ending, what one row is, and its columns, those of rows alone or of several."""

    name: str
    row: str
    parts: tuple[Column[Of] | Shared[Of], ...]

    @property
    def columns(self) -> tuple[Column[Of], ...]:
        """All columns, in order."""
        parts = (part.columns if isinstance(part, Shared) else (part,) for part in self.parts)
        return tuple(column for columns in parts for column in columns)

    def rows(self, items: Iterable[Of]) -> Iterator[list[Any]]:
        """Rows as plain values, as `plain` makes them."""
        known: dict[int, tuple[Any, list[Any]]] = {}
        for item in items:
            row: list[Any] = []
            for place, part in enumerate(self.parts):
                if isinstance(part, Column):
                    row.append(plain(part.kind, part.of(item)))
                    continue
                key = part.key(item)
                if place not in known or known[place][0] != key:
                    known[place] = key, [plain(column.kind, column.of(item)) for column in part.columns]
                row += known[place][1]
            yield row


def plain(kind: Kind, value: Any) -> Any:
    """A value as JSON can hold it: dates as ISO 8601, points as [column, row, column, row, ...], words joined."""
    if value is None or value == "":
        return None
    if kind is Kind.NUMBER:
        return round(float(value), DIGITS)
    if kind is Kind.DATE:
        return value.isoformat()
    if kind is Kind.POINTS:
        return flat(value) or None
    if kind is Kind.TEXT:
        return str(value) if isinstance(value, str) else SEPARATOR.join(map(str, value)) or None
    return value


def flat(points: Iterable[ImagePoint]) -> list[float]:
    """Column and row of each point, one after the other."""
    return [round(float(number), DIGITS) for point in points for number in (point.column, point.row)]


def csv_field(value: Any) -> Any:
    """A plain value as a field of CSV: true and false in words, points as "column,row column,row"."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return " ".join(f"{value[at]},{value[at + 1]}" for at in range(0, len(value), 2))
    return value


_HEAD = ("table", "column", "kind", "unit", "meaning", "values", "source")


def dictionary_csv(tables: Sequence[Table[Any]]) -> bytes:
    """The data dictionary: one line for each column of each table, in their order."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_HEAD)
    for table in tables:
        for one in table.columns:
            writer.writerow((table.name, one.name, one.kind, one.unit, one.meaning, one.values, one.source))
    return text.getvalue().encode()


def one_of(words: Mapping[str, str] | Iterable[str]) -> str:
    """The values that a column can have, as the dictionary lists them."""
    return SEPARATOR.join(words)
