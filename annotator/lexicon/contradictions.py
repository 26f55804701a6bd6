"""The list of contradictions: under which field each is told, in which words, and after whom."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cache
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Formatter
from typing import TypeVar

from annotator.lexicon.entries import Entry, data_file, entries, only_kinds, read_toml
from annotator.lexicon.loader import EDITIONS, load_lexicon
from annotator.model.finding import Finding, Morphology
from annotator.model.mark import MarkKind

FILE = "contradictions.toml"
MARKS = "marks"
"""The field of what belongs to no word but to the marks themselves."""
_FIELDS = {part.name for part in fields(Finding)} | {MARKS}
_MEASURES = ("diameter", "width")
_CATEGORY = re.compile(r"[Cc]ategor(?:y|ies) [0-6]|\b4[ABC]\b|%")


@dataclass(frozen=True, slots=True)
class ContradictionTerm:
    """One entry of the list. `words` are the names in braces in its text.

    Of entries about one shape, either `measured` ("diameter" or "width") lies clearly over or under a number of
    millimetres, or `size_word` is said with it. `edition`: that of which alone it is true, '' for any.
    """

    id: str
    field: str
    text: str
    sources: tuple[str, ...]
    words: frozenset[str] = frozenset()
    shape: Morphology | None = None
    size_word: MarkKind | None = None
    measured: str = ""
    over_mm: float | None = None
    under_mm: float | None = None
    edition: str = ""


def load_contradictions() -> Mapping[str, ContradictionTerm]:
    """The list that comes with the program, by id; read once. Raises InvalidLexicon."""
    return _packaged()


@cache
def _packaged() -> Mapping[str, ContradictionTerm]:
    return read_contradictions(data_file(FILE), load_lexicon().sources)


def read_contradictions(
    source: Traversable | Path, known_sources: Mapping[str, object]
) -> Mapping[str, ContradictionTerm]:
    """A list of contradictions from a file; InvalidLexicon names the entry and what is wrong with it."""
    content = read_toml(source)
    only_kinds(FILE, content, {"contradiction"})
    found: dict[str, ContradictionTerm] = {}
    for entry in entries(FILE, content, "contradiction"):
        term = _term(entry)
        if term.id in found:
            raise entry.fault("this id is used twice; keep one.")
        for tag in term.sources:
            if tag not in known_sources:
                raise entry.fault(
                    f"cites {tag!r}, which sources.toml does not have; add it or correct the tag."
                )
        found[term.id] = term
    return found


def _term(entry: Entry) -> ContradictionTerm:
    field, text = entry.text("field"), entry.text("text")
    if field not in _FIELDS:
        raise entry.fault(f"field {field!r} is none of a finding; write one, or {MARKS!r}.")
    if _CATEGORY.search(text):
        raise entry.fault(
            "text names a category or a share; only {category}, the reader's own, may stand there."
        )
    try:
        words = frozenset(name for _, name, _, _ in Formatter().parse(text) if name is not None)
    except ValueError as fault:
        raise entry.fault(f"text has a brace too many or too few ({fault}); correct it.") from fault
    sources = entry.texts("sources")
    if not sources:
        raise entry.fault("sources is empty; name at least one source.")
    term = ContradictionTerm(
        id=entry.text("id"),
        field=field,
        text=text,
        sources=sources,
        words=words,
        shape=_one_of(entry, "shape", Morphology),
        size_word=_one_of(entry, "size_word", MarkKind),
        measured=entry.text("measured", ""),
        over_mm=entry.decimal("over_mm"),
        under_mm=entry.decimal("under_mm"),
        edition=entry.text("edition", ""),
    )
    if term.edition and term.edition not in EDITIONS:
        raise entry.fault(
            f"edition {term.edition!r} is none of {', '.join(EDITIONS)}; write one or leave it out."
        )
    entry.finish()
    _check_size(entry, term)
    return term


def _check_size(entry: Entry, term: ContradictionTerm) -> None:
    """A shape goes with one limit and what is measured, or with a size word; nothing of it stands without a shape."""
    limits = [limit for limit in (term.over_mm, term.under_mm) if limit is not None]
    by_limit = term.measured in _MEASURES and len(limits) == 1 and term.size_word is None
    by_word = not term.measured and not limits and term.size_word is not None
    if term.shape is None and (term.measured or limits or term.size_word is not None):
        raise entry.fault("measured, over_mm, under_mm and size_word need a shape; add it.")
    if term.shape is not None and not (by_limit or by_word):
        raise entry.fault(
            "a shape needs measured (diameter or width) with over_mm or under_mm, or size_word."
        )


_Kind = TypeVar("_Kind", bound=StrEnum)


def _one_of(entry: Entry, key: str, kind: type[_Kind]) -> _Kind | None:
    name = entry.text(key, "")
    if name and name not in {item.value for item in kind}:
        raise entry.fault(f"{key} {name!r} is not an id of the program; correct it.")
    return kind(name) if name else None
