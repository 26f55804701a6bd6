"""A lower resolution of a JPEG 2000 frame, decoded alone: the wavelet's own levels (ITU-T T.800 B.5).

Level 2 of a mammogram takes about a twentieth of the whole frame. It is something to look at until the
frame is there, never something to measure: whatever is odd about a stream makes it None.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.imaging.codecs import check_against_header, decode_jpeg_2000
from annotator.imaging.decode_guard import attempt
from annotator.imaging.grayscale import stored_range
from annotator.imaging.jpeg2000_levels import without_levels
from annotator.imaging.stream_checks import (
    Family,
    StreamHead,
    check_tiles,
    codestream_start,
    read_head,
    recognise,
    trimmed,
)
from annotator.model.image import ImageInfo

SMALLEST = 1_000_000
"""Pixels of a frame that decodes at once; there is nothing to bridge below."""
_LEVELS = (2, 1)
_OVERSHOOT = 1 / 8
"""Share of the range by which a low-pass may pass its ends beside an edge; more is not this picture."""


def decode_preview(data: bytes, info: ImageInfo, *, smallest: int = SMALLEST) -> NDArray[Any] | None:
    """A compressed frame at a quarter of its rows and columns (a half where that fails), each rounded up.

    Values are stored units as in the whole frame, read-only uint16 or int16; `smallest` is the number of
    pixels below which there is none. None for all but JPEG 2000, and where header and stream differ.
    """
    if info.rows * info.columns < smallest or recognise(data) is not Family.JPEG_2000:
        return None
    head, _ = attempt(lambda: _checked_head(data, info))
    if head is None:
        return None
    for level in _LEVELS:
        if level <= head.levels:
            found, _ = attempt(lambda level=level: _decode(data, info, level))  # type: ignore[misc]
            if found is not None:
                return found
    return None


def _checked_head(data: bytes, info: ImageInfo) -> StreamHead | None:
    """The head of a stream that can be previewed; BadStream or None when it cannot."""
    whole = trimmed(data)
    head = read_head(whole)
    check_against_header(head, info.rows, info.columns, (info.bits_allocated, info.bits_stored))
    check_tiles(whole)
    # A low-pass over bits of an overlay, or over a sign that the wavelet took for a value, is no picture.
    plain = info.high_bit == info.bits_stored - 1 and head.signed == info.signed
    return head if plain else None


def _decode(data: bytes, info: ImageInfo, level: int) -> NDArray[Any] | None:
    stream = without_levels(data, codestream_start(data), level)
    if stream is None:
        return None
    step = 1 << level
    cells = decode_jpeg_2000(stream, read_head(stream))
    if cells.shape != (-(-info.rows // step), -(-info.columns // step)):
        return None
    return _stored(cells, info)


def _stored(cells: NDArray[Any], info: ImageInfo) -> NDArray[Any] | None:
    """The low-pass within the range of stored values, which it may pass a little beside an edge."""
    low, high = stored_range(info)
    margin = (high - low) * _OVERSHOOT
    if int(cells.min()) < low - margin or int(cells.max()) > high + margin:
        return None
    stored = np.clip(cells.astype(np.int32), low, high).astype(np.int16 if info.signed else np.uint16)
    stored.flags.writeable = False
    return stored
