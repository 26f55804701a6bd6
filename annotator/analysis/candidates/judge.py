"""A small convolutional network that looks at each candidate closely."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.analysis.candidates.convolution import Branch, Convolution, Layer, Values
from annotator.analysis.candidates.patches import SIDE
from annotator.analysis.candidates.sieve import LIMIT
from annotator.jobs import CancelToken

SHAPES = {"close": ((5, 2), (3, 1), (3, 2)), "wide": ((5, 2), (3, 1), (3, 2)), "maps": ((5, 2), (3, 2))}
"""Side and step of the convolutions of each branch, in order."""

_BLOCK = 200

Arrays = Mapping[str, NDArray[np.generic]]
Odds = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Judge:
    """A branch for each picture, one for maps of neighbours where it knows of them, and a layer of numbers.

    Numbers are squeezed to within LIMIT deviations of their mean.
    """

    mean: Values
    deviation: Values
    close: Branch
    wide: Branch
    numbers: Layer
    maps: Branch | None
    both: Layer
    last: Values
    last_start: float

    def odds(
        self,
        numbers: Values,
        pictures: Values,
        ways: Sequence[int],
        maps: Values | None = None,
        token: CancelToken | None = None,
    ) -> Odds:
        """The log odds that each row is a calcification of the training images.

        `pictures` are rows of `patches`, `maps` those of `neighbour_maps`; the mean of these `ways` to hang them (0..7, see `hung`).
        """
        made = np.empty(len(numbers))
        for begin in range(0, len(numbers), _BLOCK):
            if token is not None:
                token.checkpoint()
            some = slice(begin, begin + _BLOCK)
            squeezed = np.clip((numbers[some] - self.mean) / self.deviation, -LIMIT, LIMIT)
            counted = self.numbers.of(np.asarray(squeezed, np.float32))
            both = np.asarray(pictures[some], np.float32).reshape(-1, 2, SIDE, SIDE)
            beside = None if maps is None else maps[some]
            made[some] = sum(self._of(counted, both, beside, way) for way in ways) / len(ways)
        return made

    def _of(self, counted: Values, pictures: Values, maps: Values | None, way: int) -> Odds:
        pictures = hung(pictures, way)
        parts = [self.close.of(pictures[:, 0, :, :, None]), self.wide.of(pictures[:, 1, :, :, None]), counted]
        if self.maps is not None and maps is not None:
            parts.append(self.maps.of(np.moveaxis(hung(maps, way), 1, 3)))
        return np.asarray(
            self.both.of(np.concatenate(parts, axis=1)) @ self.last + self.last_start, np.float64
        )


def hung(images: Values, way: int) -> Values:
    """Images (last two axes) as they are, mirrored, upside down, both, and the same turned by a quarter: 0..7."""
    if way & 1:
        images = images[..., ::-1]
    if way & 2:
        images = images[..., ::-1, :]
    return np.swapaxes(images, -1, -2) if way & 4 else images


def read_judge(arrays: Arrays, prefix: str = "") -> Judge:
    """A judge from the arrays whose names begin with `prefix`; without `maps` where there are none."""

    def get(name: str) -> Values:
        return np.ascontiguousarray(arrays[prefix + name], np.float32)

    def layer(name: str) -> Layer:
        return Layer(get(name), get(f"{name}_start"))

    def branch(name: str) -> Branch:
        steps = SHAPES[name]
        return Branch(
            tuple(Convolution(layer(f"{name}_{k}"), side, step) for k, (side, step) in enumerate(steps)),
            layer(f"{name}_joined"),
        )

    return Judge(
        mean=get("mean"),
        deviation=get("deviation"),
        close=branch("close"),
        wide=branch("wide"),
        numbers=layer("numbers"),
        maps=branch("maps") if f"{prefix}maps_joined" in arrays else None,
        both=layer("both"),
        last=get("last"),
        last_start=float(arrays[prefix + "last_start"]),
    )
