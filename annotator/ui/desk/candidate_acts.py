"""What a reader decides of candidates, each as one act on the reading."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING

from annotator.model import edits
from annotator.model.cad import CadKind, CadOutline, OutlineShape
from annotator.model.candidate import Candidate, CandidateDecision, CandidateHint
from annotator.model.finding import Reading
from annotator.model.geometry import ImagePoint, convex_hull
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
    """Mark pieces of a line for the finding in hand, or for a new one; what came of it in words, '' for nothing. A cluster
    of a CAD report becomes its outline around the marks of its calcifications.

    Each mark lies where a click there would put it, with what that measures; where nothing can be measured, at the
    place proposed. `unproposed` is what a spot is called whose size proposes neither word.
    """
    if not session.may_change():
        return ""
    reading, finding = session.reading, session.current_finding
    if new_finding or finding is None:
        reading, finding = edits.add_finding(reading)
    chosen = [piece for piece in line.pieces if piece.id in pieces]
    outlined, spots = _as_cluster(line, chosen, unproposed)
    accepted = as_marks(reading, spots, results, unproposed) + outlined
    if not accepted:
        return ""
    after, marks = edits.accept_candidates(reading, finding.id, line.model_version, accepted)
    what = _count(chosen) if line.mark is None else _of_report(line)
    session.apply(after, f"Accept {what} for F{finding.number}")
    session.select_marks(frozenset(mark.id for mark in marks))
    measured = marks[0].measurement if len(marks) == 1 else None
    size = f": {size_words(measured)}" if measured is not None else ""
    return f"Accepted {what} for F{finding.number}{size}"


def reject(session: ReadingSession, line: ProposedRow, decisions: Sequence[CandidateDecision]) -> str:
    """None of a line is a calcification; marks that it had become go in the same act. In words, '' for nothing."""
    if not session.may_change():
        return ""
    what = _count(line.pieces) if line.mark is None else _of_report(line)
    after = edits.reject_candidates(
        edits.remove_accepted(session.reading, decisions), line.model_version, line.pieces
    )
    session.apply(after, f"Reject {what}")
    return f"Rejected {what}"


def reconsider(session: ReadingSession, decisions: Sequence[CandidateDecision]) -> str:
    """Nothing was said of these candidates after all; marks they had become go in the same act."""
    if not session.may_change():
        return ""
    reading = edits.remove_accepted(session.reading, decisions)
    said = [decision.candidate for decision in decisions]
    after = edits.reconsider_candidates(reading, [one.id for one in said])
    session.apply(after, f"Take back the verdict on {_count(said)}")
    return f"Undecided again: {_count(said)}"


def _as_cluster(
    line: ProposedRow, chosen: Sequence[Candidate], kind: MarkKind
) -> tuple[list[edits.AcceptedCandidate], list[Candidate]]:
    """(what becomes a cluster, what becomes marks) of the pieces of a line.

    A cluster without an outline is drawn around its calcifications; one that has none becomes a mark at its centre.
    """
    mark = line.mark
    if mark is None or mark.kind is not CadKind.CLUSTER or line.best not in chosen:
        return [], list(chosen)
    members = [piece for piece in chosen if piece is not line.best]
    corners = convex_hull([one.point for one in members])
    if mark.outline is not None:
        corners = mark.outline.corners
    elif members and len(corners) < 3:
        away = [(math.dist((p.column, p.row), (mark.center.column, mark.center.row)), p) for p in corners]
        corners = CadOutline(OutlineShape.CIRCLE, (mark.center, max(away, key=itemgetter(0))[1])).corners
    if len(set(corners)) < 3:
        return [], list(chosen)
    whole = edits.AcceptedCandidate(
        line.best, line.best.point, kind, outline=tuple(corners), spacing=line.info.spacing
    )
    return [whole], members


def _of_report(line: ProposedRow) -> str:
    """What a line of a CAD report is, in words."""
    what = "calcification" if line.mark is None else line.mark.kind
    return f"a {what} of {line.model_version}"


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
