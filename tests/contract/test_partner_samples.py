"""The partner of every group of the sample exams on the other view, with nipples as the program estimates them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from annotator.analysis.clusters.partner import OnView, find_partner, group_of, groups_of_marks
from annotator.bootstrap import make_workspace
from annotator.model import edits
from annotator.model.comparison import ClusterOnImage
from annotator.model.finding import Reading
from annotator.model.geometry import ImagePoint
from annotator.model.image import ExamInfo, Laterality
from annotator.model.mark import MarkKind
from annotator.settings import Settings
from annotator.workspace import Workspace

NEARBY_MM = 10.0


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> Workspace:
    database = f"sqlite:///{tmp_path_factory.mktemp('partner') / 'readings.db'}"
    return make_workspace(Settings(database=database, reader="a"))


def marked(exam: ExamInfo) -> tuple[Reading, dict[tuple[str, str], str]]:
    """Every group of every whole view as a finding of its own; finding ids by label and group."""
    reading = Reading(id="r", reader="a", study_instance_uid=exam.study_instance_uid)
    found: dict[tuple[str, str], str] = {}
    for info in exam.images:
        truth = json.loads(info.path.with_suffix(".truth.json").read_text(encoding="utf-8"))
        for one in truth["calcifications"]:
            name = info.label, one["group"]
            if name not in found:
                reading, finding = edits.add_finding(reading)
                found[name] = finding.id
            point = ImagePoint(one["column"], one["row"])
            reading, _ = edits.add_mark(reading, found[name], info.key(), point, MarkKind.MICRO)
    return reading, found


@pytest.mark.parametrize("name", ["screening", "prior"])
def test_the_right_group_comes_first_on_either_view(name: str, sample_dicoms: Path, workspace: Workspace):
    (exam,) = workspace.group_exams(workspace.list_images([sample_dicoms / name]).images)
    reading, found = marked(exam)
    views = {}
    for info in exam.images:
        _, breast = workspace.comparing.as_hung(ClusterOnImage(info=info, marks=()))
        views[info.laterality, info.view.name] = OnView(info, breast)
    tried = 0
    for side in (Laterality.RIGHT, Laterality.LEFT):
        for seen, other in (("CC", "MLO"), ("MLO", "CC")):
            here, there = views[side, seen], views[side, other]
            everything = groups_of_marks(reading, there, but="")
            for group in {group for label, group in found if label == here.info.label}:
                cluster = group_of(reading, found[here.info.label, group], here.info)
                search = find_partner(here, cluster, there, everything)
                assert search.proposals[0].finding_id == found[there.info.label, group]
                nearer = min(abs(search.proposals[0].farther_mm), abs(search.proposals[0].deeper_mm))
                assert nearer < NEARBY_MM / 2
                tried += 1
    assert tried == 8
