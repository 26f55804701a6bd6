"""What validators say, sorted: complaints, remarks, and what is known to be no fault, each with its reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Harmless:
    """A message that is no fault of the object: who says it, how it reads, and why it does not count."""

    by: str
    pattern: str
    reason: str

    def covers(self, by: str, line: str) -> bool:
        """Whether this message is meant."""
        return by == self.by and re.search(self.pattern, line) is not None


HARMLESS = (
    Harmless(
        "dciodvfy",
        r"LookupTableData bad - Softcopy VOI LUT - LUT Descriptor number of bits",
        "a presentation state repeats the look-up table of its image as it is; some machines use fewer bits than they say",
    ),
    Harmless(
        "dsrdump",
        r"VR checker does not support this Specific Character Set",
        "DCMTK does not check the letters of texts in UTF-8; they are read all the same",
    ),
    Harmless(
        "dsrdump",
        r"Check for template constraints not yet supported",
        "DCMTK says that it checks no templates; it says so of every report with a template",
    ),
    Harmless(
        "PixelMed",
        r'Code \(71651007,SCT,"Mammography"\) not found in context group 100\b',
        "context group 100 is a baseline that may be extended, and has no code for mammography",
    ),
)
"""The one list of messages that do not count."""

_NO_COMPLAINT = ("W: Testing: ", "W: Test passed")
"""What dcmpschk says of every file, in the form of a warning."""

_NOT_UTF8_AWARE = (
    "DCMTK's check of values takes every letter beyond ASCII for a fault, whatever the character set says"
)
_VALUE_IN_LINE = (
    re.compile(r"(?<== )<[^>]*>"),  # dciodvfy: PN [1] = <...>
    re.compile(r"(?i)(?<=value )<[^>]*>"),  # dciodvfy: Unrecognized enumerated value <...>
    re.compile(r"(?<=: )\[.*\]"),  # DCMTK: Attribute value   : [...]
)
MOST_LINES = 50
"""Complaints kept of one program; the file beside an export stays small."""


@dataclass(frozen=True, slots=True)
class Sorted:
    """`complaints` break a proof, `remarks` do not; `explained` are the reasons of messages that do not count."""

    complaints: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    explained: tuple[str, ...] = ()


def sort_lines(
    by: str, status: int, lines: Sequence[str], secrets: Callable[[], Iterable[str]] = tuple
) -> Sorted:
    """What a program said of a file, sorted by its own kind of message.

    `secrets` are values that no line may show, asked for where there are lines. A program that ends with a fault and
    says none is a complaint too.
    """
    explained: dict[str, None] = {}
    left: list[str] = []
    for line in _without_foreign_letters(by, lines, explained):
        known = next((one for one in HARMLESS if one.covers(by, line)), None)
        if known is None:
            left.append(line)
        else:
            explained[known.reason] = None
    complaints = [line for line in left if _complains(by, line)]
    remarks = [line for line in left if line.startswith("Warning")]
    if status != 0 and not complaints and not explained:
        complaints = [f"ended with status {status} and said no more"]
    hidden = sorted(set(secrets()), key=len, reverse=True) if complaints or remarks else []
    return Sorted(_tidy(complaints, hidden), _tidy(remarks, hidden), tuple(explained))


def _complains(by: str, line: str) -> bool:
    if by in ("dciodvfy", "PixelMed"):
        # PixelMed names what it has no rules for: then nothing was checked
        return line.startswith("Error") or "unrecognized" in line
    return (
        line.startswith(("W:", "E:", "F:"))
        and len(line.rstrip()) > len("W:")
        and not line.startswith(_NO_COMPLAINT)
    )


def _without_foreign_letters(by: str, lines: Sequence[str], explained: dict[str, None]) -> list[str]:
    """The lines of `dcmpschk` without its complaints of values that have letters beyond ASCII, and their verdict."""
    if by != "dcmpschk":
        return list(lines)
    left: list[str] = []
    rest = iter(lines)
    for line in rest:
        if "does not conform to data type definition" not in line:
            left.append(line)
            continue
        block = [line]
        for more in rest:
            block.append(more)
            if "Expected format" in more:
                break
        if any("Attribute value" in one and not one.isascii() for one in block):
            explained[_NOT_UTF8_AWARE] = None
        else:
            left += block
    verdict = "W: Test failed"
    faults = [one for one in left if _complains(by, one) and not one.startswith(verdict)]
    return left if faults or not explained else [one for one in left if not one.startswith(verdict)]


def _tidy(lines: list[str], hidden: list[str]) -> tuple[str, ...]:
    """Each line once, without values; the last says how many were left out."""
    once = list(dict.fromkeys(_masked(line, hidden) for line in lines))
    more = len(once) - MOST_LINES
    return (*once[:MOST_LINES], f"and {more} more") if more > 0 else tuple(once)


def _masked(line: str, hidden: list[str]) -> str:
    for pattern in _VALUE_IN_LINE:
        line = pattern.sub(lambda found: found[0][0] + "..." + found[0][-1], line)
    for value in hidden:
        line = line.replace(value, "...")
    return line
