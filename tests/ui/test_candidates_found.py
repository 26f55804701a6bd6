"""Candidates as the program finds them on a made-up breast whose calcifications are known, decided of by keys."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from annotator.analysis.candidates.model import shipped_model
from annotator.model.candidate import Verdict
from annotator.ui.keys.profiles import LABELLING

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

NEAR_MM = 0.5
PLAIN_SNR = 20.0


def test_plain_calcifications_are_proposed_and_accepted_by_a_key(
    qtbot, open_window, sample_dicoms: Path, tmp_path: Path
) -> None:
    source = next((sample_dicoms / "screening").glob("*RCC*.dcm"))
    folder = tmp_path / "exam"
    folder.mkdir()
    shutil.copy(source, folder)
    truths = (json.loads(path.read_text()) for path in (sample_dicoms / "screening").glob("*.truth.json"))
    truth = next(one for one in truths if (one["laterality"], one["view"]) == ("R", "CC"))
    window = open_window()
    window.profiles.choose(LABELLING.name)
    window.open_paths([folder])
    qtbot.waitUntil(
        lambda: bool(window.candidate_search.searchable) and not window.candidate_search.missing,
        timeout=120_000,
    )
    assert window.candidate_search.troubles == ()
    lines = window.candidates.lines
    strong = [lines[int(at)].best for at in window.candidates.listed]
    spacing = lines[0].info.spacing
    assert spacing is not None
    reach = NEAR_MM / spacing.mean_mm

    def proposed(spot: dict[str, float]) -> bool:
        at = (spot["column"], spot["row"])
        return any(math.dist(at, (one.point.column, one.point.row)) <= reach for one in strong)

    plain = [spot for spot in truth["calcifications"] if spot["snr"] >= PLAIN_SNR]
    assert len(plain) >= 10
    assert sum(map(proposed, plain)) > len(plain) / 2

    window.grid.active.setFocus()
    QTest.keyClick(window.grid.active, Qt.Key.Key_N)
    QTest.keyClick(window.grid.active, Qt.Key.Key_Y)
    session = window.desk.session
    qtbot.waitUntil(lambda: bool(session.reading.decisions), timeout=20_000)
    (decision, *_rest) = session.reading.decisions
    assert decision.verdict is Verdict.ACCEPTED
    assert decision.model_version == shipped_model().version
    (mark, *_more) = session.reading.marks
    assert mark.measurement is not None
    assert mark.measurement.diameter_mm is not None
    assert session.flush()
    kept = window.desk.workspace.open_reading(session.exam.study_instance_uid).reading
    assert kept.decisions == session.reading.decisions


def test_in_a_stack_the_slice_of_a_candidate_is_gone_to_and_marked_on(
    qtbot, open_window, sample_dicoms: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "stack"
    folder.mkdir()
    shutil.copy(sample_dicoms / "tomosynthesis" / "RCC-tomo.dcm", folder)
    window = open_window()
    window.profiles.choose(LABELLING.name)
    window.open_paths([folder])
    search = window.candidate_search
    qtbot.waitUntil(lambda: bool(search.searchable) and not search.missing, timeout=240_000)
    assert search.troubles == ()
    lines = window.candidates.lines
    assert len({line.best.image.frame for line in lines}) > 1
    window.grid.active.setFocus()
    QTest.keyClick(window.grid.active, Qt.Key.Key_N)
    first = window.candidates.current
    assert first is not None
    frame = first.best.image.frame
    qtbot.waitUntil(
        lambda: window.grid.active.picture is not None and window.grid.active.picture.frame_number == frame,
        timeout=20_000,
    )
    QTest.keyClick(window.grid.active, Qt.Key.Key_Y)
    qtbot.waitUntil(lambda: bool(window.desk.session.reading.marks), timeout=20_000)
    assert window.desk.session.reading.marks[0].image == first.best.image
