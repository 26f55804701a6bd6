"""What is taken from a header, and which of several attributes decides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from reading_files import TOMOSYNTHESIS, breast, header, native, write

from annotator.imaging.dicom_file import read_info
from annotator.imaging.view_codes import MODIFIERS, VIEWS
from annotator.model.geometry import SpacingBasis
from annotator.model.image import ImageInfo, Intent, Laterality, PaddingRange, VoiFunction, VoiLut, Window


def _item(**values: Any) -> Dataset:
    dataset = Dataset()
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


def _code(value: str, scheme: str = "SCT", meaning: str = "") -> Dataset:
    return _item(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning)


def _info(tmp_path: Path, **changes: Any) -> ImageInfo:
    return read_info(native(tmp_path / "a.dcm", breast(), **changes))


IMAGER = {"ImagerPixelSpacing": [0.1, 0.2]}


@pytest.mark.parametrize("factor", [0, -1.5, "1e300", "1e-300"])
def test_an_impossible_magnification_factor_is_ignored(tmp_path: Path, factor: float | str):
    info = _info(tmp_path, **IMAGER, EstimatedRadiographicMagnificationFactor=factor)
    assert info.technique.magnification_factor is None
    assert info.spacing is not None
    assert info.spacing.basis is SpacingBasis.AT_DETECTOR
    assert any("Magnification" in r for r in info.repairs)


@pytest.mark.parametrize("group", ["SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"])
def test_a_stack_keeps_its_facts_in_functional_groups(tmp_path: Path, group: str):
    stack = np.stack([breast(seed=s) for s in (1, 2)])
    macros = _item(
        PixelMeasuresSequence=Sequence([_item(PixelSpacing=[0.1, 0.11])]),
        FrameVOILUTSequence=Sequence([_item(WindowCenter=500, WindowWidth=300)]),
        FrameAnatomySequence=Sequence([_item(FrameLaterality="R")]),
        PixelValueTransformationSequence=Sequence([_item(RescaleSlope=2, RescaleIntercept=-4)]),
    )
    info = read_info(
        native(tmp_path / "a.dcm", stack, SOPClassUID=TOMOSYNTHESIS, **{group: Sequence([macros, macros])})
    )
    assert info.frames == 2
    assert info.spacing is not None
    assert (info.spacing.row_mm, info.spacing.column_mm) == (0.1, 0.11)
    assert info.spacing.basis is SpacingBasis.ESTIMATED_IN_BREAST
    assert info.voi == (Window(500, 300),)
    assert info.laterality is Laterality.RIGHT
    assert (info.slope, info.intercept) == (2, -4)


@pytest.mark.parametrize(("code", "view"), sorted(VIEWS.items()))
def test_views_by_code(tmp_path: Path, code: str, view: str):
    scheme = "SCT" if code.isdigit() else "SNM3"
    info = _info(tmp_path, ViewCodeSequence=Sequence([_code(code, scheme)]), ViewPosition="XCCL")
    assert info.view.name == view
    assert info.view.source == "ViewCodeSequence"


@pytest.mark.parametrize(("code", "modifier"), sorted(MODIFIERS.items()))
def test_modifiers_by_code(tmp_path: Path, code: str, modifier: str):
    view = _code("399162004")
    view.ViewModifierCodeSequence = Sequence([_code(code, "SRT")])
    info = _info(tmp_path, ViewCodeSequence=Sequence([view]))
    assert info.view.modifiers == (modifier,)


def test_the_label_has_side_prefixes_view_and_suffixes_in_order(tmp_path: Path):
    view = _code("R-10226", "SRT")
    view.ViewModifierCodeSequence = Sequence([_code("R-102D5"), _code("R-102D6"), _code("R-102D7")])
    info = _info(tmp_path, ViewCodeSequence=Sequence([view]), ImageLaterality="R")
    assert info.label == "RMSMLOID"
    assert info.view.magnified


def test_the_codes_decide_before_what_is_typed(tmp_path: Path):
    info = _info(tmp_path, ViewCodeSequence=Sequence([_code("399162004")]), ViewPosition="MLO")
    assert info.view.name == "CC"


@pytest.mark.parametrize(
    "item",
    [_code("", ""), _code("999999", "99LOCAL"), Dataset(), _code("399162004x")],
    ids=["empty code", "unknown code", "empty item", "broken code"],
)
def test_an_unknown_view_code_falls_back_and_is_said(tmp_path: Path, item: Dataset):
    info = _info(tmp_path, ViewCodeSequence=Sequence([item]), ViewPosition="MLO")
    assert (info.view.name, info.view.source) == ("MLO", "ViewPosition")
    assert any("view code" in r for r in info.repairs)


def test_an_unknown_code_is_known_by_its_meaning(tmp_path: Path):
    item = _code("X-1", "99LOCAL", "Medio-Lateral Oblique")
    assert _info(tmp_path, ViewCodeSequence=Sequence([item])).view.name == "MLO"


@pytest.mark.parametrize(
    ("values", "side", "said"),
    [
        ({"ImageLaterality": "R", "Laterality": "L"}, Laterality.RIGHT, False),
        ({"ImageLaterality": None, "Laterality": "L"}, Laterality.LEFT, False),
        ({"ImageLaterality": "U", "Laterality": "B"}, Laterality.BOTH, False),
        ({"ImageLaterality": None, "SeriesDescription": "R CC"}, Laterality.RIGHT, True),
        ({"ImageLaterality": None, "ViewPosition": "LMLO"}, Laterality.LEFT, True),
        ({"ImageLaterality": None, "SeriesDescription": "Routine"}, None, False),
    ],
)
def test_the_side_and_where_it_was_found(tmp_path: Path, values: dict, side: Laterality | None, said: bool):
    info = _info(tmp_path, **values)
    assert info.laterality is side
    assert any("side is not coded" in r for r in info.repairs) == said


@pytest.mark.parametrize(
    ("function", "kind"), [("SIGMOID", VoiFunction.SIGMOID), ("LINEAR_EXACT", VoiFunction.LINEAR_EXACT)]
)
def test_windows_keep_their_names_and_function(tmp_path: Path, function: str, kind: VoiFunction):
    info = _info(
        tmp_path,
        WindowCenter=[2000, 1800.5],
        WindowWidth=[1600, 0.5],
        WindowCenterWidthExplanation=["NORMAL", "HARDER"],
        VOILUTFunction=function,
    )
    assert info.voi == (Window(2000, 1600, kind, "NORMAL"), Window(1800.5, 0.5, kind, "HARDER"))


def test_windows_that_cannot_be_applied_are_left_out_and_said(tmp_path: Path):
    info = _info(tmp_path, WindowCenter=[1, 2, 3], WindowWidth=[0, 100], VOILUTFunction="CURVY")
    assert info.voi == (Window(2, 100),)
    assert len(info.repairs) == 3


@pytest.mark.parametrize("vr", ["OW", "US"])
def test_voi_lookup_tables_of_either_representation(tmp_path: Path, vr: str):
    entries = np.linspace(0, 4095, 64).astype("<u2")
    lut = _item(LUTDescriptor=[64, 10, 12], LUTExplanation="SOFTER")
    lut.add_new(0x00283006, vr, entries.tobytes() if vr == "OW" else entries.tolist())
    info = _info(tmp_path, VOILUTSequence=Sequence([lut]), WindowCenter=5, WindowWidth=9)
    assert info.voi == (Window(5, 9), VoiLut(10, 12, entries.tobytes(), "SOFTER"))


def test_a_lookup_table_of_65536_entries_and_one_of_bytes(tmp_path: Path):
    full = _item(LUTDescriptor=[0, 0, 16])
    full.add_new(0x00283006, "OW", np.arange(65536, dtype="<u2").tobytes())
    small = _item(LUTDescriptor=[7, 3, 8])
    small.add_new(0x00283006, "OW", bytes((1, 2, 3, 4, 5, 6, 255, 0)))
    info = _info(tmp_path, VOILUTSequence=Sequence([full, small]))
    assert info.voi[0] == VoiLut(0, 16, np.arange(65536, dtype="<u2").tobytes())
    assert info.voi[1] == VoiLut(3, 8, np.array([1, 2, 3, 4, 5, 6, 255], "<u2").tobytes())


def test_the_first_value_of_a_table_is_signed_where_pixels_are(tmp_path: Path):
    lut = _item()
    lut.add_new(0x00283002, "US", [4, 65436, 16])
    lut.add_new(0x00283006, "US", [1, 2, 3, 4])
    (table,) = _info(tmp_path, VOILUTSequence=Sequence([lut]), PixelRepresentation=1).voi
    assert isinstance(table, VoiLut)
    assert table.first == -100


def test_a_damaged_table_is_left_out_and_one_too_deep_is_mended(tmp_path: Path):
    short = _item(LUTDescriptor=[64, 0, 12])
    short.add_new(0x00283006, "US", [1, 2, 3])
    deep = _item(LUTDescriptor=[3, 0, 8])
    deep.add_new(0x00283006, "US", [1, 2, 1023])
    info = _info(tmp_path, VOILUTSequence=Sequence([short, deep]))
    (table,) = info.voi
    assert isinstance(table, VoiLut)
    assert table.bits == 10
    assert len(info.repairs) == 2


@pytest.mark.parametrize(
    ("signed", "value", "limit", "expected"),
    [
        (0, 0, None, PaddingRange(0, 0)),
        (0, 0, 30, PaddingRange(0, 30)),
        (0, 4095, 4000, PaddingRange(4000, 4095)),
        (0, 65535, None, PaddingRange(65535, 65535)),
        (1, -2000, -1990, PaddingRange(-2000, -1990)),
    ],
)
def test_padding(tmp_path: Path, signed: int, value: int, limit: int | None, expected: PaddingRange):
    dataset = header(breast(), PixelRepresentation=signed)
    dataset.add_new(0x00280120, "SS" if signed else "US", value)
    if limit is not None:
        dataset.add_new(0x00280121, "SS" if signed else "US", limit)
    dataset.PixelData = breast().tobytes()
    dataset["PixelData"].VR = "OW"
    assert read_info(write(tmp_path / "a.dcm", dataset)).padding == expected


@pytest.mark.parametrize(
    ("plane", "letters"),
    [
        ([0, 1, 0, 1, 0, 0], ("P", "L")),
        ([0, -1, 0, -1, 0, 0], ("A", "R")),
        ([0, 1, 0, 0.6, 0, -0.8], ("P", "FL")),
        ([0, -1, 0, -0.8, 0, -0.6], ("A", "RF")),
        ([0.1, -0.99, 0, 0, 0.1, -0.99], ("A", "F")),
        ([1, 0, 0, 0, 1, 0], None),
        ([0, 0, 0, 0, 0, 0], None),
        ([0, 1, 0], None),
    ],
)
def test_where_a_stack_is_turned_from_the_plane_of_its_slices(
    tmp_path: Path, plane: list[float], letters: tuple[str, str] | None
):
    shared = _item(PlaneOrientationSequence=Sequence([_item(ImageOrientationPatient=plane)]))
    info = _info(tmp_path, SharedFunctionalGroupsSequence=Sequence([shared]), NumberOfFrames=1)
    assert info.patient_orientation == letters
    assert _info(tmp_path, ImageOrientationPatient=plane).patient_orientation == letters
    said = _info(tmp_path, PatientOrientation=["A", "FR"], ImageOrientationPatient=plane)
    assert said.patient_orientation == ("A", "FR")


def test_other_facts(tmp_path: Path):
    info = _info(
        tmp_path,
        PatientOrientation=["A", "FR"],
        PresentationIntentType="FOR PROCESSING",
        PresentationLUTShape="INVERSE",
        PhotometricInterpretation="MONOCHROME1",
        BreastImplantPresent="YES",
        PartialView="YES",
        LossyImageCompression="01",
        KVP=28,
        ExposureInuAs=84000,
        CompressionForce=95.5,
        BodyPartThickness=52,
        StudyDate="20240203",
    )
    assert info.patient_orientation == ("A", "FR")
    assert info.intent is Intent.PROCESSING
    assert any("PresentationIntentType" in r for r in info.repairs)
    assert info.inverse
    assert info.presentation_lut_inverse
    assert info.implant
    assert info.partial_view
    assert info.lossy
    assert (info.technique.kvp, info.technique.exposure_mas) == (28, 84)
    assert (info.technique.compression_force_n, info.technique.body_part_thickness_mm) == (95.5, 52)
    assert info.exam_date == "20240203"


def test_other_modalities_open_and_are_named(tmp_path: Path):
    info = _info(tmp_path, Modality="CT", SOPClassUID="1.2.840.10008.5.1.4.1.1.2")
    assert any("Not a mammography object" in r for r in info.repairs)


@pytest.mark.parametrize("table", [VIEWS, MODIFIERS], ids=["views", "modifiers"])
def test_old_codes_mean_what_their_snomed_ct_successors_mean(table: dict[str, str]):
    from pydicom.sr._snomed_dict import mapping

    withdrawn = {"Y-X1770": "XCCL", "Y-X1771": "XCCM"}
    assert table is MODIFIERS or withdrawn.items() <= table.items()
    old = {code: name for code, name in table.items() if not code.isdigit() and code not in withdrawn}
    assert {code: table[mapping["SRT"][code]] for code in old} == old
