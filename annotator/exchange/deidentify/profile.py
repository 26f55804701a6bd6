"""Which action each attribute gets under which options, from the table in `profile.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from pydicom.datadict import tag_for_keyword

Action = Literal["D", "Z", "X", "K", "C", "U", "P"]
OptionName = str

DEFAULT: frozenset[OptionName] = frozenset({"shifted_dates", "structured", "graphics"})
"""What is kept unless told otherwise: intervals between exams, and what reports and presentation states point at."""
RETAINABLE: tuple[OptionName, ...] = (
    "patient",
    "full_dates",
    "device",
    "institution",
    "uids",
    "private",
    "descriptors",
)
DROPPABLE: tuple[OptionName, ...] = ("dates", "structured", "graphics")


@dataclass(frozen=True, slots=True)
class Option:
    """One option of the profile: its code in the scheme DCM, the code's meaning, and what it keeps in words."""

    code: str
    meaning: str
    says: str


@dataclass(frozen=True, slots=True)
class Row:
    """An attribute of the table: its basic action, and what options do instead."""

    name: str
    basic: Action
    options: Mapping[OptionName, Action]

    def under(self, options: Collection[OptionName]) -> Action:
        """The action when these options hold: to keep goes before to clean, and both before the basic one."""
        said = {action for name, action in self.options.items() if name in options}
        return "K" if "K" in said else "C" if "C" in said else self.basic


@dataclass(frozen=True, slots=True)
class Profile:
    """The whole table. Sets of tags: `numbers`, `births` and `places` hold whose values are looked for in what is kept,
    `technical` what a machine says.
    """

    edition: str
    options: Mapping[OptionName, Option]
    rows: Mapping[int, Row]
    numbers: frozenset[int]
    births: frozenset[int]
    places: frozenset[int]
    technical: frozenset[int]
    schemes: frozenset[str]
    kept_text: frozenset[tuple[str, str]]
    named_text: frozenset[tuple[str, str]]
    dropped: frozenset[tuple[str, str]]
    safe_private: frozenset[tuple[str, str]]

    def action(self, tag: int, options: Collection[OptionName]) -> Action | None:
        """What happens to an attribute; None for one the table does not name."""
        row = self.rows.get(tag)
        return None if row is None else row.under(options)

    def keeps(self, tag: int, options: Collection[OptionName]) -> bool:
        """Whether an attribute that tells a thing or place keeps its value, cleaned of persons where it has to be."""
        row, action = self.rows.get(tag), self.action(tag, options)
        return action == "K" or (row is not None and action == "C" and "device" in row.options)


@cache
def load_profile() -> Profile:
    """The table as it is shipped."""
    said = tomllib.loads(
        files("annotator.exchange.deidentify").joinpath("profile.toml").read_text(encoding="utf-8")
    )
    identity = said["identity"]
    return Profile(
        edition=said["edition"],
        options={name: Option(**one) for name, one in said["options"].items()},
        rows={_tag(tag): _row(row) for tag, row in (said["attributes"] | said["own"]).items()},
        numbers=_tags(identity["numbers"]),
        births=_tags(identity["births"]),
        places=_tags(identity["places"]),
        technical=_tags(said["technical"]["names"]),
        schemes=frozenset(said["codes"]["schemes"]),
        kept_text=_concepts(said["structured"]["kept_text"]),
        named_text=_concepts(said["structured"]["named_text"]),
        dropped=_concepts(said["structured"]["dropped"]),
        safe_private=safe_private(said),
    )


def safe_private(said: Mapping[str, Any]) -> frozenset[tuple[str, str]]:
    """(creator, "gggg,xxee") of the section `safe_private`; of a file of a user's own too. Raises KeyError, TypeError."""
    elements = said["safe_private"]["elements"]
    return frozenset((str(one[0]).strip(), str(one[1]).lower()) for one in elements)


def _tag(said: str) -> int:
    return int(said.replace(",", ""), 16)


def _tags(names: Collection[str]) -> frozenset[int]:
    return frozenset(tag for name in names if (tag := tag_for_keyword(name)) is not None)


def _concepts(said: Collection[Sequence[str]]) -> frozenset[tuple[str, str]]:
    return frozenset((value, scheme) for value, scheme in said)


def _row(said: Mapping[str, str]) -> Row:
    options: dict[str, Action] = {
        name: _one(action) for name, action in said.items() if name not in ("name", "basic")
    }
    return Row(said["name"], _one(said["basic"]), options)


def _one(said: str) -> Action:
    """Of several actions the one that keeps an object valid whatever its kind."""
    allowed = said.replace("*", "").split("/")
    order: tuple[Action, ...] = ("U", "P", "D", "Z", "X", "K", "C")
    return next(action for action in order if action in allowed)
