"""The decision table against a second, hand-written reading of it, and what is told beside a row."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.cli.rules import table_for_people
from annotator.errors import InvalidLexicon
from annotator.lexicon import load_lexicon
from annotator.lexicon.conditions import COMBINATIONS, UNSET, bits_of
from annotator.lexicon.decision_table import PLACEHOLDERS
from annotator.lexicon.entries import data_file
from annotator.model.finding import Change, Description, Distribution, Morphology, Spread, Stage
from annotator.model.follow_up import TAG, FollowUpAction
from annotator.model.mark import MarkKind
from annotator.rules import follow_up, load_rules, problems
from annotator.rules.areas import decide, values_in
from tests.unit.rules_by_hand import (
    CITATIONS,
    OUTCOMES,
    areas_by_hand,
    every_description,
    row_by_hand,
    step_by_hand,
)

TABLE = load_rules()
ROOT = Path(__file__).parents[2]


def test_every_combination_ends_in_the_row_found_by_hand():
    rows: Counter = Counter()
    wrong = []
    for said in every_description():
        result = follow_up(said, TABLE)
        rows[result.row] += 1
        row = row_by_hand(said)
        wanted = (row, OUTCOMES[row][0], *step_by_hand(row, "".join(said.morphology)))
        got = (result.row, result.suggested_assessment, result.follow_up, result.interval_months)
        if got != wanted or result.assumed:
            wrong.append((said, got, row))
    assert not wrong[:3]
    assert rows.total() == COMBINATIONS == 376_320
    assert rows["Z"] == 35_824
    assert set(rows) == set(OUTCOMES)


def test_a_table_tried_on_all_combinations_at_once_answers_as_one_by_one():
    tried = decide(TABLE)
    assert tried.decided == areas_by_hand()
    assert tried.left == 0
    assert sum(area.bit_count() for area in tried.decided.values()) == COMBINATIONS
    for row in TABLE.rows:
        assert TABLE.row_for(bits_of_values(values_in(tried.decided[row.id]))) is row


def bits_of_values(values: dict[str, str]) -> int:
    """The bits of a combination given as the value of each field."""
    said = {name: None if value == UNSET else value for name, value in values.items()}
    flags = {name: said[name] == "yes" for name in said if name in FLAGS}
    description = Description(
        stage=said["stage"], size=said["size"], spread=said["spread"], change=said["change"], **flags
    )
    return bits_of(description, said["morphology"], said["distribution"])


FLAGS = ("certain", "known_cancer_here", "adjacent_cancer", "priors_requested")


@pytest.mark.parametrize("stage", [Stage.SCREEN, Stage.WORKUP])
def test_what_is_not_said_of_stage_spread_and_change_is_looked_up_as_told(stage):
    assumed = {"stage": stage, "spread": Spread.ONE_SITE, "change": Change.NO_PRIOR}
    seen = 0
    for said in every_description():
        if any(getattr(said, name) is not value for name, value in assumed.items()):
            continue
        seen += 1
        unsaid = replace(said, stage=None, spread=None, change=None)
        result = follow_up(unsaid, TABLE, assumed_stage=stage)
        assert result.row == row_by_hand(said)
        assert [one.split(" not said")[0] for one in result.assumed] == ["Stage", "Spread", "Change"]
        assert replace(result, assumed=()) == follow_up(said, TABLE)
    assert seen == COMBINATIONS // (5 * 2 * 7)


def test_each_assumption_is_told_alone():
    said = Description(size=MarkKind.MACRO, stage=Stage.SCREEN, spread=Spread.BILATERAL, change=Change.NEW)
    for name in ("stage", "spread", "change"):
        told = follow_up(replace(said, **{name: None}), TABLE).assumed
        assert len(told) == 1
        assert told[0].lower().startswith(f"{name} not said: looked up as ")


def test_rows_cite_what_they_are_documented_with():
    assert {row.id: set(row.sources) for row in TABLE.rows} == CITATIONS


def test_the_table_that_comes_with_the_program_has_no_problems():
    for edition in ("5", "v2025"):
        assert problems(TABLE, load_lexicon(edition)) == ()


def said(*shapes: str, **more) -> Description:
    return Description(morphology=tuple(Morphology(s) for s in shapes), **more)


WORKUP = {"stage": Stage.WORKUP, "distributions": (Distribution.GROUPED,)}


@pytest.mark.parametrize(
    ("description", "row"),
    [
        (said("amorphous", "fine_linear", **WORKUP), "S6"),
        (said("fine_linear", "amorphous", **WORKUP), "S6"),
        (said("punctate", "amorphous", **WORKUP), "S2"),
        (said("round", "skin", certain=True, **WORKUP), "R3"),
        # incomplete at screening outranks benign
        (said("skin", "fine_pleo", certain=True, distributions=(Distribution.GROUPED,)), "M1"),
        (said("round", "rim", certain=True, distributions=(Distribution.DIFFUSE,)), "R1"),
        # a shape no rule speaks about keeps the finding from being called benign ...
        (
            said("skin", "punctate", certain=True, stage=Stage.WORKUP, distributions=(Distribution.SINGLE,)),
            "Z",
        ),
        # ... but hides no suspicion
        (said("punctate", "fine_pleo", stage=Stage.WORKUP, distributions=(Distribution.SINGLE,)), "S4"),
        (said("fine_linear", "skin", known_cancer_here=True, **WORKUP), "K1"),
    ],
)
def test_of_several_shapes_the_most_suspicious_decides(description, row):
    result = follow_up(description, TABLE)
    assert result.row == row
    assert any("decides" in note or "All shapes" in note for note in result.notes)
    assert follow_up(replace(description, morphology=description.morphology[::-1]), TABLE).row == row


SUSPICION = ["2", "3", None, "0", "4", "4A", "4B", "4C", "5", "6"]

descriptions = st.builds(
    Description,
    stage=st.sampled_from(Stage),
    size=st.sampled_from([*MarkKind, None]),
    morphology=st.lists(st.sampled_from(Morphology), min_size=1, max_size=4).map(tuple),
    distributions=st.lists(st.sampled_from(Distribution), max_size=2).map(tuple),
    spread=st.sampled_from(Spread),
    change=st.sampled_from(Change),
    certain=st.booleans(),
    known_cancer_here=st.booleans(),
    adjacent_cancer=st.booleans(),
    priors_requested=st.booleans(),
)


@given(descriptions)
def test_several_shapes_are_never_less_suspicious_than_each_of_them(description):
    def rank(result):
        return SUSPICION.index(result.suggested_assessment)

    alone = [follow_up(replace(description, morphology=(m,)), TABLE) for m in description.morphology]
    together = follow_up(description, TABLE)
    assert rank(together) == max(map(rank, alone))
    assert together.row in {one.row for one in alone}
    assert all(one[0].isupper() or one[0].isdigit() for one in together.because)


@given(descriptions)
def test_before_the_reader_has_chosen_nothing_names_a_category_or_a_share(description):
    before = follow_up(description, TABLE).before_choice()
    told = (before.text, *before.because, *before.notes, before.patient_pages, before.birads)
    assert not any(re.search(r"\b[Cc]ategor|\b4[ABC]\b|%", sentence) for sentence in told)


def notes_of(description: Description) -> str:
    return " ".join(follow_up(description, TABLE).notes)


def test_what_the_reader_should_know_is_said_beside_the_row():
    ductal = {"stage": Stage.WORKUP, "distributions": (Distribution.LINEAR,)}
    assert "4B" in notes_of(said("fine_pleo", **ductal))
    assert "LIB98" in notes_of(said("fine_linear", **ductal))
    assert "LIB98" not in notes_of(said("fine_linear", **WORKUP))
    assert "clinical review" in notes_of(said("round", change=Change.STABLE_2Y, **WORKUP))
    assert "KIM23" in notes_of(said("amorphous", "punctate", **WORKUP))
    assert "KIM23" not in notes_of(said("amorphous", **WORKUP))
    assert "6.8 %" in notes_of(said("amorphous", **WORKUP))
    assert "shape decides" in notes_of(said("coarse_het", size=MarkKind.MACRO, **WORKUP))
    assert "shape decides" in notes_of(said("coarse", size=MarkKind.MICRO, certain=True))
    assert notes_of(said("coarse_het", size=MarkKind.MICRO, **WORKUP)) == ""


def test_every_note_names_its_sources():
    some = islice(every_description(), 0, None, 11)
    shown = {note for one in some for note in follow_up(one, TABLE).notes}
    shown |= set(follow_up(said("amorphous", "punctate", **WORKUP), TABLE).notes[:1])
    starts = {note.text[:40]: note for note in TABLE.notes}
    met = set()
    for text in shown:
        note = starts[text[:40]]
        met.add(note.text)
        assert set(TAG.findall(text)) >= set(note.sources)
        assert text.endswith(".")
    assert met == {note.text for note in TABLE.notes}


def test_macro_never_outranks_a_suspicious_shape():
    result = follow_up(said("coarse_het", size=MarkKind.MACRO, **WORKUP), TABLE)
    assert (result.row, result.suggested_assessment) == ("S3", "4B")


def test_patient_pages_and_bi_rads_stand_side_by_side():
    macro = follow_up(Description(size=MarkKind.MACRO), TABLE)
    assert "SJRA-5" in macro.patient_pages
    assert "category 2" in macro.birads
    assert all(one.patient_pages and one.birads for one in TABLE.comparisons.values())
    assert follow_up(said("round", known_cancer_here=True), TABLE).patient_pages == ""
    micro = follow_up(Description(size=MarkKind.MICRO, stage=Stage.WORKUP), TABLE)
    assert (micro.row, micro.patient_pages, micro.birads) == ("E3", "", "")


def test_reasons_use_the_words_of_the_edition():
    milk = said("milk", certain=True)
    assert "Milk of calcium" in follow_up(milk, TABLE).because[0]
    later = follow_up(milk, TABLE, lexicon_edition="v2025")
    assert "Layering" in later.because[0]
    assert later.lexicon_edition == "v2025"


def test_the_follow_up_itself_names_no_category():
    lexicon = load_lexicon()
    for row in TABLE.rows:
        for outcome in (row.outcome, *row.by_morphology.values()):
            assert not re.search(r"\bcategory|\b4[ABC]", outcome.text)
    told = follow_up(said("amorphous", "punctate", **WORKUP), TABLE)
    before = told.before_choice()
    assert before.suggested_assessment is None
    assert (before.row, before.follow_up) == ("", None)
    assert told.because
    assert not before.because
    assert set(told.cited) <= set(lexicon.sources)


def test_every_source_tag_in_a_text_exists():
    lexicon = load_lexicon()
    texts = [t for row in TABLE.rows for t in row.because] + [note.text for note in TABLE.notes]
    texts += [t for one in TABLE.comparisons.values() for t in (one.patient_pages, one.birads)]
    tags = [part.split("]")[0] for text in texts for part in text.split("[")[1:]]
    assert len(tags) > 20
    assert set(tags) <= set(lexicon.sources)


def packaged() -> str:
    return data_file("follow_up.toml").read_text(encoding="utf-8")


def changed_table(tmp_path: Path, old: str, new: str):
    text = packaged()
    assert old in text
    path = tmp_path / "table.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return load_rules(path)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("when = [{}]", 'when = [{ certain = ["yes"] }]', "end in no row"),
        ('when = [{ known_cancer_here = ["yes"] }]', "when = [{}]", "Row E1 can never decide"),
        ('sources = ["PARK", "ASMT", "BR5"]', 'sources = ["PARC"]', "cites 'PARC'"),
        ('sources = ["SJRA-12", "MAYO-9"]', "sources = []", "cites no source"),
        ('compare = ["macro"]', 'compare = ["makro"]', "compares 'makro'"),
        ('rows = ["S5"]', 'rows = ["S9"]', "names row S9"),
        (
            'follow_up = "reader_decides"',
            'follow_up = "reader_decides"\nsuggestion = "2"',
            "must not suggest",
        ),
        ('suggestion = "6"\n', "", "suggests no category"),
    ],
)
def test_a_faulty_table_is_found_out(tmp_path, old, new, sentence):
    found = problems(changed_table(tmp_path, old, new), load_lexicon())
    assert any(sentence in problem for problem in found)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('stage = ["workup"]', 'stage = ["work-up"]', "stage has no value 'work-up'"),
        ("stage = [", "stagee = [", "unknown field 'stagee'"),
        ('suggestion = "6"', 'suggestion = "7"', "'7' is not an assessment category"),
        ('follow_up = "as_planned"', 'follow_up = "wait"', "'wait' is none of"),
        ('id = "E1"', 'id = "K1"', "row K1 stands there 2 times"),
        ('id = "K1"\n', 'id = "K1"\nwho = "me"\n', "row K1: unknown key 'who'"),
        ("{morphology}: a", "{name}: a", "uses {name}"),
        ("[row.by_morphology.skin]", "[row.by_morphology.sking]", "'sking' is not a morphology"),
        ("when = [{}]", "when = []", "row Z: when has no alternative"),
        ('version = "1.0.0"', "version = 1", "version must be a text"),
        ("[[note]]", "[[nota]]", "unknown table 'nota'"),
        ("[[note]]", "[[note", "not valid TOML"),
    ],
)
def test_a_table_that_cannot_be_understood_names_the_place(tmp_path, old, new, sentence):
    with pytest.raises(InvalidLexicon, match=r"table\.toml") as raised:
        changed_table(tmp_path, old, new)
    assert sentence in str(raised.value)


def test_a_missing_table_is_refused(tmp_path):
    with pytest.raises(InvalidLexicon, match="cannot be read"):
        load_rules(tmp_path / "none.toml")


def test_reasons_may_say_only_what_every_finding_has():
    result = [follow_up(Description(size=kind), TABLE) for kind in (*MarkKind, None)]
    assert all("{" not in reason for one in result for reason in one.because)
    assert set(PLACEHOLDERS) == {
        *("stage", "size", "morphology", "distribution", "spread", "change", "cancer")
    }


def test_every_follow_up_has_a_word_and_a_code_or_a_reason_why_not():
    assert set(load_lexicon().recommendations) == set(FollowUpAction)


def test_the_documented_table_is_the_one_in_force():
    written = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    assert table_for_people(TABLE, load_lexicon()) in written


def test_the_digest_tells_what_a_table_says_and_not_how_its_file_is_laid_out(tmp_path):
    laid_out = changed_table(tmp_path, "[[row]]", "# the first row\n\n[[row]]")
    assert laid_out.digest == TABLE.digest
    assert (laid_out.name, TABLE.name) == (f"{TABLE.version} of this site (table.toml)", TABLE.version)
    spelt_out = changed_table(tmp_path, 'stage = { not = ["surveillance"] }', 'stage = ["workup", "screen"]')
    assert spelt_out.digest == TABLE.digest
    others = [
        ('text = "Biopsy."', 'text = "Biopsy!"'),
        ('stage = ["fu6"]', 'stage = ["fu12"]'),
        ('version = "', 'version = "9'),
        ('sources = ["BR5", "V25a"]', 'sources = ["BR5"]'),
        ("[[note]]", '[[source]]\ntag = "SITE"\ncitation = "ours"\n\n[[note]]'),
    ]
    digests = {changed_table(tmp_path, old, new).digest for old, new in others}
    assert len(digests) == len(others)
    assert TABLE.digest not in digests
