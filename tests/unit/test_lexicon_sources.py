"""Every citation is opened: what is said of calcifications leads to a source, and every source is there for something."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from annotator.lexicon import load_lexicon
from annotator.lexicon.contradictions import load_contradictions
from annotator.lexicon.entries import data_file
from annotator.rules import TIE_RULES, load_rules

LEXICON = load_lexicon()
FILES = ("terms.toml", "assessments.toml", "follow_up.toml", "contradictions.toml", "sources.toml")
_TAG = re.compile(r"\[([A-Z][A-Za-z0-9]*(?:-[0-9A-Z]+)?)\]")
ADDRESSED = [
    "BR5",
    "ASMT",
    "HI",
    "KIM18",
    "KIM23",
    "MAT17",
    "LIB98",
    "HEG",
    "BLOG3",
    "RED",
    "RG24",
    "MBC",
    "BERG00",
    "CG",
    "RS",
    "BI",
    "SJRA",
    "MAYO",
]
"""The sources that the domain brief gives an address for."""


def citations() -> Iterator[tuple[str, str]]:
    """Who cites, and the tag."""
    for term in LEXICON.all_terms():
        yield from ((term.key, tag) for tag in term.sources)
        yield from ((f"{term.key} ppv", one.source) for one in term.ppv)
    table = load_rules()
    for row in table.rows:
        yield from ((f"row {row.id}", tag) for tag in row.sources)
        yield from ((f"row {row.id}", tag) for text in row.because for tag in _TAG.findall(text))
    for note in table.notes:
        yield from ((f"note {note.text[:30]!r}", tag) for tag in (*note.sources, *_TAG.findall(note.text)))
    for one in table.comparisons.values():
        said = _TAG.findall(one.patient_pages + one.birads)
        yield from ((f"comparison {one.id}", tag) for tag in (*one.sources, *said))
    for tie in TIE_RULES:
        yield from ((f"tie {tie.id}", tag) for tag in tie.sources)
    for lint in load_contradictions().values():
        yield from ((f"contradiction {lint.id}", tag) for tag in (*lint.sources, *_TAG.findall(lint.text)))


CITED = tuple(citations())


@pytest.mark.parametrize("tag", sorted({tag for _, tag in CITED}))
def test_a_citation_leads_to_its_source(tag: str):
    by = sorted({who for who, cited in CITED if cited == tag})
    assert tag in LEXICON.sources, f"{tag} is cited by {by}"
    source = LEXICON.source(tag)
    assert len(source.citation) > 20, by
    if "-" in tag and tag.split("-", maxsplit=1)[0] in ("SJRA", "MAYO"):
        assert len(source.sentence) > 20, by


def test_every_kind_of_statement_was_opened():
    kinds = {who.split(":")[0].split(" ")[0] for who, _ in CITED}
    assert {
        "morphology",
        "distribution",
        "assessment",
        "row",
        "note",
        "comparison",
        "tie",
        "contradiction",
    } <= kinds
    assert any(who.endswith(" ppv") for who, _ in CITED)


@pytest.mark.parametrize("tag", ADDRESSED)
def test_what_has_an_address_tells_it(tag: str):
    assert re.match(r"https?://[a-z0-9.-]+", LEXICON.source(tag).address)


def test_every_source_is_used_or_says_why_it_is_kept():
    used = {tag for _, tag in CITED} | {tag.split("-")[0] for _, tag in CITED}
    for tag, source in LEXICON.sources.items():
        assert (tag in used) != bool(source.kept), f"{tag}: used {tag in used}, kept {source.kept!r}"


def test_nothing_unverified_is_a_source():
    assert "GK" not in LEXICON.sources
    for file in FILES:
        assert "[GK" not in data_file(file).read_text(encoding="utf-8")
