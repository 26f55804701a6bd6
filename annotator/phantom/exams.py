"""Whole exams of one synthetic person: screening, work-up and an earlier screening."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

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
from annotator.phantom.texture import stream

BENIGN_BESIDE = ("vascular", "round", "rim", "milk", "rod", "coarse", "skin", "punctate", "dystrophic")
STANDARD_VIEWS = (
    (Side.RIGHT, PhantomView.CC),
    (Side.LEFT, PhantomView.CC),
    (Side.RIGHT, PhantomView.MLO),
    (Side.LEFT, PhantomView.MLO),
)


class Exam(StrEnum):
    """The visits that can be made; the work-up magnifies what screening found, the prior is two years older."""

    SCREENING = "screening"
    WORKUP = "workup"
    PRIOR = "prior"


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


def make_person(seed: int, density: str | None = None, benign: Sequence[str] | None = None) -> Person:
    """The person of a seed; `density` and the `benign` kinds (keys of KINDS) follow from it unless given."""
    rng = stream(seed, "findings")
    side = Side.RIGHT if rng.random() < 0.5 else Side.LEFT
    other = Side.LEFT if side is Side.RIGHT else Side.RIGHT
    drawn = "bc"[int(rng.integers(2))]
    kinds = tuple(str(k) for k in rng.choice(BENIGN_BESIDE, 2, replace=False))
    breasts = {s: make_breast(seed, s, density or drawn) for s in Side}
    groups: dict[Side, list[CalcGroup]] = {Side.RIGHT: [], Side.LEFT: []}
    place = BodyPoint(rng.uniform(28, 42), rng.uniform(8, 20), rng.uniform(4, 16))
    bed = make_bed(breasts[side], place)
    groups[side].append(make_group(stream(seed, "group", "S1"), bed, "S1", "fine_pleo"))
    for number, kind in enumerate(kinds if benign is None else benign, start=1):
        beside = other if number % 2 else side
        place = BodyPoint(rng.uniform(34, 56), rng.uniform(-24, -12), rng.uniform(-8, 14))
        bed = make_bed(breasts[beside], place)
        groups[beside].append(make_group(stream(seed, "group", f"B{number}"), bed, f"B{number}", kind))
    return Person(seed, breasts, {s: tuple(g) for s, g in groups.items()}, side)


def shots(person: Person, exam: Exam) -> tuple[Shot, ...]:
    """The pictures of an exam in the order they are taken."""
    if exam is Exam.WORKUP:
        side = person.suspicious
        near = Exposure(quanta=900, scatter_ratio=0.08, sharpness_mm=0.022)
        return tuple(
            Shot(person.breasts[side], view, person.groups[side], MAGNIFIED_FIELD, near, Processing(0.45))
            for view in (PhantomView.CC, PhantomView.ML)
        )
    made = []
    for side, view in STANDARD_VIEWS:
        breast, groups = person.breasts[side], person.groups[side]
        if exam is Exam.PRIOR:
            dim = Exposure(quanta=2600, scatter_ratio=0.24, sharpness_mm=0.040, correlated=True)
            earlier = tuple(_earlier(person, g) for g in groups)
            made.append(Shot(breast, view, earlier, OTHER_FULL_FIELD, dim, Processing(0.9, 2.8, 0.54)))
        else:
            full = Exposure(quanta=1900, scatter_ratio=0.18)
            made.append(Shot(breast, view, groups, FULL_FIELD, full, Processing(0.5)))
    return tuple(made)


def take_exam(person: Person, exam: Exam, *, binning: int = 1) -> Iterator[tuple[Shot, Radiograph]]:
    """Each picture of the exam as it is done; one at a time is in memory.

    `binning` above 1 makes pixels and anatomy that much coarser, for trials that need not look right.
    """
    for planned in shots(person, exam):
        shot = replace(planned, detector=planned.detector.binned(binning))
        anatomy = make_anatomy(shot.breast, shot.view, binning * CANVAS_STEP_MM)
        placement = _placement(person, exam, shot, anatomy)
        yield shot, take(anatomy, shot.groups, placement, shot.exposure, shot.processing, exam.value)


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
