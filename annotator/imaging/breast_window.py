"""The window a picture opens with, the file's own or one chosen from the breast; and which value is air."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from annotator.imaging.grayscale import full_range, is_padding, modality_values, stored_range, voi_fraction
from annotator.model.image import ImageInfo, PaddingRange, Voi, VoiFunction, Window

CHOSEN_FROM_HISTOGRAM = "chosen from the histogram"

_NEARLY_BLACK = 1 / 64
_GREY_SHARE = 0.02
_FAR_END = 0.002
"""Of the breast, beyond the end of the window away from the air: where calcifications are."""
_AIR_END = 0.01
_AIR_SHARE = 0.2
_SAMPLES = 400_000
_BINS = 256


class _Values(NamedTuple):
    """Stored values in ascending order and how often each occurs. `air` is -1 when the values below were
    air, 1 when those above were, 0 when none was found.
    """

    stored: NDArray[np.int64]
    counts: NDArray[np.int64]
    air: int = 0

    def where(self, kept: NDArray[np.bool_], air: int = 0) -> _Values:
        return _Values(self.stored[kept], self.counts[kept], air)

    @property
    def total(self) -> int:
        return int(self.counts.sum())

    def quantile(self, share: float) -> float:
        """The value that this share of the pixels does not exceed."""
        place = int(np.searchsorted(self.counts.cumsum(), share * self.total))
        return float(self.stored[min(place, self.stored.size - 1)])


def default_voi(info: ImageInfo, frame: NDArray[Any]) -> Voi:
    """The file's first alternative, else a window over the breast's own values.

    A window of the file that shows nearly all of the breast black or white was written for other values
    (seen where 12 bits became 8) and is passed over. `frame` holds stored values, shape (rows, columns).
    Background is left out: it is padding, or the flat peak at one end of the histogram (DICOM has no
    attribute for air). Some 3 ms for 13.6 million pixels.
    """
    breast = _without_air(_values(info, frame))
    if info.voi and _shows(info.voi[0], info, breast):
        return info.voi[0]
    if not breast.stored.size:
        return full_range(info)
    ends = modality_values(info, np.array(_ends(info, breast)))
    low, high = float(ends.min()), float(ends.max())
    return Window((low + high) / 2, max(high - low, 1.0), VoiFunction.LINEAR_EXACT, CHOSEN_FROM_HISTOGRAM)


def flat_air(info: ImageInfo, frame: NDArray[Any]) -> PaddingRange | None:
    """The one stored value that air has in a file without padding; None when air is not as flat as that.

    DICOM has no attribute for air. It is taken for a value at the dark end of the picture that a fifth
    of all pixels have: what a mammograph, or whoever cut the breast out, wrote where there is nothing.
    """
    values = _values(info, frame)
    if info.padding is not None or values.stored.size < 2:
        return None
    place = -1 if info.inverse else 0
    if values.counts[place] < _AIR_SHARE * values.total:
        return None
    value = int(values.stored[place])
    return PaddingRange(value, value)


def _values(info: ImageInfo, frame: NDArray[Any]) -> _Values:
    """Of a sample of the frame, without padding."""
    step = max(1, math.isqrt(frame.size // _SAMPLES))
    low, _ = stored_range(info)
    counts = np.bincount(frame[::step, ::step].ravel().astype(np.intp) - low)
    stored = np.flatnonzero(counts) + low
    found = _Values(stored, counts[stored - low])
    if info.padding is None:
        return found
    return found.where(~is_padding(stored, info.padding))


def _without_air(values: _Values) -> _Values:
    """Drops the flat background: a peak of a twentieth of the pixels at either end of the values.

    The limit to tissue is 12 % of the way from air to the median of the rest, as in the breast mask.
    """
    if values.stored.size < 2:
        return values
    low, high = int(values.stored[0]), int(values.stored[-1])
    bins = (values.stored - low) * _BINS // (high - low + 1)
    histogram = np.bincount(bins, weights=values.counts, minlength=_BINS)
    peak = int(histogram.argmax())
    if histogram[peak] < values.total / 20 or _BINS // 4 <= peak < _BINS * 3 // 4:
        return values
    side = -1 if peak < _BINS // 2 else 1
    # distances from the air, so that dark and bright air are one case
    air = low + (peak + 0.5) * (high - low + 1) / _BINS
    away = -side * (values.stored - air)
    rest = values.where(away > (high - low) / 128, side)
    if rest.total < values.total / 100:
        return values
    return values.where(away > 0.12 * abs(rest.quantile(0.5) - air), side)


def _ends(info: ImageInfo, breast: _Values) -> tuple[float, float]:
    """The ends of the window in stored values.

    Towards the air the breast thins out, and its rim may spread over most of the values there are: the
    window ends as far from the middle as the body of the breast asks for, so that the rim does not take
    the contrast of everything else.
    """
    dark = breast.air < 0 or (breast.air == 0 and not info.inverse)
    if dark:
        body, middle = breast.quantile(0.25), breast.quantile(0.5)
        return max(breast.quantile(_AIR_END), 3 * body - 2 * middle), breast.quantile(1 - _FAR_END)
    body, middle = breast.quantile(0.75), breast.quantile(0.5)
    return breast.quantile(_FAR_END), min(breast.quantile(1 - _AIR_END), 3 * body - 2 * middle)


def _shows(voi: Voi, info: ImageInfo, breast: _Values) -> bool:
    """Whether some of these values come out as grey; nothing can be said of a flat picture."""
    if breast.stored.size < 2:
        return True
    grey = voi_fraction(voi, modality_values(info, breast.stored))
    shown = breast.where((grey > _NEARLY_BLACK) & (grey < 1 - _NEARLY_BLACK))
    return shown.total > _GREY_SHARE * breast.total
