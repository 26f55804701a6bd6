"""A stream without its finest levels decodes to what another decoder finds at that level, to the last value."""

from __future__ import annotations

import io
from typing import Any

import imagecodecs
import numpy as np
import pytest
from PIL import Image
from reading_files import breast

from annotator.imaging.jpeg2000_levels import without_levels


def _stream(pixels: np.ndarray, **options: Any) -> bytes:
    room = io.BytesIO()
    Image.fromarray(pixels).save(room, "JPEG2000", no_jp2=True, **options)
    return room.getvalue()


def _expected(stream: bytes, levels: int) -> np.ndarray:
    with Image.open(io.BytesIO(stream)) as image:
        image.reduce = levels
        return np.asarray(image)


def _shown(stream: bytes, levels: int) -> np.ndarray | None:
    less = without_levels(stream, 0, levels)
    return None if less is None else imagecodecs.jpeg2k_decode(less)


@pytest.mark.parametrize("levels", [1, 2, 3])
@pytest.mark.parametrize("size", [(192, 160), (199, 167)])
@pytest.mark.parametrize(
    "options",
    [
        {"progression": "LRCP"},
        {"progression": "RLCP"},
        {"progression": "RPCL"},
        {"progression": "RLCP", "quality_mode": "rates", "quality_layers": [20, 8, 3]},
        {"progression": "RPCL", "quality_mode": "rates", "quality_layers": [20, 3], "irreversible": True},
        {"progression": "LRCP", "quality_mode": "rates", "quality_layers": [4], "irreversible": True},
        {"progression": "RPCL", "precinct_size": (64, 64), "codeblock_size": (32, 32)},
        {"progression": "LRCP", "precinct_size": (64, 64), "codeblock_size": (16, 16)},
        {"progression": "LRCP", "tile_size": (64, 48)},
        {"progression": "RPCL", "tile_size": (256, 256)},
        {"num_resolutions": 4},
    ],
    ids=str,
)
def test_resolutions_that_follow_each_other(size: tuple[int, int], levels: int, options: dict[str, Any]):
    stream = _stream(breast(*size, bits=16), **options)
    shown = _shown(stream, levels)
    assert shown is not None
    assert shown.shape == tuple(-(-n // (1 << levels)) for n in size)
    # Pillow finds its way only where its rounded size is the standard's
    if all(n % (1 << levels) == 0 for n in size):
        assert np.array_equal(shown, _expected(stream, levels))


@pytest.mark.parametrize(
    "options",
    [
        {"progression": "LRCP", "quality_mode": "rates", "quality_layers": [20, 8, 3]},
        {"progression": "PCRL"},
        {"progression": "CPRL"},
        {"tile_size": (50, 50)},
        {"num_resolutions": 2},
        {"num_resolutions": 1},
        {"offset": (8, 8), "tile_offset": (4, 4), "tile_size": (64, 64)},
    ],
    ids=str,
)
def test_streams_that_cannot_be_shortened_this_way(options: dict[str, Any]):
    assert _shown(_stream(breast(192, 160, bits=16), **options), 2) is None


@pytest.mark.parametrize("marker", [0xFF53, 0xFF5D, 0xFF5E, 0xFF5F, 0xFF60, 0xFF50])
def test_a_segment_that_may_mean_anything_is_left_alone(marker: int):
    stream = _stream(breast(192, 160, bits=16))
    at = stream.index(b"\xff\x90")
    odd = marker.to_bytes(2, "big") + b"\x00\x04\x00\x00"
    assert _shown(stream, 2) is not None
    assert without_levels(stream[:at] + odd + stream[at:], 0, 2) is None
    data = stream.index(b"\xff\x93", at)
    assert without_levels(stream[:data] + odd + stream[data:], 0, 2) is None


@pytest.mark.parametrize("kept", [4, 20, 60, 90, 110])
def test_a_cut_header_is_none(kept: int):
    stream = _stream(breast(192, 160, bits=16))
    assert kept < stream.index(b"\xff\x90")
    assert without_levels(stream[:kept], 0, 2) is None
