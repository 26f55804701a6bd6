"""What a reader says: the description a rule looks at, the finding, and one reader's reading of one exam.

The ids are those of the lexicon; their words, definitions and codes live in `annotator/lexicon`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from annotator.model.hanging_choice import HangingChoice
from annotator.model.image import ImageKey
from annotator.model.mark import Cluster, Mark, MarkKind


class Stage(StrEnum):
    """Where in the work-up the exam stands."""

    SCREEN = "screen"
    WORKUP = "workup"
    FU6 = "fu6"
    FU12 = "fu12"
    FU24 = "fu24"


class Morphology(StrEnum):
    """Shape of the calcifications (ids of the lexicon)."""

    SKIN = "skin"
    VASCULAR = "vascular"
    COARSE = "coarse"
    ROD = "rod"
    ROUND = "round"
    PUNCTATE = "punctate"
    RIM = "rim"
    DYSTROPHIC = "dystrophic"
    MILK = "milk"
    SUTURE = "suture"
    COARSE_HET = "coarse_het"
    AMORPHOUS = "amorphous"
    FINE_PLEO = "fine_pleo"
    FINE_LINEAR = "fine_linear"
    UNCHARACTERISED = "uncharacterised"


class Distribution(StrEnum):
    """How the calcifications lie in the breast; `single` is not a BI-RADS word."""

    DIFFUSE = "diffuse"
    REGIONAL = "regional"
    GROUPED = "grouped"
    LINEAR = "linear"
    SEGMENTAL = "segmental"
    SINGLE = "single"


class Spread(StrEnum):
    """One site, or similar calcifications in both breasts."""

    ONE_SITE = "one_site"
    BILATERAL = "bilateral"


class Change(StrEnum):
    """Against the prior exam."""

    NO_PRIOR = "no_prior"
    NEW = "new"
    INCREASED = "increased"
    MORPH_CHANGED = "morph_changed"
    STABLE_LT2Y = "stable_lt2y"
    STABLE_2Y = "stable_2y"
    DECREASED = "decreased"


class Assessment(StrEnum):
    """BI-RADS assessment categories (codes in the lexicon)."""

    INCOMPLETE = "0"
    NEGATIVE = "1"
    BENIGN = "2"
    PROBABLY_BENIGN = "3"
    SUSPICIOUS = "4"
    LOW_SUSPICION = "4A"
    MODERATE_SUSPICION = "4B"
    HIGH_SUSPICION = "4C"
    HIGHLY_SUGGESTIVE = "5"
    KNOWN_CANCER = "6"


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """The facts the decision table looks at; None or empty where the reader said nothing.

    `certain`: the reader is sure of the benign type. `known_cancer_here`: biopsy-proven at this site.
    """

    stage: Stage = Stage.SCREEN
    size: MarkKind | None = None
    morphology: tuple[Morphology, ...] = ()
    distribution: Distribution | None = None
    spread: Spread = Spread.ONE_SITE
    change: Change = Change.NO_PRIOR
    certain: bool = False
    known_cancer_here: bool = False
    adjacent_cancer: bool = False
    priors_requested: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding(Description):
    """One calcification or one set, marked on one or more images, under one tracking UID.

    `assessment` is the reader's own category and is never filled in by the program.
    """

    id: str
    number: int
    tracking_uid: str
    assessment: Assessment | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One reader's reading of one exam. Marks and clusters point to their finding by id.

    Findings, marks and clusters are ordered by `number`, `hanging` by image, so that equal content is an equal
    value. `hanging` holds what the reader corrected in how images hang; `done`: the reader calls the exam done.
    """

    id: str
    reader: str
    study_instance_uid: str
    lexicon_edition: str = "5"
    findings: tuple[Finding, ...] = ()
    marks: tuple[Mark, ...] = ()
    clusters: tuple[Cluster, ...] = ()
    hanging: tuple[HangingChoice, ...] = ()
    done: bool = False

    def finding(self, finding_id: str) -> Finding:
        """The finding with that id; KeyError when there is none."""
        return _by_id(self.findings, finding_id)

    def mark(self, mark_id: str) -> Mark:
        """The mark with that id; KeyError when there is none."""
        return _by_id(self.marks, mark_id)

    def marks_by_id(self, mark_ids: Collection[str]) -> dict[str, Mark]:
        """The marks with these ids, in the order of the ids; KeyError when one of them is not there."""
        wanted = frozenset(mark_ids)
        found = {m.id: m for m in self.marks if m.id in wanted}
        return {i: found[i] for i in mark_ids}

    def cluster(self, cluster_id: str) -> Cluster:
        """The cluster with that id; KeyError when there is none."""
        return _by_id(self.clusters, cluster_id)

    def hanging_of(self, sop_instance_uid: str) -> HangingChoice:
        """What the reader corrected in how an image hangs; a choice of nothing where it hangs as its file says."""
        chosen = (c for c in self.hanging if c.sop_instance_uid == sop_instance_uid)
        return next(chosen, HangingChoice(sop_instance_uid))

    def blank(self) -> Reading:
        """The same reader's reading of the same exam, with nothing said yet."""
        return Reading(
            id=self.id,
            reader=self.reader,
            study_instance_uid=self.study_instance_uid,
            lexicon_edition=self.lexicon_edition,
        )

    def marks_of(self, finding_id: str) -> tuple[Mark, ...]:
        """The marks of one finding, in order."""
        return tuple(m for m in self.marks if m.finding_id == finding_id)

    def clusters_of(self, finding_id: str) -> tuple[Cluster, ...]:
        """The clusters of one finding, in order."""
        return tuple(c for c in self.clusters if c.finding_id == finding_id)

    def pictured_slices(self, finding_id: str) -> tuple[tuple[ImageKey, int], ...]:
        """For each image with marks of a finding, the slice with most of them, and how many others have some.

        Of slices with equally many the middle one. Other pictures than stacks have one slice.
        """
        counts: dict[str, dict[ImageKey, int]] = {}
        for mark in self.marks_of(finding_id):
            here = counts.setdefault(mark.image.sop_instance_uid, {})
            here[mark.image] = here.get(mark.image, 0) + 1
        chosen = []
        for here in counts.values():
            fullest = sorted(key for key, count in here.items() if count == max(here.values()))
            chosen.append((fullest[(len(fullest) - 1) // 2], len(here) - 1))
        return tuple(chosen)

    def size_of(self, finding_id: str) -> MarkKind | None:
        """Micro or macro: what the reader said of the finding, else what all its marks agree on."""
        said = self.finding(finding_id).size
        if said is not None:
            return said
        kind: MarkKind | None = None
        for mark in self.marks:
            if mark.finding_id == finding_id and mark.kind is not kind:
                if kind is not None:
                    return None
                kind = mark.kind
        return kind


_Item = TypeVar("_Item", Finding, Mark, Cluster)


def _by_id(items: tuple[_Item, ...], wanted: str) -> _Item:
    for item in items:
        if item.id == wanted:
            return item
    raise KeyError(wanted)
