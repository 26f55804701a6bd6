"""The small pictures: hung order, marked where they hang, in the window of their pane, dragged onto a pane."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from small_exam import write_exam

from annotator.hanging import Layout
from annotator.model.image import Laterality, View
from annotator.ui.main_window import MainWindow
from annotator.ui.panels.thumbnails import IMAGE_MIME, ThumbnailsPanel
from annotator.ui.pictures.picture import SMALL_PX
from tests.ui.pictures import INFO

# The offscreen platform says so of every window; it is no fault of ours.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

SPOKEN = Qt.ItemDataRole.AccessibleTextRole
NO_BUTTON, NO_KEYS = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def window(qtbot, open_window: Callable[[], MainWindow], tmp_path: Path) -> MainWindow:
    window = open_window()
    window.open_paths([write_exam(tmp_path / "exam")])
    qtbot.waitUntil(lambda: window.desk.session is not None, timeout=10_000)
    qtbot.waitUntil(lambda: all(v.picture is not None for v in window.grid.shown), timeout=10_000)
    return window


def spoken(panel: ThumbnailsPanel) -> list[str]:
    return [panel.list.item(row).data(SPOKEN) for row in range(panel.list.count())]


def levels(panel: ThumbnailsPanel, row: int) -> np.ndarray:
    picture = panel.picture(panel.infos[row].sop_instance_uid)
    assert picture is not None
    image = picture.toImage().convertToFormat(picture.toImage().Format.Format_Grayscale8)
    flat = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return flat[:, : image.width()].astype(int)


def drop(window: MainWindow, row: int, pane: int) -> None:
    """Drag a small picture onto a pane, as Qt does it."""
    panel, viewport = window.thumbnails, window.grid.viewports[pane]
    data = panel.list.mimeData([panel.list.item(row)])
    at = viewport.geometry().center()
    copy = Qt.DropAction.CopyAction
    enter = QDragEnterEvent(at, copy, data, NO_BUTTON, NO_KEYS)
    QApplication.sendEvent(window.grid, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(window.grid, QDropEvent(QPointF(at), copy, data, NO_BUTTON, NO_KEYS))


def test_each_says_which_pane_shows_it_and_what_was_seen(qtbot, window: MainWindow) -> None:
    panel = window.thumbnails
    qtbot.waitUntil(lambda: "in pane 4" in spoken(panel)[3])
    assert [words.partition(", in")[0] for words in spoken(panel)] == [
        "Image RCC",
        "Image LCC",
        "Image RMLO",
        "Image LMLO",
    ]
    window.exam_view.set_layout(Layout.SINGLE)
    qtbot.waitUntil(lambda: sum("in pane" in words for words in spoken(panel)) == 1)
    window.grid.active.one_to_one()
    qtbot.waitUntil(lambda: "seen at full resolution" in spoken(panel)[0], timeout=10_000)


def test_a_small_picture_dragged_onto_a_pane_hangs_there(qtbot, window: MainWindow) -> None:
    drop(window, row=0, pane=3)
    qtbot.waitUntil(lambda: window.grid.viewports[3].picture.info.label == "RCC")
    assert window.exam_view.active_pane == 3
    qtbot.waitUntil(lambda: "in pane 1 and 4" in spoken(window.thumbnails)[0])


def test_what_else_is_dragged_over_the_panes_is_left_to_the_window(window: MainWindow) -> None:
    data = window.thumbnails.list.mimeData([])
    assert not data.hasFormat(IMAGE_MIME)
    event = QDragEnterEvent(window.grid.rect().center(), Qt.DropAction.CopyAction, data, NO_BUTTON, NO_KEYS)
    event.ignore()
    QApplication.sendEvent(window.grid, event)
    assert not event.isAccepted()


def test_a_small_picture_follows_the_window_of_its_pane(qtbot, window: MainWindow) -> None:
    panel = window.thumbnails
    qtbot.waitUntil(lambda: panel.picture(panel.infos[3].sop_instance_uid) is not None)
    before = levels(panel, 0)
    QTest.keyClick(window.grid.active, Qt.Key.Key_I)
    middle = slice(SMALL_PX // 3, 2 * SMALL_PX // 3)
    qtbot.waitUntil(lambda: abs(levels(panel, 0)[middle].mean() - before[middle].mean()) > 10)
    assert levels(panel, 0)[0, 0] == before[0, 0] == 0


def test_forty_images_and_stacks_are_listed_with_their_slices(qtbot) -> None:
    panel = ThumbnailsPanel()
    qtbot.addWidget(panel)
    assert not panel.empty.isHidden()
    infos = [
        replace(
            INFO,
            sop_instance_uid=f"2.25.{n}",
            laterality=Laterality.LEFT,
            view=View("CC"),
            frames=1 + n % 2 * 60,
        )
        for n in range(40)
    ]
    panel.show_images(infos)
    assert panel.heading.text() == "IMAGES  ·  40"
    assert spoken(panel)[1] == "Image LCC stack, 61 slices"
    assert panel.empty.isHidden()


def test_another_order_keeps_the_pictures_and_another_exam_lets_them_go(qtbot) -> None:
    panel = ThumbnailsPanel()
    qtbot.addWidget(panel)
    a, b = (replace(INFO, sop_instance_uid=uid) for uid in ("2.25.1", "2.25.2"))
    panel.show_images([a, b])
    panel.show_picture("2.25.1", np.full((SMALL_PX, SMALL_PX), 90, np.uint8))
    panel.show_images([b, a])
    assert levels(panel, 1).mean() == 90
    panel.show_images([b])
    assert panel.picture("2.25.1") is None
    panel.show_picture("2.25.1", np.zeros((SMALL_PX, SMALL_PX), np.uint8))
    assert panel.picture("2.25.1") is None


def test_the_picture_itself_is_painted(qtbot) -> None:
    panel = ThumbnailsPanel()
    qtbot.addWidget(panel)
    panel.resize(400, 400)
    panel.show_images([INFO])
    grey = np.random.default_rng(1).integers(0, 255, (SMALL_PX, SMALL_PX)).astype(np.uint8)
    panel.show_picture(INFO.sop_instance_uid, grey)
    image = panel.list.grab().toImage()
    shown = {image.pixelColor(x, y).value() for x in range(image.width()) for y in range(image.height())}
    assert len(shown) > 100
