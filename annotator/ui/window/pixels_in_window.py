"""Looks whether the pixels under the marks of the open exam are those that were marked, and says where they are not."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer

from annotator.imaging.pixel_digest import pixel_digest
from annotator.jobs import CancelToken
from annotator.model.image import ExamInfo, ImageKey
from annotator.ui.desk.marked_pixels import changed_pixels
from annotator.ui.desk.session import ReadingSession
from annotator.ui.pictures.picture import Picture

if TYPE_CHECKING:
    from annotator.ui.main_window import MainWindow

SHOWN, UNSEEN = "pixels shown", "pixels unseen"
RESTS_MS = 150
"""How long a picture stands before its pixels are counted: slices that run past are not."""
UNSEEN_MS = 1500
"""After which marked images that do not hang are decoded for it, behind those that do."""
TOPIC = "pixels"


class PixelsInWindow(QObject):
    """Digests of the frames in sight, made beside the window; acts that mark a frame keep its digest.

    Marked frames out of sight are read once after the exam has opened.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._desk = window.desk
        self._runner = window.runner
        self._known: dict[ImageKey, str] = {}
        self._shown: dict[int, Picture] = {}
        self._told: tuple[ImageKey, ...] = ()
        self._rests = self._after(RESTS_MS, self._count_shown)
        self._later = self._after(UNSEEN_MS, self._read_unseen)
        window.exam_view.picture_shown.connect(self._picture_shown)
        self._desk.exam_changed.connect(self._exam_changed)
        self._desk.session_changed.connect(self._session_changed)

    def stop(self) -> None:
        """The window closes."""
        self._rests.stop()
        self._later.stop()
        self._runner.cancel(SHOWN)
        self._runner.cancel(UNSEEN)

    def _exam_changed(self, _exam: ExamInfo) -> None:
        self._shown.clear()
        self._runner.cancel(UNSEEN)

    def _session_changed(self, session: ReadingSession | None) -> None:
        self._window.errors.solved(TOPIC)
        self._told = ()
        if session is None:
            self._later.stop()
            return
        images = {image.sop_instance_uid for image in session.exam.images}
        self._known = {key: said for key, said in self._known.items() if key.sop_instance_uid in images}
        session.pixels = self._known
        self._tell()
        if session.reading.pixels:
            self._later.start()

    def _picture_shown(self, pane: int, picture: Picture) -> None:
        if not picture.provisional:
            self._shown[pane] = picture
            self._rests.start()

    def _count_shown(self) -> None:
        if self._runner.busy(SHOWN):
            self._rests.start()
            return
        frames: dict[ImageKey, NDArray[Any]] = {}
        for picture in self._shown.values():
            held = {picture.frame_number: picture.frame} if picture.slab is None else picture.slab.frames
            frames |= {picture.info.key(n): frame for n, frame in held.items()}
        self._shown.clear()
        new = {key: frame for key, frame in frames.items() if key not in self._known}
        if new:
            self._runner.query(SHOWN, lambda token: _digests(new, token), self._learn)

    def _read_unseen(self) -> None:
        session = self._desk.session
        if session is None:
            return
        files = {image.sop_instance_uid: image.path for image in session.exam.images}
        unseen = [one.image for one in session.reading.pixels if one.image not in self._known]
        waiting = [(key, files[key.sop_instance_uid]) for key in unseen if key.sop_instance_uid in files]
        if waiting:
            self._runner.query(UNSEEN, lambda token: _read(waiting, token), self._learn)

    def _learn(self, digests: dict[ImageKey, str]) -> None:
        self._known |= {key: digest for key, digest in digests.items() if digest}
        session = self._desk.session
        if session is not None:
            session.pixels = self._known
        self._tell()

    def _tell(self) -> None:
        session = self._desk.session
        changed = () if session is None else changed_pixels(session.reading, self._known)
        if session is None or not changed or changed == self._told:
            return
        self._told = changed
        names = dict.fromkeys(session.image_name(key.sop_instance_uid) for key in changed)
        one = len(names) == 1
        self._window.errors.show_error(
            f"The pixels of {', '.join(names)} are not those that were marked: the file{'' if one else 's'} "
            f"{'was' if one else 'were'} replaced or altered since; look at every mark on {'it' if one else 'them'} "
            "before you go on.",
            topic=TOPIC,
        )

    def _after(self, wait_ms: int, call: Any) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(wait_ms)
        timer.timeout.connect(call)
        return timer


def _digests(frames: dict[ImageKey, NDArray[Any]], token: CancelToken) -> dict[ImageKey, str]:
    found = {}
    for key, frame in frames.items():
        token.checkpoint()
        found[key] = pixel_digest(frame)
    return found


def _read(waiting: Iterable[tuple[ImageKey, Path]], token: CancelToken) -> dict[ImageKey, str]:
    from annotator.imaging.pixel_check import digest_of  # noqa: PLC0415 - pydicom, after the first paint

    found = {}
    for key, path in waiting:
        token.checkpoint()
        found[key] = digest_of(path, key)
    return found
