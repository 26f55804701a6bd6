"""Text beside the breast: found in every size and direction, told from the breast, its marker guessed."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from annotator.analysis.burned_in import TextRegion, breast_share, text_regions
from annotator.imaging.air import tissue_mask
from annotator.imaging.dicom_file import open_image
from annotator.imaging.pyramid import levels_of
from annotator.phantom.trial import make_trial

Grey = NDArray[np.uint16]


def found_on(path: Path, frame: Grey, spacing: float | None = 0.07) -> tuple[TextRegion, ...] | None:
    levels = levels_of(open_image(path).info, frame)
    return text_regions(frame, tissue_mask(levels), levels.coarsest_block, spacing)


def written(
    frame: Grey, text: str, at: tuple[int, int], scale: float, grey: int
) -> tuple[Grey, NDArray[np.bool_]]:
    drawn = np.zeros(frame.shape, np.uint8)
    thick = max(1, int(scale * 2))
    cv2.putText(drawn, text, at, cv2.FONT_HERSHEY_SIMPLEX, scale, 255, thick, cv2.LINE_AA)
    letters = drawn > 128
    return np.where(letters, np.uint16(grey), frame).astype(np.uint16), letters


@pytest.fixture(scope="module")
def plain(sample_dicoms: Path) -> tuple[Path, Grey]:
    path = sample_dicoms / "screening" / "RCC.dcm"
    return path, np.array(open_image(path).frame(1))


@pytest.mark.parametrize(
    ("text", "at", "scale", "grey", "marker"),
    [
        ("DOE^JANE 1964-03-12", (100, 200), 1.0, 4095, None),
        ("MAMMO 12345", (100, 600), 2.0, 4095, False),
        ("St. Mary Hospital 08:31:22", (80, 3000), 0.7, 3000, None),
        ("R CC", (1000, 400), 6.0, 4095, True),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_letters_are_covered_whole_and_nothing_else_is_found(
    plain: tuple[Path, Grey],
    text: str,
    at: tuple[int, int],
    scale: float,
    grey: int,
    marker: bool | None,
    turned: bool,
) -> None:
    frame, letters = written(plain[1], text, at, scale, grey)
    if turned:
        frame, letters = (np.ascontiguousarray(np.rot90(one)) for one in (frame, letters))
    found = found_on(plain[0], frame)
    assert found
    for one in found:
        letters[one.row : one.row + one.rows, one.column : one.column + one.columns] = False
    assert not letters.any()
    assert sum(one.columns * one.rows for one in found) < 0.05 * frame.size
    if marker is not None:
        assert {one.marker for one in found} == {marker}


def test_a_breast_alone_has_no_text(sample_dicoms: Path) -> None:
    for name in ("screening/RCC", "screening/LMLO", "prior/LCC"):
        path = sample_dicoms / f"{name}.dcm"
        assert found_on(path, np.array(open_image(path).frame(1))) == ()


def test_where_the_breast_fills_the_picture_nobody_looked(sample_dicoms: Path) -> None:
    path = sample_dicoms / "workup" / "RMCC.dcm"
    assert found_on(path, np.array(open_image(path).frame(1)), 0.05) is None


def test_markers_of_lead_are_found_where_they_lie(sample_dicoms: Path) -> None:
    path = sample_dicoms / "screening" / "RCC.dcm"
    seen = 0
    for seed in range(3):
        trial = make_trial(seed)
        markers = [one for one in trial.defects if one.kind == "marker"]
        found = found_on(path, trial.presentation, trial.spacing_mm)
        if not markers or found is None:
            continue
        seen += 1
        place = markers[0]
        assert any(
            one.column <= place.column <= one.column + one.columns
            and one.row <= place.row <= one.row + one.rows
            for one in found
        )
    assert seen


def test_real_films_and_exports_show_their_labels(shared_data: Path) -> None:
    paths = [
        *(shared_data / "cbis_ddsm_pypi").glob("*.dcm"),
        *(shared_data / "nyu_metarepository").glob("*.dcm"),
    ]
    assert paths
    for path in paths:
        image = open_image(path)
        spacing = image.info.spacing
        assert found_on(path, np.array(image.frame(1)), None if spacing is None else spacing.row_mm), (
            path.name
        )


def test_how_much_of_a_rectangle_is_breast(plain: tuple[Path, Grey]) -> None:
    levels = levels_of(open_image(plain[0]).info, plain[1])
    tissue, block = tissue_mask(levels), levels.coarsest_block
    assert breast_share(tissue, block, 50, 50, 200, 100) == 0
    assert breast_share(tissue, block, 2300, 1500, 100, 100) == 1
