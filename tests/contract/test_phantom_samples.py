"""The sample exams that come with the project: complete, valid, small, and fit for the main job."""

from __future__ import annotations

import json
from pathlib import Path

from dciodvfy import complaints
from pydicom.pixels import pixel_array

LIMIT_BYTES = 40_000_000


def test_sample_exams_are_complete_valid_and_small(sample_dicoms: Path):
    files = sorted(sample_dicoms.rglob("*.dcm"))
    assert [f"{p.parent.name}/{p.stem}" for p in files] == [
        *(f"prior/{v}" for v in ("LCC", "LMLO", "RCC", "RMLO")),
        *(f"screening/{v}" for v in ("LCC", "LMLO", "RCC", "RMLO")),
        *(f"tomosynthesis/{v}" for v in ("RCC-tomo", "RCC")),
        *(f"workup/{v}" for v in ("RMCC", "RMML")),
    ]
    assert sum(p.stat().st_size for p in sample_dicoms.rglob("*") if p.is_file()) < LIMIT_BYTES
    for path in files:
        kind = (
            "BreastTomosynthesisImage" if path.stem.endswith("-tomo") else "MammographyImageForPresentation"
        )
        assert complaints(path, kind) == []


def test_sample_stack_is_that_of_the_mammogram_beside_it(sample_dicoms: Path):
    """What a new user scrolls through: slices that differ, and spots in focus at many heights."""
    folder = sample_dicoms / "tomosynthesis"
    stack, mammogram = (
        json.loads((folder / f"{name}.truth.json").read_text(encoding="utf-8"))
        for name in ("RCC-tomo", "RCC")
    )
    assert stack["study_instance_uid"] == mammogram["study_instance_uid"]
    assert [c["id"] for c in stack["calcifications"]] == [c["id"] for c in mammogram["calcifications"]]
    assert len({c["frame"] for c in stack["calcifications"]}) >= 6
    frames = pixel_array(folder / "RCC-tomo.dcm")
    assert frames.shape == (stack["frames"], stack["rows"], stack["columns"])
    for calc in stack["calcifications"]:
        if calc["snr"] > 30:
            spot = frames[:, int(calc["row"]), int(calc["column"])].astype(int)
            assert spot[calc["frame"] - 1] > spot.mean() + 20, calc


def test_sample_group_can_be_clicked_in_every_view(sample_dicoms: Path):
    for path in sample_dicoms.rglob("*.truth.json"):
        truth = json.loads(path.read_text(encoding="utf-8"))
        suspicious = [c for c in truth["calcifications"] if not c["benign"]]
        assert not suspicious or sum(c["snr"] >= 10 for c in suspicious) >= 8, path
