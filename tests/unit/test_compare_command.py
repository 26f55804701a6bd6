"""`annotator compare`: the sample exam and its prior, by candidates and by the marks of saved readings."""

from __future__ import annotations

import json
from pathlib import Path

import public_files as made
import pytest

from annotator.bootstrap import open_workspace
from annotator.cli import main
from annotator.compared_files import _paired
from annotator.model import edits
from annotator.model.geometry import ImagePoint
from annotator.model.history import Act
from annotator.model.mark import MarkKind
from annotator.settings import load_settings
from annotator.store.store import Store

TRACKING = "2.25.42"
KEYS = {
    "finding",
    "how_paired",
    "apart_mm",
    "months",
    "now",
    "then",
    "can_be_matched",
    "reason",
    "pairs",
    "new",
    "gone",
    "new_count",
    "new_range",
    "gone_count",
    "gone_range",
    "chance_level",
    "score",
    "chance_score",
    "extent_change_mm",
    "size_change",
    "change",
    "because",
    "questions",
}


def true_group(path: Path, group: str = "S1") -> list[dict]:
    told = json.loads(path.with_suffix(".truth.json").read_text(encoding="utf-8"))
    return [one for one in told["calcifications"] if one["group"] == group]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory, sample_dicoms: Path) -> str:
    """Both exams read: the suspicious group of RCC marked where it is, called the same finding."""
    url = f"sqlite:///{tmp_path_factory.mktemp('compare') / 'readings.db'}"
    workspace = open_workspace(load_settings(None, {"database": url, "reader": "dr a"}))
    for name in ("prior", "screening"):
        (exam,) = workspace.group_exams(workspace.list_images([sample_dicoms / name]).images)
        image = next(one for one in exam.images if one.path.name == "RCC.dcm")
        reading = workspace.open_reading(exam.study_instance_uid, exam).reading
        reading, finding = edits.add_finding(reading, tracking_uid=TRACKING)
        for one in true_group(image.path):
            at = ImagePoint(one["column"], one["row"])
            reading, _ = edits.add_mark(
                reading, finding_id=finding.id, image=image.key(), point=at, kind=MarkKind.MICRO
            )
        workspace.save(reading, based_on=0, act=Act.EDIT, label="marked")
    workspace.close()
    return url


