"""Small pictures of every image of the exam, in hung order: which pane shows them, and how much was seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QMimeData, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap
from PySide6.QtWidgets import (
    QLabel,
    QListView,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from annotator.model.image import ImageInfo
from annotator.ui import theme
from annotator.ui.pictures.picture import SMALL_PX
from annotator.ui.words.plain_words import tip

IMAGE_MIME = "application/x-annotator-image"
"""What a small picture is while it is dragged: the SOP Instance UID of its image."""
EDGE_PX = 3
SEEN_PX = 3

Index = QModelIndex | QPersistentModelIndex


@dataclass
class _Small:
    """One image; `panes` are the numbers, from 1, of those that show it, `seen` the share seen at 1:1."""

    info: ImageInfo
    picture: QPixmap | None = None
    panes: tuple[int, ...] = ()
    seen: float | None = None

    @property
    def name(self) -> str:
        return self.info.name or self.info.file_name

    @property
    def spoken(self) -> str:
        shown = f", in pane {' and '.join(map(str, self.panes))}" if self.panes else ""
        stack = f", {self.info.frames} slices" if self.info.is_stack else ""
        seen = "" if self.seen is None else f", {100 * self.seen:.0f} % seen at full resolution"
        return f"Image {self.name}{stack}{shown}{seen}"


class _SmallDelegate(QStyledItemDelegate):
    """Paints pixmaps itself: icons would be kept in a cache of all exams ever seen."""

    def __init__(self, smalls: Sequence[_Small], parent: QWidget) -> None:
        super().__init__(parent)
        self.smalls = smalls
        self.active = 0

    def sizeHint(self, option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(SMALL_PX + 2 * EDGE_PX, SMALL_PX + option.fontMetrics.height() + 2 * EDGE_PX + 2)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        small = self.smalls[index.row()]
        cell = option.rect
        place = QRect(0, 0, SMALL_PX, SMALL_PX)
        place.moveCenter(cell.center())
        place.moveTop(cell.top() + EDGE_PX)
        painter.fillRect(place, QColor("#000000"))
        if small.picture is not None:
            painter.drawPixmap(place.topLeft(), small.picture)
        if small.panes:
            self._mark_shown(painter, place, small)
        if small.seen is not None:
            width = round(place.width() * min(small.seen, 1.0))
            painter.fillRect(place.x(), place.bottom() + 1, width, SEEN_PX, QColor(theme.SAVED))
        name = QRect(
            cell.x(), place.bottom() + SEEN_PX, cell.width(), cell.bottom() - place.bottom() - SEEN_PX
        )
        painter.setPen(QColor(theme.STRONG if small.panes else theme.TEXT))
        text = painter.fontMetrics().elidedText(small.name, Qt.TextElideMode.ElideMiddle, name.width() - 2)
        painter.drawText(name, Qt.AlignmentFlag.AlignCenter, text)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QColor(theme.ACCENT))
            painter.drawRect(cell.adjusted(0, 0, -1, -1))
        painter.restore()

    def _mark_shown(self, painter: QPainter, place: QRect, small: _Small) -> None:
        """A frame and the number of the pane; the frame of the active one is the accent's."""
        painter.setPen(QColor(theme.ACCENT if self.active in small.panes else theme.DIM))
        painter.drawRect(place.adjusted(-1, -1, 0, 0))
        words = " ".join(map(str, small.panes))
        box = painter.fontMetrics().boundingRect(words).adjusted(-3, -1, 3, 1)
        box.moveTopLeft(place.topLeft())
        painter.fillRect(box, QColor(theme.RAISED))
        painter.setPen(QColor(theme.TEXT))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)


class _SmallList(QListWidget):
    """Lets a small picture be dragged onto a pane."""

    def __init__(self) -> None:
        super().__init__()
        self.infos: Sequence[ImageInfo] = ()
        self.setDragEnabled(True)
        self.setDragDropMode(QListView.DragDropMode.DragOnly)

    def mimeTypes(self) -> list[str]:
        return [IMAGE_MIME]

    def mimeData(self, items: Sequence[QListWidgetItem]) -> QMimeData:
        data = QMimeData()
        if items:
            data.setData(IMAGE_MIME, self.infos[self.row(items[0])].sop_instance_uid.encode())
        return data


