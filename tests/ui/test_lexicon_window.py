"""The words of the lexicon in their window, by real keys and clicks, and asked of a chip."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hands import move
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from annotator.lexicon import load_lexicon
from annotator.model.finding import Distribution, Morphology, Quadrant
from annotator.model.history import Act
from annotator.settings import load_settings, settings_path
from annotator.ui.keys.settings_page import SettingsPage
from annotator.ui.lexicon_window.window import LexiconWindow
from annotator.ui.main_window import MainWindow
from annotator.ui.panels.breast_clock import BreastClock
from annotator.ui.panels.word_chips import told

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

KEY = Qt.Key
LEXICON = load_lexicon()


@pytest.fixture
def words(qtbot) -> LexiconWindow:
    made = LexiconWindow(LEXICON)
    qtbot.addWidget(made)
    made.show()
    made.search.setFocus()
    return made


@pytest.mark.parametrize("term", LEXICON.all_terms(), ids=lambda term: term.key)
def test_every_term_is_shown_with_what_is_known_of_it(words: LexiconWindow, term) -> None:
    words.show_term(term.key)
    assert words.shown == term.key
    text = " ".join(words.page.toPlainText().split())
    for said in (term.word, term.definition, term.size, term.no_code, term.note):
        assert " ".join(said.split()) in text
    for code in (term.code, *term.also_read):
        if code is not None:
            assert f"{code.value} {code.scheme}" in text
            assert code.meaning in text
    for one in term.ppv:
        assert one.value in text
        assert one.counted in text
        assert f"[{one.source}] {LEXICON.source(one.source).citation}" in text
    for tag in term.sources:
        assert f"[{tag}]" in text
        assert LEXICON.source(tag).address in text


def test_a_shape_has_its_picture(words: LexiconWindow) -> None:
    for name in ("morphology:rim", "distribution:segmental"):
        words.show_term(name)
        assert "￼" in words.page.toPlainText()
    words.show_term("depth:middle")
    assert "￼" not in words.page.toPlainText()


def test_typing_finds_a_word_and_arrows_walk_through_what_is_left(words: LexiconWindow) -> None:
    QTest.keyClicks(words.search, "indist")
    assert words.shown == "morphology:amorphous"
    words.search.selectAll()
    QTest.keyClicks(words.search, "o'clock")
    first = words.shown
    assert first.startswith("clock_face:")
    QTest.keyClick(words.search, KEY.Key_Down)
    assert words.shown.startswith("clock_face:")
    assert words.shown != first
    assert words.search.hasFocus()
    words.search.selectAll()
    QTest.keyClicks(words.search, "zzzz")
    assert words.shown == ""
    assert "No word is called that" in words.page.toPlainText()
    words.search.clear()
    assert words.shown


def test_a_term_that_the_search_hides_is_shown_all_the_same(words: LexiconWindow) -> None:
    QTest.keyClicks(words.search, "clock")
    words.show_term("skin")
    assert words.shown == "morphology:skin"
    assert words.search.text() == ""


def test_another_edition_is_looked_at_and_changes_nothing_elsewhere(words: LexiconWindow) -> None:
    words.show_term("milk")
    words.edition.setFocus()
    QTest.keyClick(words.edition, KEY.Key_Down)
    assert words.shown == "morphology:milk"
    assert "Layering" in words.page.toPlainText()
    assert "5th edition (2013)" in words.page.toPlainText()
    assert "Those of another edition are shown here" in words.note.text()
    words.show_term("dystrophic")
    assert "No longer a word of the v2025 Manual" in words.page.toPlainText()
    assert LEXICON.word(Morphology.MILK) == "Milk of calcium"


def test_ctrl_f1_explains_the_chip_in_hand(qtbot, open_window, sample_dicoms: Path) -> None:
    window = opened(qtbot, open_window, sample_dicoms)
    chip = window.finding_panel.looks.morphology.chip(Morphology.FINE_PLEO)
    chip.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    chip.setFocus()
    QTest.keySequence(chip, QKeySequence("Ctrl+F1"))
    words = window.findChild(LexiconWindow)
    assert words is not None
    assert words.isVisible()
    assert words.shown == "morphology:fine_pleo"
    qtbot.waitUntil(words.isActiveWindow)
    QTest.keyClick(words.search, KEY.Key_Escape)
    assert not words.isVisible()


def test_the_right_button_on_a_chip_asks_what_it_is(qtbot, open_window, sample_dicoms: Path) -> None:
    window = opened(qtbot, open_window, sample_dicoms)
    chip = window.finding_panel.looks.distribution.chip(Distribution.LINEAR)
    middle = chip.rect().center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, middle, chip.mapToGlobal(middle))
    QApplication.sendEvent(chip, event)
    menu = next(m for m in window.findChildren(QMenu) if m.isVisible())
    (action,) = menu.actions()
    assert action.text() == "What is linear?"
    action.trigger()
    menu.close()
    assert window.findChild(LexiconWindow).shown == "distribution:linear"


def test_a_place_on_the_drawn_breast_is_explained_too(qtbot) -> None:
    clock = BreastClock(LEXICON)
    qtbot.addWidget(clock)
    clock.resize(clock.sizeHint())
    clock.show()
    move(clock, clock.place_of(Quadrant.CENTRAL), held=Qt.MouseButton.NoButton)
    assert clock.property("term") == "quadrant:central"
    move(clock, QPointF(0, 0), held=Qt.MouseButton.NoButton)
    assert clock.property("term") == ""
    clock.setFocus()
    QTest.keyClick(clock, KEY.Key_Right)
    assert LEXICON.find(clock.property("term"))[0].kind == "clock_face"


def test_nothing_of_it_is_loaded_before_it_is_wanted(qtbot, open_window) -> None:
    window = open_window()
    assert window.findChild(LexiconWindow) is None
    window.actions_by_id["lexicon"].trigger()
    assert window.findChild(LexiconWindow).isVisible()


def test_a_tooltip_shows_the_small_picture_and_no_share_of_malignant_ones() -> None:
    for item in (*Morphology, *Distribution):
        term = LEXICON.term(item)
        text = told(term)
        file = Path(text.split('src="')[1].split('"')[0])
        assert file.name == term.picture
        assert file.is_file()
        assert not any(one.value in text for one in term.ppv)


def test_the_edition_is_chosen_in_the_settings_from_the_next_start_on(qtbot, open_window) -> None:
    window = open_window()
    window.key_commands.show_settings()
    page = window.findChild(SettingsPage)
    field = page.program.fields["lexicon_edition"]
    field.setFocus()
    QTest.keyClick(field, KEY.Key_Down)
    assert "From the next start on" in page.program.notes["lexicon_edition"].text()
    assert load_settings(settings_path()).lexicon_edition == "v2025"
    # what is begun before that is still of the edition whose words are in use
    workspace = window.desk.workspace
    begun = workspace.open_reading("1.2.3").reading
    assert begun.lexicon_edition == "5"
    workspace.save(replace(begun, done=True), based_on=0, act=Act.EDIT, label="Done")
    later = open_window(lexicon_edition="v2025")
    assert later.desk.workspace.open_reading("1.2.3").reading.lexicon_edition == "5"
    assert later.desk.workspace.open_reading("1.2.4").reading.lexicon_edition == "v2025"
    assert window_words(later) == "Layering"


def window_words(window: MainWindow) -> str:
    return window.finding_panel.looks.benign.chip(Morphology.MILK).text()


def opened(qtbot, open_window, folder: Path) -> MainWindow:
    window = open_window()
    window.open_paths([folder])
    qtbot.waitUntil(lambda: window.desk.session is not None, timeout=20000)
    qtbot.waitUntil(lambda: not window.exam_view.loading, timeout=20000)
    window.show_panel("findings")
    window.actions_by_id["new_finding"].trigger()
    return window
