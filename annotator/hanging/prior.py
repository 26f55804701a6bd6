"""What of the exam before belongs beside an image of the one being read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from annotator.hanging.order import DETAILS, is_detail, rank, reading_order
from annotator.hanging.sheet import Place
from annotator.model.image import ExamInfo, ImageInfo


def places_before(prior: ExamInfo | None, places: Sequence[Place | None]) -> tuple[Place | None, ...]:
    """For each place the same side and view in the exam before; no image in two of them.

    With the same modifiers if there are such. A detail (magnified, spot compressed) has the whole view beside
    it where there was no detail; a whole view never has a detail. A place is empty when nothing fits, None
    when no image is to be compared.
    """
    images = () if prior is None else reading_order(prior.images)
    found = [None if p is None else Place(p.side, p.view, p.modifiers, _alike(p, images)) for p in places]
    taken: set[str] = set()
    exact = [n for n, place in enumerate(found) if place is not None and _is_exact(place)]
    for number in [*exact, *(n for n in range(len(found)) if n not in exact)]:
        place = found[number]
        if place is not None:
            left = tuple(i for i in place.images if i.sop_instance_uid not in taken)
            found[number] = replace(place, images=left)
            taken |= {i.sop_instance_uid for i in left[:1]}
    return tuple(found)


def _alike(place: Place, images: Sequence[ImageInfo]) -> tuple[ImageInfo, ...]:
    if place.side is None or not place.view:
        return ()
    alike = [i for i in images if i.laterality is place.side and i.view.name == place.view]
    if DETAILS.isdisjoint(place.modifiers):
        alike = [i for i in alike if not is_detail(i)]
    elif not place.images:
        # nothing of today hangs there: a whole view would stand beside nothing
        alike = [i for i in alike if i.view.modifiers == place.modifiers]
    return tuple(sorted(alike, key=lambda i: (i.view.modifiers != place.modifiers, rank(i))))


def _is_exact(place: Place) -> bool:
    return bool(place.images) and place.images[0].view.modifiers == place.modifiers
