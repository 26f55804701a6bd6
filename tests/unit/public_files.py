"""Tiny public data sets in their own formats: images of 400 x 300 pixels from phantom tissue and specks put on it."""

from __future__ import annotations

import csv
import plistlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

ROWS, COLUMNS = 300, 400
PIXEL_MM = 0.07
SPECKS = ((120.0, 100.0), (150.0, 110.0), (135.0, 140.0), (170.0, 150.0))
"""Columns and rows of a group of four calcifications, 0.35 mm across."""
FAR_SPECK = (250.0, 240.0)
DIAMETER_MM = 0.35
PRESENTATION = "1.2.840.10008.5.1.4.1.1.1.2"
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"


def breast(specks: Sequence[tuple[float, float]] = SPECKS, seed: int = 1) -> np.ndarray:
    """Tissue with noise from the left edge to column 330, air beyond, and a bright dome for each speck."""
    rng = np.random.default_rng(seed)
    columns, rows = np.meshgrid(np.arange(COLUMNS) + 0.5, np.arange(ROWS) + 0.5)
    image = 1500 + 80 * np.sin(columns / 37) * np.cos(rows / 29) + rng.normal(0, 12, (ROWS, COLUMNS))
    radius = DIAMETER_MM / 2 / PIXEL_MM
    for column, row in specks:
        away = np.hypot(columns - column, rows - row) / radius
        image += 500 * np.sqrt(np.clip(1 - away**2, 0, None))
    image[:, 330:] = 0
    return image.round().clip(0, 4095).astype(np.uint16)


def write_dicom(path: Path, pixels: np.ndarray, *, spacing: float | None = PIXEL_MM, **facts: Any) -> None:
    """A file as the data sets have them, uncompressed; `facts` are attributes of the header."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = facts.get("SOPClassUID", PRESENTATION)
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    header = Dataset()
    header.file_meta = meta
    header.SOPClassUID = meta.MediaStorageSOPClassUID
    header.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    header.StudyInstanceUID = generate_uid()
    header.SeriesInstanceUID = generate_uid()
    header.Modality = "MG"
    header.PatientID = "removed"
    header.SamplesPerPixel = 1
    header.PhotometricInterpretation = "MONOCHROME2"
    header.Rows, header.Columns = pixels.shape
    bits = pixels.dtype.itemsize * 8
    header.BitsAllocated = header.BitsStored = bits
    header.HighBit = bits - 1
    header.PixelRepresentation = 0
    if spacing is not None:
        header.ImagerPixelSpacing = [spacing, spacing]
    header.PixelData = pixels.tobytes() + b"\0" * (pixels.nbytes % 2)
    for name, value in facts.items():
        setattr(header, name, value)
    path.parent.mkdir(parents=True, exist_ok=True)
    header.save_as(path, enforce_file_format=True)


def circle(column: float, row: float, corners: int = 12) -> list[tuple[float, float]]:
    """The outline of one of the specks."""
    radius = DIAMETER_MM / 2 / PIXEL_MM
    turns = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    return [(column + radius * float(np.cos(t)), row + radius * float(np.sin(t))) for t in turns]


def region(name: str, points: Sequence[tuple[float, float]]) -> dict[str, Any]:
    """One region as OsiriX writes it."""
    return {
        "Area": 0.0,
        "Center": "(0.0, 0.0, 0.0)",
        "Dev": 0.0,
        "IndexInImage": 0,
        "Max": 0.0,
        "Mean": 0.0,
        "Min": 0.0,
        "Name": name,
        "NumberOfPoints": len(points),
        "Point_mm": [f"({x * PIXEL_MM:f}, {y * PIXEL_MM:f}, 0.000000)" for x, y in points],
        "Point_px": [f"({x:f}, {y:f})" for x, y in points],
        "Total": 0.0,
        "Type": 19 if len(points) == 1 else 15,
    }


def write_regions(path: Path, regions: Sequence[dict[str, Any]]) -> None:
    """The regions of one image as INbreast's XML."""
    path.parent.mkdir(parents=True, exist_ok=True)
    images = [{"ImageIndex": 0, "NumberOfROIs": len(regions), "ROIs": list(regions)}]
    path.write_bytes(plistlib.dumps({"Images": images}, sort_keys=False))


