"""Which saved reading is meant by what somebody wrote."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from annotator.errors import CallError, StoreError

if TYPE_CHECKING:
    from annotator.model.finding import Reading
    from annotator.model.image import ExamInfo
    from annotator.workspace import Workspace

EXAM_HELP = "a file or folder of the exam, the id of a reading, or the Study Instance UID or its unique beginning or end"


def saved_reading(workspace: Workspace, said: str, reader: str | None) -> tuple[Reading, ExamInfo]:
    """The reading that is meant, as saved last, and its exam, with images where files were named."""
    from annotator.model.image import ExamInfo

    path = Path(said)
    exams: dict[str, ExamInfo] = {}
    if path.exists():
        listed = workspace.group_exams(workspace.list_images([path]).images)
        exams = {exam.study_instance_uid: exam for exam in listed}
    saved = [one for one in workspace.readings() if reader in (None, one.reader)]
    found = [one for one in saved if one.study_instance_uid in exams or said == one.reading_id]
    if not found and said and not exams:
        found = [one for one in saved if one.study_instance_uid.startswith(said)]
        found = found or [one for one in saved if one.study_instance_uid.endswith(said)]
    if not found:
        of = f" by {reader}" if reader else ""
        raise StoreError(f"No reading of {said!r}{of} is saved; 'annotator readings' lists those that are.")
    studies = sorted({one.study_instance_uid for one in found})
    if len(studies) > 1:
        raise CallError(
            f"{said!r} holds {len(studies)} exams with readings ({', '.join(studies)}); name one."
        )
    own = [one for one in found if one.reader == workspace.settings.reader] or found
    if len({one.reader for one in own}) > 1:
        readers = ", ".join(sorted({one.reader for one in own}))
        raise CallError(f"{said!r} was read by {readers}; say whose reading with --by.")
    reading = workspace.revisions(own[0].reading_id)[-1].reading
    return reading, exams.get(studies[0], ExamInfo(studies[0], ()))
