"""The tables of marks and of clusters: one row each, pixels beside millimetres with their basis."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from annotator.exchange.tables.columns import Column, Kind, Of, Table, one_of
from annotator.exchange.tables.said_columns import (
    BASIS,
    PROGRAM,
    READER,
    finding_columns,
    picture_columns,
    reading_columns,
)
from annotator.exchange.tables.shapes import Box, MadeOf, box_around
from annotator.exchange.tables.told import ToldCluster, ToldMark
from annotator.model.geometry import polygon_area
from annotator.model.mark import MarkKind, SpotMeasurement


def _measured(name: str) -> Callable[[ToldMark], Any]:
    return lambda m: None if m.item.measurement is None else getattr(m.item.measurement, name)


def _length(name: str, meaning: str) -> tuple[Column[ToldMark], Column[ToldMark]]:
    """A measured length in pixels, and in millimetres."""
    return (
        Column(f"{name}_px", Kind.NUMBER, meaning, _measured(f"{name}_px"), "px", source=PROGRAM),
        Column(
            f"{name}_mm",
            Kind.NUMBER,
            f"{meaning}; only with measure_basis",
            _measured(f"{name}_mm"),
            "mm",
            source=PROGRAM,
        ),
    )


def _measure(name: str, meaning: str, unit: str = "") -> Column[ToldMark]:
    return Column(name, Kind.NUMBER, meaning, _measured(name), unit, source=PROGRAM)


def _box_columns(box: Callable[[Of], Box | None]) -> Iterator[Column[Of]]:
    """The sides of a box, empty where there is none."""

    def side(name: str) -> Callable[[Of], float | None]:
        return lambda item: None if (found := box(item)) is None else float(getattr(found, name))

    for name, meaning in (
        ("left", "left edge"),
        ("top", "top edge"),
        ("width", "width"),
        ("height", "height"),
    ):
        yield Column(f"box_{name}_px", Kind.NUMBER, f"{meaning} of the box", side(name), "px", source=PROGRAM)


def _outline(measured: SpotMeasurement | None) -> Any:
    return None if measured is None else measured.outline


MARKS: Table[ToldMark] = Table(
    "marks",
    "one calcification marked on one image by one reader",
    (
        reading_columns(lambda m: m.told),
        picture_columns(lambda m: m.told, lambda m: m.item.image),
        finding_columns(lambda m: m.told, lambda m: m.finding),
        Column("mark_id", Kind.TEXT, "id of the mark", lambda m: m.item.id, source=PROGRAM),
        Column(
            "cluster_ids",
            Kind.TEXT,
            "clusters it is tied together in",
            lambda m: m.told.tied.get(m.item.id, ()),
            source=READER,
        ),
        Column(
            "kind",
            Kind.TEXT,
            "the reader's word for its size",
            lambda m: m.item.kind,
            values=one_of(MarkKind),
            source=READER,
        ),
        Column(
            "column_px",
            Kind.NUMBER,
            "place in the stored image from the outer corner of its first pixel: along a row",
            lambda m: m.item.point.column,
            "px",
            source=READER,
        ),
        Column(
            "row_px", Kind.NUMBER, "the same: down a column", lambda m: m.item.point.row, "px", source=READER
        ),
        *_length("diameter", "diameter of the circle of the same area as the outline"),
        *_length("uncertainty", "standard uncertainty of the diameter"),
        *_length("major", "long axis"),
        *_length("minor", "short axis"),
        *_length("length", "length of a linear piece along its middle line"),
        *_length("width", "width of a linear piece"),
        Column(
            "measure_basis",
            Kind.TEXT,
            "how the millimetres of this mark were known when it was measured",
            _measured("basis"),
            values=BASIS,
            source=PROGRAM,
        ),
        _measure("orientation_deg", "long axis, counter-clockwise from the row direction, 0 to 180", "deg"),
        _measure("circularity", "1 for a circle"),
        _measure("contrast", "peak above background", "stored value"),
        _measure("cnr", "the same in standard deviations of the noise"),
        Column(
            "shape",
            Kind.TEXT,
            "what box and area are of: the measured outline, a circle of the diameter, or the pixel of the mark",
            lambda m: m.shape.drawn,
            values=one_of(MadeOf),
            source=PROGRAM,
        ),
        *_box_columns(lambda m: m.shape.box),
        Column("area_px2", Kind.NUMBER, "area of the shape", lambda m: m.shape.area, "px2", source=PROGRAM),
        Column(
            "outline_px",
            Kind.POINTS,
            "measured outline, closed without repeating its first point",
            lambda m: _outline(m.item.measurement) or (),
            "px",
            source=PROGRAM,
        ),
    ),
)


def _facts(name: str) -> Callable[[ToldCluster], Any]:
    return lambda c: c.facts[name]


CLUSTERS: Table[ToldCluster] = Table(
    "clusters",
    "one group of calcifications outlined on one image by one reader",
    (
        reading_columns(lambda c: c.told),
        picture_columns(lambda c: c.told, lambda c: c.item.image),
        finding_columns(lambda c: c.told, lambda c: c.finding),
        Column("cluster_id", Kind.TEXT, "id of the cluster", lambda c: c.item.id, source=PROGRAM),
        Column("mark_ids", Kind.TEXT, "marks tied together in it", lambda c: c.item.mark_ids, source=READER),
        Column("count", Kind.WHOLE, "marks in it", _facts("count"), source=PROGRAM),
        Column("micro", Kind.WHOLE, "of them micro", _facts("micro"), source=PROGRAM),
        Column("macro", Kind.WHOLE, "of them macro", _facts("macro"), source=PROGRAM),
        Column(
            "extent_of",
            Kind.TEXT,
            "what the extent is measured of",
            _facts("extent_of"),
            values="marks|outline",
            source=PROGRAM,
        ),
        Column(
            "extent_px", Kind.NUMBER, "greatest distance in it", _facts("extent_px"), "px", source=PROGRAM
        ),
        Column(
            "extent_mm",
            Kind.NUMBER,
            "the same, by the spacing when it was drawn; only with extent_basis",
            _facts("extent_mm"),
            "mm",
            source=PROGRAM,
        ),
        Column(
            "extent_basis",
            Kind.TEXT,
            "how the millimetres of the extent were known",
            _facts("basis"),
            values=BASIS,
            source=PROGRAM,
        ),
        *_box_columns(lambda c: box_around(c.item.outline) if c.item.outline else None),
        Column(
            "area_px2",
            Kind.NUMBER,
            "area inside the outline",
            lambda c: polygon_area(c.item.outline),
            "px2",
            source=PROGRAM,
        ),
        Column(
            "outline_px",
            Kind.POINTS,
            "outline as the reader drew it, closed without repeating its first point",
            lambda c: c.item.outline,
            "px",
            source=READER,
        ),
    ),
)
