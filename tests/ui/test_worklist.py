"""The worklist by itself: grouping, sorting, filter, states, names hidden, keyboard, and why it is empty."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from annotator.model.image import ExamInfo, ImageInfo, Laterality, View
from annotator.ui.desk.worklist_rows import (
    Choice,
    Entry,
    ExamState,
    Heading,
    Showing,
    SortBy,
    counts,
    worklist_order,
)
from annotator.ui.panels.worklist import WorklistPanel

# The offscreen platform says so of every window; it is no fault of ours.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
SPOKEN = Qt.ItemDataRole.AccessibleTextRole


def exam(uid: str, patient: str, date: str, images: int = 1) -> ExamInfo:
    made = tuple(
        ImageInfo(
            path=Path(f"{uid}/{number}.dcm"),
            sop_class_uid="1.2.840.10008.5.1.4.1.1.1.2",
            sop_instance_uid=f"{uid}.{number}",
            rows=4000,
            columns=3000,
            study_instance_uid=uid,
            laterality=Laterality.LEFT,
            view=View("CC"),
            patient_key=patient,
            exam_date=date,
        )
        for number in range(images)
    )
    return ExamInfo(uid, made)


EXAMS = [exam("1", "Berta", "20200101"), exam("2", "Anna", "20190101"), exam("3", "Anna", "20230101", 4)]
STATES = {"2": ExamState.DONE, "1": ExamState.IN_PROGRESS}


@pytest.fixture
def panel(qtbot) -> WorklistPanel:
    panel = WorklistPanel()
    qtbot.addWidget(panel)
    panel.resize(320, 400)
    panel.show_exams(EXAMS)
    panel.show_states(STATES)
    with qtbot.waitExposed(panel):
        panel.show()
    return panel


def shown(panel: WorklistPanel) -> list[str]:
    return [row.uid if isinstance(row, Entry) else f"[{row.text}]" for row in panel.list.rows.rows]


def press(panel: WorklistPanel, *keys: Qt.Key) -> None:
    for key in keys:
        QTest.keyClick(panel.list, key)


def test_exams_stand_below_their_patient_the_newest_first(panel) -> None:
    assert [e.study_instance_uid for e in worklist_order(EXAMS)] == ["3", "2", "1"]
    assert shown(panel) == ["[Anna]", "3", "2", "[Berta]", "1"]
    assert panel.list.rows.rows[0] == Heading("Anna", 2)
    assert [e.study_instance_uid for e in panel.exams_in_sight] == ["3", "2", "1"]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        (SortBy.DATE, ["[2023-01-01]", "3", "[2020-01-01]", "1", "[2019-01-01]", "2"]),
        (SortBy.STATE, ["[new]", "3", "[in progress]", "1", "[done]", "2"]),
        (SortBy.OPENED, ["1", "2", "3"]),
    ],
)
def test_it_sorts_and_groups_by_what_the_reader_chooses(panel, sort, expected) -> None:
    QTest.keyClicks(panel.sort, "")
    panel.sort.setFocus()
    panel.sort.setCurrentIndex(list(SortBy).index(sort))
    panel.sort.activated.emit(list(SortBy).index(sort))
    assert shown(panel) == expected


def test_exams_opened_later_come_last_in_the_order_of_opening(panel) -> None:
    panel.choose(Choice(sort=SortBy.OPENED))
    panel.show_exams([exam("0", "Aaron", "19990101"), *EXAMS])
    assert shown(panel) == ["1", "2", "3", "0"]


def test_every_word_of_the_filter_must_occur_also_of_the_state(panel) -> None:
    QTest.keyClicks(panel.filter, "anna done")
    assert shown(panel) == ["[Anna]", "2"]
    assert panel.progress.text() == "1 of 3 done, 1 in progress, 1 listed"
    panel.filter.clear()
    assert len(panel.exams_in_sight) == 3


@pytest.mark.parametrize(
    ("showing", "expected"),
    [
        (Showing.NOT_DONE, {"1", "3"}),
        (Showing.NEW, {"3"}),
        (Showing.IN_PROGRESS, {"1"}),
        (Showing.DONE, {"2"}),
        (Showing.ALL, {"1", "2", "3"}),
    ],
)
def test_states_are_listed_as_chosen(panel, showing, expected) -> None:
    panel.choose(replace(panel.choice, showing=showing))
    assert {e.study_instance_uid for e in panel.exams_in_sight} == expected


def test_the_exam_on_the_table_stays_listed_when_its_state_changes(panel) -> None:
    panel.set_current("3")
    panel.choose(Choice(showing=Showing.NEW))
    panel.show_states(STATES | {"3": ExamState.DONE})
    assert shown(panel) == ["[Anna]", "3"]
    panel.set_current("1")
    assert shown(panel) == ["[Berta]", "1"]


def test_the_keyboard_goes_over_headings_and_enter_opens(panel, qtbot) -> None:
    opened: list[str] = []
    panel.exam_chosen.connect(lambda e: opened.append(e.study_instance_uid))
    panel.list.setFocus()
    press(panel, Qt.Key.Key_Home)
    assert panel.list.selected_uid == "3"
    press(panel, Qt.Key.Key_Down, Qt.Key.Key_Down)
    assert panel.list.selected_uid == "1"
    press(panel, Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Up)
    assert panel.list.selected_uid == "3"
    press(panel, Qt.Key.Key_End, Qt.Key.Key_Return)
    assert opened == ["1"]


def test_a_click_opens_an_exam_and_a_heading_nothing(panel) -> None:
    opened: list[str] = []
    panel.exam_chosen.connect(lambda e: opened.append(e.study_instance_uid))
    view = panel.list.viewport()
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(30, 5))
    assert opened == []
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=panel.list.rect_of("2").center())
    assert opened == ["2"]


def test_rows_are_spoken_with_patient_state_and_loading(panel) -> None:
    panel.set_current("3")
    panel.show_ready({"3": (4, 4), "2": (1, 4)})
    model = panel.list.rows
    spoken = [model.data(model.index(row), SPOKEN) for row in range(3)]
    assert spoken == [
        "Anna, 2 exams",
        "Anna  2023-01-01, 4 images, reading, 4 of 4 images ready",
        "Anna  2019-01-01, 1 image, done, 1 of 4 images ready",
    ]
    panel.show_ready({"3": (4, 4)})
    assert model.ready("2") == (0, 0)


def test_names_are_replaced_everywhere_while_others_look_on(panel) -> None:
    panel.filter.setText("berta")
    panel.names.set_hidden(True)
    assert panel.filter.text() == ""
    model = panel.list.rows
    told = [
        str(model.data(model.index(row), role))
        for row in range(model.rowCount())
        for role in (SPOKEN, Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole)
    ]
    assert not any(name in words for words in told for name in ("Anna", "Berta"))
    assert shown(panel) == ["[Patient 1]", "3", "2", "[Patient 2]", "1"]
    assert "names hidden" in panel.heading.text()
    panel.filter.setText("berta")
    assert shown(panel) == []
    panel.filter.setText("patient 2020")
    assert shown(panel) == ["[Patient 2]", "1"]
    panel.show_exams([exam("0", "Aaron", "19990101"), *EXAMS])
    panel.filter.clear()
    assert shown(panel)[0] == "[Patient 1]"
    panel.names.set_hidden(False)
    assert shown(panel)[0] == "[Aaron]"


def test_an_empty_list_says_why_and_what_to_do(panel, qtbot) -> None:
    fresh = WorklistPanel()
    qtbot.addWidget(fresh)
    assert "Open a folder" in fresh.empty.words.text()
    assert fresh.pages.currentWidget() is fresh.empty
    assert fresh.empty.button.isHidden()
    panel.filter.setText("nobody")
    assert panel.pages.currentWidget() is panel.empty
    assert panel.empty.words.text() == "None of 3 exams passes the filter."
    QTest.mouseClick(panel.empty.button, Qt.MouseButton.LeftButton)
    assert panel.filter.text() == ""
    assert panel.pages.currentWidget() is panel.list
    panel.choose(Choice(showing=Showing.NOT_DONE))
    panel.show_states(dict.fromkeys("123", ExamState.DONE))
    assert panel.empty.words.text() == "All 3 exams are done."
    assert panel.progress.text().startswith("all 3 done")


def test_counts_in_words() -> None:
    assert counts([], {}) == ""
    assert counts("1234", {"1": ExamState.DONE, "2": ExamState.IN_PROGRESS}) == "1 of 4 done, 1 in progress"
    assert counts("1", {"1": ExamState.DONE}) == "1 exam, done"


def test_the_way_back_is_offered_by_name(panel) -> None:
    wanted: list[bool] = []
    panel.back_wanted.connect(lambda: wanted.append(True))
    assert panel.back.isHidden()
    panel.show_back("Berta", "Alt+Left")
    assert panel.back.text() == "Back to Berta  (Alt+Left)"
    QTest.mouseClick(panel.back, Qt.MouseButton.LeftButton)
    assert wanted == [True]
    panel.show_back("", "Alt+Left")
    assert panel.back.isHidden()


def test_the_order_of_what_is_listed_is_told_when_it_changes(panel) -> None:
    told: list[bool] = []
    panel.order_changed.connect(lambda: told.append(True))
    panel.show_states(STATES)
    panel.show_states(STATES | {"3": ExamState.IN_PROGRESS})
    assert told == []
    panel.choose(Choice(sort=SortBy.DATE))
    assert told == [True]


def test_a_row_keeps_its_place_when_states_come(panel) -> None:
    many = [exam(str(n), f"P{n:04}", "20200101") for n in range(300)]
    panel.show_exams(many)
    panel.list.go_to("200")
    top = panel.list.verticalScrollBar().value()
    assert top > 0
    panel.show_states({"3": ExamState.DONE})
    panel.choose(Choice(text="P0"))
    assert panel.list.selected_uid == "200"
