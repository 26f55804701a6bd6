"""What a reader says: the description a rule looks at, the finding, and one reader's reading of one exam.

The ids are those of the lexicon; their words, definitions and codes live in `annotator/lexicon`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import TypeVar

from annotator.model.candidate import CandidateDecision
from annotator.model.geometry import SpacingBasis, mm_digits
from annotator.model.hanging_choice import HangingChoice
from annotator.model.image import ImageKey, Laterality
from annotator.model.mark import Cluster, Mark, MarkKind
from annotator.model.origin import Origin
from annotator.model.seen_on_image import ChestWall, MarkedPixels, NipplePlace, TechnicalRecall
from annotator.model.signing import Signature


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


class Quadrant(StrEnum):
    """Quadrant of the breast (CID 6020), or one of the regions that belong to none (CID 6018)."""

    UPPER_OUTER = "upper_outer"
    UPPER_INNER = "upper_inner"
    LOWER_OUTER = "lower_outer"
    LOWER_INNER = "lower_inner"
    CENTRAL = "central"
    SUBAREOLAR = "subareolar"
    AXILLARY_TAIL = "axillary_tail"


class Depth(StrEnum):
    """Third of the breast from the nipple to the chest wall (CID 6024)."""

    ANTERIOR = "anterior"
    MIDDLE = "middle"
    POSTERIOR = "posterior"


class Associated(StrEnum):
    """What else is seen with the calcifications (CID 6014, 6016 and 6056)."""

    MASS = "mass"
    DISTORTION = "distortion"
    ASYMMETRY = "asymmetry"
    SKIN_THICKENING = "skin_thickening"
    SKIN_RETRACTION = "skin_retraction"
    NIPPLE_RETRACTION = "nipple_retraction"
    TRABECULAR_THICKENING = "trabecular_thickening"
    AXILLARY_ADENOPATHY = "axillary_adenopathy"


class Certainty(StrEnum):
    """How sure the reader is of the finding as described."""

    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"


class Recommendation(StrEnum):
    """What the reader wants done next; said apart from the category (codes in the lexicon)."""

    ROUTINE_SCREENING = "routine_screening"
    ADDITIONAL_VIEWS = "additional_views"
    MAGNIFICATION_VIEWS = "magnification_views"
    PRIOR_MAMMOGRAMS = "prior_mammograms"
    SIX_MONTHS = "six_months"
    TWELVE_MONTHS = "twelve_months"
    BIOPSY = "biopsy"
    AS_PLANNED = "as_planned"


@dataclass(frozen=True, slots=True)
class SaidLength:
    """A length the reader stands for, in mm; `basis` None: typed by the reader, not measured on an image."""

    value_mm: float
    basis: SpacingBasis | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.value_mm < LONGEST_MM:
            raise ValueError(f"a length in the breast is 0 to {LONGEST_MM} mm, not {self.value_mm}")

    def __str__(self) -> str:
        return f"{mm_digits(self.value_mm)} mm {self.how_known}"

    @property
    def in_sentence(self) -> str:
        """With how it is known in brackets: "8.0 mm (as the reader says)"."""
        return f"{mm_digits(self.value_mm)} mm ({self.how_known})"

    @property
    def how_known(self) -> str:
        """How it was calibrated, or whose word it is."""
        return str(self.basis or "as the reader says")


LONGEST_MM = 500
"""No length in a breast reaches half a metre; what does is a slip of the hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """The facts the decision table looks at; None or empty where the reader said nothing.

    `certain`: the reader is sure of the benign type. `known_cancer_here`: biopsy-proven at this site.
    """

    stage: Stage | None = None
    size: MarkKind | None = None
    morphology: tuple[Morphology, ...] = ()
    distributions: tuple[Distribution, ...] = ()
    spread: Spread | None = None
    change: Change | None = None
    certain: bool = False
    known_cancer_here: bool = False
    adjacent_cancer: bool = False
    priors_requested: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding(Description):
    """One calcification or one set, marked on one or more images, under one tracking UID.

    Findings of several exams that are one and the same share the tracking UID. `stage` only where it is another than
    that of the exam. `clock_face` 1 to 12 as seen from in front, `nipple_distance` and `extent` (greatest extent in any one view) as the
    reader stands for them. `assessment` and `recommendation` are the reader's own and never filled in by the program;
    `recommended_months` the interval the reader names. `kept` are ids of contradictions that the reader saw and leaves.
    `origin` is what a data set said of a finding that was brought in.
    """

    id: str
    number: int
    tracking_uid: str
    laterality: Laterality | None = None
    quadrant: Quadrant | None = None
    clock_face: int | None = None
    depth: Depth | None = None
    nipple_distance: SaidLength | None = None
    extent: SaidLength | None = None
    associated: tuple[Associated, ...] = ()
    certainty: Certainty | None = None
    assessment: Assessment | None = None
    recommendation: Recommendation | None = None
    recommended_months: int | None = None
    kept: tuple[str, ...] = ()
    comment: str = ""
    origin: Origin | None = None

    def __post_init__(self) -> None:
        if self.clock_face is not None and not 1 <= self.clock_face <= 12:
            raise ValueError(f"clock_face is 1 to 12, not {self.clock_face}")
        if self.recommended_months is not None and not 0 <= self.recommended_months <= LONGEST_MONTHS:
            raise ValueError(f"recommended_months is 0 to {LONGEST_MONTHS}, not {self.recommended_months}")


