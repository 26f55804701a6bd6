"""The left button where a mark cannot be made at once: on a prior image, and before the reading is here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Protocol

from annotator.model.finding import Reading
from annotator.model.geometry import ImagePoint
from annotator.model.mark import MarkKind
from annotator.ui.marks.tools import Canvas, Gesture, MarkingHost, Touch
from annotator.ui.pictures.picture import Picture


class Desk(Protocol):
    """Gives a reading to acts, now or once it is here."""

    def when_open(self, act: Callable[[MarkingHost], object]) -> None: ...


@dataclass(frozen=True)
class PriorTool:
    """Drag: shift the picture. Click: say that marks belong elsewhere. `opens`: what opens the earlier exam."""

    say: Callable[[str], object]
    opens: str
    looks: ClassVar[bool] = True

    @property
    def hint(self) -> str:
        """What the hand does."""
        return f"an earlier exam, to be looked at · drag: shift the picture · {self.opens} opens it"

    def gesture(self, canvas: Canvas, press: Touch) -> Gesture:
        """Nothing is made by it."""
        touch, dragged = press, False
        while not touch.released:
            before, touch = touch, (yield None)
            if touch.back:
                return
            if dragged or canvas.is_drag(press, touch):
                start = before if dragged else press
                canvas.pan(touch.x - start.x, touch.y - start.y)
                dragged = True
        if not dragged:
            self.say(
                f"Marks belong to the exam being read; this is an earlier one: {self.opens} opens it to be marked."
            )


class EarlyHost:
    """Stands for a reading that is on its way: what the hand does waits for it and is then done in order."""

    current_finding_id: str | None = None
    selected_marks: frozenset[str] = frozenset()

    def __init__(self, desk: Desk, study_instance_uid: str, say: Callable[[str], object]) -> None:
        self._desk = desk
        self._say = say
        self.reading = Reading(id="", reader="", study_instance_uid=study_instance_uid)

    def mark_spot(
        self, picture: Picture, point: ImagePoint, kind: MarkKind, radius_px: float, *, force: bool = False
    ) -> None:
        """Mark once the reading is here."""
        self._later(lambda host: host.mark_spot(picture, point, kind, radius_px, force=force))

    def is_second_click(self, _picture: Picture, _point: ImagePoint, _reach_px: float) -> bool:
        """Nothing is marked yet that could take another spot."""
        return False

    def take_next_spot(self, picture: Picture) -> None:
        """There is no mark to take another spot yet."""

    def move_mark(self, picture: Picture, mark_id: str, point: ImagePoint) -> None:
        """Move a mark once the reading is here; none is shown before."""
        self._later(lambda host: host.move_mark(picture, mark_id, point))

    def lasso(self, picture: Picture, outline: tuple[ImagePoint, ...]) -> None:
        """Outline a cluster once the reading is here."""
        self._later(lambda host: host.lasso(picture, outline))

    def select_marks(self, mark_ids: frozenset[str]) -> None:
        """There is no mark to select yet."""

    def select_cluster(self, cluster_id: str) -> None:
        """There is no cluster to select yet."""

    def place_nipple(self, picture: Picture, point: ImagePoint) -> None:
        """Place it once the reading is here."""
        self._later(lambda host: host.place_nipple(picture, point))

    def _later(self, act: Callable[[MarkingHost], object]) -> None:
        self._say("The reading is being opened; this is done as soon as it is here.")
        self._desk.when_open(act)
