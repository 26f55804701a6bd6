"""What of a data set says who and where: looked for again in whatever is kept, and in the bytes that were written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pydicom import Dataset
from pydicom.charset import python_encoding
from pydicom.multival import MultiValue
from pydicom.tag import BaseTag

from annotator.exchange.deidentify.profile import Profile
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
    """Words of one patient's files: parts of names, numbers, places, days of birth (YYYYMMDD), UIDs.

    `encodings` are those in which the files write their texts.
    """

    names: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    births: frozenset[str] = frozenset()
    uids: frozenset[str] = frozenset()
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

    @cached_property
    def who(self) -> Identity:
        """Persons and their numbers."""
        return Identity(self.names, self.numbers, self.births, self.uids)

    @cached_property
    def who_and_where(self) -> Identity:
        """Persons and places."""
        return Identity(self.names, self.numbers | self.places, self.births, self.uids)


def known_of(dataset: Dataset, profile: Profile) -> Known:
    """What a data set says of who and where, in every nested item and private group that can be read."""
    names, numbers, places, births, uids = set[str](), set[str](), set[str](), set[str](), set[str]()
    encodings = set(_ENCODINGS)
    for tag, vr, values in _texts(dataset):
        if tag == 0x00080005:
            encodings |= {name for value in values for name in _python_encodings(value)}
        elif vr == "PN":
            names |= {part for value in values for part in _SPLIT.split(value) if len(part) >= SHORTEST}
        elif vr == "UI":
            uids |= {v for v in values if v and not v.startswith(STANDARD) and tag not in CLASSES}
        elif tag in profile.births:
            births |= {value[:8] for value in values if re.match(r"\d{8}", value)}
        elif tag in profile.numbers:
            numbers |= {value for value in values if len(value) >= SHORTEST}
        elif tag in profile.places:
            places |= {value for value in values if len(value) >= SHORTEST}
    return Known(*map(frozenset, (names, numbers, places, births, uids, encodings)))


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
    except (
        ValueError,
        TypeError,
        NotImplementedError,
        KeyError,
        AttributeError,
        EOFError,
        OSError,
        LookupError,
    ):
        return None


def _python_encodings(said: str) -> tuple[str, ...]:
    found = python_encoding.get(said)
    return () if found is None else (found,)
