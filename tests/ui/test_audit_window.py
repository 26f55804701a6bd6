"""The audit as a list: everything that one may see, filtered, and nothing to change."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QWidget
from pytestqt.qtbot import QtBot

from annotator.bootstrap import open_workspace
from annotator.model.audit import AuditAct
from annotator.model.image import ExamInfo
from annotator.model.person import Role
from annotator.settings import Settings
from annotator.store.store import Store
from annotator.ui.desk.reading_desk import ReadingDesk
from annotator.ui.task_runner import TaskRunner
from annotator.ui.window.audit_window import HEADS, AuditWindow, audit_row, chosen_rows
from annotator.ui.words.exam_names import ExamNames

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

STUDY, OTHER = "2.25.71", "2.25.72"


@pytest.fixture
def url(tmp_path: Path) -> str:
    address = f"sqlite:///{tmp_path / 'r.db'}"
    for who, act, study in (("anna", AuditAct.OPENED, STUDY), ("bert", AuditAct.EXPORTED, OTHER)):
        store = Store.open(address, who=who)
        store.note(act, study_instance_uid=study, what="report as PDF" if who == "bert" else "")
        store.close()
    return address


@pytest.fixture
def shown(qtbot: QtBot, url: str, request: pytest.FixtureRequest):
    """The window of a reader, once the database has answered."""
    bugs: list[BaseException] = []
    runner = TaskRunner(bugs.append)
    workspace = open_workspace(Settings(database=url, reader=getattr(request, "param", "anna")))
    desk = ReadingDesk(workspace, runner)
    desk.exams = (ExamInfo(STUDY, ()),)
    parent = QWidget()
    parent.resize(1366, 768)
    qtbot.addWidget(parent)
    made = AuditWindow(desk, runner, ExamNames(), parent)
    made.show()
    qtbot.waitUntil(lambda: "Entries are only ever added" in made.note.text())
    yield made
    runner.shutdown()
    workspace.close()
    assert bugs == []


def texts(made: AuditWindow, column: int) -> list[str]:
    table = made.table
    return [table.data(table.index(row, column)) for row in range(table.rowCount())]


def test_it_lists_who_did_what_the_newest_first_and_calls_open_exams_by_name(shown: AuditWindow) -> None:
    assert texts(shown, 1) == ["bert", "anna"]
    assert texts(shown, 2) == ["exported", "opened"]
    assert texts(shown, 4) == ["report as PDF", ""]
    assert texts(shown, 3)[1].startswith("Exam ...")
    # one that is not open is called as exports call it
    assert len(texts(shown, 3)[0]) == 12
    tip = shown.table.data(shown.table.index(0, 3), Qt.ItemDataRole.ToolTipRole)
    assert tip == f"Study Instance UID {OTHER}"
    assert "2 entries; everybody's acts" in shown.note.text()
    assert shown.list.editTriggers() == QAbstractItemView.EditTrigger.NoEditTriggers


def test_what_went_out_has_the_room_and_every_word_can_be_read(shown: AuditWindow) -> None:
    more = HEADS.index("More")
    for column in range(more):
        assert shown.list.columnWidth(column) <= shown.list.viewport().width() // 4
    assert shown.list.columnWidth(more) >= shown.list.viewport().width() // 3
    for row in range(shown.table.rowCount()):
        where = shown.table.index(row, more)
        assert shown.table.data(where, Qt.ItemDataRole.ToolTipRole) == shown.table.data(where)
        for column in range(HEADS.index("Exam")):
            words = str(shown.table.data(shown.table.index(row, column)))
            assert shown.list.fontMetrics().horizontalAdvance(words) < shown.list.columnWidth(column)


def test_words_act_and_day_narrow_it(shown: AuditWindow) -> None:
    shown.words.setText("BERT pdf")
    assert texts(shown, 1) == ["bert"]
    shown.words.setText(OTHER)
    assert texts(shown, 1) == ["bert"]
    assert "1 of 2 entries" in shown.note.text()
    shown.words.clear()
    shown.act.setCurrentText("opened")
    assert texts(shown, 1) == ["anna"]
    shown.act.setCurrentIndex(0)
    shown.since.setCurrentText("Today")
    assert len(texts(shown, 1)) == 2


def test_an_older_day_is_left_out(url: str) -> None:
    store = Store.open(url)
    rows = [audit_row(one, "") for one in store.audit()]
    store.close()
    tomorrow = datetime.now().astimezone() + timedelta(days=1)
    assert chosen_rows(rows, "", None, tomorrow) == []
    assert chosen_rows(rows, "", None, None) == rows


@pytest.mark.parametrize(
    ("who", "seen"), [("anna", {"anna"}), ("root", {"anna", "bert", "root"}), ("carl", set())]
)
def test_in_a_file_that_knows_people_others_than_administrators_see_their_own(
    url: str, who: str, seen: set[str]
) -> None:
    store = Store.open(url, who="root")
    store.add_person("root", "The Owner", Role.ADMINISTRATOR)
    store.add_person("anna", "Anna", Role.READER)
    store.note(AuditAct.VERIFIED)
    store.close()
    workspace = open_workspace(Settings(database=url, reader=who))
    audit = workspace.audit(10)
    workspace.close()
    assert {one.who for one in audit.entries} == seen
    assert audit.of_everybody is (who == "root")


def test_what_is_older_than_the_list_is_long_is_told(url: str) -> None:
    workspace = open_workspace(Settings(database=url, reader="anna"))
    assert (len(workspace.audit(1).entries), workspace.audit(1).more, workspace.audit(2).more) == (
        1,
        True,
        False,
    )
    workspace.close()
