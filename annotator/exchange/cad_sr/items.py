"""Content items of a structured report as plain data sets (PS3.3 C.17.3), by value and by reference."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pydicom import Dataset

from annotator.exchange.cad_sr.codes import Coded
from annotator.model.geometry import ImagePoint

CONTAINS, INFERRED, PROPERTIES = "CONTAINS", "INFERRED FROM", "HAS PROPERTIES"
MODIFIED, ACQUIRED, SELECTED = "HAS CONCEPT MOD", "HAS ACQ CONTEXT", "SELECTED FROM"


def code(said: Coded, version: str = "") -> Dataset:
    """An item of a code sequence."""
    made = Dataset()
    made.CodeValue, made.CodingSchemeDesignator, made.CodeMeaning = said
    if version:
        made.CodingSchemeVersion = version
    return made


def _item(relation: str, kind: str, name: Coded | None, below: Iterable[Dataset] = ()) -> Dataset:
    made = Dataset()
    made.RelationshipType = relation
    made.ValueType = kind
    if name is not None:
        made.ConceptNameCodeSequence = [code(name)]
    children = list(below)
    if children:
        made.ContentSequence = children
    return made


def container(relation: str, name: Coded, below: Iterable[Dataset]) -> Dataset:
    """A heading with what is below it."""
    made = _item(relation, "CONTAINER", name, below)
    made.ContinuityOfContent = "SEPARATE"
    return made


def coded_item(relation: str, name: Coded, value: Coded, below: Iterable[Dataset] = ()) -> Dataset:
    """A concept with a coded value."""
    made = _item(relation, "CODE", name, below)
    made.ConceptCodeSequence = [code(value)]
    return made


def text_item(relation: str, name: Coded, text: str) -> Dataset:
    """A concept with words."""
    made = _item(relation, "TEXT", name)
    made.TextValue = text
    return made


def date_item(relation: str, name: Coded, day: str) -> Dataset:
    """A concept with a day (YYYYMMDD)."""
    made = _item(relation, "DATE", name)
    made.Date = day
    return made


def number_item(
    relation: str, name: Coded, number: str, unit: Coded, below: Iterable[Dataset] = ()
) -> Dataset:
    """A concept with a decimal string of up to 16 characters and its unit."""
    value = Dataset()
    value.NumericValue = number
    value.MeasurementUnitsCodeSequence = [code(unit)]
    made = _item(relation, "NUM", name, below)
    made.MeasuredValueSequence = [value]
    return made


def place_item(
    relation: str, name: Coded, graphic: str, points: Sequence[ImagePoint], image: tuple[int, ...]
) -> Dataset:
    """A place on an image that the library has at the identifier `image`."""
    made = _item(relation, "SCOORD", name, [reference(SELECTED, image)])
    made.GraphicType = graphic
    made.GraphicData = [number for point in points for number in (point.column, point.row)]
    return made


def reference(relation: str, place: tuple[int, ...]) -> Dataset:
    """An item by reference: what stands at the identifier `place`."""
    made = Dataset()
    made.RelationshipType = relation
    made.ReferencedContentItemIdentifier = list(place)
    return made


def decimal(number: float) -> str:
    """A number as a decimal string of at most 16 characters (PS3.5 6.2, DS)."""
    return next(text for digits in range(12, 0, -1) if len(text := f"{number:.{digits}g}") <= 16)
