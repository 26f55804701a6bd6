"""The finding beside what there was of it before: both exams marked, compared, the change said by the reader; or why not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hands import wheel
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from small_exam import write_exam

from annotator.model import edits
from annotator.model.comparison import Provenance
from annotator.model.finding import Change, Reading
from annotator.model.geometry import ImagePoint
from annotator.model.image import ExamInfo
from annotator.model.mark import MarkKind
from annotator.ui import theme
from annotator.ui.panels.compare_items import Fate
from annotator.ui.panels.compare_picture import COLOURS
from annotator.ui.theme import MINIMUM_CONTRAST, PANEL, contrast

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

ALT, CTRL = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier
NONE = Qt.KeyboardModifier.NoModifier


def truth_of(info) -> dict:
    return json.loads(info.path.with_suffix(".truth.json").read_text(encoding="utf-8"))


def marked(reading: Reading, exam: ExamInfo, group: str, views=("CC", "MLO"), tracking: str = "") -> Reading:
    """A finding with every calcification of a group where its truth says."""
    reading, finding = edits.add_finding(reading, tracking_uid=tracking)
    for info in exam.images:
        for one in truth_of(info)["calcifications"] if info.view.name in views else ():
            if one["group"] == group:
                point = ImagePoint(one["column"], one["row"])
                reading, _ = edits.add_mark(reading, finding.id, info.key(), point, MarkKind.MICRO)
    return reading


class Reader:
    """Both exams of the samples in one window, marked as the tests want."""

    def __init__(self, qtbot, window, sample: Path) -> None:
        self.qtbot, self.window, self.sample = qtbot, window, sample
        window.open_paths([sample / "screening", sample / "prior"])
        self.until(lambda: window.desk.session is not None and not window.desk.opening)
        self.until(lambda: len(window.desk.exams) == 2)

    @property
    def session(self):
        return self.window.desk.session

    def until(self, true) -> None:
        self.qtbot.waitUntil(true, timeout=90000)

    def go_to(self, name: str) -> None:
        exam = next(e for e in self.window.desk.exams if e.images[0].path.parent.name == name)
        uid = exam.study_instance_uid
        self.window.desk.open_exam(exam)
        self.until(lambda: self.session is not None and self.session.exam.study_instance_uid == uid)
        self.until(lambda: not self.window.desk.opening and not self.window.exam_view.loading)
        self.window.grid.active.setFocus()

    def mark(self, *groups: str, views=("CC", "MLO"), tracking: str = "") -> str:
        """Mark groups, one finding each; the tracking UID of the first, which is then in hand."""
        reading = self.session.reading
        before = len(reading.findings)
        for group in groups:
            reading = marked(reading, self.session.exam, group, views, tracking if group == groups[0] else "")
        self.session.apply(reading, "Mark")
        self.session.select_finding(reading.findings[before].id)
        self.until(lambda: self.session.unsaved_acts == 0)
        return reading.findings[before].tracking_uid

    def key(self, which: Qt.Key, modifier=NONE) -> None:
        QTest.keyClick(self.window.focusWidget() or self.window, which, modifier)

    def compare(self):
        self.key(Qt.Key.Key_8, CTRL)
        self.done()
        return self.window.compared.shown

    def done(self) -> None:
        compared = self.window.compared
        self.until(lambda: not compared._pause.isActive() and not compared.busy)
        self.until(lambda: compared.shown is not None or bool(compared.why))


@pytest.fixture
def reader(qtbot, open_window, sample_dicoms: Path) -> Reader:
    return Reader(qtbot, open_window(), sample_dicoms)


def test_the_same_cluster_of_both_exams_is_matched_and_the_change_is_said_by_the_reader_only(reader):
    window = reader.window
    reader.go_to("prior")
    tracking = reader.mark("S1")
    reader.go_to("screening")
    reader.mark("S1", tracking=tracking)
    shown = reader.compare()
    panel, compared = window.compare, shown.comparison.compared
    assert shown.earlier.provenance is Provenance.SAME
    ids = [
        [one["id"] for one in truth_of(cluster.info)["calcifications"] if one["group"] == "S1"]
        for cluster in (shown.earlier.now, shown.earlier.then)
    ]
    right = sum(ids[0][pair.now] == ids[1][pair.then] for pair in compared.pairs)
    assert right >= 0.9 * len(ids[1])
    grown = len(set(ids[0]) - set(ids[1]))
    assert compared.new_range[0] <= grown <= compared.new_range[1]
    assert panel.matched.text() == compared.in_sentence
    assert "(estimated, in breast)" in panel.facts.text()
    assert [line[2:].partition(":")[0] for line in panel.questions.text().splitlines()] == [
        "Appearance",
        "Number",
        "Pattern",
    ]
    assert panel.others.currentText().startswith("F1 of 24 months earlier, 12 marks")
    assert "called the same finding" in panel.others.currentText()
    assert panel.suggested is Change.INCREASED
    assert reader.session.current_finding.change is None
    window.grid.active.setFocus()
    reader.key(Qt.Key.Key_C, ALT)
    assert reader.session.current_finding.change is Change.INCREASED
    assert reader.session.undo_stack.undoText().startswith("Change")
    assert not panel.say.isEnabled()
    reader.key(Qt.Key.Key_C, ALT)
    assert "already" in window.status.message
    reader.key(Qt.Key.Key_Z, CTRL)
    assert reader.session.current_finding.change is None
    assert panel.say.isEnabled()
    QTest.mouseClick(panel.say, Qt.MouseButton.LeftButton)
    assert reader.session.current_finding.change is Change.INCREASED


def test_two_unrelated_clusters_cannot_be_matched_and_nothing_is_suggested(reader):
    window = reader.window
    reader.go_to("prior")
    reader.mark("B2")
    reader.go_to("screening")
    reader.mark("S1", views=("CC",))
    shown = reader.compare()
    assert shown.earlier.provenance is Provenance.LIKELIEST
    compared = shown.comparison.compared
    assert not compared.can_be_matched
    assert window.compare.matched.text().startswith("The two cannot be matched")
    assert "Density" in window.compare.facts.text()
    assert window.compare.questions.text().count("cannot be told") == 3
    assert not window.compare.say.isVisible()
    assert {item.fate for item in window.compare.picture.items} == {Fate.ALONE}
    window.grid.active.setFocus()
    reader.key(Qt.Key.Key_C, ALT)
    assert window.status.message == "No word for the change is suggested."
    assert reader.session.current_finding.change is None


def test_another_cluster_and_another_view_are_chosen_by_hand(reader):
    window = reader.window
    reader.go_to("prior")
    tracking = reader.mark("S1", "B2")
    reader.go_to("screening")
    reader.mark("S1", tracking=tracking)
    first = reader.compare().earlier
    panel = window.compare
    assert [panel.views.itemText(at)[:4] for at in range(panel.views.count())] == ["RCC,", "RMLO"] or (
        {panel.views.itemText(at).partition(",")[0] for at in range(panel.views.count())} == {"RCC", "RMLO"}
    )
    panel.others.setCurrentIndex(1)
    panel.others.activated.emit(1)
    reader.done()
    other = window.compared.shown.earlier
    assert other.number == 2
    assert other.now.info is first.now.info
    # what was chosen stays when marks are added
    reader.session.apply(
        edits.add_mark(
            reader.session.reading,
            reader.session.current_finding_id,
            other.now.marks[0].image,
            ImagePoint(other.now.marks[0].point.column + 20, other.now.marks[0].point.row),
            MarkKind.MICRO,
        )[0],
        "Mark",
    )
    reader.until(lambda: window.compared._pause.isActive() or window.compared.busy)
    reader.done()
    again = window.compared.shown.earlier
    assert again.number == 2
    assert len(again.now.marks) == len(other.now.marks) + 1
    panel.views.setCurrentIndex(1)
    panel.views.activated.emit(1)
    reader.done()
    assert window.compared.shown.earlier.now.info is not first.now.info


def test_what_stands_there_while_there_is_nothing_to_compare(qtbot, open_window, tmp_path, reader):
    window = reader.window
    reader.go_to("prior")
    reader.compare()
    assert window.compared.why.startswith("No finding is chosen")
    reader.session.new_finding()
    reader.until(lambda: window.compared.why.startswith("Nothing of F1 is marked"))
    assert window.compare.hint.text() == window.compared.why
    reader.mark("S1")
    reader.until(lambda: window.compared.why.startswith("No earlier exam of this patient is open"))
    reader.go_to("screening")
    reader.mark("B1")
    reader.until(lambda: window.compared.why.startswith("Nothing is marked on the earlier image"))
    panel = window.compare
    assert panel.open.isVisible()
    assert panel.candidates.isVisible()
    assert not panel.candidates.isEnabled()
    QTest.mouseClick(panel.open, Qt.MouseButton.LeftButton)
    reader.until(lambda: window.desk.exam.images[0].path.parent.name == "prior" and not window.desk.opening)


def test_without_pixel_spacing_nothing_is_matched(qtbot, open_window, tmp_path):
    from made_exams import Shot, write_shots

    window = open_window()
    paths = [
        write_shots(tmp_path / date, [Shot("RCC", spacing=None, date=date)], study=f"2.25.{date}")
        for date in ("20240312", "20220310")
    ]
    window.open_paths(paths)
    qtbot.waitUntil(lambda: len(window.desk.exams) == 2 and not window.desk.opening, timeout=15000)

    def open_and_mark(uid: str) -> None:
        window.desk.open_exam(next(e for e in window.desk.exams if e.study_instance_uid == uid))
        qtbot.waitUntil(
            lambda: window.desk.session is not None and window.desk.session.exam.study_instance_uid == uid,
            timeout=15000,
        )
        session = window.desk.session
        reading, finding = edits.add_finding(session.reading)
        for number in range(6):
            key = session.exam.images[0].key()
            point = ImagePoint(100 + 12 * number, 150 + number**2)
            reading, _ = edits.add_mark(reading, finding.id, key, point, MarkKind.MICRO)
        session.apply(reading, "Mark")
        session.select_finding(finding.id)
        qtbot.waitUntil(lambda: session.unsaved_acts == 0, timeout=15000)

    open_and_mark("2.25.20220310")
    open_and_mark("2.25.20240312")
    window.show_panel("compare")
    qtbot.waitUntil(lambda: window.compared.shown is not None, timeout=15000)
    assert "No pixel spacing is known" in window.compare.facts.text()
    assert not window.compare.say.isVisible()
    assert not window.compared.shown.same_scale


def test_matched_new_and_gone_differ_by_shape_and_the_keyboard_goes_through_them(reader):
    window = reader.window
    reader.go_to("prior")
    tracking = reader.mark("S1")
    reader.go_to("screening")
    reader.mark("S1", tracking=tracking)
    shown = reader.compare()
    picture = window.compare.picture
    fates = [item.fate for item in picture.items]
    pairs = len(shown.comparison.compared.pairs)
    assert fates[:pairs] == [Fate.MATCHED] * pairs
    assert [item.number for item in picture.items[:pairs]] == list(range(1, pairs + 1))
    assert Fate.NEW in fates
    assert len({COLOURS[fate] for fate in (Fate.MATCHED, Fate.NEW, Fate.GONE)}) == 3
    assert all(contrast(colour, PANEL) >= MINIMUM_CONTRAST for colour in COLOURS.values())
    # the same millimetres on both, and what was matched at the same place of both
    assert shown.now.side == shown.then.side
    picture.setFocus()
    QTest.keyClick(picture, Qt.Key.Key_Right)
    assert picture.in_hand == 0
    assert window.compare.item.text().startswith("matched 1, sure to ")
    now, then = picture.places(picture.items[0])
    gap = picture._squares()[1].left() - picture._squares()[0].left()
    assert abs(then.x() - now.x() - gap) < 0.15 * gap
    QTest.keyClick(picture, Qt.Key.Key_Left)
    assert picture.in_hand == len(picture.items) - 1
    QTest.keyClick(picture, Qt.Key.Key_Right)
    QTest.keyClick(picture, Qt.Key.Key_Return)
    assert reader.session.selected_marks == {picture.items[0].mark_id}


def test_symbols_go_while_the_button_is_down(reader):
    window = reader.window
    reader.go_to("prior")
    tracking = reader.mark("S1")
    reader.go_to("screening")
    reader.mark("S1", tracking=tracking)
    reader.compare()
    picture = window.compare.picture

    def yellow() -> int:
        image, wanted = picture.grab().toImage(), QColor(theme.MARK)
        return sum(
            image.pixelColor(x, y) == wanted for x in range(image.width()) for y in range(image.height())
        )

    assert yellow() > 20
    at = QPointF(5, picture.height() - 5).toPoint()
    QTest.mousePress(picture, Qt.MouseButton.LeftButton, NONE, at)
    assert yellow() == 0
    QTest.mouseRelease(picture, Qt.MouseButton.LeftButton, NONE, at)
    assert yellow() > 20


def test_the_wheel_enlarges_both_alike_about_the_pointer(reader):
    window = reader.window
    reader.go_to("prior")
    tracking = reader.mark("S1")
    reader.go_to("screening")
    reader.mark("S1", tracking=tracking)
    reader.compare()
    picture = window.compare.picture
    item = picture.items[0]
    before = picture.places(item)
    wheel(picture, before[0].toPoint(), 360)
    after = picture.places(item)
    assert (after[0] - before[0]).manhattanLength() < 3
    assert (after[1] - before[1]).manhattanLength() < 0.2 * picture.height()
    others = [[picture.places(one)[0] for one in picture.items if one.now], before[0]]
    spread = max((one - others[1]).manhattanLength() for one in others[0])
    wheel(picture, before[0].toPoint(), -1200)
    assert (
        max((picture.places(one)[0] - before[0]).manhattanLength() for one in picture.items if one.now)
        < spread
    )
    assert (picture.places(item)[0] - before[0]).manhattanLength() < 1e-6


def test_a_comparison_under_way_is_stopped(reader):
    window = reader.window
    reader.go_to("prior")
    tracking = reader.mark("S1")
    reader.go_to("screening")
    reader.mark("S1", tracking=tracking)
    reader.key(Qt.Key.Key_8, CTRL)
    panel = window.compare
    reader.until(panel.stop.isVisible)
    assert panel.hint.text().startswith("Comparing")
    QTest.mouseClick(panel.stop, Qt.MouseButton.LeftButton)
    assert not window.compared.busy
    assert not panel.stop.isVisible()
    assert panel.hint.text().startswith("Stopped")
    panel.hide()
    panel.show()
    reader.done()
    assert window.compared.shown is not None


def test_nothing_is_worked_out_while_the_panel_is_out_of_sight(reader):
    window = reader.window
    reader.go_to("prior")
    reader.mark("S1")
    assert window.compared._asked is None
    assert window.compared._decoded == {}
    reader.compare()
    reader.key(Qt.Key.Key_8, CTRL)
    assert not window.compare.isVisible()
    assert window.compared._decoded == {}


def test_candidates_stand_in_for_marks_that_nobody_made(reader):
    """In Labelling candidates may be seen at once; back in Radiology nothing of them stays in sight."""
    from annotator.ui.keys.profiles import LABELLING, RADIOLOGY

    window = reader.window
    window.profiles.choose(LABELLING.name)
    reader.go_to("screening")
    reader.mark("S1", views=("CC",))
    reader.compare()
    panel = window.compare
    assert panel.candidates.isEnabled()
    QTest.mouseClick(panel.candidates, Qt.MouseButton.LeftButton)
    reader.done()
    shown = window.compared.shown
    assert shown is not None
    assert shown.earlier.provenance is Provenance.CANDIDATES
    assert "candidates of the program" in panel.others.currentText()
    assert shown.earlier.apart_mm < 15

    window.profiles.choose(RADIOLOGY.name)
    assert window.compared.shown is None
    assert not window.compared.found.offered
    reader.done()
    assert window.compared.shown is None
    assert "candidates of the program" not in panel.others.currentText()
    assert not panel.candidates.isEnabled()


def test_an_earlier_image_that_is_gone_is_named(qtbot, open_window, sample_dicoms, tmp_path):
    for name in ("screening", "prior"):
        shutil.copytree(sample_dicoms / name, tmp_path / "copy" / name)
    reader = Reader(qtbot, open_window(), tmp_path / "copy")
    reader.go_to("prior")
    tracking = reader.mark("S1", views=("CC",))
    reader.go_to("screening")
    reader.mark("S1", views=("CC",), tracking=tracking)
    (tmp_path / "copy" / "prior" / "RCC.dcm").unlink()
    assert reader.compare() is None
    assert "RCC.dcm" in reader.window.compare.hint.text()
    assert not reader.window.compare.picture.isVisible()


def test_an_exam_of_somebody_else_is_no_earlier_one(qtbot, open_window, tmp_path):
    window = open_window()
    window.open_paths(
        [
            write_exam(tmp_path / "a", patient="A-1", study="2.25.1", date="20240312"),
            write_exam(tmp_path / "b", patient="B-1", study="2.25.2", date="20220312"),
        ]
    )
    qtbot.waitUntil(lambda: window.desk.session is not None and not window.desk.opening, timeout=15000)
    window.desk.open_exam(next(e for e in window.desk.exams if e.study_instance_uid == "2.25.1"))
    qtbot.waitUntil(lambda: window.desk.session.exam.study_instance_uid == "2.25.1", timeout=15000)
    session = window.desk.session
    reading, finding = edits.add_finding(session.reading)
    key = session.exam.images[0].key()
    reading, _ = edits.add_mark(reading, finding.id, key, ImagePoint(50, 50), MarkKind.MICRO)
    session.apply(reading, "Mark")
    session.select_finding(finding.id)
    window.show_panel("compare")
    qtbot.waitUntil(lambda: "No earlier exam of this patient" in window.compared.why, timeout=15000)


def test_more_marks_than_can_be_matched_are_dots(qtbot):
    from annotator.imaging.crop import Crop
    from annotator.model.cluster_facts import ClusterFacts
    from annotator.model.compared import Answer, ChangeHint, Compared, Constellation
    from annotator.model.comparison import ClusterOnImage, Comparison, EarlierCluster
    from annotator.model.image import ImageInfo
    from annotator.model.timeline import ReadExam
    from annotator.ui.desk.compared_clusters import ShownComparison
    from annotator.ui.panels.compare_picture import MANY, ComparePicture

    info = ImageInfo(path=Path("none.dcm"), sop_class_uid="1", sop_instance_uid="2", rows=9, columns=9)
    cluster = ClusterOnImage(info=info, marks=())
    exam = ReadExam(reading_id="r", study_instance_uid="1", reader="anna")
    seen = Constellation(places=tuple((n % 100 / 10, n / 1000) for n in range(10_000)))
    facts, open_ = ClusterFacts(count=10_000), Answer(None, ())
    hint = ChangeHint(change=None, because=(), appearance=open_, number=open_, pattern=open_)
    compared = Compared(now=facts, then=facts, can_be_matched=False, why_not="Too many.")
    earlier = EarlierCluster(
        now=cluster, then=cluster, exam=exam, finding_id="f", number=1, provenance=Provenance.SAME
    )
    dark = Crop(np.zeros((50, 50), np.uint8), 0.0, 0.0, 10.0)
    comparison = Comparison(
        now=cluster, then=cluster, seen_now=seen, seen_then=seen, compared=compared, hint=hint
    )
    picture = ComparePicture()
    qtbot.addWidget(picture)
    picture.resize(500, 260)
    picture.show()
    picture.show_comparison(ShownComparison(earlier, comparison, dark, dark, True))
    assert len(seen) > MANY
    assert picture.items == ()
    QTest.keyClick(picture, Qt.Key.Key_Right)
    assert picture.in_hand is None
    image, wanted = picture.grab().toImage(), QColor(theme.MARK)
    halves = [
        sum(image.pixelColor(x, y) == wanted for x in across for y in range(30, 250))
        for across in (range(10, 230), range(260, 480))
    ]
    assert min(halves) > 10_000
