"""Elements converted without pydicom are what pydicom makes of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from annotator.errors import UnreadableImage
from annotator.imaging import facts
from annotator.imaging.dicom_file import read_info
from annotator.imaging.facts import Facts
from annotator.model.image import ImageInfo
from annotator.quiet_parsing import quiet_parsing

KEYWORDS = {
    "CS": "ViewPosition",
    "UI": "StudyInstanceUID",
    "DA": "StudyDate",
    "TM": "StudyTime",
    "AS": "PatientAge",
    "DS": "KVP",
    "IS": "ExposureInuAs",
    "US": "Rows",
}
NUMBERS = st.sampled_from(
    [b"1", b"-2.5", b"1e3", b" 7 ", b"+4", b"1_0", b"inf", b"nan", b"0x1", b"12.0", b"", b"1" * 17]
)
VALUES = st.binary(max_size=24) | st.lists(NUMBERS, max_size=3).map(b"\\".join)


def _told(vr: str, value: bytes) -> list[object]:
    tag = BaseTag(facts._tag(KEYWORDS[vr]))
    dataset = Dataset()
    dataset[tag] = RawDataElement(tag, vr, len(value), value, 0, False, True)
    told = Facts(dataset, [])
    with quiet_parsing():
        return [told.texts(KEYWORDS[vr]), told.number(KEYWORDS[vr]), told.repairs]


@pytest.mark.parametrize("vr", sorted(KEYWORDS))
@given(value=VALUES)
def test_a_value_is_what_pydicom_makes_of_it(vr: str, value: bytes):
    found = _told(vr, value)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(facts, "_plain_texts", lambda raw: None)
        assert found == _told(vr, value)


def test_common_values_do_without_pydicom():
    raw = RawDataElement(BaseTag(0x00180060), "DS", 4, b"28.5\\29 ", 0, False, True)
    assert facts._plain_texts(raw) == ("28.5", "29")
    assert facts._plain_texts(raw._replace(VR="LO")) is None
    assert facts._plain_texts(raw._replace(VR="DS", value=b"many")) is None


def test_real_headers_say_the_same(shared_data: Path, sample_dicoms: Path, monkeypatch: pytest.MonkeyPatch):
    paths = sorted([*shared_data.rglob("*.dcm"), *sample_dicoms.rglob("*.dcm")])
    found = [_info(path) for path in paths]
    monkeypatch.setattr(facts, "_plain_texts", lambda raw: None)
    assert found == [_info(path) for path in paths]


def _info(path: Path) -> ImageInfo | str:
    try:
        return read_info(path)
    except UnreadableImage as error:
        return error.reason