def compared(capsys: pytest.CaptureFixture[str], *words: object) -> dict:
    assert main(["compare", *map(str, words), "--json"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return json.loads(out)


def saved(database: str) -> tuple[str, ...]:
    return ("--saved", "--database", database, "--reader", "dr a")


def test_marks_of_saved_readings_are_matched_with_those_of_the_prior(
    database: str, sample_dicoms: Path, capsys
) -> None:
    told = compared(capsys, sample_dicoms / "screening", sample_dicoms / "prior", *saved(database))
    assert (told["reason"], told["model_version"]) == (None, None)
    (one,) = told["comparisons"]
    assert set(one) == KEYS
    assert one["finding"] == "F1"
    assert one["how_paired"] == "called the same finding"
    assert one["months"] > 0
    now, then = (true_group(sample_dicoms / name / "RCC.dcm") for name in ("screening", "prior"))
    assert (one["now"]["count"], one["then"]["count"]) == (len(now), len(then))
    assert one["can_be_matched"]
    assert one["chance_level"] < len(then)
    right = [pair for pair in one["pairs"] if now[pair["now"]]["id"] == then[pair["then"]]["id"]]
    assert len(right) >= 0.8 * len(then)
    assert len(one["pairs"]) + len(one["new"]) == len(now)
    assert len(one["pairs"]) + len(one["gone"]) == len(then)
    assert one["new_count"] == pytest.approx(len(now) - len(then), abs=3)
    assert one["now"]["basis"] == "estimated, in breast"
    assert one["now"]["extent_mm"] > 0
    assert set(one["questions"]) == {"appearance", "number", "pattern"}
    assert one["questions"]["number"]["changed"] is True
    assert one["change"] in ("increased", "new")


def test_people_are_told_the_same_in_words(database: str, sample_dicoms: Path, capsys) -> None:
    words = [str(sample_dicoms / name) for name in ("screening", "prior")]
    assert main(["compare", *words, *saved(database)]) == 0
    out = capsys.readouterr().out
    assert "F1 on RCC: 20 about" in out
    assert "then 12 about" in out
    assert "by chance" in out
    assert "number: changed" in out


def test_an_exam_without_a_reading_is_told(sample_dicoms: Path, tmp_path: Path, capsys) -> None:
    words = [str(sample_dicoms / name) for name in ("screening", "prior")]
    empty = f"sqlite:///{tmp_path / 'empty.db'}"
    Store.open(empty).close()
    assert main(["compare", *words, *saved(empty)]) == 1
    assert "No reading of" in capsys.readouterr().err


def test_a_finding_with_nothing_before_says_why(database: str, sample_dicoms: Path, capsys) -> None:
    told = compared(capsys, sample_dicoms / "screening", sample_dicoms / "workup", *saved(database))
    assert told["comparisons"] == []
    assert told["reason"].startswith("F1: ")


def test_candidates_of_two_images_are_matched(sample_dicoms: Path, capsys) -> None:
    now, then = (sample_dicoms / name / "RCC.dcm" for name in ("screening", "prior"))
    told = compared(capsys, now, then)
    assert told["model_version"]
    group = true_group(now)
    middle = [sum(one[axis] for one in group) / len(group) for axis in ("column", "row")]
    (one,) = (pair for pair in told["comparisons"] if _away(pair["now"], middle) < 40)
    assert one["then"] is not None
    assert _away(one["then"], _middle(true_group(then))) < 40
    assert one["now"]["count"] > one["then"]["count"]
    assert one["apart_mm"] < 25
    for pair in told["comparisons"]:
        assert set(pair) == KEYS
        assert pair["can_be_matched"] or pair["reason"]
        for found in pair["pairs"]:
            assert 0 <= found["now"] < pair["now"]["count"]
            assert 0 <= found["then"] < pair["then"]["count"]


def test_two_clusters_named_by_their_places_belong_together(sample_dicoms: Path, capsys) -> None:
    now, then = (sample_dicoms / name / "RCC.dcm" for name in ("screening", "prior"))
    here, there = (",".join(f"{x:.0f}" for x in _middle(true_group(path))) for path in (now, then))
    told = compared(capsys, now, then, "--at", here, "--then", there)
    (one,) = told["comparisons"]
    assert one["how_paired"] == "chosen by you"
    assert main(["compare", str(now), str(then), "--at", "2300,3200"]) == 2
    assert "no cluster of candidates lies within" in capsys.readouterr().err


def test_the_likeliest_are_paired_first_each_once_and_none_that_is_likelier_to_be_nothing() -> None:
    proposed = {
        (0, 0): (0.6, 5.0),
        (0, 1): (0.3, 9.0),
        (0, None): (0.1, None),
        (1, 0): (0.7, 4.0),
        (1, None): (0.3, None),
        (2, 1): (0.4, 20.0),
        (2, None): (0.6, None),
    }
    assert _paired(proposed) == {1: (0, 4.0), 0: (1, 9.0)}
    assert _paired({(0, 0): (0.2, 20.0), (0, None): (0.8, None)}) == {}


def _middle(group: list[dict]) -> list[float]:
    return [sum(one[axis] for one in group) / len(group) for axis in ("column", "row")]


def _away(cluster: dict, place: list[float]) -> float:
    middle = _middle(cluster["marks"])
    return max(abs(a - b) for a, b in zip(middle, place, strict=True))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("screening/RCC.dcm", "prior/LCC.dcm"), "NOW is RCC, THEN is LCC"),
        (("screening/RCC.dcm", "prior/RMLO.dcm"), "the same view"),
        (("screening/RCC.dcm", "screening/RCC.dcm"), "are the same image"),
        (("prior/RCC.dcm", "screening/RCC.dcm"), "THEN is of a later exam than NOW"),
        (("screening", "prior"), "is a folder"),
        (("screening/RCC.dcm", "prior/RCC.dcm", "--then", "1,1"), "give --at too"),
        (("screening/RCC.dcm", "prior/RCC.dcm", "--at", "1,1", "--saved"), "--saved compares findings"),
        (("screening/RCC.dcm", "prior/RCC.dcm", "--threshold", "2"), "between 0 and 1"),
    ],
)
def test_a_wrong_call_is_one_sentence(sample_dicoms: Path, capsys, words, said: str) -> None:
    paths = [str(sample_dicoms / word) for word in words[:2]]
    assert main(["compare", *paths, *words[2:]]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1


def test_without_millimetres_nothing_is_compared(tmp_path: Path, capsys) -> None:
    made.write_dicom(tmp_path / "now.dcm", made.breast())
    made.write_dicom(tmp_path / "then.dcm", made.breast(), spacing=None)
    told = compared(capsys, tmp_path / "now.dcm", tmp_path / "then.dcm")
    assert "spacing of then.dcm is not known" in told["reason"]
    assert all(one["then"] is None and one["reason"] for one in told["comparisons"])


def test_a_damaged_image_is_named(sample_dicoms: Path, tmp_path: Path, capsys) -> None:
    (tmp_path / "broken.dcm").write_bytes(b"no image")
    made.write_dicom(tmp_path / "whole.dcm", made.breast())
    for names in (("broken.dcm", "whole.dcm"), ("whole.dcm", "broken.dcm")):
        assert main(["compare", *(str(tmp_path / name) for name in names)]) == 1
        assert "broken.dcm" in capsys.readouterr().err
