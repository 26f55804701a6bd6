"""A lower resolution of a JPEG 2000 frame, decoded alone: the wavelet's own levels (ITU-T T.800 B.5).

Level 2 of a mammogram takes about a twentieth of the whole frame. It is something to look at until the
frame is there, never something to measure: whatever is odd about a stream makes it None.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.imaging.codecs import check_against_header
from annotator.imaging.decode_guard import attempt
from annotator.imaging.stream_checks import (
    Family,
    StreamHead,
    check_tile_parts,
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
            found, _ = attempt(lambda level=level: _decode(data, head, info, level))  # type: ignore[misc]
            if found is not None:
                return found
    return None


def _checked_head(data: bytes, info: ImageInfo) -> StreamHead | None:
    """The head of a stream that can be previewed; BadStream or None when it cannot."""
    whole = trimmed(data)
    head = read_head(whole)
    check_against_header(head, info.rows, info.columns, (info.bits_allocated, info.bits_stored))
    check_tile_parts(whole)
    # A low-pass over bits of an overlay, or over a sign that the wavelet took for a value, is no picture.
    plain = info.high_bit == info.bits_stored - 1 and head.signed == info.signed
    return head if plain else None


def _decode(data: bytes, head: StreamHead, info: ImageInfo, level: int) -> NDArray[Any] | None:
    from PIL import Image  # noqa: PLC0415 - for this one kind of file only

    step = 1 << level
    rows, columns = -(-info.rows // step), -(-info.columns // step)
    with Image.open(io.BytesIO(data), formats=("JPEG2000",)) as image:
        image.reduce = level  # type: ignore[assignment]
        # Pillow rounds the reduced size to nearest where the standard rounds up (T.800 B-15).
        image._size = (columns * step, rows * step)  # noqa: SLF001
        cells = np.asarray(image)
    if cells.shape != (rows, columns) or cells.dtype != (np.uint8 if head.precision <= 8 else np.uint16):
        return None
    return _stored(cells, head.precision, info)


def _stored(cells: NDArray[Any], precision: int, info: ImageInfo) -> NDArray[Any] | None:
    """Pillow's values, moved up to fill 8 or 16 bits and above zero, as stored values."""
    width = 8 * cells.dtype.itemsize
    values = (cells >> (width - precision)).astype(np.int32)
    low, high = 0, (1 << info.bits_stored) - 1
    if info.signed:
        values -= 1 << (precision - 1)
        low, high = -(1 << (info.bits_stored - 1)), (1 << (info.bits_stored - 1)) - 1
    margin = (high - low) * _OVERSHOOT
    if values.min() < low - margin or values.max() > high + margin:
        return None
    stored = np.clip(values, low, high).astype(np.int16 if info.signed else np.uint16)
    stored.flags.writeable = False
    return stored
