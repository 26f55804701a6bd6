"""What is in a comparison, one by one: matched, new, gone, with what is said of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from annotator.model.comparison import Comparison
from annotator.model.geometry import mm_digits

APART_MM = 0.05
"""What two marks laid over one another may be apart without a word of it."""


class Fate(StrEnum):
    """What became of a mark; the value is said."""

    MATCHED = "matched"
    NEW = "new"
    GONE = "gone"
    ALONE = "not matched"


@dataclass(frozen=True, slots=True)
class Item:
    """A calcification of either side or of both: its places in the millimetres of each, and its number when matched.

    Of what is gone `now` is where it would lie; `mark_id` is that of the mark of now, '' where there is none.
    """

    fate: Fate
    number: int
    now: tuple[float, float] | None
    then: tuple[float, float] | None
    words: str
    mark_id: str = ""


def items_of(comparison: Comparison) -> Iterator[Item]:
    """Everything in a comparison, matched pairs first in the order of their numbers."""
    seen_now, seen_then, compared = comparison.seen_now, comparison.seen_then, comparison.compared
    now_ids = seen_now.mark_ids or ("",) * len(seen_now)
    if not compared.can_be_matched:
        for at, place in enumerate(seen_now.places):
            yield Item(Fate.ALONE, 0, place, None, "now; the two cannot be matched", now_ids[at])
        for place in seen_then.places:
            yield Item(Fate.ALONE, 0, None, place, "then; the two cannot be matched")
        return
    for number, pair in enumerate(compared.pairs, start=1):
        now, then = seen_now.places[pair.now], seen_then.places[pair.then]
        beside = "" if pair.apart_mm < APART_MM else f", {mm_digits(pair.apart_mm)} mm beside one another"
        words = f"matched {number}, sure to {100 * pair.sure:.0f} %{beside}"
        sizes = [
            of.diameters_mm[at] if of.diameters_mm else None
            for of, at in ((seen_now, pair.now), (seen_then, pair.then))
        ]
        if sizes[0] is not None and sizes[1] is not None:
            words += f"; {_lengths(sizes[0], seen_now.basis, sizes[1], seen_then.basis)}"
        yield Item(Fate.MATCHED, number, now, then, words, now_ids[pair.now])
    for at in compared.new:
        yield Item(Fate.NEW, 0, seen_now.places[at], None, "new: no partner then", now_ids[at])
    for at in compared.gone:
        would = compared.then_on_now[at] if compared.then_on_now else None
        yield Item(
            Fate.GONE, 0, would, seen_then.places[at], "gone: no partner now, dotted where it would lie"
        )


def _lengths(now: float, basis: object, then: float, basis_then: object) -> str:
    """Two sizes with how they are known: "0.25 mm, then 0.28 mm (estimated, in breast)"."""
    known = "" if basis == basis_then else f" ({basis})"
    return f"{mm_digits(now)} mm{known}, then {mm_digits(then)} mm ({basis_then})"
