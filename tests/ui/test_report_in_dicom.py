"""The report as DICOM: the same PDF in an object, the same pages as pictures, by command and as a form of export."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pypdf import PdfReader
from PySide6.QtGui import QImage

from annotator.bootstrap import open_workspace
from annotator.cli import main
from annotator.errors import ExportError
from annotator.exchange.encapsulated import PagesInDicom, PdfInDicom
from annotator.exchange.outgoing import Outgoing
from annotator.model import edits
from annotator.model.finding import Assessment, Morphology
from annotator.model.geometry import ImagePoint
from annotator.model.history import Act
from annotator.model.image import ExamInfo
from annotator.model.mark import MarkKind
from annotator.settings import load_settings
from annotator.ui.reports import page_pictures, pdf_of
from tests.ui.small_exam import write_exam
from tests.unit.made_report import full, report
from tests.written_readings import matrix

pytestmark = pytest.mark.usefixtures("qapp")

PDF = b"%PDF-1.4 not much of one"


@pytest.fixture(scope="module")
def outgoing(tmp_path_factory: pytest.TempPathFactory) -> Outgoing:
    return matrix(tmp_path_factory.mktemp("made"))["several views"]


@pytest.mark.parametrize("pdf", [PDF, PDF + b"!"], ids=["even", "odd"])
def test_the_bytes_of_the_pdf_come_out_as_they_went_in(
    outgoing: Outgoing, tmp_path: Path, pdf: bytes
) -> None:
    form = PdfInDicom(pdf, "Report \\ of F1", signed=True)
    (path,) = form.write(outgoing, tmp_path)
    assert path.name == f"{outgoing.name}-report.dcm"
    assert form.check(outgoing, path) is None
    found = dcmread(path)
    assert found.EncapsulatedDocument[: found.EncapsulatedDocumentLength] == pdf
    assert len(found.EncapsulatedDocument) % 2 == 0
    assert found.MIMETypeOfEncapsulatedDocument == "application/pdf"
    assert (found.BurnedInAnnotation, found.VerificationFlag) == ("NO", "VERIFIED")
    assert (found.PatientID, found.PatientIdentityRemoved) == (outgoing.patient, "YES")
    marked = {outgoing.uid(one.image.sop_instance_uid) for one in outgoing.reading.marks}
    assert {one.ReferencedSOPInstanceUID for one in found.SourceInstanceSequence} == marked
    assert "another exam" in str(
        form.check(replace(outgoing, exam=replace_study(outgoing.exam, "2.25.99")), path)
    )
    assert "not the one" in str(PdfInDicom(pdf[:-1], "").check(outgoing, path))
    path.write_bytes(path.read_bytes()[:300])
    assert form.check(outgoing, path) == "It cannot be read back."


def replace_study(exam: ExamInfo, uid: str) -> ExamInfo:
    return ExamInfo(uid, tuple(replace(one, study_instance_uid=uid) for one in exam.images))


def test_pages_are_pictures_of_the_pages_of_the_pdf(outgoing: Outgoing, tmp_path: Path) -> None:
    made = report(full())
    pages = list(page_pictures(made, "A4"))
    assert len(pages) == len(PdfReader(io.BytesIO(pdf_of(made, "A4"))).pages)
    assert {page.shape for page in pages} == {(2338, 1654, 3)}
    assert all(0.005 < (page < 128).mean() < 0.3 for page in pages)
    # a margin of 15 mm at the sides stays white
    assert all((page[:, :100] == 255).all() for page in pages)
    form = PagesInDicom(pages, made.title)
    paths = form.write(outgoing, tmp_path)
    assert len(paths) == len(pages)
    assert [form.check(outgoing, path) for path in paths] == [None] * len(pages)
    found = dcmread(paths[0])
    assert (found.pixel_array == pages[0]).all()
    assert found.PhotometricInterpretation == "RGB"
    pixels = bytearray(paths[-1].read_bytes())
    pixels[-7] ^= 255
    paths[-1].write_bytes(pixels)
    assert "not the page" in str(form.check(outgoing, paths[-1]))


def test_a_picture_shows_what_the_pdf_shows(tmp_path: Path) -> None:
    page = next(page_pictures(report(full()), "Letter"))
    assert page.shape == (2200, 1700, 3)
    picture = QImage(page.tobytes(), 1700, 2200, 1700 * 3, QImage.Format.Format_RGB888)
    assert picture.save(str(tmp_path / "page.png"))
    rows = np.flatnonzero((page < 100).any(axis=(1, 2)))
    assert rows[0] < 200
    assert rows[-1] > 2000


def test_without_images_it_goes_by_the_pseudonym_and_never_by_a_name(
    outgoing: Outgoing, tmp_path: Path
) -> None:
    bare = replace(outgoing, exam=ExamInfo(outgoing.exam.study_instance_uid, ()))
    (path,) = PdfInDicom(PDF, "Report").write(bare, tmp_path)
    found = dcmread(path)
    assert found.StudyInstanceUID == outgoing.uid(outgoing.reading.study_instance_uid)
    assert (found.PatientID, found.StudyDate) == (outgoing.patient, "")
    assert "SourceInstanceSequence" not in found
    with pytest.raises(ExportError, match="to say whose it is"):
        PdfInDicom(PDF, "Report").write(replace(bare, pseudonyms=None), tmp_path / "other")
    with pytest.raises(ExportError, match="is none"):
        PdfInDicom(b"<html>", "Report").write(outgoing, tmp_path)


@pytest.fixture
def saved(tmp_path: Path) -> tuple[Path, str]:
    """A folder of an exam, and the database with a reading of it."""
    folder, database = write_exam(tmp_path / "exam"), f"sqlite:///{tmp_path / 'r.db'}"
    workspace = open_workspace(load_settings(None, {"database": database, "reader": "dr a"}))
    (exam,) = workspace.group_exams(workspace.list_images([folder]).images)
    reading, finding = edits.add_finding(workspace.open_reading(exam.study_instance_uid, exam).reading)
    reading, _ = edits.add_mark(reading, finding.id, exam.images[0].key(), ImagePoint(60, 60), MarkKind.MICRO)
    reading = edits.describe(
        reading, finding.id, morphology=(Morphology.FINE_PLEO,), assessment=Assessment.MODERATE_SUSPICION
    )
    workspace.save(reading, based_on=0, act=Act.EDIT, label="said")
    workspace.close()
    return folder, database


def test_the_command_writes_it_behind_the_pseudonym(saved: tuple[Path, str], tmp_path: Path) -> None:
    folder, database = saved
    common = ["report", str(folder), "--database", database]
    file, named = tmp_path / "r.dcm", tmp_path / "named.dcm"
    assert main([*common, "--output", str(file)]) == 0
    assert main([*common, "--output", str(named), "--identified"]) == 0
    original = dcmread(next(one for one in sorted(folder.rglob("*.dcm"))), stop_before_pixels=True)
    found = dcmread(file)
    assert "4B" in PdfReader(io.BytesIO(found.EncapsulatedDocument)).pages[0].extract_text()
    assert str(original.PatientID).encode() not in file.read_bytes()
    assert found.StudyInstanceUID != original.StudyInstanceUID
    with_name = dcmread(named)
    assert (with_name.PatientID, with_name.BurnedInAnnotation) == (original.PatientID, "YES")
    assert with_name.StudyInstanceUID == original.StudyInstanceUID


def test_the_command_writes_a_file_for_each_page(saved: tuple[Path, str], tmp_path: Path) -> None:
    folder, database = saved
    common = ["report", str(folder), "--database", database, "--format", "dicom-pages"]
    assert main([*common, "--output", str(tmp_path / "r.dcm")]) == 0
    written = sorted(one.name for one in tmp_path.glob("r*.dcm"))
    count = len(written)
    assert written == (["r.dcm"] if count == 1 else [f"r-{n}.dcm" for n in range(1, count + 1)])
    assert dcmread(tmp_path / written[0]).pixel_array.shape[2] == 3


def test_dicom_is_not_put_on_the_screen(saved: tuple[Path, str], capsys) -> None:
    folder, database = saved
    assert main(["report", str(folder), "--database", database, "--format", "dicom-pdf"]) == 2
    assert "DICOM is written to a file; give --output FILE." in capsys.readouterr().err
