"""Ways of putting marks on an image: that of the program, and plain ones beside it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.analysis.candidates.find import find_candidates
from annotator.analysis.candidates.ground import Ground, make_ground
from annotator.analysis.candidates.lines import make_lines
from annotator.analysis.candidates.peaks import find_peaks
from annotator.analysis.candidates.scales import make_scales
from annotator.jobs import CancelToken
from annotator.model.image import ImageKey
from benchmarks.detection.seen import Marks, Seen

TOP_HAT_MM = 1.0
SKIN_MM = 2.0
PEAK_MM = 0.13
MOST = 5500
"""Marks kept of one image by a method that has no limit of its own."""
SMALLEST_MM, LARGEST_MM = 0.065, 0.38
"""Standard deviations of the smallest and the largest spot that the program looks for."""
NONE = Marks(*np.zeros((3, 0)))


def program(seen: Seen) -> Marks:
    """What the program proposes."""
    image = ImageKey("1.2.3")
    found = find_candidates(seen.frame, spacing=seen.spacing, image=image, inverse=seen.inverse)
    places = [(c.point.column, c.point.row, c.score) for c in found.candidates]
    columns = np.array(places, dtype=np.float64).reshape(-1, 3).T
    return Marks(*columns)


def plain_response(seen: Seen) -> Marks:
    """The peaks that the program looks at, by the strength of the filter alone: what training adds to them."""
    token = CancelToken()
    ground = make_ground(seen.frame, seen.pixel_mm, inverse=seen.inverse, token=token)
    if ground is None:
        return NONE
    scales = make_scales(ground, token)
    peaks = find_peaks(ground, scales, make_lines(ground, scales, token), token)
    return _on_image(ground, peaks.column, peaks.row, peaks.strength)


def top_hat(seen: Seen) -> Marks:
    """White top-hat of 1 mm, of the picture in units of its noise and without dead pixels, as the program sees it."""
    ground = make_ground(seen.frame, seen.pixel_mm, inverse=seen.inverse)
    if ground is None:
        return NONE
    side = 2 * round(TOP_HAT_MM / ground.pixel_mm / 2) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    response = cv2.morphologyEx(ground.values, cv2.MORPH_TOPHAT, disc)
    reach = 2 * max(1, math.ceil(PEAK_MM / ground.pixel_mm)) + 1
    rows, columns = np.nonzero(response == cv2.dilate(response, np.ones((reach, reach), np.uint8)))
    return _on_image(ground, columns, rows, response[rows, columns])


def blob_dog(seen: Seen) -> Marks:
    """scikit-image's `blob_dog` of the same picture, by contrast; minutes on a whole image, so for pieces."""
    from skimage import feature  # noqa: PLC0415 - of the extra "detection"

    ground = make_ground(seen.frame, seen.pixel_mm, inverse=seen.inverse)
    if ground is None:
        return NONE
    low, high = SMALLEST_MM / ground.pixel_mm, LARGEST_MM / ground.pixel_mm
    find: Any = feature.blob_dog
    found = find(ground.values, min_sigma=low, max_sigma=high, threshold=2.0)
    rows, columns = found[:, 0].astype(int), found[:, 1].astype(int)
    fine, coarse = (cv2.GaussianBlur(ground.values, (0, 0), sigma) for sigma in (low, 3 * high))
    return _on_image(ground, columns, rows, (fine - coarse)[rows, columns])


METHODS: dict[str, Callable[[Seen], Marks]] = {
    "white top-hat 1 mm": top_hat,
    "filter response alone": plain_response,
    "the program": program,
}


def _on_image(ground: Ground, column: NDArray[Any], row: NDArray[Any], score: NDArray[Any]) -> Marks:
    """Marks on places (centres of pixels) of a ground, the best of those well within the breast."""
    kept = np.flatnonzero(ground.skin_at(column, row) >= SKIN_MM)
    best = kept[np.argsort(-score[kept], kind="stable")[:MOST]]
    return Marks(
        ground.left + (column[best].astype(np.float64) + 0.5) * ground.step,
        ground.top + (row[best].astype(np.float64) + 0.5) * ground.step,
        score[best].astype(np.float64),
    )
