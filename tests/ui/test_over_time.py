"""A finding through screening, work-up and surveillance, as a reader does it, and what is due in between."""

from __future__ import annotations

import json
from pathlib import Path

import pydicom
import pytest
from hands import LEFT, click, wheel
from made_exams import write_three_years
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from small_exam import write_exam

from annotator.cli import main
from annotator.hanging import Layout
from annotator.model.finding import Assessment, Recommendation, Stage
from annotator.model.geometry import ImagePoint
from annotator.ui.commands import signing as signing_commands
from annotator.ui.desk.due_exams import DUE_SIGNS
from annotator.ui.desk.signing import SignState
from annotator.ui.desk.worklist_rows import Choice, Showing, SortBy
from annotator.ui.theme import DIM, MINIMUM_CONTRAST, PANEL, TEXT, contrast

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

CTRL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)
NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture(autouse=True)
def no_reflex(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing_commands, "REFLEX_S", 0.0)


class Reader:
    """Real keys and clicks on a window."""

    def __init__(self, qtbot, window) -> None:
        self.qtbot, self.window = qtbot, window

    @property
    def session(self):
        return self.window.desk.session

    def open(self, *paths: Path) -> None:
        self.window.open_paths(list(paths))
        self.until(lambda: not self.window.desk.opening and self.session is not None)

    def until(self, true) -> None:
        self.qtbot.waitUntil(true, timeout=15000)

    def go_to(self, study: str) -> None:
        """Click the exam in the worklist."""
        view = self.window.worklist.list
        view.go_to(study)
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, NONE, view.rect_of(study).center())
        self.until(lambda: self.session is not None and self.session.exam.study_instance_uid == study)
        self.until(lambda: not self.window.desk.opening and self.window.followed.answered)
        self.until(lambda: self.window.grid.active.picture is not None)
        self.window.grid.active.setFocus()

    def key(self, key: Qt.Key, modifier=NONE) -> None:
        QTest.keyClick(self.window.focusWidget() or self.window, key, modifier)

    def letters(self, opening: Qt.Key, modifier, letters: str) -> None:
        """Open a legend by its key and type its letters; Escape closes it where it stays."""
        self.key(opening, modifier)
        for letter in letters:
            QTest.keyClicks(self.window.focusWidget(), letter)
        if self.window._legend.isVisible():
            self.key(Qt.Key.Key_Escape)
        self.window.grid.active.setFocus()

    def mark(self, sample: Path, view: str, count: int) -> None:
        """Zoom to the suspicious group of a view and click its clearest calcifications, as its truth has them."""
        truths = (json.loads(path.read_text()) for path in sample.glob("*.truth.json"))
        truth = next(one for one in truths if one["view"] == view and one["laterality"] == "R")
        groups = {group["id"] for group in truth["groups"] if group["kind"] == "fine_pleo"}
        inside = [one for one in truth["calcifications"] if one["group"] in groups]
        points = [
            ImagePoint(one["column"], one["row"]) for one in sorted(inside, key=lambda one: -one["snr"])
        ][:count]
        uid = truth["sop_instance_uid"]
        pane = next(v for v in self.window.grid.shown if v.picture and v.picture.info.sop_instance_uid == uid)
        pane.setFocus()
        self.key(Qt.Key.Key_M)
        for _ in range(40):
            if pane.view.scale < 0.8:
                wheel(pane, pane.widget_position(points[0]).toPoint())
        for point in points:
            click(pane, pane.widget_position(point).toPoint(), LEFT, ALT)
        self.window.grid.active.setFocus()

    def sign(self) -> None:
        self.key(Qt.Key.Key_Return, CTRL)
        self.until(lambda: self.window.signing_commands.card.asks_to_sign)
        self.key(Qt.Key.Key_Return, CTRL)
        self.until(lambda: self.window.signing_commands.signing.state is SignState.SIGNED)
        self.window.grid.active.setFocus()

    def rows(self) -> list[str]:
        found = self.window.timeline.list
        return [found.item(at).text() for at in range(found.count())]


def six_months_later(sample: Path, folder: Path) -> Path:
    """The right views of the screening exam as taken again on another day."""
    folder.mkdir()
    for number, source in enumerate(sorted((sample / "screening").glob("R*.dcm"))):
        image = pydicom.dcmread(source)
        image.StudyInstanceUID = "2.25.20240920"
        image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = f"2.25.20240920{number}"
        image.SeriesInstanceUID = "2.25.202409209"
        image.StudyDate = image.SeriesDate = image.AcquisitionDate = image.ContentDate = "20240920"
        image.save_as(folder / source.name)
    return folder


