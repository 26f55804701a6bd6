"""Things counted, in words."""

from __future__ import annotations

import pytest

from annotator.model.counts import counted


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 marks"), (1, "1 mark"), (2, "2 marks"), (12_345, "12,345 marks")]
)
def test_one_is_not_many_and_thousands_are_set_apart(number: int, said: str) -> None:
    assert counted(number, "mark") == said


def test_a_plural_of_its_own() -> None:
    assert (counted(1, "copy", "copies"), counted(3, "copy", "copies")) == ("1 copy", "3 copies")
