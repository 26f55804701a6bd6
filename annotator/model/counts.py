"""Things counted, in words."""

from __future__ import annotations


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number with what it counts: "1 reading", "2,000 readings"; `plural` where an s at the end does not make it."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"
