"""The sample views and real files hang right, and so do their copies mirrored, turned and without orientation."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.uid import ExplicitVRLittleEndian

from annotator.hanging import edge_for, hang
from annotator.imaging.air import hung, tissue_mask, with_chest_wall
from annotator.imaging.dicom_file import read_image
from annotator.imaging.pyramid import levels_of
from annotator.model.geometry import Orientation
from annotator.model.image import ExamInfo

OPPOSITE = {"A": "P", "P": "A", "F": "H", "H": "F", "R": "L", "L": "R"}
TURNS = [Orientation(*flags) for flags in product((False, True), repeat=3)]
# file, side, view, whether the axilla reaches the upper edge once it hangs
SAMPLES = [("RCC", "R", "CC"), ("LCC", "L", "CC"), ("RMLO", "R", "MLO"), ("LMLO", "L", "MLO")]
SHARED = [
    ("fo_dicom/GH133_scrubbed.dcm", "R", "MLO"),  # GE, as stored
    ("fo_dicom/OutOfBoundsOverlay_scrubbed.dcm", "L", "CC"),  # Siemens, stored lying on its side
    ("nyu_metarepository/1_L_CC_wrapped.dcm", "L", "CC"),
    ("nyu_metarepository/1_R_CC_wrapped.dcm", "R", "CC"),
]


def turned(frame: NDArray[Any], turn: Orientation) -> NDArray[Any]:
    """The frame stored otherwise, by the definition of Orientation."""
    frame = frame.T if turn.transpose else frame
    frame = frame[:, ::-1] if turn.flip_columns else frame
    return frame[::-1] if turn.flip_rows else frame


def turned_letters(row: str, column: str, turn: Orientation) -> list[str]:
    row, column = (column, row) if turn.transpose else (row, column)
    if turn.flip_columns:
        row = "".join(OPPOSITE[letter] for letter in row)
    if turn.flip_rows:
        column = "".join(OPPOSITE[letter] for letter in column)
    return [row, column]


def copy(source: Path, target: Path, turn: Orientation, *, oriented: bool) -> Path:
    """A smaller copy with pixels turned, and its Patient Orientation turned with them or left out."""
    image = read_image(source)
    frame = np.ascontiguousarray(turned(image.frame()[::4, ::4], turn))
    dataset = dcmread(source)
    dataset.Rows, dataset.Columns = frame.shape
    dataset.PixelData = frame.tobytes()
    dataset["PixelData"].VR = "OW"
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    row, column = dataset.PatientOrientation
    if oriented:
        dataset.PatientOrientation = turned_letters(row, column, turn)
    else:
        del dataset.PatientOrientation
    dataset.save_as(target, enforce_file_format=True)
    return target


def shown(path: Path) -> tuple[NDArray[Any], NDArray[np.bool_], str, str]:
    """The frame and its tissue as they hang, the edge of the pane, and the reason."""
    image = read_image(path)
    frame = image.frame()
    levels = levels_of(image.info, frame)
    info = with_chest_wall(image.info, levels)
    turn, reason = hung(info, levels)
    return turned(frame, turn), turned(tissue_mask(levels), turn), edge_for(info), reason


def lies_on_its_side(source: Path) -> bool:
    row = (read_image(source).info.patient_orientation or ("",))[0]
    return "A" not in row and "P" not in row


def check(source: Path, side: str, view: str, folder: Path) -> None:
    reference = None
    for number, (turn, oriented) in enumerate(product(TURNS, (True, False))):
        target = copy(source, folder / f"{number}.dcm", turn, oriented=oriented)
        frame, tissue, edge, reason = shown(target)
        case = f"{source.name} {turn} {oriented} {reason}"
        band = max(tissue.shape[1] // 16, 1)
        walls = {"left": tissue[:, :band].mean(), "right": tissue[:, -band:].mean()}
        expected = {"R": "right", "L": "left"}[side]
        assert edge == expected, case
        assert walls[expected] == max(walls.values()) > 0.3, case
        if reference is None:
            reference = frame
        if view == "MLO":
            assert tissue[:band].mean() > tissue[-band:].mean(), f"axilla up: {case}"
        assert "may be wrong" not in reason, case
        if oriented:
            assert np.array_equal(frame, reference), case
            continue
        assert "no Patient Orientation" in reason, case
        # what is up can be seen of an MLO only; of the others copies mirrored left to right come back
        mirrored = turn in (Orientation(), Orientation(flip_columns=True)) and not lies_on_its_side(source)
        if view == "MLO" or mirrored:
            assert np.array_equal(frame, reference), case


@pytest.mark.parametrize(("name", "side", "view"), SAMPLES)
def test_sample_views_and_their_copies(sample_dicoms: Path, tmp_path: Path, name: str, side: str, view: str):
    check(sample_dicoms / "screening" / f"{name}.dcm", side, view, tmp_path)


@pytest.mark.parametrize(("name", "side", "view"), SAMPLES)
def test_pixels_mirrored_under_the_old_orientation_are_told(
    sample_dicoms: Path, tmp_path: Path, name: str, side: str, view: str
):
    source = sample_dicoms / "screening" / f"{name}.dcm"
    target = copy(source, tmp_path / "a.dcm", Orientation(flip_columns=True), oriented=False)
    dataset = dcmread(target)
    dataset.PatientOrientation = dcmread(source, stop_before_pixels=True).PatientOrientation
    dataset.save_as(target)
    edge = "left" if side == "R" else "right"
    assert (
        f"the pixels show the chest wall at the {edge} edge, so side or orientation may be wrong"
        in shown(target)[3]
    )


@pytest.mark.parametrize(("name", "side", "view"), SHARED)
def test_real_files_and_their_copies(shared_data: Path, tmp_path: Path, name: str, side: str, view: str):
    check(shared_data / name, side, view, tmp_path)


def test_the_four_sample_views_hang_back_to_back(sample_dicoms: Path):
    paths = sorted((sample_dicoms / "screening").glob("*.dcm"))
    before = sorted((sample_dicoms / "prior").glob("*.dcm"))
    exam, prior = (
        ExamInfo(str(at), tuple(read_image(p).info for p in ps)) for at, ps in enumerate((paths, before))
    )
    panes = hang(exam, prior).panes
    assert [p and (p.info.label, p.row, p.column, p.edge) for p in panes] == [
        ("RCC", 0, 0, "right"),
        ("LCC", 0, 1, "left"),
        ("RMLO", 1, 0, "right"),
        ("LMLO", 1, 1, "left"),
    ]


@pytest.mark.parametrize(
    "name",
    [
        "derived_transfer_syntaxes/01_explicit_le_12bit.dcm",
        "derived_transfer_syntaxes/20_tomo_5frames_explicit.dcm",
    ],
)
def test_a_piece_cut_out_of_a_breast_gives_no_doubt(shared_data: Path, name: str):
    assert "may be wrong" not in shown(shared_data / name)[3]
