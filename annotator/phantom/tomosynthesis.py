"""Tomosynthesis of a synthetic breast: projections along a sweep of the tube, and slices made from them.

The tube moves parallel to the chest wall, along the rows' axis (y). What lies z above the middle of the breast
falls z tan(angle) aside; a slice is the mean of the filtered projections, each shifted back for its height.
Parallel shifts stand for the true geometry, so a calcification keeps its place of the mammogram.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import fft

from annotator.jobs import CancelToken, Progress
from annotator.phantom import physics
from annotator.phantom.anatomy import Anatomy
from annotator.phantom.body import Side
from annotator.phantom.calcifications import CalcGroup
from annotator.phantom.layers import DepthLayer, depth_layers
from annotator.phantom.physics import MU_FAT, Exposure
from annotator.phantom.presentation import EQUALISATION, FADE_MM, filled
from annotator.phantom.radiograph import (
    Shadow,
    add_soft,
    fine_path,
    mirrored,
    patch_of,
    shadow_of,
    true_calcification,
    true_view,
)
from annotator.phantom.stack_plan import StackPlan, Sweep
from annotator.phantom.texture import Field, as_field, smoothstep, stream
from annotator.phantom.truth import TrueCalcification, TrueSliceCalcification, TrueStack

LOWEST, HIGHEST = 30, 990
CONTRAST, MIDDLE = 3.0, 0.50
CHUNK = 4
"""Slices made at a time: enough to keep a matrix product busy, few enough for memory."""
SEEN_SNR = 5.0
"""Rose's criterion: below this signal to noise ratio a spot is not told from noise."""
GONE_MM = 15.0
"""At this distance from its plane a calcification has fallen apart into faint copies."""

