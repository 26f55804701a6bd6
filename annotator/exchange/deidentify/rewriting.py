"""A data set turned into one that says of nobody: the table applied to every element, however deep."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pydicom import DataElement, Dataset, Sequence
from pydicom.config import IGNORE
from pydicom.datadict import dictionary_has_tag, dictionary_VR, keyword_for_tag
from pydicom.tag import BaseTag, Tag

from annotator.exchange.deidentify.known import CLASSES, STANDARD, Known, readable, values_of
from annotator.exchange.deidentify.profile import Action, OptionName, Profile
from annotator.exchange.deidentify.words import cleaned, cleaned_label
from annotator.exchange.moments import Moments
from annotator.exchange.source_header import undivided
from annotator.model.identity import Identity
from annotator.model.pseudonym import Pseudonyms

NOTHING = "REMOVED"
"""Stands where a value has to be and the old one says too much."""
_FREE = frozenset({"LT", "ST", "UT", "UC"})
_LABEL = frozenset({"LO", "SH"})
_STEERED = frozenset({"CS", "AE", "UR", "AS"})
_MOMENTS = frozenset({"DA", "TM", "DT"})
_TEXT_VALUE, _CONTENT, _CODE_VALUE, _SCHEME = 0x0040A160, 0x0040A730, 0x00080100, 0x00080102
_CONCEPT = 0x0040A043
_ZONE = 0x00080201
_OFFSET = re.compile(r"[+-]\d{4}")
_PATIENT_NAME, _PATIENT_ID, _STUDY_ID = 0x00100010, 0x00100020, 0x00200010
_DUMMIES: dict[str, Any] = {
    **dict.fromkeys(("LO", "SH", "ST", "LT", "UT", "UC", "CS", "AE"), NOTHING),
    "DA": "19000101",
    "TM": "000000",
    "DT": "19000101000000",
    "AS": "000Y",
    "DS": "0",
    "IS": "0",
    **dict.fromkeys(("FL", "FD"), 0.0),
    **dict.fromkeys(("US", "SS", "UL", "SL", "UV", "SV"), 0),
}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How the files of one exam are written.

    `patient` is what name and number become, `exam` what the number of the study does, `uid` gives a UID in place of another, `known` what its files say of who it
    is, `study_uid` that of an exam whose files name none, as it leaves.
    """

    profile: Profile
    options: frozenset[OptionName]
    names: Pseudonyms
    patient: str
    exam: str
    moments: Moments
    uid: Callable[[str], str]
    known: Known
    study_uid: str = ""
    safe_private: frozenset[tuple[str, str]] = frozenset()


@dataclass
class Done:
    """How often what was done to which attribute, by (name, deed)."""

    deeds: Counter[tuple[str, str]] = field(default_factory=Counter)

    def note(self, tag: BaseTag, deed: str) -> None:
        """Count one; private and unknown attributes have no names that could be told."""
        if tag.is_private:
            name = "private elements"
        else:
            name = keyword_for_tag(tag) or f"({tag.group:04X},{tag.element:04X})"
        self.deeds[name, deed] += 1


def rewrite(dataset: Dataset, plan: Plan) -> Done:
    """Change `dataset` in place; what cannot be understood is removed. Tells what was done."""
    done = Done()
    _Rewriting(plan, done).all_of(dataset)
    who = ((_PATIENT_NAME, "PN", undivided(plan.patient)), (_PATIENT_ID, "LO", plan.patient))
    for tag, vr, name in (*who, (_STUDY_ID, "SH", plan.exam)):
        dataset[tag] = DataElement(tag, vr, name)
        for deed in ("emptied", "replaced"):
            done.deeds.pop((keyword_for_tag(tag), deed), None)
        done.note(Tag(tag), "pseudonym")
    if plan.study_uid and not dataset.get("StudyInstanceUID"):
        dataset.StudyInstanceUID = plan.study_uid
    return done


