"""The chip on each pane: why the image hangs like this, what else belongs here, and one click to correct it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from annotator.hanging import HungImage
from annotator.model.image import ImageInfo
from annotator.ui import theme
from annotator.ui.hanging.exam_view import ExamView
from annotator.ui.hanging.menu import HangingMenu
from annotator.ui.panes.viewport import Viewport
from annotator.ui.panes.viewport_grid import ViewportGrid
from annotator.ui.pictures.picture import Picture
from annotator.ui.words.corner_text import SIDE_AND_VIEW, text_on_right
from annotator.ui.words.plain_words import tip

MARGIN = 18
GAP = 4
WHY = "?"
STYLE = f"""
#chip {{ background: transparent; }}
#chip QLabel {{ background: {theme.BACKGROUND}; color: {theme.TEXT}; padding: 0 3px; }}
#chip QPushButton {{ background: {theme.BACKGROUND}; color: {theme.TEXT}; padding: 0 5px; min-height: 1.1em; }}
#chip QPushButton:focus {{ border: 2px solid {theme.ACCENT}; padding: 0 4px; }}
"""
SETTLES_MS = 60
"""The chip follows a picture that moves a moment later, so that it costs the hand nothing."""


_TAB = (Qt.Key.Key_Tab, Qt.Key.Key_Backtab)


class ChipButton(QPushButton):
    """Enter presses it; Tab leads on from it, although on the images it goes from finding to finding."""

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            alone = not event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier
            if event.key() in _TAB and alone:
                event.accept()
                return True
        return super().event(event)


class HangingChip(QFrame):
    """Lies over the air side of a viewport. `wanted`: the reader asks why; `stepped`: for another image.

    `entered`: the keyboard came to it; `left`: Tab goes on from it, True for the next one.
    """

    wanted = Signal()
    stepped = Signal()
    entered = Signal()
    left = Signal(bool)

    def __init__(self, viewport: Viewport) -> None:
        super().__init__(viewport)
        self._viewport = viewport
        self.setObjectName("chip")
        self.setStyleSheet(STYLE)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.scale = QLabel()
        self.scale.setTextFormat(Qt.TextFormat.PlainText)
        self.why = ChipButton(WHY)
        self.other = ChipButton()
        for button in (self.why, self.other):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setAutoDefault(True)
            button.installEventFilter(self)
        self.why.clicked.connect(self.wanted)
        self.other.clicked.connect(self.stepped)
        row = QHBoxLayout()
        row.setSpacing(GAP)
        self._row = row
        row.addWidget(self.why)
        row.addWidget(self.other)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(self.scale)
        column.addLayout(row)
        self._column = column
        self.hide()

    def show_place(self, place: HungImage, at: int, images: tuple[ImageInfo, ...], corrected: bool) -> None:
        """Say of a picture what it is beside its own words."""
        info = place.info
        label = info.name or "image"
        self.why.setText(f"corrected {WHY}" if corrected else WHY)
        self.why.setAccessibleName(f"Why {label} hangs like this, and correct it")
        self.why.setToolTip(tip(f"{place.why}\n(W: correct side, view or turn)"))
        self.other.setVisible(len(images) > 1)
        self.other.setText(f"{at + 1}/{len(images)}")
        names = ", ".join(image.name or image.file_name for image in images)
        self.other.setAccessibleName(f"Image {at + 1} of {len(images)} of this place")
        self.other.setToolTip(tip(f"Next image of this place: {names}"))

    def show_scale(self, words: str, explained: str) -> None:
        """Say that the pane has no part in the common scale; '' when it has."""
        self.scale.setText(words)
        self.scale.setToolTip(explained)
        self.scale.setVisible(bool(words))

    def put(self, *, buttons: bool) -> None:
        """Stand on the air side, where the words leave room; without `buttons` only what must never be left out.

        Where there is no air for the buttons they are away: their keys do the same.
        """
        right = _air_on_right(self._viewport)
        edge = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        for part in (self.scale, self._row):
            self._column.setAlignment(part, edge)
        at = self._place(buttons=buttons)
        if at is None and buttons:
            at = self._place(buttons=False)
        if at is None:
            self._go()
            return
        self.move(at)
        self.show()
        self.raise_()

    def leave(self) -> None:
        """Stand nowhere, and need no room."""
        self._viewport.words.leave_room(QSize(0, 0))
        self._go()

    @property
    def buttons(self) -> tuple[ChipButton, ...]:
        """Those in sight."""
        return tuple(button for button in (self.why, self.other) if button.isVisible())

    def focusNextPrevChild(self, next_one: bool) -> bool:
        self.left.emit(next_one)
        return True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QFocusEvent):
            # its frame says where the keyboard is
            self._viewport.update()
            if event.gotFocus():
                self.entered.emit()
        return super().eventFilter(watched, event)

    def _go(self) -> None:
        self._give_back(self.why, self.other)
        self.hide()

    def _give_back(self, *going: ChipButton) -> None:
        """The keyboard goes back to the image with a button that goes."""
        if any(button.hasFocus() for button in going):
            self._viewport.setFocus()

    @property
    def _is_empty(self) -> bool:
        return all(part.isHidden() for part in (self.scale, self.why, self.other))

    def _place(self, *, buttons: bool) -> QPoint | None:
        """Where the words leave room for what is shown, None where there is no air or nothing to show."""
        several = bool(self.other.text()) and not self.other.text().endswith("/1")
        for button, shown in ((self.why, buttons), (self.other, buttons and several)):
            if not shown:
                self._give_back(button)
            button.setVisible(shown)
        # a layout is not told of buttons that come and go while the chip is away
        self._row.invalidate()
        self._column.invalidate()
        self.adjustSize()
        self._viewport.words.leave_room(QSize(0, 0) if self._is_empty else self.size())
        wording = self._viewport.wording()
        room = None if wording is None else wording.put.room
        return None if room is None else (room.topLeft() / self._viewport.ratio).toPoint()


def _air_on_right(viewport: Viewport) -> bool:
    return viewport.picture is not None and text_on_right(viewport.picture)


class HangingChips(QObject):
    """One chip for each viewport, kept in step with what it shows. `chosen`: the reader corrects an image."""

    chosen = Signal(object)

    def __init__(self, grid: ViewportGrid, view: ExamView, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._grid = grid
        self._view = view
        self.chips = tuple(HangingChip(viewport) for viewport in grid.viewports)
        self._menu: HangingMenu | None = None
        self._settling = QTimer(self)
        self._settling.setSingleShot(True)
        self._settling.setInterval(SETTLES_MS)
        self._settling.timeout.connect(self.refresh)
        for pane, (viewport, chip) in enumerate(zip(grid.viewports, self.chips, strict=True)):
            viewport.view_changed.connect(self._later)
            viewport.words.changed.connect(self._later)
            viewport.installEventFilter(self)
            chip.wanted.connect(lambda at=pane: self.open_menu(at))
            chip.stepped.connect(lambda at=pane: self._step(at))
            chip.entered.connect(lambda shown=viewport: grid.set_active(shown))
            chip.left.connect(self._go_on)
        view.picture_shown.connect(lambda *_: self._later())
        view.hung.connect(lambda _pane: self._later())
        grid.rearranged.connect(self._later)

    def refresh(self) -> None:
        """Bring every chip up to date."""
        several = sum(v.picture is not None for v in self._grid.shown) > 1
        for pane, (viewport, chip) in enumerate(zip(self._grid.viewports, self.chips, strict=True)):
            place, picture = self._view.place(pane), viewport.picture
            if place is None or picture is None or viewport not in self._grid.shown:
                chip.leave()
                continue
            at, images = self._view.alternatives(pane)
            corrected = bool(self._view.choice(picture.info.sop_instance_uid))
            chip.show_place(place, at, images, corrected)
            chip.show_scale(*self._scale_words(viewport, picture) if several else ("", ""))
            wording = viewport.wording()
            chip.put(buttons=wording is not None and wording.level < SIDE_AND_VIEW)

    def open_menu(self, pane: int) -> None:
        """Answer why the image of a pane hangs like this, and offer to correct it."""
        viewport, place = self._grid.viewports[pane], self._view.place(pane)
        picture = viewport.picture
        if place is None or picture is None:
            self._view.message.emit("Nothing hangs in this pane.")
            return
        self._grid.set_active(viewport)
        choice = self._view.choice(picture.info.sop_instance_uid)
        _, images = self._view.alternatives(pane)
        if self._menu is not None:
            self._menu.deleteLater()
        self._menu = HangingMenu(place, picture, choice, images, viewport)
        self._menu.chosen.connect(self.chosen)
        self._menu.image_chosen.connect(self._view.show_image)
        chip = self.chips[pane]
        corner = chip.mapToGlobal(QPoint(0, chip.height())) if chip.isVisible() else None
        self._menu.popup(corner or viewport.mapToGlobal(QPoint(MARGIN, MARGIN)))

    @property
    def menu(self) -> HangingMenu | None:
        """The menu opened last."""
        return self._menu

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._later()
        return super().eventFilter(watched, event)

    def _later(self) -> None:
        self._settling.start()

    def _go_on(self, next_one: bool) -> None:
        """From button to button of the panes in sight, and round."""
        shown = [self.chips[self._grid.viewports.index(viewport)] for viewport in self._grid.shown]
        buttons = [button for chip in shown for button in chip.buttons]
        here = next((button for button in buttons if button.hasFocus()), None)
        if here is not None:
            beside = [button for button in buttons if button.window() is here.window()]
            at = beside.index(here) + (1 if next_one else -1)
            beside[at % len(beside)].setFocus(Qt.FocusReason.TabFocusReason)

    def _step(self, pane: int) -> None:
        self._grid.set_active(self._grid.viewports[pane])
        self._view.step_alternative(1)

    def _scale_words(self, viewport: Viewport, picture: Picture) -> tuple[str, str]:
        """What a pane without the common scale says of it, and why; '' for the others."""
        if picture.column_mm is None:
            return "no common scale", "The pixel size is not known, so sizes cannot be compared by eye."
        if not picture.info.view.magnified:
            return "", ""
        common = self._grid.common_mm
        if common is None:
            return "own scale", "A magnification view is shown at a scale of its own."
        factor = common / (picture.column_mm / viewport.view.scale)
        return f"x{factor:.2g} of the others", (
            f"A magnification view is shown at a scale of its own, here {factor:.2g} times that of the panes "
            "with whole views."
        )
