"""What is measured of the findings of a session, and what in them does not go together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from annotator.model.finding import Reading
from annotator.model.follow_up import Contradiction
from annotator.model.measured import Measured

if TYPE_CHECKING:
    from annotator.ui.desk.session import ReadingSession


class FindingFacts(QObject):
    """Derived from the reading and its images whenever asked; only what the reader keeps is stored, as an act.

    `changed`: something else than the reading is known now, where a breast lies or whether there is an earlier exam.
    """

    changed = Signal()

    def __init__(self, session: ReadingSession) -> None:
        super().__init__(session)
        self._session = session
        self._earlier_exam: bool | None = None

    @property
    def earlier_exam(self) -> bool | None:
        """Whether an exam of the patient from before is open or was read here; None while that is not known."""
        return self._earlier_exam

    def set_earlier_exam(self, known: bool | None) -> None:
        """Say whether there is one."""
        if known is not self._earlier_exam:
            self._earlier_exam = known
            self.changed.emit()

    def measured(self, finding_id: str) -> Measured:
        """Counts, lengths and place of a finding."""
        session = self._session
        return session.workspace.measured(session.reading, finding_id, session.corrected_exam)

    def contradictions(self, finding_id: str) -> tuple[Contradiction, ...]:
        """What in a finding does not go together, kept ones too."""
        return self._told(self._session.reading, finding_id)

    def keep(self, finding_id: str, contradiction_id: str, *, kept: bool = True) -> None:
        """The reader saw a contradiction and leaves it as it is, or takes that back."""
        finding = self._session.reading.finding(finding_id)
        others = tuple(one for one in finding.kept if one != contradiction_id)
        said = (*others, contradiction_id) if kept else others
        label = "Leave a contradiction as it is" if kept else "No longer leave a contradiction"
        self._session.describe(finding_id, label, kept=said)

    def still_kept(self, after: Reading, finding_id: str) -> tuple[str, ...]:
        """What is kept of a finding and stays as it was told, once the reading is as `after`.

        "12 mm, but the marks reach over 9" was kept; of 80 mm the reader has kept nothing. What cannot be told now,
        as no breast was found yet, stays kept.
        """
        kept = after.finding(finding_id).kept
        if not kept:
            return kept
        before = {one.id: one.text for one in self._told(self._session.reading, finding_id)}
        then = {one.id: one.text for one in self._told(after, finding_id)}
        return tuple(one for one in kept if before.get(one) == then.get(one))

    def _told(self, reading: Reading, finding_id: str) -> tuple[Contradiction, ...]:
        session = self._session
        return session.workspace.contradictions(
            reading, finding_id, session.corrected_exam, earlier_exam=self._earlier_exam
        )
