"""What `annotator detect` found, as a CAD report for each exam."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from annotator.model.candidate import Candidates
    from annotator.model.image import ImageInfo


def write_cad(
    images: Sequence[ImageInfo],
    told: Mapping[str, Mapping[str, Any]],
    arguments: argparse.Namespace,
    score: float,
) -> Iterator[str]:
    """Write a report for each exam of which an image was looked at into `arguments.cad`; why one was not, in sentences.

    `told` are the documents by SOP Instance UID. Raises StoreError and ExportError for the folder.
    """
    from annotator.bootstrap import open_workspace
    from annotator.errors import ExportError, StoreError
    from annotator.imaging.collection import group_exams
    from annotator.reporting.cad_candidates import candidates_as_cad
    from annotator.settings import load_settings

    given = {"database": arguments.database, "reader": arguments.reader}
    workspace = open_workspace(load_settings(arguments.settings, given))
    try:
        for exam in group_exams(images):
            found = {
                info.sop_instance_uid: _candidates(info, document)
                for info in exam.images
                if (document := told.get(info.sop_instance_uid)) is not None
            }
            if not found:
                continue
            try:
                candidates_as_cad(
                    workspace, exam, found, arguments.cad, score=score, identified=arguments.identified
                )
            except (ExportError, StoreError) as error:
                yield str(error)
    finally:
        workspace.close()


def check_cad(folder: Path | None, *, identified: bool) -> None:
    """Make the folder where there is to be one. Raises CallError and ExportError."""
    from annotator.errors import CallError, ExportError

    if folder is None:
        if identified:
            raise CallError(
                "--identified says whose CAD reports are written; name their folder with --cad DIR."
            )
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExportError(
            f"{folder} could not be made ({error.strerror}); choose another --cad DIR."
        ) from error


def _candidates(info: ImageInfo, document: Mapping[str, Any]) -> Candidates:
    """The candidates of an image as its document tells them; their size in pixels where millimetres are known."""
    from annotator.model.candidate import Candidate, Candidates
    from annotator.model.geometry import ImagePoint

    scale = None if info.spacing is None else info.spacing.mean_mm
    made = []
    for number, one in enumerate(document["candidates"]):
        size = one["diameter_mm"]
        made.append(
            Candidate(
                id=f"{number}",
                image=info.key(one["frame"]),
                point=ImagePoint(one["column"], one["row"]),
                score=one["score"],
                diameter_px=0.0 if scale is None or size is None else size / scale,
                diameter_mm=size,
            )
        )
    return Candidates(tuple(made), (), document["model_version"], breast_found=bool(document["breast_found"]))
