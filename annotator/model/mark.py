"""One calcification as marked and measured, and a cluster as outlined."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from annotator.model.geometry import ImagePoint, PixelSpacing, SpacingBasis
from annotator.model.image import ImageKey


class MarkKind(StrEnum):
    """The reader's word for one calcification; BI-RADS has no such classes (docs/domain.md, size words)."""

    MICRO = "micro"
    MACRO = "macro"


@dataclass(frozen=True, slots=True)
class SpotMeasurement:
    """What was measured on stored pixels around a bright spot.

    Lengths in pixels are always there; those in millimetres only with `basis`, the word that says how
    the spacing is known. `orientation_deg` is the major axis, counter-clockwise from the row direction
    as displayed unturned, in [0, 180). `contrast` is peak above background in stored values, `cnr` the
    same in noise standard deviations. `outline` is closed without repeating its first point, taken at
    `level`, a share of the peak's height.

    Only a linear piece has an `axis`, its middle line from end to end, and a length and width; its `center` lies on the
    axis half-way.
    """

    center: ImagePoint
    diameter_px: float
    uncertainty_px: float
    major_px: float
    minor_px: float
    orientation_deg: float
    circularity: float
    contrast: float
    cnr: float
    outline: tuple[ImagePoint, ...] = ()
    diameter_mm: float | None = None
    uncertainty_mm: float | None = None
    major_mm: float | None = None
    minor_mm: float | None = None
    basis: SpacingBasis | None = None
    level: float | None = None
    axis: tuple[ImagePoint, ...] = ()
    length_px: float | None = None
    width_px: float | None = None
    length_mm: float | None = None
    width_mm: float | None = None

    @property
    def is_linear(self) -> bool:
        """Whether it was measured as a linear piece."""
        return self.length_px is not None

    @property
    def size_px(self) -> float:
        """How large it is across, which size words are about: the width of a linear piece, else the diameter."""
        return self.diameter_px if self.width_px is None else self.width_px

    @property
    def size_mm(self) -> float | None:
        """The same in millimetres; None where the spacing is not known."""
        return self.diameter_mm if not self.is_linear else self.width_mm


@dataclass(frozen=True, slots=True)
class Mark:
    """One calcification on one image. `number` orders the marks of a reading and is never shown as data."""

    id: str
    number: int
    finding_id: str
    image: ImageKey
    point: ImagePoint
    kind: MarkKind
    measurement: SpotMeasurement | None = None


@dataclass(frozen=True, slots=True)
class Cluster:
    """Marks of one finding that the reader tied together on one image by drawing around them.

    `spacing` is that of the image when drawn, so that its extent can be told without the file.
    """

    id: str
    number: int
    finding_id: str
    image: ImageKey
    outline: tuple[ImagePoint, ...]
    mark_ids: tuple[str, ...] = ()
    spacing: PixelSpacing | None = None
