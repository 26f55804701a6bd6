"""Two readings that went on from the same one, put together: nothing that either said is dropped unasked."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any, TypeVar

from annotator.model.changes import BY_UID, by_candidate, by_image, decided_in_order, hung_in_order
from annotator.model.finding import Finding, Reading
from annotator.model.mark import Cluster, Mark

_Item = TypeVar("_Item", Finding, Mark, Cluster)


class Side(StrEnum):
    """Whose word counts where both said something: one's own, that of the others, or that of both before."""

    MINE = "mine"
    THEIRS = "theirs"
    BASE = "base"


class Part(StrEnum):
    """What a conflict is about."""

    FINDING = "finding"
    MARK = "mark"
    OWNER = "owner"
    CLUSTER = "cluster"
    EXAM = "exam"
    HANGING = "hanging"
    NIPPLE = "nipple"
    CHEST_WALL = "chest wall"
    RECALL = "recall"
    CANDIDATE = "candidate"


@dataclass(frozen=True, slots=True)
class Conflict:
    """Both said something else of the same thing, or one removed what the other changed.

    `id` is that of the finding, mark, cluster or candidate, or a SOP Instance UID; `field` the name of what was said,
    '' where the thing as a whole was removed on one side. A value is None on the side that removed it. `taken` says
    whose value stands in the merge.
    """

    part: Part
    id: str
    field: str
    base: object
    mine: object
    theirs: object
    taken: Side

    @property
    def key(self) -> tuple[str, str, str]:
        """What a choice names it by."""
        return self.part.value, self.id, self.field


Choices = Mapping[tuple[str, str, str], Side]
"""By the key of a conflict, whose value is to stand."""


@dataclass(frozen=True, slots=True)
class Merge:
    """The reading that holds what both said, and where they contradict each other."""

    reading: Reading
    conflicts: tuple[Conflict, ...]


def merged(base: Reading, mine: Reading, theirs: Reading, choices: Choices | None = None) -> Merge:
    """What was said in `mine` and in `theirs` since `base`, as one reading.

    Marks, findings and clusters of both are there; what one side removed and the other left alone is gone. Where
    both said something else of one thing, `choices` decides, else that of `theirs` stands, which others may have
    seen; what one removed and the other changed stays. Each such place is one of the conflicts. Numbers of `theirs`
    stand; new ones of `mine` that are taken follow behind the last. Signatures and an open amendment are those of
    `theirs`: whoever merges into a signed reading opens it again first.
    """
    three = _Three(base, mine, theirs, choices or {})
    findings = three.findings()
    marks, clusters = three.marks_and_clusters({finding.id for finding in findings})
    result = replace(
        theirs,
        findings=_numbered(findings, theirs.findings),
        marks=_numbered(marks, theirs.marks),
        clusters=_numbered(clusters, theirs.clusters),
        lexicon_edition=three.said("lexicon_edition"),
        stage=three.said("stage"),
        first_pass=three.said("first_pass"),
        hanging=hung_in_order(
            three.by_key(Part.HANGING, lambda r: {c.sop_instance_uid: c for c in r.hanging})
        ),
        nipples=by_image(
            three.by_key(Part.NIPPLE, lambda r: {n.image.sop_instance_uid: n for n in r.nipples})
        ),
        chest_walls=by_image(
            three.by_key(Part.CHEST_WALL, lambda r: {w.image.sop_instance_uid: w for w in r.chest_walls})
        ),
        recalls=tuple(
            sorted(
                three.by_key(Part.RECALL, lambda r: {c.sop_instance_uid: c for c in r.recalls}), key=BY_UID
            )
        ),
        decisions=decided_in_order(three.by_key(Part.CANDIDATE, lambda r: by_candidate(r.decisions))),
        # no word of a reader's: what is saved came first
        pixels=tuple(sorted({one.place: one for one in (*mine.pixels, *theirs.pixels)}.values())),
    )
    return Merge(replace(result, done=_done(base, mine, theirs, result)), tuple(three.conflicts))


