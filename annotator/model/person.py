"""Who works with readings, in which role."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """What a person does with readings; NONE is somebody who no longer does anything.

    On PostgreSQL the database itself enforces what each may see and add (`docs/database.md`).
    """

    READER = "reader"
    SECOND_READER = "second reader"
    ARBITER = "arbiter"
    LABELLER = "labeller"
    ADMINISTRATOR = "administrator"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Person:
    """One account: `name` is that of the system (on PostgreSQL of the database), `display_name` what people read.

    `added` and `added_by` tell who said so last.
    """

    name: str
    display_name: str
    role: Role
    added: datetime
    added_by: str
