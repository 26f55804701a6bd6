"""Candidates of an image and the clusters that they make: what the window and `annotator detect` both ask for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.analysis.breast.chest_wall import pectoral_region
from annotator.analysis.breast.location import BreastOnImage
from annotator.analysis.candidates.find import find_candidates
from annotator.analysis.candidates.stack import find_in_stack
from annotator.analysis.clusters.distribution import suggested_distribution
from annotator.analysis.clusters.grouping import cluster_facts, grouped
from annotator.breasts import breast_in
from annotator.errors import UnreadableImage
from annotator.hanging import SIDEWAYS
from annotator.imaging.air import tissue_mask
from annotator.imaging.header import MAMMOGRAPHY_CLASSES
from annotator.imaging.pyramid import levels_of
from annotator.jobs import CancelToken
from annotator.model.candidate import Candidate, Candidates
from annotator.model.cluster_facts import ClusterFacts, DistributionHint
from annotator.model.geometry import ImagePoint, PixelSpacing
from annotator.model.image import ImageInfo, SlicePosition

FrameOf = Callable[[int], NDArray[Any]]
"""Stored values of a frame by its number, from 1."""

_PROJECTIONS = ("1.2.840.10008.5.1.4.1.1.13.1.4", "1.2.840.10008.5.1.4.1.1.13.1.5")
_PIXEL_MM, _MOST_OBLONG = (0.01, 0.5), 2.0
"""Of mammograms, films and magnified views. Coarser ones show no calcification and everything looks like one."""


@dataclass(frozen=True, slots=True)
class CandidateCluster:
    """Candidates that lie together: their ids, what their places come to, and the word that this suggests."""

    ids: tuple[str, ...]
    facts: ClusterFacts
    hint: DistributionHint


def why_not(info: ImageInfo) -> str:
    """Why candidates cannot be looked for in an image, as a sentence without its path; "" where they can."""
    if info.sop_class_uid in _PROJECTIONS:
        return "it holds the projections of a tomosynthesis; look for candidates in the slices made from them"
    if any(value.upper() in ("LOCALIZER", "SCOUT") for value in info.image_type):
        return "it is a localizer, taken to place others, not a mammogram"
    if info.view.name == "SPECIMEN":
        return "it shows a specimen, not a breast"
    if info.sop_class_uid not in MAMMOGRAPHY_CLASSES and info.modality.upper() != "MG":
        what = f"its modality is {info.modality}" if info.modality else "it tells no modality"
        return f"it is no mammogram ({what})"
    return "" if info.spacing is None else _no_pixel(info.spacing)


def _no_pixel(spacing: PixelSpacing) -> str:
    small, large = sorted((spacing.row_mm, spacing.column_mm))
    if _PIXEL_MM[0] <= small and large <= min(_PIXEL_MM[1], _MOST_OBLONG * small):
        return ""
    return (
        f"its pixels are {spacing.row_mm:g} × {spacing.column_mm:g} mm; candidates are looked for on pixels of "
        f"{_PIXEL_MM[0]:g} to {_PIXEL_MM[1]:g} mm whose sides are alike within a factor of {_MOST_OBLONG:g}"
    )


def candidates_of(
    info: ImageInfo,
    frame_of: FrameOf,
    token: CancelToken | None = None,
    *,
    slices: Sequence[SlicePosition] = (),
) -> Candidates:
    """The candidates of an image, of a stack those of its slices, best first; all of them, however low their score.

    `slices` tell how far apart those of a stack lie. Raises UnreadableImage for an image that cannot be served, and
    Cancelled.
    """
    reason = why_not(info)
    if reason:
        raise UnreadableImage(info.path, reason)
    if info.is_stack:
        middle = frame_of((info.frames + 1) // 2) if info.view.name in SIDEWAYS else None
        return find_in_stack(
            frame_of,
            info.frames,
            spacing=info.spacing,
            image=info.key(),
            slice_mm=_step_mm(slices),
            inverse=info.inverse,
            padding=info.padding,
            pectoral=() if middle is None else pectoral_of(info, middle),
            token=token,
        )
    frame = frame_of(1)
    return find_candidates(
        frame,
        spacing=info.spacing,
        image=info.key(),
        inverse=info.inverse,
        padding=info.padding,
        pectoral=pectoral_of(info, frame),
        token=token,
    )


def pectoral_of(info: ImageInfo, frame: NDArray[Any]) -> tuple[ImagePoint, ...]:
    """The outline of the pectoral muscle on an oblique or a side view; empty where there is none or no clear edge."""
    if info.view.name not in SIDEWAYS:
        return ()
    levels = levels_of(info, frame)
    _, breast = breast_in(info, levels)
    if breast.axes is None:
        return ()
    axes, tissue = breast.axes, tissue_mask(levels)
    return pectoral_region(levels.coarsest(), tissue, levels.coarsest_block, axes, inverse=info.inverse)


def _step_mm(slices: Sequence[SlicePosition]) -> float | None:
    """How far apart the slices of a stack lie, by their positions; None where the file does not tell."""
    known = [one.position_mm for one in slices if one.position_mm is not None]
    steps = np.abs(np.diff(known))
    return float(np.median(steps)) if steps.size and np.median(steps) > 0 else None


def clusters_of(
    found: Sequence[Candidate], spacing: PixelSpacing | None, breast: BreastOnImage | None = None
) -> tuple[CandidateCluster, ...]:
    """Those that lie together, three at least, the largest cluster first; none where millimetres are not known.

    What looks like pieces of an artery or like skin is left out. `breast` tells the nipple and the breast's area.
    """
    chosen = [one for one in found if one.makes_groups]
    if spacing is None or not chosen:
        return ()
    scale = np.array([spacing.column_mm, spacing.row_mm])
    points = np.array([(one.point.column, one.point.row) for one in chosen]) * scale
    sizes = np.array([np.nan if one.diameter_mm is None else one.diameter_mm for one in chosen])
    nipple = None if breast is None else breast.nipple
    labels = grouped(points)
    clusters = []
    for number in range(int(labels.max()) + 1):
        members = np.flatnonzero(labels == number)
        facts = cluster_facts(
            points[members],
            sizes[members],
            None if nipple is None else (nipple.column * scale[0], nipple.row * scale[1]),
            None if breast is None else breast.area_mm2(spacing),
            basis=spacing.basis,
        )
        ids = tuple(chosen[member].id for member in members)
        clusters.append(CandidateCluster(ids, facts, suggested_distribution(facts)))
    return tuple(sorted(clusters, key=lambda cluster: (-cluster.facts.count, cluster.ids)))


def breast_of(info: ImageInfo, frame: NDArray[Any]) -> BreastOnImage:
    """Where the breast lies on a frame, with its estimated nipple."""
    return breast_in(info, levels_of(info, frame))[1]