class _Three:
    """The three readings side by side; collects where they contradict each other."""

    def __init__(self, base: Reading, mine: Reading, theirs: Reading, choices: Choices) -> None:
        self.base: Reading = base
        self.mine: Reading = mine
        self.theirs: Reading = theirs
        self._all: tuple[Reading, Reading, Reading] = (base, mine, theirs)
        self._choices = choices
        self.conflicts: list[Conflict] = []
        self._kept_by: dict[str, Side] = {}
        """Findings that one side removed and the other changed, with the side whose word counts."""

    def said(self, name: str) -> Any:
        """A field of the reading itself."""
        return self._settled(Part.EXAM, "", name, *(getattr(r, name) for r in self._all))

    def by_key(self, part: Part, of: Callable[[Reading], Mapping[str, Any]]) -> list[Any]:
        """What is said of each image, or candidate."""
        base, mine, theirs = map(of, self._all)
        keys = dict.fromkeys([*theirs, *mine, *base])
        found = (self._settled(part, key, "", base.get(key), mine.get(key), theirs.get(key)) for key in keys)
        return [value for value in found if value is not None]

    def findings(self) -> list[Finding]:
        """The findings that stay, each field by field."""
        base, mine, theirs = ({f.id: f for f in r.findings} for r in self._all)
        found = []
        for key in dict.fromkeys([*theirs, *mine]):
            was, here, there = base.get(key), mine.get(key), theirs.get(key)
            if here is not None and there is not None:
                found.append(self._fields(Part.FINDING, key, was, here, there))
                continue
            left = here or there
            assert left is not None
            if was is None:
                found.append(left)
            elif self._touched(key, self._all[2 if here is None else 1]):
                side = self._choose(Part.FINDING, key, "", was, here, there)
                self._kept_by[key] = side
                chosen = {Side.MINE: here, Side.THEIRS: there, Side.BASE: was}[side]
                if chosen is not None:
                    found.append(chosen)
        return found

    def marks_and_clusters(self, findings: set[str]) -> tuple[list[Mark], list[Cluster]]:
        """The marks and clusters that stay, each mark with its finding and in its cluster."""
        marks = self._present(Part.MARK, [r.marks for r in self._all])
        clusters = {c.id: c for c in self._present(Part.CLUSTER, [r.clusters for r in self._all])}
        tied = [{i: c.id for c in r.clusters for i in c.mark_ids} for r in self._all]
        sides = [{m.id: m for m in r.marks} for r in self._all]
        placed: list[Mark] = []
        members: dict[str, list[str]] = {}
        for mark in marks:
            owners = [
                (side[mark.id].finding_id, ties.get(mark.id)) if mark.id in side else None
                for side, ties in zip(sides, tied, strict=True)
            ]
            finding, cluster = self._owner(owners, findings, clusters)
            if finding not in findings:
                continue
            placed.append(mark if mark.finding_id == finding else replace(mark, finding_id=finding))
            home = None if cluster is None else clusters.get(cluster)
            if home is not None and (home.finding_id, home.image.sop_instance_uid) == (
                finding,
                mark.image.sop_instance_uid,
            ):
                members.setdefault(home.id, []).append(mark.id)
        return placed, [
            replace(c, mark_ids=self._in_order(c.id, members.get(c.id, [])))
            for c in clusters.values()
            if c.finding_id in findings and (c.id in members or not c.mark_ids)
        ]

    def _present(self, part: Part, sides: list[tuple[_Item, ...]]) -> list[_Item]:
        """Marks or clusters that stay: of those on both sides field by field, owners and ties apart."""
        known: list[dict[str, _Item]] = [{item.id: item for item in items} for items in sides]
        base: dict[str, _Item] = known[0]
        mine: dict[str, _Item] = known[1]
        theirs: dict[str, _Item] = known[2]
        found: list[_Item] = []
        for key in dict.fromkeys([*theirs, *mine]):
            was, here, there = base.get(key), mine.get(key), theirs.get(key)
            if here is not None and there is not None:
                found.append(here if here is there else self._fields(part, key, was, here, there))
                continue
            left = here or there
            assert left is not None
            owner = getattr(left, "finding_id", "") if was is None else getattr(was, "finding_id", "")
            kept_by = self._kept_by.get(owner)
            if was is None or (kept_by is not None and kept_by is not self._remover(owner)):
                found.append(left)
            elif kept_by is None and left != was:
                side = self._choose(part, key, "", was, here, there)
                chosen = {Side.MINE: here, Side.THEIRS: there, Side.BASE: was}[side]
                found += [] if chosen is None else [chosen]
        return found

    def _remover(self, finding_id: str) -> Side:
        return Side.MINE if all(f.id != finding_id for f in self.mine.findings) else Side.THEIRS

    def _fields(self, part: Part, key: str, was: _Item | None, here: _Item, there: _Item) -> _Item:
        """An item of both sides. Where a mark is and what was measured there is one thing to say."""
        if here == there:
            return there
        changed: dict[str, Any] = {}
        for name in _APART[part] or [field.name for field in fields(there)]:
            if name in _NEVER_SAID:
                continue
            together = _TOGETHER.get((part, name), (name,))
            values = (
                tuple(_UNKNOWN if one is None else getattr(one, n) for n in together)
                for one in (was, here, there)
            )
            changed |= dict(zip(together, self._settled(part, key, name, *values), strict=True))
        return replace(there, **changed)

    def _owner(
        self,
        owners: list[tuple[str, str | None] | None],
        findings: set[str],
        clusters: Mapping[str, Cluster],
    ) -> tuple[str, str | None]:
        """The finding of a mark and the cluster it is tied into: two words that must fit each other."""
        was, here, there = owners
        if here is None or there is None:
            only = here or there
            assert only is not None
            return only
        finding, cluster = (_three_way(was[i] if was else _UNKNOWN, here[i], there[i]) for i in (0, 1))
        if finding is not _UNKNOWN and cluster is not _UNKNOWN:
            home = clusters.get(cluster) if isinstance(cluster, str) else None
            if home is None or home.finding_id == finding:
                return str(finding), home.id if home is not None else None
        key = "/".join(part or "-" for part in (*here, *there))
        side = self._choose(Part.OWNER, key, "", was, here, there)
        taken = {Side.MINE: here, Side.THEIRS: there, Side.BASE: was or there}[side]
        if taken[0] in findings:
            return taken
        return next((one for one in (there, here) if one[0] in findings), taken)

    def _in_order(self, cluster_id: str, members: Iterable[str]) -> tuple[str, ...]:
        """Marks of a cluster as the others tied them, then as they were tied here."""
        left = dict.fromkeys(members)
        known = [
            i for r in (self.theirs, self.mine) for c in r.clusters if c.id == cluster_id for i in c.mark_ids
        ]
        return tuple(dict.fromkeys([*(i for i in known if i in left), *left]))

    def _touched(self, finding_id: str, by: Reading) -> bool:
        """Whether one side said something of a finding that the other removed."""
        return any(
            one != other
            for one, other in (
                (self.base.finding(finding_id), by.finding(finding_id)),
                (self.base.marks_of(finding_id), by.marks_of(finding_id)),
                (self.base.clusters_of(finding_id), by.clusters_of(finding_id)),
            )
        )

    def _settled(self, part: Part, key: str, name: str, base: Any, mine: Any, theirs: Any) -> Any:
        value = _three_way(base, mine, theirs)
        if value is not _UNKNOWN:
            return value
        if isinstance(base, tuple) and _UNKNOWN in base:
            base = theirs
        side = self._choose(part, key, name, base, mine, theirs)
        return {Side.MINE: mine, Side.THEIRS: theirs, Side.BASE: base}[side]

    def _choose(self, part: Part, key: str, name: str, base: object, mine: object, theirs: object) -> Side:
        usual = Side.MINE if theirs is None else Side.THEIRS
        side = self._choices.get((part.value, key, name), usual)
        found = Conflict(part, key, name, base, mine, theirs, side)
        if all(known.key != found.key for known in self.conflicts):
            self.conflicts.append(found)
        return side


