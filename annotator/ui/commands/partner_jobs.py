"""What the partner view works out away from the window: where a finding may lie, and its candidates as measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from annotator.analysis.breast.chest_wall import pectoral_edge
from annotator.analysis.clusters.partner import (
    OnView,
    find_partner,
    group_of,
    groups_of_candidates,
    groups_of_marks,
)
from annotator.hanging import SIDEWAYS
from annotator.model.comparison import ClusterOnImage
from annotator.model.geometry import ImagePoint
from annotator.ui.desk.candidate_measuring import Results, measured

if TYPE_CHECKING:
    from annotator.errors import AnnotatorError
    from annotator.jobs import CancelToken
    from annotator.model.candidate import Candidate
    from annotator.model.image import ImageInfo
    from annotator.model.partner import PartnerProposal, PartnerSearch
    from annotator.ui.desk.session import ReadingSession
    from annotator.ui.main_window import MainWindow

WallEnds = tuple[ImagePoint, ImagePoint]
Failed = Callable[["AnnotatorError"], None]
LANE, MEASURING = "partner", "partner candidates"


@dataclass(frozen=True)
class AskedPartner:
    """A finding as it is marked on one image, and the image on which it is looked for."""

    finding_id: str
    seen: ImageInfo
    wanted: ImageInfo


class PartnerAnswer(NamedTuple):
    """What was found on the other view, that view, and its chest wall where it is known."""

    search: PartnerSearch
    other: OnView
    wall: WallEnds | None


class PartnerJobs:
    """Asks in jobs, and remembers of the last question which candidates were proposed with their image."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._pieces: dict[str, Candidate] = {}
        self.model_version = ""

    def cancel(self) -> None:
        """Nothing asked before is answered any more."""
        self._window.runner.cancel(LANE)
        self._window.runner.cancel(MEASURING)

    def look(
        self,
        session: ReadingSession,
        asked: AskedPartner,
        found: Callable[[PartnerAnswer], None],
        failed: Failed,
    ) -> None:
        """Look for a finding on the other view."""
        workspace, reading = session.workspace, session.reading
        candidates = self._candidates_on(asked.wanted)

        def on_view(info: ImageInfo) -> OnView:
            breast = workspace.measurer.breast(info)
            if breast is None:
                _, breast = workspace.comparing.as_hung(ClusterOnImage(info=info, marks=()))
            placed = reading.nipple_on(info.sop_instance_uid)
            return OnView(info, breast, None if placed is None else placed.point)

        wall = self._wall_of(session, asked.wanted)

        def job(_token: CancelToken) -> PartnerAnswer:
            seen, other = on_view(asked.seen), on_view(asked.wanted)
            cluster = group_of(reading, asked.finding_id, asked.seen)
            groups = (
                *groups_of_marks(reading, other, but=asked.finding_id),
                *groups_of_candidates(candidates, other, reading),
            )
            return PartnerAnswer(find_partner(seen, cluster, other, groups), other, wall(other))

        self._window.runner.query(LANE, job, found, failed)

    def measure(
        self,
        session: ReadingSession,
        asked: AskedPartner,
        proposal: PartnerProposal,
        done: Callable[[list[Candidate], Results], None],
        failed: Failed,
    ) -> None:
        """Candidates as a click there would measure them; there may be many."""
        pieces = [self._pieces[key] for key in proposal.candidate_ids if key in self._pieces]
        job = partial(measured, session.workspace, asked.wanted, pieces, {})
        self._window.runner.query(MEASURING, job, lambda results: done(pieces, results), failed)

    def _wall_of(self, session: ReadingSession, info: ImageInfo) -> Callable[[OnView], WallEnds | None]:
        """Tells in a job the chest wall of an image: as drawn, else the edge of the muscle on its picture."""
        drawn = session.reading.chest_wall_on(info.sop_instance_uid)
        uid = info.sop_instance_uid
        pictures = (viewport.picture for viewport in self._window.grid.viewports)
        shown = next((one for one in pictures if one is not None and one.info.sop_instance_uid == uid), None)

        def wall(view: OnView) -> WallEnds | None:
            axes = view.breast.axes
            if drawn is not None or shown is None or axes is None or info.view.name not in SIDEWAYS:
                return None if drawn is None else drawn.ends
            levels = shown.levels
            return pectoral_edge(
                levels.coarsest(), shown.tissue, levels.coarsest_block, axes, inverse=info.inverse
            )

        return wall

    def _candidates_on(self, info: ImageInfo) -> list[Candidate]:
        """What the program proposes on an image, as far as the reader sees candidates at all."""
        candidates = self._window.candidates
        if candidates.why_hidden:
            return []
        lines = (candidates.lines[at] for at in candidates.listed.tolist())
        mine = [line for line in lines if line.info.sop_instance_uid == info.sop_instance_uid]
        self._pieces = {piece.id: piece for line in mine for piece in line.pieces}
        self.model_version = mine[0].model_version if mine else ""
        return list(self._pieces.values())
