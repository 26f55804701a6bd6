"""`annotator detect`: rows, files, failures, and how it ends."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import public_files as made
import pytest
from pydicom import dcmread

from annotator.cli import main
from annotator.cli.detect import file_name
from annotator.cli.detected import _HINTS, Asked, detected, in_words
from annotator.exchange import cad_sr
from annotator.model.candidate import CandidateHint
from tests.started_group import started_group

AT_FIRST = 4
"""Images that are done before the interrupt comes."""

KEYS = {
    "path",
    "sop_instance_uid",
    "label",
    "error",
    "breast_found",
    "frame",
    "basis",
    "note",
    "model_version",
    "threshold",
    "candidates",
    "rows",
    "clusters",
}


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    made.write_dicom(folder / "a.dcm", made.breast())
    made.write_dicom(folder / "b.dcm", made.breast((), seed=2), ImageLaterality="R")
    return folder


def lines(capsys: pytest.CaptureFixture[str], *words: str, status: int = 0) -> tuple[list[dict], str]:
    assert main(["detect", *words, "--json"]) == status
    told = capsys.readouterr()
    return [json.loads(line) for line in told.out.splitlines()], told.err


def test_one_line_an_image_with_candidates_where_they_are(images: Path, capsys) -> None:
    (first, second), err = lines(capsys, str(images), "--all")
    assert err == ""
    assert set(first) == set(second) == KEYS
    assert (first["error"], first["frame"], first["basis"]) == (None, 1, "at detector")
    assert first["sop_instance_uid"] == dcmread(images / "a.dcm").SOPInstanceUID
    assert first["model_version"]
    for column, row in made.SPECKS:
        near = [c for c in first["candidates"] if abs(c["column"] - column) < 2 and abs(c["row"] - row) < 2]
        assert len(near) == 1
        assert near[0]["frame"] == 1
        assert near[0]["diameter_mm"] == pytest.approx(made.DIAMETER_MM, rel=0.6)
    scores = [candidate["score"] for candidate in first["candidates"]]
    assert scores == sorted(scores, reverse=True)
    listed = [one for row in first["rows"] for one in row["candidates"]]
    assert sorted(listed) == list(range(len(scores)))


def test_candidates_that_lie_together_are_a_cluster(images: Path, capsys) -> None:
    (first, _), _ = lines(capsys, str(images), "--all")
    assert first["clusters"]
    for cluster in first["clusters"]:
        assert cluster["count"] == len(cluster["candidates"]) >= 3
        assert all(0 <= one < len(first["candidates"]) for one in cluster["candidates"])
        assert cluster["extent_mm"] > 0
        assert cluster["distribution_hint"]
        assert cluster["because"]


def test_a_threshold_keeps_those_above_it(images: Path, capsys) -> None:
    (everything, _), _ = lines(capsys, str(images), "--all")
    third, fourth = (one["score"] for one in everything["candidates"][2:4])
    middle = (third + fourth) / 2
    (some, _), _ = lines(capsys, str(images), "--threshold", str(middle))
    assert some["candidates"] == [c for c in everything["candidates"] if c["score"] > middle]
    assert len(some["candidates"]) == 3
    assert some["threshold"] == middle
    assert all(row["candidates"] for row in some["rows"])


def test_what_cannot_be_done_is_named_and_the_rest_is_done(images: Path, tmp_path: Path, capsys) -> None:
    (images / "broken.dcm").write_bytes((images / "a.dcm").read_bytes()[:3000])
    refused = {
        "projections.dcm": {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.13.1.4"},
        "localizer.dcm": {"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]},
        "ct.dcm": {"SOPClassUID": made.SECONDARY_CAPTURE, "Modality": "CT"},
    }
    for name, facts in refused.items():
        made.write_dicom(images / name, made.breast(), **facts)
    rows, err = lines(capsys, str(images), status=1)
    by_name = {Path(row["path"]).name: row for row in rows}
    assert all(set(row) == KEYS for row in rows)
    assert [name for name, row in by_name.items() if row["error"] is None] == ["a.dcm", "b.dcm"]
    assert "cut off" in by_name["broken.dcm"]["error"]
    assert "projections" in by_name["projections.dcm"]["error"]
    assert "localizer" in by_name["localizer.dcm"]["error"]
    assert "modality is CT" in by_name["ct.dcm"]["error"]
    assert all(row["candidates"] is None for row in rows if row["error"])
    assert len(err.splitlines()) == 4


def test_an_image_in_which_no_breast_is_found_says_so(tmp_path: Path, capsys) -> None:
    made.write_dicom(tmp_path / "empty.dcm", np.zeros((400, 300), np.uint16))
    (told,), err = lines(capsys, str(tmp_path / "empty.dcm"))
    assert (told["breast_found"], told["candidates"], told["error"]) == (False, [], None)
    assert err == ""
    assert main(["detect", str(tmp_path / "empty.dcm")]) == 0
    said = capsys.readouterr().out
    assert "no breast was found in this image" in said
    assert "0 candidates" not in said


def test_candidates_of_a_stack_name_the_slice_in_which_they_are_sharpest(sample_dicoms: Path, capsys) -> None:
    path = sample_dicoms / "tomosynthesis" / "RCC-tomo.dcm"
    (told,), _ = lines(capsys, str(path))
    assert told["frame"] is None
    truth = json.loads(path.with_suffix(".truth.json").read_text(encoding="utf-8"))
    plain = [one for one in truth["calcifications"] if one["snr"] > 15 and one["diameter_mm"] < 1]
    apart = []
    for one in plain:
        near = [
            abs(found["frame"] - one["frame"])
            for found in told["candidates"]
            if abs(found["column"] - one["column"]) < 3 and abs(found["row"] - one["row"]) < 3
        ]
        apart += near[:1]
    assert len(apart) >= 0.7 * len(plain) > 0
    assert sum(away <= 1 for away in apart) >= 0.8 * len(apart)


def test_without_millimetres_places_are_told_but_no_lengths(images: Path, capsys) -> None:
    made.write_dicom(images / "unknown.dcm", made.breast(), spacing=None)
    (told,), err = lines(capsys, str(images / "unknown.dcm"), "--all")
    assert told["candidates"]
    assert all(one["diameter_mm"] is None for one in told["candidates"])
    assert (told["clusters"], told["basis"]) == ([], None)
    assert "--spacing" in told["note"]
    assert told["note"] in err
    (said,), err = lines(capsys, str(images / "unknown.dcm"), "--all", "--spacing", "0.07")
    assert (said["basis"], said["note"], err) == ("unverified", None, "")
    assert said["clusters"]


def test_one_file_an_image_by_its_uid_and_none_is_replaced(images: Path, tmp_path: Path, capsys) -> None:
    out = tmp_path / "out"
    rows, _ = lines(capsys, str(images), "--out", str(out))
    assert sorted(path.name for path in out.iterdir()) == sorted(
        f"{row['sop_instance_uid']}.json" for row in rows
    )
    kept = {path.name: path.read_bytes() for path in out.iterdir()}
    # a file is handed on, and a path may be named after somebody
    nameless = [row | {"path": None} for row in rows]
    assert [json.loads(kept[f"{row['sop_instance_uid']}.json"]) for row in rows] == nameless
    again, _ = lines(capsys, str(images), "--out", str(out), "--threshold", "0.9", status=1)
    assert all("--force" in row["error"] for row in again)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == kept
    lines(capsys, str(images), "--out", str(out), "--threshold", "0.9", "--force")
    assert {path.name: path.read_bytes() for path in out.iterdir()} != kept


def test_images_of_an_archive_are_told_by_their_place_in_it(images: Path, tmp_path: Path, capsys) -> None:
    archive = Path(shutil.make_archive(str(tmp_path / "exam"), "zip", images))
    for jobs in ("1", "2"):
        rows, _ = lines(capsys, str(archive), "--jobs", jobs)
        assert [row["path"] for row in rows] == [f"{archive}/a.dcm", f"{archive}/b.dcm"]


def test_the_same_instance_twice_is_done_once(images: Path, tmp_path: Path, capsys) -> None:
    (images / "c.dcm").write_bytes((images / "a.dcm").read_bytes())
    rows, _ = lines(capsys, str(images), "--out", str(tmp_path / "out"), status=1)
    assert [Path(row["path"]).name for row in rows if row["error"]] == ["c.dcm"]
    assert len(list((tmp_path / "out").iterdir())) == 2


def test_no_name_of_a_file_comes_from_what_a_header_may_hold() -> None:
    assert file_name("1.2.840.1") == "1.2.840.1.json"
    for hostile in ("../../1.2", "", "DOE^JANE", "1." * 60, ".", "1.2/3", "1.2\n"):
        assert file_name(hostile).startswith("2.25.")
        assert len(file_name(hostile)) < 60


def test_the_table_for_people_names_image_candidates_and_clusters(images: Path, capsys) -> None:
    assert main(["detect", str(images), "--all"]) == 0
    told = capsys.readouterr()
    assert told.err == ""
    assert "a.dcm" in told.out
    assert "cluster of" in told.out
    assert "mm at detector" in told.out


@pytest.mark.parametrize(
    "words",
    [
        ("--threshold", "2"),
        ("--threshold", "nan"),
        ("--spacing", "7"),
        ("--jobs", "0"),
        ("--force",),
    ],
)
def test_a_wrong_call_is_one_sentence(images: Path, capsys, words) -> None:
    assert main(["detect", str(images), *words]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_folder_without_images_is_told(tmp_path: Path, capsys) -> None:
    assert main(["detect", str(tmp_path)]) == 1
    assert "no DICOM file was found" in capsys.readouterr().err


def test_processes_find_what_one_finds(images: Path, capsys) -> None:
    one = lines(capsys, str(images), "--jobs", "1")
    assert lines(capsys, str(images), "--jobs", "2") == one


def detected_at_first(asked: Asked) -> dict[str, Any]:
    """As the command does it, until the images are reached that a batch is not to come to the end of."""
    if asked.info.path.name >= f"{AT_FIRST:03}.dcm":
        time.sleep(60)
    return detected(asked)


@pytest.mark.skipif(sys.platform == "win32", reason="there Ctrl+C is no signal that a test could send")
def test_an_interrupt_leaves_whole_files_only(tmp_path: Path) -> None:
    folder, out = tmp_path / "images", tmp_path / "out"
    for number in range(2 * AT_FIRST):
        made.write_dicom(folder / f"{number:03}.dcm", made.breast(seed=number % 3))
    script = tmp_path / "detect.py"
    script.write_text(
        "import sys\n"
        "from annotator.cli import detect, main\n"
        "from test_detect_command import detected_at_first\n"
        "if __name__ == '__main__':\n"
        "    detect.detected = detected_at_first\n"
        f"    sys.exit(main(['detect', {str(folder)!r}, '--jobs', '2', '--out', {str(out)!r}]))\n",
        encoding="utf-8",
    )
    here = Path(__file__).parent
    started = started_group(
        [sys.executable, str(script)],
        stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (here.parents[1], here)))},
    )
    while started.poll() is None and (not out.exists() or len(list(out.glob("*.json"))) < AT_FIRST - 1):
        time.sleep(0.05)
    os.killpg(started.pid, signal.SIGINT)
    _, said = started.communicate()
    assert (started.returncode, said) == (130, b"")
    files = list(out.iterdir())
    assert AT_FIRST - 1 <= len(files) <= AT_FIRST
    assert all(json.loads(path.read_bytes())["error"] is None for path in files)


def test_people_are_told_how_many_may_be_something_else() -> None:
    rows = [{"candidates": [0, 1, 2], "hint": "artery"}, {"candidates": [3], "hint": "skin"}]
    document = {
        "label": "RCC",
        "path": "a.dcm",
        "candidates": [{}] * 5,
        "rows": rows,
        "clusters": [],
        "breast_found": True,
    }
    first, artery, skin = in_words(document)
    assert first.split() == ["RCC", "5", "candidates,", "0", "clusters", "a.dcm"]
    assert artery.strip() == "3 candidates that may be an artery, in 1 row"
    assert skin.strip() == "1 candidate that may be in the skin"
    assert set(_HINTS) == set(CandidateHint)


def test_progress_is_told_to_a_terminal_only(images: Path) -> None:
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "annotator", "detect", str(images), "--jobs", "1", "--json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=theirs, check=True)
    os.close(theirs)
    told = os.read(ours, 65536).decode()
    os.close(ours)
    assert "1 of 2 images" in told
    assert told.endswith("\r\x1b[K")
    assert len(done.stdout.splitlines()) == 2


def test_candidates_as_a_cad_report_for_each_exam(
    images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.setenv("ANNOTATOR_DATABASE", f"sqlite:///{tmp_path / 'r.db'}")
    folder = tmp_path / "cad"
    (first, _), _ = lines(capsys, str(images / "a.dcm"), str(images / "b.dcm"), "--cad", str(folder))
    told = [cad_sr.read(path) for path in sorted(folder.iterdir())]
    marks = [mark for report in told for mark in report.marks]
    assert len(marks) >= len(first["candidates"]) > 0
    assert {mark.algorithm.version for mark in marks} == {first["model_version"]}
    source = dcmread(images / "a.dcm")
    assert all(source.SOPInstanceUID not in report.images for report in told)
    lines(capsys, str(images / "a.dcm"), "--cad", str(tmp_path / "named"), "--identified")
    (path,) = (tmp_path / "named").iterdir()
    assert cad_sr.read(path).images == (source.SOPInstanceUID,)
    assert main(["detect", str(images), "--identified"]) == 2
    assert "--cad DIR" in capsys.readouterr().err
