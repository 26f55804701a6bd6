"""What the pixels of a frame are, in 64 letters: told again wherever the file went and however it was packed."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray


def pixel_digest(frame: NDArray[Any]) -> str:
    """SHA-256 of the stored values of a decoded frame, rows of little-endian 16 bit words, and of its shape.

    Of values and not of the bytes of the file: an archive that packs an image otherwise, without loss, has not
    changed what a mark lies on, and a decoder that gives other values has.
    """
    rows, columns = frame.shape
    digest = hashlib.sha256(f"{rows} {columns} ".encode())
    digest.update(np.ascontiguousarray(frame.astype("<u2", copy=False)).data)
    return digest.hexdigest()
