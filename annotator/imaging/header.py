"""Everything the program uses from one header, as an ImageInfo; refuses what is not a grayscale picture."""

from __future__ import annotations

import hashlib

from pydicom.uid import UID

from annotator.errors import UnreadableImage
from annotator.imaging.acquisition import acquired, read_circumstances, read_technique
from annotator.imaging.codecs import LOSSY
from annotator.imaging.dataset import PIXEL_DATA, RawFile
from annotator.imaging.facts import Facts
from annotator.imaging.opened_file import open_file
from annotator.imaging.side_and_view import read_side_and_view
from annotator.imaging.spacing import TOMOSYNTHESIS, magnification_factor, pixel_spacing
from annotator.imaging.uids import usable_uid
from annotator.imaging.voi_header import read_grey_facts
from annotator.model.geometry import PixelSpacing, SpacingBasis
from annotator.model.image import ImageInfo, Intent, View

MAMMOGRAPHY_CLASSES = {
    "1.2.840.10008.5.1.4.1.1.1.2": "digital mammogram, for presentation",
    "1.2.840.10008.5.1.4.1.1.1.2.1": "digital mammogram, for processing",
    "1.2.840.10008.5.1.4.1.1.13.1.3": "breast tomosynthesis",
    "1.2.840.10008.5.1.4.1.1.13.1.4": "breast projections, for presentation",
    "1.2.840.10008.5.1.4.1.1.13.1.5": "breast projections, for processing",
}
"""SOP classes made for breasts -> what they are, in words (docs/domain.md, images)."""

_NO_PICTURE = {
    "SR": "is a structured report, not a picture",
    "RTPLAN": "is a radiotherapy plan, not a picture",
    "RTSTRUCT": "is a set of radiotherapy structures, not a picture",
    "PR": "is a presentation state, not a picture",
    "KO": "is a list of key objects, not a picture",
    "REG": "is a registration, not a picture",
    "DOC": "is a document, not a picture",
}
_OVERLAYS = {
    "1.2.840.10008.5.1.4.1.1.66.4": "is a segmentation drawn on other pictures, not a picture itself",
    "1.2.840.10008.5.1.4.1.1.66.7": "is a segmentation drawn on other pictures, not a picture itself",
    "1.2.840.10008.5.1.4.1.1.30": "is a map of computed values, not a mammogram",
    "1.2.840.10008.5.1.4.1.1.481.2": "is a radiotherapy dose, not a picture",
}
_LEAST_MAGNIFIED = 1.2
"""Contact views have factors of 1.0 to 1.1, magnification views 1.4 and more."""
_LEAST_PART = 0.26
"""Sine of 15 degrees: a direction tilted less than that has one letter."""

_DIRECTORY = "1.2.840.10008.1.3.10"


def image_info(raw: RawFile) -> ImageInfo:
    """The facts of a grayscale picture; UnreadableImage for anything else, with what it is."""
    repairs = list(raw.repairs)
    facts = Facts(raw.dataset, repairs)
    sop_class = facts.text("SOPClassUID") or _meta(raw, "MediaStorageSOPClassUID")
    _refuse_other_objects(raw, facts, sop_class)
    rows, columns, frames = _size(raw, facts)
    bits_allocated, bits_stored, high_bit = _bits(raw, facts)
    signed = facts.whole("PixelRepresentation") == 1
    grey = read_grey_facts(facts, bits_stored=bits_stored, signed=signed)
    seen = read_side_and_view(facts)
    taken = acquired(facts)
    # reconstructed slices have no geometry of a projection, and walking their groups takes long
    factor = magnification_factor(facts, None if sop_class == TOMOSYNTHESIS else facts.group)
    photometric = facts.text("PhotometricInterpretation").upper()
    if not photometric:
        repairs.append("PhotometricInterpretation is missing; high values are shown white.")
    modality = facts.text("Modality")
    _note_kind(facts, sop_class, modality)
    spacing = pixel_spacing(facts, sop_class, factor)
    _note_magnified(facts, seen.view, spacing, factor)
    return ImageInfo(
        path=raw.path,
        sop_class_uid=sop_class,
        sop_instance_uid=_instance_uid(raw, facts),
        rows=rows,
        columns=columns,
        frames=frames,
        study_instance_uid=_uid(facts, "StudyInstanceUID"),
        series_instance_uid=_uid(facts, "SeriesInstanceUID"),
        modality=modality,
        intent=_intent(facts, sop_class),
        **seen._asdict(),
        patient_orientation=_orientation(facts),
        bits_allocated=bits_allocated,
        bits_stored=bits_stored,
        high_bit=high_bit,
        signed=signed,
        photometric=photometric or "MONOCHROME2",
        presentation_lut_inverse=facts.text("PresentationLUTShape").upper() == "INVERSE",
        transfer_syntax_uid=raw.transfer_syntax,
        spacing=spacing,
        **grey._asdict(),
        **read_circumstances(facts)._asdict(),
        patient_key=facts.text("PatientID"),
        patient_name=facts.text("PatientName"),
        patient_age=facts.text("PatientAge"),
        exam_date=facts.text("StudyDate") or facts.text("AcquisitionDate") or facts.text("ContentDate"),
        exam_time=facts.text("StudyTime") or facts.text("AcquisitionTime") or facts.text("ContentTime"),
        acquisition_date=taken[0],
        acquisition_time=taken[1],
        instance_number=facts.whole("InstanceNumber"),
        manufacturer=facts.text("Manufacturer"),
        model_name=facts.text("ManufacturerModelName"),
        image_type=facts.texts("ImageType"),
        technique=read_technique(facts, factor),
        implant=facts.text("BreastImplantPresent").upper() == "YES",
        partial_view=facts.text("PartialView").upper() == "YES",
        lossy=facts.text("LossyImageCompression") == "01" or raw.transfer_syntax in LOSSY,
        repairs=tuple(dict.fromkeys(repairs)),
    )


