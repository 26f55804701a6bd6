"""The exact pictures of the panes, made beside the window, which shows quick ones meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from annotator.jobs import CancelToken
from annotator.ui.panes.viewport import Viewport
from annotator.ui.pictures.grey_image import MadeAhead, Wanted, nothing_ahead
from annotator.ui.task_runner import TaskRunner


class ExactPictures:
    """Four panes that come to rest together would hold the window for 0.1 s; here one follows the other.

    A pane that moved on gets the picture it wants now; the one it wanted before is dropped.
    """

    def __init__(
        self, viewports: Sequence[Viewport], runner: TaskRunner, ahead: MadeAhead = nothing_ahead
    ) -> None:
        self._runner = runner
        for place, viewport in enumerate(viewports):
            viewport.leave_exact_to(partial(self._make, f"exact picture {place}", viewport), ahead)

    def _make(self, lane: str, viewport: Viewport, wanted: Wanted) -> None:
        def job(_token: CancelToken) -> object:
            return wanted.exact()

        self._runner.query(lane, job, partial(viewport.take_exact, wanted), at_once=True)
