"""One image kept open for its frames: slices as pictures, slabs of them, and a first look at a lower resolution.

Everything here takes its time and is done in jobs; one source may be used by several at once.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from annotator.imaging.air import tissue_mask
from annotator.imaging.breast_window import default_voi
from annotator.imaging.pyramid import levels_of
from annotator.imaging.tomosynthesis import Slab, SlabKind, SlabMean, slab_frame, slab_numbers
from annotator.model.image import ImageInfo
from annotator.ui.pictures.picture import Picture, SlabOfSlices, make_picture

if TYPE_CHECKING:
    from annotator.imaging.dicom_file import Mammogram

JPEG_2000 = frozenset(f"1.2.840.10008.1.2.4.{n}" for n in (90, 91, 92, 93, 201, 202, 203))
"""Transfer syntaxes whose lower resolutions decode alone (PS3.5 A.4.4, A.4.9)."""


class FrameSource:
    """Decodes frame after frame of one file and keeps none of them.

    All slices hang alike and begin with one window, those of the slice that was decoded first, unless
    a slice brings a window of its own.
    """

    def __init__(self, info: ImageInfo) -> None:
        self.info = info
        self._lock = threading.Lock()
        self._image: Mammogram | None = None
        self._model: Picture | None = None
        self._means = SlabMean(info.padding)

    @property
    def has_first_look(self) -> bool:
        """Whether a lower resolution may come sooner than the frame."""
        return self.info.transfer_syntax_uid in JPEG_2000

    def picture(self, number: int) -> Picture:
        """One frame (from 1), decoded and ready to be shown. Raises UnreadableImage."""
        image = self._open()
        frame = image.frame(number)
        info = image.info_of(number)
        with self._lock:
            model = self._model
            if model is None:
                made = make_picture(info, number, frame)
                self._model = model = replace(made, slices=image.slices())
                return model
        levels = levels_of(info, frame)
        return replace(
            model,
            info=info,
            frame_number=number,
            frame=frame,
            levels=levels,
            voi=model.voi if info.voi == model.info.voi else default_voi(info, frame),
            tissue=tissue_mask(levels),
        )

    def begin_with(self, picture: Picture) -> None:
        """A slice that another source of this file has decoded: the others hang and begin as it does."""
        with self._lock:
            self._model = self._model or picture

    def first_look(self, number: int) -> Picture | None:
        """A frame from a lower resolution, enlarged to its size; None where there is no quick one."""
        image = self._open()
        small = image.preview(number)
        if small is None:
            return None
        info = image.info_of(number)
        # to the full size, so that everything on the screen lies where it will lie: a value of the low-pass
        # stands at the first pixel of its block, not at the middle (ITU-T T.800 F.3)
        step = -(-info.columns // small.shape[1])
        back = np.array([[1 / step, 0, 0], [0, 1 / step, 0]])
        how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        size = (info.columns, info.rows)
        frame = np.asarray(cv2.warpAffine(small, back, size, flags=how, borderMode=cv2.BORDER_REPLICATE))
        picture = make_picture(info, number, frame)
        return replace(picture, slices=image.slices(), provisional=True)

    def slab_around(self, number: int, slab: Slab) -> range:
        """The slices that a slab around one takes."""
        return slab_numbers(self._open().slices(), number, slab.thickness)

    def slab(self, number: int, slab: Slab, slices: Mapping[int, Picture]) -> Picture:
        """The slab around a slice, made of the pictures of `slab_around`."""
        middle = slices[number]
        frames = {n: picture.frame for n, picture in slices.items()}
        means = self._means if slab.kind is SlabKind.MEAN else None
        frame = slab_frame(frames, slab.kind, middle.info, means)
        levels = levels_of(middle.info, frame)
        made = SlabOfSlices(slab, frames)
        return replace(middle, frame=frame, levels=levels, tissue=tissue_mask(levels), slab=made)

    def _open(self) -> Mammogram:
        from annotator.imaging.dicom_file import open_image  # noqa: PLC0415  after the first paint

        with self._lock:
            if self._image is None:
                # what is shown is kept elsewhere, within one budget for all stacks
                self._image = open_image(self.info.path, budget=1)
            return self._image


def picture_bytes(picture: Picture) -> int:
    """Memory of everything a picture holds, arrays that share it counted once."""
    slices = () if picture.slab is None else picture.slab.frames.values()
    arrays = (picture.frame, *picture.levels.arrays, picture.tissue, picture.small, *slices)
    return sum({array.__array_interface__["data"][0]: array.nbytes for array in arrays}.values())
