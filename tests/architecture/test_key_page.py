"""The page for readers lists the keys the window has, word for word; `make key-table` writes them there."""

from __future__ import annotations

from pathlib import Path

from annotator.ui.actions import ACTIONS, MENUS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reading.md"
BEGIN, END = "<!-- keys -->", "<!-- /keys -->"


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
    written = text.split(BEGIN)[1].split(END)[0].strip()
    assert written == key_table(), "docs/reading.md is behind the table of actions; run: make key-table"


def write_key_table() -> None:
    """Put the table of today into the page for readers."""
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}\n{key_table()}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    write_key_table()
