"""The sample exams of one person: the same cluster marked in screening and two years before, beside one another."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from annotator.bootstrap import make_workspace
from annotator.model import edits
from annotator.model.comparison import Provenance
from annotator.model.finding import Change, Reading
from annotator.model.geometry import ImagePoint
from annotator.model.history import Act
from annotator.model.image import ExamInfo
from annotator.model.mark import MarkKind
from annotator.settings import Settings
from annotator.workspace import Workspace


def exam_of(workspace: Workspace, folder: Path) -> ExamInfo:
    (exam,) = workspace.group_exams(workspace.list_images([folder]).images)
    return exam


def marked(reading: Reading, exam: ExamInfo, *groups: str, tracking: str = "") -> Reading:
    """One finding for each group, each calcification marked where its truth says, in every view."""
    for group in groups:
        reading, finding = edits.add_finding(reading, tracking_uid=tracking if group == groups[0] else "")
        for info in exam.images:
            truth = json.loads(info.path.with_suffix(".truth.json").read_text(encoding="utf-8"))
            for one in truth["calcifications"]:
                if one["group"] == group:
                    point = ImagePoint(one["column"], one["row"])
                    reading, _ = edits.add_mark(reading, finding.id, info.key(), point, MarkKind.MICRO)
    return reading


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = make_workspace(Settings(database=f"sqlite:///{tmp_path / 'readings.db'}", reader="anna"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def exams(sample_dicoms: Path, tmp_path_factory) -> dict[str, ExamInfo]:
    looker = make_workspace(
        Settings(database=f"sqlite:///{tmp_path_factory.mktemp('x') / 'r.db'}", reader="x")
    )
    return {name: exam_of(looker, sample_dicoms / name) for name in ("screening", "prior", "workup")}


def read(workspace: Workspace, exam: ExamInfo, *groups: str, tracking: str = "") -> Reading:
    """What the reader said of an exam, saved."""
    opened = workspace.open_reading(exam.study_instance_uid, exam)
    said = marked(opened.reading, exam, *groups, tracking=tracking)
    workspace.save(said, based_on=opened.revision, act=Act.EDIT, label="Mark")
    return said


def test_the_finding_called_the_same_comes_first_on_the_fullest_view(workspace, exams):
    then = read(workspace, exams["prior"], "B2", "S1")
    now = read(workspace, exams["screening"], "S1", tracking=then.findings[1].tracking_uid)
    found = workspace.comparing.earlier_clusters(
        now, now.findings[0].id, exams["screening"], [exams["prior"]]
    )
    assert found.why_not == ""
    assert [(one.number, one.provenance) for one in found.offered] == [
        (2, Provenance.SAME),
        (2, Provenance.SAME),
        (1, Provenance.LIKELIEST),
        (1, Provenance.LIKELIEST),
    ]
    first = found.offered[0]
    assert first.now.info.label == first.then.info.label
    assert len(first.now.marks) > len(first.then.marks) > 5
    assert first.exam.exam_date == date(2022, 3, 9)
    assert first.apart_mm < 8


def test_what_the_reader_called_the_same_goes_before_what_lies_nearer(workspace, exams):
    then = read(workspace, exams["prior"], "S1", "B2")
    now = read(workspace, exams["screening"], "S1", tracking=then.findings[1].tracking_uid)
    found = workspace.comparing.earlier_clusters(
        now, now.findings[0].id, exams["screening"], [exams["prior"]]
    )
    same, *others = found.offered[::2]
    assert (same.finding_id, same.provenance) == (then.findings[1].id, Provenance.SAME)
    assert same.apart_mm > others[0].apart_mm
    assert same.likely < others[0].likely


def test_without_a_word_of_the_reader_the_nearest_comes_first(workspace, exams):
    """B2 lies elsewhere in the same breast; nothing was called the same."""
    then = read(workspace, exams["prior"], "B2", "S1")
    now = read(workspace, exams["screening"], "S1")
    found = workspace.comparing.earlier_clusters(
        now, now.findings[0].id, exams["screening"], [exams["prior"]]
    )
    cc = [one for one in found.offered if one.now.info.view.name == "CC"]
    assert [one.finding_id for one in cc] == [then.findings[1].id, then.findings[0].id]
    assert cc[0].apart_mm < 8 < cc[1].apart_mm
    assert {one.provenance for one in found.offered} == {Provenance.LIKELIEST}


def test_why_there_is_nothing_to_compare_with(workspace, exams):
    screening, prior = exams["screening"], exams["prior"]
    reading, finding = edits.add_finding(workspace.open_reading(screening.study_instance_uid).reading)
    ask = workspace.comparing.earlier_clusters
    assert ask(reading, finding.id, screening, [prior]).why_not.startswith("Nothing of F1 is marked")
    now = marked(reading, screening, "S1")
    second = now.findings[1].id
    assert ask(now, second, screening, []).why_not.startswith("No earlier exam of this patient is open")
    unmarked = ask(now, second, screening, [prior])
    assert unmarked.why_not == "Nothing is marked on the earlier image of this view."
    assert len(unmarked.views) == 2
    magnified = ask(now, second, screening, [exams["workup"]])
    assert magnified.why_not.startswith("The earlier exams that are open have no image like R")


def test_what_another_reader_has_not_signed_is_not_offered(workspace, exams, tmp_path):
    other = make_workspace(Settings(database=f"sqlite:///{tmp_path / 'readings.db'}", reader="berta"))
    read(other, exams["prior"], "S1")
    now = read(workspace, exams["screening"], "S1")
    found = workspace.comparing.earlier_clusters(
        now, now.findings[0].id, exams["screening"], [exams["prior"]]
    )
    assert found.offered == ()
    other.close()


def test_the_same_cluster_is_matched_calcification_by_calcification(workspace, exams):
    """Drawn anew by another detector with another compression, 40 % of it not there yet."""
    then = read(workspace, exams["prior"], "S1")
    now = read(workspace, exams["screening"], "S1", tracking=then.findings[0].tracking_uid)
    found = workspace.comparing.earlier_clusters(
        now, now.findings[0].id, exams["screening"], [exams["prior"]]
    )
    assert len(found.offered) == 2
    for one in found.offered:
        comparison = workspace.comparing.compare(one.now, one.then, months=24)
        ids = [
            [c["id"] for c in truth["calcifications"] if c["group"] == "S1"]
            for truth in (
                json.loads(cluster.info.path.with_suffix(".truth.json").read_text(encoding="utf-8"))
                for cluster in (one.now, one.then)
            )
        ]
        pairs = comparison.compared.pairs
        assert sum(ids[0][pair.now] == ids[1][pair.then] for pair in pairs) >= 0.9 * len(ids[1])
        assert comparison.hint.change is Change.INCREASED
        assert comparison.hint.number.changed is True


def test_unrelated_clusters_are_said_to_be_unlike(workspace, exams):
    then = read(workspace, exams["prior"], "B2")
    now = read(workspace, exams["screening"], "S1", tracking=then.findings[0].tracking_uid)
    found = workspace.comparing.earlier_clusters(
        now, now.findings[0].id, exams["screening"], [exams["prior"]]
    )
    for one in found.offered:
        comparison = workspace.comparing.compare(one.now, one.then, months=24)
        assert not comparison.compared.can_be_matched
        assert comparison.compared.why_not.startswith("The two cannot be matched")
        assert comparison.hint.change is None
