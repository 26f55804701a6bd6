"""The light map: which part of the breast was seen at 1:1, drawn over pictures that are smaller than that."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QLineF, QObject, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen, QTransform
from PySide6.QtWidgets import QWidget

from annotator.analysis.breast.coverage import CELL_PX, cells_of
from annotator.model.geometry import ImagePoint
from annotator.ui import theme
from annotator.ui.looking.coverage_keeper import CoverageKeeper
from annotator.ui.panes.viewport import Viewport
from annotator.ui.panes.viewport_grid import ViewportGrid
from annotator.ui.pictures.picture import Picture

LIT = 46
"""Opacity of the light, of 255: the breast stays visible under it."""


class CoverageMaps(QObject):
    """One sheet on each viewport, all shown or none; a sheet over a picture at 1:1 or larger is empty."""

    def __init__(self, grid: ViewportGrid, keeper: CoverageKeeper, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._sheets = tuple(_Sheet(viewport, keeper) for viewport in grid.viewports)
        keeper.changed.connect(self._refresh)
        self.shown = False

    def show(self, shown: bool) -> None:
        """Draw the map, or take it away."""
        self.shown = shown
        for sheet in self._sheets:
            sheet.setVisible(shown)

    def _refresh(self) -> None:
        if self.shown:
            for sheet in self._sheets:
                sheet.update()


class _Sheet(QWidget):
    """Lies over a viewport and lets every click through."""

    def __init__(self, viewport: Viewport, keeper: CoverageKeeper) -> None:
        super().__init__(viewport)
        self._viewport = viewport
        self._keeper = keeper
        self._drawn: tuple[int, int, tuple[int, int]] | None = None
        self._light = QImage()
        self._borders: list[QLineF] = []
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()
        viewport.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self.setGeometry(self._viewport.rect())
        return False

    def paintEvent(self, _event: QPaintEvent) -> None:
        viewport, picture = self._viewport, self._viewport.picture
        if picture is None or min(viewport.view.scale, viewport.view.scale_down) >= 1:
            return
        cells = self._keeper.cells(picture)
        if cells is None:
            return
        if cells != self._drawn:
            self._draw(*cells)
            self._drawn = cells
        painter = QPainter(self)
        try:
            self._paint(painter, picture)
        finally:
            # a painter that outlives its widget's paint event takes the program down with it
            painter.end()

    def _paint(self, painter: QPainter, picture: Picture) -> None:
        place = self._viewport.widget_position
        zero, across, down = (
            place(ImagePoint(0, 0)),
            place(ImagePoint(CELL_PX, 0)),
            place(ImagePoint(0, CELL_PX)),
        )
        painter.setTransform(
            QTransform(
                across.x() - zero.x(),
                across.y() - zero.y(),
                down.x() - zero.x(),
                down.y() - zero.y(),
                zero.x(),
                zero.y(),
            ),
            True,
        )
        # the last cells reach beyond the image, the light does not
        info = picture.info
        painter.setClipRect(0, 0, -(-info.columns // CELL_PX), -(-info.rows // CELL_PX))
        painter.drawImage(0, 0, self._light)
        pen = QPen(QColor(theme.ACCENT), 1.5)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.drawLines(self._borders)

    def _draw(self, seen_bits: int, breast_bits: int, size: tuple[int, int]) -> None:
        breast = cells_of(breast_bits, *size)
        seen = cells_of(seen_bits, *size) & breast
        colour = QColor(theme.ACCENT)
        pixels = np.zeros((*seen.shape, 4), np.uint8)
        # premultiplied, in the byte order of Format_RGBA8888_Premultiplied
        pixels[seen] = [round(part * LIT / 255) for part in (colour.red(), colour.green(), colour.blue())] + [
            LIT
        ]
        columns, rows = size
        kind = QImage.Format.Format_RGBA8888_Premultiplied
        self._light = QImage(pixels.tobytes(), columns, rows, columns * 4, kind).copy()
        self._borders = _borders(seen, breast & ~seen)


def _borders(seen: NDArray[np.bool_], unseen: NDArray[np.bool_]) -> list[QLineF]:
    """Lines, in cells, between what was seen of the breast and what was not."""
    beside = (seen[:, :-1] & unseen[:, 1:]) | (unseen[:, :-1] & seen[:, 1:])
    below = (seen[:-1] & unseen[1:]) | (unseen[:-1] & seen[1:])
    upright = [QLineF(c + 1, r, c + 1, r + 1) for r, c in np.argwhere(beside).tolist()]
    return upright + [QLineF(c, r + 1, c + 1, r + 1) for r, c in np.argwhere(below).tolist()]
