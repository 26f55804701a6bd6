"""A file that was found and cannot be shown, and one that is about pictures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Rejected:
    """`reason` is one clear sentence without the path."""

    path: Path
    reason: str


@dataclass(frozen=True)
class ReportFile(Rejected):
    """A structured report: no picture, and nothing is amiss with it. '' where its header does not name them."""

    study_instance_uid: str = ""
    sop_class_uid: str = ""
