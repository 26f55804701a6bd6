"""The quiet lines in the panel and in the window: where, in which words, kept, and never under the pointer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QScrollArea, QVBoxLayout, QWidget
from small_exam import column_of, write_exam

from annotator.lexicon.contradictions import load_contradictions
from annotator.lexicon.loader import load_lexicon
from annotator.model import edits
from annotator.model.finding import Assessment, Change, Morphology, SaidLength
from annotator.model.follow_up import Contradiction
from annotator.model.geometry import ImagePoint
from annotator.model.image import Laterality
from annotator.model.mark import MarkKind
from annotator.ui.panels.contradictions import SIGN, ContradictionLine

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

LEXICON = load_lexicon()
SKIN = Contradiction("benign_type_suspicious_category", "size", "Skin and 4B do not go together.", ("BR5",))
OTHER = Contradiction("micro_coarse", "size", "Micro and coarse do not go together.", ("BR5", "CG"))


class Panel(QScrollArea):
    """A button above, the lines, and a button below them, in a panel that scrolls."""

    def __init__(self) -> None:
        super().__init__()
        inner = QWidget()
        column = QVBoxLayout(inner)
        self.above, self.line, self.below = (
            QPushButton("a"),
            ContradictionLine("size", LEXICON),
            QPushButton("b"),
        )
        for part in (self.above, self.line, self.below):
            column.addWidget(part)
        column.addStretch(1)
        self.setWidgetResizable(True)
        self.setWidget(inner)
        self.resize(320, 300)


@pytest.fixture
def panel(qtbot):
    panel = Panel()
    qtbot.addWidget(panel)
    panel.move(200, 100)
    point_beside(panel)
    with qtbot.waitExposed(panel):
        panel.show()
    return panel


def point_at(widget):
    QCursor.setPos(widget.mapToGlobal(widget.rect().center()))
    QApplication.processEvents()


def point_beside(panel):
    QCursor.setPos(panel.mapToGlobal(QPoint(panel.width() + 60, 10)))
    QApplication.processEvents()


def place_of(panel, button):
    QApplication.processEvents()
    panel.widget().layout().activate()
    return button.mapTo(panel, QPoint(0, 0)).y()


def test_it_takes_no_room_until_there_is_something_of_its_field(panel):
    before = place_of(panel, panel.below)
    panel.line.tell((replace(SKIN, field="change"),))
    assert not panel.line.isVisible()
    assert place_of(panel, panel.below) == before
    panel.line.tell((SKIN,))
    assert [row.text.text() for row in panel.line.rows] == [f"{SIGN} {SKIN.text}"]
    assert place_of(panel, panel.below) > before
    panel.line.tell(())
    assert place_of(panel, panel.below) == before


def test_what_comes_and_goes_never_moves_what_is_pointed_at(panel):
    point_at(panel.below)
    before = place_of(panel, panel.below)
    panel.line.tell((SKIN,))
    assert place_of(panel, panel.below) == before
    leave(panel)
    assert panel.line.told == (SKIN,)
    moved = place_of(panel, panel.below)
    assert moved > before
    point_at(panel.below)
    panel.line.tell(())
    assert place_of(panel, panel.below) == moved
    assert not panel.line.rows[0].button.isEnabled()
    leave(panel)
    assert panel.line.told == ()
    assert place_of(panel, panel.below) == before


def leave(panel):
    point_beside(panel)
    QApplication.sendEvent(panel, QEvent(QEvent.Type.Leave))


def test_a_pointer_above_the_line_need_not_leave(panel):
    point_at(panel.above)
    before = place_of(panel, panel.above)
    panel.line.tell((SKIN,))
    assert panel.line.told == (SKIN,)
    assert place_of(panel, panel.above) == before


def test_one_that_waits_and_is_over_again_is_never_shown(panel):
    point_at(panel.below)
    panel.line.tell((SKIN,))
    panel.line.tell(())
    leave(panel)
    assert panel.line.told == ()
    assert not panel.line.isVisible()


def test_keep_carries_the_id_and_a_kept_one_is_quieter(panel, qtbot):
    panel.line.tell((SKIN, OTHER))
    second = panel.line.rows[1]
    with qtbot.waitSignal(panel.line.keep) as kept:
        QTest.mouseClick(second.button, Qt.MouseButton.LeftButton)
    assert kept.args == [OTHER.id, True]
    panel.line.tell((SKIN, replace(OTHER, kept=True)))
    assert (second.button.text(), second.text.property("role")) == ("kept", "dim")
    assert panel.line.rows[0].text.property("role") == "contradiction"
    with qtbot.waitSignal(panel.line.keep) as taken_back:
        QTest.mouseClick(second.button, Qt.MouseButton.LeftButton)
    assert taken_back.args == [OTHER.id, False]


def test_it_is_reached_and_read_without_a_mouse(panel, qtbot):
    panel.line.tell((OTHER,))
    row = panel.line.rows[0]
    panel.activateWindow()
    panel.above.setFocus()
    QTest.keyClick(panel.above, Qt.Key.Key_Tab)
    assert row.button.hasFocus()
    assert OTHER.text in row.button.accessibleName()
    for tag in OTHER.sources:
        assert LEXICON.source(tag).citation in row.button.accessibleDescription()
        assert LEXICON.source(tag).citation[:20] in row.button.toolTip().replace("&#x27;", "'")
    with qtbot.waitSignal(panel.line.keep):
        QTest.keyClick(row.button, Qt.Key.Key_Space)
    QTest.keyClick(row.button, Qt.Key.Key_Tab)
    assert panel.below.hasFocus()


@pytest.fixture
def window(qtbot, open_window, tmp_path: Path):
    window = open_window()
    window.open_paths([write_exam(tmp_path / "exam")])
    qtbot.waitUntil(lambda: window.desk.session is not None, timeout=10_000)
    qtbot.waitUntil(lambda: all(v.picture is not None for v in window.grid.shown), timeout=10_000)
    point_beside_panel(window)
    return window


def point_beside_panel(window):
    QCursor.setPos(window.grid.mapToGlobal(QPoint(30, 30)))
    QApplication.processEvents()


def told(window):
    return {one.id for line in window.finding_panel.lines for one in line.told}


def marked(window, label="RCC", *places):
    """A new finding with marks on an image of the exam."""
    session = window.desk.session
    info = next(i for i in session.exam.images if i.label == label)
    reading, finding = edits.add_finding(session.reading)
    for place in places:
        reading, _ = edits.add_mark(reading, finding.id, info.key(), place, MarkKind.MICRO)
    session.apply(reading, "Marks")
    session.select_finding(finding.id)
    return finding.id


def test_in_the_window_a_line_is_told_kept_undone_and_over_by_itself(qtbot, window):
    session, finding = window.desk.session, marked(window)
    session.describe(finding, "Say", morphology=(Morphology.SKIN,), assessment=Assessment.MODERATE_SUSPICION)
    assert told(window) == {"benign_type_suspicious_category"}
    line = next(line for line in window.finding_panel.lines if line.told)
    QTest.mouseClick(line.rows[0].button, Qt.MouseButton.LeftButton)
    assert session.reading.finding(finding).kept == ("benign_type_suspicious_category",)
    assert line.rows[0].button.text() == "kept"
    session.undo_stack.undo()
    assert session.reading.finding(finding).kept == ()
    assert line.rows[0].button.text() == "keep"
    session.describe(finding, "Say", assessment=Assessment.BENIGN)
    assert told(window) == set()


def test_what_was_kept_of_one_statement_is_not_kept_of_another(window):
    apart = ImagePoint(column_of("R", 60.5), 180.5), ImagePoint(column_of("R", 100.5), 200.5)
    session, finding = window.desk.session, marked(window, "RCC", *apart)

    def kept() -> tuple[str, ...]:
        return session.reading.finding(finding).kept

    session.describe(finding, "Say", extent=SaidLength(30.0))
    assert told(window) >= {"extent_measured"}
    session.facts.keep(finding, "extent_measured")
    session.describe(finding, "Say", comment="looked at twice")
    assert kept() == ("extent_measured",)
    session.describe(finding, "Say", extent=SaidLength(80.0))
    assert kept() == ()
    session.undo_stack.undo()
    assert kept() == ("extent_measured",)
    session.describe(finding, "Say", extent=None)
    assert kept() == ()
    session.describe(finding, "Say", extent=SaidLength(30.0))
    assert not next(one for one in session.facts.contradictions(finding) if one.id == "extent_measured").kept


def test_every_field_of_the_list_has_its_line_in_the_panel(window):
    shown = {line.field for line in window.finding_panel.lines}
    assert {term.field for term in load_contradictions().values()} <= shown


def test_the_window_learns_where_the_breast_lies_and_tells_marks_in_the_air(qtbot, window):
    inside, air = ImagePoint(column_of("R", 100.5), 200.5), ImagePoint(5.5, 5.5)
    finding = marked(window, "RCC", inside, air)
    qtbot.waitUntil(lambda: "outside_breast" in told(window), timeout=10_000)
    measured = window.desk.session.facts.measured(finding)
    assert measured.outside_breast == 1
    assert measured.nipple_distance is not None
    assert not measured.nipple_placed


def test_a_change_without_an_earlier_exam_is_told_until_one_is_opened(qtbot, window, tmp_path):
    finding = marked(window)
    window.desk.session.describe(finding, "Say", change=Change.STABLE_2Y, laterality=Laterality.RIGHT)
    qtbot.waitUntil(lambda: "change_without_prior" in told(window), timeout=10_000)
    study = window.desk.session.exam.study_instance_uid
    window.open_paths([write_exam(tmp_path / "prior", study="2.25.3", date="20220312")])
    qtbot.waitUntil(lambda: len(window.desk.exams) == 2, timeout=10_000)
    qtbot.waitUntil(lambda: window.desk.session.exam.study_instance_uid != study, timeout=10_000)
    current = next(e for e in window.desk.exams if e.study_instance_uid == study)
    window.desk.open_exam(current)
    qtbot.waitUntil(lambda: window.desk.session.exam.study_instance_uid == study, timeout=10_000)
    qtbot.waitUntil(lambda: window.desk.session.facts.earlier_exam is True, timeout=10_000)
    assert "change_without_prior" not in told(window)


def test_the_nipple_key_takes_one_click_and_gives_the_tool_back(qtbot, window):
    pane = window.grid.shown[0]
    pane.setFocus()
    QTest.keyClick(pane, Qt.Key.Key_N, Qt.KeyboardModifier.AltModifier)
    assert "nipple" in pane.hand.tool.hint
    tip = pane.widget_position(ImagePoint(column_of("R", 236.5), 200.5)).toPoint()
    QTest.mouseClick(pane, Qt.MouseButton.LeftButton, pos=tip)
    reading = window.desk.session.reading
    (place,) = reading.nipples
    assert place.image == pane.picture.key
    assert "mark micro" in pane.hand.tool.hint
    finding = marked(window, "RCC", ImagePoint(column_of("R", 136.5), 200.5))
    qtbot.waitUntil(
        lambda: window.desk.session.facts.measured(finding).nipple_distance is not None, timeout=10_000
    )
    measured = window.desk.session.facts.measured(finding)
    assert measured.nipple_placed
    assert measured.nipple_distance.value == pytest.approx(10.0, abs=0.3)
    told = window.finding_panel.place.on_images
    assert told.text().startswith(
        f"RCC: {measured.nipple_distance.value:.1f} mm from the nipple (at detector)"
    )
    QTest.keyClick(pane, Qt.Key.Key_N, Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ShiftModifier)
    assert window.desk.session.reading.nipples == ()
    assert "from the estimated nipple" in told.text()
    window.desk.session.undo_stack.undo()
    assert len(window.desk.session.reading.nipples) == 1


def test_escape_puts_the_nipple_back_in_the_pocket(window):
    pane = window.grid.shown[0]
    pane.setFocus()
    QTest.keyClick(pane, Qt.Key.Key_N, Qt.KeyboardModifier.AltModifier)
    QTest.keyClick(pane, Qt.Key.Key_Escape)
    assert "mark micro" in pane.hand.tool.hint
    assert window.desk.session.reading.nipples == ()
