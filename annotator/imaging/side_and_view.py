"""Which breast and which view a picture shows, by what its header says; and what says otherwise.

Order (docs/domain.md, images): for the side the frame, Image Laterality, Laterality, the code of the
anatomic region; for the view its code; then View Position and what is typed into descriptions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from annotator.imaging.facts import Facts
from annotator.imaging.view_codes import SIDES, modifier_of_code, view_of_code
from annotator.imaging.view_text import Label, parse_label
from annotator.model.image import Laterality, View

_TYPED = ("ViewPosition", "SeriesDescription", "ProtocolName", "AcquisitionDeviceProcessingDescription")
_ONE_SIDE = (Laterality.RIGHT, Laterality.LEFT)


class SideAndView(NamedTuple):
    """Field names are those of `ImageInfo`."""

    laterality: Laterality | None
    laterality_source: str
    view: View
    contradictions: tuple[str, ...]


class _Said(NamedTuple):
    """A word of one attribute."""

    attribute: str
    word: str


def read_side_and_view(facts: Facts) -> SideAndView:
    """Side and view with the names of the attributes that decided; sentences about what contradicts them.

    What was typed and not coded, unknown codes and contradictions are also told in `facts.repairs`.
    """
    typed = {keyword: parse_label(facts.text(keyword)) for keyword in _TYPED}
    view = _view(facts, typed)
    sides = list(_sides(facts, typed))
    side, source = (Laterality(sides[0].word), sides[0].attribute) if sides else (None, "")
    if source in _TYPED:
        where = "the name of the view" if source == view.source else source
        facts.repairs.append(f"The side is not coded; it was taken from {where}.")
    contradictions = (*_other_sides(sides), *_other_views(view, typed))
    facts.repairs.extend(contradictions)
    return SideAndView(side, source, view, contradictions)


def frame_laterality(anatomy: Facts | None) -> Laterality | None:
    """Frame Laterality of an item of a Frame Anatomy Sequence; None without a known one."""
    said = anatomy.text("FrameLaterality").upper() if anatomy is not None else ""
    return Laterality(said) if said in set(Laterality) else None


def _sides(facts: Facts, typed: dict[str, Label]) -> Iterator[_Said]:
    """All that is said about the side, what decides first."""
    anatomy = facts.group("FrameAnatomySequence")
    framed = frame_laterality(anatomy)
    if framed is not None:
        yield _Said("FrameLaterality", framed.value)
    for keyword in ("ImageLaterality", "Laterality"):
        word = facts.text(keyword).upper()
        if word in set(Laterality):
            yield _Said(keyword, word)
    for holder in (facts, anatomy):
        for region in () if holder is None else holder.items("AnatomicRegionSequence"):
            yield from _coded_sides(region)
    for keyword, label in typed.items():
        if label.side and (label.view or keyword != "ViewPosition"):
            yield _Said(keyword, label.side)


def _coded_sides(region: Facts) -> Iterator[_Said]:
    word = SIDES.get(region.text("CodeValue"))
    if word:
        yield _Said("AnatomicRegionSequence", word)
    for modifier in region.items("AnatomicRegionModifierSequence"):
        word = SIDES.get(modifier.text("CodeValue"))
        if word:
            yield _Said("AnatomicRegionModifierSequence", word)


def _other_sides(sides: list[_Said]) -> list[str]:
    """Only a right against a left: what is said of a series or a pair may rightly be of both."""
    if not sides or sides[0].word not in _ONE_SIDE:
        return []
    decided = sides[0]
    others = [s for s in sides[1:] if s.word in _ONE_SIDE and s.word != decided.word]
    return [
        f"{said.attribute} says {said.word}, {decided.attribute} says {decided.word}, and the latter decided."
        for said in others
    ]


def _view(facts: Facts, typed: dict[str, Label]) -> View:
    unknown: list[str] = []
    name = ""
    item = facts.item("ViewCodeSequence")
    if item is not None:
        name = view_of_code(item.text("CodeValue"), item.text("CodeMeaning"))
        modifiers = _modifiers(item, unknown) or _modifiers(facts, unknown)
        if not name:
            unknown.append(item.text("CodeValue") or "empty")
    else:
        modifiers = _modifiers(facts, unknown)
    facts.repairs.extend(f"The view code {code[:40]!r} is not known." for code in unknown)
    if name:
        return View(name, modifiers, "ViewCodeSequence")
    for keyword, label in typed.items():
        if label.view:
            if keyword != "ViewPosition":
                facts.repairs.append(f"The view is not coded; it was taken from {keyword}.")
            return View(label.view, modifiers or label.modifiers, keyword)
    return View("", modifiers, "ViewModifierCodeSequence" if modifiers else "")


def _modifiers(facts: Facts, unknown: list[str]) -> tuple[str, ...]:
    found = []
    for item in facts.items("ViewModifierCodeSequence"):
        code, meaning = item.text("CodeValue"), item.text("CodeMeaning")
        name = modifier_of_code(code, meaning)
        if name:
            found.append(name)
        elif code or meaning:
            unknown.append(code or meaning)
    return tuple(dict.fromkeys(found))


def _other_views(view: View, typed: dict[str, Label]) -> list[str]:
    """View Position, and descriptions that spell out side and view, where they name another view."""
    if not view.name:
        return []
    return [
        f"{keyword} says {label.view}, {view.source} says {view.name}, and the latter decided."
        for keyword, label in typed.items()
        if label.view
        and keyword != view.source
        and (label.side or keyword == "ViewPosition")
        and not _same_view(label.view, view.name)
    ]


def _same_view(a: str, b: str) -> bool:
    """XCC leaves open whether it is an XCCL or an XCCM."""
    return a == b or (a.startswith("XCC") and b.startswith("XCC") and "XCC" in (a, b))
