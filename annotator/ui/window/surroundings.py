"""Tells the session what its findings are measured against: breasts on the images, and earlier exams."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from shiboken6 import isValid

from annotator.analysis.breast.location import BreastOnImage, breast_on_image
from annotator.jobs import CancelToken
from annotator.lexicon.contradictions import load_contradictions
from annotator.ui.desk.session import ReadingSession
from annotator.ui.pictures.picture import Picture

if TYPE_CHECKING:
    from annotator.ui.main_window import MainWindow

EARLIER = "earlier exam"


class Surroundings(QObject):
    """Follows the pictures that are shown and the exams that are open; what takes longer is worked out in jobs."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        window.exam_view.picture_shown.connect(self._picture_shown)
        window.desk.session_changed.connect(self._look_for_earlier)
        window.desk.exams_changed.connect(lambda: self._look_for_earlier(window.desk.session))

    def _picture_shown(self, _pane: int, picture: Picture) -> None:
        info, measurer = picture.info, self._window.desk.workspace.measurer
        if picture.provisional or measurer.breast(info) is not None:
            return
        turn, tissue, block = picture.orientation, picture.tissue, picture.levels.coarsest_block

        def job(_token: CancelToken) -> BreastOnImage:
            # read here once, so that the first finding need not wait for it
            load_contradictions()
            return breast_on_image(info, turn, tissue, block)

        def learned(breast: BreastOnImage) -> None:
            measurer.learn(breast)
            session = self._window.desk.session
            if session is not None:
                session.facts.changed.emit()

        self._window.runner.query(f"breast {info.sop_instance_uid}", job, learned)

    def _look_for_earlier(self, session: ReadingSession | None) -> None:
        if session is None:
            self._window.runner.cancel(EARLIER)
            return
        if self._window.desk.prior_of(session.exam) is not None:
            session.facts.set_earlier_exam(True)
            return
        workspace, exam = session.workspace, session.exam

        def found(read: bool | None) -> None:
            if isValid(session):
                session.facts.set_earlier_exam(read)

        # without the database nothing can be said of earlier exams, which is told where it matters
        self._window.runner.query(
            EARLIER, lambda _token: workspace.was_read_before(exam), found, lambda _error: None, in_turn=True
        )
