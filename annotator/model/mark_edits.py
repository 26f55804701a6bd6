"""Acts that let marks stand for other pixels: another spot, another outline, several joined, one cut in pieces."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from annotator.model import edits
from annotator.model.finding import Reading
from annotator.model.geometry import ImagePoint
from annotator.model.image import ImageKey
from annotator.model.mark import Mark, SpotMeasurement


def retake_mark(
    reading: Reading,
    mark_id: str,
    point: ImagePoint,
    measurement: SpotMeasurement,
    image: ImageKey | None = None,
) -> Reading:
    """Let a mark stand for another spot, or another outline; `image` is another slice of the same stack.

    It keeps its id, finding, kind and clusters. ValueError for a slice of another image.
    """
    known = reading.mark(mark_id)
    if image is not None and image.sop_instance_uid != known.image.sop_instance_uid:
        raise ValueError("a mark stays on its image")
    moved = edits.move_mark(reading, mark_id, point, measurement)
    if image is None or image == known.image:
        return moved
    marks = (replace(mark, image=image) if mark.id == mark_id else mark for mark in moved.marks)
    return replace(moved, marks=tuple(marks))


def join_marks(reading: Reading, mark_ids: Collection[str], measurement: SpotMeasurement) -> Reading:
    """Marks of one finding on one frame become the first of them, measured as one; the others are gone.

    ValueError for fewer than two, for several findings and for several frames.
    """
    joined = sorted(reading.marks_by_id(mark_ids).values(), key=lambda mark: mark.number)
    if len(joined) < 2 or len({(mark.finding_id, mark.image) for mark in joined}) != 1:
        raise ValueError("two or more marks of one finding on one frame are joined")
    first, *others = joined
    left = edits.remove_marks(reading, {mark.id for mark in others})
    return retake_mark(left, first.id, measurement.center, measurement)


def split_mark(
    reading: Reading, mark_id: str, pieces: Sequence[SpotMeasurement]
) -> tuple[Reading, tuple[Mark, ...]]:
    """A mark becomes several, one for each piece; the first keeps its id. All stay in its finding and clusters.

    ValueError for fewer than two pieces.
    """
    if len(pieces) < 2:
        raise ValueError("a mark is cut in two pieces at least")
    first, *others = pieces
    known = reading.mark(mark_id)
    reading = retake_mark(reading, mark_id, first.center, first)
    made = []
    for piece in others:
        reading, mark = edits.add_mark(
            reading, known.finding_id, known.image, piece.center, known.kind, piece
        )
        made.append(mark)
    ids = tuple(mark.id for mark in made)
    clusters = tuple(
        replace(one, mark_ids=(*one.mark_ids, *ids)) if mark_id in one.mark_ids else one
        for one in reading.clusters
    )
    return replace(reading, clusters=clusters), (reading.mark(mark_id), *made)
