"""The lens following the pointer over the viewport, from the mouse event to the painted widget."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from collections.abc import Iterator
from functools import partial

from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget

from annotator.model.geometry import ImagePoint
from annotator.ui.app import make_application
from annotator.ui.looking.lens import Lens
from annotator.ui.panes.viewport_grid import ViewportGrid
from benchmarks.imaging.display import copy_of, picture_of
from benchmarks.imaging.files import UNCOMPRESSED, Files
from benchmarks.imaging.rows import Bar, Row, in_ms, interleaved, paired, seconds

A_FRAME = Bar(1000 / 60, unit=" ms")
LARGE = 640


class PaintCount(QObject):
    """Counts the paints of a widget: what was not painted was not measured."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.paints = 0
        widget.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        self.paints += event.type() == QEvent.Type.Paint
        return False


class Following:
    """A lens of `side` pixels over one viewport, and a pointer that goes to and fro."""

    def __init__(self, files: Files, size: tuple[int, int], side: int) -> None:
        self.grid = ViewportGrid()
        self.lens = Lens(self.grid)
        self.grid.resize(*size)
        self.grid.show()
        QApplication.processEvents()
        self.viewport = self.grid.active
        picture = picture_of(files.mammogram(UNCOMPRESSED))
        self._middle = ImagePoint(picture.info.columns / 2, picture.info.rows / 2)
        self.viewport.show_picture(picture)
        self.viewport.pointer_moved.connect(lambda pointer: self.lens.follow(self.viewport, pointer))
        self.lens.look = self.lens.look.sized(0)
        while self.lens.look.side < side:
            self.lens.set_look(self.lens.look.sized(1))
        self._count = 0
        self.painted = PaintCount(self.lens)
        self.lens.open(self.viewport, None)
        self.step()

    def step(self) -> None:
        """One mouse event further, and painted."""
        self._count += 1
        turn = self._count % 80
        away = turn if turn < 40 else 80 - turn
        middle = self.viewport.widget_position(self._middle)
        # to and fro over most of the image, whatever its size on the screen
        stride = min(5.0, 0.02 * self._middle.column * self.viewport.view.scale)
        at = middle + QPointF(stride * (away - 20), 0.6 * stride * (away - 20))
        none = Qt.MouseButton.NoButton
        event = QMouseEvent(QEvent.Type.MouseMove, at, at, none, none, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(self.viewport, event)
        QApplication.processEvents()

    def close(self) -> None:
        self.grid.close()
        self.grid.deleteLater()
        QApplication.processEvents()


def measure(files: Files) -> Iterator[Row]:
    make_application()
    for size in files.sizes.viewports:
        for side in (320, LARGE):
            following = Following(files, size, side)
            steps = {"ours": partial(seconds, following.step), "copy": partial(seconds, copy_of(size))}
            taken = interleaved(steps, files.sizes.rounds * 6)
            if following.painted.paints < len(taken["ours"]):
                raise SystemExit("the lens was not painted at each step")
            following.close()
            value = sorted(taken["ours"])[len(taken["ours"]) // 2] * 1000
            over = paired(taken["ours"], taken["copy"])
            beside = f"copy of the viewport {in_ms(taken['copy'])} (x{over:.1f})"
            name = f"lens of {following.lens.look.side} px over {size[0]}x{size[1]}"
            yield Row(name, in_ms(taken["ours"]), beside, value, A_FRAME, " ms")
