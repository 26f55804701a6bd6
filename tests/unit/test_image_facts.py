"""What follows from an image's header, and what an exam says of its images."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from annotator.model.finding import Reading
from annotator.model.image import ExamInfo, ImageInfo, ImageKey, Laterality, View

IMAGE = ImageInfo(Path("a.dcm"), "1.2", "1.2.3", rows=4, columns=7)
MAGNIFIED = View("CC", ("M",))


@pytest.mark.parametrize(
    ("photometric", "lut_inverse", "inverse"),
    [
        ("MONOCHROME2", False, False),
        ("MONOCHROME1", False, True),
        ("MONOCHROME2", True, True),
        ("MONOCHROME1", True, True),
    ],
)
def test_two_ways_of_saying_inverse_never_cancel(photometric: str, lut_inverse: bool, inverse: bool) -> None:
    image = replace(IMAGE, photometric=photometric, presentation_lut_inverse=lut_inverse)
    assert image.inverse is inverse


@pytest.mark.parametrize(
    ("image_type", "generated"),
    [
        (("DERIVED", "PRIMARY", "TOMOSYNTHESIS", "GENERATED_2D"), True),
        (("DERIVED", "PRIMARY", "TOMOSYNTHESIS", "GENERATED_2D", "MORE"), True),
        (("DERIVED", "PRIMARY", "TOMOSYNTHESIS", "NONE"), False),
        (("DERIVED", "PRIMARY", "GENERATED_2D"), False),
        ((), False),
    ],
)
def test_a_view_made_from_tomosynthesis_says_so_in_its_fourth_value(image_type, generated) -> None:
    assert replace(IMAGE, image_type=image_type).generated_2d is generated


@pytest.mark.parametrize(
    ("side", "view", "label"),
    [
        (Laterality.RIGHT, View("CC", ("S", "M")), "RMSCC"),
        (Laterality.LEFT, View("MLO", ("ID",)), "LMLOID"),
        (Laterality.LEFT, View("CC", ("RL", "M")), "LMCCRL"),
        (None, View("ML"), "ML"),
        (None, View(), ""),
    ],
)
def test_a_label_is_side_prefix_view_suffix(side, view, label) -> None:
    assert replace(IMAGE, laterality=side, view=view).label == label


def test_a_key_names_the_image_and_counts_frames_from_one() -> None:
    assert IMAGE.key() == ImageKey("1.2.3", 1)
    assert IMAGE.key(5) == ImageKey("1.2.3", 5)


def test_an_exam_is_magnified_when_one_of_its_images_is() -> None:
    assert ExamInfo("1", (IMAGE, replace(IMAGE, view=MAGNIFIED))).magnified
    assert not ExamInfo("1", (IMAGE, IMAGE)).magnified


def test_an_exam_has_the_first_date_and_person_any_image_knows() -> None:
    dated = replace(IMAGE, exam_date="20260102", patient_key="P")
    exam = ExamInfo("1", (IMAGE, dated, replace(dated, exam_date="20260303", patient_key="Q")))
    assert (exam.date, exam.patient_key) == ("20260102", "P")
    assert (ExamInfo("1", (IMAGE,)).date, ExamInfo("1", ()).patient_key) == ("", "")


def test_what_is_not_in_a_reading_is_a_key_error() -> None:
    reading = Reading(id="r", reader="a", study_instance_uid="1")
    for look in (reading.finding, reading.mark, reading.cluster):
        with pytest.raises(KeyError, match="none"):
            look("none")
