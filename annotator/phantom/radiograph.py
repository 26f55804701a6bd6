"""One picture: an anatomy with its calcifications, exposed, processed and described."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.phantom import physics
from annotator.phantom.anatomy import Anatomy
from annotator.phantom.body import BodyPoint, Side
from annotator.phantom.calcifications import CalcGroup, Calcification, SoftPart
from annotator.phantom.physics import MU_FAT, MU_GLAND, Exposure
from annotator.phantom.placement import Placement
from annotator.phantom.presentation import Processing, present
from annotator.phantom.texture import Field, as_field, smoothstep, stream
from annotator.phantom.truth import TrueCalcification, TrueGroup, TrueView

SUPERSAMPLING = 6
EDGE_MARGIN_MM = 1.0


@dataclass(frozen=True, slots=True)
class Shadow:
    """A calcification on the detector: log signal and share of each pixel covered, on a patch at (`left`, `top`)."""

    calcification: Calcification
    group: CalcGroup
    left: int
    top: int
    signal: Field
    coverage: Field
    column: float
    row: float
    area_mm2: float
    z_mm: float


@dataclass(frozen=True, slots=True)
class Radiograph:
    """A finished picture: stored values, raw quanta, and the truth, all in the stored orientation."""

    pixels: NDArray[np.uint16]
    quanta: Field
    truth: TrueView


def take(
    anatomy: Anatomy,
    groups: Sequence[CalcGroup],
    placement: Placement,
    exposure: Exposure,
    processing: Processing,
    noise_name: str,
) -> Radiograph:
    """Expose and process one view. `noise_name` sets the noise apart from that of other pictures of the seed."""
    breast, pixel = anatomy.breast, placement.detector.in_breast_mm
    lit = laid_out(anatomy, groups, placement)
    rng = stream(breast.seed, breast.side.value, anatomy.view.value, "noise", noise_name)
    counts, expected = physics.expose(rng, lit.attenuation, lit.inside, exposure, pixel)
    pixels = present(counts, lit.thickness_mm, lit.inside, pixel, processing)
    truth = described(anatomy, groups, lit.shadows, placement, exposure, expected)
    if breast.side is Side.RIGHT:
        pixels, counts = np.ascontiguousarray(pixels[:, ::-1]), as_field(counts[:, ::-1])
        truth = mirrored(truth)
    return Radiograph(pixels, counts, truth)


@dataclass(frozen=True, slots=True)
class LaidOut:
    """What lies in the beam of each pixel before the exposure; `inside` is 1 in the breast, 0 beside it."""

    thickness_mm: Field
    inside: Field
    attenuation: Field
    shadows: tuple[Shadow, ...]


def laid_out(anatomy: Anatomy, groups: Sequence[CalcGroup], placement: Placement) -> LaidOut:
    """The breast with its calcifications on the pixels of a detector, a left breast before it is mirrored."""
    thickness = placement.project(anatomy.thickness_mm)
    inside = as_field(thickness > 0.8)
    attenuation = placement.project(anatomy.attenuation) * inside
    shadows = tuple(s for group in groups for s in _shadows(group, anatomy, placement, inside))
    for group in groups:
        for part in group.soft:
            add_soft(attenuation, part, anatomy, placement)
    for shadow in shadows:
        height, width = shadow.signal.shape
        attenuation[shadow.top : shadow.top + height, shadow.left : shadow.left + width] += shadow.signal
    return LaidOut(thickness, inside, as_field(attenuation), shadows)


def plane_of(anatomy: Anatomy, point: BodyPoint) -> tuple[float, float]:
    """(x, y) in mm of a place in the breast on the plane of the view."""
    height = anatomy.breast.vertical(point, anatomy.view)
    return anatomy.outline.nipple_x_mm - point.depth, anatomy.outline.nipple_y_mm - height


@dataclass(frozen=True, slots=True)
class Patch:
    """A square of `side` pixels about a calcification centred at (`column`, `row`)."""

    column: float
    row: float
    left: int
    top: int
    side: int


def patch_of(
    calcification: Calcification, anatomy: Anatomy, placement: Placement, inside: Field
) -> Patch | None:
    """Where a calcification falls on the detector; None when it is not wholly in the picture and the breast."""
    column, row = placement.to_detector(*plane_of(anatomy, calcification.centre))
    reach = math.ceil((calcification.shape.reach_mm() + EDGE_MARGIN_MM) / placement.detector.in_breast_mm)
    left, top = math.floor(column) - reach, math.floor(row) - reach
    side = 2 * reach + 1
    rows, columns = inside.shape
    if left < 0 or top < 0 or left + side > columns or top + side > rows:
        return None
    if inside[top : top + side : max(1, side // 8), left : left + side : max(1, side // 8)].min() < 0.5:
        return None
    return Patch(column, row, left, top, side)


def fine_path(
    calcification: Calcification, anatomy: Anatomy, pixel: float, patch: Patch
) -> tuple[Field, int]:
    """Path length in mm through a calcification on a grid finer than the pixels, and how many times finer."""
    fine = SUPERSAMPLING if calcification.shape.reach_mm() < 3 else 3
    offsets = (np.arange(patch.side * fine) + 0.5) / fine
    u = ((patch.left + offsets - patch.column) * pixel)[None, :]
    v = ((patch.top + offsets - patch.row) * pixel)[:, None]
    u, v = np.broadcast_arrays(u, v)
    return calcification.shape.thickness_mm(u, v, anatomy.view, anatomy.breast), fine


def _shadows(group: CalcGroup, anatomy: Anatomy, placement: Placement, inside: Field) -> list[Shadow]:
    shadows = []
    for calcification in group.calcifications:
        patch = patch_of(calcification, anatomy, placement, inside)
        if patch is None:
            continue
        path, _ = fine_path(calcification, anatomy, placement.detector.in_breast_mm, patch)
        shadow = shadow_of(calcification, group, anatomy, placement.detector.in_breast_mm, patch, path)
        if shadow is not None:
            shadows.append(shadow)
    return shadows


def shadow_of(
    calcification: Calcification, group: CalcGroup, anatomy: Anatomy, pixel: float, patch: Patch, path: Field
) -> Shadow | None:
    """The shadow of `path` (see `fine_path`) on the pixels of its patch; None when it casts none."""
    size = (patch.side, patch.side)
    coverage = cv2.resize((path > 0).astype(np.float32), size, interpolation=cv2.INTER_AREA)
    total = float(coverage.sum())
    if total <= 0:
        return None
    thickness = cv2.resize(path, size, interpolation=cv2.INTER_AREA) * calcification.thin
    centres = np.arange(patch.side) + 0.5
    return Shadow(
        calcification=calcification,
        group=group,
        left=patch.left,
        top=patch.top,
        signal=physics.calcium_signal(as_field(thickness), calcification.purity),
        coverage=as_field(coverage),
        column=patch.left + float((coverage.sum(axis=0) * centres).sum()) / total,
        row=patch.top + float((coverage.sum(axis=1) * centres).sum()) / total,
        area_mm2=total * pixel * pixel,
        z_mm=anatomy.breast.through(calcification.centre, anatomy.view),
    )


def add_soft(attenuation: Field, part: SoftPart, anatomy: Anatomy, placement: Placement) -> None:
    """Add a ball of soft tissue to a detector map of attenuation, in place."""
    column, row = placement.to_detector(*plane_of(anatomy, part.centre))
    radius = part.radius_mm / placement.detector.in_breast_mm
    rows, columns = attenuation.shape
    top, bottom = max(0, int(row - 1.2 * radius)), min(rows, int(row + 1.2 * radius) + 1)
    left, right = max(0, int(column - 1.2 * radius)), min(columns, int(column + 1.2 * radius) + 1)
    if top >= bottom or left >= right:
        return
    y = (np.arange(top, bottom) + 0.5 - row)[:, None] / radius
    x = (np.arange(left, right) + 0.5 - column)[None, :] / (1.12 * radius)
    ball = np.sqrt(np.clip(1 - x * x - y * y, 0, None)) * smoothstep(1 - np.hypot(x, y), 0, 0.25)
    attenuation[top:bottom, left:right] += ball * ((MU_GLAND - MU_FAT) * part.gland_mm)


def described(
    anatomy: Anatomy,
    groups: Sequence[CalcGroup],
    shadows: Sequence[Shadow],
    placement: Placement,
    exposure: Exposure,
    expected: Field,
) -> TrueView:
    """The truth of an exposed view before it is mirrored; `expected` are the quanta of each pixel."""
    detector = placement.detector
    members = tuple(true_calcification(s, exposure, detector.in_breast_mm, expected) for s in shadows)
    return true_view(anatomy, groups, placement, members)


def true_view(
    anatomy: Anatomy,
    groups: Sequence[CalcGroup],
    placement: Placement,
    members: tuple[TrueCalcification, ...],
) -> TrueView:
    """All truth of a view before it is mirrored; groups that show nothing are left out."""
    detector, breast = placement.detector, anatomy.breast
    nipple = placement.to_detector(anatomy.outline.nipple_x_mm, anatomy.outline.nipple_y_mm)
    return TrueView(
        laterality=breast.side.value,
        view=anatomy.view.value,
        density=breast.density,
        rows=detector.rows,
        columns=detector.columns,
        pixel_mm=detector.pixel_mm,
        in_breast_mm=detector.in_breast_mm,
        magnification=detector.magnification,
        thickness_mm=breast.thickness_mm,
        nipple_column=nipple[0],
        nipple_row=nipple[1],
        groups=tuple(
            TrueGroup(g.id, g.kind, g.distribution, g.benign, sum(m.group == g.id for m in members))
            for g in groups
            if any(m.group == g.id for m in members)
        ),
        calcifications=members,
    )


def true_calcification(
    shadow: Shadow, exposure: Exposure, pixel: float, expected: Field
) -> TrueCalcification:
    """What is true of one shadow; `expected` are the quanta of each detector pixel."""
    blurred = physics.detector_blur(shadow.signal, exposure, pixel)
    height, width = blurred.shape
    area = expected[shadow.top : shadow.top + height, shadow.left : shadow.left + width]
    local = float(np.percentile(area, 90))
    ratio = exposure.scatter_ratio
    return TrueCalcification(
        id=shadow.calcification.id,
        kind=shadow.group.kind,
        group=shadow.group.id,
        benign=shadow.group.benign,
        column=shadow.column,
        row=shadow.row,
        diameter_mm=2 * math.sqrt(shadow.area_mm2 / math.pi),
        area_mm2=shadow.area_mm2,
        contrast=(1 - math.exp(-float(blurred.max()))) / (1 + ratio),
        snr=physics.signal_to_noise(blurred, local, ratio),
        z_mm=shadow.z_mm,
    )


def mirrored(truth: TrueView) -> TrueView:
    width = truth.columns
    return replace(
        truth,
        nipple_column=width - truth.nipple_column,
        calcifications=tuple(replace(c, column=width - c.column) for c in truth.calcifications),
    )
