"""A cluster now beside the same cluster on an earlier exam: what was matched, what is new, what is gone.

Everything here is shown beside what the reader says; nothing is filled in. docs/measuring.md, compared with the prior.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from annotator.model.cluster_facts import ClusterFacts, Place
from annotator.model.finding import Change
from annotator.model.geometry import SpacingBasis
from annotator.model.image import Laterality


@dataclass(frozen=True, slots=True, kw_only=True)
class Constellation:
    """The marks of one cluster on one image, as the image hangs.

    `places` in millimetres; in pixels where `in_mm` is False, and then nothing is compared. Both constellations of a
    comparison hang the same way: displayed coordinates, with the chest wall on the same side. `diameters_mm` and
    `contrasts` (stored values above the background) are empty, or one for each place, None where not measured.
    `mark_ids` are empty or one for each place. `nipple` in the same coordinates.
    """

    places: tuple[Place, ...]
    diameters_mm: tuple[float | None, ...] = ()
    contrasts: tuple[float | None, ...] = ()
    mark_ids: tuple[str, ...] = ()
    nipple: Place | None = None
    breast_area_mm2: float | None = None
    basis: SpacingBasis | None = None
    in_mm: bool = True

    def __post_init__(self) -> None:
        for column in (self.diameters_mm, self.contrasts, self.mark_ids):
            if len(column) not in (0, len(self.places)):
                raise ValueError(f"{len(self.places)} places need as many sizes, contrasts and ids, or none")

    def __len__(self) -> int:
        return len(self.places)

    def ids(self, rows: Sequence[int]) -> tuple[str, ...]:
        """Ids of the marks with these numbers; empty where the constellation carries none."""
        return tuple(self.mark_ids[row] for row in rows) if self.mark_ids else ()


@dataclass(frozen=True, slots=True)
class Pair:
    """One calcification seen on both: its number in the constellation now and then (from 0).

    `apart_mm`: how far they lie from one another once the clusters are laid over each other. `sure`: 0 to 1.
    """

    now: int
    then: int
    apart_mm: float
    sure: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Two clusters laid over one another (docs/measuring.md, compared with the prior).

    Where `can_be_matched` is False, `why_not` says so in one sentence, and only the facts of each side hold: `pairs`,
    `new` and `gone` are empty. `new` are numbers of marks now without a partner, `gone` of marks then without one; some
    of either were overlooked on the other side: `new_count` and `gone_count` are how many that makes after it is
    allowed for, with the limits that hold the true number nearly nine times in ten. `score` is how much better than by accident the two agree and
    `chance_score` what unlike arrangements of the same marks reach; `chance_level` the pairs that they have. `turn_deg`,
    `scale` and `shift_mm` lay the earlier cluster over the one now, with what is left as bend. `then_on_now` says where
    each mark of then lies now (millimetres, as `now.hull`), for drawing.
    """

    now: ClusterFacts
    then: ClusterFacts
    can_be_matched: bool
    why_not: str = ""
    pairs: tuple[Pair, ...] = ()
    new: tuple[int, ...] = ()
    gone: tuple[int, ...] = ()
    new_count: int = 0
    new_range: tuple[int, int] = (0, 0)
    gone_count: int = 0
    gone_range: tuple[int, int] = (0, 0)
    score: float = 0.0
    chance_score: float = 0.0
    chance_level: int = 0
    turn_deg: float = 0.0
    scale: float = 1.0
    shift_mm: Place = (0.0, 0.0)
    then_on_now: tuple[Place, ...] = ()
    size_change: float | None = None
    """Median of diameter now over diameter then in the pairs that were measured on both; None under three."""
    contrast_outliers: int | None = None
    """Pairs whose contrast differs from what all pairs share by more than measuring does; None where not measured."""
    size_outliers: int | None = None
    """Pairs whose diameter differs from what all pairs share by more than measuring does."""
    measured_pairs: int = 0
    """Pairs with diameters on both sides."""
    in_mm: bool = True

    @property
    def extent_change_mm(self) -> float | None:
        """How much larger the extent is now; None where it is not in millimetres."""
        return self.now.extent_mm - self.then.extent_mm if self.in_mm else None

    @property
    def in_sentence(self) -> str:
        """In one line: "Matched 14, new 5, gone 1 (by chance 4 would match)."."""
        if not self.can_be_matched:
            return f"{self.why_not} {self.now.count} marks now, {self.then.count} then."
        return (
            f"Matched {len(self.pairs)}, new {len(self.new)}, gone {len(self.gone)} "
            f"(by chance {self.chance_level} would match)."
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """One of the three questions after six months: changed, not changed, or None: cannot be told; and why."""

    changed: bool | None
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeHint:
    """What a comparison suggests for "change"; never filled in, the reader confirms.

    `change` None: nothing is suggested. `appearance`, `number` and `pattern` are answered each apart.
    """

    change: Change | None
    because: tuple[str, ...]
    appearance: Answer
    number: Answer
    pattern: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedCluster:
    """Where the middle of a cluster lies as seen from the nipple, on one view.

    `nipple_mm`: straight distance. `angle_deg`: from the line straight back to the chest wall, up or outwards
    positive. `id` is the caller's own (of a cluster, a finding).
    """

    id: str
    laterality: Laterality | None
    view: str
    nipple_mm: float
    angle_deg: float
    count: int = 0
    extent_mm: float | None = None


@dataclass(frozen=True, slots=True)
class ProposedPair:
    """A cluster of now and one of the prior that may be the same; the reader chooses.

    `apart_mm`: between both, each as seen from its nipple. `likely`: share of this one among all of the prior and
    "none of them" (0 to 1). `then` None is "none of them".
    """

    now: str
    then: str | None
    apart_mm: float | None
    likely: float
