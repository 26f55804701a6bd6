"""What the panes show: an exam, the prior beside it, and what the reader corrected, laid out; pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from annotator.hanging import Hung, HungImage, Layout, corrected_exam, hang, reading_order
from annotator.model.hanging_choice import HangingChoice
from annotator.model.image import ExamInfo, ImageInfo


def is_other_view(a: ImageInfo, b: ImageInfo) -> bool:
    """Whether both show one breast, in different views."""
    return a.laterality == b.laterality and a.view.name != b.view.name


def is_other_side(a: ImageInfo, b: ImageInfo) -> bool:
    """Whether both are the same view of different breasts."""
    return a.laterality != b.laterality and a.view.name == b.view.name


@dataclass(frozen=True)
class Hangings:
    """An exam, the prior beside it if there is one, and what the reader corrected."""

    exam: ExamInfo
    prior: ExamInfo | None = None
    choices: tuple[HangingChoice, ...] = ()

    def order_of(self, exam: ExamInfo | None) -> tuple[ImageInfo, ...]:
        """The images of one of the exams in hung order, as corrected."""
        return () if exam is None else reading_order(corrected_exam(exam, self.choices).images)

    def hung(
        self, layout: Layout, focus: str = "", *, step: int | None = None, only_pair: bool = False
    ) -> Hung:
        """The exam in the panes of a layout; `focus` and `step` as `hanging.hang` has them.

        `only_pair`: of current and prior only the two columns in which the focus hangs.
        """
        whole = hang(self.exam, self.prior, layout, self.choices, focus=focus, step=step)
        return _pair_of(whole, focus) if only_pair and layout is Layout.PRIOR else whole

    def place_of(self, info: ImageInfo) -> HungImage | None:
        """The place that an image belongs to, with the image itself in it."""
        for exam, prior in ((self.exam, False), (self.prior, True)):
            if exam is not None and any(i.sop_instance_uid == info.sop_instance_uid for i in exam.images):
                uid = info.sop_instance_uid
                place = hang(exam, None, Layout.SINGLE, self.choices, focus=uid).panes[0]
                return None if place is None else replace(place, prior=prior)
        return None


def images_of(place: HungImage) -> tuple[ImageInfo, ...]:
    """Every image of a place in the order in which one steps through them."""
    return reading_order((place.info, *place.alternatives))


def _pair_of(hung: Hung, focus: str) -> Hung:
    """The two columns of two rows in which an image hangs; everything when it hangs in none."""
    columns = hung.columns
    at = next(
        (n for n, i in enumerate(hung.panes) if i is not None and i.info.sop_instance_uid == focus), None
    )
    if at is None or columns <= 2:
        return hung
    first = at % columns // 2 * 2
    kept = [
        row * columns + column for row in range(hung.rows) for column in range(first, min(first + 2, columns))
    ]
    return replace(
        hung,
        columns=min(2, columns - first),
        panes=tuple(hung.panes[n] for n in kept),
        empty=tuple(hung.empty[n] for n in kept),
    )