def make_inbreast(folder: Path) -> None:
    """Two images: one with a group of four (one of them a point), one far speck left unnamed and a mass; one empty."""
    pictures, drawings = folder / "AllDICOMs", folder / "AllXML"
    write_dicom(pictures / "20586908_6c613a_MG_R_CC_ANON.dcm", breast((*SPECKS, FAR_SPECK)))
    drawn = [region("Calcification", circle(*speck)) for speck in SPECKS[:2]]
    drawn.append(region(" CALCIFICATIONS", circle(*SPECKS[2])))
    drawn.append(region("calcificaton", [SPECKS[3]]))
    drawn.append(region("Unnamed", circle(*FAR_SPECK)))
    drawn.append(region("Espiculated Region", [(10, 10), (30, 10), (20, 30)]))
    write_regions(drawings / "20586908.xml", drawn)
    write_dicom(pictures / "20586934_6c613a_MG_L_CC_ANON.dcm", breast((), seed=2))


def write_table(path: Path, rows: Sequence[dict[str, str]]) -> None:
    """A CSV with these rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)


def cbis_row(patient: str = "P_00005", number: int = 1) -> dict[str, str]:
    """A row of calcifications; its paths are those of files nobody has."""
    old = f"Calc-Training_{patient}_RIGHT_CC"
    return {
        "patient_id": patient,
        "breast density": "3",
        "left or right breast": "RIGHT",
        "image view": "CC",
        "abnormality id": str(number),
        "abnormality type": "calcification",
        "calc type": "PLEOMORPHIC-FINE_LINEAR_BRANCHING",
        "calc distribution": "CLUSTERED",
        "assessment": "4",
        "pathology": "MALIGNANT",
        "subtlety": "3",
        "image file path": f"{old}/1.3.6.1/1.3.6.2/000000.dcm",
        "cropped image file path": f"{old}_{number}/1.3.6.1/1.3.6.2/000000.dcm",
        "ROI mask file path": f"{old}_{number}/1.3.6.1/1.3.6.2/000001.dcm\n",
    }


def region_mask(off: int = 0) -> np.ndarray:
    """The mask of the group, `off` pixels larger on each side than its image."""
    mask = np.zeros((ROWS + off, COLUMNS + off), np.uint8)
    mask[90:160, 110:180] = 255
    return mask


def make_cbis(folder: Path) -> None:
    """One film with two regions: mask before crop in one folder, after it in the other and a few pixels off."""
    top = folder / "CBIS-DDSM"
    image = breast((*SPECKS, FAR_SPECK))
    film = {"SOPClassUID": SECONDARY_CAPTURE, "spacing": None}
    subject = "Calc-Training_P_00005_RIGHT_CC"
    write_dicom(top / subject / "07-20-2016" / "full mammogram images" / "1-1.dcm", image, **film)
    for number, names, off in ((1, ("1-1.dcm", "1-2.dcm"), 0), (2, ("1-2.dcm", "1-1.dcm"), 4)):
        inside = top / f"{subject}_{number}" / "07-20-2016" / "ROI mask images"
        write_dicom(inside / names[0], region_mask(off), **film)
        write_dicom(inside / names[1], image[90:160, 110:180], **film)
    write_table(folder / "calc_case_description_train_set.csv", [cbis_row(number=1), cbis_row(number=2)])
    write_table(folder / "calc_case_description_test_set.csv", [cbis_row() | {"abnormality type": "mass"}])


def vindr_row(image: str, categories: str, box: Sequence[str] = ("", "", "", "")) -> dict[str, str]:
    """One finding."""
    return {
        "study_id": "study",
        "series_id": "series",
        "image_id": image,
        "laterality": "R",
        "view_position": "CC",
        "height": str(ROWS),
        "width": str(COLUMNS),
        "breast_birads": "BI-RADS 4",
        "breast_density": "DENSITY C",
        "finding_categories": categories,
        "finding_birads": "BI-RADS 4",
        **dict(zip(("xmin", "ymin", "xmax", "ymax"), box, strict=True)),
        "split": "training",
    }


def make_vindr(folder: Path) -> None:
    """A box around the group on a negative picture (MONOCHROME1), and an image without any finding."""
    images = folder / "images" / "study"
    negative = (4095 - breast()).astype(np.uint16)
    write_dicom(images / "one.dicom", negative, PhotometricInterpretation="MONOCHROME1")
    write_dicom(images / "two.dicom", breast((), seed=3))
    rows = [
        vindr_row("one", "['Suspicious Calcification', 'Mass']", ("110.5", "90.0", "180.0", "160.0")),
        vindr_row("two", "['No Finding']"),
    ]
    write_table(folder / "finding_annotations.csv", rows)
