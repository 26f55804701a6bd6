"""The report of a reading as DICOM: its PDF in an object (PS3.3 A.45.1), or its pages as pictures (A.8.1).

Pages are made where there are fonts, and handed in.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, dcmread
from pydicom.uid import EncapsulatedPDFStorage, SecondaryCaptureImageStorage

from annotator.errors import ExportError
from annotator.exchange.careful_dicom import DAMAGE
from annotator.exchange.outgoing import Outgoing
from annotator.exchange.source_header import source_header
from annotator.exchange.whole_file import whole_file
from annotator.exchange.written_object import (
    Series,
    exam_header,
    file_of,
    line,
    new_object,
    new_series,
    reference,
    save,
)

PDF_SERIES, PAGE_SERIES = 9004, 9005
BEGINS = b"%PDF-"
_LONGEST_TITLE = 1024

Page = NDArray[np.uint8]
"""A page as a picture: (rows, columns, 3), red, green and blue."""


@dataclass(frozen=True, slots=True)
class PdfInDicom:
    """A report to be written as Encapsulated PDF. No code says what it is, as DICOM has none for a reading."""

    pdf: bytes
    title: str
    signed: bool = False

    def write(self, outgoing: Outgoing, folder: Path) -> tuple[Path, ...]:
        """One object with the bytes of the PDF as they are; raises ExportError."""
        path = file_of(outgoing, folder, "report", 1, 1)
        self.write_to(outgoing, path)
        return (path,)

    def write_to(self, outgoing: Outgoing, path: Path) -> None:
        """The same at a place of the caller's choice."""
        if not self.pdf.startswith(BEGINS):
            raise ExportError("What was to be written as a PDF is none; write the report again.")
        made = _new(
            outgoing, new_series(EncapsulatedPDFStorage, "DOC", PDF_SERIES, "Report of calcifications")
        )
        made.AcquisitionDateTime = ""
        made.ConversionType = "WSD"
        made.VerificationFlag = "VERIFIED" if self.signed else "UNVERIFIED"
        if sources := _sources(outgoing):
            made.SourceInstanceSequence = sources
        made.DocumentTitle = self.title.replace("\\", " ")[:_LONGEST_TITLE]
        made.ConceptNameCodeSequence = []
        made.MIMETypeOfEncapsulatedDocument = "application/pdf"
        made.EncapsulatedDocumentLength = len(self.pdf)
        made.EncapsulatedDocument = self.pdf + b"\0" * (len(self.pdf) % 2)
        with whole_file(path) as file:
            save(made, file)

    def check(self, outgoing: Outgoing, path: Path) -> str | None:
        """Whether the PDF in a written file is this one: None, or what not, in a sentence."""
        try:
            found = dcmread(path)
            if found.StudyInstanceUID != _new_study(outgoing):
                return "It belongs to another exam."
            if found.EncapsulatedDocument[: found.EncapsulatedDocumentLength] != self.pdf:
                return "The PDF in it is not the one that was written."
        except DAMAGE:
            return "It cannot be read back."
        return None


@dataclass(frozen=True, slots=True)
class PagesInDicom:
    """A report to be written as Secondary Capture, one picture for each page, for what shows pictures only."""

    pages: Sequence[Page]
    title: str

    def write(self, outgoing: Outgoing, folder: Path) -> tuple[Path, ...]:
        """One object for each page, all or none; raises ExportError."""
        count = len(self.pages)
        paths = tuple(
            file_of(outgoing, folder, "report-page", number, count) for number in range(1, count + 1)
        )
        self.write_to(outgoing, paths)
        return paths

    def write_to(self, outgoing: Outgoing, paths: Sequence[Path]) -> None:
        """The same at places of the caller's choice, one for each page."""
        series = new_series(SecondaryCaptureImageStorage, "OT", PAGE_SERIES, line(self.title))
        with ExitStack() as files:
            for number, (page, path) in enumerate(zip(self.pages, paths, strict=True), start=1):
                made = _page(_new(outgoing, series, number), page)
                save(made, files.enter_context(whole_file(path)))

    def check(self, outgoing: Outgoing, path: Path) -> str | None:
        """Whether a written file shows the page of its number: None, or what not, in a sentence."""
        try:
            found = dcmread(path)
            if found.StudyInstanceUID != _new_study(outgoing):
                return "It belongs to another exam."
            if not np.array_equal(found.pixel_array, self.pages[int(found.InstanceNumber) - 1]):
                return "The picture in it is not the page that was written."
        except DAMAGE:
            return "It cannot be read back."
        return None


def _new(outgoing: Outgoing, series: Series, number: int = 1) -> Dataset:
    made = new_object(outgoing, exam_header(outgoing), series, number)
    made.BurnedInAnnotation = "YES" if outgoing.identified else "NO"
    return made


def _new_study(outgoing: Outgoing) -> str:
    return str(exam_header(outgoing).StudyInstanceUID)


def _sources(outgoing: Outgoing) -> list[Dataset]:
    """The marked images, which the report shows, as far as they are at hand."""
    reading = outgoing.reading
    marked = {one.image.sop_instance_uid for one in reading.marks}
    marked |= {one.image.sop_instance_uid for one in reading.clusters}
    return [
        reference(source_header(outgoing, info))
        for info in outgoing.exam.images
        if info.sop_instance_uid in marked
    ]


def _page(made: Dataset, page: Page) -> Dataset:
    made.ImageType = ["DERIVED", "SECONDARY"]
    made.ConversionType = "WSD"
    # Type 2C, and of a page there is none (PS3.3 C.7.3.1, C.7.6.1)
    made.Laterality, made.PatientOrientation = "", []
    made.Rows, made.Columns = page.shape[:2]
    made.SamplesPerPixel, made.PhotometricInterpretation, made.PlanarConfiguration = 3, "RGB", 0
    made.BitsAllocated, made.BitsStored, made.HighBit, made.PixelRepresentation = 8, 8, 7, 0
    made.LossyImageCompression = "00"
    pixels = np.ascontiguousarray(page).tobytes()
    made.PixelData = pixels + b"\0" * (len(pixels) % 2)
    made["PixelData"].VR = "OB"
    return made
