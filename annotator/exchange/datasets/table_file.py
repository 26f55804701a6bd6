"""Tables in CSV as data sets bring them: columns by name, the separator that is theirs, and limits."""

from __future__ import annotations

import ast
import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from annotator.errors import UnreadableAnnotations
from annotator.exchange.datasets.found import refused_size
from annotator.exchange.json_faults import shortened
from annotator.jobs import CancelToken, Progress

LARGEST_BYTES = 2_000_000_000
"""The table of all images of EMBED has half a million rows of 160 columns."""
MOST_COLUMNS = 2_000
_NO_TEXT = "{} is not a table in CSV (it is not text in UTF-8); save it as CSV in UTF-8, or take it from the data set anew."
_SEPARATORS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}


def plain_name(name: str) -> str:
    """A column's name in small letters, underscores and hyphens as blanks."""
    return " ".join(name.replace("_", " ").replace("-", " ").lower().split())


def header_of(path: Path, separators: str = ",") -> list[str]:
    """The plain names of the columns of a table, by one of `separators`; [] for what is no table or not there."""
    try:
        line = _first_line(path)
    except UnreadableAnnotations:
        return []
    return max(([plain_name(part) for part in _parts(line, one)] for one in separators), key=len)


def table_rows(
    path: Path, columns: Iterable[str], token: CancelToken | None = None, separators: str = ","
) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row with its number (the first after the header is 2), values trimmed, by plain names of columns.

    Raises UnreadableAnnotations where a column is missing, the separator is another, a row has more values than the header
    has columns, or the file is no table.
    """
    refused_size(path, LARGEST_BYTES)
    wanted = tuple(columns)
    separator = _separator(path, wanted, separators)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.reader(file, delimiter=separator, strict=True)
            names = [plain_name(name) for name in next(table)]
            for number, row in enumerate(table, start=2):
                if token is not None and number % 1000 == 0:
                    token.checkpoint(Progress(number, None, path.name))
                if not any(map(str.strip, row)):
                    continue
                if len(row) != len(names):
                    raise UnreadableAnnotations(
                        f"{path}, row {number}: there are {len(row)} values for {len(names)} columns; the file is damaged or was"
                        " saved with another separator."
                    )
                yield number, {name: value.strip() for name, value in zip(names, row, strict=True) if name}
    except UnicodeDecodeError as error:
        raise UnreadableAnnotations(_NO_TEXT.format(path)) from error
    except csv.Error as error:
        raise UnreadableAnnotations(
            f"{path} is not a table in CSV ({error}); take it from the data set anew."
        ) from error
    except OSError as error:
        raise UnreadableAnnotations(f"{path} could not be read ({error.strerror}).") from error


def kept(row: Mapping[str, str], names: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Name and value of those columns that say something, as the source has them."""
    return tuple((name, row[name]) for name in names if row.get(name))


def listed(words: str, longest: int = 100_000) -> Sequence[Any]:
    """A list or tuple in Python's own form, as some tables have them. Raises ValueError."""
    try:
        value = ast.literal_eval(words) if len(words) <= longest else None
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ValueError(f"{words[:60]!r} is not a list") from error
    if not isinstance(value, list | tuple):
        raise ValueError(f"{words[:60]!r} is not a list")  # noqa: TRY004 - of a file, not of a call
    return value


def _separator(path: Path, wanted: tuple[str, ...], separators: str) -> str:
    """The one of `separators` by which every wanted column is there."""
    line = _first_line(path)
    for one in separators:
        if set(wanted) <= {plain_name(part) for part in _parts(line, one)}:
            return one
    for one, name in _SEPARATORS.items():
        if one not in separators and set(wanted) <= {plain_name(part) for part in _parts(line, one)}:
            usual = " or ".join(_SEPARATORS[each] for each in separators)
            raise UnreadableAnnotations(
                f"{path} has its columns separated by {name}; this data set separates them by {usual}: save the table so."
            )
    there = {plain_name(part) for one in separators for part in _parts(line, one)}
    missing = next(name for name in wanted if name not in there)
    raise UnreadableAnnotations(
        shortened(f"{path} has no column {missing!r}; is it the table that came with the data set?")
    )


def _first_line(path: Path) -> str:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return file.readline(1_000_000)
    except UnicodeDecodeError as error:
        raise UnreadableAnnotations(_NO_TEXT.format(path)) from error
    except OSError as error:
        raise UnreadableAnnotations(f"{path} could not be read ({error.strerror}).") from error


def _parts(line: str, separator: str) -> list[str]:
    try:
        parts = next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return []
    return parts if len(parts) <= MOST_COLUMNS else []
