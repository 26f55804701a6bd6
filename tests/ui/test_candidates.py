"""Candidates for labelling in the window: when they are seen, going through them, what the reader decides."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hands import move
from made_candidates import MODEL, Finder, candidate, made
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from small_exam import write_exam
from small_stack import SPECKS, write_stack

from annotator.errors import UnreadableImage
from annotator.model.candidate import SHOWN_FROM, CandidateRow, Candidates, Verdict
from annotator.model.finding import Reading
from annotator.model.image import ImageInfo
from annotator.model.mark import MarkKind
from annotator.ui.commands import signing as signing_commands
from annotator.ui.desk.candidate_rows import RowState
from annotator.ui.desk.candidates import HIDDEN, LENT, MOST_LINES
from annotator.ui.keys.profiles import LABELLING, RADIOLOGY
from annotator.ui.main_window import MainWindow
from annotator.ui.marks.candidate_layer import CandidateLayer, ShownCandidates
from annotator.ui.panels.candidate_list import HEADS
from annotator.ui.panels.candidates import ALL_DECIDED, NO_SIZE, NONE_ABOVE
from annotator.ui.theme import CANDIDATE

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

KEY = Qt.Key
CTRL, SHIFT, NONE = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.NoModifier,
)
ASKS = "Candidates are shown after your own first pass; press N again to say it is done"


class Labeller:
    """Real keys on a window whose candidates were made by hand."""

    def __init__(self, qtbot, window: MainWindow, finder: Finder | None = None) -> None:
        self.qtbot, self.window = qtbot, window
        self.finder = finder or Finder()
        window.desk.workspace.find_candidates = self.finder  # type: ignore[method-assign]
        self.search, self.candidates = window.candidate_search, window.candidates
        self.panel = window.candidates_panel

    @property
    def reading(self) -> Reading:
        session = self.window.desk.session
        assert session is not None
        return session.reading

    def until(self, true) -> None:
        self.qtbot.waitUntil(true, timeout=15000)

    def open(self, folder: Path, *, searched: bool = True) -> None:
        """Open an exam, and wait until all of it was searched where that is wanted."""
        self.window.open_paths([folder])
        self.until(lambda: self.window.desk.session is not None and not self.window.exam_view.loading)
        self.window.grid.active.setFocus()
        if searched:
            self.until(lambda: bool(self.search.searchable) and not self.search.missing)

    def key(self, key: Qt.Key, modifier=NONE) -> None:
        QTest.keyClick(self.window.grid.active, key, modifier)

    def states(self) -> list[RowState]:
        return [self.candidates.state_of(at) for at in range(len(self.candidates.lines))]

    def said(self) -> str:
        return self.window.status.message

    def cyan(self) -> int:
        """How many pixels of the window are of the colour of candidates, or nearly."""
        image = self.window.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
        rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
        pixels = rows[:, : image.width() * 3].reshape(image.height(), image.width(), 3).astype(np.int16)
        wanted = QColor(CANDIDATE)
        away = np.abs(pixels - (wanted.red(), wanted.green(), wanted.blue()))
        return int((away < (60, 40, 40)).all(axis=2).sum())

    @property
    def active_uid(self) -> str:
        picture = self.window.grid.active.picture
        return "" if picture is None else picture.info.sop_instance_uid


@pytest.fixture(autouse=True)
def no_reflex(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing_commands, "REFLEX_S", 0.0)


@pytest.fixture
def exam(tmp_path: Path) -> Path:
    return write_exam(tmp_path / "exam")


@pytest.fixture
def labeller(qtbot, open_window, exam: Path) -> Labeller:
    window = open_window()
    window.profiles.choose(LABELLING.name)
    made_one = Labeller(qtbot, window)
    made_one.open(exam)
    return made_one


def test_labelling_walks_accepts_and_rejects_by_keys_over_a_restart(
    qtbot, open_window, exam, labeller
) -> None:
    at = labeller
    order = [info.sop_instance_uid for info in at.window.exam_view.order]
    assert [line.info.sop_instance_uid for line in at.candidates.lines] == [
        u for u in order for _ in range(4)
    ]
    at.key(KEY.Key_N)
    current = at.candidates.current
    assert current is not None
    assert (current.best.score, current.info.sop_instance_uid) == (0.95, order[0])
    at.until(lambda: at.active_uid == order[0])
    viewport = at.window.grid.active
    middle = viewport.rect().center()
    seen = viewport.widget_position(current.best.point)
    assert (abs(seen.x() - middle.x()), abs(seen.y() - middle.y())) < (4, 4)
    assert viewport.view.scale >= 1
    at.key(KEY.Key_Y)
    (mark,) = at.reading.marks
    assert mark.measurement is not None
    assert mark.measurement.diameter_mm is not None
    assert mark.kind is MarkKind.MICRO
    assert abs(mark.point.column - current.best.point.column) < 1
    (decision,) = at.reading.decisions
    assert (decision.verdict, decision.model_version, decision.mark_id) == (
        Verdict.ACCEPTED,
        MODEL,
        mark.id,
    )
    at.key(KEY.Key_N)
    at.key(KEY.Key_N)
    nothing = at.candidates.current
    assert nothing is not None
    assert nothing.best.score == 0.88
    at.key(KEY.Key_R)
    assert {d.verdict for d in at.reading.decisions} == {Verdict.ACCEPTED, Verdict.REJECTED}
    at.key(KEY.Key_Z, CTRL)
    assert len(at.reading.decisions) == 1
    at.key(KEY.Key_Y, CTRL)
    assert len(at.reading.decisions) == 2
    before = at.reading
    assert at.window.desk.session is not None
    assert at.window.desk.session.flush()
    at.window.close()
    again = Labeller(qtbot, open_window())
    again.open(exam)
    assert again.reading == before
    assert again.states()[:3] == [RowState.ACCEPTED, RowState.UNDECIDED, RowState.REJECTED]
    again.key(KEY.Key_Z, CTRL)
    again.key(KEY.Key_Z, CTRL)
    assert again.reading.decisions == ()
    assert again.reading.marks == ()


def test_the_walk_goes_over_all_images_in_hung_order_and_round(labeller) -> None:
    seen = []
    for _ in range(13):
        labeller.key(KEY.Key_N)
        assert labeller.candidates.current is not None
        labeller.until(lambda: labeller.active_uid == labeller.candidates.current.info.sop_instance_uid)
        seen.append(labeller.candidates.current.key)
    listed = [line.key for line in labeller.candidates.lines if line.best.score >= SHOWN_FROM]
    assert seen == [*listed, listed[0]]
    labeller.key(KEY.Key_N, SHIFT)
    assert labeller.candidates.current.key == listed[-1]


def test_an_artery_is_one_line_one_act_and_one_step_back(labeller) -> None:
    labeller.key(KEY.Key_N)
    labeller.key(KEY.Key_N)
    artery = labeller.candidates.current
    assert artery is not None
    assert len(artery.pieces) == 2
    steps = labeller.window.desk.session.undo_stack.count()
    labeller.key(KEY.Key_Y)
    labeller.until(lambda: len(labeller.reading.marks) == 2)
    assert {d.candidate.id for d in labeller.reading.decisions} == set(artery.ids)
    assert all(mark.measurement is not None for mark in labeller.reading.marks)
    assert labeller.window.desk.session.undo_stack.count() == steps + 1
    labeller.key(KEY.Key_Z, CTRL)
    assert labeller.reading.marks == ()
    assert labeller.reading.decisions == ()
    labeller.key(KEY.Key_R)
    assert [d.verdict for d in labeller.reading.decisions] == [Verdict.REJECTED] * 2


def test_an_artery_accepted_at_once_is_kept_when_the_exam_is_left_before_it_is_measured(labeller) -> None:
    labeller.key(KEY.Key_N)
    labeller.candidates.choose(labeller.candidates.lines[1].key)
    commands = labeller.window.candidate_commands
    commands._accept(new_finding=False)
    session = labeller.window.desk.session
    assert labeller.window.desk.close_session()
    assert len(session.reading.marks) == 2
    assert len(session.reading.decisions) == 2


def test_a_new_finding_is_begun_when_the_reader_says_so(labeller) -> None:
    labeller.key(KEY.Key_N)
    labeller.key(KEY.Key_Y)
    labeller.key(KEY.Key_N)
    labeller.key(KEY.Key_N)
    labeller.key(KEY.Key_Y)
    assert [m.finding_id for m in labeller.reading.marks] == [labeller.reading.findings[0].id] * 2
    labeller.key(KEY.Key_N)
    labeller.key(KEY.Key_Y, SHIFT)
    labeller.until(lambda: len(labeller.reading.findings) == 2)
    assert labeller.reading.marks[-1].finding_id == labeller.reading.findings[1].id
    assert labeller.window.desk.session.current_finding_id == labeller.reading.findings[1].id


def test_what_cannot_be_measured_is_marked_where_it_was_proposed(labeller) -> None:
    nothing = labeller.candidates.lines[2]
    labeller.window.candidate_commands.choose(nothing.key)
    labeller.until(lambda: labeller.active_uid == nothing.info.sop_instance_uid)
    labeller.key(KEY.Key_Y)
    labeller.until(lambda: len(labeller.reading.marks) == 1)
    (mark,) = labeller.reading.marks
    if mark.measurement is None:
        assert mark.point == nothing.best.point


def test_a_verdict_is_taken_back_with_the_mark_it_made(labeller) -> None:
    labeller.key(KEY.Key_N)
    labeller.key(KEY.Key_Y)
    assert labeller.states()[0] is RowState.ACCEPTED
    labeller.key(KEY.Key_Y)
    assert labeller.said() == "Accepted already."
    labeller.key(KEY.Key_R, SHIFT)
    assert labeller.states()[0] is RowState.UNDECIDED
    assert labeller.reading.marks == ()
    labeller.key(KEY.Key_R, SHIFT)
    assert labeller.said() == "Nothing was decided of this candidate."
    labeller.key(KEY.Key_Y)
    labeller.key(KEY.Key_R)
    assert labeller.states()[0] is RowState.REJECTED
    assert labeller.reading.marks == ()
    labeller.key(KEY.Key_Y)
    assert labeller.states()[0] is RowState.ACCEPTED
    assert len(labeller.reading.marks) == 1


def test_a_mark_deleted_later_leaves_the_verdict_and_says_so(labeller) -> None:
    labeller.key(KEY.Key_N)
    labeller.key(KEY.Key_Y)
    labeller.key(KEY.Key_Delete)
    assert labeller.reading.marks == ()
    assert labeller.candidates.state_words(0) == "accepted, mark deleted"


def test_where_the_reader_has_a_mark_nothing_is_proposed(labeller) -> None:
    window = labeller.window
    line = labeller.candidates.lines[0]
    labeller.until(lambda: labeller.active_uid == line.info.sop_instance_uid)
    picture = window.grid.active.picture
    window.desk.session.mark_spot(picture, line.best.point, MarkKind.MICRO)
    assert labeller.states()[0] is RowState.MARKED
    labeller.key(KEY.Key_N)
    assert labeller.candidates.current.key == labeller.candidates.lines[1].key
    window.candidate_commands.choose(line.key)
    for key in (KEY.Key_Y, KEY.Key_R):
        labeller.key(key)
        assert labeller.said().startswith("You marked this yourself")
    assert labeller.reading.decisions == ()
    labeller.key(KEY.Key_Z, CTRL)
    assert labeller.states()[0] is RowState.UNDECIDED


def test_what_an_earlier_model_proposed_and_the_reader_rejected_stays_so(
    qtbot, open_window, exam, labeller
) -> None:
    labeller.key(KEY.Key_N)
    labeller.key(KEY.Key_R)
    assert labeller.window.desk.session.flush()
    labeller.window.close()
    later = Labeller(qtbot, open_window(), Finder(lambda info: made(info, "made-2", "-later")))
    later.open(exam)
    assert later.states()[:2] == [RowState.REJECTED, RowState.UNDECIDED]
    later.candidates.choose(later.candidates.lines[0].key)
    later.key(KEY.Key_R, SHIFT)
    assert later.reading.decisions == ()
    assert later.states()[0] is RowState.UNDECIDED


@pytest.mark.parametrize("layout_key", [KEY.Key_F2, KEY.Key_F4])
def test_before_the_own_first_pass_nothing_of_candidates_is_seen(
    qtbot, open_window, exam, layout_key
) -> None:
    window = open_window()
    window.profiles.choose(RADIOLOGY.name)
    at = Labeller(qtbot, window)
    window.show_panel("candidates")
    at.open(exam)
    at.key(layout_key)
    at.until(lambda: not window.exam_view.loading)
    assert sorted(at.finder.asked) == ["LCC", "LMLO", "RCC", "RMLO"]
    assert at.candidates.lines == ()
    assert at.candidates.current is None
    assert at.panel.list.lines.rowCount() == 0
    assert at.panel.hint.text() == HIDDEN
    assert at.panel.count.text() == ""
    assert not at.panel.filter.isVisible()
    assert at.cyan() == 0
    for key, modifier in ((KEY.Key_Y, NONE), (KEY.Key_R, NONE), (KEY.Key_Y, SHIFT), (KEY.Key_R, SHIFT)):
        at.key(key, modifier)
        assert at.said() == HIDDEN
    assert at.reading.decisions == ()
    at.key(KEY.Key_N)
    assert at.said() == ASKS
    assert not at.reading.first_pass
    assert at.cyan() == 0
    at.key(KEY.Key_N)
    assert at.reading.first_pass
    assert at.candidates.current is not None
    assert at.panel.list.lines.rowCount() == 12
    assert at.panel.count.text() == "undecided 12 of 12"
    assert at.cyan() > 0
    at.key(KEY.Key_Z, CTRL)
    assert not at.reading.first_pass
    assert at.candidates.lines == ()
    assert at.panel.list.lines.rowCount() == 0
    assert at.cyan() == 0


def test_the_first_pass_is_said_by_its_button_and_its_key(qtbot, open_window, exam) -> None:
    window = open_window()
    window.profiles.choose(RADIOLOGY.name)
    at = Labeller(qtbot, window)
    at.open(exam)
    window.show_panel("candidates")
    at.until(at.panel.done.isVisible)
    QTest.mouseClick(at.panel.done, Qt.MouseButton.LeftButton)
    assert at.reading.first_pass
    assert not at.panel.done.isVisible()
    at.key(KEY.Key_Z, CTRL)
    at.key(KEY.Key_N, CTRL | SHIFT)
    assert at.reading.first_pass
    at.key(KEY.Key_N, CTRL | SHIFT)
    assert at.said() == "Candidates are shown already."


def test_the_strip_offers_it_to_those_whose_hands_expect_radiology(qtbot, open_window, exam) -> None:
    window = open_window()
    at = Labeller(qtbot, window)
    at.open(exam, searched=False)
    button = window.strip.first_pass
    assert not button.isVisible()
    window.profiles.choose(RADIOLOGY.name)
    assert button.isVisible()
    assert "Ctrl+Shift+N" in button.toolTip()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert at.reading.first_pass
    assert not button.isVisible()


def test_the_end_of_the_walk_says_how_candidates_come_into_sight(qtbot, open_window, exam) -> None:
    window = open_window()
    window.profiles.choose(RADIOLOGY.name)
    at = Labeller(qtbot, window)
    at.open(exam)
    at.until(lambda: window.exam_view.exact)
    for _ in range(60):
        at.key(KEY.Key_Q)
        at.until(lambda: window.exam_view.exact)
        if "first pass is done" in at.said():
            break
    assert "Ctrl+Shift+N says that your first pass is done" in at.said()
    assert at.candidates.lines == ()


def test_another_profile_hides_and_shows(labeller) -> None:
    assert labeller.candidates.lines
    labeller.window.profiles.choose(RADIOLOGY.name)
    assert labeller.candidates.lines == ()
    labeller.window.profiles.choose(LABELLING.name)
    assert labeller.candidates.lines


def test_hidden_marks_hide_candidates_too(labeller) -> None:
    assert labeller.cyan() > 0
    labeller.key(KEY.Key_G)
    assert labeller.cyan() == 0
    labeller.key(KEY.Key_G)
    assert labeller.cyan() > 0
    labeller.window.show_panel("candidates")
    labeller.panel.drawn.click()
    assert labeller.window.grid.active._candidates.layer is None


def test_rings_that_would_pile_up_are_smaller(labeller) -> None:
    viewport = labeller.window.grid.active
    picture, view = viewport.picture, viewport.view

    def width_of(count: int) -> int:
        points = np.full((count, 2), (160.0, 200.0))
        layer = CandidateLayer(
            points, np.ones(count), np.ones(count, np.int32), np.zeros(count, np.bool_), lambda _at: ("", "")
        )
        shown = ShownCandidates()
        shown.set_layer(layer)
        image = QImage(*viewport.device_size(), QImage.Format.Format_RGB32)
        image.fill(0)
        painter = QPainter(image)
        try:
            shown.paint(painter, picture, view, viewport.device_size(), 1.0)
        finally:
            painter.end()
        drawn = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), -1) & 0xFF
        return int(np.ptp(np.flatnonzero(drawn.max(axis=0) > 100)))

    assert width_of(1) > 1.5 * width_of(100)


def test_threshold_and_filter_say_what_is_listed_and_are_remembered(labeller) -> None:
    window, panel = labeller.window, labeller.panel
    window.show_panel("candidates")
    assert panel.list.lines.rowCount() == 12
    panel.slider.setValue(10)
    assert panel.list.lines.rowCount() == 16
    panel.slider.setValue(92)
    assert panel.count.text() == "undecided 4 of 4"
    panel.slider.setValue(97)
    assert panel.list.lines.rowCount() == 0
    assert panel.hint.text() == NONE_ABOVE
    labeller.key(KEY.Key_N)
    assert labeller.said() == NONE_ABOVE
    panel.slider.setValue(92)
    labeller.key(KEY.Key_N)
    labeller.key(KEY.Key_R)
    assert panel.count.text() == "undecided 3 of 4"
    panel.only.click()
    assert panel.list.lines.rowCount() == 3
    for _ in range(3):
        labeller.key(KEY.Key_N)
        labeller.key(KEY.Key_R)
    assert panel.hint.text() == ALL_DECIDED
    labeller.key(KEY.Key_N)
    assert labeller.said() == "All 4 candidates are decided."
    labeller.candidates.remember()
    assert window.profiles.remembered("candidate score") == "0.92"
    assert labeller.candidates.threshold == 0.92


def test_the_list_tells_image_size_score_hint_and_state(labeller) -> None:
    labeller.window.show_panel("candidates")
    lines = labeller.panel.list.lines
    told = [[lines.index(row, column).data() for column in range(lines.columnCount())] for row in range(3)]
    name = labeller.window.exam_view.order[0].name
    assert told[0] == [name, "0.30 mm at detector", "0.95", "", "undecided"]
    assert told[1][3] == "tram-track? 2 pieces"
    assert told[2][3] == "skin?"
    spoken = lines.index(1, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert "score 0.90" in spoken
    assert MODEL in spoken


def test_every_state_is_told_in_full_in_a_narrow_list(labeller) -> None:
    labeller.window.show_panel("candidates")
    view = labeller.panel.list
    size = view.fontMetrics().horizontalAdvance
    words = ("RMLO", "0.88 mm at detector", "Score", "skin?", RowState.MARKED)
    narrow = sum(size(word) + size("m") for word in words)
    view.setFixedWidth(narrow + 2 * view.frameWidth())
    labeller.until(lambda: view.viewport().width() <= narrow)
    assert size(RowState.MARKED) <= view.columnWidth(len(HEADS) - 1)


def test_the_list_leads_to_the_image_and_keeps_the_keyboard(labeller) -> None:
    labeller.window.show_panel("candidates")
    view = labeller.panel.list
    view.setFocus()
    labeller.until(view.hasFocus)
    for _ in range(5):
        QTest.keyClick(view, KEY.Key_Down)
    row = view.currentIndex().row()
    line = labeller.candidates.lines[view.lines.line_at(row)]
    assert labeller.candidates.current is line
    labeller.until(lambda: labeller.active_uid == line.info.sop_instance_uid)
    assert view.hasFocus()
    QTest.keyClick(view, KEY.Key_Y)
    labeller.until(lambda: bool(labeller.reading.decisions))
    assert labeller.reading.decisions[0].candidate.id == line.key


def test_a_click_of_the_selecting_hand_takes_a_candidate(labeller) -> None:
    line = labeller.candidates.lines[0]
    labeller.until(lambda: labeller.active_uid == line.info.sop_instance_uid)
    labeller.key(KEY.Key_A)
    viewport = labeller.window.grid.active
    at = viewport.widget_position(line.best.point).toPoint()
    QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, NONE, at)
    assert labeller.candidates.current is line
    QTest.mouseMove(viewport, viewport.widget_position(line.best.point).toPoint())
    assert labeller.reading.marks == ()


def test_the_menu_of_a_candidate_decides_of_it_and_leaves_the_view(labeller) -> None:
    window, line = labeller.window, labeller.candidates.lines[0]
    labeller.until(lambda: labeller.active_uid == line.info.sop_instance_uid)
    viewport = window.grid.active
    view = viewport.view
    viewport.customContextMenuRequested.emit(viewport.widget_position(line.best.point).toPoint())
    menu = window.pointing.menu
    assert menu.actions()[0] is window.actions_by_id["candidate_accept"]
    assert labeller.candidates.current is line
    assert viewport.view == view
    window.actions_by_id["candidate_reject"].trigger()
    menu.close()
    assert labeller.states()[0] is RowState.REJECTED
    viewport.customContextMenuRequested.emit(viewport.rect().topLeft())
    assert menu.actions()[0] is not window.actions_by_id["candidate_accept"]
    menu.close()


def test_the_search_stands_still_while_the_hand_moves(qtbot, open_window, exam) -> None:
    window = open_window()
    window.profiles.choose(LABELLING.name)
    finder = Finder()
    finder.held.clear()
    at = Labeller(qtbot, window, finder)
    at.open(exam, searched=False)
    at.until(lambda: bool(finder.tokens))
    window.grid.active.zoom_by(1.2, QPointF(10, 10))
    finder.held.set()
    assert at.search.running
    at.until(lambda: not at.search.missing)


def test_anothers_reading_shows_no_candidates(labeller) -> None:
    workspace = labeller.window.desk.workspace
    workspace.settings = replace(workspace.settings, reader="ben")
    labeller.candidates.refresh()
    assert labeller.candidates.lines == ()
    labeller.key(KEY.Key_N)
    assert labeller.said() == LENT
    workspace.settings = replace(workspace.settings, reader="anna")
    labeller.candidates.refresh()
    assert labeller.candidates.lines


def test_words_about_a_candidate_go_when_it_is_hidden(qtbot, open_window, exam) -> None:
    window = open_window()
    window.profiles.choose(RADIOLOGY.name)
    at = Labeller(qtbot, window)
    at.open(exam)
    at.key(KEY.Key_N, CTRL | SHIFT)
    line = at.candidates.lines[0]
    uid = line.info.sop_instance_uid
    viewport = next(v for v in window.grid.shown if v.picture.info.sop_instance_uid == uid)
    move(viewport, viewport.widget_position(line.best.point), held=Qt.MouseButton.NoButton)
    at.until(lambda: "candidate for labelling" in window.status.hint.text())
    assert "score 0.95" in window.status.hint.text()
    at.key(KEY.Key_Z, CTRL)
    assert at.candidates.lines == ()
    assert "candidate" not in window.status.hint.text()
    assert "score" not in window.status.hint.text()
    at.key(KEY.Key_Y, CTRL)
    at.key(KEY.Key_N)
    assert "score" in at.said()
    at.key(KEY.Key_Z, CTRL)
    assert "score" not in at.said()


def test_what_was_found_is_there_at_once_when_the_reader_comes_back(
    qtbot, open_window, tmp_path, exam
) -> None:
    write_exam(exam / "other", patient="SMALL-2", study="2.25.2")
    window = open_window()
    window.profiles.choose(LABELLING.name)
    at = Labeller(qtbot, window)
    at.open(exam)
    first = window.desk.exam
    at.key(KEY.Key_PageDown)
    at.until(lambda: window.desk.exam is not first and window.desk.session is not None)
    at.until(lambda: bool(at.search.searchable) and not at.search.missing)
    assert len(at.finder.asked) == 8
    at.key(KEY.Key_PageUp)
    at.until(lambda: window.desk.exam is first and window.desk.session is not None)
    at.until(lambda: not window.exam_view.loading)
    assert len(at.candidates.lines) == 16
    assert at.search.missing == ()
    assert len(at.finder.asked) == 8


def test_the_exam_on_the_screen_is_searched_first_and_leaving_it_gives_up(
    qtbot, open_window, tmp_path, exam
) -> None:
    other = write_exam(tmp_path / "other", patient="SMALL-2", study="2.25.2")
    window = open_window()
    window.profiles.choose(LABELLING.name)
    finder = Finder()
    finder.held.clear()
    at = Labeller(qtbot, window, finder)
    at.open(exam, searched=False)
    at.until(lambda: bool(finder.tokens))
    assert finder.asked[0] == window.grid.active.picture.info.name
    assert at.search.running
    window.open_paths([other])
    at.until(lambda: window.desk.session is not None and "2.25.2" in window.desk.exam.study_instance_uid)
    at.until(lambda: finder.tokens[0].cancelled)
    finder.held.set()
    at.until(lambda: bool(at.search.searchable) and not at.search.missing)
    uids = {line.info.study_instance_uid for line in at.candidates.lines}
    assert uids == {"2.25.2"}


def test_the_search_is_stopped_and_goes_on(qtbot, open_window, exam) -> None:
    window = open_window()
    window.profiles.choose(LABELLING.name)
    finder = Finder()
    finder.held.clear()
    at = Labeller(qtbot, window, finder)
    window.show_panel("candidates")
    at.open(exam, searched=False)
    at.until(lambda: at.panel.work.isVisible() and at.panel.cancel.text() == "Cancel")
    assert "image 1 of 4" in at.panel.what.text()
    QTest.mouseClick(at.panel.cancel, Qt.MouseButton.LeftButton)
    at.until(lambda: finder.tokens[-1].cancelled)
    assert at.panel.what.text() == "Stopped after 0 of 4 images"
    finder.held.set()
    assert at.candidates.lines == ()
    QTest.mouseClick(at.panel.cancel, Qt.MouseButton.LeftButton)
    at.until(lambda: not at.search.missing)
    assert not at.panel.work.isVisible()
    assert len(at.candidates.lines) == 16


def test_an_image_that_cannot_be_searched_is_told_in_one_sentence_and_tried_again(
    qtbot, open_window, exam
) -> None:
    window = open_window()
    window.profiles.choose(LABELLING.name)
    refused = [True]

    def answer(info: ImageInfo) -> Candidates:
        if info.name == "LMLO" and refused[0]:
            raise UnreadableImage(info.path, "its pixels end too early")
        return made(info)

    at = Labeller(qtbot, window, Finder(answer))
    window.show_panel("candidates")
    at.open(exam)
    assert at.panel.trouble.isVisible()
    assert at.panel.trouble.text().startswith("No candidates of LMLO: ")
    assert at.panel.trouble.text().count("\n") == 0
    assert len(at.candidates.lines) == 12
    refused[0] = False
    QTest.mouseClick(at.panel.retry, Qt.MouseButton.LeftButton)
    at.until(lambda: len(at.candidates.lines) == 16)
    assert not at.panel.trouble.isVisible()


def test_who_signs_amid_candidates_is_told_how_many_are_undecided(labeller) -> None:
    card = labeller.window.signing_commands.card
    labeller.key(KEY.Key_N)
    for told in (False, True):
        labeller.key(KEY.Key_Return, CTRL)
        labeller.until(lambda: card.asks_to_sign)
        words = " ".join(label.text() for label in card.findChildren(QLabel))
        assert ("11 of 12 candidates for labelling are undecided." in words) is told
        card.close_card()
        labeller.window.grid.active.setFocus()
        labeller.key(KEY.Key_R)


def test_nothing_is_decided_in_a_signed_reading(labeller) -> None:
    window = labeller.window
    labeller.key(KEY.Key_N)
    labeller.key(KEY.Key_Return, CTRL)
    card = window.signing_commands.card
    labeller.until(lambda: card.asks_to_sign)
    QTest.keyClick(card.yes, KEY.Key_Return)
    labeller.until(lambda: labeller.reading.is_signed)
    before = labeller.reading
    for key, modifier in ((KEY.Key_Y, NONE), (KEY.Key_Y, SHIFT), (KEY.Key_R, NONE)):
        labeller.key(key, modifier)
        assert "is signed; Amend... opens it again" in labeller.said()
    assert labeller.reading == before


def test_a_signed_reading_does_not_take_the_first_pass(qtbot, open_window, exam) -> None:
    window = open_window()
    window.profiles.choose(RADIOLOGY.name)
    at = Labeller(qtbot, window)
    at.open(exam)
    at.key(KEY.Key_Return, CTRL)
    card = window.signing_commands.card
    at.until(lambda: card.asks_to_sign)
    QTest.keyClick(card.yes, KEY.Key_Return)
    at.until(lambda: at.reading.is_signed)
    window.grid.active.setFocus()
    at.key(KEY.Key_N)
    at.key(KEY.Key_N)
    assert not at.reading.first_pass
    assert at.candidates.lines == ()
    assert "is signed" in at.said()


def test_without_a_pixel_size_nothing_is_searched(qtbot, open_window, tmp_path) -> None:
    from made_exams import Shot, write_shots

    window = open_window()
    window.profiles.choose(LABELLING.name)
    at = Labeller(qtbot, window)
    window.show_panel("candidates")
    at.open(write_shots(tmp_path / "bare", [Shot("one", spacing=None)]), searched=False)
    at.until(lambda: at.panel.hint.text() == NO_SIZE)
    at.key(KEY.Key_N)
    assert at.said() == NO_SIZE
    assert at.finder.asked == []


@pytest.mark.parametrize("elsewhere", [False, True])
def test_images_in_which_no_breast_is_found_are_named(qtbot, open_window, exam, elsewhere: bool) -> None:
    def answer(info: ImageInfo) -> Candidates:
        return (
            made(info) if elsewhere and info.name == "RCC" else Candidates((), (), MODEL, breast_found=False)
        )

    window = open_window()
    window.profiles.choose(LABELLING.name)
    at = Labeller(qtbot, window, Finder(answer))
    window.show_panel("candidates")
    at.open(exam)
    said = at.panel.hint.text()
    assert said.startswith("No breast was found in ")
    assert [name for name in ("RCC", "LCC", "RMLO", "LMLO") if name in said] == [
        *([] if elsewhere else ["RCC"]),
        "LCC",
        "RMLO",
        "LMLO",
    ]


def test_nothing_is_searched_for_who_did_not_choose_a_profile_nor_ask(qtbot, open_window, exam) -> None:
    window = open_window()
    at = Labeller(qtbot, window)
    at.open(exam, searched=False)
    at.until(lambda: window.read_ahead.finished)
    at.qtbot.wait(50)
    assert at.finder.asked == []
    at.key(KEY.Key_N)
    assert at.said() == ASKS
    at.until(lambda: not at.search.missing)
    assert len(at.finder.asked) == 4


def test_who_switched_it_off_is_served_when_asking(qtbot, open_window, exam) -> None:
    window = open_window()
    workspace = window.desk.workspace
    workspace.settings = replace(workspace.settings, candidates=False)
    window.profiles.choose(LABELLING.name)
    at = Labeller(qtbot, window)
    at.open(exam, searched=False)
    at.until(lambda: window.read_ahead.finished)
    at.qtbot.wait(50)
    assert at.finder.asked == []
    window.show_panel("candidates")
    at.until(lambda: not at.search.missing)
    assert len(at.finder.asked) == 4


def test_of_ten_thousand_candidates_the_likeliest_are_listed_drawn_and_decided(
    qtbot, open_window, exam
) -> None:
    def many(info: ImageInfo) -> Candidates:
        from annotator.model.candidate import CandidateRow

        if info.name != "RCC":
            return Candidates((), (), MODEL)
        ones = tuple(
            candidate(info, f"{n:05d}", (5 + (n % 200), 5 + n // 200 * 7.5), 1 - n / 100_000)
            for n in range(10_000)
        )
        return Candidates(ones, tuple(CandidateRow((one.id,)) for one in ones), MODEL)

    window = open_window()
    window.profiles.choose(LABELLING.name)
    at = Labeller(qtbot, window, Finder(many))
    window.show_panel("candidates")
    at.open(exam)
    assert at.panel.list.lines.rowCount() == MOST_LINES
    assert at.panel.list.lines.index(MOST_LINES - 1, 0).isValid()
    listed = [at.candidates.lines[k].best.score for k in at.candidates.listed]
    assert min(listed) == 1 - (MOST_LINES - 1) / 100_000
    assert f"{10_000 - MOST_LINES} more score as high" in at.panel.hint.text()
    at.key(KEY.Key_N)
    at.key(KEY.Key_R)
    at.key(KEY.Key_N)
    at.key(KEY.Key_Y)
    at.until(lambda: len(at.reading.decisions) == 2)
    assert at.panel.list.lines.rowCount() == MOST_LINES
    assert at.cyan() > 0
    at.panel.slider.setValue(100)
    assert at.panel.list.lines.rowCount() == 1
    assert "more score" not in at.panel.hint.text()


def test_in_a_stack_the_walk_goes_to_the_slice_and_the_mark_lies_on_it(qtbot, open_window, tmp_path) -> None:
    (near_at, far_at) = SPECKS[:2]

    def answer(info: ImageInfo) -> Candidates:
        far = candidate(info, "far", far_at[:2], 0.9, far_at[2])
        near = candidate(info, "near", near_at[:2], 0.88, near_at[2])
        return Candidates((far, near), (CandidateRow((far.id,)), CandidateRow((near.id,))), MODEL)

    window = open_window()
    window.profiles.choose(LABELLING.name)
    at = Labeller(qtbot, window, Finder(answer))
    at.open(write_stack(tmp_path / "stack"))
    listed = at.panel.list.lines.index(0, 0)
    assert listed.data() == f"LCC, {far_at[2]}"
    assert f"slice {far_at[2]}" in listed.data(Qt.ItemDataRole.AccessibleTextRole)
    for frame in (far_at[2], near_at[2], far_at[2]):
        at.key(KEY.Key_N)
        at.until(
            lambda wanted=frame: (
                window.grid.active.picture is not None and window.grid.active.picture.frame_number == wanted
            )
        )
    at.key(KEY.Key_N, SHIFT)
    at.until(lambda: window.grid.active.picture.frame_number == near_at[2])
    at.key(KEY.Key_Y)
    at.until(lambda: bool(at.reading.marks))
    (mark,) = at.reading.marks
    assert mark.image.frame == near_at[2]
    assert mark.measurement is not None
    assert at.reading.decisions[0].candidate.image.frame == near_at[2]
