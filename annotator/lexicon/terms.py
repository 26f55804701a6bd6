"""What a lexicon is made of: terms, codes, published shares of malignant findings, sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeVar

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

EDITION_NAMES = {"5": "5th edition (2013)", "v2025": "v2025 Manual"}

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

PICTURED = ("morphology", "distribution")
"""Kinds whose every term has a picture, and may have published shares of malignant findings."""

CLOCK_FACES = range(1, 13)
"""Hours of the clock face of a breast as seen from in front; `[[clock_face]]` in `terms.toml` has one entry for each."""


@dataclass(frozen=True, slots=True)
class Code:
    """A DICOM code: Code Value, Coding Scheme Designator, Code Meaning, Coding Scheme Version ('' for none)."""

    value: str
    scheme: str
    meaning: str
    version: str = ""


@dataclass(frozen=True, slots=True)
class PredictiveValue:
    """The share of malignant findings that one source published: `value` as it says it, `counted` of what."""

    value: str
    counted: str
    source: str


@dataclass(frozen=True, slots=True)
class Term:
    """One word of the lexicon in the loaded edition.

    `group` is one of GROUPS for morphologies, '' otherwise. `code` None: DICOM has none, `no_code`
    says why. `also_read` are codes understood when reading and never written. `offered` False: the
    loaded edition no longer has the term; it stays readable. `other_words`, older ones and those of other editions, are found by a search. `ppv` holds one entry for each series, which differ with what was selected for biopsy.
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
    kind: str = ""
    other_words: tuple[str, ...] = ()
    ppv: tuple[PredictiveValue, ...] = ()

    @property
    def key(self) -> str:
        """The kind and the id, which no other term has: "morphology:skin"."""
        return f"{self.kind}:{self.id}"

    @property
    def picture(self) -> str:
        """The file of its picture in `pictures`, '' where it has none."""
        return f"{self.kind}-{self.id}.png" if self.kind in PICTURED else ""


@dataclass(frozen=True, slots=True)
class AssessmentTerm:
    """One assessment category in the loaded edition. `likelihood` is the edition's range, in words."""

    id: Assessment
    name: str
    likelihood: str
    management: str
    code: Code
    sources: tuple[str, ...]

    @property
    def term(self) -> Term:
        """The category as a term like any other."""
        definition = f"{self.management}. Likelihood of malignancy of the category: {self.likelihood}."
        return Term(self.id, self.name, definition, self.sources, code=self.code, kind="assessment")


@dataclass(frozen=True, slots=True)
class RecommendationTerm(Term):
    """How a recommendation of the reader or a follow-up of the decision table is said and coded.

    `interval` is (number, UCUM unit).
    """

    kind: str = "recommendation"
    interval: tuple[int, str] | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where a statement comes from. `sentence` is what a numbered sentence of a patient page says, in our words.

    `kept` says why a source stays that nothing cites, '' for those that something does.
    """

    tag: str
    citation: str
    address: str = ""
    sentence: str = ""
    kept: str = ""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Every word of one edition. Look up by the ids of the model.

    `version` is that of the files, the same for every edition; a signature keeps it.
    """

    edition: str
    version: str
    terms: Mapping[tuple[type[StrEnum], str], Term] = field(repr=False)
    assessments: Mapping[Assessment, AssessmentTerm] = field(repr=False)
    clock_faces: Mapping[int, Term] = field(repr=False)
    recommendations: Mapping[str, RecommendationTerm] = field(repr=False)
    concepts: Mapping[str, Code] = field(repr=False)
    sources: Mapping[str, Source] = field(repr=False)

    @property
    def edition_name(self) -> str:
        """The edition as its publisher names it: "5th edition (2013)"."""
        return EDITION_NAMES[self.edition]

    def term(self, item: StrEnum) -> Term:
        """The entry of an id of the model."""
        if isinstance(item, Assessment):
            return self.assessments[item].term
        if isinstance(item, Recommendation):
            return self.recommendations[item.value]
        return self.terms[type(item), item.value]

    def clock_face(self, hour: int) -> Term:
        """The entry of an hour of the clock face, 1 to 12; KeyError for another."""
        return self.clock_faces[hour]

    def word(self, item: StrEnum) -> str:
        """The edition's word for an id: `word(Morphology.MILK)` is "Milk of calcium" or "Layering"."""
        return self.term(item).word

    def code(self, item: StrEnum) -> Code | None:
        """The code to write for an id, None where DICOM has none."""
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

    def all_terms(self) -> tuple[Term, ...]:
        """Every term, kind by kind, shapes by group; then clock faces, categories and recommendations."""
        shapes = [self.term(shape) for shape in Morphology]
        return (
            *sorted(shapes, key=lambda term: GROUPS.index(term.group)),
            *(term for (kind, _), term in self.terms.items() if kind is not Morphology),
            *self.clock_faces.values(),
            *(category.term for category in self.assessments.values()),
            *self.recommendations.values(),
        )

    def find(self, name: str) -> tuple[Term, ...]:
        """The terms with this key, id or word, this or another, in any case; () when there is none."""
        wanted = name.casefold().strip()
        return tuple(
            term
            for term in self.all_terms()
            if wanted in (term.key.casefold(), term.id.casefold(), term.word.casefold())
            or wanted in (other.casefold() for other in term.other_words)
        )
