"""What was done with a whole database, noted in its audit by commands that have no store open."""

from __future__ import annotations

from annotator.model.audit import AuditAct
from annotator.store import schema
from annotator.store.checkup import look_at
from annotator.store.store import Store


def note_in(url: str, act: AuditAct, what: str = "") -> None:
    """Add an entry, where the database has an audit; raises StoreError where it cannot be written."""
    if look_at(url).revision != schema.HEAD:
        return
    store = Store.open(url)
    try:
        store.note(act, what=what)
    finally:
        store.close()
