"""Synthetic files as other programs see them: a validator without errors, decoders without differences."""

from __future__ import annotations

import json
from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
import pytest
from dciodvfy import complaints
from pydicom.encaps import generate_frames
from pydicom.pixels import pixel_array

from annotator.cli import main
from annotator.phantom.body import Side
from annotator.phantom.dicom_out import ImageRecord, make_dataset
from annotator.phantom.exams import Exam, make_person, take_exam
from annotator.phantom.write import exam_record


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The three exams of mammograms of one seed, coarse."""
    folder = tmp_path_factory.mktemp("phantom")
    for exam in (Exam.SCREENING, Exam.WORKUP, Exam.PRIOR):
        words = ["phantom", str(folder / exam.value), "--seed", "9", "--exam", exam.value, "--binning", "8"]
        assert main(words) == 0
    return folder


def test_validator_has_nothing_to_say(made: Path):
    files = sorted(made.rglob("*.dcm"))
    assert len(files) == 10
    for path in files:
        assert complaints(path) == [], path


def test_inverse_pictures_are_valid_too(tmp_path: Path):
    person = make_person(9)
    _, picture = next(take_exam(person, Exam.SCREENING, binning=8))
    image = ImageRecord(number=1, exposure_mas=100, force_n=100, enhancement="Detail", inverse=True)
    dataset = make_dataset(picture.pixels, picture.truth, exam_record(9, Exam.SCREENING), image)
    path = tmp_path / "inverse.dcm"
    dataset.save_as(path, enforce_file_format=True)
    assert complaints(path) == []
    stored = pixel_array(path, decoding_plugin="gdcm")
    assert np.array_equal(4095 - stored, picture.pixels)


def test_two_decoders_return_the_pixels_that_were_made(made: Path):
    person = make_person(9)
    for _, picture in take_exam(person, Exam.WORKUP, binning=8):
        path = made / "workup" / f"{picture.truth.laterality}M{picture.truth.view}.dcm"
        assert np.array_equal(pixel_array(path, decoding_plugin="gdcm"), picture.pixels)
        frame = next(generate_frames(pydicom.dcmread(path).PixelData, number_of_frames=1))
        assert np.array_equal(imagecodecs.jpeg8_decode(frame), picture.pixels)


def test_headers_say_what_the_picture_is(made: Path):
    for path in made.rglob("*.dcm"):
        ds = pydicom.dcmread(path, stop_before_pixels=True)
        truth = json.loads(path.with_suffix(".truth.json").read_text(encoding="utf-8"))
        assert truth["sop_instance_uid"] == ds.SOPInstanceUID
        assert (truth["rows"], truth["columns"]) == (ds.Rows, ds.Columns)
        assert float(ds.EstimatedRadiographicMagnificationFactor) == truth["magnification"]
        assert "ynthetic" in ds.ImageComments
        assert ds.PatientOrientation[0] == ("A" if ds.ImageLaterality == Side.LEFT else "P")
        modifiers = ds.ViewCodeSequence[0].ViewModifierCodeSequence
        assert [m.CodeValue for m in modifiers] == (["399163009"] if path.parent.name == "workup" else [])


def test_uids_are_unique_and_follow_the_seed(made: Path, tmp_path: Path):
    headers = [pydicom.dcmread(p, stop_before_pixels=True) for p in sorted(made.rglob("*.dcm"))]
    assert len({ds.SOPInstanceUID for ds in headers}) == 10
    assert len({ds.StudyInstanceUID for ds in headers}) == 3
    assert len({ds.PatientID for ds in headers}) == 1
    assert main(["phantom", str(tmp_path), "--seed", "9", "--exam", "workup", "--binning", "8"]) == 0
    for path in tmp_path.glob("*.dcm"):
        assert path.read_bytes() == (made / "workup" / path.name).read_bytes()


def test_wrong_calls_are_refused_in_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["phantom", str(tmp_path), "--seed", "1", "--slices", "9"]) == 2
    assert "--exam tomosynthesis" in capsys.readouterr().err
    assert main(["phantom", str(tmp_path), "--seed", "1", "--exam", "prior", "--views", "RML"]) == 2
    assert "none of these views" in capsys.readouterr().err
    for option, words, said in (
        ("--views", "RCC,RXX", "'RXX' is not one of"),
        ("--slices", "1", "from 2 to 500"),
        ("--field", "40x900", "ROWSxCOLUMNS"),
        ("--pixel", "nan", "0.03 to 1 mm"),
        ("--pixel", "wide", "0.03 to 1 mm"),
    ):
        with pytest.raises(SystemExit, match="2"):
            main(["phantom", str(tmp_path), "--seed", "1", option, words])
        assert said in capsys.readouterr().err
    assert main(["phantom", str(tmp_path), "--seed", "1", "--benign", "fine_pleo"]) == 2
    assert "known are" in capsys.readouterr().err
    blocked = tmp_path / "file"
    blocked.write_text("not a folder", encoding="utf-8")
    assert main(["phantom", str(blocked), "--seed", "1", "--exam", "workup", "--binning", "8"]) == 1
    assert "could not be written" in capsys.readouterr().err
    assert not list(tmp_path.glob("*.dcm"))
