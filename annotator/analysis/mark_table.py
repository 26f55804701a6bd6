"""The marks of a reading as columns of numbers, of which an act makes anew only what it changed."""

from __future__ import annotations

import math
import threading
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.model.changes import unchanged_ends
from annotator.model.finding import Reading
from annotator.model.geometry import ImagePoint, SpacingBasis
from annotator.model.image import ImageKey
from annotator.model.mark import Mark, MarkKind

Points = NDArray[np.float64]

_BASES = tuple(SpacingBasis)
_KEPT = 4
"""Readings whose columns are kept: the one being made, and those looked at beside it."""


@dataclass(frozen=True, slots=True)
class _Codes:
    """Numbers that stand for images and findings in a column; they only ever grow."""

    images: dict[ImageKey, int] = field(default_factory=dict)
    findings: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class MarkTable:
    """`marks` in their order, and of each its place (column, row), its largest size in pixels (0: not measured), its
    size across in millimetres (nan: not known), with its uncertainty and the shorter axis, the length of a linear
    piece in millimetres (nan: none), the place of its basis among the bases (-1: none), how far in pixels its outline
    reaches from its place at most, whether it is a macrocalcification, and the codes of its image and finding.
    """

    marks: tuple[Mark, ...]
    codes: _Codes
    points: Points
    diameters: NDArray[np.float64]
    millimetres: NDArray[np.float64]
    uncertainties: NDArray[np.float64]
    widths: NDArray[np.float64]
    lengths: NDArray[np.float64]
    bases: NDArray[np.int8]
    reaches: NDArray[np.float64]
    macro: NDArray[np.bool_]
    images: NDArray[np.int32]
    findings: NDArray[np.int32]
    before: tuple[tuple[Mark, ...], int, int] = field(default=((), 0, 0), kw_only=True)
    """The marks this table was made after, and how many of both are the same at either end."""

    def ends_since(self, marks: tuple[Mark, ...]) -> tuple[int, int]:
        """How many marks at the beginning and at the end are the very same here and in `marks`."""
        if marks is self.marks:
            return len(marks), 0
        if marks is self.before[0]:
            return self.before[1:]
        return unchanged_ends(marks, self.marks)

    @cached_property
    def place(self) -> dict[str, int]:
        """Row of the mark with an id."""
        return {mark.id: row for row, mark in enumerate(self.marks)}

    def is_on(self, images: Iterable[ImageKey]) -> NDArray[np.bool_]:
        """Which marks lie on these images."""
        known = [code for key in images if (code := self.codes.images.get(key)) is not None]
        found: NDArray[np.bool_] = self.images == known[0] if len(known) == 1 else np.isin(self.images, known)
        return found

    def rows_on(self, images: Iterable[ImageKey]) -> NDArray[np.intp]:
        """Rows of the marks on these images, in order."""
        return np.flatnonzero(self.is_on(images))

    def frames_of(self, sop_instance_uid: str) -> frozenset[int]:
        """Numbers of the frames of an image that have marks."""
        codes = {
            code: key for key, code in self.codes.images.items() if key.sop_instance_uid == sop_instance_uid
        }
        return frozenset(key.frame for code, key in codes.items() if bool(np.any(self.images == code)))

    def rows_of(self, finding_id: str) -> NDArray[np.intp]:
        """Rows of the marks of a finding, in order."""
        return np.flatnonzero(self.findings == self.codes.findings.get(finding_id, -1))

    def rows_with(self, mark_ids: Collection[str]) -> NDArray[np.intp]:
        """Rows of the marks with these ids, in order; ids that are not there are left out."""
        place = self.place
        found = [row for key in mark_ids if (row := place.get(key)) is not None]
        return np.sort(np.array(found, np.intp))

    def basis(self, row: int) -> SpacingBasis | None:
        """How the millimetres of a mark are known."""
        code = int(self.bases[row])
        return None if code < 0 else _BASES[code]

    def following(self, marks: tuple[Mark, ...]) -> MarkTable:
        """The table of `marks`; rows that are the same objects as here are copied, not looked at."""
        start, end = unchanged_ends(self.marks, marks)
        fresh = _columns(marks[start : len(marks) - end], self.codes)
        rest = len(self.marks) - end
        kept: tuple[NDArray[Any], ...] = (
            self.points,
            self.diameters,
            self.millimetres,
            self.uncertainties,
            self.widths,
            self.lengths,
            self.bases,
            self.reaches,
            self.macro,
            self.images,
            self.findings,
        )
        joined = (
            np.concatenate((old[:start], new, old[rest:])) for old, new in zip(kept, fresh, strict=True)
        )
        table = MarkTable(marks, self.codes, *joined, before=(self.marks, start, end))
        if end == 0 and "place" in self.__dict__:
            # an act at the end of the list, as nearly all are, moves no other mark
            place = self.place.copy()
            for mark in self.marks[start:]:
                del place[mark.id]
            place.update((mark.id, row) for row, mark in enumerate(marks[start:], start))
            table.__dict__["place"] = place
        return table


