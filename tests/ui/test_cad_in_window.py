"""CAD reports beside the images: their marks among the candidates, hidden by the same rules, and what is told of them."""

from __future__ import annotations

from pathlib import Path

import made_cad as cad
import numpy as np
import pytest
from made_cad import CLUSTER
from PySide6.QtCore import Qt
from small_exam import COLUMNS, SPOTS, column_of, write_exam
from test_candidates import Labeller

from annotator.model.cad import CadKind, RenderingIntent
from annotator.model.candidate import Verdict
from annotator.ui.commands import signing as signing_commands
from annotator.ui.desk.candidate_rows import RowState
from annotator.ui.desk.candidates import HIDDEN
from annotator.ui.keys.profiles import LABELLING, RADIOLOGY
from annotator.ui.main_window import MainWindow
from annotator.ui.panels.candidates import CAPTION, WITH_CAD

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
KEY = Qt.Key
RCC = "2.25.1.1"


@pytest.fixture(autouse=True)
def no_reflex(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing_commands, "REFLEX_S", 0.0)


@pytest.fixture
def exam(tmp_path: Path) -> Path:
    return write_exam(tmp_path / "exam")


def with_cad(exam: Path) -> None:
    """A cluster of two of the spots of RCC, an optional spot, one not for presentation, and a density."""
    on = cad.image(RCC, relation="SELECTED FROM")
    places = [(column_of("R", column), row) for column, row in SPOTS]
    who = cad.algorithm("SecondLook", "7.2")
    members = [cad.finding(cad.SINGLE, at, on, below=who, relation="INFERRED FROM") for at in places[:2]]
    (left, top), (right, bottom) = np.min(places[:2], axis=0) - 12, np.max(places[:2], axis=0) + 12
    corners = (left, top, right, top, right, bottom, left, bottom, left, top)
    outline = cad.place("111041", "POLYLINE", corners, on)
    sure = cad.number("111012", "84")
    middle = ((left + right) / 2, (top + bottom) / 2)
    marks = [
        cad.finding(CLUSTER, middle, on, below=[*who, sure, outline, *members]),
        cad.finding(cad.SINGLE, places[2], on, intent=cad.OPTIONAL, below=who),
        cad.finding(cad.SINGLE, (COLUMNS - 60.0, 60.0), on, intent=cad.NEVER, below=who),
        cad.finding(cad.DENSITY, (COLUMNS - 80.0, 100.0), on, below=who),
    ]
    done = [cad.detection(CLUSTER, [*who, cad.image(RCC)])]
    content = [cad.summary("111242", *(cad.impression(one) for one in marks)), cad.detections("111222", done)]
    cad.save(cad.document(content), exam / "cad.dcm")


def opened(qtbot, window: MainWindow, exam: Path, profile: str) -> Labeller:
    window.profiles.choose(profile)
    at = Labeller(qtbot, window)
    at.open(exam)
    at.until(lambda: window.candidates.knows_cad("2.25.1", (exam / "cad.dcm",)))
    return at


def cad_lines(at: Labeller):
    return [line for line in at.candidates.lines if line.mark is not None]


def test_marks_of_a_report_are_candidates_with_program_version_and_certainty(
    qtbot, open_window, exam
) -> None:
    with_cad(exam)
    at = opened(qtbot, open_window(), exam, LABELLING.name)
    assert at.window.desk.rejected == ()
    cluster, optional = cad_lines(at)
    assert cluster.mark is not None
    assert (cluster.mark.kind, cluster.model_version, cluster.best.score) == (
        CadKind.CLUSTER,
        "SecondLook 7.2",
        0.84,
    )
    assert optional.mark is not None
    assert optional.mark.intent is RenderingIntent.OPTIONAL
    at.window.show_panel("candidates")
    assert at.candidates.cad_told == (
        "CAD SecondLook 7.2 ran: 1 calcification and 1 calcification cluster (1 optional); not shown here: 1 density.",
    )
    assert at.panel.cad.text() == at.candidates.cad_told[0]
    assert at.panel.cad.isVisible()
    assert at.panel.caption.text() == WITH_CAD
    model = at.panel.list.lines
    row = model.row_of(cluster.key)
    assert row is not None
    words = [model.data(model.index(row, column)) for column in range(5)]
    assert words[2:] == ["84 %", "SecondLook 7.2, cluster", "undecided"]
    spoken = model.data(model.index(row, 0), Qt.ItemDataRole.AccessibleTextRole)
    assert "certainty 84 %" in spoken
    assert "presentation required" in spoken


