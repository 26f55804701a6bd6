"""A linear piece has an axis, ends, a length and a width: drawn, told, and across is what size words are about."""

from __future__ import annotations

# ruff: noqa: F811  fixtures of another module are arguments here
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pictures import FINDING, picture, reading_with
from PySide6.QtGui import QColor
from test_session import INFO, StillPicture, bugs, runner, session, workspace  # noqa: F401  fixtures

from annotator.analysis.findings.measured import FindingMeasurer
from annotator.analysis.mark_table import table_of
from annotator.model import edits
from annotator.model.geometry import ImagePoint, SpacingBasis
from annotator.model.image import ExamInfo
from annotator.model.mark import Mark, MarkKind, SpotMeasurement
from annotator.ui.marks.words import mark_words, short_words, size_words
from annotator.ui.panels.measured_words import measured_line
from annotator.ui.panes.viewport import Viewport

BASIS = SpacingBasis.AT_DETECTOR
MIDDLE = ImagePoint(150.0, 150.0)


def piece(length=40.0, width=3.0, mm=0.07):
    """A horizontal piece about MIDDLE."""
    ends = tuple(ImagePoint(MIDDLE.column + across, MIDDLE.row) for across in (-length / 2, 0, length / 2))
    outline = tuple(
        ImagePoint(MIDDLE.column + x * length / 2, MIDDLE.row + y * width / 2)
        for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))
    )
    diameter = 2 * math.sqrt(length * width / math.pi)
    return SpotMeasurement(
        MIDDLE, diameter, 0.3, length, width, 0.0, 0.2, 200.0, 9.0, outline, diameter * mm, 0.02, length * mm,
        width * mm, BASIS, 0.38, ends, length, width, length * mm, width * mm,
    )  # fmt: skip


def mark_of(measured):
    return Mark("m", 1, "f", picture().key, MIDDLE, MarkKind.MICRO, measured)


def test_length_and_width_stand_in_place_of_a_diameter():
    mark = mark_of(piece())
    assert size_words(mark.measurement) == "length 2.8 × width 0.21 mm, at detector"
    assert mark_words(mark) == "microcalcification, length 2.8 × width 0.21 mm, at detector"
    assert short_words(mark, "F1") == "F1  2.8 × 0.21 mm at detector"


def test_without_spacing_they_are_pixels_and_say_so():
    bare = replace(
        piece(), basis=None, length_mm=None, width_mm=None, diameter_mm=None, uncertainty_mm=None, major_mm=None,
        minor_mm=None,
    )  # fmt: skip
    assert size_words(bare) == "length 40.0 × width 3.0 px, pixel size unknown"
    assert short_words(mark_of(bare), "F1") == "F1  40.0 × 3.0 px"


def test_size_is_across_and_the_longest_piece_is_told_beside_it():
    round_one = replace(
        piece(), axis=(), length_px=None, width_px=None, length_mm=None, width_mm=None, diameter_px=6.0,
        diameter_mm=0.42, uncertainty_mm=0.03,
    )  # fmt: skip
    shown = picture()
    reading = reading_with(shown, (MIDDLE, ImagePoint(60, 60)), measurements=(piece(), round_one))
    table = table_of(reading)
    assert table.millimetres == pytest.approx([0.21, 0.42])
    assert table.lengths == pytest.approx([2.8, np.nan], nan_ok=True)
    assert table.diameters == pytest.approx([40.0, 6.0])
    measured = FindingMeasurer().of(
        reading, FINDING.id, ExamInfo(shown.info.study_instance_uid, (shown.info,))
    )
    assert (measured.median.value, measured.largest.value) == pytest.approx((0.315, 0.42))
    assert (measured.longest.value, measured.longest.basis) == (pytest.approx(2.8), BASIS)
    assert measured_line(measured).endswith(
        "median size 0.32 mm at detector, longest piece 2.8 mm at detector"
    )
    only_round = edits.remove_marks(reading, {"m0"})
    assert FindingMeasurer().of(only_round, FINDING.id, ExamInfo("2.25.10", (shown.info,))).longest is None


