"""Intervals between exams in words: the same wherever one is told."""

from __future__ import annotations

from datetime import date

import pytest

from annotator.model.intervals import interval_words, months_between

HERE = date(2024, 3, 12)


@pytest.mark.parametrize(
    ("there", "words"),
    [
        (HERE, "the same day"),
        (date(2024, 3, 11), "1 day earlier"),
        (date(2024, 4, 25), "44 days later"),
        (date(2024, 4, 26), "1 month later"),
        (date(2023, 9, 12), "6 months earlier"),
        (date(2020, 3, 12), "48 months earlier"),
        (date(2014, 3, 12), "10 years earlier"),
        (None, "an exam of unknown date"),
    ],
)
def test_how_far_apart_exams_are(there: date | None, words: str) -> None:
    assert interval_words(HERE, there) == words


def test_months_between_exams_are_signed_and_need_both_dates() -> None:
    later = date(HERE.year + 1, HERE.month, HERE.day)
    assert months_between(later, HERE) == pytest.approx(12, abs=0.1)
    assert months_between(HERE, later) == pytest.approx(-12, abs=0.1)
    assert months_between(HERE, None) is months_between(None, HERE) is None
