"""The page for readers lists the keys the window has, word for word."""

from __future__ import annotations

from pathlib import Path

from annotator.ui.actions import ACTIONS, MENUS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reading.md"


def key_table() -> str:
    """The table of keys as the page should hold it."""
    lines = ["| keys | act | |", "|---|---|---|"]
    for menu in MENUS:
        for spec in ACTIONS:
            if spec.menu == menu and spec.shortcuts:
                keys = " ".join(f"`{keys}`" for keys in spec.shortcuts)
                lines.append(f"| {keys} | {spec.text.rstrip('.')} | {spec.tooltip} |")
    return "\n".join(lines)


def test_the_page_for_readers_lists_every_key() -> None:
    text = PAGE.read_text(encoding="utf-8")
    written = text.split("<!-- keys -->")[1].split("<!-- /keys -->")[0].strip()
    assert written == key_table(), "docs/reading.md is behind the table of actions; put key_table() there"
