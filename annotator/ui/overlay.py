"""Marks, clusters and strokes drawn over a picture."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

from annotator.model.finding import Reading
from annotator.model.geometry import (
    ImagePoint,
    PixelSpacing,
    ViewTransform,
    contains,
    convex_hull,
    greatest_extent,
)
from annotator.model.image import ImageKey
from annotator.model.mark import Cluster, Mark, MarkKind
from annotator.ui import theme
from annotator.ui.hit_test import PointIndex, Points, as_array, distance_to_outline, to_screen
from annotator.ui.tools import Preview

SELECTED = "#ffffff"
SYMBOL_RADIUS = 6.0
OUTLINE_FROM_PX = 14.0
FAINT = 0.4
"""Opacity of what lies on a slice beside the one shown."""
HALO = QColor(0, 0, 0, 150)


@dataclass(frozen=True, slots=True)
class ClusterShape:
    """A cluster ready to draw: what the reader drew around it, or the hull of its marks."""

    id: str
    finding_id: str
    finding_label: str
    outline: tuple[ImagePoint, ...]
    numbers: str


class MarkLayer:
    """What a reading says about one picture, as arrays made once per reading.

    Of a stack, `frames` are those shown, `near` the slices beside them, whose marks are shown dimmed.
    """

    def __init__(
        self,
        reading: Reading,
        image: ImageKey,
        spacing: PixelSpacing | None,
        frames: Collection[int] = (),
        near: Collection[int] = (),
    ) -> None:
        sharp = frozenset(frames) or {image.frame}
        seen = sharp | frozenset(near)

        def is_seen(key: ImageKey) -> bool:
            return key.sop_instance_uid == image.sop_instance_uid and key.frame in seen

        self.marks: tuple[Mark, ...] = tuple(m for m in reading.marks if is_seen(m.image))
        self.dimmed = frozenset(m.id for m in self.marks if m.image.frame not in sharp)
        self.faint = np.array([m.id in self.dimmed for m in self.marks], np.bool_)
        self.points: Points = as_array([m.point for m in self.marks])
        self.macro = np.array([m.kind is MarkKind.MACRO for m in self.marks], np.bool_)
        self.diameters = np.array([_diameter(m) for m in self.marks], np.float64)
        clusters = [c for c in reading.clusters if is_seen(c.image)]
        self.clusters = tuple(_shapes(reading, clusters, spacing))
        self.faint_clusters = frozenset(c.id for c in clusters if c.image.frame not in sharp)
        self.labels = {f.id: f"F{f.number}" for f in reading.findings}
        self.first_marks = _first_marks(self.marks, {c.finding_id for c in self.clusters})
        self.place = {m.id: index for index, m in enumerate(self.marks)}
        self._index = PointIndex(self.points)
        self._lines = {c.id: as_array(c.outline) for c in self.clusters}

    def mark_at(self, point: ImagePoint, reach_px: float, view: ViewTransform) -> str | None:
        """Id of the mark within `reach_px` screen pixels of a point of the image."""
        across, down = view.scale, view.scale_down
        if view.orientation.transpose:
            across, down = down, across
        found = self._index.nearest(point, reach_px, across, down)
        return None if found is None else self.marks[found].id

    def cluster_at(self, point: ImagePoint) -> str | None:
        """Id of the cluster around a point; the last drawn when several are."""
        inside = (c.id for c in reversed(self.clusters) if len(c.outline) > 2 and contains(c.outline, point))
        return next(inside, None)

    def outline_at(self, point: ImagePoint, reach_px: float, view: ViewTransform) -> str | None:
        """Id of the cluster whose line passes within `reach_px` screen pixels of a point; the nearest."""
        at = view.to_screen(point)
        away = {i: distance_to_outline(at, to_screen(view, line)) for i, line in self._lines.items()}
        nearest = min(away, key=away.__getitem__, default=None)
        return nearest if nearest is not None and away[nearest] <= reach_px else None


@dataclass(frozen=True, slots=True)
class Emphasis:
    """What is selected and what the pointer is over: of a cluster its inside, or its line."""

    finding_id: str | None = None
    mark_ids: frozenset[str] = frozenset()
    cluster_id: str | None = None
    hovered_mark: str | None = None
    hovered_cluster: str | None = None
    hovered_line: str | None = None


def paint_overlay(
    painter: QPainter,
    layer: MarkLayer,
    view: ViewTransform,
    size: tuple[int, int],
    emphasis: Emphasis,
    preview: Preview | None,
    ratio: float,
) -> None:
    """Draw everything in device pixels; `ratio` is device pixels per logical pixel."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    labels = _Labels(painter, size, ratio)
    for cluster in layer.clusters:
        painter.setOpacity(FAINT if cluster.id in layer.faint_clusters else 1.0)
        _paint_cluster(painter, cluster, view, emphasis, labels, ratio)
    painter.setOpacity(1.0)
    hidden = preview.moving_mark if preview else None
    _paint_marks(painter, layer, view, size, emphasis, hidden, labels, ratio)
    if preview is not None:
        _paint_preview(painter, preview, view, ratio)


