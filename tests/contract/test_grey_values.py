"""Grey values equal those of pydicom and DCMTK to the last one, or differ as their known habits foretell.

The comparison itself is that of `make grey-values` (docs/grey-values.md); here it must find no difference.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annotator.imaging.grayscale import display_lut
from annotator.model.image import ImageInfo, PaddingRange, VoiFunction, VoiLut, Window
from benchmarks.grey_cases import write_cases
from benchmarks.grey_peers import DCM2PNM, Foretold, Setting, foretold_dcmtk
from benchmarks.grey_values import AS_LINEAR, BINS, CUT, PADDING, SHIFTED, WRAPPED, Tally, compare, files_in

needs_dcmtk = pytest.mark.skipif(DCM2PNM is None, reason="dcm2pnm (DCMTK) is not installed")


def compared(paths: list[Path], *dcmtk_bits: int) -> Tally:
    tally = Tally()
    compare(paths, tally, dcmtk_bits=dcmtk_bits, most_frames=3)
    assert tally.where == []
    return tally


def files_beside(tally: Tally, peer: str, what: str) -> int:
    return len(tally.lines[peer, what].files)


def test_made_cases_beside_pydicom(tmp_path: Path):
    cases = write_cases(tmp_path)
    tally = compared(cases)
    for what in ("stored values", "modality values", "8 bits", "8 bits, inverted", "16 bits"):
        assert files_beside(tally, "pydicom", what) == len(cases)
    assert {reason for (_, reason), n in tally.reasons.items() if n} == {PADDING, SHIFTED, WRAPPED}


@needs_dcmtk
def test_made_cases_beside_dcmtk(tmp_path: Path):
    cases = write_cases(tmp_path)
    tally = compared(cases, 8, 16)
    for what in ("8 bits", "8 bits, inverted", "16 bits", "16 bits, inverted"):
        assert files_beside(tally, "DCMTK", what) == len(cases)
    assert {reason for (peer, reason) in tally.reasons if peer == "DCMTK"} == {PADDING, CUT, BINS, AS_LINEAR}


def test_sample_exams_beside_pydicom(sample_dicoms: Path):
    files = list(files_in([sample_dicoms]))
    tally = compared(files)
    assert files_beside(tally, "pydicom", "16 bits, inverted") == len(files) > 0


@needs_dcmtk
def test_one_image_of_each_sample_exam_beside_dcmtk(sample_dicoms: Path):
    files = [next(files_in([exam])) for exam in sorted(sample_dicoms.iterdir()) if exam.is_dir()]
    tally = compared(files, 8)
    assert files_beside(tally, "DCMTK", "8 bits, inverted") == len(files) > 0


@pytest.mark.slow
@pytest.mark.parametrize("bits", [(), pytest.param((8,), marks=needs_dcmtk)], ids=["pydicom", "DCMTK"])
def test_every_real_file(shared_data: Path, bits: tuple[int, ...]):
    tally = compared(list(files_in([shared_data])), *bits)
    assert len(tally.read) >= 50


def test_a_wrong_level_would_be_found():
    """The comparison itself: a level one too high or too low is a miss, unless it lies on the very edge."""
    told = Foretold.cut(np.array([0.0, 10.4, 20.0, 255.0]))
    index = np.array([0, 1, 2, 2, 3])
    assert told.misses(index, np.array([0, 10, 20, 19, 255])) == 0
    assert told.misses(index, np.array([0, 11, 20, 21, 254])) == 2


def info(**changes: Any) -> ImageInfo:
    return ImageInfo(Path("x.dcm"), "1.2", "1.2.3", rows=4, columns=4, **{"bits_stored": 12, **changes})


ENTRIES = np.arange(4096).astype("<u2").tobytes()


@pytest.mark.parametrize(
    ("image", "voi", "invert", "bits", "value", "theirs", "ours"),
    [
        (info(), Window(1800, 2400), False, 8, 1000, 42, 43),
        (info(slope=0.5, intercept=-7.0), Window(1000, 900), False, 16, 1201, 3134, 3171),
        (info(), VoiLut(0, 12, ENTRIES), True, 8, 4095, 1, 0),
        (info(), VoiLut(0, 12, ENTRIES), False, 16, 4095, 65520, 65535),
        (info(), Window(100, 1, VoiFunction.LINEAR_EXACT), False, 8, 100, 255, 128),
        (info(padding=PaddingRange(0, 0)), Window(2048, 4096), True, 8, 0, 255, 0),
    ],
    ids=["cut", "fractional slope", "bins inverted", "bins", "LINEAR_EXACT", "padding"],
)
def test_the_cases_of_the_page_computed_by_hand(image, voi, invert, bits, value, theirs, ours):
    """docs/grey-values.md, where they differ: that DCMTK does write these is told by the made cases above."""
    told = foretold_dcmtk(image, Setting(voi, 1, invert), bits=bits)
    assert told.high[value] == theirs
    assert display_lut(image, voi, invert=invert, levels=1 << bits)[value] == ours
