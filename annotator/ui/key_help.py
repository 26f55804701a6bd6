"""Every key in one quiet window beside the images."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QTextBrowser, QVBoxLayout, QWidget

from annotator.lexicon.loader import Lexicon
from annotator.ui.actions import ACTIONS, CHORDS, MENUS, key_text
from annotator.ui.theme import ACCENT, DIM, STRONG

MOUSE = (
    ("wheel", "zoom at the pointer; in a stack the next slice"),
    ("Ctrl+wheel", "zoom in a stack"),
    ("Shift+wheel", "thickness of a slab; in a stack the size of the lens while it is open"),
    ("wheel, lens open", "size of the lens; Alt+wheel its magnification"),
    ("right drag, lens open", "the window inside the lens only"),
    ("strip beside a stack", "click or drag goes to the slice there"),
    ("middle drag, Space+drag", "pan"),
    ("right drag", "window width and centre"),
    ("left click", "with a mark tool: snap to the spot, measure and mark it"),
    ("Alt+click", "mark there even if no spot is found"),
    ("left drag", "with a mark tool: outline marks as a cluster"),
    ("Shift+drag", "with a mark tool: select the marks inside, no cluster is made"),
    ("click on an outline", "select the cluster; Del then unties it"),
    ("right click", "menu; moves selected marks to another finding"),
    ("drag a mark", "move it; it is measured anew"),
    ("double click on a small picture", "show it in the active pane"),
)


def help_columns(lexicon: Lexicon) -> tuple[str, str]:
    """The key help as two columns of HTML, from the table of actions."""
    sections = []
    for menu in MENUS:
        rows = [(key_text(s.shortcuts), f"{s.text.rstrip('.')}. {s.tooltip}") for s in ACTIONS if s.menu == menu]
        sections.append(_section(menu, rows))
    for chord in CHORDS:
        rows = [(f"{chord.key} {' '.join(c.letters)}", lexicon.word(c.word)) for c in chord.choices]
        sections.append(_section(chord.title, rows))
    left, right = sections[:4], [_section("Mouse", MOUSE), *sections[4:]]
    return "".join(left), "".join(right)


class KeyHelp(QDialog):
    """Not modal: the images stay usable while it is open."""

    def __init__(self, lexicon: Lexicon, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys")
        self.setModal(False)
        self.resize(1080, 640 if parent is None else max(640, parent.window().height() - 80))
        outer = QVBoxLayout(self)
        columns = QHBoxLayout()
        outer.addLayout(columns)
        self.pages: list[QTextBrowser] = []
        for name, html in zip(("Keys, part 1", "Keys, part 2"), help_columns(lexicon), strict=True):
            page = QTextBrowser()
            page.setAccessibleName(name)
            page.setHtml(html)
            page.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
            columns.addWidget(page)
            self.pages.append(page)


def _section(title: str, rows: list[tuple[str, str]] | tuple[tuple[str, str], ...]) -> str:
    lines = "".join(
        f'<tr><td style="color:{STRONG}; padding-right:14px; white-space:nowrap">{escape(keys) or "menu"}</td>'
        f"<td>{escape(text)}</td></tr>"
        for keys, text in rows
    )
    heading = f'<p style="color:{ACCENT}; margin-bottom:2px"><b>{escape(title)}</b></p>'
    return f'{heading}<table cellspacing="1" style="color:{DIM}">{lines}</table>'
