"""What the keys of looking do: the walk, the light map, linked panes, the lens's twin, true size."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPointF, QTimer

from annotator.model.image import ImageInfo
from annotator.ui.display.screen_pitch import PitchFile
from annotator.ui.looking.coverage_keeper import CoverageKeeper
from annotator.ui.looking.coverage_map import CoverageMaps
from annotator.ui.looking.coverage_watch import CoverageWatch
from annotator.ui.looking.linking import Linking
from annotator.ui.looking.quadrant_walk import QuadrantWalk, percent
from annotator.ui.looking.true_size import is_true_size, show_true_size, true_size_words, why_not
from annotator.ui.panes.viewport import Viewport
from annotator.ui.window.shown_keys import key_or_menu

if TYPE_CHECKING:
    from annotator.ui.display.screen_pitch_page import ScreenPitchPage
    from annotator.ui.main_window import MainWindow

WORDS_MS = 25
"""How often at most the words at the bottom follow: no eye reads faster, and the picture goes first."""


class LookingCommands(QObject):
    """Acts on the active pane; tells at the bottom where one is and how much was seen."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        grid, status = window.grid, window.status
        self.linking = Linking(grid, self)
        self.watch = CoverageWatch(grid, window.lens, self)
        self.coverage = CoverageKeeper(window.desk, self.watch, window.runner, self)
        self.maps = CoverageMaps(grid, self.coverage, self)
        self.walker = QuadrantWalk(window.exam_view, grid, self.coverage, self)
        self.pitches = PitchFile()
        self._pitch_page: ScreenPitchPage | None = None
        self._telling = QTimer(self)
        self._telling.setSingleShot(True)
        self._telling.setInterval(WORDS_MS)
        self._telling.timeout.connect(self._tell)
        self.walker.message.connect(status.show_act)
        self.coverage.message.connect(status.show_message)
        for signal in (self.coverage.changed, self.walker.moved, self.linking.changed, grid.active_changed):
            signal.connect(self._tell_soon)
        window.exam_view.picture_shown.connect(self._tell_soon)
        window.exam_view.slice_shown.connect(self._tell_soon)
        for viewport in grid.viewports:
            viewport.view_changed.connect(self._tell_soon)

    def walk(self, by: int) -> None:
        self.walker.step(by)

    def toggle_coverage_map(self) -> None:
        shown = not self.maps.shown
        self.maps.show(shown)
        say = self._window.status.show_act
        viewport = self._window.grid.active
        if not shown:
            say("The light map is put away.")
        elif viewport.picture is not None and min(viewport.view.scale, viewport.view.scale_down) >= 1:
            say(
                "The light map is drawn on pictures smaller than 1:1, where it hides no speck; Z shows all of the breast."
            )
        else:
            say("Lit: seen at 1:1 or larger. The line is the border to what was not.")

    def toggle_link_views(self) -> None:
        linking = self.linking
        linking.link_views(not linking.views)
        if not linking.views:
            self._window.status.show_act("Each pane shifts and zooms alone.")
            return
        alone = [
            v
            for v in self._window.grid.viewports
            if v.isVisible() and v.picture and not linking.can_follow(v)
        ]
        names = ", ".join(_name(v.picture.info) for v in alone if v.picture is not None)
        rest = f" Not {names}: magnified, or side or pixel spacing unknown." if names else ""
        self._window.status.show_act(
            "Panes shift and zoom together: millimetres from the chest wall and from the line through the nipple."
            + rest
        )

    def toggle_link_windows(self) -> None:
        linking = self.linking
        linking.link_windows(not linking.windows)
        self._window.status.show_act(
            "Panes share their window, each by its own file."
            if linking.windows
            else "Each pane has its own window."
        )

    def toggle_lens_twin(self) -> None:
        lens = self._window.lens
        twin = not (lens.wanted and lens.look.twin)
        lens.set_look(replace(lens.look, twin=twin))
        if twin and not lens.wanted:
            self._window.view_commands.toggle_lens()
        if twin:
            self._window.status.show_act(lens.why_no_twin())

    def show_true_size(self) -> None:
        viewport = self._window.grid.active
        keys = self._window.profiles.keys()
        named = (key_or_menu(keys, act) for act in ("fit", "screen_pitch"))
        refused = why_not(viewport, self.pitches, *named)
        pitch = self.pitches.pitch(viewport.screen())
        picture = viewport.picture
        if refused or pitch is None or picture is None or picture.info.spacing is None:
            self._window.status.show_act(refused)
            return
        if is_true_size(viewport, pitch) and not viewport.fitted:
            viewport.fit()
            return
        at = QPointF(viewport.mapFromGlobal(viewport.cursor().pos()))
        show_true_size(viewport, pitch, at if viewport.rect().contains(at.toPoint()) else None)
        words = true_size_words(picture.info.spacing, pitch)
        self._window.status.show_act(
            f"{words[:1].upper()}{words[1:]}: a centimetre of it is a centimetre on this screen."
        )

    def measure_screen(self) -> None:
        from annotator.ui.display.screen_pitch_page import ScreenPitchPage  # noqa: PLC0415  seldom wanted, so not before first paint

        page = self._pitch_page
        if page is None:
            page = self._pitch_page = ScreenPitchPage(self.pitches, self._window)
            page.entered.connect(self._tell_soon)
        page.measure(self._window.grid.active.screen())
        page.show()
        page.raise_()
        page.activateWindow()

    def _tell_soon(self, *_what: object) -> None:
        if not self._telling.isActive():
            self._telling.start()

    def _tell(self) -> None:
        self._window.status.show_looking(self.words(self._window.grid.active))

    def words(self, viewport: Viewport) -> str:
        """Where one is on the walk, what is linked, at true size, and how much was seen."""
        picture = viewport.picture
        if picture is None:
            return ""
        linking = self.linking
        linked = " and ".join(
            word for word, on in (("views", linking.views), ("windows", linking.windows)) if on
        )
        parts = [self.walker.words(viewport)]
        share, of_exam = self.coverage.share(picture.info), self.coverage.share_of_exam
        if share is not None:
            parts.append(f"seen {percent(share)}")
        if of_exam is not None:
            parts.append(f"exam {percent(of_exam)}")
        parts.append(f"linked {linked}" if linked else "")
        pitch = self.pitches.pitch(viewport.screen())
        if pitch is not None and picture.info.spacing is not None and is_true_size(viewport, pitch):
            parts.append(true_size_words(picture.info.spacing, pitch))
        return "  ·  ".join(part for part in parts if part)


def _name(info: ImageInfo) -> str:
    return info.name or info.file_name
