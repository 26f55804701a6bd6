"""The content of a structured report as a tree of items, with references between them resolved.

Plain pydicom throughout: libraries of structured reports refuse items that are given by reference, and those are what
a CAD report consists of.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pydicom import Dataset

from annotator.exchange.cad_sr.codes import Coded, coded
from annotator.exchange.careful_dicom import DAMAGE
from annotator.model.geometry import ImagePoint

MOST_ITEMS = 200_000
"""Content items of one report: five thousand calcifications have a third of it."""
LONGEST_TEXT = 200


class TooManyItems(ValueError):
    """More content items than any report has."""


@dataclass(eq=False, slots=True)
class Item:
    """One content item. `place` is its identifier: 1 for the root, then the number among its parent's items, from 1.

    `target` is the place that an item by reference means, () for one by value.
    """

    place: tuple[int, ...]
    data: Dataset
    kind: str
    name: Coded
    target: tuple[int, ...] = ()
    children: list[Item] = field(default_factory=list)

    @property
    def id(self) -> str:
        """Its identifier as text: "1.3.2"."""
        return ".".join(map(str, self.place))

    @property
    def value(self) -> Coded:
        """What a CODE item says."""
        return coded(self.data.get("ConceptCodeSequence"))

    @property
    def text(self) -> str:
        """What a TEXT item says, on one line; of a CODE item its meaning."""
        said = self.data.get("TextValue") if self.kind != "CODE" else self.value.meaning
        return " ".join(str(said or "").split())[:LONGEST_TEXT]

    @property
    def number(self) -> float | None:
        """What a NUM item says; None where it says nothing that is a number."""
        try:
            value = float(self.data.MeasuredValueSequence[0].NumericValue)
        except DAMAGE:
            return None
        return value if math.isfinite(value) else None

    @property
    def unit(self) -> str:
        """The code of a NUM item's unit, '' where it gives none."""
        try:
            return coded(self.data.MeasuredValueSequence[0].MeasurementUnitsCodeSequence).value
        except DAMAGE:
            return ""

    @property
    def points(self) -> tuple[ImagePoint, ...]:
        """Column and row of each point of an SCOORD item, () where one of them is no number."""
        try:
            said = self.data.GraphicData
            numbers = [float(one) for one in (said if not isinstance(said, float) else [said])]
        except DAMAGE:
            return ()
        if len(numbers) % 2 or not all(map(math.isfinite, numbers)):
            return ()
        return tuple(ImagePoint(*pair) for pair in zip(numbers[::2], numbers[1::2], strict=True))

    @property
    def graphic(self) -> str:
        """POINT, POLYLINE, CIRCLE, ELLIPSE ..."""
        return str(self.data.get("GraphicType", "") or "").strip().upper()

    def called(self, name: Coded) -> Iterator[Item]:
        """Those right below it with a concept name, none by reference."""
        return (child for child in self.children if child.name.value == name.value and not child.target)

    def first(self, name: Coded) -> Item | None:
        """The first of those."""
        return next(self.called(name), None)


class Tree:
    """All items of a report. `root` is what the data set itself is."""

    def __init__(self, document: Dataset) -> None:
        self.root = _item(document, (1,))
        self._known: dict[tuple[int, ...], Item] = {(1,): self.root}
        waiting = [self.root]
        while waiting:
            parent = waiting.pop()
            for number, data in enumerate(_content(parent.data), 1):
                child = _item(data, (*parent.place, number))
                if len(self._known) >= MOST_ITEMS:
                    raise TooManyItems
                self._known[child.place] = child
                parent.children.append(child)
                if not child.target:
                    waiting.append(child)

    def all(self) -> Iterator[Item]:
        """Every item, parents before their children, in the order of the document."""
        waiting = [self.root]
        while waiting:
            item = waiting.pop()
            yield item
            waiting.extend(reversed(item.children))

    def meant(self, item: Item) -> Item | None:
        """The item itself, or what it refers to; None for a reference to nothing or to another reference."""
        if not item.target:
            return item
        found = self._known.get(item.target)
        return None if found is None or found.target else found

    def parents(self, item: Item) -> Iterator[Item]:
        """The items above one, the nearest first."""
        for end in range(len(item.place) - 1, 0, -1):
            yield self._known[item.place[:end]]


def _content(data: Dataset) -> Any:
    try:
        found = data.get("ContentSequence")
        return found if found is not None and not isinstance(found, str | bytes) else ()
    except DAMAGE:
        return ()


def _item(data: Dataset, place: tuple[int, ...]) -> Item:
    try:
        said = data.get("ReferencedContentItemIdentifier")
        target = (
            () if said is None else tuple(int(n) for n in (said if hasattr(said, "__iter__") else [said]))
        )
        kind = str(data.get("ValueType", "") or "").strip().upper()
        name = coded(data.get("ConceptNameCodeSequence"))
    except DAMAGE:
        return Item(place, data, "", Coded("", "", ""))
    return Item(place, data, kind, name, target)
