"""What a report is made of: sections of facts, tables, lists and pictures, in the order they are read.

A writer (`report_html`, `report_text`, the window's PDF) turns each part into its own form and adds no words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, TypeVar

NOT_SAID = "not said"
"""In place of what the reader did not say."""

_STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


@dataclass(frozen=True, slots=True)
class Facts:
    """Names with their values."""

    title: str
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """Sentences, each standing alone. `alert`: the reader of the report must not miss them; `small`: references."""

    title: str
    items: tuple[str, ...]
    alert: bool = False
    small: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a head; `widths` are shares of the line. The last `beside` columns are not the reader's words."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...]
    beside: int = 0


@dataclass(frozen=True, slots=True)
class Words:
    """A text as it was written, line by line."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Opinion:
    """A category with its name and what goes with it; `said` False: `category` says why there is none."""

    title: str
    category: str
    name: str
    lines: tuple[str, ...]
    small: tuple[str, ...] = ()
    said: bool = True


@dataclass(frozen=True, slots=True)
class Opinions:
    """The reader's own beside the suggested one, the reader's first."""

    own: Opinion
    suggested: Opinion


@dataclass(frozen=True, slots=True)
class Picture:
    """PNG bytes of `width` x `height` pixels with a caption."""

    png: bytes
    caption: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Pictures:
    """Pictures of one image, called `name`, beside each other."""

    name: str
    pictures: tuple[Picture, ...]


Part = Facts | Listed | Table | Words | Opinions | Pictures


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, what stands beside it, and its parts; `new_page`: begins one."""

    title: str
    aside: str
    parts: tuple[Part, ...]
    new_page: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything a report says.

    `exam` names the exam on every page, without identifying it unless that was asked for. `status` stands on every
    page too: signed or not; `status_details` is the rest of it. `version_line` says what made the report.
    """

    title: str
    exam: str
    signed: bool
    status: str
    status_details: tuple[str, ...]
    sections: tuple[Section, ...]
    statement: str
    version_line: str


_Value = TypeVar("_Value")


def shown_safely(value: _Value) -> _Value:
    """The same with every text in it free of characters that steer a terminal, a page or the direction of writing.

    They and lone surrogates, which no file can hold, become question marks; line ends stay.
    """
    return with_texts(value, _safe)


def with_texts(value: _Value, change: Callable[[str], str]) -> _Value:
    """The same report, part or tuple of them with every text in it changed."""
    return _changed(value, change)  # type: ignore[no-any-return]


def _changed(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, tuple):
        return tuple(_changed(item, change) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        found = {part.name: _changed(getattr(value, part.name), change) for part in fields(value)}
        return replace(value, **found)
    return value


def _safe(text: str) -> str:
    return _STEERING.sub("?", text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " "))


def cells(rows: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    """Rows of a table as they are kept."""
    return tuple(tuple(row) for row in rows)
