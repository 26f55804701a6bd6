"""The pictures of docs/speck-true.md: a cluster of the sample exam in both modes, side by side.

python -m benchmarks.speck_pictures
"""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.imaging.dicom_file import read_image
from annotator.imaging.grayscale import display_lut
from annotator.imaging.placement import center_on, fit
from annotator.imaging.pyramid import levels_of
from annotator.imaging.render import Mode, render_values, shade
from annotator.model.geometry import ImagePoint
from annotator.model.image import VoiFunction, Window

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = ROOT / "sample_dicoms" / "screening"
OUT = ROOT / "docs" / "images"

STEP = 3.4
"""Image pixels on one screen pixel: a 13 megapixel mammogram in a pane 1,200 pixels high."""
SIDE = 360
ENLARGED = 4
GAP = 6


def main() -> None:
    """Write both pictures."""
    path, place = _malignant_cluster()
    mammogram = read_image(path)
    info, frame = mammogram.info, mammogram.frame(1)
    levels = levels_of(info, frame)
    around = frame[
        max(int(place.row) - 300, 0) : int(place.row) + 300,
        max(int(place.column) - 300, 0) : int(place.column) + 300,
    ]
    low, high = np.percentile(around[around > 0], (2, 99.95)) * info.slope + info.intercept
    lut = display_lut(info, Window((low + high) / 2, abs(high - low), VoiFunction.LINEAR_EXACT))

    def shown(scale: float, side: int, mode: Mode) -> NDArray[Any]:
        view = fit(info.columns, info.rows, side, side, scale=scale)
        view = center_on(view, place, side, side)
        return shade(render_values(levels, view, side, side, mode, outside=0), lut, view)

    fitted = [shown(1 / STEP, SIDE, mode) for mode in Mode]
    part = [shown(1 / STEP, SIDE // ENLARGED, mode) for mode in Mode]
    near = [np.kron(tile, np.ones((ENLARGED, ENLARGED), np.uint8)) for tile in part]
    near.append(shown(ENLARGED / STEP, SIDE, Mode.MEAN))
    for name, tiles in (("speck-true-fit", fitted), ("speck-true-near", near)):
        cv2.imwrite(str(OUT / f"{name}.png"), _side_by_side(tiles), [cv2.IMWRITE_PNG_COMPRESSION, 9])


def _malignant_cluster() -> tuple[Path, ImagePoint]:
    """The view and the middle of the first group in the sample exam that is not benign."""
    for truth_path in sorted(SAMPLES.glob("*.truth.json")):
        truth = json.loads(truth_path.read_text(encoding="utf-8"))
        suspicious = {g["id"] for g in truth["groups"] if not g["benign"]}
        for group in sorted(suspicious):
            members = [c for c in truth["calcifications"] if c["group"] == group]
            column, row = (statistics.median(c[axis] for c in members) for axis in ("column", "row"))
            return truth_path.with_name(truth["file"]), ImagePoint(column, row)
    raise SystemExit("no sample view holds a suspicious group")


def _side_by_side(tiles: list[NDArray[Any]]) -> NDArray[Any]:
    gap = np.full((tiles[0].shape[0], GAP), 255, np.uint8)
    parts = [part for tile in tiles for part in (tile, gap)]
    return np.hstack(parts[:-1])


if __name__ == "__main__":
    main()
