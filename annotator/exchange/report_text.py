"""A report as plain text to be pasted into a RIS: 78 columns, ASCII only, nothing that needs a certain font."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterable, Iterator

from annotator.exchange.report_parts import (
    Facts,
    Listed,
    Opinion,
    Opinions,
    Part,
    Pictures,
    Report,
    Section,
    Table,
    Words,
    with_texts,
)

COLUMNS = 78
_STANDING_FOR = {
    "\u00b1": "+/-",
    "\u00b5": "u",
    "\u03bc": "u",
    "\u00d7": "x",
    "\u00f7": "/",
    "\u00b0": " deg",
    "\u2264": "<=",
    "\u2265": ">=",
    "\u2248": "~",
    "\u2013": "-",
    "\u2014": "-",
    "\u2212": "-",
    "\u2026": "...",
    "\u201c": '"',
    "\u201d": '"',
    "\u201e": '"',
    "\u2018": "'",
    "\u2019": "'",
    "\u00ab": '"',
    "\u00bb": '"',
    "\u2022": "-",
    "\u2192": "->",
    "\u2190": "<-",
    "\u00df": "ss",
    "\u00e6": "ae",
    "\u00c6": "AE",
    "\u00f8": "o",
    "\u00d8": "O",
    "\u0153": "oe",
    "\u0152": "OE",
    "\u0142": "l",
    "\u0141": "L",
    "\u0111": "d",
    "\u0110": "D",
}
"""Signs and letters that do not come apart into a letter and an accent."""

LACKING = "Characters that plain text cannot hold are shown as ?; the HTML and PDF reports show them."


def report_text(report: Report) -> str:
    """The report line by line. What ASCII lacks is written with its nearest letters, else as a question mark."""
    lacking = set[str]()

    def spelled(text: str) -> str:
        found = as_ascii(text)
        if found.count("?") > text.count("?"):
            lacking.add(LACKING)
        return found

    plain = with_texts(report, spelled)
    lines = [plain.title.upper(), *_wrapped((plain.exam, plain.status, *plain.status_details)), ""]
    for section in plain.sections:
        lines += _section(section)
    lines += ["-" * COLUMNS, *_wrapped((plain.statement, plain.version_line + "."))]
    lines += _wrapped(lacking)
    return "\n".join(line.rstrip() for line in lines).rstrip() + "\n"


def as_ascii(text: str) -> str:
    """The nearest ASCII: signs spelled out, letters without accents, a question mark for each other one."""
    spelled = "".join(_STANDING_FOR.get(character, character) for character in text)
    apart = unicodedata.normalize("NFKD", spelled)
    return "".join(c for c in apart if not unicodedata.combining(c)).encode("ascii", "replace").decode()


def _section(section: Section) -> Iterator[str]:
    if section.title:
        yield "=" * COLUMNS
        yield from textwrap.wrap(" ".join(part for part in (section.title, section.aside) if part), COLUMNS)
        yield ""
    for part in section.parts:
        lines = list(_part(part))
        if lines:
            if title := getattr(part, "title", ""):
                yield title.upper()
            yield from lines
            yield ""


def _part(part: Part) -> Iterator[str]:
    if isinstance(part, Facts):
        for name, value in part.rows:
            yield from _named(name, value)
    elif isinstance(part, Listed):
        for item in part.items:
            yield from _filled(item, "- ")
    elif isinstance(part, Table):
        yield from _table(part)
    elif isinstance(part, Words):
        for line in part.text.split("\n"):
            yield from textwrap.wrap(line, COLUMNS - 2, initial_indent="  ", subsequent_indent="  ") or [""]
    elif isinstance(part, Opinions):
        yield from _opinion(part.own)
        yield ""
        yield from _opinion(part.suggested)
    elif isinstance(part, Pictures):
        yield from _filled(f"Pictures of {part.name}: in the HTML and PDF reports.")


def _opinion(opinion: Opinion) -> Iterator[str]:
    yield from _filled(
        " ".join(p for p in (f"{opinion.title.upper()}: {opinion.category}", opinion.name) if p)
    )
    for line in (*opinion.lines, *opinion.small):
        yield from _filled(line, "  ")


def _table(part: Table) -> Iterator[str]:
    """Each row as names and values: columns would not survive a proportional font.

    In a table of what was said and what stands beside it, what was said needs no name.
    """
    unnamed = part.head[1] if len(part.head) == 3 and part.beside else ""
    for row in part.rows:
        told = [(name, cell) for name, cell in zip(part.head, row, strict=True) if cell]
        told = [(name, cell.rstrip(".")) for name, cell in told]
        if part.head[0]:
            yield from _filled("; ".join(f"{name}: {cell}" for name, cell in told), "- ")
            continue
        own = [cell if name == unnamed else f"{name.lower()}: {cell}" for name, cell in told[1:]]
        yield from _named(row[0], "; ".join(own))


def _named(name: str, value: str) -> Iterator[str]:
    yield from _filled(f"{name}: {value}", "")


def _filled(text: str, bullet: str = "") -> Iterator[str]:
    paragraphs = text.split("\n")
    for number, paragraph in enumerate(paragraphs):
        first = bullet if not number else " " * len(bullet)
        wrapped = textwrap.wrap(
            paragraph,
            COLUMNS,
            initial_indent=first,
            subsequent_indent=" " * (len(bullet) or 2),
            break_on_hyphens=False,
        )
        yield from wrapped


def _wrapped(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from _filled(text)