class _Rewriting:
    def __init__(self, plan: Plan, done: Done) -> None:
        self._plan = plan
        self._done = done
        self._who = plan.known.who
        self._words: Identity = plan.known.who_and_where

    def all_of(self, dataset: Dataset) -> None:
        """Every element of a data set and of the items in it."""
        private = self._kept_private(dataset)
        coded = _scheme(dataset) in self._plan.profile.schemes
        concept = _code(dataset, _CONCEPT) if Tag(_TEXT_VALUE) in dataset else None
        for tag in list(dataset.keys()):
            if tag.is_private:
                if tag not in private:
                    self._remove(dataset, tag)
            elif tag.element == 0 or 0x5000 <= tag.group <= 0x50FF or 0x6000 <= tag.group <= 0x60FF:
                self._remove(dataset, tag)
            elif not dictionary_has_tag(tag) and tag not in self._plan.profile.rows:
                self._remove(dataset, tag, "unknown, removed")
            elif int(tag) == _TEXT_VALUE:
                self._said(dataset, tag, concept)
            elif not (coded and 0x00080100 <= tag <= 0x00080121):
                self._one(dataset, tag)

    def _one(self, dataset: Dataset, tag: BaseTag) -> None:
        action = self._plan.profile.action(tag, self._plan.options)
        if action == "X":
            self._remove(dataset, tag)
            return
        if action is None and _needs_no_look(dataset, tag):
            return
        element = readable(dataset, tag)
        if element is None or (element.VR == "UN" and element.value):
            self._remove(dataset, tag, "not understood, removed")
        elif element.VR == "SQ":
            self._sequence(dataset, element, action)
        elif not element.is_empty:
            self._value(dataset, element, action)

    def _sequence(self, dataset: Dataset, element: DataElement, action: Action | None) -> None:
        if action == "Z" or (action == "D" and int(element.tag) == _CONTENT):
            if element.value:
                self._set(dataset, element, Sequence(), "emptied")
            return
        if action == "D" and int(element.tag) == 0x00700001:
            self._remove(dataset, element.tag)
            return
        if int(element.tag) == _CONTENT and element.value:
            dropped = self._plan.profile.dropped
            left = [item for item in element.value if _code(item, _CONCEPT) not in dropped]
            if len(left) < len(element.value):
                element.value = Sequence(left)
                self._done.note(element.tag, "items removed")
        for number, item in enumerate(element.value or ()):
            if action == "D" and Tag(_CODE_VALUE) in item:
                element.value[number] = _no_code()
                self._done.note(element.tag, "replaced")
            else:
                self.all_of(item)

    def _value(self, dataset: Dataset, element: DataElement, action: Action | None) -> None:
        vr = str(element.VR)
        if action == "K":
            self._kept(dataset, element)
        elif action == "Z":
            self._set(dataset, element, None if vr not in _TEXTS else "", "emptied")
        elif vr == "PN":
            self._set(dataset, element, [self._person(one) for one in values_of(element.value)], "renamed")
        elif action in ("D", "P"):
            self._dummy(dataset, element, action)
        elif vr in _MOMENTS:
            self._moment(dataset, element)
        elif vr == "UI":
            self._uids(dataset, element)
        elif vr in _FREE | _LABEL | _STEERED:
            self._clean(dataset, element, typed=action == "C")

    def _kept(self, dataset: Dataset, element: DataElement) -> None:
        """As it is, but for names and numbers of persons in it."""
        if element.VR not in _FREE | _LABEL:
            return
        said = values_of(element.value)
        clean = [self._who.hidden(one) for one in said]
        if clean != said:
            self._set(dataset, element, clean, "cleaned")

    def _dummy(self, dataset: Dataset, element: DataElement, action: Action) -> None:
        vr = str(element.VR)
        if vr == "UI":
            self._uids(dataset, element)
        elif action == "P":
            self._set(
                dataset, element, [self._named(one) for one in values_of(element.value)], "made up anew"
            )
        elif vr in _DUMMIES:
            self._set(dataset, element, _DUMMIES[vr], "replaced")
        else:
            self._set(dataset, element, None, "emptied")

    def _said(self, dataset: Dataset, tag: BaseTag, concept: tuple[str, str] | None) -> None:
        """The words of an item of structured content."""
        element, profile = readable(dataset, tag), self._plan.profile
        if element is None:
            self._remove(dataset, tag, "not understood, removed")
        elif concept in profile.named_text and not element.is_empty:
            self._set(dataset, element, self._named(str(element.value)), "made up anew")
        elif concept in profile.kept_text and not element.is_empty:
            self._set(dataset, element, cleaned_label(str(element.value), self._words), "cleaned")
        elif not element.is_empty:
            self._value(dataset, element, profile.action(tag, self._plan.options))

    def _moment(self, dataset: Dataset, element: DataElement) -> None:
        options, moments = self._plan.options, self._plan.moments
        if "full_dates" in options:
            return
        if "shifted_dates" not in options:
            self._set(dataset, element, "", "emptied")
            return
        shift = {"DA": moments.day, "TM": moments.time, "DT": moments.moment}[str(element.VR)]
        self._set(dataset, element, [shift(one) for one in values_of(element.value)], "moved")

    def _uids(self, dataset: Dataset, element: DataElement) -> None:
        said = values_of(element.value)
        if "uids" in self._plan.options or int(element.tag) in CLASSES:
            return
        mapped = [one if one.startswith(STANDARD) or not one else self._plan.uid(one) for one in said]
        if mapped != said:
            self._set(dataset, element, mapped, "given another UID")

    def _clean(self, dataset: Dataset, element: DataElement, *, typed: bool) -> None:
        """`typed`: a person's words, though they are short."""
        said = values_of(element.value)
        if int(element.tag) == _ZONE:
            clean = [one for one in said if _OFFSET.fullmatch(one)]
        elif int(element.tag) in self._plan.profile.technical or element.VR in _STEERED:
            clean = [self._who.hidden(one) for one in said]
        elif element.VR in _LABEL and not typed:
            clean = [cleaned_label(one, self._words) for one in said]
        else:
            clean = [cleaned(one, self._words) for one in said]
        if clean != said:
            if element.VR in _STEERED:
                clean = [one for one, before in zip(clean, said, strict=True) if one == before]
            self._set(dataset, element, clean, "cleaned")

    def _set(self, dataset: Dataset, element: DataElement, value: Any, deed: str) -> None:
        if isinstance(value, list):
            value = value[0] if len(value) == 1 else value or ""
        dataset[element.tag] = DataElement(element.tag, element.VR, value, validation_mode=IGNORE)
        self._done.note(element.tag, deed)

    def _remove(self, dataset: Dataset, tag: BaseTag, deed: str = "removed") -> None:
        del dataset[tag]
        self._done.note(tag, deed)

    def _person(self, said: str) -> str:
        return undivided(self._named(said)) if said.strip("^= ") else ""

    def _named(self, said: str) -> str:
        """Twelve letters and digits for a reader, a station, a tracked finding: the same for the same words."""
        return self._plan.names.name(f"said {said.strip()}")[:12].upper()

    def _kept_private(self, dataset: Dataset) -> frozenset[BaseTag]:
        """Listed private elements of this data set with the creators that reserve their blocks (PS3.5 7.8.1)."""
        if "private" not in self._plan.options:
            return frozenset()
        kept = set[BaseTag]()
        for tag in dataset.keys():  # noqa: SIM118  items would be converted
            if not tag.is_private or tag.element < 0x1000:
                continue
            reserved = Tag(tag.group, tag.element >> 8)
            creator = readable(dataset, reserved) if reserved in dataset else None
            listed = ("" if creator is None else str(creator.value).strip()), _listed(tag)
            value = readable(dataset, tag)
            if listed in self._plan.safe_private and value is not None and value.VR not in ("SQ", "UN", "PN"):
                if self._words.named_in(str(value.value)):
                    continue
                kept |= {tag, reserved}
        return frozenset(kept)


