"""UIDs as files give them: what identifies, if only in its own way, is kept, and all else gets a UID made from it."""

from __future__ import annotations

import hashlib
import re

_VALID = re.compile(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))+")
_USABLE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]*")
_LONGEST = 64
"""PS3.5 9.1."""


def is_usable(uid: str) -> bool:
    """Whether a text can stand for a UID everywhere: in a database, a file name, another program.

    Letters and leading zeros are against PS3.5 9.1 and met all the same; other programs go by them too.
    """
    return len(uid) <= _LONGEST and _USABLE.fullmatch(uid) is not None


def usable_uid(keyword: str, said: str, repairs: list[str]) -> str:
    """`said` where it is usable, else a UID that is the same for the same text; '' stays ''. Told in `repairs`."""
    if not said or (_VALID.fullmatch(said) and len(said) <= _LONGEST):
        return said
    if is_usable(said):
        repairs.append(f"{keyword} is not written as a UID ({said[:40]!r}); it was used as it is.")
        return said
    repairs.append(f"{keyword} is no UID ({said[:40]!r}); one was made from it.")
    digest = hashlib.sha256(f"said to be a UID: {said}".encode()).digest()
    return f"2.25.{int.from_bytes(digest[:16], 'big')}"
