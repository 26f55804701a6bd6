"""A data set as it grows: exams go in one after the other, files stand there whole at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from annotator.exchange.tables import yolo
from annotator.exchange.tables.card import About, add_patients, count, write_card, write_checksums
from annotator.exchange.tables.coco import spool_coco, write_coco
from annotator.exchange.tables.columns import dictionary_csv
from annotator.exchange.tables.finding_tables import TABLES
from annotator.exchange.tables.masks import LEGEND, write_masks
from annotator.exchange.tables.png_pictures import PngPictures
from annotator.exchange.tables.split import PARTS
from annotator.exchange.tables.spool import Spools
from annotator.exchange.tables.table_files import spool_rows, write_csv
from annotator.exchange.tables.told import WHOLE, ToldExam, ToldReading
from annotator.exchange.whole_file import write_whole
from annotator.lexicon.loader import Lexicon
from annotator.model.image import ImageKey
from annotator.private_files import private_folder

DATA_SETS: Mapping[str, str] = {
    "csv": "tables as CSV with a data dictionary",
    "parquet": "tables as Parquet with a data dictionary",
    "coco": "boxes, outlines and keypoints as COCO",
    "yolo": "boxes as YOLO labels",
    "yolo-seg": "outlines as YOLO labels",
    "masks": "label masks as PNG with a legend",
}
"""Forms of many readings together, and what they are in a line."""

ONE_READER = frozenset({"yolo", "yolo-seg", "masks"})
"""Forms that cannot say whose word it is, so that they hold one reading an exam."""
TABLE_FORMS = frozenset({"csv", "parquet"})

NO_SIZE_YOLO = "Marks never measured, left out of YOLO labels"
NO_SIZE_MASKS = "Marks never measured, not drawn in masks"
NOT_AT_HAND = "Images with marks whose files were not at hand"


class Pictures(Protocol):
    """The pictures beside a data set: what they are called, and who writes those of an exam."""

    @staticmethod
    def file_name(told: ToldReading, key: ImageKey) -> str:
        """The file that holds a picture, '' where its image is not at hand."""

    def write(self, exam: ToldExam, folder: Path) -> None:
        """Write those of one exam into a folder. Raises ExportError."""


@dataclass
class DataSet:
    """Writes some forms of exams into a folder, and `pictures` beside them.

    `spools` and `counters` together are a point to go on from.

    Raises ExportError where something cannot be written.
    """

    folder: Path
    forms: Sequence[str]
    lexicon: Lexicon
    parts: Sequence[str]
    spools: Spools
    counters: dict[str, int] = field(default_factory=dict)
    pictures: Pictures | None = None

    def add(self, exam: ToldExam) -> None:
        """Put one exam in."""
        forms = self.forms
        count(self.counters, exam)
        patient = exam.out.patient or f"? {exam.out.name}"
        self.spools.add("patients", [f"{patient}\t{exam.part}".encode()])
        if not self.forms:
            return
        self._more(NOT_AT_HAND, len(exam.not_at_hand()))
        if TABLE_FORMS & set(forms):
            spool_rows(self.spools, exam)
        if "coco" in forms:
            # without pictures, as they are called in an export that has them
            called = (self.pictures or PngPictures).file_name
            spool_coco(self.spools, exam, self.counters, called)
        for form in ("yolo", "yolo-seg"):
            if form in forms:
                polygons = form == "yolo-seg"
                left_out = yolo.write_labels(exam, self.folder / "labels", polygons=polygons)
                self._more(NO_SIZE_YOLO, left_out)
        if "masks" in forms:
            self._more(NO_SIZE_MASKS, write_masks(self.spools, exam, self.folder / "masks"))
        if self.pictures is not None:
            folder = self.folder / "images" / exam.part
            private_folder(folder)
            self.pictures.write(exam, folder)

    def finish(self, about: About, tick: Callable[[], None]) -> None:
        """Put the files together, the card beside them, and the checksums of all; can be begun again."""
        for _ in self._files():
            tick()
        patients = dict(line.decode().split("\t") for line in self.spools.lines("patients"))
        counters = dict(self.counters)
        add_patients(counters, patients)
        write_card(self.folder, about, counters)
        write_checksums(self.folder, tick)

    def left_out(self) -> Iterator[str]:
        """What is not in it and was counted, in sentences."""
        for what in (NOT_AT_HAND, NO_SIZE_YOLO, NO_SIZE_MASKS):
            if number := self.counters.get(what):
                yield f"{what}: {number}."

    def _files(self) -> Iterator[None]:
        forms = self.forms
        if TABLE_FORMS & set(forms) or "masks" in forms:
            tables = [
                *(TABLES if TABLE_FORMS & set(forms) else ()),
                *((LEGEND,) if "masks" in forms else ()),
            ]
            write_whole(self.folder / "data_dictionary.csv", dictionary_csv(tables))
            yield
        for table in TABLES:
            if "csv" in forms:
                write_csv(self.spools, table, self.folder / f"{table.name}.csv")
                yield
            if "parquet" in forms:
                from annotator.exchange.tables.parquet_file import write_parquet  # noqa: PLC0415  40 MB

                write_parquet(self.spools, table, self.folder / f"{table.name}.parquet")
                yield
        if "coco" in forms:
            private_folder(self.folder / "coco")
            for part in self.parts:
                told = {"part": part}
                write_coco(self.spools, part, self.lexicon, told, self.folder / "coco" / f"{part}.json")
                yield
        if {"yolo", "yolo-seg"} & set(forms):
            yolo.write_data_yaml(self.folder, self.parts, self.lexicon)
        if "masks" in forms:
            private_folder(self.folder / "masks")
            write_csv(self.spools, LEGEND, self.folder / "masks" / "legend.csv")
            yield

    def _more(self, what: str, number: int) -> None:
        if number:
            self.counters[what] = self.counters.get(what, 0) + number


def parts_of(shares: Sequence[float] | None) -> tuple[str, ...]:
    """The parts of a data set, in order: those of a split with a share, or one."""
    if shares is None:
        return (WHOLE,)
    return tuple(part for part, share in zip(PARTS, shares, strict=True) if share)
