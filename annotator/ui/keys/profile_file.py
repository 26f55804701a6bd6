"""`profiles.toml`: which profile is in force and what was changed in each. Nothing of a patient is kept there."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from annotator.errors import ExportError, InvalidSettings
from annotator.exchange.whole_file import write_whole
from annotator.private_files import private_folder
from annotator.ui.kept_files import UNREADABLE, aside_of, read_small, why_unreadable

_HEADING = "# Which profile is in force, and what was changed in each; the window writes this file.\n"


@dataclass(slots=True)
class Changes:
    """What the reader changed in one profile: its values, keys by act, and choices made while reading."""

    values: dict[str, str] = field(default_factory=dict)
    keys: dict[str, tuple[str, ...]] = field(default_factory=dict)
    remembered: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Saved:
    """All of the file. `chosen` is '' until a profile was chosen."""

    chosen: str = ""
    profiles: dict[str, Changes] = field(default_factory=dict)

    def of(self, name: str) -> Changes:
        """The changes of one profile, to read and to change."""
        return self.profiles.setdefault(name, Changes())

    def move(self, source: str, target: str) -> None:
        """What was changed under one name goes to another that has no changes of its own."""
        if source in self.profiles and self.of(target) == Changes():
            self.profiles[target] = self.profiles.pop(source)


class ProfileFile:
    """A file that cannot be understood is never written over: it is put aside first."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known: dict[Entry, Value] = {}

    def read(self) -> Saved:
        """What the file says; nothing when there is none. Raises InvalidSettings with one sentence."""
        try:
            saved = self._read() or Saved()
        except UNREADABLE as error:
            raise InvalidSettings(
                f"{self.path}: cannot be read as profiles ({why_unreadable(error)}); the keys and profiles that "
                f"come with the program are used, and the file is kept as {aside_of(self.path).name} when "
                "something is changed"
            ) from error
        self._known = _entries(saved)
        return saved

    def write(self, saved: Saved) -> None:
        """Put what changed since it was last read or written here into the file, whole or not at all.

        What another window of this program changed meanwhile stays. Raises InvalidSettings with one sentence.
        """
        ours = _entries(saved)
        try:
            private_folder(self.path.parent)
            write_whole(self.path, _text(_from_entries(self._with_others(ours))).encode())
        except (OSError, ExportError) as error:
            cause = error if isinstance(error, OSError) else error.__cause__
            raise InvalidSettings(
                f"{self.path}: keys and profile cannot be kept ({getattr(cause, 'strerror', error)}); they hold "
                "until the window is closed"
            ) from error
        self._known = ours

    def _read(self) -> Saved | None:
        try:
            return _saved(tomllib.loads(read_small(self.path)))
        except (FileNotFoundError, NotADirectoryError):
            return None

    def _with_others(self, ours: dict[Entry, Value]) -> dict[Entry, Value]:
        """Our entries, and what others wrote into the file since; a file nobody understands is put aside."""
        try:
            there = self._read()
        except UNREADABLE:
            self.path.replace(aside_of(self.path))
            there = None
        if there is None:
            return ours
        changed = {entry: value for entry, value in ours.items() if self._known.get(entry) != value}
        theirs = {
            entry: v for entry, v in _entries(there).items() if entry in ours or entry not in self._known
        }
        return theirs | changed


Entry = tuple[str, ...]
"""A place in the file: ("chosen",), or a profile, the field of `Changes`, and the name there."""
Value = str | tuple[str, ...]


def _entries(saved: Saved) -> dict[Entry, Value]:
    found: dict[Entry, Value] = {("chosen",): saved.chosen} if saved.chosen else {}
    for name, changes in saved.profiles.items():
        tables: dict[str, Mapping[str, Value]] = {
            "values": changes.values,
            "keys": changes.keys,
            "remembered": changes.remembered,
        }
        found |= {(name, table, key): value for table, told in tables.items() for key, value in told.items()}
    return found


def _from_entries(entries: Mapping[Entry, Value]) -> Saved:
    saved = Saved()
    for entry, value in entries.items():
        if entry == ("chosen",):
            saved.chosen = str(value)
        else:
            name, table, key = entry
            getattr(saved.of(name), table)[key] = value
    return saved


def _saved(told: Mapping[str, Any]) -> Saved:
    saved = Saved(_kind(told.get("chosen", ""), str, "chosen"))
    for name, said in told.items():
        if name == "chosen":
            continue
        changes = saved.of(name)
        for entry, value in _kind(said, dict, name).items():
            if entry == "keys":
                changes.keys = {act: _key_list(keys, act) for act, keys in _kind(value, dict, entry).items()}
            elif entry == "remembered":
                changes.remembered = {n: _kind(v, str, n) for n, v in _kind(value, dict, entry).items()}
            else:
                changes.values[entry] = _kind(value, str, entry)
    return saved


def _kind(value: Any, kind: type, name: str) -> Any:
    if not isinstance(value, kind):
        words = "text" if kind is str else f"a {'table' if kind is dict else 'list'}"
        raise ValueError(f"{name} must be {words}")  # noqa: TRY004  like tomllib's own faults: told in a sentence
    return value


def _key_list(keys: Any, act: str) -> tuple[str, ...]:
    return tuple(_kind(key, str, act) for key in _kind(keys, list, act))


def _text(saved: Saved) -> str:
    lines = [_HEADING]
    if saved.chosen:
        lines.append(f"chosen = {_quoted(saved.chosen)}\n")
    for name, changes in saved.profiles.items():
        tables: tuple[tuple[str, Mapping[str, Any]], ...] = (
            (_quoted(name), changes.values),
            (f"{_quoted(name)}.keys", changes.keys),
            (f"{_quoted(name)}.remembered", changes.remembered),
        )
        for title, table in tables:
            if table:
                lines.append(f"\n[{title}]\n")
                lines.extend(f"{_quoted(key)} = {_value(value)}\n" for key, value in table.items())
    return "".join(lines)


def _value(value: str | tuple[str, ...]) -> str:
    return _quoted(value) if isinstance(value, str) else f"[{', '.join(map(_quoted, value))}]"


def _quoted(text: str) -> str:
    """A string of TOML: JSON's escapes are among its own, but for DEL, which JSON leaves as it is."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
