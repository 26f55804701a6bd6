"""A site's own decision table: how it is checked, compared with the one of the program, and put in force."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.bootstrap import open_workspace
from annotator.cli import main
from annotator.errors import InvalidLexicon
from annotator.exchange.finding_json import findings_document
from annotator.lexicon import load_lexicon
from annotator.lexicon.conditions import COMBINATIONS, FIELDS, read_condition, values_of
from annotator.lexicon.entries import Entry, data_file
from annotator.model import edits
from annotator.model.finding import Assessment, Description, Morphology, Reading, Stage
from annotator.rules import follow_up, load_rules, problems, rules_in_use
from annotator.rules.areas import EVERYTHING, of_condition, values_in
from annotator.rules.checks import in_words, overlaps
from annotator.rules.comparing import differences
from annotator.settings import load_settings

TABLE, LEXICON = load_rules(), load_lexicon()
WRITTEN = data_file("follow_up.toml").read_text(encoding="utf-8")


def site_file(folder: Path, *changes: tuple[str, str]) -> Path:
    """The program's table with a version of its own and each text replaced once."""
    text = WRITTEN
    for old, new in (('version = "', 'version = "site-'), *changes):
        assert old in text
        text = text.replace(old, new, 1)
    path = folder / "site.toml"
    path.write_text(text, encoding="utf-8")
    return path


def found_in(folder: Path, *changes: tuple[str, str]) -> tuple[str, ...]:
    return problems(load_rules(site_file(folder, *changes)), LEXICON)


def every_combination() -> Iterator[int]:
    """The bits of each description with one shape or none: one bit of every field, one after the other."""
    bit = itertools.count()
    each = [[1 << next(bit) for _ in possible] for possible in FIELDS.values()]
    return map(sum, itertools.product(*each))


EVERY = tuple(every_combination())

conditions = st.lists(
    st.dictionaries(
        st.sampled_from(sorted(FIELDS)),
        st.integers(1, 200),
        max_size=4,
    ).map(
        lambda picked: {
            field: [value for place, value in enumerate(FIELDS[field]) if bits >> place & 1]
            or [FIELDS[field][0]]
            for field, bits in picked.items()
        }
    ),
    min_size=1,
    max_size=3,
)


@given(conditions, st.lists(st.integers(0, COMBINATIONS - 1), min_size=20, max_size=20))
def test_an_area_is_where_its_condition_holds(written, numbers):
    condition = read_condition(Entry("t", "row", {}), written, {})
    area = of_condition(condition)
    for number in numbers:
        assert bool(area >> number & 1) == condition.holds(EVERY[number])
        assert values_in(1 << number) == values_of(EVERY[number])


def test_an_area_of_no_condition_is_everything():
    assert of_condition(read_condition(Entry("t", "row", {}), [{}], {})) == EVERYTHING
    assert EVERYTHING.bit_count() == COMBINATIONS == len(EVERY)


def test_a_sites_table_that_only_has_another_version_is_in_order(tmp_path):
    assert found_in(tmp_path) == ()
    assert rules_in_use(str(site_file(tmp_path)), LEXICON).version == f"site-{TABLE.version}"
    assert rules_in_use("", LEXICON).file == ""


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            [('version = "site-', 'version = "'), ('text = "Biopsy."', 'text = "Biopsy!"')],
            "is that of the table of the program",
        ),
        (
            [("when = [{}]", 'when = [{ spread = ["bilateral"] }]')],
            "combinations end in no row, for example: ",
        ),
        ([('when = [{ morphology = ["unset"], size', "when = [{}, { size")], "Row B1 can never decide"),
        (
            [('[row.by_morphology.milk]\nfollow_up = "additional_views"', "[row.by_morphology.round]")],
            "Row B2 never decides for round",
        ),
        (
            [('rows = ["S5"]', 'rows = ["S5"]\nwhen = [{ stage = ["screen"] }]')],
            "can never be shown: none of its rows",
        ),
        ([('compare = ["doubtful type"]', "")], "Comparison 'doubtful type' can never be shown"),
        ([("29 % were malignant [BR5]", "29 % were malignant [BR6]")], "cites 'BR6'"),
        ([('sources = ["RP-3"]\ncompare', "sources = []\ncompare")], "Row R2 cites no source"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(tmp_path, changes, sentence):
    found = found_in(tmp_path, *changes)
    assert any(sentence in one for one in found), found
    assert all(one.endswith(".") for one in found)
    with pytest.raises(InvalidLexicon, match=r"^site\.toml: ") as raised:
        rules_in_use(str(tmp_path / "site.toml"), LEXICON)
    assert str(raised.value).count("\n") == 0


OWN_SOURCE = """
[[source]]
tag = "SITE"
citation = "Guideline of this site, 2026"
address = "https://example.org/guideline"
[source.sentences]
3 = "Groups of amorphous calcifications are biopsied within two weeks."
"""


def test_a_site_brings_its_own_sources(tmp_path):
    cites = (
        'sources = ["BR5"]\ncompare = ["indeterminate"',
        'sources = ["BR5", "SITE-3"]\ncompare = ["indeterminate"',
    )
    assert any("cites 'SITE-3'" in one for one in found_in(tmp_path, cites))
    with_source = ("[sets.stage]", f"{OWN_SOURCE}\n[sets.stage]")
    assert found_in(tmp_path, cites, with_source) == ()
    workspace = open_workspace(
        load_settings(
            overrides={
                "database": f"sqlite:///{tmp_path / 'r.db'}",
                "rules_file": str(tmp_path / "site.toml"),
            }
        )
    )
    try:
        assert workspace.rules_warning == ""
        reading, finding = edits.add_finding(Reading(id="r", reader="a", study_instance_uid="1"))
        reading = edits.describe(
            reading,
            finding.id,
            morphology=(Morphology.AMORPHOUS,),
            stage=Stage.WORKUP,
            assessment=Assessment.SUSPICIOUS,
        )
        told = workspace.follow_up(reading, finding.id)
        assert told.rules_version == f"site-{TABLE.version}"
        assert "SITE-3" in told.cited
        assert "two weeks" in workspace.lexicon.source("SITE-3").sentence
        document = findings_document(reading, {}, {finding.id: told}, sources=workspace.lexicon.sources)
        assert document["sources"]["SITE-3"]["citation"] == "Guideline of this site, 2026"
    finally:
        workspace.close()


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ('[[source]]\ntag = "BR5"\ncitation = "ours"\n', "source BR5: the program has a source of that tag"),
        ('[[source]]\ntag = "SITE 1"\ncitation = "ours"\n', "source 'SITE 1': a tag is letters and digits"),
        ('[[source]]\ntag = "SITE"\n', "source SITE: citation is missing"),
        (
            '[[source]]\ntag = "SITE"\ncitation = "a"\n[source.sentences]\n1 = 2\n',
            "sentence 1 must be a text",
        ),
    ],
)
def test_a_source_that_could_be_taken_for_another_is_refused(tmp_path, source, sentence):
    with pytest.raises(InvalidLexicon) as raised:
        found_in(tmp_path, ("[sets.stage]", f"{source}\n[sets.stage]"))
    assert sentence in str(raised.value)


