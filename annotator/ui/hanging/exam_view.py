"""Hangs an exam in the viewports: which image goes where, and loading it without stopping the window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from annotator.errors import AnnotatorError
from annotator.hanging import Hung, HungImage, Layout
from annotator.imaging.stack import default_budget
from annotator.jobs import CancelToken
from annotator.model.finding import Reading
from annotator.model.hanging_choice import HangingChoice
from annotator.model.image import ExamInfo, ImageInfo, ImageKey
from annotator.model.mark import Mark
from annotator.ui.hanging.first_paints import FirstPaints
from annotator.ui.hanging.pane_choice import Hangings, images_of, is_other_side, is_other_view
from annotator.ui.hanging.rehung import Rehung
from annotator.ui.hanging.small_pictures import SmallPictures
from annotator.ui.panels.thumbnails import ThumbnailsPanel
from annotator.ui.panes.exact_pictures import ExactPictures
from annotator.ui.panes.pane_places import places_of
from annotator.ui.panes.viewport import Viewport
from annotator.ui.panes.viewport_grid import ViewportGrid
from annotator.ui.pictures.frame_source import FrameSource
from annotator.ui.pictures.picture import Picture, load_picture
from annotator.ui.pictures.picture_shelf import PictureShelf, picture_budget
from annotator.ui.stacks.panes import StackPanes
from annotator.ui.task_runner import TaskRunner

LAYOUTS = (Layout.FOUR, Layout.LARGE, Layout.PAIR, Layout.SINGLE)
"""What one key goes through."""

_T = TypeVar("_T")


def _is_same(a: Picture, b: Picture) -> bool:
    """Whether two pictures are of one image, both from its full resolution or neither."""
    return a.info.sop_instance_uid == b.info.sop_instance_uid and a.provisional == b.provisional


class ExamView(QObject):
    """The exam on the viewports, and beside it a prior one to look at. The old picture stays in a pane until
    the new one is ready.

    `picture_shown` carries the pane's number and its Picture, `slice_shown` those of another slice of
    the stack that the pane showed already; `hung` the number of a pane that is to show something else.
    `preferred` is the layout that exams are opened in. Of current and prior the current hangs above, below
    with `earlier_first`; of two screens the board `first_board` gives has the current, or the upper row.
    """

    picture_shown = Signal(int, object)
    slice_shown = Signal(int, object)
    hung = Signal(int)
    layout_changed = Signal(object)
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
        shelf: PictureShelf | None = None,
    ) -> None:
        super().__init__(parent)
        self._grid = grid
        self.first_paints = FirstPaints(grid)
        self._exact = ExactPictures(grid.viewports, runner, self.first_paints.take)
        self.stacks = StackPanes(grid, runner, stack_bytes or default_budget(), self)
        self._runner = runner
        self.shelf = PictureShelf(picture_budget(0)) if shelf is None else shelf
        self._rehung = Rehung()
        self._hangings: Hangings | None = None
        self._priors: tuple[ExamInfo, ...] = ()
        self._orders: tuple[tuple[ImageInfo, ...], ...] = ((), ())
        self._places: dict[int, HungImage | None] = {}
        self._wanted: dict[int, ImageKey] = {}
        self.preferred = Layout.FOUR
        self.earlier_first = False
        self.first_board: Callable[[], int] = lambda: 0
        self.layout = Layout.SINGLE
        self.only_pair = False
        self._page = 0, 1
        self.small = SmallPictures(thumbnails, runner, lambda: self.loading, self)
        thumbnails.image_chosen.connect(self.show_image)
        grid.active_changed.connect(lambda _viewport: self._mark_current())
        self.stacks.shown.connect(self._show)
        self.stacks.failed.connect(self._failed)
        self.stacks.message.connect(self.message)

    @property
    def panes(self) -> int:
        """How many panes are open."""
        return len(self._grid.shown)

    @property
    def active_pane(self) -> int:
        """Number of the active pane, from 0."""
        return self._grid.viewports.index(self._grid.active)

    @property
    def order(self) -> tuple[ImageInfo, ...]:
        """The images of the exam in hung order."""
        return self._orders[0]

    @property
    def exam(self) -> ExamInfo | None:
        """The exam being read."""
        return None if self._hangings is None else self._hangings.exam

    @property
    def prior(self) -> ExamInfo | None:
        """The earlier exam that hangs beside it, or would."""
        return None if self._hangings is None else self._hangings.prior

    @property
    def loading(self) -> bool:
        """Whether a pane waits for its picture."""
        return any(self._runner.busy(f"pane {pane}") for pane in range(len(self._grid.viewports)))

    @property
    def exact(self) -> bool:
        """Whether every pane shows its exact picture and waits for none."""
        return not self.loading and all(v.exact and not v.moving for v in self._grid.shown)

    def picture(self, pane: int) -> Picture | None:
        """What a pane shows."""
        return self._grid.viewports[pane].picture

    def place(self, pane: int) -> HungImage | None:
        """What is to hang in a pane, and why; None when it is empty."""
        return self._places.get(pane)

    def panes_of(self, exam: ExamInfo, prior: ExamInfo | None) -> tuple[ImageInfo | None, ...]:
        """What an exam that is opened now would show pane by pane; () where its panes stand otherwise than these."""
        layout = self.preferred if prior is not None or self.preferred is not Layout.PRIOR else Layout.FOUR
        if layout is not self.layout or self.only_pair:
            return ()
        panes = Hangings(exam, prior).hung(layout).panes
        if len(panes) != self.panes:
            return ()
        return tuple(None if place is None else place.info for place in panes)

    def choice(self, sop_instance_uid: str) -> HangingChoice:
        """What the reader corrected of an image."""
        return self._rehung.choice(sop_instance_uid)

    def is_prior_pane(self, pane: int) -> bool:
        """Whether a pane shows an image of an earlier exam."""
        place = self._places.get(pane)
        return place is not None and place.prior

    def is_prior(self, info: ImageInfo) -> bool:
        """Whether an image belongs to the exam that hangs beside the one being read."""
        return any(i.sop_instance_uid == info.sop_instance_uid for i in self._orders[1])

    def show_exam(
        self, exam: ExamInfo, priors: Sequence[ExamInfo] = (), *, layout: Layout | None = None
    ) -> None:
        """Hang an exam, with the earlier ones of the patient at hand, the last first.

        What hung before goes at once: one patient's image under another's name is worse than an empty
        pane. `layout`: as the exam was left, else the preferred one.
        """
        before = self.exam
        same = before is not None and exam.study_instance_uid == before.study_instance_uid
        choices = self._hangings.choices if same and self._hangings is not None else ()
        self._priors = tuple(priors)
        self._hang(Hangings(exam, next(iter(priors), None), choices))
        if not same:
            self._wanted.clear()
            self._places.clear()
            self.stacks.close()
            for viewport in self._grid.viewports:
                viewport.clear("")
        self.small.show(self.order, (self.shown_as(picture) for picture in self.shelf))
        self.set_layout(self._possible(layout or self.preferred))

    def set_priors(self, priors: Sequence[ExamInfo]) -> None:
        """The earlier exams of the patient that are at hand by now; what hangs stays."""
        if self._hangings is None or tuple(priors) == self._priors:
            return
        known = [] if self.prior is None else [e for e in priors if _same_exam(e, self.prior)]
        self._priors = tuple(priors)
        self._hang(Hangings(self._hangings.exam, next(iter([*known, *priors]), None), self._hangings.choices))

    def step_prior(self, by: int) -> None:
        """Beside the exam the next older one (1), or the next newer one (-1)."""
        before = self._hangings
        at = next((n for n, e in enumerate(self._priors) if self.prior and _same_exam(e, self.prior)), -1)
        if before is None or not 0 <= at + by < len(self._priors):
            age = "older" if by > 0 else "newer"
            self.message.emit(f"There is no {age} exam of this patient to stand beside this one.")
            return
        self._hang(Hangings(before.exam, self._priors[at + by], before.choices))
        self.lay_out_again()

    def close_exam(self) -> None:
        """Take everything down."""
        self.stacks.close()
        for pane, viewport in enumerate(self._grid.viewports):
            self._runner.cancel(f"pane {pane}")
            viewport.clear("")
        self._hangings = None
        self._priors, self._orders = (), ((), ())
        self._wanted.clear()
        self._places.clear()
        self.small.clear()

    def set_layout(self, layout: Layout, *, only_pair: bool = False, step: int | None = None) -> None:
        """Lay the exam out; the active image stays, in a pair with its other side beside it.

        Of three it is the large one, with the other breast and the other view beside it. `only_pair`: of
        current and prior only its view. `step`: further rows, where the layout shows some at a time.
        """
        if self._hangings is None:
            return
        focus = self._focus()
        hung = self._hangings.hung(layout, focus, step=step, only_pair=only_pair)
        self.layout, self.only_pair, self._page = layout, only_pair, (hung.step, hung.steps)
        places = places_of(hung, earlier_first=self.earlier_first, first_board=self.first_board())
        self._grid.arrange(places)
        self.layout_changed.emit(layout)
        self._fill(hung)
        for viewport in self._grid.shown:
            viewport.bring_breast_back()
        uids = [None if place is None else place.info.sop_instance_uid for place in hung.panes]
        if focus in uids:
            self._grid.set_active(self._grid.viewports[uids.index(focus)])

    def lay_out_again(self) -> None:
        """Hang everything anew as it is laid out now."""
        self.set_layout(self.layout, only_pair=self.only_pair)

    def step_rows(self, by: int) -> None:
        """The next or previous rows of the exam, of those that the layout shows at a time."""
        step, steps = self._page
        if steps < 2:
            self.message.emit("Everything that hangs in rows is in view.")
            return
        self.set_layout(self.layout, only_pair=self.only_pair, step=(step + by) % steps)

    def cycle_layout(self) -> None:
        """Four, three, two, one, four."""
        at = LAYOUTS.index(self.layout) if self.layout in LAYOUTS else -1
        self.set_layout(LAYOUTS[(at + 1) % len(LAYOUTS)])

    def show_image(self, info: ImageInfo, frame: int | None = None) -> None:
        """Show an image in the active pane; of a stack `frame`, else the slice last seen or the middle."""
        pane = self.active_pane
        self._places[pane] = None if self._hangings is None else self._hangings.place_of(info)
        self._load(pane, info, frame)
        self.hung.emit(pane)
        self._grid.active.setFocus()

    def step_image(self, by: int) -> None:
        """The next or previous image in hung order, in the active pane."""
        info = self._active_info()
        order = self._order_of(info)
        if order:
            uids = [i.sop_instance_uid for i in order]
            known = info is not None and info.sop_instance_uid in uids
            at = uids.index(info.sop_instance_uid) + by if known and info is not None else 0
            self.show_image(order[at % len(order)])

    def step_alternative(self, by: int) -> None:
        """In the active pane another image of its place: a duplicate, a magnification, the stack."""
        place = self._places.get(self.active_pane)
        if place is None or not place.alternatives:
            self.message.emit("No other image belongs in this place.")
            return
        at, images = self.alternatives(self.active_pane)
        self.show_image(images[(at + by) % len(images)])

    def alternatives(self, pane: int) -> tuple[int, tuple[ImageInfo, ...]]:
        """The images of the place that a pane shows, and which of them it is, from 0."""
        place = self._places.get(pane)
        if place is None:
            return 0, ()
        images = images_of(place)
        return [i.sop_instance_uid for i in images].index(place.info.sop_instance_uid), images

    def step_frame(self, viewport: Viewport, by: int) -> None:
        """Another slice of the stack in a pane."""
        self.stacks.step(self._grid.viewports.index(viewport), by)

    def set_reading(self, reading: Reading | None) -> None:
        """Show on the stacks which slices have marks, and hang images as the reader corrected them."""
        self.stacks.set_reading(reading)
        before = self._hangings
        choices = () if reading is None else reading.hanging
        if before is None or choices == before.choices:
            return
        if reading is not None and reading.study_instance_uid != before.exam.study_instance_uid:
            return
        self._rehung.set_choices(choices)
        self._hang(Hangings(before.exam, before.prior, choices))
        self.small.show(self.order, (self.shown_as(picture) for picture in self.shelf))
        self.lay_out_again()

    def bring_into_view(self, marks: Sequence[Mark]) -> None:
        """Go to the slice of the first of these marks in each pane whose stack shows none of them."""
        for pane, viewport in enumerate(self._grid.shown):
            picture = viewport.picture
            if picture is None or not picture.info.is_stack:
                continue
            uid = picture.info.sop_instance_uid
            here = [mark.image.frame for mark in marks if mark.image.sop_instance_uid == uid]
            if here and not set(here) & set(picture.numbers):
                self.stacks.go(pane, here[0])

    def other_view(self) -> None:
        """CC instead of MLO of the same breast, or the other way round."""
        self._swap(is_other_view)

    def other_side(self) -> None:
        """The same view of the other breast."""
        self._swap(is_other_side)

    def shown_as(self, picture: Picture) -> Picture:
        """A picture as the reader corrected it, else as its file says."""
        return self._rehung.as_corrected(picture)

    def _hang(self, hangings: Hangings) -> None:
        self._hangings = hangings
        self._rehung.set_choices(hangings.choices)
        prior = () if hangings.prior is None else hangings.order_of(hangings.prior)
        self._orders = hangings.order_of(hangings.exam), prior
        self.shelf.hold(i.sop_instance_uid for order in self._orders for i in order)

    def _swap(self, fits: Callable[[ImageInfo, ImageInfo], bool]) -> None:
        here = self._active_info()
        if here is None:
            return
        alike = [i for i in self._order_of(here) if fits(here, i)]
        # A magnification view is first looked for among magnification views.
        alike.sort(key=lambda i: i.view.magnified != here.view.magnified)
        if alike:
            self.show_image(alike[0])
        else:
            self.message.emit("This exam has no such image.")

    def _order_of(self, info: ImageInfo | None) -> tuple[ImageInfo, ...]:
        return self._orders[int(info is not None and self.is_prior(info))]

    def _active_info(self) -> ImageInfo | None:
        picture = self._grid.active.picture
        return None if picture is None else picture.info

    def _focus(self) -> str:
        """UID of the image that stays in view: the active one; of an earlier exam the one it hangs beside."""
        info = self._active_info()
        if info is None or not self.is_prior(info):
            return "" if info is None else info.sop_instance_uid
        here = (info.laterality, info.view.name)
        now = (p.info for p in self._places.values() if p is not None and not p.prior)
        return next((i.sop_instance_uid for i in now if (i.laterality, i.view.name) == here), "")

    def _possible(self, layout: Layout) -> Layout:
        """The layout itself, or four panes where it has nothing to stand beside or no second board."""
        if layout is Layout.PRIOR and self.prior is None:
            return Layout.FOUR
        return Layout.FOUR if layout is Layout.TWO_SCREENS and not self._grid.has_second_board else layout

    def _fill(self, hung: Hung) -> None:
        """Let every pane show what hangs there, or say why nothing does."""
        for pane, viewport in enumerate(self._grid.viewports):
            place = hung.panes[pane] if pane < len(hung.panes) else None
            self._places[pane] = place
            if place is not None:
                self._load(pane, place.info)
            else:
                self._wanted.pop(pane, None)
                self._runner.cancel(f"pane {pane}")
                self.stacks.leave(pane)
                viewport.clear(hung.empty[pane] if pane < len(hung.panes) else "")
            self.hung.emit(pane)

    def _load(self, pane: int, info: ImageInfo, frame: int | None = None) -> None:
        self._wanted[pane] = info.key(frame or 1)
        viewport = self._grid.viewports[pane]
        kept = None if info.is_stack else self.shelf.get(info.key())
        if viewport.picture is None and kept is None:
            viewport.clear(f"loading {info.label or info.file_name} ...")
        if info.is_stack:
            self.stacks.open(pane, info, frame)
            return
        self.stacks.leave(pane)
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

    def _show(self, pane: int, made: Picture) -> None:
        key = made.info.key()
        wanted = self._wanted.get(pane)
        if wanted is None or wanted.sop_instance_uid != key.sop_instance_uid:
            return
        if not made.info.is_stack and not made.provisional:
            self.shelf.put(made)
        picture = self.shown_as(made)
        viewport = self._grid.viewports[pane]
        current = viewport.picture
        if current is not picture:
            viewport.show_picture(picture)
            if current is not None and _is_same(current, picture) and current.info is not picture.info:
                viewport.fit()
        if picture.info.is_stack and current is not None and _is_same(current, picture):
            self.slice_shown.emit(pane, picture)
            return
        self.picture_shown.emit(pane, picture)
        if not picture.provisional:
            self.small.take(picture)
        self._mark_current()
        self.small.go_on()

    def _failed(self, pane: int, info: ImageInfo, error: AnnotatorError) -> None:
        viewport = self._grid.viewports[pane]
        if viewport.picture is None:
            viewport.clear(str(error))
        else:
            self._wanted[pane] = viewport.picture.info.key(viewport.picture.frame_number)
        text = f"{info.label or info.file_name} cannot be shown: {error}"
        self.failed.emit(text, lambda: self._load(pane, info))
        self.small.give_up(info)
        self.small.go_on()

    def _mark_current(self) -> None:
        info = self._active_info()
        if info is not None:
            self.small.set_current(info)


def _same_exam(a: ExamInfo, b: ExamInfo) -> bool:
    return a.study_instance_uid == b.study_instance_uid
