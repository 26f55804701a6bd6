"""What the lines over an image say of a header."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from annotator.imaging.dicom_file import read_info
from annotator.model.image import ImageInfo, Laterality, Technique, View
from annotator.ui.words import technique_lines as said

BARE = ImageInfo(Path("none.dcm"), "1.2.840.10008.5.1.4.1.1.1.2", "2.25.1", rows=4, columns=4)
FULL = replace(
    BARE,
    laterality=Laterality.LEFT,
    view=View("MLO", ("S", "ID")),
    patient_name="DOE^JANE^Q=\u5927^\u82b1",
    patient_key="4711",
    patient_birth_date="19640201",
    patient_age="062Y",
    exam_date="20260312",
    exam_time="1030",
    acquisition_date="20260312",
    acquisition_time="104107.250",
    institution_name="House of Health",
    institution_address="1 Long Road, Town",
    manufacturer="Maker",
    model_name="Maker M1",
    device_serial_number="S9",
    detector_id="D7",
    operators_name="ROE^RICHARD, POE^PAT",
    reason="lump felt",
    partial_view=True,
    partial_view_reasons=("Medial", "Superior"),
    technique=Technique(
        kvp=29,
        exposure_mas=80.4,
        compression_force_n=74.2,
        body_part_thickness_mm=58,
        exposure_time_ms=1022,
        anode="TUNGSTEN",
        filter_material="RHODIUM",
        positioner_angle_deg=44.6,
        relative_exposure=512,
        organ_dose_mgy=1.234,
        entrance_dose_mgy=5.2,
    ),
)


def test_everything_of_a_full_header_is_said():
    assert said.person_lines(FULL) == ("DOE, JANE Q", "ID 4711", "born 1964-02-01 · 62 y")
    assert said.moment_line(FULL) == "2026-03-12 10:41:07"
    assert said.exam_line(FULL) == ""
    assert said.place_lines(FULL) == ("House of Health", "1 Long Road, Town")
    assert said.people_lines(FULL) == ("by ROE, RICHARD; POE, PAT", "reason: lump felt")
    assert said.machine_lines(FULL) == ("Maker M1", "serial S9 · detector D7")
    assert said.exposure_line(FULL) == "29 kVp · 80 mAs · 1022 ms · W/Rh"
    assert said.compression_line(FULL) == "74 N · 58 mm thick · 45°"
    assert said.dose_line(FULL) == "organ dose 1.23 mGy · entrance dose 5.20 mGy · relative exposure 512"
    assert said.partial_words(FULL) == "PARTIAL Medial, Superior"
    assert said.side_and_view(FULL) == "L SMLOID"


def test_a_silent_header_says_nothing():
    lines = (
        *said.person_lines(BARE),
        said.moment_line(BARE),
        said.exam_line(BARE),
        *said.place_lines(BARE),
        *said.people_lines(BARE),
        *said.machine_lines(BARE),
        said.exposure_line(BARE),
        said.compression_line(BARE),
        said.dose_line(BARE),
        said.partial_words(BARE),
    )
    assert set(lines) == {""}
    assert said.side_and_view(BARE) == "side and view unknown"


def test_behind_a_pseudonym_stands_only_the_age():
    assert said.person_lines(FULL, "Patient 3") == ("Patient 3 · 62 y",)
    assert said.machine_lines(FULL, numbers=False) == ("Maker M1",)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"acquisition_time": ""}, "2026-03-12"),
        ({"acquisition_date": ""}, "2026-03-12 10:41:07"),
        ({"acquisition_date": "", "acquisition_time": ""}, "2026-03-12 10:30"),
        ({"acquisition_date": "2026", "acquisition_time": "ten"}, "2026 ten"),
    ],
)
def test_the_time_is_that_of_the_picture_else_that_of_the_exam(changes, line):
    assert said.moment_line(replace(FULL, **changes)) == line


def test_a_picture_of_another_day_says_the_day_of_the_exam_too():
    assert said.exam_line(replace(FULL, acquisition_date="20260313")) == "exam 2026-03-12"


@pytest.mark.parametrize(("age", "words"), [("062Y", "62 y"), ("006M", "6 m"), ("000Y", ""), ("old", "old")])
def test_ages(age, words):
    line = said.person_lines(replace(BARE, patient_age=age))
    assert line == ((words,) if words else ())


@pytest.mark.parametrize(
    ("mas", "words"), [(0.04, "0.04 mAs"), (9.5, "9.5 mAs"), (109.2, "109 mAs"), (8, "8 mAs")]
)
def test_small_numbers_are_not_rounded_to_none(mas, words):
    assert said.exposure_line(replace(BARE, technique=Technique(exposure_mas=mas))) == words


def test_cleavage_views_show_both_sides():
    assert (
        said.side_and_view(replace(BARE, laterality=Laterality.BOTH, view=View("CC", ("CV",)))) == "R+L CCCV"
    )


def test_real_headers(shared_data):
    ge = read_info(shared_data / "fo_dicom" / "GH133_scrubbed.dcm")
    assert said.side_and_view(ge) == "R MLO"
    assert said.person_lines(ge) == ("ANON, TEST", "ID ANON")
    assert said.moment_line(ge) == "2000-01-01 12:00:00"
    assert said.exposure_line(ge) == "30 kVp · 71 mAs · 1149 ms · Rh/Rh"
    assert said.compression_line(ge) == "100 N · 73 mm thick · 45°"
    assert said.dose_line(ge) == "organ dose 1.52 mGy · entrance dose 8.52 mGy · relative exposure 8515"
    assert said.machine_lines(ge)[0] == "GE MEDICAL SYSTEMS · Senographe Essential VERSION ADS_54.10"
    siemens = read_info(shared_data / "fo_dicom" / "OutOfBoundsOverlay_scrubbed.dcm")
    assert said.exposure_line(siemens) == "24 kVp · 44 mAs · 298 ms · Mo/Rh"
    assert said.compression_line(siemens) == "59 N · 14 mm thick · 0°"


def test_every_shared_header_is_said_without_a_fault(shared_data):
    seen = 0
    for path in sorted(shared_data.rglob("*.dcm")):
        if "nyu" not in str(path) and "derived" not in str(path) and "cbis" not in str(path):
            continue
        info = read_info(path)
        seen += 1
        assert said.side_and_view(info)
        assert said.person_lines(info)
        assert said.moment_line(info)[:4].isdigit()
    assert seen > 20
