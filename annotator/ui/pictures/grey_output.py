"""From P-values to what a screen is sent: 8 bits, 8 bits with error diffusion, or 10, corrected or not.

Everything is folded into the one table a picture goes through, so that it costs a window drag nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from annotator.imaging.dither import WHITE, to_8_bit
from annotator.imaging.grayscale import STORED_VALUES, display_lut
from annotator.imaging.gsdf import Calibration
from annotator.model.display import TEN_BIT_DEPTH
from annotator.model.image import ImageInfo, Voi

Table = NDArray[Any]
"""65,536 entries: uint8 levels, uint16 256ths of a level, or int32 pixels of Format_RGB30."""

_BLACK_24 = 0xFF << 24
_BLACK_30 = 3 << 30
_PIXELS_24 = (np.arange(256, dtype=np.uint32) * 0x010101 | _BLACK_24).view(np.int32)


class Depth(StrEnum):
    """How grey values reach the screen."""

    EIGHT = "8"
    DITHERED = "dithered"
    TEN = "10"


def depth_for(setting: str, screen_depth: int) -> Depth:
    """What the setting `grey_output` means on a screen of that many bits a pixel."""
    ten = screen_depth == TEN_BIT_DEPTH
    if setting == "auto":
        return Depth.TEN if ten else Depth.EIGHT
    if setting == Depth.TEN and not ten:
        return Depth.DITHERED
    return Depth(setting)


@dataclass(frozen=True, eq=False)
class GreyOutput:
    """One screen's way of showing grey; `curve` is that of a screen to be corrected, None for none."""

    depth: Depth = Depth.EIGHT
    curve: Calibration | None = None

    @property
    def levels(self) -> int:
        """How many driving levels can be told apart: 256 or 1024."""
        return 1024 if self.depth is Depth.TEN else 256

    @property
    def black(self) -> int:
        """Black as a pixel of `pixel_format`, as a signed number of 32 bits."""
        return (_BLACK_30 if self.depth is Depth.TEN else _BLACK_24) - (1 << 32)

    @property
    def pixels(self) -> NDArray[np.int32]:
        """The pixel of `pixel_format` of each grey level of a `table` of uint8."""
        return _PIXELS_24

    @property
    def pixel_format(self) -> QImage.Format:
        """The form of 32 bits a pixel that such a screen draws without converting it first."""
        return QImage.Format.Format_RGB30 if self.depth is Depth.TEN else QImage.Format.Format_RGB32

    def table(self, info: ImageInfo, voi: Voi | None, *, invert: bool, settled: bool = True) -> Table:
        """What each stored value becomes; `settled` False: without error diffusion, which moves with a picture."""
        if self.depth is Depth.EIGHT and self.curve is None:
            return display_lut(info, voi, invert=invert)
        p_values = display_lut(info, voi, invert=invert, levels=STORED_VALUES)
        table: Table = self.codes(settled=settled)[p_values]
        return table

    def codes(self, *, settled: bool = True) -> Table:
        """What each P-value from 0 (black) to 65,535 (white) becomes."""
        if self.depth is Depth.DITHERED and not settled:
            return self._moving_codes
        return self._codes

    def image(self, pixels: NDArray[Any]) -> QImage:
        """The image of a plane that went through a table of this output, shape (rows, columns)."""
        rows, columns = pixels.shape
        if pixels.dtype == np.uint16:
            pixels = to_8_bit(pixels)
        pixels = np.ascontiguousarray(pixels)
        ten = pixels.dtype != np.uint8
        form = QImage.Format.Format_RGB30 if ten else QImage.Format.Format_Grayscale8
        # the copy owns its pixels, a QImage on an array does not
        return QImage(pixels.data, columns, rows, columns * pixels.itemsize, form).copy()

    @cached_property
    def _codes(self) -> Table:
        if self.depth is Depth.EIGHT:
            return self._moving_codes
        if self.depth is Depth.DITHERED:
            return self._driving(WHITE + 1).astype(np.uint16)
        ten = self._driving(1024).astype(np.uint32)
        pixels: Table = (ten << 20 | ten << 10 | ten | _BLACK_30).astype(np.uint32).view(np.int32)
        return pixels

    @cached_property
    def _moving_codes(self) -> Table:
        return self._driving(256).astype(np.uint8)

    def _driving(self, levels: int) -> Table:
        """Driving level 0..`levels` - 1 of each P-value."""
        if self.curve is not None:
            return self.curve.correction(STORED_VALUES, levels)
        p_values = np.arange(STORED_VALUES, dtype=np.uint64)
        top = STORED_VALUES - 1
        return (p_values * (2 * (levels - 1)) + top) // (2 * top)
