"""What the finding panel says: by pointing, by keys, by taking over what was measured; nothing by itself."""

from __future__ import annotations

from dataclasses import fields
from itertools import pairwise

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from scaled_window import LEAST_CONTRAST, faintest, is_cut, named, parts
from small_exam import write_exam

from annotator.lexicon.loader import load_lexicon
from annotator.model.finding import (
    Assessment,
    Associated,
    Certainty,
    Change,
    Depth,
    Distribution,
    Finding,
    Morphology,
    Quadrant,
    Recommendation,
    SaidLength,
    Stage,
)
from annotator.model.geometry import Millimetres, SpacingBasis
from annotator.model.image import Laterality
from annotator.model.seen_on_image import RecallReason
from annotator.ui.panels.breast_clock import BreastClock
from annotator.ui.panels.chips import ChipRow
from annotator.ui.panels.folds import Fold
from annotator.ui.panels.length_field import LengthField

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

KEY = Qt.Key
LEFT_BUTTON = Qt.MouseButton.LeftButton
LENGTH = Millimetres(8.43, SpacingBasis.AT_DETECTOR)


@pytest.fixture
def window(qtbot, open_window, tmp_path):
    """The small exam with an empty finding."""
    window = open_window()
    window.resize(1366, 768)
    window.open_paths([write_exam(tmp_path / "exam")])
    qtbot.waitUntil(lambda: window.desk.session is not None and window.exam_view.exact, timeout=20_000)
    window.desk.session.new_finding()
    window.grid.active.setFocus()
    return window


def said(finding: Finding) -> dict[str, object]:
    """What of a finding is not as it began."""
    blank = Finding(id="", number=0, tracking_uid="")
    own = {"id", "number", "tracking_uid"}
    parts = (part.name for part in fields(finding) if part.name not in own)
    return {name: getattr(finding, name) for name in parts if getattr(finding, name) != getattr(blank, name)}


def click(row: ChipRow, value: object) -> None:
    QTest.mouseClick(row.chip(value), LEFT_BUTTON)


def test_nothing_is_chosen_before_the_reader_chooses(window):
    panel = window.finding_panel
    panel.set_folds("place beside recommendation recalls benign")
    assert [row.title for row in panel.findChildren(ChipRow) if row.values] == []
    assert said(window.desk.session.current_finding) == {}
    assert window.desk.session.reading.stage is None


def test_every_field_of_a_finding_is_said_in_the_panel(window):
    panel, session = window.finding_panel, window.desk.session
    panel.set_folds("place beside recommendation recalls benign")
    click(panel.stage, Stage.FU6)
    click(panel.morphology, Morphology.ROUND)
    click(panel.benign, Morphology.SKIN)
    click(panel.distribution, Distribution.GROUPED)
    click(panel.distribution, Distribution.LINEAR)
    click(panel.change, Change.STABLE_LT2Y)
    click(panel.place.side, Laterality.RIGHT)
    panel.place.clock.quadrant_said.emit(Quadrant.CENTRAL)
    panel.place.clock.hour_said.emit(10)
    click(panel.place.depth_word, Depth.MIDDLE)
    for field, typed in ((panel.place.nipple, "41"), (panel.place.extent, "8,5")):
        QTest.keyClicks(field.number, typed)
        QTest.keyClick(field.number, KEY.Key_Return)
    click(panel.beside.certainty, Certainty.HIGH)
    click(panel.beside.flags, "certain")
    click(panel.beside.spread, next(iter(panel.beside.spread._chips)))
    click(panel.beside.associated, Associated.MASS)
    click(panel.beside.stage, Stage.WORKUP)
    click(panel.recommending.recommendation, Recommendation.SIX_MONTHS)
    QTest.keyClicks(panel.recommending.months, "6")
    QTest.keyClick(panel.recommending.months, KEY.Key_Return)
    click(panel.assessment, Assessment.PROBABLY_BENIGN)
    finding = session.current_finding
    unsaid = {part.name for part in fields(Finding)} - said(finding).keys()
    # neither micro nor macro here, and what only the rows of Known say
    assert unsaid == {
        "id", "number", "tracking_uid", "size", "known_cancer_here", "adjacent_cancer", "priors_requested",
        "kept", "comment", "origin",
    }  # fmt: skip
    assert session.reading.stage is Stage.FU6
    assert finding.distributions == (Distribution.GROUPED, Distribution.LINEAR)
    assert (finding.nipple_distance, finding.extent) == (SaidLength(41.0), SaidLength(8.5))
    assert session.undo_stack.undoText()
    told = panel.folds["place"].told.text()
    assert told == "R, central, 10 o'clock, middle, 41 mm from nipple, extent 8.5 mm"


