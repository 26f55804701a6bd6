"""A widget with one picture on it, placed in device pixels: fitted, at 1:1, zoomed or shifted."""

from __future__ import annotations

import math

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, QTimer, Signal
from PySide6.QtWidgets import QWidget

from annotator.imaging import placement
from annotator.imaging.air import sees_tissue
from annotator.model.geometry import ImagePoint, ViewTransform
from annotator.ui.pictures.picture import Picture

AIM_PX = 4.0
"""One deviation of a hand that aims at a spot, in screen pixels; three of them are the limit."""
SETTLES_MS = 40
"""From the last movement to the exact picture."""
LEAST_PX = 200
"""Panes less wide, in logical pixels, show the whole picture: its air is the room for what must be said."""
NOWHERE = ViewTransform(1, 1, 1.0, 0.0, 0.0)


class PlacedPicture(QWidget):
    """Knows where every point of the picture lies on the widget, and draws nothing.

    `view` is in device pixels, so that 1:1 means one image pixel on one pixel of the screen whatever
    the desktop's scaling. `fit_changed`: what would fit is another size now.

    While the hand zooms or shifts and while the widget grows, the picture is `moving`: a quick one will
    do until a moment after the last movement.
    """

    view_changed = Signal()
    fit_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture: Picture | None = None
        self._view = NOWHERE
        self._fitted = True
        self._fit_mm: float | None = None
        self._moving = False
        self._settling = QTimer(self)
        self._settling.setSingleShot(True)
        self._settling.setInterval(SETTLES_MS)
        self._settling.timeout.connect(self.settle)

    @property
    def picture(self) -> Picture | None:
        """What is shown, None when empty."""
        return self._picture

    @property
    def view(self) -> ViewTransform:
        """How the picture lies on the viewport, in device pixels from its top left corner."""
        return self._view

    @property
    def fitted(self) -> bool:
        """Whether all of the breast is shown and follows the size of the viewport."""
        return self._fitted

    @property
    def moving(self) -> bool:
        """Whether the picture is about to change again, so that a quick one will do."""
        return self._moving

    def settle(self) -> None:
        """The movement is over: show the exact picture."""
        self._settling.stop()
        if self._moving:
            self._moving = False
            self.update()

    @property
    def ratio(self) -> float:
        """Device pixels per logical pixel."""
        return self.devicePixelRatioF()

    @property
    def reach_px(self) -> float:
        """One deviation of a hand that aims at a spot, in image pixels."""
        return AIM_PX * self.ratio / min(self._view.scale, self._view.scale_down)

    def device_size(self) -> tuple[int, int]:
        """Width and height in device pixels."""
        ratio = self.ratio
        return math.ceil(self.width() * ratio), math.ceil(self.height() * ratio)

    def device_position(self, at: QPointF) -> tuple[float, float]:
        """Device pixels, from the corner the picture is drawn from, of a position in the widget."""
        ratio = self.ratio
        if ratio == int(ratio):
            return at.x() * ratio, at.y() * ratio
        origin = QPointF(self.mapTo(self.window(), QPoint(0, 0))) * ratio
        off_x, off_y = round(origin.x()) - origin.x(), round(origin.y()) - origin.y()
        return at.x() * ratio - off_x, at.y() * ratio - off_y

    def widget_position(self, point: ImagePoint) -> QPointF:
        """Where in the widget, in logical pixels, a point of the image is seen."""
        x, y = self._view.to_screen(point)
        zero_x, zero_y = self.device_position(QPointF(0, 0))
        return QPointF((x - zero_x) / self.ratio, (y - zero_y) / self.ratio)

    def widget_rect(self, rect: QRectF) -> QRect:
        """The pixels of the widget that a rectangle in device pixels touches, and a little around."""
        zero_x, zero_y = self.device_position(QPointF(0, 0))
        shown = rect.translated(-zero_x, -zero_y)
        placed = QRectF(shown.topLeft() / self.ratio, shown.size() / self.ratio)
        return placed.toAlignedRect().adjusted(-2, -2, 2, 2)

    def device_rect(self, rect: QRect) -> QRectF:
        """Device pixels, from the corner the picture is drawn from, of a part of the widget."""
        left, top = self.device_position(QPointF(rect.topLeft()))
        return QRectF(left, top, rect.width() * self.ratio, rect.height() * self.ratio)

    def fit(self) -> None:
        """All of the breast, chest wall at its edge; at the scale of `set_fit_mm` when that is smaller."""
        if self._picture is not None:
            self._set_view(self.fitting_view(self._fit_mm), fitted=True)

    def fitting_view(
        self, mm_per_pixel: float | None = None, picture: Picture | None = None
    ) -> ViewTransform:
        """Where the picture lies when it fits, at most as large as `mm_per_pixel` on the screen says.

        `picture`: another one than is shown.
        """
        picture = picture or self._picture
        if picture is None:
            return NOWHERE
        largest = self._placed(picture)
        mm = picture.column_mm
        if mm_per_pixel is None or mm is None or mm / mm_per_pixel >= largest.scale:
            return largest
        return self._placed(picture, mm / mm_per_pixel)

    def set_fit_mm(self, mm_per_pixel: float | None) -> None:
        """Millimetres on a screen pixel when fitted, shared by several viewports; None: as large as it goes."""
        self._fit_mm = mm_per_pixel
        if self._fitted:
            self.fit()

    def one_to_one(self, at: QPointF | None = None) -> None:
        """One image pixel on one screen pixel; what is under `at` stays there."""
        if self._picture is not None:
            where = None if at is None else self.device_position(at)
            self._set_view(placement.one_to_one(self._view, *self.device_size(), where))

    def toggle_fit_one_to_one(self) -> None:
        """To 1:1 at the pointer, where nothing but air would be seen in the middle of the breast, or back to all of it."""
        if self._view.scale == 1 and not self._fitted:
            self.fit()
            return
        at = QPointF(self.mapFromGlobal(self.cursor().pos()))
        self.one_to_one(at if self.rect().contains(at.toPoint()) else None)
        if self._picture is not None and not self._sees_breast(self._picture):
            column, row, columns, rows = self._picture.breast
            self.center_on(ImagePoint(column + columns / 2, row + rows / 2))

    def zoom_by(self, factor: float, at: QPointF) -> None:
        """Zoom, keeping what is under `at`."""
        if self._picture is not None:
            x, y = self.device_position(at)
            self._set_view(placement.zoom_at(self._view, x, y, factor, *self.device_size()), moving=True)

    def pan(self, dx: float, dy: float) -> None:
        """Shift the picture by device pixels."""
        if self._picture is not None:
            self._set_view(placement.pan_by(self._view, dx, dy, *self.device_size()), moving=True)

    def center_on(self, point: ImagePoint) -> None:
        """Bring a point of the image to the middle."""
        if self._picture is not None:
            self._set_view(placement.center_on(self._view, point, *self.device_size()))

    def set_view(self, view: ViewTransform, *, moving: bool = False) -> None:
        """Let the picture lie at `view`, as far as it cannot be lost there. `moving`: more is to come at once."""
        if self._picture is not None:
            self._set_view(placement.clamp(view, *self.device_size()), moving=moving)

    def bring_breast_back(self) -> None:
        """Fit the picture where nothing but air is left in view: after another layout, size or exam."""
        picture = self._picture
        if picture is None or self._fitted:
            return
        if not self._sees_breast(picture):
            self.fit()

    def _sees_breast(self, picture: Picture) -> bool:
        return sees_tissue(picture.tissue, picture.levels.coarsest_block, self._view, self.device_size())

    def _placed(self, picture: Picture, scale: float | None = None) -> ViewTransform:
        size, info = self.device_size(), picture.info
        if self.width() < LEAST_PX:
            return placement.fit_hung(info, picture.orientation, *size, scale)
        return placement.fit_breast(info, picture.orientation, *size, picture.breast, scale)

    def _move(self) -> None:
        """Put the exact picture off until nothing moved for a moment."""
        self._moving = True
        self._settling.start()

    def _set_view(self, view: ViewTransform, *, fitted: bool = False, moving: bool = False) -> None:
        self._fitted = fitted
        if view != self._view:
            self._view = view
            if moving:
                self._move()
            self.update()
            self.view_changed.emit()

    def _resized(self, before: QSize) -> None:
        if self._picture is not None and before.isValid():
            self._move()
        if self._fitted:
            self.fit()
        elif self._picture is not None and before.isValid():
            grown = (self.size() - before) * self.ratio / 2
            self._set_view(placement.pan_by(self._view, grown.width(), grown.height(), *self.device_size()))
            self.bring_breast_back()
        self.fit_changed.emit()
