"""The lexicon against the ids of the model, the context groups of DICOM and the domain material."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.sr.codedict import codes

from annotator.errors import CallError, InvalidLexicon
from annotator.exchange.code_check import CID_6027, GROUPS_OF, code_problems, count_codes
from annotator.lexicon import load_lexicon
from annotator.lexicon.entries import data_file
from annotator.lexicon.loader import EDITIONS, KINDS, Code, read_lexicon
from annotator.model.finding import (
    Assessment,
    Associated,
    Certainty,
    Change,
    Depth,
    Distribution,
    Morphology,
    Quadrant,
    Recommendation,
    Spread,
)
from annotator.model.mark import MarkKind
from annotator.model.seen_on_image import RecallReason

LEXICON = load_lexicon()
FILES = ("terms.toml", "assessments.toml", "sources.toml")


def copied(folder: Path) -> dict[str, str]:
    """The texts of the program's lexicon, copied to a folder to be damaged there."""
    texts = {name: data_file(name).read_text(encoding="utf-8") for name in FILES}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return texts


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
        ("cid6048", [LEXICON.concepts["certainty_of_finding"]]),
        ("cid6024", written_and_read(Depth)),
        ("cid6041", written_and_read(RecallReason)),
        ("cid6018", [LEXICON.clock_face(hour).code for hour in range(1, 13)]),
        ("cid6020", [LEXICON.code(quadrant) for quadrant in list(Quadrant)[:4]]),
        ("cid6018", [LEXICON.code(quadrant) for quadrant in list(Quadrant)[4:]]),
        ("cid6056", [LEXICON.code(Associated.NIPPLE_RETRACTION)]),
        ("cid6016", [LEXICON.code(Associated.MASS), *written_and_read(Associated)[2:4]]),
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
        for enum in (*KINDS.values(), Assessment, Recommendation):
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


def test_every_code_of_every_edition_is_one_of_dicom():
    for edition in EDITIONS:
        lexicon = load_lexicon(edition)
        assert code_problems(lexicon) == ()
        written = [t for t in lexicon.all_terms() if t.code]
        assert count_codes(lexicon) >= len(written) + len(lexicon.concepts)
        assert {t.kind for t in written} <= set(GROUPS_OF)


def test_a_code_that_dicom_does_not_have_is_named(tmp_path):
    text = copied(tmp_path)["terms.toml"]
    wrong = text.replace('"129757003", "SCT", "Calcified skin of breast"', '"129757003", "SCT", "Skin"')
    wrong = wrong.replace('"111209", "DCM", "Positioning"', '"999", "DCM", "Positioning"')
    wrong = wrong.replace('"309587003", "SCT", "Calcification of breast"', '"1", "SCT", "Calcification"')
    (tmp_path / "terms.toml").write_text(wrong, encoding="utf-8")
    skin, positioning, concept = code_problems(read_lexicon("5", tmp_path))
    assert "morphology skin: CID 6010" in skin
    assert "'Calcified skin of breast'" in skin
    assert "recall_reason positioning: CID 6041 has no code (999" in positioning
    assert "concept calcification_of_breast" in concept


def test_assessment_codes_are_the_whole_of_their_group():
    assert {LEXICON.code(item) for item in Assessment} == CID_6027


def test_quadrants_of_the_group_are_quadrants_and_regions_are_not():
    quadrants = {c for c, *_ in triplets(codes.cid6020)}
    assert {LEXICON.code(q).value for q in Quadrant} & quadrants == {
        LEXICON.code(q).value for q in list(Quadrant)[:4]
    }


def test_hours_of_the_clock_are_coded_as_said():
    for hour in range(1, 13):
        term = LEXICON.clock_face(hour)
        assert (term.word, term.code.meaning) == (f"{hour} o'clock", f"{hour} o'clock position")
    with pytest.raises(KeyError):
        LEXICON.clock_face(13)


def test_a_word_without_a_code_of_its_own_says_why():
    for item in (*Certainty, RecallReason.ARTEFACT, RecallReason.TISSUE_MISSED, Recommendation.TWELVE_MONTHS):
        term = LEXICON.term(item)
        assert term.code is None
        assert len(term.no_code) > 20
    assert LEXICON.term(RecallReason.ARTEFACT).also_read


MEANING = [
    "id",
    "kind",
    "key",
    "code",
    "also_read",
    "no_code",
    "group",
    "ppv",
    "sources",
    "other_words",
    "picture",
]


@given(st.sampled_from([(5, "v2025"), ("v2025", "5")]), st.data())
def test_another_edition_changes_words_and_no_meaning(editions, data):
    one, other = (load_lexicon(str(edition)) for edition in editions)
    index = data.draw(st.integers(0, len(one.all_terms()) - 1))
    here, there = one.all_terms()[index], other.all_terms()[index]
    for name in MEANING:
        assert getattr(here, name) == getattr(there, name)
    assert one.concepts == other.concepts
    assert one.sources == other.sources
    assert one.version == other.version


def test_words_that_editions_share_are_found_by_either():
    for edition in EDITIONS:
        lexicon = load_lexicon(edition)
        for name in ("milk", "Layering", "MILK OF CALCIUM", "morphology:milk"):
            assert [t.id for t in lexicon.find(name)] == ["milk"]
        assert [t.id for t in lexicon.find("clustered")] == ["grouped"]
        assert lexicon.find("nothing") == ()


