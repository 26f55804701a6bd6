"""The report as PDF: opened again, its text is that of the other forms, on every page who and in what state."""

from __future__ import annotations

import io
import re
from dataclasses import fields, replace
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfReader

from annotator.errors import ExportError
from annotator.exchange.report_content import PRELIMINARY, report_of
from annotator.exchange.report_parts import Picture, Pictures, Report
from annotator.jobs import Cancelled, CancelToken
from annotator.model import edits
from annotator.model.finding import Finding, Reading
from annotator.ui.reports import pdf_of, write_pdf
from tests.unit.made_report import full, material, report
from tests.unit.test_report import HOSTILE, flat, said_words, signed

A4, LETTER = (595, 842), (612, 792)
LIGATURES = str.maketrans({"\ufb01": "fi", "\ufb02": "fl", "\ufb03": "ffi"})

pytestmark = pytest.mark.usefixtures("qapp")


def opened(made: Report, paper: str = "A4") -> PdfReader:
    return PdfReader(io.BytesIO(pdf_of(made, paper)), strict=True)


def text_of(reader: PdfReader) -> str:
    return flat(" ".join(page.extract_text().translate(LIGATURES) for page in reader.pages))


def squeezed(text: str) -> str:
    """Without blanks: where lines break is the page's own affair."""
    return re.sub(r"\s+", "", text)


@pytest.mark.parametrize("edition", ["5", "v2025"])
def test_everything_said_is_on_the_pages(edition: str) -> None:
    reading = replace(full(), lexicon_edition=edition)
    found = squeezed(text_of(opened(report(reading))))
    words = said_words(reading.findings[0], edition)
    assert len(words) == len(fields(Finding)) - 4
    assert {name: said for name, said in words.items() if squeezed(said) not in found} == {}


def test_every_page_names_the_exam_its_state_and_its_number() -> None:
    reading = edits.describe(full(), full().findings[0].id, comment="word " * 2000)
    for _ in range(3):
        reading, _finding = edits.add_finding(reading)
    pages = [flat(page.extract_text()) for page in opened(report(reading)).pages]
    assert len(pages) > 5
    for number, text in enumerate(pages, start=1):
        assert PRELIMINARY in text
        assert f"Page {number} of {len(pages)}" in text
        assert report(reading).exam in text
        assert "not a medical device" in text
    last = [flat(page.extract_text()) for page in opened(report(signed(reading, 1))).pages]
    assert all("SIGNED, version 1" in text and PRELIMINARY not in text for text in last)


def test_each_finding_of_several_begins_a_page() -> None:
    reading = full()
    for _ in range(49):
        reading, _finding = edits.add_finding(reading)
    pages = [flat(page.extract_text()) for page in opened(report(reading)).pages]
    for number in range(2, 51):
        (here,) = (text for text in pages if f"F{number} marked on no view" in text)
        assert f"F{number + 1} marked on no view" not in here


@pytest.mark.parametrize(("paper", "size"), [("A4", A4), ("Letter", LETTER)])
def test_pages_have_the_size_of_the_paper(paper: str, size: tuple[int, int]) -> None:
    for page in opened(report(full()), paper).pages:
        assert (round(page.mediabox.width), round(page.mediabox.height)) == size


def test_text_is_text_with_its_fonts_in_the_file() -> None:
    reader = opened(report(full()))
    fonts = [font.get_object() for page in reader.pages for font in page["/Resources"]["/Font"].values()]
    assert fonts
    for font in fonts:
        (inner,) = font["/DescendantFonts"]
        descriptor = inner.get_object()["/FontDescriptor"]
        assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor)


def test_hostile_words_stay_on_the_page() -> None:
    reading = edits.describe(full(), full().findings[0].id, comment=HOSTILE + "\n" + "x" * 10_000)
    reader = opened(report(replace(reading, reader=HOSTILE)))
    found = squeezed(text_of(reader))
    assert "<script>x</script>" in found
    assert found.count("x" * 50) > 100
    assert re.findall("[\x1b\u202e\ud800]", found) == []


def test_names_are_in_it_only_when_asked_for() -> None:
    plain, named = opened(report(full())), opened(report(full(), identified=True))
    for secret in ("Doe^Jane", "P-12345", "2024-01-31"):
        assert secret not in text_of(plain) + str(plain.metadata)
        assert secret in text_of(named)


def test_it_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    write_pdf(tmp_path / "r.pdf", report(full()), "A4")
    assert [p.name for p in tmp_path.iterdir()] == ["r.pdf"]
    with pytest.raises(ExportError, match="could not be written"):
        write_pdf(tmp_path / "no" / "r.pdf", report(full()), "A4")
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        write_pdf(tmp_path / "c.pdf", report(full()), "A4", token)
    assert not (tmp_path / "c.pdf").exists()


def test_a_table_that_says_more_than_a_box_holds_goes_on_overleaf() -> None:
    made = material(full())
    ((key, beside),) = made.beside.items()
    assert beside.follow_up is not None
    many = tuple(f"Sentence {number} of a site's own table." for number in range(400))
    longer = replace(beside, follow_up=replace(beside.follow_up, assumed=many, because=many))
    found = squeezed(text_of(opened(report_of(replace(made, beside={key: longer})))))
    assert all(found.count(squeezed(sentence)) == 2 for sentence in many)


def portrait(number: int) -> Picture:
    """A picture as high as a view of a breast is, of its own so that it is decoded anew."""
    raw = io.BytesIO()
    Image.new("L", (400, 500), number).save(raw, "PNG")
    return Picture(raw.getvalue(), f"view {number}", 400, 500)


def with_views(reading: Reading, count: int) -> Report:
    found = material(reading)
    views = tuple(Pictures(f"view {n}", (portrait(n), portrait(100 + n))) for n in range(count))
    beside = {key: replace(one, pictures=views) for key, one in found.beside.items()}
    return report_of(replace(found, beside=beside))


def test_a_finding_with_everything_said_and_two_views_is_one_page() -> None:
    pages = opened(with_views(full(), 2)).pages
    assert len(pages) == 1
    assert len(pages[0].images) == 4


def test_what_no_page_holds_keeps_its_natural_size() -> None:
    reading = full()
    long = edits.describe(reading, reading.findings[0].id, comment="word " * 4000)
    pages = opened(with_views(long, 2)).pages
    assert len(pages) > 1
    # below the matrix of the whole page (0.12) everything is drawn as large as it was set
    drawn = {
        float(width)
        for page in pages
        for width in re.findall(rb"([\d.]+) 0 0 -?[\d.]+ [\d.]+ [\d.]+ cm", page.get_contents().get_data())
    }
    assert 1.0 in drawn
    assert not {size for size in drawn if 0.5 < size < 1}