def test_the_exams_own_stage_is_not_said_twice(window):
    panel, session = window.finding_panel, window.desk.session
    panel.set_folds("beside")
    click(panel.stage, Stage.WORKUP)
    click(panel.beside.stage, Stage.WORKUP)
    assert session.current_finding.stage is None
    assert not panel.beside.stage.values
    click(panel.stage, Stage.WORKUP)
    assert session.reading.stage is None


def test_morphologies_are_told_by_suspicion_in_whatever_order_they_were_said(window):
    panel = window.finding_panel
    for shape in (Morphology.FINE_PLEO, Morphology.AMORPHOUS):
        click(panel.morphology, shape)
    assert panel.looks.ranked.text().startswith("fine pleomorphic > amorphous")
    assert panel.list.item(0).toolTip().startswith("F1 fine pleomorphic, amorphous")


def test_benign_types_fold_again_with_the_next_finding_unless_the_reader_unfolds_them(window):
    panel, session = window.finding_panel, window.desk.session
    session.describe(session.current_finding_id, "x", morphology=(Morphology.VASCULAR,))
    assert panel.benign.isVisible()
    session.new_finding()
    assert not panel.benign.isVisible()
    QTest.mouseClick(panel.fold, LEFT_BUTTON)
    session.new_finding()
    assert panel.benign.isVisible()
    assert panel.folds_text == "benign"


def test_folds_are_remembered_and_tell_what_is_said_inside(qtbot, open_window, window):
    panel, session = window.finding_panel, window.desk.session
    assert not panel.place.isVisible()
    QTest.mouseClick(panel.folds["place"].heading, LEFT_BUTTON)
    assert panel.place.isVisible()
    panel.folds["recommendation"].heading.setFocus()
    QTest.keyClick(panel.folds["recommendation"].heading, KEY.Key_Space)
    assert panel.recommending.isVisible()
    session.describe(session.current_finding_id, "x", recommended_months=0)
    assert panel.folds["recommendation"].told.text() == "at once"
    assert not panel.folds["recommendation"].told.isVisible()
    window.close()
    again = open_window()
    assert again.finding_panel.folds_text == "place recommendation"


def test_a_fold_says_in_its_name_whether_it_is_open_and_what_it_holds(qtbot):
    fold = Fold("Place", QPushButton("inside"))
    qtbot.addWidget(fold)
    fold.tell("R, 10 o'clock", ("It lies in the air.",))
    assert fold.heading.accessibleName() == "Place, folded, R, 10 o'clock"
    assert "It lies in the air." in fold.contradicted.text()
    assert not fold.contradicted.isHidden()
    fold.set_open(True)
    assert fold.heading.accessibleName().startswith("Place, unfolded")
    assert fold.contradicted.isHidden()


@pytest.mark.parametrize(("side", "outer"), [(Laterality.RIGHT, -1), (Laterality.LEFT, 1)])
def test_outer_lies_where_the_arm_is_and_every_region_answers_at_its_middle(qtbot, side, outer):
    clock = BreastClock(load_lexicon())
    qtbot.addWidget(clock)
    clock.resize(clock.sizeHint())
    clock.show_place(side, None, None)
    regions = [*Quadrant, *range(1, 13)]
    assert [clock.region_at(clock.place_of(region)) for region in regions] == regions
    middle = clock.width() / 2
    for region in (Quadrant.UPPER_OUTER, Quadrant.LOWER_OUTER, Quadrant.AXILLARY_TAIL):
        assert (clock.place_of(region).x() - middle) * outer > 0
    assert clock.place_of(Quadrant.UPPER_INNER).y() < clock.place_of(Quadrant.LOWER_INNER).y()
    assert clock.region_at(QPointF(0, 0)) is None
    assert clock.rect().contains(clock.place_of(Quadrant.AXILLARY_TAIL).toPoint())


