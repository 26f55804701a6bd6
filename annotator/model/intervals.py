"""Time between exams: months of the calendar, and intervals in words. Dates only, no clock."""

from __future__ import annotations

from calendar import monthrange
from datetime import date

from annotator.model.counts import counted

MONTH_DAYS = 365.25 / 12
"""Days of a mean month."""
_DAYS_UP_TO = 45
_MONTHS_UP_TO = 48
"""Up to here an interval is told in days, and up to here in months, as follow-up is."""


def add_months(day: date, months: int) -> date:
    """The same day so many months later; the last of a month that is too short for it."""
    year, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def days_words(days: int) -> str:
    """Such as "1 day", "40 days"."""
    return counted(days, "day")


def months_words(months: int) -> str:
    """Such as "1 month", "6 months"."""
    return counted(months, "month")


def months_between(day: date | None, earlier: date | None) -> float | None:
    """Mean months from an earlier day to a day, below 0 where it is the later one; None where one is not known."""
    return None if day is None or earlier is None else (day - earlier).days / MONTH_DAYS


def interval_words(here: date | None, there: date | None) -> str:
    """How far another exam lies from this one: "6 months earlier", "12 days later"; no date is in it."""
    if here is None or there is None:
        return "an exam of unknown date"
    days = abs((here - there).days)
    if not days:
        return "the same day"
    side = "earlier" if there < here else "later"
    if days < _DAYS_UP_TO:
        return f"{days_words(days)} {side}"
    months = round(days / MONTH_DAYS)
    if months <= _MONTHS_UP_TO:
        return f"{months_words(months)} {side}"
    return f"{round(months / 12)} years {side}"
