"""The audit as an account may see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from annotator.model.audit import AuditEntry
from annotator.model.person import Role

if TYPE_CHECKING:
    from annotator.store.store import Store


@dataclass(frozen=True, slots=True)
class Audit:
    """Entries, the newest first, and what exports call the exam of each ('' for none); `of_everybody`, or one's own.

    `more`: there are older ones.
    """

    entries: tuple[AuditEntry, ...]
    pseudonyms: tuple[str, ...]
    of_everybody: bool
    more: bool


def audit_of(store: Store, most: int) -> Audit:
    """The newest entries that whoever has `store` open may see; at most so many are looked at. Raises StoreError.

    On PostgreSQL the database decides. In a file that knows people, others than its administrators are shown their own.
    """
    known = {one.name: one.role for one in store.people()}
    found = store.audit(limit=most + 1)
    everybody = not known or known.get(store.who) is Role.ADMINISTRATOR
    entries = found[:most] if everybody else tuple(one for one in found[:most] if one.who == store.who)
    names = store.pseudonyms()
    called = (names.exam(one.study_instance_uid) if one.study_instance_uid else "" for one in entries)
    return Audit(entries, tuple(called), everybody, len(found) > most)
