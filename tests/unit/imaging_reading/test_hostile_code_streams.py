"""Damaged wavelets cost a picture at most: never the program, nor minutes of it."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from reading_files import HTJ2K, J2K, breast, compressed, encode

from annotator.errors import UnreadableImage
from annotator.imaging.dicom_file import read_image
from annotator.imaging.jpeg2000_levels import without_levels

_FIRST_SIZE = 8
"""Where Xsiz stands; the seven sizes and offsets that place the tiles follow (ITU-T T.800 A.5.1)."""

_DECODE_DAMAGED = """
import random, sys
from dataclasses import replace
import imagecodecs
from reading_files import HTJ2K, J2K, breast, compressed, encode
from annotator.imaging.codecs import codec_for, decode_frame
from annotator.imaging.dicom_file import read_info
from annotator.imaging import codecs
from annotator.imaging.decoding_apart import TROUBLES
from annotator.imaging.jpeg2000_preview import decode_preview
from annotator.imaging.stream_checks import BadStream
from pathlib import Path

def no_second_decoder(*_):
    raise ValueError("not asked")

codecs._with_plugin = no_second_decoder
syntax, pixels, chance = sys.argv[1], breast(), random.Random(4)
whole = encode(pixels, syntax)
if syntax == HTJ2K:
    whole = imagecodecs.htj2k_encode(pixels, reversible=False)
info = read_info(compressed(Path(sys.argv[2]), pixels, [whole], syntax))
shown = 0
for _ in range(2500):
    broken = bytearray(whole)
    for _ in range(chance.choice((1, 2, 8, 20))):
        broken[chance.randrange(chance.choice((150, len(whole) - 2)))] = chance.choice((0, 1, 127, 128, 254, 255))
    try:
        decode_preview(bytes(broken), info, smallest=0)
        decode_frame(codec_for(syntax, bytes(broken))[0], bytes(broken), info)
        shown += 1
    except BadStream:
        pass
print(shown)
assert not TROUBLES, TROUBLES
"""


@pytest.mark.parametrize("syntax", [J2K, HTJ2K])
def test_no_damage_ends_the_program(tmp_path: Path, syntax: str):
    command = [sys.executable, "-c", _DECODE_DAMAGED, syntax, str(tmp_path / "a.dcm")]
    done = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert 0 < int(done.stdout) < 2500


@pytest.mark.parametrize("syntax", [J2K, HTJ2K])
@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({4: 0}, "tiles without a width"),
        ({5: 0}, "tiles without a height"),
        ({4: 0, 5: 0}, "tiles of no size"),
        ({6: 1}, "a first tile that begins inside the picture"),
        ({0: 1080, 2: 1000, 4: 80}, "a first tile that ends before the picture begins"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_tiles_that_do_not_cover_the_picture_are_refused(
    tmp_path: Path, syntax: str, changes: dict[int, int], why: str
):
    whole = bytearray(encode(breast(), syntax))
    for place, size in changes.items():
        whole[_FIRST_SIZE + 4 * place : _FIRST_SIZE + 4 * place + 4] = struct.pack(">I", size)
    with pytest.raises(UnreadableImage, match="tiles do not cover it"):
        read_image(compressed(tmp_path / "a.dcm", breast(), [bytes(whole)], syntax))


@pytest.mark.parametrize(
    ("side", "why"), [(2, "61439 of its 61440 tiles are missing"), (1, "than can be numbered")]
)
def test_more_tiles_than_there_are_or_can_be_are_refused(tmp_path: Path, side: int, why: str):
    pixels = breast(480, 512)
    whole = bytearray(encode(pixels, J2K))
    whole[_FIRST_SIZE + 16 : _FIRST_SIZE + 24] = struct.pack(">II", side, side)
    with pytest.raises(UnreadableImage, match=why):
        read_image(compressed(tmp_path / "a.dcm", pixels, [bytes(whole)], J2K))


@pytest.mark.parametrize("lost", [0, 4, 8])
def test_a_tile_that_is_missing_is_not_air(tmp_path: Path, lost: int):
    pixels = breast()
    room = io.BytesIO()
    Image.fromarray(pixels).save(room, "JPEG2000", no_jp2=True, tile_size=(32, 32))
    whole = room.getvalue()
    parts, at = [], whole.index(b"\xff\x90")
    while whole[at : at + 2] == b"\xff\x90":
        parts.append((at, at + int.from_bytes(whole[at + 6 : at + 10], "big")))
        at = parts[-1][1]
    assert len(parts) == 9
    shown = read_image(compressed(tmp_path / "whole.dcm", pixels, [whole], J2K)).frame()
    # Pillow writes other pixels than it was given into the tiles on the right
    assert np.array_equal(shown[:, :32], pixels[:, :32])
    start, end = parts[lost]
    with pytest.raises(UnreadableImage, match="1 of its 9 tiles are missing"):
        read_image(compressed(tmp_path / "a.dcm", pixels, [whole[:start] + whole[end:]], J2K))


def test_comments_that_hide_parts_within_parts_are_walked_once():
    whole = encode(breast(), J2K)
    header = whole[: whole.index(b"\xff\x90")]
    hidden = struct.pack(">HHHIBBHH", 0xFF90, 10, 0, 16, 0, 1, 0xFF64, 14)
    count = 200_000
    assert without_levels(header + hidden * count + b"\xff\x93", 0, 1) is None
