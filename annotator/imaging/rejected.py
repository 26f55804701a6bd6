"""A file that was found and cannot be shown."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Rejected:
    """`reason` is one clear sentence without the path."""

    path: Path
    reason: str
