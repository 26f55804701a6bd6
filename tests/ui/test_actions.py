"""The table of actions is whole: menus, shortcuts, tooltips and the key help all follow from it."""

from __future__ import annotations

from collections import Counter

import pytest
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QWidget

from annotator.lexicon.loader import load_lexicon
from annotator.ui.actions import ACTIONS, CHORDS, MENUS, key_text, make_actions
from annotator.ui.key_help import KeyHelp
from annotator.ui.theme import MINIMUM_CONTRAST, contrast, text_pairs


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
    for chord in CHORDS:
        letters = [choice.letters for choice in chord.choices]
        assert not [a for a in letters for b in letters if a is not b and b.startswith(a)]


def test_the_key_help_lists_every_act_and_every_chord(qtbot) -> None:
    lexicon = load_lexicon()
    window = KeyHelp(lexicon)
    qtbot.addWidget(window)
    text = " ".join(page.toPlainText() for page in window.pages)
    missing = [spec.id for spec in ACTIONS if f"{spec.text.rstrip('.')}. {spec.tooltip}" not in text]
    missing += [spec.id for spec in ACTIONS if spec.shortcuts and key_text(spec.shortcuts) not in text]
    missing += [c.letters for chord in CHORDS for c in chord.choices if lexicon.word(c.word) not in text]
    assert missing == []


@pytest.mark.parametrize(("text", "ground"), sorted(set(text_pairs())))
def test_text_stands_out_from_its_ground(text: str, ground: str) -> None:
    assert contrast(text, ground) >= MINIMUM_CONTRAST


def test_contrast_is_that_of_the_guidelines() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
