"""Whether the clock of this computer was set back while somebody reads; no order hangs on it, and the history shows it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from annotator.model.counts import counted

TOLD_FROM = timedelta(minutes=2)
"""Clocks that are set by a server go back by less, and nobody needs to know."""


def _of_the_system() -> datetime:
    return datetime.now(UTC)


class WatchedClock:
    """The time of each act, and whether it is earlier than that of the one before."""

    def __init__(self, now: Callable[[], datetime] = _of_the_system) -> None:
        self._now = now
        self._latest: datetime | None = None

    def tell(self) -> tuple[datetime, str]:
        """The time, and a sentence where it went back since the last time it was asked, else ''."""
        now, before = self._now(), self._latest
        self._latest = now
        if before is None or before - now < TOLD_FROM:
            return now, ""
        return now, (
            f"The clock of this computer went back by {_span(before - now)}; acts keep their order and none is lost, "
            "but the history shows the times that the clock tells. Set the clock right."
        )


def _span(apart: timedelta) -> str:
    if apart.days:
        return counted(apart.days, "day")
    minutes = round(apart.total_seconds() / 60)
    return f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours"
