"""The usual way to show a picture in Qt, to measure beside: the whole image through a table into a QPixmap."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPainter, QPixmap
from PySide6.QtWidgets import QApplication, QGraphicsScene, QGraphicsView


class WholeImageView(QGraphicsView):
    """A pixmap of all pixels in a scene; smooth when smaller than its pixels."""

    def __init__(self, frame: NDArray[Any], size: tuple[int, int]) -> None:
        super().__init__()
        self._frame = frame
        self._stage = QGraphicsScene(self)
        self._item = self._stage.addPixmap(QPixmap())
        self._item.setTransformationMode(Qt.TransformationMode.SmoothTransformation)
        self.setScene(self._stage)
        self.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        self.setFrameShape(QGraphicsView.Shape.NoFrame)
        for policy in (self.setHorizontalScrollBarPolicy, self.setVerticalScrollBarPolicy):
            policy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.resize(*size)
        self._steps = 0
        self.window_step()
        self.show()
        QApplication.processEvents()

    def set_scale(self, scale: float) -> None:
        self.resetTransform()
        self.scale(scale, scale)
        self.centerOn(self._item)
        QApplication.processEvents()

    def window_step(self) -> None:
        """Another window: table, image, pixmap, and painted."""
        self._steps += 1
        low, high = 500 + self._steps % 40, 3500 - self._steps % 60
        ramp = np.clip((np.arange(1 << 16) - low) * (255 / (high - low)), 0, 255).astype(np.uint8)
        grey = ramp[self._frame]
        height, width = grey.shape
        image = QImage(grey.data, width, height, width, QImage.Format.Format_Grayscale8)
        self._item.setPixmap(QPixmap.fromImage(image))
        QApplication.processEvents()