Spectra = NDArray[np.complex64]


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack whose slices are made when asked for, in the stored orientation, with its truth."""

    plan: StackPlan
    truth: TrueStack
    _spectra: Spectra
    _tone: Tone
    _sweep: Sweep

    def slices(self, token: CancelToken | None = None) -> Iterator[NDArray[np.uint16]]:
        """The frames from the detector upwards: 10-bit values, rows x columns, 0 outside the breast."""
        heights = self.plan.heights_mm
        for start in range(0, len(heights), CHUNK):
            for number, values in enumerate(self._made(heights[start : start + CHUNK]), start=start + 1):
                if token is not None:
                    token.checkpoint(Progress(number, len(heights), "slices"))
                stored = self._tone.stored(values)
                yield np.ascontiguousarray(stored[:, ::-1]) if self.truth.laterality == Side.RIGHT else stored

    def _made(self, heights: Sequence[float]) -> Iterator[Field]:
        yield from shift_and_add(self._spectra, heights, self.plan, self._sweep)


def flattened(frames: Iterable[NDArray[np.uint16]]) -> NDArray[np.uint16]:
    """A two-dimensional view made from slices: their mean, brighter values weighing more.

    Weights double with every 64 grey values, so that what is bright in a few slices is not lost in the mean;
    noise is lifted too.
    """
    total: Field | None = None
    weights: Field | None = None
    for frame in frames:
        values = frame.astype(np.float32)
        weight = np.exp2(values / 64)
        if total is None or weights is None:
            total, weights = values * weight, weight
        else:
            total += values * weight
            weights += weight
    if total is None or weights is None:
        raise ValueError("no slices to make a view from")
    made: NDArray[np.uint16] = np.rint(total / weights).astype(np.uint16)
    return made


@dataclass(frozen=True, slots=True)
class Tone:
    """How filtered attenuation becomes 10-bit values: `low` and `high` are its usual range in the breast."""

    low: float
    high: float
    fade: Field
    """1 in the breast, towards 0 at the skin, 0 outside."""

    def stored(self, values: Field) -> NDArray[np.uint16]:
        """LOWEST..HIGHEST along a sigmoid, 0 outside the breast."""
        scale = -CONTRAST / (self.high - self.low)
        tone = 1 / (
            1 + cv2.exp(as_field(values * scale + CONTRAST * (self.low / (self.high - self.low) + MIDDLE)))
        )
        stored = np.rint(LOWEST + as_field(tone) * self.fade * (HIGHEST - LOWEST))
        stored[self.fade <= 0] = 0
        whole: NDArray[np.uint16] = stored.astype(np.uint16)
        return whole


def take_stack(
    anatomy: Anatomy,
    groups: Sequence[CalcGroup],
    plan: StackPlan,
    exposure: Exposure,
    *,
    sweep: Sweep | None = None,
    token: CancelToken | None = None,
) -> Stack:
    """Expose the projections of a view. `exposure` is that of a mammogram with pixels of the plan's size.

    Raises Cancelled at the next projection after `token` is cancelled.
    """
    sweep = sweep or Sweep()
    each = replace(exposure, quanta=exposure.quanta * sweep.dose / sweep.projections)
    layers = depth_layers(anatomy, sweep.layers)
    thickness = plan.placement.project(anatomy.thickness_mm)
    inside = as_field(thickness > 0.8)
    casts = _casts(anatomy, groups, plan, inside)
    spectra = np.empty((0, 0, 0), dtype=np.complex64)
    gain = _gain_along_sweep(plan)
    truth: TrueStack | None = None
    for number, tangent in enumerate(sweep.tangents):
        if token is not None:
            token.checkpoint(Progress(number, sweep.projections, "projections"))
        log, expected = _projection(anatomy, groups, layers, casts, plan, each, (number, tangent))
        spectrum = fft.rfft(
            np.pad(log, ((plan.margin, plan.margin), (0, 0)), mode="edge"), plan.padded_rows, axis=0
        )
        if not spectra.size:
            spectra = np.empty((len(spectrum), sweep.projections, log.shape[1]), dtype=np.complex64)
        spectra[:, number] = spectrum * gain
        if number == sweep.projections // 2:
            truth = _truth(anatomy, groups, casts, plan, each, sweep, expected)
    assert truth is not None
    return Stack(plan, truth, spectra, _tone(spectra, plan, sweep, thickness), sweep)


def shift_and_add(
    spectra: Spectra, heights: Sequence[float], plan: StackPlan, sweep: Sweep
) -> Iterator[Field]:
    """The slices at `heights` (mm): shifts to any part of a pixel are turns of phase, sums one matrix product."""
    frequency = fft.rfftfreq(plan.padded_rows, plan.pixel_mm)
    shifts = np.outer(heights, sweep.tangents)
    turns = np.exp(2j * np.pi * frequency[:, None, None] * shifts) / sweep.projections
    summed = fft.irfft(np.matmul(turns.astype(np.complex64), spectra), plan.padded_rows, axis=0)
    for index in range(len(heights)):
        yield as_field(summed[plan.margin : plan.margin + plan.rows, index])


def _gain_along_sweep(plan: StackPlan) -> NDArray[np.float32]:
    """Gain of each frequency along the sweep, shape (n, 1).

    Low frequencies are damped, middle ones lifted: dots come out sharp, with a dark edge above and below
    bright calcifications.
    """
    per_mm = fft.rfftfreq(plan.padded_rows, plan.pixel_mm)
    low = np.exp(-2 * (np.pi * per_mm * 6.0) ** 2)
    lift = 1.5 * np.minimum(per_mm / 1.2, 1) * np.exp(-((per_mm / 3.3) ** 2))
    return np.asarray((0.55 + (1 - low) * lift)[:, None], dtype=np.float32)


@dataclass(frozen=True, slots=True)
class _Cast:
    """A calcification ready to be projected: its shadow straight down, and its path on a finer grid."""

    shadow: Shadow
    path: Field
    fine: int


def _casts(
    anatomy: Anatomy, groups: Sequence[CalcGroup], plan: StackPlan, inside: Field
) -> tuple[_Cast, ...]:
    casts = []
    pixel = plan.pixel_mm
    for group in groups:
        for calcification in group.calcifications:
            patch = patch_of(calcification, anatomy, plan.placement, inside)
            if patch is None:
                continue
            path, fine = fine_path(calcification, anatomy, pixel, patch)
            shadow = shadow_of(calcification, group, anatomy, pixel, patch, path)
            if shadow is not None:
                casts.append(_Cast(shadow, path, fine))
    return tuple(casts)


def _projection(
    anatomy: Anatomy,
    groups: Sequence[CalcGroup],
    layers: Sequence[DepthLayer],
    casts: Sequence[_Cast],
    plan: StackPlan,
    exposure: Exposure,
    at: tuple[int, float],
) -> tuple[Field, Field]:
    """Log signal of one projection, the missing fat made up for and the air filled; and its expected quanta."""
    number, tangent = at
    attenuation = np.zeros((plan.rows, plan.columns), dtype=np.float32)
    thickness = np.zeros_like(attenuation)
    for layer in layers:
        attenuation += plan.warped(layer.attenuation, layer.z_mm * tangent, anatomy.canvas)
        thickness += plan.warped(layer.thickness_mm, layer.z_mm * tangent, anatomy.canvas)
    inside = as_field(thickness > 0.8)
    attenuation = as_field(np.maximum(attenuation, 0) * inside)
    for group in groups:
        for part in group.soft:
            shift = anatomy.breast.through(part.centre, anatomy.view) * tangent
            add_soft(attenuation, part, anatomy, plan.shifted(shift))
    for cast in casts:
        _add_cast(attenuation, cast, cast.shadow.z_mm * tangent / plan.pixel_mm)
    breast = anatomy.breast
    rng = stream(breast.seed, breast.side.value, anatomy.view.value, "projection", str(number))
    counts, expected = physics.expose(rng, attenuation, inside, exposure, plan.pixel_mm)
    log = -as_field(cv2.log(counts)) + EQUALISATION * MU_FAT * (breast.thickness_mm - thickness) * inside
    return filled(as_field(log), inside), expected


def _add_cast(attenuation: Field, cast: _Cast, down_px: float) -> None:
    """Add a calcification moved down by part of a pixel: whole fine rows, so to 1/12 pixel at least."""
    shadow, fine = cast.shadow, cast.fine
    whole = math.floor(down_px)
    part = round((down_px - whole) * fine)
    side = len(shadow.signal)
    moved = np.pad(cast.path, ((part, fine - part), (0, 0)))
    path = cv2.resize(moved, (side, side + 1), interpolation=cv2.INTER_AREA) * shadow.calcification.thin
    signal = physics.calcium_signal(as_field(path), shadow.calcification.purity)
    top = shadow.top + whole
    first, last = max(0, -top), min(side + 1, len(attenuation) - top)
    if first < last:
        attenuation[top + first : top + last, shadow.left : shadow.left + side] += signal[first:last]


def _tone(spectra: Spectra, plan: StackPlan, sweep: Sweep, thickness: Field) -> Tone:
    fade = smoothstep(thickness, 0.5, FADE_MM)
    fade[thickness <= 0.8] = 0
    inner = fade[::4, ::4] > 0.5
    heights = plan.heights_mm
    some = [heights[round(q * (len(heights) - 1))] for q in (0.2, 0.5, 0.8)]
    sample = np.concatenate([s[::4, ::4][inner] for s in shift_and_add(spectra, some, plan, sweep)])
    low, high = np.percentile(sample, (0.5, 99.7))
    return Tone(float(low), float(high), fade)


def _truth(
    anatomy: Anatomy,
    groups: Sequence[CalcGroup],
    casts: Sequence[_Cast],
    plan: StackPlan,
    exposure: Exposure,
    sweep: Sweep,
    expected: Field,
) -> TrueStack:
    members = tuple(
        _in_depth(true_calcification(c.shadow, exposure, plan.pixel_mm, expected), plan, sweep) for c in casts
    )
    view = true_view(anatomy, groups, plan.placement, members)
    if anatomy.breast.side is Side.RIGHT:
        view = mirrored(view)
    return TrueStack(
        **{name: getattr(view, name) for name in view.__dataclass_fields__},
        frames=len(plan.heights_mm),
        first_z_mm=plan.heights_mm[0],
        step_z_mm=plan.step_z_mm,
        projections=sweep.projections,
        sweep_deg=2 * sweep.half_angle_deg,
    )


def _in_depth(calc: TrueCalcification, plan: StackPlan, sweep: Sweep) -> TrueSliceCalcification:
    """Where along the stack a calcification is sharp, and where it can still be seen.

    In a slice `off` mm away it is drawn out over 2 off tan(half angle); its peak falls as its length over the
    length drawn out.
    """
    snr = calc.snr * math.sqrt(sweep.projections)
    best = plan.frame_at(calc.z_mm)
    spread = 2 * math.tan(math.radians(sweep.half_angle_deg))
    off = min(GONE_MM, calc.diameter_mm * max(0.0, snr / SEEN_SNR - 1) / spread)
    ends = sorted((plan.frame_at(calc.z_mm - off), plan.frame_at(calc.z_mm + off)))
    known = {name: getattr(calc, name) for name in calc.__dataclass_fields__ if name != "snr"}
    return TrueSliceCalcification(**known, snr=snr, frame=best, first_frame=ends[0], last_frame=ends[1])
