"""What is measured of a finding from its marks, on each image and altogether; shown beside what the reader says.

None means that it cannot be known. Nothing here is filled into a finding by the program.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from annotator.model.finding import Depth, Quadrant
from annotator.model.geometry import Millimetres
from annotator.model.image import ExamInfo, Laterality


class Half(StrEnum):
    """On which side of the line through the nipple, straight back to the chest wall."""

    UPPER = "upper"
    LOWER = "lower"
    INNER = "inner"
    OUTER = "outer"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredOnImage:
    """A finding on one image. `label` is side and view ("RMLO"), '' where the file does not say.

    `in_circle`: the most marks that one circle of 1 cm holds. `extent`: between the farthest two marks; of an outline
    where nothing in it is marked. `nipple_distance`: from the middle of the marks, straight. `nipple_placed`: to where
    the reader put the nipple, else to where the breast reaches farthest from the chest wall. `half` None: nearer to
    the line through the nipple than that line is known, or not a view that tells. `outside_breast`: marks in the air.
    """

    sop_instance_uid: str
    label: str
    laterality: Laterality | None = None
    view: str = ""
    count: int = 0
    in_circle: int | None = None
    extent: Millimetres | None = None
    extent_uncertainty_mm: float | None = None
    nipple_distance: Millimetres | None = None
    nipple_placed: bool = False
    depth: Depth | None = None
    half: Half | None = None
    outside_breast: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A finding over all images of one exam (docs/measuring.md, findings).

    `sides` and `views` are those of the images that it is marked or outlined on. `in_circle`, `extent` and
    `nipple_distance` are the greatest of any one image, never put together from several; `uncertainty` of the extent
    belongs to that image. Sizes are diameters of the calcifications: of magnification views where they were measured
    there, never of several calibrations; `width` is the median of the shorter axes. `depth` and `quadrant` only where
    the images that tell agree. `longest` is the length of the longest linear piece; its size is its width. `marks_per_image` is the largest count on any one image: a calcification seen in two
    views is marked twice. `outlined`: an area without marks belongs to it, so that counts tell too little.
    """

    sides: tuple[Laterality, ...] = ()
    views: tuple[str, ...] = ()
    count: int = 0
    micro: int = 0
    macro: int = 0
    marks_per_image: int = 0
    outlined: bool = False
    in_circle: int | None = None
    extent: Millimetres | None = None
    extent_uncertainty_mm: float | None = None
    smallest: Millimetres | None = None
    median: Millimetres | None = None
    largest: Millimetres | None = None
    size_uncertainty_mm: float | None = None
    width: Millimetres | None = None
    longest: Millimetres | None = None
    outside_breast: int | None = None
    nipple_distance: Millimetres | None = None
    nipple_placed: bool = False
    depth: Depth | None = None
    quadrant: Quadrant | None = None
    on_images: tuple[MeasuredOnImage, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What is known of an exam beside its readings, as far as a reader's words can contradict it.

    `sides` are those of its images, `lateral` those with a 90-degree lateral view (ML or LM). `earlier_exam`: whether
    another exam of the patient from before is open or was read here, None while that is not known. The two limits
    are those of the settings between which no size word is proposed.
    """

    sides: frozenset[Laterality] = frozenset()
    lateral: frozenset[Laterality] = frozenset()
    magnified: bool = False
    earlier_exam: bool | None = None
    micro_below_mm: float = 0.5
    macro_above_mm: float = 1.0

    @classmethod
    def of(
        cls,
        exam: ExamInfo,
        *,
        earlier_exam: bool | None = None,
        micro_below_mm: float = 0.5,
        macro_above_mm: float = 1.0,
    ) -> Circumstances:
        """What the images of an exam tell, beside what is known from elsewhere."""
        sides = [(info.laterality, info.view.name) for info in exam.images if info.laterality is not None]
        return cls(
            sides=frozenset(side for side, _ in sides),
            lateral=frozenset(side for side, view in sides if view in LATERAL_VIEWS),
            magnified=exam.magnified,
            earlier_exam=earlier_exam,
            micro_below_mm=micro_below_mm,
            macro_above_mm=macro_above_mm,
        )


LATERAL_VIEWS = frozenset({"ML", "LM"})
"""Views at a right angle to the CC (CID 4014)."""
