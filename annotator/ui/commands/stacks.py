"""What the keys for stacks do: slices, slabs, cine, and the slice in which a spot is sharpest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from annotator.errors import AnnotatorError, UnreadableImage
from annotator.imaging.tomosynthesis import slab_words, slice_words
from annotator.jobs import CancelToken, Progress
from annotator.model.geometry import ImagePoint
from annotator.model.mark import Mark
from annotator.ui.panes.viewport import Pointer, Viewport
from annotator.ui.pictures.picture import Picture
from annotator.ui.stacks.cine import Cine

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from annotator.analysis.spots.best_slice import BestSlice
    from annotator.ui.main_window import MainWindow

BEST_SLICE = "best slice"
LEAST_REACH_PX = 3.0
"""A spot off its slice is seen this much beside its place."""


class StackCommands(QObject):
    """Acts on the stack in the active pane; says in the status line what came of it."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._panes = window.exam_view.stacks
        self.cine = Cine(self._panes, round(window.desk.workspace.settings.cine_speed), self)
        self._panes.slab_changed.connect(self._tell_slab)
        self.cine.changed.connect(self._tell_cine)
        self._looking = window.long_work.add("slices", self._stop_looking)
        self._in_view: tuple[str | None, frozenset[str]] = (None, frozenset())

    def step_slice(self, by: int) -> None:
        """Another slice of a stack, another image where there is none."""
        pane = self._window.exam_view.active_pane
        if self._panes.slice_wanted(pane) is None:
            self._window.exam_view.step_image(by)
        else:
            self._panes.step(pane, by)

    def end_slice(self, last: int) -> None:
        """The first slice, or the last."""
        view = self._window.exam_view
        picture = view.picture(view.active_pane)
        if picture is not None:
            self._panes.go(view.active_pane, picture.info.frames if last else 1)

    def toggle_cine(self) -> None:
        """Play the active pane, or stop."""
        self.cine.toggle(self._window.exam_view.active_pane)

    def change_cine_speed(self, by: int) -> None:
        """More slices a second, or fewer."""
        self.cine.faster(by)

    def next_slab(self) -> None:
        """Single slices, mean, maximum."""
        self._panes.next_slab()

    def thicken_slab(self, by: int) -> None:
        """A thicker slab, or a thinner one."""
        self._panes.thicken(by)

    def bring_selection_into_view(self) -> None:
        """What was just selected comes into view: a mark's own slice, or that of a finding's first mark."""
        session = self._window.desk.session
        if session is None:
            return
        before, self._in_view = self._in_view, (session.current_finding_id, session.selected_marks)
        marks: list[Mark] = []
        if not any(info.is_stack for info in session.exam.images):
            return
        if session.selected_marks != before[1]:
            marks = list(session.reading.marks_by_id(session.selected_marks).values())
        if not marks and session.current_finding_id not in (None, before[0]):
            marks = list(session.reading.marks_of(session.current_finding_id or ""))
        if marks:
            self._window.exam_view.bring_into_view(marks)

    def best_slice(self) -> None:
        """Look through the whole stack for the slice in which a spot is sharpest, and go there.

        The spot is that under the pointer, else that of the one selected mark.
        """
        viewport, pointer = self._window.pointing.under or (self._window.grid.active, None)
        picture = viewport.picture
        if picture is None or not picture.info.is_stack:
            self._say("There is one picture of this view: a best slice is looked for in tomosynthesis.")
            return
        found = self._spot(viewport, picture, pointer)
        if found is None:
            self._say("No spot under the pointer and no mark selected: rest the pointer on a spot first.")
            return
        at, reach, mark = found
        workspace, frames, info = self._window.desk.workspace, self._panes.frames, picture.info
        source = frames.source(info)

        def slices(token: CancelToken) -> Iterator[tuple[int, NDArray[Any]]]:
            for number in range(1, info.frames + 1):
                token.checkpoint(Progress(number, info.frames, "slices"))
                try:
                    yield number, frames.decode(source, number).frame
                except UnreadableImage:
                    continue

        self._window.runner.query(
            BEST_SLICE,
            lambda token: workspace.spots.best_slice(info, slices(token), at, reach),
            lambda best: self._found(viewport, picture, best, mark),
            self._not_found,
            self._looking,
        )

    def _spot(
        self, viewport: Viewport, picture: Picture, pointer: Pointer | None
    ) -> tuple[ImagePoint, float, Mark | None] | None:
        """Place and reach in pixels of the spot that is meant, and its mark if it has one."""
        session = self._window.desk.session
        marks = () if session is None else session.reading.marks
        chosen = frozenset() if session is None else session.selected_marks
        hit = None if pointer is None else viewport.mark_at(pointer.point)
        mark = next((m for m in marks if m.id == hit), None)
        if mark is None and pointer is not None:
            result = self._window.desk.workspace.spots.measure(
                picture.info, picture.frame, pointer.point, viewport.reach_px
            )
            if result.measurement is not None:
                reach = max(result.measurement.diameter_px, LEAST_REACH_PX)
                return result.measurement.center, reach, None
        if mark is None and len(chosen) == 1:
            uid = picture.info.sop_instance_uid
            mark = next((m for m in marks if m.id in chosen and m.image.sop_instance_uid == uid), None)
        if mark is None:
            return None
        size = 0.0 if mark.measurement is None else mark.measurement.diameter_px
        return mark.point, max(size, LEAST_REACH_PX), mark

    def _found(self, viewport: Viewport, picture: Picture, best: BestSlice | None, mark: Mark | None) -> None:
        self._looking(None)
        shown = viewport.picture
        if shown is None or shown.info.sop_instance_uid != picture.info.sop_instance_uid:
            return
        if best is None:
            self._say("This spot stands out of the noise in no slice.")
            return
        self._panes.go(self._window.grid.viewports.index(viewport), best.frame)
        stays = ""
        if mark is not None and mark.image.frame != best.frame:
            stays = f" Its mark is on slice {mark.image.frame}."
        self._say(f"Sharpest in {slice_words(picture.slices, best.frame)}.{stays}")

    def _stop_looking(self) -> None:
        if self._window.runner.busy(BEST_SLICE):
            self._window.runner.cancel(BEST_SLICE)
            self._looking(None)

    def _not_found(self, error: AnnotatorError) -> None:
        self._looking(None)
        self._say(str(error))

    def _tell_slab(self) -> None:
        slab, view = self._panes.slab, self._window.exam_view
        picture, number = view.picture(view.active_pane), self._panes.slice_wanted(view.active_pane)
        if slab is None:
            self._say("Single slices.")
        elif picture is not None and number is not None and picture.slices:
            words = slab_words(picture.slices, number, slab)
            self._say(f"{words[:1].upper()}{words[1:]}; Shift+wheel changes its thickness.")

    def _tell_cine(self) -> None:
        speed = f"{self.cine.speed} slices a second"
        if self.cine.playing:
            self._say(f"Cine, {speed}: comma and full stop change it, anything else stops it.")
        else:
            self._say(f"Cine stopped; {speed}.")

    def _say(self, text: str) -> None:
        self._window.status.show_act(text)
