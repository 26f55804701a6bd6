"""Why an image hangs where it does, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from annotator.hanging.sheet import Place, Row, RowKind
from annotator.hanging.words import side_words, view_words, what_it_is
from annotator.model.image import ExamInfo, ImageInfo, Intent, Laterality

NAMED_AT_MOST = 6
"""Slices that were sent as single images are hundreds of one view."""


def why_here(
    info: ImageInfo,
    place: Place,
    kind: RowKind,
    rest: Sequence[ImageInfo],
    *,
    chosen: bool = False,
    prior: bool = False,
) -> str:
    """What an image is, by which attribute, why it hangs in this place, and what else belongs there.

    `chosen`: the reader asked for this one of the place's images; `prior`: it is from the exam before.
    """
    sentences = [what_it_is(info)]
    if prior:
        sentences.append(_beside_today(info, place))
    else:
        sentences.append(_in_row(info, kind))
    if chosen:
        sentences.append("You chose it among the images of this side and view.")
    elif place.images and info is place.images[0]:
        sentences.append(_first_of_several(info, rest))
    if rest:
        others = [f"{i.name or 'an image'} ({_against(info, i)})" for i in rest[:NAMED_AT_MOST]]
        more = len(rest) - len(others)
        sentences.append(f"Also in this place: {', '.join(others)}{f' and {more} more' if more else ''}.")
    return " ".join(sentence for sentence in sentences if sentence)


def missing_words(place: Place | None, prior: bool, exam_before: ExamInfo | None) -> str:
    """What an empty pane says."""
    if prior and exam_before is None:
        return "No earlier exam is open."
    if place is None or not place.name:
        return "Nothing to compare with." if prior else "Nothing more hangs here."
    if prior:
        return f"No {place.name} in the earlier exam."
    return f"No {place.name} among the files opened."


def other_words(info: ImageInfo, rows: Sequence[Row], *, prior: bool = False, twin: bool = False) -> str:
    """Why an image hangs nowhere just now; `twin`: another file of the same SOP instance does."""
    if twin:
        return "Another file of the same SOP instance hangs."
    if prior:
        return "It is from the earlier exam, and no pane shows this side and view."
    for number, row in enumerate(rows, start=1):
        for place in row.places:
            if place is not None and any(i is info for i in place.images):
                return f"It hangs in row {number} of {len(rows)} ({row.name})."
    return "It is in no row of this exam."


def _in_row(info: ImageInfo, kind: RowKind) -> str:
    if kind is RowKind.PAIR:
        side, wall = ("left", "right") if info.laterality is Laterality.RIGHT else ("right", "left")
        return (
            f"The {side_words(info.laterality)} hangs on the {side} with its chest wall at the {wall} edge, "
            "so that the chest walls of both breasts meet."
        )
    if kind is RowKind.ONE_SIDE:
        return f"Only the {side_words(info.laterality)} has such views, so they hang side by side."
    if kind is RowKind.ONE_VIEW:
        return "The exam has one view only, so the picture and its other kind hang side by side."
    return _alone(info)


def _alone(info: ImageInfo) -> str:
    if info.view.name == "SPECIMEN":
        return "Tissue taken from the breast has no pair; it hangs after the breasts."
    if info.laterality is Laterality.BOTH:
        return "A view of both breasts hangs in the middle, after the pairs."
    if info.laterality is None:
        return "Without a side it has no pair; it hangs after those that have."
    if not info.view.name:
        return "Without a view it has no pair; it hangs after those that have."
    return ""


def _beside_today(info: ImageInfo, place: Place) -> str:
    when = f" of {_date(info.exam_date)}" if info.exam_date else ""
    same = f"It is from the earlier exam{when} and hangs by the same side and view of the exam being read"
    if info.view.modifiers == place.modifiers:
        return f"{same}."
    return f"{same}; there is none with the same modifiers ({view_words('', place.modifiers) or 'none'})."


def _first_of_several(info: ImageInfo, rest: Sequence[ImageInfo]) -> str:
    twins = [i for i in rest if _against(info, i) in ("taken earlier", "alike")]
    if info.partial_view and any(i.partial_view for i in rest):
        parts = 1 + sum(i.partial_view for i in rest)
        return f"It is the first of {parts} parts of a view too large for the detector."
    return f"Of {1 + len(twins)} images alike the latest hangs." if twins else ""


def _against(first: ImageInfo, other: ImageInfo) -> str:
    """How another image of a place differs from the one that hangs."""
    if other.intent is Intent.PROCESSING and first.intent is not Intent.PROCESSING:
        return "for processing, raw"
    if other.view.modifiers != first.view.modifiers:
        return view_words("", other.view.modifiers) or "the whole view"
    if other.is_stack != first.is_stack:
        return "slices" if other.is_stack else "one picture"
    if other.generated_2d != first.generated_2d:
        return "made from slices" if other.generated_2d else "as taken"
    if other.partial_view:
        sections = ", ".join(other.partial_view_reasons).lower()
        part = "another part" if first.partial_view else "a part"
        return f"{part}: {sections}" if sections else part
    when, other_when = (
        (i.exam_date, i.acquisition_date, i.acquisition_time or i.exam_time) for i in (first, other)
    )
    return "alike" if when == other_when else "taken earlier" if other_when < when else "taken later"


def _date(date: str) -> str:
    return f"{date[:4]}-{date[4:6]}-{date[6:8]}" if len(date) == 8 and date.isdigit() else date
