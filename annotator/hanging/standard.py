"""The four standard views of an exam."""

from __future__ import annotations

from dataclasses import dataclass

from annotator.hanging.order import reading_order
from annotator.model.image import ExamInfo, ImageInfo, Laterality

_STILL_STANDARD = {"ID", "NP", "IMF"}
"""Modifiers of a whole-breast view that may fill a slot: implant displaced, nipple in profile, fold."""


@dataclass(frozen=True, slots=True)
class Hanging:
    """The four standard views of an exam, None where there is none, and the rest in reading order."""

    rcc: ImageInfo | None = None
    lcc: ImageInfo | None = None
    rmlo: ImageInfo | None = None
    lmlo: ImageInfo | None = None
    others: tuple[ImageInfo, ...] = ()

    @property
    def slots(self) -> tuple[ImageInfo | None, ImageInfo | None, ImageInfo | None, ImageInfo | None]:
        """Row by row: RCC, LCC, RMLO, LMLO."""
        return self.rcc, self.lcc, self.rmlo, self.lmlo

    @property
    def panes(self) -> tuple[ImageInfo | None, ...]:
        """What four panes show at first: the slots, or the first four others when all slots are empty."""
        if any(self.slots) or not self.others:
            return self.slots
        first = self.others[:4]
        return (*first, *[None] * (4 - len(first)))


def four_up(exam: ExamInfo) -> Hanging:
    """Which image hangs in which of four panes; of several that fit, the most standard, then the latest."""
    ordered = reading_order(exam.images)
    taken: dict[tuple[Laterality | None, str], ImageInfo] = {}
    for info in ordered:
        if info.view.name in ("CC", "MLO") and set(info.view.modifiers) <= _STILL_STANDARD:
            taken.setdefault((info.laterality, info.view.name), info)
    wanted = [(side, name) for name in ("CC", "MLO") for side in (Laterality.RIGHT, Laterality.LEFT)]
    rcc, lcc, rmlo, lmlo = slots = [taken.get(key) for key in wanted]
    others = tuple(info for info in ordered if not any(info is shown for shown in slots))
    return Hanging(rcc, lcc, rmlo, lmlo, others)
