"""What was done with readings and exams besides reading them, and by whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class AuditAct(StrEnum):
    """What an entry of the audit is about."""

    OPENED = "opened"
    EXPORTED = "exported"
    IMPORTED = "imported"
    SIGNED = "signed"
    WITHDREW = "withdrew"
    RESTORED = "restored"
    BACKED_UP = "backed up"
    COPIED = "copied"
    VERIFIED = "verified"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One entry, as it was written; `role` is what `who` was then, '' where nobody said. `what` names no patient."""

    id: int
    at: datetime
    who: str
    role: str
    program_version: str
    act: AuditAct
    reading_id: str | None
    study_instance_uid: str | None
    what: str
