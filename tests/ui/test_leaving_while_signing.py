"""A reader signs and goes on: what was being signed is signed before the exam is left, or why not is told."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from small_exam import write_exam
from test_session import EXAM, StillPicture, bugs, picture, runner, workspace  # noqa: F401
from test_signing_session import Table, described, table  # noqa: F401

from annotator.errors import StoreError
from annotator.model.history import Act
from annotator.settings import waiting_dir
from annotator.store.signing import tampered
from annotator.ui.commands import signing as signing_commands
from annotator.ui.desk.signing import SignState

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

CTRL = Qt.KeyboardModifier.ControlModifier


def test_an_exam_left_while_its_signature_is_made_is_signed(table: Table, picture: StillPicture) -> None:  # noqa: F811
    described(table, picture)
    table.signing.sign()
    table.signing.finish()
    assert table.desk.close_session()
    table.open()
    assert table.session.reading.is_signed
    assert not tampered(table.session.reading)
    assert [r.act for r in table.session.revisions()][-1] is Act.SIGN


def test_words_said_while_leaving_are_not_signed_unseen(table: Table, picture: StillPicture) -> None:  # noqa: F811
    finding = described(table, picture)
    table.signing.sign()
    table.session.describe(finding, "Say", comment="x")
    table.signing.finish()
    assert "sign again" in table.said[-1]
    table.reopen()
    assert not table.session.reading.is_signed
    assert table.session.reading.findings[0].comment == "x"


def test_an_exam_whose_signature_waits_on_this_computer_is_left_and_signed_when_it_is_opened_again(
    table: Table,  # noqa: F811
    picture: StillPicture,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    described(table, picture)
    assert table.session.flush()
    save = table.desk.workspace.save

    def full(*_args: object, **_rest: object) -> int:
        raise StoreError("the disk is full")

    monkeypatch.setattr(table.desk.workspace, "save", full)
    table.signing.sign()
    table.signing.finish()
    study = table.session.exam.study_instance_uid
    assert table.desk.close_session()
    assert not table.desk.workspace.open_reading(study).reading.is_signed
    monkeypatch.setattr(table.desk.workspace, "save", save)
    table.open()
    assert table.session.reading.is_signed
    assert table.desk.workspace.open_reading(study).reading.is_signed


def test_an_exam_whose_signature_can_be_kept_nowhere_stays_open(
    table: Table,  # noqa: F811
    picture: StillPicture,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    described(table, picture)
    assert table.session.flush()
    save = table.desk.workspace.save
    waiting_dir().parent.mkdir(parents=True, exist_ok=True)
    waiting_dir().write_text("")

    def full(*_args: object, **_rest: object) -> int:
        raise StoreError("the disk is full")

    monkeypatch.setattr(table.desk.workspace, "save", full)
    table.signing.sign()
    table.signing.finish()
    assert not table.desk.close_session()
    assert table.session.reading.is_signed
    monkeypatch.setattr(table.desk.workspace, "save", save)
    assert table.desk.close_session()
    table.open()
    assert table.session.reading.is_signed


@pytest.fixture
def no_reflex(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing_commands, "REFLEX_S", 0.0)


def opened(qtbot: QtBot, window, folder):
    window.open_paths([folder])
    qtbot.waitUntil(lambda: window.desk.session is not None, timeout=5000)
    return window.desk.session


def press_sign_twice(qtbot: QtBot, window) -> None:
    window.grid.active.setFocus()
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Return, CTRL)
    qtbot.waitUntil(lambda: window.signing_commands.card.asks_to_sign, timeout=5000)
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Return, CTRL)


@pytest.mark.usefixtures("no_reflex")
@pytest.mark.parametrize("how", ["closed", "next exam"])
def test_the_window_leaves_an_exam_right_after_the_key_that_signs(
    qtbot, open_window, tmp_path, how: str
) -> None:
    window = open_window()
    session = opened(qtbot, window, write_exam(tmp_path / "a", study="1.2.3"))
    window.desk.open_paths([write_exam(tmp_path / "b", study="1.2.4")])
    qtbot.waitUntil(
        lambda: window.desk.exam is not session.exam and window.desk.session is not None, timeout=5000
    )
    other, first = window.desk.exam, session.exam
    window.desk.open_exam(first)
    qtbot.waitUntil(lambda: window.desk.session.exam is first, timeout=5000)
    session = window.desk.session
    session.new_finding()
    window.grid.active.setFocus()
    study = session.exam.study_instance_uid
    press_sign_twice(qtbot, window)
    assert not session.reading.is_signed
    if how == "closed":
        window.close()
    else:
        # its reading was taken from the database ahead, so that it opens at once
        uid = other.study_instance_uid
        window.desk.keep_ahead(uid, window.desk.workspace.open_reading(uid, other))
        window.desk.open_exam(other)
        assert window.desk.exam is other
    kept = window.desk.workspace.open_reading(study).reading
    assert [s.version for s in kept.signatures] == [1]


@pytest.mark.usefixtures("no_reflex")
def test_a_comment_being_typed_is_in_the_signature(qtbot, open_window, tmp_path) -> None:
    window = open_window()
    session = opened(qtbot, window, write_exam(tmp_path / "a"))
    session.new_finding()
    comment = window.finding_panel.comment
    comment.setFocus()
    QTest.keyClicks(comment, "seen before")
    QTest.keyClick(comment, Qt.Key.Key_Return, CTRL)
    qtbot.waitUntil(lambda: window.signing_commands.card.asks_to_sign, timeout=5000)
    comment.setFocus()
    QTest.keyClicks(comment, " the card")
    QTest.keyClick(comment, Qt.Key.Key_Return, CTRL)
    window.close()
    kept = window.desk.workspace.open_reading(session.exam.study_instance_uid).reading
    assert kept.findings[0].comment == "seen before the card"
    assert not kept.signatures or not tampered(kept)


@pytest.mark.usefixtures("no_reflex")
def test_words_pasted_with_what_no_database_keeps_are_saved_without(qtbot, open_window, tmp_path) -> None:
    window = open_window()
    session = opened(qtbot, window, write_exam(tmp_path / "a"))
    session.new_finding()
    window.finding_panel.comment.insertPlainText("seen\0 before")
    window.finding_panel.commit_comment()
    assert session.flush()
    assert session.reading.findings[0].comment == "seen before"
    press_sign_twice(qtbot, window)
    signing = window.signing_commands.signing
    qtbot.waitUntil(lambda: signing.state is SignState.SIGNED, timeout=5000)
    window.actions_by_id["amend"].trigger()
    window.signing_commands.card.reason.insert("one\0 more")
    QTest.keyClick(window.signing_commands.card.reason, Qt.Key.Key_Return)
    assert session.flush()
    assert session.reading.amending == "one more"
