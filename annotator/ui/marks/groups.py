"""The quiet lines around marks that lie together, and what is told of them under the pointer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from annotator.model.cluster_facts import ClusterFacts
from annotator.model.clusters_on_image import ClustersOnImage, NippleKnown
from annotator.model.geometry import ImagePoint, ViewTransform, contains
from annotator.ui import theme
from annotator.ui.marks.painting import transform_of

TOWARDS_NIPPLE_DEG = 30.0
"""An axis this near to the line to the nipple counts as pointing towards it."""
LONGER_THAN_WIDE = 1.5
"""From this elongation on a set of marks has a longest axis worth telling."""
OPACITY = 0.45


@dataclass(frozen=True, eq=False)
class ShownGroup:
    """A group on one picture; `polygon` and `bounds` in image coordinates, `cluster_id` of the reader's cluster.

    `words` tell its numbers, at length and ever shorter.
    """

    outline: tuple[ImagePoint, ...]
    words: tuple[str, ...]
    cluster_id: str
    polygon: QPolygonF
    bounds: QRectF


def shown_groups(told: Sequence[ClustersOnImage], sop_instance_uid: str) -> tuple[ShownGroup, ...]:
    """The groups of one image, ready to draw."""
    shown = []
    for one in told:
        if one.sop_instance_uid == sop_instance_uid:
            for group in one.groups:
                polygon = QPolygonF([QPointF(p.column, p.row) for p in group.outline])
                words = numbers_of(group.facts, one.nipple)
                shown.append(
                    ShownGroup(group.outline, words, group.cluster_id, polygon, polygon.boundingRect())
                )
    return tuple(shown)


def numbers_of(facts: ClusterFacts, nipple: NippleKnown) -> tuple[str, ...]:
    """Count, extent, and where the longest axis points, as far as they are known; at length and ever shorter."""
    numbers = str(facts.count) if facts.extent is None else f"{facts.count} · {facts.extent}"
    return (*(f"{numbers} · {axis}" for axis in axis_of(facts, nipple)), numbers)


def axis_of(facts: ClusterFacts, nipple: NippleKnown) -> tuple[str, ...]:
    """Where the longest axis points, at length and short; nothing without a nipple, and for a set nearly as wide as
    long.
    """
    off = facts.axis_to_nipple_deg
    if off is None or facts.elongation < LONGER_THAN_WIDE:
        return ()
    way = "towards" if off <= TOWARDS_NIPPLE_DEG else "not towards"
    told, short = (", nipple estimated", "estimated ") if nipple is not NippleKnown.PLACED else ("", "")
    return f"longest axis {way} the nipple ({off:.0f}° off{told})", f"axis {off:.0f}° off {short}nipple"


def group_at(groups: Sequence[ShownGroup], point: ImagePoint) -> int | None:
    """Place of the group around a point that the reader has not outlined; the smallest of several."""
    at = QPointF(point.column, point.row)
    around = [
        number
        for number, group in enumerate(groups)
        if not group.cluster_id and group.bounds.contains(at) and contains(group.outline, point)
    ]
    return min(around, key=lambda n: groups[n].bounds.width() * groups[n].bounds.height(), default=None)


def paint_groups(
    painter: QPainter, groups: Sequence[ShownGroup], view: ViewTransform, room: QRectF, ratio: float
) -> None:
    """Thin lines around those that the reader has not outlined, in device pixels."""
    to_device = transform_of(view)
    seen = [g for g in groups if not g.cluster_id and to_device.mapRect(g.bounds).intersects(room)]
    if not seen:
        return
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setOpacity(OPACITY)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(theme.MARK), max(1.0, ratio)))
    for group in seen:
        painter.drawPolygon(to_device.map(group.polygon))
    painter.restore()