def due(capsys, tmp_path: Path, on: str, *words: str) -> list[dict]:
    call = ("due", "--json", "--on", on, "--database", f"sqlite:///{tmp_path / 'r.db'}", "--reader", "anna")
    capsys.readouterr()
    assert main((*call, *words)) == 0
    return json.loads(capsys.readouterr().out)["due"]


def study_of(folder: Path) -> str:
    first = min(folder.glob("*.dcm"))
    return str(pydicom.dcmread(first, stop_before_pixels=True).StudyInstanceUID)


def test_from_screening_through_work_up_to_surveillance(
    qtbot, open_window, sample_dicoms, tmp_path, capsys
) -> None:
    window = open_window()
    reader = Reader(qtbot, window)
    later = six_months_later(sample_dicoms, tmp_path / "later")
    reader.open(*(sample_dicoms / name for name in ("screening", "workup", "prior")), later)
    screening, workup = study_of(sample_dicoms / "screening"), study_of(sample_dicoms / "workup")

    reader.go_to(screening)
    reader.key(Qt.Key.Key_F)
    reader.mark(sample_dicoms / "screening", "CC", 4)
    assert len(reader.session.reading.marks) == 4
    reader.letters(Qt.Key.Key_L, SHIFT, "QUO")
    reader.letters(Qt.Key.Key_L, SHIFT, "RM")
    reader.letters(Qt.Key.Key_L, NONE, "ROGR")
    reader.letters(Qt.Key.Key_K, NONE, "0")
    finding = reader.session.current_finding
    assert (finding.recommendation, finding.assessment) == (
        Recommendation.MAGNIFICATION_VIEWS,
        Assessment.INCOMPLETE,
    )
    tracking = finding.tracking_uid
    reader.sign()
    (asked,) = due(capsys, tmp_path, "2024-03-15")
    assert (asked["state"], asked["asked"], asked["signed"]) == ("due", "magnification_views", 1)

    reader.go_to(workup)
    offer = window.finding_panel.stage_offer
    reader.until(offer.isVisible)
    assert "2024-03-12" in offer.text()
    assert reader.session.reading.stage is None
    QTest.mouseClick(offer, Qt.MouseButton.LeftButton)
    assert reader.session.reading.stage is Stage.WORKUP
    window.grid.active.setFocus()
    reader.key(Qt.Key.Key_F)
    reader.letters(Qt.Key.Key_L, SHIFT, "QUO")
    reader.mark(sample_dicoms / "workup", "CC", 6)
    own = reader.session.current_finding.tracking_uid
    assert own != tracking
    reader.key(Qt.Key.Key_E, ALT)
    assert window.timeline.isVisible()
    reader.until(lambda: bool(window.timeline.offered))
    assert window.timeline.offered[0].startswith("F1 of 10 days earlier: grouped round, ")
    # the first press only shows what is offered
    assert reader.session.current_finding.tracking_uid == own
    reader.key(Qt.Key.Key_E, ALT)
    assert reader.session.current_finding.tracking_uid == tracking
    assert window.status.message.startswith("Called the same as F1")
    reader.key(Qt.Key.Key_Z, CTRL)
    assert reader.session.current_finding.tracking_uid == own
    assert window.status.message == ""
    reader.until(lambda: bool(window.timeline.offered))
    same = window.timeline.offers.findChildren(QPushButton)[-1]
    QTest.mouseClick(same, Qt.MouseButton.LeftButton)
    assert reader.session.current_finding.tracking_uid == tracking
    window.grid.active.setFocus()
    reader.letters(Qt.Key.Key_L, NONE, "ROGR")
    reader.letters(Qt.Key.Key_L, SHIFT, "R6")
    reader.letters(Qt.Key.Key_K, NONE, "3")
    reader.sign()

    reader.until(lambda: window.worklist.list.rows.state_words(workup) == "▲ overdue")
    assert window.worklist.list.rows.state_words(screening) == "signed ✓"
    reader.until(lambda: window.timeline.offered == ())

    (asked,) = due(capsys, tmp_path, "2024-09-22")
    assert (asked["state"], asked["due_on"], asked["months"]) == ("due", "2024-09-22", 6)
    assert (asked["study_instance_uid"], asked["tracking_uid"]) == (workup, tracking)
    answered = [one for one in due(capsys, tmp_path, "2024-09-22", "--all") if one["state"] == "done"]
    assert [one["done_by"]["study_instance_uid"] for one in answered] == [workup]
    assert answered[0]["done_by"]["same_finding"]

    reader.until(lambda: len(reader.rows()) == 2)
    first, second = reader.rows()
    assert first.startswith("2024-03-12")
    assert "magnification views: done by the exam of 2024-03-22" in first
    assert "● this exam" in second
    assert "4 marks" in first
    assert "count from 4 to 6" in second
    assert "extent from" in second
    assert "category 3, before 0" in second
    assert "next exam in 6 months" in second

    reader.go_to("2.25.20240920")
    reader.until(offer.isVisible)
    assert "6" in offer.text().split("?", maxsplit=1)[0]
    QTest.mouseClick(offer, Qt.MouseButton.LeftButton)
    assert reader.session.reading.stage is Stage.FU6
    window.grid.active.setFocus()
    reader.key(Qt.Key.Key_F)
    reader.until(lambda: bool(window.timeline.offered))
    assert window.timeline.offered[0].startswith("F1 of 6 months earlier")
    reader.key(Qt.Key.Key_E, ALT)
    assert reader.session.current_finding.tracking_uid == tracking
    reader.until(lambda: reader.session.unsaved_acts == 0)
    assert due(capsys, tmp_path, "2025-06-01") == []
    closed = due(capsys, tmp_path, "2025-06-01", "--all")
    assert [one["done_by"]["exam_date"] for one in closed] == ["2024-03-22", "2024-09-20"]

    reader.until(lambda: len(reader.rows()) == 3)
    row = window.timeline.list.visualItemRect(window.timeline.list.item(0))
    window.timeline.list.scrollToItem(window.timeline.list.item(0))
    row = window.timeline.list.visualItemRect(window.timeline.list.item(0))
    QTest.mouseClick(
        window.timeline.list.viewport(), Qt.MouseButton.LeftButton, NONE, row.topLeft() + QPoint(20, 5)
    )
    assert window.exam_view.layout is Layout.PRIOR
    assert window.exam_view.prior.study_instance_uid == screening

    reader.key(Qt.Key.Key_E, ALT | SHIFT)
    assert reader.session.current_finding.tracking_uid != tracking
    assert "F1 is a finding of its own again" in window.status.message


