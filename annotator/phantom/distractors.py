"""What is not calcified and yet bright: on the breast, in it, and in the detector.

Places are (column, row) on the detector, a left breast before it is mirrored. Nothing here is ever a target.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.phantom.body import PhantomView, Side, make_breast
from annotator.phantom.physics import MU_SKIN
from annotator.phantom.shapes import Piece, Shape, make_grain
from annotator.phantom.texture import Field, as_field, blur, slow_line

MU_TITANIUM = 7.1
"""Per mm at 20 keV (NIST)."""
MU_LEAD = 60.0
ALUMINIUM_SALT_MM = 0.30
"""Log signal of a millimetre of caked deodorant."""
FOLD_SHARE, DEODORANT_SHARE, HAIR_SHARE, CLIP_SHARE = 0.5, 0.08, 0.10, 0.12
GAIN_SHARE, LINE_SHARE = 0.5, 0.15
GAIN = 0.012
_ANY_BREAST = make_breast(0, Side.LEFT, "b")


@dataclass(frozen=True, slots=True)
class Defect:
    """One distractor: what it is, its middle, and how far it reaches from there in mm."""

    kind: str
    column: float
    row: float
    reach_mm: float


def on_the_breast(
    rng: np.random.Generator,
    attenuation: Field,
    inside: Field,
    view: PhantomView,
    pixel_mm: float,
    often: float = 1.0,
) -> list[Defect]:
    """Skin fold, deodorant, hair and a biopsy clip, some of them, added to a map of attenuation in place.

    `often` times as many images have each.
    """
    defects: list[Defect] = []
    oblique = view is not PhantomView.CC
    if rng.random() < often * FOLD_SHARE and oblique:
        defects.append(_skin_fold(rng, attenuation, inside, pixel_mm))
    if rng.random() < often * DEODORANT_SHARE * (2 if oblique else 0):
        defects.extend(_deodorant(rng, attenuation, inside, pixel_mm))
    if rng.random() < often * HAIR_SHARE:
        defects.extend(_hair(rng, attenuation, inside, pixel_mm) for _ in range(int(rng.integers(1, 4))))
    if rng.random() < often * CLIP_SHARE:
        defects.extend(_clip(rng, attenuation, inside, pixel_mm))
    return defects


def _skin_fold(rng: np.random.Generator, attenuation: Field, inside: Field, pixel_mm: float) -> Defect:
    """A millimetre of doubled skin that runs in from the edge below the axilla."""
    row = int(rng.uniform(0.04, 0.2) * len(inside))
    edge = int(inside[row].sum())
    length, heading = rng.uniform(25, 60) / pixel_mm, math.radians(rng.uniform(15, 70))
    along = np.linspace(0, 1, 60)
    bend = 4 / pixel_mm * slow_line(rng, 60, 1, 60) * along
    columns = edge - length * along * math.cos(heading) + bend
    rows = row + length * along * math.sin(heading)
    drawn = _stroke(attenuation.shape, columns, rows, 1.0 / pixel_mm)
    attenuation += blur(drawn, 0.3 / pixel_mm) * inside * float(MU_SKIN * rng.uniform(0.8, 2.0))
    return Defect("skin fold", float(columns[30]), float(rows[30]), length * pixel_mm / 2)


def _hair(rng: np.random.Generator, attenuation: Field, inside: Field, pixel_mm: float) -> Defect:
    """A hair across the breast: a thin line that curls."""
    column, row = _somewhere(rng, inside, 0.0)
    steps = int(rng.uniform(15, 60) / 0.5)
    turns = np.cumsum(0.05 * slow_line(rng, steps, 0.5, 8) + rng.normal(0, 0.02)) + rng.uniform(
        0, 2 * math.pi
    )
    columns = column + np.cumsum(np.cos(turns)) * 0.5 / pixel_mm
    rows = row + np.cumsum(np.sin(turns)) * 0.5 / pixel_mm
    drawn = _stroke(attenuation.shape, columns, rows, 1.0)
    width = float(rng.uniform(0.06, 0.11))
    attenuation += drawn * inside * (width * min(1.0, width / pixel_mm) * float(rng.uniform(0.3, 0.9)))
    middle = steps // 2
    return Defect("hair", float(columns[middle]), float(rows[middle]), steps * 0.25)


def _deodorant(rng: np.random.Generator, attenuation: Field, inside: Field, pixel_mm: float) -> list[Defect]:
    """Specks of aluminium salt caked along a crease of the axilla."""
    row = rng.uniform(0.03, 0.13) * len(inside)
    edge = float(inside[int(row)].sum())
    column = edge - rng.uniform(3, 22) / pixel_mm
    heading = math.radians(rng.uniform(30, 110))
    defects = []
    for _ in range(int(rng.integers(8, 36))):
        along, aside = rng.normal(0, 5.0) / pixel_mm, rng.normal(0, 1.1) / pixel_mm
        x = column + along * math.cos(heading) - aside * math.sin(heading)
        y = row + along * math.sin(heading) + aside * math.cos(heading)
        size = float(np.clip(rng.lognormal(math.log(0.22), 0.5), 0.08, 0.8))
        speck = make_grain(rng, size, 0.6, rng.uniform(1, 2.0))
        if _stamp(attenuation, inside, speck, x, y, pixel_mm, ALUMINIUM_SALT_MM * rng.uniform(0.5, 3)):
            defects.append(Defect("deodorant", float(x), float(y), size / 2))
    return defects


def _clip(rng: np.random.Generator, attenuation: Field, inside: Field, pixel_mm: float) -> list[Defect]:
    """A titanium marker of 2 to 4 mm: a bar, a ring, a ribbon, a coil."""
    column, row = _somewhere(rng, inside, 14.0 / pixel_mm)
    t = np.linspace(0, 1, 40)
    size = rng.uniform(1.0, 1.8)
    x, y = (
        (size * (2 * t - 1), 0 * t),
        (size * np.cos(5.6 * t), size * np.sin(5.6 * t)),
        (size * np.sin(2 * math.pi * t), 0.5 * size * np.sin(4 * math.pi * t)),
        (size * (2 * t - 1), 0.35 * size * np.sin(9 * math.pi * t)),
    )[int(rng.integers(4))]
    turn = rng.uniform(0, math.pi)
    points = tuple(
        (float(a * math.cos(turn) - b * math.sin(turn)), float(a * math.sin(turn) + b * math.cos(turn)), 0.0)
        for a, b in zip(x, y, strict=True)
    )
    shape = Piece(points, float(rng.uniform(0.2, 0.45)))
    drawn = _stamp(attenuation, inside, shape, column, row, pixel_mm, MU_TITANIUM)
    return [Defect("clip", column, row, float(size) + 0.3)] if drawn else []


def _stamp(
    attenuation: Field,
    inside: Field,
    shape: Shape,
    column: float,
    row: float,
    pixel_mm: float,
    mu: float,
    fine: int = 6,
) -> bool:
    """Add a shape to the map where it lies on the breast; False where it does not."""
    reach = math.ceil(shape.reach_mm() / pixel_mm) + 2
    left, top, side = math.floor(column) - reach, math.floor(row) - reach, 2 * reach + 1
    if left < 0 or top < 0 or top + side > inside.shape[0] or left + side > inside.shape[1]:
        return False
    where = (slice(top, top + side), slice(left, left + side))
    if inside[where].min() < 0.5:
        return False
    offsets = (np.arange(side * fine) + 0.5) / fine
    u, v = np.meshgrid((left + offsets - column) * pixel_mm, (top + offsets - row) * pixel_mm)
    path = shape.thickness_mm(u, v, PhantomView.CC, _ANY_BREAST)
    attenuation[where] += cv2.resize(path, (side, side), interpolation=cv2.INTER_AREA) * mu
    return True


def _stroke(
    shape: tuple[int, ...], columns: NDArray[np.floating], rows: NDArray[np.floating], width_px: float
) -> Field:
    """A line drawn softly, 1 in its middle."""
    drawn = np.zeros(shape, dtype=np.uint8)
    points = np.round(np.stack([columns, rows], axis=1) * 16 - 8).astype(np.int32)
    cv2.polylines(drawn, [points[:, None]], False, 255, max(1, round(width_px)), cv2.LINE_AA, shift=4)
    return as_field(drawn / np.float32(255))


def _somewhere(rng: np.random.Generator, inside: Field, margin_px: float) -> tuple[float, float]:
    """(column, row) of a place in the breast."""
    small = np.ascontiguousarray(inside[::8, ::8] > 0.5, dtype=np.uint8)
    distance = cv2.distanceTransform(small, cv2.DIST_L2, 3)
    rows, columns = np.nonzero(distance > min(margin_px / 8, 0.8 * float(distance.max())))
    chosen = int(rng.integers(len(rows)))
    return float(columns[chosen] * 8 + 4), float(rows[chosen] * 8 + 4)


def view_marker(
    rng: np.random.Generator, inside: Field, side: Side, view: PhantomView, pixel_mm: float
) -> tuple[Field, list[Defect]]:
    """Lead letters in the air beside the breast, 0..1 on each pixel; nothing where there is no room for them."""
    mask = np.zeros(inside.shape, dtype=np.uint8)
    text = f"{side.value}{view.value}"
    scale, thick = rng.uniform(6, 9) / pixel_mm / 21, max(2, round(1.0 / pixel_mm))
    (width, height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, scale, thick)
    room = round(4 / pixel_mm)
    rows, columns = inside.shape
    left, top = columns - width - 2 * room, int(rng.uniform(0.02, 0.1) * rows) + room
    if left < 0 or inside[top - room : top + height + room, left - room :].max() > 0.5:
        return as_field(mask), []
    # the letters stay readable: those of a right breast are drawn mirrored and mirrored back with it
    tall, wide = height + 2 * thick, width + 2 * thick
    word = np.zeros((tall, wide), dtype=np.uint8)
    cv2.putText(word, text, (thick, height + thick), cv2.FONT_HERSHEY_DUPLEX, scale, 255, thick, cv2.LINE_AA)
    mask[top : top + tall, left : left + wide] = word[:, ::-1] if side is Side.RIGHT else word
    reach = math.hypot(tall, wide) / 2 * pixel_mm
    middle = left + wide / 2, top + tall / 2
    return as_field(mask / np.float32(255)), [Defect("marker", *middle, reach)]


def in_the_detector(
    rng: np.random.Generator,
    counts: Field,
    expected: Field,
    inside: Field,
    pixel_mm: float,
    often: float = 1.0,
) -> list[Defect]:
    """Dead pixels, a column of other gain, a line that was read wrongly: changes the counts in place.

    `often` times as many images have such a column and such a line.
    """
    defects = _dead_pixels(rng, counts, expected, inside, pixel_mm)
    rows = len(counts)
    within = int(inside.any(axis=0).sum())
    if rng.random() < often * GAIN_SHARE:
        column = int(rng.integers(within))
        counts[:, column] *= 1 + GAIN * (1 if rng.random() < 0.5 else -1)
        defects.append(Defect("gain column", column + 0.5, rows / 2, rows * pixel_mm / 2))
    if rng.random() < often * LINE_SHARE:
        defects.append(_line(rng, counts, within, pixel_mm))
    return defects


def _line(rng: np.random.Generator, counts: Field, within: int, pixel_mm: float) -> Defect:
    """One or two rows or columns of the read-out are some percent off over a stretch."""
    rows, columns = counts.shape
    gain = 1 + rng.uniform(0.02, 0.06) * (1 if rng.random() < 0.5 else -1)
    wide = int(rng.integers(1, 3))
    if rng.random() < 0.5:
        row, end = int(rng.uniform(0.1, 0.9) * rows), int(rng.uniform(0.3, 1) * columns)
        counts[row : row + wide, :end] *= gain
        return Defect("line", end / 2, row + wide / 2, end * pixel_mm / 2)
    column, start = int(rng.integers(within)), int(rng.uniform(0, 0.6) * rows)
    counts[start:, column : column + wide] *= gain
    return Defect("line", column + wide / 2, (start + rows) / 2, (rows - start) * pixel_mm / 2)


def _dead_pixels(
    rng: np.random.Generator, counts: Field, expected: Field, inside: Field, pixel_mm: float
) -> list[Defect]:
    """10 to 20 pixels that count far too little (bright in a mammogram) or too much, a quarter of them in pairs."""
    defects = []
    for _ in range(int(rng.integers(10, 21))):
        column, row = (int(at) + int(rng.integers(-4, 5)) for at in _somewhere(rng, inside, 8))
        cold = bool(rng.random() < 0.5)
        share = float(rng.uniform(0.05, 0.6) if cold else rng.uniform(1.5, 4))
        also = ((0, 1), (1, 0))[int(rng.integers(2))] if rng.random() < 0.25 else (0, 0)
        for down, across in {(0, 0), also}:
            y, x = min(row + down, len(counts) - 1), min(column + across, counts.shape[1] - 1)
            counts[y, x] = max(1.0, share * float(expected[y, x]))
        kind = "few counts" if cold else "many counts"
        defects.append(Defect(kind, column + 0.5 + also[1] / 2, row + 0.5 + also[0] / 2, pixel_mm))
    return defects


def mirrored_defects(defects: Sequence[Defect], columns: int) -> tuple[Defect, ...]:
    """The defects of a picture that is mirrored left to right."""
    return tuple(Defect(d.kind, columns - d.column, d.row, d.reach_mm) for d in defects)


def lead(mask: Field) -> Field:
    """Log signal of the letters."""
    return as_field(np.minimum(mask * MU_LEAD * 0.1, 6.0))
