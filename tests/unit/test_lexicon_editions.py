"""Another edition is other words for the same: what is stored and what follows from it stay as they are."""

from __future__ import annotations

from dataclasses import replace

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from annotator.bootstrap import open_workspace
from annotator.lexicon import load_lexicon
from annotator.model.finding import Change, Description, Distribution, Morphology, Spread, Stage
from annotator.model.history import Act
from annotator.model.mark import MarkKind
from annotator.rules import follow_up, load_rules
from annotator.settings import load_settings

TABLE = load_rules()


def several(kind):
    return st.lists(st.sampled_from(kind), max_size=3, unique=True).map(tuple)


descriptions = st.builds(
    Description,
    stage=st.none() | st.sampled_from(Stage),
    size=st.none() | st.sampled_from(MarkKind),
    morphology=several(Morphology),
    distributions=several(Distribution),
    spread=st.none() | st.sampled_from(Spread),
    change=st.none() | st.sampled_from(Change),
    certain=st.booleans(),
    known_cancer_here=st.booleans(),
    adjacent_cancer=st.booleans(),
    priors_requested=st.booleans(),
)


@given(descriptions)
def test_what_follows_from_a_finding_is_the_same_in_every_edition(said: Description):
    one, other = (follow_up(said, TABLE, lexicon_edition=edition) for edition in ("5", "v2025"))
    for name in ("row", "suggested_assessment", "follow_up", "interval_months", "sources", "rules_version"):
        assert getattr(one, name) == getattr(other, name)


@given(descriptions)
def test_what_is_stored_is_ids_that_every_edition_reads(said: Description):
    stored = msgspec.json.encode(said)
    assert msgspec.json.decode(stored, type=Description) == said
    for edition in ("5", "v2025"):
        lexicon = load_lexicon(edition)
        for item in (*said.morphology, *said.distributions):
            assert lexicon.term(item).id == item.value
            assert f'"{item.value}"'.encode() in stored


def test_a_reading_keeps_the_edition_it_was_begun_in(tmp_path):
    database = f"sqlite:///{tmp_path / 'r.db'}"

    def opened(edition: str, study: str) -> str:
        settings = load_settings(overrides={"database": database, "reader": "a", "lexicon_edition": edition})
        workspace = open_workspace(settings)
        reading = workspace.open_reading(study)
        if not reading.revision:
            workspace.save(replace(reading.reading, done=True), based_on=0, act=Act.EDIT, label="Begun")
        workspace.close()
        return reading.reading.lexicon_edition

    assert opened("5", "1.2.3") == "5"
    assert opened("v2025", "1.2.3") == "5"
    assert opened("v2025", "1.2.4") == "v2025"
    assert opened("5", "1.2.4") == "v2025"
