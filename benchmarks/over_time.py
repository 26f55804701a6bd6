"""How long it takes to tell what is due of thousands of readings, and to list it in the worklist: `make bench-due`.

A database of two findings and sixteen acts a reading is made first; that is not counted. Prints medians; asserts nothing.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from annotator.bootstrap import open_workspace
from annotator.model import edits
from annotator.model.finding import Assessment, Distribution, Morphology, Reading, Recommendation, Stage
from annotator.model.geometry import ImagePoint
from annotator.model.history import Act
from annotator.model.image import ExamInfo, ImageInfo, ImageKey
from annotator.model.mark import MarkKind
from annotator.settings import load_settings
from annotator.ui.desk.due_exams import due_by_exam
from annotator.ui.desk.worklist_rows import Choice, ExamState, Showing, SortBy
from annotator.ui.panels.worklist import WorklistPanel
from annotator.workspace import Workspace

READINGS, PATIENTS, ROUNDS = 4000, 1500, 7
DAY, TODAY = date(2022, 1, 3), date(2026, 3, 31)
ASKED = (
    Recommendation.SIX_MONTHS,
    Recommendation.ROUTINE_SCREENING,
    Recommendation.MAGNIFICATION_VIEWS,
    Recommendation.TWELVE_MONTHS,
    Recommendation.BIOPSY,
)


def main() -> None:
    """Print one line for each thing measured."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'readings.db'}"
        workspace = open_workspace(load_settings(overrides={"database": url, "reader": "a"}))
        exams = [_exam(number) for number in range(READINGS)]
        for number, exam in enumerate(exams):
            _read(workspace, exam, number)
        size = (Path(folder) / "readings.db").stat().st_size / 1e6
        print(f"{READINGS} readings of {PATIENTS} patients, {size:.0f} MB")
        workspace.close()
        fresh = open_workspace(load_settings(overrides={"database": url, "reader": "a"}))
        start = time.perf_counter()
        found = fresh.due(TODAY)
        print(f"what is due, asked for the first time: {_ms(start):.0f} ms, {len(found)} things asked for")
        _tell("asked for again", lambda: fresh.due(TODAY))
        _tell("the timeline of one patient", lambda: fresh.followed(exams[0], {}))
        _worklist(exams, fresh)
        fresh.close()


def _worklist(exams: list[ExamInfo], workspace: Workspace) -> None:
    app = QApplication.instance() or QApplication(sys.argv[:1])
    dues = due_by_exam(workspace.due(TODAY), TODAY, workspace.lexicon.word)
    panel = WorklistPanel()
    panel.resize(260, 700)
    panel.show_exams(exams)
    panel.show_states({exam.study_instance_uid: ExamState.DONE for exam in exams[::2]})
    panel.show()
    app.processEvents()

    def come_and_go() -> None:
        panel.show_due({}, 0)
        panel.show_due(dues, 3)

    _tell("worklist: what is due comes in", come_and_go, share=2)
    for name, choice in (
        ("by patient", Choice()),
        ("by due date", Choice(sort=SortBy.DUE)),
        ("due now", Choice(showing=Showing.DUE)),
        ("by due date, due now", Choice(sort=SortBy.DUE, showing=Showing.DUE)),
    ):

        def choose(chosen: Choice = choice) -> None:
            panel.choose(Choice(text="nobody"))
            panel.choose(chosen)

        _tell(f"worklist: {name}, from an empty list", choose)


def _tell(name: str, act: Callable[[], object], share: int = 1) -> None:
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        act()
        times.append(_ms(start) / share)
    print(f"{name}: {statistics.median(times):.1f} ms")


def _ms(start: float) -> float:
    return 1000 * (time.perf_counter() - start)


def _exam(number: int) -> ExamInfo:
    day = DAY + timedelta(number // PATIENTS * 190 + number % 150)
    uid = f"2.25.77{number:06}"
    image = ImageInfo(
        path=Path("none.dcm"),
        sop_class_uid="1.2.840.10008.5.1.4.1.1.1.2",
        sop_instance_uid=f"{uid}.1",
        rows=10,
        columns=10,
        study_instance_uid=uid,
        patient_key=f"P{number % PATIENTS:05}",
        exam_date=f"{day:%Y%m%d}",
    )
    return ExamInfo(uid, (image,))


def _read(workspace: Workspace, exam: ExamInfo, number: int) -> None:
    opened = workspace.open_reading(exam.study_instance_uid, exam)
    reading, saved = opened.reading, opened.revision

    def save(after: Reading) -> Reading:
        nonlocal saved
        saved = workspace.save(after, based_on=saved, act=Act.EDIT, label="Say")
        return after

    reading = save(edits.set_stage(reading, tuple(Stage)[number // PATIENTS % 5]))
    for finding_number in range(2):
        reading, finding = edits.add_finding(
            reading, tracking_uid=f"2.25.{number % PATIENTS}{finding_number}"
        )
        for at in range(4):
            key = ImageKey(f"{exam.study_instance_uid}.1")
            reading, _ = edits.add_mark(reading, finding.id, key, ImagePoint(at, at), MarkKind.MICRO)
            reading = save(reading)
        said = {
            "morphology": (Morphology.ROUND,),
            "distributions": (Distribution.GROUPED,),
            "assessment": Assessment.PROBABLY_BENIGN,
            "recommendation": ASKED[(number + finding_number) % len(ASKED)],
        }
        for field, value in said.items():
            reading = save(edits.describe(reading, finding.id, **{field: value}))


if __name__ == "__main__":
    main()
