"""A whole reading from a file, brought onto the exam at hand: its names turned back, and every place on an image that is there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from annotator.errors import UnreadableAnnotations
from annotator.model.changes import BY_UID, by_image, decided_in_order, hung_in_order
from annotator.model.finding import Reading
from annotator.model.geometry import ImagePoint
from annotator.model.image import ExamInfo, ImageKey

_UIDS = ("sop_instance_uid", "study_instance_uid")


def on_exam(
    reading: Reading, exams: Iterable[ExamInfo], pseudonym: Callable[[str], str], where: str
) -> tuple[Reading, ExamInfo]:
    """The reading with the exam's own UIDs, without signatures, and the exam it is of.

    A signature is of the database it was made in: it stands in the file and is not taken. `where` names the file in the
    UnreadableAnnotations of a reading whose images are not at hand, or whose places lie beyond them.
    """
    for exam in exams:
        names = {pseudonym(uid): uid for uid in _uids_of(exam)}
        if reading.study_instance_uid in (exam.study_instance_uid, pseudonym(exam.study_instance_uid)):
            turned = _turned(reading, names)
            _refuse_elsewhere(turned, exam, where)
            return turned, exam
    raise UnreadableAnnotations(
        f"{where}: the images of this reading are not at hand; open them first, or name their folder to 'annotator import --images'."
        " A reading behind pseudonyms of another database cannot be brought back."
    )


def _uids_of(exam: ExamInfo) -> list[str]:
    return [exam.study_instance_uid, *(image.sop_instance_uid for image in exam.images)]


def _turned(reading: Reading, names: Mapping[str, str]) -> Reading:
    told = _renamed(msgspec.to_builtins(reading), names)
    told |= {"signatures": [], "amending": "", "done": False, "pixels": []}
    turned: Reading = msgspec.convert(told, Reading)
    return Reading(
        id=turned.id,
        reader=turned.reader,
        study_instance_uid=turned.study_instance_uid,
        lexicon_edition=turned.lexicon_edition,
        stage=turned.stage,
        findings=turned.findings,
        marks=turned.marks,
        clusters=turned.clusters,
        nipples=by_image(turned.nipples),
        chest_walls=by_image(turned.chest_walls),
        recalls=tuple(sorted(turned.recalls, key=BY_UID)),
        first_pass=turned.first_pass,
        decisions=decided_in_order(turned.decisions),
        hanging=hung_in_order(turned.hanging),
    )


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {
            key: names.get(one, one) if key in _UIDS and isinstance(one, str) else _renamed(one, names)
            for key, one in value.items()
        }
    return [_renamed(one, names) for one in value] if isinstance(value, list | tuple) else value


def _refuse_elsewhere(reading: Reading, exam: ExamInfo, where: str) -> None:
    at_hand = {image.sop_instance_uid: image for image in exam.images}
    placed: list[tuple[ImageKey, tuple[ImagePoint, ...]]]
    placed = [(mark.image, (mark.point,)) for mark in reading.marks]
    placed += [(cluster.image, cluster.outline) for cluster in reading.clusters]
    placed += [(nipple.image, (nipple.point,)) for nipple in reading.nipples]
    for key, points in placed:
        info = at_hand.get(key.sop_instance_uid)
        if info is None:
            raise UnreadableAnnotations(
                f"{where}: an image of this reading is not at hand; open all images of the exam first, or name their folder to 'annotator"
                " import --images'."
            )
        if not 1 <= key.frame <= info.frames:
            raise UnreadableAnnotations(
                f"{where}: something is marked on frame {key.frame} of an image that has {info.frames}."
            )
        if any(not (-1 <= p.column <= info.columns + 1 and -1 <= p.row <= info.rows + 1) for p in points):
            raise UnreadableAnnotations(
                f"{where}: something is marked beyond the edge of an image of {info.columns} x {info.rows} pixels; the"
                " reading belongs to another picture."
            )
