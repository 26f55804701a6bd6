"""Drawn calcifications put together as findings, where a source does not say which belong to which."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from annotator.exchange.datasets.found import NOTHING_SAID, Said, SourceFinding, SourceShape
from annotator.model.geometry import contains
from annotator.model.origin import Origin

_Value = TypeVar("_Value")

LOOSE = "calcifications of this image that lie in no region are one finding; the source does not say which belong together"


@dataclass(frozen=True, slots=True)
class Labelled:
    """A drawn thing under the label it has in its source; those of one `group` belong together, '' says nothing."""

    drawn: SourceShape
    label: str
    said: Said = NOTHING_SAID
    group: str = ""
    values: tuple[tuple[str, str], ...] = ()
    unmapped: tuple[str, ...] = ()
    reader: str = ""
    tracking_uid: str = ""


def gathered(items: Iterable[Labelled], origin: Origin, label: str = "Name") -> tuple[SourceFinding, ...]:
    """Findings of one image. A region is one, with the calcifications inside it; those in none are one together.

    What a source groups itself stays as it groups it. `origin` is what is the same for all; the labels are added to
    its values under the name `label`.
    """
    groups: dict[str, list[Labelled]] = defaultdict(list)
    loose: list[Labelled] = []
    for item in items:
        (groups[item.group] if item.group else loose).append(item)
    findings = [_finding(members, origin, label) for members in groups.values()]
    regions = [[one] for one in loose if not one.drawn.single]
    rest: list[Labelled] = []
    for item in (one for one in loose if one.drawn.single):
        home = next((members for members in regions if _lies_in(item.drawn, members[0].drawn)), rest)
        home.append(item)
    findings += [_finding(members, origin, label) for members in regions]
    if rest:
        noted = origin if len(rest) == 1 else replace(origin, notes=(*origin.notes, LOOSE))
        findings.append(_finding(rest, noted, label))
    return tuple(findings)


def _lies_in(single: SourceShape, region: SourceShape) -> bool:
    points = single.outline
    if not points or len(region.outline) < 3:
        return False
    middle = replace(
        points[0],
        column=sum(p.column for p in points) / len(points),
        row=sum(p.row for p in points) / len(points),
    )
    return contains(region.outline, middle)


def _finding(members: Sequence[Labelled], origin: Origin, label: str) -> SourceFinding:
    counts = Counter(one.label for one in members)
    told = tuple((label, name if count == 1 else f"{name} ({count} times)") for name, count in counts.items())
    values = tuple(dict.fromkeys(value for one in members for value in one.values))
    unmapped = tuple(dict.fromkeys((*origin.unmapped, *(name for one in members for name in one.unmapped))))
    origin = replace(origin, values=(*told, *values, *origin.values), unmapped=unmapped)
    first = members[0]
    return SourceFinding(
        tuple(one.drawn for one in members),
        origin,
        together([one.said for one in members]),
        group=f"{first.reader}/{first.group}" if first.group else "",
        reader=first.reader,
        tracking_uid=first.tracking_uid,
    )


def together(said: Sequence[Said]) -> Said:
    """What several words of one finding come to: lists put together, the one value where all agree, else none."""
    return Said(
        morphology=tuple(dict.fromkeys(word for one in said for word in one.morphology)),
        distributions=tuple(dict.fromkeys(word for one in said for word in one.distributions)),
        associated=tuple(dict.fromkeys(word for one in said for word in one.associated)),
        laterality=_agreed([one.laterality for one in said]),
        assessment=_agreed([one.assessment for one in said]),
        change=_agreed([one.change for one in said]),
        comment=" ".join(dict.fromkeys(one.comment for one in said if one.comment)),
    )


def _agreed(values: Sequence[_Value | None]) -> _Value | None:
    there = {value for value in values if value is not None}
    return there.pop() if len(there) == 1 else None
