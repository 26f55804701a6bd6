"""One to four viewports side by side: chest walls meet in the middle, one scale in millimetres, one active."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QGridLayout, QWidget

from annotator.ui import theme
from annotator.ui.viewport import Viewport

PLACES = ((0, 0), (0, 1), (1, 0), (1, 1))
LARGE, SMALL = 3, 2
"""How three panes share the width: the large one, and the two stacked beside it."""
GAP_PX = 1


class ViewportGrid(QWidget):
    """Four viewports in two rows, right breasts left; `set_layout` hides those that are not needed.

    Of three the first is large and as high as the other two, on the side where its breast hangs.
    """

    active_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP_PX)
        self.setAutoFillBackground(True)
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Window, QColor(theme.LINE))
        self.setPalette(palette)
        self.viewports: tuple[Viewport, ...] = tuple(Viewport(self) for _ in PLACES)
        self._large: Viewport | None = None
        for viewport in self.viewports:
            viewport.fit_changed.connect(self._share_scale)
            viewport.activated.connect(lambda chosen=viewport: self.set_active(chosen))
        self._active = self.viewports[0]
        self._active.set_active(True)
        self.setFocusProxy(self._active)
        self.set_layout(1)

    @property
    def active(self) -> Viewport:
        """The viewport that commands go to."""
        return self._active

    def set_layout(self, n: int, *, large_right: bool = False) -> None:
        """Show the first `n` viewports, 1 to 4: one, a pair, a large one with two beside it, two rows of pairs."""
        if not 1 <= n <= len(PLACES):
            raise ValueError("one to four viewports")
        self._large = self.viewports[0] if n == 3 else None
        large, small = (1, 0) if large_right and n == 3 else (0, 1)
        places = ((0, large), (0, small), (1, small), (1, large)) if self._large else PLACES
        layout = self.layout()
        assert isinstance(layout, QGridLayout)
        for place, viewport in enumerate(self.viewports):
            layout.removeWidget(viewport)
            viewport.setVisible(place < n)
            if place < n:
                layout.addWidget(viewport, *places[place], 2 if viewport is self._large else 1, 1)
        layout.setColumnStretch(large, LARGE if self._large else 1)
        layout.setColumnStretch(small, SMALL if self._large else int(n > 1))
        layout.setRowStretch(0, 1)
        layout.setRowStretch(1, int(n > 2))
        if self._active.isHidden() or self._large:
            self.set_active(self.viewports[0])
        self._share_scale()

    def set_active(self, viewport: Viewport) -> None:
        """Make a viewport the active one."""
        if viewport is self._active:
            return
        self._active.set_active(False)
        self._active = viewport
        viewport.set_active(True)
        self.setFocusProxy(viewport)
        self.active_changed.emit(viewport)

    def _share_scale(self) -> None:
        """The same millimetres on a screen pixel wherever a contact view is fitted.

        Magnification views stand at their own scale and say their factor, and so does the large one of
        three; pictures without known spacing cannot take part.
        """
        needed = {}
        for viewport in self.viewports:
            picture = viewport.picture
            if picture is None or viewport.isHidden() or picture.info.view.magnified:
                continue
            if viewport is self._large:
                continue
            if picture.column_mm is not None:
                needed[viewport] = picture.column_mm / viewport.fitting_view().scale
        shared = max(needed.values(), default=None)
        for viewport in self.viewports:
            viewport.set_fit_mm(shared if viewport in needed else None)
