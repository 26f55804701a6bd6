"""One picture on the screen: resampled when the view changes, one table and one blit when the window does."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QEnterEvent,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QTransform,
    QWheelEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from annotator.imaging import placement
from annotator.imaging.air import tissue_mask
from annotator.imaging.grayscale import default_voi
from annotator.imaging.render import Mode
from annotator.model.finding import Reading
from annotator.model.geometry import ImagePoint, ViewTransform
from annotator.model.image import Voi
from annotator.ui import corner_text, theme
from annotator.ui.corner_paint import Wording, paint_message
from annotator.ui.grey_image import GreyImage
from annotator.ui.hand import Hand
from annotator.ui.picture import Picture
from annotator.ui.shown_marks import ShownMarks
from annotator.ui.tools import PanTool, Tool, Touch

__all__ = ["Picture", "Pointer", "Viewport"]

AIM_PX = 4.0
"""One deviation of a hand that aims at a spot, in screen pixels; three of them are the limit."""
DRAG_FROM = 4.0
NOWHERE = ViewTransform(1, 1, 1.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Pointer:
    """Where the pointer is on the stored image, and the stored value there."""

    point: ImagePoint
    value: int


class Viewport(QWidget):
    """Shows one picture with what a reading says about it. Decodes nothing and decides nothing.

    `view` and everything drawn are in device pixels, so that 1:1 means one image pixel on one pixel of
    the screen whatever the desktop's scaling.
    """

    pointer_moved = Signal(object)
    view_changed = Signal()
    voi_changed = Signal()
    activated = Signal()
    status_message = Signal(str)
    mark_hovered = Signal(str)
    frame_step_requested = Signal(int)
    fit_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture: Picture | None = None
        self._tissue: NDArray[np.bool_] | None = None
        self._message = ""
        self._view = NOWHERE
        self._voi: Voi | None = None
        self._inverted = False
        self._mode = Mode.MEAN
        self._fitted = True
        self._fit_mm: float | None = None
        self._marks = ShownMarks()
        self._overlay_level = corner_text.ALL
        self._active = False
        self._grey = GreyImage()
        self._hand = Hand(self)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(64, 64)
        self._describe()

    def sizeHint(self) -> QSize:
        return QSize(480, 600)

    @property
    def picture(self) -> Picture | None:
        """What is shown, None when empty."""
        return self._picture

    @property
    def view(self) -> ViewTransform:
        """How the picture lies on the viewport, in device pixels from its top left corner."""
        return self._view

    @property
    def voi(self) -> Voi | None:
        """The window or table in force."""
        return self._voi

    @property
    def inverted(self) -> bool:
        """Whether the reader turned black and white round."""
        return self._inverted

    @property
    def mode(self) -> Mode:
        """How a picture smaller than its pixels is made."""
        return self._mode

    @property
    def fitted(self) -> bool:
        """Whether the whole picture is shown and follows the size of the viewport."""
        return self._fitted

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
        return math.ceil(self.width() * self.ratio), math.ceil(self.height() * self.ratio)

    def device_position(self, at: QPointF) -> tuple[float, float]:
        """Device pixels, from the corner the picture is drawn from, of a position in the widget."""
        origin = QPointF(self.mapTo(self.window(), QPoint(0, 0))) * self.ratio
        off_x, off_y = round(origin.x()) - origin.x(), round(origin.y()) - origin.y()
        return at.x() * self.ratio - off_x, at.y() * self.ratio - off_y

    def widget_position(self, point: ImagePoint) -> QPointF:
        """Where in the widget, in logical pixels, a point of the image is seen."""
        x, y = self._view.to_screen(point)
        zero_x, zero_y = self.device_position(QPointF(0, 0))
        return QPointF((x - zero_x) / self.ratio, (y - zero_y) / self.ratio)

    def show_picture(self, picture: Picture) -> None:
        """Show another picture, fitted and in its own window; another frame of the same image keeps both."""
        self._hand.cancel()
        before, self._picture = self._picture, picture
        self._tissue = tissue_mask(picture.levels)
        same = before is not None and before.info.sop_instance_uid == picture.info.sop_instance_uid
        if not same:
            self._voi = default_voi(picture.info, picture.frame)
            self._inverted = False
        self._marks.set_picture(picture)
        self._describe()
        self.update()
        if not same:
            self.fit()
            self.fit_changed.emit()
        self.voi_changed.emit()

    def clear(self, message: str = "") -> None:
        """Show nothing but a sentence."""
        self._hand.cancel()
        self._picture, self._message, self._tissue, self._voi = None, message, None, None
        self._view = NOWHERE
        self._grey.clear()
        self._marks.set_picture(None)
        self._describe()
        self.update()
        self.fit_changed.emit()
        self.pointer_moved.emit(None)

    def set_voi(self, voi: Voi) -> None:
        """Use another window or table."""
        if voi != self._voi:
            self._voi = voi
            self.update()
            self.voi_changed.emit()

    def set_inverted(self, inverted: bool) -> None:
        """Black becomes white; air that is padding stays black."""
        if inverted != self._inverted:
            self._inverted = inverted
            self.update()
            self.voi_changed.emit()

    def set_mode(self, mode: Mode) -> None:
        """Mean, or speck-true."""
        if mode is not self._mode:
            self._mode = mode
            self.update()
            self.view_changed.emit()

    def fit(self) -> None:
        """The whole picture, chest wall at its edge; at the scale of `set_fit_mm` when that is smaller."""
        if self._picture is not None:
            self._set_view(self.fitting_view(self._fit_mm), fitted=True)

    def fitting_view(self, mm_per_pixel: float | None = None) -> ViewTransform:
        """Where the picture lies when it fits, at most as large as `mm_per_pixel` on the screen says."""
        picture = self._picture
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
        """To 1:1 at the pointer, or back to the whole picture."""
        if self._view.scale == 1 and not self._fitted:
            self.fit()
            return
        at = QPointF(self.mapFromGlobal(self.cursor().pos()))
        self.one_to_one(at if self.rect().contains(at.toPoint()) else None)

    def zoom_by(self, factor: float, at: QPointF) -> None:
        """Zoom, keeping what is under `at`."""
        if self._picture is not None:
            x, y = self.device_position(at)
            self._set_view(placement.zoom_at(self._view, x, y, factor, *self.device_size()))

    def pan(self, dx: float, dy: float) -> None:
        """Shift the picture by device pixels."""
        if self._picture is not None:
            self._set_view(placement.pan_by(self._view, dx, dy, *self.device_size()))

    def center_on(self, point: ImagePoint) -> None:
        """Bring a point of the image to the middle."""
        if self._picture is not None:
            self._set_view(placement.center_on(self._view, point, *self.device_size()))

    def set_reading(self, reading: Reading | None) -> None:
        """Show the marks of this reading that lie on the picture."""
        self._marks.set_reading(reading)
        self.update()

    def set_selection(
        self, finding_id: str | None, mark_ids: frozenset[str], cluster_id: str | None = None
    ) -> None:
        """Show what is selected white, the clusters of the current finding with their numbers."""
        if self._marks.select(finding_id, mark_ids, cluster_id):
            self.update()

    def set_tool(self, tool: Tool | None) -> None:
        """What the left button does from now on."""
        self._hand.cancel()
        self._hand.tool = tool
        # a cross leaves the spot in sight that an arrow would cover
        aim = Qt.CursorShape.OpenHandCursor if isinstance(tool, PanTool) else Qt.CursorShape.CrossCursor
        self.setCursor(Qt.CursorShape.ArrowCursor if tool is None else aim)
        self.status_message.emit(tool.hint if tool else "")

    def set_overlay_level(self, level: int) -> None:
        """0: all words, 1: few, 2: only side and view."""
        self._overlay_level = level
        self.update()

    def set_marks_visible(self, visible: bool) -> None:
        """Show or hide marks; hidden ones cannot be hit."""
        self._marks.visible = visible
        self.update()

    def set_active(self, active: bool) -> None:
        """Whether this is the viewport that commands go to: it has the focus frame."""
        if active != self._active:
            self._active = active
            self.update()

    def cancel_gesture(self) -> bool:
        """Give up the gesture in hand; False when there was none."""
        return self._hand.cancel()

    def mark_at(self, point: ImagePoint) -> str | None:
        """Id of the mark under the hand, None when there is none or marks are hidden."""
        return self._marks.mark_at(point, self._view, self.ratio)

    def outline_at(self, point: ImagePoint) -> str | None:
        """Id of the cluster whose line is under the hand, None when there is none or marks are hidden."""
        return self._marks.outline_at(point, self._view, self.ratio)

    def is_drag(self, start: Touch, now: Touch) -> bool:
        """Whether the hand went far enough to mean it."""
        return math.hypot(now.x - start.x, now.y - start.y) >= DRAG_FROM * self.ratio

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.activated.emit()
        self._hand.press(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._hand.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hand.move(event)
        self._tell_pointer(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._hand.release(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._hand.wheel(event)
        self._tell_pointer(event.position())

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        # the right button also drags, so the menu waits for its release (see Hand); the key does not
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            self.customContextMenuRequested.emit(self.rect().center())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._hand.key_pressed(event):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if not self._hand.key_released(event):
            super().keyReleaseEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.activated.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._hand.let_go()

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        if self._hand.tool is not None:
            self.status_message.emit(self._hand.tool.hint)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hover(None)
        self.pointer_moved.emit(None)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._resized(event.oldSize())

    def event(self, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._hand.claims(event):
            event.accept()
            return True
        if kind == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            self._explain_hanging(event)
            return True
        if kind == QEvent.Type.DevicePixelRatioChange:
            self._resized(self.size())
        return super().event(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        # between whole device pixels the last one is only partly ours, and nobody else paints it
        painter.fillRect(self.rect().adjusted(-1, -1, 1, 1), Qt.GlobalColor.black)
        _to_device_pixels(painter)
        width, height = self.device_size()
        picture = self._picture
        if picture is None:
            paint_message(painter, self._message, (width, height), self.ratio)
        else:
            size = (width, height)
            grey = self._grey.image(picture, self._view, size, self._mode, self._voi, self._inverted)
            painter.drawImage(0, 0, grey)
            self._marks.paint(painter, self._view, size, self._hand.preview, self.ratio)
            wording = self._wording()
            if wording is not None:
                wording.paint(painter)
        if self._active:
            pen = QPen(QColor(theme.ACCENT), max(1.0, round(self.ratio)))
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.drawRect(QRect(0, 0, width - 1, height - 1))
        painter.end()

    def _placed(self, picture: Picture, scale: float | None = None) -> ViewTransform:
        return placement.fit_hung(picture.info, picture.orientation, *self.device_size(), scale)

    def _set_view(self, view: ViewTransform, *, fitted: bool = False) -> None:
        self._fitted = fitted
        if view != self._view:
            self._view = view
            self.update()
            self.view_changed.emit()

    def _resized(self, before: QSize) -> None:
        if self._fitted:
            self.fit()
        elif self._picture is not None and before.isValid():
            grown = (self.size() - before) * self.ratio / 2
            self._set_view(placement.pan_by(self._view, grown.width(), grown.height(), *self.device_size()))
        self.fit_changed.emit()

    def _wording(self) -> Wording | None:
        if self._picture is None or self._tissue is None or self._voi is None:
            return None
        return Wording(
            self._picture,
            self._tissue,
            self._view,
            self._voi,
            self._mode,
            self._inverted,
            self._overlay_level,
            self.device_size(),
            self.ratio,
        )

    def _hover(self, point: ImagePoint | None) -> None:
        """Tell what the pointer is over, in the picture and in words."""
        if self._marks.hover(point, self._view, self.ratio):
            self.update()
            self.mark_hovered.emit(self._marks.hovered_words())

    def _tell_pointer(self, at: QPointF) -> None:
        picture = self._picture
        if picture is None:
            return
        point = self._view.to_image(*self.device_position(at))
        value = picture.value_at(point)
        self.pointer_moved.emit(None if value is None else Pointer(point, value))
        if not self._hand.busy:
            self._hover(point)

    def _explain_hanging(self, event: QHelpEvent) -> None:
        """Why the picture hangs like this, when resting on its side and view."""
        picture, wording = self._picture, self._wording()
        if picture is None or wording is None:
            return
        block, _ = wording.blocks()
        if block.rect.contains(QPointF(*self.device_position(QPointF(event.pos())))):
            QToolTip.showText(
                event.globalPos(), f"Why it hangs like this: {picture.orientation_reason}", self
            )
        else:
            QToolTip.hideText()

    def _describe(self) -> None:
        picture = self._picture
        if picture is None:
            self.setAccessibleName("Empty image pane")
            self.setAccessibleDescription(self._message)
            return
        label = picture.info.label or "side and view unknown"
        self.setAccessibleName(f"Mammogram {label}")
        self.setAccessibleDescription(
            "Wheel zooms, middle button shifts, right button sets the window, left button marks."
        )


def _to_device_pixels(painter: QPainter) -> None:
    """Let one unit be one device pixel, from a whole device pixel on, also under fractional scaling."""
    base = painter.deviceTransform()
    wanted = QTransform.fromTranslate(round(base.dx()), round(base.dy()))
    undone, invertible = base.inverted()
    if invertible:
        painter.setWorldTransform(wanted * undone)
