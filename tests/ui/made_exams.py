"""Exams of several kinds of images, written as DICOM: what a hanging has to find a place for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydicom.dataset import Dataset
from small_exam import header, pixels, write_exam

MAGNIFICATION, SPOT = ("399163009", "Magnification"), ("399055006", "Spot compression")


@dataclass(frozen=True)
class Shot:
    """One image: side and view, and what is unlike the usual."""

    name: str
    side: str = "R"
    view: str = "CC"
    modifiers: tuple[tuple[str, str], ...] = ()
    spacing: float | None = 0.1
    orientation: tuple[str, str] | None = None
    date: str = "20240312"
    partial: bool = False
    factor: float | None = None


def write_shots(
    folder: Path, shots: list[Shot], *, patient: str = "SMALL-1", study: str = "2.25.500"
) -> Path:
    """Write images of one study."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, shot in enumerate(shots, 1):
        dataset = header(patient, study, shot.date, f"{study}.{number}", shot.side, shot.view)
        dataset.InstanceNumber = number
        dataset.ViewCodeSequence[0].ViewModifierCodeSequence = [_code(*m) for m in shot.modifiers]
        if shot.spacing is None:
            del dataset.ImagerPixelSpacing
        else:
            dataset.ImagerPixelSpacing = [shot.spacing, shot.spacing]
        if shot.orientation is not None:
            dataset.PatientOrientation = list(shot.orientation)
        if shot.partial:
            dataset.PartialView = "YES"
        if shot.factor is not None:
            dataset.EstimatedRadiographicMagnificationFactor = shot.factor
        dataset.PixelData = pixels(shot.side).tobytes()
        dataset.save_as(folder / f"{shot.name}.dcm", enforce_file_format=True)
    return folder


def write_three_years(folder: Path, patient: str = "SMALL-1") -> list[Path]:
    """Four views of one patient in each of three years, the newest first."""
    years = ("20240312", "20220310", "20200305")
    return [write_exam(folder / date, patient=patient, study=f"2.25.{date}", date=date) for date in years]


def _code(value: str, meaning: str) -> Dataset:
    code = Dataset()
    code.CodeValue, code.CodeMeaning, code.CodingSchemeDesignator = value, meaning, "SCT"
    return code
