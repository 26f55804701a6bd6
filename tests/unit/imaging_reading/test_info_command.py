"""`annotator info`: a row for each file, on screen and as JSON."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from reading_files import LOSSLESS, breast, compressed, encode, native

from annotator.cli import main


def _view() -> Dataset:
    view = Dataset()
    view.CodeValue, view.CodingSchemeDesignator = "399162004", "SCT"
    modifier = Dataset()
    modifier.CodeValue, modifier.CodingSchemeDesignator = "399163009", "SCT"
    view.ViewModifierCodeSequence = Sequence([modifier])
    return view


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    native(
        tmp_path / "a.dcm",
        breast(),
        ViewCodeSequence=Sequence([_view()]),
        ImagerPixelSpacing=[0.1, 0.1],
        EstimatedRadiographicMagnificationFactor=2,
        WindowCenter=2000,
        WindowWidth=1800,
        VOILUTFunction="SIGMOID",
        WindowCenterWidthExplanation="NORMAL",
        PixelPaddingValue=0,
    )
    frame = encode(breast(), LOSSLESS)
    compressed(
        tmp_path / "cut.dcm", breast(), [frame[:3000] + b"\xff\xd9"], LOSSLESS, SOPInstanceUID="2.25.8"
    )
    (tmp_path / "junk").write_bytes(b"junk " * 100)
    (tmp_path / "deep").mkdir()
    native(tmp_path / "deep" / "b.dcm", breast(), SOPInstanceUID="2.25.5")
    return tmp_path


def _rows(capsys: pytest.CaptureFixture[str]) -> dict[str, dict]:
    out = capsys.readouterr().out
    return {Path(row["path"]).name: row for row in map(json.loads, out.splitlines())}


def test_json_names_what_scripts_rely_on(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["info", str(folder), "--json"]) == 1
    rows = _rows(capsys)
    assert set(rows) == {"a.dcm", "cut.dcm", "junk"}
    row = rows["a.dcm"]
    assert row["label"] == "LMCC"
    assert (row["laterality"], row["view"], row["view_modifiers"]) == ("L", "CC", ["M"])
    assert (row["laterality_source"], row["view_source"]) == ("ImageLaterality", "ViewCodeSequence")
    assert (row["spacing_mm"], row["spacing_basis"]) == ([0.05, 0.05], "estimated, in breast")
    assert row["magnification_factor"] == 2
    assert row["windows"] == [{"name": "NORMAL", "center": 2000, "width": 1800, "function": "SIGMOID"}]
    assert row["padding"] == [0, 0]
    assert row["kind"] == "digital mammogram, for presentation"
    assert (row["intent"], row["modality"]) == ("FOR PRESENTATION", "MG")
    assert row["pixel_sha256"] is None
    assert rows["junk"]["readable"] is False
    assert "not a DICOM file" in rows["junk"]["error"]


def test_pixels_are_hashed_and_damage_is_found(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["info", str(folder), "-r", "--pixels", "--json"]) == 1
    rows = _rows(capsys)
    values = hashlib.sha256(breast().astype("<u2").tobytes()).hexdigest()
    assert rows["a.dcm"]["pixel_sha256"] == rows["b.dcm"]["pixel_sha256"] == values
    assert rows["cut.dcm"]["readable"] is False
    assert rows["cut.dcm"]["rows"] == 96
    assert "cut off" in rows["cut.dcm"]["error"]


def test_all_frames_and_signs_go_into_the_hash(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    stack = np.stack([breast(seed=s) for s in (1, 2)])
    native(tmp_path / "a.dcm", stack, PixelRepresentation=1, BitsStored=16, HighBit=15)
    assert main(["info", str(tmp_path), "--pixels", "--json"]) == 0
    assert _rows(capsys)["a.dcm"]["pixel_sha256"] == hashlib.sha256(stack.tobytes()).hexdigest()


def test_on_screen_each_file_has_its_line(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["info", str(folder)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert any("LMCC" in line and "0.05 mm estimated, in breast" in line for line in lines)
    assert any("junk: it is not a DICOM file" in line for line in lines)


def test_a_folder_without_any_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["info", str(tmp_path), "--json"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "no DICOM file" in captured.err
