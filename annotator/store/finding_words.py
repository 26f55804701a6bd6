"""What was said of a finding, or taken back, as parts of a sentence: one for each field that changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from enum import StrEnum
from typing import Any

from annotator.model.finding import Assessment, Finding, SaidLength
from annotator.model.image import Laterality
from annotator.model.intervals import months_words
from annotator.model.origin import Origin

Word = Callable[[StrEnum], str]
"""The lexicon's word for an id."""

_NAMES = {
    "stage": "stage",
    "size": "size",
    "morphology": "morphology",
    "distributions": "distribution",
    "spread": "spread",
    "change": "change",
    "laterality": "side",
    "quadrant": "quadrant",
    "clock_face": "clock face",
    "depth": "depth",
    "nipple_distance": "distance from the nipple",
    "extent": "greatest extent",
    "associated": "associated findings",
    "certainty": "certainty",
    "assessment": "assessment",
    "recommendation": "recommendation",
    "recommended_months": "interval of the recommendation",
}
_FLAGS = {
    "certain": "certainty of the type",
    "known_cancer_here": "known cancer at this site",
    "adjacent_cancer": "cancer next to it",
    "priors_requested": "prior mammograms requested",
}


def finding_changes(old: Finding, new: Finding, of: str, word: Word) -> Iterator[str]:
    """What turned `old` into `new`, field by field; `of` is the name of the finding, as in "F1"."""
    for field in fields(Finding):
        value, before = getattr(new, field.name), getattr(old, field.name)
        if value != before:
            yield _changed(field.name, before, value, of, word)


def _changed(name: str, before: Any, value: Any, of: str, word: Word) -> str:
    if name in _NAMES:
        if value is None or value == ():
            return f"cleared the {_NAMES[name]} of {of}"
        return f"set the {_NAMES[name]} of {of} to {said(name, value, word)}"
    if name in _FLAGS:
        return f"{'set' if value else 'cleared'} {_FLAGS[name]} for {of}"
    return _OTHERWISE[name](before, value, of)


def said(name: str, value: Any, word: Word) -> str:
    """A value of a field in words: "Linear", "4A (Low suspicion)", "10 o'clock", "12.0 mm at detector"."""
    if isinstance(value, tuple):
        return ", ".join(said(name, one, word) for one in value)
    if isinstance(value, Laterality):
        return value.breast
    if isinstance(value, Assessment):
        return f"{value.value} ({word(value)})"
    if isinstance(value, StrEnum):
        return word(value)
    if isinstance(value, SaidLength):
        return str(value)
    if name == "clock_face":
        return f"{value} o'clock"
    return months_words(value)


def _comment(_before: str, value: str, of: str) -> str:
    return f"{'wrote' if value else 'cleared'} the comment on {of}"


def _origin(before: Origin | None, value: Origin | None, of: str) -> str:
    if value is None:
        return f"no longer says where {of} came from"
    return f"{'took' if before is None else 'took again'} {of} from {value}"


def _tracked(_before: str, _value: str, of: str) -> str:
    return f"said which finding of other exams {of} is"


def _kept(before: tuple[str, ...], value: tuple[str, ...], of: str) -> str:
    new, gone = (tuple(i for i in a if i not in b) for a, b in ((value, before), (before, value)))
    told = [f"saw and left a contradiction of {of} ({', '.join(map(_plain, new))})"] if new else []
    if gone:
        told.append(f"no longer leaves a contradiction of {of} ({', '.join(map(_plain, gone))})")
    return "; ".join(told) or f"ordered the contradictions left in {of}"


def _plain(contradiction_id: str) -> str:
    return contradiction_id.replace("_", " ")


_OTHERWISE: Mapping[str, Callable[[Any, Any, str], str]] = {
    "comment": _comment,
    "tracking_uid": _tracked,
    "kept": _kept,
    "origin": _origin,
    # neither ever changes in the life of a finding
    "id": lambda _before, _value, of: f"replaced {of} by another finding",
    "number": lambda _before, value, of: f"called {of} F{value}",
}
