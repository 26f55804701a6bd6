"""Stacks on the panes: which slice or slab each shows, and bringing the one asked for last."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from annotator.errors import AnnotatorError
from annotator.imaging.tomosynthesis import Slab, SlabKind
from annotator.model.finding import Reading
from annotator.model.image import ImageInfo
from annotator.ui.panes.viewport_grid import ViewportGrid
from annotator.ui.pictures.picture import Picture
from annotator.ui.stacks.frames import StackFrames
from annotator.ui.stacks.strip import SliceStrip
from annotator.ui.task_runner import TaskRunner

THICKNESSES = (2.0, 3.0, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0)
"""Of slabs, in millimetres, or in slices where their distance is not known."""
USUAL_THICKNESS = 5.0


@dataclass
class _Place:
    """What a pane is to show: one slice of a stack, `wanted` last; `shown` is on the screen already."""

    info: ImageInfo
    wanted: int
    shown: Picture | None = None
    failed: int | None = None


def middle_slice(info: ImageInfo) -> int:
    """Where a stack is opened: readers begin in the middle and go both ways from there."""
    return (info.frames + 1) // 2


class StackPanes(QObject):
    """Slices and slabs on the panes that show stacks; all panes share one kind and thickness of slab.

    Each pane has at most one job under way, and what comes of it is shown: fast scrolling leaves out
    slices but goes on showing some, and the one asked for last always arrives. Until the first slice
    is there, a pane keeps what it showed.

    `shown` carries the pane's number and its Picture; `failed`, of a stack none of whose slices can be
    shown, the pane's number, the ImageInfo and the error.
    """

    shown = Signal(int, object)
    failed = Signal(int, object, object)
    message = Signal(str)
    slab_changed = Signal()

    def __init__(
        self, grid: ViewportGrid, runner: TaskRunner, budget: int, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._runner = runner
        self.frames = StackFrames(runner, budget, self)
        self._places: dict[int, _Place] = {}
        self._left_at: dict[str, int] = {}
        self._slab: Slab | None = None
        self._thickness = USUAL_THICKNESS
        self._strips = tuple(SliceStrip(viewport) for viewport in grid.viewports)
        for pane, strip in enumerate(self._strips):
            strip.slice_chosen.connect(lambda number, at=pane: self.go(at, number))
        self.frames.more.connect(self._more)

    @property
    def slab(self) -> Slab | None:
        """How slices are put together, None when single slices are shown."""
        return self._slab

    def slice_wanted(self, pane: int) -> int | None:
        """The slice last asked for in a pane; None when it shows no stack."""
        place = self._places.get(pane)
        return None if place is None else place.wanted

    def arriving(self, pane: int) -> bool:
        """Whether the slice last asked for is not on the screen yet."""
        place = self._places.get(pane)
        return place is not None and place.failed != place.wanted and not self._is_shown(place)

    def open(self, pane: int, info: ImageInfo, number: int | None = None) -> None:
        """Show a stack in a pane: at `number`, else where the reader left it, else in its middle."""
        here = self._places.get(pane)
        known = self._left_at.get(info.sop_instance_uid, middle_slice(info))
        wanted = min(max(1, number or known), info.frames)
        if here is None or here.info.sop_instance_uid != info.sop_instance_uid:
            self._runner.cancel(_lane(pane))
            self._places[pane] = _Place(info, wanted)
            self._hide_others()
        self.go(pane, wanted)

    def leave(self, pane: int) -> None:
        """The pane shows something else from now on."""
        if self._places.pop(pane, None) is not None:
            self._runner.cancel(_lane(pane))
            self._strips[pane].clear()
            self._hide_others()

    def close(self) -> None:
        """Let go of all stacks."""
        for pane in list(self._places):
            self.leave(pane)
        self._left_at.clear()
        self.frames.close()

    def step(self, pane: int, by: int) -> None:
        """So many slices further, up to the ends of the stack."""
        place = self._places.get(pane)
        if place is not None:
            self.go(pane, place.wanted + by)

    def go(self, pane: int, number: int) -> None:
        """Show a slice of the stack in a pane, or the slab around it."""
        place = self._places.get(pane)
        if place is None:
            return
        place.wanted = min(max(1, number), place.info.frames)
        place.failed = None
        self._left_at[place.info.sop_instance_uid] = place.wanted
        self.frames.look_at(place.info, place.wanted)
        self._serve(pane)

    def set_slab(self, slab: Slab | None) -> None:
        """Put slices together in all panes, or show single ones."""
        if slab != self._slab:
            self._slab = slab
            for pane in list(self._places):
                self._serve(pane)
            self.slab_changed.emit()

    def next_slab(self) -> None:
        """Single slices, the mean of a slab, its maximum, and single slices again."""
        kinds = (None, SlabKind.MEAN, SlabKind.MAXIMUM)
        at = kinds.index(None if self._slab is None else self._slab.kind)
        kind = kinds[(at + 1) % len(kinds)]
        self.set_slab(None if kind is None else Slab(kind, self._thickness))

    def thicken(self, by: int) -> None:
        """A thicker slab, or a thinner one for negative steps; remembered while single slices are shown."""
        at = THICKNESSES.index(self._thickness) + by
        self._thickness = THICKNESSES[min(max(at, 0), len(THICKNESSES) - 1)]
        if self._slab is None:
            self.set_slab(Slab(SlabKind.MEAN, self._thickness))
        else:
            self.set_slab(replace(self._slab, thickness=self._thickness))

    def set_reading(self, reading: Reading | None) -> None:
        """Show on the strips which slices have marks."""
        for strip in self._strips:
            strip.set_reading(reading)

    def _is_shown(self, place: _Place) -> bool:
        shown = place.shown
        if shown is None or shown.provisional or shown.frame_number != place.wanted:
            return False
        return (None if shown.slab is None else shown.slab.slab) == self._slab

    def _serve(self, pane: int) -> None:
        """Bring what the pane wants: at once what is decoded, else by a job if none is under way."""
        place = self._places[pane]
        kept = None if self._slab is not None else self.frames.picture(place.info, place.wanted)
        if kept is not None:
            self._show(pane, place, kept)
        elif self._is_shown(place) or place.failed == place.wanted:
            self.frames.decode_ahead()
        elif not self._runner.busy(_lane(pane)):
            self._ask(pane, place)
        self._show_strip(pane, place)

    def _ask(self, pane: int, place: _Place) -> None:
        number, info = place.wanted, place.info
        source = self.frames.source(info)
        looked = place.shown is not None and place.shown.frame_number == number
        if source.has_first_look and not looked:
            self._runner.query(
                _lane(pane),
                lambda _token: source.first_look(number),
                lambda picture: self._first_look(pane, place, picture),
                lambda error: self._cannot(pane, place, number, error),
            )
        else:
            self._decode(pane, place)

    def _decode(self, pane: int, place: _Place) -> None:
        number = place.wanted
        self._runner.query(
            _lane(pane),
            self.frames.job(place.info, number, self._slab),
            lambda picture: self._arrived(pane, place, picture),
            lambda error: self._cannot(pane, place, number, error),
        )

    def _first_look(self, pane: int, place: _Place, picture: Picture | None) -> None:
        if self._places.get(pane) is not place:
            return
        if picture is not None and self._is_nearer(picture, place):
            self._show(pane, place, picture)
        if picture is None or picture.frame_number == place.wanted:
            self._decode(pane, place)
        else:
            self._serve(pane)

    def _arrived(self, pane: int, place: _Place, picture: Picture) -> None:
        if self._places.get(pane) is not place:
            return
        if self._is_nearer(picture, place):
            self._show(pane, place, picture)
        self._serve(pane)

    def _is_nearer(self, picture: Picture, place: _Place) -> bool:
        """Whether a picture is worth showing: not while the reader has gone back from where it was wanted."""
        shown = place.shown
        if shown is None:
            return True
        before = abs(shown.frame_number - place.wanted)
        return not self._is_shown(place) and abs(picture.frame_number - place.wanted) <= before

    def _cannot(self, pane: int, place: _Place, number: int, error: AnnotatorError) -> None:
        if self._places.get(pane) is not place:
            return
        self.frames.give_up(place.info, number)
        others = None if place.shown is not None else self.frames.next_of(place.info)
        if place.shown is None and others is None:
            self.leave(pane)
            self.failed.emit(pane, place.info, error)
            return
        if number == place.wanted:
            self.message.emit(f"Slice {number} cannot be shown: {error}")
            # the reader stands here and can go on in both directions; the picture says which slice it is
            place.failed = number
        if others is not None:
            place.wanted, place.failed = others, None
        self._serve(pane)

    def _show(self, pane: int, place: _Place, picture: Picture) -> None:
        if picture is not place.shown:
            place.shown = picture
            self._show_strip(pane, place)
            self.shown.emit(pane, picture)
        if self._is_shown(place):
            self.frames.decode_ahead()

    def _show_strip(self, pane: int, place: _Place) -> None:
        decoded = self.frames.kept(place.info)
        self._strips[pane].show_slices(place.info, place.wanted, place.shown, decoded)

    def _hide_others(self) -> None:
        self.frames.hide_others({place.info.sop_instance_uid for place in self._places.values()})

    def _more(self, uid: str) -> None:
        for pane, place in self._places.items():
            if place.info.sop_instance_uid == uid:
                self._strips[pane].show_decoded(self.frames.kept(place.info))


def _lane(pane: int) -> str:
    return f"pane {pane}"
