"""`annotator render` shows what a viewport shows, and says what is wrong with a call."""

from __future__ import annotations

import sys

import cv2
import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import DigitalMammographyXRayImageStorageForPresentation, ExplicitVRLittleEndian

from annotator.cli import main
from annotator.imaging.air import hung
from annotator.imaging.breast_window import default_voi
from annotator.imaging.dicom_file import read_image
from annotator.imaging.grayscale import display_lut
from annotator.imaging.pyramid import levels_of

ROWS, COLUMNS = 90, 70


@pytest.fixture
def mammogram(tmp_path):
    """A left breast whose rows were stored mirrored, with two windows, on disk; and its stored values."""
    frame = np.random.default_rng(4).integers(0, 4096, (ROWS, COLUMNS)).astype(np.uint16)
    image = Dataset()
    image.SOPClassUID = DigitalMammographyXRayImageStorageForPresentation
    image.SOPInstanceUID, image.StudyInstanceUID, image.SeriesInstanceUID = "2.25.7", "2.25.8", "2.25.9"
    image.Modality, image.ImageLaterality, image.ViewPosition = "MG", "L", "CC"
    image.PatientOrientation = ["P", "R"]
    image.Rows, image.Columns, image.SamplesPerPixel = ROWS, COLUMNS, 1
    image.PhotometricInterpretation = "MONOCHROME2"
    image.BitsAllocated, image.BitsStored, image.HighBit, image.PixelRepresentation = 16, 12, 11, 0
    image.ImagerPixelSpacing = [0.07, 0.07]
    image.WindowCenter, image.WindowWidth = [2048, 1000], [4096, 200]
    image.WindowCenterWidthExplanation = ["ALL", "NARROW"]
    image.PixelData = frame.tobytes()
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    image.file_meta.MediaStorageSOPClassUID = image.SOPClassUID
    image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
    path = tmp_path / "image.dcm"
    image.save_as(path, enforce_file_format=True)
    return path, frame


def rendered(*words):
    """What the call wrote, as grey levels."""
    out = words[1]
    assert main(["render", *map(str, words)]) == 0
    return cv2.imread(str(out), cv2.IMREAD_UNCHANGED)


def grey(values, center, width):
    """PS3.3 C.11.2.1.2.1, the LINEAR function, to 0..255."""
    fraction = np.clip((values - (center - 0.5)) / (width - 1) + 0.5, 0, 1)
    return np.floor(fraction * 255 + 0.5)


def test_a_region_is_shown_at_one_to_one_turned_as_it_hangs(mammogram, tmp_path):
    path, frame = mammogram
    shown = rendered(path, tmp_path / "o.png", "--region", "10,20,30,40")
    assert shown.shape == (40, 30)
    assert (shown == grey(frame[20:60, 10:40], 2048, 4096)[:, ::-1]).all()


def test_windows_by_name_and_by_numbers(mammogram, tmp_path):
    path, frame = mammogram
    region = ("--region", f"0,0,{COLUMNS},{ROWS}")
    expected = grey(frame, 1000, 200)[:, ::-1]
    for words in ("narrow", "1000,200"):
        assert (rendered(path, tmp_path / "o.png", *region, "--window", words) == expected).all()


def test_inverted(mammogram, tmp_path):
    path, _ = mammogram
    region = ("--region", f"0,0,{COLUMNS},{ROWS}")
    plain = rendered(path, tmp_path / "o.png", *region).astype(int)
    inverted = rendered(path, tmp_path / "o.png", *region, "--invert").astype(int)
    assert (np.abs(plain + inverted - 255) <= 1).all()


