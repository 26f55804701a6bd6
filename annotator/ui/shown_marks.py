"""What a reading says about the picture of one viewport: what is marked, selected and under the pointer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtGui import QPainter

from annotator.model.finding import Reading
from annotator.model.geometry import ImagePoint, ViewTransform
from annotator.ui.mark_words import mark_words
from annotator.ui.overlay import Emphasis, MarkLayer, paint_overlay
from annotator.ui.picture import Picture
from annotator.ui.tools import Preview

HIT_PX = 8.0
"""Screen pixels around the pointer in which a mark counts as touched."""

LINE_PX = 4.0
"""The same for the line of a cluster: narrower, because specks beside it are to be marked."""


class ShownMarks:
    """Marks that are hidden cannot be hit. What changes the look answers True."""

    def __init__(self) -> None:
        self.visible = True
        self._reading: Reading | None = None
        self._picture: Picture | None = None
        self._layer: MarkLayer | None = None
        self._emphasis = Emphasis()

    def set_picture(self, picture: Picture | None) -> None:
        """Show the marks on another picture."""
        self._picture = picture
        self._make_layer()

    def set_reading(self, reading: Reading | None) -> None:
        """Show the marks of another reading."""
        self._reading = reading
        self._make_layer()

    def select(self, finding_id: str | None, mark_ids: frozenset[str], cluster_id: str | None) -> bool:
        """Select a finding, and marks or a cluster of it."""
        return self._emphasise(finding_id=finding_id, mark_ids=mark_ids, cluster_id=cluster_id)

    def hover(self, point: ImagePoint | None, view: ViewTransform, ratio: float) -> bool:
        """The pointer is over a point of the picture, or over none."""
        mark = cluster = line = None
        if point is not None and self._layer is not None and self.visible:
            mark = self.mark_at(point, view, ratio)
            cluster = self._layer.cluster_at(point)
            line = None if mark else self.outline_at(point, view, ratio)
        return self._emphasise(hovered_mark=mark, hovered_cluster=cluster, hovered_line=line)

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

    def hovered_words(self) -> str:
        """The mark or the line under the pointer and what a click does there, '' when there is none."""
        layer, hovered, line = self._layer, self._emphasis.hovered_mark, self._emphasis.hovered_line
        if layer is None:
            return ""
        if hovered in layer.place:
            mark = layer.marks[layer.place[hovered]]
            label = layer.labels.get(mark.finding_id, "")
            where = "" if mark.id not in layer.dimmed else f"  ·  on slice {mark.image.frame}"
            act = "click: select · drag: move" if not where else "click: select and go there"
            return f"{label}  {mark_words(mark)}{where}  ·  {act}".strip()
        shape = next((c for c in layer.clusters if c.id == line), None)
        if shape is None:
            return ""
        return f"{shape.finding_label}  cluster: {shape.numbers}  ·  click: select, then Del unties it"

    def paint(
        self,
        painter: QPainter,
        view: ViewTransform,
        size: tuple[int, int],
        preview: Preview | None,
        ratio: float,
    ) -> None:
        """Draw them in device pixels, with the stroke in hand."""
        if self._layer is not None and self.visible:
            paint_overlay(painter, self._layer, view, size, self._emphasis, preview, ratio)

    def _make_layer(self) -> None:
        picture = self._picture
        if picture is None or self._reading is None:
            self._layer = None
        else:
            self._layer = MarkLayer(
                self._reading, picture.key, picture.info.spacing, picture.numbers, picture.near
            )

    def _emphasise(self, **changed: Any) -> bool:
        before, self._emphasis = self._emphasis, replace(self._emphasis, **changed)
        return self._emphasis != before
