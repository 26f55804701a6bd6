"""Words of files, paths and readers, shown as they are: what looks like markup in them is none."""

from __future__ import annotations

from html import escape

from PySide6.QtGui import Qt


def tip(text: str) -> str:
    """A tooltip that says `text`; Qt takes a tooltip for markup by how it begins."""
    if not Qt.mightBeRichText(text):
        return text
    return f"<p>{escape(text)}</p>".replace("\n", "<br>")


def caption(text: str) -> str:
    """The words of a button or a menu entry; an ampersand would underline the letter after it."""
    return text.replace("&", "&&")


def typed(text: str) -> str:
    """Words as a reader typed or pasted them, without the character NUL, which no database keeps."""
    return text.replace("\0", "")


NAME_LETTERS = 24


def short_name(name: str) -> str:
    """A name where there is no room for a long one: no name widens the window."""
    return name if len(name) <= NAME_LETTERS else f"{name[: NAME_LETTERS - 1]}…"
