"""The lexicon against the ids of the model, the context groups of DICOM and the domain material."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from pydicom.sr.codedict import codes

from annotator.errors import CallError, InvalidLexicon
from annotator.lexicon import load_lexicon
from annotator.lexicon.entries import data_file
from annotator.lexicon.loader import Code, read_lexicon
from annotator.model.finding import Assessment, Change, Distribution, Morphology, Spread, Stage
from annotator.model.mark import MarkKind

LEXICON = load_lexicon()
FILES = ("terms.toml", "assessments.toml", "sources.toml")


def triplets(group) -> set[tuple[str, str, str]]:
    found = (getattr(group, name) for name in group.dir())
    return {(code.value, code.scheme_designator, code.meaning) for code in found}


def written_and_read(*enums) -> list[Code]:
    terms = [LEXICON.term(item) for enum in enums for item in enum]
    return [c for t in terms for c in (t.code, *t.also_read) if c]


@pytest.mark.parametrize(
    ("group", "found"),
    [
        ("cid6010", written_and_read(Morphology, MarkKind)),
        ("cid6012", written_and_read(Distribution)),
        ("cid6002", written_and_read(Change)),
        ("cid6022", written_and_read(Spread)),
        ("cid6022", [LEXICON.concepts["right_breast"], LEXICON.concepts["left_breast"]]),
        ("cid6028", [c for r in LEXICON.recommendations.values() for c in (r.code, *r.also_read) if c]),
        (
            "cid6014",
            [LEXICON.concepts["calcification_cluster"], LEXICON.concepts["individual_calcification"]],
        ),
        ("cid6054", [LEXICON.concepts["calcification_of_breast"]]),
    ],
)
def test_codes_are_those_of_their_context_group(group, found):
    assert found
    assert {(c.value, c.scheme, c.meaning) for c in found} <= triplets(getattr(codes, group))
    assert all(c.version == "" for c in found)


def test_concept_names_are_dicom_codes():
    for name, keyword in (
        ("recommended_follow_up", "RecommendedFollowUp"),
        ("recommended_follow_up_date", "RecommendedFollowUpDate"),
        ("recommended_follow_up_interval", "RecommendedFollowUpInterval"),
    ):
        known = {k.lower(): getattr(codes.DCM, k) for k in dir(codes.DCM)}[keyword.lower()]
        ours = LEXICON.concepts[name]
        assert (ours.value, ours.scheme, ours.meaning) == (
            known.value,
            known.scheme_designator,
            known.meaning,
        )


def test_assessment_codes_are_those_of_the_domain_material(shared_data):
    path = shared_data.parent / "domain" / "codes.json"
    if not path.exists():
        pytest.skip("no domain material beside the test data")
    groups = json.loads(path.read_text(encoding="utf-8"))["cid"]
    ours = [LEXICON.code(item) for item in Assessment]
    assert [[p for p in (c.value, c.scheme, c.meaning, c.version) if p] for c in ours] == groups["6027"][
        "entries"
    ]
    known = {tuple(entry[:3]) for group in groups.values() for entry in group["entries"]}
    shapes = written_and_read(Morphology, Distribution, Change, MarkKind)
    assert {(c.value, c.scheme, c.meaning) for c in shapes} <= known


def test_assessment_codes_keep_their_own_meaning_beside_the_words_of_the_edition():
    assert LEXICON.word(Assessment.HIGH_SUSPICION) == "High suspicion"
    assert LEXICON.code(Assessment.HIGH_SUSPICION) == Code(
        "MA.II.A.5.4C", "BI", "4C - Moderate suspicion", "4.0"
    )


def test_every_id_of_the_model_has_words_in_every_edition():
    for edition in ("5", "v2025"):
        lexicon = load_lexicon(edition)
        for enum in (Morphology, Distribution, Stage, Change, Spread, MarkKind, Assessment):
            words = [lexicon.word(item) for item in enum]
            assert all(words)
            assert len(set(words)) == len(words)


def test_words_follow_the_edition():
    later = load_lexicon("v2025")
    assert (LEXICON.word(Morphology.MILK), later.word(Morphology.MILK)) == ("Milk of calcium", "Layering")
    assert LEXICON.offered(Morphology) == tuple(Morphology)
    assert set(Morphology) - set(later.offered(Morphology)) == {Morphology.DYSTROPHIC}
    assert later.assessments[Assessment.INCOMPLETE].management != (
        LEXICON.assessments[Assessment.INCOMPLETE].management
    )


def test_ids_that_share_a_spelling_are_told_apart():
    assert LEXICON.term(Distribution.LINEAR).word == "Linear"
    assert LEXICON.term(MarkKind.MICRO).code == Code("44771000", "SCT", "Microcalcifications of the breast")


def test_an_unknown_edition_is_refused():
    with pytest.raises(CallError, match="choose one of 5, v2025"):
        load_lexicon("6")


def test_a_sentence_of_a_patient_page_is_a_source_of_its_own():
    source = LEXICON.source("SJRA-8")
    assert "magnification" in source.sentence
    assert source.citation == LEXICON.source("SJRA").citation


def test_where_dicom_has_no_code_the_reason_is_given():
    for item in (Morphology.UNCHARACTERISED, Distribution.SINGLE, Change.MORPH_CHANGED):
        assert LEXICON.code(item) is None
        assert LEXICON.term(item).no_code


@pytest.mark.parametrize(
    ("file", "old", "new", "sentence"),
    [
        ("terms.toml", 'id = "skin"', 'id = "skinn"', "morphology skin stands there 0 times"),
        ("terms.toml", 'id = "skin"', 'id = "vascular"', "stands there"),
        ("terms.toml", 'word = "Skin"', 'wort = "Skin"', "morphology skin: word is missing"),
        ("terms.toml", 'word = "Skin"', 'word = "Skin"\ncolour = "red"', "unknown key 'colour'"),
        ("terms.toml", 'group = "typically benign"', 'group = "nice"', "'nice' is none of"),
        ("terms.toml", '"SCT", "Calcified skin', '5, "Calcified skin', "a code is"),
        ("terms.toml", "no_code =", "note =", "give either code or"),
        ("terms.toml", 'sources = ["BR5"]', 'sources = ["BR55"]', "morphology skin: sources cites 'BR55'"),
        ("terms.toml", 'sources = ["BR5"]', "sources = []", "name at least one source"),
        ("terms.toml", 'dropped_in = ["v2025"]', 'dropped_in = ["2025"]', "names no edition with '2025'"),
        ("terms.toml", "[[spread]]", "[[spreads]]", "unknown table 'spreads'"),
        ("terms.toml", 'id = "left_breast"', 'id = "right_breast"', "concept right_breast: this id is used"),
        ("assessments.toml", 'id = "4A"', 'id = "4D"', "not an assessment category"),
        ("assessments.toml", 'interval = [6, "mo"]', 'interval = ["6", "mo"]', "interval must be"),
        ("assessments.toml", "[[assessment]]", "[[assessment", "assessments.toml is not valid TOML"),
        ("sources.toml", 'tag = "ASMT"', 'tag = "BR5"', "source BR5: this tag is used twice"),
    ],
)
def test_a_faulty_file_names_the_entry(tmp_path, file, old, new, sentence):
    for name in FILES:
        with data_file(name).open("rb") as packaged, (tmp_path / name).open("wb") as copy:
            shutil.copyfileobj(packaged, copy)
    text = (tmp_path / file).read_text(encoding="utf-8")
    assert old in text
    (tmp_path / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InvalidLexicon) as raised:
        read_lexicon("5", tmp_path)
    assert sentence in str(raised.value)


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(InvalidLexicon, match=r"sources\.toml cannot be read"):
        read_lexicon("5", tmp_path)
