"""Synthetic tomosynthesis stacks as other programs see them."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
import pytest
from dciodvfy import complaints
from numpy.typing import NDArray
from pydicom.encaps import generate_frames
from pydicom.pixels import pixel_array

from annotator.cli import main
from annotator.phantom.body import PhantomView, Side
from annotator.phantom.exams import Exam, make_person, prepare, shots, take_tomosynthesis

SEED = 9
BINNING = 8


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A right cranio-caudal and a left oblique view, each as mammogram and stack, coarse."""
    folder = tmp_path_factory.mktemp("stacks")
    words = ["phantom", str(folder), "--seed", str(SEED), "--exam", "tomosynthesis"]
    assert main([*words, "--binning", str(BINNING), "--views", "RCC,LMLO", "--slices", "9"]) == 0
    return folder


@pytest.fixture(scope="module")
def frames() -> NDArray[np.uint16]:
    """The slices of the same right stack as they were made."""
    view = ((Side.RIGHT, PhantomView.CC),)
    (planned,) = shots(make_person(SEED), Exam.TOMOSYNTHESIS, view)
    shot, anatomy = prepare(planned, BINNING)
    return np.array(list(take_tomosynthesis(shot, anatomy, binning=BINNING, slices=9).slices()))


def test_each_view_is_a_mammogram_and_a_stack_with_truth(made: Path):
    names = ["LMLO", "LMLO-tomo", "RCC", "RCC-tomo"]
    assert sorted(p.name for p in made.iterdir()) == sorted(
        f"{n}.{kind}" for n in names for kind in ("dcm", "truth.json")
    )
    headers = [pydicom.dcmread(made / f"{n}.dcm", stop_before_pixels=True) for n in names]
    assert len({ds.StudyInstanceUID for ds in headers}) == 1
    assert len({ds.SOPInstanceUID for ds in headers}) == 4


def test_validator_has_nothing_to_say(made: Path):
    for name in ("RCC", "LMLO"):
        assert complaints(made / f"{name}.dcm") == []
        assert complaints(made / f"{name}-tomo.dcm", "BreastTomosynthesisImage") == []


def test_every_decoder_returns_the_slices_that_were_made(made: Path, frames: NDArray[np.uint16]):
    path = made / "RCC-tomo.dcm"
    assert frames.shape[0] == 9
    assert int(frames.max()) <= 1023
    for plugin in ("pyjpegls", "gdcm"):
        assert np.array_equal(pixel_array(path, decoding_plugin=plugin), frames), plugin
    encoded = list(generate_frames(pydicom.dcmread(path).PixelData, number_of_frames=9))
    assert np.array_equal([imagecodecs.jpegls_decode(f) for f in encoded], frames)


def test_encoded_precision_is_the_bits_stored(made: Path):
    """A decoder that trusts the frame header must not meet another number of bits than the data set says."""
    ds = pydicom.dcmread(made / "RCC-tomo.dcm")
    frame = next(generate_frames(ds.PixelData, number_of_frames=9))
    start = frame.index(b"\xff\xf7")
    assert frame[start + 4] == ds.BitsStored == 10
    assert (ds.BitsAllocated, ds.HighBit) == (16, 9)


def test_functional_groups_place_every_slice(made: Path):
    for name, row, column in (("RCC", (0, 1, 0), (1, 0, 0)), ("LMLO", (0, -1, 0), None)):
        ds = pydicom.dcmread(made / f"{name}-tomo.dcm", stop_before_pixels=True)
        truth = json.loads((made / f"{name}-tomo.truth.json").read_text(encoding="utf-8"))
        (shared,) = ds.SharedFunctionalGroupsSequence
        measures = shared.PixelMeasuresSequence[0]
        assert [float(v) for v in measures.PixelSpacing] == pytest.approx([0.8, 0.8])
        assert float(measures.SliceThickness) == pytest.approx(abs(truth["step_z_mm"]), abs=1e-3)
        along = np.array(shared.PlaneOrientationSequence[0].ImageOrientationPatient, dtype=float).reshape(
            2, 3
        )
        assert along[0] == pytest.approx(row)
        if column is not None:
            assert along[1] == pytest.approx(column)
        assert along @ along.T == pytest.approx(np.eye(2), abs=1e-5)
        places = np.array(
            [g.PlanePositionSequence[0].ImagePositionPatient for g in ds.PerFrameFunctionalGroupsSequence],
            dtype=float,
        )
        normal = np.cross(along[0], along[1])
        assert np.diff(places @ normal) == pytest.approx(-float(measures.SliceThickness), abs=1e-3)
        assert np.diff(places @ along.T, axis=0) == pytest.approx(0, abs=1e-4)


