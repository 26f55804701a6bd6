"""What of a reading becomes which segment: one for each finding and kind, with all its marks on an image.

A segment for each mark would be a plane of a megabyte for a speck, and most viewers list segments by name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from annotator.exchange.drawing import PART_OF, Part
from annotator.exchange.masks import Mask, patch_of
from annotator.exchange.outgoing import Outgoing
from annotator.exchange.written_object import found_on
from annotator.model.finding import Finding
from annotator.model.geometry import ImagePoint
from annotator.model.image import ImageInfo
from annotator.model.mark import Cluster, Mark


@dataclass(frozen=True, slots=True)
class Spot:
    """One outline on one frame; without outline it is the pixel at `point`."""

    frame: int
    point: ImagePoint
    outline: tuple[ImagePoint, ...] = ()


@dataclass(frozen=True, slots=True)
class Segment:
    """`by_hand`: no outline in it was drawn by the program."""

    number: int
    finding: Finding
    part: Part
    spots: tuple[Spot, ...]
    by_hand: bool

    @property
    def label(self) -> str:
        """What it is called: "F1 microcalcifications"."""
        return f"F{self.finding.number} {self.part}"

    @property
    def frames(self) -> tuple[int, ...]:
        """The frames it has anything on, in order."""
        return tuple(sorted({one.frame for one in self.spots}))


def segments_of(outgoing: Outgoing, info: ImageInfo) -> tuple[Segment, ...]:
    """The segments of one image, numbered from 1 in the order of the findings."""
    made: list[Segment] = []
    for finding, marks, areas in found_on(outgoing, info):
        parts: list[tuple[Part, tuple[Spot, ...], bool]] = [(Part.AREA, tuple(map(_area, areas)), True)]
        for kind, part in PART_OF.items():
            here = [one for one in marks if one.kind is kind]
            parts.append((part, tuple(map(_spot, here)), not any(_outline(one) for one in here)))
        made += [
            Segment(len(made) + at, finding, part, spots, by_hand)
            for at, (part, spots, by_hand) in enumerate((one for one in parts if one[1]), start=1)
        ]
    return tuple(made)


def planes_of(segments: tuple[Segment, ...]) -> Iterator[tuple[Segment, int]]:
    """Each segment with each frame that it has anything on: the planes of the object, in order."""
    for segment in segments:
        for frame in segment.frames:
            yield segment, frame


def mask_of(segment: Segment, frame: int, info: ImageInfo) -> Mask:
    """The pixels of a segment on one frame, (rows, columns)."""
    mask = np.zeros((info.rows, info.columns), np.bool_)
    for one in segment.spots:
        if one.frame == frame:
            patch_of(one.outline, one.point, info.rows, info.columns).put_on(mask)
    return mask


def _outline(mark: Mark) -> tuple[ImagePoint, ...]:
    return mark.measurement.outline if mark.measurement else ()


def _spot(mark: Mark) -> Spot:
    return Spot(mark.image.frame, mark.point, _outline(mark))


def _area(cluster: Cluster) -> Spot:
    middle = [sum(values) / len(cluster.outline) for values in zip(*_places(cluster), strict=True)]
    return Spot(cluster.image.frame, ImagePoint(*middle), cluster.outline)


def _places(cluster: Cluster) -> Iterator[tuple[float, float]]:
    return ((one.column, one.row) for one in cluster.outline)
