"""Technical recall: which views must be taken again, and why."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from annotator.hanging import reading_order
from annotator.lexicon.loader import Lexicon
from annotator.model.finding import Reading
from annotator.model.image import ExamInfo
from annotator.model.seen_on_image import RecallReason
from annotator.ui.panels.chips import ChipRow, Choice, Pick
from annotator.ui.panels.word_chips import WordRow, words_of
from annotator.ui.words.plain_words import typed


class Recalls(QWidget):
    """A view is chosen, then its reasons. `said` carries SOP Instance UID, the reasons and a comment.

    It belongs to the exam, not to a finding, so it is there without one.
    """

    said = Signal(str, object, str)

    def __init__(self, lexicon: Lexicon) -> None:
        super().__init__()
        self._lexicon = lexicon
        self._reading: Reading | None = None
        self._chosen = ""
        self.view = ChipRow("View", (), Pick.ONE, beside=True)
        self.reasons = WordRow("Why", words_of(RecallReason), lexicon, Pick.ANY, beside=True)
        self.comment = QLineEdit()
        self.comment.setPlaceholderText("Comment on the view")
        self.comment.setAccessibleName("Comment on the view to be taken again")
        self.view.chosen.connect(self._view_chosen)
        self.reasons.chosen.connect(self._say)
        self.comment.editingFinished.connect(self._comment_typed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(5)
        for row in (self.view, self.reasons, self.comment):
            column.addWidget(row)

    def show_exam(self, exam: ExamInfo, reading: Reading) -> None:
        """Offer the views of an exam in the order of the small pictures and show what was said of them."""
        self._reading = reading
        names = [
            Choice(image.sop_instance_uid, image.label or f"image {at}", image.name)
            for at, image in enumerate(reading_order(exam.images), 1)
        ]
        self.view.set_choices(names)
        known = {name.value for name in names}
        if self._chosen not in known:
            self._chosen = next(
                (r.sop_instance_uid for r in reading.recalls if r.sop_instance_uid in known), ""
            )
        self._show()

    def use_lexicon(self, lexicon: Lexicon) -> None:
        """Give the reasons in the words of this edition."""
        self._lexicon = lexicon
        self.reasons.use_lexicon(lexicon)

    def choose(self, sop_instance_uid: str) -> None:
        """Show the reasons of a view, e.g. of the one in the active pane."""
        self._chosen = sop_instance_uid
        self._show()

    def summary(self, exam: ExamInfo, reading: Reading) -> str:
        """Which views, and why."""
        labels = {image.sop_instance_uid: image.label or "a view" for image in reading_order(exam.images)}
        order = {uid: place for place, uid in enumerate(labels)}
        word = self._lexicon.word
        return "; ".join(
            f"{labels.get(r.sop_instance_uid, 'a view')}: {', '.join(word(why).lower() for why in r.reasons)}"
            for r in sorted(reading.recalls, key=lambda r: order.get(r.sop_instance_uid, len(order)))
        )

    def _show(self) -> None:
        recall = None if self._reading is None else self._reading.recall_of(self._chosen)
        self.view.set_values({self._chosen})
        self.reasons.setVisible(bool(self._chosen))
        self.reasons.set_values(set(recall.reasons) if recall else ())
        self.comment.setVisible(recall is not None)
        if not self.comment.isModified():
            self.comment.setText(recall.comment if recall else "")

    def _view_chosen(self, values: tuple[str, ...]) -> None:
        self._chosen = values[0] if values else ""
        self._show()

    def _say(self, reasons: tuple[RecallReason, ...]) -> None:
        self.said.emit(self._chosen, reasons, typed(self.comment.text()).strip())

    def _comment_typed(self) -> None:
        if self.comment.isModified():
            self.comment.setModified(False)
            self._say(self.reasons.values)
