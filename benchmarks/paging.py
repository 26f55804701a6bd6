"""Paging through 200 exams in the real window: memory, the budget of reading ahead, and what it saves.

    python -m benchmarks.paging [--exams 200] [--budget-mb 400] [--binning 2]

Every exam is a copy of one small synthetic exam under UIDs of its own, so that nothing can be found twice.
The window is offscreen at 1920 x 1200 and gets real key events. Beside what the system gave stands what is in use of it. Every second step has its pictures and its
reading taken away before the key, so that both kinds of step meet the same moment of the machine.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from pydicom import dcmread
from pydicom.uid import generate_uid
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from annotator.bootstrap import make_workspace
from annotator.model.image import ExamInfo
from annotator.phantom.exams import Exam, make_person
from annotator.phantom.write import Wanted, write_exam
from annotator.settings import load_settings
from annotator.ui.app import make_application
from annotator.ui.demonstration.robot import Robot
from annotator.ui.desk.worklist_rows import Choice, SortBy
from annotator.ui.hanging.read_ahead import MEMORY, PICTURES, READINGS
from annotator.ui.main_window import MainWindow
from annotator.ui.task_runner import TaskRunner
from benchmarks.imaging.machine import facts
from benchmarks.imaging.processes import data_memory, own_memory, proportional_memory

SIZE = (1920, 1200)
EVERY = 20
WARM = 20
"""Exams after which nothing may grow any more."""
GROWTH_PERCENT = 3.0
"""What memory may wander by: the C library keeps some that is free for the next paint (`ui/pictures/freed_memory.py`)."""


@dataclass
class Figures:
    """What was measured while paging."""

    with_ms: list[float] = field(default_factory=list)
    without_ms: list[float] = field(default_factory=list)
    data: dict[int, int] = field(default_factory=dict)
    in_use: dict[int, int] = field(default_factory=dict)
    most_bytes: int = 0


def write_exams(folder: Path, count: int, binning: int) -> None:
    """Copies of one synthetic screening exam under UIDs and patients of their own."""
    person = make_person(7, small=True)
    models = [
        dcmread(p) for p in write_exam(folder / "model", person, Exam.SCREENING, Wanted(binning=binning))
    ]
    for number in range(count):
        place = folder / "exams" / f"{number:03}"
        place.mkdir(parents=True)
        study, series = generate_uid(), generate_uid()
        for at, dataset in enumerate(models):
            dataset.StudyInstanceUID, dataset.SeriesInstanceUID = study, series
            dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
            dataset.PatientID = f"PAGING-{number:03}"
            dataset.save_as(place / f"{at}.dcm", enforce_file_format=True)


class Paging:
    """A reader who presses the key for the next exam whenever everything has come to rest."""

    def __init__(self, window: MainWindow, count: int) -> None:
        self.window = window
        self.count = count
        self.robot = Robot()
        self.figures = Figures()

    def open(self, folder: Path) -> None:
        window = self.window
        window.worklist.choose(Choice(sort=SortBy.PATIENT))
        window.open_paths([folder])
        self.robot.wait(lambda: window.desk.session is not None and self.is_hung(), "the first exam")
        self.rest()

    def page(self) -> Iterator[str]:
        for number in range(2, self.count + 1):
            ahead = number % 2 == 0
            if not ahead:
                self.take_away(self.window.worklist.exams_in_sight[number - 1])
            took = self.step()
            (self.figures.with_ms if ahead else self.figures.without_ms).append(took)
            self.rest()
            self.figures.most_bytes = max(self.figures.most_bytes, self.window.exam_view.shelf.bytes)
            if number % EVERY == 0:
                yield self.row(number)

    def step(self) -> float:
        """Milliseconds from the key to all panes filled with the next exam, its reading open."""
        before = self.window.desk.exam
        begun = time.perf_counter()
        self.robot.key(self.window.grid.active, Qt.Key.Key_PageDown)
        while self.window.desk.exam is before or not self.is_hung() or self.window.desk.session is None:
            QApplication.processEvents()
        return (time.perf_counter() - begun) * 1000

    def is_hung(self) -> bool:
        exam = self.window.desk.exam
        shown = [viewport.picture for viewport in self.window.grid.shown]
        return exam is not None and all(
            p is not None and not p.provisional and p.info.study_instance_uid == exam.study_instance_uid
            for p in shown
        )

    def rest(self) -> None:
        runner, ahead = self.window.runner, self.window.read_ahead

        def still() -> bool:
            busy = any(runner.busy(lane) for lane in (PICTURES, READINGS, MEMORY, "thumbnails", "states"))
            return not busy and ahead.finished and self.window.exam_view.exact

        self.robot.rest(30)
        self.robot.wait(still, "reading ahead")

    def take_away(self, exam: ExamInfo) -> None:
        for info in exam.images:
            self.window.exam_view.shelf.drop(info.key())
        self.window.desk.forget_ahead(())

    def row(self, number: int) -> str:
        gc.collect()
        shelf = self.window.exam_view.shelf
        sizes = [measure(os.getpid()) for measure in (data_memory, own_memory, proportional_memory)]
        self.figures.data[number] = sizes[0]
        allocated = allocated_memory()
        if allocated is not None:
            in_use, free = allocated
            self.figures.in_use[number] = in_use
            sizes += [in_use, free]
        columns = "  ".join(f"{size / 1e6:8.1f} MB" for size in (*sizes, shelf.bytes))
        return f"{number:5}  {columns}  {shelf.bytes / shelf.budget:6.1%}"


_FIELDS = "arena, ordblks, smblks, hblks, hblkhd, usmblks, fsmblks, uordblks, fordblks, keepcost"


class _Mallinfo2(ctypes.Structure):
    """What mallinfo2(3) tells, bytes and counts."""

    _fields_ = [(name, ctypes.c_size_t) for name in _FIELDS.split(", ")]


def allocated_memory() -> tuple[int, int] | None:
    """Bytes the program has from the C library now, and bytes that lie free there; None without glibc 2.33.

    Python's own small objects are not among them: it asks the system for those itself.
    """
    try:
        told = ctypes.CDLL(None).mallinfo2
    except (AttributeError, OSError, TypeError):
        return None
    told.restype = _Mallinfo2
    held = told()
    return held.uordblks + held.hblkhd, held.fordblks


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--exams", type=int, default=200)
    parser.add_argument("--budget-mb", type=float, default=400)
    parser.add_argument("--binning", type=int, default=2, help="1: pixels as fine as the machine's")
    asked = parser.parse_args()
    # before anything else, as the program does: later the C library has heaps that no longer go away
    app = make_application()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_exams(folder, asked.exams, asked.binning)
        run(app, folder, asked.exams, asked.budget_mb)


def run(app: QApplication, folder: Path, count: int, budget_mb: float) -> None:
    """Page through the exams and print what it took."""
    settings = load_settings(
        overrides={"database": f"sqlite:///{folder / 'readings.db'}", "reader": "paging"},
        environment={**os.environ, "ANNOTATOR_PICTURE_MEMORY_MB": str(budget_mb)},
    )
    workspace, bugs = make_workspace(settings), list[BaseException]()
    runner = TaskRunner(bugs.append)
    window = MainWindow(workspace, runner, folder / "window.ini")
    window.resize(*SIZE)
    window.show()
    paging = Paging(window, count)
    print(facts())
    paging.open(folder / "exams")
    rows, columns = window.exam_view.order[0].rows, window.exam_view.order[0].columns
    print(f"{count} exams of four images of {rows} x {columns} pixels; budget {budget_mb:.0f} MB")
    kinds = ["data", "own (USS)", "(PSS)", *(("in use", "free") if allocated_memory() else ()), "the shelf"]
    print("exams  " + "  ".join(f"{kind:>11}" for kind in kinds) + "  of budget")
    for line in paging.page():
        print(line, flush=True)
    report(paging.figures, window.exam_view.shelf.budget)
    window.close()
    runner.shutdown()
    workspace.close()
    app.processEvents()
    if bugs:
        raise bugs[0]


def report(figures: Figures, budget: int) -> None:
    """The verdicts."""
    ahead, plain = statistics.median(figures.with_ms), statistics.median(figures.without_ms)
    print(
        f"key to all panes filled: {ahead:.0f} ms read ahead, {plain:.0f} ms not: {plain / ahead:.1f} times"
    )
    slowest = max(figures.with_ms), max(figures.without_ms)
    print(f"the slowest: {slowest[0]:.0f} ms read ahead, {slowest[1]:.0f} ms not")
    within = "within" if figures.most_bytes <= budget else "BEYOND"
    print(f"the shelf held {figures.most_bytes / 1e6:.1f} MB at most: {within} the budget")
    for kind, sizes in (("data", figures.data), ("in use of it", figures.in_use)):
        later = [size for number, size in sizes.items() if number > WARM]
        if WARM in sizes and later:
            grown = (max(later) / sizes[WARM] - 1) * 100
            verdict = "no growth" if grown <= GROWTH_PERCENT else "GROWTH"
            print(f"{kind} after exam {WARM}: at most {grown:+.1f} %: {verdict} (bar {GROWTH_PERCENT:.0f} %)")


if __name__ == "__main__":
    main()
