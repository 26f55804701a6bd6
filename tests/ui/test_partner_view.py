"""Partner view: where a finding may lie on the other view, and its marks there taken by key or click, as one act."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hands import click, drag, move, press, release
from made_signature import signature_of
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest

from annotator.model import edits
from annotator.model.finding import Reading
from annotator.model.geometry import ImagePoint
from annotator.model.history import Act
from annotator.model.image import ExamInfo
from annotator.model.mark import MarkKind
from annotator.ui import theme
from annotator.ui.keys.profiles import LABELLING
from annotator.ui.marks.partner import ChestWallTool, PartnerTool

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

ALT, SHIFT = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ShiftModifier
NONE = Qt.KeyboardModifier.NoModifier


def marked(reading: Reading, exam: ExamInfo, group: str, view: str) -> Reading:
    """A finding with every calcification of a group, on one view."""
    reading, finding = edits.add_finding(reading)
    for info in exam.images:
        truth = json.loads(info.path.with_suffix(".truth.json").read_text(encoding="utf-8"))
        for one in truth["calcifications"] if info.view.name == view else ():
            if one["group"] == group:
                point = ImagePoint(one["column"], one["row"])
                reading, _ = edits.add_mark(reading, finding.id, info.key(), point, MarkKind.MICRO)
    return reading


@pytest.fixture
def window(qtbot, open_window, sample_dicoms: Path):
    """The screening exam; F1 is the suspicious group on the CC, F2 another group and F3 the suspicious one on the MLO."""
    window = open_window()
    window.open_paths([sample_dicoms / "screening"])
    qtbot.waitUntil(lambda: window.desk.session is not None and not window.desk.opening, timeout=15000)
    qtbot.waitUntil(lambda: not window.exam_view.loading, timeout=15000)
    session = window.desk.session
    reading = session.reading
    for group, view in (("S1", "CC"), ("B2", "MLO"), ("S1", "MLO")):
        reading = marked(reading, session.exam, group, view)
    session.apply(reading, "Mark")
    session.select_finding(reading.findings[0].id)
    window.grid.active.setFocus()
    return window


def key(window, which: Qt.Key, modifier=NONE) -> None:
    QTest.keyClick(window.focusWidget() or window, which, modifier)


def opened(qtbot, window):
    key(window, Qt.Key.Key_V, ALT)
    qtbot.waitUntil(lambda: window.partner_commands.layer is not None, timeout=15000)
    return window.partner_commands.layer


def pane_of(window, layer):
    uid = layer.band.sop_instance_uid
    return next(v for v in window.grid.shown if v.picture and v.picture.info.sop_instance_uid == uid)


@pytest.mark.parametrize("taken_by", [Qt.Key.Key_1, Qt.Key.Key_Return], ids=["1", "Enter"])
def test_a_key_takes_the_marks_of_the_other_view_as_one_act(qtbot, window, taken_by):
    session = window.desk.session
    first, _other, there = session.reading.findings
    layer = opened(qtbot, window)
    assert layer.band.label == "RMLO"
    assert pane_of(window, layer) is window.grid.active
    assert layer.proposals[0].finding_id == there.id
    assert layer.proposals[0].likely > 0.8
    told = window.status.message
    assert told.startswith("F1 on RMLO: ")
    assert "(estimated, in breast) from the nipple on RCC, ± 10 mm; both nipples estimated" in told
    before = session.reading
    key(window, taken_by)
    assert len(session.reading.marks_of(first.id)) == len(before.marks_of(first.id)) + len(
        before.marks_of(there.id)
    )
    assert session.reading.marks_of(there.id) == ()
    assert "F3 has no marks left" in window.status.message
    assert window.partner_commands.layer is None
    key(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert session.reading == before


def test_digits_are_windows_again_once_it_is_closed(qtbot, window):
    layer = opened(qtbot, window)
    before = window.desk.session.reading
    shown = window.docks.is_shown("worklist")
    key(window, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert window.docks.is_shown("worklist") is not shown
    assert window.partner_commands.layer is layer
    assert window.desk.session.reading is before
    assert "1 or 2 to take, Esc to leave" in window.status.message
    key(window, Qt.Key.Key_Escape)
    assert window.partner_commands.layer is None
    assert window.status.message == ""
    key(window, Qt.Key.Key_1)
    assert window.desk.session.reading is before
    assert not any(isinstance(v.hand.tool, PartnerTool) for v in window.grid.shown)


def test_a_click_into_a_ring_takes_it_and_one_elsewhere_marks(qtbot, window):
    session = window.desk.session
    layer = opened(qtbot, window)
    pane = pane_of(window, layer)
    before = session.reading
    ring = layer.proposals[0].middle
    info = pane.picture.info
    truth = json.loads(info.path.with_suffix(".truth.json").read_text(encoding="utf-8"))
    lone = next(one for one in truth["calcifications"] if one["group"] == "B2")
    spot = ImagePoint(lone["column"], lone["row"])
    assert layer.proposal_at(ring) is layer.proposals[0]
    if layer.proposal_at(spot) is None:
        click(pane, pane.widget_position(spot).toPoint(), Qt.MouseButton.LeftButton, ALT)
        assert len(session.reading.marks) == len(before.marks) + 1
        assert session.reading.marks[-1].finding_id == session.reading.findings[0].id
        assert window.partner_commands.layer is not None
    qtbot.waitUntil(lambda: not window.runner.busy("partner"), timeout=15000)
    click(pane, pane.widget_position(ring).toPoint())
    assert session.reading.marks_of(session.reading.findings[2].id) == ()


def test_the_band_is_drawn_quietly_and_goes(qtbot, window):
    def blue(pane) -> int:
        image = pane.grab().toImage()
        wanted = QColor(theme.ACCENT)
        return sum(
            image.pixelColor(x, y) == wanted
            for x in range(2, image.width() - 2)
            for y in range(2, image.height() - 2)
        )

    layer = opened(qtbot, window)
    pane = pane_of(window, layer)
    drawn = blue(pane)
    assert drawn > 30
    assert drawn < 0.05 * pane.width() * pane.height()
    key(window, Qt.Key.Key_Escape)
    assert blue(pane) < drawn / 4


def test_the_key_again_closes_it_and_another_finding_too(qtbot, window):
    opened(qtbot, window)
    key(window, Qt.Key.Key_V, ALT)
    assert window.partner_commands.layer is None
    assert window.status.message == "Partner view closed."
    opened(qtbot, window)
    key(window, Qt.Key.Key_Tab)
    assert window.partner_commands.layer is None


def test_a_stroke_begun_right_after_a_mark_is_not_taken_out_of_the_hand(qtbot, window):
    layer = opened(qtbot, window)
    pane = pane_of(window, layer)
    before = window.desk.session.reading
    start = QPoint(pane.width() // 2, pane.height() - 40)
    press(pane, start)
    move(pane, start + QPoint(20, 0))
    window.desk.session.select_marks(frozenset())
    window.partner_commands._ask()
    qtbot.waitUntil(lambda: window.partner_commands.layer is not layer, timeout=15000)
    assert pane.hand.busy
    for place in (QPoint(20, 20), QPoint(0, 20), QPoint(0, 2)):
        move(pane, start + place)
    release(pane, start)
    assert len(window.desk.session.reading.clusters) == len(before.clusters) + 1
    newest = window.partner_commands
    qtbot.waitUntil(lambda: pane.hand.tool.layer is newest.layer, timeout=15000)


def test_why_there_is_nothing_to_show(qtbot, window):
    session = window.desk.session
    session.new_finding()
    key(window, Qt.Key.Key_V, ALT)
    assert window.status.message == "Nothing of F4 is marked on a whole view; mark it first."


def test_a_nipple_placed_by_the_reader_moves_the_band(qtbot, window):
    session = window.desk.session
    layer = opened(qtbot, window)
    pane = pane_of(window, layer)
    before = layer.band.nipple
    session.place_nipple(pane.picture, ImagePoint(before.column, before.row + 60))
    qtbot.waitUntil(lambda: window.partner_commands.layer.band.nipple_placed, timeout=15000)
    assert window.partner_commands.layer.band.nipple.row == before.row + 60


def test_the_muscle_bounds_the_band_as_found_or_as_drawn(qtbot, window):
    session = window.desk.session
    layer = opened(qtbot, window)
    pane = pane_of(window, layer)
    assert layer.wall is not None
    assert not layer.wall_drawn
    key(window, Qt.Key.Key_Escape)
    key(window, Qt.Key.Key_W, ALT)
    assert isinstance(pane.hand.tool, ChestWallTool)
    start, end = QPoint(pane.width() - 60, 60), QPoint(pane.width() - 20, pane.height() // 2)
    drag(pane, [start, start + QPoint(5, 20), end])
    wall = session.reading.chest_wall_on(layer.band.sop_instance_uid)
    assert wall is not None
    assert not isinstance(pane.hand.tool, ChestWallTool)
    again = opened(qtbot, window)
    assert (again.wall, again.wall_drawn) == (wall.ends, True)
    key(window, Qt.Key.Key_Escape)
    key(window, Qt.Key.Key_W, ALT | SHIFT)
    assert session.reading.chest_walls == ()
    key(window, Qt.Key.Key_W, ALT | SHIFT)
    assert window.status.message == "No chest wall was drawn on this image."


def test_escape_puts_the_chest_wall_tool_down(qtbot, window):
    key(window, Qt.Key.Key_W, ALT)
    key(window, Qt.Key.Key_Escape)
    assert not isinstance(window.grid.active.hand.tool, ChestWallTool)
    assert window.desk.session.reading.chest_walls == ()


def test_a_signed_reading_is_looked_at_only(qtbot, window):
    session = window.desk.session
    opened(qtbot, window)
    session.seal(edits.sign(session.reading, signature_of(session.reading)), Act.SIGN, "Sign")
    qtbot.waitUntil(lambda: not window.runner.busy("partner"), timeout=15000)
    before = session.reading
    key(window, Qt.Key.Key_1)
    assert session.reading is before
    assert "is signed" in window.status.message
    key(window, Qt.Key.Key_Escape)
    assert window.partner_commands.layer is None


def test_candidates_in_the_band_are_accepted_together(qtbot, window):
    """In Labelling candidates may be seen at once; nobody marked the group on the oblique view."""
    session = window.desk.session
    first, _other, there = session.reading.findings
    session.apply(edits.remove_finding(session.reading, there.id), "Remove")
    session.select_finding(first.id)
    window.profiles.choose(LABELLING.name)
    uid = next(i.sop_instance_uid for i in session.exam.images if i.label == "RMLO")

    def proposed() -> bool:
        return any(line.info.sop_instance_uid == uid for line in window.candidates.lines)

    qtbot.waitUntil(proposed, timeout=180000)
    layer = opened(qtbot, window)
    number = next(one.number for one in layer.proposals if one.candidate_ids)
    wanted = layer.numbered(number)
    assert wanted.mark_ids == ()
    before = session.reading
    key(window, Qt.Key(int(Qt.Key.Key_0) + number))
    qtbot.waitUntil(lambda: session.reading is not before, timeout=15000)
    added = [mark for mark in session.reading.marks if mark.image.sop_instance_uid == uid]
    mine = [mark for mark in added if mark.finding_id == first.id]
    assert len(mine) == len(wanted.candidate_ids)
    decided = {decision.candidate.id for decision in session.reading.decisions}
    assert decided == set(wanted.candidate_ids)
    assert all(decision.model_version for decision in session.reading.decisions)
    session.undo_stack.undo()
    assert session.reading == before
