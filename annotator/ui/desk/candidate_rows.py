"""What is proposed for labelling in one exam, as columns: the lines of the list, and what became of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from annotator.analysis.mark_table import Points, as_array, table_of
from annotator.model.cad import CadMark, RenderingIntent
from annotator.model.candidate import Candidate, CandidateDecision, CandidateHint, Candidates, Verdict
from annotator.model.finding import Reading
from annotator.model.image import ImageInfo
from annotator.model.mark import Mark

BESIDE_MM = 0.25
"""How far beyond the edge of a candidate a mark still is a mark of it."""
CAD_REACH_MM, CAD_REACH_PX = 1.0, 15.0
"""How far from a CAD mark without an outline a mark of the reader is one of it: its programs place centres so roughly."""
NEAR_SLICES = 3
"""A calcification is seen on some slices beside its sharpest one: a mark there is a mark of it too."""

Codes = NDArray[np.int8]


class RowState(StrEnum):
    """What became of a line of the list."""

    UNDECIDED = "undecided"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    MARKED = "marked already"


STATES = tuple(RowState)
"""By their codes. Of the pieces of one line the least code counts: undecided while one of them is."""
_UNDECIDED, _ACCEPTED, _REJECTED, _MARKED = range(4)
_OF_VERDICT = {Verdict.ACCEPTED: _ACCEPTED, Verdict.REJECTED: _REJECTED}


@dataclass(frozen=True, slots=True)
class ProposedRow:
    """One line of the list: a spot, the pieces of one artery, best first, or a mark of a CAD report.

    Of a `mark` that is a cluster the first piece is the cluster, the others are its calcifications.
    """

    info: ImageInfo
    pieces: tuple[Candidate, ...]
    hint: CandidateHint | None
    model_version: str
    mark: CadMark | None = None

    @property
    def best(self) -> Candidate:
        """The piece with the highest score: it gives the line its place, size and score."""
        return self.pieces[0]

    @property
    def key(self) -> str:
        """The same whenever the same model looks at the same image."""
        return self.best.id

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of its pieces."""
        return tuple(piece.id for piece in self.pieces)


