"""How exams and dates are called in the window, and pseudonyms in place of names while others look on."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QObject, Signal

from annotator.model.image import ExamInfo


def date_text(date: str) -> str:
    """YYYYMMDD as 2026-03-12; "no date" when there is none."""
    return f"{date[:4]}-{date[4:6]}-{date[6:8]}" if len(date) == 8 else (date or "no date")


def exam_name(exam: ExamInfo) -> str:
    """How an exam is called in the window: the Patient ID, or the end of its UID without one."""
    return exam.patient_key or f"Exam ...{exam.study_instance_uid[-6:]}"


class ExamNames(QObject):
    """Names of patients, or "Patient 3" for each while `hidden`: for screens that are shared or pictured.

    A patient keeps the number until the program ends. `changed`: everything that shows a name shows it anew.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._hidden = False
        self._numbers: dict[str, int] = {}

    @property
    def hidden(self) -> bool:
        """Whether pseudonyms stand in place of names."""
        return self._hidden

    def set_hidden(self, hidden: bool) -> None:
        """Show pseudonyms, or names again."""
        if hidden != self._hidden:
            self._hidden = hidden
            self.changed.emit()

    def meet(self, exams: Iterable[ExamInfo]) -> None:
        """Give numbers to patients that have none, in the order of their names."""
        self.meet_all({exam_name(exam) for exam in exams})

    def meet_all(self, names: set[str]) -> None:
        """The same for names that exams are called by."""
        for name in sorted(names - self._numbers.keys()):
            self._numbers[name] = len(self._numbers) + 1

    def of(self, exam: ExamInfo) -> str:
        """What to call the patient of an exam now."""
        return self.pseudonym(exam) or exam_name(exam)

    def pseudonym(self, exam: ExamInfo) -> str | None:
        """What stands in place of every name of a patient now, None while names are shown."""
        if not self._hidden:
            return None
        self.meet([exam])
        return f"Patient {self._numbers[exam_name(exam)]}"

    def called(self, name: str) -> str:
        """What to call a patient now, by the name of `exam_name`."""
        if not self._hidden:
            return name
        self.meet_all({name})
        return f"Patient {self._numbers[name]}"

    def apart(self, exam: ExamInfo, other: ExamInfo) -> str:
        """What to call an exam beside another: with its date where both are of one patient."""
        name = self.of(exam)
        return f"{name}, {date_text(exam.date)}" if name == self.of(other) else name
