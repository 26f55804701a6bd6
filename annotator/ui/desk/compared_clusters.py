"""The finding in hand beside what there was of it before: asked for off the window, anew when its marks change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from annotator.analysis.change.constellation import pixel_mm
from annotator.analysis.change.earlier_clusters import candidates_there, marks_apart_mm
from annotator.errors import AnnotatorError
from annotator.imaging.air import hung
from annotator.imaging.crop import Crop, crop
from annotator.imaging.pyramid import Levels, levels_of
from annotator.jobs import CancelToken, Progress
from annotator.model.candidate import PROPOSED_WITHIN_PX, SHOWN_FROM, Candidate
from annotator.model.comparison import (
    ClusterOnImage,
    Comparison,
    EarlierCluster,
    EarlierClusters,
    Provenance,
)
from annotator.model.finding import Reading
from annotator.model.geometry import Orientation
from annotator.model.image import ExamInfo, ImageInfo
from annotator.model.intervals import months_between
from annotator.model.mark import SpotMeasurement
from annotator.ui.desk.reading_desk import ReadingDesk
from annotator.ui.desk.session import ReadingSession
from annotator.ui.task_runner import TaskRunner

EARLIER_LANE, COMPARE_LANE = "earlier clusters", "compare clusters"
PAUSE_MS = 250
NO_EXAM = "Open an exam: a finding of it is compared here with the exams before."
NO_FINDING = "No finding is chosen. Mark one, or choose one from the list of findings, to compare it."
NO_CANDIDATES = "No group of candidates lies at the same place of the earlier image; mark the cluster there to compare it."
MARGIN_MM, LEAST_MM, MOST_MM = 4.0, 8.0, 60.0
"""Shown around the outermost marks, and the least and most from the middle to an edge."""
CROP_PX = 900

Points = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ShownComparison:
    """A comparison with the part of both images that it is about; `same_scale`: both in millimetres, as large."""

    earlier: EarlierCluster
    comparison: Comparison
    now: Crop
    then: Crop
    same_scale: bool


@dataclass(frozen=True, eq=False)
class _Decoded:
    """A frame as it hangs; slices have facts of their own."""

    info: ImageInfo
    number: int
    frame: NDArray[np.generic]
    levels: Levels
    turn: Orientation


class ComparedClusters(QObject):
    """What the panel shows. Works only while somebody looks (`watch`), and keeps the two images decoded last.

    `why` says in one sentence why there is nothing to show, '' where there is something or it is on its way.
    """

    changed = Signal()
    progress = Signal(object)

    def __init__(
        self,
        desk: ReadingDesk,
        runner: TaskRunner,
        may_see_candidates: Callable[[], bool],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._may_see = may_see_candidates
        self._desk = desk
        self._runner = runner
        self._watched = False
        self._asked: tuple[object, ...] | None = None
        self._of_candidates = False
        self._decoded: dict[tuple[str, int], _Decoded] = {}
        self.why = NO_EXAM
        self.found = EarlierClusters()
        self.chosen: EarlierCluster | None = None
        self.shown: ShownComparison | None = None
        self._by_hand = False
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self._ask)
        desk.session_changed.connect(self._follow)
        desk.exams_changed.connect(self._ask_soon)

    @property
    def session(self) -> ReadingSession | None:
        """The reading on the table."""
        return self._desk.session

    @property
    def busy(self) -> bool:
        """Whether an answer is on its way."""
        return self._runner.busy(EARLIER_LANE) or self._runner.busy(COMPARE_LANE)

    @property
    def candidates_possible(self) -> bool:
        """Whether candidates of the earlier image may be asked for: never before the reader's own first pass is done."""
        return self._may_see() and bool(self.found.views)

    def watch(self, watched: bool) -> None:
        """Whether the panel is in sight; out of sight nothing is worked out and no image is kept."""
        self._watched = watched
        if watched:
            self._ask_soon()
        else:
            self.cancel()
            self._asked = None
            self._decoded.clear()

    def choose(self, earlier: EarlierCluster) -> None:
        """Compare with another cluster of an earlier exam."""
        self._by_hand = True
        if earlier is not self.chosen:
            self.chosen = earlier
            self._compare(earlier)

    def look_for_candidates(self) -> None:
        """Where nobody marked the earlier image, take what the program proposes there at the same place."""
        session = self._desk.session
        if session is None or not self.candidates_possible:
            return
        workspace, known, views = session.workspace, dict(self._decoded), self.found.views

        def job(token: CancelToken) -> EarlierCluster | None:
            for number, (now, then, read) in enumerate(views):
                token.checkpoint(Progress(number, len(views), "earlier images for candidates"))
                decoded = known.get((then.info.sop_instance_uid, then.frame)) or _decode(then)
                workspace.comparing.as_hung(then, decoded.frame)
                frame = None if then.info.is_stack else decoded.frame
                proposed = workspace.find_candidates(then.info, frame=frame, token=token)

                def measured(one: Candidate, of: _Decoded = decoded) -> SpotMeasurement | None:
                    there = one.image.frame == of.number
                    if not there:
                        return None
                    return workspace.spots.measure(
                        of.info, of.frame, one.point, PROPOSED_WITHIN_PX
                    ).measurement

                strong = [one for one in proposed.candidates if one.score >= SHOWN_FROM]
                found = candidates_there(now, then, strong, workspace.measurer.breast, measured)
                if found is not None:
                    away = marks_apart_mm(now, found, workspace.measurer.breast)
                    return EarlierCluster(
                        now=now,
                        then=found,
                        exam=read,
                        finding_id="",
                        number=0,
                        provenance=Provenance.CANDIDATES,
                        apart_mm=away,
                        model_version=proposed.model_version,
                    )
            return None

        self.why = ""
        self._of_candidates = True
        self._runner.query(EARLIER_LANE, job, self._proposed, self._failed, self.progress.emit)
        self.changed.emit()

    def _proposed(self, found: EarlierCluster | None) -> None:
        self.progress.emit(None)
        if found is None:
            self._show_nothing(NO_CANDIDATES, self.found)
            return
        self.found = replace(self.found, offered=(*self.found.offered, found), why_not="")
        self.chosen = found
        self._compare(found)

    def cancel(self) -> None:
        """Give up what is under way."""
        if not self.busy:
            return
        self._runner.cancel(EARLIER_LANE)
        self._runner.cancel(COMPARE_LANE)
        self.progress.emit(None)
        if self._watched:
            self.why = (
                "" if self.shown is not None else "Stopped. Choose what to compare with to begin again."
            )
            self.changed.emit()

    def exam_of(self, earlier: EarlierCluster | None) -> ExamInfo | None:
        """The earlier exam of a comparison, else the last one that is open; None without any."""
        priors = self._priors()
        uid = "" if earlier is None else earlier.exam.study_instance_uid
        return next((exam for exam in priors if exam.study_instance_uid == uid), next(iter(priors), None))

    def _follow(self, session: ReadingSession | None) -> None:
        self._forget()
        if session is not None:
            session.reading_changed.connect(lambda _changes: self._reading_changed())
            session.selection_changed.connect(self._ask_soon)
        self._ask_soon()

    def _reading_changed(self) -> None:
        if self._watched:
            self._pause.start()
            # what is said of the change shows at once, whether or not there is anything to be worked out
            self.changed.emit()

    def _forget(self) -> None:
        self._asked, self._by_hand = None, False
        self._show_nothing("")

    def _ask_soon(self) -> None:
        if self._watched:
            self._pause.start()

    def take_back_candidates(self) -> None:
        """Once candidates are hidden again, nothing that came of them stays in sight or is still worked out."""
        if self._may_see() or not self._of_candidates:
            return
        self._cancel_both()
        self._of_candidates = False
        self._forget()
        self._ask_soon()

    def _ask(self) -> None:
        session = self._desk.session
        finding = None if session is None else session.current_finding
        if session is None or finding is None:
            self._asked = None
            self._cancel_both()
            self._show_nothing(NO_EXAM if session is None else NO_FINDING)
            return
        reading, exam, priors = session.reading, session.corrected_exam, self._priors()
        asked = (session, finding.id, finding.tracking_uid, exam, _marked(reading, finding.id), priors)
        if asked == self._asked:
            return
        if self._asked is None or self._asked[:2] != asked[:2]:
            self._by_hand = False
            self._show_nothing("")
        self._asked = asked
        comparing = session.workspace.comparing
        finding_id = finding.id
        self._runner.cancel(COMPARE_LANE)
        self._runner.query(
            EARLIER_LANE,
            lambda token: comparing.earlier_clusters(reading, finding_id, exam, priors, token),
            self._found,
            self._failed,
            self.progress.emit,
        )
        self.changed.emit()

    def _found(self, found: EarlierClusters) -> None:
        before = self.chosen if self._by_hand else None
        self.found, self.why = found, found.why_not
        self.chosen = next((one for one in found.offered if before is not None and _alike(one, before)), None)
        if self.chosen is None and found.offered:
            self._by_hand, self.chosen = False, found.offered[0]
        if self.chosen is None:
            self._show_nothing(found.why_not, found)
        else:
            self._compare(self.chosen)

    def _compare(self, earlier: EarlierCluster) -> None:
        session = self._desk.session
        if session is None:
            return
        months = months_between(session.exam.day, earlier.exam.exam_date)
        comparing, known = session.workspace.comparing, dict(self._decoded)

        def job(token: CancelToken) -> tuple[ShownComparison, dict[tuple[str, int], _Decoded]]:
            pair = []
            for number, cluster in enumerate((earlier.now, earlier.then)):
                token.checkpoint(Progress(number, 3, "images to compare"))
                key = cluster.info.sop_instance_uid, cluster.frame
                pair.append(known.get(key) or _decode(cluster))
            token.checkpoint(Progress(2, 3, "marks to compare"))
            comparison = comparing.compare(
                earlier.now,
                earlier.then,
                months=months,
                frames=(pair[0].frame, pair[1].frame),
                token=token,
            )
            keys = [(one.info.sop_instance_uid, one.frame) for one in (earlier.now, earlier.then)]
            return _with_crops(earlier, comparison, pair), dict(zip(keys, pair, strict=True))

        self.why = ""
        self._runner.query(COMPARE_LANE, job, self._compared, self._failed, self.progress.emit)
        self.changed.emit()

    def _compared(self, answer: tuple[ShownComparison, dict[tuple[str, int], _Decoded]]) -> None:
        self.shown, decoded = answer
        self._decoded = decoded if self._watched else {}
        self.progress.emit(None)
        self.changed.emit()

    def _failed(self, error: AnnotatorError) -> None:
        self.progress.emit(None)
        self._show_nothing(str(error), self.found)

    def _cancel_both(self) -> None:
        for lane in (EARLIER_LANE, COMPARE_LANE):
            self._runner.cancel(lane)
        self.progress.emit(None)

    def _show_nothing(self, why: str, found: EarlierClusters | None = None) -> None:
        self.why, self.shown = why, None
        self.found = found or EarlierClusters()
        if found is None or not found.offered:
            self.chosen = None
        self.changed.emit()

    def _priors(self) -> tuple[ExamInfo, ...]:
        exam = self._desk.exam
        return () if exam is None else self._desk.priors_of(exam)


