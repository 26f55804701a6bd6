"""What the log says of a screen, and what a reading's record says of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from annotator.imaging.screen_state import state_of
from annotator.model.display import (
    PHOTOMETER_LEVELS,
    CorrectionSwitch,
    Measurement,
    ScreenId,
    VisualCheck,
)

SCREEN = ScreenId("EIZO", "RX560", "123", "DP-1")
OTHER = ScreenId("EIZO", "RX560", "124", "DP-1")
AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
OFFICE = tuple(float(v) for v in 0.4 + 250 * (np.array(PHOTOMETER_LEVELS) / 255) ** 2.2)
MEASURED = Measurement(SCREEN, AT, "anna", PHOTOMETER_LEVELS, OFFICE)
ON = CorrectionSwitch(SCREEN, AT, "anna", True)
CHECKED = Measurement(SCREEN, AT.replace(day=21), "anna", (0, 255), (0.4, 250.4), corrected=True)


def test_a_screen_nobody_measured_is_uncalibrated():
    looked_at = VisualCheck(SCREEN, AT, "anna", True)
    assert state_of(SCREEN, [looked_at, ON]).note() == "uncalibrated"


def test_a_measured_screen_says_how_far_it_is_off():
    state = state_of(SCREEN, [MEASURED])
    assert state.note() == (
        f"uncorrected, measured 2026-11-20, deviation {state.deviation():.0f} % from the GSDF, EIZO RX560 123"
    )
    assert state.deviation() > 30


def test_a_corrected_screen_says_what_the_table_should_make_of_it():
    state = state_of(SCREEN, [MEASURED, ON])
    assert state.on
    assert state.deviation() < 10
    assert state.note().startswith("GSDF, measured 2026-11-20, deviation ")
    assert state.note().endswith(" % (computed), EIZO RX560 123")
    assert state.deviation(1024) < state.deviation(256)


def test_a_checked_table_says_what_was_measured_through_it():
    state = state_of(SCREEN, [MEASURED, ON, CHECKED])
    assert state.note() == ("GSDF, measured 2026-11-20, checked 2026-11-21, deviation 0 %, EIZO RX560 123")


def test_a_new_measurement_makes_an_older_check_void():
    assert state_of(SCREEN, [MEASURED, ON, CHECKED, MEASURED]).checked is None


def test_the_last_switch_counts():
    off = replace(ON, on=False)
    assert not state_of(SCREEN, [MEASURED, ON, off]).on
    assert state_of(SCREEN, [MEASURED, ON, off, ON]).on


def test_screens_are_kept_apart():
    events = [MEASURED, ON, replace(MEASURED, screen=OTHER, luminances=tuple(2 * v for v in OFFICE))]
    assert state_of(SCREEN, events).measured == MEASURED
    assert not state_of(OTHER, events).on
    assert state_of(OTHER, events).measured.luminances[0] == 0.8


def test_a_screen_with_a_serial_number_is_the_same_at_any_connector():
    assert state_of(replace(SCREEN, name="HDMI-2"), [MEASURED]).measured == MEASURED
    unnumbered = replace(SCREEN, serial="")
    assert (
        state_of(replace(unnumbered, name="HDMI-2"), [replace(MEASURED, screen=unnumbered)]).measured is None
    )


def test_a_serial_number_read_off_the_case_is_in_the_note():
    nameless = ScreenId(name="screen")
    measured = replace(MEASURED, screen=nameless, serial="A77")
    assert state_of(nameless, [measured]).note().endswith("screen A77")


@pytest.mark.parametrize("luminances", [(1.0, 1.0), (5.0, 1.0), (1.0, 9000.0)])
def test_values_no_screen_can_have_are_passed_over(luminances):
    spoilt = Measurement(SCREEN, AT, "x", (0, 255), luminances)
    assert state_of(SCREEN, [MEASURED, spoilt]).measured == MEASURED
    assert state_of(SCREEN, [spoilt, ON]).note() == "uncalibrated"
