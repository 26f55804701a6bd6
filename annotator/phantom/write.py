"""A whole exam on disk: DICOM files, each with its truth beside it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from annotator.errors import ExportError
from annotator.jobs import CancelToken
from annotator.phantom.dicom_out import ExamRecord, ImageRecord, make_dataset, view_label
from annotator.phantom.exams import (
    Exam,
    Person,
    Shot,
    View,
    prepare,
    shots,
    take_picture,
    take_tomosynthesis,
)
from annotator.phantom.radiograph import Radiograph
from annotator.phantom.stack_out import encode_slice, generated_truth, make_stack_dataset, stack_label
from annotator.phantom.stack_plan import PIXEL_MM
from annotator.phantom.tomosynthesis import flattened
from annotator.phantom.truth import TrueStack, TrueView, truth_json

_VISITS = {
    Exam.SCREENING: ("Screening mammography (synthetic)", "20240312", "052Y", "Phantom aSe 70"),
    Exam.WORKUP: ("Diagnostic mammography, magnification (synthetic)", "20240322", "052Y", "Phantom aSe 70"),
    Exam.TOMOSYNTHESIS: ("Tomosynthesis and mammography (synthetic)", "20250318", "053Y", "Phantom aSe 70"),
    Exam.PRIOR: ("Screening mammography (synthetic)", "20220309", "050Y", "Phantom CsI 100"),
}
_WINDOWS = {
    "Phantom aSe 70": ((2100.0, 3000.0, "Normal"), (2300.0, 2000.0, "Harder"), (1900.0, 4200.0, "Softer")),
    "Phantom CsI 100": ((2000.0, 3000.0, "Standard"), (2300.0, 2000.0, "Contrast")),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of an exam to make, and how: all its views, as fine as the machine would, unless said otherwise.

    `pixel_mm`, `field` (rows, columns) and `slices` are those of tomosynthesis stacks; `generated` adds a
    two-dimensional view made from each.
    """

    binning: int = 1
    views: tuple[View, ...] = ()
    pixel_mm: float = PIXEL_MM
    field: tuple[int, int] | None = None
    slices: int | None = None
    generated: bool = False


def write_exam(
    folder: Path,
    person: Person,
    exam: Exam,
    wanted: Wanted | None = None,
    *,
    token: CancelToken | None = None,
) -> Iterator[Path]:
    """Write an exam's files one by one and yield each DICOM file.

    Raises ExportError when a file cannot be written, Cancelled soon after `token` is cancelled.
    """
    wanted = wanted or Wanted()
    for number, planned in enumerate(shots(person, exam, wanted.views), start=1):
        if token is not None:
            token.checkpoint()
        shot, anatomy = prepare(planned, wanted.binning)
        yield write_picture(folder, person, exam, number, shot, take_picture(person, exam, shot, anatomy))
        if exam is Exam.TOMOSYNTHESIS:
            stack = take_tomosynthesis(
                shot,
                anatomy,
                binning=wanted.binning,
                pixel_mm=wanted.pixel_mm,
                field=wanted.field,
                slices=wanted.slices,
                token=token,
            )
            # kept only where they are needed twice: a large stack is a gigabyte
            frames = list(stack.slices(token)) if wanted.generated else stack.slices(token)
            yield write_stack(folder, person, exam, number, shot, stack.truth, frames)
            if wanted.generated:
                made = generated_truth(stack.truth)
                yield write_stack(folder, person, exam, number, shot, made, [flattened(frames)])


def write_picture(
    folder: Path, person: Person, exam: Exam, number: int, shot: Shot, picture: Radiograph
) -> Path:
    """One picture as `<label>.dcm` with `<label>.truth.json` beside it."""
    image = ImageRecord(
        number=number,
        exposure_mas=round(60 + shot.breast.thickness_mm * 0.9),
        force_n=95 + 4 * number,
        enhancement=f"Detail {shot.processing.enhancement:g}",
    )
    dataset = make_dataset(picture.pixels, picture.truth, exam_record(person.seed, exam), image)
    return _write(folder / f"{view_label(picture.truth)}.dcm", dataset, picture.truth, person.seed, exam)


def write_stack(
    folder: Path,
    person: Person,
    exam: Exam,
    number: int,
    shot: Shot,
    truth: TrueStack,
    frames: Iterable[NDArray[np.uint16]],
) -> Path:
    """One stack as `<label>-tomo.dcm`, or one view made from it as `<label>-2d.dcm`, with its truth beside it.

    `frames` may be made meanwhile.
    """
    image = ImageRecord(
        number=number + (10 if truth.frames > 1 else 20), exposure_mas=0, force_n=0, enhancement=""
    )
    encoded = [encode_slice(pixels) for pixels in frames]
    dataset = make_stack_dataset(encoded, truth, shot.breast, exam_record(person.seed, exam), image)
    return _write(folder / f"{stack_label(truth)}.dcm", dataset, truth, person.seed, exam)


def _write(path: Path, dataset: Dataset, truth: TrueView, seed: int, exam: Exam) -> Path:
    text = truth_json(
        truth,
        file=path.name,
        seed=seed,
        exam=exam.value,
        study_instance_uid=str(dataset.StudyInstanceUID),
        sop_instance_uid=str(dataset.SOPInstanceUID),
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_whole(path, lambda part: dataset.save_as(part, enforce_file_format=True))
        _write_whole(
            path.with_suffix(".truth.json"),
            lambda part: part.write_text(text, encoding="utf-8", newline="\n"),
        )
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise ExportError(f"{path} could not be written ({reason}); choose another folder") from error
    return path


def _write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Write beside `path` and move into place: nobody finds half a file under its name."""
    part = path.with_name(path.name + ".part")
    write(part)
    part.replace(path)


def exam_record(seed: int, exam: Exam) -> ExamRecord:
    """The header facts of a visit of a seed's person."""
    description, date, age, model = _VISITS[exam]
    return ExamRecord(seed, exam.value, description, date, age, model, _WINDOWS[model])
