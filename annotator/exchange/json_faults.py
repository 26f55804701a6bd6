"""What is wrong in a JSON document of findings, as one sentence that names the field and what was expected there."""

from __future__ import annotations

import re
from enum import StrEnum
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec

LONGEST = 400
"""Characters of a sentence: a name or value from a damaged file may be as long as the file."""


def sentence(fault: msgspec.ValidationError, kind: Any, place: str = "") -> str:
    """One sentence for a fault such as "Invalid enum value 'x' - at `$.morphology[0]`".

    `kind` is the type that was expected at `place`, which is '' for the whole document.
    """
    what, _, where = str(fault).partition(" - at ")
    path = where.strip("`").removeprefix("$").lstrip(".")
    joint = "" if not place or not path or path.startswith("[") else "."
    field = f"{place}{joint}{path}"
    allowed = _allowed(_kind_at(kind, path))
    told = f"{field or 'this'} cannot be read ({what})"
    return shortened(f"{told}; it may be {allowed}." if allowed else f"{told}.")


def shortened(text: str) -> str:
    """A sentence of at most LONGEST characters, its middle left out where it is longer."""
    half = LONGEST // 2 - 2
    return text if len(text) <= LONGEST else f"{text[:half]} ... {text[-half:]}"


def _kind_at(kind: Any, path: str) -> Any:
    """The type expected at a path such as "findings[0].stage"; None where it cannot be told.

    Of the items of a list that is the type of the list, so that all its values are named.
    """
    for step in re.findall(r"\w+|\[(?:\d+|\.\.\.)\]", path):
        if kind is None or step.startswith("["):
            continue
        for one in _choices(kind):
            inner = get_args(one)[0] if get_origin(one) in (tuple, list) and get_args(one) else one
            hints = get_type_hints(inner) if hasattr(inner, "__dataclass_fields__") else {}
            if step in hints:
                kind = hints[step]
                break
        else:
            return None
    return kind


def _choices(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)


def _allowed(kind: Any) -> str:
    """The values a field may have, where they can be listed."""
    choices = _choices(kind)
    said: list[str] = []
    for one in choices:
        if isinstance(one, type) and issubclass(one, StrEnum):
            said += [item.value for item in one]
        elif get_origin(one) in (tuple, list):
            item = get_args(one)[0]
            if isinstance(item, type) and issubclass(item, StrEnum):
                return f"a list of {', '.join(value.value for value in item)}; [] for none"
        elif one is bool:
            said.append("true or false")
    if said and type(None) in choices:
        said.append("null")
    return ", ".join(said)
