"""The content of a structured report as plain values, whoever wrote it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydicom import Dataset
from pydicom.sr._snomed_dict import mapping as snomed

from annotator.lexicon.loader import Code
from annotator.model.geometry import ImagePoint

_OLD_SNOMED = ("SRT", "SNM3", "99SDM")


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """One content item. Codes are those of SNOMED CT also where the file has the ones before it.

    `text` is that of a text, person's name, UID, date or time. What does not belong to `kind` is None, '' or ().
    `frames` () is the whole image.
    """

    kind: str
    relation: str
    name: Code | None
    children: tuple[Item, ...] = ()
    text: str = ""
    code: Code | None = None
    number: float | None = None
    unit: Code | None = None
    graphic: str = ""
    points: tuple[ImagePoint, ...] = ()
    sop_instance_uid: str = ""
    sop_class_uid: str = ""
    frames: tuple[int, ...] = ()
    segments: tuple[int, ...] = ()

    def named(self, name: Code) -> bool:
        """Whether it is about this; meanings are words and may differ."""
        return self.name is not None and same(self.name, name)

    def all(self, name: Code) -> Iterator[Item]:
        """The items right below it of a name."""
        return (one for one in self.children if one.named(name))

    def first(self, name: Code) -> Item | None:
        """The first of them."""
        return next(self.all(name), None)

    def text_of(self, name: Code) -> str:
        """The text right below it under a name; '' where there is none."""
        found = self.first(name)
        return "" if found is None else found.text

    def code_of(self, name: Code) -> Code | None:
        """The code right below it under a name."""
        found = self.first(name)
        return None if found is None else found.code

    @property
    def said(self) -> str:
        """What it says, in words as they stand there."""
        if self.code is not None:
            return f"{self.code.meaning} ({self.code.value}, {self.code.scheme})"
        if self.number is not None:
            return f"{self.number:g} {self.unit.value if self.unit else ''}".strip()
        return self.text


def same(one: Code, other: Code) -> bool:
    """Whether two codes are one, whatever they are called and in whichever version of their scheme."""
    return (one.value, one.scheme) == (other.value, other.scheme)


def root_of(dataset: Dataset) -> Item:
    """The whole content. Raises ValueError, TypeError, KeyError or AttributeError where it is damaged."""
    return _item(dataset)


def _item(dataset: Dataset) -> Item:
    kind = str(dataset.get("ValueType", "") or "")
    names = dataset.get("ConceptNameCodeSequence") or ()
    known: dict[str, Any] = _VALUES[kind](dataset) if kind in _VALUES else {}
    return Item(
        kind=kind,
        relation=str(dataset.get("RelationshipType", "") or ""),
        name=_code(names[0]) if names else None,
        children=tuple(_item(one) for one in dataset.get("ContentSequence") or ()),
        **known,
    )


def _code(dataset: Dataset) -> Code:
    value = next((str(dataset.get(key)) for key in _VALUE_KEYS if dataset.get(key)), "")
    scheme = str(dataset.get("CodingSchemeDesignator", "") or "").strip()
    if scheme in _OLD_SNOMED:
        value, scheme = _newer().get(value, (value, scheme))
    version = str(dataset.get("CodingSchemeVersion", "") or "")
    return Code(value.strip(), scheme, str(dataset.get("CodeMeaning", "") or "").strip(), version)


_VALUE_KEYS = ("CodeValue", "LongCodeValue", "URNCodeValue")


@cache
def _newer() -> dict[str, tuple[str, str]]:
    return {old: (new, "SCT") for old, new in snomed["SRT"].items()}


def _text(keyword: str) -> Any:
    return lambda dataset: {"text": str(dataset.get(keyword, "") or "")}


def _coded(dataset: Dataset) -> dict[str, Any]:
    codes = dataset.get("ConceptCodeSequence") or ()
    return {"code": _code(codes[0]) if codes else None}


def _measured(dataset: Dataset) -> dict[str, Any]:
    values = dataset.get("MeasuredValueSequence") or ()
    if not values:
        return {}
    units = values[0].get("MeasurementUnitsCodeSequence") or ()
    return {"number": _number(values[0]), "unit": _code(units[0]) if units else None}


def _number(value: Dataset) -> float:
    """The number in full where it stands there too and is the one that was shortened."""
    short = float(value.NumericValue)
    full = value.get("FloatingPointValue")
    exact = short if full is None or not math.isclose(short, full, rel_tol=1e-6) else float(full)
    if not math.isfinite(exact):
        raise ValueError("a number is not finite")
    return exact


def _drawn(dataset: Dataset) -> dict[str, Any]:
    data = dataset.get("GraphicData")
    numbers = [] if data is None else [float(one) for one in (data if hasattr(data, "__iter__") else (data,))]
    if len(numbers) % 2 or not all(map(math.isfinite, numbers)):
        raise ValueError("coordinates come in pairs")
    points = tuple(ImagePoint(*pair) for pair in zip(numbers[::2], numbers[1::2], strict=True))
    return {"graphic": str(dataset.get("GraphicType", "") or ""), "points": points}


def _referenced(dataset: Dataset) -> dict[str, Any]:
    which = dataset.ReferencedSOPSequence[0]
    return {
        "sop_instance_uid": str(which.ReferencedSOPInstanceUID),
        "sop_class_uid": str(which.get("ReferencedSOPClassUID", "") or ""),
        "frames": _numbers(which, "ReferencedFrameNumber"),
        "segments": _numbers(which, "ReferencedSegmentNumber"),
    }


def _numbers(dataset: Dataset, keyword: str) -> tuple[int, ...]:
    value = dataset.get(keyword)
    if value is None or value == "":
        return ()
    return tuple(int(one) for one in (value if hasattr(value, "__iter__") else (value,)))


_VALUES = {
    "TEXT": _text("TextValue"),
    "PNAME": _text("PersonName"),
    "UIDREF": _text("UID"),
    "DATE": _text("Date"),
    "TIME": _text("Time"),
    "DATETIME": _text("DateTime"),
    "CODE": _coded,
    "NUM": _measured,
    "SCOORD": _drawn,
    "IMAGE": _referenced,
    "COMPOSITE": _referenced,
}