def symbol(kind: MarkKind, colour: str, ratio: float) -> QPixmap:
    """A circle for micro, a diamond for macro: told apart by shape, not colour."""
    radius = SYMBOL_RADIUS * ratio
    side = 2 * math.ceil(radius + 2 * ratio) + 1
    pixmap = QPixmap(side, side)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    middle = QPointF(side / 2, side / 2)
    for pen in (QPen(HALO, 3 * ratio), QPen(QColor(colour), 1.4 * ratio)):
        painter.setPen(pen)
        if kind is MarkKind.MACRO:
            reach = radius * 1.15
            offsets = ((0, -reach), (reach, 0), (0, reach), (-reach, 0))
            painter.drawPolygon(QPolygonF([middle + QPointF(*offset) for offset in offsets]))
        else:
            painter.drawEllipse(middle, radius, radius)
    painter.end()
    return pixmap


def _paint_marks(
    painter: QPainter,
    layer: MarkLayer,
    view: ViewTransform,
    size: tuple[int, int],
    emphasis: Emphasis,
    hidden: str | None,
    labels: _Labels,
    ratio: float,
) -> None:
    if not layer.marks:
        return
    places = to_screen(view, layer.points)
    reach = SYMBOL_RADIUS * 2 * ratio + layer.diameters * max(view.scale, view.scale_down)
    seen: NDArray[np.bool_] = np.all((places + reach[:, None] > 0) & (places - reach[:, None] < size), axis=1)
    outlined = layer.diameters * view.scale >= OUTLINE_FROM_PX * ratio
    chosen = np.zeros(len(layer.marks), np.bool_)
    chosen[[layer.place[i] for i in emphasis.mark_ids if i in layer.place]] = True
    if hidden in layer.place:
        seen[layer.place[hidden]] = False
    for picked, colour in ((False, theme.MARK), (True, SELECTED)):
        for macro, kind in ((False, MarkKind.MICRO), (True, MarkKind.MACRO)):
            for faint in (True, False):
                these = seen & (chosen == picked) & (layer.macro == macro) & (layer.faint == faint)
                if not these.any():
                    continue
                painter.setOpacity(FAINT if faint else 1.0)
                _stamp(painter, symbol(kind, colour, ratio), places[these & ~outlined])
                _paint_outlines(painter, layer, view, np.flatnonzero(these & outlined), kind, colour, ratio)
    painter.setOpacity(1.0)
    # of a selected mark only while the pointer is on it: its label would cover the next speck of the group
    told = layer.place.get(emphasis.hovered_mark or "")
    texts = [] if told is None else [(told, _mark_text(layer.marks[told], layer.labels))]
    texts += [(index, layer.labels[layer.marks[index].finding_id]) for index in layer.first_marks]
    for index, text in texts:
        if seen[index]:
            labels.put(QPointF(*places[index]), text, theme.MARK)


def _stamp(painter: QPainter, pixmap: QPixmap, places: Points) -> None:
    """One ready-made symbol at many places: ten thousand in some 5 ms, where stroking takes a second."""
    half = (pixmap.width() - 1) / 2
    draw = painter.drawPixmap
    for x, y in np.floor(places - half).astype(int).tolist():
        draw(x, y, pixmap)


def _paint_outlines(
    painter: QPainter,
    layer: MarkLayer,
    view: ViewTransform,
    which: Iterable[int],
    kind: MarkKind,
    colour: str,
    ratio: float,
) -> None:
    """Measured outlines, one stroke for all of a kind, with a small symbol of the kind beside each."""
    path = QPainterPath()
    signs = []
    for index in which:
        measured = layer.marks[index].measurement
        if measured is None:
            continue
        shape = _polygon(view, measured.outline)
        if len(measured.outline) > 2:
            path.addPolygon(shape)
            path.closeSubpath()
        else:
            radius = measured.diameter_px * view.scale / 2
            path.addEllipse(QPointF(*view.to_screen(measured.center)), radius, radius)
        bounds = path.boundingRect() if len(measured.outline) <= 2 else shape.boundingRect()
        signs.append((bounds.right() + 9 * ratio, bounds.top() - 3 * ratio))
    if not signs:
        return
    _stroke(painter, path, colour, 1.3, ratio)
    _stamp(painter, symbol(kind, colour, ratio * 0.75), np.array(signs))


def _paint_cluster(
    painter: QPainter,
    cluster: ClusterShape,
    view: ViewTransform,
    emphasis: Emphasis,
    labels: _Labels,
    ratio: float,
) -> None:
    shape = _polygon(view, cluster.outline)
    path = QPainterPath()
    path.addPolygon(shape)
    path.closeSubpath()
    current = cluster.finding_id == emphasis.finding_id
    colour = SELECTED if cluster.id == emphasis.cluster_id else theme.MARK
    touched = cluster.id == emphasis.hovered_line
    _stroke(painter, path, colour, 2.4 if touched else 1.6 if current else 1.0, ratio)
    bounds = shape.boundingRect()
    told = current or touched or cluster.id == emphasis.hovered_cluster
    text = f"{cluster.finding_label}  {cluster.numbers}" if told else cluster.finding_label
    if bounds.intersects(labels.room):
        labels.put(bounds.bottomRight(), text, theme.MARK)