class ThumbnailsPanel(QWidget):
    """`image_chosen` carries the ImageInfo to show in the active pane (double click or Enter)."""

    image_chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._infos: tuple[ImageInfo, ...] = ()
        self._smalls: dict[str, _Small] = {}
        self.list = _SmallList()
        self._delegate = _SmallDelegate((), self.list)
        self.list.setItemDelegate(self._delegate)
        self.list.setAccessibleName("Images of this exam")
        self.list.setViewMode(QListView.ViewMode.IconMode)
        self.list.setResizeMode(QListView.ResizeMode.Adjust)
        self.list.setMovement(QListView.Movement.Static)
        self.list.setUniformItemSizes(True)
        self.list.setDragEnabled(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemActivated.connect(self._chosen)
        self.heading = QLabel("IMAGES")
        self.heading.setProperty("role", "heading")
        self.empty = QLabel("Small pictures of an exam stand here once one is open.")
        self.empty.setProperty("role", "dim")
        self.empty.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 2, 4)
        layout.setSpacing(4)
        layout.addWidget(self.heading)
        layout.addWidget(self.empty)
        layout.addWidget(self.list, 1)

    @property
    def infos(self) -> tuple[ImageInfo, ...]:
        """The images in the order shown."""
        return self._infos

    def info_of(self, sop_instance_uid: str) -> ImageInfo | None:
        """One of the images by its UID."""
        small = self._smalls.get(sop_instance_uid)
        return None if small is None else small.info

    def picture(self, sop_instance_uid: str) -> QPixmap | None:
        """The small picture of an image, None while it is dark."""
        small = self._smalls.get(sop_instance_uid)
        return None if small is None else small.picture

    def show_images(self, infos: Sequence[ImageInfo]) -> None:
        """Replace the pictures by these; they stay dark until `show_picture` brings one."""
        self._infos = self.list.infos = tuple(infos)
        before, self._smalls = self._smalls, {info.sop_instance_uid: _Small(info) for info in infos}
        for uid, small in self._smalls.items():
            if uid in before:
                small.picture, small.seen = before[uid].picture, before[uid].seen
        self._delegate.smalls = tuple(self._smalls.values())
        self.list.clear()
        for small in self._smalls.values():
            item = QListWidgetItem(small.name)
            item.setToolTip(tip(f"{small.name}: double click, Enter or a drag onto a pane shows it there"))
            self.list.addItem(item)
        self._speak()
        count = len(self._infos)
        self.heading.setText(f"IMAGES  ·  {count}" if count else "IMAGES")
        self.empty.setVisible(not count)

    def show_picture(self, sop_instance_uid: str, grey: NDArray[np.uint8]) -> None:
        """Bring the small picture of one image: grey levels, shape (rows, columns)."""
        small = self._smalls.get(sop_instance_uid)
        if small is None:
            return
        rows, columns = grey.shape
        kept = np.ascontiguousarray(grey)
        image = QImage(kept.data, columns, rows, columns, QImage.Format.Format_Grayscale8)
        small.picture = QPixmap.fromImage(image)
        self.list.viewport().update()

    def set_current(self, sop_instance_uid: str) -> None:
        """Show which image the active pane shows."""
        for at, info in enumerate(self._infos):
            if info.sop_instance_uid == sop_instance_uid:
                self.list.setCurrentRow(at)

    def show_panes(self, panes: Mapping[int, str], active: int) -> None:
        """Which pane, by its number from 1, shows which image, and which of them is the active one."""
        for uid, small in self._smalls.items():
            small.panes = tuple(sorted(number for number, shown in panes.items() if shown == uid))
        self._delegate.active = active
        self._speak()

    def show_seen(self, seen: Mapping[str, float | None]) -> None:
        """Which share of the breast was seen at full resolution, by SOP Instance UID; None: not known."""
        for uid, small in self._smalls.items():
            small.seen = seen.get(uid)
        self._speak()

    def _speak(self) -> None:
        for at, small in enumerate(self._smalls.values()):
            self.list.item(at).setData(Qt.ItemDataRole.AccessibleTextRole, small.spoken)
        self.list.viewport().update()

    def _chosen(self, item: QListWidgetItem) -> None:
        self.image_chosen.emit(self._infos[self.list.row(item)])
