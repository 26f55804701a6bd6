"""Notices what was looked at: pictures at acquisition resolution that stood still in front of a reader."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtGui import QGuiApplication

from annotator.analysis.breast.coverage import cells_in_view, cells_touched
from annotator.ui.looking.lens import Lens
from annotator.ui.panes.viewport import Viewport
from annotator.ui.panes.viewport_grid import ViewportGrid
from annotator.ui.pictures.picture import Picture

REST_MS = 300
"""How long a view stands still before what it shows counts: about one fixation of the eye (docs/decisions)."""
SLICE_MS = 50
"""How long a slice is on a view that stands still before it counts: cine up to 20 slices a second does."""


class CoverageWatch(QObject):
    """`seen` carries a Picture and the bits of its cells that were in sight.

    Timers run only for a moment after something moved; where nothing moves, nothing runs.
    """

    seen = Signal(object, object)

    def __init__(self, grid: ViewportGrid, lens: Lens, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lens = lens
        self._panes = tuple(_Pane(viewport, self) for viewport in grid.viewports)
        self._lens_rest = _timer(self, REST_MS)
        self._lens_rest.timeout.connect(self._under_lens)
        lens.moved.connect(self._lens_rest.start)
        lens.opened.connect(lambda _open: self.look_again())
        app = QGuiApplication.instance()
        if isinstance(app, QGuiApplication):
            app.focusWindowChanged.connect(self._focus_changed)

    def look_again(self) -> None:
        """Something else may be in sight now."""
        for pane in self._panes:
            pane.begin()

    def tell(self, viewport: Viewport) -> None:
        """What a viewport shows at rest counts, but for what a glass lies over."""
        picture = viewport.picture
        if picture is None or viewport.moving or not _is_looked_at(viewport) or not _counts(picture):
            return
        bits = cells_in_view(viewport.view, *viewport.device_size())
        for glass in self._lens.glasses:
            covered = glass.covered()
            if bits and glass.viewport is viewport and covered is not None:
                bits &= ~cells_touched(viewport.view, covered)
        if bits:
            self.seen.emit(picture, bits)

    def _under_lens(self) -> None:
        """The lens rests: what is under it counts, and what it uncovered."""
        for glass in self._lens.glasses:
            viewport, shown = glass.viewport, glass.shown()
            picture = None if viewport is None else viewport.picture
            if viewport is None or picture is None or shown is None or viewport.moving:
                continue
            if _is_looked_at(viewport) and _counts(picture):
                view, size = shown
                bits = cells_in_view(view, *size)
                if bits:
                    self.seen.emit(picture, bits)
        for pane in self._panes:
            pane.rested()

    def _focus_changed(self, window: object) -> None:
        if window is not None:
            self.look_again()


class _Pane(QObject):
    """The rest of one viewport; another slice of the same stack begins a shorter one."""

    def __init__(self, viewport: Viewport, watch: CoverageWatch) -> None:
        super().__init__(watch)
        self._viewport = viewport
        self._watch = watch
        self._picture: Picture | None = None
        self._rest = _timer(self, REST_MS)
        self._rest.timeout.connect(self.rested)
        self._slice = _timer(self, SLICE_MS)
        self._slice.timeout.connect(self.rested)
        viewport.view_changed.connect(self.begin)
        # comes with every picture, also with one that lies as the one before it did
        viewport.voi_changed.connect(self._picture_changed)
        viewport.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show:
            self.begin()
        return False

    def begin(self) -> None:
        """The view moved: wait until it has stood still long enough."""
        self._slice.stop()
        self._rest.start()

    def rested(self) -> None:
        """Long enough, unless the slice has only just come."""
        if not (self._rest.isActive() or self._slice.isActive()):
            self._watch.tell(self._viewport)

    def _picture_changed(self) -> None:
        before, self._picture = self._picture, self._viewport.picture
        if self._picture is before or self._picture is None:
            return
        if before is None or before.info.sop_instance_uid != self._picture.info.sop_instance_uid:
            self.begin()
        else:
            self._slice.start()


def _timer(parent: QObject, interval: int) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(interval)
    return timer


def _counts(picture: Picture) -> bool:
    """Neither a first look nor a slab shows what was acquired."""
    return not picture.provisional and picture.slab is None


def _is_looked_at(viewport: Viewport) -> bool:
    """In sight, in a program that has the keyboard."""
    window = viewport.window()
    return viewport.isVisible() and not window.isMinimized() and QGuiApplication.focusWindow() is not None
