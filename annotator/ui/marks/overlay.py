"""Marks, clusters and strokes drawn over a picture."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

from annotator.model.geometry import ImagePoint, ViewTransform
from annotator.ui import theme
from annotator.ui.marks.cluster_shapes import ClusterShape
from annotator.ui.marks.layer import MarkLayer
from annotator.ui.marks.painting import (
    FAINT,
    SELECTED,
    ClusterLook,
    Placed,
    stamp,
    stroke,
    symbol,
    transform_of,
)
from annotator.ui.marks.tools import Preview
from annotator.ui.marks.words import short_words

_GROUND = QColor(0, 0, 0, 215)
"""Dark enough for words over the symbols of a thousand marks."""
UNASKED_SHARE = 0.3
"""Of the viewport's width: longer words that nobody points at would hide tissue; the name of the finding will do."""


@dataclass(frozen=True, slots=True)
class Emphasis:
    """What is selected and what the pointer is over: of a cluster its inside, or its line."""

    finding_id: str | None = None
    mark_ids: frozenset[str] = frozenset()
    cluster_id: str | None = None
    hovered_mark: str | None = None
    hovered_cluster: str | None = None
    hovered_line: str | None = None
    hovered_group: int | None = None
    hovered_nipple: bool = False


def looks_of(layer: MarkLayer, emphasis: Emphasis) -> tuple[ClusterLook, ...]:
    """How the line around each cluster is drawn."""
    return tuple(ClusterLook(cluster, *_look(cluster, layer, emphasis)) for cluster in layer.clusters)


@dataclass(frozen=True, slots=True)
class Label:
    """Words beside a cluster or a mark; `rect` with the ground they stand on."""

    rect: QRectF
    text: str


def labels_of(
    placed: Placed,
    size: tuple[int, int],
    emphasis: Emphasis,
    told: Mapping[str, tuple[str, ...]] | None = None,
    group: tuple[QRectF, tuple[str, ...]] | None = None,
) -> tuple[Label, ...]:
    """Words beside clusters and marks, where they fit: what the pointer is on first, then clusters.

    `told` are better numbers of some clusters by their ids, `group` the box and the words of marks under the pointer
    that lie together without an outline.
    """
    layer, labels = placed.layer, _Labels(size, placed.ratio)
    to_device = transform_of(placed.view)
    # of a selected mark only while the pointer is on it: its label would cover the next speck of the group
    hovered = layer.index_of(emphasis.hovered_mark)
    if hovered is not None and hovered != placed.hidden:
        mark = layer.mark(hovered)
        label = layer.labels.get(mark.finding_id, "")
        labels.put(QPointF(*placed.places[hovered]), short_words(mark, label))
    if group is not None:
        labels.put(to_device.mapRect(group[0]).bottomRight(), *group[1])
    texts = [(_told(cluster, emphasis, told or {}), cluster) for cluster in layer.clusters]
    for told_of, cluster in sorted(texts, key=lambda one: len(one[0]) == 1):
        bounds = to_device.mapRect(cluster.bounds)
        if bounds.intersects(labels.room):
            pointed = cluster.id in (emphasis.hovered_line, emphasis.hovered_cluster)
            labels.put(bounds.bottomRight(), *told_of, share=1.0 if pointed else UNASKED_SHARE)
    for index in layer.first_marks:
        seen = labels.room.intersects(placed.box(index)) and index not in (hovered, placed.hidden)
        if seen:
            labels.put(QPointF(*placed.places[index]), layer.labels[layer.mark(index).finding_id])
    return tuple(labels.put_so_far)


def paint_labels(painter: QPainter, labels: Sequence[Label], ratio: float) -> None:
    """Lay the words over the picture."""
    for label in labels:
        painter.drawPixmap(label.rect.topLeft().toPoint(), _lettered(label.text, ratio))


