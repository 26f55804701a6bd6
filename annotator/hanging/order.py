"""The order in which images are read, and which of several alike goes first."""

from __future__ import annotations

from collections.abc import Iterable

from annotator.hanging.words import VIEW_NAMES
from annotator.model.image import ImageInfo, Intent, Laterality

DETAILS = frozenset({"M", "S", "TAN"})
"""Modifiers of views that show a part of the breast only; they never stand for the whole view."""

_VIEW_ORDER = {name: place for place, name in enumerate(VIEW_NAMES)}
_SIDE_ORDER = {Laterality.RIGHT: 0, Laterality.LEFT: 1, Laterality.BOTH: 2, None: 3}


def reading_order(images: Iterable[ImageInfo]) -> tuple[ImageInfo, ...]:
    """Images as thumbnails are read: CC before MLO before the rest, right before left, details last.

    Magnification and spot views follow the whole views, raw images come last, and of images that are
    alike the latest is first; the parts of a view too large for the detector stand in the order taken.
    """
    latest_first = sorted(images, key=moment, reverse=True)
    parts = iter(sorted((i for i in latest_first if i.partial_view), key=moment))
    return tuple(sorted((next(parts) if i.partial_view else i for i in latest_first), key=_place_in_order))


def is_detail(info: ImageInfo) -> bool:
    """Whether an image shows a part of the breast only: magnified, spot compressed, tangential."""
    return not DETAILS.isdisjoint(info.view.modifiers)


def view_place(info: ImageInfo) -> int:
    """Where the view of an image stands in the order of reading; unknown ones last."""
    return _VIEW_ORDER.get(info.view.name, len(_VIEW_ORDER))


def moment(info: ImageInfo) -> tuple[str, str, str, str, int]:
    """When an image was taken: of its exam, of itself, and its number in its series."""
    return (
        info.exam_date,
        info.acquisition_date,
        # a time may be written with fewer digits
        (info.acquisition_time or info.exam_time).ljust(13, "0"),
        info.exam_time,
        info.instance_number or 0,
    )


def rank(info: ImageInfo) -> tuple[object, ...]:
    """Which image of one side and view stands for it: lower goes first.

    For presentation before raw, whole before detail, fewer modifiers before more, complete before partial,
    a plain picture before one made from slices, that before the slices.
    """
    modifiers = info.view.modifiers
    return (
        info.intent is Intent.PROCESSING,
        is_detail(info),
        len(modifiers),
        modifiers,
        info.partial_view,
        info.is_stack,
        info.generated_2d,
    )


def _place_in_order(info: ImageInfo) -> tuple[object, ...]:
    modifiers = info.view.modifiers
    return (
        info.intent is Intent.PROCESSING,
        is_detail(info),
        view_place(info),
        info.view.name,
        len(modifiers),
        _SIDE_ORDER[info.laterality],
        modifiers,
        info.partial_view,
        info.is_stack,
        info.generated_2d,
    )