def test_rows_whose_order_matters_are_told_with_an_example(tmp_path):
    found = {(one.above, one.below): one for one in overlaps(TABLE, LEXICON)}
    by_hand = found["S2d", "S2"]
    # amorphous, diffuse, one site, not worse, after work-up without E2's and S1's: counted by hand
    one_site_not_worse = 3 * 1 * 1 * 1
    stages = {"workup": 4, "fu6": 3, "fu12": 3, "fu24": 3}
    assert by_hand.count == one_site_not_worse * sum(stages.values()) * 2 * 2 * 2
    assert by_hand.example == "after magnification views; micro; amorphous; diffuse; one site; no prior exam"
    # both lead to the same, so their order does not matter
    assert ("F3", "B3") not in found
    assert ("B1", "R1") not in found
    # nothing is left of what they share once the rows above have decided
    assert ("R1", "S1") not in found
    assert not any("Z" in pair for pair in found)
    swapped = {
        (one.above, one.below)
        for one in overlaps(replace(TABLE, rows=(*TABLE.rows[-2::-1], TABLE.rows[-1])), LEXICON)
    }
    assert ("S2", "S2d") in swapped


def test_a_combination_is_said_as_a_reader_would():
    values = dict.fromkeys(("certain", "adjacent_cancer", "priors_requested"), "no") | {
        "known_cancer_here": "yes"
    }
    assert in_words({"size": "unset", "morphology": "milk", "stage": "fu6", **values}, LEXICON) == (
        "size not said; milk of calcium; 6-month surveillance; known cancer here"
    )


def test_a_table_does_not_differ_from_itself():
    same = differences(TABLE, TABLE, LEXICON)
    assert (same.sentences, same.row, same.category, same.follow_up, same.moved) == ((), 0, 0, 0, ())


def test_the_difference_is_told_in_sentences_and_counted(tmp_path):
    s2 = 'when = [{ stage = ["after work-up"], morphology = ["amorphous"] }]\nsuggestion = "4B"\nfollow_up = "biopsy"'
    new = s2.replace("4B", "3").replace("biopsy", "six_months") + "\ninterval_months = 6"
    path = site_file(
        tmp_path,
        (s2, new),
        ('sources = ["BR5", "HI"]', 'sources = ["BR5"]'),
        ('id = "R5"', 'id = "R5x"'),
        ("Routine screening; magnification views as a baseline are optional.", "Routine screening."),
        ("Another series found 6.8 %", "A series found 6.8 %"),
    )
    found = differences(TABLE, load_rules(path), LEXICON)
    for sentence in (
        f"Version {TABLE.version} is now site-{TABLE.version}.",
        "Row R5 is gone (category 4, biopsy).",
        "Row R5x is new (category 4, biopsy).",
        "Row S2: category 4B, now 3.",
        "Row S2: follow-up biopsy, now six months.",
        "Row S2: no interval, now in 6 months.",
        "Row S3: cites BR5, formerly BR5, HI.",
        "Row S1: says 'Routine screening.', formerly 'Routine screening; magnification views as a baseline are optional.'.",
    ):
        assert sentence in found.sentences
    assert sum(one.startswith("Note ") for one in found.sentences) == 2
    # counted one by one
    table = load_rules(path)
    rows = categories = 0
    for bits in EVERY:
        was, now = TABLE.row_for(bits), table.row_for(bits)
        rows += was.id != now.id
        categories += was.suggestion != now.suggestion
    assert (found.row, found.category, found.follow_up) == (rows, categories, categories)
    assert sum(one.count for one in found.moved) == rows + categories
    assert {(one.before, one.after) for one in found.moved} == {
        ("row R5 (category 4, biopsy)", "row R5x (category 4, biopsy)"),
        ("row S2 (category 4B, biopsy)", "row S2 (category 3, six months, in 6 months)"),
    }
    assert any("amorphous" in one.example for one in found.moved)


