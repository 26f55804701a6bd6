"""Reads one table of a data file so that every fault names the file, the entry and what to do."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Collection, Iterable, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from annotator.errors import InvalidLexicon


def data_file(name: str) -> Traversable:
    """One of the data files that come with the program."""
    return files("annotator.lexicon").joinpath(name)


LARGEST_BYTES = 2_000_000
"""The files that come with the program have some 50,000; what is much larger is no such file."""


def read_toml(source: Traversable | Path) -> dict[str, Any]:
    """The content of a TOML file; InvalidLexicon when it cannot be read."""
    try:
        # tomllib counts lines its own way, so line ends go in as they are for every system
        return tomllib.loads(_text(source).replace("\r\n", "\n"))
    except OSError as fault:
        why = (fault.strerror or "unreadable").lower()
        raise InvalidLexicon(f"{source} cannot be read ({why}); give the path of a TOML file.") from fault
    except UnicodeDecodeError as fault:
        raise InvalidLexicon(f"{source} is not text in UTF-8; save it as UTF-8.") from fault
    except RecursionError as fault:
        raise InvalidLexicon(f"{source.name} is nested too deeply to be read; write plain tables.") from fault
    # tomllib lets the ValueError of a number with thousands of digits through
    except ValueError as fault:
        raise InvalidLexicon(f"{source.name} is not valid TOML: {fault}; correct that line.") from fault


def _text(source: Traversable | Path) -> str:
    with source.open("rb") as file:
        data = file.read(LARGEST_BYTES + 1)
    if len(data) > LARGEST_BYTES:
        raise InvalidLexicon(
            f"{source} is larger than {LARGEST_BYTES:,} bytes, which no such table is; give the path of a TOML file."
        )
    return data.decode("utf-8-sig")


def _short(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


class Entry:
    """One table of a data file; each key is taken once and what is left over is refused by `finish`."""

    def __init__(self, file: str, label: str, content: object) -> None:
        self.file = file
        self.label = _short(label, 60)
        if not isinstance(content, dict):
            raise InvalidLexicon(f"{file}: {self.label} is not a table; write it as keys and values.")
        self._left: dict[str, Any] = dict(content)

    def fault(self, what: str) -> InvalidLexicon:
        """The error to raise about this entry; `what` says the fault and what to do."""
        return InvalidLexicon(f"{self.file}: {self.label}: {_short(what, 600)}")

    def has(self, key: str) -> bool:
        return key in self._left

    def text(self, key: str, default: str | None = None) -> str:
        """A text; needed when no default is given."""
        value = self._take(key, default)
        if not isinstance(value, str) or (not value.strip() and default is None):
            raise self.fault(f"{key} must be a text that is not empty; write {key} = '...'.")
        return value

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """A list of texts; needed when no default is given."""
        value = self._take(key, default)
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
            raise self.fault(f"{key} must be a list of texts; write {key} = ['...'].")
        return tuple(value)

    def number(self, key: str) -> int | None:
        """A whole number, None when absent."""
        value = self._take(key, "")
        if value == "":
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.fault(f"{key} must be a whole number.")
        return value

    def decimal(self, key: str) -> float | None:
        """A number above zero, None when absent."""
        value = self._take(key, "")
        if value == "":
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
            raise self.fault(f"{key} must be a number above 0.")
        return float(value)

    def rows(self, key: str, default: list[Any] | None = None) -> list[Any]:
        """A list of anything; needed when no default is given."""
        value = self._take(key, default)
        if not isinstance(value, list):
            raise self.fault(f"{key} must be a list.")
        return value

    def table(self, key: str) -> dict[str, Any]:
        """A table; empty when absent."""
        value = self._take(key, {})
        if not isinstance(value, dict):
            raise self.fault(f"{key} must be a table of keys and values.")
        return value

    def finish(self) -> None:
        """Refuse keys nobody asked for."""
        if self._left:
            raise self.fault(f"unknown key {', '.join(map(repr, self._left))}; correct or remove it.")

    def _take(self, key: str, default: Any) -> Any:
        if key in self._left:
            return self._left.pop(key)
        if default is None:
            raise self.fault(f"{key} is missing; add it.")
        return default


def entries(file: str, content: Mapping[str, Any], kind: str, id_key: str = "id") -> Iterable[Entry]:
    """The tables `[[kind]]` of a file as entries labelled by their id."""
    found = content.get(kind, [])
    if not isinstance(found, list):
        raise InvalidLexicon(f"{file}: {kind} must be a list of tables; write [[{kind}]].")
    for position, table in enumerate(found, 1):
        name = table.get(id_key, f"number {position}") if isinstance(table, dict) else f"number {position}"
        yield Entry(file, f"{kind} {name}", table)


def only_kinds(file: str, content: Mapping[str, Any], kinds: Collection[str]) -> None:
    """Refuse top-level keys of a file that mean nothing."""
    for key in content:
        if key not in kinds:
            raise InvalidLexicon(
                f"{file}: unknown table {_short(key, 60)!r}; the file may hold {', '.join(sorted(kinds))} only."
            )
