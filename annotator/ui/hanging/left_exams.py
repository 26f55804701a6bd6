"""How each exam was left: layout, panes, zoom, slice and window, so that coming back is as having stayed."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject

from annotator.hanging import Layout
from annotator.imaging.placement import center_on
from annotator.model.geometry import ImagePoint
from annotator.model.image import ExamInfo, ImageKey, Voi
from annotator.ui.desk.reading_desk import ReadingDesk
from annotator.ui.hanging.exam_view import ExamView
from annotator.ui.panes.viewport import Viewport
from annotator.ui.panes.viewport_grid import ViewportGrid
from annotator.ui.pictures.picture import Picture

KEPT = 500
"""Exams remembered: some hundred bytes each."""


@dataclass(frozen=True, slots=True)
class _Pane:
    """`scale` None: the whole picture was in view; else what was in the middle at that scale."""

    image: ImageKey
    voi: Voi | None
    scale: float | None
    middle: ImagePoint


@dataclass(frozen=True, slots=True)
class _Left:
    layout: Layout
    only_pair: bool
    panes: dict[int, _Pane]
    active: int


class LeftExams(QObject):
    """Writes down what the panes show when an exam is left, and brings it back when it is opened again."""

    def __init__(self, desk: ReadingDesk, view: ExamView, grid: ViewportGrid) -> None:
        super().__init__(view)
        self._view = view
        self._grid = grid
        self._left: OrderedDict[str, _Left] = OrderedDict()
        self._awaited: dict[int, _Pane] = {}
        desk.leaving.connect(self._leave)
        view.picture_shown.connect(self._arrived)

    def bring_back(self, exam: ExamInfo) -> None:
        """Show an exam that has just been hung as it was left, if it was open before."""
        self._awaited.clear()
        left = self._left.get(exam.study_instance_uid)
        if left is None or (left.layout is Layout.TWO_SCREENS and not self._grid.has_second_board):
            return
        if (self._view.layout, self._view.only_pair) != (left.layout, left.only_pair):
            self._view.set_layout(left.layout, only_pair=left.only_pair)
        if self._view.layout is not left.layout:
            return
        infos = {info.sop_instance_uid: info for info in exam.images}
        for number, pane in left.panes.items():
            if number >= len(self._grid.shown):
                continue
            self._awaited[number] = pane
            place, info = self._view.place(number), infos.get(pane.image.sop_instance_uid)
            hangs = place is not None and place.info.sop_instance_uid == pane.image.sop_instance_uid
            picture = self._view.picture(number)
            if info is not None and (not hangs or info.is_stack):
                self._grid.set_active(self._grid.viewports[number])
                self._view.show_image(info, pane.image.frame if info.is_stack else None)
            elif picture is not None:
                self._arrived(number, picture)
        self._grid.set_active(self._grid.viewports[min(left.active, len(self._grid.shown) - 1)])

    def _leave(self, exam: ExamInfo) -> None:
        shown = {n: _pane_of(viewport) for n, viewport in enumerate(self._grid.shown)}
        panes = {n: pane for n, pane in shown.items() if pane is not None}
        # what had not arrived yet is still as it was left the last time
        panes = {n: pane for n, pane in self._awaited.items() if n < len(self._grid.shown)} | panes
        self._left[exam.study_instance_uid] = _Left(
            self._view.layout, self._view.only_pair, panes, self._view.active_pane
        )
        self._left.move_to_end(exam.study_instance_uid)
        while len(self._left) > KEPT:
            self._left.popitem(last=False)

    def _arrived(self, number: int, picture: Picture) -> None:
        pane = self._awaited.get(number)
        if pane is None or pane.image.sop_instance_uid != picture.info.sop_instance_uid:
            return
        viewport = self._grid.viewports[number]
        if not picture.provisional:
            del self._awaited[number]
        if pane.scale is not None:
            ratio = pane.scale / viewport.view.scale
            down = viewport.view.scale_rows
            view = replace(viewport.view, scale=pane.scale, scale_rows=None if down is None else down * ratio)
            viewport.set_view(center_on(view, pane.middle, *viewport.device_size()))
            viewport.bring_breast_back()
        if pane.voi is not None:
            viewport.set_voi(pane.voi)


def _pane_of(viewport: Viewport) -> _Pane | None:
    picture = viewport.picture
    if picture is None:
        return None
    width, height = viewport.device_size()
    middle = viewport.view.to_image(width / 2, height / 2)
    return _Pane(picture.key, viewport.voi, None if viewport.fitted else viewport.view.scale, middle)
