"""The findings of a reading as a file for programs: behind pseudonyms unless asked otherwise, and noted."""

from __future__ import annotations

from pathlib import Path

from annotator.exchange import finding_json
from annotator.hanging import corrected_exam
from annotator.model.finding import Reading
from annotator.model.identity import Identity, without_names
from annotator.model.image import ExamInfo
from annotator.reporting.noted import note_export
from annotator.workspace import Workspace


def write_findings(
    workspace: Workspace, reading: Reading, exam: ExamInfo, path: Path, *, identified: bool = False
) -> None:
    """All findings of a reading with marks and suggestions as one JSON file. Raises ExportError, and StoreError.

    `identified`: with the UIDs of the exam and its images, and comments as they were written.
    """
    images = {image.sop_instance_uid: image for image in corrected_exam(exam, reading.hanging).images}
    follow_ups, displays = workspace.follow_ups(reading, exam), workspace.displays(reading.id)
    behind = None
    if not identified:
        behind = finding_json.Behind(workspace.pseudonyms, workspace.patient_pseudonym(exam))
        reading = without_names(reading, Identity.of(exam))
    note_export(workspace, reading, "findings as JSON", identified=identified)
    finding_json.write_findings(
        reading, images, follow_ups, path, displays, workspace.lexicon.sources, behind
    )
