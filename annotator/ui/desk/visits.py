"""The way through the exams: where back and forward lead to."""

from __future__ import annotations

KEPT = 500
"""Visits remembered; more than anybody goes back."""


class Visits:
    """Study UIDs in the order they were opened, and where in it the reader is; as in a browser."""

    def __init__(self) -> None:
        self._way: list[str] = []
        self._at = -1
        self._intended: int | None = None

    def peek(self, by: int) -> str:
        """The exam so many steps away, '' when there is none."""
        at = self._at + by
        return self._way[at] if 0 <= at < len(self._way) else ""

    def intend(self, by: int) -> None:
        """The exam so many steps away is being opened: to arrive there is to go, not to begin a new way."""
        self._intended = self._at + by

    def arrive(self, uid: str) -> None:
        """An exam is open now."""
        intended, self._intended = self._intended, None
        if intended is not None and self._way[intended] == uid:
            self._at = intended
        elif self.peek(0) != uid:
            del self._way[self._at + 1 :]
            self._way.append(uid)
            del self._way[:-KEPT]
            self._at = len(self._way) - 1
