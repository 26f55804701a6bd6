"""What a segmentation or a presentation state shows, whoever made it, as places and outlines on stored images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from annotator.errors import UnreadableObject
from annotator.lexicon.terms import Code
from annotator.model.geometry import ImagePoint
from annotator.model.image import ExamInfo, ImageInfo, ImageKey, Voi
from annotator.model.mark import MarkKind


class Part(StrEnum):
    """What of a finding is drawn; the value is the word that names it in what is written."""

    AREA = "area"
    MICRO = "microcalcifications"
    MACRO = "macrocalcifications"

    @property
    def colour(self) -> tuple[int, int, int]:
        """What others are asked to show it in, as CIELab in the numbers of PS3.3 C.10.7.1.1: yellow, cyan, orange."""
        return {
            Part.AREA: (56871, 32908, 52038),
            Part.MICRO: (54127, 25070, 25969),
            Part.MACRO: (45507, 43100, 46260),
        }[self]


PART_OF = {MarkKind.MICRO: Part.MICRO, MarkKind.MACRO: Part.MACRO}
"""What a mark of each kind is drawn as."""


@dataclass(frozen=True, slots=True)
class Group:
    """What things are drawn as: a segment, or a graphic layer.

    `label` is its name, `part` None where it is not in the words of this program. `tracking_uid` '' where none is said.
    `code` is that of a segment. `by_hand` None where it is not said.
    """

    label: str
    part: Part | None = None
    tracking_id: str = ""
    tracking_uid: str = ""
    code: Code | None = None
    by_hand: bool | None = None


@dataclass(frozen=True, slots=True)
class Drawn:
    """One thing on one frame: a place, an outline without its first point repeated, or both.

    An `outline` that is not `closed` is a line. Of a mask, `point` is the middle of its pixels.
    """

    image: ImageKey
    group: Group
    point: ImagePoint | None = None
    outline: tuple[ImagePoint, ...] = ()
    closed: bool = True


@dataclass(frozen=True, slots=True)
class Written:
    """Words on one frame; `point` None where they stand at a place of the screen."""

    image: ImageKey
    text: str
    point: ImagePoint | None = None


@dataclass(frozen=True, slots=True)
class ShownImage:
    """An image that is drawn on; `rows` and `columns` 0 where the object does not say them."""

    sop_instance_uid: str
    rows: int = 0
    columns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """All of one object. `maker` is who made it, as far as it says; `notes` tell in sentences what could not be used.

    `windows` are those a presentation state shows its images with, by SOP Instance UID.
    """

    path: Path
    maker: str
    study_instance_uid: str
    images: tuple[ShownImage, ...]
    drawn: tuple[Drawn, ...]
    texts: tuple[Written, ...] = ()
    windows: Mapping[str, Voi] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def placed_on(drawing: Drawing, exam: ExamInfo) -> Drawing:
    """The drawing, once it is known to lie on images of `exam`; what reaches beyond their edge is told in `notes`.

    Raises UnreadableObject where an image is not at hand, or is not of the size or the frames drawn on.
    """
    at_hand = {one.sop_instance_uid: one for one in exam.images}
    for shown in drawing.images:
        info = at_hand.get(shown.sop_instance_uid)
        if info is None:
            raise UnreadableObject(
                drawing.path,
                "it is drawn on an image that is not at hand; open the exam that it belongs to, with all its images",
            )
        if shown.rows and (shown.rows, shown.columns) != (info.rows, info.columns):
            raise UnreadableObject(
                drawing.path,
                f"its masks are {shown.columns} x {shown.rows} pixels and the image {info.columns} x {info.rows}; "
                "it belongs to another image",
            )
    frames = {one.image for one in drawing.drawn} | {one.image for one in drawing.texts}
    for key in sorted(frames):
        info = at_hand[key.sop_instance_uid]
        if not 1 <= key.frame <= info.frames:
            raise UnreadableObject(
                drawing.path, f"it is drawn on frame {key.frame} of an image that has {info.frames}"
            )
    beyond = sum(_reaches_beyond(one, at_hand[one.image.sop_instance_uid]) for one in drawing.drawn)
    if not beyond:
        return drawing
    told = f"{_things(beyond)} beyond the edge of the image."
    return replace(drawing, notes=(*drawing.notes, told))


def _things(count: int) -> str:
    return "1 thing reaches" if count == 1 else f"{count} things reach"


def _reaches_beyond(one: Drawn, info: ImageInfo) -> bool:
    points = (*one.outline, *((one.point,) if one.point else ()))
    return any(not (0 <= p.column <= info.columns and 0 <= p.row <= info.rows) for p in points)
