"""Signing as a reader does it: twice a key, nothing by reflex, a line for the reason, another's reading to look at."""

from __future__ import annotations

from pathlib import Path

import pytest
from hands import LEFT, click
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu, QPushButton
from small_exam import write_exam

from annotator.errors import SignedReading
from annotator.model import edits
from annotator.model.finding import Assessment, Morphology
from annotator.model.history import Act
from annotator.ui.commands import signing as signing_commands
from annotator.ui.desk.signing import SignState
from annotator.ui.faults.bug_reporter import BugReporter
from annotator.ui.theme import DIM

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def exam(tmp_path: Path) -> Path:
    return write_exam(tmp_path / "exam")


@pytest.fixture
def no_reflex(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing_commands, "REFLEX_S", 0.0)


def opened(qtbot, window, exam):
    window.open_paths([exam])
    qtbot.waitUntil(lambda: window.desk.session is not None, timeout=5000)
    qtbot.waitUntil(lambda: all(v.picture for v in window.grid.shown), timeout=5000)
    return window.desk.session


def ctrl_return(window) -> None:
    QTest.keyClick(window.focusWidget() or window, Qt.Key.Key_Return, CTRL)


def asked(qtbot, window):
    ctrl_return(window)
    card = window.signing_commands.card
    qtbot.waitUntil(lambda: card.asks_to_sign, timeout=5000)
    return card


def sign(qtbot, window) -> None:
    asked(qtbot, window)
    ctrl_return(window)
    qtbot.waitUntil(lambda: window.strip.signed.text().startswith("signed,"), timeout=5000)


def test_a_reflex_right_after_an_exam_opened_signs_nothing(qtbot, open_window, exam) -> None:
    window = open_window()
    session = opened(qtbot, window, exam)
    ctrl_return(window)
    ctrl_return(window)
    assert "only just opened" in window.status.message
    assert not window.signing_commands.card.isVisible()
    assert not session.reading.signatures


@pytest.mark.usefixtures("no_reflex")
def test_what_is_unsaid_is_told_and_a_second_press_signs(qtbot, open_window, exam) -> None:
    window = open_window()
    session = opened(qtbot, window, exam)
    session.new_finding()
    session.new_finding()
    window.grid.active.setFocus()
    card = asked(qtbot, window)
    assert "F1 and F2 are without a category." in card.points.text()
    assert "Not all seen at acquisition resolution" in card.points.text()
    assert not session.reading.is_signed
    QTest.keyClick(card.yes, Qt.Key.Key_Escape)
    assert not card.isVisible()
    assert window.focusWidget() is window.grid.active
    sign(qtbot, window)
    assert session.reading.signatures[0].version == 1
    assert window.strip.signed.text() == "signed, version 1"
    assert "Signed: version 1, anna" in window.signed_note.words.text()
    assert window.actions_by_id["amend"].isEnabled()
    assert not window.actions_by_id["undo"].isEnabled()


@pytest.mark.usefixtures("no_reflex")
def test_enter_signs_as_well_and_a_change_meanwhile_asks_again(qtbot, open_window, exam) -> None:
    window = open_window()
    session = opened(qtbot, window, exam)
    session.new_finding()
    card = asked(qtbot, window)
    session.describe(session.reading.findings[0].id, "Say", assessment=Assessment.BENIGN)
    assert not card.isVisible()
    asked(qtbot, window)
    assert "category" not in card.points.text()
    QTest.keyClick(card.yes, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.signing_commands.signing.state is SignState.SIGNED, timeout=5000)


@pytest.mark.usefixtures("no_reflex")
def test_a_click_on_a_signed_exam_marks_nothing_and_says_how_to_amend(qtbot, open_window, exam) -> None:
    window = open_window()
    session = opened(qtbot, window, exam)
    sign(qtbot, window)
    viewport = window.grid.shown[0]
    click(viewport, viewport.rect().center(), LEFT, Qt.KeyboardModifier.AltModifier)
    assert session.reading.marks == ()
    assert "Amend..." in window.status.message
    ctrl_return(window)
    assert not window.signing_commands.card.isVisible()


@pytest.mark.usefixtures("no_reflex")
def test_words_of_a_signed_exam_show_again_what_was_signed(qtbot, open_window, exam) -> None:
    window = open_window()
    session = opened(qtbot, window, exam)
    session.new_finding()
    panel = window.finding_panel
    assert not panel.comment.isReadOnly()
    window.grid.active.setFocus()
    sign(qtbot, window)
    assert panel.comment.isReadOnly()
    buttons = [b for b in panel.findChildren(QPushButton) if b.isCheckable() and b.isVisibleTo(panel)]
    chips = [b for b in buttons if b.property("role") != "fold"]
    assert len(chips) > 10
    before = session.reading
    checked = [c.isChecked() for c in chips]
    for chip in chips:
        window.status.forget_message()
        QTest.mouseClick(chip, Qt.MouseButton.LeftButton)
        assert "Amend..." in window.status.message, chip.text()
    assert session.reading is before
    assert [c.text() for c, was in zip(chips, checked, strict=True) if c.isChecked() is not was] == []


