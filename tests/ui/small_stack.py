"""A small stack of tomosynthesis with specks in known slices, written as DICOM."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import BreastTomosynthesisImageStorage, JPEG2000Lossless
from small_exam import header

ROWS, COLUMNS, FRAMES = 320, 256, 21
SPECKS = ((60.0, 150.0, 5), (90.0, 170.0, 12), (60.0, 190.0, 18))
"""(column, row, slice in focus); left breast, chest wall at the left edge."""
HEIGHT = 500
UID = "2.25.77.1"


def pixels(frames: int = FRAMES, noise: float = 4.0) -> np.ndarray:
    """(frames, rows, columns), 10 bits; specks smeared along the rows away from their slice."""
    rng = np.random.default_rng(9)
    y, x = np.mgrid[0:ROWS, 0:COLUMNS] + 0.5
    breast = (x / 190) ** 2 + ((y - ROWS / 2) / 145) ** 2 < 1
    stack = np.empty((frames, ROWS, COLUMNS), np.uint16)
    for number in range(1, frames + 1):
        frame = np.where(breast, 300 + rng.normal(0, noise, (ROWS, COLUMNS)), 10)
        for column, row, focus in SPECKS:
            sharp = HEIGHT * np.exp(-((x - column) ** 2 + (y - row) ** 2) / (2 * 1.4**2))
            frame += cv2.blur(sharp, (1, 1 + 3 * abs(number - focus)))
        # a line whose place says which slice it is
        frame[10 + number, 2:40] = 900
        stack[number - 1] = frame.clip(0, 1023)
    return stack


def write_stack(
    folder: Path, *, stack: np.ndarray | None = None, positions: bool = True, jpeg_2000: bool = False,
    uid: str = UID, study: str = "2.25.77", side: str = "L", view: str = "CC",
) -> Path:  # fmt: skip
    """Write one breast tomosynthesis object, slices 1 mm apart, with a window for all."""
    stack = pixels() if stack is None else stack
    folder.mkdir(parents=True, exist_ok=True)
    dataset = header("STACK-1", study, "20240312", uid, side, view)
    dataset.SOPClassUID = BreastTomosynthesisImageStorage
    dataset.Rows, dataset.Columns = stack.shape[1:]
    dataset.NumberOfFrames = len(stack)
    dataset.BitsStored, dataset.HighBit = 10, 9
    for keyword in ("WindowCenter", "WindowWidth", "WindowCenterWidthExplanation", "ImagerPixelSpacing"):
        delattr(dataset, keyword)
    dataset.SharedFunctionalGroupsSequence = Sequence([_shared()])
    dataset.PerFrameFunctionalGroupsSequence = Sequence(
        [_of_frame(number, positions) for number in range(1, len(stack) + 1)]
    )
    dataset.PixelData = stack.tobytes()
    if jpeg_2000:
        dataset.compress(JPEG2000Lossless, generate_instance_uid=False)
    path = folder / f"{side}{view}-{uid}.dcm"
    dataset.save_as(path, enforce_file_format=True)
    return path


def _shared() -> Dataset:
    shared, measures, window = Dataset(), Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness = [0.1, 0.1], 1.0
    window.WindowCenter, window.WindowWidth = 450, 700
    shared.PixelMeasuresSequence = Sequence([measures])
    shared.FrameVOILUTSequence = Sequence([window])
    return shared


def _of_frame(number: int, positions: bool) -> Dataset:
    groups = Dataset()
    if positions:
        place, directions = Dataset(), Dataset()
        place.ImagePositionPatient = [0, 0, 100 - number]
        directions.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        groups.PlanePositionSequence = Sequence([place])
        groups.PlaneOrientationSequence = Sequence([directions])
    return groups
