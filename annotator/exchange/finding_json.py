"""The findings of a reading as one JSON document, with everything needed to understand it elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from annotator import __version__
from annotator.errors import ExportError
from annotator.exchange.pseudonymised import pseudonymised
from annotator.exchange.whole_file import write_whole
from annotator.lexicon.loader import Source, load_lexicon
from annotator.model.finding import Finding, Reading
from annotator.model.follow_up import FollowUp
from annotator.model.geometry import ImagePoint, PixelSpacing, SpacingBasis, greatest_extent
from annotator.model.image import ImageInfo, ImageKey
from annotator.model.mark import Cluster, Mark, MarkKind
from annotator.model.pseudonym import Pseudonyms
from annotator.model.seen_on_image import PixelState

FORMAT = "mammo-annotator findings"
FORMAT_VERSION = 1
STATEMENT = "Decision support for labelling and research; not a medical device, not for treatment decisions."
COORDINATES = (
    "column and row in pixels of the image as stored; (0, 0) is the outer corner of its first pixel, "
    "so the centre of that pixel is (0.5, 0.5); frames count from 1"
)


@dataclass(frozen=True, slots=True)
class Behind:
    """What a document stands behind: the pseudonyms of its database, and that of the patient ('' where not known)."""

    pseudonyms: Pseudonyms
    patient: str = ""


# distances in pixels: a spacing of one, whose basis is never shown
_PIXELS = PixelSpacing(1.0, 1.0, SpacingBasis.UNVERIFIED)


def write_findings(
    reading: Reading,
    images: Mapping[str, ImageInfo],
    follow_ups: Mapping[str, FollowUp],
    path: Path,
    displays: Sequence[str] = (),
    sources: Mapping[str, Source] | None = None,
    behind: Behind | None = None,
    pixels_now: Mapping[ImageKey, PixelState] | None = None,
) -> None:
    """Write every finding of a reading with its marks, clusters and suggestion; `behind` pseudonyms, or with the UIDs.

    `images` by SOP Instance UID (those not at hand may be missing), `follow_ups` by finding id,
    `displays` in words, those the reading was made on, `sources` those of the lexicon and of the decision table in
    use (None: of the lexicon alone), `pixels_now` whether marked frames still show what was marked (None: nobody
    looked). The file is written whole or not at all. Raises ExportError.
    """
    document = findings_document(reading, images, follow_ups, displays, sources, behind, pixels_now)
    try:
        content = msgspec.json.format(msgspec.json.encode(document), indent=1)
    except UnicodeError as error:
        raise ExportError(
            f"{path} was not written: a text of the reading holds characters that no file can ({error})."
        ) from error
    write_whole(path, content + b"\n")


def findings_document(
    reading: Reading,
    images: Mapping[str, ImageInfo],
    follow_ups: Mapping[str, FollowUp],
    displays: Sequence[str] = (),
    sources: Mapping[str, Source] | None = None,
    behind: Behind | None = None,
    pixels_now: Mapping[ImageKey, PixelState] | None = None,
) -> dict[str, Any]:
    """The document `write_findings` writes, as plain dicts and lists.

    `sources` spells out every tag that a suggestion cites. A finding to which the reader has given no
    category carries no follow-up and no suggested one either (docs/domain.md, limits).
    """
    shown = {m.image.sop_instance_uid for m in reading.marks}
    shown |= {c.image.sop_instance_uid for c in reading.clusters}
    document = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "statement": STATEMENT,
        "program": {"name": "Mammogram Annotator", "version": __version__},
        "coordinates": COORDINATES,
        "identified": behind is None,
        "exam_pseudonym": behind.pseudonyms.exam(reading.study_instance_uid) if behind else None,
        "patient_pseudonym": (behind.patient or None) if behind else None,
        "reading_id": reading.id,
        "reader": reading.reader,
        "study_instance_uid": reading.study_instance_uid,
        "lexicon_edition": reading.lexicon_edition,
        "displays": list(displays),
        "done": reading.done,
        "stage": reading.stage,
        "hanging": msgspec.to_builtins(reading.hanging),
        "nipples": msgspec.to_builtins(reading.nipples),
        "chest_walls": msgspec.to_builtins(reading.chest_walls),
        "recalls": msgspec.to_builtins(reading.recalls),
        "pixels": msgspec.to_builtins(reading.pixels),
        "pixels_now": None if pixels_now is None else _states(pixels_now),
        "first_pass": reading.first_pass,
        "decisions": msgspec.to_builtins(reading.decisions),
        "signatures": msgspec.to_builtins(reading.signatures),
        "amending": reading.amending,
        "images": [_image(images[uid]) for uid in sorted(shown) if uid in images],
        "findings": [
            _finding(reading, finding, images, shown_beside(finding, follow_ups.get(finding.id)))
            for finding in reading.findings
        ],
        "sources": _sources(reading, follow_ups, sources),
    }
    return document if behind is None else pseudonymised(document, behind.pseudonyms)


def shown_beside(finding: Finding, follow_up: FollowUp | None) -> FollowUp | None:
    """What may stand beside a finding: no follow-up and no suggested category before the reader's own."""
    if follow_up is None or finding.assessment is not None:
        return follow_up
    return follow_up.before_choice()


