"""The lower resolution of every real JPEG 2000 mammogram against the area mean of its whole frame."""

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


def test_previews_are_their_frames_at_a_quarter(shared_data: Path, monkeypatch: pytest.MonkeyPatch):
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
            continue
        if small is None:
            continue
        previewed.add(path.name)
        frame = shown.frame().astype(np.float32)
        mean = cv2.resize(frame, small.shape[::-1], interpolation=cv2.INTER_AREA)
        reach = float(frame.max() - frame.min())
        assert np.abs(small - mean).mean() < 0.02 * reach, path
    assert {n[:2] for n in previewed} >= {"10", "11", "17", "19"}
