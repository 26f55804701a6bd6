"""A second, hand-written reading of the decision table (docs/rules.md), to hold the one in force against.

Nothing here uses the table or the code that looks things up in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import product

from annotator.model.finding import Change, Description, Distribution, Morphology, Spread, Stage
from annotator.model.mark import MarkKind


def row_by_hand(s: Description) -> str:
    """The row of docs/rules.md for a description, worked out by hand; `s` has one shape or none."""
    m = s.morphology[0] if s.morphology else None
    d = s.distributions[0] if s.distributions else None
    surveillance = s.stage in ("fu6", "fu12", "fu24")
    worse = s.change in ("new", "increased", "morph_changed")
    benign_type = m in ("skin", "vascular", "coarse", "rod", "rim", "dystrophic", "milk", "suture")
    roundish = m in ("round", "punctate")
    if s.known_cancer_here:
        return "K1"
    if m is None and s.size is None:
        return "E1"
    if surveillance and s.change == "no_prior":
        return "E2"
    if benign_type and s.certain:
        return "B1"
    if benign_type and s.stage == "screen":
        return "B2"
    scattered = d in ("diffuse", "regional", "single", None)
    if s.size == "macro" and (m is None or m == "round") and scattered and not (surveillance and worse):
        return "B3"
    if m is None and s.size == "macro" and d in ("grouped", "linear", "segmental"):
        return "E3"
    # "after work-up": every stage but screening
    if m is None and s.size == "micro" and d != "single" and s.stage != "screen":
        return "E3"
    if s.stage == "screen" and s.priors_requested:
        return "P1"
    if surveillance and (roundish or m is None):
        if worse or d in ("linear", "segmental") or s.adjacent_cancer:
            return "F4"
        if s.stage == "fu6":
            return "F1"
        if s.stage == "fu12":
            return "F2"
        return "F3"
    if roundish and d == "diffuse":
        return "R1"
    if roundish and d == "grouped" and s.change == "stable_2y" and not s.adjacent_cancer:
        return "R2"
    if s.spread == "bilateral" and not worse:
        if m == "amorphous" and d == "diffuse":
            return "S1"
        if m == "coarse_het" and d not in ("linear", "segmental"):
            return "S1"
    if s.stage == "screen":
        if m in ("coarse_het", "amorphous", "fine_pleo", "fine_linear", "uncharacterised"):
            return "M1"
        if roundish and d != "single":
            return "M1"
        if m is None and s.size == "micro" and d != "single":
            return "M1"
        return "Z"
    if s.stage == "workup" and roundish:
        if d in ("linear", "segmental"):
            return "R5"
        if d == "grouped" and (worse or s.adjacent_cancer):
            return "R4"
        if d == "grouped" and s.spread == "one_site" and s.change in ("no_prior", "stable_lt2y"):
            return "R3"
        return "Z"
    if m == "amorphous":
        if d == "diffuse" and s.spread == "one_site" and not worse:
            return "S2d"
        return "S2"
    if m == "coarse_het":
        return "S3"
    if m == "fine_pleo":
        return "S5" if d in ("linear", "segmental") else "S4"
    if m == "fine_linear":
        return "S6"
    if m == "uncharacterised":
        return "S7"
    return "Z"


# row -> (category, follow-up, months); B2 is told apart by shape below
OUTCOMES = {
    "K1": ("6", "as_planned", None),
    "E1": (None, "more_input", None),
    "E2": (None, "more_input", None),
    "B1": ("2", "routine_screening", None),
    "B2": ("0", "magnification_views", 0),
    "B3": ("2", "routine_screening", None),
    "E3": (None, "more_input", None),
    "P1": ("0", "prior_mammograms", None),
    "F4": ("4", "biopsy", None),
    "F1": ("3", "six_months", 6),
    "F2": ("3", "twelve_months", 12),
    "F3": ("2", "routine_screening", None),
    "R1": ("2", "routine_screening", None),
    "R2": ("2", "routine_screening", None),
    "S1": ("2", "routine_screening", None),
    "M1": ("0", "magnification_views", 0),
    "R5": ("4", "biopsy", None),
    "R4": ("4", "biopsy", None),
    "R3": ("3", "six_months", 6),
    "S2d": ("2", "routine_screening", None),
    "S2": ("4B", "biopsy", None),
    "S3": ("4B", "biopsy", None),
    "S4": ("4B", "biopsy", None),
    "S5": ("4C", "biopsy", None),
    "S6": ("4C", "biopsy", None),
    "S7": ("4", "biopsy", None),
    "Z": (None, "reader_decides", None),
}
B2_BY_SHAPE = {"skin": "additional_views", "milk": "additional_views"}

# what the follow-up says at least
WORDS = {
    "K1": "as already planned",
    "E1": "Describe",
    "E2": "prior exam",
    "B1": "No further follow-up of this finding; routine screening",
    "B2": "magnification views",
    "B3": "No further follow-up of this finding; routine screening",
    "E3": "Describe the shape",
    "P1": "prior mammograms",
    "F4": "Biopsy",
    "F1": "6 months, the 12-month point",
    "F2": "12 months, the 24-month point",
    "F3": "outine screening",
    "R1": "Routine screening",
    "R2": "Routine screening",
    "S1": "baseline are optional",
    "M1": "magnification views",
    "R5": "Biopsy",
    "R4": "Biopsy",
    "R3": "6 months",
    "S2d": "Routine screening",
    "S2": "Biopsy",
    "S3": "Biopsy",
    "S4": "Biopsy",
    "S5": "Biopsy",
    "S6": "Biopsy",
    "S7": "the subcategory is the reader's",
    "Z": "No documented rule: the reader decides",
}
B2_WORDS = {
    "skin": "tangential view",
    "vascular": "spot magnification view",
    "milk": "90-degree lateral view",
}

# the source tags of the citation column; "input rule" is RULE
CITATIONS = {
    "K1": {"BR5", "V25a"},
    "E1": {"RULE"},
    "E2": {"RULE"},
    "B1": {"SJRA-10", "MAYO-5", "BR5"},
    "B2": {"BR5", "SJRA-8"},
    "B3": {"SJRA-5", "SJRA-10", "MAYO-5"},
    "E3": {"SJRA-5"},
    "P1": {"BR5", "V25a"},
    "F4": {"BR5", "RP-3", "SJRA-11"},
    "F1": {"RP-3", "BLOG3", "BERG20"},
    "F2": {"RP-3", "BLOG3", "BERG20"},
    "F3": {"RP-3", "MAYO-10"},
    "R1": {"BR5"},
    "R2": {"RP-3"},
    "S1": {"BR5"},
    "M1": {"SJRA-8", "MAYO-8", "RED", "RG24"},
    "R5": {"BR5"},
    "R4": {"BR5"},
    "R3": {"BR5", "RG24", "RED", "SJRA-11", "MAYO-10"},
    "S2d": {"BR5"},
    "S2": {"BR5"},
    "S3": {"BR5", "HI"},
    "S4": {"BR5"},
    "S5": {"PARK", "ASMT", "BR5"},
    "S6": {"BR5"},
    "S7": {"SJRA-12", "MAYO-9"},
    "Z": {"RULE"},
}


def every_description() -> Iterator[Description]:
    flags = (False, True)
    for stage, size, shape, dist, spread, change, certain, known, adjacent, priors in product(
        Stage, (*MarkKind, None), (*Morphology, None), (*Distribution, None), Spread, Change, *[flags] * 4
    ):
        yield Description(
            stage=stage,
            size=size,
            morphology=(shape,) if shape else (),
            distributions=() if dist is None else (dist,),
            spread=spread,
            change=change,
            certain=certain,
            known_cancer_here=known,
            adjacent_cancer=adjacent,
            priors_requested=priors,
        )


@cache
def areas_by_hand() -> dict[str, int]:
    """For each row the combinations it decides, as bits in the order of `every_description`."""
    bits: dict[str, bytearray] = {}
    for number, said in enumerate(every_description()):
        row = bits.setdefault(row_by_hand(said), bytearray(376_320 // 8))
        row[number >> 3] |= 1 << (number & 7)
    return {row: int.from_bytes(found, "little") for row, found in bits.items()}


def step_by_hand(row: str, shape: str) -> tuple[str, int | None]:
    """The follow-up of a row for a shape, and its months."""
    _, action, months = OUTCOMES[row]
    return (B2_BY_SHAPE.get(shape, action) if row == "B2" else action), months


def words_by_hand(row: str, shape: str) -> str:
    """What the follow-up of a row says at least for a shape."""
    return B2_WORDS.get(shape, WORDS[row]) if row == "B2" else WORDS[row]
