"""The greyscale standard display function, the correction drawn from entered values, and conformance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.errors import InvalidCalibration
from annotator.imaging.gsdf import (
    Calibration,
    conformance_of,
    contrast_of_jnd,
    jnd_of_luminance,
    luminance_of_jnd,
)
from annotator.model.display import PHOTOMETER_LEVELS

SHARES = np.array(PHOTOMETER_LEVELS) / 255


def power_law(low: float, high: float, gamma: float = 2.2) -> list[float]:
    """What an office monitor shows at the 18 levels."""
    return list(low + (high - low) * SHARES**gamma)


def by_the_standard(low: float, high: float) -> list[float]:
    first, last = jnd_of_luminance([low, high])
    return list(luminance_of_jnd(first + (last - first) * SHARES))


@pytest.mark.parametrize(("index", "luminance"), [(1, 0.049982), (512, 130.065), (1023, 3993.33)])
def test_luminances_of_jnds_are_those_of_the_standard(index, luminance):
    assert luminance_of_jnd(index) == pytest.approx(luminance, rel=1e-5)


@pytest.mark.parametrize(("luminance", "index"), [(1, 71.50), (350, 653.1), (420, 680.0)])
def test_jnds_of_luminances_are_those_of_the_standard(luminance, index):
    assert jnd_of_luminance(luminance) == pytest.approx(index, abs=0.06)


def test_a_usual_display_spans_582_jnds():
    assert Calibration((0, 255), (1.0, 350.0)).jnds == pytest.approx(582, abs=0.5)


@given(st.floats(1, 1023))
def test_there_and_back_is_the_same_jnd(index):
    luminance = float(np.clip(luminance_of_jnd(index), 0.05, 4000))
    assert jnd_of_luminance(luminance) == pytest.approx(index, abs=0.6)


@pytest.mark.parametrize("luminance", [0.04, 4001, float("nan")])
def test_luminances_the_standard_says_nothing_of_are_refused(luminance):
    with pytest.raises(ValueError, match=r"0\.05 to 4000"):
        jnd_of_luminance(luminance)


@pytest.mark.parametrize("index", [0.9, 1024, float("nan")])
def test_jnds_the_standard_does_not_have_are_refused(index):
    with pytest.raises(ValueError, match="1 to 1023"):
        luminance_of_jnd(index)


@st.composite
def screens(draw):
    """Any rising luminances at any rising levels, with ambient light."""
    inner = draw(st.sets(st.integers(1, 254), max_size=20))
    levels = [0, *sorted(inner), 255]
    steps = draw(st.lists(st.floats(0.01, 40), min_size=len(levels), max_size=len(levels)))
    luminances = [float(value) for value in 0.05 + np.cumsum(steps)]
    ambient = draw(st.floats(0, 5))
    luminances[-1] += 2 * (luminances[0] + ambient)
    return levels, luminances, ambient


@given(screens(), st.sampled_from([256, 1024]))
def test_the_table_rises_from_the_first_level_to_the_last(screen, outputs):
    table = Calibration(*screen).correction(4096, outputs)
    assert table[0] == 0
    assert table[-1] == outputs - 1
    assert (np.diff(table.astype(int)) >= 0).all()


@given(screens())
def test_the_curve_goes_through_what_was_entered_and_never_turns_back(screen):
    levels, luminances, ambient = screen
    curve = Calibration(*screen)
    assert curve.jnd(levels) == pytest.approx(jnd_of_luminance(np.array(luminances) + ambient))
    assert (np.diff(curve.jnd(np.linspace(0, 255, 4000))) >= -1e-9).all()


@given(screens())
def test_each_p_value_takes_the_driving_level_nearest_in_jnds(screen):
    curve = Calibration(*screen)
    reached = curve.jnd(np.arange(256))
    wanted = np.linspace(reached[0], reached[-1], 300)
    chosen = reached[curve.correction(300)]
    nearest = np.abs(reached[None, :] - wanted[:, None]).min(axis=1)
    assert np.abs(chosen - wanted) == pytest.approx(nearest, abs=1e-9)


@pytest.mark.parametrize(("low", "high"), [(1.0, 350.0), (0.3, 120.0), (1.2, 1000.0)])
def test_a_screen_that_follows_the_standard_is_left_as_it_is(low, high):
    curve = Calibration(PHOTOMETER_LEVELS, by_the_standard(low, high))
    assert np.abs(curve.correction(256, 256).astype(int) - np.arange(256)).max() <= 1
    assert curve.conformance().largest < 1


def test_two_values_are_enough_for_a_screen_that_follows_the_standard():
    curve = Calibration((0, 255), (1.0, 350.0))
    assert curve.luminance(PHOTOMETER_LEVELS) == pytest.approx(by_the_standard(1.0, 350.0), rel=0.01)


def test_an_office_monitor_is_off_before_and_right_after_correction():
    curve = Calibration(PHOTOMETER_LEVELS, power_law(0.4, 250.0))
    assert not curve.conformance().within_usual_limit
    assert curve.corrected_conformance(1024).largest < 6
    assert curve.corrected_conformance(1024).largest < curve.conformance().largest / 5


def test_more_driving_levels_come_closer_to_the_standard():
    curve = Calibration(PHOTOMETER_LEVELS, power_law(0.4, 250.0))
    assert curve.corrected_conformance(1024).largest < curve.corrected_conformance(256).largest


def test_ambient_light_takes_away_jnds_and_ratio():
    dark, lit = (Calibration((0, 255), (0.5, 300.0), ambient) for ambient in (0.0, 2.0))
    assert lit.jnds < dark.jnds
    assert (dark.ratio, lit.ratio) == (pytest.approx(600), pytest.approx(302 / 2.5))


def test_conformance_by_hand():
    """Three luminances: two intervals of half of all JNDs each."""
    first, last = jnd_of_luminance([1.0, 100.0])
    half = (last - first) / 2
    middle = float(luminance_of_jnd(first + half))
    found = conformance_of([0, 0.5, 1], [1.0, 30.0, 100.0])
    assert found.contrast == pytest.approx([2 * 29 / 31 / half, 2 * 70 / 130 / half])
    expected = 2 * (middle - 1) / (middle + 1) / half
    assert found.standard[0] == pytest.approx(expected, rel=1e-3)
    assert found.largest == np.abs(found.contrast / found.standard - 1).max() * 100
    assert found.deviation[0] > 0 > found.deviation[1]


def test_the_contrast_just_seen_is_least_where_it_is_bright():
    seen = contrast_of_jnd([1.5, 100, 500, 1022.5])
    assert (np.diff(seen) < 0).all()
    assert seen[0] == pytest.approx(0.09, abs=0.002)
    low, high = luminance_of_jnd([499.5, 500.5])
    assert seen[2] == pytest.approx((high - low) / ((high + low) / 2))


def test_eighteen_levels_make_seventeen_intervals():
    assert Calibration(PHOTOMETER_LEVELS, power_law(0.4, 250.0)).conformance().deviation.shape == (17,)


@pytest.mark.parametrize(
    ("levels", "luminances", "ambient", "said"),
    [
        ((0,), (1.0,), 0, "at least two"),
        ((0, 255), (1.0,), 0, "at least two"),
        ((15, 255), (1.0, 100.0), 0, "level 0"),
        ((0, 240), (1.0, 100.0), 0, "level 255"),
        ((0, 30, 15, 255), (1.0, 2.0, 3.0, 4.0), 0, "the darkest first"),
        ((0, 15, 255), (1.0, 1.0, 100.0), 0, "Level 15 with 1 cd/m2 is not brighter than level 0 with 1"),
        ((0, 255), (100.0, 1.0), 0, "measure both again"),
        ((0, 255), (0.0, 100.0), 0, "Level 0 with 0 cd/m2"),
        ((0, 255), (-1.0, 100.0), 5, "Level 0 with -1 cd/m2"),
        ((0, 255), (1.0, 5000.0), 0, "Level 255 with 5000 cd/m2"),
        ((0, 255), (1.0, float("nan")), 0, "Level 255 with nan"),
        ((0, 255), (3999.0, 4000.0), 0, "White with 4000 cd/m2 is not twice as bright as black with 3999"),
        ((0, 255), (1.0, 100.0), 200.0, "not twice as bright"),
        ((0, 255), (1.0, 100.0), -1, "Ambient light of -1"),
        ((0, 255), (1.0, 100.0), float("nan"), "Ambient light of nan"),
    ],
)
def test_entries_that_cannot_be_are_refused_in_one_sentence(levels, luminances, ambient, said):
    with pytest.raises(InvalidCalibration, match=said) as refused:
        Calibration(levels, luminances, ambient)
    assert str(refused.value).count(". ") == 0


def test_a_perfectly_black_screen_is_allowed_when_the_room_adds_light():
    assert Calibration((0, 255), (0.0, 100.0), 0.1).ratio == pytest.approx(1001)
