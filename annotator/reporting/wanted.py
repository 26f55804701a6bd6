"""What of a database is to leave, in which forms, and what came of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from annotator.exchange.tables.data_set import DATA_SETS
from annotator.exchange.tables.split import Split
from annotator.model.counts import counted
from annotator.reporting.exam_forms import forms
from annotator.settings import PROOF_OFF
from annotator.store.streaming import ReadingHead

OBJECTS = {one.name: one for one in forms()}
NAMED = "with the patient's name"
PNG16, DICOM = "png16", "dicom"
PICTURES: Mapping[str, str] = {
    PNG16: "PNG of the stored values, a slice of a stack each that has something marked",
    DICOM: "de-identified copies of the images",
}
"""What the images beside tables and data sets can be, with what that is in a line."""
FORMS: Mapping[str, str] = {name: one.says for name, one in OBJECTS.items()} | dict(DATA_SETS)
"""Everything a reading can be written as, with what it is in a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which readings: of these exams or readings, by these readers, signed ones only, saved since; None: all.

    Without `readers` those of others go out as they were signed last. With them, as the database gives them.
    """

    studies: frozenset[str] | None = None
    readers: frozenset[str] | None = None
    signed: bool = False
    since: datetime | None = None

    def revision(self, head: ReadingHead, me: str) -> int:
        """The revision of a reading that goes out; 0: none does."""
        left_out = (
            (self.studies is not None and head.study_instance_uid not in self.studies)
            or (self.readers is not None and head.reader not in self.readers)
            or (self.since is not None and head.at < self.since)
        )
        if left_out:
            return 0
        others = self.readers is None and head.reader != me
        return head.signed if self.signed or others else head.number

    def words(self) -> Sequence[str]:
        """What was chosen, in sentences that name no exam."""
        found = ["Exams that were named." if self.studies is not None else "All exams of the database."]
        if self.readers is not None:
            found.append(f"Read by {', '.join(sorted(self.readers))}.")
        else:
            found.append("Readings of whoever exported, and what others signed.")
        found += ["Signed readings only."] if self.signed else []
        return found + ([] if self.since is None else [f"Saved since {self.since.isoformat()}."])


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is written where. `images`: pictures too, as one of PICTURES; `places`: look for the breast, so that depths are
    measured.
    """

    out: Path
    forms: Sequence[str]
    identified: bool = False
    split: Split | None = None
    images: str = ""
    places: bool = True

    @property
    def sets(self) -> tuple[str, ...]:
        """The forms of many readings together."""
        return tuple(form for form in self.forms if form in DATA_SETS)

    @property
    def objects(self) -> tuple[str, ...]:
        """The forms of one reading each."""
        return tuple(form for form in self.forms if form not in DATA_SETS)


def unfit(forms: Collection[str], images: str, *, identified: bool) -> str:
    """Why the images that are wanted do not fit to what else is, '' where they do."""
    if images == DICOM and {"yolo", "yolo-seg"} & set(forms):
        return "YOLO reads no DICOM; take the images as PNG, or leave one of the two out"
    if images == DICOM and identified:
        return "De-identified images do not fit to what names the patient; leave one of the two out"
    return ""


@dataclass(frozen=True, slots=True)
class Exported:
    """What went out. `faults` are sentences, one for each thing that could not be done; the rest was.

    `objects` are files of single readings; of them `proven` hold, and `without_proof` were not to be proven.
    """

    readings: int
    exams: int
    objects: int
    proven: int
    without_proof: int
    faults: tuple[str, ...]
    left_out: tuple[str, ...]

    def proofs(self, how: str) -> str:
        """The files of single readings and their proofs in a sentence; `how` is the setting `export_proof`."""
        files = f"{counted(self.objects, 'file')} of single readings"
        if how == PROOF_OFF:
            return f"{files}, not proven: the setting export_proof is off"
        if not self.without_proof:
            return f"{files}, {self.proven} of them proven"
        one = self.without_proof == 1
        people = (
            "1 is for people to read and has"
            if one
            else f"{self.without_proof} are for people to read and have"
        )
        return f"{files}: {self.proven} proven; {people} no proof"