def _paint_preview(painter: QPainter, preview: Preview, view: ViewTransform, ratio: float) -> None:
    if preview.outline:
        path = QPainterPath()
        path.addPolygon(_polygon(view, preview.outline))
        _stroke(painter, path, SELECTED, 1.4, ratio)
        ends = QPainterPath(QPointF(*view.to_screen(preview.outline[-1])))
        ends.lineTo(QPointF(*view.to_screen(preview.outline[0])))
        painter.setPen(QPen(QColor(SELECTED), ratio, Qt.PenStyle.DotLine))
        painter.drawPath(ends)
    if preview.spot is not None and preview.kind is not None:
        _stamp(painter, symbol(preview.kind, SELECTED, ratio), np.array([view.to_screen(preview.spot)]))


class _Labels:
    """Puts words where they cover none already there."""

    def __init__(self, painter: QPainter, size: tuple[int, int], ratio: float) -> None:
        self.room = QRectF(0, 0, *size)
        self._painter = painter
        self._ratio = ratio
        self._font = QFont()
        self._font.setPixelSize(round(12 * ratio))
        self._metrics = QFontMetricsF(self._font)
        self._taken: list[QRectF] = []

    def put(self, at: QPointF, text: str, colour: str) -> None:
        """Right below `at` and within the viewport, or not at all where another label is."""
        gap = 6 * self._ratio
        size = QSizeF(self._metrics.horizontalAdvance(text), self._metrics.height())
        rect = within(self.room, QRectF(at + QPointF(gap, gap), size), gap)
        if not text or any(rect.intersects(other) for other in self._taken):
            return
        self._taken.append(rect)
        pad = 3 * self._ratio
        self._painter.fillRect(rect.adjusted(-pad, 0, pad, 0), HALO)
        self._painter.setFont(self._font)
        self._painter.setPen(QColor(colour))
        self._painter.drawText(QPointF(rect.left(), rect.top() + self._metrics.ascent()), text)


def within(room: QRectF, rect: QRectF, margin: float) -> QRectF:
    """A rectangle moved so that it lies in `room`, `margin` from its edges; its top left corner at least."""
    left = max(room.left() + margin, min(rect.left(), room.right() - margin - rect.width()))
    top = max(room.top() + margin, min(rect.top(), room.bottom() - margin - rect.height()))
    return QRectF(QPointF(left, top), rect.size())


def _stroke(painter: QPainter, path: QPainterPath, colour: str, width: float, ratio: float) -> None:
    """A line with a dark rim, so that it is seen on dense tissue as well."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in (QPen(HALO, (width + 1.6) * ratio), QPen(QColor(colour), width * ratio)):
        painter.setPen(pen)
        painter.drawPath(path)


def _polygon(view: ViewTransform, outline: Sequence[ImagePoint]) -> QPolygonF:
    return QPolygonF([QPointF(*view.to_screen(point)) for point in outline])


def _diameter(mark: Mark) -> float:
    return 0.0 if mark.measurement is None else mark.measurement.diameter_px


def _first_marks(marks: Sequence[Mark], outlined: set[str]) -> list[int]:
    """Index of the first mark of each finding that no cluster labels."""
    first: dict[str, int] = {}
    for index, mark in enumerate(marks):
        if mark.finding_id not in outlined:
            first.setdefault(mark.finding_id, index)
    return list(first.values())


def _mark_text(mark: Mark, labels: dict[str, str]) -> str:
    measured = mark.measurement
    label = labels.get(mark.finding_id, "")
    if measured is None:
        return label
    if measured.diameter_mm is None or measured.basis is None:
        return f"{label}  {measured.diameter_px:.1f} px"
    return f"{label}  {measured.diameter_mm:.2f} mm {measured.basis}"


def _shapes(
    reading: Reading, clusters: Sequence[Cluster], spacing: PixelSpacing | None
) -> list[ClusterShape]:
    by_id = {m.id: m for m in reading.marks} if clusters else {}
    shapes = []
    for cluster in clusters:
        members = [by_id[i].point for i in cluster.mark_ids if i in by_id]
        outline = cluster.outline if len(cluster.outline) > 2 else convex_hull(members)
        numbers = _numbers(members, outline, cluster.spacing or spacing)
        label = f"F{reading.finding(cluster.finding_id).number}"
        shapes.append(ClusterShape(cluster.id, cluster.finding_id, label, outline, numbers))
    return shapes


def _numbers(
    members: Sequence[ImagePoint], outline: Sequence[ImagePoint], spacing: PixelSpacing | None
) -> str:
    """Count and extent of a cluster; of its outline when no calcification in it is marked."""
    count = f"{len(members)}" if members else "area"
    if spacing is None:
        return f"{count} · size unknown (no pixel spacing)"
    return f"{count} · {greatest_extent(members or outline, spacing)}"
