"""What a reader says of an image as a whole: where its nipple and chest wall are, whether it must be taken again."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from annotator.model.geometry import ImagePoint, PixelSpacing
from annotator.model.image import ImageKey

_HEX = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True)
class NipplePlace:
    """The nipple as the reader placed it on one image; `spacing` is that of the image then."""

    image: ImageKey
    point: ImagePoint
    spacing: PixelSpacing | None = None


@dataclass(frozen=True, slots=True)
class ChestWall:
    """The chest wall as the reader drew it on one image: a straight line through both `ends`.

    On an MLO the front edge of the pectoral muscle. `spacing` is that of the image then.
    """

    image: ImageKey
    ends: tuple[ImagePoint, ImagePoint]
    spacing: PixelSpacing | None = None

    def __post_init__(self) -> None:
        if self.ends[0] == self.ends[1]:
            raise ValueError("a chest wall is a line between two points")


@dataclass(frozen=True, slots=True, order=True)
class MarkedPixels:
    """What the pixels of a marked frame were: SHA-256 of its stored values, in 64 hexadecimal digits."""

    image: ImageKey
    sha256: str

    def __post_init__(self) -> None:
        if len(self.sha256) != 64 or set(self.sha256) - _HEX:
            raise ValueError("a SHA-256 has 64 hexadecimal digits")

    @property
    def place(self) -> str:
        """Which frame of which image, as one word."""
        return f"{self.image.sop_instance_uid} {self.image.frame}"


class PixelState(StrEnum):
    """What became of the pixels of a marked frame."""

    SAME = "same"
    OTHER = "other"
    UNREADABLE = "unreadable"
    NOT_AT_HAND = "not at hand"


class RecallReason(StrEnum):
    """Why a view has to be taken again (DICOM CID 6041 Mammography Image Quality Finding; codes in the lexicon)."""

    POSITIONING = "positioning"
    NIPPLE_NOT_IN_PROFILE = "nipple_not_in_profile"
    TISSUE_MISSED = "tissue_missed"
    MOTION = "motion"
    COMPRESSION = "compression"
    UNDER_EXPOSED = "under_exposed"
    OVER_EXPOSED = "over_exposed"
    ARTEFACT = "artefact"
    PROCESSING = "processing"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class TechnicalRecall:
    """A view the reader wants taken again, with at least one reason."""

    sop_instance_uid: str
    reasons: tuple[RecallReason, ...]
    comment: str = ""

    def __post_init__(self) -> None:
        if not self.reasons:
            raise ValueError("a technical recall gives at least one reason")
