"""Linear pieces: the middle line of a bright line followed from a place on it, and its shape along that line.

Lengths here are pixels of the patch; coordinates are continuous (column, row), (0, 0) its outer corner.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from annotator.analysis.mark_table import Points
from annotator.analysis.noise import FloatImage
from annotator.analysis.spots.shapes import Mask, Place, SpotShape

_TURNS = np.radians([-20.0, -10.0, 0.0, 10.0, 20.0])
# fitted to synthetic mammograms: what blur adds to a width in quadrature, and what the sides leave out besides
_BLUR_PX, _SIDES = 2.2, 1.2
_WIDTH_OFF, _ENDS_OFF_PX = 0.32, 4.0
"""Deviations of what is measured: of a width as a share, of a length."""

_END = 0.35
"""A piece ends where its crest falls below this share of its usual height."""

_FADED = 0.45
"""A line has ended where less than so much of its usual height is left over a whole look ahead."""
_LEAST_NOISE = 2.5
_FINE = 4
"""Samples for each pixel across a straightened line."""


@dataclass(frozen=True)
class Track:
    """A line followed: its middle from end to end, one place for each pixel, and which of them is nearest the start."""

    axis: Points
    start: int


def follow(values: FloatImage, start: Place, angle: float, width: float, noise: float, most: float) -> Track:
    """Follow a line both ways from a place on it; `width` as far as known, `most` pixels to either side."""
    walker = _Walker(values, width, noise)
    start, angle, height = walker.centred(start, angle)
    ahead = walker.walk(start, angle, height, most)
    behind = walker.walk(start, angle + math.pi, height, most)
    places = np.array([*behind[::-1], start, *ahead])
    axis = _evened(places, width)
    return Track(axis, int(np.hypot(*(axis - start).T).argmin()))


class _Walker:
    """Looks ahead over a short piece of line: how much its middle stands above both sides."""

    def __init__(self, values: FloatImage, width: float, noise: float) -> None:
        self._values = values
        self._ahead = max(3.0, 2.0 * width)
        self._step = max(1.0, 0.5 * width)
        self._noise = noise
        along = np.arange(0.5, self._ahead + 0.01, 1.0)
        middle = np.array([-0.25, 0.0, 0.25]) * width
        aside = np.array([0.9, 1.2, 1.5]) * max(width, 2.0)
        across = np.concatenate([-aside, middle, aside])
        self._u, self._v = (a.ravel() for a in np.meshgrid(along, across, indexing="ij"))
        self._count = (len(along), len(across))
        self._least = _LEAST_NOISE * noise / math.sqrt(len(along) * 1.5)

    def _sampled(self, x: Points, y: Points) -> FloatImage:
        """Values at places (column, row)."""
        at = (np.float32(x - 0.5).reshape(1, -1), np.float32(y - 0.5).reshape(1, -1))
        out = cv2.remap(self._values, *at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(out, np.float32).reshape(x.shape)

    def heights(self, place: Place, angles: Points) -> Points:
        """Height of the middle over the higher side, ahead of a place, in each direction."""
        cos, sin = np.cos(angles)[:, None], np.sin(angles)[:, None]
        found = self._sampled(
            place[0] + self._u * cos - self._v * sin, place[1] + self._u * sin + self._v * cos
        )
        profile = found.reshape(len(angles), *self._count).mean(axis=1)
        sides = (profile[:, :3].mean(axis=1), profile[:, -3:].mean(axis=1))
        ground = (np.mean(sides, axis=0) + np.max(sides, axis=0)) / 2
        return np.asarray(profile[:, 3:6].mean(axis=1) - ground, np.float64)

    def centred(self, place: Place, angle: float) -> tuple[Place, float, float]:
        """The place moved onto the middle of the line, its direction and its height there."""
        for _ in range(2):
            place = self._onto_middle(place, angle, both_ways=True)
            angles = angle + np.radians(np.arange(-15.0, 15.1, 5.0))
            both = self.heights(place, angles) + self.heights(place, angles + math.pi)
            angle, height = float(angles[both.argmax()]), float(both.max()) / 2
        return place, angle, height

    def _onto_middle(self, place: Place, angle: float, *, both_ways: bool = False) -> Place:
        """Sidewards to where the piece about a place is brightest, at most half a pixel or a third of the width."""
        far = max(0.5, self._step * 0.66)
        off = np.linspace(-far, far, 9)
        along = np.linspace(-self._step if both_ways else -self._step / 2, self._step, 4)
        u, v = (a.ravel() for a in np.meshgrid(along, off))
        x = place[0] + u * math.cos(angle) - v * math.sin(angle)
        y = place[1] + u * math.sin(angle) + v * math.cos(angle)
        profile = self._sampled(x, y).reshape(len(off), -1).mean(axis=1)
        weight = np.maximum(profile - np.partition(profile, 3)[3], 0)
        moved = float((weight * off).sum() / max(float(weight.sum()), 1e-9))
        return place[0] - moved * math.sin(angle), place[1] + moved * math.cos(angle)

    def walk(self, start: Place, angle: float, height: float, most: float) -> list[Place]:
        """Places from the start on until the line has ended."""
        place, usual = start, height
        places: list[Place] = []
        rows, columns = self._values.shape
        while len(places) * self._step < most:
            angles = angle + _TURNS
            found = self.heights(place, angles)
            best = int((found - 0.02 * usual * np.abs(_TURNS / _TURNS[-1])).argmax())
            if found[best] < max(_FADED * usual, self._least):
                break
            angle = float(angles[best]) * 0.6 + angle * 0.4
            place = (place[0] + self._step * math.cos(angle), place[1] + self._step * math.sin(angle))
            place = self._onto_middle(place, angle)
            if not (1 <= place[0] < columns - 1 and 1 <= place[1] < rows - 1):
                break
            places.append(place)
            usual = max(usual, 0.85 * usual + 0.15 * float(found[best]))
        return places


def _evened(places: Points, width: float) -> Points:
    """A broken line without its tremor, one place for each pixel of its length."""
    if len(places) < 2:
        return places
    steps = np.hypot(*np.diff(places, axis=0).T)
    at = np.concatenate([[0.0], np.cumsum(steps)])
    every = np.linspace(0, at[-1], max(2, math.ceil(at[-1]) + 1))
    line = np.stack([np.interp(every, at, places[:, k]) for k in (0, 1)], axis=1)
    half = int(min(max(2, round(width)), (len(line) - 1) // 2))
    if half < 1:
        return line
    # reflected about its ends, so that smoothing does not pull them in
    padded = np.concatenate([2 * line[0] - line[half:0:-1], line, 2 * line[-1] - line[-2 : -half - 2 : -1]])
    kernel = np.full(2 * half + 1, 1 / (2 * half + 1))
    return np.stack([np.convolve(padded[:, k], kernel, mode="valid") for k in (0, 1)], axis=1)


@dataclass(frozen=True)
class Ribbon:
    """A linear piece: its axis end to end, and how wide it is on either side at each place of it.

    `height` is the usual one above the background beside it, `peak` the greatest; `level` the share of the local
    height at which the sides were taken; `slope` that of the sides per pixel.
    """

    axis: Points
    left: Points
    right: Points
    height: float
    peak: float
    level: float
    slope: float

    @property
    def length(self) -> float:
        return float(np.hypot(*np.diff(self.axis, axis=0).T).sum())

    @property
    def width(self) -> float:
        return float(np.mean(self.left + self.right))


def ribbon(values: FloatImage, track: Track, width: float, gap: float, level: float) -> Ribbon | None:
    """The piece along a track; None when nothing of it stands out. Gaps of up to `gap` pixels do not end it."""
    line, inner = _lengthened(track.axis, math.ceil(1.5 * width + 3))
    half = math.ceil((2.2 * width + 3) * _FINE)
    off = np.arange(-half, half + 1) / _FINE
    heights = _straightened(values, line, off, width)
    middle = np.abs(off) <= max(0.25 * width, 0.5)
    crest = _smoothed(heights[:, middle].mean(axis=1), 2)
    start = inner.start + track.start
    reach = round(max(3 * width, 6))
    usual = float(
        np.percentile(crest[max(inner.start, start - reach) : min(inner.stop, start + reach + 1)], 60)
    )
    if usual <= 0:
        return None
    first, last = _run(crest > _END * usual, start, gap)
    if last - first < 2:
        return None
    part = slice(first, last + 1)
    local = _smoothed(heights, max(2, round(width / 2)))[part]
    top = np.maximum(local[:, middle].max(axis=1), 0.5 * usual)
    left, right = _sides(local, off, level * top)
    profile = heights[part].mean(axis=0)
    slope = float(np.abs(np.gradient(profile, off)).max())
    return Ribbon(line[part], left, right, usual, float(top.max()), level, slope)


def _lengthened(axis: Points, by: int) -> tuple[Points, slice]:
    """The line with straight ends added, and where the line itself lies in it."""
    tail = min(len(axis) - 1, max(2, by // 2))
    start, end = axis[0] - axis[tail], axis[-1] - axis[-1 - tail]
    steps = np.arange(1, by + 1)[:, None]
    before = axis[0] + steps[::-1] * start / max(math.hypot(*start), 1e-9)
    after = axis[-1] + steps * end / max(math.hypot(*end), 1e-9)
    return np.concatenate([before, axis, after]), slice(by, by + len(axis))


def _straightened(values: FloatImage, line: Points, off: Points, width: float) -> Points:
    """Heights above the ground beside the line, one row for each place of it."""
    heading = np.gradient(line, axis=0)
    heading /= np.maximum(np.hypot(*heading.T), 1e-9)[:, None]
    normals = np.stack([-heading[:, 1], heading[:, 0]], axis=1)
    x = line[:, :1] + normals[:, :1] * off
    y = line[:, 1:] + normals[:, 1:] * off
    sampled = cv2.remap(
        values,
        (x - 0.5).astype(np.float32),
        (y - 0.5).astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    beside = 1.1 * width + 1
    low, high = (
        _smoothed(np.median(sampled[:, side], axis=1), round(2 * width))
        for side in (off < -beside, off > beside)
    )
    share = (off - off[0]) / (off[-1] - off[0])
    return np.asarray(sampled - (low[:, None] * (1 - share) + high[:, None] * share), np.float64)


def _smoothed(rows: Points, half: int) -> Points:
    """Mean over 2 x `half` + 1 neighbouring rows."""
    if half < 1:
        return np.asarray(rows, np.float64)
    size = (1, 2 * half + 1)
    wide = np.asarray(rows, np.float32).reshape(len(rows), -1)
    return np.asarray(cv2.blur(wide, size, borderType=cv2.BORDER_REPLICATE), np.float64).reshape(rows.shape)


def _run(above: Mask, start: int, gap: float) -> tuple[int, int]:
    """First and last index of what is above about a start, gaps bridged."""
    places = np.flatnonzero(above)
    if not places.size:
        return start, start
    at = int(np.abs(places - start).argmin())
    breaks = np.flatnonzero(np.diff(places) > gap + 1)
    first = places[breaks[breaks < at].max() + 1] if (breaks < at).any() else places[0]
    last = places[breaks[breaks >= at].min()] if (breaks >= at).any() else places[-1]
    return int(first), int(last)


def _sides(local: Points, off: Points, line: Points) -> tuple[Points, Points]:
    """How far from the middle each row falls below its line, to the left (off < 0) and to the right."""
    zero = int(np.abs(off).argmin())
    found = []
    for half in (local[:, zero::-1], local[:, zero:]):
        below = half < line[:, None]
        index = np.where(below.any(axis=1), below.argmax(axis=1), half.shape[1] - 1)
        before = np.maximum(index - 1, 0)
        rows = np.arange(len(half))
        drop = half[rows, before] - half[rows, index]
        part = np.where(drop > 0, (half[rows, before] - line) / np.where(drop > 0, drop, 1), 0.0)
        found.append((before + np.clip(part, 0, 1)) / _FINE)
    usual = max(float(np.median(found[0] + found[1])) / 2, 0.25)
    left, right = (np.clip(side, 0.3 * usual, 2.0 * usual) for side in found)
    return left, right


def linear_shape(piece: Ribbon, noise: float) -> SpotShape:
    """The shape of a ribbon: its centre lies on the axis half-way, its length includes both ends."""
    width = _SIDES * math.sqrt(max(piece.width**2 - _BLUR_PX**2, (0.3 * piece.width) ** 2))
    steps = np.hypot(*np.diff(piece.axis, axis=0).T)
    at = np.concatenate([[0.0], np.cumsum(steps)])
    middle = tuple(float(np.interp(at[-1] / 2, at, piece.axis[:, k])) for k in (0, 1))
    outline = _border(piece)
    area = piece.length * width
    diameter = 2 * math.sqrt(area / math.pi)
    closed = np.vstack([outline, outline[:1]])
    perimeter = float(np.hypot(*np.diff(closed, axis=0).T).sum())
    edge = 2 * noise / max(piece.slope, 1e-9) / math.sqrt(max(piece.length / 2, 1.0))
    off = math.hypot(math.hypot(edge / width, _WIDTH_OFF), (edge + _ENDS_OFF_PX) / piece.length)
    covariance = np.cov(piece.axis.T, bias=True) + np.eye(2) * (width**2 / 16)
    return SpotShape(
        center=(middle[0], middle[1]),
        outline=outline,
        diameter=diameter,
        uncertainty=min(diameter * off / 2, diameter),
        covariance=covariance,
        circularity=min(1.0, 4 * math.pi * piece.length * piece.width / perimeter**2),
        peak=piece.peak,
        steepness=piece.slope,
        level=piece.level,
        axis=_thinned_out(piece.axis),
        length=piece.length,
        width=width,
    )


def _border(piece: Ribbon) -> Points:
    heading = np.gradient(piece.axis, axis=0)
    heading /= np.maximum(np.hypot(*heading.T), 1e-9)[:, None]
    normals = np.stack([-heading[:, 1], heading[:, 0]], axis=1)
    left = piece.axis - normals * piece.left[:, None]
    right = piece.axis + normals * piece.right[:, None]
    every = max(1, math.ceil(len(left) / 32))
    rows = sorted({*range(0, len(left), every), len(left) - 1})
    return np.concatenate([left[rows], right[rows][::-1]])


def _thinned_out(axis: Points) -> Points:
    """Its ends and some places between: enough for bends, few enough to keep."""
    rows = sorted({*range(0, len(axis), max(1, math.ceil(len(axis) / 24))), len(axis) - 1})
    return axis[rows]
