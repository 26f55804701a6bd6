"""What the keys for layouts and hanging do: panes, the prior beside them, the second window, the chips."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QScreen

from annotator.hanging import Layout
from annotator.ui.hanging.chip import HangingChips
from annotator.ui.hanging.second_window import SecondWindow, other_screen
from annotator.ui.window.shown_keys import key_or_menu

if TYPE_CHECKING:
    from annotator.model.hanging_choice import HangingChoice
    from annotator.ui.main_window import MainWindow

LAYOUT, EARLIER, SCREEN = "layout", "earlier exam", "second screen"
"""Names under which the choices are remembered."""
SWAPPED = "swapped"


class HangingCommands(QObject):
    """Acts on the panes as a whole; remembers in the profile what was chosen last."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._view = window.exam_view
        self._second: SecondWindow | None = None
        self._offered = False
        self._swapped = False
        self.chips = HangingChips(window.grid, window.exam_view, self)
        self.chips.chosen.connect(self._correct)
        self._view.first_board = self._first_board
        self._view.layout_changed.connect(self._layout_changed)
        self._view.hung.connect(self._pane_hung)
        self._prior_panes: frozenset[int] = frozenset()
        window.grid.rearranged.connect(self.show_outputs)

    def restore(self) -> None:
        """Lay exams out as this profile did last."""
        remembered = self._window.profiles.remembered
        wanted = remembered(LAYOUT) or self._window.profiles.current().layout
        known = {layout.value: layout for layout in Layout}
        self._view.preferred = known.get(wanted, Layout.FOUR)
        self._swapped = remembered(EARLIER) == SWAPPED
        self._view.earlier_first = self._swapped

    def use_layout(self, layout: Layout) -> None:
        """Lay the exam out in this way, and the next ones."""
        if layout is Layout.PRIOR:
            self._use_prior()
            return
        if layout is Layout.TWO_SCREENS and not self._open_second():
            return
        self._view.set_layout(layout)
        self._remember(layout)
        self._window.strip.show_layout(layout)

    def cycle_layout(self) -> None:
        """Four, three, two, one, four."""
        self._view.cycle_layout()
        self._remember(self._view.layout)

    def swap_earlier(self) -> None:
        """The earlier exam above instead of below, or on the other screen."""
        self._swapped = not self._swapped
        self._view.earlier_first = self._swapped
        self._window.profiles.remember(EARLIER, SWAPPED if self._swapped else "")
        if self._view.layout in (Layout.PRIOR, Layout.TWO_SCREENS):
            self._view.lay_out_again()
        else:
            place = "above" if self._swapped else "below"
            self._say(f"With {self._key('layout_prior')} the earlier exam hangs {place} the one being read.")

    def step_prior(self, by: int) -> None:
        self._view.step_prior(by)

    def step_rows(self, by: int) -> None:
        self._view.step_rows(by)

    def step_alternative(self, by: int) -> None:
        self._view.step_alternative(by)

    def share_scale(self) -> None:
        """All panes at the scale of the active one."""
        grid = self._window.grid
        if grid.share_active_scale():
            self._say("Same scale in all panes.")
        elif grid.active.picture is not None and grid.active.picture.info.view.magnified:
            self._say("A magnification view has a scale of its own; choose a pane with a contact view.")
        elif grid.active.picture is not None and grid.active.picture.column_mm is None:
            self._say("The pixel size of this image is not known, so there is no common scale.")
        else:
            self._say("There is no other pane to bring to this scale.")

    def explain_hanging(self) -> None:
        """Why the image in the active pane hangs like this, and what to correct."""
        self.chips.open_menu(self._view.active_pane)

    def show_outputs(self) -> None:
        """Every pane is sent grey values as the screen it is on wants them."""
        displays = self._window.displays
        for viewport in self._window.grid.viewports:
            viewport.set_output(displays.output(viewport.screen()))

    def show_images_only(self, alone: bool) -> None:
        """The second window without its frame too."""
        if self._second is not None and self._second.isVisible():
            self._second.show_images_only(alone)

    def prepare(self) -> None:
        """An exam is about to be hung: on two screens, if that was the layout and both are there."""
        if self._view.preferred is Layout.TWO_SCREENS and other_screen(self._window) is not None:
            self._open_second()

    def close_second(self) -> None:
        """The main window closes: the second one goes with it, and the layout is kept."""
        if self._second is not None:
            self._second.blockSignals(True)
            self._second.close()

    @property
    def second(self) -> SecondWindow | None:
        """The second window, when it was ever opened."""
        return self._second

    def _use_prior(self) -> None:
        view = self._view
        if view.prior is None:
            self._say(
                "No earlier exam of this patient is open: open its files, and "
                f"{self._key('layout_prior')} hangs it below."
            )
            self._window.strip.show_layout(view.layout)
            return
        small = view.layout in (Layout.PAIR, Layout.SINGLE, Layout.LARGE)
        only_pair = not view.only_pair if view.layout is Layout.PRIOR else small
        view.set_layout(Layout.PRIOR, only_pair=only_pair)
        self._remember(Layout.PRIOR)

    def _open_second(self) -> bool:
        """Have the second window in sight; False when there is only one screen and it was offered first."""
        window = self._window
        screen = other_screen(window, window.profiles.remembered(SCREEN))
        if screen is None and not self._offered and not self._second_open:
            self._offered = True
            self._say(
                f"There is no second screen. {self._key('layout_screens')} again opens a second window on this one."
            )
            return False
        self._offered = False
        if self._second is None:
            self._second = SecondWindow(window)
            self._second.take_keys(window.actions(), window.grid.actions())
            self._second.closed.connect(self._second_closed)
            window.displays.follow(self._second, self._second_moved)
        if not self._second.isVisible():
            window.grid.lend_to(self._second.board)
            self._second.open_on(screen or window.screen())
        return True

    @property
    def _second_open(self) -> bool:
        return self._second is not None and self._second.isVisible()

    def _second_moved(self, screen: QScreen) -> None:
        if self._second_open and screen is not self._window.screen():
            self._window.profiles.remember(SCREEN, screen.name())
        self.show_outputs()

    def _second_closed(self) -> None:
        self._window.grid.lend_to(None)
        if self._view.layout is Layout.TWO_SCREENS and self._window.isVisible():
            self._view.set_layout(Layout.FOUR)
            self._remember(Layout.FOUR)
            self._window.activateWindow()
            self._window.grid.active.setFocus()

    def _layout_changed(self, layout: Layout) -> None:
        if layout is not Layout.TWO_SCREENS and self._second_open and self._second is not None:
            self._second.close()

    def _pane_hung(self, pane: int) -> None:
        """Another exam in a pane: the left button means something else there."""
        priors = self._prior_panes - {pane}
        priors |= {pane} if self._view.is_prior_pane(pane) else set()
        if priors != self._prior_panes:
            self._prior_panes = priors
            self._window.marking_commands.apply_tool()

    def _first_board(self) -> int:
        """The board of the exam being read, or of the upper row: the earlier exam stands left, as CC does."""
        left = int(self._second is not None and self._second.is_left)
        first_is_left = self._view.prior is None
        return left if first_is_left != self._swapped else 1 - left

    def _correct(self, choice: HangingChoice) -> None:
        self._window.desk.when_open(lambda session: session.choose_hanging(choice))

    def _remember(self, layout: Layout) -> None:
        self._view.preferred = layout
        self._window.profiles.remember(LAYOUT, layout.value)

    def _key(self, act: str) -> str:
        return key_or_menu(self._window.profiles.keys(), act)

    def _say(self, text: str) -> None:
        self._window.status.show_act(text)