def test_without_a_side_only_the_clock_and_the_middle_can_be_pointed_at(qtbot):
    clock = BreastClock(load_lexicon())
    qtbot.addWidget(clock)
    clock.resize(clock.sizeHint())
    at = clock.place_of(Quadrant.UPPER_OUTER)
    assert clock.region_at(at) is None
    assert clock.region_at(clock.place_of(3)) == 3
    assert clock.region_at(clock.place_of(Quadrant.CENTRAL)) is Quadrant.CENTRAL


def test_the_breast_is_pointed_at_by_mouse_and_by_keys_alone(window):
    panel, session = window.finding_panel, window.desk.session
    panel.set_folds("place")
    clock = panel.place.clock
    session.describe(session.current_finding_id, "x", laterality=Laterality.LEFT)
    QApplication.processEvents()
    QTest.mouseClick(clock, LEFT_BUTTON, pos=clock.place_of(Quadrant.UPPER_INNER).toPoint())
    QTest.mouseClick(clock, LEFT_BUTTON, pos=clock.place_of(11).toPoint())
    assert (session.current_finding.quadrant, session.current_finding.clock_face) == (
        Quadrant.UPPER_INNER,
        11,
    )
    QTest.mouseClick(clock, LEFT_BUTTON, pos=clock.place_of(11).toPoint())
    assert session.current_finding.clock_face is None
    clock.setFocus()
    QTest.keyClick(clock, KEY.Key_Right)
    QTest.keyClick(clock, KEY.Key_Right)
    assert "pointing at 1 o'clock" in clock.accessibleDescription()
    QTest.keyClick(clock, KEY.Key_Space)
    assert session.current_finding.clock_face == 1
    QTest.keyClick(clock, KEY.Key_Down)
    QTest.keyClick(clock, KEY.Key_Down)
    QTest.keyClick(clock, KEY.Key_Space)
    assert session.current_finding.quadrant is None, "upper inner was said before, and is taken back"
    assert "said:" in clock.accessibleDescription()


def test_a_length_is_typed_taken_over_taken_away_and_refused(qtbot):
    field = LengthField("Extent", "Greatest extent")
    qtbot.addWidget(field)
    field.show()
    told: list[SaidLength | None] = []
    field.said.connect(told.append)
    field.show_length(None, LENGTH, ", estimated place")
    assert "measured 8.4 mm at detector, estimated place" in field.measured.text()
    QTest.mouseClick(field.take, LEFT_BUTTON)
    taken = SaidLength(8.4, SpacingBasis.AT_DETECTOR)
    assert told.pop() == taken
    field.show_length(taken, LENGTH)
    assert not field.take.isVisible()
    assert field.basis.text() == "mm at detector"
    for typed, expected in (("12", SaidLength(12.0)), ("7,5 mm", SaidLength(7.5)), ("", None)):
        field.number.selectAll()
        QTest.keyClicks(field.number, typed) if typed else QTest.keyClick(field.number, KEY.Key_Delete)
        QTest.keyClick(field.number, KEY.Key_Return)
        assert told.pop() == expected
        field.show_length(expected, LENGTH)
    for wrong in ("much", "900", "-3", "nan"):
        field.number.selectAll()
        QTest.keyClicks(field.number, wrong)
        QTest.keyClick(field.number, KEY.Key_Return)
        assert wrong in field.refused.text()
        assert field.refused.isVisible()
    assert told == []


def test_a_length_that_was_typed_gives_way_to_what_undo_brings_back(qtbot):
    field = LengthField("Extent", "Greatest extent")
    qtbot.addWidget(field)
    field.show()
    field.show_length(None, None)
    field.number.setFocus()
    QTest.keyClicks(field.number, "12")
    field.show_length(SaidLength(3.0), None)
    assert field.number.text() == "12"
    QTest.keyClick(field.number, KEY.Key_Return)
    field.show_length(SaidLength(3.0), None)
    assert field.number.text() == "3"


def test_an_unmeasured_length_offers_nothing(qtbot):
    field = LengthField("Extent", "Greatest extent")
    qtbot.addWidget(field)
    field.show_length(None, None)
    assert field.take_over() is False
    assert field.take.isHidden()


