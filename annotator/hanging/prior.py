"""What of the exam before belongs beside an image of the one being read."""

from __future__ import annotations

from annotator.hanging.order import DETAILS, is_detail, rank, reading_order
from annotator.hanging.sheet import Place
from annotator.model.image import ExamInfo


def place_before(prior: ExamInfo | None, place: Place | None) -> Place | None:
    """The same side and view in the exam before, with the same modifiers if there are such.

    A detail (magnified, spot compressed) has the whole view beside it where there was no detail; a whole view
    never has a detail. The place is empty when nothing fits, None when no image is to be compared.
    """
    if place is None:
        return None
    if prior is None or place.side is None or not place.view:
        return Place(place.side, place.view, place.modifiers)
    alike = [
        i for i in reading_order(prior.images) if i.laterality is place.side and i.view.name == place.view
    ]
    if DETAILS.isdisjoint(place.modifiers):
        alike = [i for i in alike if not is_detail(i)]
    alike.sort(key=lambda i: (i.view.modifiers != place.modifiers, rank(i)))
    return Place(place.side, place.view, place.modifiers, tuple(alike))
