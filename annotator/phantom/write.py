"""A whole exam on disk: DICOM files, each with its truth beside it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from annotator.errors import ExportError
from annotator.phantom.dicom_out import ExamRecord, ImageRecord, make_dataset
from annotator.phantom.exams import Exam, Person, Shot, take_exam
from annotator.phantom.radiograph import Radiograph
from annotator.phantom.truth import truth_json

_VISITS = {
    Exam.SCREENING: ("Screening mammography (synthetic)", "20240312", "052Y", "Phantom aSe 70"),
    Exam.WORKUP: ("Diagnostic mammography, magnification (synthetic)", "20240322", "052Y", "Phantom aSe 70"),
    Exam.PRIOR: ("Screening mammography (synthetic)", "20220309", "050Y", "Phantom CsI 100"),
}
_WINDOWS = {
    "Phantom aSe 70": ((2100.0, 3000.0, "Normal"), (2300.0, 2000.0, "Harder"), (1900.0, 4200.0, "Softer")),
    "Phantom CsI 100": ((2000.0, 3000.0, "Standard"), (2300.0, 2000.0, "Contrast")),
}


def write_exam(
    folder: Path,
    person: Person,
    exam: Exam,
    *,
    binning: int = 1,
) -> Iterator[Path]:
    """Write an exam's files one by one and yield each DICOM file.

    Raises ExportError when a file cannot be written.
    """
    for number, (shot, picture) in enumerate(take_exam(person, exam, binning=binning), start=1):
        yield write_picture(folder, person, exam, number, shot, picture)


def write_picture(
    folder: Path, person: Person, exam: Exam, number: int, shot: Shot, picture: Radiograph
) -> Path:
    """One picture as `<label>.dcm` with `<label>.truth.json` beside it."""
    truth = picture.truth
    label = f"{truth.laterality}{'M' if truth.magnification > 1 else ''}{truth.view}"
    record = exam_record(person.seed, exam)
    image = ImageRecord(
        number=number,
        exposure_mas=round(60 + shot.breast.thickness_mm * 0.9),
        force_n=95 + 4 * number,
        enhancement=f"Detail {shot.processing.enhancement:g}",
    )
    dataset = make_dataset(picture.pixels, truth, record, image)
    path = folder / f"{label}.dcm"
    text = truth_json(
        truth,
        file=path.name,
        seed=person.seed,
        exam=exam.value,
        study_instance_uid=str(dataset.StudyInstanceUID),
        sop_instance_uid=str(dataset.SOPInstanceUID),
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
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
