"""What single frames of a stack say otherwise than the image as a whole (functional groups, PS3.3 C.7.6.16).

Walked when first asked for, once: the groups of 100 slices take some 20 ms, far too long for a list of files.
"""

from __future__ import annotations

import math
import threading
from dataclasses import replace
from typing import Any

from pydicom.dataset import Dataset

from annotator.imaging.decode_guard import decode_guard
from annotator.imaging.facts import Facts
from annotator.imaging.side_and_view import frame_laterality
from annotator.imaging.spacing import FRAME_SPACING, magnification_factor, pixel_spacing
from annotator.imaging.voi_header import may_be_negative, rescale_of, voi_of
from annotator.model.image import ImageInfo, SlicePosition
from annotator.quiet_parsing import quiet_parsing

_SHARED = "SharedFunctionalGroupsSequence"
_EACH = "PerFrameFunctionalGroupsSequence"
_Vector = tuple[float, float, float]

_MOST_ASKEW = 0.5
"""Cosine between a slice's normal and the way to the last slice below which one of them is wrong."""
_FARTHEST_MM = 1e5
"""No slice lies or measures more: coordinates of a patient, or of the room around the equipment."""
_FLATTEST_NORMAL = 0.5
"""Length of row direction x column direction, 1 as it should be, below which they span no plane."""


class FrameGroups:
    """The frames of one header as `ImageInfo` and `SlicePosition`; may be shared between threads."""

    def __init__(self, dataset: Dataset, info: ImageInfo) -> None:
        self._dataset = dataset
        self._info = info
        self._lock = threading.Lock()
        self._walked: tuple[tuple[ImageInfo, ...], tuple[SlicePosition, ...]] | None = None

    def info_of(self, number: int) -> ImageInfo:
        """The facts of frame `number` (from 1): its own where it has any, else the image's."""
        return self._frames()[0][number - 1]

    def slices(self) -> tuple[SlicePosition, ...]:
        """Where the frames lie, in the order of the file."""
        return self._frames()[1]

    def _frames(self) -> tuple[tuple[ImageInfo, ...], tuple[SlicePosition, ...]]:
        with self._lock:
            if self._walked is None:
                with decode_guard(self._info.path), quiet_parsing():
                    self._walked = _walk(self._dataset, self._info)
            return self._walked


class _Groups:
    """Functional groups by frame: the frame's own, else the one that all frames share."""

    def __init__(self, facts: Facts, frames: int) -> None:
        self._shared = facts.item(_SHARED)
        self._each = list(facts.items(_EACH))
        found = len(self._each)
        if found and found != frames:
            rest = "the others have those of the image" if found < frames else "the rest was left out"
            facts.repairs.append(f"The header describes {found} frames and there are {frames}; {rest}.")

    def own(self, number: int, keyword: str) -> Facts | None:
        """The macro of frame `number`, None when it has none of its own."""
        return self._each[number - 1].item(keyword) if number <= len(self._each) else None

    def macro(self, number: int, keyword: str) -> Facts | None:
        """The macro that holds for frame `number`."""
        own = self.own(number, keyword)
        return own if own is not None or self._shared is None else self._shared.item(keyword)


def _walk(dataset: Dataset, info: ImageInfo) -> tuple[tuple[ImageInfo, ...], tuple[SlicePosition, ...]]:
    repairs: list[str] = []
    facts = Facts(dataset, repairs)
    groups = _Groups(facts, info.frames)
    numbers = range(1, info.frames + 1)
    infos = [_info(facts, groups, number, info) for number in numbers]
    slices = _slices(facts, groups, info.frames)
    told = tuple(dict.fromkeys((*info.repairs, *repairs)))
    # equal facts are one object, so that whoever keeps a table for a frame's facts keeps one for all frames
    # (told last: what was mended is the same for all, and long where each frame is wrong in its own way)
    whole = dict.fromkeys((info, *infos))
    told_of = {one: one if told == info.repairs else replace(one, repairs=told) for one in whole}
    return tuple(told_of[one] for one in infos), slices


def _info(facts: Facts, groups: _Groups, number: int, info: ImageInfo) -> ImageInfo:
    changes: dict[str, Any] = {}
    rescale = groups.own(number, "PixelValueTransformationSequence")
    if rescale is not None and info.modality_lut is None:
        changes["slope"], changes["intercept"] = rescale_of(rescale)
    voi = groups.own(number, "FrameVOILUTSequence")
    if voi is not None:
        negative = info.modality_lut is None and may_be_negative(
            bits_stored=info.bits_stored,
            signed=info.signed,
            slope=changes.get("slope", info.slope),
            intercept=changes.get("intercept", info.intercept),
        )
        changes["voi"] = voi_of(voi, signed=negative) or info.voi
    if any(groups.own(number, keyword) is not None for keyword in FRAME_SPACING):

        def macro(keyword: str) -> Facts | None:
            return groups.macro(number, keyword)

        factor = magnification_factor(facts, macro)
        changes["spacing"] = pixel_spacing(facts, info.sop_class_uid, factor, macro)
        changes["technique"] = replace(info.technique, magnification_factor=factor)
    side = frame_laterality(groups.own(number, "FrameAnatomySequence"))
    if side is not None:
        changes["laterality"], changes["laterality_source"] = side, "FrameLaterality"
    return replace(info, **changes) if changes else info


