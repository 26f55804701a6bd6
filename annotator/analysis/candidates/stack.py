"""Candidates in a stack of slices: found in slabs, each then given the slice in which it is sharpest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.analysis.blobs import FINEST_PX, blob_response, bright_up, pixel_mm_of
from annotator.analysis.candidates.find import MOST_TOLD, Told, candidate_of, find_told
from annotator.jobs import CancelToken, Progress
from annotator.model.candidate import CandidateRow, Candidates
from annotator.model.geometry import ImagePoint, PixelSpacing
from annotator.model.image import ImageKey, PaddingRange

SLAB_MM = 7.0
"""Thick enough that a calcification is sharp in one, thin enough that noise is not lifted above it."""
ASSUMED_SLICE_MM = 1.0
SAME_SPOT_MM = 0.6
"""Out of its plane a calcification is drawn out; what lies nearer in another slab is its shadow."""
BEYOND = 3
"""Slices beyond its slab in which a candidate is looked for."""

_SHARP_MM = (0.09, 0.15)

Frame = NDArray[Any]


@dataclass(frozen=True, slots=True)
class _InSlab:
    """A candidate with the slices of its slab, first and last."""

    told: Told
    first: int
    last: int


def find_in_stack(
    read_frame: Callable[[int], Frame],
    frames: int,
    *,
    spacing: PixelSpacing | None,
    image: ImageKey,
    slice_mm: float | None = None,
    inverse: bool = False,
    padding: PaddingRange | None = None,
    pectoral: Sequence[ImagePoint] = (),
    token: CancelToken | None = None,
) -> Candidates:
    """Candidates of a stack of `frames` slices `slice_mm` apart, each with the number of its sharpest slice.

    `read_frame(n)` gives the stored values of slice n (1 is the first); each is read twice, and only a few are in
    memory at a time. `image` is any slice of the stack. Otherwise as `find_candidates`. Raises Cancelled.
    """
    token = token or CancelToken()
    thick = max(1, round(SLAB_MM / (slice_mm or ASSUMED_SLICE_MM)))
    slabs = [(first, min(frames, first + thick - 1)) for first in range(1, frames + 1, thick)]
    total = 2 * frames
    done = 0
    found: list[_InSlab] = []
    quiet = _Quiet(token)
    version, breast_found = "", False
    for first, last in slabs:
        highest: Frame | None = None
        for number in range(first, last + 1):
            done += 1
            token.checkpoint(Progress(done, total, f"slice {number}"))
            highest = _higher(highest, read_frame(number), padding, inverse=inverse)
        if highest is None:
            continue
        told, version = find_told(highest, spacing=spacing, inverse=inverse, padding=padding, token=quiet)
        breast_found |= told is not None
        found += [_InSlab(t, first, last) for t in told or ()]
    kept = _once_each(found, spacing)
    best = _sharpest(kept, read_frame, frames, spacing, inverse, padding, token, done)
    made = [
        candidate_of(t.told, replace(image, frame=n), version, spacing, pectoral)
        for t, n in zip(kept, best, strict=True)
    ]
    rows = [CandidateRow((c.id,), c.hint) for c in made]
    token.checkpoint(Progress(total, total))
    return Candidates(tuple(made), tuple(rows), version, breast_found)


class _Quiet(CancelToken):
    """Is cancelled with another, and tells no progress of its own."""

    def __init__(self, other: CancelToken) -> None:
        super().__init__()
        self._other = other

    def checkpoint(self, progress: Progress | None = None) -> None:  # noqa: ARG002  of the one it stands for
        self._other.checkpoint()


def _higher(so_far: Frame | None, frame: Frame, padding: PaddingRange | None, *, inverse: bool) -> Frame:
    """The brightest as shown of each pixel; padding wins nothing."""
    if so_far is None:
        return np.array(frame)
    brighter = frame < so_far if inverse else frame > so_far
    if padding is not None:
        brighter &= (frame < padding.low) | (frame > padding.high)
        brighter |= (so_far >= padding.low) & (so_far <= padding.high)
    np.copyto(so_far, frame, where=brighter)
    return so_far


def _once_each(found: Sequence[_InSlab], spacing: PixelSpacing | None) -> list[_InSlab]:
    """The likeliest of those that lie over each other in several slabs."""
    pixel = pixel_mm_of(spacing)
    kept: list[_InSlab] = []
    places = np.zeros((len(found), 2))
    for candidate in sorted(found, key=lambda c: -c.told.score):
        at = np.array([candidate.told.point.column, candidate.told.point.row]) * pixel
        others = [k for k, c in enumerate(kept) if c.first != candidate.first]
        apart = np.hypot(*(places[others] - at).T) if others else np.zeros(0)
        if len(kept) < MOST_TOLD and not (apart < SAME_SPOT_MM).any():
            places[len(kept)] = at
            kept.append(candidate)
    return kept


def _sharpest(
    candidates: Sequence[_InSlab],
    read_frame: Callable[[int], Frame],
    frames: int,
    spacing: PixelSpacing | None,
    inverse: bool,
    padding: PaddingRange | None,
    token: CancelToken,
    done: int,
) -> list[int]:
    """The slice in which each candidate stands out most, its slab and a little beyond."""
    pixel = pixel_mm_of(spacing)
    heights = np.zeros((len(candidates), frames + 2))
    for number in range(1, frames + 1):
        token.checkpoint(Progress(done + number, 2 * frames, f"slice {number}"))
        near = [k for k, c in enumerate(candidates) if c.first - BEYOND <= number <= c.last + BEYOND]
        if not near:
            continue
        frame = read_frame(number)
        for k in near:
            heights[k, number] = _sharpness(frame, candidates[k].told, pixel, inverse, padding)
    # each with half of its neighbours: noise of one slice decides less
    evened = heights[:, :-2] / 4 + heights[:, 1:-1] / 2 + heights[:, 2:] / 4
    return [int(n) + 1 for n in evened.argmax(axis=1)]


def _sharpness(
    frame: Frame, told: Told, pixel_mm: float, inverse: bool, padding: PaddingRange | None
) -> float:
    reach = int(np.ceil(1.0 / pixel_mm))
    column, row = int(told.point.column), int(told.point.row)
    left, top = max(0, column - reach), max(0, row - reach)
    values, _ = bright_up(frame[top : row + reach + 1, left : column + reach + 1], padding, inverse=inverse)
    near = max(1, round(0.15 / pixel_mm))
    i, j = row - top, column - left
    found = 0.0
    for mm in _SHARP_MM:
        response, _ = blob_response(values, max(mm / pixel_mm, FINEST_PX))
        found += float(response[max(0, i - near) : i + near + 1, max(0, j - near) : j + near + 1].max())
    return found
