"""Window drag, zoom and pan in the real viewport, from the input event to the painted widget.

Beside it, step by step in the same run: a copy of that viewport in RGB32 (what memory allows), a viewer
that keeps the whole image as a QPixmap, and pyqtgraph.
"""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from annotator.imaging.dicom_file import read_image
from annotator.imaging.render import Mode
from annotator.jobs import CancelToken
from annotator.model.geometry import ImagePoint
from annotator.ui.app import make_application
from annotator.ui.panes.exact_pictures import ExactPictures
from annotator.ui.panes.viewport import Viewport
from annotator.ui.pictures.picture import Picture, load_picture
from annotator.ui.task_runner import TaskRunner
from benchmarks.imaging.files import UNCOMPRESSED, Files
from benchmarks.imaging.other_python import Peer, has
from benchmarks.imaging.rows import ABSENT, Bar, Row, in_ms, interleaved, paired, seconds
from benchmarks.imaging.whole_image import WholeImageView

RIGHT, MIDDLE, NONE = Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.NoButton
DRAG_OVER_COPY = Bar(4)
DRAG_OVER_WHOLE = Bar(0.15)
DRAG_OVER_SMALL = Bar(1.25)
MOVING_OVER_COPY = {Mode.MEAN: Bar(10), Mode.SPECK_TRUE: Bar(15)}
SETTLED = Bar(100, unit=" ms")
STEPS_A_ROUND = 6

Size = tuple[int, int]
Steps = Callable[[], None]