_TEXTS = _FREE | _LABEL | _STEERED | _MOMENTS | {"PN", "UI", "DS", "IS"}
_NUMBERS = frozenset(
    {"US", "SS", "UL", "SL", "FL", "FD", "UV", "SV", "AT", "OW", "OB", "OF", "OD", "OL", "OV", "DS", "IS"}
)


def _needs_no_look(dataset: Dataset, tag: BaseTag) -> bool:
    """Whether an element the table does not name holds numbers alone, so that its bytes can stay."""
    vr = getattr(dataset.get_item(tag), "VR", None)
    if vr is None and all(one.strip() in _NUMBERS for one in dictionary_VR(tag).split(" or ")):
        # written without representations; with one it is written from its value
        return readable(dataset, tag) is not None
    return vr in _NUMBERS


def _listed(tag: BaseTag) -> str:
    return f"{tag.group:04x},xx{tag.element & 0xFF:02x}"


def _scheme(dataset: Dataset) -> str:
    if Tag(_SCHEME) not in dataset or Tag(_CODE_VALUE) not in dataset:
        return ""
    element = readable(dataset, _SCHEME)
    return "" if element is None or element.value is None else str(element.value).strip()


def _code(dataset: Dataset, tag: int) -> tuple[str, str] | None:
    """(value, scheme) of the first item of a code sequence."""
    element = readable(dataset, tag) if Tag(tag) in dataset else None
    if element is None or element.VR != "SQ" or not element.value:
        return None
    said = (readable(element.value[0], one) for one in (_CODE_VALUE, _SCHEME))
    value, scheme = ("" if one is None or one.value is None else str(one.value).strip() for one in said)
    return value, scheme


def _no_code() -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = NOTHING, "99REMOVED", "Removed"
    return item
