"""What a look into files found is put together in a job: rows, the exams of a patient, the exam to open."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from small_exam import write_exam

from annotator.imaging.collection import Listing
from annotator.model.image import ExamInfo, ImageInfo, Laterality, View
from annotator.ui.desk import found_exams as module
from annotator.ui.desk.found_exams import found_exams, rows_of
from annotator.ui.main_window import MainWindow

# The offscreen platform says so of every window; it is no fault of ours.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

FOUR = [(side, view) for view in ("CC", "MLO") for side in Laterality if side is not Laterality.BOTH]


def exam(name: str, patient: str, date: str, views=FOUR) -> ExamInfo:
    info = ImageInfo(
        path=Path(f"/{name}/a.dcm"),
        sop_class_uid="1.2.840.10008.5.1.4.1.1.1.2",
        sop_instance_uid="",
        study_instance_uid=name,
        rows=8,
        columns=8,
        patient_key=patient,
        exam_date=date,
    )
    return ExamInfo(
        name,
        tuple(
            replace(info, sop_instance_uid=f"{name}.{n}", laterality=side, view=View(view))
            for n, (side, view) in enumerate(views)
        ),
    )


def found(exams: list[ExamInfo], known: list[ExamInfo]) -> module.FoundExams:
    def images(of: list[ExamInfo]) -> dict[str, ImageInfo]:
        return {info.sop_instance_uid: info for e in of for info in e.images}

    new = [info for uid, info in images(exams).items() if uid not in images(known)]
    return found_exams(Listing(tuple(new), ()), images(known), images(exams), exams)


def test_the_new_exam_with_most_standard_views_opens_first() -> None:
    known = exam("known", "A", "20200101")
    one = exam("one", "B", "20210101", FOUR[:1])
    four = exam("four", "C", "20190101")
    assert found([known, one, four], [known]).first is four
    # nothing new: what was asked for again
    again = found_exams(Listing(known.images, ()), {i.sop_instance_uid: i for i in known.images}, {}, [known])
    assert again.first is known
    assert found([], []).first is None


def test_rows_come_with_the_exams_of_each_patient_and_in_the_order_of_paths() -> None:
    old, new, other = exam("b", "A", "20200101"), exam("a", "A", "20220101"), exam("c", "B", "20210101")
    rows = rows_of([old, new, other])
    assert [entry.exam for entry in rows.entries] == [old, new, other]
    assert rows.by_path == ("a", "b", "c")
    assert rows.of_patient == {"A": (old, new), "B": (other,)}


def test_the_window_gets_its_rows_from_a_job(qtbot, open_window, tmp_path: Path, monkeypatch) -> None:
    made_in: list[threading.Thread] = []

    def noted(exam: ExamInfo, name: str):
        made_in.append(threading.current_thread())
        return entry_of(exam, name)

    entry_of = module.entry_of
    monkeypatch.setattr(module, "entry_of", noted)
    window: MainWindow = open_window()
    for date in ("20240312", "20220310"):
        write_exam(tmp_path / date, patient="A", study=f"2.25.{date}", date=date)
    window.open_paths([tmp_path])
    qtbot.waitUntil(lambda: window.desk.session is not None, timeout=20_000)
    assert len(made_in) == 2
    assert threading.main_thread() not in made_in
    newest, oldest = window.worklist.exams
    assert window.desk.prior_of(newest) is oldest
    assert window.desk.prior_of(oldest) is None
