"""Candidates for labelling: the list, how much of it, and what the reader decides of each."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from annotator.analysis.candidates.record import score_at_one_false_mark
from annotator.jobs import Progress
from annotator.ui.desk.candidates import HIDDEN, MOST_LINES, ExamCandidates
from annotator.ui.panels.candidate_list import CandidateView

CAPTION = "Candidates for labelling, found by a program trained on synthetic images; not a diagnosis."
WITH_CAD = "Candidates for labelling: marks of CAD reports, and what a program trained on synthetic images found; not a diagnosis."
NO_SIZE = "Candidates need a known pixel size, which no image of this exam has."
NONE_ABOVE = "No candidates above the threshold."
ALL_DECIDED = "Nothing is undecided above the threshold."
SEARCHING = "Looking for candidates ..."
WAITING = "The images are searched as soon as nothing else is under way."
STEPS = 100
LEAST_LINES = 3


class CandidatesPanel(QWidget):
    """Shows what `ExamCandidates` tells and asks for acts by signals; decides nothing.

    `chosen` carries the key of a line to go to. `pass_done`: the reader says that the own first pass is done.
    """

    chosen = Signal(str)
    accepted = Signal()
    accepted_as_new = Signal()
    rejected = Signal()
    reconsidered = Signal()
    pass_done = Signal()
    stop = Signal()
    wanted = Signal()
    again = Signal()

    def __init__(self, candidates: ExamCandidates) -> None:
        super().__init__()
        self._candidates = candidates
        self._running = self._stopped = False
        self._searchable, self._missing = 0, 0
        self.heading = QLabel("CANDIDATES")
        self.heading.setProperty("role", "heading")
        self.count = _dim("")
        self.count.setWordWrap(False)
        self.caption = _dim(CAPTION)
        self.cad = _dim("")
        self.cad.setAccessibleName("CAD reports")
        self.hint = _dim("")
        self.trouble = _dim("")
        self.trouble.setProperty("role", "contradiction")
        self.list = CandidateView(candidates)
        self.list.chosen.connect(self.chosen)
        self.list.setMinimumHeight(LEAST_LINES * self.fontMetrics().lineSpacing())
        self.done = _button(
            "First pass done", "You have looked at the exam alone: show candidates from now on"
        )
        self.done.clicked.connect(self.pass_done)
        self.retry = _button("Try again", "Search the images that could not be searched")
        self.retry.clicked.connect(self.again)
        self._make_work()
        self._make_filter()
        self._make_verdicts()
        self._place()
        candidates.changed.connect(self.refresh)
        candidates.current_changed.connect(self._show_current)
        self.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()
        self.wanted.emit()

    def refresh(self) -> None:
        """Show what there is now; out of sight only the list follows, so that it never holds what is to be hidden."""
        self.list.lines.refresh()
        if not self.isVisible():
            return
        candidates = self._candidates
        why = candidates.why_hidden
        undecided, total = candidates.counts
        self.count.setText(f"undecided {undecided} of {total}" if total and not why else "")
        self.done.setVisible(why == HIDDEN)
        self.caption.setText(WITH_CAD if candidates.cad_told else CAPTION)
        self.cad.setText("\n".join(candidates.cad_told))
        self.cad.setVisible(bool(candidates.cad_told))
        for part in (self.filter, self.verdicts):
            part.setVisible(not why and (self._searchable > 0 or bool(candidates.lines)))
        self.optional.setVisible(not why and candidates.has_optional)
        with QSignalBlocker(self.slider):
            self.slider.setValue(round(candidates.threshold * STEPS))
        self._tell_threshold(self.slider.value())
        for box, on in (
            (self.only, candidates.only_undecided),
            (self.drawn, candidates.on_images),
            (self.optional, candidates.optional_shown),
        ):
            with QSignalBlocker(box):
                box.setChecked(on)
        empty = not len(candidates.listed)
        self.list.setVisible(not why and not empty)
        self.hint.setText(why or self._words_below(total, empty=empty))
        self.hint.setVisible(bool(self.hint.text()))
        self._show_current()

    def show_work(
        self, progress: Progress, share: float, *, running: bool, stopped: bool, troubles: Sequence[str]
    ) -> None:
        """Say how far the search is, and what could not be searched."""
        before = self._running, self._stopped, self._searchable, self._missing
        total = progress.total or 0
        self._running, self._stopped = running, stopped
        self._searchable, self._missing = total, total - progress.done
        self.work.setVisible(running or stopped)
        self.bar.setRange(0, STEPS)
        self.bar.setValue(round(share * STEPS))
        what = f"image {min(progress.done + 1, total)} of {total}"
        self.what.setText(
            f"Stopped after {progress.done} of {total} images" if stopped else f"{progress.what}, {what}"
        )
        self.cancel.setText("Go on" if stopped else "Cancel")
        self.trouble.setText("\n".join(troubles))
        self.trouble.setVisible(bool(troubles))
        self.retry.setVisible(bool(troubles))
        if before != (running, stopped, self._searchable, self._missing):
            self.refresh()

    def tell_keys(self, acts: dict[str, tuple[str, str]]) -> None:
        """Words and tooltips of the buttons with the keys in force, by the act."""
        buttons = {
            "candidate_accept": self.accept,
            "candidate_accept_new": self.accept_new,
            "candidate_reject": self.reject,
            "candidate_reconsider": self.reconsider,
            "first_pass_done": self.done,
        }
        for act, button in buttons.items():
            words, tooltip = acts[act]
            button.setText(words)
            button.setToolTip(tooltip)

    def _words_below(self, total: int, *, empty: bool) -> str:
        """Why nothing is listed, and in which images there was nothing to look at."""
        names = self._candidates.without_breast
        nowhere = f"No breast was found in {', '.join(names)}." if names else ""
        why = self._why_empty(total) if empty else ""
        if why == NONE_ABOVE and len(names) == self._searchable:
            return nowhere
        more = self._candidates.left_out
        beyond = f"The likeliest {MOST_LINES} of each image; {more} more score as high." if more else ""
        return " ".join(filter(None, (why, nowhere, beyond)))

    def _why_empty(self, total: int) -> str:
        if total:
            return ALL_DECIDED
        if not self._searchable:
            return NO_SIZE
        if self._running:
            return SEARCHING
        return WAITING if self._missing and not self._stopped else NONE_ABOVE

    def _show_current(self) -> None:
        if not self.isVisible():
            return
        self.list.show_current()
        for button in (self.accept, self.accept_new, self.reject, self.reconsider):
            button.setEnabled(self._candidates.current is not None)

    def _tell_threshold(self, value: int) -> None:
        self.score.setText(f"{value / STEPS:.2f}")

    def _make_work(self) -> None:
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress of the search for candidates")
        self.what = _dim("")
        self.what.setWordWrap(False)
        self.cancel = _button("Cancel", "Stop searching; what was found stays")
        self.cancel.clicked.connect(self._stop_or_go_on)
        self.work = QWidget()
        row = _row(self.work)
        row.addWidget(self.what)
        row.addWidget(self.bar, 1)
        row.addWidget(self.cancel)
        self.work.hide()

    def _stop_or_go_on(self) -> None:
        (self.wanted if self._stopped else self.stop).emit()

    def _make_filter(self) -> None:
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, STEPS)
        self.slider.setPageStep(5)
        self.slider.setAccessibleName("Least score that is shown")
        self.slider.setToolTip(
            f"Least score that is shown; {score_at_one_false_mark():.2f} gives about 1 false mark an image"
            " on synthetic images"
        )
        self.slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.slider.valueChanged.connect(lambda value: self._candidates.set_threshold(value / STEPS))
        self.score = _dim("")
        self.score.setWordWrap(False)
        self.only = _box("Undecided only", "Leave out what was decided or is marked already")
        self.only.toggled.connect(self._candidates.set_only_undecided)
        self.drawn = _box("On the images", "Draw undecided candidates on the images, cyan and dashed")
        self.drawn.toggled.connect(self._candidates.set_on_images)
        self.optional = _box(
            "Optional CAD marks", "List and draw marks that their CAD report leaves to the reader to see"
        )
        self.optional.toggled.connect(self._candidates.show_optional)
        self.filter = QWidget()
        row = _row(self.filter)
        row.addWidget(_dim("Score from"))
        row.addWidget(self.slider, 1)
        row.addWidget(self.score)
        row.addWidget(self.only)
        row.addWidget(self.drawn)

    def _make_verdicts(self) -> None:
        self.accept = _button("Accept", "")
        self.accept_new = _button("As new finding", "")
        self.reject = _button("Reject", "")
        self.reconsider = _button("Take back", "")
        self.verdicts = QWidget()
        row = _row(self.verdicts)
        for button, signal in (
            (self.accept, self.accepted),
            (self.accept_new, self.accepted_as_new),
            (self.reject, self.rejected),
            (self.reconsider, self.reconsidered),
        ):
            button.clicked.connect(signal)
            row.addWidget(button)
        row.addStretch(1)

    def _place(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.heading)
        head.addStretch(1)
        head.addWidget(self.count)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 6, 8, 6)
        column.setSpacing(5)
        column.addLayout(head)
        for part in (self.caption, self.cad, self.work, self.trouble):
            column.addWidget(part)
        column.addWidget(self.retry, 0, Qt.AlignmentFlag.AlignLeft)
        for part in (self.filter, self.optional, self.hint):
            column.addWidget(part)
        column.addWidget(self.done, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.list, 1)
        column.addWidget(self.verdicts)
        column.addStretch(0)
        for part in (self.trouble, self.retry):
            part.hide()


def _row(inside: QWidget) -> QHBoxLayout:
    row = QHBoxLayout(inside)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(6)
    return row


def _dim(text: str) -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setProperty("role", "dim")
    return label


def _box(text: str, tooltip: str) -> QCheckBox:
    box = QCheckBox(text)
    box.setToolTip(tooltip)
    box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return box


def _button(text: str, tooltip: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tooltip)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
