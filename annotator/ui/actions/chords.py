"""Keys that open a legend, whose letters then say something: of the spot, of the finding, of the view.

A letter means the same in every legend: V is vascular after B and in the line of E, G is grouped wherever a
distribution is wanted. `docs/reading.md` has them as a table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from annotator.lexicon.loader import Lexicon
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
from annotator.model.image import Laterality
from annotator.model.mark import MarkKind
from annotator.model.seen_on_image import RecallReason
from annotator.ui.actions.said import AS_MEASURED, short_of, word_of


@dataclass(frozen=True, slots=True)
class ChordChoice:
    """One row of an open chord: the letters that pick it, and what it says: a value of a field."""

    letters: str
    field: str
    value: Any

    def word(self, lexicon: Lexicon) -> str:
        """The row in the words of the lexicon."""
        return word_of(lexicon, self.field, self.value)

    def offered(self, lexicon: Lexicon) -> bool:
        """Whether the edition still has the word."""
        words = isinstance(self.value, StrEnum) and not isinstance(self.value, Assessment | Laterality)
        return not words or lexicon.term(self.value).offered

    def short(self, lexicon: Lexicon) -> str:
        """The row where there is little room."""
        shape = isinstance(self.value, Morphology)
        return short_of(lexicon, self.value) if shape else self.word(lexicon)


@dataclass(frozen=True, slots=True)
class ChordColumn:
    """What is asked for at once: a title and its rows."""

    title: str
    choices: tuple[ChordChoice, ...]


@dataclass(frozen=True, slots=True)
class Chord:
    """A key that opens a legend; the next letters pick a row of it.

    With several columns it is a line: they are said one after the other and taken as one act. `stays`: after a row
    the legend waits for another one. `sure`: a row picked with Shift says also that the reader is sure of the type.
    `insists`: a row picked with Alt marks whatever is there. `groups` are titles by first letter, shown until one was typed.
    """

    id: str
    key: str
    title: str
    columns: tuple[ChordColumn, ...]
    stays: bool = False
    sure: bool = False
    insists: bool = False
    groups: Mapping[str, str] = field(default_factory=dict)

    @property
    def choices(self) -> tuple[ChordChoice, ...]:
        """The rows of all columns."""
        return tuple(choice for column in self.columns for choice in column.choices)

    @property
    def is_line(self) -> bool:
        """Whether its columns are said one after the other."""
        return len(self.columns) > 1


def _rows(name: str, letters: Mapping[str, Any], first: str = "") -> tuple[ChordChoice, ...]:
    return tuple(ChordChoice(first + typed, name, value) for typed, value in letters.items())


_BENIGN: Mapping[str, Morphology] = {
    "S": Morphology.SKIN,
    "V": Morphology.VASCULAR,
    "C": Morphology.COARSE,
    "R": Morphology.ROD,
    "O": Morphology.ROUND,
    "I": Morphology.RIM,
    "D": Morphology.DYSTROPHIC,
    "M": Morphology.MILK,
    "U": Morphology.SUTURE,
}
_SHAPES: Mapping[str, Morphology] = {
    "A": Morphology.AMORPHOUS,
    "H": Morphology.COARSE_HET,
    "P": Morphology.FINE_PLEO,
    "F": Morphology.FINE_LINEAR,
    "O": Morphology.ROUND,
    "T": Morphology.PUNCTATE,
    "X": Morphology.UNCHARACTERISED,
} | {letter: shape for letter, shape in _BENIGN.items() if shape is not Morphology.ROUND}
_DISTRIBUTIONS: Mapping[str, Distribution] = {
    "G": Distribution.GROUPED,
    "L": Distribution.LINEAR,
    "S": Distribution.SEGMENTAL,
    "R": Distribution.REGIONAL,
    "D": Distribution.DIFFUSE,
    "I": Distribution.SINGLE,
}
# No letter of a change is one of a distribution, none of either a category, so that what is left out needs no key.
_CHANGES: Mapping[str, Change] = {
    "P": Change.NO_PRIOR,
    "N": Change.NEW,
    "M": Change.INCREASED,
    "F": Change.DECREASED,
    "H": Change.MORPH_CHANGED,
    "T": Change.STABLE_LT2Y,
    "Y": Change.STABLE_2Y,
}
_CATEGORIES: Mapping[str, Assessment] = {
    category.value.removeprefix("4") or "4": category for category in Assessment
}

_MORE: Mapping[str, tuple[str, str, Mapping[str, Any]]] = {
    "S": (
        "Stage of the exam",
        "stage",
        {"S": Stage.SCREEN, "M": Stage.WORKUP, "6": Stage.FU6, "1": Stage.FU12, "2": Stage.FU24},
    ),
    "C": ("Change", "change", _CHANGES),
    "Z": ("Size", "size", {"I": MarkKind.MICRO, "A": MarkKind.MACRO}),
    "I": ("Side", "laterality", {"R": Laterality.RIGHT, "L": Laterality.LEFT}),
    "Q": (
        "Quadrant",
        "quadrant",
        {
            "UO": Quadrant.UPPER_OUTER,
            "UI": Quadrant.UPPER_INNER,
            "LO": Quadrant.LOWER_OUTER,
            "LI": Quadrant.LOWER_INNER,
            "C": Quadrant.CENTRAL,
            "S": Quadrant.SUBAREOLAR,
            "A": Quadrant.AXILLARY_TAIL,
        },
    ),
    "O": ("Clock face", "clock_face", {str(n): n for n in range(1, 10)} | {"X": 10, "E": 11, "T": 12}),
    "D": ("Depth", "depth", {"A": Depth.ANTERIOR, "M": Depth.MIDDLE, "P": Depth.POSTERIOR}),
    "B": ("Spread", "spread", {"O": Spread.ONE_SITE, "B": Spread.BILATERAL}),
    "W": (
        "Seen with it",
        "associated",
        {
            "M": Associated.MASS,
            "D": Associated.DISTORTION,
            "A": Associated.ASYMMETRY,
            "S": Associated.SKIN_THICKENING,
            "R": Associated.SKIN_RETRACTION,
            "N": Associated.NIPPLE_RETRACTION,
            "T": Associated.TRABECULAR_THICKENING,
            "X": Associated.AXILLARY_ADENOPATHY,
        },
    ),
    "Y": ("Certainty", "certainty", {"L": Certainty.LOW, "M": Certainty.MODERATE, "H": Certainty.HIGH}),
    "R": (
        "Recommendation",
        "recommendation",
        {
            "R": Recommendation.ROUTINE_SCREENING,
            "V": Recommendation.ADDITIONAL_VIEWS,
            "M": Recommendation.MAGNIFICATION_VIEWS,
            "P": Recommendation.PRIOR_MAMMOGRAMS,
            "6": Recommendation.SIX_MONTHS,
            "1": Recommendation.TWELVE_MONTHS,
            "B": Recommendation.BIOPSY,
            "A": Recommendation.AS_PLANNED,
        },
    ),
}
_KNOWN: Mapping[str, str] = {
    "KS": "certain",
    "KC": "known_cancer_here",
    "KN": "adjacent_cancer",
    "KP": "priors_requested",
}
_MEASURED: Mapping[str, str] = {"ME": "extent", "MN": "nipple_distance"}

_MORE_ROWS: tuple[ChordChoice, ...] = (
    *(row for first, (_, name, letters) in _MORE.items() for row in _rows(name, letters, first)),
    *(ChordChoice(letters, name, True) for letters, name in _KNOWN.items()),
    *(ChordChoice(letters, name, AS_MEASURED) for letters, name in _MEASURED.items()),
)
_MORE_GROUPS: Mapping[str, str] = {
    **{first: title for first, (title, _, _) in _MORE.items()},
    "K": "Known of it",
    "M": "As measured",
}

_DESCRIPTORS: tuple[ChordChoice, ...] = (
    *_rows(
        "morphology",
        {
            "AM": Morphology.AMORPHOUS,
            "CH": Morphology.COARSE_HET,
            "FP": Morphology.FINE_PLEO,
            "FL": Morphology.FINE_LINEAR,
            "RO": Morphology.ROUND,
            "PU": Morphology.PUNCTATE,
            "UN": Morphology.UNCHARACTERISED,
        },
    ),
    *_rows(
        "distributions",
        {
            "DI": Distribution.DIFFUSE,
            "RE": Distribution.REGIONAL,
            "GR": Distribution.GROUPED,
            "LI": Distribution.LINEAR,
            "SE": Distribution.SEGMENTAL,
            "SI": Distribution.SINGLE,
        },
    ),
)
_RECALLS: Mapping[str, RecallReason] = {
    "P": RecallReason.POSITIONING,
    "N": RecallReason.NIPPLE_NOT_IN_PROFILE,
    "T": RecallReason.TISSUE_MISSED,
    "M": RecallReason.MOTION,
    "C": RecallReason.COMPRESSION,
    "U": RecallReason.UNDER_EXPOSED,
    "O": RecallReason.OVER_EXPOSED,
    "A": RecallReason.ARTEFACT,
    "I": RecallReason.PROCESSING,
    "X": RecallReason.OTHER,
}

CHORDS: tuple[Chord, ...] = (
    Chord(
        "benign",
        "B",
        "Benign type at the pointer",
        (ChordColumn("Type", _rows("morphology", _BENIGN)),),
        sure=True,
        insists=True,
    ),
    Chord("descriptor", "L", "Morphology or distribution", (ChordColumn("Word", _DESCRIPTORS),), stays=True),
    Chord("category", "K", "Your category", (ChordColumn("Category", _rows("assessment", _CATEGORIES)),)),
    Chord(
        "more",
        "Shift+L",
        "More of the finding",
        (ChordColumn("Field", _MORE_ROWS),),
        stays=True,
        groups=_MORE_GROUPS,
    ),
    Chord(
        "recall",
        "Alt+R",
        "Take this view again",
        (ChordColumn("Reason", _rows("recall", _RECALLS)),),
        stays=True,
    ),
)

LINE = Chord(
    "line",
    "E",
    "The finding in one line",
    (
        ChordColumn("Shape", _rows("morphology", _SHAPES)),
        ChordColumn("Distribution", _rows("distributions", _DISTRIBUTIONS)),
        ChordColumn("Change", _rows("change", _CHANGES)),
        ChordColumn("Category", _rows("assessment", _CATEGORIES)),
    ),
    sure=True,
)
"""Said in this order, always. What is left out is skipped by Space, or by typing what comes after it."""