def test_headers_say_what_the_stack_is(made: Path):
    for name, side, code in (("RCC", "R", "399162004"), ("LMLO", "L", "399368009")):
        ds = pydicom.dcmread(made / f"{name}-tomo.dcm", stop_before_pixels=True)
        truth = json.loads((made / f"{name}-tomo.truth.json").read_text(encoding="utf-8"))
        assert ds.SOPClassUID == "1.2.840.10008.5.1.4.1.1.13.1.3"
        assert ds.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.4.80"
        assert list(ds.ImageType) == ["DERIVED", "PRIMARY", "TOMOSYNTHESIS", "NONE"]
        assert "ynthetic" in ds.ImageComments
        assert ds.ViewCodeSequence[0].CodeValue == code
        (shared,) = ds.SharedFunctionalGroupsSequence
        assert shared.FrameAnatomySequence[0].FrameLaterality == side == truth["laterality"]
        assert ds.NumberOfFrames == truth["frames"] == len(ds.PerFrameFunctionalGroupsSequence) == 9
        assert (ds.Rows, ds.Columns) == (truth["rows"], truth["columns"])
        assert truth["sop_instance_uid"] == ds.SOPInstanceUID
        numbers = [
            g.FrameContentSequence[0].InStackPositionNumber for g in ds.PerFrameFunctionalGroupsSequence
        ]
        assert numbers == list(range(1, 10))
        windows = [g.FrameVOILUTSequence[0] for g in ds.PerFrameFunctionalGroupsSequence]
        assert all(len(w.WindowCenter) == len(w.WindowCenterWidthExplanation) == 2 for w in windows)


def test_the_same_call_writes_the_same_bytes(made: Path, tmp_path: Path):
    words = ["phantom", str(tmp_path), "--seed", str(SEED), "--exam", "tomosynthesis"]
    assert main([*words, "--binning", str(BINNING), "--views", "RCC", "--slices", "9"]) == 0
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (made / path.name).read_bytes()


def test_field_and_slices_are_those_asked_for(tmp_path: Path):
    words = ["phantom", str(tmp_path), "--seed", str(SEED), "--exam", "tomosynthesis", "--views", "LCC"]
    assert main([*words, "--binning", str(BINNING), "--slices", "5", "--field", "300x240"]) == 0
    ds = pydicom.dcmread(tmp_path / "LCC-tomo.dcm")
    assert (ds.NumberOfFrames, ds.Rows, ds.Columns) == (5, 300, 240)
    thickness = ds.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].SliceThickness
    truth = json.loads((tmp_path / "LCC-tomo.truth.json").read_text(encoding="utf-8"))
    assert 5 * float(thickness) == pytest.approx(truth["thickness_mm"], abs=0.01)
    frames = pixel_array(tmp_path / "LCC-tomo.dcm")
    assert all(int(b.max()) > 500 for b in frames)
    assert all(not np.array_equal(a, b) for a, b in itertools.pairwise(frames))


def test_a_view_made_from_the_stack_is_valid_and_says_so(made: Path, tmp_path: Path):
    words = ["phantom", str(tmp_path), "--seed", str(SEED), "--exam", "tomosynthesis", "--generated"]
    assert main([*words, "--binning", str(BINNING), "--views", "RCC", "--slices", "9"]) == 0
    path = tmp_path / "RCC-2d.dcm"
    assert complaints(path, "BreastTomosynthesisImage") == []
    ds = pydicom.dcmread(path)
    assert list(ds.ImageType)[2:] == ["TOMOSYNTHESIS", "GENERATED_2D"]
    stack = pydicom.dcmread(tmp_path / "RCC-tomo.dcm")
    assert ds.StudyInstanceUID == stack.StudyInstanceUID
    assert ds.SOPInstanceUID != stack.SOPInstanceUID
    assert ds.NumberOfFrames == 1
    thickness = ds.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].SliceThickness
    truth = json.loads((tmp_path / "RCC-2d.truth.json").read_text(encoding="utf-8"))
    assert float(thickness) == pytest.approx(truth["thickness_mm"], abs=1e-3)
    assert {c["frame"] for c in truth["calcifications"]} == {1}
    slices, view = pixel_array(tmp_path / "RCC-tomo.dcm").astype(float), pixel_array(path)
    # between the mean and the maximum of every pixel, to half a grey value
    assert (view >= slices.mean(axis=0) - 0.5).all()
    assert (view <= slices.max(axis=0) + 0.5).all()
    assert view[view > 0].mean() > slices.mean(axis=0)[view > 0].mean() + 5
    assert (tmp_path / "RCC-tomo.dcm").read_bytes() == (made / "RCC-tomo.dcm").read_bytes()
