"""Candidates as the program finds them on a made-up breast whose calcifications are known, decided of by keys."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from annotator.analysis.candidate_model import shipped_model
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
