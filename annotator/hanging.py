"""How an image is turned, at which edge it stands, which image hangs where, and why.

See docs/domain.md, turning and hanging: backs together, the right breast on the left of the screen with its
chest wall at the right edge of its pane, the left breast mirrored; feet or inner side down.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from annotator.model.geometry import Orientation
from annotator.model.image import ExamInfo, ImageInfo, Intent, Laterality

Edge = Literal["left", "right", "center"]


class Layout(StrEnum):
    """How many panes there are and what hangs in them."""

    FOUR = "four"
    PAIR = "pair"
    SINGLE = "single"
    LARGE = "large"
    PRIOR = "prior"
    TWO_SCREENS = "two-screens"


_SIDEWAYS = ("MLO", "ML", "LM", "LMO", "SIO", "ISO")
"""Views seen from the side, with feet down."""

_STILL_STANDARD = {"ID", "NP", "IMF"}
"""Modifiers of a whole-breast view that may fill a slot: implant displaced, nipple in profile, fold."""

_VIEW_ORDER = {
    name: place
    for place, name in enumerate(("CC", "MLO", "ML", "LM", "LMO", "SIO", "ISO", "FB", "XCC", "XCCL", "XCCM"))
}
_SIDE_ORDER = {Laterality.RIGHT: 0, Laterality.LEFT: 1, Laterality.BOTH: 2, None: 3}


def orientation_for(
    info: ImageInfo, chest_wall: Literal["left", "right"] | None = None
) -> tuple[Orientation, str]:
    """How the stored image is turned for display, and the reason in words.

    Patient Orientation decides. Where the header has none, `chest_wall`, the edge of the stored image
    at which the pixels show it, decides about mirroring; without it the image is shown as stored.
    """
    if info.laterality not in (Laterality.RIGHT, Laterality.LEFT):
        return Orientation(), "shown as stored: the header does not say which breast this is"
    if info.patient_orientation is None:
        return _from_pixels(info.laterality, chest_wall, "no Patient Orientation in the header")
    row, column = (direction.strip().upper() for direction in info.patient_orientation)
    said = f"Patient Orientation {row}\\{column}"
    transpose = _place_of(column, "AP") < _place_of(row, "AP")
    if transpose:
        row, column = column, row
    if ("A" in row) == ("P" in row):
        return _from_pixels(info.laterality, chest_wall, f"{said} does not say where the chest wall is")
    flip_columns = ("P" if info.laterality is Laterality.RIGHT else "A") not in row
    upside_down = _upside_down(info, column)
    orientation = Orientation(transpose, flip_columns, bool(upside_down))
    doubt = "" if upside_down is not None else "; it does not say what is up"
    return orientation, f"{said}: {_in_words(orientation)}{doubt}"


def _from_pixels(
    side: Laterality, chest_wall: Literal["left", "right"] | None, why: str
) -> tuple[Orientation, str]:
    if chest_wall is None:
        return Orientation(), f"{why}; shown as stored"
    orientation = Orientation(flip_columns=chest_wall != ("right" if side is Laterality.RIGHT else "left"))
    return orientation, f"{why}; {_in_words(orientation)} by the chest wall seen at the {chest_wall} edge"


def _place_of(direction: str, letters: str) -> int:
    """How early a direction names one of the letters: the first letter is the main direction."""
    return min((direction.index(letter) for letter in letters if letter in direction), default=99)


def _upside_down(info: ImageInfo, column: str) -> bool | None:
    """Whether the column direction runs the wrong way; None where it does not say."""
    name = info.view.name
    feet_or_head = _place_of(column, "FH") < _place_of(column, "LR")
    if name in _SIDEWAYS or (name not in _VIEW_ORDER and feet_or_head):
        if "F" in column:
            return False
        if "H" in column:
            return True
    # the outer side is up: running down must not lead to the side of the breast itself
    if "R" in column or "L" in column:
        return info.laterality is not None and info.laterality.value in column
    return None


def _in_words(orientation: Orientation) -> str:
    if orientation == Orientation():
        return "shown as stored"
    done = [
        ("rows and columns exchanged", orientation.transpose),
        ("mirrored left to right", orientation.flip_columns),
        ("mirrored top to bottom", orientation.flip_rows),
    ]
    return ", ".join(words for words, is_done in done if is_done)


def edge_for(info: ImageInfo) -> Edge:
    """The edge of its pane at which an image stands once turned: its chest wall."""
    if info.laterality is Laterality.RIGHT:
        return "right"
    return "left" if info.laterality is Laterality.LEFT else "center"


@dataclass(frozen=True, slots=True)
class Hanging:
    """The four standard views of an exam, None where there is none, and the rest in reading order."""

    rcc: ImageInfo | None = None
    lcc: ImageInfo | None = None
    rmlo: ImageInfo | None = None
    lmlo: ImageInfo | None = None
    others: tuple[ImageInfo, ...] = ()

    @property
    def slots(self) -> tuple[ImageInfo | None, ImageInfo | None, ImageInfo | None, ImageInfo | None]:
        """Row by row: RCC, LCC, RMLO, LMLO."""
        return self.rcc, self.lcc, self.rmlo, self.lmlo

    @property
    def panes(self) -> tuple[ImageInfo | None, ...]:
        """What four panes show at first: the slots, or the first four others when all slots are empty."""
        if any(self.slots) or not self.others:
            return self.slots
        first = self.others[:4]
        return (*first, *[None] * (4 - len(first)))


def four_up(exam: ExamInfo) -> Hanging:
    """Which image hangs in which of four panes; of several that fit, the most standard, then the latest."""
    ordered = reading_order(exam.images)
    taken: dict[tuple[Laterality | None, str], ImageInfo] = {}
    for info in ordered:
        if info.view.name in ("CC", "MLO") and set(info.view.modifiers) <= _STILL_STANDARD:
            taken.setdefault((info.laterality, info.view.name), info)
    wanted = [(side, name) for name in ("CC", "MLO") for side in (Laterality.RIGHT, Laterality.LEFT)]
    rcc, lcc, rmlo, lmlo = slots = [taken.get(key) for key in wanted]
    others = tuple(info for info in ordered if not any(info is shown for shown in slots))
    return Hanging(rcc, lcc, rmlo, lmlo, others)


def reading_order(images: Iterable[ImageInfo]) -> tuple[ImageInfo, ...]:
    """Images as thumbnails are read: CC before MLO before the rest, right before left, details last.

    Magnification and spot views follow the whole views, raw images come last, and of images that are
    alike the latest is first.
    """
    latest_first = sorted(images, key=lambda info: (info.exam_date, info.exam_time), reverse=True)
    return tuple(sorted(latest_first, key=_place_in_order))


def _place_in_order(info: ImageInfo) -> tuple[object, ...]:
    modifiers = info.view.modifiers
    return (
        info.intent is Intent.PROCESSING,
        "M" in modifiers or "S" in modifiers,
        _VIEW_ORDER.get(info.view.name, len(_VIEW_ORDER)),
        info.view.name,
        len(modifiers),
        _SIDE_ORDER[info.laterality],
        modifiers,
        info.is_stack,
        info.generated_2d,
    )
