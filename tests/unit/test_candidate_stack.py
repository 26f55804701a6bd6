"""Candidates of a stack: each in the slice in which it is sharpest, found once, with few slices in memory."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from annotator.analysis.candidates.stack import find_in_stack
from annotator.jobs import Cancelled, CancelToken
from annotator.model.geometry import PixelSpacing, SpacingBasis
from annotator.model.image import ImageKey

FRAMES = 18
SPOTS = ((150, 170, 4), (200, 220, 5), (180, 260, 13), (240, 180, 14))
SPACING = PixelSpacing(0.1, 0.1, SpacingBasis.ESTIMATED_IN_BREAST)


def stack():
    """Slices 1 mm apart; a speck is sharp in its own, and drawn out and faint in the others."""
    size = 440
    row, column = np.mgrid[:size, :size] + 0.5
    inside = np.hypot(column, row - size / 2) < 0.8 * size
    made = []
    for number in range(1, FRAMES + 1):
        specks = np.zeros((size, size), np.float32)
        for x, y, own in SPOTS:
            length = 1.4 + 2.5 * abs(number - own)
            spot = np.exp(-0.5 * (((column - x) / 1.4) ** 2 + ((row - y) / length) ** 2))
            specks += 260 * spot * (1.4 / length) * (abs(number - own) < 8)
        noise = np.random.default_rng(number).normal(0, 14, (size, size))
        tissue = 500 + cv2.GaussianBlur(np.random.default_rng(7).normal(0, 1, (size, size)), (0, 0), 20) * 800
        made.append(np.where(inside, np.clip(tissue + specks + noise, 1, 1023), 0).astype(np.uint16))
    return made


FRAMES_MADE = stack()


def find(frames=FRAMES_MADE, **how):
    read = how.pop("read", lambda n: frames[n - 1])
    return find_in_stack(read, len(frames), spacing=SPACING, image=ImageKey("1.2"), slice_mm=1.0, **how)


def test_each_speck_once_in_its_slice():
    best = find().candidates[: len(SPOTS)]
    for x, y, own in SPOTS:
        (here,) = [c for c in best if np.hypot(c.point.column - x, c.point.row - y) < 3]
        assert abs(here.image.frame - own) <= 1
        assert here.image.sop_instance_uid == "1.2"


def test_low_values_shown_white():
    turned = [np.where(f == 0, 1023, 1023 - f).astype(np.uint16) for f in FRAMES_MADE]
    a, b = find(), find(turned, inverse=True)
    assert [c.image.frame for c in a.candidates[:4]] == [c.image.frame for c in b.candidates[:4]]


def test_few_slices_are_in_memory():
    alive = []

    def read(number):
        alive.append(number)
        return FRAMES_MADE[number - 1].copy()

    find(read=read)
    assert sorted(alive) == sorted([*range(1, FRAMES + 1)] * 2)


def test_one_slice_is_a_stack():
    assert all(c.image.frame == 1 for c in find(FRAMES_MADE[3:4]).candidates)


def test_cancelled_between_slices():
    token = CancelToken()

    def read(number):
        if number == 3:
            token.cancel()
        assert number <= 3, "it went on"
        return FRAMES_MADE[number - 1]

    with pytest.raises(Cancelled):
        find(read=read, token=token)


def test_progress_rises_to_its_end():
    told = []
    find(token=CancelToken(lambda p: told.append(p.fraction)))
    assert told == sorted(told)
    assert told[-1] == 1


def test_slices_without_a_breast_give_none():
    assert find([np.zeros((300, 200), np.uint16)] * 5).candidates == ()
