"""What is in a synthetic picture, as values and as the JSON kept beside it.

Coordinates are (column, row) in the stored image, (0, 0) the outer corner of the first pixel.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class TrueCalcification:
    """One calcification of a view.

    `diameter_mm` is that of a disc of the same `area_mm2`, in the breast (not magnified); `contrast` is
    the largest share of quanta it takes away; `snr` the matched-filter signal to noise ratio under
    quantum noise; `z_mm` its height in the compressed breast from the middle.
    """

    id: str
    kind: str
    group: str
    benign: bool
    column: float
    row: float
    diameter_mm: float
    area_mm2: float
    contrast: float
    snr: float
    z_mm: float


@dataclass(frozen=True, slots=True)
class TrueGroup:
    """A group with the lexicon ids of its kind and distribution, and how many of it this view holds."""

    id: str
    kind: str
    distribution: str
    benign: bool
    count: int


@dataclass(frozen=True, slots=True)
class TrueView:
    """All truth of one picture. `pixel_mm` is at the detector, `in_breast_mm` in the breast."""

    laterality: str
    view: str
    density: str
    rows: int
    columns: int
    pixel_mm: float
    in_breast_mm: float
    magnification: float
    thickness_mm: float
    nipple_column: float
    nipple_row: float
    groups: tuple[TrueGroup, ...]
    calcifications: tuple[TrueCalcification, ...]


@dataclass(frozen=True, slots=True)
class TrueSliceCalcification(TrueCalcification):
    """One calcification of a tomosynthesis stack.

    `frame` (1 is the first) is the slice of best focus; from `first_frame` to `last_frame` it can be seen.
    `contrast` is that of one projection, `snr` that of all together.
    """

    frame: int
    first_frame: int
    last_frame: int


@dataclass(frozen=True, slots=True)
class TrueStack(TrueView):
    """All truth of a tomosynthesis stack; its calcifications are TrueSliceCalcification.

    Frame n lies at `first_z_mm` + (n - 1) * `step_z_mm`, counted as `z_mm` of a calcification is: the first
    frame is nearest the detector.
    """

    frames: int
    first_z_mm: float
    step_z_mm: float
    projections: int
    sweep_deg: float


def truth_json(truth: TrueView, **identity: Any) -> str:
    """The truth as indented JSON, lengths to 1e-4; `identity` (file, seed, exam, UIDs) comes first."""
    content = {"schema": SCHEMA_VERSION, "synthetic": True, **identity, **_rounded(asdict(truth))}
    return json.dumps(content, indent=1) + "\n"


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4) + 0.0
    if isinstance(value, dict):
        return {k: _rounded(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(v) for v in value]
    return value
