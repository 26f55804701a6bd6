"""How fluent the window is with ten thousand marks, beside the same acts with ten.

    python -m benchmarks.marks            hover, pan, undo, adding and selecting, in the real window of 1920x1200
    python -m benchmarks.marks --write    and put the table into docs/performance.md

Each act is timed from the input event until the window has painted what follows from it and waits for the
next event. Every one is made at rest: what the act before left to do (the exact picture, the saving) is over,
except while panning, where one step follows the other as a hand makes them.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QEvent, QEventLoop, QObject, QPointF, QRectF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from annotator.bootstrap import open_workspace
from annotator.model import edits
from annotator.model.finding import Distribution, Morphology, Reading
from annotator.model.geometry import ImagePoint, SpacingBasis
from annotator.model.image import ImageInfo
from annotator.model.mark import Mark, MarkKind, SpotMeasurement
from annotator.settings import Settings
from annotator.ui.app import make_application
from annotator.ui.demonstration.robot import Robot
from annotator.ui.desk.session import ReadingSession
from annotator.ui.main_window import MainWindow
from annotator.ui.panes.viewport import Viewport
from annotator.ui.task_runner import TaskRunner
from benchmarks.imaging import page

EXAM = Path(__file__).resolve().parents[1] / "sample_dicoms" / "screening"
SIZE = (1920, 1200)
FEW, MANY = 10, 10_000
GROUPS = 40
FRAME_MS = 1000 / 60
"""One picture of a screen of 60 Hz."""
ROUNDS = 40
NONE, LEFT, MIDDLE = Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
PLAIN, SHIFT, ALT = (
    Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier
)  # fmt: skip


class PaintCount(QObject):
    """How often a viewport was painted: an act that paints nothing was not measured."""

    def __init__(self, viewport: Viewport) -> None:
        super().__init__(viewport)
        self.painted = 0
        viewport.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.painted += event.type() == QEvent.Type.Paint
        return super().eventFilter(watched, event)


class Desk:
    """One window with an exam open and so many marks on one of its images, which fills the window."""

    def __init__(self, folder: Path, count: int) -> None:
        self.robot = Robot()
        self.runner = TaskRunner(lambda bug: sys.exit(repr(bug)))
        self.workspace = open_workspace(
            Settings(database=f"sqlite:///{folder / f'{count}.db'}", reader="bench")
        )
        self.window = MainWindow(self.workspace, self.runner, folder / f"{count}.ini")
        self.window.resize(*SIZE)
        self.window.show()
        self.window.open_paths([EXAM])
        self.robot.wait(lambda: self.window.desk.session is not None, "the reading")
        self.robot.wait(self._loaded, "the pictures")
        # the layout is remembered from the desk before
        self.robot.key(self.window.grid.active, Qt.Key.Key_F2)
        self.robot.rest(300)
        self.robot.wait(self._loaded, "the four views")
        self.viewport = self._alone("MLO")
        self.count = PaintCount(self.viewport)
        assert self.viewport.picture is not None
        self.session.apply(with_marks(self.session.reading, self.viewport.picture.info, count), "Bench")
        self.at_rest()

    @property
    def session(self) -> ReadingSession:
        assert self.window.desk.session is not None
        return self.window.desk.session

    def close(self) -> None:
        self.window.close()
        self.runner.shutdown()
        self.workspace.close()

    def at_rest(self) -> None:
        """Until the exact picture is on the screen and everything is saved."""
        self.robot.wait(lambda: self.viewport.exact and not self.session.unsaved_acts, "rest")
        self.robot.rest(80)

    def timed(self, act: Callable[[], object]) -> float:
        """Milliseconds from the events of an act to the end of the painting that follows it."""
        before = self.count.painted
        start = time.perf_counter()
        act()
        while self.count.painted == before and time.perf_counter() - start < 1:
            QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents)
        taken = (time.perf_counter() - start) * 1000
        if self.count.painted == before:
            raise SystemExit("an act painted nothing")
        return taken

    def mouse(
        self, kind: QEvent.Type, at: QPointF, held: Qt.MouseButton = NONE, keys: Qt.KeyboardModifier = PLAIN
    ) -> None:
        """One mouse event at a place of the viewport; `held` causes presses and releases too."""
        caused = NONE if kind == QEvent.Type.MouseMove else held
        down = NONE if kind == QEvent.Type.MouseButtonRelease else held
        place = QPointF(self.viewport.mapToGlobal(at.toPoint()))
        QApplication.sendEvent(self.viewport, QMouseEvent(kind, at, place, caused, down, keys))

    def _loaded(self) -> bool:
        shown = [v for v in self.window.grid.viewports if v.isVisible() and v.picture is not None]
        visible = sum(v.isVisible() for v in self.window.grid.viewports)
        return 0 < visible == len(shown) and not self.window.exam_view.loading

    def _alone(self, view: str) -> Viewport:
        """The pane of a view, over the whole grid."""
        pane = next(
            v
            for v in self.window.grid.viewports
            if v.picture is not None and v.picture.info.view.name == view
        )
        pane.setFocus()
        pane.activated.emit()
        self.robot.key(pane, Qt.Key.Key_F4)
        self.robot.rest(300)
        alone = self.window.grid.active
        self.robot.wait(lambda: alone.picture is not None and alone.exact, "the picture alone")
        return alone


def with_marks(reading: Reading, info: ImageInfo, count: int) -> Reading:
    """A reading with measured marks in groups on one image, tied into clusters, of four findings."""
    rng = np.random.default_rng(20261122)
    groups = GROUPS if count >= GROUPS else 1
    made: list[Mark] = []
    for _ in range(4 if groups > 1 else 1):
        reading, _ = edits.add_finding(reading)
    ids = [f.id for f in reading.findings]
    middles = rng.uniform((0.35, 0.1), (0.9, 0.9), (groups, 2)) * (info.columns, info.rows)
    for number in range(count):
        column, row = middles[number % groups] + rng.normal(0, 90, 2)
        point = ImagePoint(
            float(np.clip(column, 20, info.columns - 20)), float(np.clip(row, 20, info.rows - 20))
        )
        kind = MarkKind.MACRO if number % 7 == 0 else MarkKind.MICRO
        made.append(
            Mark(edits.new_id(), number + 1, ids[number % groups % len(ids)], info.key(), point, kind,
                 measured(point, float(rng.uniform(1.5, 5))))
        )  # fmt: skip
    reading = replace(reading, marks=tuple(made))
    for group in range(groups):
        mine = made[group::groups]
        reading, _ = edits.add_cluster(
            reading, mine[0].finding_id, info.key(), (), [m.id for m in mine], info.spacing
        )
    return reading


def measured(point: ImagePoint, radius: float) -> SpotMeasurement:
    """A round spot with an outline of 16 corners, as the program measures one."""
    turns = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    outline = tuple(
        ImagePoint(point.column + radius * float(np.cos(t)), point.row + radius * float(np.sin(t)))
        for t in turns
    )
    mm = radius * 0.14
    return SpotMeasurement(
        point, 2 * radius, 0.2, 2 * radius, 2 * radius, 0.0, 1.0, 200.0, 9.0, outline, mm, 0.02, mm, mm,
        SpacingBasis.AT_DETECTOR,
    )  # fmt: skip


def hovering(desk: Desk) -> Iterator[float]:
    """From off the breast onto a mark, and from mark to mark."""
    room = QRectF(desk.viewport.rect())
    marks = [m for m in desk.session.reading.marks if room.contains(desk.viewport.widget_position(m.point))]
    for number in range(ROUNDS):
        desk.mouse(QEvent.Type.MouseMove, QPointF(3, 3))
        desk.at_rest()
        mark = marks[number * 37 % len(marks)]
        at = desk.viewport.widget_position(mark.point)
        yield desk.timed(lambda at=at: desk.mouse(QEvent.Type.MouseMove, at))  # type: ignore[misc]


def panning(desk: Desk) -> Iterator[float]:
    """A drag with the middle button, some 13 pixels a step, without a rest."""
    middle = QPointF(desk.viewport.rect().center())
    desk.mouse(QEvent.Type.MouseButtonPress, middle, MIDDLE)
    at = middle
    for number in range(ROUNDS):
        at = at + (QPointF(12, 5) if number // 10 % 2 == 0 else QPointF(-12, -5))
        yield desk.timed(lambda at=at: desk.mouse(QEvent.Type.MouseMove, at, MIDDLE))  # type: ignore[misc]
    desk.mouse(QEvent.Type.MouseButtonRelease, at, MIDDLE)
    desk.at_rest()


def adding(desk: Desk) -> Iterator[float]:
    """A click that marks, with Alt, so that every place is marked and measured where something is.

    Measuring a spot takes as long whatever is marked already: it is what the slowest of them are slow for.
    """
    desk.robot.key(desk.viewport, Qt.Key.Key_M)
    for at in spots(desk, ROUNDS):
        desk.mouse(QEvent.Type.MouseMove, at)
        desk.mouse(QEvent.Type.MouseButtonPress, at, LEFT, ALT)
        desk.at_rest()
        yield desk.timed(lambda at=at: desk.mouse(QEvent.Type.MouseButtonRelease, at, LEFT, ALT))  # type: ignore[misc]
        desk.at_rest()


def undoing(desk: Desk) -> Iterator[float]:
    """Ctrl+Z on marks that were added."""
    for _ in range(ROUNDS):
        yield desk.timed(
            lambda: QTest.keyClick(desk.viewport, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        )
        desk.at_rest()


def selecting(desk: Desk) -> Iterator[float]:
    """A drag with Shift around half of the picture: the release selects what lies inside."""
    viewport = desk.viewport
    middle, reach = (
        viewport.rect().center().toPointF(),
        QPointF(viewport.width() * 0.3, viewport.height() * 0.32),
    )
    turns = np.linspace(0, 2 * np.pi, 120)
    way = [middle + QPointF(reach.x() * np.cos(t), reach.y() * np.sin(t)) for t in turns]
    # a drag that begins on a mark moves it
    free = next(n for n, at in enumerate(way) if viewport.mark_at(_point(viewport, at)) is None)
    way = way[free:] + way[:free]
    for _ in range(12):
        desk.mouse(QEvent.Type.MouseButtonPress, way[0], LEFT, SHIFT)
        for at in way[1:]:
            desk.mouse(QEvent.Type.MouseMove, at, LEFT, SHIFT)
        desk.at_rest()
        yield desk.timed(lambda: desk.mouse(QEvent.Type.MouseButtonRelease, way[-1], LEFT, SHIFT))
        assert desk.session.selected_marks, "the drag selects nothing"
        desk.at_rest()
        desk.session.select_marks(frozenset())
        desk.at_rest()


def contradicting(desk: Desk) -> Iterator[float]:
    """Measuring a finding anew and looking for what in it does not go together, after one more mark of it.

    Only that: it happens within every act above, before the window paints.
    """
    session, info = desk.session, desk.viewport.picture
    assert info is not None
    finding = session.reading.findings[0].id
    reading = edits.describe(
        session.reading, finding, morphology=(Morphology.FINE_PLEO,), distributions=(Distribution.GROUPED,)
    )
    spots = np.random.default_rng(3).uniform(200, 2000, (ROUNDS, 2)).tolist()
    for column, row in spots:
        reading, _ = edits.add_mark(reading, finding, info.key, ImagePoint(column, row), MarkKind.MICRO)
        start = time.perf_counter()
        session.workspace.contradictions(reading, finding, session.exam)
        yield (time.perf_counter() - start) * 1000


def telling(desk: Desk) -> Iterator[float]:
    """From an act that adds a mark to how the marks of its finding lie together, told in the panel.

    Worked out beside the window's thread, some 0.1 s after the act: it holds up nothing.
    """
    session, watch = desk.session, desk.window.clusters.watch
    info = desk.viewport.picture
    assert info is not None
    finding = session.reading.findings[0].id
    session.select_finding(finding)
    for column, row in np.random.default_rng(5).uniform(200, 2000, (ROUNDS, 2)).tolist():
        reading, _ = edits.add_mark(
            session.reading, finding, info.key, ImagePoint(column, row), MarkKind.MICRO
        )
        start = time.perf_counter()
        session.apply(reading, "Bench")
        desk.robot.wait(lambda: watch.settled, "how the marks lie")
        yield (time.perf_counter() - start) * 1000
        session.undo_stack.undo()
        desk.robot.wait(lambda: watch.settled, "how the marks lie")
        desk.at_rest()


def _point(viewport: Viewport, at: QPointF) -> ImagePoint:
    return viewport.view.to_image(*viewport.device_position(at))


def spots(desk: Desk, count: int) -> list[QPointF]:
    """Places of the image that are in sight, away from the edge of the pane."""
    viewport, picture = desk.viewport, desk.viewport.picture
    assert picture is not None
    rng = np.random.default_rng(7)
    found: list[QPointF] = []
    while len(found) < count:
        at = QPointF(*(rng.uniform(0.1, 0.9, 2) * (viewport.width(), viewport.height())))
        if picture.holds(_point(viewport, at)):
            found.append(at)
    return found


@dataclass(frozen=True, slots=True)
class Taken:
    """Milliseconds of one act, with few marks and with many."""

    act: str
    few: list[float]
    many: list[float]
    barred: bool

    def cells(self) -> tuple[str, ...]:
        told = [
            f"{np.median(t):.1f} ms, 19 of 20 within {np.percentile(t, 95):.1f}, worst {max(t):.1f}"
            for t in (self.few, self.many)
        ]
        bar = f"at most {FRAME_MS:.1f} ms" if self.barred else ""
        holds = ("yes" if np.median(self.many) <= FRAME_MS else "**no**") if self.barred else ""
        return self.act, *told, bar, holds


ACTS: tuple[tuple[str, Callable[[Desk], Iterator[float]], bool], ...] = (
    ("pointer onto a mark", hovering, True),
    ("pan, one step", panning, True),
    ("adding a mark", adding, False),
    ("undo of a mark", undoing, True),
    ("selecting by lasso", selecting, False),
    ("of these, contradictions of a finding", contradicting, False),
    ("how the marks lie together, told", telling, False),
)
"""In this order: what is added is what is undone."""


def measure() -> list[Taken]:
    """All acts with few and with many marks, fitted and at 1:1."""
    done = []
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CONFIG_HOME"] = os.environ["XDG_DATA_HOME"] = os.environ["XDG_CACHE_HOME"] = folder
        taken: dict[tuple[str, int], list[float]] = {}
        for count in (FEW, MANY):
            desk = Desk(Path(folder), count)
            for zoom in ("whole image", "1:1"):
                if zoom == "1:1":
                    desk.viewport.one_to_one()
                    desk.viewport.center_on(desk.session.reading.marks[0].point)
                    desk.at_rest()
                for name, act, _ in ACTS:
                    taken[f"{name}, {zoom}", count] = list(act(desk))
                    print(f"{count:>6} marks: {name}, {zoom}", file=sys.stderr)
            desk.close()
        for zoom in ("whole image", "1:1"):
            for name, _, barred in ACTS:
                act_name = f"{name}, {zoom}"
                done.append(Taken(act_name, taken[act_name, FEW], taken[act_name, MANY], barred))
    return done


def table(rows: list[Taken]) -> str:
    """The rows as Markdown."""
    head = ("act", f"{FEW} marks", f"{MANY:,} marks", "bar for the median", "holds")
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row.cells())} |" for row in rows)])


def main() -> None:
    """Measure, print, and with --write put the table into the manual."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.marks", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    arguments = parser.parse_args()
    make_application()
    rows = measure()
    print(table(rows))
    if arguments.write:
        page.put(page.DOCS / "performance.md", "marks", table(rows))


if __name__ == "__main__":
    main()
