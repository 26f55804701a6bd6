"""The strip at the air side of a pane: where in the stack one is, what is decoded, which slices have marks."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QToolTip, QWidget

from annotator.analysis.mark_table import table_of
from annotator.imaging.tomosynthesis import slice_words
from annotator.model.finding import Reading
from annotator.model.image import ImageInfo, Laterality
from annotator.ui import theme
from annotator.ui.panes.viewport import Viewport
from annotator.ui.pictures.picture import Picture

WIDTH = 11
"""Less than the margin that words and ruler keep from the edge."""
LEAST_PX = 3.0
"""Height of the handle where a slice takes less."""


class SliceStrip(QWidget):
    """Lies over the edge of a viewport that shows a stack; a click or drag goes to the slice there.

    The first slice is on top. `slice_chosen` carries the number of a slice.
    """

    slice_chosen = Signal(int)

    def __init__(self, viewport: Viewport) -> None:
        super().__init__(viewport)
        self._viewport = viewport
        self._info: ImageInfo | None = None
        self._picture: Picture | None = None
        self._number = 1
        self._decoded: frozenset[int] = frozenset()
        self._reading: Reading | None = None
        self._marked: frozenset[int] = frozenset()
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.setAccessibleName("Slices")
        self.setMouseTracking(True)
        self.hide()
        viewport.installEventFilter(self)

    def show_slices(
        self, info: ImageInfo, number: int, picture: Picture | None, decoded: frozenset[int]
    ) -> None:
        """Stand at slice `number` of a stack; `picture` is what is on the screen meanwhile."""
        if info is not self._info:
            self._info = info
            self._find_marks()
        self._number, self._picture, self._decoded = number, picture, decoded
        self._place()
        self.setAccessibleDescription(f"slice {number} of {info.frames}")
        self.show()
        self.raise_()
        self.update()

    def show_decoded(self, decoded: frozenset[int]) -> None:
        """These slices are there at once."""
        if decoded != self._decoded:
            self._decoded = decoded
            self.update()

    def set_reading(self, reading: Reading | None) -> None:
        """Show which slices have marks."""
        self._reading = reading
        self._find_marks()

    def clear(self) -> None:
        """The viewport shows no stack."""
        self._info = self._picture = None
        self.hide()

    @property
    def marked(self) -> frozenset[int]:
        """Numbers of the slices with marks."""
        return self._marked

    def y_of(self, number: int) -> float:
        """The middle of a slice on the strip, in logical pixels from its top."""
        frames = 1 if self._info is None else self._info.frames
        return (number - 0.5) * self.height() / frames

    def slice_at(self, y: float) -> int:
        """The slice at a height of the strip."""
        frames = 1 if self._info is None else self._info.frames
        return min(max(1, int(y * frames / max(1, self.height())) + 1), frames)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._viewport and event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return False

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._viewport.activated.emit()
        self._go(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self._words(event.pos()), self)
            return True
        return super().event(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.BACKGROUND))
        if self._info is not None:
            left = 0.0 if self._on_right() else WIDTH - 4.0
            for first, last in _runs(self._decoded):
                self._bar(painter, first, last, left + 1, 2, theme.DIM)
            shown = self._picture
            if shown is not None and shown.slab is not None:
                self._bar(painter, shown.numbers[0], shown.numbers[-1], 1, WIDTH - 2, theme.LINE)
            for number in self._marked:
                y = self.y_of(number)
                painter.fillRect(QRectF(1, y - 0.5, WIDTH - 2, 1.5), QColor(theme.MARK))
            middle, height = self.y_of(self._number), max(LEAST_PX, self.height() / self._info.frames)
            painter.fillRect(QRectF(0, middle - height / 2, WIDTH, height), QColor(theme.ACCENT))
        painter.end()

    def _bar(self, painter: QPainter, first: int, last: int, left: float, width: float, colour: str) -> None:
        half = self.y_of(1)
        top, bottom = self.y_of(first) - half, self.y_of(last) + half
        painter.fillRect(QRectF(left, top, width, bottom - top), QColor(colour))

    def _go(self, event: QMouseEvent) -> None:
        number = self.slice_at(event.position().y())
        if event.buttons() & Qt.MouseButton.LeftButton and number != self._number:
            self.slice_chosen.emit(number)

    def _words(self, at: QPoint) -> str:
        number = self.slice_at(at.y())
        slices = () if self._picture is None else self._picture.slices
        where = slice_words(slices, number) if slices else f"slice {number}"
        return f"{where}, with marks" if number in self._marked else where

    def _on_right(self) -> bool:
        # the air side, where words and ruler stand; known before the first slice is there
        return self._info is not None and self._info.laterality is Laterality.LEFT

    def _place(self) -> None:
        x = self._viewport.width() - WIDTH - 1 if self._on_right() else 1
        self.setGeometry(x, 1, WIDTH, max(1, self._viewport.height() - 2))

    def _find_marks(self) -> None:
        marked: frozenset[int] = frozenset()
        if self._info is not None and self._reading is not None:
            marked = table_of(self._reading).frames_of(self._info.sop_instance_uid)
        if marked != self._marked:
            self._marked = marked
            self.update()


def _runs(numbers: frozenset[int]) -> list[tuple[int, int]]:
    """First and last of each run of consecutive numbers."""
    runs: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if runs and runs[-1][1] == number - 1:
            runs[-1] = runs[-1][0], number
        else:
            runs.append((number, number))
    return runs
