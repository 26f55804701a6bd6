"""Clusters of two exams side by side without a window: candidates of two images, or the marks of saved readings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from annotator.analysis.change.same_place import placed_marks, propose_pairs
from annotator.analysis.spots.snapping import measure_spot
from annotator.detection import candidates_of, clusters_of
from annotator.errors import CallError
from annotator.imaging.dicom_file import open_image
from annotator.jobs import CancelToken, Progress
from annotator.model.candidate import PROPOSED_WITHIN_PX, Candidate
from annotator.model.compared import PlacedCluster
from annotator.model.comparison import ClusterOnImage, Comparison, EarlierClusters, Provenance
from annotator.model.geometry import ImagePoint
from annotator.model.image import ExamInfo, ImageInfo
from annotator.model.intervals import months_between
from annotator.model.mark import Mark, MarkKind

if TYPE_CHECKING:
    from annotator.comparing import Comparing
    from annotator.model.finding import Reading

NEAR_MM = 10.0
"""A place names the cluster that it lies in, or so far beside."""


@dataclass(frozen=True, slots=True)
class SearchedImage:
    """The clusters of candidates on one image, with its frame."""

    info: ImageInfo
    frame: NDArray[Any]
    clusters: tuple[ClusterOnImage, ...]
    model_version: str


@dataclass(frozen=True, slots=True)
class ClusterPair:
    """A cluster of now beside one of then: how they came together, how far apart they lie, and what became of it.

    `then` and `comparison` None: nothing there is near enough to be it. `finding` is F1 and so on of a saved reading.
    """

    now: ClusterOnImage
    then: ClusterOnImage | None
    comparison: Comparison | None
    provenance: Provenance | None
    apart_mm: float | None
    finding: str = ""
    why_not: str = ""


def seen_on(
    info: ImageInfo, *, threshold: float, at: ImagePoint | None, token: CancelToken | None = None
) -> SearchedImage:
    """The clusters of candidates on an image, measured; with `at` only the one there.

    Raises UnreadableImage for an image that cannot be served, CallError where no cluster is at that place.
    """
    image = open_image(info.path)
    found = candidates_of(info, image.frame, token, slices=image.slices() if info.is_stack else ())
    shown = [one for one in found.candidates if one.score >= threshold]
    known = {one.id: one for one in shown}
    numbers = count(1)
    clusters = tuple(
        ClusterOnImage(
            info=info, marks=tuple(_mark(known[one], next(numbers), info, image.frame) for one in group.ids)
        )
        for group in clusters_of(shown, info.spacing)
    )
    if at is not None and info.spacing is not None:
        clusters = (_at(clusters, at),)
    number = clusters[0].frame if clusters else 1
    return SearchedImage(info, image.frame(number), clusters, found.model_version)


def compared_images(
    comparing: Comparing,
    now: SearchedImage,
    then: SearchedImage,
    *,
    chosen: bool,
    token: CancelToken | None = None,
) -> Iterator[ClusterPair]:
    """Each cluster of now beside the likeliest of then by its place as seen from the nipple; each of then serves once.

    `chosen`: both were named by their places, and belong together wherever they lie.
    """
    proposed = _proposed(comparing, now, then)
    paired = {0: (0, proposed.get((0, 0), (0.0, None))[1])} if chosen else _paired(proposed)
    months = months_apart(now.info, then.info)
    for here, cluster in enumerate(now.clusters):
        (token or CancelToken()).checkpoint(Progress(here, len(now.clusters)))
        if here not in paired:
            why = "no cluster of candidates of the earlier image is likely to be it by its place"
            yield ClusterPair(cluster, None, None, None, None, why_not=why)
            continue
        there, apart = paired[here]
        comparison = comparing.compare(
            cluster, then.clusters[there], months=months, frames=(now.frame, then.frame), token=token
        )
        provenance = Provenance.CHOSEN if chosen else Provenance.CANDIDATES
        yield ClusterPair(cluster, then.clusters[there], comparison, provenance, apart)


def compared_readings(
    comparing: Comparing,
    reading: Reading,
    exam: ExamInfo,
    priors: Sequence[ExamInfo],
    token: CancelToken | None = None,
) -> Iterator[ClusterPair | tuple[str, EarlierClusters]]:
    """Each finding of a saved reading beside the likeliest of what was marked before, on each view that has both.

    Where there is nothing to compare a finding with, its name and why not.
    """
    for finding in reading.findings:
        name = f"F{finding.number}"
        found = comparing.earlier_clusters(reading, finding.id, exam, priors, token)
        if not found.offered:
            yield name, found
            continue
        views = dict[str, Any]()
        for one in found.offered:
            views.setdefault(one.now.info.sop_instance_uid, one)
        for one in views.values():
            months = months_apart(one.now.info, one.then.info)
            comparison = comparing.compare(one.now, one.then, months=months, token=token)
            yield ClusterPair(one.now, one.then, comparison, one.provenance, one.apart_mm, name)


def months_apart(now: ImageInfo, then: ImageInfo) -> float | None:
    """Months from the exam of one image to that of another, below 0 when it is the later one; None without both dates."""
    return months_between(*(ExamInfo("", (info,)).day for info in (now, then)))


def _mark(candidate: Candidate, number: int, info: ImageInfo, frame_of: Any) -> Mark:
    """A candidate as a mark that was measured as a click on it would."""
    spot = measure_spot(
        frame_of(candidate.image.frame),
        candidate.point,
        spacing=info.spacing,
        inverse=info.inverse,
        padding=info.padding,
        reach_px=PROPOSED_WITHIN_PX,
    ).measurement
    point = candidate.point if spot is None else spot.center
    return Mark(candidate.id, number, "", candidate.image, point, MarkKind.MICRO, spot)


def _at(clusters: Iterable[ClusterOnImage], at: ImagePoint) -> ClusterOnImage:
    """The cluster whose nearest mark is nearest to a place, not farther than marks of one cluster are."""
    near = [(min(_away(cluster, mark, at) for mark in cluster.marks), cluster) for cluster in clusters]
    away, cluster = min(near, key=lambda one: one[0], default=(None, None))
    if away is None or cluster is None or away > NEAR_MM:
        raise CallError(
            f"no cluster of candidates lies within {NEAR_MM:g} mm of {at.column:g},{at.row:g}; "
            "'annotator detect' lists those there are"
        )
    return cluster


def _away(cluster: ClusterOnImage, mark: Mark, at: ImagePoint) -> float:
    assert cluster.info.spacing is not None
    return cluster.info.spacing.distance(mark.point, at).value


_Proposed = dict[tuple[int, int | None], tuple[float, float | None]]
"""(cluster of now, cluster of then or None) -> how likely they are the same, and millimetres apart."""


def _proposed(comparing: Comparing, now: SearchedImage, then: SearchedImage) -> _Proposed:
    placed = [_placed(comparing, seen) for seen in (now, then)]
    return {
        (int(pair.now), None if pair.then is None else int(pair.then)): (pair.likely, pair.apart_mm)
        for pair in propose_pairs(*placed)
    }


def _paired(proposed: _Proposed) -> dict[int, tuple[int, float | None]]:
    """Cluster of now -> cluster of then and how far apart; the likeliest first, until none is likelier than nothing."""
    found: dict[int, tuple[int, float | None]] = {}
    nothing = set[int]()
    for (here, there), (_, apart) in sorted(proposed.items(), key=lambda one: -one[1][0]):
        if here in found or here in nothing:
            continue
        if there is None:
            nothing.add(here)
        elif there not in {other for other, _ in found.values()}:
            found[here] = there, apart
    return found


def _placed(comparing: Comparing, seen: SearchedImage) -> list[PlacedCluster]:
    """The clusters of an image as seen from its nipple, by their numbers; none where that is not known."""
    if not seen.clusters:
        return []
    _, breast = comparing.as_hung(seen.clusters[0], seen.frame)
    found = (placed_marks(str(number), cluster, breast) for number, cluster in enumerate(seen.clusters))
    return [one for one in found if one is not None]