def test_the_whole_image_stands_at_its_chest_wall(mammogram, tmp_path):
    path, _ = mammogram
    shown = rendered(path, tmp_path / "o.png", "--size", "200x90")
    assert shown.shape == (90, 200)
    assert shown[:, :70].any(axis=0).all()
    assert not shown[:, 70:].any()


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("--frame", "2"), 2, "there is no frame 2"),
        (("--window", "SOFT"), 2, "the file has 1: ALL, 2: NARROW"),
        (("--window", "3"), 2, "the file has 1: ALL, 2: NARROW"),
        (("--window", "10,0"), 2, "above zero"),
        (("--region", "500,0,10,10"), 2, "outside the image of 70 x 90"),
    ],
)
def test_a_call_that_cannot_be_carried_out_is_told_in_a_sentence(
    mammogram, tmp_path, capsys, words, status, said
):
    path, _ = mammogram
    out = tmp_path / "o.png"
    assert main(["render", str(path), str(out), *words]) == status
    assert said in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--size", "12"), "is not WxH"),
        (("--size", "0x5"), "between 1 and"),
        (("--region", "1,2,3"), "is not COL,ROW,W,H"),
        (("--region", "0,0,0,4"), "above zero"),
        (("--region", "1e6,0,4,4"), "below 1,000,000"),
        (("--region", "0,0,nan,4"), "below 1,000,000"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(mammogram, tmp_path, capsys, words, said):
    path, _ = mammogram
    with pytest.raises(SystemExit) as refused:
        main(["render", str(path), str(tmp_path / "o.png"), *words])
    assert refused.value.code == 2
    told = capsys.readouterr().err
    assert words[0] in told
    assert said in told


@pytest.mark.parametrize(
    ("words", "alternative"),
    [("NORMAL", 0), ("normal 2", 1), ("NORMAL (table)", 2), ("table 4", 3), ("1", 0), ("3", 2), ("4", 3)],
)
def test_windows_and_tables_of_one_name_are_told_apart(mammogram, tmp_path, words, alternative):
    path, frame = mammogram
    image = dcmread(path)
    image.WindowCenterWidthExplanation = ["NORMAL", "NORMAL"]
    falling = np.arange(4095, -1, -1)
    image.VOILUTSequence = Sequence([table(falling, "NORMAL"), table(falling // 2, "")])
    image.save_as(path)
    expected = [
        grey(frame, 2048, 4096),
        grey(frame, 1000, 200),
        np.floor(falling[frame] / 4095 * 255 + 0.5),
        np.floor((falling // 2)[frame] / 4095 * 255 + 0.5),
    ]
    region = ("--region", f"0,0,{COLUMNS},{ROWS}")
    shown = rendered(path, tmp_path / "o.png", "--window", words, *region)
    assert np.array_equal(shown, expected[alternative][:, ::-1])


def table(entries, name):
    item = Dataset()
    item.add_new("LUTDescriptor", "US", [len(entries), 0, 12])
    item.add_new("LUTData", "US", entries.tolist())
    item.LUTExplanation = name
    return item


@pytest.mark.skipif(sys.platform == "win32", reason="rights are others there")
def test_the_picture_is_whole_or_not_there_and_its_owners_only(mammogram, tmp_path, capsys):
    path, _ = mammogram
    assert main(["render", str(path), str(tmp_path / "o.png")]) == 0
    assert (tmp_path / "o.png").stat().st_mode & 0o777 == 0o600
    (tmp_path / "folder.png").mkdir()
    assert main(["render", str(path), str(tmp_path / "folder.png")]) == 1
    assert "could not be written" in capsys.readouterr().err
    assert not list(tmp_path.glob(".*"))


def test_a_window_that_is_not_there_gets_each_name_with_its_place(mammogram, tmp_path, capsys):
    path, _ = mammogram
    image = dcmread(path)
    image.WindowCenterWidthExplanation = ["ALL", "ALL"]
    image.save_as(path)
    assert main(["render", str(path), str(tmp_path / "o.png"), "--window", "nothing"]) == 2
    assert capsys.readouterr().err.endswith("the file has 1: ALL, 2: ALL 2\n")


def test_only_png_is_written(mammogram, tmp_path, capsys):
    path, _ = mammogram
    assert main(["render", str(path), str(tmp_path / "o.jpg")]) == 2
    assert ".png" in capsys.readouterr().err


@pytest.mark.parametrize(
    "name", ["nyu_metarepository/1_R_CC_wrapped.dcm", "fo_dicom/GH133_scrubbed.dcm", "highdicom/dx_image.dcm"]
)
def test_real_pictures_at_one_to_one_are_their_stored_values_through_the_table(shared_data, tmp_path, name):
    image = read_image(shared_data / name)
    frame = image.frame()
    column, row = frame.shape[1] // 2, frame.shape[0] // 3
    shown = rendered(shared_data / name, tmp_path / "o.png", "--region", f"{column},{row},100,80")
    levels = levels_of(image.info, frame)
    turn, _ = hung(image.info, levels)
    part = levels.stored[row : row + 80, column : column + 100]
    part = part.T if turn.transpose else part
    part = part[:, ::-1] if turn.flip_columns else part
    part = part[::-1] if turn.flip_rows else part
    assert (shown == display_lut(image.info, default_voi(image.info, frame))[part]).all()


def test_air_of_one_value_stays_black_when_inverted_though_no_padding_is_given(mammogram, tmp_path):
    path, frame = mammogram
    image = dcmread(path)
    air = frame.copy()
    air[:, 30:] = 0
    image.PixelData = air.tobytes()
    image.save_as(path)
    region = ("--region", f"0,0,{COLUMNS},{ROWS}", "--window", "2048,4096", "--invert")
    shown = rendered(path, tmp_path / "o.png", *region)[:, ::-1]
    tissue = air > 0
    assert not shown[~tissue].any()
    assert np.array_equal(shown[tissue], 255 - grey(air, 2048, 4096)[tissue])
