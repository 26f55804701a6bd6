"""The cross: where the keyboard points on an image. What it does there is what the mouse would do."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QLineF, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication, QWidget

from annotator.model.geometry import ImagePoint
from annotator.ui import theme
from annotator.ui.panes.viewport import Viewport
from annotator.ui.panes.viewport_grid import ViewportGrid
from annotator.ui.pictures.picture import Picture

STEP_PX = 4.0
"""A small step on the screen, in logical pixels: less than a click reaches. Never less than an image pixel."""
FAR = 10
"""Small steps in a large one."""
IN_SIGHT_PX = 48.0
"""The picture is shifted before the cross comes nearer to the edge of its pane, while there is more of it."""

SIDE = 37
GAP, ARM = 5.0, 16.0

_LEFT, _NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
_NO_KEYS = Qt.KeyboardModifier.NoModifier


class Cross(QWidget):
    """Stands on the middle of an image pixel in the active pane, and lets the spot under it be seen.

    It sends its pane the events of a mouse, so that tools, lens and status line follow it as they follow the
    pointer. Another image, another pane or a press of the mouse itself puts it away, which `gone` tells.
    """

    gone = Signal()

    def __init__(self, grid: ViewportGrid) -> None:
        super().__init__(grid)
        self._grid = grid
        self._viewport: Viewport | None = None
        self._image = ""
        self._point = ImagePoint(0.0, 0.0)
        self._middle = QPointF()
        self._pressed = False
        self._sending = False
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName("Cross of the keyboard")
        self.resize(SIDE, SIDE)
        self.hide()
        grid.active_changed.connect(lambda _viewport: self.put_away())
        grid.rearranged.connect(self._follow)
        for viewport in grid.viewports:
            viewport.installEventFilter(self)
            viewport.view_changed.connect(self._follow)
            viewport.voi_changed.connect(self._follow)

    @property
    def viewport(self) -> Viewport | None:
        """The pane it stands in, None while it is away."""
        return self._viewport

    @property
    def point(self) -> ImagePoint | None:
        """Where it stands on the stored image, None while it is away."""
        return None if self._viewport is None else self._point

    @property
    def drawing(self) -> bool:
        """Whether it holds the button down, so that its way is a line, or a mark goes with it."""
        return self._pressed and self._viewport is not None and self._viewport.hand.busy

    def appear(self, at: ImagePoint | None = None) -> bool:
        """Stand in the active pane, at a point or in the middle of what is in view; False where no picture is."""
        viewport = self._grid.active
        picture = viewport.picture
        if picture is None:
            return False
        width, height = viewport.device_size()
        self._viewport, self._image, self._pressed = viewport, picture.info.sop_instance_uid, False
        self._point = _pixel(picture, at or viewport.view.to_image(width / 2, height / 2))
        self.setParent(viewport)
        self._place(viewport)
        self.show()
        self.raise_()
        self._tell(viewport)
        return True

    def step(self, right: int, down: int, steps: int = 1) -> None:
        """Move by so many small steps on the screen; the picture is shifted where the cross would leave it."""
        viewport = self._viewport
        picture = None if viewport is None else viewport.picture
        if viewport is None or picture is None:
            return
        view = viewport.view
        x, y = view.to_screen(self._point)
        length = steps * max(STEP_PX * viewport.ratio, view.scale, view.scale_down)
        self._point = _pixel(picture, view.to_image(x + right * length, y + down * length))
        self._keep_in_sight(viewport, picture)
        self._place(viewport)
        self._tell(viewport)

    def click(self, *, force: bool = False) -> None:
        """What a click at the cross would do; `force` as with Alt. Ends the line that is being drawn."""
        viewport = self._viewport
        if viewport is None:
            return
        keys = Qt.KeyboardModifier.AltModifier if force else _NO_KEYS
        if not self.drawing:
            self._send(viewport, QEvent.Type.MouseButtonPress, _LEFT, _LEFT, keys)
        self._pressed = False
        self._send(viewport, QEvent.Type.MouseButtonRelease, _LEFT, _NONE, keys)
        self.update()

    def hold(self) -> None:
        """Press the button at the cross and keep it down; it comes up with `click`."""
        if self._viewport is not None:
            self._send(self._viewport, QEvent.Type.MouseButtonPress, _LEFT, _LEFT)
            self._pressed = self._viewport.hand.busy
            self.update()

    def put_away(self) -> bool:
        """Out of sight, with the line in hand; False when it was away."""
        viewport, self._viewport = self._viewport, None
        if viewport is None:
            return False
        if self._pressed:
            viewport.hand.cancel()
        self._pressed = False
        self.hide()
        self.gone.emit()
        return True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is not self._viewport or self._sending:
            return False
        if event.type() == QEvent.Type.MouseButtonPress:
            self.put_away()
        elif isinstance(event, QContextMenuEvent) and event.reason() == QContextMenuEvent.Reason.Keyboard:
            self._viewport.customContextMenuRequested.emit(self._middle.toPoint())
            return True
        return False

    def paintEvent(self, _event: QPaintEvent) -> None:
        middle = self._middle - QPointF(self.pos())
        ways = (QPointF(1, 0), QPointF(-1, 0), QPointF(0, 1), QPointF(0, -1))
        arms = [QLineF(middle + way * GAP, middle + way * ARM) for way in ways]
        painter = QPainter(self)
        try:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            colour = theme.MARK if self.drawing else theme.ACCENT
            for pen in (QPen(Qt.GlobalColor.black, 3.6), QPen(QColor(colour), 1.6)):
                painter.setPen(pen)
                painter.drawLines(arms)
        finally:
            painter.end()

    def _follow(self) -> None:
        """The picture lies elsewhere now, or another one is there."""
        viewport = self._viewport
        if viewport is None:
            return
        picture = viewport.picture
        if (
            picture is None
            or picture.info.sop_instance_uid != self._image
            or viewport not in self._grid.shown
        ):
            self.put_away()
        else:
            self._place(viewport)

    def _place(self, viewport: Viewport) -> None:
        self._middle = viewport.widget_position(self._point)
        half = QPointF(SIDE / 2, SIDE / 2)
        self.move((self._middle - half).toPoint())
        self.update()

    def _keep_in_sight(self, viewport: Viewport, picture: Picture) -> None:
        view, info, size = viewport.view, picture.info, viewport.device_size()
        corners = [view.to_screen(ImagePoint(0, 0)), view.to_screen(ImagePoint(info.columns, info.rows))]
        at = view.to_screen(self._point)
        shifts = [
            _shift(
                at[axis], size[axis], sorted(corner[axis] for corner in corners), IN_SIGHT_PX * viewport.ratio
            )
            for axis in (0, 1)
        ]
        if any(shifts):
            viewport.pan(shifts[0], shifts[1])

    def _tell(self, viewport: Viewport) -> None:
        self._send(viewport, QEvent.Type.MouseMove, _NONE, _LEFT if self.drawing else _NONE)

    def _send(
        self,
        viewport: Viewport,
        kind: QEvent.Type,
        button: Qt.MouseButton,
        held: Qt.MouseButton,
        keys: Qt.KeyboardModifier = _NO_KEYS,
    ) -> None:
        at = viewport.widget_position(self._point)
        event = QMouseEvent(kind, at, viewport.mapToGlobal(at), button, held, keys)
        self._sending = True
        try:
            QApplication.sendEvent(viewport, event)
        finally:
            self._sending = False


def _pixel(picture: Picture, point: ImagePoint) -> ImagePoint:
    """The middle of the image pixel at a point, or of the nearest one."""
    info = picture.info
    column = min(max(math.floor(point.column), 0), info.columns - 1)
    row = min(max(math.floor(point.row), 0), info.rows - 1)
    return ImagePoint(column + 0.5, row + 0.5)


def _shift(at: float, length: float, picture: list[float], margin: float) -> float:
    """How far to shift a picture that reaches from `picture[0]` to `picture[1]` along one side of its pane, so
    that `at` lies `margin` inside or as far as there is more of the picture; device pixels.
    """
    margin = min(margin, length / 4)
    if at < margin:
        return min(margin - at, max(0.0, -picture[0]))
    if at > length - margin:
        return -min(at - (length - margin), max(0.0, picture[1] - length))
    return 0.0
