"""What each frame of a stack says for itself, and what happens when the groups do not fit the frames."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from reading_files import TOMOSYNTHESIS, breast, native

from annotator.imaging.dataset import read_raw
from annotator.imaging.dicom_file import read_info
from annotator.imaging.frame_groups import FrameGroups
from annotator.model.geometry import PixelSpacing, SpacingBasis
from annotator.model.image import Laterality, SlicePosition, VoiLut, Window
from annotator.quiet_parsing import quiet_parsing

PROJECTIONS = "1.2.840.10008.5.1.4.1.1.13.1.4"
AXIAL = [1, 0, 0, 0, 1, 0]


def item(**values: Any) -> Dataset:
    dataset = Dataset()
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


def one(**values: Any) -> Sequence:
    return Sequence([item(**values)])


def macros(**sequences: Dataset) -> Dataset:
    return item(**{keyword: Sequence([value]) for keyword, value in sequences.items()})


def table(descriptor: list[int], entries: list[int], name: str = "") -> Dataset:
    lut = item(LUTExplanation=name)
    lut.add_new("LUTDescriptor", "US", descriptor)
    lut.add_new("LUTData", "US", entries)
    return lut


def groups_of(path: Path, frames: int = 3, **changes: Any) -> FrameGroups:
    stack = np.stack([breast(24, 20, seed=s) for s in range(frames)])
    changes = {"SOPClassUID": TOMOSYNTHESIS, **changes}
    native(path / "a.dcm", stack, **changes)
    with quiet_parsing():
        raw = read_raw(path / "a.dcm")
    return FrameGroups(raw.dataset, read_info(path / "a.dcm"))


def each(*items: Dataset) -> dict[str, Sequence]:
    return {"PerFrameFunctionalGroupsSequence": Sequence(items)}


def shared(item: Dataset) -> dict[str, Sequence]:
    return {"SharedFunctionalGroupsSequence": Sequence([item])}


def window(center: float, width: float, **more: Any) -> Dataset:
    return macros(FrameVOILUTSequence=item(WindowCenter=center, WindowWidth=width, **more))


def at(*position: float) -> Dataset:
    return macros(PlanePositionSequence=item(ImagePositionPatient=list(position)))


def positions(groups: FrameGroups) -> list[float | None]:
    return [s.position_mm for s in groups.slices()]


def test_each_frame_has_its_own_window(tmp_path: Path):
    groups = groups_of(tmp_path, **each(window(500, 300), window(600, 400), window(700, 500)))
    assert [groups.info_of(n).voi for n in (1, 2, 3)] == [
        (Window(500, 300),),
        (Window(600, 400),),
        (Window(700, 500),),
    ]


def test_a_frame_s_own_group_goes_before_the_shared_one(tmp_path: Path):
    groups = groups_of(tmp_path, **shared(window(500, 300)), **each(Dataset(), window(600, 400), Dataset()))
    assert [groups.info_of(n).voi[0].center for n in (1, 2, 3)] == [500, 600, 500]


def test_frames_with_equal_facts_are_one_object(tmp_path: Path):
    groups = groups_of(tmp_path, **each(window(500, 300), window(600, 400), window(500, 300)))
    assert groups.info_of(1) is groups.info_of(3)
    assert groups.info_of(1) is not groups.info_of(2)


def test_a_frame_s_table_window_and_explanation(tmp_path: Path):
    hard = table([3, 10, 12], [0, 2000, 4095], "HARD")
    second = macros(
        FrameVOILUTSequence=item(
            WindowCenter=[5, 6], WindowWidth=[7, 8], WindowCenterWidthExplanation=["A", "B"]
        )
    )
    first = macros(FrameVOILUTSequence=item(VOILUTSequence=Sequence([hard])))
    groups = groups_of(tmp_path, 2, **each(first, second))
    entries = np.array([0, 2000, 4095], "<u2").tobytes()
    assert groups.info_of(1).voi == (VoiLut(10, 12, entries, "HARD"),)
    assert groups.info_of(2).voi == (Window(5, 7, name="A"), Window(6, 8, name="B"))


def test_rescale_and_side_by_frame(tmp_path: Path):
    def frame(slope: float, intercept: float, side: str) -> Dataset:
        return macros(
            PixelValueTransformationSequence=item(RescaleSlope=slope, RescaleIntercept=intercept),
            FrameAnatomySequence=item(FrameLaterality=side),
        )

    groups = groups_of(tmp_path, 2, **each(frame(1, 0, "R"), frame(2, -10, "L")))
    found = [groups.info_of(n) for n in (1, 2)]
    assert [(i.slope, i.intercept, i.laterality) for i in found] == [
        (1, 0, Laterality.RIGHT),
        (2, -10, Laterality.LEFT),
    ]


def test_a_table_of_a_frame_rescaled_below_zero_may_begin_below_zero(tmp_path: Path):
    below_zero = table([2, 0xFFF6, 12], [0, 4095])
    own = macros(
        PixelValueTransformationSequence=item(RescaleSlope=1, RescaleIntercept=-100),
        FrameVOILUTSequence=item(VOILUTSequence=Sequence([below_zero])),
    )
    groups = groups_of(tmp_path, 2, **each(own, Dataset()))
    assert groups.info_of(1).voi[0].first == -10


def test_spacing_by_frame(tmp_path: Path):
    def frame(*sides: float) -> Dataset:
        return macros(PixelMeasuresSequence=item(PixelSpacing=list(sides)))

    groups = groups_of(tmp_path, 2, **each(frame(0.1, 0.2), frame(0.11, 0.22)))
    in_breast = SpacingBasis.ESTIMATED_IN_BREAST
    assert groups.info_of(1).spacing == PixelSpacing(0.1, 0.2, in_breast)
    assert groups.info_of(2).spacing == PixelSpacing(0.11, 0.22, in_breast)


def test_projections_are_at_the_detector_or_taken_back_to_the_breast_each_by_its_own_geometry(tmp_path: Path):
    def frame(factor: float | None) -> Dataset:
        detector = macros(FramePixelDataPropertiesSequence=item(ImagerPixelSpacing=[0.1, 0.1]))
        if factor is not None:
            detector.XRayGeometrySequence = one(EstimatedRadiographicMagnificationFactor=factor)
        return detector

    groups = groups_of(tmp_path, 3, SOPClassUID=PROJECTIONS, **each(frame(None), frame(1.25), frame(2)))
    found = [groups.info_of(n).spacing for n in (1, 2, 3)]
    assert [(round(s.row_mm, 9), s.basis) for s in found if s is not None] == [
        (0.1, SpacingBasis.AT_DETECTOR),
        (0.08, SpacingBasis.ESTIMATED_IN_BREAST),
        (0.05, SpacingBasis.ESTIMATED_IN_BREAST),
    ]
    assert groups.info_of(3).technique.magnification_factor == 2


def test_positions_lie_along_the_normal(tmp_path: Path):
    tilted = macros(PlaneOrientationSequence=item(ImageOrientationPatient=[0, 1, 0, 0, 0, -1]))
    measured = macros(PixelMeasuresSequence=item(SliceThickness=1.5, PixelSpacing=[0.1, 0.1]))
    tilted.update(measured)
    groups = groups_of(tmp_path, **shared(tilted), **each(at(30, 1, 1), at(29, 1, 1), at(28, 1, 1)))
    # (0, 1, 0) x (0, 0, -1) = (-1, 0, 0)
    assert groups.slices() == (
        SlicePosition(1, -30, 1.5),
        SlicePosition(2, -29, 1.5),
        SlicePosition(3, -28, 1.5),
    )


def test_slices_that_do_not_follow_their_normal_are_placed_along_their_own_way(tmp_path: Path):
    across = macros(PlaneOrientationSequence=item(ImageOrientationPatient=[0, 1, 0, 0, 0, -1]))
    groups = groups_of(tmp_path, **shared(across), **each(at(0, 0, 5), at(0, 0, 6), at(0, 0, 7)))
    assert positions(groups) == [5, 6, 7]
    assert any("normal" in r for r in groups.info_of(1).repairs)


def test_without_orientation_the_way_from_first_to_last_counts(tmp_path: Path):
    assert positions(groups_of(tmp_path, **each(at(0, 4, 3), at(0, 8, 6), at(0, 12, 9)))) == [5, 10, 15]


def test_in_the_coordinates_of_the_equipment(tmp_path: Path):
    def frame(height: float) -> Dataset:
        return macros(
            PlanePositionVolumeSequence=item(ImagePositionVolume=[0, 0, height]),
            PlaneOrientationVolumeSequence=item(ImageOrientationVolume=AXIAL),
        )

    assert positions(groups_of(tmp_path, 2, **each(frame(1), frame(2)))) == [1, 2]


def test_a_slice_that_does_not_say_where_it_lies_has_no_position(tmp_path: Path):
    axial = macros(PlaneOrientationSequence=item(ImageOrientationPatient=AXIAL))
    groups = groups_of(tmp_path, **shared(axial), **each(at(0, 0, 1), Dataset(), at(0, 0, 3)))
    assert positions(groups) == [1, None, 3]
    assert any("1 of 3 slices" in r for r in groups.info_of(2).repairs)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"SliceLocationVector": [0, 1.5, 4]}, [0, 1.5, 4]),
        ({"SliceLocationVector": [0, 1.5]}, [None, None, None]),
        ({"SpacingBetweenSlices": 2}, [0, 2, 4]),
        ({"SliceThickness": 2}, [None, None, None]),
        ({"SpacingBetweenSlices": -2}, [None, None, None]),
        (shared(macros(PixelMeasuresSequence=item(SpacingBetweenSlices=0.5))), [0, 0.5, 1]),
        ({}, [None, None, None]),
    ],
    ids=["vector", "short vector", "steps", "thickness is no step", "no step", "shared steps", "nothing"],
)
def test_positions_without_planes(tmp_path: Path, changes: dict[str, Any], expected: list[float | None]):
    assert positions(groups_of(tmp_path, **changes)) == expected


def test_a_plain_stack_without_groups_gives_the_image_s_own_facts(tmp_path: Path):
    groups = groups_of(tmp_path, WindowCenter=100, WindowWidth=50, SliceThickness=1)
    info = read_info(tmp_path / "a.dcm")
    assert [groups.info_of(n) for n in (1, 2, 3)] == [info] * 3
    assert groups.slices()[2] == SlicePosition(3, None, 1)


@pytest.mark.parametrize("described", [1, 2, 5])
def test_too_few_and_too_many_groups_are_used_as_far_as_they_fit(tmp_path: Path, described: int):
    frames = [window(500 + n, 300) for n in range(described)]
    groups = groups_of(tmp_path, **each(*frames))
    assert [groups.info_of(n).voi[0].center for n in (1, 2, 3)] == [
        500 + (n if n < described else 0) for n in range(3)
    ]
    assert any(f"describes {described} frames" in r for r in groups.info_of(3).repairs)


def _damaged() -> Iterator[Dataset]:
    yield Dataset()
    yield macros(PlanePositionSequence=Dataset())
    yield at(1)
    yield macros(PlanePositionSequence=item(ImagePositionPatient=[1e308, 1e308, 1e308]))
    yield macros(PlaneOrientationSequence=item(ImageOrientationPatient=[0, 0, 0, 0, 0, 0]))
    yield macros(PlaneOrientationSequence=item(ImageOrientationPatient=[1, 0, 0, 1, 0, 0]))
    yield macros(PixelValueTransformationSequence=item(RescaleSlope=0, RescaleIntercept=1e300))
    yield macros(PixelMeasuresSequence=item(PixelSpacing=[0, -1], SliceThickness=-4))
    yield macros(FrameVOILUTSequence=item(WindowCenter=[1, 2], WindowWidth=3))
    yield macros(FrameVOILUTSequence=item(VOILUTSequence=Sequence([table([9, 0, 12], [1, 2])])))
    yield macros(FrameAnatomySequence=item(FrameLaterality="X"))
    yield item(FrameVOILUTSequence=Sequence([]))


@pytest.mark.parametrize("damaged", list(_damaged()), ids=range(len(list(_damaged()))))
def test_a_damaged_group_costs_only_itself(tmp_path: Path, damaged: Dataset):
    groups = groups_of(tmp_path, **each(window(500, 300), damaged, window(700, 300)))
    assert groups.info_of(3).voi == (Window(700, 300),)
    second = groups.info_of(2)
    assert (second.slope, second.intercept) == (1, 0)
    assert all(p is None or np.isfinite(p) for p in positions(groups))


def test_several_threads_walk_once(tmp_path: Path):
    groups = groups_of(tmp_path, **each(window(500, 300), window(600, 400), window(700, 500)))
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(id(groups.slices()))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


@pytest.mark.parametrize("far", [1.1e5, -1e200, 1e308])
def test_places_that_no_slice_can_have_are_unknown(tmp_path: Path, far: float):
    groups = groups_of(tmp_path, **each(at(0, 0, 1), at(0, 0, 2), at(0, far, 3)))
    assert [place is None for place in positions(groups)] == [False, False, True]
    assert (
        f"ImagePositionPatient is {far:g} mm, which cannot be, and was ignored." in groups.info_of(1).repairs
    )


@pytest.mark.parametrize("far", [1.1e5, 1e308])
def test_steps_and_thicknesses_that_no_slice_can_have_are_unknown(tmp_path: Path, far: float):
    groups = groups_of(tmp_path, SpacingBetweenSlices=far, SliceThickness=far)
    assert groups.slices() == tuple(SlicePosition(number, None, None) for number in (1, 2, 3))


def test_listed_places_that_no_slice_can_have_are_unknown(tmp_path: Path):
    assert positions(groups_of(tmp_path, SliceLocationVector=[1.0, 2.0, 1e300])) == [None] * 3


def test_slices_a_little_aside_of_each_other_lie_along_their_normal(tmp_path: Path):
    plane = item(ImageOrientationPatient=AXIAL)
    places = [item(ImagePositionPatient=[0.5 * n, 0, -n]) for n in range(3)]
    items = [macros(PlanePositionSequence=place, PlaneOrientationSequence=plane) for place in places]
    groups = groups_of(tmp_path, **each(*items))
    assert positions(groups) == [0, -1, -2]
    assert not any("follow each other" in repair for repair in groups.info_of(1).repairs)
