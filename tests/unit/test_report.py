"""The report: what it must say in each of its forms, and what must never be in it."""

from __future__ import annotations

import base64
import re
from dataclasses import fields, replace
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotator.exchange.report_content import PRELIMINARY, report_of
from annotator.exchange.report_finding import FLAGS, Beside, ranked
from annotator.exchange.report_html import report_html
from annotator.exchange.report_parts import NOT_SAID, Picture, Pictures, shown_safely
from annotator.exchange.report_text import COLUMNS, LACKING, as_ascii, report_text
from annotator.lexicon.loader import load_lexicon
from annotator.model import edits
from annotator.model.candidate import Candidate
from annotator.model.finding import Assessment, Description, Finding, Morphology, Reading, SaidLength
from annotator.model.geometry import ImagePoint
from annotator.model.image import ImageKey
from annotator.model.mark import MarkKind
from annotator.model.origin import Origin
from annotator.model.signing import Signature, SignedFinding
from annotator.rules import follow_up, load_rules
from tests.unit.made_report import PNG, STUDY, full, marked, material, report, spot

VOID = {"meta", "img", "br", "link", "col"}


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
        return flat(" ".join(self.words))


def flat(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def page(reading: Reading, **how: Any) -> Page:
    return Page(report_html(report(reading, **how)))


def plain(reading: Reading, **how: Any) -> str:
    return flat(report_text(report(reading, **how)))


FORMS = (lambda reading: page(reading).text, plain)


def said_words(finding: Finding, edition: str) -> dict[str, str]:
    """Every field of a finding that is said, as the edition says it."""
    lexicon = load_lexicon(edition)
    found: dict[str, str] = {}
    for field in fields(Finding):
        value = getattr(finding, field.name)
        if field.name in ("id", "number", "tracking_uid", "kept") or value in (None, (), "", False):
            continue
        if field.name in FLAGS:
            found[field.name] = FLAGS[field.name]
        elif field.name == "laterality":
            found[field.name] = {"R": "Right breast", "L": "Left breast", "B": "Both breasts"}[value]
        elif field.name == "clock_face":
            found[field.name] = lexicon.clock_face(value).word
        elif field.name == "recommended_months":
            found[field.name] = f"in {value} months"
        elif isinstance(value, SaidLength | Origin | str) and not hasattr(value, "name"):
            found[field.name] = str(value)
        elif field.name == "morphology":
            found[field.name] = ", ".join(lexicon.word(one) for one in ranked(value, lexicon))
        elif isinstance(value, tuple):
            found[field.name] = ", ".join(lexicon.word(one) for one in value)
        else:
            found[field.name] = lexicon.word(value)
    return found


@pytest.mark.parametrize("edition", ["5", "v2025"])
@pytest.mark.parametrize("form", FORMS)
def test_everything_said_is_told_in_the_words_of_the_edition(form, edition: str) -> None:
    reading = replace(full(), lexicon_edition=edition)
    words = said_words(reading.findings[0], edition)
    assert len(words) == len(fields(Finding)) - 4
    text = form(reading)
    assert {name: said for name, said in words.items() if said not in text} == {}
    for one in ("Motion", "blurred below", "Nipple placed on", "uncalibrated"):
        assert one in text


SAYABLE = [f.name for f in fields(Finding) if f.name not in ("id", "number", "tracking_uid", "kept")]


@settings(max_examples=60)
@given(st.sets(st.sampled_from(SAYABLE)))
def test_what_is_not_said_is_in_no_form(chosen: set[str]) -> None:
    whole = full().findings[0]
    bare = replace(edits.set_stage(full(), None), recalls=(), nipples=())
    empty = marked().findings[0]
    finding = replace(empty, id=whole.id, **{name: getattr(whole, name) for name in chosen})
    reading = replace(bare, findings=(finding,))
    everything = said_words(whole, "5")
    made = material(reading)
    # what was measured and what the table says use the same words: they are looked at elsewhere
    made = replace(made, beside={finding.id: Beside(contradictions=())}, breasts=material(bare).breasts)
    texts = (Page(report_html(report_of(made))).text, flat(report_text(report_of(made))))
    for text in texts:
        for name, words in everything.items():
            if name == "size" or (name == "recommended_months" and "recommendation" not in chosen):
                continue  # all marks agree on the size; months alone are told as they are
            assert (words in text) == (name in chosen), (name, words)


@pytest.mark.parametrize("form", FORMS)
def test_the_readers_category_comes_first_and_the_suggestion_beside_it(form) -> None:
    reading = edits.describe(full(), full().findings[0].id, known_cancer_here=False)
    text = form(reading)
    found = follow_up(reading.described(reading.findings[0].id), load_rules())
    mine, theirs = text.index("4A Low suspicion"), text.index(f"{found.suggested_assessment} ")
    assert re.search("reader's category", text, re.IGNORECASE).start() < mine
    assert mine < text.index("Row ", mine)
    assert theirs
    assert f"table {load_rules().version}" in text
    for reason in (*found.because, *found.notes, found.patient_pages, found.birads):
        assert reason.rstrip(".") in text
    for assumed in found.assumed:
        assert assumed in text


@pytest.mark.parametrize("form", FORMS)
def test_before_the_reader_has_chosen_no_category_is_told(form) -> None:
    reading = edits.describe(full(), full().findings[0].id, assessment=None, known_cancer_here=False)
    made = material(reading)
    beside = {key: replace(one, seen=()) for key, one in made.beside.items()}
    made = report_of(replace(made, beside=beside))
    text = Page(report_html(made)).text if form is FORMS[0] else flat(report_text(made))
    assert re.search(f"reader's category:? {NOT_SAID}", text, re.IGNORECASE)
    assert "told after the reader's own" in text
    assert re.findall(r"4[ABC]|[Cc]ategory [0-9]|suspicion|\b[Rr]ow [A-Z]", text) == []


def test_every_tag_in_the_text_is_spelled_out() -> None:
    lexicon = load_lexicon()
    text = page(full()).text
    listed = text[text.rindex("Sources") :]
    tags = set(re.findall(r"\[([A-Z][A-Za-z0-9-]*)\]", text))
    assert "BR5" in tags
    for tag in tags:
        assert f"[{tag}] {lexicon.source(tag).citation}" in listed


@pytest.mark.parametrize("form", FORMS)
def test_it_is_no_medical_device_and_says_so(form) -> None:
    assert "not a medical device" in form(full())
    assert form(full()).count(PRELIMINARY) >= 1


def test_nobody_is_named_unless_asked_for() -> None:
    secrets = ("Doe^", "Jane", "12345", "20240131", "2024-01-31", "2023-07-30", STUDY, "2.25.")
    html, text = report_html(report(full())), report_text(report(full()))
    assert [secret for secret in secrets if secret in html or secret in text] == []
    assert "6 months earlier: category 3, 4 marks" in text
    for named in (page(full(), identified=True).text, plain(full(), identified=True)):
        for part in ("Doe^Jane, P-12345", STUDY, "2024-01-31", "6 months earlier (2023-07-30)"):
            assert part in named


HOSTILE = (
    '"><script>x</script>\x1b[2J\x00\u202egnp.exe\u2066 \ud800 </style> \u05e9\u05dc\u05d5\u05dd ' + "w" * 300
)


def test_what_people_wrote_is_text_and_never_code() -> None:
    reading = edits.describe(full(), full().findings[0].id, comment=HOSTILE)
    reading = replace(reading, reader=HOSTILE)
    html = report_html(report(reading))
    found = Page(html)
    assert "script" not in {tag for tag, _ in found.tags}
    assert html.count("</style>") == 1
    assert "<script>x</script>" in found.text
    assert re.findall("[\x00\x1b\u202e\u2066\ud800]", html) == []
    assert "\u05e9\u05dc\u05d5\u05dd" in html
    text = report_text(report(reading))
    assert text.isascii()
    assert text.isprintable() or not re.findall(r"[^\x20-\x7e\n]", text)
    assert flat(LACKING) in flat(text)
    html.encode()


@settings(max_examples=80)
@given(st.text(max_size=400), st.text(max_size=60))
def test_any_words_leave_both_forms_whole(comment: str, reader: str) -> None:
    reading = replace(
        edits.describe(marked(), marked().findings[0].id, comment=comment), reader=reader or "a"
    )
    made = report(reading)
    assert shown_safely(made) == made
    text = report_text(made)
    assert max(map(len, text.split("\n"))) <= COLUMNS
    assert re.findall(r"[^\x20-\x7e\n]", text) == []
    report_html(made).encode()
    Page(report_html(made))


def test_a_long_comment_and_many_findings_stay_readable() -> None:
    long = "word " * 2000
    reading = edits.describe(full(), full().findings[0].id, comment=long)
    for _ in range(49):
        reading, _finding = edits.add_finding(reading)
    text = report_text(report(reading))
    assert flat(long).strip() in flat(text)
    assert max(map(len, text.split("\n"))) <= COLUMNS
    found = page(reading)
    assert sum(attrs.get("class") == "section page" for _, attrs in found.tags) == 50
    assert all(f"F{number} marked on no view" in found.text for number in range(2, 51))


def test_one_finding_has_a_page_of_its_own() -> None:
    reading, other = edits.add_finding(full())
    text = plain(reading, finding_id=other.id)
    assert "BREAST CALCIFICATION REPORT, FINDING F2" in text
    assert "F1" not in text.replace("F1" + "9994", "")
    assert "Fine pleomorphic" not in text
    with pytest.raises(KeyError):
        report(reading, finding_id="nothing")


def test_the_page_needs_nothing_else() -> None:
    reading = full()
    made = material(reading)
    rows = (Pictures("RCC", (Picture(PNG, '"><b>', 1, 1), Picture(PNG, "1:1", 1, 1))),)
    beside = {key: replace(one, pictures=rows) for key, one in made.beside.items()}
    html = report_html(report_of(replace(made, beside=beside)))
    found = Page(html)
    images = [attrs for tag, attrs in found.tags if tag == "img"]
    sources = [(attrs["src"] or "").removeprefix("data:image/png;base64,") for attrs in images]
    assert [base64.b64decode(source) for source in sources] == [PNG, PNG]
    assert images[0]["alt"] == '"><b>'
    assert {tag for tag, _ in found.tags} & {"link", "script", "iframe", "object"} == set()
    assert "url(" not in html
    assert "@import" not in html


@pytest.mark.parametrize("form", FORMS)
def test_little_said_is_told_as_little(form) -> None:
    empty = Reading(id="r", reader="a", study_instance_uid=STUDY)
    assert "No calcifications were marked or described." in form(empty)
    begun, finding = edits.add_finding(empty)
    begun, _ = edits.add_mark(begun, finding.id, ImageKey("9.9"), ImagePoint(1.0, 1.0), MarkKind.MACRO)
    begun, _ = edits.add_mark(
        begun,
        finding.id,
        ImageKey("9.9"),
        ImagePoint(1.0, 1.0),
        MarkKind.MACRO,
        spot(4.0, calibrated=False),
    )
    made = report_of(replace(material(begun), beside={}))
    text = Page(report_html(made)).text if form is FORMS[0] else flat(report_text(made))
    assert "on a view not at hand" in text
    assert "not looked up" in text
    assert "Not looked for: the images were not at hand." in text
    assert "median 4.0 pixels (of 1; no one calibration)" in text
    assert "1 not measured" in text
    assert " mm" not in text


def test_a_row_without_a_category_gives_none() -> None:
    begun, _ = edits.add_finding(Reading(id="r", reader="a", study_instance_uid=STUDY))
    assert follow_up(Description(), load_rules()).suggested_assessment is None
    assert "no category" in page(begun).text


def test_shapes_stand_by_suspicion() -> None:
    lexicon = load_lexicon()
    shapes = (Morphology.SKIN, Morphology.AMORPHOUS, Morphology.FINE_LINEAR, Morphology.ROUND)
    assert ranked(shapes, lexicon)[:2] == (Morphology.FINE_LINEAR, Morphology.AMORPHOUS)
    assert ranked(shapes, lexicon) == ranked(shapes[::-1], lexicon)


def signed(reading: Reading, version: int, reason: str = "") -> Reading:
    found = [
        SignedFinding(
            finding_id=f.id,
            follow_up=follow_up(reading.described(f.id), load_rules()),
            assessment=f.assessment,
        )
        for f in reading.findings
    ]
    return edits.sign(
        reading,
        Signature(
            version=version,
            reader="dr a",
            at=f"2026-03-0{version}T14:05:09Z",
            reason=reason,
            content="x",
            program_version="0.1.0",
            lexicon_edition="5",
            lexicon_version="1.0.0",
            rules_version="1.0.0",
            rules="y",
            display="uncalibrated",
            findings=tuple(found),
        ),
    )


def test_a_signed_report_tells_every_version_with_reason_and_change() -> None:
    first = signed(full(), 1)
    text = plain(first)
    assert "SIGNED, version 1, dr a, 2026-03-01 14:05:09 UTC" in text
    assert PRELIMINARY not in text
    opened = edits.amend(first, "a second look")
    assert f"{PRELIMINARY}, amendment of version 1" in plain(opened)
    assert "Open again because: a second look" in plain(opened)
    later = edits.describe(opened, opened.findings[0].id, assessment=Assessment.HIGH_SUSPICION)
    second = signed(later, 2, "a second look")
    made = report_of(replace(material(second), changes={2: "set the assessment of F1"}))
    for words in (Page(report_html(made)).text, flat(report_text(made))):
        assert "Version 2 signed by dr a" in words
        assert "Amended because: a second look" in words
        assert "Changed in version 2: set the assessment of F1." in words
        assert "lexicon 1.0.0 (edition 5), table 1.0.0" in words


def test_content_other_than_what_was_signed_is_preliminary() -> None:
    made = report_of(replace(material(signed(full(), 1)), as_signed=False))
    assert made.status == f"{PRELIMINARY}, not what was signed"
    assert not made.signed


def test_what_differs_today_is_told_beside() -> None:
    made = material(signed(full(), 1))
    beside = {key: replace(one, since=("Row S2 then, row S4 now.",)) for key, one in made.beside.items()}
    text = flat(report_text(report_of(replace(made, beside=beside))))
    assert "LOOKED UP AGAIN TODAY - Row S2 then, row S4 now." in text


def test_signs_are_spelled_and_letters_keep_their_kind() -> None:
    assert as_ascii("M\u00fcller \u2265 5 \u00b5m \u00b1 1\u00d72 \u2013 \u201cx\u201d\u2026") == (
        'Muller >= 5 um +/- 1x2 - "x"...'
    )
    assert as_ascii("\u65e5\u672c?") == "???"


def test_verdicts_on_candidates_are_told_in_one_line_with_the_model() -> None:
    def spot_at(name: str) -> Candidate:
        return Candidate(name, ImageKey("2.25.1", 1), ImagePoint(9.0, 9.0), 0.9, 4.0)

    assert "Candidates for labelling" not in report_text(report_of(material(full())))
    reading = edits.reject_candidates(full(), "m-2", [spot_at("a"), spot_at("b")])
    accepted = [edits.AcceptedCandidate(spot_at("c"), ImagePoint(9.0, 9.0), MarkKind.MICRO)]
    reading, _ = edits.accept_candidates(reading, reading.findings[0].id, "m-2", accepted)
    told = flat(report_text(report_of(material(reading))))
    assert (
        "Candidates for labelling: 1 accepted, 2 rejected (model m-2); proposed by a program trained on"
        in told
    )
    one = flat(report_text(report_of(material(reading), reading.findings[0].id)))
    assert "accepted" not in one