@pytest.fixture
def viewport(qtbot):
    viewport = Viewport()
    qtbot.addWidget(viewport)
    viewport.resize(500, 400)
    viewport.set_overlay_level(2)
    viewport.show()
    frame = np.full((300, 220), 800, np.uint16)
    shown = picture(frame)
    viewport.show_picture(shown)
    viewport.zoom_by(4.0, viewport.widget_position(MIDDLE))
    viewport.center_on(MIDDLE)
    return viewport, shown


def coloured(viewport, *, left, right, top, bottom):
    """Whether anything yellow is drawn in a box of the image."""
    image = viewport.grab().toImage()
    start, end = (
        viewport.widget_position(ImagePoint(*at)).toPoint() for at in ((left, top), (right, bottom))
    )
    return any(
        QColor(image.pixel(x, y)).saturation() > 50
        for x in range(start.x(), end.x())
        for y in range(start.y(), end.y())
    )


def test_axis_and_ends_are_drawn_and_go_with_the_mark(viewport):
    view, shown = viewport
    along = {"left": 140, "right": 145, "top": 149.6, "bottom": 150.6}
    above_end = {"left": 129, "right": 131.5, "top": 147, "bottom": 148}
    view.set_reading(reading_with(shown, (MIDDLE,), measurements=(piece(),)))
    assert coloured(view, **along)
    assert coloured(view, **above_end)
    without = replace(piece(), axis=())
    view.set_reading(reading_with(shown, (MIDDLE,), measurements=(without,)))
    assert not coloured(view, **along)
    assert not coloured(view, **above_end)


def test_a_report_tells_the_longest_piece(tmp_path: Path):
    from annotator.exchange.report_finding import _sizes

    shown = picture()
    reading = reading_with(shown, (MIDDLE,), measurements=(piece(),))
    measured = FindingMeasurer().of(
        reading, FINDING.id, ExamInfo(shown.info.study_instance_uid, (shown.info,))
    )
    told = list(_sizes(reading, reading.findings[0], measured))
    assert told == ["1 micro", "median 0.21 mm at detector", "the longest linear piece 2.8 mm at detector"]


@pytest.fixture(scope="module")
def cast() -> StillPicture:
    """A straight piece of 3.5 mm by 0.2 mm, and a short one beside its end."""
    rows, columns = np.mgrid[0 : INFO.rows, 0 : INFO.columns] + 0.5
    values = np.random.default_rng(11).normal(1500, 10, (INFO.rows, INFO.columns))
    for start, end, row in ((60.5, 110.5, 120.5), (60.5, 84.5, 60.5)):
        beyond = np.maximum(np.maximum(start - columns, columns - end), 0.0)
        values += 400 * np.exp(-(beyond**2 + (rows - row) ** 2) / (2 * 1.5**2))
    return StillPicture(INFO, 1, values.clip(0, 4095).astype(np.uint16))


def test_a_piece_is_marked_once_wherever_along_it_the_hand_clicks(session, cast):
    said: list[str] = []
    session.message.connect(said.append)
    session.mark_spot(cast, ImagePoint(75, 121), MarkKind.MICRO, 2.0)
    (mark,) = session.reading.marks
    assert mark.measurement.is_linear
    assert said[-1].startswith("length ")
    for column in (85, 97, 103):
        session.mark_spot(cast, ImagePoint(column, 120), MarkKind.MICRO, 2.0)
        assert session.reading.marks == (mark,)
        assert said[-1] == "This spot is already marked."
    session.mark_spot(cast, ImagePoint(72, 60), MarkKind.MICRO, 2.0)
    assert len(session.reading.marks) == 2


def test_the_outline_of_a_piece_is_turned_as_that_of_a_spot(session, cast):
    session.mark_spot(cast, ImagePoint(75, 121), MarkKind.MICRO, 2.0)
    before = session.reading.marks[0].measurement
    session.level.widen(cast, session.reading.marks[0].id, -3)
    session.level.settle()
    after = session.reading.marks[0].measurement
    assert after.is_linear
    assert after.width_mm < before.width_mm
    assert session.flush(), "the database takes what was measured"
