"""Whatever is changed in a row of the decision table, the reading by hand notices.

Each mutant is a table with one thing changed; it is tried on all combinations and held against the rows and outcomes
found by hand. A few changes lead to the same answer for every combination there is: they stand in SAME_ANSWER with the
reason, and the test proves it from the rows above.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from annotator.lexicon.conditions import FIELDS, UNSET, Alternative, Condition, read_condition
from annotator.lexicon.decision_table import Outcome, Row, RuleTable, load_rules
from annotator.lexicon.entries import Entry
from annotator.model.finding import Assessment, Morphology
from annotator.model.follow_up import FollowUpAction
from annotator.rules.areas import EVERYTHING, decide, of_condition, of_value
from tests.unit.rules_by_hand import OUTCOMES, areas_by_hand, step_by_hand, words_by_hand

TABLE = load_rules()
MONTHS = (None, 0, 6, 12, 18)

Mutant = tuple[str, RuleTable]


def with_row(place: int, row: Row) -> RuleTable:
    return replace(TABLE, rows=(*TABLE.rows[:place], row, *TABLE.rows[place + 1 :]))


def alternative(allowed: dict[str, frozenset[str]]) -> Alternative:
    written = {field: sorted(values) for field, values in allowed.items()}
    return read_condition(Entry("mutant", "row", {}), [written], {}).alternatives[0]


def removed_and_swapped() -> Iterator[Mutant]:
    rows = TABLE.rows
    for place, row in enumerate(rows):
        yield f"{row.id} removed", replace(TABLE, rows=rows[:place] + rows[place + 1 :])
        if place + 1 < len(rows):
            after = rows[place + 1]
            swapped = (*rows[:place], after, row, *rows[place + 2 :])
            yield f"{row.id} and {after.id} swapped", replace(TABLE, rows=swapped)


def otherwise_conditioned() -> Iterator[Mutant]:
    for place, row in enumerate(TABLE.rows):
        for number, one in enumerate(row.when.alternatives, 1):
            others = [other for other in row.when.alternatives if other is not one]
            name = f"{row.id}, alternative {number}"
            if others:
                yield f"{name} dropped", with_row(place, replace(row, when=Condition(tuple(others))))
            for what, allowed in other_values(one):
                changed = [alternative(allowed) if other is one else other for other in row.when.alternatives]
                yield f"{name} {what}", with_row(place, replace(row, when=Condition(tuple(changed))))


def other_values(one: Alternative) -> Iterator[tuple[str, dict[str, frozenset[str]]]]:
    """An alternative without one of its conditions, and with one value more or less in one of them."""
    for field, allowed in one.allowed.items():
        rest = {name: values for name, values in one.allowed.items() if name != field}
        yield f"without {field}", rest
        for value in FIELDS[field]:
            others = allowed ^ {value}
            if others and len(others) < len(FIELDS[field]):
                yield f"{'less' if value in allowed else 'more'} {field} {value}", rest | {field: others}


def otherwise_answered() -> Iterator[Mutant]:
    for place, row in enumerate(TABLE.rows):
        for category in (None, *Assessment):
            if category is not row.suggestion:
                yield f"{row.id} suggests {category}", with_row(place, replace(row, suggestion=category))
        for what, outcome in other_outcomes(row.outcome):
            yield f"{row.id} {what}", with_row(place, replace(row, outcome=outcome))
        for shape in shapes_of(row):
            special = row.by_morphology.get(shape)
            rest = {name: one for name, one in row.by_morphology.items() if name is not shape}
            if special is not None:
                yield (
                    f"{row.id} does not tell {shape} apart",
                    with_row(place, replace(row, by_morphology=rest)),
                )
            for what, outcome in other_outcomes(special or row.outcome):
                changed = replace(row, by_morphology=rest | {shape: outcome})
                yield f"{row.id} for {shape} {what}", with_row(place, changed)


def other_outcomes(outcome: Outcome) -> Iterator[tuple[str, Outcome]]:
    for action in FollowUpAction:
        if action is not outcome.follow_up:
            yield f"leads to {action}", replace(outcome, follow_up=action)
    for months in MONTHS:
        if months != outcome.interval_months:
            yield f"in {months} months", replace(outcome, interval_months=months)
    yield "says something else", replace(outcome, text="Wait and see.")


def shapes_of(row: Row) -> list[Morphology]:
    """The shapes for which a row ever decides."""
    return [shape for shape in Morphology if DECIDED[row.id] & of_value("morphology", shape.value)]


DECIDED = decide(TABLE).decided


def as_by_hand(table: RuleTable) -> bool:
    """Whether a table answers every combination as the reading by hand does."""
    tried = decide(table)
    if {name: area for name, area in tried.decided.items() if area} != areas_by_hand() or tried.left:
        return False
    for row in table.rows:
        for shape in FIELDS["morphology"]:
            if tried.decided[row.id] & of_value("morphology", shape):
                outcome = row.outcome if shape == UNSET else row.outcome_for(Morphology(shape))
                got = (row.suggestion, outcome.follow_up, outcome.interval_months)
                if got != (OUTCOMES[row.id][0], *step_by_hand(row.id, shape)):
                    return False
                if words_by_hand(row.id, shape) not in outcome.text:
                    return False
    return True


def test_the_table_in_force_answers_as_the_one_by_hand():
    assert as_by_hand(TABLE)


# Changed rows that answer as before, and why.
SAME_ANSWER = {
    **dict.fromkeys(
        [
            *("B1 and B2 swapped", "P1 and F4 swapped", "F1 and F2 swapped", "F2 and F3 swapped"),
            *("F3 and R1 swapped", "R1 and R2 swapped", "R2 and S1 swapped", "M1 and R5 swapped"),
            *("R5 and R4 swapped", "R3 and S2d swapped", "S2 and S3 swapped", "S3 and S4 swapped"),
            *("S4 and S5 swapped", "S5 and S6 swapped", "S6 and S7 swapped", "B2 and B3 swapped"),
            "B3 and E3 swapped",
        ],
        "the two speak of different combinations",
    ),
    "B2, alternative 1 without certain": "B1 has those of which the reader is certain",
    "B3, alternative 2 less change no_prior": "E2 has surveillance without a prior, alternative 1 the other stages",
    "F4, alternative 2 less morphology unset": "E3 has lines and segments of no said shape",
    "R1, alternative 1 without stage": "F1 to F4 have round and punctate ones in surveillance",
    "R2, alternative 1 without stage": "F1 to F4 have round and punctate ones in surveillance",
    "M1, alternative 2 without morphology": "alternative 1 has the suspicious ones, rows above and alternative 3 the rest",
    "M1, alternative 3 without stage": "E3 and F1 to F4 have micro ones of no said shape after screening",
    "M1, alternative 3 without morphology": "alternatives 1 and 2 have the shapes that rows above leave",
    "M1, alternative 3 without size": "E1, B3 and E3 have the other sizes of no said shape",
    "R5, alternative 1 without stage": "M1 has them at screening, F4 in surveillance",
    "R4, alternative 1 without stage": "M1 has them at screening, F4 in surveillance",
    "R4, alternative 2 without stage": "M1 has them at screening, F4 in surveillance",
    "R3, alternative 1 without stage": "M1 has them at screening, F1 to F4 in surveillance",
    "S2d, alternative 1 without stage": "M1 has them at screening",
    "S2d, alternative 1 without spread": "S1 has those of both breasts",
    "S5, alternative 1 without distribution": "S4 has the other distributions",
    **{
        f"{row}, alternative 1 without stage": "M1 has them at screening"
        for row in ("S2", "S3", "S4", "S5", "S6", "S7")
    },
}


def changed_in_vain(table: RuleTable) -> bool:
    """Proof from the rows above: nothing that a changed condition speaks of more or less, and nothing that two swapped
    rows share, is left when its turn comes.
    """
    if len(table.rows) < len(TABLE.rows):
        return False
    left = EVERYTHING
    for was, now in zip(TABLE.rows, table.rows, strict=True):
        if was.id != now.id:
            return not left & of_condition(was.when) & of_condition(now.when)
        if left & (of_condition(was.when) ^ of_condition(now.when)):
            return False
        left &= ~of_condition(was.when)
    return True


@pytest.mark.parametrize(("mutants", "at_least"), [(removed_and_swapped, 50), (otherwise_conditioned, 900)])
def test_every_row_that_is_removed_swapped_or_otherwise_conditioned_is_noticed(mutants, at_least):
    met, count = set(), 0
    for name, table in mutants():
        count += 1
        unnoticed = as_by_hand(table)
        assert unnoticed is changed_in_vain(table), name
        # a row may be allowed to speak of what a row above has decided
        if unnoticed and " more " not in name:
            assert name in SAME_ANSWER
            met.add(name)
        else:
            assert name not in SAME_ANSWER
    assert count > at_least
    assert met == {name for name in SAME_ANSWER if ("swapped" in name) is (mutants is removed_and_swapped)}


def test_every_row_that_answers_otherwise_is_noticed():
    count = 0
    for name, table in otherwise_answered():
        count += 1
        assert not as_by_hand(table), name
    assert count > 2_000
