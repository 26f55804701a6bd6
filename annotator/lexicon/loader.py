"""Reads the lexicon from its files and refuses what is wrong in them, naming file, entry and field."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from annotator.errors import CallError, InvalidLexicon
from annotator.lexicon.entries import Entry, data_file, entries, only_kinds, read_toml
from annotator.lexicon.term_entries import Reader, read_assessment, read_code, read_recommendation, read_term
from annotator.lexicon.terms import (
    CLOCK_FACES,
    EDITION_NAMES,
    EDITIONS,
    GROUPS,
    KINDS,
    AssessmentTerm,
    Code,
    Lexicon,
    PredictiveValue,
    RecommendationTerm,
    Source,
    Term,
)
from annotator.model.finding import Assessment, Recommendation

__all__ = (
    "EDITIONS",
    "EDITION_NAMES",
    "GROUPS",
    "KINDS",
    "AssessmentTerm",
    "Code",
    "Lexicon",
    "PredictiveValue",
    "RecommendationTerm",
    "Source",
    "Term",
    "load_lexicon",
    "picture_of",
    "read_lexicon",
    "sources_in",
)

TERMS, ASSESSMENTS, SOURCES = "terms.toml", "assessments.toml", "sources.toml"


def load_lexicon(edition: str = "5") -> Lexicon:
    """The lexicon that comes with the program, in the words of one edition; read once.

    Raises CallError for an edition that is not known.
    """
    if edition not in EDITIONS:
        raise CallError(f"There is no lexicon edition {edition!r}; choose one of {', '.join(EDITIONS)}.")
    return _packaged(edition)


@cache
def _packaged(edition: str) -> Lexicon:
    return read_lexicon(edition, data_file(""))


def picture_of(term: Term) -> bytes | None:
    """The picture of a shape or distribution as a PNG file's bytes, None for other terms."""
    return data_file("pictures").joinpath(term.picture).read_bytes() if term.picture else None


def read_lexicon(edition: str, folder: Traversable | Path) -> Lexicon:
    """A lexicon from `terms.toml`, `assessments.toml` and `sources.toml` of a folder; InvalidLexicon."""
    reader = Reader(edition, _read_sources(folder))
    content = read_toml(folder.joinpath(TERMS))
    only_kinds(TERMS, content, {*KINDS, "clock_face", "concept", "version"})
    version = Entry(TERMS, "head", {key: content[key] for key in ("version",) if key in content}).text(
        "version"
    )
    terms: dict[tuple[type[StrEnum], str], Term] = {}
    for kind, enum in KINDS.items():
        found = _terms(reader, content, kind, [item.value for item in enum])
        terms.update({(enum, term.id): term for term in found})
    clock = _terms(reader, content, "clock_face", [str(hour) for hour in CLOCK_FACES])
    assessments, recommendations = _read_assessments(folder, reader)
    return Lexicon(
        edition=edition,
        version=version,
        terms=terms,
        assessments=assessments,
        clock_faces={int(term.id): term for term in clock},
        recommendations=recommendations,
        concepts=_concepts(content),
        sources=reader.sources,
    )


def _terms(reader: Reader, content: Mapping[str, Any], kind: str, wanted: list[str]) -> list[Term]:
    read = [(entry, read_term(reader, entry, kind)) for entry in entries(TERMS, content, kind)]
    _covers(TERMS, kind, [term.id for _, term in read], wanted)
    words: dict[str, str] = {}
    codes: dict[Code, str] = {}
    for entry, term in read:
        other = words.setdefault(term.word.casefold(), term.id)
        if other != term.id:
            raise entry.fault(
                f"word is {term.word!r} in edition {reader.edition}, which {other} is called too; choose another."
            )
        if term.code is not None and not term.note:
            other = codes.setdefault(term.code, term.id)
            if other != term.id:
                raise entry.fault(
                    f"code is that of {other} too; correct it, or say in note what the code leaves out."
                )
    return [term for _, term in read]


def _concepts(content: Mapping[str, Any]) -> dict[str, Code]:
    concepts: dict[str, Code] = {}
    for entry in entries(TERMS, content, "concept"):
        name = entry.text("id")
        if name in concepts:
            raise entry.fault("this id is used twice; keep one.")
        concepts[name] = read_code(entry, "code", entry.rows("code"))
        entry.finish()
    return concepts


def _read_sources(folder: Traversable | Path) -> dict[str, Source]:
    content = read_toml(folder.joinpath(SOURCES))
    only_kinds(SOURCES, content, {"source"})
    return sources_in(SOURCES, content)


def sources_in(file: str, content: Mapping[str, Any]) -> dict[str, Source]:
    """The `[[source]]` entries of a file by tag, each numbered sentence as one of its own; InvalidLexicon."""
    found: dict[str, Source] = {}
    for entry in entries(file, content, "source", "tag"):
        address = entry.text("address", "")
        if address and not address.startswith(("https://", "http://")):
            raise entry.fault(
                f"address {address!r} is no address of the web; write https://..., or leave it out."
            )
        source = Source(entry.text("tag"), entry.text("citation"), address, kept=entry.text("kept", ""))
        sentences = entry.table("sentences")
        entry.finish()
        if source.tag in found:
            raise entry.fault("this tag is used twice; keep one.")
        found[source.tag] = source
        for number, sentence in sentences.items():
            if not isinstance(sentence, str):
                raise entry.fault(f"sentence {number} must be a text; write {number} = '...'.")
            tag = f"{source.tag}-{number}"
            found[tag] = Source(tag, source.citation, source.address, sentence)
    return found


def _read_assessments(
    folder: Traversable | Path, reader: Reader
) -> tuple[dict[Assessment, AssessmentTerm], dict[str, RecommendationTerm]]:
    file = ASSESSMENTS
    content = read_toml(folder.joinpath(file))
    only_kinds(file, content, {"assessment", "recommendation"})
    categories = [read_assessment(reader, entry) for entry in entries(file, content, "assessment")]
    _covers(file, "assessment", [c.id for c in categories], [a.value for a in Assessment])
    recommendations: dict[str, RecommendationTerm] = {}
    for entry in entries(file, content, "recommendation"):
        one = read_recommendation(reader, entry)
        if one.id in recommendations:
            raise entry.fault("this id is used twice; keep one.")
        recommendations[one.id] = one
    for wanted in Recommendation:
        if wanted.value not in recommendations:
            raise InvalidLexicon(f"{file}: recommendation {wanted.value} is missing; add it.")
    return {category.id: category for category in categories}, recommendations


def _covers(file: str, kind: str, found: list[str], wanted: list[str]) -> None:
    for name in wanted:
        if found.count(name) != 1:
            raise InvalidLexicon(
                f"{file}: {kind} {name} stands there {found.count(name)} times; it must stand there once."
            )
    if unknown := sorted(set(found) - set(wanted)):
        raise InvalidLexicon(
            f"{file}: {kind} {unknown[0]} is not an id of the program; correct or remove it."
        )