def _slices(facts: Facts, groups: _Groups, frames: int) -> tuple[SlicePosition, ...]:
    places = [_place(facts, groups, number) for number in range(1, frames + 1)]
    missing = sum(place is None for place in places)
    if missing == frames:
        positions = _evenly(facts, groups, frames)
    else:
        if missing:
            facts.repairs.append(f"{missing} of {frames} slices do not say where they lie.")
        positions = _along_normal(facts, places)
    return tuple(
        SlicePosition(number, position, _measure(facts, groups, number, "SliceThickness"))
        for number, position in enumerate(positions, start=1)
    )


def _place(facts: Facts, groups: _Groups, number: int) -> tuple[_Vector, _Vector | None] | None:
    """Position and normal of a slice: in the patient's coordinates, or in those of the equipment, which
    tomosynthesis may use instead (the macros named Volume, PS3.3 C.7.6.16.2.21 and 22).
    """
    for frame_of, kind in (("Patient", ""), ("Volume", "Volume")):
        position = groups.macro(number, f"PlanePosition{kind}Sequence") or facts
        orientation = groups.macro(number, f"PlaneOrientation{kind}Sequence") or facts
        place = position.numbers(f"ImagePosition{frame_of}")
        if len(place) == 3 and _possible(facts, f"ImagePosition{frame_of}", place):
            return (place[0], place[1], place[2]), _normal(orientation.numbers(f"ImageOrientation{frame_of}"))
    return None


def _possible(facts: Facts, keyword: str, lengths: tuple[float, ...]) -> bool:
    """Whether these can be lengths in mm; said where they cannot."""
    farthest = max(lengths, key=abs)
    if abs(farthest) <= _FARTHEST_MM:
        return True
    facts.repairs.append(f"{keyword} is {farthest:g} mm, which cannot be, and was ignored.")
    return False


def _along_normal(facts: Facts, places: list[tuple[_Vector, _Vector | None] | None]) -> list[float | None]:
    """Positions projected on the normal of their slices, else on the way from the first to the last."""
    known = [place for place in places if place is not None]
    (first, normal), (last, _) = known[0], known[-1]
    way = (last[0] - first[0], last[1] - first[1], last[2] - first[2])
    length = math.hypot(*way)
    if normal is None or (length > 0 and abs(_dot(way, normal)) < _MOST_ASKEW * length):
        if normal is not None:
            facts.repairs.append(
                "The slices do not follow each other along the normal that their orientation gives; "
                "distances between them are along their own way."
            )
        normal = (way[0] / length, way[1] / length, way[2] / length) if length else None
    if normal is None:
        return [None] * len(places)
    return [None if place is None else _dot(place[0], normal) for place in places]


def _dot(a: _Vector, b: _Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _normal(directions: tuple[float, ...]) -> _Vector | None:
    if len(directions) != 6:
        return None
    (a, b, c), (d, e, f) = directions[:3], directions[3:]
    normal = (b * f - c * e, c * d - a * f, a * e - b * d)
    length = math.hypot(*normal)
    if length < _FLATTEST_NORMAL or not math.isfinite(length):
        return None
    return normal[0] / length, normal[1] / length, normal[2] / length


def _evenly(facts: Facts, groups: _Groups, frames: int) -> list[float | None]:
    """Positions without planes: the vector of slice locations, else equal steps, else nothing."""
    listed = facts.numbers("SliceLocationVector")
    if len(listed) == frames and _possible(facts, "SliceLocationVector", listed):
        return list(listed)
    if frames == 1:
        return [facts.number("SliceLocation")]
    step = _measure(facts, groups, 1, "SpacingBetweenSlices")
    if step is None:
        return [None] * frames
    return [(number - 1) * step for number in range(1, frames + 1)]


def _measure(facts: Facts, groups: _Groups, number: int, keyword: str) -> float | None:
    """A length above zero from the frame's pixel measures, else from the header."""
    measures = groups.macro(number, "PixelMeasuresSequence")
    length = measures.positive(keyword) if measures is not None and keyword in measures else None
    length = facts.positive(keyword) if length is None else length
    return length if length is not None and _possible(facts, keyword, (length,)) else None
