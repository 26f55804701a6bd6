"""One file: its facts (`read_info`), and its frames as stored values (`read_image`)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from annotator.errors import UnreadableImage
from annotator.imaging.dataset import UNDEFINED, RawFile, read_raw
from annotator.imaging.decode_guard import decode_guard
from annotator.imaging.frame_groups import FrameGroups
from annotator.imaging.frames import Frames
from annotator.imaging.header import image_info
from annotator.model.image import ImageInfo, SlicePosition
from annotator.quiet_parsing import quiet_parsing

MAX_FRAME_BYTES = 400_000_000
"""Memory one decoded frame may take: ten times the largest mammogram."""
CACHE_BYTES = 256_000_000
"""Decoded frames that a picture keeps: all of a screening view, the slices around the one in view of a stack."""


def read_info(path: Path) -> ImageInfo:
    """The facts of one picture from its header; pixels are not read. Raises UnreadableImage."""
    path = Path(path)
    with decode_guard(path), quiet_parsing():
        return _checked_info(read_raw(path))


def read_image(path: Path, frame: int = 1, *, budget: int = CACHE_BYTES) -> Mammogram:
    """One picture with frame `frame` (from 1) decoded and checked; the others follow on demand.

    It keeps decoded frames of up to `budget` bytes, at least one, and nothing of the compressed ones; the
    file is not held open. Raises UnreadableImage, and IndexError when there is no such frame.
    """
    raw, info, frames = _opened(path, budget)
    Mammogram(info, frames, FrameGroups(raw.dataset, info)).frame(frame)
    told = replace(info, repairs=tuple(dict.fromkeys((*info.repairs, *frames.repairs))))
    return Mammogram(told, frames, FrameGroups(raw.dataset, told))


def open_image(path: Path, *, budget: int = CACHE_BYTES) -> Mammogram:
    """One picture as `read_image` gives it, with no frame decoded yet: damage shows when one is asked for."""
    raw, info, frames = _opened(path, budget)
    return Mammogram(info, frames, FrameGroups(raw.dataset, info))


@dataclass(frozen=True, eq=False)
class Mammogram:
    """A picture whose frames are decoded when asked for; may be kept open and shared between threads."""

    info: ImageInfo
    _frames: Frames = field(repr=False)
    _groups: FrameGroups = field(repr=False)

    def frame(self, number: int = 1) -> NDArray[Any]:
        """Stored values of frame `number` (from 1): (rows, columns), read-only, uint16, or int16 when signed.

        Raises UnreadableImage when that frame is damaged or the file is no longer the one that was opened,
        IndexError when there is no such frame.
        """
        self._check_number(number)
        with decode_guard(self.info.path):
            return self._frames.get(number)

    def preview(self, number: int = 1) -> NDArray[Any] | None:
        """A lower resolution of frame `number` of a JPEG 2000 file, quick; None for everything else.

        Its values are in stored units, its rows and columns those of the frame divided by n = 2 or 4, rounded
        up; value [r, c] stands at pixel [n r, n c] of the frame, the middle of the filter it comes from.
        Something to look at until the frame is there. Raises as `frame` does.
        """
        self._check_number(number)
        with decode_guard(self.info.path):
            return self._frames.preview(number)

    def info_of(self, number: int) -> ImageInfo:
        """The facts of one frame (from 1), of its own where its functional groups hold any, else the image's.

        Walked when first asked for (some 20 ms for 100 frames). Raises IndexError when there is no such frame.
        """
        self._check_number(number)
        return self._groups.info_of(number)

    def slices(self) -> tuple[SlicePosition, ...]:
        """Where each frame lies along the normal of the stack, as far as the header says; walked as `info_of`."""
        return self._groups.slices()

    def _check_number(self, number: int) -> None:
        if not 1 <= number <= self.info.frames:
            raise IndexError(f"there is no frame {number} of {self.info.frames}")


def _opened(path: Path, budget: int) -> tuple[RawFile, ImageInfo, Frames]:
    path = Path(path)
    with decode_guard(path):
        with quiet_parsing():
            raw = read_raw(path)
            info = _checked_info(raw)
        return raw, info, Frames(raw, info, budget)


def _checked_info(raw: RawFile) -> ImageInfo:
    info = image_info(raw)
    frame_bytes = info.rows * info.columns * 2
    if frame_bytes > MAX_FRAME_BYTES:
        raise UnreadableImage(
            raw.path,
            f"its header claims {info.rows} x {info.columns} pixels, more than any mammogram; it was refused unread",
        )
    assert raw.pixels is not None
    if raw.pixels.length == UNDEFINED:
        return info
    needed = info.rows * info.columns * info.frames * info.bits_allocated // 8
    present = max(0, min(raw.pixels.length, raw.size - raw.pixels.start))
    if present < needed:
        raise UnreadableImage(
            raw.path,
            f"its pixels are cut off ({present:,} of {needed:,} bytes are there); ask for the file again",
        )
    if raw.pixels.length > needed + needed % 2:
        extra = f"There are {raw.pixels.length - needed:,} bytes behind the pixels; they were left out."
        return replace(info, repairs=(*info.repairs, extra))
    return info
