"""Bright spots proposed for labelling: what is found on small made-up breasts, and what bad images come to."""

from __future__ import annotations

import numpy as np
import pytest

from annotator.analysis.candidates.find import find_candidates
from annotator.analysis.candidates.ground import make_ground
from annotator.analysis.candidates.lines import make_lines
from annotator.analysis.candidates.record import score_at_one_false_mark, shipped_record
from annotator.analysis.candidates.scales import make_scales
from annotator.jobs import Cancelled, CancelToken
from annotator.model.candidate import SHOWN_FROM
from annotator.model.geometry import PixelSpacing, SpacingBasis
from annotator.model.image import ImageKey, PaddingRange

IMAGE = ImageKey("1.2.3", 1)
SPOTS = [(220, 260), (250, 300), (300, 270), (280, 350), (210, 330)]


def spacing(mm=0.07):
    return PixelSpacing(mm, mm, SpacingBasis.AT_DETECTOR)


def breast(spots=SPOTS, height=260.0, *, size=640, seed=1, coarser=1.0):
    """A half disc of tissue against the left edge, in noise of deviation 20, with round specks of 0.3 mm.

    `coarser`: the same scene in pixels so many times larger.
    """
    row, column = (np.mgrid[: round(size / coarser), : round(size / coarser)] + 0.5) * coarser
    away = np.hypot(column, row - size / 2)
    inside = away < 0.8 * size
    grey = np.where(inside, 1500 + 200 * np.sin(row / 90) * np.cos(column / 70), 0.0)
    for x, y in spots:
        grey += height * np.exp(-0.5 * ((column - x) ** 2 + (row - y) ** 2) / 1.8**2)
    grey += np.where(inside, np.random.default_rng(seed).normal(0, 20, grey.shape), 0)
    return np.clip(np.rint(grey), 0, 4095).astype(np.uint16)


def find(frame, **how):
    return find_candidates(frame, spacing=how.pop("spacing", spacing()), image=IMAGE, **how)


def on_spots(found, spots=SPOTS, within=4.0):
    best = found.candidates[: len(spots)]
    return sum(any(np.hypot(c.point.column - x, c.point.row - y) <= within for c in best) for x, y in spots)


def test_plain_specks_come_first():
    found = find(breast())
    assert on_spots(found) == len(SPOTS)
    assert all(c.score >= SHOWN_FROM for c in found.candidates[: len(SPOTS)])
    scores = [c.score for c in found.candidates]
    assert scores == sorted(scores, reverse=True)
    assert 0 <= scores[-1] <= scores[0] <= 1
    assert {i for row in found.rows for i in row.ids} == {c.id for c in found.candidates}
    assert found.model_version


def test_air_that_glows_around_an_unprocessed_breast_is_no_breast():
    size = 640
    row, column = np.mgrid[:size, :size] + 0.5
    away = np.hypot(column, row - size / 2) - 0.42 * size
    counts = np.where(away < 0, 820.0, 3370 + 300 * np.exp(-np.maximum(away, 0) / 80))
    spots = [(90, 300), (120, 340), (150, 310)]
    for x, y in spots:
        counts -= 150 * np.exp(-0.5 * ((column - x) ** 2 + (row - y) ** 2) / 1.8**2)
    counts += np.random.default_rng(4).normal(0, 0.25, counts.shape) * np.sqrt(counts)
    frame = np.rint(counts).astype(np.uint16)
    assert on_spots(find(frame, inverse=True), spots) == len(spots)
    ground = make_ground(frame, 0.07, inverse=True)
    assert ground is not None
    assert ground.values.shape[1] < 0.6 * size


def test_the_same_image_gives_the_same_names():
    frame = breast()
    assert find(frame) == find(frame)


def test_low_values_shown_white():
    assert on_spots(find(4095 - breast(), inverse=True)) == len(SPOTS)


def places(found, least, scale=1.0):
    return np.array(
        [(c.point.column * scale, c.point.row * scale) for c in found.candidates if c.score >= least]
    ).reshape(-1, 2)


def met(these, others, within=3.0):
    """How many of the places have one of the others beside them."""
    if not len(these) or not len(others):
        return 0
    return int((np.hypot(*(these[:, None] - others[None]).transpose(2, 0, 1)).min(axis=1) <= within).sum())


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_mirrored_images_give_mirrored_candidates(seed):
    frame = breast(seed=seed)
    here = places(find(frame), 0.5)
    there = places(find(np.ascontiguousarray(frame[:, ::-1])), 0.2)
    there[:, 0] = frame.shape[1] - there[:, 0]
    assert len(here) >= len(SPOTS)
    assert met(here, there) == len(here)


