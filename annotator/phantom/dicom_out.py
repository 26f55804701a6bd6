"""Synthetic pictures as DICOM Digital Mammography X-Ray Images For Presentation (PS3.3 A.27)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID, DigitalMammographyXRayImageStorageForPresentation, JPEGLosslessSV1

from annotator import __version__
from annotator.phantom.body import PhantomView, Side
from annotator.phantom.truth import TrueView

MANUFACTURER = "Mammogram Annotator phantom"
SYNTHETIC = "Synthetic phantom image. No patient exists."
VIEW_CODES = {
    PhantomView.CC: ("399162004", "cranio-caudal"),
    PhantomView.MLO: ("399368009", "medio-lateral oblique"),
    PhantomView.ML: ("399260004", "medio-lateral"),
}
BREAST_CODE = ("76752008", "Breast")
MAGNIFICATION_CODE = ("399163009", "magnification")
DOWNWARDS = {
    PhantomView.CC: {Side.LEFT: "R", Side.RIGHT: "L"},
    PhantomView.MLO: {Side.LEFT: "FR", Side.RIGHT: "FL"},
    PhantomView.ML: {Side.LEFT: "F", Side.RIGHT: "F"},
}


@dataclass(frozen=True, slots=True)
class ExamRecord:
    """What the pictures of one visit share in their headers."""

    seed: int
    exam: str
    description: str
    date: str
    age: str
    model: str
    windows: tuple[tuple[float, float, str], ...]


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """What sets one picture of a visit apart: its number and its technique."""

    number: int
    exposure_mas: int
    force_n: float
    enhancement: str
    inverse: bool = False


def phantom_uid(*parts: str | int) -> str:
    """A UID of the 2.25 root that is the same for the same parts (PS3.5 B.2)."""
    name = "/".join(str(p) for p in parts)
    return f"2.25.{uuid.uuid5(uuid.NAMESPACE_URL, f'mammogram-annotator-phantom/{name}').int}"


def make_dataset(
    pixels: NDArray[np.uint16], truth: TrueView, exam: ExamRecord, image: ImageRecord
) -> Dataset:
    """A complete, losslessly compressed data set with its file meta; save with `enforce_file_format=True`."""
    view, side = PhantomView(truth.view), Side(truth.laterality)
    ds = Dataset()
    ds.SOPClassUID = DigitalMammographyXRayImageStorageForPresentation
    add_identity(ds, exam, image, view_label(truth))
    add_equipment(ds, exam)
    ds.ImageType = ["DERIVED", "PRIMARY"]
    _acquisition(ds, truth, exam, image)
    _anatomy(ds, side, view, truth)
    _display(ds, exam, image)
    _pixels(ds, pixels, image.inverse)
    return ds


def add_identity(ds: Dataset, exam: ExamRecord, image: ImageRecord, name: str) -> None:
    """Patient, study, series and instance; `name` tells the picture from the others of its visit."""
    study = phantom_uid(exam.seed, exam.exam)
    time = f"0930{image.number:02d}"
    ds.SOPInstanceUID = phantom_uid(exam.seed, exam.exam, name, "inverse" if image.inverse else "")
    ds.StudyInstanceUID = study
    ds.SeriesInstanceUID = phantom_uid(exam.seed, exam.exam, name, "series")
    ds.FrameOfReferenceUID = phantom_uid(exam.seed, exam.exam, name, "frame")
    ds.PositionReferenceIndicator = None
    ds.PatientName, ds.PatientID = "PHANTOM^SAMPLE", f"PHANTOM-{exam.seed:04d}"
    ds.PatientBirthDate, ds.PatientSex, ds.PatientAge = "19720101", "F", exam.age
    ds.PatientComments = SYNTHETIC
    ds.StudyDate = ds.SeriesDate = ds.ContentDate = ds.AcquisitionDate = exam.date
    ds.StudyTime, ds.SeriesTime, ds.ContentTime, ds.AcquisitionTime = "093000", time, time, time
    ds.AccessionNumber = f"PH{exam.seed:04d}{exam.date[2:]}"
    ds.ReferringPhysicianName = None
    ds.StudyID, ds.StudyDescription = f"PH{exam.seed}", exam.description
    ds.SeriesNumber, ds.InstanceNumber = image.number, 1
    ds.SeriesDescription = f"{name} (synthetic)"
    ds.Modality, ds.PresentationIntentType = "MG", "FOR PRESENTATION"


def view_label(truth: TrueView) -> str:
    """RCC, LMLO, RMCC (magnified) and so on."""
    return f"{truth.laterality}{'M' if truth.magnification > 1 else ''}{truth.view}"


def add_equipment(ds: Dataset, exam: ExamRecord) -> None:
    """Maker, model, and in several places that nothing here is a patient's."""
    ds.Manufacturer, ds.ManufacturerModelName = MANUFACTURER, exam.model
    ds.InstitutionName = "Synthetic phantom laboratory"
    ds.DeviceSerialNumber, ds.SoftwareVersions = "0001", __version__
    ds.ImageComments = SYNTHETIC
    ds.DerivationDescription = f"Computed by {MANUFACTURER}, seed {exam.seed}; {SYNTHETIC.lower()}"
    ds.QualityControlImage = "NO"
    ds.BurnedInAnnotation = "NO"
    ds.LossyImageCompression = "00"


