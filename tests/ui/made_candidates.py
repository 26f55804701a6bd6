"""Candidates by hand on the small exam: its bright spots, two of them as an artery, and a place where nothing is."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from small_exam import SPOTS, column_of

from annotator.jobs import CancelToken
from annotator.model.candidate import Candidate, CandidateHint, CandidateRow, Candidates
from annotator.model.geometry import ImagePoint
from annotator.model.image import ImageInfo

MODEL = "made-1"
EMPTY = (60.5, 300.5)
"""(column from the chest wall, row) of tissue without a spot."""


def candidate(
    info: ImageInfo, name: str, at: tuple[float, float], score: float, frame: int = 1, **said: Any
) -> Candidate:
    column = column_of("R" if info.laterality == "R" else "L", at[0])
    known = {"diameter_px": 3.0, "diameter_mm": 0.3} | said
    key = f"{info.sop_instance_uid}-{name}"
    return Candidate(key, info.key(frame), ImagePoint(column, at[1]), score, **known)


def made(info: ImageInfo, model: str = MODEL, tag: str = "") -> Candidates:
    """A spot at 0.95, an artery of two at 0.9, a place without a spot at 0.88, and a faint one at 0.2."""
    one = candidate(info, f"spot{tag}", SPOTS[0], 0.95)
    first = candidate(info, f"first{tag}", SPOTS[1], 0.9, hint=CandidateHint.ARTERY)
    second = candidate(info, f"second{tag}", SPOTS[2], 0.88, hint=CandidateHint.ARTERY)
    nothing = candidate(info, f"nothing{tag}", EMPTY, 0.88, hint=CandidateHint.SKIN)
    faint = candidate(info, f"faint{tag}", (20.5, 200.5), 0.2)
    rows = (
        CandidateRow((one.id,)),
        CandidateRow((first.id, second.id), CandidateHint.ARTERY),
        CandidateRow((nothing.id,), CandidateHint.SKIN),
        CandidateRow((faint.id,)),
    )
    return Candidates((one, first, second, nothing, faint), rows, model)


class Finder:
    """Stands where `Workspace.find_candidates` stands, and answers by `answer`; `asked` are the images in order.

    While `held` nothing is answered; who gives up is told at the next look.
    """

    def __init__(self, answer: Callable[[ImageInfo], Candidates] = made) -> None:
        self.answer = answer
        self.asked: list[str] = []
        self.tokens: list[CancelToken] = []
        self.held = threading.Event()
        self.held.set()

    def __call__(
        self, info: ImageInfo, *, frame: object = None, token: CancelToken | None = None
    ) -> Candidates:
        assert token is not None
        self.asked.append(info.name)
        self.tokens.append(token)
        while not self.held.wait(0.01):
            token.checkpoint()
        return self.answer(info)
