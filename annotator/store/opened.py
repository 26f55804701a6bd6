"""What the store remembers of the readings that were opened: bounded, however many exams a day has."""

from __future__ import annotations

from collections import OrderedDict

from annotator.model.finding import Reading
from annotator.store.exam_facts import ExamFacts

VALUES = 16
"""Values kept, with all their marks: the open reading, those read ahead, and those left while their last acts are
written. Without its value a save reads the reading from the database first."""
UNKEPT = 500
"""Readings opened that the database does not hold yet; opened and not looked at, some hundred bytes each."""


class OpenedReadings:
    """The values saved or opened last, and of readings that are in no database yet whose they are.

    The one used longest ago goes first.
    """

    def __init__(self) -> None:
        self._values: OrderedDict[str, tuple[int, str, Reading]] = OrderedDict()
        self._unkept: OrderedDict[str, tuple[Reading, ExamFacts]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._values) + len(self._unkept)

    def keep(self, number: int, link: str, reading: Reading) -> None:
        """The value of a reading at its last revision, and the link of that (`annotator.store.chain`)."""
        self._values[reading.id] = number, link, reading
        self._values.move_to_end(reading.id)
        if len(self._values) > VALUES:
            self._values.popitem(last=False)

    def value(self, reading_id: str, number: int) -> tuple[str, Reading] | None:
        """Link and value of a reading at a revision, None when that is not the one kept."""
        kept, link, reading = self._values.get(reading_id, (-1, "", None))
        return (link, reading) if kept == number and reading is not None else None

    def begin(self, blank: Reading, facts: ExamFacts) -> None:
        """A reading that the database does not hold yet."""
        self._unkept[blank.id] = blank, facts
        self._unkept.move_to_end(blank.id)
        if len(self._unkept) > UNKEPT:
            self._unkept.popitem(last=False)

    def unkept(self, reading_id: str) -> tuple[Reading, ExamFacts] | None:
        """Whose reading it is, and of which exam, while the database does not hold it."""
        return self._unkept.get(reading_id)

    def is_kept(self, reading_id: str) -> None:
        """The database holds a reading now."""
        self._unkept.pop(reading_id, None)