def test_optional_marks_are_shown_when_asked_for(qtbot, open_window, exam) -> None:
    with_cad(exam)
    at = opened(qtbot, open_window(), exam, LABELLING.name)
    at.window.show_panel("candidates")
    _, optional = cad_lines(at)
    assert at.panel.list.lines.row_of(optional.key) is None
    layer = at.candidates.layer_of(RCC)
    assert layer is not None
    before = int(layer.of_cad.sum())
    at.panel.optional.click()
    assert at.panel.list.lines.row_of(optional.key) is not None
    layer = at.candidates.layer_of(RCC)
    assert layer is not None
    assert int(layer.of_cad.sum()) == before + 1
    # what is not for presentation has no place at all
    assert not np.any(np.all(np.isclose(layer.points, (COLUMNS - 60.0, 60.0)), axis=1))


def test_a_cluster_is_accepted_with_its_calcifications_in_one_act_and_taken_back(
    qtbot, open_window, exam
) -> None:
    with_cad(exam)
    at = opened(qtbot, open_window(), exam, LABELLING.name)
    cluster, _ = cad_lines(at)
    at.window.candidate_commands.choose(cluster.key)
    at.key(KEY.Key_Y)
    at.until(lambda: len(at.reading.clusters) == 1)
    (drawn,) = at.reading.clusters
    assert len(at.reading.marks) == 2
    assert set(drawn.mark_ids) == {mark.id for mark in at.reading.marks}
    assert all(mark.measurement is not None for mark in at.reading.marks)
    assert len(drawn.outline) == 4
    decisions = {one.candidate.id: one for one in at.reading.decisions}
    assert decisions[cluster.key].mark_id == drawn.id
    assert {(one.model_version, one.verdict) for one in decisions.values()} == {
        ("SecondLook 7.2", Verdict.ACCEPTED)
    }
    place = at.candidates.place_of(cluster.key)
    assert place is not None
    assert at.candidates.state_words(place) == "accepted"
    at.window.candidate_commands.reject_candidate()
    assert (at.reading.marks, at.reading.clusters) == ((), ())
    assert {one.verdict for one in at.reading.decisions} == {Verdict.REJECTED}
    at.window.candidate_commands.reconsider_candidate()
    assert at.reading.decisions == ()


def test_decisions_stay_over_a_restart(qtbot, open_window, exam) -> None:
    with_cad(exam)
    at = opened(qtbot, open_window(), exam, LABELLING.name)
    cluster, _ = cad_lines(at)
    at.window.candidate_commands.choose(cluster.key)
    at.window.candidate_commands.reject_candidate()
    at.window.close()
    again = opened(qtbot, open_window(), exam, LABELLING.name)
    again.until(lambda: bool(cad_lines(again)))
    place = again.candidates.place_of(cluster.key)
    assert place is not None
    assert again.candidates.state_of(place) is RowState.REJECTED


def test_a_report_is_hidden_until_the_own_first_pass_is_done(qtbot, open_window, exam) -> None:
    with_cad(exam)
    at = opened(qtbot, open_window(), exam, RADIOLOGY.name)
    at.window.show_panel("candidates")
    assert at.candidates.why_hidden == HIDDEN
    assert (at.candidates.lines, at.candidates.cad_told, at.candidates.has_optional) == ((), (), False)
    assert at.panel.cad.isHidden()
    assert at.panel.caption.text() == CAPTION
    assert "SecondLook" not in at.panel.cad.text()
    assert at.candidates.layer_of(RCC) is None
    at.window.candidate_commands.finish_first_pass()
    assert len(cad_lines(at)) == 2
    assert at.panel.cad.isVisible()


@pytest.mark.parametrize(
    ("said", "status", "failed", "line"),
    [
        ("111241", "111222", False, "CAD A 1 ran and found no calcifications."),
        (
            "111245",
            "111224",
            True,
            "CAD A 1 failed (calcification cluster on RCC): no result, which is not the same as finding nothing.",
        ),
    ],
)
def test_nothing_found_is_told_from_not_looked(qtbot, open_window, exam, said, status, failed, line) -> None:
    looked = [cad.detection(CLUSTER, [*cad.algorithm("A", "1"), cad.image(RCC)])]
    made = cad.without_marks(said, status, failed=looked if failed else (), done=() if failed else looked)
    cad.save(made, exam / "cad.dcm")
    at = opened(qtbot, open_window(), exam, LABELLING.name)
    assert at.candidates.cad_told == (line,)


def test_a_damaged_report_is_told_in_one_sentence(qtbot, open_window, exam) -> None:
    with_cad(exam)
    path = exam / "cad.dcm"
    path.write_bytes(path.read_bytes()[:-300])
    at = opened(qtbot, open_window(), exam, LABELLING.name)
    assert at.candidates.cad_told == (
        "The CAD report cad.dcm was not read: it ends in the middle (its last part is missing); ask for the file again.",
    )


def test_a_report_beside_files_that_were_named_one_by_one_is_found(qtbot, open_window, exam) -> None:
    with_cad(exam)
    window = open_window()
    window.profiles.choose(LABELLING.name)
    at = Labeller(qtbot, window)
    window.open_paths(sorted(exam.glob("R*.dcm")))
    at.until(lambda: bool(window.candidates.cad_told))
    assert len(cad_lines(at)) == 2
