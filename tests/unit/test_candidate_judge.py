"""The judge of candidates: its layers, what turning and mirroring change, and what neighbours show it."""

from __future__ import annotations

import numpy as np
import pytest

from annotator.analysis.candidates.convolution import Convolution, Layer
from annotator.analysis.candidates.judge import hung
from annotator.analysis.candidates.lines import Lines
from annotator.analysis.candidates.model import SECOND_LOOKS, chances, shipped_model
from annotator.analysis.candidates.neighbour_maps import CELLS_MM, CHANNELS, line_cells, neighbour_maps
from annotator.analysis.candidates.patches import SIDE
from annotator.jobs import Cancelled, CancelToken

MIDDLE = SIDE // 2
NO_LINES = np.zeros((1, 1), np.float32)


@pytest.mark.parametrize(("side", "step"), [(3, 1), (3, 2), (5, 2)])
def test_a_convolution_is_the_sum_of_products_at_every_place(side: int, step: int):
    rng = np.random.default_rng(side * 10 + step)
    images = rng.normal(size=(2, 11, 9, 3)).astype(np.float32)
    weights = rng.normal(size=(side * side * 3, 4)).astype(np.float32)
    start = rng.normal(size=4).astype(np.float32)
    made = Convolution(Layer(weights, start), side, step).of(images)
    rows, columns = (11 - side) // step + 1, (9 - side) // step + 1
    assert made.shape == (2, rows, columns, 4)
    for i in range(rows):
        for j in range(columns):
            window = images[:, i * step : i * step + side, j * step : j * step + side]
            wanted = np.maximum(window.reshape(2, -1).astype(np.float64) @ weights + start, 0)
            np.testing.assert_allclose(made[:, i, j], wanted, rtol=1e-4, atol=1e-4)


def test_the_eight_ways_to_hang_a_picture_are_all_there():
    picture = np.random.default_rng(1).normal(size=(1, SIDE, SIDE)).astype(np.float32)
    ways = {hung(picture, way).tobytes() for way in range(8)}
    turned = {np.rot90(p, k, axes=(1, 2)).tobytes() for p in (picture, picture[..., ::-1]) for k in range(4)}
    assert len(ways) == 8
    assert ways == turned


def rows(count: int):
    """Made-up numbers, pictures and maps of candidates."""
    rng = np.random.default_rng(count)
    model = shipped_model()
    numbers = model.beside.mean + rng.normal(size=(count, len(model.beside.mean))) * model.beside.deviation
    pictures = rng.normal(size=(count, 2, SIDE, SIDE)).astype(np.float32)
    maps = rng.uniform(0, 3, size=(count, CHANNELS, SIDE, SIDE)).astype(np.float32)
    return numbers.astype(np.float32), pictures, maps


def test_a_mirrored_breast_is_judged_alike():
    numbers, pictures, maps = rows(50)
    judge = shipped_model().beside

    def odds(seen: np.ndarray, around: np.ndarray) -> np.ndarray:
        return judge.odds(numbers, seen.reshape(50, -1), range(4), around)

    plain = odds(pictures, maps)
    assert plain.std() > 0.1
    for way in (1, 2, 3):
        np.testing.assert_allclose(odds(hung(pictures, way), hung(maps, way)), plain, atol=2e-3)
    assert np.abs(odds(hung(pictures, 4), hung(maps, 4)) - plain).max() > 2e-3


def test_many_candidates_are_judged_as_each_by_itself():
    numbers, pictures, maps = rows(450)
    judge = shipped_model().beside
    flat = pictures.reshape(450, -1)
    together = judge.odds(numbers, flat, [0], maps)
    for k in (0, 199, 200, 449):
        alone = judge.odds(numbers[k : k + 1], flat[k : k + 1], [0], maps[k : k + 1])
        assert together[k] == pytest.approx(alone[0], abs=2e-3)


def test_judging_can_be_cancelled():
    numbers, pictures, maps = rows(10)
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        shipped_model().beside.odds(numbers, pictures.reshape(10, -1), [0], maps, token)


def test_chances_of_odds():
    assert chances(np.array([0.0])) == 0.5
    assert 0 < chances(np.array([-1e6]))[0] < 1e-9
    assert chances(np.array([1e6]))[0] == pytest.approx(1)


def test_maps_show_likely_neighbours_where_they_lie():
    near, far = CELLS_MM
    x = np.array([30.0, 30.0 + 3 * near, 30.0, 30.0 - 4 * far]) + 0.1
    y = np.array([20.0, 20.0, 20.0 + 2 * near, 20.0]) + 0.1
    odds = np.array([2.0, 1.0, -20.0, 5.0])
    maps = neighbour_maps(x, y, odds, NO_LINES)
    assert maps.shape == (4, CHANNELS, SIDE, SIDE)
    assert maps[0, 0, MIDDLE, MIDDLE + 3] > 0
    assert maps[0, 0, MIDDLE + 2, MIDDLE] == 0
    assert maps[0, 1, MIDDLE, MIDDLE - 4] > maps[0, 0, MIDDLE, MIDDLE + 3]
    assert maps[1, 0, MIDDLE, MIDDLE - 3] > maps[0, 0, MIDDLE, MIDDLE + 3]
    assert not maps[:, :, MIDDLE, MIDDLE].any()


def test_of_two_in_a_cell_the_likelier_is_shown():
    x = np.array([10.05, 11.05, 11.1])
    maps = neighbour_maps(x, np.full(3, 10.05), np.array([0.0, -3.0, 3.0]), NO_LINES)
    other = neighbour_maps(x[[0, 2]], np.full(2, 10.05), np.array([0.0, 3.0]), NO_LINES)
    np.testing.assert_array_equal(maps[0, 0], other[0, 0])


def test_no_candidates_have_no_maps():
    none = np.zeros(0)
    assert neighbour_maps(none, none, none, NO_LINES).shape == (0, CHANNELS, SIDE, SIDE)


def test_maps_show_where_a_line_goes_on():
    step, pixel_mm = 2, 0.07
    response = np.zeros((400, 500), np.float32)
    response[100, 50:450] = 8.0
    cells = line_cells(Lines(step, response, np.zeros((400, 500), np.uint8), 1.0, response), pixel_mm)
    x, y = np.array([250 * step * pixel_mm]), np.array([100 * step * pixel_mm])
    near, far = neighbour_maps(x, y, np.zeros(1), cells)[0, len(CELLS_MM) :]
    assert (near[MIDDLE] > 1).all()
    assert not near[: MIDDLE - 2].any()
    assert (far[MIDDLE] > 1).all()
    # the line ends 28 mm to the left and right, beyond the near map and within the far one's reach
    x = np.array([60 * step * pixel_mm])
    near, far = neighbour_maps(x, y, np.zeros(1), cells)[0, len(CELLS_MM) :]
    assert not near[MIDDLE, : MIDDLE - 5].any()
    assert (near[MIDDLE, MIDDLE:] > 1).all()


def test_lines_are_mirrored_where_the_image_ends():
    cells = np.zeros((30, 30), np.float32)
    cells[:, 2] = 1
    at = np.array([0.1])
    near = neighbour_maps(at, np.array([15 * CELLS_MM[0] + 0.1]), np.zeros(1), cells)[0, len(CELLS_MM)]
    assert (near[:, MIDDLE + 2] == 1).all()
    assert (near[:, MIDDLE - 3] == 1).all()


def test_what_the_sieve_lets_through_is_bounded():
    assert 500 <= SECOND_LOOKS <= 5000