class Bench:
    """One viewport with a hand of its own."""

    def __init__(self, picture: Picture, size: Size) -> None:
        self.viewport = Viewport()
        self._runner = TaskRunner(lambda bug: sys.exit(repr(bug)))
        ExactPictures([self.viewport], self._runner)
        self.viewport.resize(*size)
        self.viewport.show()
        QApplication.processEvents()
        self.viewport.show_picture(picture)
        self.settle()
        self._at = QPointF(size[0] / 2, size[1] / 2)
        self._count = 0

    def settle(self) -> None:
        """Until nothing moves and the exact picture is painted."""
        QApplication.processEvents()
        while self.viewport.moving or not self.viewport.exact:
            QApplication.processEvents()
            time.sleep(0.001)
        QApplication.processEvents()

    def press(self, button: Qt.MouseButton) -> None:
        self._count = 0
        self._mouse(QEvent.Type.MouseButtonPress, button)

    def release(self, button: Qt.MouseButton) -> None:
        self._mouse(QEvent.Type.MouseButtonRelease, button)
        self.settle()

    def drag(self, button: Qt.MouseButton) -> None:
        """One mouse event further, to and fro, and painted."""
        self._count += 1
        turn = self._count % 40
        away = 12 + (turn if turn < 20 else 40 - turn)
        self._mouse(QEvent.Type.MouseMove, button, QPointF(away * 3, away * 2))
        QApplication.processEvents()

    def wheel(self) -> None:
        """One notch in or out again, and painted."""
        self._count += 1
        notch = 120 if self._count % 8 < 4 else -120
        QApplication.sendEvent(
            self.viewport,
            QWheelEvent(
                self._at + QPointF(37, 21),
                self._at,
                QPoint(),
                QPoint(0, notch),
                NONE,
                Qt.KeyboardModifier.NoModifier,
                Qt.ScrollPhase.NoScrollPhase,
                False,
            ),
        )
        QApplication.processEvents()

    def close(self) -> None:
        self._runner.shutdown()
        self.viewport.close()
        self.viewport.deleteLater()
        QApplication.processEvents()

    def _mouse(self, kind: QEvent.Type, button: Qt.MouseButton, off: QPointF | None = None) -> None:
        at = self._at if off is None else self._at + off
        moving = kind == QEvent.Type.MouseMove
        held = NONE if kind == QEvent.Type.MouseButtonRelease else button
        changed = NONE if moving else button
        event = QMouseEvent(kind, at, at, changed, held, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(self.viewport, event)


def copy_of(size: Size) -> Steps:
    """One pass over an RGB32 picture of the viewport."""
    source = np.full((size[1], size[0]), 0xFF7F7F7F, np.uint32)
    target = np.zeros_like(source)
    return partial(np.copyto, target, source)


def picture_of(path: Path) -> Picture:
    return load_picture(read_image(path).info, 1)(CancelToken())


def measure(files: Files) -> Iterator[Row]:
    app = make_application()
    picture = picture_of(files.mammogram(UNCOMPRESSED))
    smaller = picture_of(files.small())
    path = files.mammogram(UNCOMPRESSED)
    with ExitStack() as stack:
        peer = None
        if has("pyqtgraph"):
            peer = stack.enter_context(Peer("pyqtgraph_view.py"))
        for size in files.sizes.viewports:
            if peer is not None:
                peer.ask(path=str(path), size=size)
            for fitted in (True, False):
                yield from _window_drag(picture, smaller, size, fitted, peer, files.sizes.rounds)
        for size in files.sizes.viewports:
            for mode in Mode:
                yield from _moving(picture, size, mode, files.sizes.rounds)
    app.processEvents()


def _window_drag(
    picture: Picture, smaller: Picture, size: Size, fitted: bool, peer: Peer | None, rounds: int
) -> Iterator[Row]:
    bench, beside, whole = Bench(picture, size), Bench(smaller, size), WholeImageView(picture.frame, size)
    if not fitted:
        for one in (bench, beside):
            _show_tissue(one, picture.info.columns)
    scale = bench.viewport.view.scale
    whole.set_scale(scale)
    step = partial(seconds, partial(bench.drag, RIGHT))
    of_image: dict[str, Callable[[], float]] = {
        "ours": step,
        "whole": partial(seconds, whole.window_step),
    }
    if peer is not None:
        peer.ask(scale=scale, size=size)
        of_image["pyqtgraph"] = lambda: float(peer.ask(step="window"))
    of_viewport = {
        "ours": step,
        "copy": partial(seconds, copy_of(size)),
        "small": partial(seconds, partial(beside.drag, RIGHT)),
    }
    for one in (bench, beside):
        one.press(RIGHT)
        one.drag(RIGHT)
        one.drag(RIGHT)
    # apart, because passes over the whole image leave nothing of ours in the processor's cache
    taken = interleaved(of_viewport, rounds * STEPS_A_ROUND)
    slow = interleaved(of_image, rounds * STEPS_A_ROUND)
    for one in (bench, beside):
        one.release(RIGHT)
        one.close()
    whole.close()
    name, ours = f"window drag {_words(size, fitted)}", slow["ours"]
    yield _row(name, taken, "copy", "copy of the viewport", DRAG_OVER_COPY)
    yield _row(name, slow, "whole", "whole-image QPixmap", DRAG_OVER_WHOLE)
    if peer is None:
        yield Row(name, in_ms(ours), f"pyqtgraph: {ABSENT}")
    else:
        yield _row(name, slow, "pyqtgraph", "pyqtgraph")
    yield _row(name, taken, "small", "a quarter of the image's pixels", DRAG_OVER_SMALL)


def _show_tissue(bench: Bench, columns: int) -> None:
    """The middle of the breast, as large as at 1:1 if the image had so many columns: air costs a drag nothing."""
    viewport = bench.viewport
    shown = viewport.picture
    if shown is None:
        raise SystemExit("no picture to measure with")
    viewport.one_to_one()
    viewport.zoom_by(columns / shown.info.columns, QPointF(viewport.rect().center()))
    block = shown.levels.coarsest_block
    rows, across = np.nonzero(shown.tissue)
    viewport.center_on(ImagePoint(float(across.mean() * block), float(rows.mean() * block)))
    bench.settle()


def _moving(picture: Picture, size: Size, mode: Mode, rounds: int) -> Iterator[Row]:
    bench = Bench(picture, size)
    bench.viewport.set_mode(mode)
    for fitted in (True, False):
        if fitted:
            bench.viewport.fit()
        else:
            bench.viewport.one_to_one()
        bench.settle()
        yield from _zoom_and_pan(bench, size, mode, fitted, rounds * STEPS_A_ROUND)
    bench.close()


def _zoom_and_pan(bench: Bench, size: Size, mode: Mode, fitted: bool, steps: int) -> Iterator[Row]:
    def timed(step: Steps) -> dict[str, list[float]]:
        timers = {"ours": partial(seconds, step), "copy": partial(seconds, copy_of(size))}
        return interleaved(timers, steps)

    words = f"{_words(size, fitted)}, {mode.value}"
    taken = timed(bench.wheel)
    yield _row(f"zoom {words}", taken, "copy", "copy of the viewport", MOVING_OVER_COPY[mode])
    yield _settling(f"picture settled after zoom {words}", bench, bench.wheel)
    bench.settle()
    bench.press(MIDDLE)
    taken = timed(partial(bench.drag, MIDDLE))
    yield _row(f"pan {words}", taken, "copy", "copy of the viewport", MOVING_OVER_COPY[mode])
    yield _settling(f"picture settled after pan {words}", bench, partial(bench.drag, MIDDLE))
    bench.release(MIDDLE)


def _settling(name: str, bench: Bench, step: Steps) -> Row:
    """From the last event to the exact picture."""

    def moved_and_settled() -> None:
        step()
        bench.settle()

    taken = []
    for _ in range(5):
        step()
        taken.append(seconds(moved_and_settled))
    ms = sorted(taken)[2] * 1000
    return Row(name, f"{ms:.0f} ms", "", ms, SETTLED, " ms")


def _row(name: str, taken: dict[str, list[float]], other: str, words: str, bar: Bar | None = None) -> Row:
    beside = f"{words} {in_ms(taken[other])}"
    return Row(name, in_ms(taken["ours"]), beside, paired(taken["ours"], taken[other]), bar)


def _words(size: Size, fitted: bool) -> str:
    return f"{size[0]}x{size[1]} {'fitted' if fitted else '1:1'}"
