"""The spot measurement on real mammograms, against places found by looking at them.

Nobody here is a radiologist: the places are where a bright speck is seen, whatever it is.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import cv2
import numpy as np
import pytest

from annotator.analysis.spots.snapping import measure_spot
from annotator.cli import main
from annotator.imaging.dicom_file import read_image
from annotator.model.geometry import ImagePoint

NYU = "nyu_metarepository/1_R_CC_wrapped.dcm"
WITHIN_MM = 0.2

SEEN_IN_THE_CLUSTER = {
    "brightest, oblong": (2376.8, 1359.6),
    "upright, oblong": (2357.0, 1356.5),
    "middle": (2363.4, 1369.9),
    "lower right, round": (2368.9, 1398.7),
    "lower left": (2337.0, 1393.4),
    "on the bright lump": (2371.6, 1384.1),
    "under the upright one": (2353.5, 1364.3),
    "flat, with a tail": (2349.3, 1369.9),
    "left, faint": (2343.0, 1373.0),
    "left, fainter": (2343.5, 1383.3),
    "middle, faint": (2362.2, 1386.0),
    "left of the middle, faint": (2351.7, 1381.1),
    "under it, faint": (2350.7, 1388.8),
}


@pytest.fixture(scope="module")
def nyu(shared_data: Path):
    image = read_image(shared_data / NYU)
    return image.frame(), image.info


@pytest.mark.parametrize("seen", SEEN_IN_THE_CLUSTER.values(), ids=SEEN_IN_THE_CLUSTER.keys())
@pytest.mark.parametrize("beside_px", [0, 1, 1.5, 2])
def test_click_beside_a_visible_speck_snaps_to_it(nyu, seen, beside_px):
    frame, info = nyu
    for eighth in range(8):
        turn = eighth * math.pi / 4
        at = ImagePoint(seen[0] + beside_px * math.cos(turn), seen[1] + beside_px * math.sin(turn))
        result = measure_spot(frame, at, spacing=info.spacing)
        assert result.found, (at, result.reason)
        assert info.spacing.distance(result.measurement.center, ImagePoint(*seen)).value <= WITHIN_MM, at
        assert 0.1 < result.measurement.diameter_mm < 0.6
        assert result.proposal == "micro"


@pytest.mark.parametrize("at", [(300, 300), (1000, 3000), (1200, 1650), (20.5, 20.5), (1400.0, 900.0)])
def test_air_has_no_spot(nyu, at):
    frame, info = nyu
    assert not measure_spot(frame, ImagePoint(*at), spacing=info.spacing).found


@pytest.mark.parametrize(
    ("file", "seen"),
    [
        (NYU, (1519, 1733)),
        ("fo_dicom/GH133_scrubbed.dcm", (1790, 1959)),
        ("fo_dicom/GH133_scrubbed.dcm", (1819, 1712)),
        ("fo_dicom/GH133_scrubbed.dcm", (1986, 1488)),
        ("fo_dicom/GH133_scrubbed.dcm", (2070, 1806)),
        ("fo_dicom/GH133_scrubbed.dcm", (2015, 1308)),
    ],
)
def test_points_of_the_truth_table(shared_data, file, seen):
    image = read_image(shared_data / file)
    result = measure_spot(image.frame(), ImagePoint(*seen), spacing=image.info.spacing)
    assert result.found, result.reason
    center = result.measurement.center
    assert math.hypot(center.column - seen[0], center.row - seen[1]) < 8


def test_round_benign_one_with_bright_parts_is_measured_whole(shared_data):
    """As seen by eye some 16 to 19 pixels wide, its rim brighter at two places."""
    image = read_image(shared_data / "fo_dicom/GH133_scrubbed.dcm")
    result = measure_spot(image.frame(), ImagePoint(1819, 1712), spacing=image.info.spacing)
    assert 15 < result.measurement.diameter_px < 20
    assert result.measurement.circularity > 0.9
    assert result.proposal == "macro"


@pytest.mark.parametrize(
    "file",
    [
        "nyu_metarepository/1_R_CC_wrapped.dcm",
        "nyu_metarepository/1_L_CC_wrapped.dcm",
        "nyu_metarepository/2_R_CC_wrapped.dcm",
        "fo_dicom/GH133_scrubbed.dcm",
    ],
)
def test_featureless_tissue_is_refused_nearly_always(shared_data, file):
    image = read_image(shared_data / file)
    frame = image.frame()
    places = featureless(frame, count=200)
    refused = sum(not measure_spot(frame, at, spacing=image.info.spacing).found for at in places)
    assert refused >= 0.95 * len(places)


def featureless(frame: np.ndarray, count: int) -> list[ImagePoint]:
    """Random places in the breast more than 1 mm (14 pixels) from anything small and bright.

    Bright is judged apart from the measurement: white top-hat of 15 pixels above its local mean by
    4.5 local deviations; the breast is what is well above the air, without its outer 2 mm.
    """
    values = frame.astype(np.float32)
    wide = cv2.GaussianBlur(values, (0, 0), 8)
    air = np.percentile(wide, 1)
    breast = (wide > air + 0.12 * (np.median(wide[wide > air + 20]) - air)).astype(np.uint8)
    breast = cv2.erode(breast, np.ones((5, 5), np.uint8), iterations=15)
    breast[:20] = breast[-20:] = breast[:, :20] = breast[:, -20:] = 0
    smooth = cv2.GaussianBlur(values, (0, 0), 1)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (15, 15))
    hat = cv2.morphologyEx(smooth, cv2.MORPH_TOPHAT, disc)
    mean = cv2.blur(hat, (101, 101))
    spread = np.sqrt(np.maximum(cv2.blur(hat * hat, (101, 101)) - mean**2, 1e-6))
    bright = (hat > mean + 4.5 * spread).astype(np.uint8)
    near = cv2.dilate(bright, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (29, 29)))
    rows, columns = np.nonzero((breast > 0) & (near == 0))
    rng = np.random.default_rng(7)
    picked = rng.choice(len(rows), count)
    return [ImagePoint(columns[i] + rng.random(), rows[i] + rng.random()) for i in picked]


def test_command_answers_every_place_in_json(shared_data, capsys):
    path = str(shared_data / NYU)
    assert main(["measure", path, "--at", "2369,1399", "--at", "300,300", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["path"], answer["frame"]) == (path, 1)
    spot, none = answer["spots"]
    assert list(spot) == list(none)
    assert spot["at"] == [2369.0, 1399.0]
    assert spot["found"]
    assert spot["basis"] == "at detector"
    assert spot["diameter_mm"] == pytest.approx(spot["diameter_px"] * 0.07, abs=0.001)
    assert spot["proposal"] == "micro"
    assert len(spot["outline"]) > 8
    assert not none["found"]
    assert none["reason"].startswith("no spot here")
    assert (none["column"], none["diameter_mm"], none["basis"], none["outline"]) == (None, None, None, [])


def test_command_in_sentences(shared_data, capsys):
    assert main(["measure", str(shared_data / NYU), "--at", "2369,1399", "--at", "300,300"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("2369,1399: spot at 2368.9,1398.9, 0.2")
    assert "mm at detector" in first
    assert second.startswith("300,300: no spot here")


@pytest.mark.parametrize("place", ["5000,10", "10,5000", "2560,0", "0,3328", "-1,5"])
def test_place_outside_the_image_is_a_wrong_call(shared_data, capsys, place):
    assert main(["measure", str(shared_data / NYU), f"--at={place}"]) == 2
    captured = capsys.readouterr()
    assert "lies outside the image of 2560 x 3328 pixels" in captured.err
    assert captured.out == ""


def test_frame_that_is_not_there_is_a_wrong_call(shared_data, capsys):
    assert main(["measure", str(shared_data / NYU), "--at", "5,5", "--frame", "2"]) == 2
    assert "there is no frame 2" in capsys.readouterr().err


@pytest.mark.parametrize("place", ["12", "12,", "a,b", "1,2,3", "nan,1", "inf,1"])
def test_malformed_place_is_a_wrong_call(place, capsys):
    with pytest.raises(SystemExit) as left:
        main(["measure", "x.dcm", "--at", place])
    assert left.value.code == 2
    assert place in capsys.readouterr().err


def test_unreadable_file(tmp_path, capsys):
    path = tmp_path / "x.dcm"
    path.write_bytes(b"no picture")
    assert main(["measure", str(path), "--at", "5,5"]) == 1
    assert "x.dcm" in capsys.readouterr().err
