"""What is left of a speck in a picture smaller than its pixels, by the way the picture is made.

Lost: the brightest screen pixel near the speck keeps less than 5 % of its contrast (no noise, every phase
between the grids). Area under the curve: how well that pixel tells a place with a speck from one without,
in noise like a mammogram's; 0.5 is a guess. Fixed seeds: nothing here depends on the machine.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from annotator.imaging.pyramid import build_levels
from annotator.imaging.render import Mode, render_moving, render_values
from annotator.model.geometry import ViewTransform
from benchmarks.imaging.files import Files
from benchmarks.imaging.rows import Bar, Row

SEED = 20260
STEP = 3.413
"""Image pixels on a screen pixel: 4096 rows on a screen of 1,200."""
SIDE = 1280
APART = 32
LOST_BELOW = 0.05
GROUND, NOISE = 8000.0, 400.0
DETECTOR_BLUR = 0.6
"""Deviation in pixels of the blur that ties the noise of neighbouring pixels together."""

Picture = NDArray[np.uint16]
Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Placed:
    """The grid of the screen over an image: pixel (0, 0) begins at (`left`, `top`) screen pixels."""

    left: float
    top: float

    @property
    def count(self) -> int:
        return math.floor(SIDE / STEP) - 2

    def centres(self) -> tuple[Values, Values]:
        """Columns and rows of the image under the centres of the screen pixels, pixel centres at .5."""
        screen = np.asarray(np.arange(self.count) + 0.5, np.float64)
        return (screen - self.left) * STEP, (screen - self.top) * STEP


Method = Callable[[Picture, Placed], Values]


def nearest(picture: Picture, placed: Placed) -> Values:
    columns, rows = placed.centres()
    taken = picture[np.floor(rows).astype(int)][:, np.floor(columns).astype(int)]
    return np.asarray(taken, np.float64)


def bilinear(picture: Picture, placed: Placed) -> Values:
    return _between(picture.astype(np.float32), placed, 1)


def trilinear(picture: Picture, placed: Placed) -> Values:
    """Between the two mip-map levels on either side of the step, as a graphics card does it."""
    level = math.log2(STEP)
    finer = 2 ** math.floor(level)
    share = level - math.floor(level)
    fine, coarse = (
        _between(
            np.asarray(
                cv2.resize(
                    picture.astype(np.float32), (SIDE // factor, SIDE // factor), interpolation=cv2.INTER_AREA
                ),
                np.float32,
            ),
            placed,
            factor,
        )
        for factor in (finer, 2 * finer)
    )
    return np.asarray((1 - share) * fine + share * coarse)


def area_mean(picture: Picture, placed: Placed) -> Values:
    """By sums: the exact mean over each screen pixel's own area."""
    summed = np.zeros((SIDE + 1, SIDE + 1))
    summed[1:, 1:] = picture.astype(np.float64).cumsum(0).cumsum(1)
    edges = np.arange(placed.count + 1, dtype=np.float64)
    columns, rows = (edges - placed.left) * STEP, (edges - placed.top) * STEP
    at = _along(_along(summed, rows).T, columns).T
    return np.asarray(np.diff(np.diff(at, axis=0), axis=1) / STEP**2)


def maximum(picture: Picture, placed: Placed) -> Values:
    """The brightest image pixel whose centre falls on each screen pixel."""
    edges = np.arange(placed.count + 1, dtype=np.float64)
    firsts = [np.ceil((edges - start) * STEP - 0.5).astype(int) for start in (placed.top, placed.left)]
    rows = np.maximum.reduceat(picture, firsts[0], axis=0)[:-1]
    return np.maximum.reduceat(rows, firsts[1], axis=1)[:, :-1].astype(np.float64)


def shown_mean(picture: Picture, placed: Placed) -> Values:
    return _shown(picture, placed, Mode.MEAN)


def shown_speck_true(picture: Picture, placed: Placed) -> Values:
    return _shown(picture, placed, Mode.SPECK_TRUE)


def shown_while_moving(picture: Picture, placed: Placed) -> Values:
    """What stands in for the exact picture during a zoom or a shift."""
    view = ViewTransform(SIDE, SIDE, 1 / STEP, placed.left, placed.top)
    size = placed.count, placed.count
    shown, _ = render_moving(build_levels(picture), view, *size, Mode.SPECK_TRUE, outside=0)
    return shown.astype(np.float64)


