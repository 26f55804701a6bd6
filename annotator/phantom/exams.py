"""Whole exams of one synthetic person: screening, work-up, an earlier screening, tomosynthesis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from annotator.jobs import CancelToken
from annotator.phantom.anatomy import CANVAS_STEP_MM, Anatomy, make_anatomy
from annotator.phantom.body import BodyPoint, Breast, PhantomView, Side, make_breast
from annotator.phantom.calcifications import CalcGroup, make_bed, make_group
from annotator.phantom.physics import Exposure
from annotator.phantom.placement import (
    FULL_FIELD,
    MAGNIFIED_FIELD,
    OTHER_FULL_FIELD,
    Detector,
    Placement,
    warped_placement,
)
from annotator.phantom.presentation import Processing
from annotator.phantom.radiograph import Radiograph, plane_of, take
from annotator.phantom.stack_plan import PIXEL_MM, plan_stack
from annotator.phantom.texture import stream
from annotator.phantom.tomosynthesis import Stack, take_stack

BENIGN_BESIDE = ("vascular", "round", "rim", "milk", "rod", "coarse", "skin", "punctate", "dystrophic")
STANDARD_VIEWS = (
    (Side.RIGHT, PhantomView.CC),
    (Side.LEFT, PhantomView.CC),
    (Side.RIGHT, PhantomView.MLO),
    (Side.LEFT, PhantomView.MLO),
)


View = tuple[Side, PhantomView]


class Exam(StrEnum):
    """The visits that can be made.

    The work-up magnifies what screening found, the prior is two years older; a year after screening each view
    is taken as a mammogram and as a tomosynthesis stack.
    """

    SCREENING = "screening"
    WORKUP = "workup"
    PRIOR = "prior"
    TOMOSYNTHESIS = "tomosynthesis"


@dataclass(frozen=True, slots=True)
class Person:
    """Both breasts of a seed with what has calcified in them; `suspicious` is the side to be worked up."""

    seed: int
    breasts: dict[Side, Breast]
    groups: dict[Side, tuple[CalcGroup, ...]]
    suspicious: Side


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture to be taken: everything but the anatomy."""

    breast: Breast
    view: PhantomView
    groups: tuple[CalcGroup, ...]
    detector: Detector
    exposure: Exposure
    processing: Processing


def make_person(
    seed: int, density: str | None = None, benign: Sequence[str] | None = None, *, small: bool = False
) -> Person:
    """The person of a seed; `density` and the `benign` kinds (keys of KINDS) follow from it unless given.

    `small` gives breasts whose pictures make small files.
    """
    rng = stream(seed, "findings")
    side = Side.RIGHT if rng.random() < 0.5 else Side.LEFT
    other = Side.LEFT if side is Side.RIGHT else Side.RIGHT
    drawn = "bc"[int(rng.integers(2))]
    kinds = tuple(str(k) for k in rng.choice(BENIGN_BESIDE, 2, replace=False))
    nearer = 0.5 if small else 1.0
    breasts = {s: make_breast(seed, s, density or drawn, small=small) for s in Side}
    groups: dict[Side, list[CalcGroup]] = {Side.RIGHT: [], Side.LEFT: []}
    place = _place(nearer, rng.uniform(28, 42), rng.uniform(8, 20), rng.uniform(4, 16))
    bed = make_bed(breasts[side], place)
    groups[side].append(make_group(stream(seed, "group", "S1"), bed, "S1", "fine_pleo"))
    for number, kind in enumerate(kinds if benign is None else benign, start=1):
        beside = other if number % 2 else side
        place = _place(nearer, rng.uniform(34, 56), rng.uniform(-24, -12), rng.uniform(-8, 14))
        bed = make_bed(breasts[beside], place)
        groups[beside].append(make_group(stream(seed, "group", f"B{number}"), bed, f"B{number}", kind))
    return Person(seed, breasts, {s: tuple(g) for s, g in groups.items()}, side)


def _place(nearer: float, depth: float, lateral: float, up: float) -> BodyPoint:
    return BodyPoint(nearer * depth, nearer * lateral, nearer * up)


def shots(person: Person, exam: Exam, views: Sequence[View] = ()) -> tuple[Shot, ...]:
    """The pictures of an exam in the order they are taken; only those of `views` when any are given."""
    if exam is Exam.WORKUP:
        side = person.suspicious
        near = Exposure(quanta=900, scatter_ratio=0.08, sharpness_mm=0.022)
        planned = tuple(
            Shot(person.breasts[side], view, person.groups[side], MAGNIFIED_FIELD, near, Processing(0.45))
            for view in (PhantomView.CC, PhantomView.ML)
        )
    else:
        planned = tuple(_full_field(person, exam, side, view) for side, view in STANDARD_VIEWS)
    return tuple(shot for shot in planned if not views or (shot.breast.side, shot.view) in views)


