"""Days and times of a patient, all moved alike."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from annotator.model.pseudonym import Pseudonyms

MOST_SECONDS = 3 * 3600
LEAST_SECONDS = 600
_LATE, _EARLY = 20, 4
"""Hours after and before which times are only moved back, and forth: an exam must not leave its day."""
_DAY = re.compile(r"(\d{4})[-./:]?(\d\d)[-./:]?(\d\d)")
_TIME = re.compile(r"(\d\d):?(\d\d)?:?(\d\d)?(\.\d{1,6})?")
_MOMENT = re.compile(r"(\d{4})(\d\d)?(\d\d)?(?:(\d\d)(\d\d)?(\d\d)?(\.\d{1,6})?)?([+-]\d{4})?")
_LAST = 24 * 3600 - 1


@dataclass(frozen=True, slots=True)
class Moments:
    """Moves days back by `days` and times of day by `seconds`, which never takes a time out of its day.

    Days are those of `Outgoing.day`: what was exported of a reading fits to the images.
    """

    days: int
    seconds: int = 0

    @classmethod
    def of(cls, names: Pseudonyms, patient: str, study_time: str) -> Moments:
        """Those of a patient, by a pseudonym; `study_time` (TM) keeps exams of the night in their day."""
        number = int(names.name(f"seconds {patient}"), 16)
        seconds = LEAST_SECONDS + number % (MOST_SECONDS - LEAST_SECONDS)
        hour = int(study_time[:2]) if study_time[:2].isdigit() else 12
        back = hour >= _LATE or (hour >= _EARLY and bool(number >> 64 & 1))
        return cls(names.days_back(patient), -seconds if back else seconds)

    def day(self, said: str) -> str:
        """A DA (also the form of before 1993, with points) moved; '' for what is no day."""
        found = _DAY.fullmatch(said.strip(" \0"))
        if found is None:
            return ""
        moved = self._moved(*map(int, found.groups()))
        return "" if moved is None else f"{moved:%Y%m%d}".rjust(8, "0")

    def time(self, said: str) -> str:
        """A TM moved, as precise as it was; '' for what is no time."""
        found = _TIME.fullmatch(said.strip(" \0"))
        if found is None:
            return ""
        hour, minute, second, rest = found.groups()
        return self._clock(hour, minute, second, rest)

    def moment(self, said: str) -> str:
        """A DT moved, as precise as it was; '' for what is none."""
        found = _MOMENT.fullmatch(said.strip(" \0"))
        if found is None:
            return ""
        year, month, day, hour, minute, second, rest, zone = found.groups()
        moved = self._moved(int(year), int(month or 7), int(day or (1 if month is None else 15)))
        if moved is None:
            return ""
        digits = f"{moved:%Y%m%d}".rjust(8, "0")[: 4 + 2 * (month is not None) + 2 * (day is not None)]
        clock = "" if hour is None else self._clock(hour, minute, second, rest)
        return digits + clock + (zone or "")

    def _moved(self, year: int, month: int, day: int) -> date | None:
        try:
            return date(year, month, day) - timedelta(days=self.days)
        except (ValueError, OverflowError):
            return None

    def _clock(self, hour: str, minute: str | None, second: str | None, rest: str | None) -> str:
        at = int(hour) * 3600 + int(minute or 0) * 60 + int(second or 0)
        at = min(max(at + self.seconds, 0), _LAST)
        digits = f"{at // 3600:02d}{at // 60 % 60:02d}{at % 60:02d}"
        return digits[: 2 + 2 * (minute is not None) + 2 * (second is not None)] + (rest or "")


def now_said() -> str:
    """The moment of writing as DICOM says it (DT), in local time."""
    return datetime.now().astimezone().strftime("%Y%m%d%H%M%S")
