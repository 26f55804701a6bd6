"""`annotator report`, from the outside: a saved reading of real files, signed, amended and followed over exams."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pydicom import dcmread
from pypdf import PdfReader

from annotator.bootstrap import open_workspace
from annotator.cli import main
from annotator.exchange.report_parts import Pictures
from annotator.jobs import Cancelled, CancelToken
from annotator.lexicon.loader import load_lexicon
from annotator.model import edits
from annotator.model.finding import Assessment, Morphology, Reading, Stage
from annotator.model.geometry import ImagePoint
from annotator.model.history import Act
from annotator.model.image import ExamInfo
from annotator.model.mark import MarkKind
from annotator.reporting import make_report, write_report
from annotator.settings import load_settings
from annotator.workspace import Workspace
from tests.ui.small_exam import SPOTS, column_of, write_exam

# fonts need an application; that of the other tests is used where there is one
pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'r.db'}"


@pytest.fixture
def workspace(database: str) -> Iterator[Workspace]:
    opened = workspace_of(database, "dr a")
    yield opened
    opened.close()


def workspace_of(database: str, reader: str) -> Workspace:
    return open_workspace(load_settings(None, {"database": database, "reader": reader}))


def exam_in(workspace: Workspace, folder: Path) -> ExamInfo:
    (exam,) = workspace.group_exams(workspace.list_images([folder]).images)
    return exam


def read(workspace: Workspace, exam: ExamInfo, tracking_uid: str = "", **said: object) -> tuple[Reading, int]:
    """One finding with three marks on the RCC, saved."""
    reading = workspace.open_reading(exam.study_instance_uid, exam).reading
    reading, finding = edits.add_finding(edits.set_stage(reading, Stage.SCREEN))
    if tracking_uid:
        reading = edits.track(reading, finding.id, tracking_uid)
    info = next(image for image in exam.images if image.label == "RCC")
    for column, row in SPOTS:
        at = ImagePoint(column_of("R", column), row)
        reading, _ = edits.add_mark(reading, finding.id, info.key(), at, MarkKind.MICRO)
    reading = edits.describe(reading, finding.id, **said)
    return reading, workspace.save(reading, based_on=0, act=Act.EDIT, label="said")


def sign(workspace: Workspace, reading: Reading, exam: ExamInfo, number: int) -> tuple[Reading, int]:
    signed = edits.sign(reading, workspace.signature(reading, exam))
    return signed, workspace.save(signed, based_on=number, act=Act.SIGN, label="Sign")


SUSPICIOUS = {"morphology": (Morphology.FINE_PLEO,), "assessment": Assessment.MODERATE_SUSPICION}


@pytest.fixture
def saved(workspace: Workspace, tmp_path: Path) -> Path:
    folder = write_exam(tmp_path / "exam")
    read(workspace, exam_in(workspace, folder), **SUSPICIOUS)
    return folder


def test_the_text_goes_to_standard_output(saved: Path, database: str, capsys) -> None:
    assert main(["report", str(saved), "--database", database, "--reader", "dr a"]) == 0
    told = capsys.readouterr()
    assert "4B Moderate suspicion" in told.out
    assert "Pictures of RCC" in told.out
    assert told.out.isascii()
    assert max(map(len, told.out.split("\n"))) <= 78
    assert [word for word in ("SMALL", "Name^", "20240312", "2024-03-12") if word in told.out] == []
    assert told.err == ""


def test_it_is_written_in_the_form_its_name_ends_in(saved: Path, database: str, tmp_path: Path) -> None:
    for name, begins in (("r.html", b"<!doctype html>"), ("r.pdf", b"%PDF-"), ("r.txt", b"BREAST")):
        file = tmp_path / name
        assert main(["report", str(saved), "--database", database, "--output", str(file)]) == 0
        assert file.read_bytes().startswith(begins)
    html = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert html.count("<figcaption>") == 3
    assert "at detector" in html
    pages = PdfReader(io.BytesIO((tmp_path / "r.pdf").read_bytes())).pages
    assert "4B" in pages[0].extract_text()


def test_one_finding_and_the_patient_only_when_asked_for(saved: Path, database: str, capsys) -> None:
    common = ["report", str(saved), "--database", database]
    assert main([*common, "--finding", "F1", "--identified"]) == 0
    told = capsys.readouterr().out
    assert "FINDING F1" in told
    assert "SMALL-1" in told
    assert main([*common, "--finding", "F7"]) == 2
    assert "no such finding; it has F1" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (["nothing"], 1, "No reading of 'nothing' is saved"),
        (["2.25.1", "--format", "pdf"], 2, "give --output FILE"),
        (["2.25.1", "--output", "x.doc"], 2, "ends in .html, .pdf, .txt or .dcm"),
        (["2.25.1", "--by", "dr z"], 1, "by dr z is saved"),
        (["2.25.1", "--output", "/no/such/place/r.txt"], 1, "could not be written"),
        (["2.25.1", "--output", "/no/such/place/r.pdf"], 1, "could not be written"),
    ],
)
def test_a_call_that_cannot_be_done_is_told_in_a_sentence(
    saved: Path, database: str, words: list[str], status: int, sentence: str, capsys
) -> None:
    assert main(["report", *words, "--database", database]) == status
    assert sentence in capsys.readouterr().err


def test_without_the_files_it_has_words_only(saved: Path, database: str, capsys) -> None:
    assert main(["report", "2.25.1", "--database", database]) == 0
    told = capsys.readouterr().out
    assert "Views: none at hand" in told
    assert "Not looked for: the images were not at hand." in told
    assert "Pictures" not in told
    assert "4B Moderate suspicion" in told


def test_of_several_readers_one_is_named(saved: Path, database: str, capsys) -> None:
    other = workspace_of(database, "dr b")
    read(other, exam_in(other, saved), morphology=(Morphology.SKIN,))
    other.close()
    assert main(["report", "2.25.1", "--database", database, "--reader", "dr b"]) == 0
    assert "Reader: dr b" in capsys.readouterr().out
    assert main(["report", "2.25.1", "--database", database, "--reader", "dr c"]) == 2
    assert "was read by dr a, dr b; say whose reading with --by" in capsys.readouterr().err
    assert main(["report", "2.25.1", "--database", database, "--reader", "dr c", "--by", "dr a"]) == 0
    assert "Reader: dr a" in capsys.readouterr().out


def test_signed_and_amended_every_version_is_told(workspace: Workspace, tmp_path: Path) -> None:
    exam = exam_in(workspace, write_exam(tmp_path / "exam"))
    reading, number = sign(workspace, *swap(read(workspace, exam, **SUSPICIOUS), exam))
    opened = edits.amend(reading, "seen again with the prior")
    number = workspace.save(opened, based_on=number, act=Act.AMEND, label="Amend")
    later = edits.describe(opened, opened.findings[0].id, assessment=Assessment.HIGH_SUSPICION)
    number = workspace.save(later, based_on=number, act=Act.EDIT, label="Category")
    text = text_of(workspace, later, exam, tmp_path)
    assert "NOT SIGNED - PRELIMINARY, amendment of version 1" in text
    signed, _ = sign(workspace, later, exam, number)
    text = text_of(workspace, signed, exam, tmp_path)
    assert "SIGNED, version 2, dr a" in text
    assert "Amended because: seen again with the prior" in text
    assert "Changed in version 2: set the assessment of F1 to 4C" in text
    forged = edits.describe(later, later.findings[0].id, assessment=Assessment.BENIGN)
    forged = replace(forged, signatures=signed.signatures, amending="")
    assert "not what was signed" in text_of(workspace, forged, exam, tmp_path)


def swap(read_: tuple[Reading, int], exam: ExamInfo) -> tuple[Reading, ExamInfo, int]:
    return read_[0], exam, read_[1]


def text_of(workspace: Workspace, reading: Reading, exam: ExamInfo, folder: Path, **how: bool) -> str:
    write_report(workspace, reading, exam, folder / "r.txt", **how)
    return re.sub(r"\s+", " ", (folder / "r.txt").read_text(encoding="ascii"))


def test_a_signed_report_keeps_its_suggestion_and_tells_what_differs_today(
    workspace: Workspace, tmp_path: Path
) -> None:
    exam = exam_in(workspace, write_exam(tmp_path / "exam"))
    reading, _ = sign(workspace, *swap(read(workspace, exam, **SUSPICIOUS), exam))
    ((signature,)) = reading.signatures
    (frozen,) = signature.findings
    then = replace(frozen.follow_up, row="OLD7", text="Wait and see.", rules_version="0.9")
    old = replace(signature, findings=(replace(frozen, follow_up=then),))
    text = text_of(workspace, replace(reading, signatures=(old,)), exam, tmp_path)
    assert "Row OLD7, table 0.9" in text
    assert "Wait and see." in text
    assert "LOOKED UP AGAIN TODAY" in text
    assert "Row OLD7 then, row" in text


def test_the_same_finding_in_other_exams_is_told_by_the_months_between(
    workspace: Workspace, database: str, tmp_path: Path
) -> None:
    earlier = exam_in(workspace, write_exam(tmp_path / "a", study="2.25.100", date="20230912"))
    hers = exam_in(workspace, write_exam(tmp_path / "b", study="2.25.200", date="20220312"))
    now = exam_in(workspace, write_exam(tmp_path / "c", study="2.25.300", date="20240312"))
    read(workspace, earlier, "2.25.77", assessment=Assessment.PROBABLY_BENIGN)
    other = workspace_of(database, "dr b")
    shared = read(other, hers, "2.25.77", assessment=Assessment.BENIGN)
    reading, _ = read(workspace, now, "2.25.77", **SUSPICIOUS)
    text = text_of(workspace, reading, now, tmp_path)
    assert "6 months earlier: category 3, 3 marks." in text
    assert "24 months earlier" not in text
    sign(other, *swap(shared, hers))
    other.close()
    text = text_of(workspace, reading, now, tmp_path)
    assert text.index("6 months earlier") < text.index("24 months earlier: category 2, 3 marks.")
    assert "2023-09-12" not in text
    assert "(2023-09-12)" in text_of(workspace, reading, now, tmp_path, identified=True)


def test_an_image_that_is_gone_is_left_out_of_the_pictures(
    workspace: Workspace, saved: Path, tmp_path: Path
) -> None:
    exam = exam_in(workspace, saved)
    reading = workspace.open_reading(exam.study_instance_uid, exam).reading
    (saved / "RCC.dcm").unlink()
    text = text_of(workspace, reading, exam, tmp_path)
    assert "Pictures" not in text
    assert "F1 on RCC" in text


def test_making_one_can_be_stopped(workspace: Workspace, saved: Path) -> None:
    exam = exam_in(workspace, saved)
    token = CancelToken()
    token.cancel()
    reading = workspace.open_reading(exam.study_instance_uid, exam).reading
    with pytest.raises(Cancelled):
        make_report(workspace, reading, exam, token)


def test_words_are_those_of_the_edition_of_the_reading(workspace: Workspace, tmp_path: Path) -> None:
    exam = exam_in(workspace, write_exam(tmp_path / "exam"))
    reading, _ = read(workspace, exam, morphology=(Morphology.MILK,))
    newer = replace(reading, lexicon_edition="v2025")
    word = load_lexicon("v2025").word(Morphology.MILK)
    assert workspace.lexicon.word(Morphology.MILK) != word
    assert f"Morphology: {word}" in text_of(workspace, newer, exam, tmp_path)


def test_captions_tell_what_the_pixels_went_through(workspace: Workspace, tmp_path: Path) -> None:
    folder = write_exam(tmp_path / "exam")
    file = dcmread(folder / "RCC.dcm")
    file.LossyImageCompression, file.PresentationIntentType = "01", "FOR PROCESSING"
    file.ImageType = ["DERIVED", "PRIMARY", "TOMOSYNTHESIS", "GENERATED_2D"]
    file.save_as(folder / "RCC.dcm")
    exam = exam_in(workspace, folder)
    reading, _ = read(workspace, exam)
    found = make_report(workspace, reading, exam)
    rows = [part for section in found.sections for part in section.parts if isinstance(part, Pictures)]
    captions = [picture.caption for row in rows for picture in row.pictures]
    assert len(captions) == 3
    for caption in captions:
        assert "FOR PROCESSING; LOSSY COMPRESSED; SYNTHETIC 2D, made from tomosynthesis" in caption
        assert "mm at detector" in caption
    assert "speck-true" in captions[0]
    assert "each image pixel as one picture pixel" in captions[1]