@pytest.mark.usefixtures("no_reflex")
def test_amending_asks_for_the_reason_in_a_line_and_signing_again_is_version_two(
    qtbot, open_window, exam
) -> None:
    window = open_window()
    session = opened(qtbot, window, exam)
    sign(qtbot, window)
    QTest.mouseClick(window.signed_note.amend, Qt.MouseButton.LeftButton)
    card = window.signing_commands.card
    assert card.asks_for_reason
    assert card.reason.hasFocus()
    assert not card.yes.isEnabled()
    QTest.keyClick(card.reason, Qt.Key.Key_Return)
    assert card.isVisible()
    QTest.keyClicks(card.reason, "lateral view came later")
    QTest.keyClick(card.reason, Qt.Key.Key_Return)
    assert session.reading.amending == "lateral view came later"
    assert "open again" in window.status.message
    assert session.reading.findings == ()
    assert "lateral view came later" in window.signed_note.words.text()
    session.new_finding()
    window.grid.active.setFocus()
    sign(qtbot, window)
    assert [s.version for s in session.reading.signatures] == [1, 2]
    assert window.strip.signed.text() == "signed, version 2"
    assert "open again" not in window.status.message


@pytest.mark.usefixtures("no_reflex")
def test_esc_leaves_it_signed_and_withdrawing_brings_it_back(qtbot, open_window, exam) -> None:
    window = open_window()
    session = opened(qtbot, window, exam)
    sign(qtbot, window)
    window.actions_by_id["amend"].trigger()
    card = window.signing_commands.card
    QTest.keyClick(card.reason, Qt.Key.Key_Escape)
    assert not card.isVisible()
    assert session.reading.is_signed
    window.actions_by_id["amend"].trigger()
    QTest.keyClicks(card.reason, "x")
    QTest.mouseClick(card.yes, Qt.MouseButton.LeftButton)
    session.new_finding()
    QTest.mouseClick(window.signed_note.withdraw, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.signing_commands.signing.state is SignState.SIGNED, timeout=5000)
    assert session.reading.findings == ()


@pytest.mark.usefixtures("no_reflex")
def test_the_signed_reading_of_another_is_looked_at_under_its_name_and_left(qtbot, open_window, exam) -> None:
    first = open_window(reader="anna")
    session = opened(qtbot, first, exam)
    session.new_finding()
    sign(qtbot, first)
    theirs_id = session.reading.id
    first.close()
    window = open_window(reader="bert")
    own = opened(qtbot, window, exam)
    assert own.reading.findings == ()
    own_id = own.reading.id
    window.actions_by_id["other_readings"].trigger()

    def rows() -> list[str]:
        return [
            a.text()
            for m in window.findChildren(QMenu, options=Qt.FindChildOption.FindDirectChildrenOnly)
            if m.isVisible()
            for a in m.actions()
        ]

    qtbot.waitUntil(lambda: bool(rows()), timeout=5000)
    assert rows() == ["anna: signed, version 1, 1 finding"]
    (menu,) = (m for m in window.findChildren(QMenu) if m.isVisible())
    menu.actions()[0].trigger()
    menu.close()
    qtbot.waitUntil(lambda: window.desk.session is not None and window.desk.session.is_lent, timeout=5000)
    assert "Reading of anna, to be looked at only" in window.signed_note.words.text()
    assert window.strip.signed.text() == "reading of anna"
    assert len(window.desk.session.reading.findings) == 1
    window.actions_by_id["new_finding"].trigger()
    assert "reading of anna" in window.status.message
    keeper = window.looking_commands.coverage
    keeper._see(window.grid.shown[0].picture, 1)
    keeper.save()
    QTest.mouseClick(window.signed_note.back, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.desk.session is not None and not window.desk.session.is_lent, timeout=5000)
    assert window.desk.session.reading.reader == "bert"
    seen, study = window.desk.workspace.seen, window.desk.session.exam.study_instance_uid
    qtbot.waitUntil(lambda: len(seen.kept(study, own_id)) == 1, timeout=5000)
    assert seen.kept(study, theirs_id) == ()


@pytest.mark.usefixtures("no_reflex")
def test_an_act_that_forgot_to_ask_is_told_and_is_no_crash(qtbot, open_window, exam) -> None:
    window = open_window()
    session = opened(qtbot, window, exam)
    sign(qtbot, window)
    reporter = BugReporter()
    reporter.watch(window)
    with pytest.raises(SignedReading) as forgotten:
        edits.add_finding(session.reading)
    reporter.excepthook(SignedReading, forgotten.value, None)
    assert window.status.message == str(forgotten.value)
    assert window.errors.texts == ()


@pytest.mark.usefixtures("no_reflex")
def test_in_a_signed_reading_new_remove_and_keep_take_nothing_and_say_how_it_is_amended(
    qtbot, open_window, exam
) -> None:
    window = open_window()
    session, panel = opened(qtbot, window, exam), window.finding_panel
    session.new_finding()
    finding = session.current_finding
    said = {"morphology": (Morphology.SKIN,), "assessment": Assessment.MODERATE_SUSPICION}
    session.describe(finding.id, "Skin, 4B", **said)
    qtbot.waitUntil(lambda: any(line.told for line in panel.lines), timeout=5000)
    keep = next(row.button for line in panel.lines for row in line.rows)
    acts = (panel.new, panel.remove, keep)
    assert all(button.isEnabled() for button in acts)
    told = [button.toolTip() for button in acts]
    assert not any("Amend..." in words for words in told)
    sign(qtbot, window)
    assert [button.isEnabled() for button in acts] == [False, False, False]
    assert all("Amend... opens it again" in button.toolTip() for button in acts)
    assert {button.palette().buttonText().color().name() for button in acts} == {DIM}
    assert all("Amend... opens it again" in button.accessibleDescription() for button in acts)
    window.key_commands.follow()
    assert "Amend... opens it again" in panel.new.toolTip()
    session.seal(edits.amend(session.reading, "Looked again"), Act.AMEND, "Amend")
    assert all(button.isEnabled() for button in acts)
    assert [button.toolTip() for button in acts] == told
