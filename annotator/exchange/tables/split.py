"""Exams into training, validation and test parts, by patient: the same patient is never in two of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from annotator.errors import CallError

PARTS = ("train", "val", "test")


@dataclass(frozen=True, slots=True)
class Split:
    """Shares of the parts in per cent, and the seed.

    A patient's part follows from seed and pseudonym alone, so that it stays when exams and patients are added, and
    shares are met on average only. Another seed deals anew.
    """

    shares: tuple[float, ...]
    seed: int

    def __post_init__(self) -> None:
        if len(self.shares) != len(PARTS) or min(self.shares) < 0 or abs(sum(self.shares) - 100) > 1e-6:
            raise CallError("--split takes three shares of 100 in all: train,val,test, such as 70,15,15.")

    def part(self, patient: str) -> str:
        """The part of the patient of that pseudonym."""
        digest = hashlib.sha256(f"{self.seed}\0{patient}".encode()).digest()
        at = int.from_bytes(digest[:8], "big") / 2**64 * 100
        reached = 0.0
        for part, share in zip(PARTS, self.shares, strict=True):
            reached += share
            if share and at < reached:
                return part
        return next(part for part, share in zip(PARTS[::-1], self.shares[::-1], strict=True) if share)
