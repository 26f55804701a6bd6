"""The HTML report: what it must say, and what must never be in it."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from annotator.errors import ExportError
from annotator.exchange.report import ReportPicture, report_html, write_report
from annotator.lexicon.loader import load_lexicon
from annotator.model import edits
from annotator.model.finding import Assessment, Description, Distribution, Morphology, Reading, Stage
from annotator.model.follow_up import FollowUp
from annotator.model.geometry import ImagePoint, PixelSpacing, SpacingBasis
from annotator.model.image import ExamInfo, ImageInfo, ImageKey, Laterality, View
from annotator.model.mark import MarkKind, SpotMeasurement
from annotator.rules import follow_up, load_rules

STUDY = "1.2.826.0.1.3680043.8.498.1"
SPACING = PixelSpacing(0.1, 0.1, SpacingBasis.AT_DETECTOR)
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)
VOID = {"meta", "img", "br", "link"}


class Page(HTMLParser):
    """The text of a page, and whether every tag that opens closes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


def image(view: str, number: int) -> ImageInfo:
    return ImageInfo(
        path=Path("/exams/DOE_JANE/a.dcm"),
        sop_class_uid="1.2.840.10008.5.1.4.1.1.1.2",
        sop_instance_uid=f"2.25.{number}",
        rows=100,
        columns=80,
        study_instance_uid=STUDY,
        laterality=Laterality.RIGHT,
        view=View(view),
        patient_key="P-12345",
        patient_name="Doe^Jane",
        exam_date="20240131",
        spacing=SPACING,
    )


EXAM = ExamInfo(STUDY, (image("CC", 1), image("MLO", 2)))


def spot(diameter_px: float, *, calibrated: bool = True) -> SpotMeasurement:
    center = ImagePoint(1.0, 1.0)
    plain = SpotMeasurement(center, diameter_px, 0.2, diameter_px, diameter_px, 0.0, 1.0, 9.0, 9.0)
    if not calibrated:
        return plain
    return replace(plain, diameter_mm=diameter_px / 10, basis=SPACING.basis)


@pytest.fixture(scope="module")
def reading() -> Reading:
    reading = Reading(id="r", reader="dr a", study_instance_uid=STUDY)
    reading, finding = edits.add_finding(edits.set_stage(reading, Stage.WORKUP))
    ids = []
    for column, diameter in ((10.0, 2.0), (20.0, 3.0), (30.0, 5.0)):
        reading, mark = edits.add_mark(
            reading, finding.id, ImageKey("2.25.1"), ImagePoint(column, 5.0), MarkKind.MICRO, spot(diameter)
        )
        ids.append(mark.id)
    corners = (ImagePoint(0.0, 0.0), ImagePoint(40.0, 0.0), ImagePoint(40.0, 9.0))
    reading, _ = edits.add_cluster(reading, finding.id, ImageKey("2.25.1"), corners, ids, SPACING)
    reading, _ = edits.add_cluster(reading, finding.id, ImageKey("2.25.2"), corners)
    return edits.describe(
        reading,
        finding.id,
        morphology=(Morphology.MILK, Morphology.FINE_PLEO),
        distributions=(Distribution.SEGMENTAL,),
        assessment=Assessment.LOW_SUSPICION,
        comment="<script>alert('x')</script> & so on",
    )


def suggestions(reading: Reading) -> dict[str, FollowUp]:
    table = load_rules()
    return {f.id: follow_up(reading.described(f.id), table) for f in reading.findings}


def page(reading: Reading, pictures: tuple[ReportPicture, ...] = (), edition: str = "5", **how: bool) -> Page:
    return Page(report_html(reading, EXAM, suggestions(reading), load_lexicon(edition), pictures, **how))


def test_a_finding_is_told_in_the_words_of_the_edition(reading: Reading):
    text = page(reading).text
    assert "Milk of calcium, Fine pleomorphic" in text
    assert "3 on RCC" in text
    assert "Diameter 0.30 mm at detector (median of 3, 0.20 to 0.50 mm)" in text
    assert "RCC 3 2.0 mm at detector (of the marks)" in text
    assert "RMLO outlined only 41 pixels, spacing unknown (of the outline)" in text
    other = page(replace(reading, lexicon_edition="v2025"), edition="v2025").text
    assert "Layering, Fine pleomorphic" in other


def test_the_readers_category_comes_first_and_the_suggestion_beside_it(reading: Reading):
    text = page(reading).text
    mine, theirs = text.index("4A Low suspicion"), text.index("4C High suspicion")
    assert text.index("Reader's category") < mine < text.index("Suggestion of the table") < theirs
    assert "Row S5" in text
    assert load_rules().version in text
    (found,) = suggestions(reading).values()
    for reason in (*found.because, *found.notes, found.patient_pages, found.birads):
        assert reason in text