@dataclass(frozen=True, eq=False)
class ProposedImage:
    """The lines of one image, best first, and their pieces as columns.

    `reaches` is how far, in image pixels, a mark may lie from a piece and be its mark; `rows` the line of each piece.
    `breast_found` False: there was no breast to look at. Lines of CAD reports come before the program's own.
    """

    info: ImageInfo
    lines: tuple[ProposedRow, ...]
    points: Points
    frames: NDArray[np.int32]
    diameters: NDArray[np.float64]
    reaches: NDArray[np.float64]
    rows: NDArray[np.intp]
    cad: NDArray[np.bool_]
    breast_found: bool = True
    _marked: dict[int, tuple[tuple[Mark, ...], NDArray[np.bool_]]] = field(default_factory=dict)

    @classmethod
    def of(cls, info: ImageInfo, found: Candidates) -> ProposedImage:
        """Put in order what was found on an image; some milliseconds for thousands, so made in the job."""
        known = {one.id: one for one in found.candidates}
        lines = [
            ProposedRow(info, tuple(known[i] for i in row.ids), row.hint, found.model_version)
            for row in found.rows
            if row.ids
        ]
        lines.sort(key=lambda line: -line.best.score)
        return cls._laid_out(info, lines, breast_found=found.breast_found)

    def beside(self, cad: Sequence[ProposedRow]) -> ProposedImage:
        """The same with lines of CAD reports before its own."""
        own = [line for line in self.lines if line.mark is None]
        return self._laid_out(self.info, [*cad, *own], breast_found=self.breast_found)

    @classmethod
    def of_cad(cls, info: ImageInfo, cad: Sequence[ProposedRow]) -> ProposedImage:
        """Lines of CAD reports alone, of an image that was not searched."""
        return cls._laid_out(info, cad, breast_found=True)

    @classmethod
    def _laid_out(cls, info: ImageInfo, lines: Sequence[ProposedRow], *, breast_found: bool) -> ProposedImage:
        pieces = [piece for line in lines for piece in line.pieces]
        diameters = np.array([piece.diameter_px for piece in pieces], np.float64)
        beside = 0.0 if info.spacing is None else BESIDE_MM / info.spacing.mean_mm
        roughly = CAD_REACH_PX if info.spacing is None else CAD_REACH_MM / info.spacing.mean_mm
        of_cad = np.array([piece.of_cad for piece in pieces], np.bool_)
        return cls(
            info,
            tuple(lines),
            as_array([piece.point for piece in pieces]),
            np.array([piece.image.frame for piece in pieces], np.int32),
            diameters,
            np.where(of_cad & (diameters == 0), roughly, diameters / 2 + beside),
            np.repeat(np.arange(len(lines)), [len(line.pieces) for line in lines]),
            of_cad,
            breast_found,
        )

    @cached_property
    def place(self) -> dict[str, int]:
        """Where among the pieces a candidate is, by its id."""
        ids = (piece.id for line in self.lines for piece in line.pieces)
        return {key: at for at, key in enumerate(ids)}

    def outline_of(self, piece: int) -> Points:
        """The corners of the outline that its CAD report gives a piece, (n, 2) columns and rows; (0, 2) where there is none."""
        line = self.lines[int(self.rows[piece])]
        whole = line.mark
        marks = () if whole is None else (whole, *whole.members)
        said = (m for m in marks if m.center == line.pieces[piece - self._first_of(piece)].point)
        mark = next(said, None)
        if mark is None or mark.outline is None:
            return np.zeros((0, 2))
        return as_array(mark.outline.corners)

    def _first_of(self, piece: int) -> int:
        """The first piece of the line that a piece belongs to."""
        return int(np.searchsorted(self.rows, self.rows[piece]))

    def decided(self, decisions: Sequence[CandidateDecision]) -> Codes:
        """The code of each piece as the reader decided: by its id, else by its place, for an earlier model's.

        What was said of a proposal of this program says nothing of a CAD mark at its place, nor the other way round.
        """
        codes = np.zeros(len(self.points), np.int8)
        uid = self.info.sop_instance_uid
        for decision in decisions:
            at = self.place.get(decision.candidate.id)
            if at is not None:
                codes[at] = _OF_VERDICT[decision.verdict]
        for decision in decisions:
            said = decision.candidate
            if said.image.sop_instance_uid == uid and said.id not in self.place:
                here = self._near(said)
                codes[here & (codes == _UNDECIDED)] = _OF_VERDICT[decision.verdict]
        return codes

    def marked(self, reading: Reading) -> NDArray[np.bool_]:
        """Which pieces have a mark of the reader at their place."""
        known = self._marked.get(0)
        if known is not None and known[0] is reading.marks:
            return known[1]
        table = table_of(reading)
        uid = self.info.sop_instance_uid
        keys = [key for key in table.codes.images if key.sop_instance_uid == uid]
        near = np.zeros(len(self.points), np.bool_)
        for key in keys:
            marks = table.points[table.rows_on([key])]
            here = np.flatnonzero(np.abs(self.frames - key.frame) <= NEAR_SLICES)
            near[here] |= within_reach(self.points[here], self.reaches[here], marks)
        self._marked[0] = reading.marks, near
        return near

    def decisions_at(self, line: ProposedRow, reading: Reading) -> tuple[CandidateDecision, ...]:
        """What the reader decided of the pieces of a line, also where an earlier model proposed them."""
        uid, found = self.info.sop_instance_uid, []
        mine = [self.place[key] for key in line.ids]
        for decision in reading.decisions:
            said = decision.candidate
            at = self.place.get(said.id)
            if at in mine:
                found.append(decision)
            elif at is None and said.image.sop_instance_uid == uid:
                near = self._near(said)
                if near[mine].any():
                    found.append(decision)
        return tuple(found)

    def _near(self, said: Candidate) -> NDArray[np.bool_]:
        away = self.points - (said.point.column, said.point.row)
        near: NDArray[np.bool_] = np.hypot(away[:, 0], away[:, 1]) <= self.reaches
        near &= (np.abs(self.frames - said.image.frame) <= NEAR_SLICES) & (self.cad == said.of_cad)
        return near


