"""A reading as it leaves: what every written object says, in the names it may say it under."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from annotator.lexicon.loader import Lexicon
from annotator.model.finding import Reading
from annotator.model.follow_up import FollowUp
from annotator.model.image import ExamInfo, ImageInfo, Voi
from annotator.model.measured import Measured
from annotator.model.pseudonym import Pseudonyms


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One reading with its exam and what was derived beside it.

    `reading` and `exam` hold the exam's own UIDs; what is written says `uid(...)` in their place. `exam` has the reader's
    corrections of side and view. `measured` and `follow_ups` are by finding id, a follow-up says nothing of a category
    before the reader's own. `name` is the exam's pseudonym and the only thing a file may be called by; `patient` that of
    the patient, '' where not known. `windows` by SOP Instance UID are those in use, where not the first of the header.
    `pseudonyms` None: asked for by name, with the patient's own name and UIDs.
    """

    reading: Reading
    exam: ExamInfo
    lexicon: Lexicon
    rules_version: str
    measured: Mapping[str, Measured]
    follow_ups: Mapping[str, FollowUp]
    name: str
    patient: str = ""
    displays: tuple[str, ...] = ()
    windows: Mapping[str, Voi] = field(default_factory=dict)
    pseudonyms: Pseudonyms | None = None

    @property
    def identified(self) -> bool:
        """Whether the patient's own name, number, dates and UIDs go out."""
        return self.pseudonyms is None

    def uid(self, uid: str) -> str:
        """A UID of the exam, its series or images as it leaves; the same for images, SR and SEG alike."""
        return uid if self.pseudonyms is None else self.pseudonyms.uid(uid)

    def day(self, day: date) -> date:
        """A date as it leaves: all of one patient moved by the same number of days, so that intervals stay."""
        if self.pseudonyms is None:
            return day
        back = self.pseudonyms.days_back(self.patient or self.name)
        # a header may name a day of the first years there are
        return date.fromordinal(max(day.toordinal() - back, 1))

    def image(self, sop_instance_uid: str) -> ImageInfo | None:
        """The image with that UID (the exam's own); None where it is not at hand."""
        return next((one for one in self.exam.images if one.sop_instance_uid == sop_instance_uid), None)