def _refuse_other_objects(raw: RawFile, facts: Facts, sop_class: str) -> None:
    modality = facts.text("Modality").upper()
    reason = ""
    if sop_class == _DIRECTORY or "DirectoryRecordSequence" in facts:
        reason = (
            "is a directory of other files (DICOMDIR), not a picture; open it by itself to see what it lists"
        )
    elif sop_class in _OVERLAYS:
        reason = _OVERLAYS[sop_class]
    elif raw.pixels is None:
        reason = _without_pixels(raw, facts, sop_class, modality)
    elif raw.pixels.tag != PIXEL_DATA:
        reason = "holds floating point values, not a mammogram"
    else:
        reason = _not_gray(facts)
    if reason:
        raise UnreadableImage(raw.path, f"it {reason}")


def _without_pixels(raw: RawFile, facts: Facts, sop_class: str, modality: str) -> str:
    if modality in _NO_PICTURE:
        return _NO_PICTURE[modality]
    if not len(raw.dataset) and not raw.dataset.file_meta:
        return "is not a DICOM file"
    if raw.dataset.preamble is None and not sop_class and "Rows" not in facts and not _plausible(raw):
        return "is not a DICOM file"
    name = UID(sop_class).name if sop_class else ""
    if "Rows" in facts or "Image" in name:
        return "holds no pixels (its header ends before them); ask for the file again"
    return f"holds no picture{f' (it is {name})' if name and name != sop_class else ''}"


def _plausible(raw: RawFile) -> bool:
    """Whether the elements read look like DICOM: groups that ascend and that the standard knows."""
    groups = [int(tag) >> 16 for tag in raw.dataset.keys()]  # noqa: SIM118 - values stay unread
    return bool(groups) and groups[0] in (0x0002, 0x0004, 0x0008, 0x0010)


def _not_gray(facts: Facts) -> str:
    samples = facts.whole("SamplesPerPixel")
    photometric = facts.text("PhotometricInterpretation").upper()
    if (samples or 1) != 1 or photometric.startswith(("RGB", "YBR", "HSV", "CMYK", "ARGB")):
        return "is a colour picture; mammograms are shades of grey"
    if photometric.startswith("PALETTE"):
        return "is a picture in palette colours; mammograms are shades of grey"
    if photometric and photometric not in ("MONOCHROME1", "MONOCHROME2"):
        return f"has an unknown kind of pixels (PhotometricInterpretation {photometric[:20]!r})"
    return ""


def _size(raw: RawFile, facts: Facts) -> tuple[int, int, int]:
    rows, columns = facts.whole("Rows"), facts.whole("Columns")
    if not rows or not columns or rows < 0 or columns < 0:
        raise UnreadableImage(
            raw.path,
            f"its header gives no usable size (Rows {rows}, Columns {columns}); ask for the file again",
        )
    frames = facts.whole("NumberOfFrames") if facts.text("NumberOfFrames") else 1
    if frames is None or frames < 0:
        shown = facts.text("NumberOfFrames")[:20]
        raise UnreadableImage(raw.path, f"its header gives an impossible number of frames ({shown!r})")
    if frames == 0:
        facts.repairs.append("NumberOfFrames is 0; it was read as one frame.")
        frames = 1
    return rows, columns, frames


