"""What the pixels under marks were: kept with the act that marks an image first."""

from __future__ import annotations

from collections.abc import Mapping

from annotator.model.changes import unchanged_ends
from annotator.model.edits import keep_pixels
from annotator.model.finding import Reading
from annotator.model.image import ImageKey
from annotator.model.seen_on_image import MarkedPixels


def with_pixels(before: Reading, after: Reading, known: Mapping[ImageKey, str]) -> Reading:
    """`after` with the digests of frames that its act marks or outlines first, as far as they are `known`."""
    if not known or after.is_signed:
        return after
    start, end = unchanged_ends(before.marks, after.marks)
    marked = {mark.image for mark in after.marks[start : len(after.marks) - end]}
    if after.clusters is not before.clusters:
        marked |= {cluster.image for cluster in after.clusters}
    return keep_pixels(after, [MarkedPixels(key, known[key]) for key in marked if key in known])


def changed_pixels(reading: Reading, known: Mapping[ImageKey, str]) -> tuple[ImageKey, ...]:
    """The marked frames whose pixels are others now."""
    return tuple(one.image for one in reading.pixels if known.get(one.image, one.sha256) != one.sha256)
