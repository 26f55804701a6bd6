"""Exports in the audit: what went out, of which reading, under which name."""

from __future__ import annotations

import contextlib

from annotator.errors import StoreError
from annotator.model.audit import AuditAct
from annotator.model.finding import Reading
from annotator.workspace import Workspace


def note_export(workspace: Workspace, reading: Reading, what: str, *, identified: bool) -> None:
    """Note that `what` ("report as PDF") is about to go out.

    Raises StoreError where an export that names the patient cannot be noted: it is not made then. One behind a
    pseudonym is made all the same, with a database that can only be read or is out of reach.
    """
    exam = reading.study_instance_uid
    told = "with the patient's name" if identified else f"as {workspace.pseudonyms.exam(exam)}"
    with contextlib.nullcontext() if identified else contextlib.suppress(StoreError):
        workspace.note(AuditAct.EXPORTED, exam, reading.id, f"{what}, {told}")