OURS = "speck-true, as shown by this program"
BILINEAR = "bilinear (Qt smooth, most viewers)"
MEAN = "area mean, by sums"
METHODS: dict[str, Method] = {
    "nearest pixel": nearest,
    BILINEAR: bilinear,
    "mip-map, trilinear (graphics cards)": trilinear,
    MEAN: area_mean,
    "mean, as shown by this program": shown_mean,
    OURS: shown_speck_true,
    "speck-true, while the view moves": shown_while_moving,
    "maximum alone": maximum,
}


@dataclass(frozen=True, slots=True)
class Speck:
    """A kind of speck: `profile` gives its height 0..1 at distances in pixels from its centre."""

    words: str
    deviations: float
    size: int = 0
    fwhm: float = 0.0
    area_bar: float = 0.0

    def patch(self, rng: np.random.Generator) -> NDArray[np.float64]:
        """Its contrast on 9 x 9 pixels, 1 at its height; a blurred one lies anywhere between pixels."""
        if self.size:
            patch = np.zeros((9, 9))
            patch[4 : 4 + self.size, 4 : 4 + self.size] = 1
            return patch
        off = rng.uniform(-0.5, 0.5, 2)
        rows, columns = np.ogrid[-4:5, -4:5]
        sigma = self.fwhm / 2.3548
        return np.asarray(np.exp(-((rows - off[0]) ** 2 + (columns - off[1]) ** 2) / (2 * sigma**2)))


SQUARES = tuple(Speck(f"{size} px", 0, size=size) for size in (1, 2, 3))
IN_NOISE = (
    Speck("1 px, 6 sd", 6, size=1, area_bar=0.97),
    Speck("2 px, 3 sd", 3, size=2, area_bar=0.88),
    Speck("FWHM 3 px, 3 sd", 3, fwhm=3.0, area_bar=0.85),
)


def measure(files: Files) -> Iterator[Row]:
    """The rows with a bar; the whole tables are `speck_tables`."""
    trials = files.sizes.specks
    lost, areas = shares_lost(trials), areas_under_curves(trials, fine_noise)
    for speck in SQUARES:
        kept = {name: lost[name, speck.words] for name in METHODS}
        beside = f"mean {kept[MEAN]:.0%}, bilinear {kept[BILINEAR]:.0%}"
        yield Row(f"specks of {speck.words} lost", f"{kept[OURS]:.1%}", beside, kept[OURS], Bar(0))
    for speck in IN_NOISE:
        area = {name: areas[name, speck.words] for name in METHODS}
        beside = f"mean {area[MEAN]:.2f}, bilinear {area[BILINEAR]:.2f}"
        bar = Bar(speck.area_bar, least=True)
        yield Row(f"area under the curve, {speck.words}", f"{area[OURS]:.3f}", beside, area[OURS], bar)


Results = dict[tuple[str, str], float]


def shares_lost(trials: int) -> Results:
    """By method and speck."""
    return {
        (method, speck.words): float(np.mean(kept < LOST_BELOW))
        for number, speck in enumerate(SQUARES)
        for method, kept in _contrast_kept(speck, trials, SEED + number).items()
    }


def areas_under_curves(trials: int, noise: Noise) -> Results:
    """By method and speck."""
    return {
        (method, speck.words): area_under_curve(*found)
        for number, speck in enumerate(IN_NOISE)
        for method, found in _brightest(speck, trials, SEED + 100 + number, noise).items()
    }


def speck_tables(trials: int) -> str:
    """All methods as Markdown, for the page on the speck-true mode: in fine noise, then in structure too."""
    lost, areas = shares_lost(trials), areas_under_curves(trials, fine_noise)
    structured = areas_under_curves(trials, noise_in_structure)
    head = ["how the picture is made", *(f"{speck.words} lost" for speck in SQUARES)]
    head += [f"{speck.words}: fine noise / with structure" for speck in IN_NOISE]
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for method in METHODS:
        cells = [f"{lost[method, speck.words]:.0%}" for speck in SQUARES]
        for speck in IN_NOISE:
            key = method, speck.words
            cells.append(f"{areas[key]:.2f} / {structured[key]:.2f}")
        name = f"**{method}**" if method == OURS else method
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def area_under_curve(with_speck: Sequence[float] | Values, without: Sequence[float] | Values) -> float:
    """The chance that a place with a speck looks brighter than one without; ties count half."""
    ranks = rankdata(np.concatenate([with_speck, without]))
    count, others = len(with_speck), len(without)
    return float((ranks[:count].sum() - count * (count + 1) / 2) / (count * others))


def fine_noise(rng: np.random.Generator) -> Values:
    """What the quanta leave behind a detector that blurs a little; deviation 1."""
    noise = cv2.GaussianBlur(rng.normal(size=(SIDE, SIDE)), (0, 0), DETECTOR_BLUR)
    return np.asarray(noise / noise.std())


