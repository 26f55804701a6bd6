"""One decoded frame with everything a viewport needs to show it; made by a job, never by a widget."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.imaging.air import breast_region, hung, tissue_mask, with_chest_wall
from annotator.imaging.breast_window import default_voi, flat_air
from annotator.imaging.grayscale import display_lut
from annotator.imaging.placement import Region, fit_hung
from annotator.imaging.pyramid import Levels, levels_of
from annotator.imaging.render import Mode, render_values, shade
from annotator.imaging.tomosynthesis import ROUNDING_MM, Slab, distance_mm, has_depth
from annotator.jobs import CancelToken
from annotator.model.geometry import ImagePoint, Orientation
from annotator.model.image import ImageInfo, ImageKey, PaddingRange, SlicePosition, Voi

SMALL_PX = 78
"""Side of the small picture beside the large ones."""
NEAR_MM = 1.0
"""Marks on slices this near to what is shown are shown with it, dimmed."""


@dataclass(frozen=True, eq=False)
class SlabOfSlices:
    """The slices that a picture was made of, by number, as stored."""

    slab: Slab
    frames: Mapping[int, NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Picture:
    """Made by `load_picture` or `make_picture`; nothing in it is computed when it is shown.

    `frame` holds the stored values. `voi` is the window it is shown in at first, `tissue` the mask of
    the breast at the coarsest level, `orientation_reason` why it is hung like this, `small` the picture
    as it hangs in grey levels, `SMALL_PX` square.

    Of a stack, `slices` says where each lies; `slab` is what was put together around `frame_number`.
    `air` is the stored value of air in a file that gives no padding. A `provisional` picture was made
    from a lower resolution: to look at, not to measure or mark on.
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
    slices: tuple[SlicePosition, ...] = ()
    slab: SlabOfSlices | None = None
    provisional: bool = False
    air: PaddingRange | None = None

    @cached_property
    def shown_info(self) -> ImageInfo:
        """The facts that grey levels are made with: flat air stays black when inverted, as padding does."""
        return self.info if self.air is None else replace(self.info, padding=self.air)

    @cached_property
    def breast(self) -> Region:
        """The part of the stored image that holds all of the breast; beyond it is nothing but air."""
        tissue = np.ones_like(self.tissue) if self._is_part else self.tissue
        return breast_region(tissue, self.info.columns, self.info.rows)

    @cached_property
    def may_be_breast(self) -> NDArray[np.bool_]:
        """True where, as far as grey values tell, breast may be; cells as those of `tissue`."""
        if not self._is_part:
            return self.tissue
        plane = self.levels.coarsest()
        holes = self.levels.holes(plane, self.levels.count - 1)
        if holes is None and self.air is not None:
            holes = plane == self.air.low
        return np.ones_like(self.tissue) if holes is None else ~holes

    @property
    def _is_part(self) -> bool:
        """A view of a part, in which fat can be as dark as air."""
        return bool({"M", "S"} & set(self.info.view.modifiers))

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
        """The stored value under a point, None off the image and where it is not known yet."""
        if self.provisional or not self.holds(point):
            return None
        return int(self.frame[int(point.row), int(point.column)])

    @property
    def numbers(self) -> tuple[int, ...]:
        """The frames that are shown: one, or those of the slab."""
        return (self.frame_number,) if self.slab is None else tuple(self.slab.frames)

    @property
    def near(self) -> frozenset[int]:
        """Slices at most a millimetre beyond those shown; the next ones where their distance is not known."""
        first, last = self.numbers[0], self.numbers[-1]
        if not has_depth(self.slices):
            return frozenset({first - 1, last + 1}) & frozenset(range(1, self.info.frames + 1))
        return frozenset(
            place.number
            for place in self.slices
            for end in (first, last)
            if not first <= place.number <= last
            and (distance_mm(self.slices, place.number, end) or 0.0) <= NEAR_MM + ROUNDING_MM
        )

    def shows(self, image: ImageKey) -> bool:
        """Whether marks of a frame are shown with this picture, fully or dimmed."""
        mine = image.sop_instance_uid == self.info.sop_instance_uid
        return mine and (image.frame in self.numbers or image.frame in self.near)

    def slice_frame(self, number: int) -> NDArray[Any] | None:
        """The stored values of one of the frames shown, None of any other."""
        if self.slab is not None:
            return self.slab.frames.get(number)
        return self.frame if number == self.frame_number else None


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
    info = with_chest_wall(info, levels)
    orientation, reason = turned or hung(info, levels)
    voi = default_voi(info, frame)
    small = _small(info, levels, orientation, voi)
    tissue, air = tissue_mask(levels), flat_air(info, frame)
    return Picture(info, frame_number, frame, levels, orientation, reason, voi, tissue, small, air=air)


def load_picture(info: ImageInfo, frame_number: int) -> Callable[[CancelToken], Picture]:
    """A job that decodes one frame and makes it ready to be shown."""

    def job(token: CancelToken) -> Picture:
        from annotator.imaging.dicom_file import read_image  # noqa: PLC0415  after the first paint

        image = read_image(info.path, frame_number)
        frame = image.frame(frame_number)
        token.checkpoint()
        return make_picture(image.info_of(frame_number), frame_number, frame)

    return job


def thumbnail(picture: Picture) -> NDArray[np.uint8]:
    """A picture as it hangs, in grey levels, `SMALL_PX` x `SMALL_PX` pixels."""
    return picture.small


def small_picture(picture: Picture, voi: Voi | None = None, *, inverted: bool = False) -> NDArray[np.uint8]:
    """`Picture.small` made anew, for a picture that hangs otherwise now or is seen through another window.

    Some milliseconds. `voi` None: the window it is shown in at first.
    """
    return _small(
        picture.shown_info, picture.levels, picture.orientation, voi or picture.voi, inverted=inverted
    )


def _small(
    info: ImageInfo, levels: Levels, orientation: Orientation, voi: Voi, *, inverted: bool = False
) -> NDArray[np.uint8]:
    view = fit_hung(info, orientation, SMALL_PX, SMALL_PX)
    values = render_values(levels, view, SMALL_PX, SMALL_PX, Mode.MEAN, outside=0)
    return shade(values, display_lut(info, voi, invert=inverted), view)
