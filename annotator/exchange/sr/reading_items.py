"""What is said of an exam and its images as a whole, in one container of this program's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from pydicom import Dataset

from annotator.exchange.sr import concepts as named
from annotator.exchange.sr.coded_terms import own_code, term_item
from annotator.exchange.sr.groups import Writing
from annotator.exchange.sr.items import code, container, scoord, text, uidref
from annotator.exchange.sr.regions import POINT, POLYLINE, Region, inside
from annotator.exchange.sr.texts import json_text, readable
from annotator.lexicon.loader import Code
from annotator.model.finding import Reading
from annotator.model.geometry import ImagePoint
from annotator.model.seen_on_image import ChestWall, NipplePlace, TechnicalRecall

OF_THE_READING = ("id", "reader", "lexicon_edition", "study_instance_uid", "amending")
"""Fields that stand in the record of the reading."""


def reading_container(writing: Writing) -> Dataset:
    """Everything of a reading that is not said of one finding."""
    return container(named.READING, _items(writing, writing.reading))


def _items(writing: Writing, reading: Reading) -> Iterator[Dataset]:
    lexicon = writing.outgoing.lexicon
    yield text(named.READING_RECORD, json_text({name: getattr(reading, name) for name in OF_THE_READING}))
    yield text(named.EDITION, lexicon.edition_name)
    if reading.stage is not None:
        yield code(named.STAGE, own_code(lexicon, reading.stage))
    for said, name in ((reading.first_pass, named.FIRST_PASS), (reading.done, named.DONE)):
        if said:
            yield code(name, named.YES)
    for display in writing.outgoing.displays:
        if (shown := readable(display)).strip():
            yield text(named.DISPLAY, shown)
    for nipple in reading.nipples:
        yield from _nipple(writing, nipple)
    for wall in reading.chest_walls:
        yield from _chest_wall(writing, wall)
    for recall in reading.recalls:
        yield _recall(writing, recall)
    for field, name in named.RECORDS.items():
        for one in getattr(reading, field):
            yield text(name, json_text(one))


def _nipple(writing: Writing, nipple: NipplePlace) -> Iterator[Dataset]:
    drawn = inside((nipple.point,), writing.image(nipple.image))
    yield _placed(writing, named.NIPPLE, named.NIPPLE_RECORD, Region(POINT, drawn), nipple)


def _chest_wall(writing: Writing, wall: ChestWall) -> Iterator[Dataset]:
    drawn: tuple[ImagePoint, ...] = inside(wall.ends, writing.image(wall.image))
    yield _placed(writing, named.CHEST_WALL, named.CHEST_WALL_RECORD, Region(POLYLINE, drawn), wall)


def _placed(
    writing: Writing, name: Code, record: Code, region: Region, said: NipplePlace | ChestWall
) -> Dataset:
    """A container of what is drawn and of what the drawing does not tell."""
    drawn = scoord(name, region.graphic, region.points, writing.ref(said.image))
    told: dict[str, Any] = msgspec.to_builtins(said)
    del told["image"]
    return container(name, [drawn, text(record, json_text(told))])


def _recall(writing: Writing, recall: TechnicalRecall) -> Dataset:
    items = [uidref(named.OF_IMAGE, recall.sop_instance_uid)]
    items += [term_item(writing.outgoing.lexicon, named.RECALL_REASON, one) for one in recall.reasons]
    if (shown := readable(recall.comment)).strip():
        items.append(text(named.COMMENT, shown))
    items.append(text(named.RECALL_RECORD, json_text({"comment": recall.comment})))
    return container(named.RECALL, items)
