"""Marks of pieces become one, a mark over several becomes two; what cannot be done is told and changes nothing."""

from __future__ import annotations

# ruff: noqa: F811  fixtures of another module are arguments here
import numpy as np
import pytest
from test_session import INFO, StillPicture, bugs, runner, session, workspace  # noqa: F401  fixtures

from annotator.model.geometry import ImagePoint
from annotator.model.mark import MarkKind

TOUCHING = (ImagePoint(100.5, 110.5), ImagePoint(107.5, 110.5))
APART = ImagePoint(60.5, 60.5)


@pytest.fixture(scope="module")
def chain() -> StillPicture:
    """Two specks that touch, and one for itself."""
    rows, columns = np.mgrid[0 : INFO.rows, 0 : INFO.columns] + 0.5
    values = np.random.default_rng(7).normal(1500, 12, (INFO.rows, INFO.columns))
    for spot in (*TOUCHING, APART):
        values += 420 * np.exp(-((columns - spot.column) ** 2 + (rows - spot.row) ** 2) / (2 * 1.9**2))
    return StillPicture(INFO, 1, values.clip(0, 4095).astype(np.uint16))


@pytest.fixture
def said(session) -> list[str]:
    told: list[str] = []
    session.message.connect(told.append)
    return told


def both(session, chain) -> frozenset[str]:
    for spot in TOUCHING:
        session.mark_spot(chain, spot, MarkKind.MICRO, 1.0)
    assert len(session.reading.marks) == 2
    return frozenset(mark.id for mark in session.reading.marks)


def test_two_marks_become_one_in_their_cluster_and_undo_parts_them(session, chain, said) -> None:
    ids = both(session, chain)
    session.mark_spot(chain, APART, MarkKind.MICRO, 1.0)
    session.lasso(chain, tuple(ImagePoint(*c) for c in ((40, 40), (140, 40), (140, 140), (40, 140))))
    before = session.reading
    session.snapping.join(chain, ids)
    joined, other = session.reading.marks
    assert joined.id == before.marks[0].id
    assert session.reading.clusters[0].mark_ids == (joined.id, other.id)
    assert joined.measurement.major_px > 1.5 * before.marks[0].measurement.major_px
    assert said[-1].startswith("2 marks are one: ")
    assert session.flush(), "the database takes what was measured"
    assert session.undo_stack.undoText() == "Join 2 marks of F1 to one"
    session.undo_stack.undo()
    assert session.reading == before


def test_one_mark_over_two_is_cut_and_both_stay_in_its_cluster(session, chain, said) -> None:
    session.snapping.join(chain, both(session, chain))
    session.mark_spot(chain, APART, MarkKind.MICRO, 1.0)
    session.lasso(chain, tuple(ImagePoint(*c) for c in ((40, 40), (140, 40), (140, 140), (40, 140))))
    before = session.reading
    mark = before.marks[0]
    session.snapping.split(chain, mark.id)
    first, apart, second = session.reading.marks
    assert (first.id, second.kind, second.finding_id) == (mark.id, mark.kind, mark.finding_id)
    assert session.reading.clusters[0].mark_ids == (first.id, apart.id, second.id)
    assert session.selected_marks == {first.id, second.id}
    columns = sorted(m.point.column for m in (first, second))
    assert columns == pytest.approx([spot.column for spot in TOUCHING], abs=1)
    assert said[-1].startswith("2 marks in place of one: diameter")
    assert session.flush()
    session.undo_stack.undo()
    assert session.reading == before


def test_a_speck_that_is_too_small_is_not_cut(session, chain, said) -> None:
    session.mark_spot(chain, ImagePoint(20.25, 200.5), MarkKind.MICRO, force=True)
    before = session.reading
    session.snapping.split(chain, before.marks[0].id)
    assert session.reading is before
    assert said[-1] == "This mark has no measured outline to be cut in two."


@pytest.mark.parametrize(
    ("make", "why"),
    [
        ("one", "Select two marks or more"),
        ("unmeasured", "has no outline to be joined"),
        ("findings", "different findings"),
        ("slices", "different images or slices"),
    ],
)
def test_what_cannot_be_joined_is_told(session, chain, said, make, why) -> None:
    session.mark_spot(chain, TOUCHING[0], MarkKind.MICRO, 1.0)
    if make == "findings":
        session.new_finding()
    if make == "slices":
        other = StillPicture(INFO, 2, chain.frame)
        session.mark_spot(other, TOUCHING[1], MarkKind.MICRO, 1.0)
    elif make == "unmeasured":
        session.mark_spot(chain, ImagePoint(20.25, 200.5), MarkKind.MICRO, force=True)
    elif make != "one":
        session.mark_spot(chain, TOUCHING[1], MarkKind.MICRO, 1.0)
    before = session.reading
    session.snapping.join(chain, frozenset(mark.id for mark in before.marks))
    assert session.reading is before
    assert why in said[-1]
