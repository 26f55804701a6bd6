"""Lines of candidates as columns: their order, what became of each, and marks beside them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from annotator.model.candidate import (
    Candidate,
    CandidateDecision,
    CandidateHint,
    CandidateRow,
    Candidates,
    Verdict,
)
from annotator.model.finding import Reading
from annotator.model.geometry import ImagePoint, PixelSpacing, SpacingBasis
from annotator.model.image import ImageInfo, ImageKey
from annotator.model.mark import Mark, MarkKind
from annotator.ui.desk.candidate_rows import STATES, Proposals, ProposedImage, RowState, within_reach

SPACING = PixelSpacing(0.1, 0.1, SpacingBasis.AT_DETECTOR)
MODEL = "m1"
numbers = st.floats(-300, 300, allow_nan=False, width=32)
places = st.lists(st.tuples(numbers, numbers), max_size=40)


def image(uid: str = "1", frames: int = 1) -> ImageInfo:
    return ImageInfo(Path("a.dcm"), "1.2", uid, 400, 300, frames=frames, spacing=SPACING)


def spot(name: str, column: float, row: float, score: float, *, uid: str = "1", frame: int = 1) -> Candidate:
    return Candidate(name, ImageKey(uid, frame), ImagePoint(column, row), score, 4.0, 0.4)


def found(info: ImageInfo, *groups: tuple[Candidate, ...]) -> ProposedImage:
    rows = tuple(CandidateRow(tuple(one.id for one in group)) for group in groups)
    return ProposedImage.of(info, Candidates(tuple(o for g in groups for o in g), rows, MODEL))


def reading(*decisions: CandidateDecision, marks: tuple[Mark, ...] = ()) -> Reading:
    return Reading(id="r", reader="anna", study_instance_uid="s", marks=marks, decisions=decisions)


def states(proposals: Proposals, said: Reading) -> list[RowState]:
    return [STATES[code] for code in proposals.line_codes(proposals.piece_codes(said)).tolist()]


def mark(column: float, row: float, *, uid: str = "1", frame: int = 1) -> Mark:
    return Mark("m", 1, "f", ImageKey(uid, frame), ImagePoint(column, row), MarkKind.MICRO)


@given(places, places, st.lists(st.floats(0, 60, width=32), min_size=40, max_size=40))
def test_who_has_another_within_reach_is_told_as_by_looking_at_all(ours, theirs, reaches) -> None:
    points, others = (np.array(each, np.float64).reshape(-1, 2) for each in (ours, theirs))
    reach = np.array(reaches[: len(points)], np.float64)
    away = np.hypot(*(points[:, None] - others[None]).transpose(2, 0, 1)) if len(others) else None
    expected = np.zeros(len(points), bool) if away is None else (away <= reach[:, None]).any(axis=1)
    assert within_reach(points, reach, others).tolist() == expected.tolist()


def test_lines_go_by_image_as_hung_and_then_by_score() -> None:
    first = found(image("1"), (spot("a", 1, 1, 0.2),), (spot("b", 50, 1, 0.9), spot("c", 60, 1, 0.1)))
    second = found(image("2"), (spot("d", 1, 1, 0.95, uid="2"),))
    proposals = Proposals((first, second))
    assert [line.key for line in proposals.lines] == ["b", "a", "d"]
    assert proposals.span(second) == (2, 3)
    assert proposals.place["d"] == 2


def test_a_line_is_undecided_while_one_of_its_pieces_is() -> None:
    artery = (spot("a", 10, 10, 0.9), spot("b", 50, 10, 0.8))
    proposals = Proposals((found(image(), artery),))
    yes, no = (CandidateDecision(one, MODEL, v) for one, v in zip(artery, Verdict, strict=True))
    assert states(proposals, reading(yes)) == [RowState.UNDECIDED]
    assert states(proposals, reading(yes, no)) == [RowState.ACCEPTED]
    assert states(proposals, reading(no, marks=(mark(10, 10),))) == [RowState.REJECTED]
    assert states(proposals, reading(marks=(mark(10, 10),))) == [RowState.UNDECIDED]


def test_a_mark_counts_up_to_a_quarter_of_a_millimetre_beyond_the_edge() -> None:
    proposals = Proposals((found(image(), (spot("a", 10, 10, 0.9),)),))
    assert states(proposals, reading(marks=(mark(14.4, 10),))) == [RowState.MARKED]
    assert states(proposals, reading(marks=(mark(14.6, 10),))) == [RowState.UNDECIDED]
    assert states(proposals, reading(marks=(mark(10, 10, uid="2"),))) == [RowState.UNDECIDED]


def test_in_a_stack_marks_of_slices_nearby_count() -> None:
    proposals = Proposals((found(image(frames=40), (spot("a", 10, 10, 0.9, frame=20),)),))
    assert states(proposals, reading(marks=(mark(10, 10, frame=23),))) == [RowState.MARKED]
    assert states(proposals, reading(marks=(mark(10, 10, frame=24),))) == [RowState.UNDECIDED]


def test_a_verdict_on_what_an_earlier_model_proposed_goes_by_its_place() -> None:
    proposals = Proposals((found(image(), (spot("new", 10, 10, 0.9),), (spot("far", 90, 10, 0.8),)),))
    old = CandidateDecision(spot("old", 11, 10, 0.7), "m0", Verdict.REJECTED)
    assert states(proposals, reading(old)) == [RowState.REJECTED, RowState.UNDECIDED]
    line = proposals.lines[0]
    assert proposals.images[0].decisions_at(line, reading(old)) == (old,)
    own = CandidateDecision(line.best, MODEL, Verdict.ACCEPTED, "m")
    assert states(proposals, reading(old, own))[0] is RowState.ACCEPTED


def test_nothing_found_has_no_lines() -> None:
    proposals = Proposals((found(image()),))
    assert proposals.lines == ()
    assert states(proposals, reading(marks=(mark(1, 1),))) == []


def test_hints_belong_to_lines() -> None:
    one = spot("a", 1, 1, 0.5)
    made = Candidates((one,), (CandidateRow(("a",), CandidateHint.ARTERY), CandidateRow(())), MODEL)
    (line,) = ProposedImage.of(image(), made).lines
    assert (line.hint, line.model_version) == (CandidateHint.ARTERY, MODEL)
