"""The record of how the trained judge was made, beside its arrays; small, and read without them."""

from __future__ import annotations

import functools
import json
from importlib import resources
from typing import Any

RECORD_FILE = "candidates.json"


@functools.lru_cache(maxsize=1)
def shipped_record() -> dict[str, Any]:
    """Seeds, counts, versions and what was found on the images for choosing (`benchmarks/detection/train.py`)."""
    file = resources.files("annotator.analysis.candidates") / "models" / RECORD_FILE
    record: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return record


def score_at_one_false_mark() -> float:
    """From this score on there was one false mark an image, on synthetic images that the judge was not trained on."""
    return float(shipped_record()["dev"]["score_at_1_false_mark"])
