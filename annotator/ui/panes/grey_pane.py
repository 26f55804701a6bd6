"""A widget that shows one picture in grey, through a window or table, exactly or for now."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QTimer, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from annotator.imaging.render import Mode
from annotator.model.image import Voi
from annotator.ui.pictures.grey_image import PLAIN, GreyImage, MadeAhead, Wanted, nothing_ahead
from annotator.ui.pictures.grey_output import Depth, GreyOutput
from annotator.ui.pictures.picture import Picture
from annotator.ui.pictures.placed_picture import PlacedPicture
from annotator.ui.pictures.value_spread import NOTHING

FOLLOWERS_MS = 4
"""How long after a step of a window drag the rest of the window hears of it: the screen is sent the picture first."""


class GreyPane(PlacedPicture):
    """How the picture looks, and who makes it: quickly while it moves, then the exact one.

    `voi_changed`: the window or table is another one, or black and white were turned round.
    """

    voi_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._voi: Voi | None = None
        self._inverted = False
        self._mode = Mode.MEAN
        self._smooth = False
        self._output = PLAIN
        self._grey = GreyImage()
        self._ask_exact: Callable[[Wanted], None] | None = None
        self._asked: Wanted | None = None
        self._telling = QTimer(self)
        self._telling.setSingleShot(True)
        self._telling.setInterval(FOLLOWERS_MS)
        self._telling.timeout.connect(self.voi_changed)

    @property
    def voi(self) -> Voi | None:
        """The window or table in force."""
        return self._voi

    @property
    def inverted(self) -> bool:
        """Whether the reader turned black and white round."""
        return self._inverted

    @property
    def mode(self) -> Mode:
        """How a picture smaller than its pixels is made."""
        return self._mode

    @property
    def output(self) -> GreyOutput:
        """How the screen is sent grey values."""
        return self._output

    @property
    def smooth(self) -> bool:
        """Whether a picture larger than its pixels is interpolated rather than shown in squares."""
        return self._smooth

    @property
    def exact(self) -> bool:
        """Whether the picture painted last is the exact one."""
        return self._grey.missing is None

    def leave_exact_to(self, ask: Callable[[Wanted], None], ahead: MadeAhead = nothing_ahead) -> None:
        """Paint what was made `ahead`, else quick pictures only, and ask for the exact one when nothing moves.

        It comes with `take_exact`.
        """
        self._ask_exact = ask
        self._grey.made_ahead = ahead

    def take_exact(self, wanted: Wanted, values: NDArray[np.uint16]) -> None:
        """The exact picture that was asked for; left aside when something else is to be shown by now."""
        self._asked = None
        if self._grey.take(wanted, values):
            self.update()

    def set_voi(self, voi: Voi) -> None:
        """Use another window or table."""
        if voi != self._voi:
            self._voi = voi
            if self._output.depth is Depth.DITHERED:
                self._move()
            self._update_grey()
            self.voi_changed.emit()

    def drag_voi(self, voi: Voi) -> None:
        """`set_voi` under a moving hand: who follows is told once the picture is on the screen."""
        if voi != self._voi:
            self._voi = voi
            if self._output.depth is Depth.DITHERED:
                self._move()
            self._update_grey()
            self._telling.start()

    def tell_voi(self) -> None:
        """The hand rests: tell at once of what `drag_voi` did."""
        if self._telling.isActive():
            self._telling.stop()
            self.voi_changed.emit()

    def set_inverted(self, inverted: bool) -> None:
        """Black becomes white; air that is padding stays black."""
        if inverted != self._inverted:
            self._inverted = inverted
            self._update_grey()
            self.voi_changed.emit()

    def set_mode(self, mode: Mode) -> None:
        """Mean, or speck-true."""
        if mode is not self._mode:
            self._mode = mode
            self.update()
            self.view_changed.emit()

    def set_smooth(self, smooth: bool) -> None:
        """Interpolate above 1:1, or show every pixel as a square; at 1:1 it makes no difference."""
        if smooth != self._smooth:
            self._smooth = smooth
            self.update()
            self.view_changed.emit()

    def set_output(self, output: GreyOutput) -> None:
        """How the screen is sent grey values."""
        if output is not self._output:
            self._output = output
            self.update()

    def paint_grey(self, painter: QPainter, picture: Picture, part: QRectF) -> None:
        """Draw a part of the picture, one unit of the painter being one device pixel."""
        rect = part.toAlignedRect()
        self._grey.paint(
            painter,
            (rect.left(), rect.top(), rect.right() + 1, rect.bottom() + 1),
            Wanted(picture, self._view, self.device_size(), self._mode, self._smooth),
            self._voi,
            self._inverted,
            moving=self._moving,
            later=self._ask_exact is not None,
            output=self._output,
        )

    def _update_grey(self) -> None:
        """Repaint what another table changes."""
        left, top, right, bottom = changed = self._grey.changed_by(
            self._voi, self._inverted, moving=self._moving, output=self._output
        )
        if changed != NOTHING:
            rect = QRectF(left, top, right - left, bottom - top)
            self.update(rect.toRect() if self.ratio == 1 else self.widget_rect(rect))

    def _ask_for_exact(self) -> None:
        missing = self._grey.missing
        if missing is None or self._moving or self._ask_exact is None or missing == self._asked:
            return
        self._asked = missing
        self._ask_exact(missing)
