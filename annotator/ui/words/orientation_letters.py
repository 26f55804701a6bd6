"""Which way of the body each edge of a pane points: Patient Orientation, turned as the image is shown."""

from __future__ import annotations

from dataclasses import dataclass

from annotator.model.geometry import Orientation

_OPPOSITE = str.maketrans("APRLHF", "PALRFH")


@dataclass(frozen=True, slots=True)
class EdgeLetters:
    """What lies beyond each edge of the picture as displayed: A P R L H F, two or three of them between axes
    ("FL"); '' where the header does not say.
    """

    left: str = ""
    top: str = ""
    right: str = ""
    bottom: str = ""


def edge_letters(patient_orientation: tuple[str, str] | None, turn: Orientation) -> EdgeLetters:
    """The letters at the edges of an image shown in `turn`.

    Patient Orientation names where rows and columns of the stored image run to: to its right and to its bottom
    (PS3.3 C.7.6.1.1.1). What is not made of the six letters of a body that stands is left out.
    """
    if patient_orientation is None:
        return EdgeLetters()
    across, down = (_known(letters) for letters in patient_orientation)
    if turn.transpose:
        across, down = down, across
    right = opposite(across) if turn.flip_columns else across
    bottom = opposite(down) if turn.flip_rows else down
    return EdgeLetters(left=opposite(right), top=opposite(bottom), right=right, bottom=bottom)


def opposite(letters: str) -> str:
    """Where the other end of an axis points: A and P, R and L, H and F."""
    return letters.translate(_OPPOSITE)


def _known(letters: str) -> str:
    spelled = letters.strip().upper()
    axes = {frozenset((letter, opposite(letter))) for letter in spelled}
    return spelled if set(spelled) <= set("APRLHF") and len(axes) == len(spelled) else ""
