"""Small pictures of every image of the exam, in hung order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QImage, QPixmap
from PySide6.QtWidgets import QLabel, QListView, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from annotator.model.image import ImageInfo
from annotator.ui.picture import SMALL_PX

_UID = Qt.ItemDataRole.UserRole


class ThumbnailsPanel(QWidget):
    """`image_chosen` carries the ImageInfo to show in the active pane (double click or Enter)."""

    image_chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._infos: tuple[ImageInfo, ...] = ()
        self.list = QListWidget()
        self.list.setAccessibleName("Images of this exam")
        self.list.setViewMode(QListView.ViewMode.IconMode)
        self.list.setResizeMode(QListView.ResizeMode.Adjust)
        self.list.setMovement(QListView.Movement.Static)
        self.list.setIconSize(QSize(SMALL_PX, SMALL_PX))
        self.list.setGridSize(QSize(SMALL_PX + 5, SMALL_PX + self.list.fontMetrics().height() + 8))
        self.list.setWordWrap(False)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemActivated.connect(self._chosen)
        heading = QLabel("IMAGES")
        heading.setProperty("role", "heading")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 2, 4)
        layout.setSpacing(4)
        layout.addWidget(heading)
        layout.addWidget(self.list, 1)

    @property
    def infos(self) -> tuple[ImageInfo, ...]:
        """The images in the order shown."""
        return self._infos

    def show_images(self, infos: Sequence[ImageInfo]) -> None:
        """Replace the pictures by these; they stay dark until `show_picture` brings one."""
        self._infos = tuple(infos)
        self.list.clear()
        dark = QPixmap(SMALL_PX, SMALL_PX)
        dark.fill(QColor("#000000"))
        for info in infos:
            label = info.name or info.path.name
            item = QListWidgetItem(_untinted(dark), label)
            item.setData(_UID, info.sop_instance_uid)
            item.setToolTip(f"{label}: double click or Enter shows it in the active pane")
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"Image {label}")
            self.list.addItem(item)

    def show_picture(self, sop_instance_uid: str, grey: NDArray[np.uint8]) -> None:
        """Bring the small picture of one image: grey levels, shape (rows, columns)."""
        rows, columns = grey.shape
        kept = np.ascontiguousarray(grey)
        image = QImage(kept.data, columns, rows, columns, QImage.Format.Format_Grayscale8).copy()
        for at, info in enumerate(self._infos):
            if info.sop_instance_uid == sop_instance_uid:
                self.list.item(at).setIcon(_untinted(QPixmap.fromImage(image)))

    def set_current(self, sop_instance_uid: str) -> None:
        """Show which image the active pane shows."""
        for at, info in enumerate(self._infos):
            if info.sop_instance_uid == sop_instance_uid:
                self.list.setCurrentRow(at)

    def _chosen(self, item: QListWidgetItem) -> None:
        self.image_chosen.emit(self._infos[self.list.row(item)])


def _untinted(pixmap: QPixmap) -> QIcon:
    """An icon that keeps its grey levels when selected."""
    icon = QIcon()
    for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected, QIcon.Mode.Active):
        icon.addPixmap(pixmap, mode)
    return icon