@pytest.mark.parametrize("coarser", [0.6, 0.8, 1.4])
def test_the_size_of_pixels_changes_little(coarser):
    fine = find(breast())
    other = find(breast(coarser=coarser), spacing=spacing(0.07 * coarser))
    spots = np.array(SPOTS, float)
    assert met(spots, places(fine, SHOWN_FROM)) == len(SPOTS)
    assert met(spots, places(other, SHOWN_FROM, coarser)) == len(SPOTS)


def test_grey_values_stretched_and_bent_change_little():
    frame = breast()
    bent = np.rint(60000 * (frame / 4095.0) ** 0.7).astype(np.uint16)
    assert met(np.array(SPOTS, float), places(find(bent), SHOWN_FROM)) == len(SPOTS)


def test_noise_alone_gives_hardly_any():
    for seed in range(4):
        assert len(places(find(breast(spots=(), seed=seed)), SHOWN_FROM)) <= 1


def test_single_dead_pixels_are_none():
    frame = breast(spots=())
    rng = np.random.default_rng(5)
    rows, columns = rng.integers(220, 420, 30), rng.integers(60, 400, 30)
    frame[rows, columns] = 4000
    frame[rows[:8] + 1, columns[:8]] = 4000
    assert len(places(find(frame), SHOWN_FROM)) <= 1


def test_the_blade_of_a_collimator_is_no_breast():
    frame = breast()
    frame[:70] = 4095
    frame[66:70, 60:400:9] = 1500  # its edge is ragged
    found = places(find(frame), 0.1)
    assert met(np.array(SPOTS, float), found) == len(SPOTS)
    assert not (found[:, 1] < 90).any()


def test_padding_is_no_breast():
    frame = breast()
    frame[frame == 0] = 4000
    assert on_spots(find(frame, padding=PaddingRange(4000, 4000))) == len(SPOTS)


@pytest.mark.parametrize(
    "frame",
    [
        np.zeros((0, 0), np.uint16),
        np.zeros((1, 1), np.uint16),
        np.zeros((400, 300), np.uint16),
        np.full((400, 300), 4095, np.uint16),
        np.full((20, 2000), 7, np.int16),
        np.full((300, 300), np.nan, np.float32),
        np.arange(90000, dtype=np.uint16).reshape(300, 300),
        np.random.default_rng(0).integers(0, 4096, (64, 64)).astype(np.uint16),
        np.random.default_rng(0).integers(-2000, 2000, (333, 257)).astype(np.int16),
    ],
)
@pytest.mark.parametrize("mm", [None, 0.01, 0.07, 0.66])
def test_images_without_a_breast_are_no_fault(frame, mm):
    found = find(frame, spacing=None if mm is None else spacing(mm))
    assert all(0 <= c.score <= 1 for c in found.candidates)


def test_all_padding():
    found = find(breast(), padding=PaddingRange(0, 4095))
    assert found.candidates == ()
    assert not found.breast_found
    assert find(breast()).breast_found


def test_what_is_shown_at_first_follows_the_record_of_the_model():
    assert pytest.approx(score_at_one_false_mark(), abs=0.01) == SHOWN_FROM
    assert shipped_record()["version"] == find(breast()).model_version


def test_cancelled_at_once():
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        find(breast(), token=token)


def test_progress_reaches_its_end():
    told = []
    find(breast(), token=CancelToken(lambda p: told.append(p.fraction)))
    assert told == sorted(told)
    assert told[-1] == 1


def test_noise_is_no_stronger_at_the_edges_of_an_image():
    noise = np.random.default_rng(3).normal(2000, 20, (900, 900)).astype(np.uint16)
    ground = make_ground(noise, 0.07, token=CancelToken())
    assert ground is not None
    scales = make_scales(ground, CancelToken())
    for response in (*(s.response for s in scales), make_lines(ground, scales, CancelToken()).response):
        inside = response[20:-20, 20:-20].std()
        for edge in (response[0], response[-1], response[:, 0], response[:, -1]):
            assert edge.std() < 1.2 * inside
