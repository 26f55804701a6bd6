"""Small pictures made of numbers, and a host of tools that keeps a reading and counts acts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from annotator.model import edits
from annotator.model.finding import Finding, Reading
from annotator.model.geometry import ImagePoint, Orientation, PixelSpacing, SpacingBasis, contains
from annotator.model.image import ImageInfo, Laterality, View, Window
from annotator.model.mark import MarkKind
from annotator.model.seen_on_image import NipplePlace
from annotator.ui.pictures.picture import make_picture

ROWS, COLUMNS = 300, 220
FINDING = Finding(id="f", number=1, tracking_uid="2.25.1")

INFO = ImageInfo(
    path=Path("none.dcm"),
    sop_class_uid="1.2.840.10008.5.1.4.1.1.1.2",
    sop_instance_uid="2.25.11",
    study_instance_uid="2.25.10",
    rows=ROWS,
    columns=COLUMNS,
    bits_stored=12,
    laterality=Laterality.RIGHT,
    view=View("CC"),
    exam_date="20260312",
    spacing=PixelSpacing(0.07, 0.07, SpacingBasis.AT_DETECTOR),
    voi=(Window(2000, 4000),),
)


def breast(rows=ROWS, columns=COLUMNS):
    """Noisy tissue against the right edge, air of 0 elsewhere."""
    frame = np.random.default_rng(3).integers(1000, 3000, (rows, columns)).astype(np.uint16)
    y, x = np.mgrid[0:rows, 0:columns]
    frame[((y - rows / 2) / (rows * 0.4)) ** 2 + ((columns - x) / (columns * 0.6)) ** 2 > 1] = 0
    return frame


def picture(frame=None, orientation=Orientation(), frame_number=1, **facts):  # noqa: B008  a frozen value
    frame = breast() if frame is None else frame
    info = replace(INFO, rows=frame.shape[0], columns=frame.shape[1], **facts)
    return make_picture(info, frame_number, frame, (orientation, "because the test says so"))


def empty_reading():
    return Reading(id="r", reader="t", study_instance_uid="2.25.10", findings=(FINDING,))


def reading_with(picture, points, kinds=None, measurements=None):
    """A reading with marks m0, m1 ... of its one finding."""
    reading = empty_reading()
    for number, point in enumerate(points):
        kind = kinds[number] if kinds else MarkKind.MICRO
        measured = measurements[number] if measurements else None
        reading, mark = edits.add_mark(reading, FINDING.id, picture.key, point, kind, measured)
        marks = tuple(replace(m, id=f"m{number}") if m.id == mark.id else m for m in reading.marks)
        reading = replace(reading, marks=marks)
    return reading


@dataclass
class Host:
    """Does what tools ask on a reading in memory and writes down each act."""

    reading: Reading = field(default_factory=empty_reading)
    selected_marks: frozenset[str] = frozenset()
    selected_cluster: str | None = None
    current_finding_id: str | None = "f"
    acts: list = field(default_factory=list)
    second_clicks: bool = False

    def mark_spot(self, picture, point, kind, radius_px, *, force=False):
        self.acts.append(("mark", point, kind, radius_px, force))
        self.reading, mark = edits.add_mark(self.reading, "f", picture.key, point, kind)
        self.selected_marks = frozenset({mark.id})

    def is_second_click(self, picture, point, reach_px):
        return self.second_clicks

    def take_next_spot(self, picture):
        self.acts.append(("next",))

    def move_mark(self, picture, mark_id, point):
        self.acts.append(("move", mark_id, point))
        self.reading = edits.move_mark(self.reading, mark_id, point)

    def lasso(self, picture, outline):
        inside = [m.id for m in self.reading.marks if contains(outline, m.point)]
        self.acts.append(("lasso", outline, frozenset(inside)))
        self.reading, _ = edits.add_cluster(self.reading, "f", picture.key, outline, inside)

    def place_nipple(self, picture, point):
        self.acts.append(("nipple", point))
        self.reading = edits.place_nipple(self.reading, NipplePlace(picture.key, point, picture.info.spacing))

    def select_marks(self, mark_ids):
        self.selected_marks, self.selected_cluster = mark_ids, None

    def select_cluster(self, cluster_id):
        self.selected_marks, self.selected_cluster = frozenset(), cluster_id


def middle(picture):
    return ImagePoint(picture.info.columns / 2, picture.info.rows / 2)
