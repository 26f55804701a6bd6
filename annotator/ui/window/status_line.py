"""The line below the images: what the next click does, what is under the pointer, what is under way."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QSizePolicy, QWidget

from annotator.jobs import Progress
from annotator.ui.panes.viewport import Pointer, Viewport
from annotator.ui.pictures.picture import Picture
from annotator.ui.window.elided_label import ElidedLabel
from annotator.ui.window.names import name_in_force
from annotator.ui.words.corner_text import depth_words, made_of
from annotator.ui.words.plain_words import short_name, tip

MESSAGE_MS = 8000
FRESH_MS = 1500
"""So long what came of an act goes before what the pointer is on: the hand that clicked still rests there."""
SPACING_PX = 14
READS_MS = 25
"""How often at most value, place and zoom are written: no eye reads faster, and the picture goes first."""


class StatusLine(QWidget):
    """`cancelled` asks to stop the long work that is shown."""

    cancelled = Signal()

    def __init__(self, reader: str) -> None:
        super().__init__()
        self.setObjectName("status")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._hint = ""
        self._wheel = ""
        self._message = ""
        self._of_exam = False
        self._mark = ""
        self.hint = ElidedLabel()
        # A long sentence is cut here rather than widening the window.
        self.hint.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.pointer = ElidedLabel()
        self.view = ElidedLabel()
        self.looking = ElidedLabel()
        self.looking.setAccessibleName("Area, links and how much was seen")
        self.reader = QLabel()
        self.show_reader(reader)
        self.reader.setProperty("role", "dim")
        self.display = QLabel()
        self.display.setProperty("role", "dim")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(120)
        self.bar.setAccessibleName("Progress")
        self.work = QLabel()
        for label in (self.reader, self.work):
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.stop = QPushButton("Cancel")
        self.stop.setProperty("role", "in line")
        self.stop.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.stop.setToolTip("Stop; what is open stays open")
        self.stop.clicked.connect(self.cancelled)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 1, 10, 1)
        row.setSpacing(SPACING_PX)
        row.addWidget(self.hint, 1)
        for part in (
            self.work,
            self.bar,
            self.stop,
            self.pointer,
            self.view,
            self.looking,
            self.display,
            self.reader,
        ):
            row.addWidget(part)
        self._keep_height()
        self._pointed: tuple[Picture | None, Pointer | None] = (None, None)
        self._viewed: Viewport | None = None
        self._display_note, self._display_check = "", "F9"
        self._reading = self._after(READS_MS, self._read)
        self._fresh = self._after(FRESH_MS, self._show)
        self._fade = self._after(MESSAGE_MS, self.forget_message)
        self.show_progress(None)

    def show_reader(self, name: str) -> None:
        """Who reads, by the name that people read."""
        self.reader.setText(f"reader {short_name(name)}")
        self.reader.setToolTip(tip(name))

    @property
    def message(self) -> str:
        """The message in sight, '' when there is none."""
        return self._message

    def show_hint(self, text: str) -> None:
        """Say what the next click does."""
        self._hint = text
        self._show()

    def show_wheel(self, *, stack: bool, lens: bool, steps: bool) -> None:
        """Say after the hint what right drag and wheel do, on a stack or not, under the lens or not.

        `steps`: the wheel goes to the next slice or image rather than zooming.
        """
        before = self._wheel
        step, zoom = ("wheel", "Ctrl+wheel") if steps else ("Ctrl+wheel", "wheel")
        wheel = f"{step}: {'slice' if stack else 'image'}, " if stack or steps else ""
        if lens:
            size = "Shift+wheel" if stack else "wheel"
            self._wheel = f"right drag: window of the lens · {wheel}{size}: size of the lens"
        else:
            self._wheel = f"right drag: window · {wheel}{zoom}: zoom"
        if self._wheel != before:
            self._show()

    def show_message(self, text: str) -> None:
        """Say something for a while, in place of the hint."""
        self._say(text, of_exam=False)

    def show_act(self, text: str) -> None:
        """Say for a while what came of an act on the exam in sight; it goes with the exam."""
        self._say(text, of_exam=True)

    def show_mark(self, text: str) -> None:
        """Say what the mark or line under the pointer is, before all but a fresh act; '' when the pointer has left it."""
        self._mark = text
        self._show()

    def leave_exam(self) -> None:
        """Nothing that was said of one exam stays in sight over another."""
        self._mark = ""
        if self._of_exam:
            self._message = ""
        self._show()

    def forget_act(self) -> None:
        """What was said of the last act on the exam no longer holds; other messages stay."""
        if self._of_exam:
            self.forget_message()

    def forget_message(self) -> None:
        """Back to the hint."""
        self._fade.stop()
        self._fresh.stop()
        self._message = ""
        self._show()

    def take_back(self, text: str) -> None:
        """What was said holds no longer: back to the hint, unless something else was said since."""
        if text and self._message == text:
            self.forget_message()

    def show_pointer(self, picture: Picture | None, pointer: Pointer | None) -> None:
        """The stored value under the pointer, and where that is; lengths only with their basis."""
        self._pointed = (picture, pointer)
        self._read_soon()

    def show_view(self, viewport: Viewport) -> None:
        """How large and through which window the active pane shows its image."""
        self._viewed = viewport
        self._read_soon()

    def show_looking(self, text: str) -> None:
        """Where one is on the walk through a breast, what is linked, and how much was seen."""
        self.looking.setText(text)
        self.looking.setVisible(bool(text))

    def _read_soon(self) -> None:
        """Words wait until the picture that the hand moves is on the screen."""
        if not self._reading.isActive():
            self._reading.start()

    def _read(self) -> None:
        self.pointer.setText(_pointer_words(*self._pointed))
        self.view.setText("" if self._viewed is None else _view_words(self._viewed))

    def show_display(self, note: str) -> None:
        """Say what the images are seen on, in two words; all of it, and what to do, when resting there."""
        self._display_note = note
        self.display.setText(f"{note.partition(',')[0]} display")
        self.display.setToolTip(
            f"<p>Every act keeps what it was made on: {escape(note)}.</p>"
            f"<p>Measure, correct or look at this screen in the display check ({self._display_check}).</p>"
        )

    def tell_display_check(self, key: str) -> None:
        """By which key the display check opens."""
        self._display_check = key
        self.show_display(self._display_note)

    def show_progress(self, progress: Progress | None, words: str = "") -> None:
        """Show how far long work is, by a bar and in words; None when there is none."""
        for part in (self.work, self.bar, self.stop):
            part.setVisible(progress is not None)
        if progress is not None:
            total = progress.total or 0
            self.bar.setRange(0, total)
            self.bar.setValue(min(progress.done, total))
            self.work.setText(words)

    def _keep_height(self) -> None:
        """As high with a button as without: the images would move when work begins, and again when it ends."""
        self.stop.ensurePolished()
        self.hint.setMinimumHeight(self.stop.sizeHint().height())

    def _after(self, milliseconds: int, act: Callable[[], None]) -> QTimer:
        """Does something once, so long after it was started."""
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(milliseconds)
        timer.timeout.connect(act)
        return timer

    def _show(self) -> None:
        hint = " · ".join(part for part in (self._hint, self._wheel) if part) if self._hint else ""
        fresh = self._message if self._fresh.isActive() else ""
        said = fresh or self._mark or self._message
        self.hint.setText(said or hint)
        self._make_room(said)

    def _make_room(self, words: str) -> None:
        """What is said once comes before the view, which stands in the corners too."""
        taken = 0 if self.view.isHidden() else self.view.width() + SPACING_PX
        room = self.hint.width() + taken - self.view.sizeHint().width() - SPACING_PX
        self.view.setHidden(self.hint.fontMetrics().horizontalAdvance(words) > room)

    def _say(self, text: str, *, of_exam: bool) -> None:
        if text:
            self._message, self._of_exam = text, of_exam
            self._fade.start()
            if of_exam:
                self._fresh.start()
            else:
                self._fresh.stop()
            self._show()


def _pointer_words(picture: Picture | None, pointer: Pointer | None) -> str:
    if picture is None or pointer is None:
        return ""
    at, spacing = pointer.point, picture.info.spacing
    place = f"column {at.column:.0f}  row {at.row:.0f}"
    if spacing is not None:
        place = f"x {at.column * spacing.column_mm:.1f}  y {at.row * spacing.row_mm:.1f} mm {spacing.basis}"
    return f"value {pointer.value}  ·  {place}"


def _view_words(viewport: Viewport) -> str:
    if viewport.picture is None:
        return ""
    name = "" if viewport.voi is None else name_in_force(viewport.picture, viewport.voi)
    inverted = "  ·  inverted" if viewport.inverted else ""
    depth = depth_words(viewport.picture)
    place = f"{depth}  ·  " if depth else ""
    made = made_of(viewport.view, viewport.mode, viewport.smooth)
    return f"{place}{made}  ·  {name}{inverted}"
