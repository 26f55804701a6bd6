"""Words, definitions, codes and sources, checked on load against the ids of the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar

from annotator.errors import CallError, InvalidLexicon
from annotator.lexicon.entries import Entry, data_file, entries, only_kinds, read_toml
from annotator.model.finding import (
    Assessment,
    Associated,
    Certainty,
    Change,
    Depth,
    Distribution,
    Morphology,
    Quadrant,
    Recommendation,
    Spread,
    Stage,
)
from annotator.model.mark import MarkKind
from annotator.model.seen_on_image import RecallReason

EDITIONS = ("5", "v2025")
"""Editions of the BI-RADS lexicon whose words are known; a reading stores which it used."""

_EDITION_NAMES = {"5": "5th edition (2013)", "v2025": "v2025 Manual"}

_Kind = TypeVar("_Kind", bound=StrEnum)

GROUPS = ("typically benign", "other", "suspicious")
"""Groups of morphologies in rising suspicion."""

KINDS: Mapping[str, type[StrEnum]] = {
    "morphology": Morphology,
    "distribution": Distribution,
    "stage": Stage,
    "change": Change,
    "spread": Spread,
    "size": MarkKind,
    "quadrant": Quadrant,
    "depth": Depth,
    "associated": Associated,
    "certainty": Certainty,
    "recall_reason": RecallReason,
}
"""Which ids of the model each kind of term in `terms.toml` has to cover."""


@dataclass(frozen=True, slots=True)
class Code:
    """A DICOM code: Code Value, Coding Scheme Designator, Code Meaning, Coding Scheme Version ('' for none)."""

    value: str
    scheme: str
    meaning: str
    version: str = ""


@dataclass(frozen=True, slots=True)
class Term:
    """One word of the lexicon in the loaded edition.

    `group` is one of GROUPS for morphologies, '' otherwise. `code` None: DICOM has none, `no_code`
    says why. `also_read` are codes understood when reading and never written. `offered` False: the
    loaded edition no longer has the term; it stays readable.
    """

    id: str
    word: str
    definition: str
    sources: tuple[str, ...]
    group: str = ""
    size: str = ""
    code: Code | None = None
    also_read: tuple[Code, ...] = ()
    no_code: str = ""
    note: str = ""
    offered: bool = True


@dataclass(frozen=True, slots=True)
class AssessmentTerm:
    """One assessment category in the loaded edition. `likelihood` is the edition's range, in words."""

    id: Assessment
    name: str
    likelihood: str
    management: str
    code: Code
    sources: tuple[str, ...]


CLOCK_FACES = range(1, 13)
"""Hours of the clock face of a breast as seen from in front; `[[clock_face]]` in `terms.toml` has one entry for each."""


@dataclass(frozen=True, slots=True)
class RecommendationTerm:
    """How a recommendation of the reader or a follow-up of the decision table is said and coded.

    `interval` is (number, UCUM unit).
    """

    id: str
    word: str
    sources: tuple[str, ...]
    code: Code | None = None
    also_read: tuple[Code, ...] = ()
    no_code: str = ""
    note: str = ""
    definition: str = ""
    interval: tuple[int, str] | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where a statement comes from. `sentence` is what a numbered sentence of a patient page says, in our words."""

    tag: str
    citation: str
    address: str = ""
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Every word of one edition. Look up by the ids of the model."""

    edition: str
    terms: Mapping[tuple[type[StrEnum], str], Term] = field(repr=False)
    assessments: Mapping[Assessment, AssessmentTerm] = field(repr=False)
    clock_faces: Mapping[int, Term] = field(repr=False)
    recommendations: Mapping[str, RecommendationTerm] = field(repr=False)
    concepts: Mapping[str, Code] = field(repr=False)
    sources: Mapping[str, Source] = field(repr=False)

    @property
    def edition_name(self) -> str:
        """The edition as its publisher names it: "5th edition (2013)"."""
        return _EDITION_NAMES[self.edition]

    def term(self, item: StrEnum) -> Term:
        """The entry of an id of the model other than a category (`assessments` has those)."""
        if isinstance(item, Recommendation):
            said = self.recommendations[item.value]
            return Term(
                id=said.id,
                word=said.word,
                definition=said.definition,
                sources=said.sources,
                code=said.code,
                also_read=said.also_read,
                no_code=said.no_code,
                note=said.note,
            )
        return self.terms[type(item), item.value]

    def clock_face(self, hour: int) -> Term:
        """The entry of an hour of the clock face, 1 to 12; KeyError for another."""
        return self.clock_faces[hour]

    def word(self, item: StrEnum) -> str:
        """The edition's word for an id: `word(Morphology.MILK)` is "Milk of calcium" or "Layering"."""
        if isinstance(item, Assessment):
            return self.assessments[item].name
        return self.term(item).word

    def code(self, item: StrEnum) -> Code | None:
        """The code to write for an id, None where DICOM has none."""
        if isinstance(item, Assessment):
            return self.assessments[item].code
        return self.term(item).code

    def offered(self, kind: type[_Kind]) -> tuple[_Kind, ...]:
        """The ids of one kind that the edition still has, in the order of the model."""
        return tuple(item for item in kind if self.term(item).offered)

    def source(self, tag: str) -> Source:
        """The source behind a tag; KeyError when there is none."""
        return self.sources[tag]

    def with_sources(self, more: Mapping[str, Source]) -> Lexicon:
        """The same words with the sources of a site's own decision table beside those of the program."""
        return replace(self, sources={**self.sources, **more}) if more else self


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


