"""Keeps the small pictures in step with the panes, and hangs one that is dragged onto a pane."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtGui import QDragMoveEvent, QDropEvent

from annotator.ui.hanging.exam_view import ExamView
from annotator.ui.looking.coverage_keeper import CoverageKeeper
from annotator.ui.panels.thumbnails import IMAGE_MIME, ThumbnailsPanel
from annotator.ui.panes.viewport import Viewport
from annotator.ui.panes.viewport_grid import ViewportGrid
from annotator.ui.pictures.picture import small_picture

FOLLOWS_MS = 150
"""How long after a change the small pictures follow: the large ones go first."""


class PaneThumbnails(QObject):
    """Tells the panel which pane shows what, through which window, and what was seen of it."""

    def __init__(
        self, panel: ThumbnailsPanel, view: ExamView, grid: ViewportGrid, coverage: CoverageKeeper
    ) -> None:
        super().__init__(panel)
        self._panel = panel
        self._view = view
        self._grid = grid
        self._coverage = coverage
        self._rewindowed: set[Viewport] = set()
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(FOLLOWS_MS)
        self._later.timeout.connect(self._follow)
        for viewport in grid.viewports:
            viewport.voi_changed.connect(lambda changed=viewport: self._window_changed(changed))
        for told in (view.picture_shown, view.layout_changed, grid.active_changed, coverage.changed):
            told.connect(lambda *_what: self._later.start())
        grid.setAcceptDrops(True)
        grid.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QDragMoveEvent) and event.mimeData().hasFormat(IMAGE_MIME):
            if self._pane_at(event) is None:
                event.ignore()
            else:
                event.acceptProposedAction()
            return True
        if event.type() == QEvent.Type.Drop and isinstance(event, QDropEvent):
            return self._dropped(event)
        return False

    def _dropped(self, event: QDropEvent) -> bool:
        viewport = self._pane_at(event)
        uid = event.mimeData().data(IMAGE_MIME).toStdString()
        info = self._panel.info_of(uid)
        if viewport is None or info is None:
            return False
        event.acceptProposedAction()
        self._grid.set_active(viewport)
        self._view.show_image(info)
        return True

    def _pane_at(self, event: QDropEvent) -> Viewport | None:
        at = event.position().toPoint()
        return next((v for v in self._grid.shown if v.isVisible() and v.geometry().contains(at)), None)

    def _window_changed(self, viewport: Viewport) -> None:
        self._rewindowed.add(viewport)
        self._later.start()

    def _follow(self) -> None:
        shown = {
            number: viewport.picture.info.sop_instance_uid
            for number, viewport in enumerate(self._grid.shown, start=1)
            if viewport.picture is not None
        }
        self._panel.show_panes(shown, self._view.active_pane + 1)
        self._panel.show_seen(
            {info.sop_instance_uid: self._coverage.share(info) for info in self._panel.infos}
        )
        for viewport in self._rewindowed:
            picture = viewport.picture
            if picture is not None:
                grey = small_picture(picture, viewport.voi, inverted=viewport.inverted)
                self._panel.show_picture(picture.info.sop_instance_uid, grey)
        self._rewindowed.clear()
