"""The mask of a region among the files beside each other, brought to the size of its image, as outlines."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.errors import UnreadableAnnotations, UnreadableImage
from annotator.exchange.datasets.found import Pixels, SourceShape
from annotator.exchange.masks import traced
from annotator.model.geometry import ImagePoint
from annotator.model.image import ImageInfo

SIZE_OFF = 0.03
"""By this share a mask may be larger or smaller than its image: some of CBIS-DDSM are a few pixels off."""
MOST_PIECES = 200
"""Pieces of one mask: more are noise, or the picture itself."""
MOST_CORNERS = 400
"""Of an outline along the edges of pixels; one with more is made simpler, nowhere further away than SIMPLER_PX."""
SIMPLER_PX = 1.0


def outlines_of(drawn: SourceShape, info: ImageInfo, pixels: Pixels) -> tuple[tuple[ImagePoint, ...], ...]:
    """The outlines of a thing on its image; of a mask one for each piece.

    Raises UnreadableAnnotations where none or several files can be the mask, or it has another shape than its image, and
    UnreadableImage for a damaged file.
    """
    if drawn.mask is None and not drawn.masks_in:
        return (drawn.outline,)
    mask = drawn.mask if drawn.mask is not None else _mask_in(drawn.masks_in, info, pixels)
    mask = _fitted(mask, info, drawn.image.shown)
    found = tuple(_simpler(one.outline) for one in islice(traced(mask), MOST_PIECES + 1))
    if len(found) > MOST_PIECES:
        raise UnreadableAnnotations(
            f"the mask of {drawn.image.shown} falls into more than {MOST_PIECES} pieces and is no drawing of a region."
        )
    if not found:
        raise UnreadableAnnotations(f"the mask of {drawn.image.shown} shows no region.")
    return found


def png_pixels(path: Path) -> NDArray[Any]:
    """Grey values of a PNG. Raises UnreadableImage."""
    picture = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if picture is None:
        raise UnreadableImage(path, "it is no picture in PNG")
    return np.asarray(picture)


def _mask_in(files: Sequence[Path], info: ImageInfo, pixels: Pixels) -> NDArray[np.bool_]:
    """Of the files the one of the image's size, or, where several or none are, the one with two values only."""
    frames = {path: pixels(path) for path in sorted(files)}
    fitting = {path: frame for path, frame in frames.items() if _fits(frame.shape, info)}
    chosen = fitting
    if len(chosen) != 1:
        chosen = {path: frame for path, frame in (fitting or frames).items() if _two_values(frame)}
    if len(chosen) != 1:
        names = ", ".join(path.name for path in frames)
        raise UnreadableAnnotations(
            f"none or several of {names} in {min(files).parent} can be the mask of a region."
        )
    path, frame = chosen.popitem()
    if not _fits(frame.shape, info):
        raise UnreadableAnnotations(
            f"{path} is a mask of {frame.shape[1]} x {frame.shape[0]} pixels, its image has {info.columns} x {info.rows}; "
            "it belongs to another image."
        )
    return np.asarray(frame > frame.max() / 2)


def _fitted(mask: NDArray[np.bool_], info: ImageInfo, shown: str) -> NDArray[np.bool_]:
    """The mask at the size of the image; one that is a few pixels off is stretched, by nearest."""
    if mask.shape == (info.rows, info.columns):
        return mask
    if not _fits(mask.shape, info):
        raise UnreadableAnnotations(
            f"a mask on {shown} has {mask.shape[1]} x {mask.shape[0]} pixels, the image {info.columns} x {info.rows}; it belongs"
            " to another image."
        )
    size = (info.columns, info.rows)
    return np.asarray(cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0)


def _fits(shape: Sequence[int], info: ImageInfo) -> bool:
    sides = zip(shape, (info.rows, info.columns), strict=True)
    return all(abs(side - wanted) <= SIZE_OFF * wanted for side, wanted in sides)


def _two_values(frame: NDArray[Any]) -> bool:
    return bool(((frame == frame.min()) | (frame == frame.max())).all())


def _simpler(outline: tuple[ImagePoint, ...]) -> tuple[ImagePoint, ...]:
    if len(outline) <= MOST_CORNERS:
        return outline
    corners = np.array([(p.column, p.row) for p in outline], np.float32).reshape(-1, 1, 2)
    fewer = cv2.approxPolyDP(corners, SIMPLER_PX, closed=True)[:, 0, :]
    return tuple(ImagePoint(float(x), float(y)) for x, y in fewer)
