"""Which attribute decides about side and view, and what is said when another contradicts it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from reading_files import breast, native

from annotator.imaging.dicom_file import read_info
from annotator.model.image import ImageInfo


def _item(**values: Any) -> Dataset:
    dataset = Dataset()
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


def _code(value: str, scheme: str = "SCT", **more: Any) -> Dataset:
    return _item(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning="", **more)


def _coded(*items: Dataset) -> Sequence:
    return Sequence(list(items))


def _info(tmp_path: Path, **changes: Any) -> ImageInfo:
    return read_info(native(tmp_path / "a.dcm", breast(), **changes))


FRAME_R = Sequence([_item(FrameAnatomySequence=_coded(_item(FrameLaterality="R")))])
REGION_L = _coded(_code("76752008", AnatomicRegionModifierSequence=_coded(_code("7771000"))))


@pytest.mark.parametrize(
    ("header", "side", "source"),
    [
        (
            {"SharedFunctionalGroupsSequence": FRAME_R, "ImageLaterality": "R", "SeriesDescription": "R CC"},
            "R",
            "FrameLaterality",
        ),
        ({"ImageLaterality": "L", "Laterality": "L"}, "L", "ImageLaterality"),
        ({"ImageLaterality": "", "Laterality": "R", "AnatomicRegionSequence": None}, "R", "Laterality"),
        ({"ImageLaterality": "", "AnatomicRegionSequence": REGION_L}, "L", "AnatomicRegionModifierSequence"),
        (
            {"ImageLaterality": "", "AnatomicRegionSequence": _coded(_code("T-04020", "SRT"))},
            "R",
            "AnatomicRegionSequence",
        ),
        ({"ImageLaterality": "", "AnatomicRegionSequence": _coded(_code("63762007"))}, None, ""),
        ({"ImageLaterality": "", "ViewPosition": "RCC", "SeriesDescription": "RCC"}, "R", "ViewPosition"),
        ({"ImageLaterality": "", "SeriesDescription": "L-MLO"}, "L", "SeriesDescription"),
        ({"ImageLaterality": "", "SeriesDescription": "x", "ProtocolName": "ML MAG R"}, "R", "ProtocolName"),
        (
            {"ImageLaterality": "", "AcquisitionDeviceProcessingDescription": "rmlo id"},
            "R",
            "AcquisitionDeviceProcessingDescription",
        ),
        ({"ImageLaterality": "", "SeriesDescription": "both breasts, R and L"}, None, ""),
    ],
)
def test_the_side_and_the_attribute_that_decided(tmp_path: Path, header: dict, side: str | None, source: str):
    info = _info(tmp_path, **{key: value for key, value in header.items() if value is not None})
    assert info.laterality == side
    assert info.laterality_source == source
    assert info.contradictions == ()


@pytest.mark.parametrize(
    ("header", "view", "modifiers", "source"),
    [
        ({"ViewPosition": "XCCL", "SeriesDescription": "XCCL"}, "XCCL", (), "ViewPosition"),
        ({"SeriesDescription": "R XCCL"}, "XCCL", (), "SeriesDescription"),
        ({"SeriesDescription": "CC and MLO", "ProtocolName": "RMCC"}, "CC", ("M",), "ProtocolName"),
        (
            {"AcquisitionDeviceProcessingDescription": "L MLO ID"},
            "MLO",
            ("ID",),
            "AcquisitionDeviceProcessingDescription",
        ),
        ({"SeriesDescription": "Mammo screening"}, "", (), ""),
        (
            {"ViewModifierCodeSequence": _coded(_code("R-102D6", "99SDM")), "ViewPosition": "ML"},
            "ML",
            ("M",),
            "ViewPosition",
        ),
        (
            {"ViewModifierCodeSequence": _coded(_code("R-102D7", "SNM3"))},
            "",
            ("S",),
            "ViewModifierCodeSequence",
        ),
    ],
)
def test_the_view_and_the_attribute_that_decided(tmp_path: Path, header, view, modifiers, source):
    info = _info(tmp_path, **header)
    assert (info.view.name, info.view.modifiers, info.view.source) == (view, modifiers, source)


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (
            {"ImageLaterality": "L", "Laterality": "R"},
            "Laterality says R, ImageLaterality says L, and the latter decided.",
        ),
        (
            {"SharedFunctionalGroupsSequence": FRAME_R, "ImageLaterality": "L"},
            "ImageLaterality says L, FrameLaterality says R, and the latter decided.",
        ),
        (
            {"ImageLaterality": "L", "SeriesDescription": "R CC"},
            "SeriesDescription says R, ImageLaterality says L, and the latter decided.",
        ),
        (
            {"ViewCodeSequence": _coded(_code("399162004")), "ViewPosition": "MLO"},
            "ViewPosition says MLO, ViewCodeSequence says CC, and the latter decided.",
        ),
        (
            {"ViewPosition": "CC", "ProtocolName": "LMLO"},
            "ProtocolName says MLO, ViewPosition says CC, and the latter decided.",
        ),
    ],
)
def test_what_contradicts_is_told_and_does_not_decide(tmp_path: Path, header: dict, told: str):
    info = _info(tmp_path, **header)
    assert told in info.contradictions
    assert told in info.repairs


@pytest.mark.parametrize(
    "header",
    [
        {"ImageLaterality": "L", "Laterality": "B"},
        {"ImageLaterality": "B", "Laterality": "L"},
        {"ViewCodeSequence": _coded(_code("399192008")), "ViewPosition": "XCC"},
        {"ViewCodeSequence": _coded(_code("399162004")), "SeriesDescription": "MLO series"},
        {"ViewCodeSequence": _coded(_code("399162004")), "ViewPosition": "AP"},
    ],
)
def test_what_need_not_contradict_is_not_told(tmp_path: Path, header: dict):
    assert _info(tmp_path, **header).contradictions == ()