def test_views_to_be_taken_again_stand_in_the_order_of_the_small_pictures(window):
    panel, session = window.finding_panel, window.desk.session
    order = [info.sop_instance_uid for info in window.thumbnails.infos]
    files = [image.sop_instance_uid for image in session.corrected_exam.images]
    assert order != files
    panel.set_folds("recalls")
    assert [choice.value for choice in panel.recalls.view._shown] == order
    for uid in reversed(order):
        click(panel.recalls.view, uid)
        click(panel.recalls.reasons, RecallReason.MOTION)
    told = panel.recalls.summary(session.corrected_exam, session.reading)
    assert told.split("; ")[0].startswith(window.thumbnails.infos[0].label)


def test_words_that_a_view_is_to_be_taken_again_are_not_under_the_button_of_the_pane(window, qtbot):
    panel, active = window.finding_panel, window.grid.active
    chip = window.hanging_commands.chips.chips[window.exam_view.active_pane]
    qtbot.waitUntil(chip.isVisible, timeout=5_000)
    qtbot.waitUntil(lambda: not window.hanging_commands.chips._settling.isActive(), timeout=5_000)
    chip.move(0, 0)
    panel.set_folds("recalls")
    click(panel.recalls.view, active.picture.info.sop_instance_uid)
    click(panel.recalls.reasons, RecallReason.MOTION)
    assert active.words.beside.again

    def stands_where_words_leave_room() -> bool:
        return chip.pos() == (active.wording().put.room.topLeft() / active.ratio).toPoint()

    qtbot.waitUntil(stands_where_words_leave_room, timeout=3_000)


def test_a_view_is_to_be_taken_again_by_panel_by_key_and_by_menu_and_says_so(window, qtbot):
    panel, session = window.finding_panel, window.desk.session
    panel.set_folds("recalls")
    picture = window.grid.active.picture
    uid = picture.info.sop_instance_uid
    click(panel.recalls.view, uid)
    click(panel.recalls.reasons, RecallReason.MOTION)
    assert session.reading.recall_of(uid).reasons == (RecallReason.MOTION,)
    QTest.keyClick(window.grid.active, KEY.Key_R, Qt.KeyboardModifier.AltModifier)
    for letter in (KEY.Key_N, KEY.Key_M):
        QTest.keyClick(QApplication.focusWidget(), letter)
    QTest.keyClick(QApplication.focusWidget(), KEY.Key_Return)
    assert session.reading.recall_of(uid).reasons == (RecallReason.NIPPLE_NOT_IN_PROFILE,)
    assert window.grid.active.words.beside.again == "TAKE AGAIN: nipple not in profile"
    menu = window.pointing.menu
    menu.offer(session, view=uid)
    (again,) = [a.menu() for a in menu.actions() if a.text().startswith("Take ")]
    ticked = [a.text() for a in again.actions() if a.isChecked()]
    assert ticked == ["Nipple not in profile"]
    next(a for a in again.actions() if a.text() == ticked[0]).trigger()
    assert session.reading.recalls == ()
    assert window.grid.active.words.beside.again == ""
    assert session.undo_stack.undoText().startswith("Keep ")


def test_as_last_time_is_offered_in_words_and_said_by_its_key_only_as_one_act(window):
    panel, session = window.finding_panel, window.desk.session
    assert not panel.as_last.isVisible()
    session.describe(
        session.current_finding_id, "x", morphology=(Morphology.FINE_PLEO,), change=Change.NEW, certain=True,
        distributions=(Distribution.GROUPED,), assessment=Assessment.MODERATE_SUSPICION,
    )  # fmt: skip
    session.new_finding()
    assert panel.as_last.isVisible()
    assert panel.as_last.text() == "as F1  Shift+E"
    assert panel.offered.text() == "fine pleomorphic, grouped, new"
    assert said(session.current_finding) == {}
    steps = session.undo_stack.count()
    window.grid.active.setFocus()
    QTest.keyClick(window.grid.active, KEY.Key_E, Qt.KeyboardModifier.ShiftModifier)
    assert said(session.current_finding) == {
        "morphology": (Morphology.FINE_PLEO,),
        "distributions": (Distribution.GROUPED,),
        "change": Change.NEW,
    }
    assert session.undo_stack.count() == steps + 1
    assert not panel.as_last.isVisible()
    session.undo_stack.undo()
    assert said(session.current_finding) == {}