def marked(reader: Reader, months: Recommendation) -> None:
    reader.key(Qt.Key.Key_F)
    finding = reader.session.current_finding_id
    reader.session.describe(finding, "Say", recommendation=months, assessment=Assessment.PROBABLY_BENIGN)
    reader.until(lambda: reader.session.unsaved_acts == 0)


def test_the_worklist_tells_what_is_due_in_words_and_shapes(qtbot, open_window, tmp_path) -> None:
    window = open_window()
    reader = Reader(qtbot, window)
    reader.open(*write_three_years(tmp_path / "years"))
    reader.go_to("2.25.20200305")
    marked(reader, Recommendation.SIX_MONTHS)
    reader.go_to("2.25.20220310")
    worklist = window.worklist
    rows = worklist.list.rows
    reader.until(lambda: rows.state_words("2.25.20200305") == "▲ overdue")
    at = rows.index_of("2.25.20200305")
    spoken = rows.data(at, Qt.ItemDataRole.AccessibleTextRole)
    assert "overdue since 2020-09-05" in spoken
    assert "in progress" in spoken
    worklist.choose(Choice(showing=Showing.DUE))
    assert {e.study_instance_uid for e in worklist.exams_in_sight} == {"2.25.20200305", "2.25.20220310"}
    worklist.choose(Choice(sort=SortBy.DUE))
    assert worklist.exams[0].study_instance_uid == "2.25.20200305"
    worklist.choose(Choice(text="overdue", showing=Showing.ALL))
    assert "2.25.20200305" in {e.study_instance_uid for e in worklist.exams_in_sight}
    assert Choice.from_text(Choice(SortBy.DUE, Showing.DUE).to_text()) == Choice(SortBy.DUE, Showing.DUE)
    assert len(set(DUE_SIGNS.values())) == len(DUE_SIGNS)