def read_lexicon(edition: str, folder: Traversable | Path) -> Lexicon:
    """A lexicon from `terms.toml`, `assessments.toml` and `sources.toml` of a folder; InvalidLexicon."""
    sources = _read_sources(folder)
    terms_toml = read_toml(folder.joinpath("terms.toml"))
    only_kinds("terms.toml", terms_toml, {*KINDS, "clock_face", "concept"})
    terms: dict[tuple[type[StrEnum], str], Term] = {}
    for kind, enum in KINDS.items():
        found = [_term(entry, kind, edition) for entry in entries("terms.toml", terms_toml, kind)]
        _covers("terms.toml", kind, [term.id for term in found], [item.value for item in enum])
        terms.update({(enum, term.id): term for term in found})
    clock = [_term(entry, "clock_face", edition) for entry in entries("terms.toml", terms_toml, "clock_face")]
    _covers("terms.toml", "clock_face", [term.id for term in clock], [str(hour) for hour in CLOCK_FACES])
    clock_faces = {int(term.id): term for term in clock}
    concepts: dict[str, Code] = {}
    for entry in entries("terms.toml", terms_toml, "concept"):
        name = entry.text("id")
        if name in concepts:
            raise entry.fault("this id is used twice; keep one.")
        concepts[name] = _code(entry, entry.rows("code"))
        entry.finish()
    assessments, recommendations = _read_assessments(folder, edition)
    owners: list[Term | AssessmentTerm | RecommendationTerm] = [
        *terms.values(),
        *clock,
        *assessments.values(),
    ]
    for owner in (*owners, *recommendations.values()):
        for tag in owner.sources:
            if tag not in sources:
                raise InvalidLexicon(
                    f"The entry {owner.id!r} cites the source {tag!r}, which sources.toml does not have;"
                    " add it there or correct the tag."
                )
    return Lexicon(edition, terms, assessments, clock_faces, recommendations, concepts, sources)


def _read_sources(folder: Traversable | Path) -> dict[str, Source]:
    content = read_toml(folder.joinpath("sources.toml"))
    only_kinds("sources.toml", content, {"source"})
    return sources_in("sources.toml", content)