def _marked(reading: Reading, finding_id: str) -> tuple[object, ...]:
    return reading.marks_of(finding_id), reading.nipples


def _alike(one: EarlierCluster, other: EarlierCluster) -> bool:
    """Whether two name the same finding on the same pair of images, whatever is marked of it."""
    return _name(one) == _name(other)


def _name(one: EarlierCluster) -> tuple[str, str, str, str, bool]:
    images = one.now.info.sop_instance_uid, one.then.info.sop_instance_uid
    return *images, one.exam.reading_id, one.finding_id, one.provenance is Provenance.CANDIDATES


def _decode(cluster: ClusterOnImage) -> _Decoded:
    from annotator.imaging.dicom_file import read_image  # noqa: PLC0415  after the first paint

    info = cluster.info
    image = read_image(info.path, cluster.frame)
    frame = image.frame(cluster.frame)
    # side, view and turn as the reader corrected them, all else as this frame's header says
    of_frame = replace(
        image.info_of(cluster.frame), laterality=info.laterality, view=info.view, turned=info.turned
    )
    levels = levels_of(of_frame, frame)
    return _Decoded(of_frame, cluster.frame, frame, levels, hung(of_frame, levels)[0])


def _with_crops(earlier: EarlierCluster, comparison: Comparison, pair: Sequence[_Decoded]) -> ShownComparison:
    """Both parts as large in millimetres, matched marks at the same places of them."""
    places = [np.array(seen.places) for seen in (comparison.seen_now, comparison.seen_then)]
    middles = _middles(comparison, places)
    reach = [float(np.abs(of - middle).max()) for of, middle in zip(places, middles, strict=True)]
    in_mm = comparison.seen_now.in_mm and comparison.seen_then.in_mm
    crops = []
    for number, (decoded, cluster) in enumerate(zip(pair, (earlier.now, earlier.then), strict=True)):
        across, down = pixel_mm(cluster, decoded.turn)
        seen = (comparison.seen_now, comparison.seen_then)[number]
        # without millimetres a pixel is taken for a tenth of one
        unit = 1.0 if seen.in_mm else 10.0
        half = min(
            max((max(reach) if in_mm else reach[number]) + MARGIN_MM * unit, LEAST_MM * unit), MOST_MM * unit
        )
        crops.append(
            crop(
                decoded.info,
                decoded.frame,
                decoded.levels,
                decoded.turn,
                (across, down),
                (float(middles[number][0]), float(middles[number][1])),
                2 * half,
                CROP_PX,
            )
        )
    return ShownComparison(earlier, comparison, crops[0], crops[1], in_mm)


def _middles(comparison: Comparison, places: Sequence[Points]) -> list[Points]:
    pairs = comparison.compared.pairs
    if not pairs:
        return [(of.min(axis=0) + of.max(axis=0)) / 2 for of in places]
    # what was matched lies at the same place of both
    chosen = [of[[pair.now if n == 0 else pair.then for pair in pairs]] for n, of in enumerate(places)]
    return [of.mean(axis=0) for of in chosen]
