"""The slice in focus of the calcifications of a synthetic tomosynthesis, against their truth."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from annotator.analysis.spots.best_slice import best_slice
from annotator.imaging.dicom_file import read_image
from annotator.model.geometry import ImagePoint

CLEAR_SNR = 8


def truth_of(folder: Path) -> tuple[Path, dict]:
    path = folder / "tomosynthesis" / "RCC-tomo.truth.json"
    if not path.is_file():
        pytest.fail(f"{path} is missing")
    return path.with_name("RCC-tomo.dcm"), json.loads(path.read_text())


def test_nineteen_of_twenty_clear_calcifications_are_found_within_one_slice(sample_dicoms: Path) -> None:
    path, truth = truth_of(sample_dicoms)
    image = read_image(path)
    info = image.info
    frames = {number: image.frame(number) for number in range(1, info.frames + 1)}
    off = {}
    for speck in truth["calcifications"]:
        if speck["snr"] > CLEAR_SNR:
            at = ImagePoint(speck["column"], speck["row"])
            reach = max(2.0, speck["diameter_mm"] / truth["pixel_mm"] / 2)
            found = best_slice(
                frames.items(),
                at,
                reach,
                pixel_mm=truth["pixel_mm"],
                inverse=info.inverse,
                padding=info.padding,
            )
            off[speck["id"]] = None if found is None else found.frame - speck["frame"]
    assert len(off) >= 15
    hit = [d for d in off.values() if d is not None and abs(d) <= 1]
    assert len(hit) >= 0.95 * len(off), off
