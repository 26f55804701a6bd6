"""What each row of the table of actions does; every method here is the slot of one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPointF
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog

from annotator.imaging.breast_window import default_voi
from annotator.imaging.grayscale import full_range
from annotator.imaging.render import peak_share
from annotator.model import edits
from annotator.model.finding import Distribution, Finding, Morphology, Stage
from annotator.model.image import Voi
from annotator.model.mark import MarkKind
from annotator.ui.about import AboutBox
from annotator.ui.actions import CHORDS, key_text
from annotator.ui.exports import FINDINGS, REPORT, ExportKind
from annotator.ui.gestures import FirstTool, LeftDrag
from annotator.ui.hand import ZOOM_STEP
from annotator.ui.look import Look
from annotator.ui.marking_elsewhere import EarlyHost, PriorTool
from annotator.ui.picture import Picture
from annotator.ui.shown_keys import key_or_menu
from annotator.ui.tools import LookTool, MarkingHost, MarkTool, SelectTool, Tool
from annotator.ui.viewport import Pointer, Viewport

if TYPE_CHECKING:
    from annotator.ui.main_window import MainWindow
    from annotator.ui.session import ReadingSession


class Commands(QObject):
    """The hands of the window: keeps how images are looked at, never what is said of them."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._tool = FirstTool.MICRO
        self._inverted = False
        self._default_look = Look.of(window.desk.workspace.settings)
        self._look = self._default_look
        self._marks_visible = True
        self._pointed: tuple[Viewport, Pointer] | None = None
        self._dialogs: dict[str, QDialog] = {}

    def pointed_at(self, viewport: Viewport, pointer: Pointer | None) -> None:
        """Remember what lies under the pointer, for the presets."""
        self._pointed = None if pointer is None else (viewport, pointer)

    def open_files(self) -> None:
        dialog = QFileDialog(self._window, "Open images", str(Path.home()))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        self._ask_for_paths(dialog)

    def open_folder(self) -> None:
        dialog = QFileDialog(self._window, "Open a folder of images", str(Path.home()))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        self._ask_for_paths(dialog)

    def open_sample(self) -> None:
        self._window.desk.open_sample()

    def quit(self) -> None:
        self._window.close()

    def save_now(self) -> None:
        self._window.finding_panel.commit_comment()
        self._with_session(lambda session: session.save_now())

    def save_report(self) -> None:
        self._export(REPORT)

    def save_findings(self) -> None:
        self._export(FINDINGS)

    def undo(self) -> None:
        self._window.finding_panel.commit_comment()
        self._with_session(lambda session: session.undo_stack.undo())

    def redo(self) -> None:
        self._with_session(lambda session: session.undo_stack.redo())

    def delete_selected(self) -> None:
        self._with_session(lambda session: session.remove_selected())

    def cancel(self) -> None:
        """Drop the stroke in hand, else the lens, else the selection of marks, else give the keyboard to the image."""
        grid = self._window.grid
        if grid.active.cancel_gesture() or self._window.lens.close_lens():
            return
        focused = QApplication.focusWidget()
        if focused is not None and not grid.holds(focused):
            grid.active.setFocus()
        else:
            self._with_session(lambda session: session.select_marks(frozenset()))

    def use_mark_tool(self, kind: MarkKind) -> None:
        self.use_first_tool(FirstTool(kind.value))

    def use_select_tool(self) -> None:
        self.use_first_tool(FirstTool.SELECT)

    def use_look_tool(self) -> None:
        self.use_first_tool(FirstTool.LOOK)

    def use_first_tool(self, tool: FirstTool) -> None:
        """Take a tool into the hand."""
        self._tool = tool
        self.apply_tool()

    def apply_tool(self) -> None:
        """Put the chosen tool in the hand, for the reading that is open."""
        view = self._window.exam_view
        # the hint of the pane set last stays in the status line: not that of an earlier exam
        panes = sorted(
            enumerate(self._window.grid.viewports), key=lambda pane: not view.is_prior_pane(pane[0])
        )
        for pane, viewport in panes:
            viewport.set_tool(self.tool_for(pane))

    def tool_for(self, pane: int) -> Tool | None:
        """What the left button does in a pane: an earlier exam is looked at, not marked."""
        desk, say = self._window.desk, self._window.status.show_act
        if self._window.exam_view.is_prior_pane(pane):
            return PriorTool(say, key_or_menu(self._window.profiles.keys(), "older_exam"))
        host: MarkingHost | None = desk.session
        if host is None and desk.exam is not None:
            host = EarlyHost(desk, desk.exam.study_instance_uid, say)
        if self._tool is FirstTool.LOOK:
            drag = self._window.profiles.current().left_drag
            return LookTool(desk.session, drags_window=drag is LeftDrag.WINDOW)
        if host is None:
            return None
        return (
            SelectTool(host) if self._tool is FirstTool.SELECT else MarkTool(host, MarkKind(self._tool.value))
        )

    def open_chord(self, chord_id: str) -> None:
        keys = key_text(self._window.profiles.keys()[f"{chord_id}_chord"][:1])
        chord = replace(next(c for c in CHORDS if c.id == chord_id), key=keys)
        back = QApplication.focusWidget() or self._window.grid.active
        self._window.open_legend(chord, back)

    def chord_picked(self, chord_id: str, word: Morphology | Distribution) -> None:
        """The letters of a chord were typed."""
        session = self._window.desk.session
        if session is None:
            return
        name = self._window.desk.workspace.lexicon.word(word)
        if chord_id == "benign" and isinstance(word, Morphology):
            self._mark_benign(session, word, name)
        elif session.current_finding is not None:
            _say_word(session, session.current_finding, word, name)

    def new_finding(self) -> None:
        self._with_session(lambda session: session.new_finding())

    def move_to_new_finding(self) -> None:
        self._with_session(lambda session: session.move_selected())

    def remove_finding(self) -> None:
        session = self._window.desk.session
        if session is not None and session.current_finding_id is not None:
            session.remove_finding(session.current_finding_id)

    def step_finding(self, by: int) -> None:
        session = self._window.desk.session
        if session is None or not session.reading.findings:
            return
        ids = [f.id for f in session.reading.findings]
        current = session.current_finding_id
        at = ids.index(current) + by if current in ids else 0
        session.select_finding(ids[at % len(ids)])

    def toggle_fit(self) -> None:
        self._window.grid.active.toggle_fit_one_to_one()

    def toggle_invert(self) -> None:
        self._inverted = not self._inverted
        self.apply_view()

    def toggle_mode(self) -> None:
        self._look = self._look.other_mode()
        self.apply_view()
        viewport = self._window.grid.active
        if viewport.picture is not None and not peak_share(viewport.view):
            self._window.status.show_message(f"{self._look.mode.capitalize()}, seen only below 1:1.")

    def toggle_enlarged(self) -> None:
        self._look = self._look.other_enlarged()
        self.apply_view()
        viewport = self._window.grid.active
        if viewport.picture is not None and viewport.view.scale <= 1:
            chosen = "Smooth" if self._look.smooth else "Every pixel a square"
            self._window.status.show_message(f"{chosen}, seen only above 1:1.")

    @property
    def look_text(self) -> str:
        """How images are looked at, for the file that remembers the window's places; '' as the profile says."""
        return self._look.to_text(self._default_look)

    def set_default_look(self, look: Look) -> None:
        """Another default of settings or profile: it holds from now on, whatever was chosen before."""
        if look != self._default_look:
            self._default_look = self._look = look
            self.apply_view()

    def restore_look(self, text: str) -> None:
        """Look at images as remembered."""
        self._look = Look.from_text(text, self._default_look)
        self.apply_view()

    @property
    def pointed(self) -> Viewport | None:
        """The viewport under the pointer when it shows a picture."""
        viewport = self._pointed[0] if self._pointed else None
        return viewport if viewport is not None and viewport.isVisible() and viewport.picture else None

    def toggle_lens(self) -> None:
        lens = self._window.lens
        if not lens.close_lens():
            lens.open(*(self._pointed or (None, None)))

    def invert_lens(self) -> None:
        lens = self._window.lens
        if not lens.wanted:
            lens.open(*(self._pointed or (None, None)))
        lens.set_look(replace(lens.look, inverted=not lens.look.inverted))

    def enlarge(self, by: int) -> None:
        """The lens when it is open, else the picture at the pointer, else in the middle of the active pane."""
        lens, active = self._window.lens, self._window.grid.active
        if lens.wanted:
            lens.set_look(lens.look.magnified(by))
            return
        viewport, pointer = self._pointed or (active, None)
        at = QPointF(viewport.rect().center()) if pointer is None else viewport.widget_position(pointer.point)
        viewport.zoom_by(ZOOM_STEP**by, at)

    def toggle_marks(self) -> None:
        self._marks_visible = not self._marks_visible
        self.apply_view()

    def apply_view(self) -> None:
        """Look at all panes in the way chosen last."""
        for viewport in self._window.grid.viewports:
            viewport.set_inverted(self._inverted)
            viewport.set_mode(self._look.mode)
            viewport.set_smooth(self._look.smooth)
            viewport.set_marks_visible(self._marks_visible)

    def use_window(self, number: int) -> None:
        """The window of that number in every pane, each after its own file."""
        missing = True
        for viewport in self._window.grid.viewports:
            picture = viewport.picture
            windows = [] if picture is None else windows_of(picture)
            if number < len(windows):
                viewport.set_voi(windows[number])
                missing = False
        if missing:
            self._window.status.show_message(f"There is no window {number} for these images.")

    def toggle_images_only(self) -> None:
        self._window.toggle_images_only()

    def toggle_panel(self, name: str) -> None:
        self._window.toggle_panel(name)

    def step_image(self, by: int) -> None:
        self._window.exam_view.step_image(by)

    def step_slice(self, by: int) -> None:
        """Another slice of a stack, another image where there is none."""
        if not self._window.stack_commands.step_slice(by):
            self.step_image(by)

    def end_slice(self, last: int) -> None:
        self._window.stack_commands.go_to_end(bool(last))

    def toggle_cine(self) -> None:
        self._window.stack_commands.toggle_cine()

    def change_cine_speed(self, by: int) -> None:
        self._window.stack_commands.cine.faster(by)

    def next_slab(self) -> None:
        self._window.stack_commands.next_slab()

    def thicken_slab(self, by: int) -> None:
        self._window.stack_commands.thicken(by)

    def best_slice(self) -> None:
        self._window.stack_commands.best_slice(*(self._pointed or (self._window.grid.active, None)))

    def step_exam(self, by: int) -> None:
        self._window.desk.step(by, self._window.worklist.exams_in_sight)

    def step_patient(self, by: int) -> None:
        self._window.desk.step_patient(by)

    def other_view(self) -> None:
        self._window.exam_view.other_view()

    def other_side(self) -> None:
        self._window.exam_view.other_side()

    def show_about(self) -> None:
        workspace = self._window.desk.workspace
        edition = workspace.settings.lexicon_edition
        self._show_dialog("about", lambda: AboutBox(workspace.rules, edition, self._window))

    def show_display_check(self) -> None:
        from annotator.ui.display_check import DisplayCheck  # noqa: PLC0415  seldom wanted, so not before first paint

        window = self._window
        reader = window.desk.workspace.settings.reader
        self._show_dialog("display check", lambda: DisplayCheck(window.displays, reader, window))

    def _show_dialog(self, name: str, make: Callable[[], QDialog]) -> None:
        dialog = self._dialogs.get(name) or self._dialogs.setdefault(name, make())
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()

    def _ask_for_paths(self, dialog: QFileDialog) -> None:
        dialog.filesSelected.connect(lambda names: self._window.open_paths([Path(n) for n in names]))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _export(self, kind: ExportKind) -> None:
        self._window.finding_panel.commit_comment()
        self._with_session(lambda session: self._window.exports.ask(kind, session))

    def _with_session(self, act: Callable[[ReadingSession], object]) -> None:
        self._window.desk.when_open(act)

    def _mark_benign(self, session: ReadingSession, word: Morphology, name: str) -> None:
        """Mark the spot under the pointer as a finding of its own and name its type, as one undo step."""
        viewport, pointer = self._pointed or (None, None)
        picture = None if viewport is None else viewport.picture
        if viewport is None or picture is None or pointer is None:
            self._window.status.show_message(
                "Rest the pointer on the calcification first, then type the preset."
            )
            return
        result = session.workspace.measure_spot(picture.info, picture.frame, pointer.point, viewport.reach_px)
        if result.measurement is None:
            self._window.status.show_message(f"{result.reason or 'No spot here'}; nothing was marked.")
            return
        stage = Stage.WORKUP if session.corrected_exam.magnified else Stage.SCREEN
        reading, finding = edits.add_finding(session.reading, stage=stage)
        kind = result.proposal or MarkKind.MACRO
        reading, mark = edits.add_mark(
            reading, finding.id, picture.key, result.measurement.center, kind, result.measurement
        )
        session.apply(
            edits.describe(reading, finding.id, morphology=(word,)), f"Mark {name} as F{finding.number}"
        )
        session.select_marks(frozenset({mark.id}))


def windows_of(picture: Picture) -> list[Voi]:
    """What the keys 0-9 stand for: the alternatives of the file, one after the breast's own values, all."""
    info = picture.info
    whole = replace(full_range(info), name="all values")
    return [*info.voi, default_voi(replace(info, voi=()), picture.frame), whole]


def _say_word(session: ReadingSession, finding: Finding, word: Morphology | Distribution, name: str) -> None:
    """Switch a morphology on or off, or set the distribution, of the current finding."""
    if isinstance(word, Distribution):
        session.describe(finding.id, f"Distribution: {name.lower()}", distribution=word)
        return
    said = set(finding.morphology) ^ {word}
    shapes = tuple(m for m in Morphology if m in said)
    session.describe(
        finding.id, f"Morphology: {name.lower()}{'' if word in said else ' taken back'}", morphology=shapes
    )
