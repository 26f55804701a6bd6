"""Exams into training, validation and test parts, by patient: the same patient is never in two of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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
        # so that what is no number is none of these either
        in_all = len(self.shares) == len(PARTS) and abs(sum(self.shares) - 100) <= 1e-6
        if not in_all or min(self.shares) < 0:
            raise CallError("--split takes three shares of 100 in all: train,val,test, such as 70,15,15.")

    def __str__(self) -> str:
        """As a command has it: "70,15,15 with seed 1"."""
        return f"{','.join(f'{share:g}' for share in self.shares)} with seed {self.seed}"

    @property
    def told(self) -> Mapping[str, Any]:
        """As it stands in the card."""
        return {"by": "patient", "seed": self.seed, "shares": dict(zip(PARTS, self.shares, strict=True))}

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