LONGEST_MONTHS = 120
"""Ten years: what is further away is no recommendation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One reader's reading of one exam. Marks and clusters point to their finding by id.

    Findings, marks and clusters are ordered by `number`, what is said of images by image, `decisions` by candidate,
    `signatures` by version, so that equal content is an equal value. `first_pass`: the reader has looked at the exam
    alone and lets candidates be shown. `stage` is that of the exam, None where the reader has not said it.
    `hanging` holds what the reader corrected in how images hang; `done`: the reader calls the exam done.
    `amending` is the reason for which a signed reading is open again, '' while it is not. `pixels`, ordered by
    frame, holds what the pixels of marked frames were when the first mark came.
    """

    id: str
    reader: str
    study_instance_uid: str
    lexicon_edition: str = "5"
    stage: Stage | None = None
    findings: tuple[Finding, ...] = ()
    marks: tuple[Mark, ...] = ()
    clusters: tuple[Cluster, ...] = ()
    nipples: tuple[NipplePlace, ...] = ()
    chest_walls: tuple[ChestWall, ...] = ()
    recalls: tuple[TechnicalRecall, ...] = ()
    first_pass: bool = False
    decisions: tuple[CandidateDecision, ...] = ()
    hanging: tuple[HangingChoice, ...] = ()
    done: bool = False
    signatures: tuple[Signature, ...] = ()
    amending: str = ""
    pixels: tuple[MarkedPixels, ...] = ()

    @property
    def is_signed(self) -> bool:
        """Whether the reading is closed: signed, and not open again for an amendment."""
        return bool(self.signatures) and not self.amending

    @property
    def content(self) -> Reading:
        """What a signature covers: everything but the signatures themselves and whether the exam is done."""
        return replace(self, signatures=(), amending="", done=False)

    def stage_of(self, finding_id: str) -> Stage | None:
        """The stage of a finding: its own, else that of the exam, None where neither was said."""
        return self.finding(finding_id).stage or self.stage

    def described(self, finding_id: str) -> Description:
        """What was said of a finding for the rules to look at: with the exam's stage and the size its marks agree on."""
        finding = self.finding(finding_id)
        said = {part.name: getattr(finding, part.name) for part in fields(Description)}
        return Description(**said | {"stage": self.stage_of(finding_id), "size": self.size_of(finding_id)})

    def nipple_on(self, sop_instance_uid: str) -> NipplePlace | None:
        """The nipple the reader placed on an image."""
        return next((n for n in self.nipples if n.image.sop_instance_uid == sop_instance_uid), None)

    def chest_wall_on(self, sop_instance_uid: str) -> ChestWall | None:
        """The chest wall the reader drew on an image."""
        return next((w for w in self.chest_walls if w.image.sop_instance_uid == sop_instance_uid), None)

    def recall_of(self, sop_instance_uid: str) -> TechnicalRecall | None:
        """Whether and why the reader wants a view taken again."""
        return next((r for r in self.recalls if r.sop_instance_uid == sop_instance_uid), None)

    def pixels_of(self, image: ImageKey) -> str:
        """SHA-256 of what the pixels of a marked frame were; '' where none is kept."""
        return next((one.sha256 for one in self.pixels if one.image == image), "")

    def decision_on(self, candidate_id: str) -> CandidateDecision | None:
        """What the reader said of a candidate, None while nothing."""
        return next((d for d in self.decisions if d.candidate.id == candidate_id), None)

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
