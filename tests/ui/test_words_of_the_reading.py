"""A reading is told in the words it was said in, whatever edition the settings name now."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from small_exam import write_exam

from annotator.lexicon.loader import load_lexicon
from annotator.model import edits
from annotator.model.finding import Assessment, Morphology
from annotator.model.history import Act
from annotator.model.seen_on_image import RecallReason, TechnicalRecall
from annotator.ui.panels.word_chips import told

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

OLD, NEW = "2.25.1", "2.25.2"


@pytest.fixture
def window(qtbot, open_window, tmp_path):
    """The words of v2025 are in use; of two exams the first was read in those of the fifth edition."""
    workspace = open_window(lexicon_edition="5").desk.workspace
    reading, finding = edits.add_finding(workspace.open_reading(OLD).reading)
    reading = edits.describe(reading, finding.id, morphology=(Morphology.MILK, Morphology.DYSTROPHIC))
    reading = edits.describe(reading, finding.id, assessment=Assessment.INCOMPLETE)
    reading = edits.recall_view(reading, TechnicalRecall(f"{OLD}.1", (next(iter(RecallReason)),)))
    workspace.save(reading, based_on=0, act=Act.EDIT, label="Morphology: milk of calcium, dystrophic (F1)")
    window = open_window(lexicon_edition="v2025")
    window.resize(1366, 768)
    folders = [write_exam(tmp_path / study, study=study, patient=study) for study in (OLD, NEW)]
    window.open_paths(folders)
    qtbot.waitUntil(lambda: window.desk.session is not None and len(window.desk.exams) == 2, timeout=20_000)
    show(qtbot, window, OLD)
    return window


def show(qtbot, window, study: str) -> None:
    """Open an exam, as from the list."""
    exam = next(exam for exam in window.desk.exams if exam.study_instance_uid == study)
    window.desk.open_exam(exam)
    qtbot.waitUntil(
        lambda: window.desk.session is not None and window.desk.session.exam.study_instance_uid == study,
        timeout=20_000,
    )
    qtbot.waitUntil(lambda: all(v.picture for v in window.grid.shown), timeout=20_000)


def legend(window, letter: str) -> str:
    """What a legend tells, as rich text."""
    window.grid.active.setFocus()
    QTest.keyClicks(window.grid.active, letter)
    words = window._legend.rows.text()
    QTest.keyClick(window._legend, Qt.Key.Key_Escape)
    return words


def found(window) -> set[str]:
    """What the search for commands finds by name."""
    return {entry.title for entry in window.key_commands.entries()}


def test_the_panel_speaks_the_edition_the_reading_was_said_in(window) -> None:
    panel, fifth = window.finding_panel, load_lexicon("5")
    assert window.desk.session.reading.lexicon_edition == "5"
    assert panel.looks.benign.chip(Morphology.MILK).text() == "Milk of calcium"
    assert panel.looks.benign.chip(Morphology.MILK).toolTip() == told(fifth.term(Morphology.MILK))
    assert panel.looks.benign.chip(Morphology.DYSTROPHIC).isChecked()
    assert panel.looks.morphology.chip(Morphology.PUNCTATE).text() == "Punctate"
    name = fifth.assessments[Assessment.INCOMPLETE].name
    assert f"<b>0 {name}</b>" in panel.assessment.chip(Assessment.INCOMPLETE).toolTip()
    assert "milk of calcium" in panel.list.item(0).toolTip()
    row = panel.looks.benign.chip(Morphology.SKIN)
    QTest.mouseClick(row, Qt.MouseButton.LeftButton)
    label = window.desk.session.undo_stack.undoText()
    assert "milk of calcium" in label
    assert "dystrophic" in label
    assert "coarse (" not in label


def test_legends_and_search_speak_the_edition_of_the_reading(qtbot, window) -> None:
    assert "Dystrophic" in legend(window, "E")
    assert "Milk of calcium" in legend(window, "E")
    assert "Dystrophic" in found(window)
    assert "Layering" not in found(window)
    show(qtbot, window, NEW)
    window.desk.session.new_finding()
    assert "Dystrophic" not in legend(window, "E")
    assert "Layering" in legend(window, "E")
    assert "Dystrophic" not in found(window)
    assert "Layering" in found(window)


def test_another_reading_brings_its_own_words_and_leaves_the_folds(qtbot, window) -> None:
    panel = window.finding_panel
    panel.set_folds("place benign")
    show(qtbot, window, NEW)
    window.desk.session.new_finding()
    assert window.desk.session.reading.lexicon_edition == "v2025"
    assert panel.looks.benign.chip(Morphology.MILK).text() == "Layering"
    assert Morphology.DYSTROPHIC not in panel.looks.benign._chips
    assert panel.folds_text == "place benign"
    assert panel.looks.benign.isVisible()
    show(qtbot, window, OLD)
    assert panel.looks.benign.chip(Morphology.MILK).text() == "Milk of calcium"
    assert panel.looks.benign.chip(Morphology.DYSTROPHIC).isChecked()
    assert panel.folds_text == "place benign"


def test_a_chip_in_hand_stays_in_hand_and_tab_goes_as_the_eye_does(qtbot, window) -> None:
    panel = window.finding_panel
    panel.set_folds("benign")
    row = panel.looks.benign
    session = window.desk.session
    row._let_tab_reach(row.chip(Morphology.MILK))
    row.chip(Morphology.MILK).setFocus()
    panel.set_session(None)
    assert row.chip(Morphology.MILK).text() == "Layering"
    panel.set_session(session)
    row.chip(Morphology.MILK).setFocus()
    row.use_lexicon(load_lexicon("v2025"))
    assert window.focusWidget() is row.chip(Morphology.MILK)
    row.use_lexicon(load_lexicon("5"))
    panel.refresh()
    assert window.focusWidget() is row.chip(Morphology.MILK)


def test_after_new_chips_tab_reaches_the_rows_from_above_to_below(window) -> None:
    panel = window.finding_panel
    panel.set_session(None)
    panel.set_session(window.desk.session)
    panel.set_folds("benign")
    chips: list[QWidget] = []
    at: QWidget = panel.new
    while (at := at.nextInFocusChain()) is not panel.new:
        chips.append(at)
    looks = panel.looks
    rows = (looks.size_word, looks.morphology, looks.benign, looks.distribution, panel.assessment)
    # each chip of a row may become its stop
    order = [chips.index(chip) for row in rows for chip in row._chips.values()]
    assert order == sorted(order)


def test_history_and_timeline_speak_the_edition_of_the_reading(qtbot, window) -> None:
    window.show_panel("history")
    qtbot.waitUntil(lambda: window.history.list.count() == 1, timeout=5000)
    assert "Milk of calcium, Dystrophic" in window.history.list.item(0).text()
    window.show_panel("timeline")
    qtbot.waitUntil(lambda: window.timeline.list.count() == 1, timeout=5000)
    assert "milk of calcium" in window.timeline.list.item(0).text()


def test_nothing_stored_changes_by_being_shown(qtbot, window) -> None:
    workspace = window.desk.workspace
    before = workspace.open_reading(OLD)
    show(qtbot, window, NEW)
    show(qtbot, window, OLD)
    after = workspace.open_reading(OLD)
    assert (after.reading, after.revision) == (before.reading, before.revision)
    assert window.desk.session.reading == before.reading
