"""Real files: what opens must hold pydicom's pixels, and what does not must say why."""

from __future__ import annotations

import hashlib
import json
import warnings
from pathlib import Path

import numpy as np
import pydicom
import pytest

from annotator.cli import main
from annotator.errors import UnreadableImage
from annotator.imaging.dicom_file import Mammogram, read_image

SAME_CROP = [f"{n:02d}" for n in (*range(1, 9), 10, 15, 17, 18, 19)]
"""The manifest's words: '01-08,10,15,17-19 must decode to identical pixels'."""

DECODERS_ROUND_DIFFERENTLY = {"16_htj2k_lossy.dcm", "11_j2k_lossy20.dcm", "14_jpeg_baseline_8bit.dcm"}
"""Lossy files: the standards leave the last grey level to the decoder."""


OTHER_OBJECTS = ("segmentation", "colour", "report", "radiotherapy", "computed values")
DAMAGED = {
    "JPEG2000-embedded-sequence-delimiter.dcm",
    "MR_truncated.dcm",
    "UN_sequence.dcm",
    "empty_charset_LEI.dcm",
    "meta_missing_tsyntax.dcm",
    "nested_priv_SQ.dcm",
    "no_meta.dcm",
    "no_meta_group_length.dcm",
    "priv_SQ.dcm",
}
"""Files without pixels, cut short or broken; pydicom has no pixels for any of them either."""


def _values_hash(mammogram: Mammogram) -> str:
    digest = hashlib.sha256()
    for number in range(1, mammogram.info.frames + 1):
        digest.update(mammogram.frame(number).astype("<u2").tobytes())
    return digest.hexdigest()


def _by_pydicom(path: Path) -> np.ndarray | None:
    """pydicom's own pixels as (frames, rows, columns), None where it has none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = pydicom.dcmread(path, force=True)
        try:
            pixels = dataset.pixel_array
        except (AttributeError, RuntimeError, ValueError, NotImplementedError):
            return None
    return pixels.reshape(-1, *pixels.shape[-2:])


def test_lossless_encodings_of_one_crop_give_identical_pixels(shared_data: Path):
    folder = shared_data / "derived_transfer_syntaxes"
    hashes = {number: _values_hash(read_image(next(folder.glob(f"{number}_*.dcm")))) for number in SAME_CROP}
    assert len(set(hashes.values())) == 1, hashes


def test_the_8_bit_and_stack_files_hold_what_their_twins_hold(shared_data: Path):
    folder = shared_data / "derived_transfer_syntaxes"
    plain, packed = (read_image(next(folder.glob(f"{n}_*.dcm"))) for n in (20, 21))
    assert _values_hash(plain) == _values_hash(packed)
    eight = read_image(folder / "13_explicit_le_8bit.dcm")
    assert eight.frame().dtype == np.uint16
    assert eight.info.bits_allocated == 8


def test_every_picture_equals_pydicoms_wherever_pydicom_decodes(shared_data: Path):
    opened, differing, damaged = 0, [], set()
    for path in sorted(shared_data.rglob("*.dcm")):
        try:
            mammogram = read_image(path)
        except UnreadableImage as error:
            if not any(word in error.reason for word in OTHER_OBJECTS):
                damaged.add(path.name)
            continue
        opened += 1
        theirs = _by_pydicom(path)
        if theirs is None:
            continue
        ours = np.stack([mammogram.frame(n) for n in range(1, mammogram.info.frames + 1)])
        allowed = 1 if path.name in DECODERS_ROUND_DIFFERENTLY else 0
        if ours.shape != theirs.shape or np.abs(ours.astype(np.int32) - theirs).max() > allowed:
            differing.append(path.name)
    assert not differing
    assert damaged == DAMAGED
    assert opened >= 50


def test_info_has_one_row_for_each_file_and_a_reason_for_each_bad_one(
    shared_data: Path, capsys: pytest.CaptureFixture[str]
):
    status = main(["info", str(shared_data), "-r", "--pixels", "--json"])
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert status == 1
    assert [r["path"] for r in rows if r["path"].endswith(".dcm")] == [r["path"] for r in rows]
    assert sorted(r["path"] for r in rows) == sorted(str(p) for p in shared_data.rglob("*.dcm"))
    for row in rows:
        assert (row["error"] is None) == row["readable"] == (row["pixel_sha256"] is not None)
    crops = [r for r in rows if Path(r["path"]).name[:2] in SAME_CROP and "/derived_" in r["path"]]
    assert len(crops) == len(SAME_CROP)
    assert len({r["pixel_sha256"] for r in crops}) == 1
    assert {r["label"] for r in crops} == {"RCC"}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("pydicom/test-SR.dcm", "structured report"),
        ("pydicom/rtplan.dcm", "radiotherapy plan"),
        ("pydicom/rtdose.dcm", "dose"),
        ("pydicom/MR_truncated.dcm", "cut off"),
        ("pydicom/SC_rgb_jpeg.dcm", "colour"),
        ("pydicom_data/liver.dcm", "segmentation"),
        ("pydicom_data/parametric_map_float.dcm", "computed values"),
    ],
)
def test_what_is_no_mammogram_is_refused_with_what_it_is(shared_data: Path, name: str, words: str):
    with pytest.raises(UnreadableImage) as refused:
        read_image(shared_data / name)
    assert words in refused.value.reason
