"""One picture on the screen: resampled when the view changes, one table and one blit when the window does."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
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
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QWidget

from annotator.model.clusters_on_image import ClustersOnImage
from annotator.model.finding import Reading
from annotator.model.geometry import ImagePoint, ViewTransform
from annotator.model.image import ImageInfo, Voi
from annotator.ui import theme
from annotator.ui.marks.candidate_layer import CandidateLayer, ShownCandidates
from annotator.ui.marks.partner import PartnerLayer, paint_partner, paint_wall
from annotator.ui.marks.shown_marks import ShownMarks
from annotator.ui.marks.tools import PanTool, Tool, Touch
from annotator.ui.panes.grey_pane import GreyPane
from annotator.ui.panes.hand import Hand
from annotator.ui.pictures.grey_image import (
    to_device_pixels,
)
from annotator.ui.pictures.picture import Picture
from annotator.ui.pictures.placed_picture import NOWHERE
from annotator.ui.words.corner_paint import Wording, paint_message
from annotator.ui.words.words_over import WordsOver

__all__ = ["Picture", "Pointer", "Viewport"]

DRAG_FROM = 4.0


@dataclass(frozen=True, slots=True)
class Pointer:
    """Where the pointer is on the stored image, and the stored value there."""

    point: ImagePoint
    value: int


WORDS_MS = 25
"""How often at most words beside a picture follow its window: no eye reads faster, and the picture goes first."""


class Viewport(GreyPane):
    """Shows one picture with what a reading says about it. Decodes nothing and decides nothing.

    `view` and everything drawn are in device pixels, so that 1:1 means one image pixel on one pixel of
    the screen whatever the desktop's scaling.
    """

    pointer_moved = Signal(object)
    activated = Signal()
    status_message = Signal(str)
    mark_hovered = Signal(str)
    candidate_chosen = Signal(str)
    frame_step_requested = Signal(int)
    slab_step_requested = Signal(int)
    outline_step_requested = Signal(int)
    refused = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._message = ""
        self._pointed: QPointF | None = None
        self._rewording = QTimer(self)
        self._rewording.setSingleShot(True)
        self._rewording.setInterval(WORDS_MS)
        self._rewording.timeout.connect(self._update_words)
        self._retelling = QTimer(self)
        self._retelling.setSingleShot(True)
        self._retelling.setInterval(WORDS_MS)
        self._retelling.timeout.connect(self._tell_again)
        self.view_changed.connect(self._tell_soon)
        self._marks = ShownMarks()
        self._partner: PartnerLayer | None = None
        self._chest_wall: tuple[ImagePoint, ImagePoint] | None = None
        self._candidates = ShownCandidates()
        self.words = WordsOver(self)
        self.words.changed.connect(self.update)
        self._active = False
        self.hand = Hand(self)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(64, 64)
        self._describe()

    def sizeHint(self) -> QSize:
        return QSize(480, 600)

    def show_picture(self, picture: Picture) -> None:
        """Show another picture, fitted and in its own window; another frame of the same image keeps both."""
        self.hand.cancel()
        before, self._picture = self._picture, picture
        same = before is not None and _same_image(before.info, picture.info)
        if before is not None and same:
            self._voi = _next_voi(self._voi, before, picture)
            self._move()
        else:
            self._voi = picture.voi
            self._inverted = False
            self._candidates.set_layer(None)
        self.words.say(self._voi, self._inverted)
        self._marks.set_picture(picture)
        self._describe()
        self.update()
        if not same:
            self.fit()
            self.fit_changed.emit()
        self.voi_changed.emit()

    def clear(self, message: str = "") -> None:
        """Show nothing but a sentence."""
        if self._picture is None and message == self._message:
            return
        self.hand.cancel()
        self._picture, self._message, self._voi = None, message, None
        self._view = NOWHERE
        self._grey.clear()
        self._asked = None
        self.settle()
        self._marks.set_picture(None)
        self._candidates.set_layer(None)
        self._describe()
        self.update()
        self.fit_changed.emit()
        self.pointer_moved.emit(None)

    def set_reading(self, reading: Reading | None) -> None:
        """Show the marks of this reading that lie on the picture."""
        told = self._marks.hovered_words()
        if self._marks.set_reading(reading):
            self._update_marks()
            words = self._marks.hovered_words()
            if words != told:
                self.mark_hovered.emit(words)

    def set_clusters(self, told: tuple[ClustersOnImage, ...]) -> None:
        """Show how the marks of the finding in hand lie together."""
        if self._marks.set_clusters(told):
            self.update()

    def set_selection(
        self, finding_id: str | None, mark_ids: frozenset[str], cluster_id: str | None = None
    ) -> None:
        """Show what is selected white, the clusters of the current finding with their numbers."""
        if self._marks.select(finding_id, mark_ids, cluster_id):
            self._update_marks()

    def set_candidates(self, layer: CandidateLayer | None) -> None:
        """Draw what is proposed for labelling on the picture, or nothing."""
        told = self._candidates.hovered_words
        if self._candidates.set_layer(layer):
            self.update()
            if told:
                # what was said of a candidate goes with it; the next movement tells anew
                self.mark_hovered.emit(self._marks.hovered_words())

    def choose_candidate(self, point: ImagePoint) -> bool:
        """Take the candidate under the hand; False when there is none or marks are hidden."""
        if self._picture is None or not self._marks.visible:
            return False
        key = self._candidates.key_at(point, self._picture, self._view, self.ratio)
        if key:
            self.candidate_chosen.emit(key)
        return bool(key)

    def set_partner(self, layer: PartnerLayer | None) -> None:
        """Show where the partner of a finding may lie on this picture, or no more."""
        if layer is not self._partner:
            self._partner = layer
            self.update()

    def set_chest_wall(self, ends: tuple[ImagePoint, ImagePoint] | None) -> None:
        """Show the chest wall as the reader drew it on this picture."""
        if ends != self._chest_wall:
            self._chest_wall = ends
            self.update()

    def set_tool(self, tool: Tool | None) -> None:
        """What the left button does from now on."""
        self.hand.cancel()
        self.hand.tool = tool
        # a cross leaves the spot in sight that an arrow would cover
        aim = Qt.CursorShape.OpenHandCursor if isinstance(tool, PanTool) else Qt.CursorShape.CrossCursor
        self.setCursor(Qt.CursorShape.ArrowCursor if tool is None else aim)
        self.status_message.emit(tool.hint if tool else "")

    def set_overlay_level(self, level: int) -> None:
        """0: all words, 1: few, 2: only side and view."""
        self.words.level = level
        self.update()
        self.view_changed.emit()

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
        return self.hand.cancel()

    def mark_at(self, point: ImagePoint) -> str | None:
        """Id of the mark under the hand, None when there is none or marks are hidden."""
        return self._marks.mark_at(point, self._view, self.ratio)

    def outline_at(self, point: ImagePoint) -> str | None:
        """Id of the cluster whose line is under the hand, None when there is none or marks are hidden."""
        return self._marks.outline_at(point, self._view, self.ratio)

    def selected_at(self, point: ImagePoint) -> bool:
        """Whether the hand is on the one mark that is selected."""
        return self._marks.selected_at(point, self._view, self.ratio)

    def nipple_at(self, point: ImagePoint) -> bool:
        """Whether the hand is on the nipple that the reader placed."""
        return self._marks.nipple_at(point, self._view, self.ratio)

    def paint_marks(
        self, painter: QPainter, view: ViewTransform, size: tuple[int, int], *, kept: bool = False
    ) -> None:
        """Draw what the reading says of the picture as it lies at `view`, in device pixels, e.g. in a lens."""
        if self._picture is not None and self._marks.visible:
            self._candidates.paint(painter, self._picture, view, size, self.ratio)
        preview, moving = self.hand.preview, self._moving
        self._marks.paint(painter, view, size, preview, self.ratio, kept=kept, moving=moving)

    def is_drag(self, start: Touch, now: Touch) -> bool:
        """Whether the hand went far enough to mean it."""
        return math.hypot(now.x - start.x, now.y - start.y) >= DRAG_FROM * self.ratio

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.activated.emit()
        self.hand.press(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.hand.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.hand.move(event)
        self._pointed = event.position()
        if not self._rewording.isActive():
            self._tell_pointer(self._pointed)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.hand.release(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.hand.wheel(event)
        self._pointed = event.position()
        self._tell_pointer(self._pointed)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        # the right button also drags, so the menu waits for its release (see Hand); the key does not
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            self.customContextMenuRequested.emit(self.rect().center())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self.hand.key_pressed(event):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if not self.hand.key_released(event):
            super().keyReleaseEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.activated.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.hand.let_go()

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        if self.hand.tool is not None:
            self.status_message.emit(self.hand.tool.hint)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._pointed = None
        self._hover(None)
        self.pointer_moved.emit(None)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._resized(event.oldSize())

    def event(self, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self.hand.claims(event):
            event.accept()
            return True
        if kind == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            self.words.explain(event, self.wording())
            return True
        if kind == QEvent.Type.DevicePixelRatioChange:
            self._resized(self.size())
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            self._paint(painter, self.device_rect(event.rect()))
        finally:
            # a painter that outlives its widget's paint event takes the program down with it
            painter.end()
        self._ask_for_exact()

    def _paint(self, painter: QPainter, part: QRectF) -> None:
        self._blacken_edge(painter)
        to_device_pixels(painter)
        size = width, height = self.device_size()
        picture = self._picture
        if picture is None:
            paint_message(painter, self._message, size, self.ratio)
        else:
            self.paint_grey(painter, picture, part)
            self.paint_marks(painter, self._grey.shown, size, kept=True)
            if self._chest_wall is not None and self._marks.visible:
                paint_wall(painter, self._chest_wall, self._grey.shown, self.ratio)
            if self._partner is not None:
                paint_partner(painter, self._partner, self._grey.shown, self.ratio)
            self.words.paint(painter, self._mode, self._smooth, part)
        if self._active and not QRectF(1, 1, width - 2, height - 2).contains(part):
            pen = QPen(
                QColor(theme.ACCENT if self._has_keyboard() else theme.DIM), max(1.0, round(self.ratio))
            )
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.drawRect(QRect(0, 0, width - 1, height - 1))

    def _has_keyboard(self) -> bool:
        """Whether keys act here: the image has them, or a button that lies on it."""
        focused = QApplication.focusWidget()
        return focused is not None and (focused is self or self.isAncestorOf(focused))

    def _update_grey(self) -> None:
        super()._update_grey()
        if not self._rewording.isActive():
            self._rewording.start()

    def _update_words(self) -> None:
        before = self.wording()
        self.words.say(self._voi, self._inverted)
        for words in (before, self.wording()):
            if words is not None:
                for place in words.places:
                    self.update(self.widget_rect(place))
        self._tell_again()

    def _update_marks(self) -> None:
        """Repaint where marks look otherwise than on the screen."""
        parts = self._marks.changed_parts(self.hand.preview)
        if parts is None:
            self.update()
            return
        for part in parts:
            self.update(self.widget_rect(part))

    def _blacken_edge(self, painter: QPainter) -> None:
        """Between whole device pixels the last one is only partly ours, and nobody else paints it."""
        if self.ratio == int(self.ratio):
            return
        width, height = self.width(), self.height()
        for strip in (QRect(-1, -1, width + 2, 2), QRect(-1, height - 1, width + 2, 2)):
            painter.fillRect(strip, Qt.GlobalColor.black)
        for strip in (QRect(-1, -1, 2, height + 2), QRect(width - 1, -1, 2, height + 2)):
            painter.fillRect(strip, Qt.GlobalColor.black)

    def wording(self) -> Wording | None:
        """The words and ruler over the picture and where they stand, None without a picture."""
        return self.words.wording(self._mode, self._smooth)

    def _hover(self, point: ImagePoint | None) -> None:
        """Tell what the pointer is over, in the picture and in words."""
        over_mark = self._marks.hover(point, self._view, self.ratio)
        if over_mark:
            self._update_marks()
        there = point if self._marks.visible else None
        if self._candidates.hover(there, self._picture, self._view, self.ratio) or over_mark:
            self.mark_hovered.emit(self._marks.hovered_words() or self._candidates.hovered_words)

    def _tell_soon(self) -> None:
        if self._pointed is not None and not self._retelling.isActive():
            self._retelling.start()

    def _tell_again(self) -> None:
        """Tell what is under a pointer that rests while the picture moves."""
        if self._pointed is not None:
            self._tell_pointer(self._pointed)

    def _tell_pointer(self, at: QPointF) -> None:
        picture = self._picture
        if picture is None:
            return
        point = self._view.to_image(*self.device_position(at))
        value = picture.value_at(point)
        self.pointer_moved.emit(None if value is None else Pointer(point, value))
        if not self.hand.busy:
            self._hover(point)

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


def _next_voi(voi: Voi | None, before: Picture, picture: Picture) -> Voi | None:
    """The window for another frame of the same image: the reader's, or the same one of the new frame's own."""
    if before.provisional and voi == before.voi:
        return picture.voi
    old, new = before.info.voi, picture.info.voi
    if voi is None or old == new or voi not in old:
        return voi
    place = old.index(voi)
    return new[place] if place < len(new) else picture.voi


def _same_image(a: ImageInfo, b: ImageInfo) -> bool:
    """Whether what is set by hand on one holds for the other; two files may claim one UID with other pixels."""
    return a.sop_instance_uid == b.sop_instance_uid and (a.rows, a.columns) == (b.rows, b.columns)
