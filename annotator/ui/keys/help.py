"""Every key in one quiet window beside the images: those of what is in hand now first, then all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QPushButton, QTextBrowser, QVBoxLayout, QWidget

from annotator.lexicon.loader import Lexicon
from annotator.ui.actions import ACTIONS, CHORDS, LINE, MENUS, ActionSpec, Keys, key_text
from annotator.ui.keys import mouse_words
from annotator.ui.keys.profiles import Profile
from annotator.ui.keys.word_match import rank
from annotator.ui.theme import ACCENT, DIM, STRONG

Rows = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Mode:
    """What is in hand and in sight: `marking` and `selecting` by the tool, `candidate` by the line in hand, the rest by the active pane."""

    marking: bool = False
    selecting: bool = False
    lens: bool = False
    stack: bool = False
    cine: bool = False
    candidate: bool = False

    @property
    def words(self) -> str:
        """The mode in words, for a heading."""
        tool = "Marking" if self.marking else "Selecting" if self.selecting else "Looking"
        more = (
            ("lens open", self.lens),
            ("stack in view", self.stack),
            ("cine runs", self.cine),
            ("candidate in hand", self.candidate),
        )
        return ", ".join([tool, *(words for words, so in more if so)])


OF_MODE: Mapping[str, tuple[str, ...]] = {
    "marking": ("cancel", "delete", "select_tool", "benign_chord", "line_chord", "say_as_last", "category_chord", "descriptor_chord", "new_finding", "outline_wider", "outline_tighter", "undo"),
    "selecting": ("cancel", "delete", "join_marks", "split_mark", "move_to_new", "call_micro", "call_macro", "next_finding", "previous_finding", "mark_micro", "undo"),
    "looking": ("mark_micro", "mark_macro", "select_tool", "fit", "invert", "lens", "layout", "other_view", "other_side"),
    "lens": ("enlarge", "reduce", "lens_invert", "lens", "cancel"),
    "stack": ("next_slice", "previous_slice", "first_slice", "last_slice", "best_slice", "slab", "cine"),
    "cine": ("cine", "cine_faster", "cine_slower"),
    "candidate": ("candidate_accept", "candidate_accept_new", "candidate_reject", "candidate_reconsider", "candidate_next", "candidate_previous"),
}  # fmt: skip


def rows_of_mode(mode: Mode, profile: Profile, keys: Keys) -> list[tuple[str, str]]:
    """Gestures and keys that matter now, each once."""
    gestures: list[tuple[str, str]] = []
    parts: list[str] = []
    if mode.cine:
        parts.append("cine")
    if mode.candidate:
        parts.append("candidate")
    if mode.lens:
        parts.append("lens")
        gestures.extend(mouse_words.LENS)
    if mode.marking:
        parts.append("marking")
        gestures.extend(mouse_words.MARKING)
    elif mode.selecting:
        parts.append("selecting")
        gestures.extend(mouse_words.SELECTING)
    else:
        parts.append("looking")
        gestures.extend(mouse_words.looking(profile))
    if mode.stack:
        parts.append("stack")
        gestures.extend(mouse_words.STACK)
    acts = dict.fromkeys(act for part in parts for act in OF_MODE[part])
    specs = {spec.id: spec for spec in ACTIONS}
    return [*gestures, *(_row(specs[act], keys) for act in acts if act in specs)]


def all_sections(lexicon: Lexicon, profile: Profile, keys: Keys) -> list[tuple[str, Rows]]:
    """Title and rows of every menu, every chord, and the mouse."""
    sections: list[tuple[str, Rows]] = [
        (menu, [_row(spec, keys) for spec in ACTIONS if spec.menu == menu]) for menu in MENUS
    ]
    for chord in (*CHORDS, LINE):
        first = "" if chord.is_line else key_text(keys[f"{chord.id}_chord"]) or "menu"
        rows = [
            (f"{first} {' '.join(c.letters)}".strip(), c.word(lexicon))
            for c in chord.choices
            if c.offered(lexicon)
        ]
        keys_of_line = key_text(keys[f"{chord.id}_chord"]) or "menu"
        sections.append((f"{chord.title} ({keys_of_line})" if chord.is_line else chord.title, rows))
    sections.append(("Mouse", mouse_words.mouse_words(profile)))
    return sections


class KeyHelp(QDialog):
    """Not modal: the images stay usable while it is open. `show_for` fills it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys")
        self.setModal(False)
        self.resize(1080, 640 if parent is None else max(640, parent.window().height() - 80))
        self._mode: tuple[str, Rows] = ("", ())
        self._sections: list[tuple[str, Rows]] = []
        self.search = QLineEdit()
        self.search.setPlaceholderText("Part of a name or a key")
        self.search.setAccessibleName("Find a key")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._show)
        self.change = QPushButton("Change keys...")
        top = QHBoxLayout()
        top.addWidget(self.search, 1)
        top.addWidget(self.change)
        outer = QVBoxLayout(self)
        outer.addLayout(top)
        columns = QHBoxLayout()
        outer.addLayout(columns)
        self.pages: list[QTextBrowser] = []
        for name in ("Keys, part 1", "Keys, part 2"):
            page = QTextBrowser()
            page.setAccessibleName(name)
            page.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
            columns.addWidget(page)
            self.pages.append(page)

    def show_for(self, mode: Mode, profile: Profile, keys: Keys, lexicon: Lexicon) -> None:
        """The keys of this moment, then all, with words as this lexicon has them."""
        self._mode = (f"Now: {mode.words}", rows_of_mode(mode, profile, keys))
        self._sections = all_sections(lexicon, profile, keys)
        self._show(self.search.text())

    def _show(self, typed: str) -> None:
        sections = [self._mode, *self._sections]
        left = [(title, _matching(rows, typed, title)) for title, rows in sections]
        lengths = [len(rows) + 2 if rows else 0 for _, rows in left]
        # as many sections in the first column as fill half of all rows
        half = next((n for n in range(len(left)) if 2 * sum(lengths[: n + 1]) >= sum(lengths)), 0) + 1
        for page, part in zip(self.pages, (left[:half], left[half:]), strict=True):
            page.setHtml("".join(_section(title, rows) for title, rows in part if rows))
        if typed and not any(rows for _, rows in left):
            self.pages[0].setPlainText("Nothing is called that; try a part of a word, or a key.")


def _row(spec: ActionSpec, keys: Keys) -> tuple[str, str]:
    stop = "" if spec.name.endswith("?") else "."
    return key_text(keys[spec.id]), f"{spec.name}{stop} {spec.tooltip}"


def _matching(rows: Iterable[tuple[str, str]], typed: str, title: str) -> Rows:
    return [(keys, text) for keys, text in rows if rank(typed, text, f"{keys} {title}") is not None]


def _section(title: str, rows: Rows) -> str:
    lines = "".join(
        f'<tr><td style="color:{STRONG}; padding-right:14px; white-space:nowrap">{escape(keys) or "menu"}</td>'
        f"<td>{escape(text)}</td></tr>"
        for keys, text in rows
    )
    heading = f'<p style="color:{ACCENT}; margin-bottom:2px"><b>{escape(title)}</b></p>'
    return f'{heading}<table cellspacing="1" style="color:{DIM}">{lines}</table>'