def _sources(
    reading: Reading, follow_ups: Mapping[str, FollowUp], sources: Mapping[str, Source] | None
) -> dict[str, dict[str, str]]:
    known = load_lexicon(reading.lexicon_edition).sources if sources is None else sources
    beside = (shown_beside(finding, follow_ups.get(finding.id)) for finding in reading.findings)
    tags = dict.fromkeys(tag for one in beside if one for tag in one.cited)
    return {
        tag: {"citation": known[tag].citation, "address": known[tag].address, "sentence": known[tag].sentence}
        for tag in tags
        if tag in known
    }


def _states(pixels_now: Mapping[ImageKey, PixelState]) -> list[dict[str, Any]]:
    return [
        {"image": msgspec.to_builtins(key), "state": state.value} for key, state in sorted(pixels_now.items())
    ]


def _image(info: ImageInfo) -> dict[str, Any]:
    spacing = info.spacing
    return {
        "sop_instance_uid": info.sop_instance_uid,
        "label": info.label,
        "laterality": info.laterality,
        "view": info.view.name,
        "view_modifiers": info.view.modifiers,
        "rows": info.rows,
        "columns": info.columns,
        "frames": info.frames,
        "spacing_mm": [spacing.row_mm, spacing.column_mm] if spacing else None,
        "spacing_basis": spacing.basis if spacing else None,
    }


def _finding(
    reading: Reading, finding: Finding, images: Mapping[str, ImageInfo], follow_up: FollowUp | None
) -> dict[str, Any]:
    marks = reading.marks_of(finding.id)
    kinds = Counter(m.kind for m in marks)
    # the reader's category stands in `assessment`, what the table says in `suggestion`, never mixed
    return {
        **msgspec.to_builtins(finding),
        "name": f"F{finding.number}",
        "counts": {kind.value: kinds[kind] for kind in MarkKind},
        "suggestion": None if follow_up is None else msgspec.to_builtins(follow_up),
        "marks": [_mark(mark, images) for mark in marks],
        "clusters": [_cluster(cluster, reading, images) for cluster in reading.clusters_of(finding.id)],
    }


def _mark(mark: Mark, images: Mapping[str, ImageInfo]) -> dict[str, Any]:
    info = images.get(mark.image.sop_instance_uid)
    return {**msgspec.to_builtins(mark), "image_label": info.label if info else None}


def _cluster(cluster: Cluster, reading: Reading, images: Mapping[str, ImageInfo]) -> dict[str, Any]:
    info = images.get(cluster.image.sop_instance_uid)
    plain: dict[str, Any] = msgspec.to_builtins(cluster)
    return {**plain, "image_label": info.label if info else None, "facts": cluster_facts(cluster, reading)}


def cluster_facts(cluster: Cluster, reading: Reading) -> dict[str, Any]:
    """What can be counted and measured of a cluster.

    `count` marks tied together, by kind; `extent_px` and, with a spacing, `extent_mm` with `basis`:
    the greatest distance between its marks, of its outline when it holds fewer than two.
    `extent_of` says which.
    """
    marks = [reading.mark(key) for key in cluster.mark_ids]
    kinds = Counter(m.kind for m in marks)
    points: list[ImagePoint] = [m.point for m in marks] if len(marks) > 1 else list(cluster.outline)
    extent = greatest_extent(points, cluster.spacing) if cluster.spacing else None
    return {
        "count": len(marks),
        "micro": kinds[MarkKind.MICRO],
        "macro": kinds[MarkKind.MACRO],
        "extent_of": "marks" if len(marks) > 1 else "outline",
        "extent_px": greatest_extent(points, _PIXELS).value,
        "extent_mm": extent.value if extent else None,
        "basis": extent.basis if extent else None,
    }
