"""Names of files as a line of a window shows them: files come with any name that a disk takes."""

from __future__ import annotations

LONGEST = 60
"""Letters of a name on a line."""
_UNKNOWN = "\N{REPLACEMENT CHARACTER}"


def shown_file_name(name: str) -> str:
    """`name` on one line of at most LONGEST letters, its middle left out where it is longer.

    Bytes that are no text, control characters, line breaks and what turns the direction of writing are shown as
    one sign each; a name that would not be seen at all gets a word in its place.
    """
    shown = "".join(c if c.isprintable() else _UNKNOWN for c in name)
    if len(shown) > LONGEST:
        half = (LONGEST - 1) // 2
        shown = f"{shown[:half]}\N{HORIZONTAL ELLIPSIS}{shown[-half:]}"
    return shown if shown.strip() else "(a file without a name)"
