"""The screens: what is known of each, how it is sent grey, and what a reading's record says of it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QScreen
from PySide6.QtWidgets import QWidget

from annotator.errors import AnnotatorError, StoreError
from annotator.imaging.screen_state import ScreenState, state_of
from annotator.model.display import DisplayEvent, ScreenId, grey_levels
from annotator.store.display_log import DisplayLog, LoggedEvents
from annotator.ui.pictures.grey_output import GreyOutput, depth_for
from annotator.ui.task_runner import TaskRunner


def screen_id(screen: QScreen) -> ScreenId:
    """The screen as it names itself."""
    return ScreenId(
        screen.manufacturer().strip(), screen.model().strip(), screen.serialNumber().strip(), screen.name()
    )


def screen_facts(screen: QScreen) -> str:
    """Size, pixel pitch and grey levels in one line; the pitch only where the screen tells its size."""
    ratio = screen.devicePixelRatio()
    width, height = (round(side * ratio) for side in (screen.size().width(), screen.size().height()))
    facts = [f"{width} x {height} pixels, {width * height / 1e6:.1f} megapixels"]
    told = screen.physicalSize().width()
    if told > 0:
        facts.append(f"pitch {told / width:.3f} mm as the screen tells it")
    facts.append(f"{screen.depth()} bit, {grey_levels(screen.depth()):,} grey levels")
    return ", ".join(facts)


class Displays(QObject):
    """Keeps the log and what follows from it. `changed` after every event that was kept."""

    changed = Signal()
    failed = Signal(str)

    def __init__(
        self, setting: str, runner: TaskRunner, log: DisplayLog, parent: QObject | None = None
    ) -> None:
        """`setting` is `grey_output`."""
        super().__init__(parent)
        self._setting = setting
        self._runner = runner
        self._log = log
        self._states: dict[tuple[str, ...], ScreenState] = {}
        self._outputs: dict[tuple[object, ...], GreyOutput] = {}
        self._notes: dict[tuple[object, ...], str] = {}
        try:
            self.logged = log.read()
        except StoreError as error:
            self.logged, self.trouble = LoggedEvents(), str(error)
        else:
            self.trouble = ""

    def state(self, screen: QScreen) -> ScreenState:
        """The last word of the log on a screen."""
        known = screen_id(screen)
        if known.key not in self._states:
            self._states[known.key] = state_of(known, self.logged.events)
        return self._states[known.key]

    def output(self, screen: QScreen) -> GreyOutput:
        """How images are sent to a screen; the same object as long as nothing changes."""
        state = self.state(screen)
        depth = depth_for(self._setting, screen.depth())
        key = (*state.screen.key, depth)
        if key not in self._outputs:
            self._outputs[key] = GreyOutput(depth, state.calibration if state.on else None)
        return self._outputs[key]

    def note(self, screen: QScreen) -> str:
        """What a reading's record says of acts made on a screen."""
        levels = self.output(screen).levels
        key = (*self.state(screen).screen.key, levels)
        if key not in self._notes:
            self._notes[key] = self.state(screen).note(levels)
        return self._notes[key]

    def set_grey_output(self, setting: str) -> None:
        """Send grey values in this way from now on; one of GREY_OUTPUTS."""
        self._setting = setting
        for cache in (self._outputs, self._notes):
            cache.clear()
        self.changed.emit()

    def follow(self, window: QWidget, apply: Callable[[QScreen], None]) -> None:
        """Call `apply` with the screen `window` is on: now, when it goes to another, and after every event."""
        self.changed.connect(lambda: apply(window.screen()))
        _Follower(window, apply)
        apply(window.screen())

    def record(self, event: DisplayEvent, then: Callable[[], None] | None = None) -> None:
        """Add an event to the log and go by it, once it is on disk; `failed` says why it is not."""

        def kept(_none: None) -> None:
            self.logged = LoggedEvents((*self.logged.events, event), self.logged.unreadable)
            for cache in (self._states, self._outputs, self._notes):
                cache.clear()
            self.changed.emit()
            if then is not None:
                then()

        def refused(error: AnnotatorError) -> None:
            self.failed.emit(str(error))

        self._runner.write(lambda: self._log.append(event), kept, refused)


class _Follower(QObject):
    """A window has a handle that tells of its screen only from its first showing on."""

    def __init__(self, window: QWidget, apply: Callable[[QScreen], None]) -> None:
        super().__init__(window)
        self._window = window
        self._apply = apply
        window.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        handle = self._window.windowHandle()
        if event.type() == QEvent.Type.Show and handle is not None:
            self._window.removeEventFilter(self)
            handle.screenChanged.connect(self._apply)
            self._apply(self._window.screen())
        return False
