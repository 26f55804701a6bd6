"""What is known of an image and of an exam from their headers; no pixels here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Literal

from annotator.model.file_names import shown_file_name
from annotator.model.geometry import Orientation, PixelSpacing


@dataclass(frozen=True, slots=True, order=True)
class ImageKey:
    """One picture: a SOP instance and a frame number (frames count from 1)."""

    sop_instance_uid: str
    frame: int = 1


class Laterality(StrEnum):
    """Side of the body (PS3.3 C.8.11.7 Image Laterality); B is a cleavage view of both."""

    RIGHT = "R"
    LEFT = "L"
    BOTH = "B"

    @property
    def side(self) -> str:
        """In a word, where it is plain that a breast is meant: "right"."""
        return {"R": "right", "L": "left", "B": "both breasts"}[self.value]

    @property
    def breast(self) -> str:
        """In words: "right breast"."""
        return {"R": "right breast", "L": "left breast", "B": "both breasts"}[self.value]


class Intent(StrEnum):
    """Presentation Intent Type (0008,0068)."""

    PRESENTATION = "FOR PRESENTATION"
    PROCESSING = "FOR PROCESSING"


class VoiFunction(StrEnum):
    """VOI LUT Function (0028,1056), PS3.3 C.11.2.1.3."""

    LINEAR = "LINEAR"
    LINEAR_EXACT = "LINEAR_EXACT"
    SIGMOID = "SIGMOID"


@dataclass(frozen=True, slots=True)
class Window:
    """One window of the header, in modality (rescaled) values; `name` is its explanation or ''."""

    center: float
    width: float
    function: VoiFunction = VoiFunction.LINEAR
    name: str = ""


@dataclass(frozen=True, slots=True)
class VoiLut:
    """One item of the VOI LUT Sequence (0028,3010).

    `first` is the modality value mapped to entry 0, `bits` the depth of an entry, `data` the entries
    as little-endian uint16.
    """

    first: int
    bits: int
    data: bytes
    name: str = ""


@dataclass(frozen=True, slots=True)
class ModalityLut:
    """The item of the Modality LUT Sequence (0028,3000), which stands in place of slope and intercept.

    `first` is the stored value mapped to entry 0, `bits` the depth of an entry, `data` the modality
    values as little-endian uint16, `unit` the Modality LUT Type ("US" unspecified, "OD", "HU" ...).
    """

    first: int
    bits: int
    data: bytes
    unit: str = ""


Voi = Window | VoiLut
"""One way of choosing values of interest; several in a header are alternatives, never a chain."""


def voi_names(alternatives: Sequence[Voi]) -> tuple[str, ...]:
    """One name for each alternative of a header, no two alike.

    Files give windows and tables the same explanations ("NORMAL" twice): the table is then "NORMAL
    (table)". Without an explanation it is "window 2", by its place; what still repeats is numbered.
    """
    given = [voi.name or f"{_kind(voi)} {n}" for n, voi in enumerate(alternatives, start=1)]
    windows = {name for name, voi in zip(given, alternatives, strict=True) if isinstance(voi, Window)}
    names: list[str] = []
    for name, voi in zip(given, alternatives, strict=True):
        plain = f"{name} (table)" if isinstance(voi, VoiLut) and name in windows else name
        taken = [plain, *(f"{plain} {n}" for n in range(2, len(given) + 2))]
        names.append(next(word for word in taken if word not in names))
    return tuple(names)


def _kind(voi: Voi) -> str:
    return "window" if isinstance(voi, Window) else "table"


@dataclass(frozen=True, slots=True)
class PaddingRange:
    """Stored values that are background, both ends included, tested before any table (PS3.3 C.7.5.1.1.2)."""

    low: int
    high: int


Wall = Literal["left", "right", "top", "bottom"]
"""An edge of the stored image, with the chest wall at it."""


@dataclass(frozen=True, slots=True)
class View:
    """A mammographic view: `name` is the view's short form ("CC", "MLO"), '' when unknown.

    `modifiers` are short forms of CID 4015 in the order found ("M" magnification, "S" spot, "ID" ...).
    `source` names the attribute that decided, for "why is it hung like this?".
    """

    name: str = ""
    modifiers: tuple[str, ...] = ()
    source: str = ""

    @property
    def magnified(self) -> bool:
        """Whether this is a magnification view."""
        return "M" in self.modifiers


@dataclass(frozen=True, slots=True)
class Technique:
    """How the picture was taken, as far as the header says; None where it does not."""

    kvp: float | None = None
    exposure_mas: float | None = None
    compression_force_n: float | None = None
    body_part_thickness_mm: float | None = None
    magnification_factor: float | None = None
    exposure_time_ms: float | None = None
    anode: str = ""
    filter_material: str = ""
    positioner_angle_deg: float | None = None
    relative_exposure: float | None = None
    organ_dose_mgy: float | None = None
    entrance_dose_mgy: float | None = None
    detector_temperature: float | None = None
    """Of the detector, in degrees Celsius."""


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """Everything the program uses from one image's header.

    `repairs` says in sentences what had to be mended to read it. `laterality_source` names the attribute
    that decided about the side, `reason` why the procedure was done, `partial_view_reasons` which part of
    the breast a partial view shows, `contradictions` in sentences what its attributes say of side and view
    otherwise than the one that decided. `turned` is how a reader wants it turned, None: as header and pixels
    say. `chest_wall` is where the pixels show it, looked for only where the header does not tell the side.
    `spacing` None means that only
    pixels can be measured. `slope` and `intercept` are the modality rescale, 1 and 0 beside a
    `modality_lut`; `signed` the pixel representation; `high_bit` other than `bits_stored - 1` is applied
    when decoding. Of a stack, these are the facts of the image as a whole; a frame may have its own.
    """

    path: Path
    sop_class_uid: str
    sop_instance_uid: str
    rows: int
    columns: int
    frames: int = 1
    study_instance_uid: str = ""
    series_instance_uid: str = ""
    modality: str = ""
    intent: Intent | None = None
    laterality: Laterality | None = None
    laterality_source: str = ""
    view: View = View()
    patient_orientation: tuple[str, str] | None = None
    bits_allocated: int = 16
    bits_stored: int = 16
    high_bit: int = 15
    signed: bool = False
    photometric: str = "MONOCHROME2"
    presentation_lut_inverse: bool = False
    transfer_syntax_uid: str = ""
    spacing: PixelSpacing | None = None
    voi: tuple[Voi, ...] = ()
    padding: PaddingRange | None = None
    slope: float = 1.0
    intercept: float = 0.0
    modality_lut: ModalityLut | None = None
    patient_key: str = ""
    patient_name: str = ""
    patient_age: str = ""
    patient_birth_date: str = ""
    study_description: str = ""
    series_description: str = ""
    protocol_name: str = ""
    institution_name: str = ""
    institution_address: str = ""
    device_serial_number: str = ""
    detector_id: str = ""
    operators_name: str = ""
    reason: str = ""
    exam_date: str = ""
    exam_time: str = ""
    acquisition_date: str = ""
    acquisition_time: str = ""
    instance_number: int | None = None
    manufacturer: str = ""
    model_name: str = ""
    image_type: tuple[str, ...] = ()
    technique: Technique = Technique()
    implant: bool = False
    partial_view: bool = False
    partial_view_reasons: tuple[str, ...] = ()
    contradictions: tuple[str, ...] = ()
    turned: Orientation | None = None
    chest_wall: Wall | None = None
    lossy: bool = False
    repairs: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Side, prefix modifiers, view, suffix modifiers: "RMCC", "LMLOID"."""
        prefix = "".join(m for m in ("M", "S") if m in self.view.modifiers)
        suffix = "".join(m for m in self.view.modifiers if m not in ("M", "S"))
        return f"{self.laterality or ''}{prefix}{self.view.name}{suffix}"

    @property
    def is_stack(self) -> bool:
        """Whether it has several frames: slices or projections."""
        return self.frames > 1

    @property
    def name(self) -> str:
        """The label, and what tells images of one view apart: "RCC", "RCC stack", "RCC synthetic"; "" without view."""
        kind = "stack" if self.is_stack else "synthetic" if self.generated_2d else ""
        return " ".join(part for part in (self.label, kind) if part) if self.label else ""

    @property
    def file_name(self) -> str:
        """The name of its file, fit to be shown on a line."""
        return shown_file_name(self.path.name)

    @property
    def inverse(self) -> bool:
        """Whether low stored values are shown white: MONOCHROME1 (PS3.3 C.7.6.3.1.2) or a Presentation LUT
        Shape of INVERSE (PS3.3 C.8.11.3.1.2). The two mean the same and never cancel.
        """
        return self.photometric == "MONOCHROME1" or self.presentation_lut_inverse

    @property
    def generated_2d(self) -> bool:
        """Whether this is a 2D view made from tomosynthesis (ImageType value 4, PS3.3 C.8.11.7.1.4)."""
        return len(self.image_type) > 3 and self.image_type[3] == "GENERATED_2D"

    def key(self, frame: int = 1) -> ImageKey:
        """The key of one frame."""
        return ImageKey(self.sop_instance_uid, frame)


