"""How a lens shows what is under it: size, magnification, window and inversion."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace
from math import isfinite

from annotator.model.geometry import ViewTransform

SCALES = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0)
"""Magnifications on offer, in screen pixels per image pixel."""
SMALLEST_SIDE, LARGEST_SIDE = 120, 800
SIZE_STEP = 1.15


@dataclass(frozen=True, slots=True)
class LensLook:
    """How the lens shows what is under it.

    `side` in logical pixels. `scale` in screen pixels per image pixel. `inverted` is against the
    picture around it. `dragged` is how far, in screen pixels right and down, its window was dragged
    away from that of the picture: so it keeps its harder contrast from one image to the next. `twin`:
    a second lens shows the same place of the other breast.
    """

    side: int = 320
    scale: float = 2.0
    inverted: bool = False
    dragged: tuple[float, float] = (0.0, 0.0)
    twin: bool = False

    def to_text(self) -> str:
        """The look in one line, for the file that remembers the window's places."""
        right, down = self.dragged
        return f"{self.side} {self.scale:g} {int(self.inverted)} {right:g} {down:g} {int(self.twin)}"

    @classmethod
    def from_text(cls, text: str) -> LensLook:
        """The look that `to_text` wrote; the usual one when the line cannot be understood."""
        try:
            # a line of an earlier version says nothing of a twin
            side, scale, inverted, right, down, twin = (float(part) for part in [*text.split(), "0"][:6])
        except ValueError:
            return cls()
        if scale not in SCALES or not SMALLEST_SIDE <= side <= LARGEST_SIDE:
            return cls()
        if not (isfinite(right) and isfinite(down)):
            return cls()
        return cls(round(side), scale, bool(inverted), (right, down), bool(twin))

    def sized(self, notches: float) -> LensLook:
        """Larger, or smaller for negative notches of the wheel, within limits."""
        side = round(self.side * SIZE_STEP**notches)
        return replace(self, side=min(max(side, SMALLEST_SIDE), LARGEST_SIDE))

    def magnified(self, steps: int) -> LensLook:
        """So many magnifications further, up to the last."""
        at = bisect_left(SCALES, self.scale) + steps
        return replace(self, scale=SCALES[min(max(at, 0), len(SCALES) - 1)])


def lens_view(
    view: ViewTransform, at: tuple[float, float], scale: float, center: tuple[float, float]
) -> ViewTransform:
    """The view at `scale` whose point under `at` (device pixels of the viewport) lies at `center` of the lens."""
    ratio = scale / view.scale
    return replace(
        view,
        scale=scale,
        scale_rows=None if view.scale_rows is None else view.scale_rows * ratio,
        left=center[0] - (at[0] - view.left) * ratio,
        top=center[1] - (at[1] - view.top) * ratio,
    )