@dataclass(frozen=True, eq=False)
class Proposals:
    """The lines of all images of an exam, in hung order, those of CAD reports first and then by score.

    `cad` are lines of CAD reports, `optional` those that their reports leave to the reader.
    """

    images: tuple[ProposedImage, ...] = ()
    lines: tuple[ProposedRow, ...] = field(init=False)
    scores: NDArray[np.float64] = field(init=False)
    cad: NDArray[np.bool_] = field(init=False)
    optional: NDArray[np.bool_] = field(init=False)
    _starts: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        lines = tuple(line for image in self.images for line in image.lines)
        counts = [len(image.lines) for image in self.images]
        object.__setattr__(self, "lines", lines)
        object.__setattr__(self, "scores", np.array([line.best.score for line in lines], np.float64))
        marks = [line.mark for line in lines]
        intents = [None if mark is None else mark.intent for mark in marks]
        object.__setattr__(self, "cad", np.array([mark is not None for mark in marks], np.bool_))
        optional = np.array([intent is RenderingIntent.OPTIONAL for intent in intents], np.bool_)
        object.__setattr__(self, "optional", optional)
        object.__setattr__(self, "_starts", tuple(int(n) for n in np.cumsum([0, *counts])))

    @cached_property
    def place(self) -> Mapping[str, int]:
        """Where among the lines one is, by its key."""
        return {line.key: at for at, line in enumerate(self.lines)}

    @cached_property
    def ranks(self) -> NDArray[np.intp]:
        """The place of each line among the program's own of its image, best first; 0 for a line of a CAD report."""
        parts = []
        for image in self.images:
            own = np.array([line.mark is None for line in image.lines], np.bool_)
            parts.append(np.where(own, np.cumsum(own) - 1, 0))
        return np.concatenate([np.zeros(0, np.intp), *parts])

    def image_of(self, sop_instance_uid: str) -> ProposedImage | None:
        """What was found on an image."""
        return next((i for i in self.images if i.info.sop_instance_uid == sop_instance_uid), None)

    def span(self, image: ProposedImage) -> tuple[int, int]:
        """First line of an image among all, and the one after its last."""
        at = self.images.index(image)
        return self._starts[at], self._starts[at + 1]

    def piece_codes(self, reading: Reading) -> tuple[Codes, ...]:
        """For each image the code of each piece: as decided, else whether it is marked already."""
        found = []
        for image in self.images:
            codes = image.decided(reading.decisions)
            codes[(codes == _UNDECIDED) & image.marked(reading)] = _MARKED
            found.append(codes)
        return tuple(found)

    def line_codes(self, pieces: Sequence[Codes]) -> Codes:
        """The code of each line: the least of its pieces."""
        parts = [np.zeros(0, np.int8)]
        for image, codes in zip(self.images, pieces, strict=True):
            if len(codes):
                starts = np.searchsorted(image.rows, np.arange(len(image.lines)))
                parts.append(np.minimum.reduceat(codes, starts))
        joined: Codes = np.concatenate(parts)
        return joined


def open_pieces(line: ProposedRow, image: ProposedImage, codes: Codes) -> tuple[Candidate, ...]:
    """The pieces of a line that nothing was said of and that have no mark."""
    return tuple(piece for piece in line.pieces if codes[image.place[piece.id]] == _UNDECIDED)


def within_reach(points: Points, reaches: NDArray[np.float64], others: Points) -> NDArray[np.bool_]:
    """Which of `points` (n, 2) have one of `others` (m, 2) within their own reach.

    Sorted into square cells, so that ten thousand of both are some 10 ms.
    """
    near = np.zeros(len(points), np.bool_)
    if not len(points) or not len(others):
        return near
    side = max(float(reaches.max()), 1.0)
    low = np.minimum(points.min(axis=0), others.min(axis=0))
    ours, theirs = (np.floor((each - low) / side).astype(np.int64) + 1 for each in (points, others))
    across = int(max(ours[:, 0].max(), theirs[:, 0].max())) + 2
    cells = theirs[:, 1] * across + theirs[:, 0]
    order = np.argsort(cells, kind="stable")
    cells, sorted_others = cells[order], others[order]
    for down in (-1, 0, 1):
        middle = (ours[:, 1] + down) * across + ours[:, 0]
        starts = np.searchsorted(cells, middle - 1, side="left")
        counts = np.searchsorted(cells, middle + 1, side="right") - starts
        which = np.repeat(np.arange(len(points)), counts)
        if not len(which):
            continue
        before = np.cumsum(counts) - counts
        beside = np.arange(len(which)) - np.repeat(before - starts, counts)
        away = points[which] - sorted_others[beside]
        near[which[np.hypot(away[:, 0], away[:, 1]) <= reaches[which]]] = True
    return near
