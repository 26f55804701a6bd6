"""The greyscale standard display function (PS3.14): what a screen shows against what it should show.

Luminances are in cd/m2 throughout. A just noticeable difference (JND) is the step in luminance that an
average observer just sees; the standard asks that equal steps of the P-value are equal steps in JNDs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from annotator.errors import InvalidCalibration
from annotator.model.display import LEVELS, PHOTOMETER_LEVELS

Floats = NDArray[np.float64]

LOWEST, HIGHEST = 0.05, 4000.0
"""Luminances the function is defined for (PS3.14 6)."""

LAST_JND = 1023.0

LEAST_RATIO = 2.0
"""White over black below which it is no screen that was measured; those in use have 250 and more."""

USUAL_LIMIT = 10.0
USUAL_LIMIT_SOURCE = "the limit usual in the literature: RANZCR standards of practice, 10 %"
"""Deviation in percent that published display standards allow; shown, never enforced."""

# PS3.14 7.1: log10 L(j) as a quotient of polynomials in ln j, lowest power first
_OVER = (-1.3011877, 8.0242636e-2, 1.3646699e-1, -2.5468404e-2, 1.3635334e-3)
_UNDER = (1.0, -2.5840191e-2, -1.0320229e-1, 2.8745620e-2, -3.1978977e-3, 1.2992634e-4)
# PS3.14 7.1: j(L) as a polynomial in log10 L
_INVERSE = (
    71.498068, 94.593053, 41.912053, 9.8247004, 0.28175407, -1.1878455, -0.18014349, 0.14710899, -0.017046845,
)  # fmt: skip


def luminance_of_jnd(index: ArrayLike) -> Floats:
    """Luminance of JND indices from 1 to 1023 (PS3.14 7.1). ValueError outside."""
    j = np.asarray(index, np.float64)
    if not ((j >= 1) & (j <= LAST_JND)).all():
        raise ValueError("JND indices run from 1 to 1023")
    x = np.log(j)
    exponent = np.polynomial.polynomial.polyval(x, _OVER) / np.polynomial.polynomial.polyval(x, _UNDER)
    return np.asarray(10.0**exponent)


def jnd_of_luminance(luminance: ArrayLike) -> Floats:
    """JND index, not rounded, of luminances from 0.05 to 4000 cd/m2 (PS3.14 7.1). ValueError outside."""
    values = np.asarray(luminance, np.float64)
    if not ((values >= LOWEST) & (values <= HIGHEST)).all():
        raise ValueError("the function is defined from 0.05 to 4000 cd/m2")
    return np.asarray(np.polynomial.polynomial.polyval(np.log10(values), _INVERSE))


def contrast_of_jnd(index: ArrayLike) -> Floats:
    """dL/L of the one JND about each index, from 1.5 to 1022.5: the step that is just seen there."""
    j = np.asarray(index, np.float64)
    below, above = luminance_of_jnd(j - 0.5), luminance_of_jnd(j + 0.5)
    return np.asarray(2 * (above - below) / (above + below))


@dataclass(frozen=True)
class Conformance:
    """How a screen's steps compare with the standard's, one entry for each interval between entered levels.

    `contrast` is dL/L for one JND as measured, `standard` as it should be, `deviation` in percent of that.
    `jnd` is the JND index in the middle of each interval.
    """

    jnd: Floats
    contrast: Floats
    standard: Floats

    @property
    def deviation(self) -> Floats:
        """Percent by which each step is too large (above 0) or too small."""
        return (self.contrast / self.standard - 1) * 100

    @property
    def largest(self) -> float:
        """The largest deviation in percent, without its sign."""
        return float(np.abs(self.deviation).max())

    @property
    def within_usual_limit(self) -> bool:
        """Whether no step is further off than published standards allow (`USUAL_LIMIT`)."""
        return self.largest <= USUAL_LIMIT


class Calibration:
    """The characteristic curve of a screen, drawn monotonically through the entered values.

    Between entries the curve is a monotone cubic in JND indices, in which screens are nearly straight, so
    that few entries go a long way.
    """

    def __init__(self, levels: Sequence[int], luminances: Sequence[float], ambient: float = 0.0) -> None:
        """`luminances` of the driving `levels` 0..255, `ambient` added to all. Raises InvalidCalibration."""
        _check(levels, luminances, ambient)
        self.levels: Floats = np.array(levels, np.float64)
        self.luminances: Floats = np.array(luminances, np.float64) + ambient
        self._jnd = jnd_of_luminance(self.luminances)

    @property
    def jnds(self) -> float:
        """How many just noticeable differences lie between black and white."""
        return float(self._jnd[-1] - self._jnd[0])

    @property
    def ratio(self) -> float:
        """Luminance of white over that of black, ambient light included."""
        return float(self.luminances[-1] / self.luminances[0])

    def jnd(self, level: ArrayLike) -> Floats:
        """JND index that driving levels 0..255 (fractions too) reach on this screen."""
        return _monotone(self.levels, self._jnd, np.asarray(level, np.float64))

    def luminance(self, level: ArrayLike) -> Floats:
        """Luminance of driving levels 0..255, ambient light included."""
        return luminance_of_jnd(np.clip(self.jnd(level), 1.0, LAST_JND))

    def correction(self, p_values: int = 4096, outputs: int = 256) -> NDArray[np.uint16]:
        """Driving level 0..`outputs`-1 for each of `p_values` P-values, so that equal steps look equal.

        Each P-value takes the driving level nearest to it in JNDs; rising, first 0, last `outputs` - 1.
        """
        reached = self._reached(outputs)
        wanted = np.linspace(reached[0], reached[-1], p_values)
        between = (reached[1:] + reached[:-1]) / 2
        return np.searchsorted(between, wanted, side="right").astype(np.uint16)

    def conformance(self) -> Conformance:
        """The screen as it was measured, without correction; or with it, when it was measured so."""
        return conformance_of(self.levels / (LEVELS - 1), self.luminances)

    def corrected_conformance(self, outputs: int = 256) -> Conformance:
        """What the correction table should make of it with so many driving levels: computed, not measured."""
        levels = np.array(PHOTOMETER_LEVELS)
        table = self.correction(LEVELS, outputs)
        return conformance_of(
            levels / (LEVELS - 1), self.luminance(table[levels] * ((LEVELS - 1) / (outputs - 1)))
        )

    def _reached(self, outputs: int) -> Floats:
        if outputs == LEVELS:
            return self._by_level
        return self.jnd(np.linspace(0, LEVELS - 1, outputs))

    @cached_property
    def _by_level(self) -> Floats:
        return self.jnd(np.arange(LEVELS))


def conformance_of(fractions: ArrayLike, luminances: ArrayLike) -> Conformance:
    """Steps between P-values (fractions 0..1 of white, rising) of these luminances against the standard's.

    dL/L over an interval is 2 (L2 - L1) / (L2 + L1), divided by the JNDs the interval should have: its
    share of all JNDs between the luminances of black and white.
    """
    shares, seen = np.asarray(fractions, np.float64), np.asarray(luminances, np.float64)
    first, last = jnd_of_luminance(seen[[0, -1]])
    index = first + (last - first) * (shares - shares[0]) / (shares[-1] - shares[0])
    wanted = luminance_of_jnd(np.clip(index, 1.0, LAST_JND))
    return Conformance((index[1:] + index[:-1]) / 2, _contrast(seen, index), _contrast(wanted, index))


def _contrast(luminances: Floats, index: Floats) -> Floats:
    step, total = np.diff(luminances), luminances[1:] + luminances[:-1]
    return np.asarray(2 * step / total / np.diff(index))


def _check(levels: Sequence[int], luminances: Sequence[float], ambient: float) -> None:
    """One sentence for the first entry that cannot be."""
    if len(levels) != len(luminances) or len(levels) < 2:
        raise InvalidCalibration("Enter at least two luminances: those of level 0 and of level 255.")
    if levels[0] != 0 or levels[-1] != LEVELS - 1:
        raise InvalidCalibration("The luminances of level 0 and of level 255 are missing; enter both.")
    if any(later <= level for level, later in pairwise(levels)):
        raise InvalidCalibration("Each level can be entered once, the darkest first.")
    # written so that a value that is no number fails as well
    if not 0 <= ambient <= HIGHEST:
        raise InvalidCalibration(f"Ambient light of {ambient:g} cd/m2 cannot be; enter 0 or more.")
    for level, value in zip(levels, luminances, strict=True):
        if not value >= 0 or not LOWEST <= value + ambient <= HIGHEST:
            raise InvalidCalibration(
                f"Level {level} with {value:g} cd/m2 and ambient light of {ambient:g} cd/m2 lies outside "
                f"{LOWEST:g} to {HIGHEST:g} cd/m2, where the standard ends; check the entry and its unit."
            )
    for (level, value), (later, brighter) in pairwise(zip(levels, luminances, strict=True)):
        if brighter <= value:
            raise InvalidCalibration(
                f"Level {later} with {brighter:g} cd/m2 is not brighter than level {level} with {value:g}; "
                "measure both again."
            )

    if luminances[-1] + ambient < LEAST_RATIO * (luminances[0] + ambient):
        raise InvalidCalibration(
            f"White with {luminances[-1]:g} cd/m2 is not twice as bright as black with {luminances[0]:g}, ambient "
            f"light of {ambient:g} added to both; measure both again."
        )


def _monotone(x: Floats, y: Floats, at: Floats) -> Floats:
    """Cubic through rising points that never turns back (slopes by Fritsch and Butland's harmonic mean)."""
    width, secant = np.diff(x), np.diff(y) / np.diff(x)
    slope = np.empty_like(y)
    slope[0], slope[-1] = secant[0], secant[-1]
    before, after = width[:-1], width[1:]
    heavy, light = 2 * after + before, after + 2 * before
    slope[1:-1] = (heavy + light) / (heavy / secant[:-1] + light / secant[1:])
    piece = np.clip(np.searchsorted(x, at, side="right") - 1, 0, len(width) - 1)
    h, t = width[piece], (at - x[piece]) / width[piece]
    rise = y[piece + 1] - y[piece]
    begin, end = h * slope[piece], h * slope[piece + 1]
    return np.asarray(
        y[piece] + begin * t + (3 * rise - 2 * begin - end) * t**2 + (begin + end - 2 * rise) * t**3
    )
