"""The table of spacing cases: what a header says, what a length then reads, and what is said about it.

Each case is a whole file, read back; the length is that of a line of 100 pixels down and of 100 across.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from reading_files import TOMOSYNTHESIS, breast, native

from annotator.imaging.dicom_file import Mammogram, read_image, read_info
from annotator.model.geometry import ImagePoint, PixelSpacing, SpacingBasis

PROJECTIONS = "1.2.840.10008.5.1.4.1.1.13.1.4"
IMAGER = {"ImagerPixelSpacing": [0.1, 0.2]}
PATIENT = {"PixelSpacing": [0.05, 0.08]}
SAME = {"PixelSpacing": [0.1, 0.2]}
FACTOR = {"EstimatedRadiographicMagnificationFactor": 2}
DISTANCES = {"DistanceSourceToPatient": 325, "DistanceSourceToDetector": 650}
CONTACT = {"DistanceSourceToPatient": 630, "DistanceSourceToDetector": 650}
FILM = {"NominalScannedPixelSpacing": [0.04, 0.05]}


def item(**values: Any) -> Dataset:
    dataset = Dataset()
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


def macros(**sequences: Dataset) -> Dataset:
    return item(**{keyword: Sequence([value]) for keyword, value in sequences.items()})


def magnified(**more: Any) -> dict[str, Any]:
    view = item(CodeValue="399162004", CodingSchemeDesignator="SCT")
    view.ViewModifierCodeSequence = Sequence([item(CodeValue="399163009", CodingSchemeDesignator="SCT")])
    return {"ViewCodeSequence": Sequence([view]), **more}


def measured(*sides: float, shared: bool = True) -> dict[str, Any]:
    group = macros(PixelMeasuresSequence=item(PixelSpacing=list(sides)))
    keyword = "SharedFunctionalGroupsSequence" if shared else "PerFrameFunctionalGroupsSequence"
    return {keyword: Sequence([group] if shared else [group, group])}


class Case(NamedTuple):
    """`down` and `across`: what 100 pixels read; None: only pixels. `said`: a word of what is said about it."""

    header: dict[str, Any]
    down: str | None
    across: str | None
    said: str = ""


CASES = {
    "detector only": Case(IMAGER, "10.0 mm at detector", "20.0 mm at detector"),
    "detector, spacing not corrected": Case({**IMAGER, **SAME}, "10.0 mm at detector", "20.0 mm at detector"),
    "calibrated, kind not told": Case({**IMAGER, **PATIENT}, "5.0 mm calibrated", "8.0 mm calibrated"),
    "calibrated by geometry": Case(
        {**IMAGER, **PATIENT, "PixelSpacingCalibrationType": "GEOMETRY"},
        "5.0 mm calibrated (geometry)",
        "8.0 mm calibrated (geometry)",
    ),
    "calibrated by a fiducial": Case(
        {**IMAGER, **PATIENT, "PixelSpacingCalibrationType": "FIDUCIAL"},
        "5.0 mm calibrated (fiducial)",
        "8.0 mm calibrated (fiducial)",
    ),
    "calibrated to what the detector has": Case(
        {**IMAGER, **SAME, "PixelSpacingCalibrationType": "GEOMETRY"},
        "10.0 mm calibrated (geometry)",
        "20.0 mm calibrated (geometry)",
    ),
    "calibrated, before any factor": Case(
        {**IMAGER, **PATIENT, **FACTOR}, "5.0 mm calibrated", "8.0 mm calibrated"
    ),
    "magnified by a factor": Case(
        {**IMAGER, **FACTOR}, "5.0 mm estimated, in breast", "10.0 mm estimated, in breast"
    ),
    "magnified, spacing not corrected": Case(
        {**IMAGER, **SAME, **FACTOR}, "5.0 mm estimated, in breast", "10.0 mm estimated, in breast"
    ),
    "magnified by distances": Case(
        {**IMAGER, **DISTANCES}, "5.0 mm estimated, in breast", "10.0 mm estimated, in breast"
    ),
    "factor and distances agree": Case(
        {**IMAGER, **FACTOR, **DISTANCES}, "5.0 mm estimated, in breast", "10.0 mm estimated, in breast"
    ),
    "factor against distances": Case(
        {**IMAGER, **FACTOR, **CONTACT},
        "5.0 mm estimated, in breast",
        "10.0 mm estimated, in breast",
        "magnification factor is 2 and the distances say 1.03",
    ),
    "distances that cannot be": Case(
        {**IMAGER, "DistanceSourceToPatient": 700, "DistanceSourceToDetector": 650},
        "10.0 mm at detector",
        "20.0 mm at detector",
        "does not go with",
    ),
    "one distance alone": Case(
        {**IMAGER, "DistanceSourceToPatient": 600}, "10.0 mm at detector", "20.0 mm at detector"
    ),
    "factor that cannot be": Case(
        {**IMAGER, "EstimatedRadiographicMagnificationFactor": -2},
        "10.0 mm at detector",
        "20.0 mm at detector",
        "MagnificationFactor",
    ),
    "film": Case(FILM, "4.0 mm at film", "5.0 mm at film"),
    "film, before a spacing nobody vouches for": Case(
        {**FILM, **PATIENT}, "4.0 mm at film", "5.0 mm at film"
    ),
    "film, factor without a detector": Case({**FILM, **FACTOR}, "4.0 mm at film", "5.0 mm at film"),
    "spacing alone": Case(PATIENT, "5.0 mm unverified", "8.0 mm unverified"),
    "none": Case({}, None, None),
    "factor alone": Case(FACTOR, None, None),
    "no length at all": Case({"PixelSpacing": [0, 0]}, None, None, "not a spacing"),
    "finer than any pixel": Case({"ImagerPixelSpacing": [0.0001, 0.0001]}, None, None, "not a spacing"),
    "a pixel of a hand's width": Case({"ImagerPixelSpacing": [100, 100]}, None, None, "not a spacing"),
    "magnified beyond any pixel": Case(
        {"ImagerPixelSpacing": [0.01, 0.02], "EstimatedRadiographicMagnificationFactor": 50},
        "1.0 mm at detector",
        "2.0 mm at detector",
        "magnification was ignored",
    ),
    "magnification view without a factor": Case(
        magnified(**IMAGER), "10.0 mm at detector", "20.0 mm at detector", "how much it magnifies"
    ),
    "magnification view with the factor of a contact view": Case(
        magnified(**IMAGER, EstimatedRadiographicMagnificationFactor=1.05),
        "9.5 mm estimated, in breast",
        "19.0 mm estimated, in breast",
        "contact view",
    ),
    "magnification view": Case(
        magnified(**IMAGER, **FACTOR), "5.0 mm estimated, in breast", "10.0 mm estimated, in breast"
    ),
    "tomosynthesis": Case(
        {"SOPClassUID": TOMOSYNTHESIS, **measured(0.1, 0.12)},
        "10.0 mm estimated, in breast",
        "12.0 mm estimated, in breast",
    ),
    "tomosynthesis, by frame": Case(
        {"SOPClassUID": TOMOSYNTHESIS, **measured(0.1, 0.12, shared=False)},
        "10.0 mm estimated, in breast",
        "12.0 mm estimated, in breast",
    ),
    "tomosynthesis, finer detector": Case(
        {"SOPClassUID": TOMOSYNTHESIS, **measured(0.1, 0.12), "ImagerPixelSpacing": [0.07, 0.07]},
        "10.0 mm estimated, in breast",
        "12.0 mm estimated, in breast",
    ),
    "image against its frames": Case(
        {"SOPClassUID": TOMOSYNTHESIS, **measured(0.1, 0.12), **PATIENT},
        "10.0 mm estimated, in breast",
        "12.0 mm estimated, in breast",
        "of the image and of its frames differ",
    ),
    "projections, corrected": Case(
        {"SOPClassUID": PROJECTIONS, **measured(0.05, 0.08), **IMAGER},
        "5.0 mm calibrated",
        "8.0 mm calibrated",
    ),
    "projections, measures alone": Case(
        {"SOPClassUID": PROJECTIONS, **measured(0.05, 0.08)}, "5.0 mm unverified", "8.0 mm unverified"
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_what_a_length_reads(tmp_path: Path, case: Case):
    in_frames = (
        "SharedFunctionalGroupsSequence" in case.header or "PerFrameFunctionalGroupsSequence" in case.header
    )
    pixels = np.stack([breast(24, 20)] * 2) if in_frames else breast(24, 20)
    image = read_image(native(tmp_path / "a.dcm", pixels, **case.header))
    for info in (image.info, *(image.info_of(n) for n in range(1, image.info.frames + 1))):
        assert (down(info.spacing), across(info.spacing)) == (case.down, case.across)
        talk = [r for r in info.repairs if "acing" in r or "istance" in r or "agnif" in r]
        assert any(case.said in r for r in talk) if case.said else not talk


def down(spacing: PixelSpacing | None) -> str | None:
    return None if spacing is None else str(spacing.distance(ImagePoint(3, 2), ImagePoint(3, 102)))


def across(spacing: PixelSpacing | None) -> str | None:
    return None if spacing is None else str(spacing.distance(ImagePoint(2, 3), ImagePoint(102, 3)))


def test_every_basis_is_in_the_table():
    told = " / ".join(case.down or "" for case in CASES.values())
    assert all(f"mm {basis}" in told for basis in SpacingBasis)


def test_frames_of_different_spacing_measure_differently(tmp_path: Path):
    frames = [macros(PixelMeasuresSequence=item(PixelSpacing=[s, s])) for s in (0.1, 0.11)]
    path = native(
        tmp_path / "a.dcm",
        np.stack([breast(24, 20)] * 2),
        SOPClassUID=TOMOSYNTHESIS,
        PerFrameFunctionalGroupsSequence=Sequence(frames),
    )
    image: Mammogram = read_image(path)
    assert [down(image.info_of(n).spacing) for n in (1, 2)] == [
        "10.0 mm estimated, in breast",
        "11.0 mm estimated, in breast",
    ]


@pytest.mark.parametrize(
    "written", [b"abcde\\NaN ", b"0\\0 ", b"-1\\-1 ", b"0.1 ", b"inf\\inf ", b"1e308\\1e-308 ", b"70\\7000"]
)
def test_a_spacing_that_is_none_is_ignored_and_said(tmp_path: Path, written: bytes):
    path = native(tmp_path / "a.dcm", breast(), PixelSpacing=[1.25, 1.25])
    content = path.read_bytes()
    old = b"\x28\x00\x30\x00DS\x0a\x001.25\\1.25 "
    assert old in content
    new = b"\x28\x00\x30\x00DS" + len(written).to_bytes(2, "little") + written
    path.write_bytes(content.replace(old, new))
    info = read_info(path)
    assert info.spacing is None
    assert any("PixelSpacing" in r and "ignored" in r for r in info.repairs)
