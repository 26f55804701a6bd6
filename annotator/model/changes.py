"""What two readings differ in, and one turned into the other by it.

A reading may hold ten thousand marks, and every act of a hand passes here before the next frame: what did
not change is told along whole tuples, by identity where there is one, and not looked into.
"""

from __future__ import annotations

import operator
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress, count
from typing import TypeVar

from annotator.model.candidate import CandidateDecision
from annotator.model.finding import Finding, Reading, Stage
from annotator.model.hanging_choice import HangingChoice
from annotator.model.mark import Cluster, Mark
from annotator.model.seen_on_image import ChestWall, MarkedPixels, NipplePlace, TechnicalRecall
from annotator.model.signing import Signature

_Item = TypeVar("_Item", Finding, Mark, Cluster)
_OfImage = TypeVar("_OfImage", HangingChoice, TechnicalRecall)
_Placed = TypeVar("_Placed", NipplePlace, ChestWall)
_Key = TypeVar("_Key", str, int)
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs between two readings: per kind, id -> new value, or None where it is gone.

    Of `lexicon_edition`, `done`, `stage`, `first_pass` and `amending` None says that nothing changed; a `stage` of (None,) that
    it is no longer said. What is said of images goes by SOP Instance UID, `decisions` by candidate, `signatures` by
    version, `pixels` by frame (`MarkedPixels.place`).
    """

    findings: Mapping[str, Finding | None] = field(default_factory=dict)
    marks: Mapping[str, Mark | None] = field(default_factory=dict)
    clusters: Mapping[str, Cluster | None] = field(default_factory=dict)
    lexicon_edition: str | None = None
    hanging: Mapping[str, HangingChoice | None] = field(default_factory=dict)
    done: bool | None = None
    stage: tuple[Stage | None] | None = None
    nipples: Mapping[str, NipplePlace | None] = field(default_factory=dict)
    recalls: Mapping[str, TechnicalRecall | None] = field(default_factory=dict)
    signatures: Mapping[int, Signature | None] = field(default_factory=dict)
    amending: str | None = None
    first_pass: bool | None = None
    decisions: Mapping[str, CandidateDecision | None] = field(default_factory=dict)
    chest_walls: Mapping[str, ChestWall | None] = field(default_factory=dict)
    pixels: Mapping[str, MarkedPixels | None] = field(default_factory=dict)

    def __bool__(self) -> bool:
        by_key = (
            self.findings,
            self.marks,
            self.clusters,
            self.hanging,
            self.nipples,
            self.recalls,
            self.signatures,
            self.decisions,
            self.chest_walls,
            self.pixels,
        )
        single = (self.lexicon_edition, self.done, self.stage, self.amending, self.first_pass)
        return any(by_key) or any(one is not None for one in single)


def diff(before: Reading, after: Reading) -> Changes:
    """The changes that turn `before` into `after` (see `apply`)."""
    same_edition = before.lexicon_edition == after.lexicon_edition
    return Changes(
        _differences(before.findings, after.findings),
        _differences(before.marks, after.marks),
        _differences(before.clusters, after.clusters),
        None if same_edition else after.lexicon_edition,
        _changed(_by_uid(before.hanging), _by_uid(after.hanging)),
        None if before.done == after.done else after.done,
        None if before.stage is after.stage else (after.stage,),
        _changed(_by_place(before.nipples), _by_place(after.nipples)),
        _changed(_by_uid(before.recalls), _by_uid(after.recalls)),
        _changed(_by_version(before.signatures), _by_version(after.signatures)),
        None if before.amending == after.amending else after.amending,
        None if before.first_pass == after.first_pass else after.first_pass,
        _decision_changes(before.decisions, after.decisions),
        _changed(_by_place(before.chest_walls), _by_place(after.chest_walls)),
        _pixel_changes(before.pixels, after.pixels),
    )


def apply(reading: Reading, changes: Changes) -> Reading:
    """`reading` with `changes` made: apply(a, diff(a, b)) == b."""
    hanging = _merged(_by_uid(reading.hanging), changes.hanging)
    nipples = _merged(_by_place(reading.nipples), changes.nipples)
    chest_walls = _merged(_by_place(reading.chest_walls), changes.chest_walls)
    recalls = _merged(_by_uid(reading.recalls), changes.recalls)
    signatures = _merged(_by_version(reading.signatures), changes.signatures)
    return replace(
        reading,
        findings=put(reading.findings, changes.findings),
        marks=put(reading.marks, changes.marks),
        clusters=put(reading.clusters, changes.clusters),
        lexicon_edition=changes.lexicon_edition or reading.lexicon_edition,
        hanging=hung_in_order(hanging.values()),
        done=reading.done if changes.done is None else changes.done,
        stage=reading.stage if changes.stage is None else changes.stage[0],
        nipples=by_image(nipples.values()),
        chest_walls=by_image(chest_walls.values()),
        recalls=tuple(sorted(recalls.values(), key=BY_UID)),
        signatures=tuple(signatures[version] for version in sorted(signatures)),
        amending=reading.amending if changes.amending is None else changes.amending,
        first_pass=reading.first_pass if changes.first_pass is None else changes.first_pass,
        decisions=_redecided(reading.decisions, changes.decisions),
        pixels=_repictured(reading.pixels, changes.pixels),
    )


def unchanged_ends(before: Sequence[object], after: Sequence[object]) -> tuple[int, int]:
    """How many items at the beginning, and then at the end, are the same in both.

    What lies between is all that an act changed; the two ends never overlap. Readings share what did not
    change, so that the same is nearly always the same object and is told without looking into it.
    """
    shorter = min(len(before), len(after))
    start = _same_at_start(before, after, shorter)
    end = _same_at_start(before[::-1], after[::-1], shorter - start)
    return start, end


_AT_ONCE = 256


def _same_at_start(one: Sequence[object], other: Sequence[object], most: int) -> int:
    """How many items, up to `most`, are the same from the start on; whole pieces are compared ten times as fast."""
    for start in range(0, most, _AT_ONCE):
        piece, beside = (items[start : min(start + _AT_ONCE, most)] for items in (one, other))
        if piece != beside:
            return start + next(compress(count(), map(operator.ne, piece, beside)))
    return most


def put(items: tuple[_Item, ...], changed: Mapping[str, _Item | None]) -> tuple[_Item, ...]:
    """Items with some replaced, added or (None) taken away, in the order of their numbers."""
    if not changed:
        return items
    quick = _put_in_place(items, changed) if len(changed) <= _FEW else None
    if quick is not None:
        return quick
    kept = [changed.get(item.id, item) for item in items]
    known = {item.id for item in items}
    kept += [item for key, item in changed.items() if key not in known]
    return tuple(sorted((item for item in kept if item is not None), key=_NUMBER))


_FEW = 8
"""Up to so many changes are put where their numbers say, without looking at every item."""


_NUMBER = operator.attrgetter("number")


def _put_in_place(items: tuple[_Item, ...], changed: Mapping[str, _Item | None]) -> tuple[_Item, ...] | None:
    """The same as `put`, found by number, which an item keeps for life; None where that does not fit."""
    put = list(items)
    for key, item in changed.items():
        if item is None:
            at = next((at for at in reversed(range(len(put))) if put[at].id == key), None)
            if at is not None:
                del put[at]
            continue
        at = bisect_left(put, item.number, key=_NUMBER)
        if at == len(put):
            put.append(item)
        elif put[at].id == key:
            put[at] = item
        else:
            return None
    return tuple(put)


def _differences(before: tuple[_Item, ...], after: tuple[_Item, ...]) -> dict[str, _Item | None]:
    if before is after:
        return {}
    start, end = unchanged_ends(before, after)
    old = {item.id: item for item in before[start : len(before) - end]}
    changed: dict[str, _Item | None] = {}
    for item in after[start : len(after) - end]:
        known = old.pop(item.id, None)
        if known is not item and known != item:
            changed[item.id] = item
    changed.update(dict.fromkeys(old))
    return changed


BY_UID = operator.attrgetter("sop_instance_uid")


def _by_uid(items: Iterable[_OfImage]) -> dict[str, _OfImage]:
    return {item.sop_instance_uid: item for item in items}


def _by_place(places: Iterable[_Placed]) -> dict[str, _Placed]:
    return {place.image.sop_instance_uid: place for place in places}


def _by_version(signatures: Iterable[Signature]) -> dict[int, Signature]:
    return {signature.version: signature for signature in signatures}


def by_candidate(decisions: Iterable[CandidateDecision]) -> dict[str, CandidateDecision]:
    return {decision.candidate.id: decision for decision in decisions}


def decided_in_order(decisions: Iterable[CandidateDecision]) -> tuple[CandidateDecision, ...]:
    return tuple(sorted(decisions, key=operator.attrgetter("candidate.id")))


def _decision_changes(
    before: tuple[CandidateDecision, ...], after: tuple[CandidateDecision, ...]
) -> dict[str, CandidateDecision | None]:
    return {} if before is after else _changed(by_candidate(before), by_candidate(after))


def _redecided(
    decisions: tuple[CandidateDecision, ...], changed: Mapping[str, CandidateDecision | None]
) -> tuple[CandidateDecision, ...]:
    return decided_in_order(_merged(by_candidate(decisions), changed).values()) if changed else decisions


def _by_frame(pixels: Iterable[MarkedPixels]) -> dict[str, MarkedPixels]:
    return {one.place: one for one in pixels}


def _pixel_changes(
    before: tuple[MarkedPixels, ...], after: tuple[MarkedPixels, ...]
) -> dict[str, MarkedPixels | None]:
    return {} if before is after else _changed(_by_frame(before), _by_frame(after))


def _repictured(
    pixels: tuple[MarkedPixels, ...], changed: Mapping[str, MarkedPixels | None]
) -> tuple[MarkedPixels, ...]:
    return tuple(sorted(_merged(_by_frame(pixels), changed).values())) if changed else pixels


def _changed(before: Mapping[_Key, _Value], after: Mapping[_Key, _Value]) -> dict[_Key, _Value | None]:
    """New and other values by key, None for what is gone."""
    changed: dict[_Key, _Value | None] = {
        key: value for key, value in after.items() if before.get(key) != value
    }
    return changed | dict.fromkeys(key for key in before if key not in after)


def _merged(known: Mapping[_Key, _Value], changed: Mapping[_Key, _Value | None]) -> dict[_Key, _Value]:
    merged = {**known, **changed}
    return {key: value for key, value in merged.items() if value is not None}


def by_image(places: Iterable[_Placed]) -> tuple[_Placed, ...]:
    return tuple(sorted(places, key=operator.attrgetter("image")))


def hung_in_order(choices: Iterable[HangingChoice]) -> tuple[HangingChoice, ...]:
    return tuple(sorted((c for c in choices if c), key=BY_UID))
