"""A reading on the screen: acts, undo that survives, saving in order, saving that fails and recovers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from annotator.bootstrap import open_workspace
from annotator.errors import StaleReading, StoreError, UnsavableAct
from annotator.model.finding import Assessment, Distribution, Morphology, Reading, Stage
from annotator.model.geometry import ImagePoint, PixelSpacing, SpacingBasis
from annotator.model.hanging_choice import HangingChoice
from annotator.model.history import Act
from annotator.model.image import ExamInfo, ImageInfo, ImageKey, Laterality, View
from annotator.model.mark import MarkKind
from annotator.reporting import write_findings, write_report
from annotator.settings import load_settings
from annotator.ui.desk.saving import SaveState
from annotator.ui.desk.session import ReadingSession
from annotator.ui.panels.history import sentences
from annotator.ui.task_runner import TaskRunner
from annotator.workspace import Workspace

SPOTS = (ImagePoint(60.5, 70.5), ImagePoint(120.5, 90.5), ImagePoint(100.5, 150.5))
INFO = ImageInfo(
    path=Path("none.dcm"),
    sop_class_uid="1.2.840.10008.5.1.4.1.1.1.2",
    sop_instance_uid="1.2.3.4",
    study_instance_uid="1.2.3",
    rows=220,
    columns=200,
    bits_stored=12,
    laterality=Laterality.RIGHT,
    view=View("CC"),
    spacing=PixelSpacing(0.07, 0.07, SpacingBasis.AT_DETECTOR),
)
EXAM = ExamInfo("1.2.3", (INFO,))


@dataclass(frozen=True)
class StillPicture:
    info: ImageInfo
    frame_number: int
    frame: NDArray[np.uint16]
    slab: None = None

    def shows(self, image: ImageKey) -> bool:
        return image == self.info.key(self.frame_number)

    def slice_frame(self, number: int) -> NDArray[np.uint16] | None:
        return self.frame if number == self.frame_number else None


@pytest.fixture(scope="module")
def picture() -> StillPicture:
    """Tissue with photon noise and three spots of 0.35 mm."""
    rows, columns = np.mgrid[0 : INFO.rows, 0 : INFO.columns] + 0.5
    values = np.random.default_rng(5).normal(1500, 15, (INFO.rows, INFO.columns))
    for spot in SPOTS:
        values += 400 * np.exp(-((columns - spot.column) ** 2 + (rows - spot.row) ** 2) / (2 * 1.8**2))
    return StillPicture(INFO, 1, values.clip(0, 4095).astype(np.uint16))


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    settings = load_settings(overrides={"database": f"sqlite:///{tmp_path / 'r.db'}", "reader": "r1"})
    made = open_workspace(settings)
    yield made
    made.close()


@pytest.fixture
def bugs() -> Iterator[list[BaseException]]:
    caught: list[BaseException] = []
    yield caught
    assert caught == []


@pytest.fixture
def runner(qtbot: QtBot, bugs: list[BaseException]) -> Iterator[TaskRunner]:
    made = TaskRunner(bugs.append)
    yield made
    made.shutdown()


def opened(workspace: Workspace, runner: TaskRunner, exam: ExamInfo = EXAM) -> ReadingSession:
    return ReadingSession(workspace, runner, exam, workspace.open_reading(exam.study_instance_uid))


@pytest.fixture
def session(workspace: Workspace, runner: TaskRunner) -> ReadingSession:
    return opened(workspace, runner)


def mark_all(session: ReadingSession, picture: StillPicture) -> None:
    for spot in SPOTS:
        session.mark_spot(picture, ImagePoint(spot.column + 1.5, spot.row - 1), MarkKind.MICRO)


def test_a_corrected_image_is_what_the_reader_says_in_words_and_files(
    session: ReadingSession, picture: StillPicture, tmp_path: Path
) -> None:
    session.choose_hanging(HangingChoice("1.2.3.4", laterality=Laterality.LEFT, modifiers=("M",)))
    assert [i.label for i in session.corrected_exam.images] == ["LMCC"]
    assert session.exam is EXAM
    mark_all(session, picture)
    assert session.reading.stage is None
    assert "after magnification views" in session.follow_up(session.reading.findings[0].id).assumed[0]
    write_findings(session.workspace, session.reading, session.exam, tmp_path / "f.json")
    write_report(session.workspace, session.reading, session.exam, tmp_path / "f.html")
    for name in ("f.json", "f.html"):
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert "LMCC" in text
        assert "RCC" not in text


def test_a_click_beside_a_spot_marks_the_spot(session: ReadingSession, picture: StillPicture) -> None:
    session.mark_spot(picture, ImagePoint(62, 69), MarkKind.MICRO)
    (mark,) = session.reading.marks
    assert abs(mark.point.column - SPOTS[0].column) < 0.5
    assert abs(mark.point.row - SPOTS[0].row) < 0.5
    assert mark.measurement is not None
    assert mark.measurement.basis is SpacingBasis.AT_DETECTOR
    assert session.selected_marks == {mark.id}
    (finding,) = session.reading.findings
    assert session.current_finding_id == finding.id
    assert (finding.size, finding.morphology, finding.assessment) == (None, (), None)


def test_an_act_and_what_it_selects_are_told_at_once(session: ReadingSession, picture: StillPicture) -> None:
    told: list[frozenset[str]] = []
    session.reading_changed.connect(lambda _changes: told.append(session.selected_marks))
    session.selection_changed.connect(lambda: told.append(session.selected_marks))
    session.mark_spot(picture, SPOTS[0], MarkKind.MICRO)
    mark = session.reading.marks[0].id
    session.undo_stack.undo()
    session.undo_stack.redo()
    around = (ImagePoint(40, 50), ImagePoint(90, 50), ImagePoint(90, 90), ImagePoint(40, 90))
    session.lasso(picture, around)
    assert told == [{mark}, frozenset(), frozenset(), {mark}]
    assert session.selected_cluster is None
    session.lasso(picture, tuple(ImagePoint(p.column + 100, p.row + 100) for p in around))
    assert (len(told), session.selected_cluster) == (5, session.reading.clusters[-1].id)


def test_a_click_on_empty_tissue_marks_nothing_and_says_so(
    session: ReadingSession, picture: StillPicture
) -> None:
    said: list[str] = []
    session.message.connect(said.append)
    session.mark_spot(picture, ImagePoint(20, 200), MarkKind.MICRO)
    assert session.reading.marks == ()
    assert session.reading.findings == ()
    assert "Alt+click" in said[-1]
    session.mark_spot(picture, ImagePoint(20, 200), MarkKind.MICRO, force=True)
    assert session.reading.marks[0].point == ImagePoint(20, 200)
    assert session.reading.marks[0].measurement is None


def test_the_same_spot_is_not_marked_twice(session: ReadingSession, picture: StillPicture) -> None:
    for column in (59.5, 61.5):
        session.mark_spot(picture, ImagePoint(column, 70.5), MarkKind.MICRO)
    assert len(session.reading.marks) == 1


def test_a_lasso_ties_what_lies_inside_to_the_current_finding(
    session: ReadingSession, picture: StillPicture
) -> None:
    mark_all(session, picture)
    corners = ((40, 50), (140, 50), (140, 110), (40, 110))
    session.lasso(picture, tuple(ImagePoint(*c) for c in corners))
    (cluster,) = session.reading.clusters
    assert set(cluster.mark_ids) == {m.id for m in session.reading.marks[:2]}
    assert cluster.spacing == INFO.spacing


def test_undo_and_redo_walk_through_the_acts_and_are_kept_over_a_restart(
    qtbot: QtBot, session: ReadingSession, picture: StillPicture, workspace: Workspace, runner: TaskRunner
) -> None:
    mark_all(session, picture)
    finding = session.reading.findings[0].id
    session.describe(finding, "Distribution grouped", distributions=(Distribution.GROUPED,))
    shown: list[Reading] = [session.reading]
    for _ in range(2):
        session.undo_stack.undo()
        shown.append(session.reading)
    session.undo_stack.redo()
    assert session.reading == shown[1]
    assert session.close()

    again = opened(workspace, runner)
    assert again.reading == shown[1]
    assert again.undo_stack.undoText() == "Mark microcalcification in F1"
    again.undo_stack.redo()
    assert again.reading == shown[0]
    for _ in range(4):
        again.undo_stack.undo()
    assert again.reading.marks == ()
    assert not again.undo_stack.canUndo()
    assert again.close()
    acts = [r.act for r in workspace.revisions(again.reading.id)]
    assert acts == [Act.EDIT] * 4 + [Act.UNDO] * 2 + [Act.REDO] * 2 + [Act.UNDO] * 4


def test_the_screen_says_saved_only_when_the_database_has_it(
    qtbot: QtBot, session: ReadingSession, picture: StillPicture, workspace: Workspace
) -> None:
    session.mark_spot(picture, SPOTS[0], MarkKind.MICRO)
    assert session.save_state is SaveState.SAVING
    qtbot.waitUntil(lambda: session.save_state is SaveState.SAVED)
    assert workspace.open_reading("1.2.3").reading == session.reading
    assert session.revision == 1


def test_a_save_that_fails_keeps_the_acts_says_so_and_is_tried_again(
    qtbot: QtBot,
    session: ReadingSession,
    picture: StillPicture,
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = workspace.save

    def refuse(*_args: object, **_more: object) -> int:
        raise StoreError("the disk is full")

    monkeypatch.setattr(workspace, "save", refuse)
    mark_all(session, picture)
    qtbot.waitUntil(lambda: session.save_state is SaveState.KEPT)
    assert not session.flush()
    assert session.unsaved_acts == 3
    assert len(session.reading.marks) == 3
    monkeypatch.setattr(workspace, "save", real)
    session.save_now()
    qtbot.waitUntil(lambda: session.save_state is SaveState.SAVED)
    assert [r.label for r in session.revisions()] == ["Mark microcalcification in F1"] * 3
    assert workspace.open_reading("1.2.3").reading == session.reading


def test_an_act_no_database_can_keep_is_told_and_undoing_it_lets_the_rest_be_saved(
    qtbot: QtBot, session: ReadingSession, picture: StillPicture, workspace: Workspace
) -> None:
    session.mark_spot(picture, SPOTS[0], MarkKind.MICRO)
    finding = session.reading.findings[0].id
    session.describe(finding, "Comment", comment="half a\0 word")
    qtbot.waitUntil(lambda: session.save_state is SaveState.FAILED)
    assert isinstance(session.save_error, UnsavableAct)
    assert session.unsaved_acts == 1
    session.undo_stack.undo()
    session.mark_spot(picture, SPOTS[1], MarkKind.MICRO)
    qtbot.waitUntil(lambda: session.save_state is SaveState.SAVED)
    assert session.unsaved_acts == 0
    again = workspace.open_reading("1.2.3")
    assert again.reading == session.reading
    assert again.revision == session.revision == 2


def test_what_puts_an_unsavable_act_right_is_saved_with_it(
    qtbot: QtBot, session: ReadingSession, picture: StillPicture, workspace: Workspace
) -> None:
    session.mark_spot(picture, SPOTS[0], MarkKind.MICRO)
    finding = session.reading.findings[0].id
    session.describe(finding, "Comment", comment="half a\0 word")
    session.mark_spot(picture, SPOTS[1], MarkKind.MICRO)
    qtbot.waitUntil(lambda: session.save_state is SaveState.FAILED)
    assert session.unsaved_acts == 2
    session.describe(finding, "Comment", comment="a whole word")
    qtbot.waitUntil(lambda: session.save_state is SaveState.SAVED)
    assert workspace.open_reading("1.2.3").reading == session.reading
    assert len(session.reading.marks) == 2


def test_a_second_program_on_the_same_reading_is_told_and_overwrites_nothing(
    qtbot: QtBot, session: ReadingSession, picture: StillPicture, workspace: Workspace, runner: TaskRunner
) -> None:
    other_place = open_workspace(workspace.settings)
    other = opened(other_place, runner)
    session.mark_spot(picture, SPOTS[0], MarkKind.MICRO)
    assert session.close()
    other.mark_spot(picture, SPOTS[1], MarkKind.MICRO)
    qtbot.waitUntil(lambda: other.save_state is SaveState.KEPT)
    assert isinstance(other.save_error, StaleReading)
    assert other.unsaved_acts == 1
    assert workspace.open_reading("1.2.3").reading == session.reading
    other_place.close()


def test_the_documented_follow_up_follows_what_is_said(
    session: ReadingSession, picture: StillPicture
) -> None:
    mark_all(session, picture)
    finding = session.reading.findings[0].id
    assert session.follow_up(finding).row == "M1"
    session.describe(
        finding, "Describe", morphology=(Morphology.FINE_PLEO,), distributions=(Distribution.GROUPED,)
    )
    assert session.follow_up(finding).follow_up == "magnification_views"
    session.describe(finding, "Stage", stage=Stage.WORKUP)
    assert (session.follow_up(finding).row, session.follow_up(finding).follow_up) == ("S4", "biopsy")
    session.describe(finding, "Assessment", assessment=Assessment.PROBABLY_BENIGN)
    assert session.reading.findings[0].assessment is Assessment.PROBABLY_BENIGN
    assert session.follow_up(finding).suggested_assessment == "4B"


def test_an_exam_with_magnification_views_is_looked_up_as_work_up_and_said_to_be_nothing(
    workspace: Workspace, runner: TaskRunner, picture: StillPicture
) -> None:
    magnified = replace(INFO, view=View("CC", ("M",)))
    session = opened(workspace, runner, ExamInfo("1.2.3", (magnified,)))
    session.mark_spot(picture, SPOTS[0], MarkKind.MICRO)
    finding = session.reading.findings[0]
    session.describe(finding.id, "Morphology", morphology=(Morphology.FINE_PLEO,))
    assert (finding.stage, session.reading.stage) == (None, None)
    assert session.follow_up(finding.id).row == "S4"
    assert "after magnification views" in session.follow_up(finding.id).assumed[0]


def test_deleting_takes_the_selected_marks_and_nothing_else(
    session: ReadingSession, picture: StillPicture
) -> None:
    mark_all(session, picture)
    session.select_marks(frozenset(m.id for m in session.reading.marks[:2]))
    kept = session.reading.marks[2]
    session.remove_selected()
    assert session.reading.marks == (kept,)
    session.remove_selected()
    assert session.reading.marks == (kept,)


def test_a_mark_tells_its_size_with_the_basis(session: ReadingSession, picture: StillPicture) -> None:
    said: list[str] = []
    session.message.connect(said.append)
    session.mark_spot(picture, SPOTS[0], MarkKind.MICRO)
    assert "mm" in said[-1]
    assert SpacingBasis.AT_DETECTOR in said[-1]


def test_a_new_finding_is_the_one_that_is_marked_next(session: ReadingSession, picture: StillPicture) -> None:
    session.mark_spot(picture, SPOTS[0], MarkKind.MICRO)
    session.new_finding()
    session.mark_spot(picture, SPOTS[1], MarkKind.MICRO)
    first, second = session.reading.findings
    assert [m.finding_id for m in session.reading.marks] == [first.id, second.id]


def test_acts_are_named_by_their_number(session: ReadingSession, picture: StillPicture) -> None:
    for spot in SPOTS:
        session.mark_spot(picture, spot, MarkKind.MICRO)
    session.remove_selected()
    assert session.undo_stack.undoText() == "Delete 1 mark"
    session.select_marks(frozenset(m.id for m in session.reading.marks))
    session.remove_selected()
    assert session.undo_stack.undoText() == "Delete 2 marks"


def test_a_moved_mark_stays_where_it_was_put_and_is_measured_there(
    session: ReadingSession, picture: StillPicture
) -> None:
    session.mark_spot(picture, SPOTS[0], MarkKind.MICRO)
    (before,) = session.reading.marks
    beside = ImagePoint(SPOTS[1].column + 1, SPOTS[1].row)
    session.move_mark(picture, before.id, beside)
    (after,) = session.reading.marks
    assert (after.id, after.point) == (before.id, beside)
    assert after.measurement.center.column == pytest.approx(SPOTS[1].column, abs=0.3)
    session.move_mark(picture, before.id, ImagePoint(30.25, 190.75))
    assert session.reading.marks[0].measurement is None


def around_all() -> tuple[ImagePoint, ...]:
    return tuple(ImagePoint(*c) for c in ((40, 50), (140, 50), (140, 170), (40, 170)))


def test_a_selected_cluster_is_untied_its_marks_stay_and_undo_ties_them_again(
    session: ReadingSession, picture: StillPicture
) -> None:
    mark_all(session, picture)
    session.lasso(picture, around_all())
    tied = session.reading
    session.select_cluster(tied.clusters[0].id)
    assert session.selected_marks == frozenset()
    session.remove_selected()
    assert session.reading.clusters == ()
    assert session.reading.marks == tied.marks
    assert session.undo_stack.undoText() == "Untie a cluster of F1"
    assert session.selected_cluster is None
    session.undo_stack.undo()
    assert session.reading == tied


def test_an_area_is_selected_as_soon_as_it_is_outlined_and_can_be_removed(
    session: ReadingSession, picture: StillPicture
) -> None:
    session.lasso(picture, around_all())
    (area,) = session.reading.clusters
    assert session.selected_cluster == area.id
    session.remove_selected()
    assert session.reading.clusters == ()
    assert session.undo_stack.undoText() == "Remove an area of F1"


def test_marks_and_a_cluster_are_never_selected_together(
    session: ReadingSession, picture: StillPicture
) -> None:
    mark_all(session, picture)
    session.lasso(picture, around_all())
    session.select_cluster(session.reading.clusters[0].id)
    session.select_marks(frozenset({session.reading.marks[0].id}))
    assert session.selected_cluster is None
    session.remove_selected()
    assert len(session.reading.marks) == 2
    assert len(session.reading.clusters) == 1


def test_selected_marks_move_to_a_new_finding_in_one_act_and_back(
    session: ReadingSession, picture: StillPicture
) -> None:
    mark_all(session, picture)
    session.lasso(picture, around_all())
    before = session.reading
    moved = frozenset(m.id for m in before.marks[:2])
    session.select_marks(moved)
    session.move_selected()
    first, second = session.reading.findings
    assert [m.finding_id for m in session.reading.marks] == [second.id, second.id, first.id]
    assert session.reading.clusters[0].mark_ids == (before.marks[2].id,)
    assert second.stage is first.stage
    assert session.current_finding_id == second.id
    assert session.selected_marks == moved
    assert session.undo_stack.undoText() == "Move 2 marks to F2"
    session.move_selected(first.id)
    assert session.undo_stack.undoText() == "Move 2 marks to F1"
    assert {m.finding_id for m in session.reading.marks} == {first.id}
    session.undo_stack.undo()
    session.undo_stack.undo()
    assert session.reading == before


def test_without_selected_marks_nothing_is_moved(session: ReadingSession, picture: StillPicture) -> None:
    mark_all(session, picture)
    session.select_marks(frozenset())
    before = session.reading
    session.move_selected()
    assert session.reading == before


def test_hanging_and_done_are_acts_undone_and_told_by_the_name_of_the_image(
    session: ReadingSession,
) -> None:
    info = session.exam.images[0]
    session.choose_hanging(HangingChoice(info.sop_instance_uid, laterality=Laterality.LEFT, view_name="MLO"))
    session.set_done(True)
    assert session.undo_stack.undoText() == "Call the exam done"
    assert session.reading.done
    session.new_finding()
    assert not session.reading.done
    session.undo_stack.undo()
    assert session.reading.done
    assert session.flush()
    told = sentences(session.revisions(), str, session.image_name)
    assert told[0].endswith(f"hung {session.image_name(info.sop_instance_uid)} as left MLO")
    assert told[1].endswith("called the exam done")
    assert told[2].endswith("so the exam is no longer done")
    assert told[3].endswith("called the exam done")
    session.set_done(False)
    assert not session.reading.done


def test_a_save_told_after_the_exam_was_left_is_no_fault(session: ReadingSession, qtbot: QtBot) -> None:
    session.set_done(True)
    assert session.close()
    delete(session)
    # `bugs` of the runner says what went wrong in what it told
    qtbot.wait(100)
