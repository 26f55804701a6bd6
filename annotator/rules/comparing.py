"""What a decision table says otherwise than another, in sentences and combination by combination."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from annotator.lexicon.decision_table import Outcome, Row, RuleTable
from annotator.lexicon.loader import Lexicon
from annotator.model.finding import Assessment
from annotator.rules.areas import answers_of_both, decide, of_condition, values_in
from annotator.rules.checks import in_words


@dataclass(frozen=True, slots=True)
class Moved:
    """`count` combinations that one table answers as `before` and the other as `after`; `example` is one, in words."""

    before: str
    after: str
    count: int
    example: str


@dataclass(frozen=True, slots=True)
class Differences:
    """How a table differs from another.

    `sentences` tell what is new, gone or changed in the table itself. `row`, `category` and `follow_up` count the
    combinations that end in another row, category or follow-up (its kind or its interval); `moved` tells which, the
    most numerous first.
    """

    sentences: tuple[str, ...]
    row: int
    category: int
    follow_up: int
    moved: tuple[Moved, ...]


def differences(before: RuleTable, after: RuleTable, lexicon: Lexicon) -> Differences:
    """What `after` says otherwise than `before`; both must be total for the counts to be of all combinations."""
    sentences = (
        *_of_versions(before, after),
        *_of_rows(before, after),
        *_of_texts("Note", {n.text: n for n in before.notes}, {n.text: n for n in after.notes}),
        *_of_texts("Comparison", before.comparisons, after.comparisons),
        *_of_sources(after),
    )
    counts, moved = _moves(before, after, lexicon)
    return Differences(sentences, *counts, tuple(moved))


def _of_versions(before: RuleTable, after: RuleTable) -> Iterator[str]:
    if before.version != after.version:
        yield f"Version {before.version} is now {after.version}."
    elif before.digest != after.digest:
        yield f"Both call themselves version {after.version} and are not the same; give the changed one another."


def _of_sources(after: RuleTable) -> Iterator[str]:
    if after.sources:
        yield f"It brings its own sources: {', '.join(after.sources)}."


def _of_rows(before: RuleTable, after: RuleTable) -> Iterator[str]:
    old, new = ({row.id: row for row in table.rows} for table in (before, after))
    for name, row in old.items():
        if name not in new:
            yield f"Row {name} is gone ({_answer(row.suggestion, row.outcome)})."
    for name, row in new.items():
        if name in old:
            yield from (f"Row {name}: {what}." for what in _of_row(old[name], row))
        else:
            yield f"Row {name} is new ({_answer(row.suggestion, row.outcome)})."
    kept_before = [name for name in old if name in new]
    kept_after = [name for name in new if name in old]
    matcher = SequenceMatcher(None, kept_before, kept_after, autojunk=False)
    for what, _, _, start, end in matcher.get_opcodes():
        if what in ("insert", "replace"):
            place = f"after {kept_after[start - 1]}" if start else "first"
            for name in kept_after[start:end]:
                yield f"Row {name} stands elsewhere: now {place}."
                place = f"after {name}"


def _of_row(old: Row, new: Row) -> Iterator[str]:
    if old.suggestion != new.suggestion:
        yield f"category {old.suggestion or 'none'}, now {new.suggestion or 'none'}"
    yield from _of_outcome("", old.outcome, new.outcome)
    for shape in dict.fromkeys((*old.by_morphology, *new.by_morphology)):
        yield from _of_outcome(f"for {shape.value} ", old.outcome_for(shape), new.outcome_for(shape))
    was, now = of_condition(old.when), of_condition(new.when)
    more, fewer = (now & ~was).bit_count(), (was & ~now).bit_count()
    if more or fewer:
        parts = [f"{count:,} {word}" for count, word in ((more, "more"), (fewer, "fewer")) if count]
        yield f"speaks of {' and '.join(parts)} combinations"
    if old.because != new.because:
        yield "gives its reasons in other words"
    if old.sources != new.sources:
        yield f"cites {_listed(new.sources)}, formerly {_listed(old.sources)}"
    if old.compare != new.compare:
        yield f"compares {_listed(new.compare)}, formerly {_listed(old.compare)}"


def _of_outcome(which: str, old: Outcome, new: Outcome) -> Iterator[str]:
    if old.follow_up != new.follow_up:
        yield f"{which}follow-up {_said(old.follow_up)}, now {_said(new.follow_up)}"
    if old.interval_months != new.interval_months:
        yield f"{which}{_months(old) or 'no interval'}, now {_months(new) or 'no interval'}"
    if old.text != new.text:
        yield f"{which}says {new.text!r}, formerly {old.text!r}"


def _of_texts(kind: str, old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[str]:
    for name, one in old.items():
        if name not in new:
            yield f"{kind} {_start(name)!r} is gone."
        elif one != new[name]:
            yield f"{kind} {_start(name)!r} is changed."
    yield from (f"{kind} {_start(name)!r} is new." for name in new if name not in old)


def _moves(before: RuleTable, after: RuleTable, lexicon: Lexicon) -> tuple[tuple[int, int, int], list[Moved]]:
    old, new = decide(before), decide(after)
    rows = categories = follow_ups = 0
    moved = []
    for was in before.rows:
        for now in after.rows:
            shared = old.decided[was.id] & new.decided[now.id]
            for (category, outcome), (other_category, other_outcome), same in answers_of_both(
                was, now, shared
            ):
                count = same.bit_count()
                changed = (
                    was.id != now.id,
                    category != other_category,
                    _step(outcome) != _step(other_outcome),
                )
                rows, categories, follow_ups = (
                    total + count * differs
                    for total, differs in zip((rows, categories, follow_ups), changed, strict=True)
                )
                if any(changed):
                    before_words = f"row {was.id} ({_answer(category, outcome)})"
                    after_words = f"row {now.id} ({_answer(other_category, other_outcome)})"
                    example = in_words(values_in(same), lexicon)
                    moved.append(Moved(before_words, after_words, count, example))
    return (rows, categories, follow_ups), sorted(moved, key=lambda one: -one.count)


def _step(outcome: Outcome) -> tuple[str, int | None]:
    return outcome.follow_up, outcome.interval_months


def _answer(category: Assessment | None, outcome: Outcome) -> str:
    parts = (
        f"category {category}" if category else "no category",
        _said(outcome.follow_up),
        _months(outcome),
    )
    return ", ".join(part for part in parts if part)


def _said(action: str) -> str:
    return action.replace("_", " ")


def _months(outcome: Outcome) -> str:
    return "" if outcome.interval_months is None else f"in {outcome.interval_months} months"


def _listed(items: Sequence[str]) -> str:
    return ", ".join(items) or "nothing"


def _start(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."
