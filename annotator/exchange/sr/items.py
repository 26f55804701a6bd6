"""Content items of a structured report (PS3.3 C.17.3) made with plain pydicom, each as one data set."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pydicom import Dataset
from pydicom.valuerep import format_number_as_ds

from annotator.exchange.sr.concepts import SOURCE
from annotator.exchange.written_object import person
from annotator.lexicon.loader import Code
from annotator.model.geometry import ImagePoint

CONTAINS = "CONTAINS"
MODIFIES = "HAS CONCEPT MOD"
OBSERVED = "HAS OBS CONTEXT"
ACQUIRED = "HAS ACQ CONTEXT"
INFERRED = "INFERRED FROM"
SELECTED = "SELECTED FROM"

LONGEST_MEANING = 64
"""Of a Code Meaning (PS3.5 6.2, LO)."""


@dataclass(frozen=True, slots=True)
class ImageRef:
    """An image as the object names it; `frame` None: an image of one frame, or all of it."""

    sop_class_uid: str
    sop_instance_uid: str
    frame: int | None = None


def coded(code: Code) -> Dataset:
    """An item of a code sequence."""
    made = Dataset()
    made.CodeValue = code.value
    made.CodingSchemeDesignator = code.scheme
    if code.version:
        made.CodingSchemeVersion = code.version
    made.CodeMeaning = code.meaning[:LONGEST_MEANING].strip()
    return made


def container(
    name: Code, children: Iterable[Dataset], *, relation: str = CONTAINS, template: str = ""
) -> Dataset:
    """A container; `template` is the number of its template (TID), '' for none. `relation` '' for the root."""
    made = _item(relation, "CONTAINER", name, children)
    made.ContinuityOfContent = "SEPARATE"
    if template:
        which = Dataset()
        which.MappingResource, which.TemplateIdentifier = "DCMR", template
        made.ContentTemplateSequence = [which]
    return made


def text(name: Code, value: str, *, relation: str = CONTAINS) -> Dataset:
    """A text."""
    made = _item(relation, "TEXT", name)
    made.TextValue = value
    return made


def code(name: Code, value: Code, *, relation: str = CONTAINS, children: Iterable[Dataset] = ()) -> Dataset:
    """A coded value."""
    made = _item(relation, "CODE", name, children)
    made.ConceptCodeSequence = [coded(value)]
    return made


def num(
    name: Code, value: float, unit: Code, *, relation: str = CONTAINS, children: Iterable[Dataset] = ()
) -> Dataset:
    """A number; an int is written as one, and what 16 characters cannot hold stands in full beside them."""
    made = _item(relation, "NUM", name, children)
    measured = Dataset()
    short = str(value) if isinstance(value, int) else format_number_as_ds(float(value))
    measured.NumericValue = short
    if float(short) != value:
        measured.FloatingPointValue = float(value)
    measured.MeasurementUnitsCodeSequence = [coded(unit)]
    made.MeasuredValueSequence = [measured]
    return made


def uidref(name: Code, uid: str, *, relation: str = CONTAINS) -> Dataset:
    """A UID."""
    made = _item(relation, "UIDREF", name)
    made.UID = uid
    return made


def pname(name: Code, words: str, *, relation: str = CONTAINS) -> Dataset:
    """A person's name."""
    made = _item(relation, "PNAME", name)
    made.PersonName = person(words)
    return made


def image(name: Code, ref: ImageRef, *, relation: str, children: Iterable[Dataset] = ()) -> Dataset:
    """A reference to an image, to one frame of it where `ref` names one."""
    made = _item(relation, "IMAGE", name, children)
    which = Dataset()
    which.ReferencedSOPClassUID = ref.sop_class_uid
    which.ReferencedSOPInstanceUID = ref.sop_instance_uid
    if ref.frame is not None:
        which.ReferencedFrameNumber = ref.frame
    made.ReferencedSOPSequence = [which]
    return made


def scoord(
    name: Code, graphic: str, points: Sequence[ImagePoint], ref: ImageRef, *, relation: str = CONTAINS
) -> Dataset:
    """A region of an image: column and row from the outer corner of its first pixel, in 32 bits each (PS3.3 C.18.6)."""
    made = _item(relation, "SCOORD", name, (image(SOURCE, ref, relation=SELECTED),))
    made.GraphicData = [number for point in points for number in (point.column, point.row)]
    made.GraphicType = graphic
    return made


def _item(relation: str, kind: str, name: Code, children: Iterable[Dataset] = ()) -> Dataset:
    made = Dataset()
    if relation:
        made.RelationshipType = relation
    made.ValueType = kind
    made.ConceptNameCodeSequence = [coded(name)]
    below: list[Any] = list(children)
    if below:
        made.ContentSequence = below
    return made
