"""What of a data set says who and where: looked for again in whatever is kept, and in the bytes that were written."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from pydicom import Dataset
from pydicom.charset import python_encoding
from pydicom.multival import MultiValue
from pydicom.tag import BaseTag

from annotator.exchange.careful_dicom import DAMAGE
from annotator.exchange.deidentify.profile import OptionName, Profile
from annotator.model.identity import SHORTEST, Identity

STANDARD = "1.2.840.10008."
"""What the UIDs of the standard itself begin with: classes, syntaxes, codes."""
CLASSES = frozenset(
    {
        0x00080016,  # SOP Class UID
        0x00081150,  # Referenced SOP Class UID
        0x0008001A,  # Related General SOP Class UID
        0x0008001B,  # Original Specialized SOP Class UID
        0x0008010C,  # Coding Scheme UID
        0x00080117,  # Context UID
        0x00080118,  # Mapping Resource UID
        0x00041510,  # Referenced SOP Class UID in File
        0x00041512,  # Referenced Transfer Syntax UID in File
    }
)
"""Attributes whose UIDs say what kind of thing it is, not which; kept, of makers of machines too."""
_SPLIT = re.compile(r"[\^\s=,;]+")
_ENCODINGS = ("utf-8", "latin-1")


@dataclass(frozen=True)
class Known:
    """Words of one patient's files: parts of names, days of birth (YYYYMMDD); numbers, places and UIDs as (tag, value).

    `encodings` are those in which the files write their texts.
    """

    names: frozenset[str] = frozenset()
    numbers: frozenset[tuple[int, str]] = frozenset()
    places: frozenset[tuple[int, str]] = frozenset()
    births: frozenset[str] = frozenset()
    uids: frozenset[tuple[int, str]] = frozenset()
    encodings: frozenset[str] = field(default=frozenset(_ENCODINGS))

    def __or__(self, other: Known) -> Known:
        return Known(
            self.names | other.names,
            self.numbers | other.numbers,
            self.places | other.places,
            self.births | other.births,
            self.uids | other.uids,
            self.encodings | other.encodings,
        )

    def hidden_under(self, profile: Profile, options: Collection[OptionName]) -> Known:
        """The same without what these options keep, wherever else it stands."""
        kept = {value for tag, value in self.numbers | self.places | self.uids if profile.keeps(tag, options)}

        def left(pairs: frozenset[tuple[int, str]]) -> frozenset[tuple[int, str]]:
            return frozenset(pair for pair in pairs if pair[1] not in kept)

        uids: frozenset[tuple[int, str]] = frozenset() if "uids" in options else left(self.uids)
        return replace(self, numbers=left(self.numbers), places=left(self.places), uids=uids)

    @cached_property
    def who(self) -> Identity:
        """Persons and their numbers."""
        return Identity(self.names, _values(self.numbers), self.births, _values(self.uids))

    @cached_property
    def who_and_where(self) -> Identity:
        """Persons and places."""
        numbers = _values(self.numbers | self.places)
        return Identity(self.names, numbers, self.births, _values(self.uids))


def known_of(dataset: Dataset, profile: Profile) -> Known:
    """What a data set says of who and where, in every nested item and private group that can be read."""
    names, births = set[str](), set[str]()
    numbers, places, uids = set[tuple[int, str]](), set[tuple[int, str]](), set[tuple[int, str]]()
    encodings = set(_ENCODINGS)
    for tag, vr, values in _texts(dataset):
        if tag == 0x00080005:
            encodings |= {name for value in values for name in _python_encodings(value)}
        elif vr == "PN":
            names |= {part for value in values for part in _SPLIT.split(value) if len(part) >= SHORTEST}
        elif vr == "UI":
            uids |= {(tag, v) for v in values if v and not v.startswith(STANDARD) and tag not in CLASSES}
        elif tag in profile.births:
            births |= {value[:8] for value in values if re.match(r"\d{8}", value)}
        elif tag in profile.numbers:
            numbers |= {(tag, value) for value in values if len(value) >= SHORTEST}
        elif tag in profile.places:
            places |= {(tag, value) for value in values if len(value) >= SHORTEST}
    return Known(
        frozenset(names),
        frozenset(numbers),
        frozenset(places),
        frozenset(births),
        frozenset(uids),
        frozenset(encodings),
    )


def _values(pairs: Collection[tuple[int, str]]) -> frozenset[str]:
    return frozenset(value for _, value in pairs)


_LOOKED_AT = frozenset({"PN", "UI", "LO", "SH", "DA", "CS", "AE", "ST", "LT", "UT", "UC", "IS", "UN", "SQ"})


def _texts(dataset: Dataset) -> Iterator[tuple[int, str, list[str]]]:
    for tag in list(dataset.keys()):
        element = readable(dataset, tag)
        if element is None or element.VR not in _LOOKED_AT:
            continue
        if element.VR == "SQ":
            for item in element.value or ():
                yield from _texts(item)
        elif not isinstance(element.value, bytes):
            yield int(tag), str(element.VR), values_of(element.value)


def values_of(value: Any) -> list[str]:
    """The values of a text element as texts without the blanks around them."""
    if value is None:
        return []
    # a person's name can be gone through letter by letter too
    many = value if isinstance(value, MultiValue | list | tuple) else [value]
    return [str(one).strip(" \0") for one in many]


def readable(dataset: Dataset, tag: BaseTag | int) -> Any:
    """An element with its value understood; None where that cannot be done."""
    try:
        return dataset[tag]
    except DAMAGE:
        return None


def _python_encodings(said: str) -> tuple[str, ...]:
    found = python_encoding.get(said)
    return () if found is None else (found,)
