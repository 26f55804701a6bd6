"""What a reader says of a finding on several views: which marks there are its own, and where the chest wall is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from annotator.model import edits
from annotator.model.counts import counted
from annotator.model.geometry import ImagePoint
from annotator.model.image import ImageInfo
from annotator.model.partner import PartnerProposal
from annotator.model.seen_on_image import ChestWall

if TYPE_CHECKING:
    from annotator.ui.desk.session import ReadingSession


def take_marks(session: ReadingSession, finding_id: str, proposal: PartnerProposal, view: str) -> str:
    """The marks of a proposal join a finding, as one act; what came of it in words, '' for nothing."""
    if not session.may_change():
        return ""
    reading = session.reading
    finding, other = reading.finding(finding_id), reading.finding(proposal.finding_id)
    count = counted(len(proposal.mark_ids), "mark")
    after = edits.assign_marks(reading, proposal.mark_ids, finding_id)
    session.apply(after, f"Take {count} of F{other.number} on {view} into F{finding.number}")
    session.select_marks(frozenset(proposal.mark_ids))
    left = len(after.marks_of(other.id))
    rest = f"F{other.number} keeps {counted(left, 'mark')}" if left else f"F{other.number} has no marks left"
    return f"{count} on {view} belong to F{finding.number} now, {rest}; undo takes it back."


def take_candidates(
    session: ReadingSession,
    finding_id: str,
    accepted: Sequence[edits.AcceptedCandidate],
    model_version: str,
    view: str,
) -> str:
    """Candidates join a finding as marks, as one act; in words, '' for nothing."""
    if not session.may_change() or not accepted:
        return ""
    finding = session.reading.finding(finding_id)
    after, marks = edits.accept_candidates(session.reading, finding_id, model_version, accepted)
    count = counted(len(marks), "candidate")
    session.apply(after, f"Accept {count} on {view} for F{finding.number}")
    session.select_marks(frozenset(mark.id for mark in marks))
    return f"{count} on {view} accepted for F{finding.number}; undo takes it back."


def draw_chest_wall(session: ReadingSession, info: ImageInfo, ends: tuple[ImagePoint, ImagePoint]) -> None:
    """The chest wall of an image lies here."""
    if session.may_change():
        wall = ChestWall(info.key(), ends, info.spacing)
        name = session.image_name(info.sop_instance_uid)
        session.apply(edits.draw_chest_wall(session.reading, wall), f"Draw the chest wall on {name}")


def remove_chest_wall(session: ReadingSession, sop_instance_uid: str) -> None:
    """Take away the chest wall drawn on an image."""
    if session.reading.chest_wall_on(sop_instance_uid) is None:
        session.message.emit("No chest wall was drawn on this image.")
    elif session.may_change():
        name = session.image_name(sop_instance_uid)
        after = edits.remove_chest_wall(session.reading, sop_instance_uid)
        session.apply(after, f"Remove the chest wall on {name}")
