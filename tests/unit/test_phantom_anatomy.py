"""The anatomy passes for tissue: its spectrum, its place, its density."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from annotator.phantom.anatomy import make_anatomy
from annotator.phantom.body import PhantomView, Side, make_breast
from annotator.phantom.physics import Exposure
from annotator.phantom.placement import FULL_FIELD, Placement
from annotator.phantom.presentation import Processing
from annotator.phantom.radiograph import Radiograph, take
from annotator.phantom.texture import Canvas, band_noise, stream


def spectral_exponent(log: NDArray[np.float64], pixel_mm: float) -> float:
    """Exponent of the power spectrum over 0.12 to 0.9 cycles per mm."""
    centred = log - log.mean()
    window = np.hanning(len(log))
    power = np.abs(np.fft.fft2(centred * np.outer(window, window))) ** 2
    axis = np.fft.fftfreq(len(log), pixel_mm)
    frequency = np.hypot(axis[:, None], axis[None, :])
    edges = np.geomspace(0.12, 0.9, 12)
    rings = [(frequency >= a) & (frequency < b) for a, b in pairwise(edges)]
    rings = [r for r in rings if r.any()]
    x = [np.log(frequency[r].mean()) for r in rings]
    y = [np.log(power[r].mean()) for r in rings]
    return -float(np.polyfit(x, y, 1)[0])


def picture(seed: int, density: str, view: PhantomView) -> Radiograph:
    anatomy = make_anatomy(make_breast(seed, Side.LEFT, density), view)
    given = Exposure(quanta=6000, sharpness_mm=0.07), Processing(), "gate"
    return take(anatomy, (), Placement(FULL_FIELD.binned(2), anatomy.canvas), *given)


@pytest.mark.parametrize(("seed", "density", "view"), [(2, "b", PhantomView.CC), (3, "c", PhantomView.MLO)])
def test_tissue_has_the_spectrum_of_tissue(seed: int, density: str, view: PhantomView):
    """Clinical means are 3.17 (CC) and 3.30 (MLO) (Chen 2012, PMC3298563); noise or blur would leave the gate."""
    made = picture(seed, density, view)
    half = int(18 / made.truth.in_breast_mm)
    column = int(made.truth.nipple_column - 38 / made.truth.in_breast_mm)
    row = int(made.truth.nipple_row)
    patch = made.quanta[row - half : row + half, column - half : column + half]
    assert 2.9 <= spectral_exponent(-np.log(patch.astype(float)), made.truth.in_breast_mm) <= 3.6


def test_gland_grows_with_density():
    shares = []
    for density in "abcd":
        anatomy = make_anatomy(make_breast(4, Side.RIGHT, density), PhantomView.CC, 0.56)
        inside = anatomy.thickness_mm > 5
        shares.append(float((anatomy.gland_mm[inside] / anatomy.thickness_mm[inside]).mean()))
    assert shares == sorted(shares)
    assert shares[3] > 3 * shares[0]


def test_muscle_only_on_oblique_and_lateral_views():
    breast = make_breast(4, Side.LEFT, "a")
    corner = {}
    for view in PhantomView:
        anatomy = make_anatomy(breast, view, 0.56)
        assert (anatomy.outline.pectoral_edge_mm.max() > 0) == (view is not PhantomView.CC)
        corner[view] = float(anatomy.outline.pectoral_edge_mm[0])
    assert corner[PhantomView.ML] < 0.7 * corner[PhantomView.MLO]


def test_outside_the_breast_is_padding():
    made = picture(6, "b", PhantomView.CC)
    assert made.pixels[:, -100:].max() == 0
    assert made.pixels[made.pixels > 0].min() >= 120
    assert made.pixels.max() <= 3920


def test_density_other_than_a_to_d_is_refused():
    for density in ("e", "", "ab"):
        with pytest.raises(ValueError, match="density"):
            make_breast(1, Side.LEFT, density)


def test_noise_has_the_wavelengths_asked_for():
    canvas = Canvas(120, 120, 0.5)
    field = band_noise(stream(1, "band"), canvas, 2.0, 5, 20)
    assert field.mean() == pytest.approx(0, abs=0.05)
    assert field.std() == pytest.approx(1, rel=0.05)
    power = np.abs(np.fft.fft2(field)) ** 2
    axis = np.fft.fftfreq(len(field), 0.5)
    frequency = np.hypot(axis[:, None], axis[None, :])
    inside = (frequency > 1 / 26) & (frequency < 1 / 4)
    assert power[inside].sum() / power.sum() > 0.95
