"""Up to eight viewports on one board or two: chest walls meet, one scale in millimetres, one active."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QGridLayout, QWidget

from annotator.imaging.placement import scaled_to
from annotator.model.geometry import ViewTransform
from annotator.ui import theme
from annotator.ui.panes.pane_places import MOST_PANES, Places, Spot
from annotator.ui.panes.viewport import Viewport
from annotator.ui.pictures.picture import Picture

GAP_PX = 1


class Board(QWidget):
    """Cells for viewports, a hair apart."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cells = QGridLayout(self)
        self._cells.setContentsMargins(0, 0, 0, 0)
        self._cells.setSpacing(GAP_PX)
        self.setAutoFillBackground(True)
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Window, QColor(theme.LINE))
        self.setPalette(palette)

    def take_out(self, viewport: Viewport) -> None:
        """Leave the cell of a viewport empty."""
        self._cells.removeWidget(viewport)

    def put(self, viewport: Viewport, row: int, column: int, rows: int) -> None:
        """Let a viewport stand in a cell, `rows` high."""
        self._cells.addWidget(viewport, row, column, rows, 1)
        viewport.show()

    def share(self, widths: tuple[int, ...], rows: int) -> None:
        """How the columns share the width; all `rows` are equally high."""
        for column in range(max(self._cells.columnCount(), len(widths))):
            self._cells.setColumnStretch(column, widths[column] if column < len(widths) else 0)
        for row in range(max(self._cells.rowCount(), rows)):
            self._cells.setRowStretch(row, int(row < rows))


class ViewportGrid(Board):
    """The board of the main window; it owns all viewports, also those lent to the board of a second one.

    `shown` are those that the layout has use for, in the order of the hanging. `rearranged`: they stand
    elsewhere now.
    """

    active_changed = Signal(object)
    rearranged = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.viewports: tuple[Viewport, ...] = tuple(Viewport(self) for _ in range(MOST_PANES))
        self.shown: tuple[Viewport, ...] = ()
        self.common_mm: float | None = None
        self._second: Board | None = None
        self._large: Viewport | None = None
        self._places: Places | None = None
        for viewport in self.viewports:
            viewport.fit_changed.connect(self._share_scale)
            viewport.activated.connect(lambda chosen=viewport: self.set_active(chosen))
        self._active = self.viewports[0]
        self._active.set_active(True)
        self.arrange(Places((Spot(0, 0, 0),)))

    @property
    def active(self) -> Viewport:
        """The viewport that commands go to."""
        return self._active

    @property
    def has_second_board(self) -> bool:
        """Whether panes can stand in a second window."""
        return self._second is not None

    def holds(self, widget: QWidget | None) -> bool:
        """Whether a widget is part of the images, here or on the second board."""
        boards = (self, self._second)
        return widget is not None and any(b is not None and b.isAncestorOf(widget) for b in boards)

    def lend_to(self, board: Board | None) -> None:
        """The board of a second window, for places on board 1; None: there is none any more."""
        if board is None:
            for viewport in self.viewports:
                if not self.isAncestorOf(viewport):
                    viewport.setParent(self)
                    viewport.hide()
        self._second, self._places = board, None

    def arrange(self, places: Places) -> None:
        """Let the first viewports stand at `places` and hide the others.

        Raises ValueError when a place is on a second board and there is none.
        """
        if places == self._places:
            return
        boards: tuple[Board | None, ...] = (self, self._second)
        for viewport in self.viewports:
            for board in boards:
                if board is not None:
                    board.take_out(viewport)
        self.shown = self.viewports[: len(places.spots)]
        for viewport, spot in zip(self.viewports, places.spots, strict=False):
            board = boards[spot.board]
            if board is None:
                raise ValueError("there is no second board")
            board.put(viewport, spot.row, spot.column, spot.rows)
        for viewport in self.viewports[len(places.spots) :]:
            viewport.hide()
        for number, board in enumerate(boards):
            spots = [spot for spot in places.spots if spot.board == number]
            if board is not None and spots:
                even = (1,) * (1 + max(spot.column for spot in spots))
                board.share(places.widths or even, max(spot.row + spot.rows for spot in spots))
        self._places = places
        self._large = None if places.large is None else self.viewports[places.large]
        if self._active not in self.shown or self._large is not None:
            self.set_active(self.viewports[0])
        self._follow_focus()
        self._share_scale()
        self.rearranged.emit()

    def set_active(self, viewport: Viewport) -> None:
        """Make a viewport the active one."""
        if viewport is self._active:
            return
        self._active.set_active(False)
        self._active = viewport
        viewport.set_active(True)
        self._follow_focus()
        self.active_changed.emit(viewport)

    def share_active_scale(self) -> int:
        """Bring the other panes to the scale of the active one in millimetres; how many it was possible for.

        0 when the active pane has none: a magnification view, or a picture without known spacing. What is
        in the middle of a pane stays there; when the active one is fitted, all of them fit again.
        """
        mm = _own_mm(self._active)
        if mm is None:
            return 0
        others = [v for v in self.shown if v is not self._active and _own_mm(v) is not None]
        if self._active.fitted and self._active is not self._large:
            for viewport in others:
                viewport.fit()
            return len(others)
        for viewport in others:
            own = _own_mm(viewport)
            if own is not None:
                viewport.set_view(_scaled(viewport, own / mm))
        return len(others)

    def views_fitted(self, pictures: Sequence[Picture | None]) -> list[ViewTransform | None]:
        """How these pictures would lie in the panes shown if they hung there, all of each in view."""
        needed = self._needed_mm(pictures)
        mm = max(needed.values(), default=None)
        return [
            None if picture is None else viewport.fitting_view(mm if viewport in needed else None, picture)
            for viewport, picture in zip(self.shown, pictures, strict=True)
        ]

    def _follow_focus(self) -> None:
        """Who gives a board the keyboard means the active pane, or the first one there."""
        for board in (self, self._second):
            here = [] if board is None else [v for v in self.shown if board.isAncestorOf(v)]
            if board is not None and here:
                board.setFocusProxy(self._active if self._active in here else here[0])

    def _share_scale(self) -> None:
        """The same millimetres on a screen pixel wherever a contact view is fitted.

        Magnification views stand at their own scale and say their factor, and so does the large one of
        three; pictures without known spacing cannot take part.
        """
        needed = self._needed_mm([viewport.picture for viewport in self.shown])
        self.common_mm = max(needed.values(), default=None)
        for viewport in self.viewports:
            viewport.set_fit_mm(self.common_mm if viewport in needed else None)

    def _needed_mm(self, pictures: Sequence[Picture | None]) -> dict[Viewport, float]:
        """Millimetres on a screen pixel at which each pane that shares its scale would show its picture whole."""
        needed = {}
        for viewport, picture in zip(self.shown, pictures, strict=True):
            if picture is None or picture.info.view.magnified or viewport is self._large:
                continue
            if picture.column_mm is not None:
                needed[viewport] = picture.column_mm / viewport.fitting_view(picture=picture).scale
        return needed


def _own_mm(viewport: Viewport) -> float | None:
    """Millimetres on a screen pixel of a contact view as it is shown now, None of others."""
    picture = viewport.picture
    if picture is None or picture.info.view.magnified or picture.column_mm is None:
        return None
    return picture.column_mm / viewport.view.scale


def _scaled(viewport: Viewport, factor: float) -> ViewTransform:
    """The view of a viewport, so many times as large around its middle."""
    x, y = (side / 2 for side in viewport.device_size())
    return scaled_to(viewport.view, x, y, viewport.view.scale * factor)
