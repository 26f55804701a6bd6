"""Layers of a small convolutional network, evaluated with numpy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Values = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Layer:
    """Weights of shape (inputs, outputs) and starts; what is below nought becomes nought."""

    weights: Values
    start: Values

    def of(self, values: Values) -> Values:
        made = values @ self.weights
        made += self.start
        return np.asarray(np.maximum(made, 0, out=made), np.float32)


@dataclass(frozen=True, slots=True)
class Convolution:
    """The same layer at every place: squares of `side` pixels, `step` apart; inputs run by row, column, channel."""

    layer: Layer
    side: int
    step: int

    def of(self, images: Values) -> Values:
        """Of images of shape (n, rows, columns, channels), those of its outputs."""
        windows = sliding_window_view(images, (self.side, self.side), axis=(1, 2))[
            :, :: self.step, :: self.step
        ]
        count, rows, columns = windows.shape[:3]
        flat = np.moveaxis(windows, 3, 5).reshape(count * rows * columns, -1)
        return self.layer.of(flat).reshape(count, rows, columns, -1)


@dataclass(frozen=True, slots=True)
class Branch:
    """Convolutions one after the other on images of one kind, and a layer of what is left of them."""

    convolutions: tuple[Convolution, ...]
    joined: Layer

    def of(self, images: Values) -> Values:
        for convolution in self.convolutions:
            images = convolution.of(images)
        return self.joined.of(images.reshape(len(images), -1))
