"""A screening exam of four small pictures with bright spots at known places, written as DICOM."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sr.codedict import codes
from pydicom.uid import DigitalMammographyXRayImageStorageForPresentation, ExplicitVRLittleEndian

ROWS, COLUMNS = 400, 320
SPOTS = ((120.5, 180.5), (140.5, 190.5), (130.5, 210.5))
"""(column from the chest wall, row) of the centres of the spots."""

VIEWS = {"RCC": ("R", "CC"), "LCC": ("L", "CC"), "RMLO": ("R", "MLO"), "LMLO": ("L", "MLO")}


def column_of(side: str, from_chest_wall: float) -> float:
    """Stored column of a place so far from the chest wall; right breasts have it at the right edge."""
    return COLUMNS - from_chest_wall if side == "R" else from_chest_wall


def write_exam(
    folder: Path, *, patient: str = "SMALL-1", study: str = "2.25.1", date: str = "20240312"
) -> Path:
    """Write the four views of one study."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, (name, (side, view)) in enumerate(VIEWS.items(), 1):
        dataset = header(patient, study, date, f"{study}.{number}", side, view)
        dataset.PixelData = pixels(side).tobytes()
        dataset.save_as(folder / f"{name}.dcm", enforce_file_format=True)
    return folder


def pixels(side: str) -> np.ndarray:
    y, x = np.mgrid[0:ROWS, 0:COLUMNS] + 0.5
    from_chest = COLUMNS - x if side == "R" else x
    noise = np.random.default_rng(1).normal(0, 6, (ROWS, COLUMNS))
    breast = (from_chest / 240) ** 2 + ((y - ROWS / 2) / 180) ** 2 < 1
    picture = np.where(breast, 1200 + noise, 20)
    for column, row in SPOTS:
        picture += 1500 * np.exp(-((from_chest - column) ** 2 + (y - row) ** 2) / (2 * 1.5**2))
    return picture.clip(0, 4095).astype(np.uint16)


def header(patient: str, study: str, date: str, instance: str, side: str, view: str) -> Dataset:
    """Everything of one view but its pixels."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = DigitalMammographyXRayImageStorageForPresentation
    dataset.SOPInstanceUID = instance
    dataset.StudyInstanceUID = study
    dataset.SeriesInstanceUID = f"{study}.9"
    dataset.Modality = "MG"
    dataset.PresentationIntentType = "FOR PRESENTATION"
    dataset.PatientID = patient
    dataset.PatientName = f"Name^{patient}"
    dataset.PatientAge = "058Y"
    dataset.StudyDate = dataset.AcquisitionDate = date
    dataset.ImageLaterality = side
    dataset.ViewPosition = view
    code = Dataset()
    code.CodeValue, code.CodeMeaning = ("399162004", "cranio-caudal") if view == "CC" else (
        "399368009",
        "medio-lateral oblique",
    )  # fmt: skip
    code.CodingSchemeDesignator = codes.SCT.Breast.scheme_designator
    dataset.ViewCodeSequence = [code]
    dataset.PatientOrientation = ["P", "L"] if side == "R" else ["A", "R"]
    if view == "MLO":
        dataset.PatientOrientation = ["P", "F"] if side == "R" else ["A", "F"]
    dataset.Rows, dataset.Columns = ROWS, COLUMNS
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.PixelRepresentation, dataset.SamplesPerPixel = 0, 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.ImagerPixelSpacing = [0.1, 0.1]
    dataset.WindowCenter, dataset.WindowWidth = [2000, 1500], [4000, 1000]
    dataset.WindowCenterWidthExplanation = ["Normal", "Harder"]
    return dataset
