"""The sample exams that come with the project: complete, valid, small, and fit for the main job."""

from __future__ import annotations

import json
from pathlib import Path

from dciodvfy import complaints

LIMIT_BYTES = 40_000_000


def test_sample_exams_are_complete_valid_and_small(sample_dicoms: Path):
    files = sorted(sample_dicoms.rglob("*.dcm"))
    assert [f"{p.parent.name}/{p.stem}" for p in files] == [
        *(f"prior/{v}" for v in ("LCC", "LMLO", "RCC", "RMLO")),
        *(f"screening/{v}" for v in ("LCC", "LMLO", "RCC", "RMLO")),
        *(f"workup/{v}" for v in ("RMCC", "RMML")),
    ]
    assert sum(p.stat().st_size for p in sample_dicoms.rglob("*") if p.is_file()) < LIMIT_BYTES
    for path in files:
        assert complaints(path) == []


def test_sample_group_can_be_clicked_in_every_view(sample_dicoms: Path):
    for path in sample_dicoms.rglob("*.truth.json"):
        truth = json.loads(path.read_text(encoding="utf-8"))
        suspicious = [c for c in truth["calcifications"] if not c["benign"]]
        assert not suspicious or sum(c["snr"] >= 10 for c in suspicious) >= 8, path
