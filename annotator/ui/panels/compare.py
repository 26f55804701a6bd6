"""The finding in hand beside what there was of it in the exam before: matched, new, gone, and what it may be called."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from annotator.jobs import Progress
from annotator.lexicon.loader import Lexicon
from annotator.model.comparison import EarlierCluster
from annotator.model.finding import Change
from annotator.model.timeline import inside
from annotator.ui.actions.said import short_of
from annotator.ui.desk.compared_clusters import ComparedClusters, ShownComparison
from annotator.ui.flow_layout import FlowLayout
from annotator.ui.panels.compare_picture import ComparePicture
from annotator.ui.panels.compare_words import (
    QUESTIONS,
    answer_words,
    fact_lines,
    offer_words,
    suggestion_words,
    title_words,
    view_words,
)
from annotator.ui.words.plain_words import caption, tip

LEGEND = "ring with a number: matched  ·  triangle: new  ·  square with a cross: gone, dotted where it would lie now  ·  hold the button to see both without them  ·  wheel: enlarge"
WORKING = "Comparing ..."
PROPOSE = (
    "Compare with what the program proposes at the same place of the earlier image; nothing is marked by it"
)
NOT_YET = "Candidates are shown after your own first pass"


class ComparePanel(QWidget):
    """Shows what `ComparedClusters` knows and decides nothing.

    `change_taken` carries the Change that the reader says, `exam_wanted` that the earlier exam is to be opened,
    `mark_wanted` the id of a mark of this exam.
    """

    change_taken = Signal(object)
    exam_wanted = Signal()
    mark_wanted = Signal(str)

    def __init__(self, compared: ComparedClusters, lexicon: Lexicon) -> None:
        super().__init__()
        self._compared = compared
        self._lexicon = lexicon
        self._last: ShownComparison | None = None
        self.heading = QLabel("COMPARE")
        self.heading.setProperty("role", "heading")
        self.hint = _text(dim=True)
        self.picture = ComparePicture()
        self.picture.chosen.connect(self.mark_wanted)
        self.picture.told.connect(self._tell_item)
        self.item = _text(dim=True)
        self.views, self.others = (
            _box("The image of this exam"),
            _box("What of an earlier exam it stands beside"),
        )
        self.views.activated.connect(self._view_chosen)
        self.others.activated.connect(self._other_chosen)
        self.matched = _text()
        self.facts = _text(dim=True)
        self.questions = _text()
        self.suggestion = _text()
        self.say = QPushButton()
        self.say.clicked.connect(self._say)
        self.open = QPushButton("Mark on the earlier exam")
        self.open.setToolTip("Open the earlier exam to mark the cluster there; going back comes back here")
        self.open.clicked.connect(self.exam_wanted)
        self.candidates = QPushButton("Look for candidates there")
        self.candidates.clicked.connect(compared.look_for_candidates)
        self.stop = QPushButton("Stop")
        self.stop.setToolTip("Give this comparison up")
        self.stop.clicked.connect(compared.cancel)
        self._place()
        compared.changed.connect(self.refresh)
        compared.progress.connect(self._tell_progress)
        self.refresh()

    @property
    def suggested(self) -> Change | None:
        """The word that is suggested for what is shown."""
        shown = self._compared.shown
        return None if shown is None else shown.comparison.hint.change

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._compared.watch(True)
        self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._compared.watch(False)

    def refresh(self) -> None:
        """Show what is known now; nothing while the panel is out of sight."""
        if not self.isVisible():
            return
        compared, session = self._compared, self._compared.session
        finding = None if session is None else session.current_finding
        busy = compared.busy
        self.heading.setText("COMPARE" if finding is None else f"COMPARE  ·  F{finding.number}")
        self.hint.setText(WORKING if busy and compared.shown is None else compared.why)
        self.hint.setVisible(bool(self.hint.text()))
        self.stop.setVisible(busy)
        self._fill_boxes()
        self._show(compared.shown)
        missing = finding is not None and not busy and bool(compared.found.views)
        self.open.setVisible(missing)
        self.candidates.setVisible(missing and not compared.found.offered)
        self.candidates.setEnabled(compared.candidates_possible)
        self.candidates.setToolTip(PROPOSE if compared.candidates_possible else NOT_YET)

    def _show(self, shown: ShownComparison | None) -> None:
        for part in (self.picture, self.matched, self.facts, self.questions, self.suggestion, self.item):
            part.setVisible(shown is not None)
        self.say.setVisible(shown is not None and self.suggested is not None)
        # the pictures take what they need, words the rest; without any the sentence has most of it
        for half, stretch in enumerate((3, 2) if shown is None else (0, 1)):
            self._halves.setStretch(half, stretch)
        if shown is None:
            self.picture.show_comparison(None)
            return
        session = self._compared.session
        today = None if session is None else session.exam.day
        earlier, comparison = shown.earlier, shown.comparison
        titles = (
            title_words(earlier.now.info.label, today, "now"),
            title_words(earlier.then.info.label, earlier.exam.exam_date, "then"),
        )
        if shown is not self._last:
            self._last = shown
            self.picture.show_comparison(shown, titles)
            self._tell_item("")
        hint = comparison.hint
        answers = (hint.appearance, hint.number, hint.pattern)
        self.matched.setText(comparison.compared.in_sentence)
        self.facts.setText("\n".join(fact_lines(comparison)))
        self.questions.setText(
            "\n".join(answer_words(name, one) for name, one in zip(QUESTIONS, answers, strict=True))
        )
        self.suggestion.setText(suggestion_words(comparison, self._words()))
        self._show_say()

    def _show_say(self) -> None:
        session, change = self._compared.session, self.suggested
        finding = None if session is None else session.current_finding
        if session is None or change is None or finding is None:
            return
        word, said = self._words().word(change), finding.change
        self.say.setText(caption(f"Say: {short_of(self._words(), change).lower()}"))
        self.say.setAccessibleName(f"Say that the change is {inside(word)}")
        self.say.setEnabled(said is not change and not session.why_closed)
        known = "" if said is None else f" It is said to be {inside(self._words().word(said))} now."
        self.say.setToolTip(tip(f"Say of F{finding.number}: {inside(word)}; undo takes it back.{known}"))

    def _fill_boxes(self) -> None:
        compared, chosen = self._compared, self._compared.chosen
        uids = dict.fromkeys(one.now.info.sop_instance_uid for one in compared.found.offered)
        self.views.clear()
        for uid in uids:
            first = next(one for one in compared.found.offered if one.now.info.sop_instance_uid == uid)
            self.views.addItem(view_words(first), uid)
        self.others.clear()
        session = compared.session
        for number, one in enumerate(compared.found.offered):
            if chosen is not None and _same_image(one, chosen):
                day, reader = (None, "") if session is None else (session.exam.day, session.reading.reader)
                self.others.addItem(offer_words(one, day, reader), number)
                self.others.setItemData(self.others.count() - 1, _apart(one), Qt.ItemDataRole.ToolTipRole)
        if chosen is not None:
            self.views.setCurrentIndex(list(uids).index(chosen.now.info.sop_instance_uid))
            self.others.setCurrentIndex(self.others.findData(compared.found.offered.index(chosen)))
        for box in (self.views, self.others):
            box.setVisible(box.count() > 0)
            box.setToolTip(tip(box.currentText()))

    def _view_chosen(self, at: int) -> None:
        uid = self.views.itemData(at)
        first = (one for one in self._compared.found.offered if one.now.info.sop_instance_uid == uid)
        self._compared.choose(next(first))

    def _other_chosen(self, at: int) -> None:
        self._compared.choose(self._compared.found.offered[self.others.itemData(at)])

    def _say(self) -> None:
        if self.suggested is not None:
            self.change_taken.emit(self.suggested)

    def _tell_item(self, words: str) -> None:
        self.item.setText(words or LEGEND)

    def _tell_progress(self, progress: object) -> None:
        if isinstance(progress, Progress) and self._compared.shown is None:
            of = "" if progress.total is None else f" {progress.done + 1} of {progress.total}"
            self.hint.setText(f"{WORKING} {progress.what}{of}")

    def _words(self) -> Lexicon:
        session = self._compared.session
        return self._lexicon if session is None else session.lexicon

    def _place(self) -> None:
        left = QVBoxLayout()
        left.setSpacing(3)
        left.addWidget(self.heading)
        left.addWidget(self.hint)
        left.addWidget(self.picture, 1)
        left.addWidget(self.item)
        left.addStretch(0)
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 6, 0)
        column.setSpacing(6)
        boxes = QHBoxLayout()
        self.views.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.views.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        boxes.addWidget(self.views)
        boxes.addWidget(self.others, 1)
        column.addLayout(boxes)
        for part in (self.matched, self.suggestion):
            column.addWidget(part)
        column.addWidget(self.say, 0, Qt.AlignmentFlag.AlignLeft)
        for part in (self.questions, self.facts):
            column.addWidget(part)
        row = QWidget()
        buttons = FlowLayout(row)
        for button in (self.open, self.candidates, self.stop):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            buttons.addWidget(button)
        column.addWidget(row)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(inner)
        self._halves = layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 6, 4, 4)
        layout.setSpacing(12)
        layout.addLayout(left)
        layout.addWidget(scroll)


def _same_image(one: EarlierCluster, other: EarlierCluster) -> bool:
    return one.now.info.sop_instance_uid == other.now.info.sop_instance_uid


def _apart(one: EarlierCluster) -> str:
    if one.apart_mm is None:
        return "How far apart both lie, as seen from the nipple, is not known"
    return f"{one.apart_mm:.0f} mm from where this one lies, as seen from the nipple"


def _text(*, dim: bool = False) -> QLabel:
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    if dim:
        label.setProperty("role", "dim")
    return label


def _box(name: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(8)
    box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    return box
