"""Whether a CAD report that was read says what was to be written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from annotator.model.cad import CadMark, CadReport
from annotator.model.geometry import ImagePoint

WITHIN_PX = 0.01
"""Places are written with 32 bits (VR FL): on an image of 5000 columns off by up to 0.0003 pixels."""
WITHIN_SHARE = 1e-6


def difference(meant: CadReport, read: CadReport) -> str | None:
    """The first thing in which they differ, in a sentence; None where they say the same."""
    for what in ("study_instance_uid", "images", "detected", "analysed", "with_findings", "others"):
        if getattr(meant, what) != getattr(read, what):
            return f"The file says something else of {what.replace('_', ' ')} than was to be written."
    if set(meant.detections) != set(read.detections):
        return "The file says something else of what was looked for than was to be written."
    if len(meant.marks) != len(read.marks):
        return f"The file has {len(read.marks)} marks, {len(meant.marks)} were to be written."
    theirs = sorted(read.marks, key=_place)
    mine = sorted(meant.marks, key=_place)
    for number, (one, other) in enumerate(zip(mine, theirs, strict=True), 1):
        if not _same(one, other):
            return f"Mark {number} of {len(mine)} reads otherwise than it was to be written."
    if _linked(meant, mine) != _linked(read, theirs):
        return "The file links other marks of several images than were to be written."
    return None


def _place(mark: CadMark) -> tuple[object, ...]:
    """The same for a mark and for what 32 bits make of it: digits cut off would put neighbours in another order."""
    center = mark.center
    return mark.image, _as_written(center.column), _as_written(center.row), mark.kind, len(mark.members)


def _as_written(number: float) -> float:
    """A number as it comes back from a file."""
    return float(np.float32(number))


def _linked(report: CadReport, order: Sequence[CadMark]) -> list[list[int]]:
    at = {mark.id: number for number, mark in enumerate(order)}
    return sorted(sorted(at[i] for i in feature.mark_ids) for feature in report.features)


def _same(one: CadMark, other: CadMark) -> bool:
    """Equal but for ids, and for what 32 bits do to numbers."""
    if _bare(one) != _bare(other):
        return False
    shares = ((one.certainty, other.certainty), (one.probability, other.probability))
    if not all(_near(a, b, WITHIN_SHARE) for a, b in shares):
        return False
    return (
        _points_near([one.center], [other.center])
        and _outlines_same(one, other)
        and len(one.members) == len(other.members)
        and all(_same(a, b) for a, b in zip(one.members, other.members, strict=True))
    )


def _bare(mark: CadMark) -> CadMark:
    """What must be exactly equal."""
    nowhere = ImagePoint(0, 0)
    return replace(mark, id="", center=nowhere, outline=None, certainty=None, probability=None, members=())


def _outlines_same(one: CadMark, other: CadMark) -> bool:
    if one.outline is None or other.outline is None:
        return one.outline is other.outline
    return one.outline.shape is other.outline.shape and _points_near(one.outline.points, other.outline.points)


def _points_near(some: Sequence[ImagePoint], others: Sequence[ImagePoint]) -> bool:
    return len(some) == len(others) and all(
        _near(a.column, b.column, WITHIN_PX) and _near(a.row, b.row, WITHIN_PX)
        for a, b in zip(some, others, strict=True)
    )


def _near(one: float | None, other: float | None, within: float) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= within
