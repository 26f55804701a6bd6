"""A synthetic tomosynthesis stack as DICOM Breast Tomosynthesis Image (PS3.3 A.55), one frame a slice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import jpeg_ls
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.tag import Tag
from pydicom.uid import BreastTomosynthesisImageStorage, JPEGLSLossless

from annotator.phantom.body import Breast, PhantomView, Side
from annotator.phantom.dicom_out import (
    BREAST_CODE,
    VIEW_CODES,
    ExamRecord,
    ImageRecord,
    add_equipment,
    add_frames,
    add_identity,
    code_item,
    phantom_uid,
    view_label,
)
from annotator.phantom.truth import TrueSliceCalcification, TrueStack

BITS = 10
WINDOWS = ((480.0, 760.0, "Normal"), (520.0, 480.0, "Harder"))
NOT_OF_THIS_CLASS = ("AcquisitionDate", "AcquisitionTime", "PresentationIntentType", "DerivationDescription")
Kind = tuple[str, str, str]
SLICES = ("NONE", "VOLUME", "NONE")
GENERATED = ("GENERATED_2D", "SAMPLED", "VOLUME_RENDER")
"""Image Type value 4, Volumetric Properties, and by what technique (PS3.3 C.8.16.2.1)."""


def encode_slice(pixels: NDArray[np.uint16]) -> bytes:
    """A slice as JPEG-LS with the precision of its bits stored."""
    rows, columns = pixels.shape
    return bytes(jpeg_ls.encode_buffer(np.ascontiguousarray(pixels).tobytes(), rows, columns, 1, BITS))


def stack_label(truth: TrueStack) -> str:
    """RCC-tomo, or RCC-2d for a view made from all slices."""
    return f"{view_label(truth)}-{'tomo' if truth.frames > 1 else '2d'}"


def generated_truth(truth: TrueStack) -> TrueStack:
    """The truth of the one frame that is made from all slices of a stack: everything lies in it."""
    members = tuple(
        replace(c, frame=1, first_frame=1, last_frame=1)
        for c in truth.calcifications
        if isinstance(c, TrueSliceCalcification)
    )
    return replace(truth, frames=1, first_z_mm=0.0, step_z_mm=truth.thickness_mm, calcifications=members)


def make_stack_dataset(
    frames: list[bytes], truth: TrueStack, breast: Breast, exam: ExamRecord, image: ImageRecord
) -> Dataset:
    """A complete data set with its file meta from frames of `encode_slice`, in the order of the truth.

    A single frame is a two-dimensional view made from a stack.
    """
    what = SLICES if truth.frames > 1 else GENERATED
    view = PhantomView(truth.view)
    ds = Dataset()
    ds.SOPClassUID = BreastTomosynthesisImageStorage
    add_identity(ds, exam, image, stack_label(truth))
    add_equipment(ds, exam)
    for keyword in NOT_OF_THIS_CLASS:
        delattr(ds, keyword)
    _image(ds, view, what)
    ds.NumberOfFrames = len(frames)
    ds.Rows, ds.Columns = truth.rows, truth.columns
    _dimensions(ds, exam)
    ds.SharedFunctionalGroupsSequence = [_shared(breast, view, truth)]
    ds.PerFrameFunctionalGroupsSequence = list(_each_frame(breast, view, truth, what))
    add_frames(ds, frames, JPEGLSLossless)
    return ds


def _image(ds: Dataset, view: PhantomView, what: Kind) -> None:
    _kind(ds, what)
    ds.ImageType = _image_type(what)
    ds.ContentQualification = "RESEARCH"
    ds.AcquisitionContextSequence = []
    ds.BodyPartExamined = "BREAST"
    ds.BreastImplantPresent, ds.PartialView = "NO", "NO"
    viewed = code_item(*VIEW_CODES[view])
    viewed.ViewModifierCodeSequence = []
    ds.ViewCodeSequence = [viewed]
    ds.PresentationLUTShape = "IDENTITY"
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, BITS, BITS - 1, 0
    ds.PixelPaddingValue = 0


def _image_type(what: Kind) -> list[str]:
    return ["DERIVED", "PRIMARY", "TOMOSYNTHESIS", what[0]]


def _kind(ds: Dataset, what: Kind) -> None:
    ds.PixelPresentation = "MONOCHROME"
    _, ds.VolumetricProperties, ds.VolumeBasedCalculationTechnique = what


def _dimensions(ds: Dataset, exam: ExamRecord) -> None:
    organization = phantom_uid(exam.seed, exam.exam, ds.SOPInstanceUID, "dimensions")
    item = Dataset()
    item.DimensionOrganizationUID = organization
    ds.DimensionOrganizationSequence = [item]
    ds.DimensionOrganizationType = "3D"
    pointers = []
    for keyword in ("StackID", "InStackPositionNumber"):
        pointer = Dataset()
        pointer.DimensionOrganizationUID = organization
        pointer.DimensionIndexPointer = Tag(keyword)
        pointer.FunctionalGroupPointer = Tag("FrameContentSequence")
        pointers.append(pointer)
    ds.DimensionIndexSequence = pointers


def _shared(breast: Breast, view: PhantomView, truth: TrueStack) -> Dataset:
    row, column, _ = breast.patient_axes(view)
    measures = Dataset()
    measures.PixelSpacing = [f"{truth.pixel_mm:g}", f"{truth.pixel_mm:g}"]
    measures.SliceThickness = f"{abs(truth.step_z_mm):.6g}"
    orientation = Dataset()
    orientation.ImageOrientationPatient = [_decimal(v) for v in (*row, *column)]
    anatomy = Dataset()
    anatomy.FrameLaterality = "L" if breast.side is Side.LEFT else "R"
    anatomy.AnatomicRegionSequence = [code_item(*BREAST_CODE)]
    values = Dataset()
    values.RescaleIntercept, values.RescaleSlope, values.RescaleType = "0", "1", "US"
    shared = Dataset()
    shared.PixelMeasuresSequence = [measures]
    shared.PlaneOrientationSequence = [orientation]
    shared.FrameAnatomySequence = [anatomy]
    shared.PixelValueTransformationSequence = [values]
    return shared


def _each_frame(breast: Breast, view: PhantomView, truth: TrueStack, what: Kind) -> Iterator[Dataset]:
    """Position in mm from the nipple, content, and window of each frame."""
    row, column, up = breast.patient_axes(view)
    right = (0.5 - truth.nipple_column) * truth.pixel_mm
    down = (0.5 - truth.nipple_row) * truth.pixel_mm
    for number in range(1, truth.frames + 1):
        z = truth.first_z_mm + (number - 1) * truth.step_z_mm
        position = Dataset()
        position.ImagePositionPatient = [
            _decimal(right * r + down * c + z * u) for r, c, u in zip(row, column, up, strict=True)
        ]
        content = Dataset()
        content.StackID, content.InStackPositionNumber = "1", number
        content.DimensionIndexValues = [1, number]
        content.FrameComments = f"{z:+.1f} mm from the middle of the compressed breast"
        window = Dataset()
        window.WindowCenter = [f"{c:g}" for c, _, _ in WINDOWS]
        window.WindowWidth = [f"{w:g}" for _, w, _ in WINDOWS]
        window.WindowCenterWidthExplanation = [name for _, _, name in WINDOWS]
        window.VOILUTFunction = "LINEAR"
        kind = Dataset()
        kind.FrameType = _image_type(what)
        _kind(kind, what)
        frame = Dataset()
        frame.XRay3DFrameTypeSequence = [kind]
        frame.PlanePositionSequence = [position]
        frame.FrameContentSequence = [content]
        frame.FrameVOILUTSequence = [window]
        yield frame


def _decimal(value: float) -> str:
    text = f"{value:.6f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
