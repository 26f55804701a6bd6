"""What the records of a public data set come to, on records made by hand; and one run over tiny data sets."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import public_files as made
import pytest

from annotator.imaging.dicom_file import read_image
from annotator.model.geometry import ImagePoint
from benchmarks.detection import public
from benchmarks.detection.datasets.annotated import Target, TargetKind
from benchmarks.detection.public_examine import ImageRecord, TargetRecord, overlap, within
from benchmarks.detection.public_scores import cluster_rates, single_rates, singles_per_area, true_clusters

CALC, UNNAMED, REGION, CLUSTER = (
    TargetKind.CALCIFICATION,
    TargetKind.UNNAMED,
    TargetKind.REGION,
    TargetKind.CLUSTER,
)


def record(marks, targets, name="one") -> ImageRecord:
    return ImageRecord(name, "", 0.1, 50.0, 1.0, tuple(marks), tuple(targets))


def calc(column, row, *marks, in_cluster=False) -> TargetRecord:
    return TargetRecord(CALC, column, row, None, marks, in_cluster=in_cluster)


def share_at(records, rate: float) -> float:
    return single_rates(records, (rate,))[0].share


def test_a_mark_serves_one_calcification_and_the_nearest_of_two() -> None:
    both = [calc(10, 10, 0), calc(12, 10, 0)]
    assert share_at([record([(11.5, 10, 0.9)], both)], 0) == 0.5
    # the second mark takes what the first has left
    both = [calc(10, 10, 0, 1), calc(12, 10, 0, 1)]
    assert share_at([record([(11.5, 10, 0.9), (11.6, 10, 0.8)], both)], 0) == 1


def test_further_marks_on_one_that_is_hit_and_marks_on_the_unnamed_are_no_false_ones() -> None:
    marks = [(10, 10, 0.9), (10, 10, 0.8), (50, 50, 0.7), (80, 80, 0.6)]
    targets = [calc(10, 10, 0, 1), calc(80, 80, 3), TargetRecord(UNNAMED, 50, 50, None, (2,))]
    assert share_at([record(marks, targets)], 0) == 1
    assert share_at([record(marks, targets[:2])], 0) == 0.5
    assert share_at([record(marks, targets[:2])], 1) == 1


def test_false_marks_are_allowed_by_the_image_and_by_the_area() -> None:
    marks = [(90, 90, 0.9), (90, 95, 0.8), (10, 10, 0.7)]
    records = [record(marks, [calc(10, 10, 2)]), record([], [], "two")]
    assert [share_at(records, rate) for rate in (0, 0.5, 1)] == [0, 0, 1]
    assert singles_per_area(records, 1 / 50).share == 1
    assert singles_per_area(records, 0.5 / 50).share == 0


def test_what_is_not_chosen_is_found_all_the_same_and_not_counted() -> None:
    marks = [(10, 10, 0.9), (80, 80, 0.8)]
    targets = [calc(10, 10, 0), TargetRecord(CALC, 80, 80, 2.0, ())]
    small = single_rates([record(marks, targets)], (0.0,), lambda one: one.diameter_mm is None)
    large = single_rates([record(marks, targets)], (0.0,), lambda one: one.diameter_mm is not None)
    assert (small[0].share, large[0].share) == (1, 0)


def test_the_interval_is_over_images_and_always_the_same() -> None:
    records = [record([(10, 10, 0.9)], [calc(10, 10, *((0,) if n % 2 else ()))], f"{n}") for n in range(20)]
    rate = single_rates(records, (1.0,))[0]
    assert rate.share == 0.5
    assert 0.2 < rate.low < 0.4
    assert 0.6 < rate.high < 0.8
    assert single_rates(records, (1.0,)) == [rate]


def test_no_calcifications_and_no_marks_are_no_fault() -> None:
    assert math.isnan(share_at([record([], [])], 1))
    assert share_at([record([], [calc(1, 1)])], 1) == 0
    assert math.isnan(cluster_rates([record([(1, 1, 0.5)], [])], (1,))[0].share)


GROUP = [(10, 10, 0.9), (30, 10, 0.8), (50, 10, 0.7)]


def test_a_region_is_hit_by_a_cluster_with_two_marks_in_it() -> None:
    two = TargetRecord(REGION, 20, 10, None, (0, 1))
    one = TargetRecord(REGION, 20, 10, None, (0,))
    assert cluster_rates([record(GROUP, [two])], (0.0,))[0].share == 1
    assert cluster_rates([record(GROUP, [one])], (5.0,))[0].share == 0
    assert cluster_rates([record(GROUP[:2], [two])], (5.0,))[0].share == 0


def test_a_cluster_elsewhere_is_false() -> None:
    away = [(column + 500, row, 0.95) for column, row, _ in GROUP]
    two = TargetRecord(REGION, 20, 10, None, (3, 4))
    records = [record(away + GROUP, [two])]
    assert [rate.share for rate in cluster_rates(records, (0.0, 1.0))] == [0, 1]


def test_a_group_of_single_calcifications_is_hit_on_two_of_them() -> None:
    members = [calc(10, 10, 0), calc(30, 10, 1), calc(50, 10)]
    assert cluster_rates([record(GROUP, members)], (0.0,))[0].share == 1
    lone = [calc(10, 10, 0, 1, 2), calc(30, 10), calc(50, 10)]
    assert cluster_rates([record(GROUP, lone)], (5.0,))[0].share == 0


def test_marks_on_two_lone_calcifications_make_no_false_cluster() -> None:
    away = [(column + 500, row, 0.95) for column, row, _ in GROUP]
    pair = [calc(510, 10, 0), calc(530, 10, 1)]
    region = TargetRecord(REGION, 20, 10, None, (3, 4))
    assert cluster_rates([record(away + GROUP, [*pair, region])], (0.0,))[0].share == 1


def test_a_group_that_was_drawn_around_counts_once() -> None:
    members = [calc(10, 10, 0, in_cluster=True), calc(30, 10, 1, in_cluster=True), calc(50, 10, 2)]
    drawn = TargetRecord(CLUSTER, 30, 10, 3.0, (0, 1, 2))
    assert len(true_clusters(record(GROUP, [*members, drawn]))) == 1
    assert len(true_clusters(record(GROUP, members[2:]))) == 0


def test_marks_are_on_what_was_drawn_by_the_rules_told(tmp_path: Path) -> None:
    made.write_dicom(tmp_path / "image.dcm", made.breast())
    info = read_image(tmp_path / "image.dcm").info
    square = tuple(ImagePoint(*corner) for corner in ((10, 10), (20, 10), (20, 20), (10, 20)))
    points = np.array([(15.0, 15.0), (21.9, 15.0), (22.1, 15.0)])
    for kind, expected in ((CALC, [True, True, False]), (REGION, [True, False, False])):
        assert within(Target(kind, square), points, 0.07, info).tolist() == expected
    point = Target(CALC, (ImagePoint(15, 15),))
    points = np.array([(19.9, 15.0), (20.1, 15.0)])
    assert within(point, points, 0.07, info).tolist() == [True, False]
    assert within(point, np.zeros((0, 2)), 0.07, info).tolist() == []


def test_overlap_is_intersection_over_union() -> None:
    def square(left: float, side: float) -> list[ImagePoint]:
        corners = ((0, 0), (side, 0), (side, side), (0, side))
        return [ImagePoint(left + x, y) for x, y in corners]

    assert overlap(square(3.25, 4), square(3.25, 4)) == 1
    assert overlap(square(0, 4), square(2, 4)) == pytest.approx(1 / 3, abs=0.02)
    assert overlap(square(0, 4), square(40, 4)) == 0


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = public.main([*words, "--jobs", "1"])
    told = capsys.readouterr()
    return status, told.out, told.err


def test_inbreast_end_to_end_and_nothing_is_done_twice(tmp_path: Path, capsys) -> None:
    made.make_inbreast(tmp_path / "data")
    words = ("--inbreast", str(tmp_path / "data"), "--keep", str(tmp_path / "kept"))
    status, out, err = run(capsys, *words)
    assert (status, err) == (0, "")
    assert "# INbreast: 2 of 2 images, 1 with calcifications drawn" in out
    assert "Single calcifications (4)" in out
    assert "| 1 | " in out
    assert "| 0.40 |" in out
    assert "Clusters (1)" in out
    assert "of 3 outlines" in out
    assert "| a point | 1 | " in out
    assert "| under 0.35 mm | 3 | " in out
    assert "1 drawn things were left unnamed" in out
    kept = json.loads((tmp_path / "kept" / "inbreast" / "20586908_6c613a_MG_R_CC_ANON.json").read_text())
    found = [target for target in kept["targets"] if target["marks"] and target["kind"] == "calcification"]
    assert len(found) == 4
    assert all(t["overlap"] > 0.5 for t in kept["targets"] if t["overlap"] is not None)
    again = run(capsys, *words)
    assert again == (0, out, "2 of 2 images are done already\n")


def test_cbis_and_vindr_end_to_end(tmp_path: Path, capsys) -> None:
    made.make_cbis(tmp_path / "cbis")
    made.make_vindr(tmp_path / "vindr")
    keep = ("--keep", str(tmp_path / "kept"))
    status, out, err = run(capsys, "--cbis", str(tmp_path / "cbis"), "--spacing", "0.05", *keep)
    assert (status, err) == (0, "")
    assert "Regions of calcifications (2)" in out
    assert "upper bounds" in out
    assert "Single" not in out
    status, out, err = run(capsys, "--vindr", str(tmp_path / "vindr"), "--limit", "1", *keep)
    assert (status, err) == (0, "")
    assert "Regions of calcifications (1)" in out
    assert "1 of 2 images" in out
    one = json.loads((tmp_path / "kept" / "vindr-mammo" / "one.json").read_text())
    assert len(one["targets"][0]["marks"]) >= 3  # a negative is turned by its header


def test_an_image_that_cannot_be_used_is_named_and_the_rest_is_done(tmp_path: Path, capsys) -> None:
    made.make_inbreast(tmp_path)
    (tmp_path / "AllDICOMs" / "20586934_6c613a_MG_L_CC_ANON.dcm").write_bytes(b"not DICOM")
    status, out, err = run(capsys, "--inbreast", str(tmp_path), "--keep", str(tmp_path / "kept"))
    assert status == 1
    assert "1 of 2 images" in out
    assert "20586934_6c613a_MG_L_CC_ANON" in err
    assert "is not a DICOM file" in err


@pytest.mark.parametrize(
    "words",
    [
        ["--cbis", "x"],
        ["--cbis", "x", "--spacing", "50"],
        ["--inbreast", "x", "--limit", "0"],
        [],
        ["--inbreast", "x", "--vindr", "y"],
        ["--shared"],
    ],
)
def test_a_wrong_call_is_told(words: list[str], capsys, monkeypatch) -> None:
    monkeypatch.delenv("ANNOTATOR_TEST_DATA", raising=False)
    with pytest.raises(SystemExit) as ended:
        public.main(words)
    assert ended.value.code == 2
    assert capsys.readouterr().err


def test_a_folder_that_is_no_data_set_is_one_sentence(tmp_path: Path, capsys) -> None:
    status, out, err = run(capsys, "--vindr", str(tmp_path))
    assert (status, out) == (1, "")
    assert "holds no finding_annotations.csv" in err
    assert err.count("\n") == 1
