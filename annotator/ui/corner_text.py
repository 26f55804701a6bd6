"""What stands in the corners of a picture and on its ruler: the words only."""

from __future__ import annotations

from dataclasses import dataclass

from annotator.imaging.render import PEAK_SHARE, Mode, peak_share
from annotator.imaging.tomosynthesis import slab_words, slice_words
from annotator.model.geometry import ViewTransform
from annotator.model.image import ImageInfo, Intent, Laterality, Voi, Window
from annotator.ui.picture import Picture

ALL, MINIMAL, SIDE_AND_VIEW = 0, 1, 2

RULER_MM = (100, 50, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1)
RULER_PX = (1000, 500, 200, 100, 50, 20, 10, 5, 2)
RULER_SHARE = 0.4


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text; `title` large, `warning` in the colour of warnings."""

    text: str
    title: bool = False
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Corners:
    """The lines of the upper and the lower corner."""

    top: tuple[Line, ...]
    bottom: tuple[Line, ...]


def corner_lines(
    picture: Picture,
    view: ViewTransform,
    voi: Voi,
    mode: Mode,
    inverted: bool,
    level: int,
    *,
    smooth: bool = False,
) -> Corners:
    """What the corners say at an overlay level.

    Side and view, the slice, and what makes an image easy to misread are never left out.
    """
    info = picture.info
    title = Line(_side_and_view(info), title=True)
    place = _place(picture)
    if level >= SIDE_AND_VIEW:
        # one line of each, because here they may lie on the breast
        flags = _joined(_warnings(picture), warning=True)
        return Corners((title, *place, *flags, *_joined(_notes(info))), ())
    flags = tuple(Line(text, warning=True) for text in _warnings(picture))
    notes = tuple(Line(text) for text in _notes(info))
    shown = (
        Line(_pixel_size(info)),
        Line(" · ".join((*(("inverted",) if inverted else ()), made_of(view, mode, smooth)))),
    )
    if level == MINIMAL:
        return Corners((title, *flags, *notes, *place), shown)
    technique = tuple(Line(text) for text in (_date(info.exam_date), _technique(info)) if text)
    return Corners((title, *technique, *place, *flags, *notes), (Line(_window(voi)), *shown))


@dataclass(frozen=True, slots=True)
class Ruler:
    """A length on the edge: `length` in device pixels, `text` what it is."""

    length: float
    text: str


def ruler(picture: Picture, view: ViewTransform, height: int) -> Ruler:
    """The longest round length that takes up to two fifths of the viewport; pixels without spacing."""
    spacing = picture.info.spacing
    room = height * RULER_SHARE
    if spacing is None:
        for pixels in RULER_PX:
            if pixels * view.scale_down <= room:
                return Ruler(pixels * view.scale_down, f"{pixels} px")
        return Ruler(view.scale_down, "1 px")
    row_mm = spacing.column_mm if picture.orientation.transpose else spacing.row_mm
    per_mm = view.scale_down / row_mm
    chosen = next((mm for mm in RULER_MM if mm * per_mm <= room), RULER_MM[-1])
    return Ruler(chosen * per_mm, f"{chosen:g} mm {spacing.basis}")


def text_on_right(picture: Picture) -> bool:
    """The air side: opposite to the chest wall."""
    return picture.info.laterality is Laterality.LEFT


def made_of(view: ViewTransform, mode: Mode, smooth: bool) -> str:
    """How large the picture is and what its screen pixels are made of; at 1:1 they are its own."""
    size = min(view.scale, view.scale_down)
    if size == max(view.scale, view.scale_down) == 1:
        return "1:1"
    share = peak_share(view)
    if size >= 1:
        made = "smooth" if smooth else "squares"
    elif mode is Mode.MEAN:
        made = "mean"
    else:
        left = share / PEAK_SHARE
        percent = f"{left:.0%}" if left >= 0.01 else "<1%"
        made = "speck-true" if left >= 1 else f"speck-true, fading ({percent})"
    # what is nearly 1:1 must not look like it
    zoom = f"{view.scale:.2f}"
    return f"{made} · zoom {f'{view.scale:.4f}' if zoom == '1.00' else zoom}"


def _joined(words: list[str], *, warning: bool = False) -> tuple[Line, ...]:
    return (Line(" · ".join(words), warning=warning),) if words else ()


def _side_and_view(info: ImageInfo) -> str:
    name = info.label.removeprefix(info.laterality or "")
    return " ".join(part for part in (info.laterality or "", name) if part) or "side and view unknown"


def _date(date: str) -> str:
    return f"{date[:4]}-{date[4:6]}-{date[6:8]}" if len(date) == 8 and date.isdigit() else date


def _technique(info: ImageInfo) -> str:
    technique = info.technique
    parts = (
        (technique.kvp, "kVp"),
        (technique.body_part_thickness_mm, "mm"),
        (technique.compression_force_n, "N"),
    )
    return "  ".join(f"{value:.0f} {unit}" for value, unit in parts if value is not None)


def _window(voi: Voi) -> str:
    if isinstance(voi, Window):
        name = f"  {voi.name}" if voi.name else ""
        return f"W {voi.width:.0f}  C {voi.center:.0f}  {voi.function}{name}"
    return f"table {voi.name}" if voi.name else "table of the file"


def _pixel_size(info: ImageInfo) -> str:
    spacing = info.spacing
    return "pixel size unknown" if spacing is None else f"{spacing.mean_mm:.3g} mm {spacing.basis}"


def depth_words(picture: Picture) -> str:
    """Which slice or slab of a stack is shown, '' of other pictures."""
    if not picture.info.is_stack:
        return ""
    number = picture.frame_number
    if picture.slab is not None:
        return slab_words(picture.slices, number, picture.slab.slab)
    return (
        slice_words(picture.slices, number) if picture.slices else f"slice {number} of {picture.info.frames}"
    )


def _place(picture: Picture) -> tuple[Line, ...]:
    words = depth_words(picture)
    if picture.slab is None:
        return (Line(words),) if words else ()
    return (Line(words), Line(slice_words(picture.slices, picture.frame_number)))


def _warnings(picture: Picture) -> list[str]:
    info = picture.info
    found = ["FOR PROCESSING"] if info.intent is Intent.PROCESSING else []
    if info.lossy:
        found.append("LOSSY")
    return [*found, "first look, full picture on its way"] if picture.provisional else found


def _notes(info: ImageInfo) -> list[str]:
    found = []
    if info.generated_2d:
        found.append("SYNTHETIC 2D")
    if info.partial_view:
        found.append("PARTIAL")
    if info.implant:
        found.append("IMPLANT")
    factor = info.technique.magnification_factor
    if info.view.magnified or (factor is not None and factor >= 1.2):
        found.append("magnified, factor unknown" if factor is None else f"magnified x{factor:.2g}")
    return found
