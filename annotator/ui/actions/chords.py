"""Keys that open a legend, whose letters then pick a word of the lexicon."""

from __future__ import annotations

from dataclasses import dataclass

from annotator.model.finding import Distribution, Morphology


@dataclass(frozen=True, slots=True)
class ChordChoice:
    """One row of an open chord: the letters that pick it, and the id of the lexicon it stands for."""

    letters: str
    word: Morphology | Distribution


@dataclass(frozen=True, slots=True)
class Chord:
    """A key that opens a legend; the next letters pick a row of it."""

    id: str
    key: str
    title: str
    choices: tuple[ChordChoice, ...]


CHORDS: tuple[Chord, ...] = (
    Chord(
        "benign",
        "B",
        "Benign type at the pointer",
        tuple(
            ChordChoice(letters, word)
            for letters, word in (
                ("S", Morphology.SKIN),
                ("V", Morphology.VASCULAR),
                ("C", Morphology.COARSE),
                ("R", Morphology.ROD),
                ("O", Morphology.ROUND),
                ("I", Morphology.RIM),
                ("D", Morphology.DYSTROPHIC),
                ("M", Morphology.MILK),
                ("U", Morphology.SUTURE),
            )
        ),
    ),
    Chord(
        "descriptor",
        "L",
        "Morphology or distribution",
        tuple(
            ChordChoice(letters, word)
            for letters, word in (
                ("AM", Morphology.AMORPHOUS),
                ("CH", Morphology.COARSE_HET),
                ("FP", Morphology.FINE_PLEO),
                ("FL", Morphology.FINE_LINEAR),
                ("RO", Morphology.ROUND),
                ("PU", Morphology.PUNCTATE),
                ("UN", Morphology.UNCHARACTERISED),
                ("DI", Distribution.DIFFUSE),
                ("RE", Distribution.REGIONAL),
                ("GR", Distribution.GROUPED),
                ("LI", Distribution.LINEAR),
                ("SE", Distribution.SEGMENTAL),
                ("SI", Distribution.SINGLE),
            )
        ),
    ),
)
