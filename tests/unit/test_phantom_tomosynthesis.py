"""Stacks show what their truth says: sharp where it says, drawn out elsewhere, the same as the mammogram."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_laplace, maximum_filter

from annotator.jobs import Cancelled, CancelToken, Progress
from annotator.phantom.anatomy import Anatomy, make_anatomy
from annotator.phantom.body import BodyPoint, PhantomView, Side, make_breast
from annotator.phantom.exams import Exam, Person, make_person, shots, take_tomosynthesis
from annotator.phantom.layers import depth_layers
from annotator.phantom.placement import FULL_FIELD, Placement
from annotator.phantom.radiograph import Radiograph, take
from annotator.phantom.stack_plan import Sweep, plan_stack
from annotator.phantom.tomosynthesis import flattened, take_stack
from annotator.phantom.truth import TrueSliceCalcification, TrueStack, TrueView

STEP_MM = 0.28
"""Coarse anatomy: calcifications, quanta and slices are as fine as in a real stack."""


@dataclass(frozen=True)
class Taken:
    """One view as mammogram and as stack."""

    mammogram: Radiograph
    frames: NDArray[np.float32]
    truth: TrueStack

    @property
    def calcifications(self) -> list[TrueSliceCalcification]:
        found = [c for c in self.truth.calcifications if isinstance(c, TrueSliceCalcification)]
        assert len(found) == len(self.truth.calcifications)
        return found


def small_person(seed: int) -> Person:
    return make_person(seed, density="b", benign=("punctate", "punctate"), small=True)


def anatomy_of(person: Person, view: PhantomView) -> Anatomy:
    return make_anatomy(person.breasts[person.suspicious], view, STEP_MM)


@pytest.fixture(scope="module", params=[(3, PhantomView.CC), (5, PhantomView.MLO)], ids=["CC", "MLO"])
def taken(request: pytest.FixtureRequest) -> Taken:
    seed, view = request.param
    person = small_person(seed)
    (shot,) = shots(person, Exam.TOMOSYNTHESIS, ((person.suspicious, view),))
    anatomy = anatomy_of(person, view)
    stack = take_tomosynthesis(shot, anatomy)
    placement = Placement(FULL_FIELD, anatomy.canvas)
    mammogram = take(anatomy, shot.groups, placement, shot.exposure, shot.processing, "beside the stack")
    return Taken(mammogram, np.array(list(stack.slices()), dtype=np.float32), stack.truth)


def spots(picture: NDArray[np.float32], pixel_mm: float) -> NDArray[np.float32]:
    """Local contrast of a speck of about 0.4 mm."""
    return np.asarray(-gaussian_laplace(picture, 0.16 / pixel_mm), dtype=np.float32)


def test_layers_add_up_to_the_mammogram():
    anatomy = make_anatomy(make_breast(4, Side.RIGHT, "c"), PhantomView.MLO, 0.56)
    for count in (1, 3, 8):
        layers = depth_layers(anatomy, count)
        assert np.abs(sum(x.attenuation for x in layers) - anatomy.attenuation).max() < 1e-3
        assert np.abs(sum(x.thickness_mm for x in layers) - anatomy.thickness_mm).max() < 1e-3
        heights = [x.z_mm for x in layers]
        assert heights == sorted(heights)
        assert len(heights) == count
    for count in (0, 9):
        with pytest.raises(ValueError, match="layers"):
            depth_layers(anatomy, count)


def test_layers_near_the_paddle_end_before_the_skin_line_does():
    anatomy = make_anatomy(make_breast(4, Side.LEFT, "b"), PhantomView.CC, 0.56)
    widths = [int((x.thickness_mm > 1).sum()) for x in depth_layers(anatomy, 8)]
    assert widths[0] < widths[1] < widths[2] < widths[3]
    assert widths[7] < widths[6] < widths[5] < widths[4]


def test_scrolling_finds_best_focus_where_the_truth_says(taken: Taken):
    """Largest local contrast over all frames, at the place of each clear calcification."""
    contrast = np.array([spots(frame, taken.truth.pixel_mm) for frame in taken.frames])
    clear = [c for c in taken.calcifications if c.snr > 8]
    assert len(clear) >= 20
    off = []
    for calc in clear:
        row, column = int(calc.row), int(calc.column)
        along = contrast[:, row - 1 : row + 2, column - 1 : column + 2].max(axis=(1, 2))
        off.append(abs(int(along.argmax()) + 1 - calc.frame))
    assert np.mean(np.array(off) <= 1) >= 0.95
    assert len({c.frame for c in clear}) >= 4


def test_places_in_the_stack_are_right_to_a_fifth_of_a_millimetre(taken: Taken):
    reach = 4
    apart = [
        c
        for c in taken.calcifications
        if c.snr > 8
        and all(np.hypot(c.row - o.row, c.column - o.column) > 9 for o in taken.calcifications if o is not c)
    ]
    assert len(apart) >= 15
    for calc in apart:
        row, column = int(calc.row), int(calc.column)
        near = spots(taken.frames[calc.frame - 1], taken.truth.pixel_mm)
        patch = near[row - reach : row + reach + 1, column - reach : column + reach + 1]
        weight = np.clip(patch, 0, None) ** 2
        down, right = np.mgrid[row - reach : row + reach + 1, column - reach : column + reach + 1] + 0.5
        at = (weight * down).sum() / weight.sum(), (weight * right).sum() / weight.sum()
        assert np.hypot(at[0] - calc.row, at[1] - calc.column) * taken.truth.pixel_mm <= 0.2, calc


def test_a_slab_shows_as_many_spots_as_the_mammogram(taken: Taken):
    frames = [c.frame for c in taken.calcifications if not c.benign]
    middle = int(np.median(frames)) - 1
    slab = taken.frames[middle - 5 : middle + 6].max(axis=0)
    in_slab = counted(slab, taken.truth)
    in_mammogram = counted(taken.mammogram.pixels.astype(np.float32), taken.mammogram.truth)
    assert in_mammogram >= 15
    assert abs(in_slab - in_mammogram) <= math.ceil(0.1 * in_mammogram)


def counted(picture: NDArray[np.float32], truth: TrueView) -> int:
    """Peaks of local contrast above noise in the box about the suspicious group, found blindly."""
    pixel = truth.pixel_mm
    group = [c for c in truth.calcifications if not c.benign]
    contrast = spots(picture, pixel)
    rows = [int(f(c.row for c in group) + d / pixel) for f, d in ((min, -1), (max, 1))]
    columns = [int(f(c.column for c in group) + d / pixel) for f, d in ((min, -1), (max, 1))]
    around = contrast[rows[0] - 60 : rows[1] + 60, columns[0] - 60 : columns[1] + 60]
    middle = float(np.median(around))
    noise = 1.4826 * float(np.median(np.abs(around - middle)))
    box = contrast[rows[0] : rows[1], columns[0] : columns[1]]
    peaks = (maximum_filter(box, int(0.4 / pixel) | 1) == box) & (box > middle + 6 * noise)
    return int(peaks.sum())


def test_mammogram_and_stack_show_the_same_calcifications_in_the_same_places(taken: Taken):
    there = {c.id: c for c in taken.mammogram.truth.calcifications}
    assert {c.id for c in taken.calcifications} == set(there)
    nipples = [
        np.array([t.nipple_column, t.nipple_row]) * t.pixel_mm for t in (taken.truth, taken.mammogram.truth)
    ]
    for calc in taken.calcifications:
        here = np.array([calc.column, calc.row]) * taken.truth.pixel_mm - nipples[0]
        other = there[calc.id]
        assert here == pytest.approx(
            np.array([other.column, other.row]) * taken.mammogram.truth.pixel_mm - nipples[1], abs=0.05
        )
        assert calc.z_mm == pytest.approx(other.z_mm)


def test_out_of_focus_a_calcification_is_drawn_out_along_the_sweep_only(taken: Taken):
    """2 tan 7.5 degrees is 0.26 mm for each mm off its plane."""
    strong = max(taken.calcifications, key=lambda c: c.snr if 8 < c.frame <= taken.truth.frames - 8 else 0)
    row, column = int(strong.row), int(strong.column)

    def lengths(frame: int) -> tuple[float, float]:
        patch = taken.frames[frame - 1, row - 14 : row + 15, column - 14 : column + 15]
        bright = np.clip(patch - np.percentile(patch, 60), 0, None)[:, 10:19].sum(axis=1)
        across = np.clip(patch - np.percentile(patch, 60), 0, None)[10:19].sum(axis=0)
        return tuple(float(np.sum(x) ** 2 / np.sum(x**2)) for x in (bright, across))  # type: ignore[return-value]

    sharp, soft = lengths(strong.frame), lengths(strong.frame + 7)
    assert soft[0] > 1.4 * sharp[0]
    assert soft[0] / sharp[0] > 1.2 * soft[1] / sharp[1]


def test_visible_range_holds_the_best_frame_and_grows_with_signal(taken: Taken):
    for calc in taken.calcifications:
        assert 1 <= calc.first_frame <= calc.frame <= calc.last_frame <= taken.truth.frames
        z = taken.truth.first_z_mm + (calc.frame - 1) * taken.truth.step_z_mm
        assert abs(z - calc.z_mm) <= abs(taken.truth.step_z_mm) / 2 + 1e-6
    inner = [c for c in taken.calcifications if c.first_frame > 1 and c.last_frame < taken.truth.frames]
    widths = [(c.snr * c.diameter_mm, c.last_frame - c.first_frame) for c in inner]
    assert max(widths)[1] >= min(widths)[1]


def test_frames_run_from_the_detector_to_the_tube():
    """A cranio-caudal tube is above, an oblique or lateral one on the inner side."""
    person = small_person(3)
    for view, sign in ((PhantomView.CC, 1), (PhantomView.MLO, -1), (PhantomView.ML, -1)):
        plan = plan_stack(make_anatomy(person.breasts[Side.LEFT], view, 0.56))
        assert np.sign(np.diff(plan.heights_mm)).tolist() == [sign] * 24
        assert [plan.frame_at(z) for z in plan.heights_mm] == list(range(1, 26))
        assert plan.frame_at(sign * 99) == 25


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("view", list(PhantomView))
def test_patient_axes_lead_where_the_projection_does(side: Side, view: PhantomView):
    """A step in the breast, in patient coordinates, has the parts that the view's own formulas give it."""
    breast = make_breast(3, side, "b")
    row, column, through = (np.array(a) for a in breast.patient_axes(view))
    assert np.stack([row, column, through]) @ np.stack([row, column, through]).T == pytest.approx(
        np.eye(3), abs=1e-9
    )
    outwards = 1 if side is Side.LEFT else -1
    for depth, lateral, up in ((1, 0, 0), (0, 1, 0), (0, 0, 1)):
        step = np.array([outwards * lateral, depth, up])
        point = BodyPoint(1e-3 * depth, 1e-3 * lateral, 1e-3 * up)
        assert step @ row == pytest.approx(-outwards * depth)
        assert step @ column == pytest.approx(-1e3 * breast.vertical(point, view), abs=1e-9)
        # heights are squashed into the breast: near the middle by 0.92 / 1.6
        assert step @ through == pytest.approx(1e3 * breast.through(point, view) * 1.6 / 0.92, abs=1e-6)


