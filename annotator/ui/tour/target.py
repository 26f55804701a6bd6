"""The group of the sample exam that the guided tour looks at, from the truth that comes with it."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

from annotator.model.geometry import ImagePoint
from annotator.model.mark import Mark

EXAM = "screening"
VIEW = "CC"
KIND = "fine_pleo"
CLEAR_SNR = 10
"""Calcifications fainter than this beside the noise are not asked for."""
REACH_MM = 3.0
APART_MM = 0.6


@dataclass(frozen=True, slots=True)
class TourTarget:
    """One group on one image: `points` are its clearest calcifications, the clearest first."""

    study_instance_uid: str
    sop_instance_uid: str
    label: str
    points: tuple[ImagePoint, ...]
    pixel_mm: float

    @property
    def centre(self) -> ImagePoint:
        """The middle of the group."""
        count = len(self.points)
        return ImagePoint(sum(p.column for p in self.points) / count, sum(p.row for p in self.points) / count)

    def holds(self, mark: Mark) -> bool:
        """Whether a mark lies in the group."""
        if mark.image.sop_instance_uid != self.sop_instance_uid:
            return False
        at = mark.point
        near = min(math.dist((at.column, at.row), (p.column, p.row)) for p in self.points)
        return near * self.pixel_mm <= REACH_MM


def find_target(samples: Path) -> TourTarget | None:
    """The group of fine pleomorphic calcifications of the sample's screening exam; None when it is not there."""
    for file in sorted((samples / EXAM).glob("*.truth.json")):
        truth = json.loads(file.read_text(encoding="utf-8"))
        groups = {group["id"] for group in truth["groups"] if group["kind"] == KIND}
        if truth["view"] != VIEW or not groups:
            continue
        pixel = float(truth["pixel_mm"])
        found = [c for c in truth["calcifications"] if c["group"] in groups and c["snr"] >= CLEAR_SNR]
        chosen: list[ImagePoint] = []
        for calc in sorted(found, key=lambda c: -float(c["snr"])):
            point = ImagePoint(calc["column"], calc["row"])
            apart = (math.dist((point.column, point.row), (p.column, p.row)) * pixel for p in chosen)
            if all(distance > APART_MM for distance in apart):
                chosen.append(point)
        label = file.name.removesuffix(".truth.json")
        return TourTarget(truth["study_instance_uid"], truth["sop_instance_uid"], label, tuple(chosen), pixel)
    return None
