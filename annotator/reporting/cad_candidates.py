"""Candidates of an exam as a CAD report, noted in the audit like every export."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from annotator.errors import ExportError
from annotator.exchange.cad_sr import check_candidates, write_candidates
from annotator.model.candidate import Candidates
from annotator.model.finding import Reading
from annotator.model.image import ExamInfo
from annotator.reporting.noted import note_export
from annotator.reporting.outgoing import outgoing
from annotator.workspace import Workspace


def candidates_as_cad(
    workspace: Workspace,
    exam: ExamInfo,
    found: Mapping[str, Candidates],
    folder: Path,
    *,
    score: float,
    identified: bool = False,
) -> Path:
    """Write candidates of at least `score`, by the SOP Instance UID of their image, and read the file back.

    Behind pseudonyms unless `identified`; no reading of the exam is needed and nothing of one is written. Raises
    ExportError and StoreError.
    """
    nothing = Reading(
        id="",
        reader=workspace.settings.reader,
        study_instance_uid=exam.study_instance_uid,
        lexicon_edition=workspace.lexicon.edition,
    )
    leaving = outgoing(workspace, nothing, exam, identified=identified, places=False)
    note_export(workspace, nothing, "candidates as CAD report", identified=identified)
    (path,) = write_candidates(leaving, found, folder, score=score)
    fault = check_candidates(leaving, found, path, score=score)
    if fault is not None:
        raise ExportError(f"{path} does not say what was to be written: {fault}")
    return path
