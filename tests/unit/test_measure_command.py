"""`annotator measure`: what a click measures, for scripts."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import public_files as made
import pytest

from annotator.cli import main

AT = "120.5,100"


@pytest.fixture
def image(tmp_path: Path) -> Path:
    pixels = breast_with_a_line()
    made.write_dicom(tmp_path / "image.dcm", pixels)
    return tmp_path / "image.dcm"


def breast_with_a_line() -> np.ndarray:
    """The group of four, and a bright line of 2 mm by 0.2 mm."""
    pixels = made.breast().astype(np.float64)
    columns, rows = np.meshgrid(np.arange(made.COLUMNS) + 0.5, np.arange(made.ROWS) + 0.5)
    along = (np.abs(columns - 240) <= 14) & (np.abs(rows - 200) <= 1.5)
    pixels[along] += 600
    return pixels.astype(np.uint16)


def spots(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict]:
    assert main(["measure", *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)["spots"]


def test_every_answer_has_the_same_keys(image: Path, capsys) -> None:
    found, empty, line = spots(capsys, str(image), "--at", AT, "--at", "60,250", "--at", "240,200")
    assert list(found) == list(empty) == list(line)
    assert found["found"]
    assert found["diameter_mm"] == pytest.approx(made.DIAMETER_MM, rel=0.25)
    assert (found["basis"], found["proposal"]) == ("at detector", "micro")
    assert not empty["found"]
    assert empty["reason"].startswith("no spot here")
    assert empty["outline"] == empty["axis"] == []
    assert empty["choices"] == 0
    assert all(empty[key] is None for key in ("column", "diameter_mm", "length_mm", "level", "basis"))


def test_a_linear_piece_has_an_axis_and_a_length(image: Path, capsys) -> None:
    line, round_one = spots(capsys, str(image), "--at", "240,200", "--at", AT)
    assert line["length_mm"] == pytest.approx(2.0, abs=0.3)
    assert line["width_mm"] == pytest.approx(0.21, abs=0.1)
    assert line["length_px"] == pytest.approx(line["length_mm"] / made.PIXEL_MM, rel=0.01)
    assert len(line["axis"]) >= 2
    assert all(abs(row - 200) < 1 for _, row in line["axis"])
    assert round_one["axis"] == []
    assert round_one["length_mm"] is round_one["width_px"] is None
    assert main(["measure", str(image), "--at", "240,200"]) == 0
    assert "linear, " in capsys.readouterr().out


def test_the_outline_is_taken_at_the_level_asked_for(image: Path, capsys) -> None:
    low, high = (spots(capsys, str(image), "--at", AT, "--level", level)[0] for level in ("0.3", "0.7"))
    assert low["level"] == 0.3
    assert high["level"] == 0.7
    assert low["diameter_mm"] > high["diameter_mm"]


def test_the_next_best_spot_is_told_or_that_there_is_none(image: Path, capsys) -> None:
    (first,) = spots(capsys, str(image), "--at", AT)
    beyond = str(first["choices"] + 1)
    (none,) = spots(capsys, str(image), "--at", AT, "--choice", beyond)
    assert not none["found"]
    assert none["reason"].startswith("only ")
    assert none["choices"] == first["choices"]
    assert spots(capsys, str(image), "--at", AT, "--choice", "1") == [first]


def test_between_two_spots_either_may_be_meant(tmp_path: Path, capsys) -> None:
    made.write_dicom(tmp_path / "two.dcm", made.breast(((120.0, 100.0), (127.5, 100.0))))
    both = [
        spots(capsys, str(tmp_path / "two.dcm"), "--at", "123.5,100", "--choice", k)[0] for k in ("1", "2")
    ]
    assert [one["choices"] for one in both] == [2, 2]
    assert sorted(round(one["column"]) for one in both) == pytest.approx([120, 127], abs=1)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--level", "0.2"), "0.3 to 0.78"),
        (("--level", "nan"), "0.3 to 0.78"),
        (("--choice", "0"), "counted from 1"),
        (("--frame", "2"), "there is no frame 2"),
    ],
)
def test_a_wrong_call_is_one_sentence(image: Path, capsys, words, said: str) -> None:
    assert main(["measure", str(image), "--at", AT, *words]) == 2
    assert said in capsys.readouterr().err
