"""Which image hangs in which pane of a layout, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from annotator.hanging.correction import corrected_exam
from annotator.hanging.hung import Hung, HungImage, Layout, OtherImage
from annotator.hanging.order import reading_order
from annotator.hanging.prior import places_before
from annotator.hanging.reasons import missing_words, other_words, why_here
from annotator.hanging.sheet import Place, Row, RowKind, sheet
from annotator.hanging.turning import edge_for, orientation_for
from annotator.model.hanging_choice import HangingChoice
from annotator.model.image import ExamInfo, ImageInfo, Laterality

ROWS_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class _Cell:
    """A pane to be filled: the place, its row, and where on the screen it is."""

    place: Place | None
    kind: RowKind
    row: int
    column: int
    screen: int = 0
    prior: bool = False


@dataclass(frozen=True, slots=True)
class _Exams:
    """What there is to hang."""

    exam: ExamInfo
    prior: ExamInfo | None
    rows: tuple[Row, ...]
    focus: str

    @property
    def step_of_focus(self) -> int:
        """Number of the row in which the focus hangs, else of the first that has it as alternative, else 0."""
        for held in (_hung_in, _known_in):
            for number, row in enumerate(self.rows):
                if held(row, self.focus):
                    return number
        return 0


def hang(
    exam: ExamInfo,
    prior: ExamInfo | None = None,
    layout: Layout = Layout.FOUR,
    choices: Iterable[HangingChoice] = (),
    *,
    focus: str = "",
    step: int | None = None,
) -> Hung:
    """Hang an exam, beside or above the one before it where the layout has room for that.

    `choices` are what the reader corrected in images of either exam. `focus` is the SOP Instance UID of an
    image that must be among those that hang (the one being looked at); `step` goes on to further rows (of
    SINGLE to further images) and wraps around, None goes where the focus is.
    """
    kept = tuple(choices)
    exam = corrected_exam(exam, kept)
    if prior is not None:
        prior = corrected_exam(prior, kept)
    if not exam.images:
        return Hung(layout, 1, 1, (None,), ("This exam has no image.",))
    exams = _Exams(exam, prior, sheet(exam.images), focus)
    return _LAYOUTS[layout](exams, layout, step)


def _hang_rows(exams: _Exams, layout: Layout, step: int | None, at_once: int) -> Hung:
    step, steps, rows = _page(exams, step, at_once)
    cells = [
        _Cell(place, row.kind, at, column)
        for at, row in enumerate(rows)
        for column, place in enumerate(_shown_places(row, len(rows)))
    ]
    return _filled(exams, layout, cells, step, steps)


def _hang_four(exams: _Exams, layout: Layout, step: int | None) -> Hung:
    return _hang_rows(exams, layout, step, ROWS_AT_ONCE)


def _hang_pair(exams: _Exams, layout: Layout, step: int | None) -> Hung:
    return _hang_rows(exams, layout, step, 1)


def _hang_single(exams: _Exams, layout: Layout, step: int | None) -> Hung:
    images = reading_order(exams.exam.images)
    uids = [info.sop_instance_uid for info in images]
    if step is None:
        step = uids.index(exams.focus) if exams.focus in uids else 0
        first = _first_place(exams.rows)
        if exams.focus not in uids:
            step = uids.index(first.images[0].sop_instance_uid)
    step %= len(images)
    focus = replace(exams, focus=uids[step])
    cells = [_Cell(_place_showing(focus), RowKind.SIDELESS, 0, 0)]
    return _filled(focus, layout, cells, step, len(images))


def _hang_large(exams: _Exams, layout: Layout, step: int | None) -> Hung:
    """One large, the same view of the other breast and the other view of the same; else what comes next."""
    step, steps, rows = _page(exams, step, 1)
    if step != exams.step_of_focus or not exams.focus:
        first = _first_place(rows)
        exams = replace(exams, focus=first.images[0].sop_instance_uid)
    large = _place_showing(exams)
    all_places = [place for row in exams.rows for place in row.places if place is not None and place.images]
    beside: list[Place] = []
    for fits in (_is_other_side, _is_other_view, _is_anything):
        for place in all_places:
            if len(beside) < 2 and place not in (large, *beside) and fits(large, place):
                beside.append(place)
                if fits is not _is_anything:
                    break
    right = large.side is Laterality.LEFT
    cells = [_Cell(large, RowKind.SIDELESS, 0, int(right))]
    cells += [_Cell(place, RowKind.SIDELESS, at, int(not right)) for at, place in enumerate(beside)]
    return replace(_filled(exams, layout, cells, step, steps), large_right=right)


def _hang_prior(exams: _Exams, layout: Layout, step: int | None) -> Hung:
    """Two rows of the sheet as one row of panes, and below each pane the same side and view of the exam before."""
    step, steps, rows = _page(exams, step, ROWS_AT_ONCE)
    now = [(row, place) for row in rows for place in _shown_places(row, len(rows))]
    before = places_before(exams.prior, [place for _, place in now])
    cells = [_Cell(place, row.kind, 0, column) for column, (row, place) in enumerate(now)]
    cells += [
        _Cell(place, row.kind, 1, column, prior=True)
        for column, ((row, _), place) in enumerate(zip(now, before, strict=True))
    ]
    return _filled(exams, layout, cells, step, steps)


def _hang_two_screens(exams: _Exams, layout: Layout, step: int | None) -> Hung:
    step, steps, rows = _page(exams, step, ROWS_AT_ONCE)
    if exams.prior is None:
        cells = [
            _Cell(place, row.kind, 0, 2 * screen + column, screen)
            for screen, row in enumerate(rows)
            for column, place in enumerate(row.places)
        ]
        return _filled(exams, layout, cells, step, steps)
    before = iter(places_before(exams.prior, [place for row in rows for place in row.places]))
    cells = []
    for at, row in enumerate(rows):
        cells += [_Cell(place, row.kind, at, column) for column, place in enumerate(row.places)]
        cells += [_Cell(next(before), row.kind, at, 2 + column, 1, prior=True) for column in range(2)]
    return _filled(exams, layout, cells, step, steps)


_LAYOUTS: dict[Layout, Callable[[_Exams, Layout, int | None], Hung]] = {
    Layout.FOUR: _hang_four,
    Layout.PAIR: _hang_pair,
    Layout.SINGLE: _hang_single,
    Layout.LARGE: _hang_large,
    Layout.PRIOR: _hang_prior,
    Layout.TWO_SCREENS: _hang_two_screens,
}


def _page(exams: _Exams, step: int | None, at_once: int) -> tuple[int, int, tuple[Row, ...]]:
    steps = max(1, -(-len(exams.rows) // at_once))
    step = exams.step_of_focus // at_once if step is None else step % steps
    return step, steps, exams.rows[step * at_once : (step + 1) * at_once]


def _shown_places(row: Row, rows: int) -> tuple[Place | None, ...]:
    """Both places of a row; only the filled one of a single row that is no pair of breasts."""
    if rows == 1 and row.kind is not RowKind.PAIR and None in row.places:
        return tuple(place for place in row.places if place is not None)
    return row.places


def _filled(exams: _Exams, layout: Layout, cells: Sequence[_Cell], step: int, steps: int) -> Hung:
    shown = _shown_images([cell.place for cell in cells], exams.focus)
    taken = {info.sop_instance_uid for info in shown if info is not None}
    panes: list[HungImage | None] = []
    # two files may hold one instance: a place is that of an image, not of its UID
    given = {id(info) for info in shown if info is not None}
    for cell, info in zip(cells, shown, strict=True):
        if info is None or cell.place is None:
            panes.append(None)
            continue
        rest = tuple(i for i in cell.place.images if i.sop_instance_uid not in taken)
        given |= {id(i) for i in rest}
        panes.append(_hung_image(exams, cell, info, rest))
    return Hung(
        layout,
        rows=1 + max((cell.row for cell in cells), default=0),
        columns=1 + max((cell.column for cell in cells), default=0),
        panes=tuple(panes),
        empty=tuple(
            "" if pane is not None else missing_words(cell.place, cell.prior, exams.prior)
            for pane, cell in zip(panes, cells, strict=True)
        ),
        others=_others(exams, given, taken),
        step=step,
        steps=steps,
    )


def _hung_image(exams: _Exams, cell: _Cell, info: ImageInfo, rest: tuple[ImageInfo, ...]) -> HungImage:
    assert cell.place is not None
    chosen = info.sop_instance_uid == exams.focus and info is not cell.place.images[0]
    _, turned = orientation_for(info)
    return HungImage(
        info,
        cell.row,
        cell.column,
        why_here(info, cell.place, cell.kind, rest, chosen=chosen, prior=cell.prior),
        edge_for(info),
        turned,
        rest,
        cell.screen,
        cell.prior,
    )


def _others(exams: _Exams, given: set[int], hung: set[str]) -> tuple[OtherImage, ...]:
    found = []
    for exam, is_prior in ((exams.exam, False), (exams.prior, True)):
        images = () if exam is None else reading_order(exam.images)
        found += [
            OtherImage(
                info,
                other_words(info, exams.rows, prior=is_prior, twin=info.sop_instance_uid in hung),
                is_prior,
            )
            for info in images
            if id(info) not in given
        ]
    return tuple(found)


def _shown_images(places: Sequence[Place | None], focus: str) -> list[ImageInfo | None]:
    """The first image of each place; the one looked at in the place that is its own, else where it belongs."""
    shown = [None if place is None or not place.images else place.images[0] for place in places]
    if any(info is not None and info.sop_instance_uid == focus for info in shown):
        return shown
    for at, place in enumerate(places):
        wanted = next((i for i in place.images if i.sop_instance_uid == focus), None) if place else None
        if wanted is not None:
            shown[at] = wanted
            break
    return shown


def _hung_in(row: Row, uid: str) -> bool:
    return any(p is not None and p.images and p.images[0].sop_instance_uid == uid for p in row.places)


def _known_in(row: Row, uid: str) -> bool:
    return any(p is not None and any(i.sop_instance_uid == uid for i in p.images) for p in row.places)


def _first_place(rows: Sequence[Row]) -> Place:
    return next(p for row in rows for p in row.places if p is not None and p.images)


def _place_showing(exams: _Exams) -> Place:
    """The place in which the focus hangs, else one to which it belongs, else the first of all."""
    places = [p for row in exams.rows for p in row.places if p is not None and p.images]
    for only_first in (True, False):
        for place in places:
            images = place.images[:1] if only_first else place.images
            if any(i.sop_instance_uid == exams.focus for i in images):
                return place
    return places[0]


def _is_other_side(a: Place, b: Place) -> bool:
    return a.side is not b.side and a.view == b.view and a.modifiers == b.modifiers


def _is_other_view(a: Place, b: Place) -> bool:
    return a.side is b.side and a.view != b.view


def _is_anything(_a: Place, _b: Place) -> bool:
    return True
