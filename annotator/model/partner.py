"""Where what was marked on one view of a breast may lie on another one, and what there may be its partner.

Nothing here is filled in: the reader accepts a proposal or marks the place (docs/measuring.md, partner view).
"""

from __future__ import annotations

from dataclasses import dataclass

from annotator.model.geometry import ImagePoint, Millimetres

BAND_MM = 10.0
"""How much farther from the nipple, or nearer to it, the same place may lie on another view."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerBand:
    """The places of an image that lie as far from its nipple as a cluster on the view `seen_on` from the nipple there.

    `distance` is that of the middle of the cluster, straight. `nipple` is where the reader placed it where
    `nipple_placed`, else estimated; `nipple_placed_there` says the same of the view that the cluster was marked on.
    """

    sop_instance_uid: str
    label: str
    seen_on: str
    distance: Millimetres
    nipple: ImagePoint
    nipple_placed: bool
    nipple_placed_there: bool
    half_mm: float = BAND_MM

    @property
    def in_sentence(self) -> str:
        """What it is built on: "38.2 mm (estimated, in breast) from the nipple on RCC, ± 10 mm; both nipples estimated"."""
        known = {
            (True, True): "both nipples as you placed them",
            (False, False): "both nipples estimated",
            (True, False): f"the nipple as you placed it here, estimated on {self.seen_on}",
            (False, True): f"the nipple estimated here, as you placed it on {self.seen_on}",
        }[self.nipple_placed, self.nipple_placed_there]
        return (
            f"{self.distance.in_sentence} from the nipple on {self.seen_on}, ± {self.half_mm:.0f} mm; {known}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerProposal:
    """A group of marks, or of candidates, that may be the partner; `number` counts from 1, the likeliest first.

    `finding_id` is '' for candidates. `farther_mm`: how much farther from the nipple than the cluster on the other
    view, nearer negative; `deeper_mm` the same counted straight back to the chest wall. `likely` is the share of this
    one among all that were proposed. `because` tells the numbers that speak for and against it.
    """

    number: int
    finding_id: str
    mark_ids: tuple[str, ...] = ()
    candidate_ids: tuple[str, ...] = ()
    middle: ImagePoint
    farther_mm: float
    deeper_mm: float
    count: int
    extent_mm: float
    likely: float
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PartnerSearch:
    """What was looked for and found; `band` None with the reason in one sentence."""

    band: PartnerBand | None
    proposals: tuple[PartnerProposal, ...] = ()
    why_not: str = ""