def test_what_is_due_of_exams_that_are_not_open_is_one_line_and_a_list(qtbot, open_window, tmp_path) -> None:
    first = open_window()
    reader = Reader(qtbot, first)
    reader.open(write_exam(tmp_path / "old", patient="SMALL-9", study="2.25.9", date="20200305"))
    reader.until(lambda: first.grid.active.picture is not None)
    first.grid.active.setFocus()
    marked(reader, Recommendation.TWELVE_MONTHS)
    first.close()
    window = open_window()
    reader = Reader(qtbot, window)
    reader.open(write_exam(tmp_path / "new"))
    line = window.worklist.elsewhere
    reader.until(line.isVisible)
    assert line.text() == "1 finding is due of exams that are not open here"
    QTest.mouseClick(line, Qt.MouseButton.LeftButton)
    timeline = window.timeline
    assert timeline.isVisible()
    assert timeline.elsewhere.isVisible()
    told = timeline.elsewhere.item(0).text()
    assert "overdue since 2021-03-05" in told
    assert "exam of 2020-03-05" in told
    assert "SMALL" not in told


def test_the_panel_says_what_to_do_while_it_is_empty(qtbot, open_window, tmp_path) -> None:
    window = open_window()
    reader = Reader(qtbot, window)
    window.show_panel("timeline")
    assert "Open an exam" in window.timeline.hint.text()
    reader.open(write_exam(tmp_path / "exam"))
    reader.until(lambda: "No finding is chosen" in window.timeline.hint.text())
    window.grid.active.setFocus()
    reader.key(Qt.Key.Key_F)
    reader.until(lambda: "this exam only" in window.timeline.hint.text())
    (row,) = reader.rows()
    assert "nothing becomes due" in row
    reader.key(Qt.Key.Key_E, ALT)
    assert "No earlier finding" in window.status.message
    window.timeline.list.setFocus()
    QTest.keyClick(window.timeline.list, Qt.Key.Key_Return)
    assert window.exam_view.layout is not Layout.PRIOR
    assert contrast(TEXT, PANEL) >= MINIMUM_CONTRAST
    assert contrast(DIM, PANEL) >= MINIMUM_CONTRAST


def test_what_was_offered_for_one_finding_is_never_applied_to_another(qtbot, open_window, tmp_path) -> None:
    window = open_window()
    reader = Reader(qtbot, window)
    reader.open(*write_three_years(tmp_path / "years"))
    reader.go_to("2.25.20200305")
    marked(reader, Recommendation.SIX_MONTHS)
    reader.go_to("2.25.20220310")
    reader.key(Qt.Key.Key_F)
    reader.key(Qt.Key.Key_E, ALT)
    reader.until(lambda: len(window.timeline.offered) == 1)
    window.grid.active.setFocus()
    reader.key(Qt.Key.Key_F)
    second = reader.session.current_finding
    reader.key(Qt.Key.Key_E, ALT)
    assert reader.session.current_finding == second
    assert "F1 of 24 months earlier" in window.status.message
    reader.key(Qt.Key.Key_E, ALT)
    assert reader.session.current_finding.tracking_uid != second.tracking_uid
    reader.key(Qt.Key.Key_Tab, SHIFT)
    reader.until(lambda: window.timeline.offered == ())
    reader.key(Qt.Key.Key_E, ALT)
    assert "No earlier finding" in window.status.message
    before, revision = reader.session.reading, reader.session.undo_stack.count()
    reader.key(Qt.Key.Key_E, ALT | SHIFT)
    assert (reader.session.reading, reader.session.undo_stack.count()) == (before, revision)
    assert window.status.message == "F1 is not called the same as any of another exam."
    reader.key(Qt.Key.Key_Tab)
    reader.key(Qt.Key.Key_E, ALT)
    assert window.status.message.startswith("F2 is called the same as F1 of 2020-")
    reader.key(Qt.Key.Key_E, ALT | SHIFT)
    assert window.status.message.startswith("F2 is a finding of its own again")


def test_what_another_reader_said_of_this_exam_is_not_told_before(qtbot, open_window, tmp_path) -> None:
    folder = write_exam(tmp_path / "exam")
    other = open_window(reader="berta")
    reader = Reader(qtbot, other)
    reader.open(folder)
    reader.until(lambda: other.grid.active.picture is not None)
    other.grid.active.setFocus()
    marked(reader, Recommendation.SIX_MONTHS)
    reader.sign()
    other.close()
    window = open_window()
    reader = Reader(qtbot, window)
    reader.open(folder)
    reader.until(lambda: window.followed.answered)
    assert window.followed.now().sightings == ()


def test_an_answer_that_comes_after_the_window_closed_asks_for_nothing_more(qtbot, open_window) -> None:
    window = open_window()

    def asks_soon() -> bool:
        return any(timer.isActive() for timer in window.over_time_commands.findChildren(QTimer))

    window.desk.states_changed.emit({})
    assert asks_soon()
    window.close()
    window.desk.states_changed.emit({})
    window.desk.exams_changed.emit()
    assert not asks_soon()
