"""What stands in the corners of a picture: the words only, the most important nearest to the corner."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from annotator.hanging import edge_for
from annotator.imaging.render import PEAK_SHARE, Mode, peak_share
from annotator.imaging.tomosynthesis import slab_words, slice_words
from annotator.model.geometry import ViewTransform
from annotator.model.image import ImageInfo, Intent, Voi, Window
from annotator.ui.pictures.picture import Picture
from annotator.ui.words import technique_lines as said
from annotator.ui.words.technique_lines import DIVIDER

ALL, MINIMAL, SIDE_AND_VIEW = 0, 1, 2

MAGNIFIED_FROM = 1.2
"""A larger factor is told: contact views have up to 1.1, magnification views 1.5 to 2."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text: `title` large, `warning` bold and in the colour of warnings, `stays` never left out,
    `letter` bold at an edge.
    """

    text: str
    title: bool = False
    warning: bool = False
    stays: bool = False
    letter: bool = False


@dataclass(frozen=True, slots=True)
class Corners:
    """The lines of the upper and the lower corner, both from top to bottom."""

    top: tuple[Line, ...]
    bottom: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Beside:
    """What an image does not say itself: `pseudonym` in place of the patient's name (None: as the header has it),
    `prior` that it is of an earlier exam, `part` which tile of a mosaic it is, `screen` what keeps the screen from
    being trusted, `again` that the reader wants it taken again and why; '' for nothing. `who_beside`: the first pane of its row says whose exam it is.
    """

    pseudonym: str | None = None
    prior: str = ""
    part: str = ""
    screen: str = ""
    who_beside: bool = False
    again: str = ""


NOTHING_BESIDE = Beside()


def corner_lines(
    picture: Picture,
    view: ViewTransform,
    voi: Voi,
    mode: Mode,
    inverted: bool,
    level: int,
    *,
    smooth: bool = False,
    beside: Beside = NOTHING_BESIDE,
    narrow: bool = False,
) -> Corners:
    """What the corners say at an overlay level.

    Side and view, an earlier exam, the slice, and what makes an image easy to misread are never left out. A
    `narrow` pane says of the rest only the day the picture was taken, and whose it is once for each row of an exam.
    """
    info = picture.info
    flags, notes = _warnings(picture, beside), _notes(info, beside)
    title: tuple[Line, ...] = (Line(said.side_and_view(info), title=True, stays=True),)
    if beside.prior:
        title = (*title, Line(beside.prior, letter=True, stays=True))
    place = _place(picture)
    if level >= SIDE_AND_VIEW:
        joined = (*_joined(flags, warning=True), *_joined(notes))
        return Corners((*title, *place, *joined), ())
    stays = (
        *title,
        *(Line(text, warning=True, stays=True) for text in flags),
        *(Line(text, stays=True) for text in notes),
        *place,
    )
    made = made_of(view, mode, smooth)
    shown = (_pixel_size(info), DIVIDER.join((*(("inverted",) if inverted else ()), made)))
    if level == MINIMAL:
        return Corners(stays, _plain(shown))
    hidden = beside.pseudonym is not None
    person, moment = said.person_lines(info, beside.pseudonym), said.moment_line(info)
    if narrow:
        once = () if beside.who_beside else person
        day = "" if beside.prior else said.day_line(info)
        return Corners((*stays, *_plain((*once[:1], day, *once[1:]))), _plain(shown))
    who = (*person, moment, said.exam_line(info))
    where = () if hidden else (*said.place_lines(info), *said.people_lines(info))
    how = (
        beside.screen,
        *reversed(said.machine_lines(info, numbers=not hidden)),
        said.dose_line(info),
        said.compression_line(info),
        said.exposure_line(info),
        _window(voi),
    )
    return Corners((*stays, *_plain((*who, *where))), _plain((*how, *shown)))


def all_words(picture: Picture, beside: Beside = NOTHING_BESIDE) -> tuple[str, ...]:
    """Everything the header says of the picture, for where a pane is too small to show it."""
    lines = corner_lines(
        picture, ViewTransform(1, 1, 1.0, 0.0, 0.0), picture.voi, Mode.MEAN, False, ALL, beside=beside
    )
    return tuple(line.text for line in (*lines.top, *lines.bottom[:-1]))


def in_one_line(lines: Iterable[Line]) -> Line:
    """What must be known, in the least room: where there is no air left beside the breast."""
    kept = tuple(lines)
    text = DIVIDER.join(line.text for line in kept)
    bold = any(line.title or line.letter for line in kept)
    return replace(Line(text, stays=True), warning=any(line.warning for line in kept), letter=bold)


def text_on_right(picture: Picture) -> bool:
    """The air side: opposite to the chest wall."""
    return edge_for(picture.info) == "left"


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
        percent = f"{100 * left:.0f} %" if left >= 0.01 else "<1 %"
        made = "speck-true" if left >= 1 else f"speck-true, fading ({percent})"
    # what is nearly 1:1 must not look like it
    zoom = f"{view.scale:.2f}"
    return f"{made} · zoom {f'{view.scale:.4f}' if zoom == '1.00' else zoom}"


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


def _plain(texts: Iterable[str]) -> tuple[Line, ...]:
    return tuple(Line(text) for text in texts if text)


def _joined(words: list[str], *, warning: bool = False) -> tuple[Line, ...]:
    return (Line(DIVIDER.join(words), warning=warning, stays=True),) if words else ()


def _window(voi: Voi) -> str:
    if isinstance(voi, Window):
        numbers = f"W {voi.width:.0f}  C {voi.center:.0f}"
        return DIVIDER.join(part for part in (numbers, voi.function, voi.name) if part)
    return f"table {voi.name}" if voi.name else "table of the file"


def _pixel_size(info: ImageInfo) -> str:
    spacing = info.spacing
    return "" if spacing is None else f"{spacing.mean_mm:.3g} mm {spacing.basis}"


def _place(picture: Picture) -> tuple[Line, ...]:
    words = depth_words(picture)
    if picture.slab is None:
        return (Line(words, stays=True),) if words else ()
    return (Line(words, stays=True), Line(slice_words(picture.slices, picture.frame_number), stays=True))


def _warnings(picture: Picture, beside: Beside) -> list[str]:
    info = picture.info
    found = ["FOR PROCESSING"] if info.intent is Intent.PROCESSING else []
    if info.lossy:
        found.append("LOSSY")
    if beside.again:
        found.append(beside.again)
    return [*found, "first look, full picture on its way"] if picture.provisional else found


def _notes(info: ImageInfo, beside: Beside) -> list[str]:
    found = []
    if info.generated_2d:
        found.append("SYNTHETIC 2D")
    if info.partial_view:
        found.append(said.partial_words(info))
    if beside.part:
        found.append(beside.part)
    if info.implant:
        found.append("IMPLANT")
    factor = info.technique.magnification_factor
    if info.view.magnified or (factor is not None and factor >= MAGNIFIED_FROM):
        found.append("magnified, factor unknown" if factor is None else f"magnified x{factor:.2g}")
    if info.spacing is None:
        found.append("spacing unknown")
    return found
