"""The worklist of indexed folders in the real window: filled by a program of its own, paged, filtered, opened."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from PySide6.QtCore import Qt

from annotator.imaging.exam_index.filling import fill
from annotator.imaging.exam_index.image_facts import ImageFacts
from annotator.imaging.exam_index.tables import opened
from annotator.imaging.exam_index.writer import IndexWriter
from annotator.settings import exam_index_path
from annotator.ui.desk.worklist_rows import Choice, ExamRow, ExamState, Heading, Showing, SortBy

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
SAMPLES = Path(__file__).resolve().parents[2] / "sample_dicoms"
SPOKEN = Qt.ItemDataRole.AccessibleTextRole


def rows(window) -> list[str]:
    return [
        f"{row.name} {row.date}" for row in window.worklist.indexed.model.rows if isinstance(row, ExamRow)
    ]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SAMPLES, tmp_path / "archive"))


def many(path: Path, count: int) -> None:
    with opened(path) as connection:
        writer = IndexWriter(connection)
        with writer.transaction():
            writer.finish_root(Path("/x"), writer.begin_root(Path("/x")))
            folder, _ = writer.enter(Path("/x"), 1)
            for n in range(count):
                facts = ImageFacts(
                    f"1.{n}", f"2.{n}", f"P{n // 2:04d}", "", f"2024{n % 12 + 1:02d}10", "", "RCC"
                )
                writer.put(folder, f"{n}".encode(), (1, 1, 1), facts)


def shown(qtbot, window, **choice) -> None:
    """Wait until the list is that of the choice."""
    with qtbot.waitSignals([window.indexed.exams.page_ready, window.indexed.exams.counted], timeout=20_000):
        if choice:
            window.worklist.choose(Choice(**choice))
        else:
            window.worklist.choose_source(indexed=True)


def test_a_folder_is_indexed_beside_the_window_and_its_exams_are_listed_and_opened(
    qtbot, open_window, archive
) -> None:
    window = open_window()
    with qtbot.waitSignal(window.indexed.indexing.ended, timeout=60_000):
        window.indexed.index([archive])
    qtbot.waitUntil(lambda: len(rows(window)) >= 3, timeout=20_000)
    assert window.worklist.shows_indexed
    assert not window.worklist.indexed.progress.text()
    assert "PHANTOM-0002 2024-03-12" in rows(window)
    uid = next(
        row.uid
        for row in window.worklist.indexed.model.rows
        if isinstance(row, ExamRow) and row.date == "2024-03-12"
    )
    with qtbot.waitSignal(
        window.desk.session_changed, timeout=60_000, check_params_cb=lambda s: s is not None
    ):
        window.worklist.indexed.list.chosen.emit(uid)
    assert window.desk.exam.study_instance_uid == uid
    # its earlier exam and its neighbours in the list come to hand without being opened
    qtbot.waitUntil(lambda: window.desk.prior_of(window.desk.exam) is not None, timeout=30_000)
    around = [exam.study_instance_uid for exam in window.worklist.exams_in_sight]
    assert uid in around
    assert len(around) >= 2
    assert window.desk.exam.study_instance_uid == uid


def test_pages_come_as_they_are_wanted_and_nothing_is_listed_twice(qtbot, open_window) -> None:
    window = open_window()
    many(window.indexed.exams.path, 350)
    shown(qtbot, window)
    model = window.worklist.indexed.model
    while model.canFetchMore(model.index(-1)):
        with qtbot.waitSignal(window.indexed.exams.page_ready, timeout=20_000):
            model.fetchMore(model.index(-1))
    listed = [row for row in model.rows if isinstance(row, ExamRow)]
    assert len(listed) == len({row.uid for row in listed}) == 350
    headings = [row for row in model.rows if isinstance(row, Heading)]
    assert (len(headings), {heading.count for heading in headings}) == (175, {2})
    assert "0 of 350 done" in window.worklist.progress.text()


def test_the_filter_and_the_order_are_those_of_the_index(qtbot, open_window) -> None:
    window = open_window()
    many(window.indexed.exams.path, 60)
    shown(qtbot, window)
    shown(qtbot, window, sort=SortBy.DATE, text="p000")
    assert rows(window)[0] == "P0005 2024-12-10"
    assert len(rows(window)) == 20
    assert "20 listed" in window.worklist.progress.text()
    shown(qtbot, window, text="nobody")
    assert window.worklist.indexed.words.text() == "None of 60 exams passes the filter."
    shown(qtbot, window, showing=Showing.DUE)
    assert "is due" in window.worklist.indexed.words.text()
    window.worklist.indexed.button.click()
    qtbot.waitUntil(lambda: len(rows(window)) == 60, timeout=20_000)


def test_how_far_readings_are_sorts_and_filters_the_list(qtbot, open_window) -> None:
    window = open_window()
    many(window.indexed.exams.path, 10)
    window.worklist.show_states({"2.3": ExamState.DONE, "2.4": ExamState.IN_PROGRESS})
    shown(qtbot, window)
    qtbot.waitUntil(lambda: "1 of 10 done, 1 in progress" in window.worklist.progress.text(), timeout=20_000)
    shown(qtbot, window, showing=Showing.DONE)
    model = window.worklist.indexed.model
    (row,) = (row for row in model.rows if isinstance(row, ExamRow))
    assert (row.uid, model.state_words(row.uid)) == ("2.3", "done ✓")


def test_names_are_hidden_in_the_list_and_from_the_filter(qtbot, open_window) -> None:
    window = open_window()
    many(window.indexed.exams.path, 4)
    shown(qtbot, window)
    window.worklist_commands.toggle_names()
    assert all(name.startswith("Patient ") for name in rows(window))
    shown(qtbot, window, text="p0001")
    assert rows(window) == []
    shown(qtbot, window, text="rcc")
    assert len(rows(window)) == 4


def test_what_is_amiss_with_files_is_said_in_the_row(qtbot, open_window, archive, tmp_path) -> None:
    window = open_window()
    first = min(archive.rglob("*.dcm"))
    dataset = dcmread(first)
    dataset.PixelData = np.zeros(dataset.Rows * dataset.Columns, np.uint16).tobytes()
    dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    dataset["PixelData"].VR = "OW"
    dataset.save_as(first.with_name("zz.dcm"))
    fill([archive], window.indexed.exams.path, jobs=1, settled_ns=0)
    shown(qtbot, window)
    model = window.worklist.indexed.model
    (row,) = (row for row in model.rows if isinstance(row, ExamRow) and row.warning)
    assert row.warning == "pixels differ"
    assert "other pixels" in model.data(model.index_of(row.uid), SPOKEN)
    shutil.rmtree(archive)
    fill([archive], window.indexed.exams.path, jobs=1, settled_ns=0)
    shown(qtbot, window, text="2024")
    assert {row.warning for row in model.rows if isinstance(row, ExamRow)} == {"missing"}
    with qtbot.waitSignal(window.indexed.exams.message, timeout=20_000) as told:
        window.worklist.indexed.list.chosen.emit(row.uid)
    assert "its readings stay" in told.args[0]


def test_an_empty_index_says_what_to_do_and_one_switched_off_why(
    qtbot, open_window, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = open_window()
    shown(qtbot, window)
    page = window.worklist.indexed
    assert page.words.text().startswith("No folder is indexed yet.")
    assert page.button.text() == "Index a folder..."
    monkeypatch.setenv("ANNOTATOR_HEADER_INDEX", "false")
    off = open_window(reader="berta")
    off.worklist_commands.toggle_indexed()
    assert not off.worklist.shows_indexed
    assert "header_index is off" in off.errors.texts[0]


def test_indexing_is_stopped_by_its_button_and_goes_on_when_the_list_is_shown_again(
    qtbot, open_window, archive
) -> None:
    window = open_window()
    with opened(exam_index_path(window.desk.workspace.settings)) as connection:
        writer = IndexWriter(connection)
        with writer.transaction():
            writer.begin_root(archive)
    with qtbot.waitSignal(window.indexed.indexing.ended, timeout=60_000) as ended:
        window.worklist.choose_source(indexed=True)
    assert ended.args[0]["images"] >= 10
    with qtbot.waitSignal(window.indexed.indexing.ended, timeout=60_000) as ended:
        window.worklist_commands.index_again()
        window.worklist.indexed.stop.click()
    assert ended.args[0] is None
    assert "was stopped" in window.status.message