def test_the_panel_never_scrolls_sideways(window):
    panel = window.finding_panel
    panel.set_folds("place beside recommendation recalls benign")
    QApplication.processEvents()
    assert panel._scroll.widget().width() <= panel._scroll.viewport().width()
    assert panel.width() <= 400


def test_tab_goes_through_the_panel_as_the_eye_does(window):
    panel = window.finding_panel
    panel.set_folds("place beside recommendation recalls benign")
    click(panel.place.side, Laterality.LEFT)
    click(panel.assessment, Assessment.PROBABLY_BENIGN)
    QApplication.processEvents()
    widget, came = panel.new, []
    while widget not in came:
        if (
            panel.isAncestorOf(widget)
            and widget.isVisible()
            and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        ):
            came.append(widget)
        widget = widget.nextInFocusChain()
    assert came[0] is panel.new
    assert len(came) > 25
    inside = panel._scroll.widget()
    heights = [w.mapTo(inside, w.rect().center()).y() for w in came if inside.isAncestorOf(w)]
    # a heading beside its row, or two buttons in a line, differ by some pixels
    assert [a - b for a, b in pairwise(heights) if a - b > 8] == []
    order = [came.index(w) for w in (panel.new, panel.stage.chip(Stage.SCREEN), panel.list)]
    assert order == sorted(order)
    assert came[-1] in panel.assessment._chips.values()


def test_tab_goes_on_from_the_chip_that_the_arrows_reached(window):
    panel = window.finding_panel
    chips = list(panel.distribution._chips.values())
    chips[0].setFocus()
    QTest.keyClick(chips[0], KEY.Key_Right)
    QTest.keyClick(chips[1], KEY.Key_Right)
    QTest.keyClick(chips[2], KEY.Key_Tab)
    assert QApplication.focusWidget() in panel.change._chips.values()


def test_of_a_signed_reading_nothing_is_said_and_every_chip_shows_what_holds(window, qtbot):
    panel, session = window.finding_panel, window.desk.session
    panel.set_folds("place beside recommendation recalls benign")
    session.describe(session.current_finding_id, "x", assessment=Assessment.BENIGN)
    window.signing_commands.signing.sign()
    qtbot.waitUntil(lambda: session.reading.is_signed, timeout=10_000)
    before = session.reading
    click(panel.stage, Stage.FU6)
    click(panel.morphology, Morphology.ROUND)
    click(panel.assessment, Assessment.SUSPICIOUS)
    click(panel.recalls.view, panel.recalls.view._shown[0].value)
    click(panel.recalls.reasons, RecallReason.MOTION)
    QTest.keyClicks(panel.place.extent.number, "9")
    QTest.keyClick(panel.place.extent.number, KEY.Key_Return)
    window.grid.active.setFocus()
    for key in (KEY.Key_E, KEY.Key_P, KEY.Key_G, KEY.Key_4):
        QTest.keyClick(QApplication.focusWidget(), key)
    assert session.reading == before
    assert panel.stage.values == ()
    assert panel.morphology.values == ()
    assert panel.assessment.values == (Assessment.BENIGN,)
    assert panel.recalls.reasons.values == ()
    assert panel.place.extent.number.text() == ""
    assert "The same as when it was signed." in window.follow_up_panel.signed.text()


def test_nothing_in_the_unfolded_panel_is_cut_off_or_too_faint(window):
    panel, session = window.finding_panel, window.desk.session
    session.describe(
        session.current_finding_id, "x", morphology=(Morphology.SKIN, Morphology.AMORPHOUS),
        laterality=Laterality.LEFT, clock_face=10, nipple_distance=SaidLength(41.0), certainty=Certainty.LOW,
        recommended_months=6, assessment=Assessment.PROBABLY_BENIGN,
    )  # fmt: skip
    panel.set_folds("place beside recommendation recalls benign")
    window.resize(1366, 2000)
    for _ in range(5):
        QApplication.processEvents()
    picture = window.grab().toImage()
    shown = [part for part in parts(window) if panel.isAncestorOf(part)]
    texts = [p for p in shown if isinstance(p, QLabel | QPushButton) and p.text().strip() and p.isEnabled()]
    assert len(texts) > 60
    assert [named(part) for part in shown if is_cut(part)] == []
    assert [named(p) for p in texts if faintest(p, picture, window) < LEAST_CONTRAST] == []
