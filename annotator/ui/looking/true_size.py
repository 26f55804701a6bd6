"""Pictures as large on the screen as the breast was."""

from __future__ import annotations

from PySide6.QtCore import QPointF

from annotator.imaging.placement import scaled_to
from annotator.model.geometry import PixelSpacing, SpacingBasis
from annotator.ui.display.screen_pitch import PitchFile, ScreenPitch
from annotator.ui.panes.viewport import Viewport
from annotator.ui.pictures.picture import Picture

_NEARLY = 1e-6

WHERE = {SpacingBasis.ESTIMATED_IN_BREAST: "in breast"}
"""Shorter words for the basis of the millimetres; the others are short already."""


def true_scale(picture: Picture, pitch: ScreenPitch) -> float | None:
    """Device pixels for each displayed column at true size; None without known spacing."""
    return None if picture.column_mm is None else picture.column_mm / pitch.mm


def why_not(viewport: Viewport, pitches: PitchFile, fits: str, measures: str) -> str:
    """Why a picture cannot be shown at true size, and what to do; '' when it can.

    `fits` and `measures` are the keys that show it at 1:1 and that measure the screen.
    """
    picture = viewport.picture
    if picture is None:
        return "There is no image in this pane."
    if picture.info.spacing is None:
        return f"True size is not known: this file gives no pixel spacing. {fits} shows it at 1:1."
    if pitches.pitch(viewport.screen()) is None:
        return (
            "True size needs the size of a pixel of this screen, which the screen does not tell in a way to be "
            f"believed: measure it once with a ruler ({measures})."
        )
    return ""


def show_true_size(viewport: Viewport, pitch: ScreenPitch, at: QPointF | None = None) -> None:
    """One millimetre of the breast on one millimetre of the screen; what is under `at` stays there."""
    picture = viewport.picture
    scale = None if picture is None else true_scale(picture, pitch)
    if scale is None:
        return
    width, height = viewport.device_size()
    x, y = (width / 2, height / 2) if at is None else viewport.device_position(at)
    viewport.set_view(scaled_to(viewport.view, x, y, scale))


def is_true_size(viewport: Viewport, pitch: ScreenPitch) -> bool:
    """Whether a pane shows its picture at true size now."""
    picture = viewport.picture
    scale = None if picture is None else true_scale(picture, pitch)
    return scale is not None and abs(viewport.view.scale / scale - 1) < _NEARLY


def true_size_words(spacing: PixelSpacing, pitch: ScreenPitch) -> str:
    """What the size is built on: "true size, in breast, pitch entered"."""
    return f"true size, {WHERE.get(spacing.basis, str(spacing.basis))}, {pitch.basis}"
