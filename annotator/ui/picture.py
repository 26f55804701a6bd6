"""One decoded frame with everything a viewport needs to show it; made by a job, never by a widget."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.imaging.air import hung, tissue_mask
from annotator.imaging.grayscale import default_voi, display_lut
from annotator.imaging.placement import fit_hung
from annotator.imaging.pyramid import Levels, levels_of
from annotator.imaging.render import Mode, render_values, shade
from annotator.jobs import CancelToken
from annotator.model.geometry import ImagePoint, Orientation
from annotator.model.image import ImageInfo, ImageKey, Voi

SMALL_PX = 78
"""Side of the small picture beside the large ones."""


@dataclass(frozen=True, eq=False)
class Picture:
    """Made by `load_picture` or `make_picture`; nothing in it is computed when it is shown.

    `frame` holds the stored values. `voi` is the window it is shown in at first, `tissue` the mask of
    the breast at the coarsest level, `orientation_reason` why it is hung like this, `small` the picture
    as it hangs in grey levels, `SMALL_PX` square.
    """

    info: ImageInfo
    frame_number: int
    frame: NDArray[Any]
    levels: Levels
    orientation: Orientation
    orientation_reason: str
    voi: Voi
    tissue: NDArray[np.bool_]
    small: NDArray[np.uint8]

    @property
    def key(self) -> ImageKey:
        """What marks on this picture refer to."""
        return self.info.key(self.frame_number)

    @property
    def column_mm(self) -> float | None:
        """Millimetres of a pixel along a displayed row, None without known spacing."""
        spacing = self.info.spacing
        if spacing is None:
            return None
        return spacing.row_mm if self.orientation.transpose else spacing.column_mm

    def holds(self, point: ImagePoint) -> bool:
        """Whether a point lies on the image."""
        return 0 <= point.column < self.info.columns and 0 <= point.row < self.info.rows

    def nearest_inside(self, point: ImagePoint) -> ImagePoint:
        """The point itself, or the nearest one on the image."""
        return ImagePoint(
            min(max(point.column, 0.0), float(self.info.columns)),
            min(max(point.row, 0.0), float(self.info.rows)),
        )

    def value_at(self, point: ImagePoint) -> int | None:
        """The stored value under a point, None off the image."""
        return int(self.frame[int(point.row), int(point.column)]) if self.holds(point) else None


def make_picture(
    info: ImageInfo,
    frame_number: int,
    frame: NDArray[Any],
    turned: tuple[Orientation, str] | None = None,
) -> Picture:
    """A frame made ready to be shown; some 30 ms for 13.6 million pixels, so made in a job.

    `turned` hangs it otherwise than its header and pixels say: an orientation and the reason for it.
    """
    levels = levels_of(info, frame)
    orientation, reason = turned or hung(info, levels)
    voi = default_voi(info, frame)
    small = _small(info, levels, orientation, voi)
    return Picture(info, frame_number, frame, levels, orientation, reason, voi, tissue_mask(levels), small)


def load_picture(info: ImageInfo, frame_number: int) -> Callable[[CancelToken], Picture]:
    """A job that decodes one frame and makes it ready to be shown."""

    def job(token: CancelToken) -> Picture:
        from annotator.imaging.dicom_file import read_image  # noqa: PLC0415  after the first paint

        image = read_image(info.path)
        frame = image.frame(frame_number)
        token.checkpoint()
        return make_picture(image.info, frame_number, frame)

    return job


def thumbnail(picture: Picture) -> NDArray[np.uint8]:
    """A picture as it hangs, in grey levels, `SMALL_PX` x `SMALL_PX` pixels."""
    return picture.small


def _small(info: ImageInfo, levels: Levels, orientation: Orientation, voi: Voi) -> NDArray[np.uint8]:
    view = fit_hung(info, orientation, SMALL_PX, SMALL_PX)
    values = render_values(levels, view, SMALL_PX, SMALL_PX, Mode.MEAN, outside=0)
    return shade(values, display_lut(info, voi), view)