def test_before_the_reader_has_chosen_no_category_is_told(reading: Reading):
    silent = edits.describe(reading, reading.findings[0].id, assessment=None)
    text = page(silent).text
    assert "Reader's category Not given" in text
    assert "Suggestion of the table Told after the reader's own" in text
    assert "Biopsy." in text
    assert re.findall(r"4[ABC]|[Cc]ategory [0-9]|suspicion", text) == []


def test_every_tag_in_the_text_is_spelled_out(reading: Reading):
    lexicon = load_lexicon()
    text = page(reading).text
    listed = text[text.index("Sources") :]
    tags = set(re.findall(r"\[([A-Z][A-Za-z0-9-]*)\]", text))
    assert {"PARK", "SJRA-12"} <= tags
    for tag in tags:
        assert f"[{tag}] {lexicon.source(tag).citation}" in listed


def test_it_is_no_medical_device_and_says_so(reading: Reading):
    assert page(reading).text.count("not a medical device") >= 2


def test_nobody_is_named_unless_asked_for(reading: Reading):
    html = report_html(reading, EXAM, suggestions(reading), load_lexicon())
    secrets = ("Doe", "Jane", "12345", "20240131", STUDY, "2.25.")
    assert [secret for secret in secrets if secret in html] == []
    named = page(reading, identified=True).text
    assert "Doe^Jane, P-12345" in named
    assert STUDY in named


def test_what_people_wrote_is_text_and_never_code(reading: Reading):
    hostile = ReportPicture(PNG, '"><script>x</script>', reading.findings[0].id)
    found = page(reading, (hostile,))
    assert "script" not in {tag for tag, _ in found.tags}
    assert "<script>alert('x')</script> & so on" in found.text
    (img,) = [attrs for tag, attrs in found.tags if tag == "img"]
    assert img["alt"] == '"><script>x</script>'


def test_the_page_needs_nothing_else(reading: Reading):
    pictures = (ReportPicture(PNG, "All views"), ReportPicture(PNG, "Cluster 1:1", reading.findings[0].id))
    found = page(reading, pictures)
    images = [attrs["src"] or "" for tag, attrs in found.tags if tag == "img"]
    assert [base64.b64decode(src.removeprefix("data:image/png;base64,")) for src in images] == [PNG, PNG]
    assert {tag for tag, _ in found.tags} & {"link", "script", "iframe", "object"} == set()
    html = report_html(reading, EXAM, {}, load_lexicon(), pictures)
    assert "url(" not in html
    assert "@import" not in html
    assert html.index("All views") < html.index("<h2>") < html.index("Cluster 1:1")


def test_little_said_is_told_as_little():
    empty = Reading(id="r", reader="a", study_instance_uid=STUDY)
    assert "No calcifications were marked or described." in page(empty).text
    begun, finding = edits.add_finding(empty)
    begun, _ = edits.add_mark(begun, finding.id, ImageKey("9.9"), ImagePoint(1.0, 1.0), MarkKind.MACRO)
    begun, _ = edits.add_mark(
        begun, finding.id, ImageKey("9.9"), ImagePoint(1.0, 1.0), MarkKind.MACRO, spot(4.0, calibrated=False)
    )
    text = Page(report_html(begun, EXAM, {}, load_lexicon())).text
    assert "on a view not at hand" in text
    assert "Not looked up" in text
    assert "Morphology not described" in text
    assert f"Size {load_lexicon().word(MarkKind.MACRO)} (all marks)" in text
    assert "4.0 pixels (median of 1; spacing unknown)" in text
    assert "Not measured 1" in text
    assert " mm" not in text


def test_a_row_without_a_category_gives_none():
    empty = Reading(id="r", reader="a", study_instance_uid=STUDY)
    begun, _ = edits.add_finding(empty)
    assert follow_up(Description(), load_rules()).suggested_assessment is None
    assert "No category" in page(begun).text


def test_the_file_is_written_whole_or_not_at_all(tmp_path: Path, reading: Reading):
    path = tmp_path / "report.html"
    odd = edits.describe(reading, reading.findings[0].id, comment="\ud800")
    write_report(path, odd, EXAM, suggestions(reading), load_lexicon())
    assert "Fine pleomorphic" in Page(path.read_text(encoding="utf-8")).text
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]
    with pytest.raises(ExportError, match="could not be written"):
        write_report(tmp_path / "no" / "x.html", reading, EXAM, {}, load_lexicon())
