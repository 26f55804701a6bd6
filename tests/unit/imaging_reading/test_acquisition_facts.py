"""How, where and why a picture was taken, from its header."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from reading_files import breast, native

from annotator.imaging.dicom_file import read_info
from annotator.imaging.header_record import decode, encode
from annotator.model.image import ImageInfo, Technique


def _item(**values: Any) -> Dataset:
    dataset = Dataset()
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


def _info(tmp_path: Path, **changes: Any) -> ImageInfo:
    return read_info(native(tmp_path / "a.dcm", breast(), **changes))


EVERYTHING = {
    "PatientBirthDate": "19600229",
    "StudyDescription": "Screening",
    "SeriesDescription": "R CC",
    "ProtocolName": "Routine",
    "InstitutionName": "Breast Unit",
    "InstitutionAddress": "1 High Street\r\nTown",
    "DeviceSerialNumber": "4711",
    "DetectorID": "DET-1",
    "OperatorsName": ["First^A", "Second^B"],
    "ReasonForTheRequestedProcedure": "lump",
    "PartialViewDescription": "back of the breast",
    "KVP": 29,
    "Exposure": 80,
    "CompressionForce": 74,
    "BodyPartThickness": 58,
    "EstimatedRadiographicMagnificationFactor": 1.8,
    "ExposureTime": 1200,
    "AnodeTargetMaterial": "TUNGSTEN",
    "FilterMaterial": "RHODIUM",
    "PositionerPrimaryAngle": -45.5,
    "RelativeXRayExposure": 350,
    "OrganDose": 0.0125,
    "EntranceDoseInmGy": 4.5,
    "DetectorTemperature": 28.5,
}


def test_all_that_a_full_header_says(tmp_path: Path):
    info = _info(tmp_path, **EVERYTHING)
    assert info.patient_birth_date == "19600229"
    assert (info.study_description, info.series_description, info.protocol_name) == (
        "Screening",
        "R CC",
        "Routine",
    )
    assert (info.institution_name, info.institution_address) == ("Breast Unit", "1 High Street Town")
    assert (info.device_serial_number, info.detector_id) == ("4711", "DET-1")
    assert info.operators_name == "First^A, Second^B"
    assert info.reason == "lump"
    assert info.partial_view_reasons == ("back of the breast",)
    assert info.technique == Technique(
        kvp=29,
        exposure_mas=80,
        compression_force_n=74,
        body_part_thickness_mm=58,
        magnification_factor=1.8,
        exposure_time_ms=1200,
        anode="TUNGSTEN",
        filter_material="RHODIUM",
        positioner_angle_deg=-45.5,
        relative_exposure=350,
        organ_dose_mgy=1.25,
        entrance_dose_mgy=4.5,
        detector_temperature=28.5,
    )
    record = encode(info)
    assert record is not None
    assert decode(record, info.path) == info


def test_a_silent_header_says_nothing(tmp_path: Path):
    info = _info(tmp_path)
    assert info.technique == Technique()
    assert info.institution_name == info.operators_name == info.reason == info.detector_id == ""
    assert info.partial_view_reasons == ()


@pytest.mark.parametrize(
    ("header", "time_ms", "mas", "entrance"),
    [
        ({"ExposureTimeInuS": 1_500_000, "ExposureInuAs": 80_500, "EntranceDose": 2}, 1500, 80.5, 200),
        ({"ExposureTimeInms": 900.5, "ExposureInmAs": 33.25, "ExposureTime": 1}, 900.5, 33.25, None),
        (
            {"XRay3DAcquisitionSequence": Sequence([_item(ExposureTimeInms=700.0, ExposureInmAs=60.0)])},
            700,
            60,
            None,
        ),
    ],
)
def test_finer_units_and_stacks(tmp_path: Path, header: dict[str, Any], time_ms, mas, entrance):
    technique = _info(tmp_path, **header).technique
    assert technique.exposure_time_ms == pytest.approx(time_ms)
    assert technique.exposure_mas == pytest.approx(mas)
    assert technique.entrance_dose_mgy == (None if entrance is None else pytest.approx(entrance))


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (
            {
                "RequestAttributesSequence": Sequence(
                    [_item(ReasonForTheRequestedProcedure="of the request")]
                ),
                "ReasonForTheRequestedProcedure": "of the image",
            },
            "of the request",
        ),
        (
            {
                "ReasonForRequestedProcedureCodeSequence": Sequence(
                    [_item(CodeValue="1", CodeMeaning="Screening")]
                )
            },
            "Screening",
        ),
        ({"ReasonForStudy": "old words"}, "old words"),
    ],
)
def test_why_the_procedure_was_done(tmp_path: Path, header: dict[str, Any], reason: str):
    assert _info(tmp_path, **header).reason == reason


def test_sections_of_a_partial_view_are_named_with_and_without_words(tmp_path: Path):
    coded = Sequence([_item(CodeValue="255561001"), _item(CodeValue="49370004", CodeMeaning="Lateral part")])
    info = _info(tmp_path, PartialView="YES", PartialViewCodeSequence=coded, PartialViewDescription="unused")
    assert info.partial_view
    assert info.partial_view_reasons == ("Medial", "Lateral part")


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        (
            {"AcquisitionDateTime": "20260102101112.5+0100", "AcquisitionTime": "090000"},
            ("20260102", "101112.5"),
        ),
        ({"AcquisitionDate": "20260102", "AcquisitionTime": "101112"}, ("20260102", "101112")),
        ({"ContentDate": "20260103", "ContentTime": "101113"}, ("20260103", "101113")),
        ({}, ("", "")),
    ],
)
def test_when_it_was_taken(tmp_path: Path, header: dict[str, str], taken: tuple[str, str]):
    info = _info(tmp_path, **header)
    assert (info.acquisition_date, info.acquisition_time) == taken


def test_the_number_of_an_image_in_its_series(tmp_path: Path):
    assert _info(tmp_path, InstanceNumber=7).instance_number == 7
