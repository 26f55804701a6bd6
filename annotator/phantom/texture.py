"""Random fields the anatomy is made of, and the named random streams they are drawn from."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft
from scipy.ndimage import gaussian_filter1d

Field = NDArray[np.float32]


def stream(seed: int, *names: str) -> np.random.Generator:
    """A generator of its own for one named part, so that no part's draws disturb another's."""
    keys = [zlib.crc32(name.encode()) for name in names]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *keys])))


@dataclass(frozen=True, slots=True)
class Canvas:
    """A regular grid over the breast plane; `step_mm` between sample centres."""

    width_mm: float
    height_mm: float
    step_mm: float

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return round(self.height_mm / self.step_mm), round(self.width_mm / self.step_mm)

    def at_step(self, step_mm: float) -> Canvas:
        """The same plane sampled at another step, never finer than this one."""
        return Canvas(self.width_mm, self.height_mm, max(step_mm, self.step_mm))

    def axes(self) -> tuple[Field, Field]:
        """Sample centres: x of shape (1, columns) and y of shape (rows, 1), in mm."""
        rows, columns = self.shape
        x = (np.arange(columns, dtype=np.float32) + 0.5) * np.float32(self.step_mm)
        y = (np.arange(rows, dtype=np.float32) + 0.5) * np.float32(self.step_mm)
        return x[None, :], y[:, None]

    def resample(self, field: Field) -> Field:
        """A field of the same plane at any step, smoothly brought to this grid."""
        rows, columns = self.shape
        if field.shape == (rows, columns):
            return field
        return as_field(cv2.resize(field, (columns, rows), interpolation=cv2.INTER_CUBIC))


def as_field(values: ArrayLike) -> Field:
    """`values` as contiguous float32."""
    return np.ascontiguousarray(values, dtype=np.float32)


def smoothstep(values: Any, low: float, high: float) -> Field:
    """0 below `low`, 1 above `high`, a cubic ease between."""
    t = np.clip((np.asarray(values, dtype=np.float32) - low) / (high - low), 0, 1)
    return as_field(t * t * (3 - 2 * t))


def blur(field: Field, sigma_px: float) -> Field:
    """Gaussian blur, edges replicated."""
    if sigma_px <= 0:
        return field
    return as_field(cv2.GaussianBlur(field, (0, 0), sigma_px, borderType=cv2.BORDER_REPLICATE))


def band_noise(
    rng: np.random.Generator, canvas: Canvas, beta: float, shortest_mm: float, longest_mm: float
) -> Field:
    """Noise of power f^-beta between two wavelengths, mean 0 and standard deviation 1.

    Made on a grid just fine enough for the shortest wavelength, then brought to `canvas`.
    """
    coarse = canvas.at_step(shortest_mm / 5)
    rows, columns = (fft.next_fast_len(n + 2, real=True) for n in coarse.shape)
    down = fft.fftfreq(rows, coarse.step_mm)[:, None]
    across = fft.rfftfreq(columns, coarse.step_mm)[None, :]
    frequency = np.hypot(down, across).astype(np.float32)
    frequency[0, 0] = 1e-6
    gain = frequency ** np.float32(-beta / 2)
    gain *= smoothstep(frequency * longest_mm, 0.8, 1.2) * (1 - smoothstep(frequency * shortest_mm, 0.8, 1.2))
    size = (rows, columns // 2 + 1)
    spectrum = rng.standard_normal(size, dtype=np.float32) + 1j * rng.standard_normal(size, dtype=np.float32)
    field = fft.irfft2(spectrum * gain, s=(rows, columns))[: coarse.shape[0], : coarse.shape[1]]
    field -= field.mean()
    field /= field.std() + 1e-12
    return canvas.resample(as_field(field))


def warped(field: Field, canvas: Canvas, dx_mm: Field, dy_mm: Field) -> Field:
    """`field` read at places moved by (dx, dy) mm."""
    x, y = canvas.axes()
    columns = as_field((x + dx_mm) / canvas.step_mm - 0.5)
    rows = as_field((y + dy_mm) / canvas.step_mm - 0.5)
    return as_field(cv2.remap(field, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT))


def slow_line(rng: np.random.Generator, length: int, step_mm: float, wavelength_mm: float) -> Field:
    """A smooth random line of standard deviation 1, `length` samples at `step_mm`."""
    line = gaussian_filter1d(rng.standard_normal(length), wavelength_mm / 4 / step_mm, mode="reflect")
    return as_field((line - line.mean()) / (line.std() + 1e-12))
