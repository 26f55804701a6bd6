"""Hangs an exam in the viewports: which image goes where, and loading it without stopping the window."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from annotator.errors import AnnotatorError
from annotator.hanging import four_up, reading_order
from annotator.imaging.stack import default_budget
from annotator.jobs import CancelToken
from annotator.model.finding import Reading
from annotator.model.image import ExamInfo, ImageInfo, ImageKey, Laterality
from annotator.model.mark import Mark
from annotator.ui.exact_pictures import ExactPictures
from annotator.ui.frame_source import FrameSource
from annotator.ui.panels.thumbnails import ThumbnailsPanel
from annotator.ui.picture import Picture, load_picture, thumbnail
from annotator.ui.stack_panes import StackPanes, middle_slice
from annotator.ui.task_runner import TaskRunner
from annotator.ui.viewport import Viewport
from annotator.ui.viewport_grid import ViewportGrid

LAYOUTS = (4, 3, 2, 1)
KEPT_PICTURES = 6
"""Decoded pictures kept for quick return: a screening view with its levels takes about 70 MB."""


_T = TypeVar("_T")


def _is_same(a: Picture, b: Picture) -> bool:
    """Whether two pictures are of one image, both from its full resolution or neither."""
    return a.info.sop_instance_uid == b.info.sop_instance_uid and a.provisional == b.provisional


def _is_other_view(a: ImageInfo, b: ImageInfo) -> bool:
    return a.laterality == b.laterality and a.view.name != b.view.name


def _is_other_side(a: ImageInfo, b: ImageInfo) -> bool:
    return a.laterality != b.laterality and a.view.name == b.view.name


class ExamView(QObject):
    """The exam on the viewports. The old picture stays in a pane until the new one is ready.

    `picture_shown` carries the pane's number and its Picture, `slice_shown` those of another slice of
    the stack that the pane showed already.
    """

    picture_shown = Signal(int, object)
    slice_shown = Signal(int, object)
    layout_changed = Signal(int)
    message = Signal(str)
    failed = Signal(str, object)

    def __init__(
        self,
        grid: ViewportGrid,
        thumbnails: ThumbnailsPanel,
        runner: TaskRunner,
        parent: QObject | None = None,
        *,
        stack_bytes: int | None = None,
    ) -> None:
        super().__init__(parent)
        self._grid = grid
        self._exact = ExactPictures(grid.viewports, runner)
        self.stacks = StackPanes(grid, runner, stack_bytes or default_budget(), self)
        self._thumbnails = thumbnails
        self._runner = runner
        self._exam: ExamInfo | None = None
        self._order: tuple[ImageInfo, ...] = ()
        self._wanted: dict[int, ImageKey] = {}
        self._pictures: OrderedDict[ImageKey, Picture] = OrderedDict()
        self._without_thumbnail: list[ImageInfo] = []
        thumbnails.image_chosen.connect(self.show_image)
        grid.active_changed.connect(lambda _viewport: self._mark_current())
        self.stacks.shown.connect(self._show)
        self.stacks.failed.connect(self._failed)
        self.stacks.message.connect(self.message)

    @property
    def panes(self) -> int:
        """How many panes are open."""
        return len(self._visible())

    @property
    def active_pane(self) -> int:
        """Number of the active pane, from 0."""
        return self._grid.viewports.index(self._grid.active)

    @property
    def order(self) -> tuple[ImageInfo, ...]:
        """The images of the exam in hung order."""
        return self._order

    @property
    def loading(self) -> bool:
        """Whether a pane waits for its picture."""
        return any(self._runner.busy(f"pane {pane}") for pane in range(len(self._grid.viewports)))

    @property
    def exact(self) -> bool:
        """Whether every pane shows its exact picture and waits for none."""
        return not self.loading and all(v.exact and not v.moving for v in self._visible())

    def picture(self, pane: int) -> Picture | None:
        """What a pane shows."""
        return self._grid.viewports[pane].picture

    def show_exam(self, exam: ExamInfo) -> None:
        """Hang an exam. What hung before goes at once: one patient's image under another's name is worse
        than an empty pane.
        """
        same = self._exam is not None and exam.study_instance_uid == self._exam.study_instance_uid
        self._exam = exam
        self._order = reading_order(exam.images)
        if not same:
            self._pictures.clear()
            self._wanted.clear()
            self.stacks.close()
            for viewport in self._grid.viewports:
                viewport.clear("")
        self._thumbnails.show_images(self._order)
        for picture in self._pictures.values():
            self._thumbnails.show_picture(picture.info.sop_instance_uid, thumbnail(picture))
        known = {key.sop_instance_uid for key in self._pictures}
        self._without_thumbnail = [i for i in self._order if i.sop_instance_uid not in known]
        slots = self._slots()
        self.set_layout(4 if len(slots) > 2 else max(1, len(slots)))

    def close_exam(self) -> None:
        """Take everything down."""
        self._runner.cancel("thumbnails")
        self.stacks.close()
        for pane, viewport in enumerate(self._grid.viewports):
            self._runner.cancel(f"pane {pane}")
            viewport.clear("")
        self._exam = None
        self._order = ()
        self._pictures.clear()
        self._wanted.clear()
        self._thumbnails.show_images(())

    def set_layout(self, panes: int) -> None:
        """One to four panes; the active image stays, in a pair with its other side beside it.

        Of three it is the large one, with the other breast and the other view beside it.
        """
        keep = self._active_info()
        self._grid.set_layout(panes, large_right=keep is not None and keep.laterality is Laterality.LEFT)
        self.layout_changed.emit(panes)
        for pane, info in enumerate(self._hung(panes, keep)):
            if info is None:
                self._wanted.pop(pane, None)
                self._runner.cancel(f"pane {pane}")
                self.stacks.leave(pane)
                self._grid.viewports[pane].clear("no such view among the files opened")
            else:
                self._load(pane, info)
        for pane in range(panes, len(self._grid.viewports)):
            self.stacks.leave(pane)

    def cycle_layout(self) -> None:
        """Four, three, two, one, four."""
        at = LAYOUTS.index(self.panes) if self.panes in LAYOUTS else -1
        self.set_layout(LAYOUTS[(at + 1) % len(LAYOUTS)])

    def show_image(self, info: ImageInfo, frame: int | None = None) -> None:
        """Show an image in the active pane; of a stack `frame`, else the slice last seen or the middle."""
        self._load(self.active_pane, info, frame)
        self._grid.active.setFocus()

    def step_image(self, by: int) -> None:
        """The next or previous image in hung order, in the active pane."""
        info = self._active_info()
        if self._order:
            uids = [i.sop_instance_uid for i in self._order]
            at = uids.index(info.sop_instance_uid) + by if info is not None else 0
            self.show_image(self._order[at % len(self._order)])

    def step_frame(self, viewport: Viewport, by: int) -> None:
        """Another slice of the stack in a pane."""
        self.stacks.step(self._grid.viewports.index(viewport), by)

    def set_reading(self, reading: Reading | None) -> None:
        """Show on the stacks which slices have marks."""
        self.stacks.set_reading(reading)

    def bring_into_view(self, marks: Sequence[Mark]) -> None:
        """Go to the slice of the first of these marks in each pane whose stack shows none of them."""
        for pane, viewport in enumerate(self._grid.viewports):
            picture = viewport.picture
            if picture is None or not picture.info.is_stack or viewport.isHidden():
                continue
            uid = picture.info.sop_instance_uid
            here = [mark.image.frame for mark in marks if mark.image.sop_instance_uid == uid]
            if here and not set(here) & set(picture.numbers):
                self.stacks.go(pane, here[0])

    def other_view(self) -> None:
        """CC instead of MLO of the same breast, or the other way round."""
        self._swap(_is_other_view)

    def other_side(self) -> None:
        """The same view of the other breast."""
        self._swap(_is_other_side)

    def _swap(self, fits: Callable[[ImageInfo, ImageInfo], bool]) -> None:
        here = self._active_info()
        if here is None:
            return
        alike = [i for i in self._order if fits(here, i)]
        # A magnification view is first looked for among magnification views.
        alike.sort(key=lambda i: i.view.magnified != here.view.magnified)
        if alike:
            self.show_image(alike[0])
        else:
            self.message.emit("This exam has no such image.")

    def _slots(self) -> list[ImageInfo]:
        return [] if self._exam is None else [i for i in four_up(self._exam).panes if i is not None]

    def _hung(self, panes: int, keep: ImageInfo | None) -> list[ImageInfo | None]:
        if self._exam is None:
            return []
        slots = list(four_up(self._exam).panes)
        if panes == 4:
            return slots
        shown = [i for i in slots if i is not None] or list(self._order)
        first = keep or (shown[0] if shown else None)
        if panes == 1 or first is None:
            return [first]
        if panes == 3:
            return self._large_with_two(first)
        for at in (0, 2):
            pair = slots[at : at + 2]
            if any(i is not None and i.sop_instance_uid == first.sop_instance_uid for i in pair):
                return pair
        others = [i for i in self._order if i.sop_instance_uid != first.sop_instance_uid]
        return [first, others[0] if others else None]

    def _large_with_two(self, first: ImageInfo) -> list[ImageInfo | None]:
        """An image, the same view of the other breast, and the other view of the same; else what there is."""
        shown: list[ImageInfo | None] = [first]
        for fits in (_is_other_side, _is_other_view):
            left = [i for i in self._order if i not in shown]
            shown.append(next((i for i in left if fits(first, i)), None))
        for at, info in enumerate(shown):
            if info is None:
                shown[at] = next((i for i in self._order if i not in shown), None)
        return shown

    def _visible(self) -> list[Viewport]:
        return [v for v in self._grid.viewports if not v.isHidden()]

    def _active_info(self) -> ImageInfo | None:
        picture = self._grid.active.picture
        return None if picture is None else picture.info

    def _load(self, pane: int, info: ImageInfo, frame: int | None = None) -> None:
        self._wanted[pane] = info.key(frame or 1)
        if self._grid.viewports[pane].picture is None:
            self._grid.viewports[pane].clear(f"loading {info.label or info.path.name} ...")
        if info.is_stack:
            self.stacks.open(pane, info, frame)
            return
        self.stacks.leave(pane)
        kept = self._pictures.get(info.key())
        if kept is not None:
            self._runner.cancel(f"pane {pane}")
            self._show(pane, kept)
            return
        source = FrameSource(info)
        if source.has_first_look:
            self._query(
                pane, info, lambda _token: source.first_look(1), lambda p: self._looked(pane, source, p)
            )
        else:
            self._query(pane, info, load_picture(info, 1), lambda picture: self._show(pane, picture))

    def _looked(self, pane: int, source: FrameSource, picture: Picture | None) -> None:
        """A lower resolution is there: show it until the full frame is."""
        if picture is not None:
            self._show(pane, picture)
        self._query(pane, source.info, lambda _token: source.picture(1), lambda p: self._show(pane, p))

    def _query(
        self, pane: int, info: ImageInfo, job: Callable[[CancelToken], _T], done: Callable[[_T], None]
    ) -> None:
        self._runner.query(f"pane {pane}", job, done, lambda error: self._failed(pane, info, error))

    def _show(self, pane: int, picture: Picture) -> None:
        key = picture.info.key()
        wanted = self._wanted.get(pane)
        if wanted is None or wanted.sop_instance_uid != key.sop_instance_uid:
            return
        if not picture.info.is_stack and not picture.provisional:
            self._pictures[key] = picture
            self._pictures.move_to_end(key)
            while len(self._pictures) > KEPT_PICTURES:
                self._pictures.popitem(last=False)
        viewport = self._grid.viewports[pane]
        current = viewport.picture
        if current is not picture:
            viewport.show_picture(picture)
        if picture.info.is_stack and current is not None and _is_same(current, picture):
            self.slice_shown.emit(pane, picture)
            return
        self.picture_shown.emit(pane, picture)
        if not picture.provisional:
            self._take_thumbnail(picture)
        self._mark_current()
        self._next_thumbnail()

    def _failed(self, pane: int, info: ImageInfo, error: AnnotatorError) -> None:
        viewport = self._grid.viewports[pane]
        if viewport.picture is None:
            viewport.clear(str(error))
        else:
            self._wanted[pane] = viewport.picture.info.key(viewport.picture.frame_number)
        text = f"{info.label or info.path.name} cannot be shown: {error}"
        self.failed.emit(text, lambda: self._load(pane, info))
        self._without_thumbnail = [
            i for i in self._without_thumbnail if i.sop_instance_uid != info.sop_instance_uid
        ]
        self._next_thumbnail()

    def _take_thumbnail(self, picture: Picture) -> None:
        uid = picture.info.sop_instance_uid
        if any(i.sop_instance_uid == uid for i in self._without_thumbnail):
            self._bring_thumbnail(uid, thumbnail(picture))

    def _bring_thumbnail(self, uid: str, grey: NDArray[np.uint8]) -> None:
        self._without_thumbnail = [i for i in self._without_thumbnail if i.sop_instance_uid != uid]
        self._thumbnails.show_picture(uid, grey)

    def _next_thumbnail(self) -> None:
        """One after the other, and only when no pane waits for a worker."""
        if self.loading or not self._without_thumbnail or self._runner.busy("thumbnails"):
            return
        info = self._without_thumbnail[0]
        load = load_picture(info, middle_slice(info))

        def done(grey: NDArray[np.uint8]) -> None:
            self._bring_thumbnail(info.sop_instance_uid, grey)
            self._next_thumbnail()

        def failed(_error: AnnotatorError) -> None:
            self._without_thumbnail = [i for i in self._without_thumbnail if i is not info]
            self._next_thumbnail()

        self._runner.query("thumbnails", lambda token: thumbnail(load(token)), done, failed)

    def _mark_current(self) -> None:
        info = self._active_info()
        if info is not None:
            self._thumbnails.set_current(info.sop_instance_uid)
