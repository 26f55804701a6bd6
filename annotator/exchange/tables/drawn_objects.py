"""What is drawn on each picture, for forms that hold one reading and shapes alone: labels and masks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from annotator.exchange.tables.categories import Thing, category_number
from annotator.exchange.tables.shapes import MadeOf
from annotator.exchange.tables.told import ToldReading, clusters_of, marks_of
from annotator.model.geometry import ImagePoint
from annotator.model.image import ImageKey


@dataclass(frozen=True, slots=True)
class DrawnObject:
    """A mark or an outlined cluster: its id, that of its finding, the number of its class (from 0), and its polygon."""

    thing: Thing
    id: str
    finding_id: str
    category: int
    made_of: MadeOf
    polygon: Sequence[ImagePoint]

    @property
    def has_size(self) -> bool:
        """False of a mark that was never measured: its polygon is the pixel it lies in."""
        return self.made_of is not MadeOf.POINT


def drawn_on_pictures(told: ToldReading) -> dict[ImageKey, list[DrawnObject]]:
    """Marks, then clusters, by the picture they are on."""
    found: dict[ImageKey, list[DrawnObject]] = {}
    for key, one in _drawn(told):
        found.setdefault(key, []).append(one)
    return found


def _drawn(told: ToldReading) -> Iterator[tuple[ImageKey, DrawnObject]]:
    for mark in marks_of(told):
        category = category_number(Thing.CALCIFICATION, mark.finding)
        shape = mark.shape
        yield (
            mark.item.image,
            DrawnObject(
                Thing.CALCIFICATION, mark.item.id, mark.finding.id, category, shape.drawn, shape.polygon
            ),
        )
    for cluster in clusters_of(told):
        outline = cluster.item.outline
        if len(outline) > 2:
            category = category_number(Thing.CLUSTER, cluster.finding)
            yield (
                cluster.item.image,
                DrawnObject(
                    Thing.CLUSTER, cluster.item.id, cluster.finding.id, category, MadeOf.OUTLINE, outline
                ),
            )
