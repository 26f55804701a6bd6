"""What the program proposes to look at, and what the reader decided about it.

Candidates are worked out anew whenever they are asked for and never kept; decisions are what the reader said, and are
part of the reading.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from annotator.model.geometry import ImagePoint
from annotator.model.image import ImageKey

SHOWN_FROM = 0.81
"""Score from which a candidate is shown unless the reader chooses otherwise: about one false mark an image on the
synthetic images that the model was tried on (docs/measuring.md, candidates)."""

CAD_ID = "cad-"
"""The ids of marks of CAD reports begin so; those of this program's own candidates are hexadecimal."""

PROPOSED_WITHIN_PX = 2.0
"""One deviation of the place a candidate is proposed at, in image pixels: the reach of the click that measures it."""


class CandidateHint(StrEnum):
    """What a candidate looks like beside a calcification of its own; a hint takes no candidate off the list."""

    ARTERY = "artery"
    SKIN = "skin"
    RIM = "rim"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A bright spot proposed for labelling.

    `id` is the same whenever the same model looks at the same image. `score` in [0, 1] is how like a calcification of
    the synthetic training images it is, not how likely disease; of a mark of a CAD report the certainty that its program
    states, 1 where it states none. Of a stack `image` names the best slice. `diameter_px` is 0 where none is given.
    """

    id: str
    image: ImageKey
    point: ImagePoint
    score: float
    diameter_px: float
    diameter_mm: float | None = None
    hint: CandidateHint | None = None
    in_pectoral: bool = False

    @property
    def of_cad(self) -> bool:
        """Whether it is a mark of a CAD report and no proposal of this program."""
        return self.id.startswith(CAD_ID)

    @property
    def makes_groups(self) -> bool:
        """Whether it counts where candidates are put in groups: along one artery two hundred marks would be one."""
        return self.hint not in (CandidateHint.ARTERY, CandidateHint.SKIN)


@dataclass(frozen=True, slots=True)
class CandidateRow:
    """Candidates that are one line of the list: one spot, or the pieces of one artery or rim, best first."""

    ids: tuple[str, ...]
    hint: CandidateHint | None = None


@dataclass(frozen=True, slots=True)
class Candidates:
    """All candidates of one image, best first, the lines they make in the list, and the model that found them.

    `breast_found` False: nothing in it was taken for a breast, which is not the same as a breast without candidates.
    """

    candidates: tuple[Candidate, ...]
    rows: tuple[CandidateRow, ...]
    model_version: str
    breast_found: bool = True


class Verdict(StrEnum):
    """What a reader says of a candidate."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class CandidateDecision:
    """A reader's verdict on a candidate, with the model that had proposed it.

    `mark_id` is the mark that an accepted one became, the cluster where it was one; it stands also when the reader took
    that away later. Of a CAD mark `model_version` is the name and version of its program.
    """

    candidate: Candidate
    model_version: str
    verdict: Verdict
    mark_id: str = ""
