"""What the history panel asks for: two revisions compared, an old one said again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from annotator.errors import AnnotatorError
from annotator.model import edits
from annotator.model.history import restoring
from annotator.ui.desk.session import ReadingSession
from annotator.ui.panels.history import differences

if TYPE_CHECKING:
    from annotator.model.finding import Reading
    from annotator.ui.main_window import MainWindow


class HistoryActs(QObject):
    """Asks the database beside the window; a restored revision is an act like any other."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        window.history.compared.connect(self.compare)
        window.history.restored.connect(self.restore)

    def compare(self, first: int, second: int) -> None:
        """Show what revision `second` says otherwise than `first`."""
        session = self._window.desk.session
        if session is None:
            return
        word, image = session.lexicon.word, session.image_name
        self._window.runner.query(
            "history compared",
            lambda _token: differences(session.revisions(), first, second, word, image),
            lambda told: self._window.history.show_differences(first, second, told),
            self._failed,
            of_database=True,
        )

    def restore(self, number: int) -> None:
        """Say again what revision `number` said; where the reading is closed, say why not."""
        session = self._window.desk.session
        if session is None or not session.may_change():
            return
        self._window.runner.query(
            "history restored",
            lambda _token: next(one.reading for one in session.revisions() if one.number == number),
            lambda earlier: self._restore(session, number, earlier),
            self._failed,
            of_database=True,
        )

    def _restore(self, session: ReadingSession, number: int, earlier: Reading) -> None:
        # another exam may have been opened, or the reading signed, while the database answered
        if session is not self._window.desk.session or not session.may_change():
            return
        after = edits.restore(session.reading, earlier)
        if after is session.reading:
            session.message.emit(f"The reading says what it said after act {number}.")
            return
        session.apply(after, restoring(number))
        self._window.history.forget_differences()
        session.message.emit(f"What act {number} said is said again; undo takes that back.")

    def _failed(self, error: AnnotatorError) -> None:
        self._window.status.show_message(str(error))
