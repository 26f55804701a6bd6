"""The outline of a mark taken at another level: seen at once, kept as one act when the hand rests."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from annotator.model.finding import Reading
from annotator.model.image import ImageInfo
from annotator.model.mark import Mark, SpotMeasurement
from annotator.model.mark_edits import retake_mark
from annotator.ui.desk.snapping import PictureLike, same_spot
from annotator.ui.marks.words import size_words

if TYPE_CHECKING:
    from annotator.ui.desk.session import ReadingSession

LOWEST, HIGHEST, STEP = 0.30, 0.78, 0.04
USUAL = 0.38
"""Where the outline of a mark lies that does not say it."""
REST_MS = 600
"""A gesture is over when nothing was turned for so long."""


@dataclass(frozen=True, slots=True)
class _Turned:
    """A mark as the reading has it, and what it would be measured as."""

    mark: Mark
    measured: SpotMeasurement
    after: Reading


class OutlineLevel(QObject):
    """What is turned is shown by `previewed` and belongs to the reading once it is settled, as one act.

    Every act on the reading settles it first (`ReadingSession.may_change`); what the reading has already undone or
    changed otherwise is given up.
    """

    previewed = Signal(object)  # model.finding.Reading

    def __init__(self, session: ReadingSession) -> None:
        super().__init__(session)
        self._session = session
        self._turned: _Turned | None = None
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self.settle)
        session.reading_changed.connect(self._drop)

    @property
    def shown(self) -> SpotMeasurement | None:
        """What is shown and not kept yet."""
        return None if self._turned is None else self._turned.measured

    def widen(self, picture: PictureLike, mark_id: str, steps: int) -> None:
        """Take the outline of a mark so many steps farther out (negative: farther in), on the frame it lies on."""
        session = self._session
        if self._turned is not None and self._turned.mark.id != mark_id:
            self.settle()
        if session.why_closed:
            session.may_change()
            return
        mark = session.reading.mark(mark_id)
        frame = picture.slice_frame(mark.image.frame)
        spot = self.shown or mark.measurement
        if frame is None or spot is None:
            session.message.emit("This mark was not measured, so it has no outline to change.")
            return
        known = spot.level or USUAL
        level = min(max(round(known - steps * STEP, 4), LOWEST), HIGHEST)
        if math.isclose(level, known):
            end = "outermost" if steps > 0 else "innermost"
            session.message.emit(f"{size_words(spot)} · {_said(level)}, the {end} there is")
            self._keep_waiting()
            return
        measured = self._measured(picture.info, frame, spot, level)
        lowest = None if measured is None else measured.level
        if measured is None or lowest is None:
            session.message.emit("The spot of this mark is not found again; its outline stays.")
            self._keep_waiting()
        elif lowest - level > STEP / 2 and lowest >= known:
            session.message.emit(
                f"{size_words(spot)} · below {100 * lowest:.0f} % of the height the outline runs into what lies beside it"
            )
            self._keep_waiting()
        else:
            self._show(mark, measured)

    def settle(self) -> None:
        """Keep what is shown, as one act."""
        turned, self._turned = self._turned, None
        self._rest.stop()
        if turned is not None:
            number = self._session.reading.finding(turned.mark.finding_id).number
            level = turned.measured.level or USUAL
            self._session.apply(
                turned.after, f"Outline of a mark of F{number} at {100 * level:.0f} % of its height"
            )

    def give_up(self) -> bool:
        """Show the reading as it is again; False when nothing was turned."""
        if self._turned is None:
            return False
        self._drop()
        self.previewed.emit(self._session.reading)
        return True

    def _drop(self, _changes: object = None) -> None:
        self._turned = None
        self._rest.stop()

    def _keep_waiting(self) -> None:
        if self._turned is not None:
            self._rest.start()

    def _show(self, mark: Mark, measured: SpotMeasurement) -> None:
        session, before = self._session, mark.measurement
        by_hand = before is not None and before.center != mark.point
        place = mark.point if by_hand else measured.center
        after = retake_mark(session.reading, mark.id, place, measured)
        self._turned = _Turned(mark, measured, after)
        self._rest.start()
        self.previewed.emit(after)
        session.message.emit(f"{size_words(measured)} · {_said(measured.level or USUAL)}")

    def _measured(
        self, info: ImageInfo, frame: NDArray[Any], spot: SpotMeasurement, level: float
    ) -> SpotMeasurement | None:
        """The same spot with its outline at a level; None where it cannot be found again."""
        choice, choices = 0, 1
        while choice < choices:
            found = self._session.workspace.spots.measure(
                info, frame, spot.center, choice=choice, level=level
            )
            measured = found.measurement
            if measured is not None and same_spot(spot, measured):
                return measured
            choice, choices = choice + 1, found.choices
        return None


def _said(level: float) -> str:
    return f"outline at {100 * level:.0f} % of the height"
