"""What counts as seen, of pictures, slices and what lies under the lens; and that nothing of it is lost."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hands import NONE, move
from pictures import breast, picture
from PySide6.QtCore import QObject, QPoint, Signal

from annotator.analysis.breast.coverage import CELL_PX, cells_in_view, cells_touched, grid_size
from annotator.errors import DatabaseAway, StoreError
from annotator.imaging.tomosynthesis import Slab, SlabKind
from annotator.model.coverage import Seen
from annotator.model.image import ExamInfo, SlicePosition
from annotator.ui.looking import coverage_watch
from annotator.ui.looking.coverage_keeper import CoverageKeeper, breast_of
from annotator.ui.looking.coverage_watch import REST_MS, SLICE_MS, CoverageWatch
from annotator.ui.looking.lens import Lens, LensLook
from annotator.ui.panes.viewport_grid import ViewportGrid
from annotator.ui.pictures.picture import SlabOfSlices
from annotator.ui.task_runner import TaskRunner

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

ROWS, COLUMNS = 1500, 1100
LONG = REST_MS + 80
PATIENCE_MS = 20_000
"""Until something is there that comes at once where nothing else runs."""


class Looking:
    """One pane with a lens, and what the watch says was seen."""

    def __init__(self, qtbot):
        self.grid = ViewportGrid()
        qtbot.addWidget(self.grid)
        self.grid.resize(500, 400)
        self.lens = Lens(self.grid)
        self.viewport = self.grid.active
        self.viewport.pointer_moved.connect(lambda pointer: self.lens.follow(self.viewport, pointer))
        self.watch = CoverageWatch(self.grid, self.lens, self.grid)
        self.seen = {}
        self.watch.seen.connect(self.note)
        with qtbot.waitActive(self.grid):
            self.grid.show()
            self.grid.activateWindow()

    def note(self, shown, bits):
        self.seen[shown.frame_number] = self.seen.get(shown.frame_number, 0) | bits


@pytest.fixture
def looking(qtbot):
    return Looking(qtbot)


def stack(number, slab=None, provisional=False):
    shown = picture(breast(ROWS, COLUMNS), frame_number=number, frames=9, sop_instance_uid="2.25.30")
    slices = tuple(SlicePosition(n, float(n)) for n in range(1, 10))
    return replace(shown, slices=slices, slab=slab, provisional=provisional)


def test_what_rests_at_1_to_1_counts_once_it_has_rested(qtbot, looking):
    looking.viewport.show_picture(picture(breast(ROWS, COLUMNS)))
    qtbot.wait(LONG)
    assert looking.seen == {}
    looking.viewport.one_to_one()
    assert looking.seen == {}
    qtbot.waitUntil(lambda: looking.seen != {}, timeout=PATIENCE_MS)
    size = looking.viewport.device_size()
    assert looking.seen == {1: cells_in_view(looking.viewport.view, *size)}
    assert looking.seen[1]


@pytest.mark.parametrize("kind", ["slab", "first look"])
def test_neither_a_slab_nor_a_first_look_counts(qtbot, looking, kind):
    slab = SlabOfSlices(Slab(SlabKind.MEAN, 5.0), {3: breast(ROWS, COLUMNS)}) if kind == "slab" else None
    looking.viewport.show_picture(stack(3, slab, provisional=kind == "first look"))
    looking.viewport.one_to_one()
    qtbot.wait(LONG)
    assert looking.seen == {}
    looking.viewport.show_picture(stack(3))
    qtbot.wait(LONG)
    assert looking.seen.keys() == {3}


def test_slices_count_while_the_view_rests_and_those_that_fly_by_do_not(qtbot, looking):
    looking.viewport.show_picture(stack(1))
    looking.viewport.one_to_one()
    qtbot.wait(LONG)
    for number in (2, 3):
        looking.viewport.show_picture(stack(number))
        qtbot.waitUntil(lambda n=number: n in looking.seen, timeout=PATIENCE_MS)
    looking.viewport.show_picture(stack(4))
    looking.viewport.show_picture(stack(5))
    qtbot.waitUntil(lambda: 5 in looking.seen, timeout=PATIENCE_MS)
    assert 4 not in looking.seen


def test_a_slice_does_not_count_while_the_view_still_moves(qtbot, monkeypatch):
    # however long this machine takes from one slice to the next, the view has not rested yet
    monkeypatch.setattr(coverage_watch, "REST_MS", 60_000)
    looking = Looking(qtbot)
    looking.viewport.show_picture(stack(1))
    looking.viewport.one_to_one()
    for number in range(2, 8):
        looking.viewport.pan(2, 1)
        looking.viewport.show_picture(stack(number))
        qtbot.wait(2 * SLICE_MS)
    assert looking.seen == {}


def test_what_the_lens_shows_counts_and_what_it_hides_does_not(qtbot, looking):
    viewport, lens = looking.viewport, looking.lens
    viewport.show_picture(picture(breast(ROWS, COLUMNS)))
    lens.set_look(LensLook(240, 2.0))
    lens.open(None, None)
    viewport.one_to_one()
    move(viewport, QPoint(250, 200), held=NONE)
    qtbot.wait(LONG)
    view, size = lens.shown()
    under = cells_in_view(view, *size)
    hidden = cells_touched(viewport.view, lens.covered())
    around = cells_in_view(viewport.view, *viewport.device_size())
    assert under
    assert hidden & ~under
    assert looking.seen == {1: (around & ~hidden) | under}
    lens.close_lens()
    qtbot.wait(LONG)
    assert looking.seen == {1: around | under}


def test_a_hidden_pane_and_a_program_without_the_keyboard_show_nothing(qtbot, looking):
    looking.viewport.show_picture(picture(breast(ROWS, COLUMNS)))
    looking.viewport.one_to_one()
    looking.grid.hide()
    qtbot.wait(LONG)
    assert looking.seen == {}
    with qtbot.waitActive(looking.grid):
        looking.grid.show()
        looking.grid.activateWindow()
    qtbot.waitUntil(lambda: looking.seen != {}, timeout=PATIENCE_MS)


class Store:
    """Keeps coverage as a database does, and refuses while it is told to."""

    def __init__(self):
        self.rows = {}
        self.refuses = self.away = False

    @property
    def seen(self):
        return self

    def keep(self, _study, reading_id, seen):
        if self.refuses:
            raise StoreError("the disk is full: make room")
        if self.away:
            return DatabaseAway("no answer")
        mine = self.rows.setdefault(reading_id, {})
        for one in seen:
            mine[one.image] = mine.get(one.image, replace(one, bits=0)).with_cells(one.bits)
        return None

    def kept(self, _study, reading_id):
        return tuple(self.rows.get(reading_id, {}).values())


class Desk(QObject):
    """The signals of the desk, without files."""

    exam_changed = Signal(object)
    session_changed = Signal(object)
    closing = Signal()

    def __init__(self):
        super().__init__()
        self.workspace = Store()

    def open(self, exam, reading_id):
        session = type(
            "Session", (), {"exam": exam, "reading": type("R", (), {"id": reading_id}), "is_lent": False}
        )
        self.session_changed.emit(session)
        self.exam_changed.emit(exam)


class Sight(QObject):
    """What a watch tells."""

    seen = Signal(object, object)


@pytest.fixture
def keeping(qtbot):
    bugs = []
    runner = TaskRunner(bugs.append)
    desk, sight = Desk(), Sight()
    yield desk, sight, CoverageKeeper(desk, sight, runner), runner
    runner.shutdown()
    assert bugs == []


def exam_of(*pictures, study="2.25.10"):
    return ExamInfo(study, tuple(p.info for p in pictures))


def half_and_whole(shown):
    """Bits of about half of the cells of breast, and of all."""
    whole = breast_of(shown)
    cells = [n for n in range(whole.bit_length()) if whole >> n & 1]
    return sum(1 << n for n in cells[: len(cells) // 2]), whole, (len(cells) // 2) / len(cells)


def test_shares_of_pictures_stacks_and_the_exam(qtbot, keeping):
    desk, sight, keeper, _ = keeping
    one, slices = picture(breast(ROWS, COLUMNS)), [stack(n) for n in (1, 2, 3)]
    desk.open(exam_of(one, slices[0]), "r1")
    assert keeper.share(one.info) == keeper.share_of_exam == 0
    half, whole, part = half_and_whole(one)
    sight.seen.emit(one, half)
    assert keeper.share(one.info) == pytest.approx(part)
    assert keeper.share_of_exam == pytest.approx(part / 2)
    for shown in slices:
        sight.seen.emit(shown, whole)
    assert keeper.share(slices[0].info) == pytest.approx(3 / 9)
    sight.seen.emit(one, whole)
    assert keeper.share_of_exam == pytest.approx((1 + 3 / 9) / 2)


def test_an_earlier_exam_beside_it_does_not_count(qtbot, keeping):
    desk, sight, keeper, _ = keeping
    mine = picture(breast(ROWS, COLUMNS))
    prior = picture(breast(ROWS, COLUMNS), sop_instance_uid="2.25.99", study_instance_uid="2.25.9")
    desk.open(exam_of(mine), "r1")
    sight.seen.emit(prior, breast_of(prior))
    assert keeper.share_of_exam == 0
    assert keeper.share(prior.info) is None
    assert keeper.cells(prior) is None


def test_it_is_saved_when_the_exam_goes_and_comes_back_with_it(qtbot, keeping):
    desk, sight, keeper, _ = keeping
    mine, other = picture(breast(ROWS, COLUMNS)), picture(breast(), sop_instance_uid="2.25.40")
    half, _, part = half_and_whole(mine)
    desk.open(exam_of(mine), "r1")
    sight.seen.emit(mine, half)
    desk.closing.emit()
    desk.session_changed.emit(None)
    desk.open(exam_of(other, study="2.25.41"), "r2")
    assert keeper.share_of_exam == 0
    desk.closing.emit()
    desk.session_changed.emit(None)
    desk.open(exam_of(mine), "r1")
    keeper.cells(mine)
    qtbot.waitUntil(lambda: keeper.share(mine.info) == pytest.approx(part), timeout=PATIENCE_MS)
    assert set(desk.workspace.rows) == {"r1"}


def test_what_was_seen_before_the_reading_was_there_is_kept_too(qtbot, keeping):
    desk, sight, keeper, runner = keeping
    mine = picture(breast(ROWS, COLUMNS))
    columns, rows = grid_size(COLUMNS, ROWS)
    desk.workspace.rows["r1"] = {mine.key: Seen(mine.key, CELL_PX, columns, rows, 1)}
    desk.exam_changed.emit(exam_of(mine))
    sight.seen.emit(mine, 2)
    desk.open(exam_of(mine), "r1")
    qtbot.waitUntil(lambda: keeper.cells(mine)[0] == 3, timeout=PATIENCE_MS)
    keeper.save()
    runner.shutdown()
    assert desk.workspace.rows["r1"][mine.key].bits == 3


def test_a_refused_write_is_told_and_tried_again_also_after_the_exam_has_gone(qtbot, keeping):
    desk, sight, keeper, runner = keeping
    mine, other = picture(breast(ROWS, COLUMNS)), picture(breast(), sop_instance_uid="2.25.40")
    desk.open(exam_of(mine), "r1")
    sight.seen.emit(mine, 6)
    desk.workspace.refuses = True
    with qtbot.waitSignal(keeper.message) as told:
        desk.closing.emit()
        desk.session_changed.emit(None)
        desk.open(exam_of(other, study="2.25.41"), "r2")
    assert "not saved yet: the disk is full" in told.args[0]
    desk.workspace.refuses = False
    keeper.save()
    runner.shutdown()
    assert desk.workspace.rows["r1"][mine.key].bits == 6


def test_while_the_database_is_away_that_is_told_once_and_all_of_it_arrives(qtbot, keeping):
    desk, sight, keeper, runner = keeping
    mine = picture(breast(ROWS, COLUMNS))
    desk.open(exam_of(mine), "r1")
    desk.workspace.away = True
    told = []
    keeper.message.connect(told.append)
    for bits in (1, 2, 4):
        sight.seen.emit(mine, bits)
        keeper.save()
        runner.flush()
    qtbot.waitUntil(lambda: bool(told))
    assert told == ["What was seen of the images is kept on this computer: no answer"]
    desk.workspace.away = False
    keeper.save()
    runner.shutdown()
    assert desk.workspace.rows["r1"][mine.key].bits == 7