@given(st.sampled_from(LEXICON.all_terms()))
def test_a_term_is_found_by_its_key_alone(term):
    assert LEXICON.find(term.key) == (term,)
    assert term in LEXICON.find(term.word)


PUBLISHED = [
    (Morphology.COARSE_HET, "12.8 %", "KIM18"), (Morphology.COARSE_HET, "45.4 %", "HEG"),
    (Morphology.AMORPHOUS, "about 20 %", "BR5"), (Morphology.AMORPHOUS, "7.2 %", "KIM18"),
    (Morphology.AMORPHOUS, "5.2 %", "KIM23"), (Morphology.AMORPHOUS, "1.0 %", "KIM23"),
    (Morphology.AMORPHOUS, "23.3 %", "KIM23"), (Morphology.AMORPHOUS, "9.5 %", "HEG"),
    (Morphology.FINE_PLEO, "29 %", "BR5"), (Morphology.FINE_PLEO, "50 %", "HEG"),
    (Morphology.FINE_LINEAR, "70 %", "BR5"), (Morphology.FINE_LINEAR, "81 %", "LIB98"),
    (Morphology.FINE_LINEAR, "100 %", "HEG"), (Morphology.FINE_LINEAR, "91.4 %", "KIM18"),
    (Distribution.DIFFUSE, "0 %", "KIM23"), (Distribution.REGIONAL, "13.2 %", "KIM18"),
    (Distribution.REGIONAL, "33 %", "MAT17"), (Distribution.GROUPED, "16.1 %", "KIM18"),
    (Distribution.GROUPED, "22 %", "MAT17"), (Distribution.LINEAR, "55 %", "MAT17"),
    (Distribution.LINEAR, "68 %", "LIB98"), (Distribution.SEGMENTAL, "42 %", "MAT17"),
    (Distribution.SEGMENTAL, "74 %", "LIB98"), (Distribution.SEGMENTAL, "54.5 %", "KIM18"),
]  # fmt: skip
"""Those of the domain brief, one by one."""


@pytest.mark.parametrize(("item", "value", "source"), PUBLISHED)
def test_a_published_share_stands_with_its_source(item, value, source):
    assert (value, source) in {(one.value, one.source) for one in LEXICON.term(item).ppv}


def test_no_share_is_told_that_no_series_gave():
    unverified = {
        "diffuse": (),
        "regional": ("26 %",),
        "grouped": ("31 %",),
        "linear": ("60 %",),
        "segmental": ("62 %",),
    }
    for term in LEXICON.all_terms():
        told = {one.value for one in term.ppv}
        assert not told & set(unverified.get(term.id, ()))
        assert all(one.counted and LEXICON.source(one.source).citation for one in term.ppv)


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
        ("terms.toml", 'sources = ["BR5"]', 'sources = ["BR5", "BR5"]', "skin: sources names 'BR5' twice"),
        ("terms.toml", 'value = "12.8 %"', 'value = "much"', "coarse_het, ppv 2: value 'much' is no share"),
        ("terms.toml", 'value = "12.8 %"', 'value = "128 %"', "value '128 %' is no share"),
        ("terms.toml", 'value = "12.8 %", ', "", "coarse_het, ppv 2: value is missing"),
        ("terms.toml", 'source = "HEG" }', 'source = "HEGG" }', "ppv 3: source cites 'HEGG'"),
        ("terms.toml", 'source = "HEG" }', 'source = "SJRA-8" }', "'SJRA-8' counted no findings"),
        ("terms.toml", 'source = "HEG" }', 'source = "MAT17" }', "'MAT17' does not stand in sources"),
        ("terms.toml", "ppv = [", "ppv = [ 5,", "ppv 1 is not a table"),
        (
            "terms.toml",
            'word = "Vascular"',
            'word = "Skin"',
            "word is 'Skin' in edition 5, which skin is called",
        ),
        (
            "terms.toml",
            '["129759000", "SCT", "Vascular calcification"]',
            '["129757003", "SCT", "Calcified skin of breast"]',
            "vascular: code is that of skin too",
        ),
        (
            "terms.toml",
            'word_v2025 = "Coarse"',
            'word_v2025 = "Coarse (popcorn-like)"',
            "word_v2025 says the same",
        ),
        ("terms.toml", 'dropped_in = ["v2025"]', 'dropped_in = ["5", "v2025"]', "names every edition"),
        (
            "terms.toml",
            '[["129754005", "SCT", "Lucent-centered calcification"]]',
            '[["129751002", "SCT", "Eggshell calcification"]]',
            "rim: also_read holds a code twice",
        ),
        ("terms.toml", 'id = "12"', 'id = "13"', "clock_face 12 stands there 0 times"),
        ("terms.toml", 'version = "1.0.0"', "version = 1", "head: version must be a text"),
        (
            "terms.toml",
            'word = "Micro"',
            'word = "Micro"\ngroup = "suspicious"',
            "size micro: unknown key 'group'",
        ),
        ("terms.toml", 'word = "Low"', "word = ''", "certainty low: word must be a text"),
        ("assessments.toml", 'id = "six_months"', 'id = "6_months"', "recommendation six_months is missing"),
        ("sources.toml", 'address = "https://pubmed.', 'address = "pubmed.', "is no address of the web"),
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
    text = copied(tmp_path)[file]
    assert old in text
    (tmp_path / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InvalidLexicon) as raised:
        read_lexicon("5", tmp_path)
    assert sentence in str(raised.value)


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(InvalidLexicon, match=r"sources\.toml cannot be read"):
        read_lexicon("5", tmp_path)
