"""Candidates measured as a click there would measure them, before the reader decides of them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray
from PySide6.QtCore import QObject

from annotator.errors import AnnotatorError
from annotator.jobs import CancelToken
from annotator.model.candidate import PROPOSED_WITHIN_PX
from annotator.ui.desk.candidate_rows import ProposedRow
from annotator.ui.task_runner import TaskRunner
from annotator.workspace import Workspace

if TYPE_CHECKING:
    from annotator.analysis.spots.snapping import SpotResult
    from annotator.model.candidate import Candidate
    from annotator.model.image import ImageInfo

_KEPT = 16

Results = Mapping[str, "SpotResult"]
Frames = Mapping[int, NDArray[Any]]


class CandidateMeasuring(QObject):
    """Measures the line in hand off the window, so that accepting it waits for nothing; an act asked for before it is
    measured follows at once then, and is never lost: `finish` does what is still asked for.
    """

    def __init__(self, workspace: Workspace, runner: TaskRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._runner = runner
        self._known: OrderedDict[tuple[str, ...], Results] = OrderedDict()
        self._asked: dict[tuple[str, ...], tuple[ProposedRow, Frames, Callable[[Results], None]]] = {}

    def prepare(self, line: ProposedRow, frames: Frames, failed: Callable[[AnnotatorError], None]) -> None:
        """Measure the pieces of a line; `frames` are those of its slices that are decoded, by number."""
        key = line.ids
        if key in self._known or self._runner.busy(_lane(line)):
            return

        def done(found: Results) -> None:
            self._keep(key, found)
            asked = self._asked.pop(key, None)
            if asked is not None:
                asked[2](found)

        def not_read(error: AnnotatorError) -> None:
            if self._asked.pop(key, None) is not None:
                failed(error)

        self._runner.query(
            _lane(line), partial(measured, self._workspace, line.info, line.pieces, frames), done, not_read
        )

    def when_measured(
        self,
        line: ProposedRow,
        frames: Frames,
        act: Callable[[Results], None],
        failed: Callable[[AnnotatorError], None],
    ) -> bool:
        """Do something with the measurements of a line: now where they are here, or are a click's work; else soon."""
        found = self._known.get(line.ids)
        if found is None and len(line.pieces) == 1 and line.best.image.frame in frames:
            found = measured(self._workspace, line.info, line.pieces, frames, CancelToken())
            self._keep(line.ids, found)
        if found is not None:
            act(found)
            return True
        self._asked[line.ids] = line, dict(frames), act
        self.prepare(line, frames, failed)
        return False

    def finish(self) -> None:
        """Do now what still waits for its measurements: the exam is about to be left."""
        asked, self._asked = self._asked, {}
        for line, frames, act in asked.values():
            self._runner.cancel(_lane(line))
            try:
                act(measured(self._workspace, line.info, line.pieces, frames, CancelToken()))
            except AnnotatorError:
                # what cannot be read cannot be measured: the marks say so by having no size
                act({})

    def forget(self) -> None:
        """Another exam is open."""
        self._known.clear()

    def _keep(self, key: tuple[str, ...], found: Results) -> None:
        self._known[key] = found
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)


def measured(
    workspace: Workspace, info: ImageInfo, pieces: Sequence[Candidate], frames: Frames, token: CancelToken
) -> Results:
    """Candidates of an image as measured, each on its slice, by their ids. Raises UnreadableImage."""
    from annotator.imaging.dicom_file import read_image  # noqa: PLC0415  after the first paint

    found = {}
    decoded: dict[int, NDArray[Any]] = dict(frames)
    for piece in pieces:
        token.checkpoint()
        number = piece.image.frame
        if number not in decoded:
            decoded[number] = read_image(info.path, number).frame(number)
        found[piece.id] = workspace.spots.measure(info, decoded[number], piece.point, PROPOSED_WITHIN_PX)
    return found


def _lane(line: ProposedRow) -> str:
    return f"candidate {line.key}"
