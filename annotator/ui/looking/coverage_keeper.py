"""What was seen of the exam being read: collected, kept with the reading, and told as shares."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from annotator.analysis.breast.coverage import CELL_PX, breast_cells, breast_outline, grid_size
from annotator.errors import AnnotatorError, DatabaseAway
from annotator.jobs import CancelToken
from annotator.model.coverage import Seen
from annotator.model.image import ExamInfo, ImageInfo, ImageKey
from annotator.ui.desk.reading_desk import ReadingDesk
from annotator.ui.desk.session import ReadingSession
from annotator.ui.looking.coverage_watch import CoverageWatch
from annotator.ui.pictures.picture import Picture, load_picture
from annotator.ui.task_runner import TaskRunner

SAVES_MS = 2000
"""From something new seen to its saving: a walk through a breast is one write every few areas."""
RETRY_MS = 20_000
_LOADING = "coverage"
_OUTLINES = "breast outlines"


class CoverageKeeper(QObject):
    """Only the exam being read counts, a prior beside it does not.

    The share of an image is that of its breast cells; of a stack the mean over its slices, with one outline
    of the breast for all of them; of an exam the mean over its images.
    """

    changed = Signal()
    message = Signal(str)

    def __init__(
        self, desk: ReadingDesk, watch: CoverageWatch, runner: TaskRunner, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._desk = desk
        self._runner = runner
        self._images: dict[str, ImageInfo] = {}
        self._exam = ""
        self._reading_id: str | None = None
        self._seen: dict[ImageKey, Seen] = {}
        self._kept: dict[ImageKey, int] = {}
        self._refused: list[tuple[str, str, tuple[Seen, ...]]] = []
        self._told = False
        self._breasts: dict[str, int] = {}
        self._saving = QTimer(self)
        self._saving.setSingleShot(True)
        self._saving.timeout.connect(self.save)
        watch.seen.connect(self._see)
        desk.exam_changed.connect(self._begin)
        desk.session_changed.connect(self._session_changed)
        desk.closing.connect(self.save)

    def share(self, info: ImageInfo) -> float | None:
        """Which part of the breast on an image was seen, 0 to 1; None while its outline is not known.

        Of an image of another exam None.
        """
        if info.sop_instance_uid not in self._images:
            return None
        breast = self._breasts.get(info.sop_instance_uid)
        if breast == 0:
            return 1.0
        seen = [s for n in range(1, info.frames + 1) if (s := self._seen.get(info.key(n))) is not None]
        if not seen:
            return 0.0
        if breast is None:
            return None
        return sum(one.share_of(breast) for one in seen) / info.frames

    @property
    def share_of_exam(self) -> float | None:
        """The mean over all images of the exam; None without one, and until every outline is known."""
        shares = [share for info in self._images.values() if (share := self.share(info)) is not None]
        return sum(shares) / len(shares) if shares and len(shares) == len(self._images) else None

    def cells(self, picture: Picture) -> tuple[int, int, tuple[int, int]] | None:
        """Bits seen, bits of breast, and (columns, rows) of the cells of what a picture shows; None of other exams."""
        info = picture.info
        if info.sop_instance_uid not in self._images:
            return None
        self._learn(picture)
        seen = self._seen.get(picture.key)
        size = grid_size(info.columns, info.rows)
        return 0 if seen is None else seen.bits, self._breasts[info.sop_instance_uid], size

    def save(self) -> None:
        """Give what is not on disk yet to the database; it is there when the program ends."""
        self._saving.stop()
        refused, self._refused = self._refused, []
        for study, reading, seen in refused:
            self._write(study, reading, seen)
        new = tuple(seen for key, seen in self._seen.items() if self._kept.get(key) != seen.bits)
        if self._reading_id is not None and new:
            self._write(self._exam, self._reading_id, new)

    def _begin(self, exam: ExamInfo) -> None:
        if exam.study_instance_uid != self._exam:
            self._exam = exam.study_instance_uid
            self._reading_id = None
            for known in (self._seen, self._kept, self._breasts):
                known.clear()
        self._images = {image.sop_instance_uid: image for image in exam.images}
        self.changed.emit()

    def _session_changed(self, session: ReadingSession | None) -> None:
        if session is None or session.is_lent:
            # what is seen beside another's reading was seen by this reader, and is kept with their own
            self._reading_id = None
            return
        self._begin(session.exam)
        reading = self._reading_id = session.reading.id
        study, workspace = session.exam.study_instance_uid, self._desk.workspace
        self._runner.query(
            _LOADING,
            lambda _token: workspace.seen.kept(study, reading),
            lambda kept: self._loaded(reading, kept),
            lambda error: self.message.emit(str(error)),
            in_turn=True,
        )

    def _loaded(self, reading: str, kept: tuple[Seen, ...]) -> None:
        if reading != self._reading_id:
            return
        for one in kept:
            info = self._images.get(one.image.sop_instance_uid)
            if info is None:
                continue
            here = one.on_grid(CELL_PX, *grid_size(info.columns, info.rows))
            self._kept[one.image] = here.bits
            now = self._seen.get(one.image)
            self._seen[one.image] = here if now is None else now.with_cells(here.bits)
        self._ask_outline()
        if any(self._kept.get(key) != seen.bits for key, seen in self._seen.items()):
            self._saving.start(SAVES_MS)
        self.changed.emit()

    def _see(self, picture: Picture, bits: int) -> None:
        info = picture.info
        if info.sop_instance_uid not in self._images:
            return
        self._learn(picture)
        key = picture.key
        before = self._seen.get(key) or Seen(key, CELL_PX, *grid_size(info.columns, info.rows))
        now = before.with_cells(bits)
        if now is before:
            return
        self._seen[key] = now
        if not self._saving.isActive():
            self._saving.start(SAVES_MS)
        self.changed.emit()

    def _learn(self, picture: Picture) -> None:
        if picture.info.sop_instance_uid not in self._breasts:
            self._breasts[picture.info.sop_instance_uid] = breast_of(picture)

    def _ask_outline(self) -> None:
        """Where images were seen before and are not on the screen now, their outlines are worked out one by one."""
        if self._runner.busy(_OUTLINES):
            return
        unknown = next((i for i in self._images.values() if self.share(i) is None), None)
        if unknown is None:
            return
        uid, load = unknown.sop_instance_uid, load_picture(unknown, (unknown.frames + 1) // 2)

        def job(token: CancelToken) -> int:
            return breast_of(load(token))

        def done(breast: int) -> None:
            self._breasts.setdefault(uid, breast)
            self._ask_outline()
            self.changed.emit()

        # an image that cannot be read is told of where it is shown; its share stays unknown
        self._runner.query(_OUTLINES, job, done, lambda _error: None)

    def _write(self, study: str, reading: str, new: tuple[Seen, ...]) -> None:
        workspace = self._desk.workspace
        self._runner.write(
            lambda: workspace.seen.keep(study, reading, new),
            lambda away: self._saved(study, reading, new, away),
            lambda error: self._not_saved(study, reading, new, error),
        )

    def _saved(self, study: str, reading: str, new: tuple[Seen, ...], away: DatabaseAway | None) -> None:
        if away is not None:
            self._try_again(study, reading, new)
            if not self._told:
                self.message.emit(f"What was seen of the images is kept on this computer: {away}")
            self._told = True
            return
        self._told = False
        if reading == self._reading_id:
            self._kept.update((seen.image, seen.bits) for seen in new)

    def _not_saved(self, study: str, reading: str, new: tuple[Seen, ...], error: AnnotatorError) -> None:
        self.message.emit(f"What was seen of the images is not saved yet: {error}")
        self._try_again(study, reading, new)

    def _try_again(self, study: str, reading: str, new: tuple[Seen, ...]) -> None:
        """What was given up by nobody is tried again, also when another exam is open by then."""
        if reading != self._reading_id:
            self._refused.append((study, reading, new))
        self._saving.start(RETRY_MS)


def breast_of(picture: Picture) -> int:
    """Bits of the cells of a picture that hold breast."""
    info = picture.info
    return breast_cells(
        breast_outline(picture.tissue), picture.levels.coarsest_block, info.columns, info.rows
    )
