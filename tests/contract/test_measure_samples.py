"""The spot measurement on the sample exams: silent where only tissue is, at home where calcifications are."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from annotator.analysis.spots.snapping import SpotResult, measure_spot
from annotator.imaging.dicom_file import read_image
from annotator.model.geometry import ImagePoint

SUSPICIOUS = ["prior/RMLO", "screening/RMLO", "workup/RMML"]


def clicked(folder: Path, view: str, places: np.ndarray) -> list[SpotResult]:
    image = read_image(folder / f"{view}.dcm")
    info, frame = image.info, image.frame()
    return [
        measure_spot(frame, ImagePoint(*at), spacing=info.spacing, inverse=info.inverse, padding=info.padding)
        for at in places.tolist()
    ]


def truth_of(folder: Path, view: str) -> dict:
    return json.loads((folder / f"{view}.truth.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("view", ["screening/LCC", *SUSPICIOUS])
def test_tissue_without_calcifications_is_refused(sample_dicoms: Path, view: str) -> None:
    truth = truth_of(sample_dicoms, view)
    frame = read_image(sample_dicoms / f"{view}.dcm").frame()
    rows, columns = np.nonzero(frame > 0)
    picked = np.random.default_rng(1).choice(rows.size, 200, replace=False)
    places = np.stack([columns[picked], rows[picked]], axis=1) + 0.5
    for c in truth["calcifications"]:
        away = np.hypot(*(places - (c["column"], c["row"])).T) * truth["in_breast_mm"]
        places = places[away > 2 + c["diameter_mm"] / 2]
    assert len(places) > 80
    refused = [not result.found for result in clicked(sample_dicoms, view, places)]
    assert np.mean(refused) >= 0.9


@pytest.mark.parametrize("view", SUSPICIOUS)
def test_clear_calcifications_are_found_from_beside_them(sample_dicoms: Path, view: str) -> None:
    truth = truth_of(sample_dicoms, view)
    pixel = truth["in_breast_mm"]
    clear = [c for c in truth["calcifications"] if c["kind"] == "fine_pleo" and c["snr"] >= 20]
    assert clear
    centres = np.array([(c["column"], c["row"]) for c in clear])
    turns = np.random.default_rng(2).uniform(0, 2 * math.pi, len(clear))
    places = centres + 0.15 / pixel * np.stack([np.cos(turns), np.sin(turns)], axis=1)
    found = [result.measurement for result in clicked(sample_dicoms, view, places)]
    hits = [
        m is not None and math.hypot(m.center.column - x, m.center.row - y) * pixel <= 0.2
        for m, (x, y) in zip(found, centres.tolist(), strict=True)
    ]
    assert np.mean(hits) >= 0.9
