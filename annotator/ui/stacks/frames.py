"""The decoded slices of the stacks of an exam: what is there, what is under way, what is decoded ahead."""

from __future__ import annotations

from collections.abc import Callable, Collection

from PySide6.QtCore import QObject, Signal

from annotator.errors import UnreadableImage
from annotator.imaging.stack import FrameShelf
from annotator.imaging.tomosynthesis import Slab
from annotator.jobs import CancelToken, Progress
from annotator.model.image import ImageInfo
from annotator.ui.pictures.frame_source import FrameSource, picture_bytes
from annotator.ui.pictures.picture import Picture
from annotator.ui.pictures.picture_shelf import PictureShelf
from annotator.ui.task_runner import TaskRunner

AHEAD = "slices ahead"
LEVELS = 5 / 3
"""Memory of a frame with its levels over that of the frame: a first guess."""


class StackFrames(QObject):
    """Slices as pictures, within one budget of bytes for all stacks; `more` carries the UID of a stack
    of which a slice was decoded ahead. `ahead` may hold slices of exams that were not open yet.
    """

    more = Signal(str)

    def __init__(self, runner: TaskRunner, budget: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runner = runner
        self._shelf: FrameShelf[Picture] = FrameShelf(budget)
        self._sources: dict[str, FrameSource] = {}
        self.ahead: PictureShelf | None = None

    @property
    def budget(self) -> int:
        """Bytes that decoded slices may take."""
        return self._shelf.budget

    @property
    def used(self) -> int:
        """Bytes of decoded slices kept now."""
        return self._shelf.used

    def source(self, info: ImageInfo) -> FrameSource:
        """The open stack of an image."""
        return self._sources.setdefault(info.sop_instance_uid, FrameSource(info))

    def look_at(self, info: ImageInfo, number: int) -> None:
        """The slice of a stack the reader wants to see now."""
        guess = int(info.rows * info.columns * 2 * LEVELS)
        self._shelf.look_at(info.sop_instance_uid, number, info.frames, guess)

    def hide_others(self, uids: Collection[str]) -> None:
        """Only these stacks are still in view."""
        self._shelf.hide_others(uids)

    def kept(self, info: ImageInfo) -> frozenset[int]:
        """Numbers of the slices that are decoded."""
        return self._shelf.kept(info.sop_instance_uid)

    def picture(self, info: ImageInfo, number: int) -> Picture | None:
        """A slice if it is decoded, also when that was done before the stack was opened."""
        uid, key = info.sop_instance_uid, info.key(number)
        found = self._shelf.get(uid, number)
        ahead = None if found is not None or self.ahead is None else self.ahead.get(key)
        if ahead is None or self.ahead is None:
            return found
        self.source(info).begin_with(ahead)
        self._shelf.keep(uid, number, ahead, picture_bytes(ahead))
        self.ahead.drop(key)
        return ahead

    def job(self, info: ImageInfo, number: int, slab: Slab | None) -> Callable[[CancelToken], Picture]:
        """A job that makes a slice, or the slab around it, ready to be shown; what it decodes is kept."""
        source = self.source(info)

        def run(token: CancelToken) -> Picture:
            if slab is None:
                return self.decode(source, number)
            slices = {}
            for n in source.slab_around(number, slab):
                token.checkpoint()
                slices[n] = self.decode(source, n)
            return source.slab(number, slab, slices)

        return run

    def decode(self, source: FrameSource, number: int) -> Picture:
        """In a job: a slice from memory or from the file. Raises UnreadableImage."""
        uid = source.info.sop_instance_uid
        picture = self._shelf.get(uid, number)
        if picture is None:
            picture = source.picture(number)
            self._shelf.keep(uid, number, picture, picture_bytes(picture))
        return picture

    def give_up(self, info: ImageInfo, number: int) -> None:
        """A slice cannot be decoded."""
        self._shelf.give_up(info.sop_instance_uid, number)

    def next_of(self, info: ImageInfo) -> int | None:
        """The slice of a stack that is wanted next and not decoded."""
        return self._shelf.wanted(info.sop_instance_uid)

    def decode_ahead(self) -> None:
        """Go on decoding around the slices in view, if nothing does yet."""
        if self._runner.busy(AHEAD) or self._next() is None:
            return
        self._runner.query(
            AHEAD,
            self._decode_wanted,
            lambda _done: self.decode_ahead(),
            None,
            lambda progress: self.more.emit(progress.what) if progress is not None else None,
        )

    def stop(self) -> None:
        """Nothing more is decoded ahead until the next call of `decode_ahead`."""
        self._runner.cancel(AHEAD)

    def close(self) -> None:
        """Let go of all stacks."""
        self.stop()
        self._shelf.close()
        self._sources.clear()

    def _next(self) -> tuple[FrameSource, int] | None:
        for uid in self._shelf.in_view:
            number = self._shelf.wanted(uid)
            source = self._sources.get(uid)
            if number is not None and source is not None:
                return source, number
        return None

    def _decode_wanted(self, token: CancelToken) -> None:
        done = 0
        while (wanted := self._next()) is not None:
            token.checkpoint()
            source, number = wanted
            uid = source.info.sop_instance_uid
            try:
                self.decode(source, number)
            except UnreadableImage:
                # said when the reader comes to it
                self._shelf.give_up(uid, number)
            done += 1
            token.checkpoint(Progress(done, what=uid))
