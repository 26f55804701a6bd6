"""The ruler beside a picture: a round length in centimetres, with the basis of its millimetres."""

from __future__ import annotations

from dataclasses import dataclass

from annotator.model.geometry import SpacingBasis, ViewTransform
from annotator.ui.pictures.picture import Picture

RULER_MM = (100, 50, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1)
RULER_SHARE = 0.3
"""Of the height of the pane, at most: the rest is for words."""
SHORT = {
    SpacingBasis.CALIBRATED: "cal.",
    SpacingBasis.CALIBRATED_GEOMETRY: "cal.",
    SpacingBasis.CALIBRATED_FIDUCIAL: "cal.",
    SpacingBasis.ESTIMATED_IN_BREAST: "est.",
    SpacingBasis.AT_DETECTOR: "det.",
    SpacingBasis.AT_FILM: "film",
    SpacingBasis.UNVERIFIED: "unver.",
}
LEAST_PX = 20.0
"""Shorter than this the marks on it run together."""


@dataclass(frozen=True, slots=True)
class Ruler:
    """`length` in device pixels, divided in `parts`; `text` says how long it is in the breast and by what basis,
    `short` the same where there is little room.
    """

    length: float
    text: str
    short: str
    parts: int


def rulers(picture: Picture, view: ViewTransform, height: int) -> tuple[Ruler, ...]:
    """The round lengths that take up to `RULER_SHARE` of a pane, longest first; () without pixel spacing.

    The smallest of all is given where even that is longer.
    """
    spacing = picture.info.spacing
    if spacing is None:
        return ()
    row_mm = spacing.column_mm if picture.orientation.transpose else spacing.row_mm
    per_mm = view.scale_down / row_mm
    fitting = [mm for mm in RULER_MM if LEAST_PX <= mm * per_mm <= height * RULER_SHARE]
    # at huge magnification the smallest ruler of all is better than none
    chosen = fitting or ([RULER_MM[-1]] if RULER_MM[-1] * per_mm > height * RULER_SHARE else [])
    basis, short = spacing.basis, SHORT[spacing.basis]
    return tuple(
        Ruler(mm * per_mm, f"{length_words(mm)} {basis}", f"{length_words(mm)} {short}", _parts(mm))
        for mm in chosen
    )


def length_words(mm: float) -> str:
    """A round length as rulers say it: centimetres from one upwards, else millimetres."""
    return f"{mm / 10:g} cm" if mm >= 10 else f"{mm:g} mm"


def _parts(mm: float) -> int:
    """A mark at each centimetre, of shorter rulers at each fifth."""
    return int(mm // 10) if mm >= 20 else 5
