"""`profiles.toml`: which profile is in force and what was changed in each. Nothing of a patient is kept there."""

from __future__ import annotations

import contextlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from annotator.errors import InvalidSettings

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
        self._broken = False

    def read(self) -> Saved:
        """What the file says; nothing when there is none. Raises InvalidSettings with one sentence."""
        try:
            return _saved(tomllib.loads(self.path.read_text(encoding="utf-8")))
        except (FileNotFoundError, NotADirectoryError):
            return Saved()
        except (OSError, ValueError) as error:
            self._broken = True
            why = error.strerror if isinstance(error, OSError) else error
            raise InvalidSettings(
                f"{self.path}: cannot be read as profiles ({why}); the keys and profiles that come with the "
                f"program are used, and the file is kept as {self._aside.name} when something is changed"
            ) from error

    def write(self, saved: Saved) -> None:
        """Put everything into the file, whole or not at all. Raises InvalidSettings with one sentence."""
        new = self.path.with_name(f"{self.path.name}.new")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self._broken:
                with contextlib.suppress(FileNotFoundError):
                    self.path.replace(self._aside)
                self._broken = False
            new.write_text(_text(saved), encoding="utf-8")
            new.replace(self.path)
        except OSError as error:
            raise InvalidSettings(
                f"{self.path}: keys and profile cannot be kept ({error.strerror}); they hold until the window "
                "is closed"
            ) from error

    @property
    def _aside(self) -> Path:
        return self.path.with_name(f"{self.path.stem}.broken{self.path.suffix}")


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
