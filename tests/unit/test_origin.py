"""What a source said of a finding travels with it, and readings without it are what they were, to the last byte."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from annotator.exchange.finding_json import write_findings
from annotator.exchange.findings_file import read_findings
from annotator.model import edits
from annotator.model.changes import apply, diff
from annotator.model.finding import Assessment, Finding, Morphology, Reading
from annotator.model.geometry import ImagePoint
from annotator.model.identity import Identity, without_names
from annotator.model.image import ImageKey
from annotator.model.mark import MarkKind
from annotator.model.origin import Origin
from annotator.store.encoding import (
    content_digest,
    decode_changes,
    decode_reading,
    encode_changes,
    encode_reading,
    json_schema,
)

ORIGIN = Origin(
    source="CBIS-DDSM",
    version="1",
    coordinates="a mask",
    values=(("calc type", "PLEOMORPHIC"), ("pathology", "BENIGN")),
    unmapped=("calc type",),
    notes=("A note.",),
)
# as versions before this one wrote it, with the digest they signed it by
OLD = (
    b'{"id":"r","reader":"dr a","study_instance_uid":"1.2.3","lexicon_edition":"5","stage":null,"findings":[{"stage":null,'
    b'"size":null,"morphology":["round"],"distributions":[],"spread":null,"change":null,"certain":false,'
    b'"known_cancer_here":false,"adjacent_cancer":false,"priors_requested":false,"id":"f","number":1,"tracking_uid":"2.25.1",'
    b'"laterality":null,"quadrant":null,"clock_face":null,"depth":null,"nipple_distance":null,"extent":null,"associated":[],'
    b'"certainty":null,"assessment":"2","recommendation":null,"recommended_months":null,"kept":[],"comment":""}],"marks":[{'
    b'"id":"m","number":1,"finding_id":"f","image":{"sop_instance_uid":"1.2.4","frame":1},"point":{"column":5.0,"row":6.5},'
    b'"kind":"micro","measurement":null}],"clusters":[],"nipples":[],"chest_walls":[],"recalls":[],"first_pass":false,'
    b'"decisions":[],"hanging":[],"done":false,"signatures":[],"amending":"","pixels":[]}'
)
OLD_DIGEST = "50ca8ea0ab4eff658320decc836ecf015fa819ed5d30785e31eac12461f061f4"

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
origins = st.builds(
    Origin,
    source=texts,
    version=texts,
    coordinates=texts,
    values=st.lists(st.tuples(texts, texts), max_size=4).map(tuple),
    unmapped=st.lists(texts, max_size=3).map(tuple),
    notes=st.lists(texts, max_size=3).map(tuple),
)


def reading(origin: Origin | None = ORIGIN) -> Reading:
    made, one = edits.add_finding(Reading(id="r", reader="dr a", study_instance_uid="1.2.3"))
    return edits.describe(made, one.id, origin=origin)


def test_an_older_reading_is_read_and_keeps_its_digest() -> None:
    old = decode_reading(OLD, "a test")
    assert old.findings[0].origin is None
    assert (old.findings[0].assessment, old.findings[0].morphology) == (
        Assessment.BENIGN,
        (Morphology.ROUND,),
    )
    assert old.marks[0].image == ImageKey("1.2.4")
    assert content_digest(old) == OLD_DIGEST
    assert content_digest(decode_reading(encode_reading(old), "a test")) == OLD_DIGEST


def test_an_origin_changes_the_digest() -> None:
    assert content_digest(reading()) != content_digest(reading(None))


@given(origins)
def test_an_origin_is_kept_as_it_is(origin: Origin) -> None:
    made = reading(origin)
    assert decode_reading(encode_reading(made), "a test") == made
    bare = edits.describe(made, made.findings[0].id, origin=None)
    changes = diff(bare, made)
    assert decode_changes(encode_changes(changes), "a test") == changes
    assert apply(bare, changes) == made


def test_the_json_of_findings_carries_it_and_brings_it_back(tmp_path: Path) -> None:
    made = reading()
    made = edits.add_mark(made, made.findings[0].id, ImageKey("1.2.4"), ImagePoint(1, 2), MarkKind.MICRO)[0]
    write_findings(made, {}, {}, tmp_path / "a.json")
    assert read_findings(tmp_path / "a.json") == made
    assert "Origin" in msgspec.json.encode(json_schema("finding")).decode()


def test_names_in_what_a_source_said_are_hidden() -> None:
    origin = replace(ORIGIN, values=(("label", "calc of Jane Doe"),), notes=("Doe, again.",))
    hidden = without_names(reading(origin), Identity(names=frozenset({"Doe", "Jane"})))
    told = hidden.findings[0].origin
    assert told is not None
    assert told.values == (("label", "calc of *** ***"),)
    assert told.notes == ("***, again.",)


def test_it_reads_as_one_line() -> None:
    assert str(ORIGIN) == "CBIS-DDSM 1: calc type PLEOMORPHIC (no word here); pathology BENIGN"
    assert str(Origin(source="INbreast")) == "INbreast"
    assert Finding(id="f", number=1, tracking_uid="2.25.1").origin is None
