"""What the keys of marking do: the tool in hand, findings and their marks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from annotator.model.mark import MarkKind
from annotator.ui.keys.gestures import FirstTool, LeftDrag
from annotator.ui.marks.marking_elsewhere import EarlyHost, PriorTool
from annotator.ui.marks.nipple import NippleTool
from annotator.ui.marks.tools import LookTool, MarkingHost, MarkTool, SelectTool, Tool
from annotator.ui.window.shown_keys import key_or_menu

if TYPE_CHECKING:
    from annotator.ui.desk.session import ReadingSession
    from annotator.ui.main_window import MainWindow


class MarkingCommands(QObject):
    """Keeps which tool is in hand; every act on the reading is the session's."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._tool = FirstTool.MICRO
        self._placing_nipple = False

    def delete_selected(self) -> None:
        self._with_session(lambda session: session.remove_selected())

    def cancel(self) -> None:
        """Drop the stroke or outline in hand, else the lens, the cross, what is selected, the keyboard elsewhere."""
        grid, session = self._window.grid, self._window.desk.session
        if grid.active.cancel_gesture() or (session is not None and session.level.give_up()):
            return
        if self._window.lens.close_lens():
            return
        if self._placing_nipple:
            self._nipple_placed()
            return
        if self._window.partner_commands.leave():
            return
        focused = QApplication.focusWidget()
        if focused is not None and focused not in grid.viewports:
            grid.active.setFocus()
        elif not self._window.cross_commands.cross.put_away():
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
        self._nipple_placed()

    def place_nipple(self) -> None:
        """The next click says where the nipple of an image is; then the tool from before is in the hand again."""
        self._placing_nipple = True
        self.apply_tool()

    def put_nipple_down(self) -> None:
        """The next click says nothing of the nipple after all."""
        self._nipple_placed()

    def remove_nipple(self) -> None:
        picture = self._window.grid.active.picture
        if picture is not None:
            uid = picture.info.sop_instance_uid
            self._with_session(lambda session: session.remove_nipple(uid))

    def _nipple_placed(self) -> None:
        self._placing_nipple = False
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
        if self._placing_nipple and host is not None:
            return NippleTool(host, self._nipple_placed)
        if host is not None:
            kind = MarkKind.MACRO if self._tool is FirstTool.MACRO else MarkKind.MICRO
            special = self._window.partner_commands.tool_for(self._window.exam_view.picture(pane), host, kind)
            if special is not None:
                return special
        if self._tool is FirstTool.LOOK:
            drag = self._window.profiles.current().left_drag
            return LookTool(desk.session, drags_window=drag is LeftDrag.WINDOW)
        if host is None:
            return None
        return (
            SelectTool(host) if self._tool is FirstTool.SELECT else MarkTool(host, MarkKind(self._tool.value))
        )

    def new_finding(self) -> None:
        self._with_session(lambda session: session.new_finding())

    def move_to_new_finding(self) -> None:
        self._with_session(lambda session: session.move_selected())

    def call_selected(self, kind: MarkKind) -> None:
        self._with_session(lambda session: session.call_selected(kind))

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

    def _with_session(self, act: Callable[[ReadingSession], object]) -> None:
        self._window.desk.when_open(act)
