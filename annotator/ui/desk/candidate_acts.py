"""What a reader decides of candidates, each as one act on the reading."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from annotator.model import edits
from annotator.model.candidate import Candidate, CandidateDecision, CandidateHint, Verdict
from annotator.model.finding import Reading
from annotator.model.geometry import ImagePoint
from annotator.model.mark import MarkKind, SpotMeasurement
from annotator.ui.desk.candidate_rows import ProposedRow
from annotator.ui.marks.words import size_words

if TYPE_CHECKING:
    from annotator.analysis.spots.snapping import SpotResult
    from annotator.ui.desk.session import ReadingSession


def finish_first_pass(session: ReadingSession) -> bool:
    """The reader has looked at the exam alone; False where that cannot be said any more."""
    if not session.may_change():
        return False
    session.apply(edits.finish_first_pass(session.reading), "Say that the own first pass is done")
    return session.reading.first_pass


def accept(
    session: ReadingSession,
    line: ProposedRow,
    pieces: Collection[str],
    results: Mapping[str, SpotResult],
    *,
    unproposed: MarkKind,
    new_finding: bool = False,
) -> str:
    """Mark pieces of a line for the finding in hand, or for a new one; what came of it in words, '' for nothing.

    Each mark lies where a click there would put it, with what that measures; where nothing can be measured, at the
    place proposed. `unproposed` is what a spot is called whose size proposes neither word.
    """
    if not session.may_change():
        return ""
    reading, finding = session.reading, session.current_finding
    if new_finding or finding is None:
        reading, finding = edits.add_finding(reading)
    chosen = [piece for piece in line.pieces if piece.id in pieces]
    accepted = as_marks(reading, chosen, results, unproposed)
    if not accepted:
        return ""
    after, marks = edits.accept_candidates(reading, finding.id, line.model_version, accepted)
    what = _count(chosen)
    session.apply(after, f"Accept {what} for F{finding.number}")
    session.select_marks(frozenset(mark.id for mark in marks))
    measured = marks[0].measurement if len(marks) == 1 else None
    size = f": {size_words(measured)}" if measured is not None else ""
    return f"Accepted {what} for F{finding.number}{size}"


def reject(session: ReadingSession, line: ProposedRow, decisions: Sequence[CandidateDecision]) -> str:
    """None of a line is a calcification; marks that it had become go in the same act. In words, '' for nothing."""
    if not session.may_change():
        return ""
    reading = edits.remove_marks(session.reading, _marks_of(session.reading, decisions))
    after = edits.reject_candidates(reading, line.model_version, line.pieces)
    session.apply(after, f"Reject {_count(line.pieces)}")
    return f"Rejected {_count(line.pieces)}"


def reconsider(session: ReadingSession, decisions: Sequence[CandidateDecision]) -> str:
    """Nothing was said of these candidates after all; marks they had become go in the same act."""
    if not session.may_change():
        return ""
    reading = edits.remove_marks(session.reading, _marks_of(session.reading, decisions))
    said = [decision.candidate for decision in decisions]
    after = edits.reconsider_candidates(reading, [one.id for one in said])
    session.apply(after, f"Take back the verdict on {_count(said)}")
    return f"Undecided again: {_count(said)}"


def _marks_of(reading: Reading, decisions: Sequence[CandidateDecision]) -> frozenset[str]:
    """Those marks that accepted candidates became and that are still there, also where they were moved since."""
    became = {one.mark_id for one in decisions if one.verdict is Verdict.ACCEPTED}
    return frozenset(mark.id for mark in reading.marks if mark.id in became)


def as_marks(
    reading: Reading, pieces: Sequence[Candidate], results: Mapping[str, SpotResult], unproposed: MarkKind
) -> list[edits.AcceptedCandidate]:
    """Where each piece is marked; two that snap to one place stay where they were proposed."""
    images = {piece.image.sop_instance_uid for piece in pieces}
    taken = {(m.image, m.point) for m in reading.marks if m.image.sop_instance_uid in images}
    accepted = []
    for piece in pieces:
        result = results.get(piece.id)
        measured: SpotMeasurement | None = None
        if result is not None and result.found and result.measurement is not None:
            measured = result.measurement
        point: ImagePoint = piece.point if measured is None else measured.center
        if (piece.image, point) in taken:
            point, measured = piece.point, None
        taken.add((piece.image, point))
        kind = (result.proposal if result is not None and measured is not None else None) or unproposed
        accepted.append(edits.AcceptedCandidate(piece, point, kind, measured))
    return accepted


def _count(pieces: Sequence[Candidate]) -> str:
    whole = "a rim" if pieces[0].hint is CandidateHint.RIM else "an artery"
    return "a candidate" if len(pieces) == 1 else f"{whole} of {len(pieces)} candidates"
