"""Candidates for labelling: going through them, and what the reader decides."""

from __future__ import annotations

from annotator.ui.actions.spec import ActionSpec

# fmt: off
ROWS: tuple[ActionSpec, ...] = (
    ActionSpec("candidate_next", "Mark", "Next candidate", ("N",), "step_candidate", "The next undecided candidate for labelling, over all images in hung order; shown after your own first pass", "exam", "window", 1),
    ActionSpec("candidate_previous", "Mark", "Previous candidate", ("Shift+N",), "step_candidate", "The undecided candidate before it", "exam", "window", -1),
    ActionSpec("candidate_accept", "Mark", "Accept the candidate", ("Y",), "accept_candidate", "Mark it, measured as by a click, in the finding in hand; all pieces of an artery at once", "exam"),
    ActionSpec("candidate_accept_new", "Mark", "Accept as a new finding", ("Shift+Y",), "accept_as_new_finding", "Mark the candidate and begin a new finding with it", "exam"),
    ActionSpec("candidate_reject", "Mark", "Reject the candidate", ("R",), "reject_candidate", "It is no calcification to be marked; kept with the version of the model that proposed it", "exam"),
    ActionSpec("candidate_reconsider", "Mark", "Take the verdict back", ("Shift+R",), "reconsider_candidate", "The candidate is undecided again, and the mark it became goes", "exam"),
    ActionSpec("first_pass_done", "Mark", "First pass done", ("Ctrl+Shift+N",), "finish_first_pass", "You have looked at the exam alone: candidates for labelling are shown from now on", "exam"),
)
# fmt: on
