"""A signature as a reader's program would make it, for the tests that sign readings."""

from __future__ import annotations

from typing import Any

from annotator.model.finding import Reading
from annotator.model.signing import Signature
from annotator.store.encoding import content_digest


def signature_of(reading: Reading, **other: Any) -> Signature:
    """The next signature of a reading by its own reader; `other` replaces parts of it."""
    parts = {
        "version": len(reading.signatures) + 1,
        "reader": reading.reader,
        "at": "2026-03-04T05:06:07Z",
        "reason": reading.amending,
        "content": content_digest(reading),
        "program_version": "1",
        "lexicon_edition": "5",
        "lexicon_version": "1",
        "rules_version": "1",
        "rules": "d",
        "display": "a screen",
    }
    return Signature(**(parts | other))