def test_a_stack_of_one_slice_is_refused():
    anatomy = make_anatomy(make_breast(4, Side.LEFT, "b"), PhantomView.CC, 1.12)
    with pytest.raises(ValueError, match="2 slices"):
        plan_stack(anatomy, slices=1)
    with pytest.raises(ValueError, match="no slices"):
        flattened([])


def test_what_is_bright_in_one_slice_is_bright_in_the_view_made_from_all():
    slices = [np.full((2, 2), 300, np.uint16) for _ in range(30)]
    slices[7][0, 1] = 900
    made = flattened(slices)
    assert made[0, 0] == made[1, 0] == made[1, 1] == 300
    # 2 ** (600 / 64) is 665 times the weight of each of the 29 others
    assert made[0, 1] == round((900 * 2 ** (600 / 64) + 300 * 29) / (2 ** (600 / 64) + 29))


def test_a_cancelled_stack_stops_between_projections():
    person = small_person(3)
    anatomy = make_anatomy(person.breasts[Side.LEFT], PhantomView.CC, 0.56)
    plan = plan_stack(anatomy, pixel_mm=0.8)
    seen: list[Progress] = []

    def stop_at_third(progress: Progress) -> None:
        seen.append(progress)
        if progress.done == 2:
            token.cancel()

    token = CancelToken(stop_at_third)
    exposure = shots(person, Exam.TOMOSYNTHESIS)[0].exposure
    with pytest.raises(Cancelled):
        take_stack(anatomy, (), plan, exposure, sweep=Sweep(layers=2), token=token)
    assert [(p.done, p.total, p.what) for p in seen] == [(n, 15, "projections") for n in range(3)]


def test_more_projections_leave_less_noise():
    """The dose is shared out: nine projections of the same dose are as noisy as fifteen, half the dose more so."""
    person = small_person(3)
    anatomy = make_anatomy(person.breasts[Side.LEFT], PhantomView.CC, 0.56)
    plan = plan_stack(anatomy, pixel_mm=0.4, slices=3)
    exposure = shots(person, Exam.TOMOSYNTHESIS)[0].exposure
    row, column = plan.rows // 2, 30

    def grain(sweep: Sweep) -> float:
        stack = take_stack(anatomy, (), plan, exposure, sweep=sweep)
        frame = list(stack.slices())[1].astype(np.float32)[row - 25 : row + 25]
        patch = (
            frame[:, column : column + 50]
            if stack.truth.laterality == "L"
            else frame[:, -column - 50 : -column]
        )
        return float(np.diff(patch, axis=1).std())

    same = grain(Sweep(projections=9, layers=2)) / grain(Sweep(layers=2))
    assert same == pytest.approx(1, abs=0.15)
    assert grain(Sweep(dose=0.375, layers=2)) > 1.5 * grain(Sweep(layers=2))