def noise_in_structure(rng: np.random.Generator) -> Values:
    """Half of the variance fine, half in broad structure (power falling with the cube of frequency)."""
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(SIDE), np.fft.rfftfreq(SIDE), indexing="ij"))
    spectrum = np.fft.rfft2(rng.normal(size=(SIDE, SIDE))) * np.maximum(frequency, 1 / 200) ** -1.5
    broad = np.fft.irfft2(spectrum, (SIDE, SIDE))
    return np.asarray((fine_noise(rng) + (broad - broad.mean()) / broad.std()) / math.sqrt(2))


Noise = Callable[[np.random.Generator], Values]


def _contrast_kept(speck: Speck, trials: int, seed: int) -> dict[str, Values]:
    kept: dict[str, list[Values]] = {method: [] for method in METHODS}
    height = 10 * NOISE
    for rng, placed in _sheets(trials, seed):
        signal, places = _strewn(speck, rng)
        picture = (GROUND + height * signal).astype(np.uint16)
        for name, method in METHODS.items():
            kept[name].append((_near(method(picture, placed), places, placed) - GROUND) / height)
    return {name: np.concatenate(parts)[:trials] for name, parts in kept.items()}


def _brightest(speck: Speck, trials: int, seed: int, noise: Noise) -> dict[str, tuple[Values, Values]]:
    found: dict[str, tuple[list[Values], list[Values]]] = {method: ([], []) for method in METHODS}
    for rng, placed in _sheets(trials, seed):
        signal, places = _strewn(speck, rng)
        empty, bare = (GROUND + NOISE * noise(rng) for _ in range(2))
        with_specks = _stored(bare + NOISE * speck.deviations * signal)
        for name, method in METHODS.items():
            found[name][0].append(_near(method(with_specks, placed), places, placed))
            found[name][1].append(_near(method(_stored(empty), placed), places, placed))
    return {
        name: (np.concatenate(have)[:trials], np.concatenate(lack)[:trials])
        for name, (have, lack) in found.items()
    }


def _sheets(trials: int, seed: int) -> Iterator[tuple[np.random.Generator, Placed]]:
    """As many sheets of specks as the trials need, each with the grids shifted against each other."""
    rng = np.random.default_rng(seed)
    a_sheet = len(_grid()) ** 2
    for _ in range(math.ceil(trials / a_sheet)):
        yield rng, Placed(*-rng.uniform(0, 1, 2))


def _grid() -> NDArray[np.intp]:
    return np.arange(APART, SIDE - 2 * APART, APART)


def _strewn(speck: Speck, rng: np.random.Generator) -> tuple[Values, Values]:
    """A sheet of specks, and the (column, row) of the middle of each."""
    sheet, places = np.zeros((SIDE, SIDE)), []
    for row in _grid():
        for column in _grid():
            top, left = (int(v) for v in np.array([row, column]) + rng.integers(0, 12, 2))
            sheet[top : top + 9, left : left + 9] = speck.patch(rng)
            middle = 4 + speck.size / 2 if speck.size else 4.5
            places.append((left + middle, top + middle))
    return sheet, np.array(places)


def _near(shown: Values, places: Values, placed: Placed) -> Values:
    """The brightest of the 3 x 3 screen pixels around each place."""
    around = cv2.dilate(shown, np.ones((3, 3)))
    columns = np.floor(places[:, 0] / STEP + placed.left).astype(int)
    rows = np.floor(places[:, 1] / STEP + placed.top).astype(int)
    return np.asarray(around[rows, columns], np.float64)


def _stored(values: Values) -> Picture:
    return np.clip(np.round(values), 0, 0xFFFF).astype(np.uint16)


def _between(plane: NDArray[np.float32], placed: Placed, factor: int) -> Values:
    columns, rows = placed.centres()
    across, down = np.meshgrid(columns / factor - 0.5, rows / factor - 0.5)
    maps = across.astype(np.float32), down.astype(np.float32)
    return np.asarray(cv2.remap(plane, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float64)


def _along(sums: Values, at: Values) -> Values:
    """Rows of a table of sums, also between its own."""
    first = np.floor(at).astype(int)
    share = (at - first)[:, None]
    return np.asarray((1 - share) * sums[first] + share * sums[np.minimum(first + 1, len(sums) - 1)])


def _shown(picture: Picture, placed: Placed, mode: Mode) -> Values:
    levels = build_levels(picture)
    view = ViewTransform(SIDE, SIDE, 1 / STEP, placed.left, placed.top)
    shown = render_values(levels, view, placed.count, placed.count, mode, outside=0)
    return shown.astype(np.float64)
