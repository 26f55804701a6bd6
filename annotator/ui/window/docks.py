"""The panels round the images: where they are docked, which are in sight, and the images alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QDockWidget, QMainWindow, QVBoxLayout, QWidget

LEFT = Qt.DockWidgetArea.LeftDockWidgetArea
RIGHT = Qt.DockWidgetArea.RightDockWidgetArea
BOTTOM = Qt.DockWidgetArea.BottomDockWidgetArea


class DockPlace(NamedTuple):
    """Where a panel is docked, how wide or high it begins (in widths of an M), and whether in sight."""

    area: Qt.DockWidgetArea
    ems: int
    shown: bool = True


PLACES: Mapping[str, DockPlace] = {
    "worklist": DockPlace(LEFT, 20),
    "thumbnails": DockPlace(LEFT, 20),
    "tour": DockPlace(LEFT, 20, shown=False),
    "findings": DockPlace(RIGHT, 34),
    "candidates": DockPlace(RIGHT, 34, shown=False),
    "history": DockPlace(RIGHT, 34, shown=False),
    "timeline": DockPlace(BOTTOM, 14, shown=False),
    "compare": DockPlace(BOTTOM, 24, shown=False),
    "merge": DockPlace(BOTTOM, 16, shown=False),
    "problems": DockPlace(BOTTOM, 14, shown=False),
}
_BEGIN_HEIGHTS = {"worklist": 300, "thumbnails": 420}
_LOW_EMS = 14


class WindowDocks(QObject):
    """The docks of a window by name. `shown` carries the name of a panel that came into sight by command."""

    shown = Signal(str)

    def __init__(self, window: QMainWindow, panels: Mapping[str, QWidget]) -> None:
        super().__init__(window)
        self._window = window
        self._docks = {name: self._dock(name, panel) for name, panel in panels.items()}
        self._hidden_for_images: list[QWidget] = []
        for name, dock in self._docks.items():
            dock.setVisible(PLACES[name].shown)
        window.setCorner(Qt.Corner.BottomLeftCorner, LEFT)
        window.setCorner(Qt.Corner.BottomRightCorner, RIGHT)
        self._begin_sizes()

    def __getitem__(self, name: str) -> QDockWidget:
        return self._docks[name]

    def is_shown(self, name: str) -> bool:
        """Whether a panel is in sight."""
        return self._docks[name].isVisible()

    def show(self, name: str) -> None:
        """Bring a panel into sight."""
        self._docks[name].show()
        self.shown.emit(name)

    def toggle(self, name: str) -> None:
        """Show a panel, or hide it."""
        if self.is_shown(name):
            self._docks[name].hide()
        else:
            self.show(name)

    @property
    def images_only(self) -> bool:
        """Whether the images are alone."""
        return bool(self._hidden_for_images)

    def toggle_images_only(self) -> None:
        """Hide everything but the images, or bring back what was there."""
        if self._hidden_for_images:
            self.leave_images_only()
            return
        window = self._window
        parts = [*self._docks.values(), window.menuWidget(), window.statusBar()]
        self._hidden_for_images = [part for part in parts if part is not None and part.isVisible()]
        for part in self._hidden_for_images:
            part.hide()

    def leave_images_only(self) -> None:
        """Bring back what was hidden for the images; nothing when they are not alone."""
        for part in self._hidden_for_images:
            part.show()
        self._hidden_for_images = []

    def _dock(self, name: str, content: QWidget) -> QDockWidget:
        dock = QDockWidget(name, self._window)
        dock.setObjectName(name)
        dock.setTitleBarWidget(QWidget(dock))
        dock.setFeatures(QDockWidget.DockWidgetFeature.NoDockWidgetFeatures)
        content.setObjectName("panel")
        content.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        dock.setWidget(content)
        self._window.addDockWidget(PLACES[name].area, dock)
        return dock

    def _begin_sizes(self) -> None:
        em = self._window.fontMetrics().horizontalAdvance("M")
        widths, heights = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        sides = ["worklist", "findings"]
        self._resize(sides, [PLACES[name].ems * em for name in sides], widths)
        self._resize(list(_BEGIN_HEIGHTS), list(_BEGIN_HEIGHTS.values()), heights)
        self._resize(["history", "timeline", "problems"], [_LOW_EMS * em] * 3, heights)
        self._resize(["merge"], [PLACES["merge"].ems * em], heights)
        self._resize(["compare"], [PLACES["compare"].ems * em], heights)

    def _resize(self, names: list[str], sizes: list[int], orientation: Qt.Orientation) -> None:
        self._window.resizeDocks([self._docks[name] for name in names], sizes, orientation)


def stacked(*parts: QWidget, above: QWidget | None = None) -> QWidget:
    """Panels above each other as one; the first takes what room there is, `above` lies over it when shown."""
    panel = QWidget()
    column = QVBoxLayout(panel)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    if above is not None:
        column.addWidget(above)
    for part in parts:
        column.addWidget(part, int(part is parts[0]))
    return panel
