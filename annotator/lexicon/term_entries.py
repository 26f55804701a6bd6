"""One entry of the lexicon's files at a time: its words in one edition, its code, its figures and its sources."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from annotator.lexicon.entries import Entry
from annotator.lexicon.terms import (
    EDITIONS,
    GROUPS,
    PICTURED,
    AssessmentTerm,
    Code,
    PredictiveValue,
    RecommendationTerm,
    Source,
    Term,
)
from annotator.model.finding import Assessment

_SHARE = re.compile(r"(?:[a-z ]+ )?(\d+(?:\.\d+)?)(?:-(\d+(?:\.\d+)?))? %")
_NO_SERIES = ("RULE", "LINT", "DICOM16", "CID6027")
"""Sources that counted no findings, beside the pages for patients."""


@dataclass(frozen=True, slots=True)
class Reader:
    """The edition to read words of, and the sources an entry may cite."""

    edition: str
    sources: Mapping[str, Source]


def read_term(reader: Reader, entry: Entry, kind: str) -> Term:
    """A term of one kind; InvalidLexicon names the field at fault."""
    group = entry.text("group") if kind == "morphology" else ""
    if group and group not in GROUPS:
        raise entry.fault(f"group {group!r} is none of {', '.join(GROUPS)}; choose one of them.")
    code, also_read, no_code = _codes(entry)
    sources = _sources(reader, entry)
    term = Term(
        id=entry.text("id"),
        word=_by_edition(reader, entry, "word"),
        definition=_by_edition(reader, entry, "definition"),
        sources=sources,
        group=group,
        size=entry.text("size", ""),
        code=code,
        also_read=also_read,
        no_code=no_code,
        note=entry.text("note", ""),
        offered=reader.edition not in _dropped(entry),
        kind=kind,
        other_words=entry.texts("other_words", ()),
        ppv=_figures(reader, entry, sources) if kind in PICTURED else (),
    )
    entry.finish()
    return term


def read_assessment(reader: Reader, entry: Entry) -> AssessmentTerm:
    """An assessment category; InvalidLexicon names the field at fault."""
    name = entry.text("id")
    if name not in {item.value for item in Assessment}:
        raise entry.fault("this is not an assessment category; correct the id.")
    category = AssessmentTerm(
        id=Assessment(name),
        name=_by_edition(reader, entry, "name"),
        likelihood=entry.text("likelihood"),
        management=_by_edition(reader, entry, "management"),
        code=read_code(entry, "code", entry.rows("code")),
        sources=_sources(reader, entry),
    )
    entry.finish()
    return category


def read_recommendation(reader: Reader, entry: Entry) -> RecommendationTerm:
    """What may be recommended; InvalidLexicon names the field at fault."""
    code, also_read, no_code = _codes(entry)
    interval = entry.rows("interval", [])
    if interval and not (
        len(interval) == 2 and type(interval[0]) is int and interval[1] in ("d", "wk", "mo", "a")
    ):
        raise entry.fault("interval must be [whole number, unit] with the unit d, wk, mo or a.")
    recommendation = RecommendationTerm(
        id=entry.text("id"),
        word=entry.text("word"),
        sources=_sources(reader, entry),
        code=code,
        also_read=also_read,
        no_code=no_code,
        note=entry.text("note", ""),
        definition=entry.text("definition"),
        interval=(interval[0], interval[1]) if interval else None,
    )
    entry.finish()
    return recommendation


def read_code(entry: Entry, field: str, parts: Any) -> Code:
    """A code written as a list; InvalidLexicon names the field at fault."""
    if (
        not isinstance(parts, list)
        or len(parts) not in (3, 4)
        or not all(isinstance(p, str) and p.strip() for p in parts)
    ):
        raise entry.fault(
            f"{field}: a code is [value, scheme, meaning] or [value, scheme, meaning, version], each a text."
        )
    return Code(*parts)


def _by_edition(reader: Reader, entry: Entry, key: str) -> str:
    words = {EDITIONS[0]: entry.text(key)}
    for other in EDITIONS[1:]:
        if entry.has(f"{key}_{other}"):
            words[other] = entry.text(f"{key}_{other}")
            if words[other] == words[EDITIONS[0]]:
                raise entry.fault(f"{key}_{other} says the same as {key}; leave it out.")
    return words.get(reader.edition, words[EDITIONS[0]])


def _dropped(entry: Entry) -> tuple[str, ...]:
    dropped_in = entry.texts("dropped_in", ())
    if unknown := sorted(set(dropped_in) - set(EDITIONS)):
        raise entry.fault(f"dropped_in names no edition with {unknown[0]!r}; use {', '.join(EDITIONS)}.")
    if set(dropped_in) == set(EDITIONS):
        raise entry.fault("dropped_in names every edition, so that nobody could say the word; leave one out.")
    return dropped_in


def _sources(reader: Reader, entry: Entry) -> tuple[str, ...]:
    tags = entry.texts("sources")
    if not tags:
        raise entry.fault("sources is empty; name at least one source.")
    for tag in tags:
        if tags.count(tag) > 1:
            raise entry.fault(f"sources names {tag!r} twice; keep one.")
        _check_tag(reader, entry, "sources", tag)
    return tags


def _check_tag(reader: Reader, entry: Entry, field: str, tag: str) -> None:
    if tag not in reader.sources:
        raise entry.fault(
            f"{field} cites {tag!r}, which sources.toml does not have; add it there or correct the tag."
        )


def _codes(entry: Entry) -> tuple[Code | None, tuple[Code, ...], str]:
    if entry.has("code") == entry.has("no_code"):
        raise entry.fault("give either code or, where DICOM has none, no_code with the reason.")
    code = read_code(entry, "code", entry.rows("code")) if entry.has("code") else None
    also_read = tuple(read_code(entry, "also_read", one) for one in entry.rows("also_read", []))
    if code in also_read or len(set(also_read)) < len(also_read):
        raise entry.fault("also_read holds a code twice or the one that is written; keep one.")
    return code, also_read, entry.text("no_code") if code is None else ""


def _figures(reader: Reader, entry: Entry, sources: tuple[str, ...]) -> tuple[PredictiveValue, ...]:
    """The published shares of malignant findings, each with what was counted and by whom."""
    found: list[PredictiveValue] = []
    for number, content in enumerate(entry.rows("ppv", []), 1):
        part = Entry(entry.file, f"{entry.label}, ppv {number}", content)
        value, counted, tag = part.text("value"), part.text("counted"), part.text("source")
        part.finish()
        match = _SHARE.fullmatch(value)
        if match is None or any(float(share) > 100 for share in match.groups() if share):
            raise part.fault(f"value {value!r} is no share; write it as '12.8 %', '13-15 %' or 'about 20 %'.")
        _check_tag(reader, part, "source", tag)
        if reader.sources[tag].sentence or tag in _NO_SERIES:
            raise part.fault(f"source {tag!r} counted no findings; cite the series the share comes from.")
        if tag not in sources:
            raise part.fault(f"source {tag!r} does not stand in sources of the entry; add it there.")
        if any((one.source, one.counted) == (tag, counted) for one in found):
            raise part.fault(f"{tag} is cited twice for the same count; keep one.")
        found.append(PredictiveValue(value, counted, tag))
    return tuple(found)