def paint_preview(painter: QPainter, preview: Preview, view: ViewTransform, ratio: float) -> None:
    """The stroke in hand, or the mark on its way."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if preview.outline:
        path = QPainterPath()
        path.addPolygon(_polygon(view, preview.outline))
        stroke(painter, path, SELECTED, 1.4, ratio)
        ends = QPainterPath(QPointF(*view.to_screen(preview.outline[-1])))
        ends.lineTo(QPointF(*view.to_screen(preview.outline[0])))
        painter.setPen(QPen(QColor(SELECTED), ratio, Qt.PenStyle.DotLine))
        painter.drawPath(ends)
    if preview.spot is not None and preview.kind is not None:
        stamp(painter, symbol(preview.kind, SELECTED, ratio), np.array([view.to_screen(preview.spot)]))


def _look(cluster: ClusterShape, layer: MarkLayer, emphasis: Emphasis) -> tuple[float, str, float]:
    """Opacity, colour and width of the line around a cluster."""
    current = cluster.finding_id == emphasis.finding_id
    touched = cluster.id == emphasis.hovered_line
    return (
        FAINT if cluster.id in layer.faint_clusters else 1.0,
        SELECTED if cluster.id == emphasis.cluster_id else theme.MARK,
        2.4 if touched else 1.6 if current else 1.0,
    )


def _told(cluster: ClusterShape, emphasis: Emphasis, told: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The name of its finding; with count and extent when it is the current one, with all under the pointer.

    At length and ever shorter, where there is no room.
    """
    name = cluster.finding_label
    if cluster.id in (emphasis.hovered_line, emphasis.hovered_cluster):
        numbers = told.get(cluster.id, (cluster.told, cluster.numbers))
        return (*(f"{name}  {text}" for text in numbers), name)
    if cluster.finding_id == emphasis.finding_id:
        return cluster.numbers_of_finding, name
    return (name,)


class _Labels:
    """Puts words where they cover none already there."""

    def __init__(self, size: tuple[int, int], ratio: float) -> None:
        self.room = QRectF(0, 0, *size)
        self.put_so_far: list[Label] = []
        self._ratio = ratio

    def put(self, at: QPointF, *texts: str, share: float = 1.0) -> None:
        """Right below `at` and within the viewport, or not at all where another label is.

        Of `texts` the first that takes no more than `share` of the viewport's width, else the last.
        """
        gap = 6 * self._ratio
        widest = share * self.room.width() - 2 * gap
        fitting = (text for text in texts if _lettered(text, self._ratio).width() <= widest)
        text = next(fitting, texts[-1])
        image = _lettered(text, self._ratio)
        rect = within(self.room, QRectF(at + QPointF(gap, gap), image.size().toSizeF()), gap)
        if text and not any(rect.intersects(other.rect) for other in self.put_so_far):
            self.put_so_far.append(Label(rect, text))


@lru_cache(maxsize=512)
def _lettered(text: str, ratio: float) -> QPixmap:
    """Words on their ground, drawn once: lettering takes longer than a picture."""
    font = QFont()
    font.setPixelSize(round(12 * ratio))
    metrics, pad = QFontMetricsF(font), 3 * ratio
    image = QPixmap(
        math.ceil(metrics.horizontalAdvance(text) + 2 * pad) or 1, math.ceil(metrics.height()) or 1
    )
    image.fill(_GROUND)
    painter = QPainter(image)
    painter.setFont(font)
    painter.setPen(QColor(theme.MARK))
    painter.drawText(QPointF(pad, metrics.ascent()), text)
    painter.end()
    return image


def within(room: QRectF, rect: QRectF, margin: float) -> QRectF:
    """A rectangle moved so that it lies in `room`, `margin` from its edges; its top left corner at least."""
    left = max(room.left() + margin, min(rect.left(), room.right() - margin - rect.width()))
    top = max(room.top() + margin, min(rect.top(), room.bottom() - margin - rect.height()))
    return QRectF(QPointF(left, top), rect.size())


def _polygon(view: ViewTransform, outline: Sequence[ImagePoint]) -> QPolygonF:
    return QPolygonF([QPointF(*view.to_screen(point)) for point in outline])
