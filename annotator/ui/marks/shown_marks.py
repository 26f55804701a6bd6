"""What a reading says about the picture of one viewport: what is marked, selected and under the pointer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from annotator.model.clusters_on_image import ClustersOnImage
from annotator.model.finding import Reading
from annotator.model.geometry import ImagePoint, ViewTransform, contains
from annotator.ui.marks.cluster_shapes import ClusterShapes, chest_of
from annotator.ui.marks.groups import ShownGroup, group_at, paint_groups, shown_groups
from annotator.ui.marks.layer import MarkLayer
from annotator.ui.marks.nipple import RADIUS_PX, is_near, nipple_of, paint_nipple
from annotator.ui.marks.overlay import Emphasis, Label, labels_of, looks_of, paint_labels, paint_preview
from annotator.ui.marks.painting import Placed, paint_clusters, paint_marks
from annotator.ui.marks.sheet import MarkSheet, boxes_of, changed_marks, is_for
from annotator.ui.marks.tools import Preview
from annotator.ui.marks.words import mark_words
from annotator.ui.pictures.picture import Picture

HIT_PX = 8.0
"""Screen pixels around the pointer in which a mark counts as touched."""

LINE_PX = 4.0
"""The same for the line of a cluster: narrower, because specks beside it are to be marked."""


@dataclass(frozen=True, slots=True)
class _OnScreen:
    """What the viewport itself shows, once it has painted what it was told to."""

    placed: Placed
    size: tuple[int, int]
    emphasis: Emphasis
    labels: tuple[Label, ...]
    nipple: ImagePoint | None


class ShownMarks:
    """Marks that are hidden cannot be hit. What changes the look answers True, and `changed_parts` where."""

    def __init__(self) -> None:
        self.visible = True
        self._reading: Reading | None = None
        self._picture: Picture | None = None
        self._layer: MarkLayer | None = None
        self._shapes = ClusterShapes()
        self._told: tuple[ClustersOnImage, ...] = ()
        self._groups: tuple[ShownGroup, ...] = ()
        self._emphasis = Emphasis()
        self._chosen: tuple[MarkLayer, frozenset[str], NDArray[np.bool_]] | None = None
        self._placed: Placed | None = None
        self._sheet = MarkSheet()
        self._on_screen: _OnScreen | None = None

    def set_picture(self, picture: Picture | None) -> None:
        """Show the marks on another picture."""
        self._picture = picture
        self._make_groups()
        self._make_layer()

    def set_reading(self, reading: Reading | None) -> bool:
        """Show the marks of another reading."""
        before, was = self._layer, self._reading
        nipple = nipple_of(was, self._picture)
        self._reading = reading
        self._make_layer()
        if before is None or self._layer is None or was is None or reading is None:
            return before is not self._layer
        return not self._layer.looks_like(before) or nipple != self._nipple

    def set_clusters(self, told: tuple[ClustersOnImage, ...]) -> bool:
        """Show how marks lie together, as far as it is told of this picture."""
        before, self._told = self._groups, told
        self._make_groups()
        return bool(before or self._groups)

    def select(self, finding_id: str | None, mark_ids: frozenset[str], cluster_id: str | None) -> bool:
        """Select a finding, and marks or a cluster of it."""
        return self._emphasise(finding_id=finding_id, mark_ids=mark_ids, cluster_id=cluster_id)

    def hover(self, point: ImagePoint | None, view: ViewTransform, ratio: float) -> bool:
        """The pointer is over a point of the picture, or over none."""
        mark = cluster = line = group = None
        nipple = point is not None and self.nipple_at(point, view, ratio)
        if point is not None and self._layer is not None and self.visible:
            mark = self.mark_at(point, view, ratio)
            cluster = self._layer.cluster_at(point)
            line = None if mark else self.outline_at(point, view, ratio)
            group = group_at(self._groups, point)
        return self._emphasise(
            hovered_mark=mark,
            hovered_cluster=cluster,
            hovered_line=line,
            hovered_group=group,
            hovered_nipple=nipple,
        )

    def mark_at(self, point: ImagePoint, view: ViewTransform, ratio: float) -> str | None:
        """Id of the mark under the hand, None when there is none or marks are hidden."""
        if self._layer is None or not self.visible:
            return None
        return self._layer.mark_at(point, HIT_PX * ratio, view)

    def outline_at(self, point: ImagePoint, view: ViewTransform, ratio: float) -> str | None:
        """Id of the cluster whose line is under the hand, None when there is none or marks are hidden."""
        if self._layer is None or not self.visible:
            return None
        return self._layer.outline_at(point, LINE_PX * ratio, view)

    def selected_at(self, point: ImagePoint, view: ViewTransform, ratio: float) -> bool:
        """Whether the hand is on the one mark that is selected, or within its outline."""
        layer, ids = self._layer, self._emphasis.mark_ids
        index = None if layer is None or len(ids) != 1 else layer.index_of(next(iter(ids)))
        if layer is None or index is None or not self.visible:
            return False
        mark = layer.mark(index)
        outline = () if mark.measurement is None else mark.measurement.outline
        on_it = self.mark_at(point, view, ratio) == mark.id
        return on_it or (len(outline) > 2 and contains(outline, point))

    def nipple_at(self, point: ImagePoint, view: ViewTransform, ratio: float) -> bool:
        """Whether the hand is on the nipple that the reader placed."""
        return self.visible and is_near(self._nipple, point, RADIUS_PX * ratio, view)

    def hovered_words(self) -> str:
        """The mark, the nipple or the line under the pointer and what a click does there, '' when there is none."""
        layer, hovered, line = self._layer, self._emphasis.hovered_mark, self._emphasis.hovered_line
        if hovered is None and self._emphasis.hovered_nipple:
            return "the nipple as you placed it  ·  drag: move"
        if layer is None:
            return ""
        index = layer.index_of(hovered)
        if index is not None:
            mark = layer.mark(index)
            label = layer.labels.get(mark.finding_id, "")
            where = f"  ·  on slice {mark.image.frame}" if layer.faint[index] else ""
            act = "click: select · drag: move" if not where else "click: select and go there"
            return f"{label}  {mark_words(mark)}{where}  ·  {act}".strip()
        shape = next((c for c in layer.clusters if c.id == line), None)
        if shape is None:
            return ""
        told, *_shorter = self._words_of_clusters.get(shape.id, (shape.told,))
        return f"{shape.finding_label}  cluster: {told}  ·  click: select, then Del unties it"

    def paint(
        self,
        painter: QPainter,
        view: ViewTransform,
        size: tuple[int, int],
        preview: Preview | None,
        ratio: float,
        *,
        kept: bool = False,
        moving: bool = False,
    ) -> None:
        """Draw them in device pixels, with the stroke in hand; `ratio` is device pixels per logical pixel.

        `kept`: this is the viewport itself, where the same marks are drawn again and again; many of them are then
        kept as a picture. `moving`: the view is about to change again.
        """
        layer = self._layer
        if layer is None or not self.visible:
            if kept:
                self._on_screen = None
            return
        if kept and preview is None and self._stays_empty(layer, view, ratio, size):
            return
        placed = self._place(layer, view, ratio, preview)
        shown = self._shown(placed, size)
        if kept:
            self._on_screen = shown
        paint_groups(painter, self._groups, view, QRectF(0, 0, *size), ratio)
        if kept and is_for(layer):
            self._sheet.paint(painter, placed, size, moving=moving)
        else:
            paint_clusters(painter, placed, [QRectF(0, 0, *size)])
            paint_marks(painter, placed, placed.touching(0, 0, *size))
        nipple = self._nipple if preview is None or preview.nipple is None else preview.nipple
        if nipple is not None:
            paint_nipple(painter, nipple, view, ratio)
        paint_labels(painter, shown.labels, ratio)
        if preview is not None:
            paint_preview(painter, preview, view, ratio)

    def changed_parts(self, preview: Preview | None) -> list[QRectF] | None:
        """Where, in device pixels, marks and words are to be painted anew since this was asked or painted last.

        None where that is nearly everywhere.
        """
        before, layer = self._on_screen, self._layer
        if before is None or layer is None or not self.visible:
            return None
        if self._nipple != before.nipple:
            return None
        known = before.placed
        placed = self._place(layer, known.view, known.ratio, preview)
        changed = changed_marks(known, placed)
        if changed is None:
            return None
        self._on_screen = now = self._shown(placed, before.size)
        parts = boxes_of(known, placed, changed)
        if now.labels != before.labels:
            for some, others in ((now, before), (before, now)):
                parts += [label.rect for label in some.labels if label not in others.labels]
        return parts

    def _stays_empty(
        self, layer: MarkLayer, view: ViewTransform, ratio: float, size: tuple[int, int]
    ) -> bool:
        """Whether nothing was drawn and nothing is to be: most pictures have no marks, and none may wait for that."""
        known = self._on_screen
        if known is None or len(layer.rows) or layer.clusters or self._nipple or known.nipple:
            return False
        placed = known.placed
        return placed.layer is layer and (placed.view, placed.ratio, known.size) == (view, ratio, size)

    def _shown(self, placed: Placed, size: tuple[int, int]) -> _OnScreen:
        known, emphasis = self._on_screen, self._emphasis
        now = size, emphasis, self._nipple
        if known is not None and known.placed is placed and (known.size, known.emphasis, known.nipple) == now:
            return known
        told = None if emphasis.hovered_mark else emphasis.hovered_group
        hovered = None if told is None else self._groups[told]
        name = f"{self._name_in_hand}  "
        words = None if hovered is None else (hovered.bounds, tuple(name + text for text in hovered.words))
        labels = labels_of(placed, size, emphasis, self._words_of_clusters, words)
        return _OnScreen(placed, size, emphasis, labels, self._nipple)

    @property
    def _words_of_clusters(self) -> dict[str, tuple[str, ...]]:
        return {group.cluster_id: group.words for group in self._groups if group.cluster_id}

    @property
    def _name_in_hand(self) -> str:
        return "" if self._layer is None else self._layer.labels.get(self._emphasis.finding_id or "", "")

    @property
    def _nipple(self) -> ImagePoint | None:
        return nipple_of(self._reading, self._picture)

    def _place(self, layer: MarkLayer, view: ViewTransform, ratio: float, preview: Preview | None) -> Placed:
        hidden = layer.index_of(None if preview is None else preview.moving_mark)
        ids = self._emphasis.mark_ids
        if self._chosen is None or self._chosen[:2] != (layer, ids):
            self._chosen = layer, ids, layer.chosen(ids)
        chosen, looks = self._chosen[2], looks_of(layer, self._emphasis)
        known = self._placed
        if known is None or not known.is_of(layer, view, ratio, chosen, hidden, looks):
            known = self._placed = Placed.at(layer, view, ratio, chosen, hidden, looks)
        return known

    def _make_layer(self) -> None:
        picture = self._picture
        if picture is None or self._reading is None:
            self._layer = self._placed = self._chosen = None
            self._sheet.clear()
            return
        chest = chest_of(picture.info, picture.orientation)
        self._layer = MarkLayer(
            self._reading, picture.key, chest, picture.numbers, picture.near, self._shapes
        )
        if not is_for(self._layer):
            self._sheet.clear()

    def _make_groups(self) -> None:
        picture = self._picture
        self._on_screen = None
        self._groups = () if picture is None else shown_groups(self._told, picture.info.sop_instance_uid)
        # what was under the pointer has another number now, or is gone
        self._emphasis = replace(self._emphasis, hovered_group=None)

    def _emphasise(self, **changed: Any) -> bool:
        before, self._emphasis = self._emphasis, replace(self._emphasis, **changed)
        return self._emphasis != before
