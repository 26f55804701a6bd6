"""The panels by themselves: what they count, what they say, and that everybody can reach them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QApplication, QWidget

from annotator.analysis.findings.measured import FindingMeasurer, most_in_circle
from annotator.lexicon.loader import load_lexicon
from annotator.model.edits import add_cluster, add_finding, add_mark, describe, set_stage
from annotator.model.finding import Assessment, Distribution, Morphology, Reading, Recommendation, Stage
from annotator.model.follow_up import FollowUpAction
from annotator.model.geometry import ImagePoint, PixelSpacing, SpacingBasis
from annotator.model.history import Act, Revision
from annotator.model.image import ExamInfo, ImageInfo, Laterality, View
from annotator.model.mark import MarkKind
from annotator.rules import follow_up, load_rules
from annotator.ui.panels.chips import ChipRow, Choice, Pick
from annotator.ui.panels.follow_up import AFTER_YOURS, categories, headline, reasons, versions
from annotator.ui.panels.history import sentences
from annotator.ui.panels.measured_words import facts_line, measured_line, side_of
from annotator.ui.window.elided_label import ElidedLabel
from annotator.ui.window.exam_strip import age_text

TENTH = PixelSpacing(0.1, 0.1, SpacingBasis.AT_DETECTOR)
EMPTY = Reading(id="r", reader="a", study_instance_uid="1")


def image(uid: str, view: View, spacing: PixelSpacing | None = TENTH, **facts) -> ImageInfo:
    return ImageInfo(
        path=Path(f"{uid}.dcm"),
        sop_class_uid="1.2.840.10008.5.1.4.1.1.1.2",
        sop_instance_uid=uid,
        rows=4000,
        columns=3000,
        laterality=Laterality.LEFT,
        view=view,
        spacing=spacing,
        **facts,
    )


def exam(*images: ImageInfo, uid: str = "1") -> ExamInfo:
    return ExamInfo(uid, images)


def test_extent_is_the_greatest_of_any_view_and_never_an_average() -> None:
    cc, mlo = image("1.1", View("CC")), image("1.2", View("MLO"))
    reading, finding = add_finding(EMPTY)
    for key, columns in ((cc.key(), (0, 40)), (mlo.key(), (0, 84))):
        for column in columns:
            reading, _ = add_mark(reading, finding.id, key, ImagePoint(column, 5), MarkKind.MICRO)
    measured = FindingMeasurer().of(reading, finding.id, exam(cc, mlo))
    assert str(measured.extent) == "8.4 mm at detector"
    assert facts_line(measured) == "4 marks · CC + MLO"
    assert measured_line(measured) == "measured: 2 within 10 mm, extent 8.4 mm at detector"
    assert side_of(measured) == "L"


def test_without_known_spacing_nothing_is_said_in_millimetres() -> None:
    cc = image("1.1", View("CC"), spacing=None)
    reading, finding = add_finding(EMPTY)
    for column in (0, 50):
        reading, _ = add_mark(reading, finding.id, cc.key(), ImagePoint(column, 5), MarkKind.MICRO)
    measured = FindingMeasurer().of(reading, finding.id, exam(cc))
    assert measured.extent is None
    assert "mm" not in facts_line(measured) + measured_line(measured)


def test_an_outlined_area_without_marks_has_the_extent_of_its_outline() -> None:
    cc = image("1.1", View("CC"))
    reading, finding = add_finding(EMPTY)
    outline = (ImagePoint(0, 0), ImagePoint(30, 0), ImagePoint(30, 40))
    reading, _ = add_cluster(reading, finding.id, cc.key(), outline, (), TENTH)
    assert str(FindingMeasurer().of(reading, finding.id, exam(cc)).extent) == "5.0 mm at detector"


@pytest.mark.parametrize(
    ("places", "most"),
    [
        ([], 0),
        ([(5, 5)], 1),
        ([(5, 5), (5, 5), (5, 5)], 3),
        ([(0, 0), (100, 0)], 2),
        ([(0, 0), (100.5, 0)], 1),
        ([(0, 0), (90, 0), (45, 80), (45, 30)], 3),
        ([(0, 0), (70, 0), (35, 60), (35, 30)], 4),
        ([(0, 0), (1000, 1000), (1010, 1000), (1000, 1010)], 3),
    ],
)
def test_the_fullest_circle_of_a_centimetre_is_found(places: list[tuple[float, float]], most: int) -> None:
    points = [ImagePoint(*place) for place in places]
    assert most_in_circle(points, TENTH, 10.0) == most


def test_the_suggested_category_waits_for_the_readers_own() -> None:
    reading, finding = add_finding(EMPTY)
    reading = describe(
        reading, finding.id, morphology=(Morphology.FINE_PLEO,), distributions=(Distribution.GROUPED,)
    )
    said = reading.findings[0]
    result = follow_up(said, load_rules())
    assert result.suggested_assessment == "0"
    assert categories(result.before_choice(), said) == "yours: not chosen"
    own = describe(reading, finding.id, assessment=Assessment.SUSPICIOUS).findings[0]
    assert categories(follow_up(own, load_rules()), own) == "yours 4  ·  suggested category 0"


def test_no_sentence_names_a_category_before_the_reader_does() -> None:
    reading, finding = add_finding(set_stage(EMPTY, Stage.WORKUP))
    reading = describe(reading, finding.id, morphology=(Morphology.AMORPHOUS,))
    said = reading.findings[0]
    result = follow_up(reading.described(said.id), load_rules())
    assert any("4B" in sentence for sentence in (*reasons(result), result.birads))
    before = result.before_choice()
    assert not any("4B" in sentence for sentence in (*reasons(before), before.birads, *before.notes))
    assert (headline(result), headline(before)) == ("Biopsy", "After your own category")
    assert reasons(before) == (AFTER_YOURS,)
    assert "row" not in versions(before)


def test_a_row_without_a_category_suggests_none() -> None:
    reading, finding = add_finding(EMPTY)
    own = describe(reading, finding.id, assessment=Assessment.BENIGN).findings[0]
    result = follow_up(own, load_rules())
    assert result.follow_up is FollowUpAction.MORE_INPUT
    assert categories(result, own) == "yours 2"
    assert headline(result) == "Say more first"


def test_every_follow_up_has_a_headline() -> None:
    reading, _ = add_finding(EMPTY)
    result = follow_up(reading.findings[0], load_rules())
    from dataclasses import replace

    assert all(headline(replace(result, follow_up=action)) for action in FollowUpAction)


def test_a_choice_of_one_cannot_be_left_without_and_a_second_click_clears_the_other(qtbot) -> None:
    choices = [Choice("a", "A"), Choice("b", "B")]
    said: list[tuple[str, ...]] = []
    for pick, expected in ((Pick.ONE, ("a",)), (Pick.ONE_OR_NONE, ()), (Pick.ANY, ("b",))):
        row = ChipRow("Row", choices, pick)
        qtbot.addWidget(row)
        row.chosen.connect(said.append)
        row.set_values({"a"} if pick is not Pick.ANY else {"a", "b"})
        row.chip("a").click()
        assert row.values == expected
        assert said.pop() == expected


def test_history_tells_every_act_in_a_sentence() -> None:
    at = datetime(2026, 3, 12, 14, 32, 7, tzinfo=UTC)
    begun, finding = add_finding(EMPTY)
    said = describe(begun, finding.id, distributions=(Distribution.GROUPED,))
    revisions = [
        Revision(1, Act.EDIT, "Begin F1", at, "anna", "1.0", begun),
        Revision(2, Act.EDIT, "Distribution: grouped (F1)", at, "anna", "1.0", said),
    ]
    told = sentences(revisions, load_lexicon().word)
    assert len(told) == 2
    assert "grouped" in told[1].lower()
    assert all("2026-03-12" in sentence for sentence in told)


@pytest.mark.parametrize(
    ("said", "shown"), [("058Y", "58 y"), ("006M", "6 m"), ("000Y", ""), ("", ""), ("?", "?")]
)
def test_age_is_read_as_people_write_it(said: str, shown: str) -> None:
    assert age_text(said) == shown


def test_words_carry_their_definition_size_and_source(qtbot) -> None:
    from annotator.ui.panels.finding import FindingPanel

    panel = FindingPanel(load_lexicon())
    qtbot.addWidget(panel)
    tip = panel.morphology.chip(Morphology.PUNCTATE).toolTip()
    term = load_lexicon().term(Morphology.PUNCTATE)
    assert term.size in tip
    assert all(tag in tip for tag in term.sources)


def focusable(root: QWidget) -> list[QWidget]:
    from PySide6.QtCore import Qt

    widgets = [root, *root.findChildren(QWidget)]
    return [w for w in widgets if w.focusPolicy() & Qt.FocusPolicy.TabFocus and w.isVisibleTo(root)]


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_everything_the_keyboard_reaches_has_a_name(qtbot, open_window) -> None:
    window = open_window()
    for name in ("history", "problems"):
        window.show_panel(name)
    window.desk.open_exam(exam(image("1.1", View("CC"))))
    qtbot.waitUntil(lambda: window.desk.session is not None)
    window.desk.session.new_finding()
    window.finding_panel.set_folds("place beside recommendation recalls benign")
    QApplication.processEvents()
    named = {}
    for widget in focusable(window):
        interface = QAccessible.queryAccessibleInterface(widget)
        assert interface is not None
        named[widget] = interface.text(QAccessible.Text.Name)
    assert len(named) > 25
    assert [w for w, name in named.items() if not name.strip()] == []


def test_a_label_without_room_keeps_its_words_and_does_not_widen_the_window(qtbot):
    sentence = "not saved: the disk is full; make room and go on, nothing is lost meanwhile"
    label = ElidedLabel()
    qtbot.addWidget(label)
    label.setText(sentence)
    whole = label.sizeHint().width()
    assert label.minimumSizeHint().width() < whole / 4
    label.resize(whole // 3, 20)
    assert label.grab().width() == whole // 3
    assert (label.text(), label.toolTip()) == (sentence, sentence)


def test_history_names_the_display_where_it_changes() -> None:
    at = datetime(2026, 3, 12, 14, 32, 7, tzinfo=UTC)
    begun, _ = add_finding(EMPTY)
    displays = ("not recorded", "uncalibrated", "uncalibrated", "GSDF, measured 2026-11-20")
    revisions = [Revision(n, Act.EDIT, "x", at, "anna", "1.0", begun, d) for n, d in enumerate(displays, 1)]
    told = sentences(revisions, load_lexicon().word)
    assert [sentence.partition("(display: ")[2].rstrip(")") for sentence in told] == [
        "",
        "uncalibrated",
        "",
        "GSDF, measured 2026-11-20",
    ]


def test_the_card_says_what_was_recommended_assumed_signed_and_by_which_versions(qtbot) -> None:
    from dataclasses import replace

    from annotator.ui.panels.follow_up import as_signed, recommended, versions

    lexicon, rules = load_lexicon(), load_rules()
    reading, finding = add_finding(set_stage(EMPTY, Stage.WORKUP))
    reading = describe(
        reading, finding.id, morphology=(Morphology.AMORPHOUS,), recommended_months=6,
        recommendation=Recommendation.SIX_MONTHS,
    )  # fmt: skip
    result = follow_up(reading.described(finding.id), rules)
    assert recommended(reading.finding(finding.id), lexicon) == (
        "you recommend next exam in 6 months, within 6 months"
    )
    assert result.row in versions(result)
    assert result.rules_version in versions(result)
    assert as_signed(None, result) == ""
    assert as_signed(result, result) == "The same as when it was signed."
    then = replace(result, row="Z", rules_version="0.9", suggested_assessment=None)
    told = as_signed(then, result)
    assert "Row Z then" in told
    assert "0.9" in told
    assert "no category then" in told


def test_the_card_says_each_breast_by_its_own_and_its_suggested_values(qtbot) -> None:
    from annotator.model.image import Laterality as Side
    from annotator.rules import BreastAssessments, BreastValue
    from annotator.ui.panels.follow_up import breasts

    def value(side: Side | None, category: Assessment | None, *beside: Assessment) -> BreastValue:
        return BreastValue(side, category, beside, (), ())

    own = (
        value(Side.RIGHT, Assessment.MODERATE_SUSPICION, Assessment.INCOMPLETE),
        value(Side.LEFT, Assessment.BENIGN),
        value(None, None),
    )
    told = breasts(BreastAssessments(own, (value(Side.RIGHT, Assessment.HIGH_SUSPICION),)))
    assert told == "Right breast: yours 4B and 0, suggested 4C. Left breast: yours 2."
