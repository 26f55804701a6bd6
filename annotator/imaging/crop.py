"""A square part of an image as it hangs, in grey levels, so many millimetres on a side."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.imaging.breast_window import default_voi, flat_air
from annotator.imaging.grayscale import display_lut
from annotator.imaging.pyramid import Levels
from annotator.imaging.render import Mode, render_values, shade
from annotator.model.geometry import Orientation, ViewTransform
from annotator.model.image import ImageInfo


@dataclass(frozen=True, eq=False)
class Crop:
    """Grey levels 0 to 255, `grey` (side, side); its corner and its side in millimetres of the image as it hangs."""

    grey: NDArray[np.uint8]
    left: float
    top: float
    side: float


def crop(
    info: ImageInfo,
    frame: NDArray[Any],
    levels: Levels,
    turn: Orientation,
    pixel: tuple[float, float],
    middle: tuple[float, float],
    side: float,
    size_px: int,
) -> Crop:
    """The square of `side` about `middle`, drawn with `size_px` pixels a side, in the window it opens with.

    `pixel`: width and height of a displayed pixel in the unit of `middle` and `side`, millimetres where they are known.
    """
    left, top = middle[0] - side / 2, middle[1] - side / 2
    across, down = (size_px / side * length for length in pixel)
    view = ViewTransform(
        info.columns,
        info.rows,
        across,
        -left / pixel[0] * across,
        -top / pixel[1] * down,
        turn,
        None if across == down else down,
    )
    values = render_values(levels, view, size_px, size_px, Mode.SPECK_TRUE, smooth=True, outside=0)
    shown = replace(info, padding=info.padding or flat_air(info, frame))
    grey = shade(values, display_lut(shown, default_voi(info, frame)).astype(np.uint8), view)
    return Crop(np.ascontiguousarray(grey, np.uint8), left, top, side)
