"""Texts of DICOM that come back as they were, and JSON within them."""

from __future__ import annotations

from typing import Any

import msgspec

from annotator.errors import ExportError


def survives(said: str) -> bool:
    """Whether a text (VR UT) keeps all of it: spaces at its end do not count, nor may control characters stand in it.

    One of blanks alone is not written at all.
    """
    return bool(said.strip()) and said == said.rstrip(" \0") and not any(_control(sign) for sign in said)


def readable(said: str) -> str:
    """The text as a program of others may show it: without what no text may hold (PS3.5 6.1.3)."""
    return "".join(" " if _control(sign) else sign for sign in said)


def json_text(record: Any) -> str:
    """A record as one line of JSON. Raises ExportError for characters that no file can hold."""
    try:
        return msgspec.json.encode(record).decode()
    except UnicodeError as error:
        raise ExportError(
            f"The structured report was not written: a text of the reading holds characters that no file can ({error})."
        ) from error


def _control(sign: str) -> bool:
    """C0 and C1 controls but tab, line feed, form feed and carriage return; halves of surrogate pairs."""
    return (
        (ord(sign) < 32 and sign not in "\t\n\f\r")
        or 0x7F <= ord(sign) < 0xA0
        or 0xD800 <= ord(sign) < 0xE000
    )