def as_array(points: Sequence[ImagePoint]) -> Points:
    """(n, 2) array of column, row."""
    return np.array([(p.column, p.row) for p in points], np.float64).reshape(-1, 2)


def outermost(points: Points) -> list[ImagePoint]:
    """Those of many points (column, row) that can be corners of their hull: none of the others lies outside it.

    Left out are points inside the octagon of the extreme ones, so that hull and extent of ten thousand
    cost no more than those of some hundred.
    """
    if len(points) < 32:
        return [ImagePoint(*point) for point in points.tolist()]
    turns = np.arange(8) * (math.pi / 4)
    reached = points @ np.stack([np.cos(turns), np.sin(turns)])
    corners = points[reached.argmax(axis=0)]
    following = np.roll(corners, -1, axis=0)
    edge = following - corners
    # left of every edge of the octagon: inside it
    turned = edge[:, 0] * (points[:, None, 1] - corners[:, 1]) - edge[:, 1] * (
        points[:, None, 0] - corners[:, 0]
    )
    degenerate = np.all(edge == 0, axis=1)
    outside = ~np.all((turned > 0) | degenerate, axis=1)
    return [ImagePoint(*point) for point in points[outside].tolist()]


def _columns(marks: Sequence[Mark], codes: _Codes) -> tuple[NDArray[Any], ...]:
    images, findings = codes.images, codes.findings
    count = len(marks)
    sizes = np.array([_sizes(m) for m in marks], np.float64).reshape(-1, 7)
    return (
        np.array([(m.point.column, m.point.row) for m in marks], np.float64).reshape(-1, 2),
        sizes[:, 0],
        sizes[:, 1],
        sizes[:, 2],
        sizes[:, 3],
        sizes[:, 4],
        sizes[:, 5].astype(np.int8),
        sizes[:, 6],
        np.fromiter((m.kind is MarkKind.MACRO for m in marks), np.bool_, count),
        np.fromiter((images.setdefault(m.image, len(images)) for m in marks), np.int32, count),
        np.fromiter((findings.setdefault(m.finding_id, len(findings)) for m in marks), np.int32, count),
    )


def _sizes(mark: Mark) -> tuple[float, float, float, float, float, int, float]:
    found = mark.measurement
    if found is None:
        return 0.0, np.nan, np.nan, np.nan, np.nan, -1, 0.0
    beside = math.hypot(mark.point.column - found.center.column, mark.point.row - found.center.row)
    largest = max(found.diameter_px, found.length_px or 0.0)
    reach = max(largest, found.major_px) + beside
    if found.size_mm is None or found.basis is None:
        return largest, np.nan, np.nan, np.nan, np.nan, -1, reach
    doubt = np.nan if found.uncertainty_mm is None else found.uncertainty_mm
    width = found.width_mm if found.is_linear else found.minor_mm
    length = np.nan if found.length_mm is None else found.length_mm
    width = np.nan if width is None else width
    return largest, found.size_mm, doubt, width, length, _BASES.index(found.basis), reach


def _empty() -> MarkTable:
    codes = _Codes()
    return MarkTable((), codes, *_columns((), codes))


_latest: dict[str, MarkTable] = {}
_latest_lock = threading.Lock()


def table_of(reading: Reading) -> MarkTable:
    """The table of a reading; all panes, panels and reports that show one reading share it."""
    with _latest_lock:
        known = _latest.pop(reading.id, None) or _empty()
        if known.marks is not reading.marks:
            known = known.following(reading.marks)
        _latest[reading.id] = known
        while len(_latest) > _KEPT:
            del _latest[next(iter(_latest))]
    return known
