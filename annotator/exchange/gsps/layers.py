"""What of a reading is drawn in which graphic layer: for each finding its areas, its marks by kind, and its name.

Layers can be switched on and off elsewhere, so that what is marked can be seen without the marks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from annotator.exchange.drawing import PART_OF, Drawn, Group, Part, Written
from annotator.exchange.outgoing import Outgoing
from annotator.exchange.written_object import found_on, line, tracking_uid
from annotator.model.finding import Finding
from annotator.model.geometry import ImagePoint
from annotator.model.image import ImageInfo, ImageKey

NAMES = {Part.AREA: "AREA", Part.MICRO: "MICRO", Part.MACRO: "MACRO"}
_TEXT_AWAY_PX = 6.0


@dataclass(frozen=True, slots=True)
class Layer:
    """One graphic layer of one image. `part` None: the name of the finding. `description` is in the reader's words."""

    name: str
    description: str
    part: Part | None
    drawn: tuple[Drawn, ...] = ()
    texts: tuple[Written, ...] = ()

    @property
    def frames(self) -> tuple[ImageKey, ...]:
        """The frames it has anything on, in order."""
        return tuple(sorted({one.image for one in self.drawn} | {one.image for one in self.texts}))

    def on(self, key: ImageKey) -> tuple[Drawn, ...]:
        """What is drawn on one frame."""
        return tuple(one for one in self.drawn if one.image == key)


def layers_of(outgoing: Outgoing, info: ImageInfo) -> tuple[Layer, ...]:
    """The layers of one image, in the order in which they are drawn; coordinates lie on the image."""
    made: list[Layer] = []
    for finding, marks, areas in found_on(outgoing, info):
        drawn = [
            Drawn(one.image, _group(finding, Part.AREA), outline=_within(one.outline, info)) for one in areas
        ]
        for mark in marks:
            outline = mark.measurement.outline if mark.measurement else ()
            group = _group(finding, PART_OF[mark.kind])
            drawn.append(Drawn(mark.image, group, _clamped(mark.point, info), _within(outline, info)))
        said = [outgoing.lexicon.word(one) for one in (*finding.morphology, *finding.distributions)]
        for part, name in NAMES.items():
            here = tuple(one for one in drawn if one.group.part is part)
            if here:
                words = line(f"F{finding.number} {part}" + (f": {', '.join(said)}" if said else ""))
                made.append(Layer(f"F{finding.number} {name}", words, part, here))
        made.append(
            Layer(
                f"F{finding.number} NAME",
                f"Name of finding F{finding.number}",
                None,
                texts=tuple(_names(finding, drawn, info)),
            )
        )
    return tuple(made)


def _group(finding: Finding, part: Part) -> Group:
    return Group(f"F{finding.number} {NAMES[part]}", part, f"F{finding.number}", tracking_uid(finding))


def _within(outline: tuple[ImagePoint, ...], info: ImageInfo) -> tuple[ImagePoint, ...]:
    return tuple(_clamped(one, info) for one in outline)


def _clamped(point: ImagePoint, info: ImageInfo) -> ImagePoint:
    # 0\0 to Columns\Rows is all that the units allow (PS3.3 C.10.5.1.2)
    return ImagePoint(min(max(point.column, 0.0), info.columns), min(max(point.row, 0.0), info.rows))


def _names(finding: Finding, drawn: list[Drawn], info: ImageInfo) -> Iterator[Written]:
    """The name of the finding, once on each frame, right of and above what is drawn there."""
    for key in sorted({one.image for one in drawn}):
        points = [
            point
            for one in drawn
            if one.image == key
            for point in (*one.outline, *([one.point] if one.point else []))
        ]
        place = ImagePoint(
            max(one.column for one in points) + _TEXT_AWAY_PX, min(one.row for one in points) - _TEXT_AWAY_PX
        )
        yield Written(key, f"F{finding.number}", _clamped(place, info))
