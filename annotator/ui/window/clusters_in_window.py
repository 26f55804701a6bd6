"""Brings how the marks of the finding in hand lie together to the panes and to the panel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from annotator.model.clusters_on_image import ClustersOnImage
from annotator.ui.desk.cluster_watch import ClusterWatch

if TYPE_CHECKING:
    from annotator.ui.main_window import MainWindow


class ClustersInWindow(QObject):
    """Follows the reading on the desk."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.watch = ClusterWatch(window.runner, self)
        self.watch.changed.connect(self._show)
        window.desk.session_changed.connect(self.watch.set_session)

    def _show(self, told: tuple[ClustersOnImage, ...]) -> None:
        for viewport in self._window.grid.viewports:
            viewport.set_clusters(told)
        self._window.finding_panel.show_clusters(told)