def _acquisition(ds: Dataset, truth: TrueView, exam: ExamRecord, image: ImageRecord) -> None:
    magnified = truth.magnification > 1
    ds.KVP, ds.Exposure, ds.ExposureTime = "29", image.exposure_mas, image.exposure_mas * 10
    ds.XRayTubeCurrent = 100
    ds.CompressionForce = f"{image.force_n:.0f}"
    ds.BodyPartThickness = f"{truth.thickness_mm:.0f}"
    ds.AnodeTargetMaterial, ds.FilterMaterial, ds.FilterType = "TUNGSTEN", "RHODIUM", "STRIP"
    ds.FocalSpots = "0.1" if magnified else "0.3"
    ds.Grid = "NONE" if magnified else ["FOCUSED", "RECIPROCATING"]
    ds.DistanceSourceToDetector = "660"
    ds.DistanceSourceToPatient = f"{660 / truth.magnification:.8g}"
    ds.EstimatedRadiographicMagnificationFactor = f"{truth.magnification:g}"
    ds.PositionerType = "MAMMOGRAPHIC"
    ds.PositionerPrimaryAngle = {"CC": "0", "MLO": "45", "ML": "90"}[truth.view]
    ds.DetectorType = "SCINTILLATOR" if "CsI" in exam.model else "DIRECT"
    ds.DetectorID, ds.DetectorTemperature = "PHANTOM-DETECTOR", None
    ds.DetectorConfiguration = "AREA"
    ds.FieldOfViewShape = "RECTANGLE"
    ds.FieldOfViewDimensions = [round(truth.rows * truth.pixel_mm), round(truth.columns * truth.pixel_mm)]
    ds.FieldOfViewRotation, ds.FieldOfViewHorizontalFlip = "0", "NO"
    ds.FieldOfViewOrigin = ["0", "0"]
    ds.ImagerPixelSpacing = [f"{truth.pixel_mm:g}", f"{truth.pixel_mm:g}"]
    ds.AcquisitionContextSequence = []
    ds.OrganExposed, ds.OrganDose = "BREAST", "0.013"
    ds.EntranceDoseInmGy = "5.2"
    ds.ExposureControlMode = "AUTOMATIC"


def _anatomy(ds: Dataset, side: Side, view: PhantomView, truth: TrueView) -> None:
    ds.BodyPartExamined = "BREAST"
    ds.ImageLaterality = side.value
    ds.BreastImplantPresent, ds.PartialView = "NO", "NO"
    ds.PatientOrientation = patient_orientation(side, view)
    ds.AnatomicRegionSequence = [code_item(*BREAST_CODE)]
    viewed = code_item(*VIEW_CODES[view])
    viewed.ViewModifierCodeSequence = [code_item(*MAGNIFICATION_CODE)] if truth.magnification > 1 else []
    ds.ViewCodeSequence = [viewed]


def patient_orientation(side: Side, view: PhantomView) -> list[str]:
    """Where rows and columns lead (PS3.3 C.7.6.1.1.1): the chest wall of a right breast is at the right edge."""
    return ["A" if side is Side.LEFT else "P", DOWNWARDS[view][side]]


def code_item(value: str, meaning: str) -> Dataset:
    """A SNOMED CT code as the item of a code sequence."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "SCT", meaning
    return item


def _display(ds: Dataset, exam: ExamRecord, image: ImageRecord) -> None:
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = "0", "1", "US"
    ds.PixelIntensityRelationship, ds.PixelIntensityRelationshipSign = "LOG", 1
    ds.PresentationLUTShape = "INVERSE" if image.inverse else "IDENTITY"
    centres = [4095 - c if image.inverse else c for c, _, _ in exam.windows]
    ds.WindowCenter, ds.WindowWidth = [f"{c:g}" for c in centres], [f"{w:g}" for _, w, _ in exam.windows]
    ds.WindowCenterWidthExplanation = [name for _, _, name in exam.windows]
    ds.VOILUTFunction = "SIGMOID"
    ds.AcquisitionDeviceProcessingDescription = image.enhancement


def _pixels(ds: Dataset, pixels: NDArray[np.uint16], inverse: bool) -> None:
    stored = 4095 - pixels if inverse else pixels
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME1" if inverse else "MONOCHROME2"
    ds.Rows, ds.Columns = stored.shape
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.PixelPaddingValue = 4095 if inverse else 0
    encoded: Any = imagecodecs.jpeg8_encode(
        np.ascontiguousarray(stored), lossless=True, predictor=1, bitspersample=12
    )
    add_frames(ds, [bytes(encoded)], JPEGLosslessSV1)


def add_frames(ds: Dataset, frames: list[bytes], transfer_syntax: UID) -> None:
    """Encoded frames with an offset table, and the file meta that names their encoding."""
    ds.PixelData = encapsulate(frames)
    ds["PixelData"].VR = "OB"
    ds["PixelData"].is_undefined_length = True
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = ds.SOPClassUID
    meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    meta.TransferSyntaxUID = transfer_syntax
    meta.ImplementationClassUID = UID(phantom_uid("implementation"))
    meta.ImplementationVersionName = f"ANNOTATOR_{__version__}"[:16]
    ds.file_meta = meta
