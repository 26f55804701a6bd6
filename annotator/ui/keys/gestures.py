"""What mouse and wheel mean: the choices that profiles differ in."""

from __future__ import annotations

from enum import StrEnum


class LeftDrag(StrEnum):
    """What a drag with the left button does while no marking tool is in hand."""

    WINDOW = "window"
    PAN = "pan"


class WheelTurn(StrEnum):
    """What the wheel does; with Ctrl it does the other thing."""

    BY_IMAGE = "by image"
    ZOOM = "zoom"
    STEP = "step"

    def steps(self, *, is_stack: bool, other: bool) -> bool:
        """Whether a turn goes to another slice or image rather than zooming; `other`: with Ctrl.

        A single image has no slices, so there Ctrl changes nothing unless the wheel goes from image to image.
        """
        if self is WheelTurn.STEP:
            return not other
        return is_stack and other is (self is WheelTurn.ZOOM)


class FirstTool(StrEnum):
    """What is in the hand when the window opens."""

    LOOK = "look"
    MICRO = "micro"
    MACRO = "macro"
    SELECT = "select"