_UNKNOWN = object()
_NEVER_SAID = {"id", "number", "origin"}
_TOGETHER: Mapping[tuple[Part, str], tuple[str, ...]] = {
    (Part.MARK, "point"): ("image", "point", "measurement"),
    (Part.CLUSTER, "outline"): ("image", "outline", "spacing"),
}
_APART: Mapping[Part, tuple[str, ...]] = {
    Part.FINDING: (),
    # whose a mark is goes with the cluster it is tied into
    Part.MARK: ("point", "kind"),
    Part.CLUSTER: ("outline", "finding_id"),
}


def _three_way(base: Any, mine: Any, theirs: Any) -> Any:
    """The value that one side changed or both agree on; _UNKNOWN where they contradict each other."""
    if mine == theirs or base == mine:
        return theirs
    return mine if base == theirs else _UNKNOWN


def _done(base: Reading, mine: Reading, theirs: Reading, result: Reading) -> bool:
    """Whether the exam is still called done: only where whoever said so had seen all of it."""
    said = _three_way(base.done, mine.done, theirs.done)
    return bool(said) and any(one.done and _seen(one) == _seen(result) for one in (mine, theirs))


def _seen(reading: Reading) -> Reading:
    # none of these takes back that an exam is done
    return replace(reading.content, hanging=(), first_pass=False, pixels=())


_NUMBER = operator.attrgetter("number")


def _numbered(items: Iterable[_Item], theirs: tuple[_Item, ...]) -> tuple[_Item, ...]:
    """Items in the order of their numbers, each number once; those the others have keep theirs."""
    saved = {item.id for item in theirs}
    found = sorted(items, key=lambda item: (item.id not in saved, item.number))
    taken: set[int] = set()
    last = max((item.number for item in found), default=0)
    numbered = []
    for item in found:
        number = item.number
        if number in taken:
            number = last = last + 1
        taken.add(number)
        numbered.append(item if number == item.number else replace(item, number=number))
    return tuple(sorted(numbered, key=_NUMBER))