def _bits(raw: RawFile, facts: Facts) -> tuple[int, int, int]:
    allocated = facts.whole("BitsAllocated")
    if allocated is None:
        raise UnreadableImage(
            raw.path, "its header does not say how many bits a pixel has; ask for the file again"
        )
    if allocated not in (8, 16):
        raise UnreadableImage(raw.path, f"it has {allocated} bits a pixel; mammograms have 8 or 16")
    stored = facts.whole("BitsStored")
    if stored is None or not 1 <= stored <= allocated:
        facts.repairs.append(f"BitsStored is {stored}; all {allocated} bits were used.")
        stored = allocated
    high = facts.whole("HighBit")
    if high is None or not stored - 1 <= high < allocated:
        facts.repairs.append(f"HighBit is {high}, which cannot be; {stored - 1} was used.")
        high = stored - 1
    return allocated, stored, high


def _intent(facts: Facts, sop_class: str) -> Intent | None:
    said = facts.text("PresentationIntentType").upper()
    words = MAMMOGRAPHY_CLASSES.get(sop_class, "")
    by_class = (
        Intent.PROCESSING
        if "for processing" in words
        else Intent.PRESENTATION
        if "for presentation" in words
        else None
    )
    if said in set(Intent):
        if by_class is not None and by_class != said:
            facts.repairs.append(f"PresentationIntentType says {said}, the kind of object {by_class}.")
        return Intent(said)
    return by_class


def _orientation(facts: Facts) -> tuple[str, str] | None:
    """Patient Orientation, or the same in letters from the plane of the slices, where stacks keep it."""
    letters = facts.texts("PatientOrientation")
    if len(letters) == 2 and all(letters):
        return letters[0], letters[1]
    plane = facts.group("PlaneOrientationSequence") or facts
    directions = plane.numbers("ImageOrientationPatient")
    if len(directions) != 6:
        return None
    row, column = _letters(directions[:3]), _letters(directions[3:])
    # rows of a breast run between chest wall and nipple; other planes are seen where a maker filled in axes of its own
    return (row, column) if row[:1] in ("A", "P") and column else None


def _letters(direction: tuple[float, ...]) -> str:
    """The letters of a direction in patient coordinates, the main one first (PS3.3 C.7.6.1.1.1, C.7.6.2.1.1)."""
    parts = sorted(zip(direction, ("LR", "PA", "HF"), strict=True), key=lambda part: -abs(part[0]))
    return "".join(ends[value < 0] for value, ends in parts if abs(value) >= _LEAST_PART)


def _note_kind(facts: Facts, sop_class: str, modality: str) -> None:
    if modality.upper() != "MG" and sop_class not in MAMMOGRAPHY_CLASSES:
        what = f"modality {modality}" if modality else "no modality given"
        facts.repairs.append(f"Not a mammography object ({what}).")


def _note_magnified(facts: Facts, view: View, spacing: PixelSpacing | None, factor: float | None) -> None:
    """Magnification views magnify by 1.5 to 2: lengths at the detector are longer by as much."""
    if not view.magnified or spacing is None:
        return
    if spacing.basis is SpacingBasis.AT_DETECTOR:
        facts.repairs.append(
            "A magnification view that does not say how much it magnifies; lengths are at the detector, "
            "longer than in the breast."
        )
    elif (
        factor is not None and factor < _LEAST_MAGNIFIED and spacing.basis is SpacingBasis.ESTIMATED_IN_BREAST
    ):
        facts.repairs.append(
            f"A magnification view with a factor of {factor:g}, which is that of a contact view; sizes may be wrong."
        )


def _uid(facts: Facts, keyword: str) -> str:
    return usable_uid(keyword, facts.text(keyword), facts.repairs)


def _instance_uid(raw: RawFile, facts: Facts) -> str:
    """SOPInstanceUID, else the meta group's, else one made from the content so that marks find their picture."""
    uid = facts.text("SOPInstanceUID") or _meta(raw, "MediaStorageSOPInstanceUID")
    if uid:
        return usable_uid("SOPInstanceUID", uid, facts.repairs)
    facts.repairs.append("SOPInstanceUID is missing; one was made from the content of the file.")
    with open_file(raw.path) as file:
        digest = hashlib.file_digest(file, "sha256").digest()  # type: ignore[arg-type]  # both kinds have readinto
    return f"2.25.{int.from_bytes(digest[:16], 'big')}"


def _meta(raw: RawFile, keyword: str) -> str:
    return str(getattr(raw.dataset.file_meta, keyword, "") or "")
