"""The images of a data set as DICOM: de-identified copies, with the UIDs and days that its tables and objects have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from annotator.errors import AnnotatorError
from annotator.exchange.tables.told import ToldExam, ToldReading, image_name
from annotator.model.image import ImageKey
from annotator.reporting.deidentified_file import Wish, copied
from annotator.reporting.deidentifying import asked_of_exam
from annotator.workspace import Workspace

WITH_TEXT = "copies of images with what looks like burned-in text"


@dataclass(frozen=True, slots=True)
class DicomPictures:
    """Copies of every image of an exam, stacks whole. `fault` takes a sentence, `more` what was counted and how many."""

    workspace: Workspace
    fault: Callable[[str], None]
    more: Callable[[str, int], None]

    @staticmethod
    def file_name(told: ToldReading, key: ImageKey) -> str:
        """What the file is called that holds a picture; the slices of a stack are in one."""
        info = told.images.get(key.sop_instance_uid)
        return "" if info is None else f"{image_name(told.out, info)}.dcm"

    def write(self, exam: ToldExam, folder: Path) -> None:
        """Those of one exam. Raises ExportError where nothing more could be written either."""
        first, labels = exam.readings[0], {info.path: info.label for info in exam.info.images}
        keys = {info.path: info.key() for info in exam.info.images}
        for asked in asked_of_exam(self.workspace, exam.info, folder, Wish(), self.fault):
            name = Path(self.file_name(first, keys[asked.path]))
            what = f"An image of kind {labels[asked.path] or 'unknown'} has no copy"
            try:
                record = copied(replace(asked, target=name))
            except AnnotatorError as error:
                if isinstance(error.__cause__, OSError):
                    raise
                self.fault(f"{what}: {str(error).removeprefix(f'{asked.path}: ')}")
                continue
            if record.passed:
                self.fault(f"{what}: {record.passed}")
            self.more(WITH_TEXT, bool(record.file and record.regions))
