"""A cluster of one exam beside one of an earlier exam, each with the image it was marked on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from annotator.model.compared import ChangeHint, Compared, Constellation
from annotator.model.geometry import ImagePoint
from annotator.model.image import ImageInfo
from annotator.model.mark import Mark
from annotator.model.timeline import ReadExam


class Provenance(StrEnum):
    """How the cluster of the earlier exam came to stand beside this one; the value is said in the window."""

    SAME = "called the same finding"
    LIKELIEST = "the likeliest of those marked there, by its place"
    CHOSEN = "chosen by you"
    CANDIDATES = "candidates of the program: nobody marked it there"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterOnImage:
    """The marks of one cluster on one image; `nipple` where the reader placed it (None: as estimated)."""

    info: ImageInfo
    marks: tuple[Mark, ...]
    nipple: ImagePoint | None = None

    @property
    def middle(self) -> ImagePoint:
        """The mean of the places of its marks; ZeroDivisionError without any."""
        points = [mark.point for mark in self.marks]
        return ImagePoint(
            sum(point.column for point in points) / len(points),
            sum(point.row for point in points) / len(points),
        )

    @property
    def frame(self) -> int:
        """The frame with most of the marks, of equally full ones the first; 1 without marks."""
        counts: dict[int, int] = {}
        for mark in self.marks:
            counts[mark.image.frame] = counts.get(mark.image.frame, 0) + 1
        return min(counts, key=lambda number: (-counts[number], number), default=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What a comparison was made of and came to; places in `compared` are those of the two constellations."""

    now: ClusterOnImage
    then: ClusterOnImage
    seen_now: Constellation
    seen_then: Constellation
    compared: Compared
    hint: ChangeHint


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierCluster:
    """A cluster of an earlier exam that one of this exam may be compared with, on the same view.

    `number` is that of its finding there, 0 for candidates. `apart_mm`: how far both lie from one another as seen from
    their nipples, None where that is not known. `likely`: how likely they are the same by that, beside the others there
    and none of them (0 to 1), None where it is not known.
    """

    now: ClusterOnImage
    then: ClusterOnImage
    exam: ReadExam
    finding_id: str
    number: int
    provenance: Provenance
    apart_mm: float | None = None
    likely: float | None = None
    model_version: str = ""


@dataclass(frozen=True, slots=True)
class EarlierClusters:
    """What there is to compare with, the likeliest first; without any, why not in one sentence.

    `views` are pairs of images of the same view, also those on which nothing was marked then.
    """

    offered: tuple[EarlierCluster, ...] = ()
    why_not: str = ""
    views: tuple[tuple[ClusterOnImage, ClusterOnImage, ReadExam], ...] = ()
