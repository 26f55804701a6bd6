"""Reading -> structured report -> reading: nothing is lost, whatever was said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from reading_strategies import EXAM, readings
from written_readings import begun, going_out, matrix

from annotator.exchange import sr
from annotator.exchange.formats import FORMATS
from annotator.exchange.leaving import reading_as_it_leaves
from annotator.model import edits
from annotator.model.finding import Reading

NAMES = (
    "single",
    "cluster",
    "several views",
    "tomosynthesis frame",
    "no spacing",
    "magnification",
    "non-Latin",
    "500 marks",
    "described",
    "everything",
)


@given(readings())
@settings(max_examples=25)
def test_a_reading_comes_back_as_it_was(reading: Reading):
    with TemporaryDirectory() as folder:
        (path,) = sr.write(going_out(reading, EXAM, identified=True), Path(folder))
        found = sr.read(path)
    assert found.reading == reading
    assert found.own
    assert not found.notes


@pytest.mark.parametrize("comment", ["\f", "\t\n", " ", "\u3000", "said ", "\x1b[0m", "\r\n two \r\n", "\0"])
def test_a_comment_comes_back_in_every_sign(tmp_path: Path, comment: str):
    reading, finding = edits.add_finding(begun(EXAM))
    reading = replace(reading, findings=(replace(finding, comment=comment),))
    (path,) = sr.write(going_out(reading, EXAM, identified=True), tmp_path)
    assert sr.read(path).reading == reading


@given(readings())
@settings(max_examples=8)
def test_behind_pseudonyms_it_comes_back_in_the_names_it_left_under(reading: Reading):
    outgoing = going_out(reading, EXAM)
    with TemporaryDirectory() as folder:
        (path,) = FORMATS["sr-ohif"].write(outgoing, Path(folder))
        written = path.read_bytes()
        found = sr.read(path).reading
    assert found == reading_as_it_leaves(outgoing)
    for uid in (EXAM.study_instance_uid, "Doe", "P-12345"):
        assert uid.encode() not in written


@pytest.mark.parametrize("identified", [False, True])
def test_every_sample_reading_comes_back(tmp_path: Path, identified: bool):
    made = matrix(tmp_path, identified=identified)
    assert set(made) == set(NAMES)
    if identified:
        del made["500 marks"]  # once is enough of so many
    for name, outgoing in made.items():
        (path,) = sr.write(outgoing, tmp_path)
        assert sr.check(outgoing, path) is None, name
        path.unlink()


def test_what_was_changed_in_the_file_is_told(tmp_path: Path):
    outgoing = matrix(tmp_path)["cluster"]
    (path,) = sr.write(outgoing, tmp_path)
    other = edits.describe(outgoing.reading, outgoing.reading.findings[0].id, clock_face=5)
    assert "findings" in (sr.check(replace(outgoing, reading=other), path) or "")
    path.write_bytes(path.read_bytes()[:-100])
    assert "cannot be read back" in (sr.check(outgoing, path) or "")
