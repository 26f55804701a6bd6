"""Letters at the edges: compared with a small image of letters that is turned as pixels are."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from annotator.hanging import orientation_for
from annotator.model.geometry import Orientation
from annotator.model.image import ImageInfo, Laterality, View
from annotator.ui.words.orientation_letters import EdgeLetters, edge_letters

TURNS = [Orientation(*turn) for turn in itertools.product((False, True), repeat=3)]
OPPOSITE = {"A": "P", "P": "A", "R": "L", "L": "R", "H": "F", "F": "H", "FL": "HR", "FR": "HL", "HL": "FR"}


def painted(row: str, column: str, turn: Orientation) -> EdgeLetters:
    """The letters where they are after an image that has them on its edges was turned."""
    image = np.full((3, 3), "", dtype=object)
    image[1, 2], image[1, 0] = row, OPPOSITE[row]
    image[2, 1], image[0, 1] = column, OPPOSITE[column]
    if turn.transpose:
        image = image.T
    if turn.flip_columns:
        image = image[:, ::-1]
    if turn.flip_rows:
        image = image[::-1]
    return EdgeLetters(left=image[1, 0], top=image[0, 1], right=image[1, 2], bottom=image[2, 1])


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize(
    "stored", [("P", "L"), ("A", "R"), ("P", "FL"), ("A", "FR"), ("FR", "P"), ("P", "HL")]
)
def test_letters_go_with_the_pixels(stored, turn):
    assert edge_letters(stored, turn) == painted(*stored, turn)


def info(side: str, view: str, stored: tuple[str, str]) -> ImageInfo:
    return ImageInfo(
        path=Path("none.dcm"),
        sop_class_uid="1.2.840.10008.5.1.4.1.1.1.2",
        sop_instance_uid="2.25.1",
        rows=20,
        columns=10,
        laterality=Laterality(side),
        view=View(view),
        patient_orientation=stored,
    )


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("column_from", [0, 1])
@pytest.mark.parametrize("row", ["A", "P"])
@pytest.mark.parametrize(
    ("side", "view", "columns", "chest", "up"),
    [
        ("R", "CC", ("R", "L"), "right", "R"),
        ("L", "CC", ("L", "R"), "left", "L"),
        ("R", "MLO", ("FL", "HR"), "right", "HR"),
        ("L", "MLO", ("FR", "HL"), "left", "HL"),
        ("R", "ML", ("F", "H"), "right", "H"),
        ("L", "LM", ("F", "H"), "left", "H"),
    ],
)
def test_however_it_is_stored_the_chest_wall_is_posterior_and_the_axilla_up(
    side, view, columns, chest, up, row, column_from, transposed
):
    stored = (columns[column_from], row) if transposed else (row, columns[column_from])
    turn, _ = orientation_for(info(side, view, stored))
    letters = edge_letters(stored, turn)
    assert getattr(letters, chest) == "P"
    assert {letters.left, letters.right} == {"A", "P"}
    assert letters.top == up


@pytest.mark.parametrize("stored", [("X", "F"), ("", "F"), ("AP", "F"), ("AA", "F")])
def test_what_is_no_direction_of_a_body_is_left_out(stored):
    letters = edge_letters(stored, Orientation())
    assert letters == EdgeLetters(left="", right="", top="H", bottom="F")
    assert edge_letters(None, Orientation()) == EdgeLetters()
