"""What of an exam says whose it is, found again in words: a name, a number, a date of birth, a UID."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from annotator.model.finding import Finding, Reading
from annotator.model.image import ExamInfo

HIDDEN = "***"
SHORTEST = 3
"""Letters of a name or number that is looked for: two are in half of all words."""
_DAY = re.compile(r"(\d{4})(\d\d)(\d\d)")
_SPLIT = re.compile(r"[\^\s=,;]+")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True)
class Identity:
    """Names (each part by itself), numbers, days of birth (YYYYMMDD) and UIDs of the exams in question."""

    names: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    births: frozenset[str] = frozenset()
    uids: frozenset[str] = frozenset()

    @classmethod
    def of(cls, *exams: ExamInfo) -> Identity:
        """Everything that the headers of these exams say of who it is."""
        images = [image for exam in exams for image in exam.images]
        names = (part for image in images for part in _SPLIT.split(image.patient_name))
        uids = {uid for i in images for uid in (i.sop_instance_uid, i.series_instance_uid) if uid}
        return cls(
            frozenset(part for part in names if len(part) >= SHORTEST),
            frozenset(i.patient_key.strip() for i in images if len(i.patient_key.strip()) >= SHORTEST),
            frozenset(i.patient_birth_date[:8] for i in images if _DAY.match(i.patient_birth_date)),
            frozenset(uids | {exam.study_instance_uid for exam in exams if exam.study_instance_uid}),
        )

    def named_in(self, text: str) -> bool:
        """Whether a text says any of it, in whatever case and form of date."""
        return self._pattern is not None and self._pattern.search(text) is not None

    def hidden(self, text: str) -> str:
        """The text with stars in place of whatever says who it is."""
        return text if self._pattern is None else self._pattern.sub(HIDDEN, text)

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        words = [re.escape(said) for said in (*self.names, *self.numbers, *self.uids)]
        words += [form for birth in self.births for form in _forms(birth)]
        if not words:
            return None
        # the longest first: of "Doe-Smith" and "Doe" all is hidden; an underscore divides words in file names
        words.sort(key=len, reverse=True)
        return re.compile(rf"(?<![^\W_])(?:{'|'.join(words)})(?![^\W_])", re.IGNORECASE)


def without_names(reading: Reading, identity: Identity) -> Reading:
    """The reading with what its reader wrote in own words free of who the patient is."""
    hidden = identity.hidden
    return replace(
        reading,
        findings=tuple(_nameless(one, hidden) for one in reading.findings),
        recalls=tuple(replace(one, comment=hidden(one.comment)) for one in reading.recalls),
        signatures=tuple(replace(one, reason=hidden(one.reason)) for one in reading.signatures),
        amending=hidden(reading.amending),
    )


def _nameless(finding: Finding, hidden: Callable[[str], str]) -> Finding:
    origin = finding.origin
    if origin is not None:
        values = tuple((hidden(name), hidden(value)) for name, value in origin.values)
        origin = replace(
            origin,
            values=values,
            unmapped=tuple(map(hidden, origin.unmapped)),
            notes=tuple(map(hidden, origin.notes)),
        )
    return replace(finding, comment=hidden(finding.comment), origin=origin)


def _forms(birth: str) -> Iterator[str]:
    """Patterns of the ways in which people write a day: 19640312, 1964-03-12, 12.3.1964, 03/12/64, 12 Mar 1964."""
    found = _DAY.match(birth)
    if found is None:
        return
    year, month, day = found.groups()
    m, d = rf"0?{int(month)}", rf"0?{int(day)}"
    yield f"{year}{month}{day}"
    yield f"{day}{month}{year}"
    gap = r"[-./ ]\s?"
    yield rf"{year}{gap}{m}{gap}{d}"
    for first, second in ((d, m), (m, d)):
        yield rf"{first}{gap}{second}{gap}(?:{year[:2]})?{year[2:]}"
    named = _MONTHS[int(month) - 1] if 1 <= int(month) <= 12 else ""
    if named:
        yield rf"{d}(?:th|st|nd|rd)?\.?[ -]{named}[a-z]*\.?,?[ -]{year}"
        yield rf"{named}[a-z]*\.?[ -]{d}(?:th|st|nd|rd)?,?[ -]{year}"
