"""The decoders of last resort give the same pixels, and their crashes stay theirs."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from reading_files import HTJ2K, J2K, LOSSLESS, LS, RLE, breast, compressed, encode

from annotator.errors import UnreadableImage
from annotator.imaging import codecs
from annotator.imaging.codecs import CODECS
from annotator.imaging.dicom_file import read_image


@pytest.mark.parametrize("syntax", [LOSSLESS, LS, J2K, HTJ2K, RLE])
def test_each_fallback_gives_the_same_pixels(tmp_path: Path, syntax: str, monkeypatch: pytest.MonkeyPatch):
    broken = {family: _without_module(codec) for family, codec in codecs._BY_FAMILY.items()}
    monkeypatch.setattr(codecs, "_BY_FAMILY", broken)
    monkeypatch.setattr(codecs, "_RLE", _without_module(codecs._RLE))
    pixels = breast()
    shown = read_image(compressed(tmp_path / "a.dcm", pixels, [encode(pixels, syntax)], syntax))
    assert np.array_equal(shown.frame(), pixels)


def _without_module(codec: codecs.Codec) -> codecs.Codec:
    from dataclasses import replace

    return replace(codec, module="_not_installed")


def test_the_table_names_one_decoder_and_one_fallback_for_every_syntax_that_mammograms_use():
    wanted = {f"1.2.840.10008.1.2.4.{n}" for n in (50, 51, 57, 70, 80, 81, 90, 91, 201, 202, 203)}
    assert wanted | {"1.2.840.10008.1.2.5"} == set(CODECS)
    assert {c.fallback_plugin for c in CODECS.values()} <= {"gdcm", "pyjpegls", "pylibjpeg", "pydicom"}


def test_a_frame_on_which_gdcm_aborts_costs_only_that_frame(tmp_path: Path):
    pixels, whole = breast(), encode(breast(), LOSSLESS)
    at = whole.index(b"\xff\xc4")
    broken = whole[: at + 4] + b"\xff" * 20 + whole[at + 24 :]
    with pytest.raises(UnreadableImage):
        read_image(compressed(tmp_path / "a.dcm", pixels, [broken], LOSSLESS))


@pytest.mark.parametrize("offsets", [(64, 1 << 31), (64, 64), (1 << 30, 70), (64, 10), (0, 64)])
def test_rle_planes_out_of_order_are_refused(tmp_path: Path, offsets: tuple[int, int]):
    pixels, whole = breast(), encode(breast(), RLE)
    broken = struct.pack("<3I", 2, *offsets) + whole[12:]
    with pytest.raises(UnreadableImage):
        read_image(compressed(tmp_path / "a.dcm", pixels, [broken], RLE))
