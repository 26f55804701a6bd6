"""Names of files as they are shown: one line, of a length that fits, and nothing in it that steers."""

from __future__ import annotations

import os

import pytest

from annotator.model.file_names import LONGEST, shown_file_name


@pytest.mark.parametrize("name", ["LCC.dcm", "Müller^Jörg.dcm", "張.dcm", "محمد.dcm", "a b (2).dcm"])
def test_names_of_every_script_are_shown_as_they_are(name: str):
    assert shown_file_name(name) == name


@pytest.mark.parametrize(
    "name",
    ["a\nb.dcm", "a\x1b[31mb.dcm", "a\u202egnp.dcm", os.fsdecode(b"a\xff\xfe.dcm"), "a\ud800.dcm", "a\x00b"],
)
def test_what_is_no_text_is_one_sign(name: str):
    shown = shown_file_name(name)
    assert "\N{REPLACEMENT CHARACTER}" in shown
    assert shown.isprintable()
    assert shown.encode("utf-8")
    assert shown[0] == "a"


def test_long_names_keep_their_ends():
    shown = shown_file_name("first" + "x" * 5000 + "last.dcm")
    assert len(shown) <= LONGEST
    assert shown.startswith("first")
    assert shown.endswith("last.dcm")


@pytest.mark.parametrize("name", ["", " ", "   "])
def test_a_name_that_cannot_be_seen_gets_a_word(name: str):
    assert shown_file_name(name) == "(a file without a name)"
