"""Brings the small pictures of an exam to their panel: those that are there, and the others one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject

from annotator.errors import AnnotatorError
from annotator.model.image import ImageInfo
from annotator.ui.panels.thumbnails import ThumbnailsPanel
from annotator.ui.pictures.picture import Picture, load_picture, thumbnail
from annotator.ui.stacks.panes import middle_slice
from annotator.ui.task_runner import TaskRunner

LANE = "thumbnails"


class SmallPictures(QObject):
    """Loads what no pane has loaded, and only while none of them waits (`waiting` says so)."""

    def __init__(
        self,
        panel: ThumbnailsPanel,
        runner: TaskRunner,
        waiting: Callable[[], bool],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._panel = panel
        self._runner = runner
        self._waiting = waiting
        self._missing: list[ImageInfo] = []

    def show(self, order: Sequence[ImageInfo], known: Iterable[Picture]) -> None:
        """The images of another exam, or of the same in another order; `known` are pictures at hand."""
        self._panel.show_images(order)
        self._missing = list(order)
        for picture in known:
            self.take(picture)

    def take(self, picture: Picture) -> None:
        """The picture of an image is there."""
        self._bring(picture.info.sop_instance_uid, thumbnail(picture))

    def give_up(self, info: ImageInfo) -> None:
        """An image cannot be loaded."""
        self._missing = [i for i in self._missing if i.sop_instance_uid != info.sop_instance_uid]

    def go_on(self) -> None:
        """Load the next one that is missing, if nobody waits for a worker."""
        if self._waiting() or not self._missing or self._runner.busy(LANE):
            return
        info = self._missing[0]
        load = load_picture(info, middle_slice(info))

        def done(grey: NDArray[np.uint8]) -> None:
            self._bring(info.sop_instance_uid, grey)
            self.go_on()

        def failed(_error: AnnotatorError) -> None:
            self.give_up(info)
            self.go_on()

        self._runner.query(LANE, lambda token: thumbnail(load(token)), done, failed)

    def clear(self) -> None:
        """No exam is open."""
        self._runner.cancel(LANE)
        self._missing = []
        self._panel.show_images(())

    def set_current(self, info: ImageInfo) -> None:
        """Which image the active pane shows."""
        self._panel.set_current(info.sop_instance_uid)

    def _bring(self, uid: str, grey: NDArray[np.uint8]) -> None:
        left = [i for i in self._missing if i.sop_instance_uid != uid]
        if len(left) < len(self._missing):
            self._missing = left
            self._panel.show_picture(uid, grey)
