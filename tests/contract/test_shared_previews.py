"""The lower resolution of every real JPEG 2000 mammogram against the low-pass of its whole frame."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from annotator.errors import UnreadableImage
from annotator.imaging import frames
from annotator.imaging.dicom_file import read_image
from annotator.imaging.jpeg2000_preview import decode_preview

JPEG_2000 = {"1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91"}
LOW_PASS = np.array([-1, 2, 6, 2, -1]) / 8
"""Analysis filter of the reversible wavelet (ITU-T T.800 annex F, 5/3)."""


def _halved(frame: np.ndarray) -> np.ndarray:
    return cv2.sepFilter2D(frame, -1, LOW_PASS, LOW_PASS, borderType=cv2.BORDER_REFLECT_101)[::2, ::2]


def test_previews_are_the_low_pass_of_their_frames(shared_data: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(frames, "decode_preview", lambda data, info: decode_preview(data, info, smallest=0))
    previewed = set()
    for path in sorted(shared_data.rglob("*.dcm")):
        try:
            shown = read_image(path)
        except UnreadableImage:
            continue
        small = shown.preview()
        if shown.info.transfer_syntax_uid not in JPEG_2000:
            assert small is None, path
        elif small is not None:
            previewed.add(path.name)
            expected = _halved(_halved(shown.frame().astype(np.float32)))
            assert small.shape == expected.shape
            reach = float(shown.frame().max()) - float(shown.frame().min())
            # whole numbers are rounded at each step; the irreversible wavelet has a filter of its own
            assert np.abs(small - expected).mean() < (0.02 * reach if shown.info.lossy else 2), path
    assert {n[:2] for n in previewed} >= {"10", "11", "17", "19"}
