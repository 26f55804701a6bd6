"""Counts and measures a finding from its marks and outlines, on each image and altogether (docs/measuring.md, findings)."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from annotator.analysis.breast.location import BreastOnImage, half_of, place_in_breast, quadrant_of
from annotator.analysis.mark_table import MarkTable, Points, as_array, outermost, table_of
from annotator.model.finding import Reading
from annotator.model.geometry import ImagePoint, Millimetres, PixelSpacing, SpacingBasis, greatest_extent
from annotator.model.image import ExamInfo, ImageInfo
from annotator.model.measured import Half, Measured, MeasuredOnImage
from annotator.model.seen_on_image import ChestWall, NipplePlace

GROUP_CIRCLE_MM = 10.0
"""Diameter of the circle in which "grouped" counts 5 calcifications or more (docs/domain.md, words)."""
HAND_PX = 2.0
"""What a hand places beside the middle of a calcification, both ends of an extent together."""
BASIS_SHARE = 0.05
"""What an uncalibrated length may be off: the breast has some centimetres of depth (imaging.spacing)."""

_COUNTED_AT_MOST = 200
_KEPT = 256
_CALIBRATED = frozenset(
    {SpacingBasis.CALIBRATED, SpacingBasis.CALIBRATED_GEOMETRY, SpacingBasis.CALIBRATED_FIDUCIAL}
)


@dataclass(frozen=True, slots=True)
class _Known:
    """A result and what it was made from."""

    reading: Reading
    images: tuple[ImageInfo, ...]
    breasts: tuple[BreastOnImage | None, ...]
    measured: Measured


class FindingMeasurer:
    """Measures findings, anew only where their marks, outlines or nipples, their images or a breast changed.

    Whoever shows or decodes an image tells its breast (`learn`); without it places in the breast stay unknown. For
    any thread.
    """

    def __init__(self) -> None:
        self._breasts: dict[str, BreastOnImage] = {}
        self._known: dict[str, _Known] = {}
        self._lock = threading.Lock()

    def learn(self, breast: BreastOnImage) -> None:
        """Keep where the breast lies on an image."""
        with self._lock:
            self._breasts.pop(breast.sop_instance_uid, None)
            self._breasts[breast.sop_instance_uid] = breast
            while len(self._breasts) > _KEPT:
                del self._breasts[next(iter(self._breasts))]

    def breast(self, info: ImageInfo) -> BreastOnImage | None:
        """Where the breast lies on an image as it hangs now, None while nobody has told."""
        found = self._breasts.get(info.sop_instance_uid)
        return found if found is not None and found.fits(info) else None

    def of(self, reading: Reading, finding_id: str, exam: ExamInfo) -> Measured:
        """What is measured of a finding; KeyError when there is none."""
        with self._lock:
            known = self._known.get(finding_id)
            if known is not None and known.images == exam.images and _same_marks(known, reading, finding_id):
                breasts = tuple(map(self.breast, _images_of(known.measured, exam)))
                if all(one is other for one, other in zip(breasts, known.breasts, strict=True)):
                    self._known[finding_id] = _Known(reading, exam.images, breasts, known.measured)
                    return known.measured
            measured = measure(reading, finding_id, exam, self._breasts)
            images = _images_of(measured, exam)
            self._known.pop(finding_id, None)
            self._known[finding_id] = _Known(reading, exam.images, tuple(map(self.breast, images)), measured)
            while len(self._known) > _KEPT:
                del self._known[next(iter(self._known))]
            return measured


def _images_of(measured: Measured, exam: ExamInfo) -> list[ImageInfo]:
    wanted = {one.sop_instance_uid for one in measured.on_images}
    return [info for info in exam.images if info.sop_instance_uid in wanted]


def _same_marks(known: _Known, now: Reading, finding_id: str) -> bool:
    """Whether a finding has the same marks and outlines in both; only what lies between the ends is looked at."""
    before = known.reading
    if before is now:
        return True
    if (before.nipples, before.chest_walls) != (now.nipples, now.chest_walls):
        return False
    if before.clusters_of(finding_id) != now.clusters_of(finding_id):
        return False
    start, end = table_of(now).ends_since(before.marks)
    changed = (*before.marks[start : len(before.marks) - end], *now.marks[start : len(now.marks) - end])
    return not any(mark.finding_id == finding_id for mark in changed)


def measure(
    reading: Reading, finding_id: str, exam: ExamInfo, breasts: Mapping[str, BreastOnImage]
) -> Measured:
    """Count and measure the marks and outlines of a finding on the images of its exam.

    `breasts` says by SOP Instance UID where breast and nipple lie; of images that are not there, no place is known.
    """
    reading.finding(finding_id)
    infos = {image.sop_instance_uid: image for image in exam.images}
    table = table_of(reading)
    rows = table.rows_of(finding_id)
    points = _points_by_image(table, rows)
    outlines: dict[str, list[ImagePoint]] = {}
    for cluster in reading.clusters_of(finding_id):
        outlines.setdefault(cluster.image.sop_instance_uid, []).extend(cluster.outline)
    seen = [infos[uid] for uid in dict.fromkeys((*points, *outlines)) if uid in infos]
    places = []
    for info in seen:
        uid = info.sop_instance_uid
        breast = breasts.get(uid)
        places.append(
            _on_image(
                info,
                points.get(uid, as_array(())),
                as_array(outlines.get(uid, ())),
                breast if breast is not None and breast.fits(info) else None,
                reading.nipple_on(uid),
                reading.chest_wall_on(uid),
            )
        )
    sized = _sized_rows(table, rows, infos)
    empty = any(not cluster.mark_ids for cluster in reading.clusters_of(finding_id))
    return _together(seen, places, _sizes(table, sized), table.macro[rows], outlined=empty)


@dataclass(frozen=True, slots=True)
class _Placed:
    """A finding on one image, and how far beyond the line through the nipple it lies."""

    on: MeasuredOnImage
    beyond_mm: float


def _on_image(
    info: ImageInfo,
    marks: Points,
    outline: Points,
    breast: BreastOnImage | None,
    nipple: NipplePlace | None,
    wall: ChestWall | None,
) -> _Placed:
    lone, spacing = marks if len(marks) else outline, info.spacing
    extent = in_circle = doubt = None
    if spacing is not None and len(lone) > 1:
        extent = greatest_extent(outermost(lone), spacing)
        doubt = HAND_PX * spacing.mean_mm
        doubt += 0.0 if spacing.basis in _CALIBRATED else BASIS_SHARE * extent.value
    if spacing is not None and len(marks) <= _COUNTED_AT_MOST:
        near = [ImagePoint(*point) for point in marks.tolist()]
        in_circle = most_in_circle(near, spacing, GROUP_CIRCLE_MM)
    place = None
    if breast is not None and len(lone):
        placed = None if nipple is None else nipple.point
        drawn = None if wall is None else wall.ends
        place = place_in_breast(breast, ImagePoint(*lone.mean(axis=0).tolist()), placed, drawn)
    return _Placed(
        MeasuredOnImage(
            sop_instance_uid=info.sop_instance_uid,
            label=info.label,
            laterality=info.laterality,
            view=info.view.name,
            count=len(marks),
            in_circle=in_circle,
            extent=extent,
            extent_uncertainty_mm=doubt,
            nipple_distance=_length(None if place is None else place.nipple_mm, spacing),
            nipple_placed=place is not None and nipple is not None,
            depth=None if place is None else place.depth,
            half=None if place is None or breast is None else half_of(info, breast, place),
            outside_breast=None if breast is None else breast.outside(marks),
        ),
        0.0 if place is None else place.beyond_mm,
    )


def _together(
    seen: Sequence[ImageInfo],
    places: Sequence[_Placed],
    sizes: Measured,
    macro: NDArray[np.bool_],
    *,
    outlined: bool,
) -> Measured:
    on = tuple(place.on for place in places)
    widest = max((one for one in on if one.extent), key=lambda one: _mm(one.extent), default=None)
    farthest = max(
        (one for one in on if one.nipple_distance), key=lambda one: _mm(one.nipple_distance), default=None
    )
    depths = {one.depth for one in on if one.nipple_distance is not None}
    air = [one.outside_breast for one in on]
    halves: list[tuple[str, Half, float]] = [
        (place.on.view, place.on.half, place.beyond_mm) for place in places if place.on.half is not None
    ]
    return replace(
        sizes,
        sides=tuple(dict.fromkeys(one.laterality for one in on if one.laterality is not None)),
        views=tuple(dict.fromkeys(_view(info) for info in seen if _view(info))),
        count=len(macro),
        micro=int(np.count_nonzero(~macro)),
        macro=int(np.count_nonzero(macro)),
        marks_per_image=max((one.count for one in on), default=0),
        outlined=outlined,
        in_circle=max((one.in_circle for one in on if one.in_circle is not None), default=None),
        extent=None if widest is None else widest.extent,
        extent_uncertainty_mm=None if widest is None else widest.extent_uncertainty_mm,
        outside_breast=None if None in air or not air else sum(one or 0 for one in air),
        nipple_distance=None if farthest is None else farthest.nipple_distance,
        nipple_placed=farthest is not None and farthest.nipple_placed,
        depth=depths.pop() if len(depths) == 1 else None,
        quadrant=quadrant_of(halves) if len({one.laterality for one in on}) == 1 else None,
        on_images=on,
    )


def _mm(length: Millimetres | None) -> float:
    return -math.inf if length is None else length.value


def _length(value: float | None, spacing: PixelSpacing | None) -> Millimetres | None:
    return None if value is None or spacing is None else Millimetres(value, spacing.basis)


def _sized_rows(table: MarkTable, rows: NDArray[np.intp], infos: Mapping[str, ImageInfo]) -> NDArray[np.intp]:
    """The marks whose sizes count: those on magnification views where any of them has one.

    A magnification view that does not say how much it magnifies gives none.
    """
    measured = rows[table.bases[rows] >= 0]
    magnified = [
        code
        for key, code in table.codes.images.items()
        if (info := infos.get(key.sop_instance_uid)) is not None and info.view.magnified
    ]
    large = np.isin(table.images[measured], magnified)
    there = measured[large & (table.bases[measured] != _AT_DETECTOR)]
    return there if len(there) else measured[~large]


_AT_DETECTOR = tuple(SpacingBasis).index(SpacingBasis.AT_DETECTOR)


def _sizes(table: MarkTable, rows: NDArray[np.intp]) -> Measured:
    """Sizes across, the shorter axis and the longest piece of some marks; none where they are of several calibrations."""
    if len(np.unique(table.bases[rows])) != 1:
        return Measured()
    basis = table.basis(int(rows[0]))
    assert basis is not None
    sizes, doubts, widths = table.millimetres[rows], table.uncertainties[rows], table.widths[rows]
    lengths = table.lengths[rows]
    return Measured(
        smallest=Millimetres(float(sizes.min()), basis),
        median=Millimetres(float(np.median(sizes)), basis),
        largest=Millimetres(float(sizes.max()), basis),
        size_uncertainty_mm=None if np.isnan(doubts).all() else float(np.nanmedian(doubts)),
        width=None if np.isnan(widths).all() else Millimetres(float(np.nanmedian(widths)), basis),
        longest=None if np.isnan(lengths).all() else Millimetres(float(np.nanmax(lengths)), basis),
    )


def most_in_circle(points: Sequence[ImagePoint], spacing: PixelSpacing, diameter_mm: float) -> int:
    """The largest number of points that one circle of that diameter can hold.

    Some best circle has a point on its rim; for each point the directions of the centre that take in
    each neighbour form an arc, and the deepest overlap of arcs is counted.
    """
    placed = [(p.column * spacing.column_mm, p.row * spacing.row_mm) for p in points]
    best = min(len(placed), 1)
    for i, (x, y) in enumerate(placed):
        turns: list[tuple[float, int]] = []
        coincident = 1
        for j, (u, v) in enumerate(placed):
            distance = math.hypot(u - x, v - y)
            if i == j or distance > diameter_mm:
                continue
            if distance == 0:
                coincident += 1
                continue
            middle = math.atan2(v - y, u - x)
            half = math.acos(distance / diameter_mm)
            start, end = middle - half, middle + half
            turns += [(a, s) for lap in (0.0, 2 * math.pi) for a, s in ((start + lap, -1), (end + lap, 1))]
        depth = 0
        best = max(best, coincident)
        for _, step in sorted(turns):
            depth -= step
            best = max(best, depth + coincident)
    return best


def _points_by_image(table: MarkTable, rows: NDArray[np.intp]) -> dict[str, Points]:
    """Places of some marks by SOP Instance UID, in the order in which the images come."""
    codes, first = np.unique(table.images[rows], return_index=True)
    points: dict[str, Points] = {}
    for at in np.sort(first).tolist():
        uid = table.marks[int(rows[at])].image.sop_instance_uid
        frames = [table.codes.images[key] for key in table.codes.images if key.sop_instance_uid == uid]
        mine = codes[np.isin(codes, frames)]
        points.setdefault(uid, table.points[rows[np.isin(table.images[rows], mine)]])
    return points


def _view(info: ImageInfo) -> str:
    return ("M" if info.view.magnified else "") + info.view.name
