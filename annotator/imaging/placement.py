"""Where a picture lies on a viewport: fit, 1:1, zoom at the pointer, pan. Pure functions on ViewTransform.

Screen lengths are device pixels. At 1:1 the picture always begins on a whole pixel, so that what is
seen are its own pixels.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from annotator.hanging import SIDEWAYS, edge_for
from annotator.model.geometry import ImagePoint, Orientation, PixelSpacing, ViewTransform
from annotator.model.image import ImageInfo

LARGEST_SCALE = 64.0
SMALLEST_SCALE = 1 / 64
STAYS_VISIBLE = 0.25
NEARLY_SQUARE = 0.01
WORTH_IT = 1.1
"""So many times as large must a picture become before some of its air is left out of sight."""

Region = tuple[float, float, float, float]
"""A part of the stored image: column, row, columns, rows."""

UNTURNED = Orientation()

Align = Literal["left", "right", "center"]


def fit(
    columns: int,
    rows: int,
    width: int,
    height: int,
    orientation: Orientation = UNTURNED,
    align: Align = "center",
    *,
    at_top: bool = False,
    spacing: PixelSpacing | None = None,
    scale: float | None = None,
) -> ViewTransform:
    """The whole image in a viewport of `width` x `height` screen pixels, chest wall at `align`.

    `at_top` justifies to the upper edge (axilla), otherwise it lies in the middle. `spacing` keeps the
    shape of pixels that are not square. `scale` (screen pixels per displayed column) replaces the
    largest that fits, e.g. for the same millimetres in several panes.
    """
    shown_columns, shown_rows = orientation.displayed_size(columns, rows)
    stretch = _stretch(spacing, orientation)
    across = scale or min(max(width, 1) / shown_columns, max(height, 1) / (shown_rows * stretch))
    free_width = width - shown_columns * across
    free_height = height - shown_rows * across * stretch
    left = {"left": 0.0, "center": free_width / 2, "right": free_width}[align]
    return _settled(
        ViewTransform(
            columns,
            rows,
            across,
            left,
            0.0 if at_top else free_height / 2,
            orientation,
            None if stretch == 1 else across * stretch,
        )
    )


def fit_hung(
    info: ImageInfo, orientation: Orientation, width: int, height: int, scale: float | None = None
) -> ViewTransform:
    """`fit` as an image hangs: chest wall at its edge, side views justified to the axilla.

    See docs/domain.md, turning and hanging.
    """
    return fit(
        info.columns,
        info.rows,
        width,
        height,
        orientation,
        edge_for(info),
        at_top=info.view.name in SIDEWAYS,
        spacing=info.spacing,
        scale=scale,
    )


def fit_breast(
    info: ImageInfo,
    orientation: Orientation,
    width: int,
    height: int,
    breast: Region,
    scale: float | None = None,
) -> ViewTransform:
    """`fit_hung` as large as all of `breast` is in sight; air beyond it may be left out, the chest wall never.

    Where that gains little the whole picture is shown. `scale` as of `fit`.
    """
    whole = fit_hung(info, orientation, width, height)
    stretch = whole.scale_down / whole.scale
    columns, rows = orientation.displayed_size(info.columns, info.rows)
    left, top, right, bottom = _displayed(breast, info, orientation)
    edge = edge_for(info)
    left, right = (0.0 if edge == "left" else left), (columns if edge == "right" else right)
    if scale is None:
        scale = min(width / (right - left), height / ((bottom - top) * stretch))
        if scale < whole.scale * WORTH_IT:
            return whole
    view = fit_hung(info, orientation, width, height, scale)
    down = view.scale_down
    if columns * scale > width and edge == "center":
        view = replace(view, left=_around(left * scale, right * scale, columns * scale, width))
    if rows * down > height:
        middle = _around(top * down, bottom * down, rows * down, height)
        axilla = min(height - bottom * down, 0.0)
        view = replace(view, top=axilla if info.view.name in SIDEWAYS else middle)
    return _settled(view)


def fit_region(
    columns: int,
    rows: int,
    width: int,
    height: int,
    region: Region,
    orientation: Orientation = UNTURNED,
    *,
    spacing: PixelSpacing | None = None,
) -> ViewTransform:
    """A part of the stored image (column, row, columns, rows) as large as it fits, in the middle."""
    column, row, across, down = region
    shown_across, shown_down = (down, across) if orientation.transpose else (across, down)
    stretch = _stretch(spacing, orientation)
    scale = min(width / shown_across, height / (shown_down * stretch))
    view = fit(columns, rows, width, height, orientation, spacing=spacing, scale=scale)
    x, y = view.to_screen(ImagePoint(column + across / 2, row + down / 2))
    return _settled(replace(view, left=view.left + width / 2 - x, top=view.top + height / 2 - y))


def zoom_at(view: ViewTransform, x: float, y: float, factor: float, width: int, height: int) -> ViewTransform:
    """Zoom by `factor`, keeping the image point under screen position (x, y) where it is.

    A step that would cross 1:1 stops there. At 1:1 the point may move by half a screen pixel.
    """
    wanted = view.scale * factor
    if view.scale < 1 < wanted or wanted < 1 < view.scale:
        wanted = 1.0
    return clamp(scaled_to(view, x, y, wanted), width, height)


def scaled_to(view: ViewTransform, x: float, y: float, scale: float) -> ViewTransform:
    """The view at a scale as near to `scale` as there may be, what is under screen position (x, y) staying there."""
    scale = min(max(scale, SMALLEST_SCALE), LARGEST_SCALE)
    ratio = scale / view.scale
    return replace(
        view,
        scale=scale,
        scale_rows=None if view.scale_rows is None else view.scale_rows * ratio,
        left=x - (x - view.left) * ratio,
        top=y - (y - view.top) * ratio,
    )


def one_to_one(
    view: ViewTransform, width: int, height: int, at: tuple[float, float] | None = None
) -> ViewTransform:
    """One image pixel on one screen pixel; what is under `at` (or in the middle) stays there."""
    x, y = at or (width / 2, height / 2)
    return clamp(scaled_to(view, x, y, 1.0), width, height)


def center_on(view: ViewTransform, point: ImagePoint, width: int, height: int) -> ViewTransform:
    """Bring a point of the stored image to the middle of the viewport."""
    x, y = view.to_screen(point)
    return pan_by(view, width / 2 - x, height / 2 - y, width, height)


def pan_by(view: ViewTransform, dx: float, dy: float, width: int, height: int) -> ViewTransform:
    """Shift the picture by screen pixels, as far as `clamp` lets it go."""
    return clamp(replace(view, left=view.left + dx, top=view.top + dy), width, height)


def clamp(view: ViewTransform, width: int, height: int) -> ViewTransform:
    """The view shifted so that a quarter of the picture or of the viewport is seen: it cannot be lost."""
    columns, rows = view.orientation.displayed_size(view.columns, view.rows)
    left = _kept(view.left, columns * view.scale, width)
    top = _kept(view.top, rows * view.scale_down, height)
    return _settled(replace(view, left=left, top=top))


def _displayed(region: Region, info: ImageInfo, orientation: Orientation) -> Region:
    """Left, top, right, bottom of a part of the stored image in the image as displayed."""
    column, row, across, down = region
    corners = ImagePoint(column, row), ImagePoint(column + across, row + down)
    one, other = (orientation.to_displayed(corner, info.columns, info.rows) for corner in corners)
    left, right = sorted((one.column, other.column))
    top, bottom = sorted((one.row, other.row))
    return left, top, right, bottom


def _around(start: float, end: float, shown: float, available: float) -> float:
    """Where a picture longer than there is room begins: a part of it in the middle, no room left empty."""
    return min(max(available / 2 - (start + end) / 2, available - shown), 0.0)


def _stretch(spacing: PixelSpacing | None, orientation: Orientation) -> float:
    """Height of a displayed pixel in its widths; 1 when they differ by rounding only."""
    ratio = 1.0 if spacing is None else spacing.row_mm / spacing.column_mm
    if abs(ratio - 1) < NEARLY_SQUARE:
        return 1.0
    return 1 / ratio if orientation.transpose else ratio


def _kept(start: float, shown: float, available: float) -> float:
    visible = min(shown, available) * STAYS_VISIBLE
    return min(max(start, visible - shown), available - visible)


def _settled(view: ViewTransform) -> ViewTransform:
    if view.scale != 1:
        return view
    return replace(view, left=float(round(view.left)), top=float(round(view.top)))
