"""Why an image hangs like this, and what to correct: the menu of the chip."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QMenu, QWidget, QWidgetAction

from annotator.hanging import MODIFIER_NAMES, VIEW_NAMES, HungImage
from annotator.model.geometry import Orientation
from annotator.model.hanging_choice import HangingChoice
from annotator.model.image import ImageInfo, Laterality
from annotator.ui import theme
from annotator.ui.pictures.picture import Picture
from annotator.ui.words.plain_words import caption

WIDTH_EM = 44
SIDES = ((Laterality.RIGHT, "&Right breast"), (Laterality.LEFT, "&Left breast"))
MODIFIERS = ("M", "S", "ID")
"""Those that decide where and how large an image hangs."""


def mirrored(turn: Orientation) -> Orientation:
    """Left and right exchanged on the screen."""
    return replace(turn, flip_columns=not turn.flip_columns)


def upside_down(turn: Orientation) -> Orientation:
    """Top and bottom exchanged on the screen."""
    return replace(turn, flip_rows=not turn.flip_rows)


def rotated(turn: Orientation) -> Orientation:
    """A quarter turn clockwise on the screen."""
    return Orientation(not turn.transpose, not turn.flip_rows, turn.flip_columns)


TURNS = (
    ("&Mirrored left to right", mirrored),
    ("&Upside down", upside_down),
    ("R&otated a quarter turn", rotated),
)


class HangingMenu(QMenu):
    """`chosen` carries the HangingChoice that the reader made, `image_chosen` another image of the place."""

    chosen = Signal(object)
    image_chosen = Signal(object)

    def __init__(
        self,
        place: HungImage,
        picture: Picture,
        choice: HangingChoice,
        images: tuple[ImageInfo, ...],
        parent: QWidget,
    ) -> None:
        super().__init__("Why it hangs like this", parent)
        self._choice = choice
        said = f"{place.why} {picture.orientation_reason[:1].upper()}{picture.orientation_reason[1:]}."
        self._say(said)
        self.setAccessibleDescription(said)
        info = picture.info
        self.addSeparator()
        for side, words in SIDES:
            self._offer(words, replace(choice, laterality=side), checked=info.laterality is side)
        self.addSeparator()
        for name, meaning in VIEW_NAMES.items():
            wanted = replace(choice, view_name=name)
            self._offer(f"{name}\t{meaning}", wanted, checked=info.view.name == name)
        self.addSeparator()
        for modifier in MODIFIERS:
            has = modifier in info.view.modifiers
            others = tuple(m for m in info.view.modifiers if m != modifier)
            wanted = replace(choice, modifiers=others if has else (*others, modifier))
            self._offer(f"{MODIFIER_NAMES[modifier].capitalize()}", wanted, checked=has)
        self.addSeparator()
        for words, turn in TURNS:
            self._offer(words, replace(choice, orientation=turn(picture.orientation)))
        self.addSeparator()
        back = self._offer("As the &file says", HangingChoice(choice.sop_instance_uid))
        back.setEnabled(bool(choice))
        self._offer_images(images, info)

    def _say(self, text: str) -> None:
        label = QLabel(text)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        label.setStyleSheet(f"color: {theme.TEXT}")
        label.setContentsMargins(12, 6, 12, 6)
        label.setFixedWidth(WIDTH_EM * self.fontMetrics().horizontalAdvance("M"))
        told = QWidgetAction(self)
        told.setDefaultWidget(label)
        told.setText(text)
        told.setEnabled(False)
        self.addAction(told)

    def _offer(self, words: str, choice: HangingChoice, *, checked: bool | None = None) -> QAction:
        action = self.addAction(words)
        if checked is not None:
            action.setCheckable(True)
            action.setChecked(checked)
        action.triggered.connect(lambda _=False: self._choose(choice))
        return action

    def _choose(self, choice: HangingChoice) -> None:
        if choice != self._choice:
            self.chosen.emit(choice)

    def _offer_images(self, images: tuple[ImageInfo, ...], shown: ImageInfo) -> None:
        if len(images) < 2:
            return
        self.addSeparator()
        for info in images:
            action = self.addAction(caption(f"Show {info.name or info.file_name}"))
            action.setCheckable(True)
            action.setChecked(info.sop_instance_uid == shown.sop_instance_uid)
            action.triggered.connect(lambda _=False, wanted=info: self.image_chosen.emit(wanted))
