"""The rows in which an exam can hang: pairs back to back, right on the left, and what belongs to each place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from annotator.hanging.order import is_detail, rank, reading_order, view_place
from annotator.hanging.words import place_name
from annotator.model.image import ExamInfo, ImageInfo, Laterality

SCREENING = ("CC", "MLO")
"""Views of which both sides are expected: a missing one leaves its place empty."""
_ONE_BREAST = (Laterality.RIGHT, Laterality.LEFT)
_SINGLES = ("", "SPECIMEN")
"""Views that do not tell images apart: each has a place of its own."""


class RowKind(Enum):
    """Why two places stand beside each other."""

    PAIR = "the two breasts"
    ONE_SIDE = "two views of one breast"
    ONE_VIEW = "two pictures of one view"
    SIDELESS = "images that are no pair"


@dataclass(frozen=True, slots=True)
class Place:
    """A side and view, with the images that belong there; the first one hangs, the others can take its place."""

    side: Laterality | None
    view: str
    modifiers: tuple[str, ...] = ()
    images: tuple[ImageInfo, ...] = ()

    @property
    def name(self) -> str:
        """Such as: right CC."""
        return place_name(self.side, self.view, self.modifiers)


@dataclass(frozen=True, slots=True)
class Row:
    """Two places beside each other; None where nothing could hang."""

    kind: RowKind
    left: Place | None
    right: Place | None

    @property
    def places(self) -> tuple[Place | None, Place | None]:
        """From left to right on the screen."""
        return self.left, self.right

    @property
    def name(self) -> str:
        """What hangs in the row: "CC", or both names where they differ."""
        filled = [place for place in self.places if place is not None and place.images]
        if self.kind is RowKind.PAIR and len({place.modifiers for place in filled}) == 1:
            return place_name(None, filled[0].view, filled[0].modifiers)
        return ", ".join(dict.fromkeys(place.name or "unknown view" for place in filled))


def sheet(images: Iterable[ImageInfo]) -> tuple[Row, ...]:
    """The rows of an exam in the order in which they are read.

    CC and MLO first, then the other whole views, then views of the same with other modifiers (implant
    displaced, rolled), details (magnification, spot), and what has no side or view. A row holds the same
    view of both breasts. Where there is but one breast, its views stand side by side, two by two; so do
    further views that only one side has.
    """
    ordered = reading_order(images)
    sided = [i for i in ordered if i.laterality in _ONE_BREAST]
    known = [i for i in sided if i.view.name not in _SINGLES]
    rest = [i for i in ordered if not any(i is k for k in known)]
    first = _main_places(known)
    further = _variant_places(known, first)
    if not rest and len(first) + len(further) == 1:
        return _one_view((*first, *further)[0])
    sides = {place.side for place in (*first, *further)}
    if len(sides) == 1:
        rows = _two_by_two([*first, *further])
    else:
        rows = [*_pairs(first, SCREENING), *_pairs(further, ())]
    return (*rows, *_sideless(rest))


def standard_views(exam: ExamInfo) -> int:
    """How many of the four views of screening an exam has, 0 to 4."""
    wholes = (i for i in exam.images if i.view.name in SCREENING and not is_detail(i))
    return len({(i.laterality, i.view.name) for i in wholes if i.laterality in _ONE_BREAST})


def _main_places(images: Sequence[ImageInfo]) -> list[Place]:
    """One place for each side and view of which there is a whole view, in the order of reading."""
    wholes: dict[tuple[Laterality | None, str], ImageInfo] = {}
    for info in sorted(images, key=rank):
        if not is_detail(info):
            wholes.setdefault((info.laterality, info.view.name), info)
    in_order = [info for info in images if any(info is whole for whole in wholes.values())]
    in_order.sort(key=view_place)
    return [_place(info, images) for info in in_order]


def _variant_places(images: Sequence[ImageInfo], taken: Sequence[Place]) -> list[Place]:
    """Places for the views with modifiers that hang in none of `taken`."""
    hung = {(p.side, p.view, p.modifiers) for p in taken}
    places: list[Place] = []
    for info in images:
        key = (info.laterality, info.view.name, info.view.modifiers)
        if key not in hung:
            hung.add(key)
            places.append(_place(info, images))
    return places


def _place(first: ImageInfo, images: Sequence[ImageInfo]) -> Place:
    """The place of an image: itself, then what has the same modifiers, then the rest of its side and view."""
    key = (first.laterality, first.view.name)
    family = [i for i in images if (i.laterality, i.view.name) == key and i is not first]
    family.sort(key=lambda i: (i.view.modifiers != first.view.modifiers, rank(i)))
    return Place(*key, first.view.modifiers, (first, *family))


def _pairs(places: Sequence[Place], both_expected: Sequence[str]) -> list[Row]:
    """Places of one view (and of one set of modifiers, among variants) as rows; single ones two by two."""
    left_over = list(places)
    pairs: list[Row] = []
    singles: list[Place] = []
    while left_over:
        place = left_over.pop(0)
        other = _partner(place, left_over)
        if other is not None:
            left_over.remove(other)
        elif place.view not in both_expected:
            singles.append(place)
            continue
        pairs.append(_pair(place, other))
    for side in _ONE_BREAST:
        of_side = [place for place in singles if place.side is side]
        odd = [of_side.pop()] if len(of_side) % 2 else []
        pairs += _two_by_two(of_side)
        pairs += [_pair(place, None) for place in odd]
    return pairs


def _partner(place: Place, others: Sequence[Place]) -> Place | None:
    """The place of the same view of the other breast: with the same modifiers, else among main places any."""
    alike = [o for o in others if o.view == place.view and o.side is not place.side]
    same = [o for o in alike if o.modifiers == place.modifiers]
    return next(iter(same or [o for o in alike if not _details_differ(o, place)]), None)


def _details_differ(a: Place, b: Place) -> bool:
    return is_detail(a.images[0]) != is_detail(b.images[0])


def _pair(a: Place, b: Place | None) -> Row:
    other = Laterality.LEFT if a.side is Laterality.RIGHT else Laterality.RIGHT
    partner = b or Place(other, a.view, a.modifiers)
    right, left = (a, partner) if a.side is Laterality.RIGHT else (partner, a)
    return Row(RowKind.PAIR, right, left)


def _two_by_two(places: Sequence[Place]) -> list[Row]:
    """Places of one side, two in a row; a single last one on the side where its breast hangs."""
    rows = []
    for at in range(0, len(places), 2):
        couple = places[at : at + 2]
        if len(couple) == 2:
            rows.append(Row(RowKind.ONE_SIDE, *couple))
        elif couple[0].side is Laterality.LEFT:
            rows.append(Row(RowKind.ONE_SIDE, None, couple[0]))
        else:
            rows.append(Row(RowKind.ONE_SIDE, couple[0], None))
    return rows


def _one_view(place: Place) -> tuple[Row, ...]:
    """An exam of one view: beside it its picture of another kind (slices, or made from slices), if any."""
    first = place.images[0]
    other = next((i for i in place.images[1:] if _kind(i) != _kind(first) and not _raw_twin(first, i)), None)
    if other is None:
        return tuple(_two_by_two([place]))
    rest = tuple(i for i in place.images[1:] if i is not other)
    beside = Place(place.side, place.view, other.view.modifiers, (other,))
    return (Row(RowKind.ONE_VIEW, Place(place.side, place.view, place.modifiers, (first, *rest)), beside),)


def _kind(info: ImageInfo) -> tuple[bool, bool]:
    return info.is_stack, info.generated_2d


def _raw_twin(first: ImageInfo, other: ImageInfo) -> bool:
    return first.intent != other.intent and other.intent is not None and other.intent.name == "PROCESSING"


def _sideless(images: Sequence[ImageInfo]) -> list[Row]:
    """What has no side, no view, or is no breast: each in a place of its own, but copies of one cleavage view."""
    places: list[Place] = []
    for info in images:
        if info.laterality is Laterality.BOTH and info.view.name not in _SINGLES:
            place = _place(info, images)
            if any(p.side is place.side and p.view == place.view for p in places):
                continue
            places.append(place)
        else:
            places.append(Place(info.laterality, info.view.name, info.view.modifiers, (info,)))
    couples = [places[at : at + 2] for at in range(0, len(places), 2)]
    return [Row(RowKind.SIDELESS, c[0], c[1] if len(c) > 1 else None) for c in couples]
