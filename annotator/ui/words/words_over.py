"""What is said over the picture of a pane: as much as the reader asked for, names only where they may be seen."""

from __future__ import annotations

import time
from dataclasses import replace

from PySide6.QtCore import QObject, QPointF, QRectF, QSize, Signal
from PySide6.QtGui import QHelpEvent, QPainter
from PySide6.QtWidgets import QToolTip

from annotator.imaging.render import Mode
from annotator.model.image import ExamInfo, Voi
from annotator.ui.pictures.placed_picture import PlacedPicture
from annotator.ui.words import corner_text
from annotator.ui.words.corner_paint import Wording
from annotator.ui.words.corner_text import NOTHING_BESIDE, Beside
from annotator.ui.words.exam_names import ExamNames
from annotator.ui.words.plain_words import tip

FOLLOW_S = 0.025
"""Finding places beside the breast takes longer than a moving picture; no eye reads words that move faster."""


class WordsOver(QObject):
    """Keeps what the words over one pane are made of. `changed`: others stand there now.

    `say` tells which window they speak of, so that they can follow a window drag a moment later.
    """

    changed = Signal()

    def __init__(self, pane: PlacedPicture) -> None:
        super().__init__(pane)
        self._pane = pane
        self._voi: Voi | None = None
        self._inverted = False
        self._names: ExamNames | None = None
        self._beside = NOTHING_BESIDE
        self._wording: Wording | None = None
        self._placed_at = 0.0
        self._room = QSize(0, 0)
        self.level = corner_text.ALL

    def say(self, voi: Voi | None, inverted: bool) -> None:
        """The window or table in force, and whether black and white are turned round."""
        self._voi, self._inverted = voi, inverted

    def follow(self, names: ExamNames) -> None:
        """Call the patient as these names do: by pseudonyms while they are hidden."""
        self._names = names
        names.changed.connect(self.changed)

    def set_prior(self, words: str) -> None:
        """Say that the picture is of an earlier exam, '' when it is not."""
        self._set_beside(replace(self._beside, prior=words))

    def set_part(self, part: str) -> None:
        """Say which part of a mosaic this is, '' for none."""
        self._set_beside(replace(self._beside, part=part))

    def set_again(self, words: str) -> None:
        """Say that the reader wants the view taken again, and why; '' when it is good as it is."""
        self._set_beside(replace(self._beside, again=words))

    def set_who_beside(self, told: bool) -> None:
        """Whether another pane of the row says whose exam this is, so that a narrow one need not."""
        self._set_beside(replace(self._beside, who_beside=told))

    def set_screen(self, words: str) -> None:
        """Say what keeps the screen of the pane from being trusted, '' for nothing."""
        self._set_beside(replace(self._beside, screen=words))

    def leave_room(self, size: QSize) -> None:
        """Keep so much of the pane, in logical pixels, free of words; `Wording.put.room` is where."""
        if size != self._room:
            self._room = size
            self.changed.emit()

    @property
    def beside(self) -> Beside:
        """What is said that the header does not say."""
        picture, names = self._pane.picture, self._names
        if picture is None or names is None or not names.hidden:
            return self._beside
        info = picture.info
        return replace(self._beside, pseudonym=names.of(ExamInfo(info.study_instance_uid, (info,))))

    def paint(self, painter: QPainter, mode: Mode, smooth: bool, part: QRectF) -> None:
        """Lay them over a part of the picture: while it moves, words find new places once in `FOLLOW_S`."""
        pane, last = self._pane, self._wording
        stays = last is not None and (last.picture, last.size) == (pane.picture, pane.device_size())
        if last is not None and stays and not last.reaches(part):
            return
        now = time.monotonic()
        if last is None or not (pane.moving and stays and now - self._placed_at < FOLLOW_S):
            self._placed_at = now
            last = self.wording(mode, smooth)
        if last is not None:
            last.paint(painter)

    def wording(self, mode: Mode, smooth: bool) -> Wording | None:
        """The words, ruler and letters over the picture and where they stand, None without a picture."""
        pane, picture, voi = self._pane, self._pane.picture, self._voi
        if picture is None or voi is None:
            return None
        size, ratio = pane.device_size(), pane.ratio
        room = self._room.width() * ratio, self._room.height() * ratio
        wording = Wording(
            picture, pane.view, voi, mode, self._inverted, self.level, size, ratio, smooth, self.beside, room
        )
        if wording != self._wording:
            self._wording = wording
        return self._wording

    def explain(self, event: QHelpEvent, wording: Wording | None) -> None:
        """Why the picture hangs like this and what its header says, when the pointer rests on the upper words."""
        picture = self._pane.picture
        if picture is None or wording is None:
            return
        at = QPointF(*self._pane.device_position(QPointF(event.pos())))
        if not wording.blocks[0].rect.contains(at):
            QToolTip.hideText()
            return
        why = f"Why it hangs like this: {picture.orientation_reason}"
        words = "\n".join((why, "", *corner_text.all_words(picture, wording.beside)))
        QToolTip.showText(event.globalPos(), tip(words), self._pane)

    def _set_beside(self, beside: Beside) -> None:
        if beside != self._beside:
            self._beside = beside
            self.changed.emit()
