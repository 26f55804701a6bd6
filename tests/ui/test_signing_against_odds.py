"""Signing where something stands against it: another window, a locked database, one that can only be read."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from small_exam import write_exam

from annotator.errors import StaleReading
from annotator.store.checkup import look_at_signed
from annotator.ui.commands import signing as signing_commands
from annotator.ui.desk.saving import SaveState
from annotator.ui.desk.session import ReadingSession
from annotator.ui.desk.signing import SignState
from annotator.ui.main_window import MainWindow

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture(autouse=True)
def no_reflex(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing_commands, "REFLEX_S", 0.0)


@pytest.fixture
def exam(tmp_path: Path) -> Path:
    return write_exam(tmp_path / "exam")


def opened(qtbot: QtBot, window: MainWindow, folder: Path) -> ReadingSession:
    window.open_paths([folder])
    qtbot.waitUntil(lambda: window.desk.session is not None, timeout=5000)
    session = window.desk.session
    assert session is not None
    return session


def sign(qtbot: QtBot, window: MainWindow) -> None:
    with qtbot.waitActive(window):
        window.raise_()
        window.activateWindow()
    window.grid.active.setFocus()
    QTest.keyClick(window.grid.active, Qt.Key.Key_Return, CTRL)
    card = window.signing_commands.card
    qtbot.waitUntil(lambda: card.asks_to_sign, timeout=5000)
    QTest.keyClick(card.yes, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(window.desk.session.reading.signatures), timeout=5000)


def test_of_two_windows_on_one_reading_the_later_signature_is_not_taken_for_one(
    qtbot, open_window, exam
) -> None:
    first, second = open_window(), open_window()
    here, there = opened(qtbot, first, exam), opened(qtbot, second, exam)
    here.new_finding()
    assert here.flush()
    sign(qtbot, second)
    qtbot.waitUntil(lambda: there.save_state is SaveState.KEPT, timeout=5000)
    assert isinstance(there.save_error, StaleReading)
    assert second.signing_commands.signing.state is SignState.UNSAVED
    assert second.strip.signed.text() == "not signed"
    assert second.signed_note.words.text().startswith("Not signed:")
    kept = first.desk.workspace.open_reading(here.exam.study_instance_uid).reading
    assert kept == here.reading
    there.give_up_unsaved()
    assert look_at_signed(first.desk.workspace.settings.database).faults == ()


def test_what_another_window_says_after_the_signature_is_refused_and_can_be_given_up(
    qtbot, open_window, exam
) -> None:
    first, second = open_window(), open_window()
    here, there = opened(qtbot, first, exam), opened(qtbot, second, exam)
    sign(qtbot, first)
    qtbot.waitUntil(lambda: first.signing_commands.signing.state is SignState.SIGNED, timeout=5000)
    there.new_finding()
    assert not there.flush()
    qtbot.waitUntil(lambda: there.save_state is SaveState.KEPT, timeout=5000)
    assert isinstance(there.save_error, StaleReading)
    there.give_up_unsaved()
    kept = first.desk.workspace.open_reading(here.exam.study_instance_uid).reading
    assert kept == here.reading


def test_a_locked_database_is_signed_in_once_it_is_free(qtbot, open_window, exam, tmp_path) -> None:
    window = open_window()
    session = opened(qtbot, window, exam)
    session.new_finding()
    assert session.flush()
    with sqlite3.connect(tmp_path / "r.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        sign(qtbot, window)
        assert window.signing_commands.signing.state in (SignState.SIGNING, SignState.UNSAVED)
        assert not window.strip.signed.text().startswith("signed")
        other.execute("ROLLBACK")
    other.close()
    session.save_now()
    qtbot.waitUntil(lambda: window.signing_commands.signing.state is SignState.SIGNED, timeout=15_000)
    kept = window.desk.workspace.open_reading(session.exam.study_instance_uid).reading
    assert kept.is_signed
