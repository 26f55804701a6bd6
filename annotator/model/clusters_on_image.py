"""How the marks of one finding lie together on one image; shown beside what the reader says, never filled in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from annotator.model.cluster_facts import ClusterFacts, DistributionHint
from annotator.model.geometry import ImagePoint


class NippleKnown(Enum):
    """Who says where the nipple of an image is."""

    PLACED = "as placed"
    ESTIMATED = "estimated"
    UNKNOWN = "not known"


@dataclass(frozen=True, slots=True)
class GroupOnImage:
    """Marks that lie together. `outline` surrounds them at a distance, in points of the stored image.

    `cluster_id` is that of the reader's cluster of just these marks, '' where the program put them together.
    """

    facts: ClusterFacts
    outline: tuple[ImagePoint, ...]
    cluster_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClustersOnImage:
    """A finding on one image. `label` is side and view, '' where the file does not say.

    `facts` are of all its marks there, `groups` of those within 10 mm of one another and of the reader's clusters.
    `hint` is the word that all marks together suggest. `why_not` says in a sentence why there is no word, or no
    number, '' where there is.
    """

    finding_id: str
    sop_instance_uid: str
    label: str
    count: int
    facts: ClusterFacts | None = None
    hint: DistributionHint | None = None
    nipple: NippleKnown = NippleKnown.UNKNOWN
    groups: tuple[GroupOnImage, ...] = ()
    why_not: str = ""
