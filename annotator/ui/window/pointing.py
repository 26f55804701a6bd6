"""Brings what the hand does on the images to the parts that tell of it or follow it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, QPointF

from annotator.ui.panes.viewport import Pointer, Viewport
from annotator.ui.window.image_menu import ImageMenu

if TYPE_CHECKING:
    from annotator.ui.desk.session import ReadingSession
    from annotator.ui.main_window import MainWindow


class Pointing(QObject):
    """Pointer, wheel and right button of every viewport: status line, lens, menu of the image.

    `under` is the viewport and what of it lies under the pointer, None while it is elsewhere.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.under: tuple[Viewport, Pointer] | None = None
        self.menu = ImageMenu(window.menu, window.actions_by_id, window)
        window.exam_view.slice_shown.connect(self.show_view)
        window.lens.message.connect(window.status.show_message)
        window.lens.opened.connect(self.show_view)
        for viewport in window.grid.viewports:
            self._wire(viewport)

    def show_view(self, *_what: object) -> None:
        """Say how large and through which window the active pane shows its image."""
        window = self._window
        window.status.show_view(window.grid.active)
        self._show_wheel(self._pointed or window.grid.active)

    @property
    def _pointed(self) -> Viewport | None:
        """The viewport under the pointer when it shows a picture."""
        viewport = self.under[0] if self.under else None
        return viewport if viewport is not None and viewport.isVisible() and viewport.picture else None

    def _wire(self, viewport: Viewport) -> None:
        window = self._window
        viewport.status_message.connect(window.status.show_hint)
        viewport.mark_hovered.connect(window.status.show_mark)
        viewport.pointer_moved.connect(lambda pointer: self._pointer_moved(viewport, pointer))
        viewport.view_changed.connect(self.show_view)
        viewport.voi_changed.connect(self.show_view)
        viewport.customContextMenuRequested.connect(lambda at: self._open_menu(viewport, at))
        viewport.frame_step_requested.connect(lambda by: self._step(viewport, by))
        viewport.slab_step_requested.connect(window.stack_commands.thicken_slab)
        viewport.refused.connect(window.status.show_act)

    def _step(self, viewport: Viewport, by: int) -> None:
        """So many slices further in a stack; another image in its place where there is none."""
        picture = viewport.picture
        if picture is not None and picture.info.is_stack:
            self._window.exam_view.step_frame(viewport, by)
        else:
            viewport.activated.emit()
            self._window.exam_view.step_image(by)

    def _open_menu(self, viewport: Viewport, at: QPoint) -> None:
        """The menu is about what is selected: the mark under the hand, unless it is so already."""
        session = self._window.desk.session
        point = viewport.view.to_image(*viewport.device_position(QPointF(at)))
        mark_id = viewport.mark_at(point)
        if session is not None and mark_id is not None and mark_id not in session.selected_marks:
            session.select_marks(frozenset({mark_id}))
        on_nipple = mark_id is None and viewport.nipple_at(point)
        if on_nipple:
            viewport.activated.emit()
        proposed = mark_id is None and not on_nipple and viewport.choose_candidate(point)
        self.menu.offer(
            session, view=_own_view(viewport, session), on_nipple=on_nipple, on_candidate=proposed
        )
        self.menu.popup(viewport.mapToGlobal(at))

    def _pointer_moved(self, viewport: Viewport, pointer: Pointer | None) -> None:
        window = self._window
        self.under = None if pointer is None else (viewport, pointer)
        window.lens.follow(viewport, pointer)
        window.status.show_pointer(viewport.picture, pointer)
        self._show_wheel(viewport)

    def _show_wheel(self, viewport: Viewport) -> None:
        stack = viewport.picture is not None and viewport.picture.info.is_stack
        steps = viewport.hand.wheel_turn.steps(is_stack=stack, other=False)
        self._window.status.show_wheel(stack=stack, lens=self._window.lens.wanted, steps=steps)


def _own_view(viewport: Viewport, session: ReadingSession | None) -> str:
    """The image in a pane if it is one of the exam that is read, '' for another."""
    info = None if viewport.picture is None else viewport.picture.info
    if info is None or session is None or info.study_instance_uid != session.exam.study_instance_uid:
        return ""
    return info.sop_instance_uid
