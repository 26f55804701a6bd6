"""What is proposed for labelling in the exam on the desk: what of it the reader may see, and which line is in hand."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from annotator.analysis.mark_table import table_of
from annotator.model.candidate import SHOWN_FROM, CandidateHint
from annotator.model.changes import Changes
from annotator.model.geometry import Millimetres
from annotator.model.image import ExamInfo, ImageInfo
from annotator.ui.desk.cad_rows import CadOfExam, cad_certainty, cad_hint, cad_words
from annotator.ui.desk.candidate_rows import (
    STATES,
    Codes,
    Proposals,
    ProposedImage,
    ProposedRow,
    RowState,
    open_pieces,
)
from annotator.ui.desk.reading_desk import ReadingDesk
from annotator.ui.desk.session import ReadingSession
from annotator.ui.keys.profiles import LABELLING, Profiles
from annotator.ui.marks.candidate_layer import CandidateLayer

REMEMBERED_MS = 500
"""From the last step of a threshold to its writing down: a slider that is drawn takes many."""
MOST_LINES = 100
"""Of one image are listed and drawn, the likeliest: on images unlike those of the training hundreds score high, and a
picture covered by proposals shows none."""
KEPT_EXAMS = 8
"""What was found stays for the exams opened last, so that going back shows it at once."""

NO_EXAM = "Open an exam: what the program proposes for labelling on its images is listed here."
HIDDEN = "Hidden until your own first pass is done."
LENT = "Another's reading is in sight: candidates belong to your own."
HINTS = {
    CandidateHint.ARTERY: "tram-track?",
    CandidateHint.SKIN: "skin?",
    CandidateHint.RIM: "rim?",
}
_SCORE, _ONLY_UNDECIDED, _ON_IMAGES = "candidate score", "candidates undecided only", "candidates on images"
_OPTIONAL = "optional cad marks"
_NOTHING = Proposals()


class ExamCandidates(QObject):
    """Candidates of the open exam. While `why_hidden` says why, it tells nothing of them to anybody.

    `changed`: other lines, other states, or they are shown or hidden now; `current_changed`: another line is in hand.
    Threshold and filter are remembered in the profile.
    """

    changed = Signal()
    current_changed = Signal()

    def __init__(self, desk: ReadingDesk, profiles: Profiles, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._profiles = profiles
        self._kept: OrderedDict[str, dict[str, ProposedImage]] = OrderedDict()
        self._cad: dict[str, CadOfExam] = {}
        self._joined: dict[str, tuple[ProposedImage | None, tuple[ProposedRow, ...], ProposedImage]] = {}
        self._study = ""
        self._order: tuple[ImageInfo, ...] = ()
        self._shown = _NOTHING
        self._pieces: tuple[Codes, ...] = ()
        self._codes: Codes = np.zeros(0, np.int8)
        self._layers: dict[str, CandidateLayer] = {}
        self._current = ""
        self._threshold: float | None = None
        self._remembering = QTimer(self)
        self._remembering.setSingleShot(True)
        self._remembering.setInterval(REMEMBERED_MS)
        self._remembering.timeout.connect(self.remember)
        desk.exam_changed.connect(self._begin)
        desk.session_changed.connect(self._follow)
        profiles.changed.connect(self.refresh)

    @property
    def why_hidden(self) -> str:
        """Why nothing is shown now, '' while candidates are shown as they are found."""
        session = self._desk.session
        if session is None:
            return NO_EXAM
        if session.is_lent:
            return LENT
        return "" if self.first_pass_done else HIDDEN

    @property
    def first_pass_done(self) -> bool:
        """Whether the reader may see candidates: at once when labelling, else after a pass of their own."""
        session = self._desk.session
        labelling = self._profiles.current().name == LABELLING.name
        return session is not None and not session.is_lent and (labelling or session.reading.first_pass)

    @property
    def lines(self) -> tuple[ProposedRow, ...]:
        """All lines, in hung order and then by score; none while hidden."""
        return self._shown.lines

    @property
    def listed(self) -> NDArray[np.intp]:
        """Which of `lines` the list shows: those at or above the threshold, as the filter says."""
        wanted = self._strong
        if self.only_undecided:
            wanted = wanted & (self._codes == 0)
        return np.flatnonzero(wanted)

    @property
    def counts(self) -> tuple[int, int]:
        """How many lines at or above the threshold are undecided, and how many there are."""
        strong = self._strong
        return int((strong & (self._codes == 0)).sum()), int(strong.sum())

    @property
    def left_out(self) -> int:
        """How many lines score as high as those listed and are not, being beyond the likeliest of their image."""
        high = (self._shown.scores >= self.threshold) & ~self._shown.cad
        return int(high.sum() - (self._strong & ~self._shown.cad).sum())

    @property
    def cad_told(self) -> tuple[str, ...]:
        """A sentence for each CAD report of the exam: whether it ran, and what came of it; none while hidden."""
        cad = self._cad.get(self._study)
        return () if cad is None or self.why_hidden else cad.told

    @property
    def has_optional(self) -> bool:
        """Whether a CAD report leaves some of its marks to the reader; False while hidden."""
        return bool(self._shown.optional.any())

    @property
    def optional_shown(self) -> bool:
        """Whether such marks are listed and drawn."""
        return self._profiles.remembered(_OPTIONAL, "no") == "yes"

    def show_optional(self, shown: bool) -> None:
        """List and draw marks that their CAD report calls optional, or leave them out."""
        self._profiles.remember(_OPTIONAL, "yes" if shown else "no")
        self._tell()

    @property
    def without_breast(self) -> tuple[str, ...]:
        """Names of the images searched in which no breast was found; none while hidden."""
        images = (image.info for image in self._shown.images if not image.breast_found)
        return tuple(info.name or info.path.name for info in images)

    @property
    def current(self) -> ProposedRow | None:
        """The line in hand, None when there is none or all are hidden."""
        at = self._shown.place.get(self._current)
        return None if at is None else self._shown.lines[at]

    @property
    def threshold(self) -> float:
        """The least score that is shown."""
        if self._threshold is not None:
            return self._threshold
        said = self._profiles.remembered(_SCORE)
        try:
            return min(max(float(said), 0.0), 1.0) if said else SHOWN_FROM
        except ValueError:
            return SHOWN_FROM

    def set_threshold(self, score: float) -> None:
        """Show what scores at least so much, and remember it."""
        self._threshold = score
        self._remembering.start()
        self._tell()

    def remember(self) -> None:
        """Write the threshold down, in the profile in force."""
        self._remembering.stop()
        if self._threshold is not None:
            self._profiles.remember(_SCORE, f"{self._threshold:.2f}")
            self._threshold = None

    @property
    def only_undecided(self) -> bool:
        """Whether the list leaves out what was decided."""
        return self._profiles.remembered(_ONLY_UNDECIDED, "no") == "yes"

    def set_only_undecided(self, only: bool) -> None:
        """Leave out what was decided, or list everything."""
        self._profiles.remember(_ONLY_UNDECIDED, "yes" if only else "no")
        self._tell()

    @property
    def on_images(self) -> bool:
        """Whether candidates are drawn on the images."""
        return self._profiles.remembered(_ON_IMAGES, "yes") == "yes"

    def set_on_images(self, drawn: bool) -> None:
        """Draw candidates on the images, or list them only."""
        self._profiles.remember(_ON_IMAGES, "yes" if drawn else "no")
        self._tell()

    def set_order(self, images: Sequence[ImageInfo]) -> None:
        """The images of the open exam as they hang."""
        if tuple(images) != self._order:
            self._order = tuple(images)
            self.refresh()

    def put(self, study_instance_uid: str, found: ProposedImage) -> None:
        """What was found on an image of an exam."""
        self._kept.setdefault(study_instance_uid, {})[found.info.sop_instance_uid] = found
        self._forget_oldest()
        if study_instance_uid == self._study:
            self.refresh()

    def put_cad(self, study_instance_uid: str, cad: CadOfExam) -> None:
        """What the CAD reports of an exam say."""
        self._cad[study_instance_uid] = cad
        if study_instance_uid == self._study:
            self.refresh()

    def knows_cad(self, study_instance_uid: str, files: tuple[Path, ...]) -> bool:
        """Whether just these reports of an exam were read."""
        known = self._cad.get(study_instance_uid)
        return known is not None and known.files == files

    def knows(self, info: ImageInfo) -> bool:
        """Whether it is known what is on an image of the open exam; says nothing of how much that is."""
        return info.sop_instance_uid in self._kept.get(self._study, {})

    def state_of(self, at: int) -> RowState:
        """What became of a line, by its place in `lines`."""
        return STATES[int(self._codes[at])]

    def state_words(self, at: int) -> str:
        """The same in words, with what happened to the mark since."""
        state, line = self.state_of(at), self.lines[at]
        session = self._desk.session
        if state is not RowState.ACCEPTED or session is None:
            return str(state)
        image = self._shown.image_of(line.info.sop_instance_uid)
        decisions = () if image is None else image.decisions_at(line, session.reading)
        known = {*table_of(session.reading).place, *(one.id for one in session.reading.clusters)}
        gone = any(one.mark_id and one.mark_id not in known for one in decisions)
        return f"{state}, mark deleted" if gone else str(state)

    def place_of(self, key: str) -> int | None:
        """Where among `lines` one is, by its key."""
        return self._shown.place.get(key)

    def open_pieces(self, line: ProposedRow) -> tuple[str, ...]:
        """Ids of the pieces of a line that nothing was said of and that have no mark."""
        image = self._shown.image_of(line.info.sop_instance_uid)
        if image is None:
            return ()
        codes = self._pieces[self._shown.images.index(image)]
        return tuple(piece.id for piece in open_pieces(line, image, codes))

    def image_of(self, line: ProposedRow) -> ProposedImage | None:
        """Everything found on the image of a line."""
        return self._shown.image_of(line.info.sop_instance_uid)

    def choose(self, key: str) -> None:
        """Take a line in hand by its key, '' for none."""
        if key != self._current:
            self._current = key
            self._layers.clear()
            self.current_changed.emit()

    def step(self, by: int) -> ProposedRow | None:
        """Take the next (1) or previous (-1) undecided line in hand, from the end on at the beginning; None where
        there is none.
        """
        undecided = np.flatnonzero(self._strong & (self._codes == 0))
        if not len(undecided):
            return None
        here = self._shown.place.get(self._current)
        if here is None:
            at = 0 if by > 0 else len(undecided) - 1
        else:
            after = int(np.searchsorted(undecided, here, "right"))
            at = after if by > 0 else int(np.searchsorted(undecided, here)) - 1
        line = self.lines[int(undecided[at % len(undecided)])]
        self.choose(line.key)
        return line

    def layer_of(self, sop_instance_uid: str) -> CandidateLayer | None:
        """What is drawn on an image: what is undecided at or above the threshold, and the line in hand."""
        image = self._shown.image_of(sop_instance_uid)
        if image is None or not self.on_images:
            return None
        if sop_instance_uid not in self._layers:
            self._layers[sop_instance_uid] = self._layer(image)
        return self._layers[sop_instance_uid]

    def refresh(self) -> None:
        """Look anew at what the reader decided, and whether candidates are to be seen."""
        session = self._desk.session
        if self.why_hidden or session is None:
            self._shown = _NOTHING
        else:
            found = (self._found_on(info) for info in self._order)
            images = tuple(image for image in found if image is not None)
            if images != self._shown.images:
                self._shown = Proposals(images)
        self._look()

    def _found_on(self, info: ImageInfo) -> ProposedImage | None:
        """What was found on an image and what CAD reports say of it, put together once."""
        uid, cad = info.sop_instance_uid, self._cad.get(self._study)
        own = self._kept.get(self._study, {}).get(uid)
        rows = () if cad is None else cad.rows.get(uid, ())
        if not rows:
            return own
        known = self._joined.get(uid)
        if known is None or known[0] is not own or known[1] is not rows:
            made = ProposedImage.of_cad(info, rows) if own is None else own.beside(rows)
            known = self._joined[uid] = own, rows, made
        return known[2]

    def _look(self) -> None:
        session = self._desk.session
        if session is None or not self._shown.images:
            self._pieces, self._codes = (), np.zeros(len(self._shown.lines), np.int8)
        else:
            self._pieces = self._shown.piece_codes(session.reading)
            self._codes = self._shown.line_codes(self._pieces)
        self._tell()

    def _tell(self) -> None:
        self._layers.clear()
        self.changed.emit()

    @property
    def _strong(self) -> NDArray[np.bool_]:
        shown = self._shown
        strong = (shown.scores >= self.threshold) & (shown.ranks < MOST_LINES)
        wanted: NDArray[np.bool_] = np.where(shown.cad, ~shown.optional | self.optional_shown, strong)
        return wanted

    def _layer(self, image: ProposedImage) -> CandidateLayer:
        first, after = self._shown.span(image)
        wanted = (self._strong & (self._codes == 0))[first:after]
        codes = self._pieces[self._shown.images.index(image)]
        here = self._shown.place.get(self._current)
        current = image.rows == (-1 if here is None else here - first)
        which = np.flatnonzero((wanted[image.rows] & (codes == 0)) | current)

        def tell(at: int) -> tuple[str, str]:
            line = image.lines[int(image.rows[which[at]])]
            return line.key, words_of(line)

        return CandidateLayer(
            image.points[which],
            image.diameters[which],
            image.frames[which],
            current[which],
            tell,
            cad=image.cad[which],
            outlines={
                at: outline for at, piece in enumerate(which) if len(outline := image.outline_of(int(piece)))
            },
        )

    def _begin(self, exam: ExamInfo) -> None:
        if exam.study_instance_uid != self._study:
            self._study = exam.study_instance_uid
            self._order = exam.images
            self._joined = {}
            self._current = ""
            if self._study in self._kept:
                self._kept.move_to_end(self._study)
        self.refresh()

    def _follow(self, session: ReadingSession | None) -> None:
        if session is None:
            self._current = ""
        else:
            session.reading_changed.connect(self._reading_changed)
        self.refresh()

    def _reading_changed(self, changes: Changes) -> None:
        if changes.first_pass is not None:
            self.refresh()
        elif changes.marks or changes.decisions:
            self._look()

    def _forget_oldest(self) -> None:
        while len(self._kept) > KEPT_EXAMS:
            oldest = next(uid for uid in self._kept if uid != self._study)
            del self._kept[oldest]
            self._cad.pop(oldest, None)


def size_words(line: ProposedRow) -> str:
    """How large the best piece is, with how the millimetres are known: "0.31 mm at detector"."""
    best, spacing = line.best, line.info.spacing
    if not best.diameter_px:
        return ""
    if best.diameter_mm is None or spacing is None:
        return f"{best.diameter_px:.1f} px"
    return str(Millimetres(best.diameter_mm, spacing.basis))


def hint_words(line: ProposedRow) -> str:
    """What it looks like beside a calcification of its own, and of how many pieces it is; whose mark it is."""
    if line.mark is not None:
        return cad_hint(line.mark)
    hint = "" if line.hint is None else HINTS[line.hint]
    if len(line.pieces) > 1:
        return f"{hint} {len(line.pieces)} pieces".strip()
    if not hint and line.best.in_pectoral:
        return "in the pectoral muscle"
    return hint


def score_words(line: ProposedRow) -> str:
    """How likely it is held for a calcification: by the program's score, or as its CAD report says."""
    return f"{line.best.score:.2f}" if line.mark is None else cad_certainty(line.mark)


def words_of(line: ProposedRow) -> str:
    """A line for who points at it on the image."""
    parts = ["candidate for labelling", size_words(line)]
    if line.mark is not None:
        parts += cad_words(line.mark)
    else:
        parts += [f"score {line.best.score:.2f}", hint_words(line)]
    return "  ·  ".join(part for part in parts if part)
