"""The window: places the parts and wires them. It holds no state about findings and decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QPoint, QSettings, Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QResizeEvent, QScreen
from PySide6.QtWidgets import (
    QDockWidget,
    QLabel,
    QMainWindow,
    QMenu,
    QPushButton,
    QStackedWidget,
    QStatusBar,
    QVBoxLayout,
    QWidget,
)

from annotator.model.image import ExamInfo
from annotator.settings import settings_path
from annotator.store.display_log import DisplayLog
from annotator.ui.actions import ACTIONS, MENUS, Chord, Needs, enable_actions, make_actions
from annotator.ui.chord_legend import ChordLegend
from annotator.ui.commands import Commands
from annotator.ui.displays import Displays
from annotator.ui.exam_strip import ExamStrip
from annotator.ui.exam_view import ExamView
from annotator.ui.exports import Exports
from annotator.ui.image_menu import ImageMenu
from annotator.ui.lens import Lens, LensLook
from annotator.ui.panels.files_problem import FilesProblemPanel
from annotator.ui.panels.finding import FindingPanel
from annotator.ui.panels.follow_up import FollowUpPanel
from annotator.ui.panels.history import HistoryPanel, sentences
from annotator.ui.panels.thumbnails import ThumbnailsPanel
from annotator.ui.panels.worklist import WorklistPanel
from annotator.ui.reading_desk import ReadingDesk
from annotator.ui.session import ReadingSession
from annotator.ui.stack_commands import StackCommands
from annotator.ui.status_line import StatusLine
from annotator.ui.task_runner import TaskRunner
from annotator.ui.unsaved_question import UnsavedQuestion
from annotator.ui.viewport import Pointer, Viewport
from annotator.ui.viewport_grid import ViewportGrid
from annotator.workspace import Workspace

_HIDDEN_AT_FIRST = ("history", "problems")
_LAYOUT_VERSION = 1


class MainWindow(QMainWindow):
    """`open_paths` is the one way in; closing waits until every act is saved.

    `places` is the file that remembers where things stood; the reader's own when it is None.
    """

    def __init__(self, workspace: Workspace, runner: TaskRunner, places: Path | None = None) -> None:
        super().__init__()
        self._places_file = places or settings_path().with_name("window.ini")
        self.setWindowTitle("Mammogram Annotator")
        self.setAcceptDrops(True)
        self.resize(1600, 900)
        self.runner = runner
        self.displays = Displays(workspace.settings.grey_output, runner, DisplayLog(), self)
        self.desk = ReadingDesk(workspace, runner, self)
        self.grid = ViewportGrid()
        self.lens = Lens(self.grid)
        self.worklist = WorklistPanel()
        self.thumbnails = ThumbnailsPanel()
        self.finding_panel = FindingPanel(workspace.lexicon)
        self.follow_up_panel = FollowUpPanel(workspace.lexicon)
        self.history = HistoryPanel()
        self.problems = FilesProblemPanel()
        self.status = StatusLine(workspace.settings.reader)
        stack_bytes = round(workspace.settings.stack_memory_mb * 1e6)
        self.exam_view = ExamView(self.grid, self.thumbnails, runner, self, stack_bytes=stack_bytes)
        self.exports = Exports(workspace, runner, self)
        self._unsaved = UnsavedQuestion(self.exports, self)
        self.stack_commands = StackCommands(self)
        self.commands = Commands(self)
        self.actions_by_id = make_actions(self, self.grid, self.commands)
        self._menu = QMenu("Menu", self)
        self._fill_menu()
        self._image_menu = ImageMenu(self._menu, self.actions_by_id["move_to_new"], self)
        self.strip = ExamStrip(self._menu)
        self._legend = ChordLegend(workspace.lexicon, self)
        self._hidden_for_images: list[QWidget] = []
        self._place_parts()
        self._wire()
        self._restore_places()
        self._enable()

    def open_paths(self, paths: Sequence[Path]) -> None:
        """List and open files, folders, DICOMDIRs and ZIPs."""
        self.desk.open_paths(paths)

    def show_panel(self, name: str) -> None:
        """Bring a panel into sight."""
        self._docks[name].show()

    def toggle_panel(self, name: str) -> None:
        """Show a panel, or hide it."""
        dock = self._docks[name]
        dock.setVisible(not dock.isVisible())
        if name == "history":
            self._refresh_history()

    def toggle_images_only(self) -> None:
        """Hide everything but the images, or bring back what was there."""
        if self._hidden_for_images:
            for part in self._hidden_for_images:
                part.show()
            self._hidden_for_images = []
            return
        parts = [*self._docks.values(), self.strip, self.statusBar()]
        self._hidden_for_images = [part for part in parts if part.isVisible()]
        for part in self._hidden_for_images:
            part.hide()

    def open_legend(self, chord: Chord, back: QWidget) -> None:
        """Open the legend of a chord where it covers no tissue: over the findings, else in the corner."""
        self._legend.open(chord, back)
        self._legend.move(
            self.width() - self._legend.width() - 12, self.height() - self._legend.height() - 40
        )

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self.desk.close_session():
            event.ignore()
            self._ask_to_leave(self.close)
            return
        self._save_places()
        self.exam_view.close_exam()
        super().closeEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.open_paths(paths)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._legend.close_legend()
        self.follow_up_panel.fit_height()

    def _fill_menu(self) -> None:
        for title in MENUS:
            menu = self._menu.addMenu(title)
            menu.setToolTipsVisible(True)
            for spec in ACTIONS:
                if spec.menu == title:
                    menu.addAction(self.actions_by_id[spec.id])

    def _place_parts(self) -> None:
        self.setMenuWidget(self.strip)
        self._pages = QStackedWidget()
        welcome = self._welcome()
        self._pages.addWidget(welcome)
        self._pages.addWidget(self.grid)
        self.setCentralWidget(self._pages)
        welcome.setFocus()
        bar = QStatusBar()
        bar.setSizeGripEnabled(False)
        bar.setContentsMargins(0, 0, 0, 0)
        bar.addWidget(self.status, 1)
        self.setStatusBar(bar)
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.finding_panel, 1)
        column.addWidget(self.follow_up_panel)
        areas = Qt.DockWidgetArea
        self._docks = {
            "worklist": self._dock("worklist", self.worklist, areas.LeftDockWidgetArea),
            "thumbnails": self._dock("thumbnails", self.thumbnails, areas.LeftDockWidgetArea),
            "findings": self._dock("findings", right, areas.RightDockWidgetArea),
            "history": self._dock("history", self.history, areas.RightDockWidgetArea),
            "problems": self._dock("problems", self.problems, areas.BottomDockWidgetArea),
        }
        for name in _HIDDEN_AT_FIRST:
            self._docks[name].hide()
        self.setCorner(Qt.Corner.BottomLeftCorner, areas.LeftDockWidgetArea)
        self.setCorner(Qt.Corner.BottomRightCorner, areas.RightDockWidgetArea)
        em = self.fontMetrics().horizontalAdvance("M")
        sides = [self._docks["worklist"], self._docks["findings"]]
        self.resizeDocks(sides, [20 * em, 34 * em], Qt.Orientation.Horizontal)
        left = [self._docks["worklist"], self._docks["thumbnails"]]
        self.resizeDocks(left, [300, 420], Qt.Orientation.Vertical)
        low = [self._docks["history"], self._docks["problems"]]
        self.resizeDocks(low, [14 * em, 14 * em], Qt.Orientation.Vertical)

    def _dock(self, name: str, content: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
        dock = QDockWidget(name, self)
        dock.setObjectName(name)
        dock.setTitleBarWidget(QWidget(dock))
        dock.setFeatures(QDockWidget.DockWidgetFeature.NoDockWidgetFeatures)
        content.setObjectName("panel")
        content.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        dock.setWidget(content)
        self.addDockWidget(area, dock)
        return dock

    def _welcome(self) -> QWidget:
        page = QWidget()
        page.setAccessibleName("Nothing open yet")
        page.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        column = QVBoxLayout(page)
        column.setSpacing(10)
        column.addStretch(1)
        title = QLabel("Drop mammograms here: files, a folder, a DICOMDIR or a ZIP")
        title.setProperty("role", "welcome")
        column.addWidget(title, 0, Qt.AlignmentFlag.AlignHCenter)
        for action_id in ("open_files", "open_folder", "open_sample"):
            action = self.actions_by_id[action_id]
            keys = action.shortcut().toString()
            button = QPushButton(f"{action.text()}   {keys}" if keys else action.text())
            button.setAccessibleName(action.text())
            button.setToolTip(action.toolTip())
            button.setMinimumWidth(260)
            button.clicked.connect(action.trigger)
            column.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
        return page

    def _wire(self) -> None:
        desk = self.desk
        desk.exams_changed.connect(self._exams_changed)
        desk.states_changed.connect(self.worklist.show_states)
        desk.closing.connect(self.finding_panel.commit_comment)
        desk.session_changed.connect(self._session_changed)
        desk.exam_changed.connect(self._exam_changed)
        desk.progress.connect(self.status.show_progress)
        desk.message.connect(self.status.show_message)
        desk.stuck.connect(self._ask_to_leave)
        self.exports.progress.connect(lambda done: self.status.show_progress(done, "pictures"))
        self.exports.message.connect(self.status.show_message)
        self.status.cancelled.connect(desk.cancel_listing)
        self.status.cancelled.connect(self.exports.cancel)
        self.worklist.exam_chosen.connect(desk.open_exam)
        self.worklist.problems_wanted.connect(lambda: self.show_panel("problems"))
        self.strip.layout_chosen.connect(self.exam_view.set_layout)
        self.exam_view.layout_changed.connect(self.strip.show_layout)
        self.exam_view.message.connect(self.status.show_message)
        self.exam_view.picture_shown.connect(self._picture_shown)
        self.exam_view.slice_shown.connect(self._show_view)
        self.displays.failed.connect(self.status.show_message)
        self.displays.follow(self, self._show_display)
        self._legend.picked.connect(self.commands.chord_picked)
        self.lens.message.connect(self.status.show_message)
        self.lens.opened.connect(self._show_view)
        for viewport in self.grid.viewports:
            self._wire_viewport(viewport)

    def _wire_viewport(self, viewport: Viewport) -> None:
        viewport.status_message.connect(self.status.show_hint)
        viewport.mark_hovered.connect(self.status.show_mark)
        viewport.pointer_moved.connect(lambda pointer: self._pointer_moved(viewport, pointer))
        viewport.view_changed.connect(self._show_view)
        viewport.voi_changed.connect(self._show_view)
        viewport.customContextMenuRequested.connect(
            lambda at: self._open_image_menu(viewport.mapToGlobal(at))
        )
        viewport.frame_step_requested.connect(lambda by: self.exam_view.step_frame(viewport, by))
        viewport.slab_step_requested.connect(self.stack_commands.thicken)
        viewport.refused.connect(self.status.show_act)

    def _open_image_menu(self, at: QPoint) -> None:
        self._image_menu.offer(self.desk.session)
        self._image_menu.popup(at)

    def _pointer_moved(self, viewport: Viewport, pointer: Pointer | None) -> None:
        self.commands.pointed_at(viewport, pointer)
        self.lens.follow(viewport, pointer)
        self.status.show_pointer(viewport.picture, pointer)
        self._show_wheel(viewport)

    def _show_view(self, *_what: object) -> None:
        self.status.show_view(self.grid.active)
        self._show_wheel(self.commands.pointed or self.grid.active)

    def _show_wheel(self, viewport: Viewport) -> None:
        stack = viewport.picture is not None and viewport.picture.info.is_stack
        self.status.show_wheel(stack=stack, lens=self.lens.wanted)

    def _exams_changed(self) -> None:
        self.worklist.show_exams(self.desk.exams)
        self.worklist.show_rejected(len(self.desk.rejected))
        self.problems.show_rejected(self.desk.rejected)

    def _exam_changed(self, exam: ExamInfo) -> None:
        self._pages.setCurrentWidget(self.grid)
        self.worklist.set_current(exam.study_instance_uid)
        self.strip.show_exam(exam, self.desk.prior_of(exam))
        self.exam_view.show_exam(exam)
        self.commands.apply_view()
        self.grid.active.setFocus()
        self._enable()

    def _session_changed(self, session: ReadingSession | None) -> None:
        self.finding_panel.set_session(session)
        self.follow_up_panel.set_session(session)
        self.strip.set_session(session)
        self.commands.apply_tool()
        self.status.leave_exam()
        if session is not None:
            session.message.connect(self.status.show_act)
            session.reading_changed.connect(self._show_reading)
            session.selection_changed.connect(self._show_selection)
            session.save_state_changed.connect(self._refresh_history)
            session.undo_stack.indexChanged.connect(self._enable)
        self._show_reading()
        self._refresh_history()
        self._enable()

    def _show_display(self, screen: QScreen) -> None:
        output = self.displays.output(screen)
        for viewport in self.grid.viewports:
            viewport.set_output(output)
        note = self.displays.note(screen)
        self.desk.set_display(note)
        self.status.show_display(note)

    def _show_reading(self, _changes: object = None) -> None:
        session = self.desk.session
        for viewport in self.grid.viewports:
            viewport.set_reading(None if session is None else session.reading)
        self.exam_view.set_reading(None if session is None else session.reading)
        self._show_selection()

    def _show_selection(self) -> None:
        session = self.desk.session
        if session is not None:
            for viewport in self.grid.viewports:
                viewport.set_selection(
                    session.current_finding_id, session.selected_marks, session.selected_cluster
                )
        self.stack_commands.bring_selection_into_view()
        self._enable()

    def _picture_shown(self, _pane: int, _picture: object) -> None:
        self.commands.apply_view()
        self._show_view()
        self._enable()

    def _refresh_history(self) -> None:
        session = self.desk.session
        if session is None or not self._docks["history"].isVisible():
            return
        word = self.desk.workspace.lexicon.word
        self.runner.query(
            "history",
            lambda _token: sentences(session.revisions(), word),
            self.history.show_told,
            lambda error: self.status.show_message(str(error)),
        )

    def _enable(self, _index: int = 0) -> None:
        session = self.desk.session
        stack = None if session is None else session.undo_stack
        fulfilled: dict[Needs, bool] = {
            "nothing": True,
            "exam": self.desk.exam is not None,
            "picture": any(v.picture is not None for v in self.grid.viewports),
            "stack": any(v.picture is not None and v.picture.info.is_stack for v in self.grid.viewports),
            "finding": session is not None and session.current_finding_id is not None,
            "marks": session is not None and bool(session.selected_marks),
            "selection": session is not None
            and (bool(session.selected_marks) or session.selected_cluster is not None),
            "undo": stack is not None and stack.canUndo(),
            "redo": stack is not None and stack.canRedo(),
        }
        enable_actions(self.actions_by_id, fulfilled)
        if stack is not None:
            self.actions_by_id["undo"].setText(f"Undo: {stack.undoText()}" if stack.canUndo() else "Undo")
            self.actions_by_id["redo"].setText(f"Redo: {stack.redoText()}" if stack.canRedo() else "Redo")

    def _ask_to_leave(self, leave: Callable[[], object]) -> None:
        session = self.desk.session
        if session is not None:
            self._unsaved.ask(session, leave)

    def _places(self) -> QSettings:
        return QSettings(str(self._places_file), QSettings.Format.IniFormat)

    def _save_places(self) -> None:
        if self._hidden_for_images:
            self.toggle_images_only()
        places = self._places()
        places.setValue("geometry", self.saveGeometry())
        places.setValue("docks", self.saveState(_LAYOUT_VERSION))
        if self.follow_up_panel.fold_chosen is not None:
            places.setValue("follow_up", "folded" if self.follow_up_panel.fold_chosen else "unfolded")
        places.setValue("look", self.commands.look_text)
        places.setValue("lens", self.lens.look.to_text())

    def _restore_places(self) -> None:
        places = self._places()
        geometry, docks = places.value("geometry"), places.value("docks")
        if geometry is not None:
            self.restoreGeometry(geometry)
        if docks is not None:
            self.restoreState(docks, _LAYOUT_VERSION)
        self.lens.set_look(LensLook.from_text(str(places.value("lens", ""))))
        self.commands.restore_look(str(places.value("look", "")))
        if places.contains("follow_up"):
            self.follow_up_panel.fold(places.value("follow_up") == "folded")