def _full_field(person: Person, exam: Exam, side: Side, view: PhantomView) -> Shot:
    breast, groups = person.breasts[side], person.groups[side]
    if exam is Exam.PRIOR:
        dim = Exposure(quanta=2600, scatter_ratio=0.24, sharpness_mm=0.040, correlated=True)
        earlier = tuple(_earlier(person, g) for g in groups)
        return Shot(breast, view, earlier, OTHER_FULL_FIELD, dim, Processing(0.9, 2.8, 0.54))
    full = Exposure(quanta=1900, scatter_ratio=0.18)
    return Shot(breast, view, groups, FULL_FIELD, full, Processing(0.5))


def take_exam(person: Person, exam: Exam, *, binning: int = 1) -> Iterator[tuple[Shot, Radiograph]]:
    """Each mammogram of the exam as it is done; one at a time is in memory.

    `binning` above 1 makes pixels and anatomy that much coarser, for trials that need not look right.
    """
    for planned in shots(person, exam):
        shot, anatomy = prepare(planned, binning)
        yield shot, take_picture(person, exam, shot, anatomy)


def prepare(planned: Shot, binning: int) -> tuple[Shot, Anatomy]:
    """A shot with pixels `binning` times larger, and the anatomy as coarse."""
    shot = replace(planned, detector=planned.detector.binned(binning))
    return shot, make_anatomy(shot.breast, shot.view, binning * CANVAS_STEP_MM)


def take_picture(person: Person, exam: Exam, shot: Shot, anatomy: Anatomy) -> Radiograph:
    """The mammogram of a shot."""
    placement = _placement(person, exam, shot, anatomy)
    return take(anatomy, shot.groups, placement, shot.exposure, shot.processing, exam.value)


def take_tomosynthesis(
    shot: Shot,
    anatomy: Anatomy,
    *,
    binning: int = 1,
    pixel_mm: float = PIXEL_MM,
    field: tuple[int, int] | None = None,
    slices: int | None = None,
    token: CancelToken | None = None,
) -> Stack:
    """The stack of a shot, of the same breast lying as on its mammogram; `field` and `slices` as in `plan_stack`.

    Pixels are `pixel_mm` times `binning`; a larger one gathers more quanta, except by binning, as in mammograms.
    """
    plan = plan_stack(anatomy, pixel_mm=pixel_mm * binning, field=field, slices=slices)
    larger = pixel_mm / (shot.detector.pixel_mm / binning)
    exposure = replace(shot.exposure, quanta=shot.exposure.quanta * larger**2)
    return take_stack(anatomy, shot.groups, plan, exposure, token=token)


def _earlier(person: Person, group: CalcGroup) -> CalcGroup:
    """The suspicious group as it was: 30 to 60 % of it not there yet."""
    if group.benign:
        return group
    rng = stream(person.seed, "earlier", group.id)
    keep = round(len(group.calcifications) * rng.uniform(0.46, 0.64))
    kept = sorted(rng.permutation(len(group.calcifications))[:keep].tolist())
    return replace(group, calcifications=tuple(group.calcifications[i] for i in kept))


def _placement(person: Person, exam: Exam, shot: Shot, anatomy: Anatomy) -> Placement:
    name = f"{exam.value}{shot.breast.side.value}{shot.view.value}"
    if exam is Exam.PRIOR:
        return warped_placement(person.seed, name, shot.detector, anatomy.canvas, 0.985)
    if exam is not Exam.WORKUP:
        return Placement(shot.detector, anatomy.canvas)
    group = next(g for g in shot.groups if not g.benign)
    places = [plane_of(anatomy, c.centre) for c in group.calcifications]
    middle_x, middle_y = (sum(p[i] for p in places) / len(places) for i in (0, 1))
    pixel = shot.detector.in_breast_mm
    turned = warped_placement(person.seed, name, shot.detector, anatomy.canvas, 1.02)
    return replace(
        turned,
        origin_x_mm=max(0.0, middle_x * turned.scale - shot.detector.columns * pixel / 2),
        origin_y_mm=middle_y * turned.scale - shot.detector.rows * pixel / 2,
    )
