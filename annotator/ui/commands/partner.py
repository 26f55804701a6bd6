"""Partner view: where a finding may lie on the other view of its breast, and taking what is found there."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent

from annotator.analysis.clusters.partner import group_of
from annotator.hanging import is_detail
from annotator.model.geometry import ImagePoint
from annotator.model.mark import MarkKind
from annotator.ui.commands.partner_jobs import AskedPartner, PartnerAnswer, PartnerJobs
from annotator.ui.desk import partnering
from annotator.ui.desk.candidate_acts import as_marks
from annotator.ui.desk.candidate_measuring import Results
from annotator.ui.marks.partner import ChestWallTool, PartnerLayer, PartnerTool, numbers

if TYPE_CHECKING:
    from annotator.model.candidate import Candidate
    from annotator.model.image import ImageInfo
    from annotator.model.partner import PartnerProposal, PartnerSearch
    from annotator.ui.desk.session import ReadingSession
    from annotator.ui.main_window import MainWindow
    from annotator.ui.marks.tools import MarkingHost, Tool
    from annotator.ui.pictures.picture import Picture

WHILE_BUSY_MS = 50
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class PartnerCommands(QObject):
    """One of the window's hands. While the partner view is open, digits, Enter and Esc on the images are its own."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._asked: AskedPartner | None = None
        self._layer: PartnerLayer | None = None
        self._jobs = PartnerJobs(window)
        self._drawing_wall = False
        self._prompt = ""
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(WHILE_BUSY_MS)
        self._later.timeout.connect(self._put_tool_in_hand)
        window.desk.session_changed.connect(self._follow)
        window.exam_view.picture_shown.connect(lambda _pane, picture: self._arrived(picture))
        for viewport in window.grid.viewports:
            viewport.installEventFilter(self)

    @property
    def layer(self) -> PartnerLayer | None:
        """What is shown of the partner view, None while it is closed or on its way."""
        return self._layer

    def show_partner(self) -> None:
        """Open the partner view of the finding in hand; again: on the next view, and after the last close it."""
        session = self._window.desk.session
        finding = None if session is None else session.current_finding
        if session is None or finding is None:
            self._say("No finding is chosen.")
            return
        before = self._asked if self._asked is not None and self._asked.finding_id == finding.id else None
        seen = self._seen_on(session, finding.id) if before is None else before.seen
        if seen is None:
            self._say(f"Nothing of F{finding.number} is marked on a whole view; mark it first.")
            return
        others = [one for one in session.corrected_exam.images if _is_partner(seen, one)]
        uids = [one.sop_instance_uid for one in others]
        if before is not None and before.wanted.sop_instance_uid in uids:
            others = others[uids.index(before.wanted.sop_instance_uid) + 1 :]
        self.leave()
        if not others:
            whose = "breast" if seen.laterality is None else seen.laterality.breast
            none = f"The exam has no other whole view of the {whose}."
            self._say(none if before is None else "Partner view closed.")
            return
        self._asked = AskedPartner(finding.id, seen, others[0])
        self._bring(others[0], seen)
        self._ask()

    def leave(self) -> bool:
        """Close the partner view, or put the chest wall tool down; False where there was nothing to close."""
        was = self._asked is not None or self._drawing_wall
        self._asked = self._layer = None
        self._drawing_wall = False
        self._jobs.cancel()
        self._show()
        self._window.status.take_back(self._prompt)
        if was:
            self._window.marking_commands.apply_tool()
        return was

    def take(self, proposal: PartnerProposal) -> None:
        """What was proposed joins the finding."""
        session, asked = self._window.desk.session, self._asked
        if session is None or asked is None:
            return
        if proposal.mark_ids:
            told = partnering.take_marks(session, asked.finding_id, proposal, asked.wanted.label)
            self._taken(told)
        else:
            self._measure(session, asked, proposal)

    def draw_chest_wall(self) -> None:
        """The next drag says where the chest wall of an image is; then the tool from before is in the hand again."""
        self._drawing_wall = True
        self._window.marking_commands.put_nipple_down()

    def remove_chest_wall(self) -> None:
        session, picture = self._window.desk.session, self._window.grid.active.picture
        if session is not None and picture is not None:
            partnering.remove_chest_wall(session, picture.info.sop_instance_uid)

    def tool_for(self, picture: Picture | None, host: MarkingHost, kind: MarkKind) -> Tool | None:
        """What the left button does on a picture now, None for what it does otherwise."""
        if self._drawing_wall:
            return ChestWallTool(self._wall_drawn)
        layer = self._layer
        if layer is None or picture is None or picture.info.sop_instance_uid != layer.band.sop_instance_uid:
            return None
        return PartnerTool(host, kind, layer, self.take)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keys on the images while the partner view is open."""
        kind = event.type()
        if kind not in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress) or not isinstance(
            event, QKeyEvent
        ):
            return super().eventFilter(watched, event)
        act: Callable[[], object] | None = None
        if (self._asked is not None or self._drawing_wall) and not self._hand_is_busy():
            act = self._act_of(event)
        if act is None:
            return super().eventFilter(watched, event)
        event.accept()
        if kind == QEvent.Type.KeyPress:
            act()
        return True

    def _act_of(self, event: QKeyEvent) -> Callable[[], object] | None:
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            return None
        if event.key() == Qt.Key.Key_Escape:
            return partial(self.leave)
        proposals = () if self._layer is None else self._layer.proposals
        if event.key() in _ENTER and proposals:
            return partial(self.take, proposals[0])
        number = event.key() - int(Qt.Key.Key_0)
        found = None if self._layer is None else self._layer.numbered(number)
        return None if found is None else partial(self.take, found)

    def _follow(self, session: ReadingSession | None) -> None:
        self.leave()
        if session is not None:
            session.reading_changed.connect(lambda _changes: self._reading_changed(session))
            session.selection_changed.connect(lambda: self._selection_changed(session))
        self._show_walls()

    def _reading_changed(self, session: ReadingSession) -> None:
        self._show_walls()
        if self._asked is None:
            return
        if any(finding.id == self._asked.finding_id for finding in session.reading.findings):
            self._ask()
        else:
            self.leave()

    def _selection_changed(self, session: ReadingSession) -> None:
        if self._asked is not None and session.current_finding_id != self._asked.finding_id:
            self.leave()

    def _seen_on(self, session: ReadingSession, finding_id: str) -> ImageInfo | None:
        """The image that a finding is looked for from: the active one where it is marked there, else the fullest."""
        marks = session.reading.marks_of(finding_id)
        counts: dict[str, int] = {}
        for mark in marks:
            uid = mark.image.sop_instance_uid
            counts[uid] = counts.get(uid, 0) + 1
        whole = [
            i for i in session.corrected_exam.images if i.sop_instance_uid in counts and not is_detail(i)
        ]
        picture = self._window.grid.active.picture
        here = None if picture is None else picture.info.sop_instance_uid
        return max(
            whole, key=lambda i: (i.sop_instance_uid == here, counts[i.sop_instance_uid]), default=None
        )

    def _bring(self, wanted: ImageInfo, seen: ImageInfo) -> None:
        """Show the other view: where it hangs already, else beside the view that the finding was seen on."""
        view, grid = self._window.exam_view, self._window.grid
        uid = wanted.sop_instance_uid
        for viewport in grid.shown:
            if viewport.picture is not None and viewport.picture.info.sop_instance_uid == uid:
                grid.set_active(viewport)
                return
        own = [v for v in grid.shown if not view.is_prior_pane(grid.viewports.index(v))]
        free = [
            v for v in own if v.picture is None or v.picture.info.sop_instance_uid != seen.sop_instance_uid
        ]
        if grid.active not in free and free:
            grid.set_active(free[0])
        view.show_image(wanted)

    def _arrived(self, picture: Picture) -> None:
        """The other view is on the screen: its own pixels tell the edge of the muscle."""
        asked = self._asked
        if asked is not None and picture.info.sop_instance_uid == asked.wanted.sop_instance_uid:
            self._ask()
        self._show()

    def _ask(self) -> None:
        session, asked = self._window.desk.session, self._asked
        if session is not None and asked is not None:
            self._jobs.look(session, asked, self._found, lambda error: self._failed(str(error)))

    def _found(self, answer: PartnerAnswer) -> None:
        search, other, wall = answer
        session, asked = self._window.desk.session, self._asked
        if session is None or asked is None:
            return
        spacing = other.info.spacing
        if search.band is None or spacing is None:
            self._failed(search.why_not)
            return
        first = self._layer is None
        drawn = session.reading.chest_wall_on(other.info.sop_instance_uid) is not None
        self._layer = PartnerLayer(search.band, search.proposals, spacing, other.breast, wall, drawn)
        self._show()
        self._put_tool_in_hand()
        if first:
            self._prompt = self._words(session, asked, search)
            self._say(self._prompt)

    def _put_tool_in_hand(self) -> None:
        """Once the hand is free: another tool would take the stroke out of it that was begun meanwhile."""
        if self._hand_is_busy():
            self._later.start()
        elif self._layer is not None:
            self._window.marking_commands.apply_tool()

    def _hand_is_busy(self) -> bool:
        return any(viewport.hand.busy for viewport in self._window.grid.viewports)

    def _failed(self, why: str) -> None:
        self.leave()
        self._say(why)

    def _words(self, session: ReadingSession, asked: AskedPartner, search: PartnerSearch) -> str:
        assert search.band is not None
        number = session.reading.finding(asked.finding_id).number
        there = group_of(session.reading, asked.finding_id, asked.wanted).mark_ids
        has = f" ({len(there)} of its marks lie here already)" if there else ""
        where, band = f"F{number} on {asked.wanted.label}{has}", search.band.in_sentence
        if not search.proposals:
            return f"{where}: click where it is, Esc to leave · {band} · nothing is marked in the band"
        because = ", ".join(search.proposals[0].because[:3])
        return f"{where}: {numbers(search.proposals)} to take, Esc to leave · {band} · 1: {because}"

    def _show(self) -> None:
        """The layer on the panes that show its image, and on no other."""
        layer = self._layer
        for viewport in self._window.grid.viewports:
            picture = viewport.picture
            uid = None if picture is None else picture.info.sop_instance_uid
            mine = layer is not None and uid == layer.band.sop_instance_uid
            viewport.set_partner(layer if mine else None)
        self._show_walls()

    def _show_walls(self) -> None:
        session = self._window.desk.session
        for viewport in self._window.grid.viewports:
            picture = viewport.picture
            drawn = None
            if session is not None and picture is not None:
                drawn = session.reading.chest_wall_on(picture.info.sop_instance_uid)
            viewport.set_chest_wall(None if drawn is None else drawn.ends)

    def _wall_drawn(self, picture: Picture, ends: tuple[ImagePoint, ImagePoint]) -> None:
        self._drawing_wall = False
        session = self._window.desk.session
        if session is not None:
            partnering.draw_chest_wall(session, picture.info, ends)
        self._window.marking_commands.apply_tool()

    def _measure(self, session: ReadingSession, asked: AskedPartner, proposal: PartnerProposal) -> None:
        def done(pieces: list[Candidate], results: Results) -> None:
            accepted = as_marks(session.reading, pieces, results, MarkKind.MICRO)
            version, where = self._jobs.model_version, asked.wanted.label
            self._taken(partnering.take_candidates(session, asked.finding_id, accepted, version, where))

        self._jobs.measure(session, asked, proposal, done, lambda error: self._failed(str(error)))

    def _taken(self, told: str) -> None:
        if told:
            self.leave()
            self._say(told)

    def _say(self, text: str) -> None:
        self._window.status.show_act(text)


def _is_partner(seen: ImageInfo, other: ImageInfo) -> bool:
    """Whether an image shows the same breast from another side, and all of it."""
    return (
        seen.laterality is not None
        and other.laterality is seen.laterality
        and bool(other.view.name)
        and other.view.name != seen.view.name
        and not is_detail(other)
    )
