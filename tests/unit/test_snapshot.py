"""Pictures of a report: a crop's pixels are the image's own, and its bar is as long as it says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from annotator.imaging.breast_window import default_voi
from annotator.imaging.grayscale import display_lut
from annotator.imaging.snapshot import (
    BAR_STRIP_PX,
    LARGEST_CROP,
    LINE_PX,
    MARGIN_MM,
    MARGIN_PX,
    MARK_COLOUR,
    SMALLEST_CROP,
    SMALLEST_RADIUS,
    WHOLE_SIZE,
    Drawn,
    Photographer,
    Snapshot,
)
from annotator.model.geometry import ImagePoint, Orientation, PixelSpacing, SpacingBasis
from annotator.model.image import ImageInfo, ImageKey, PaddingRange
from annotator.model.mark import Mark, MarkKind

TURNS = [Orientation(t, c, r) for t in (False, True) for c in (False, True) for r in (False, True)]
SPACING = PixelSpacing(0.085, 0.085, SpacingBasis.AT_DETECTOR)
KEY = ImageKey("2.25.1")


def picture_of(columns: int, rows: int, **more: Any) -> tuple[ImageInfo, NDArray[np.uint16]]:
    frame = np.random.default_rng(5).integers(1, 4096, (rows, columns)).astype(np.uint16)
    info = ImageInfo(
        path=Path("a.dcm"),
        sop_class_uid="1.2.840.10008.5.1.4.1.1.1.2",
        sop_instance_uid=KEY.sop_instance_uid,
        rows=rows,
        columns=columns,
        bits_stored=12,
        high_bit=11,
        padding=PaddingRange(0, 0),
        spacing=SPACING,
    )
    return replace(info, **more), frame


def pixels(taken: Snapshot) -> NDArray[np.uint8]:
    """The picture above its strip, in RGB."""
    found = cv2.imdecode(np.frombuffer(taken.png, np.uint8), cv2.IMREAD_COLOR_RGB)
    assert found.shape[:2] == (taken.height, taken.width)
    return found[:-BAR_STRIP_PX]


def turned(part: NDArray[Any], turn: Orientation) -> NDArray[Any]:
    shown = part.T if turn.transpose else part
    shown = shown[:, ::-1] if turn.flip_columns else shown
    return shown[::-1] if turn.flip_rows else shown


def greys(info: ImageInfo, frame: NDArray[Any], taken: Snapshot, turn: Orientation) -> NDArray[Any]:
    """What a viewport shows of the part, pixel by pixel, worked out apart."""
    column, row, across, down = (round(number) for number in taken.region)
    table = display_lut(info, default_voi(info, frame)).astype(np.uint8)
    return turned(table[frame[row : row + down, column : column + across]], turn)


def marks(*places: tuple[float, float], kind: MarkKind = MarkKind.MICRO) -> tuple[Mark, ...]:
    return tuple(
        Mark(str(number), number, "f", KEY, ImagePoint(*place), kind) for number, place in enumerate(places)
    )


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("inverse", [False, True])
def test_a_crop_has_the_grey_values_of_the_image(turn: Orientation, inverse: bool) -> None:
    info, frame = picture_of(900, 1100, photometric="MONOCHROME1" if inverse else "MONOCHROME2")
    taken = Photographer(info, frame, turn).crop([ImagePoint(400.5, 700.5), ImagePoint(420.0, 650.0)])
    assert taken.scale == 1
    shown = pixels(taken)
    for channel in range(3):
        np.testing.assert_array_equal(shown[:, :, channel], greys(info, frame, taken, turn))


@settings(max_examples=40)
@given(st.floats(0, 899), st.floats(0, 1099), st.sampled_from(TURNS))
def test_a_crop_anywhere_stays_inside_and_holds_its_mark(
    column: float, row: float, turn: Orientation
) -> None:
    info, frame = picture_of(900, 1100)
    taken = Photographer(info, frame, turn).crop([ImagePoint(column, row)])
    left, top, across, down = taken.region
    assert 0 <= left <= column <= left + across <= 900
    assert 0 <= top <= row <= top + down <= 1100
    assert (across, down) == (SMALLEST_CROP, SMALLEST_CROP)
    np.testing.assert_array_equal(pixels(taken)[:, :, 0], greys(info, frame, taken, turn))


def test_marks_are_drawn_on_one_crop_and_not_on_the_other() -> None:
    info, frame = picture_of(900, 1100)
    camera, drawn = Photographer(info, frame, Orientation()), Drawn(marks((400.5, 700.5), (450.5, 720.5)))
    plain, marked = camera.crop(drawn.points), camera.crop(drawn.points, drawn)
    assert plain.region == marked.region
    differs = np.any(pixels(plain) != pixels(marked), axis=2)
    assert 20 < differs.sum() < 600
    rows, columns = np.nonzero(differs)
    for column, row in zip(columns + plain.region[0], rows + plain.region[1], strict=True):
        apart = (np.hypot(column + 0.5 - x, row + 0.5 - y) for x, y in ((400.5, 700.5), (450.5, 720.5)))
        assert min(abs(distance - SMALLEST_RADIUS) for distance in apart) < LINE_PX + 1.5
    red, _, blue = pixels(marked)[differs].astype(int).T
    assert np.count_nonzero(red - blue > (MARK_COLOUR[0] - MARK_COLOUR[2]) / 3) > 20


def test_micro_and_macro_have_shapes_of_their_own() -> None:
    info, frame = picture_of(900, 1100)
    camera = Photographer(info, frame, Orientation())
    points = [ImagePoint(400.5, 700.5)]
    circle = camera.crop(points, Drawn(marks((400.5, 700.5))))
    diamond = camera.crop(points, Drawn(marks((400.5, 700.5), kind=MarkKind.MACRO)))
    assert np.any(pixels(circle) != pixels(diamond))


@pytest.mark.parametrize("turn", TURNS)
def test_the_bar_is_as_long_as_it_says(turn: Orientation) -> None:
    spacing = PixelSpacing(0.05, 0.08, SpacingBasis.CALIBRATED)
    info, frame = picture_of(900, 1100, spacing=spacing)
    camera = Photographer(info, frame, turn)
    across = spacing.row_mm if turn.transpose else spacing.column_mm
    for taken in (camera.crop([ImagePoint(400, 500)]), camera.whole(Drawn())):
        assert taken.bar_mm in (1, 5, 10, 20, 50)
        assert abs(taken.bar_px - taken.bar_mm / across * taken.scale) <= 0.5
        strip = cv2.imdecode(np.frombuffer(taken.png, np.uint8), cv2.IMREAD_GRAYSCALE)[-BAR_STRIP_PX:]
        line = strip[BAR_STRIP_PX // 2][: 8 + taken.bar_px + 4]
        assert np.count_nonzero(line == 255) == taken.bar_px
        assert taken.bar_px < taken.width / 2


def test_without_spacing_the_bar_counts_pixels() -> None:
    info, frame = picture_of(900, 1100, spacing=None)
    taken = Photographer(info, frame, Orientation()).crop([ImagePoint(400, 500)])
    assert (taken.bar_mm, taken.bar_image_px, taken.bar_px) == (None, 100, 100)


def test_around_the_marks_is_room() -> None:
    places = (ImagePoint(300, 400), ImagePoint(700, 500))
    for spacing, margin in ((SPACING, MARGIN_MM / SPACING.mean_mm), (None, MARGIN_PX)):
        info, frame = picture_of(1200, 1200, spacing=spacing)
        left, _, across, _ = Photographer(info, frame, Orientation()).crop(places).region
        assert left == pytest.approx(300 - margin, abs=1)
        assert left + across == pytest.approx(700 + margin, abs=1)


def test_of_marks_far_apart_the_fullest_part_is_shown_and_the_others_are_counted() -> None:
    info, frame = picture_of(2400, 1200)
    places = [ImagePoint(100, 600), ImagePoint(150, 610), *(ImagePoint(1900 + 10 * n, 600) for n in range(8))]
    taken = Photographer(info, frame, Orientation()).crop(places)
    left, _, across, _ = taken.region
    assert across == LARGEST_CROP
    assert left < 1900
    assert left + across > 1970
    assert taken.left_out == 2


def test_a_small_image_is_enlarged_by_a_whole_number() -> None:
    info, frame = picture_of(100, 120)
    taken = Photographer(info, frame, Orientation()).crop([ImagePoint(50, 60)])
    assert taken.scale == 3
    shown = pixels(taken)[:, :, 0]
    whole = greys(info, frame, taken, Orientation())
    np.testing.assert_array_equal(shown, np.repeat(np.repeat(whole, 3, axis=0), 3, axis=1))
    assert taken.bar_px == round(taken.bar_mm / SPACING.column_mm * 3)


def test_the_whole_view_shows_marks_the_nipple_and_the_part() -> None:
    info, frame = picture_of(1500, 2000)
    camera = Photographer(info, frame, Orientation())
    bare = camera.whole(Drawn())
    assert (bare.width, bare.height) <= (WHOLE_SIZE[0], WHOLE_SIZE[1] + BAR_STRIP_PX)
    for drawn, framed in (
        (Drawn(marks((700.0, 900.0))), None),
        (Drawn(outlines=((ImagePoint(1, 1), ImagePoint(300, 1), ImagePoint(300, 300)),)), None),
        (Drawn(nipple=ImagePoint(1400, 1000)), None),
        (Drawn(), (500.0, 600.0, 320.0, 320.0)),
    ):
        assert np.any(pixels(camera.whole(drawn, framed)) != pixels(bare))