def sources_in(file: str, content: Mapping[str, Any]) -> dict[str, Source]:
    """The `[[source]]` entries of a file by tag, each numbered sentence as one of its own; InvalidLexicon."""
    found: dict[str, Source] = {}
    for entry in entries(file, content, "source", "tag"):
        source = Source(entry.text("tag"), entry.text("citation"), entry.text("address", ""))
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
    folder: Traversable | Path, edition: str
) -> tuple[dict[Assessment, AssessmentTerm], dict[str, RecommendationTerm]]:
    file = "assessments.toml"
    content = read_toml(folder.joinpath(file))
    only_kinds(file, content, {"assessment", "recommendation"})
    categories = [_assessment(entry, edition) for entry in entries(file, content, "assessment")]
    _covers(file, "assessment", [c.id for c in categories], [a.value for a in Assessment])
    recommendations: dict[str, RecommendationTerm] = {}
    for entry in entries(file, content, "recommendation"):
        one = _recommendation(entry)
        if one.id in recommendations:
            raise entry.fault("this id is used twice; keep one.")
        recommendations[one.id] = one
    for wanted in Recommendation:
        if wanted.value not in recommendations:
            raise InvalidLexicon(f"{file}: recommendation {wanted.value} is missing; add it.")
    return {category.id: category for category in categories}, recommendations


def _term(entry: Entry, kind: str, edition: str) -> Term:
    group = entry.text("group") if kind == "morphology" else ""
    if group and group not in GROUPS:
        raise entry.fault(f"group {group!r} is none of {', '.join(GROUPS)}; choose one of them.")
    code, also_read, no_code = _codes(entry)
    dropped_in = entry.texts("dropped_in", ())
    if unknown := set(dropped_in) - set(EDITIONS):
        raise entry.fault(f"dropped_in names no edition with {unknown.pop()!r}; use {', '.join(EDITIONS)}.")
    term = Term(
        id=entry.text("id"),
        word=_by_edition(entry, "word", edition),
        definition=entry.text("definition"),
        sources=_sources(entry),
        group=group,
        size=entry.text("size", ""),
        code=code,
        also_read=also_read,
        no_code=no_code,
        note=entry.text("note", ""),
        offered=edition not in dropped_in,
    )
    entry.finish()
    return term


def _assessment(entry: Entry, edition: str) -> AssessmentTerm:
    name = entry.text("id")
    if name not in {item.value for item in Assessment}:
        raise entry.fault("this is not an assessment category; correct the id.")
    category = AssessmentTerm(
        id=Assessment(name),
        name=_by_edition(entry, "name", edition),
        likelihood=entry.text("likelihood"),
        management=_by_edition(entry, "management", edition),
        code=_code(entry, entry.rows("code")),
        sources=_sources(entry),
    )
    entry.finish()
    return category


def _recommendation(entry: Entry) -> RecommendationTerm:
    code, also_read, no_code = _codes(entry)
    interval = entry.rows("interval", [])
    if interval and not (
        len(interval) == 2 and type(interval[0]) is int and interval[1] in ("d", "wk", "mo", "a")
    ):
        raise entry.fault("interval must be [whole number, unit] with the unit d, wk, mo or a.")
    recommendation = RecommendationTerm(
        id=entry.text("id"),
        word=entry.text("word"),
        sources=_sources(entry),
        code=code,
        also_read=also_read,
        no_code=no_code,
        note=entry.text("note", ""),
        definition=entry.text("definition"),
        interval=(interval[0], interval[1]) if interval else None,
    )
    entry.finish()
    return recommendation


def _by_edition(entry: Entry, key: str, edition: str) -> str:
    words = {"5": entry.text(key)}
    for other in EDITIONS[1:]:
        words[other] = entry.text(f"{key}_{other}", words["5"])
    return words[edition]


def _sources(entry: Entry) -> tuple[str, ...]:
    tags = entry.texts("sources")
    if not tags:
        raise entry.fault("sources is empty; name at least one source.")
    return tags


def _codes(entry: Entry) -> tuple[Code | None, tuple[Code, ...], str]:
    if entry.has("code") == entry.has("no_code"):
        raise entry.fault("give either code or, where DICOM has none, no_code with the reason.")
    code = _code(entry, entry.rows("code")) if entry.has("code") else None
    also_read = tuple(_code(entry, one) for one in entry.rows("also_read", []))
    return code, also_read, entry.text("no_code", "")


def _code(entry: Entry, parts: Any) -> Code:
    if (
        not isinstance(parts, list)
        or len(parts) not in (3, 4)
        or not all(isinstance(p, str) and p for p in parts)
    ):
        raise entry.fault("a code is [value, scheme, meaning] or [value, scheme, meaning, version].")
    return Code(*parts)


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
