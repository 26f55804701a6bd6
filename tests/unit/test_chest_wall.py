"""The edge of the muscle on an oblique view: found where it is on synthetic breasts, however they are stored."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from annotator.analysis.breast.axes import BreastAxes, breast_axes
from annotator.analysis.breast.chest_wall import pectoral_edge
from annotator.imaging.air import hung, tissue_mask
from annotator.imaging.pyramid import levels_of
from annotator.model.geometry import ImagePoint, Orientation, PixelSpacing, SpacingBasis
from annotator.model.image import ImageInfo, Laterality, View
from annotator.phantom.body import PhantomView
from annotator.phantom.exams import Exam, make_person, prepare, shots, take_picture

COARSE = 4
"""Pixels and anatomy so much coarser than a mammogram: the edge is looked for on a picture coarser still."""


def oblique(seed: int):
    """For both sides: image, picture, and how far the true edge lies from the chest wall at each height, both in mm."""
    person = make_person(seed)
    for planned in shots(person, Exam.SCREENING):
        if planned.view is PhantomView.MLO:
            shot, anatomy = prepare(planned, COARSE)
            taken = take_picture(person, Exam.SCREENING, shot, anatomy)
            pixel = taken.truth.in_breast_mm
            info = ImageInfo(
                path=Path("none.dcm"),
                sop_class_uid="1",
                sop_instance_uid="2",
                rows=taken.pixels.shape[0],
                columns=taken.pixels.shape[1],
                laterality=Laterality(shot.breast.side.value),
                view=View("MLO"),
                spacing=PixelSpacing(pixel, pixel, SpacingBasis.AT_DETECTOR),
            )
            edge = np.asarray(anatomy.outline.pectoral_edge_mm).ravel()
            height = (np.arange(len(edge)) + 0.5) * anatomy.canvas.step_mm
            yield info, taken.pixels, height[edge > 0.5], edge[edge > 0.5]


def edge_of(info: ImageInfo, picture: np.ndarray) -> tuple[BreastAxes, tuple[ImagePoint, ImagePoint] | None]:
    levels = levels_of(info, picture)
    turn, _ = hung(info, levels)
    tissue = tissue_mask(levels)
    axes = breast_axes(info, turn, tissue, levels.coarsest_block)
    return axes, pectoral_edge(levels.coarsest(), tissue, levels.coarsest_block, axes)


@pytest.mark.parametrize("seed", [1500, 1503])
def test_it_lies_within_some_millimetres_of_the_true_edge(seed):
    for info, picture, height, true in oblique(seed):
        axes, ends = edge_of(info, picture)
        assert ends is not None
        top, bottom = (axes.to_mm(end)[0] for end in ends)
        down = axes.orientation.to_displayed(ends[1], info.columns, info.rows).row * axes.down_mm
        assert bottom == pytest.approx(0, abs=0.5)
        found = np.clip(top * (1 - height / down), 0, None)
        assert np.abs(found - true).mean() < 5


def test_a_breast_without_muscle_has_none():
    rows, columns = 1000, 700
    axes = BreastAxes(columns, rows, Orientation(), 0.0, 1, 500.0, 0.2, 0.2)
    noise = np.random.default_rng(1).normal(1000, 30, (125, 88)).astype(np.float32)
    everywhere = np.ones(noise.shape, np.bool_)
    assert pectoral_edge(noise, everywhere, 8, axes) is None
    assert pectoral_edge(noise, ~everywhere, 8, axes) is None
    bright = noise + 400 * (np.add.outer(np.arange(125), np.arange(88)) < 60)
    found = pectoral_edge(bright, everywhere, 8, axes)
    assert found is not None
    assert found[0].column == pytest.approx(60 * 8, abs=30)
    assert found[1].row == pytest.approx(60 * 8, abs=30)
    dark = pectoral_edge(-bright, everywhere, 8, axes, inverse=True)
    assert dark == found
    assert pectoral_edge(-bright, everywhere, 8, axes) is None
