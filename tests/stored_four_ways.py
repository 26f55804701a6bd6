"""One exam of one image, stored in all four orientations, and one reading of it: the same tissue marked each time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from pydicom import dcmread
from pydicom.uid import ExplicitVRLittleEndian

from annotator.exchange.outgoing import Outgoing
from annotator.imaging.collection import group_exams, list_images
from annotator.model import edits
from annotator.model.finding import Reading
from annotator.model.geometry import ImagePoint
from annotator.model.image import ImageInfo
from annotator.model.mark import Cluster, Mark
from tests.written_readings import begun, going_out, image_of, mark_group, sample_exam

OPPOSITE = {"A": "P", "P": "A", "R": "L", "L": "R", "F": "H", "H": "F"}


@dataclass(frozen=True)
class StoredWay:
    """A way of storing: with columns or rows the other way round."""

    columns_flipped: bool
    rows_flipped: bool

    def place(self, point: ImagePoint, info: ImageInfo) -> ImagePoint:
        """Where a place of the image as it comes lies when it is stored this way, and the other way round."""
        return ImagePoint(
            info.columns - point.column if self.columns_flipped else point.column,
            info.rows - point.row if self.rows_flipped else point.row,
        )

    def turned(self, pixels: np.ndarray) -> np.ndarray:
        """Pixels turned that way, or back."""
        return pixels[:: -1 if self.rows_flipped else 1, :: -1 if self.columns_flipped else 1]


WAYS = tuple(StoredWay(columns, rows) for columns in (False, True) for rows in (False, True))


def stored(way: StoredWay, folder: Path) -> Outgoing:
    """The right CC of the magnification views, stored that way, with a cluster of marks and a lone mark on it."""
    exam = sample_exam("workup")
    original = image_of(exam, "RMCC")
    dataset = dcmread(original.path)
    pixels = way.turned(dataset.pixel_array)
    dataset.PixelData = np.ascontiguousarray(pixels).tobytes()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    across, down = dataset.PatientOrientation
    dataset.PatientOrientation = [
        _opposite(across) if way.columns_flipped else across,
        _opposite(down) if way.rows_flipped else down,
    ]
    folder.mkdir(parents=True, exist_ok=True)
    dataset.save_as(folder / "RMCC.dcm")
    turned = group_exams(list_images([folder]).images)[0]
    reading, finding = edits.add_finding(begun(exam))
    reading = mark_group(reading, finding.id, exam, "RMCC", "S1")
    reading, other = edits.add_finding(reading)
    reading, _ = edits.add_mark(
        reading, other.id, original.key(), ImagePoint(400.25, 300.75), reading.marks[0].kind
    )
    return going_out(_moved(reading, way, original), turned)


def _opposite(letters: str) -> str:
    return "".join(OPPOSITE[one] for one in letters)


def _moved(reading: Reading, way: StoredWay, info: ImageInfo) -> Reading:
    def along(points: Sequence[ImagePoint]) -> tuple[ImagePoint, ...]:
        return tuple(way.place(one, info) for one in points)

    def mark(one: Mark) -> Mark:
        measured = one.measurement
        if measured is not None:
            measured = replace(
                measured, center=way.place(measured.center, info), outline=along(measured.outline)
            )
        return replace(one, point=way.place(one.point, info), measurement=measured)

    def cluster(one: Cluster) -> Cluster:
        return replace(one, outline=along(one.outline))

    return replace(
        reading,
        marks=tuple(map(mark, reading.marks)),
        clusters=tuple(map(cluster, reading.clusters)),
    )
