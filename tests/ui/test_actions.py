"""The table of actions is whole: menus, shortcuts, tooltips and the key help all follow from it."""

from __future__ import annotations

from collections import Counter
from itertools import product

import pytest
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QWidget

from annotator.lexicon.loader import load_lexicon
from annotator.model.finding import Morphology
from annotator.ui.actions import ACTIONS, CHORDS, GROUPS, LINE, MENUS, key_text, keys_in_force, make_actions
from annotator.ui.keys.help import OF_MODE, KeyHelp, Mode, rows_of_mode
from annotator.ui.keys.profiles import UNDECIDED
from annotator.ui.theme import ACCENT_FILL, GROUNDS, MINIMUM_CONTRAST, STRONG, TEXT, TEXT_COLOURS, contrast


def test_no_two_acts_share_an_id_or_a_key() -> None:
    assert [i for i, n in Counter(spec.id for spec in ACTIONS).items() if n > 1] == []
    keys = Counter(QKeySequence(s).toString() for spec in ACTIONS for s in spec.shortcuts)
    assert [k for k, n in keys.items() if n > 1 or not k] == []


@pytest.mark.parametrize("spec", ACTIONS, ids=lambda spec: spec.id)
def test_each_act_has_words_a_menu_and_something_to_call(spec) -> None:
    assert spec.text.strip()
    assert spec.tooltip.strip()
    assert spec.menu in MENUS
    assert bool(spec.shortcuts) != bool(spec.no_key)


@pytest.mark.parametrize("menu", MENUS)
def test_each_act_stands_in_one_group_of_its_menu(menu: str) -> None:
    grouped = [act for group in GROUPS[menu] for act in group.acts]
    assert sorted(grouped) == sorted(spec.id for spec in ACTIONS if spec.menu == menu)


class Opener:
    def open_files(self) -> None: ...


def test_exactly_one_hand_does_an_act(qtbot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    row = [spec for spec in ACTIONS if spec.slot == "open_files"]
    assert list(make_actions(window, window, [object(), Opener()], row)) == ["open_files"]
    with pytest.raises(LookupError, match="Opener, Opener"):
        make_actions(window, window, [Opener(), Opener()], row)
    with pytest.raises(LookupError, match="no hand"):
        make_actions(window, window, [object()], row)


def test_digits_choose_windows_and_nothing_else() -> None:
    by_key = {key: spec for spec in ACTIONS for key in spec.shortcuts}
    assert {by_key[str(digit)].slot for digit in range(10)} == {"use_window"}


def test_the_keys_of_the_interaction_page_do_what_it_says() -> None:
    by_key = {key: spec.id for spec in ACTIONS for key in spec.shortcuts}
    wanted = {
        "M": "mark_micro", "Shift+M": "mark_macro", "Z": "fit", "I": "invert", "H": "layout",
        "G": "show_marks", "V": "other_view", "S": "other_side", "[": "older_exam", "]": "newer_exam",
        "Tab": "next_finding", "Shift+Tab": "previous_finding", "B": "benign_chord",
        "L": "descriptor_chord", "Ctrl+Z": "undo", "Ctrl+Shift+Z": "redo", "Ctrl+Y": "redo",
        "Ctrl+S": "save", "F1": "keys", "?": "keys", "F11": "images_only",
    }  # fmt: skip
    assert {key: by_key.get(key) for key in wanted} == wanted


def test_letters_of_a_chord_pick_one_row_only() -> None:
    for column in (column for chord in (*CHORDS, LINE) for column in chord.columns):
        letters = [choice.letters for choice in column.choices]
        assert not [a for a in letters for b in letters if a is not b and b.startswith(a)]


def test_what_a_line_leaves_out_after_the_shape_needs_no_key() -> None:
    _, *later = LINE.columns
    letters = [choice.letters for column in later for choice in column.choices]
    assert len(letters) == len(set(letters))
    digits = {choice.letters for choice in later[-1].choices if choice.letters.isdigit()}
    assert not digits & {choice.letters for choice in LINE.columns[0].choices}


def test_a_letter_says_the_same_shape_in_every_legend() -> None:
    benign = next(chord for chord in CHORDS if chord.id == "benign")
    in_line = {choice.letters: choice.value for choice in LINE.columns[0].choices}
    assert {c.letters: in_line[c.letters] for c in benign.choices} == {
        c.letters: c.value for c in benign.choices
    }
    assert set(in_line.values()) == set(Morphology)


def test_the_key_help_lists_every_act_and_every_chord(qtbot) -> None:
    lexicon = load_lexicon()
    window = KeyHelp()
    qtbot.addWidget(window)
    window.show_for(Mode(), UNDECIDED, keys_in_force(), lexicon)
    text = " ".join(page.toPlainText() for page in window.pages)
    missing = [spec.id for spec in ACTIONS if f"{spec.name}. {spec.tooltip}".replace("?.", "?") not in text]
    missing += [spec.id for spec in ACTIONS if spec.shortcuts and key_text(spec.shortcuts) not in text]
    missing += [c.letters for chord in (*CHORDS, LINE) for c in chord.choices if c.word(lexicon) not in text]
    assert missing == []


def test_the_key_help_follows_keys_that_were_changed_and_is_searched(qtbot) -> None:
    window = KeyHelp()
    qtbot.addWidget(window)
    window.show_for(Mode(), UNDECIDED, keys_in_force({"invert": ("Ctrl+Alt+I",)}), load_lexicon())
    window.search.setText("invert lens")
    text = " ".join(page.toPlainText() for page in window.pages)
    assert "Invert inside the lens" in text
    assert "Save now" not in text
    window.search.setText("ctrl+alt+i")
    assert "Black becomes white" in window.pages[0].toPlainText()
    window.search.setText("xyzzy")
    assert "Nothing is called that" in window.pages[0].toPlainText()


@pytest.mark.parametrize(
    ("mode", "words", "first", "never"),
    [
        (Mode(), "Looking", "Fit / 1:1", "Descriptor"),
        (Mode(marking=True), "Marking", "Benign preset", "Cine"),
        (Mode(selecting=True), "Selecting", "Move selected marks", "Cine"),
        (Mode(marking=True, lens=True), "Marking, lens open", "Invert inside the lens", "Cine"),
        (Mode(stack=True, cine=True), "Looking, stack in view, cine runs", "Cine faster", "Descriptor"),
        (Mode(candidate=True), "Looking, candidate in hand", "Accept the candidate", "Cine"),
    ],
)
def test_the_keys_of_the_moment_come_first(mode: Mode, words: str, first: str, never: str) -> None:
    told = "\n".join(text for _, text in rows_of_mode(mode, UNDECIDED, keys_in_force()))
    assert mode.words == words
    assert first in told
    assert f"{never}. " not in told


def test_the_keys_of_the_moment_are_acts_that_there_are() -> None:
    known = {spec.id for spec in ACTIONS}
    assert {act for acts in OF_MODE.values() for act in acts} <= known


@pytest.mark.parametrize(
    ("text", "ground"), [*product(TEXT_COLOURS, GROUNDS), (STRONG, ACCENT_FILL), (TEXT, ACCENT_FILL)]
)
def test_text_stands_out_from_its_ground(text: str, ground: str) -> None:
    assert contrast(text, ground) >= MINIMUM_CONTRAST


def test_contrast_is_that_of_the_guidelines() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
