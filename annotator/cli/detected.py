"""What `annotator detect` tells of one image: as JSON, and in lines for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from annotator.model.counts import counted

if TYPE_CHECKING:
    from annotator.detection import CandidateCluster
    from annotator.model.candidate import Candidate, CandidateRow
    from annotator.model.image import ImageInfo

_UNKNOWN_SPACING = (
    "its pixel spacing is not known: what was looked for has the size of calcifications on pixels of 0.07 mm, and there"
    " are no clusters; say it with --spacing MM"
)
_HINTS = {"artery": "an artery", "skin": "in the skin", "rim": "part of a rim"}
_KEYS = (
    "path",
    "sop_instance_uid",
    "label",
    "error",
    "note",
    "breast_found",
    "frame",
    "basis",
    "model_version",
    "threshold",
    "candidates",
    "rows",
    "clusters",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What to look for in one image; travels to a process of its own, which knows of no archive that was unpacked."""

    info: ImageInfo
    path: str
    threshold: float
    spacing_mm: float | None


def detected(asked: Asked) -> dict[str, Any]:
    """What is told of one image, in whole. Raises UnreadableImage."""
    from dataclasses import replace

    from annotator.detection import breast_of, candidates_of, clusters_of
    from annotator.imaging.dicom_file import open_image
    from annotator.model.geometry import PixelSpacing, SpacingBasis

    given = asked.spacing_mm
    assumed = None if given is None else PixelSpacing(given, given, SpacingBasis.UNVERIFIED)
    image = open_image(asked.info.path)
    info = replace(image.info, spacing=image.info_of(1).spacing or assumed)
    found = candidates_of(info, image.frame, slices=image.slices() if info.is_stack else ())
    told = [one for one in found.candidates if one.score >= asked.threshold]
    middle = (info.frames + 1) // 2
    breast = breast_of(info, image.frame(middle)) if len(told) > 2 else None
    number = {one.id: place for place, one in enumerate(told)}
    values = (
        asked.path,
        info.sop_instance_uid,
        info.label or None,
        None,
        _UNKNOWN_SPACING if info.spacing is None else None,
        found.breast_found,
        None if info.is_stack else 1,
        None if info.spacing is None else info.spacing.basis,
        found.model_version,
        asked.threshold,
        [_candidate(one) for one in told],
        _rows(found.rows, number),
        [_cluster(one, number) for one in clusters_of(told, info.spacing, breast)],
    )
    return dict(zip(_KEYS, values, strict=True))


def failure(path: str, reason: str, uid: str | None = None) -> dict[str, Any]:
    """The same keys for what could not be done; null where nobody looked, which is not the same as nothing found."""
    return dict.fromkeys(_KEYS) | {"path": path, "sop_instance_uid": uid, "error": reason}


def shown(info: ImageInfo) -> str:
    """The path of an image as its user knows it, also in an archive."""
    from annotator.imaging.archive import shown_path

    return str(shown_path(info.path))


def _candidate(one: Candidate) -> dict[str, Any]:
    return {
        "column": round(one.point.column, 2),
        "row": round(one.point.row, 2),
        "frame": one.image.frame,
        "diameter_mm": None if one.diameter_mm is None else round(one.diameter_mm, 3),
        "score": round(one.score, 6),
        "hint": one.hint,
        "in_pectoral": one.in_pectoral,
    }


def _rows(rows: Sequence[CandidateRow], number: dict[str, int]) -> list[dict[str, Any]]:
    """The lines of the list that have a candidate that is told, by their places."""
    members = [(row, [number[one] for one in row.ids if one in number]) for row in rows]
    return [{"candidates": places, "hint": row.hint} for row, places in members if places]


def _cluster(one: CandidateCluster, number: dict[str, int]) -> dict[str, Any]:
    return {
        "candidates": sorted(number[member] for member in one.ids),
        "count": one.facts.count,
        "extent_mm": round(one.facts.extent_mm, 2),
        "density_per_cm2": round(one.facts.density_per_cm2, 2),
        "distribution_hint": one.hint.word,
        "because": list(one.hint.because),
    }


def in_words(document: dict[str, Any]) -> list[str]:
    """A line for the image, and one for each of its clusters."""
    count, clusters = len(document["candidates"]), document["clusters"]
    counts = f"{counted(count, 'candidate')}, {counted(len(clusters), 'cluster')}"
    if not document["breast_found"]:
        counts = "no breast was found in this image"
    lines = [f"{document['label'] or '-':<8} {counts:<30} {document['path']}"]
    for hint, words in _HINTS.items():
        members = [len(row["candidates"]) for row in document["rows"] if row["hint"] == hint]
        if members:
            rows = f", in {counted(len(members), 'row')}" if len(members) < sum(members) else ""
            lines.append(f"{'':<8} {counted(sum(members), 'candidate')} that may be {words}{rows}")
    lines += [
        f"{'':<8} cluster of {one['count']}, {one['extent_mm']:.1f} mm {document['basis']}, as {one['distribution_hint']}"
        for one in clusters
    ]
    return lines
