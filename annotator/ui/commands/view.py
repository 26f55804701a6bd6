"""What the keys of looking at a picture do: grey values, size, lens, marks, another image."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPointF

from annotator.imaging.breast_window import default_voi
from annotator.imaging.grayscale import full_range
from annotator.imaging.render import peak_share
from annotator.model.image import Voi
from annotator.ui.looking.look import PictureLook
from annotator.ui.panes.hand import ZOOM_STEP
from annotator.ui.pictures.picture import Picture

if TYPE_CHECKING:
    from annotator.ui.main_window import MainWindow


class ViewCommands(QObject):
    """Keeps how all panes are looked at, never what is said of the images."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._inverted = False
        self._default_look = PictureLook.of(window.desk.workspace.settings)
        self._look = self._default_look
        self._marks_visible = True

    def toggle_fit(self) -> None:
        self._window.grid.active.toggle_fit_one_to_one()

    def toggle_invert(self) -> None:
        self._inverted = not self._inverted
        self.apply_view()

    def toggle_mode(self) -> None:
        self._look = self._look.other_mode()
        self.apply_view()
        viewport = self._window.grid.active
        if viewport.picture is not None and not peak_share(viewport.view):
            self._window.status.show_message(f"{self._look.mode.capitalize()}, seen only below 1:1.")

    def toggle_enlarged(self) -> None:
        self._look = self._look.other_enlarged()
        self.apply_view()
        viewport = self._window.grid.active
        if viewport.picture is not None and viewport.view.scale <= 1:
            chosen = "Smooth" if self._look.smooth else "Every pixel a square"
            self._window.status.show_message(f"{chosen}, seen only above 1:1.")

    @property
    def look_text(self) -> str:
        """How images are looked at, for the file that remembers the window's places; '' as the profile says."""
        return self._look.to_text(self._default_look)

    def set_default_look(self, look: PictureLook) -> None:
        """Another default of settings or profile: it holds from now on, whatever was chosen before."""
        if look != self._default_look:
            self._default_look = self._look = look
            self.apply_view()

    def restore_look(self, text: str) -> None:
        """Look at images as remembered."""
        self._look = PictureLook.from_text(text, self._default_look)
        self.apply_view()

    def toggle_lens(self) -> None:
        lens = self._window.lens
        if not lens.close_lens():
            lens.open(*(self._window.pointing.under or (None, None)))

    def invert_lens(self) -> None:
        lens = self._window.lens
        if not lens.wanted:
            lens.open(*(self._window.pointing.under or (None, None)))
        lens.set_look(replace(lens.look, inverted=not lens.look.inverted))

    def enlarge(self, by: int) -> None:
        """The lens when it is open, else the picture at the pointer, else in the middle of the active pane."""
        lens, active = self._window.lens, self._window.grid.active
        if lens.wanted:
            lens.set_look(lens.look.magnified(by))
            return
        viewport, pointer = self._window.pointing.under or (active, None)
        at = QPointF(viewport.rect().center()) if pointer is None else viewport.widget_position(pointer.point)
        viewport.zoom_by(ZOOM_STEP**by, at)

    def toggle_marks(self) -> None:
        self._marks_visible = not self._marks_visible
        self.apply_view()

    def apply_view(self) -> None:
        """Look at all panes in the way chosen last."""
        for viewport in self._window.grid.viewports:
            viewport.set_inverted(self._inverted)
            viewport.set_mode(self._look.mode)
            viewport.set_smooth(self._look.smooth)
            viewport.set_marks_visible(self._marks_visible)

    def use_window(self, number: int) -> None:
        """The window of that number in every pane, each after its own file."""
        missing = True
        for viewport in self._window.grid.viewports:
            picture = viewport.picture
            windows = [] if picture is None else windows_of(picture)
            if number < len(windows):
                viewport.set_voi(windows[number])
                missing = False
        if missing:
            self._window.status.show_message(f"There is no window {number} for these images.")

    def step_image(self, by: int) -> None:
        self._window.exam_view.step_image(by)

    def other_view(self) -> None:
        self._window.exam_view.other_view()

    def other_side(self) -> None:
        self._window.exam_view.other_side()


def windows_of(picture: Picture) -> list[Voi]:
    """What the keys 0-9 stand for: the alternatives of the file, one after the breast's own values, all."""
    info = picture.info
    whole = replace(full_range(info), name="all values")
    return [*info.voi, default_voi(replace(info, voi=()), picture.frame), whole]
