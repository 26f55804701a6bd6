"""Pseudonyms turned back by the key of the database: every exam it knows is tried."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from annotator.model.audit import AuditAct
from annotator.model.finding import Reading
from annotator.workspace import Workspace


@dataclass(frozen=True, slots=True)
class BehindName:
    """An exam that a name of an export stands for, or the image of it."""

    study_instance_uid: str
    exam_date: date | None = None
    sop_instance_uid: str = ""


def behind(workspace: Workspace, name: str) -> tuple[BehindName, ...]:
    """The exams that `name` stands for: the pseudonym of an exam or patient, or a UID made up for an exam or image.

    Images are looked for among those that a reading says something of. Each answer is noted in the audit first.
    """
    said = name.strip()
    found = tuple(dict.fromkeys((*_exams(workspace, said), *_images(workspace, said))))
    for one in found:
        workspace.note(AuditAct.EXPORTED, one.study_instance_uid, what=f"pseudonym {said} turned back")
    return found


def _exams(workspace: Workspace, said: str) -> Iterator[BehindName]:
    names, word = workspace.pseudonyms, said.upper()
    for one in workspace.readings():
        uid = one.study_instance_uid
        if word in (names.exam(uid), names.patient(one.patient)) or said == names.uid(uid):
            yield BehindName(uid, one.exam_date)


def _images(workspace: Workspace, said: str) -> Iterator[BehindName]:
    if not said.startswith("2.25."):
        return
    for one in workspace.readings():
        if not one.revisions:
            continue
        for uid in sorted(set(_uids(workspace.revisions(one.reading_id)[-1].reading))):
            if workspace.pseudonyms.uid(uid) == said:
                yield BehindName(one.study_instance_uid, one.exam_date, uid)


def _uids(reading: Reading) -> Iterator[str]:
    images = [mark.image for mark in reading.marks]
    images += [cluster.image for cluster in reading.clusters]
    images += [nipple.image for nipple in reading.nipples]
    images += [wall.image for wall in reading.chest_walls]
    images += [one.image for one in reading.pixels]
    images += [decision.candidate.image for decision in reading.decisions]
    yield from (image.sop_instance_uid for image in images)
    for recall in reading.recalls:
        yield recall.sop_instance_uid
    for choice in reading.hanging:
        yield choice.sop_instance_uid
