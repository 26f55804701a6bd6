"""An image as a reader corrected it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from annotator.hanging.words import CORRECTED
from annotator.model.hanging_choice import HangingChoice
from annotator.model.image import ExamInfo, ImageInfo, View


def corrected(info: ImageInfo, choice: HangingChoice | None) -> ImageInfo:
    """The image with side, view and turn as the reader chose, the rest as its file says.

    `laterality_source` and `view.source` then say that the reader decided; None changes nothing.
    """
    if choice is None or not choice:
        return info
    changes: dict[str, Any] = {}
    if choice.laterality is not None:
        changes |= {"laterality": choice.laterality, "laterality_source": CORRECTED}
    if choice.view_name is not None or choice.modifiers is not None:
        name = info.view.name if choice.view_name is None else choice.view_name
        modifiers = info.view.modifiers if choice.modifiers is None else choice.modifiers
        changes["view"] = View(name, modifiers, CORRECTED)
    if choice.orientation is not None:
        changes["turned"] = choice.orientation
    return replace(info, **changes)


def corrected_exam(exam: ExamInfo, choices: Iterable[HangingChoice]) -> ExamInfo:
    """An exam with each of its images as the reader corrected it."""
    by_image = {choice.sop_instance_uid: choice for choice in choices}
    if not by_image:
        return exam
    images = tuple(corrected(info, by_image.get(info.sop_instance_uid)) for info in exam.images)
    return replace(exam, images=images)