@dataclass(frozen=True, slots=True)
class SlicePosition:
    """Where one frame of a stack lies. `number` counts from 1.

    `position_mm` is along the normal of the slices (PS3.3 C.7.6.2.1.1: row direction x column
    direction), from the origin of the patient's or the equipment's coordinates, so that only
    differences mean something to a reader; None when the file does not say.
    """

    number: int
    position_mm: float | None = None
    thickness_mm: float | None = None


@dataclass(frozen=True, slots=True)
class ExamInfo:
    """The images of one study, in the order they were found."""

    study_instance_uid: str
    images: tuple[ImageInfo, ...]

    @property
    def date(self) -> str:
        """Study or acquisition date as YYYYMMDD, '' when unknown."""
        return next((i.exam_date for i in self.images if i.exam_date), "")

    @property
    def day(self) -> dt.date | None:
        """That date (PS3.5 6.2, DA); None where it is not known or no day of any year."""
        try:
            return dt.datetime.strptime(self.date[:8], "%Y%m%d").date()  # noqa: DTZ007  a day has no time zone
        except ValueError:
            return None

    @property
    def patient_key(self) -> str:
        """What ties exams of one person together: the Patient ID, '' when absent."""
        return next((i.patient_key for i in self.images if i.patient_key), "")

    @property
    def magnified(self) -> bool:
        """Whether the exam holds magnification views."""
        return any(i.view.magnified for i in self.images)