def test_rows_in_another_order_are_told(tmp_path):
    rows = list(TABLE.rows)
    moved = replace(TABLE, rows=(*rows[:3], rows[19], *rows[3:19], *rows[20:]), version="2")
    found = differences(TABLE, moved, LEXICON)
    assert found.sentences == (
        f"Version {TABLE.version} is now 2.",
        "Row S2d stands elsewhere: now after E2.",
    )
    changed = differences(
        TABLE, load_rules(site_file(tmp_path, ('stage = ["fu6"]', 'stage = ["fu6", "fu12"]'))), LEXICON
    )
    assert "Row F1: speaks of 14,112 more combinations." in changed.sentences
    same_version = replace(TABLE, rows=TABLE.rows[:-1])
    assert differences(TABLE, same_version, LEXICON).sentences[0].startswith("Both call themselves version")


def test_the_check_tells_all_of_it(tmp_path, capsys):
    path = site_file(tmp_path, ('text = "Biopsy."', 'text = "Biopsy soon."'))
    assert main(["rules", "check", str(path)]) == 0
    said = capsys.readouterr().out
    assert "each of 376,320 combinations of inputs ends in one row" in said
    assert "The order of rows matters for 73 pairs" in said
    assert "  S2d before S2: 312, for example: after magnification views; micro; amorphous" in said
    assert "Against the table that comes with the program:" in said
    assert "Row R5: says 'Biopsy soon.', formerly 'Biopsy.'." in said
    assert "0 end in another row, 0 in another category, 0 in another follow-up" in said
    assert main(["rules", "check", str(path), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["digest"] == load_rules(path).digest
    assert (report["problems"], len(report["overlaps"])) == ([], 73)
    assert report["differences"]["row"] == 0
    assert main(["rules", "check", str(path), "--strict"]) == 1
    assert "Row S2d goes before row S2 in 312 combinations" in capsys.readouterr().err


def test_the_table_in_use_is_the_one_that_was_named(tmp_path, capsys, monkeypatch):
    path = site_file(tmp_path, ('text = "Routine screening."', 'text = "Screening as ever."'))
    finding = tmp_path / "finding.json"
    finding.write_text('{"morphology": ["round"], "distributions": ["diffuse"]}')
    assert main(["follow-up", str(finding), "--rules", str(path)]) == 0
    assert "Documented follow-up: Screening as ever." in capsys.readouterr().out
    assert main(["--rules", str(path), "rules", "table"]) == 0
    assert f"version site-{TABLE.version} of this site (site.toml)" in capsys.readouterr().out
    settings = tmp_path / "settings.toml"
    settings.write_text('rules_file = "site.toml"')
    assert main(["follow-up", str(finding), "--json", "--settings", str(settings)]) == 0
    assert json.loads(capsys.readouterr().out)["rules_version"] == f"site-{TABLE.version}"
    monkeypatch.setenv("ANNOTATOR_RULES_FILE", str(path))
    assert main(["rules", "check"]) == 0
    assert f"Version site-{TABLE.version}: 27 rows" in capsys.readouterr().out


def test_a_table_that_fails_its_check_stops_a_command_and_not_the_reader(tmp_path, capsys):
    path = site_file(tmp_path, ("when = [{}]", 'when = [{ spread = ["bilateral"] }]'))
    finding = tmp_path / "finding.json"
    finding.write_text("{}")
    for command in (["follow-up", str(finding)], ["rules", "table"]):
        assert main([*command, "--rules", str(path)]) == 1
        streams = capsys.readouterr()
        assert streams.out == ""
        assert streams.err.startswith("annotator: site.toml: ")
        assert len(streams.err.splitlines()) == 1
    overrides = {"database": f"sqlite:///{tmp_path / 'r.db'}", "rules_file": str(path)}
    workspace = open_workspace(load_settings(overrides=overrides))
    try:
        assert workspace.rules == TABLE
        assert workspace.rules_warning.startswith("Your own decision table is not used: site.toml: ")
        assert f"the one that comes with the program ({TABLE.version})" in workspace.rules_warning
    finally:
        workspace.close()
    assert follow_up(Description(), workspace.rules).row == "E1"
