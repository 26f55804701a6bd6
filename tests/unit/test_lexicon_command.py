"""`annotator lexicon` as called from a shell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from annotator.cli import main
from annotator.exchange.code_check import count_codes
from annotator.lexicon import load_lexicon
from annotator.lexicon.entries import data_file


def test_every_term_is_listed_by_kind(capsys):
    assert main(["lexicon"]) == 0
    text = capsys.readouterr().out
    for term in load_lexicon().all_terms():
        assert f"  {term.id:<22}{term.word}" in text
    assert text.count("Morphology, typically benign") == 1
    assert "(no code)" in text


def test_the_edition_changes_the_words(capsys):
    assert main(["lexicon", "--edition", "v2025"]) == 0
    text = capsys.readouterr().out
    assert "Layering" in text
    assert "Coarse (dystrophic), no longer in this edition" in text


def test_the_edition_of_the_settings_is_used(capsys, tmp_path: Path):
    settings = tmp_path / "settings.toml"
    settings.write_text('lexicon_edition = "v2025"\n', encoding="utf-8")
    assert main(["lexicon", "--settings", str(settings), "show", "milk"]) == 0
    assert capsys.readouterr().out.startswith("Layering (morphology:milk)")


def test_the_document_holds_every_word_of_every_edition(capsys):
    assert main(["lexicon", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    by_key = {term["key"]: term for term in document["terms"]}
    assert by_key["morphology:milk"]["words"] == {"5": "Milk of calcium", "v2025": "Layering"}
    assert by_key["certainty:low"]["code"] is None
    assert by_key["morphology:fine_pleo"]["ppv"][0]["source"] in document["sources"]
    assert set(by_key) == {term.key for term in load_lexicon().all_terms()}


def test_a_term_is_shown_in_full(capsys, tmp_path: Path):
    picture = tmp_path / "term.png"
    assert main(["lexicon", "show", "indistinct", "--picture", str(picture)]) == 0
    text = capsys.readouterr().out
    assert text.startswith("Amorphous (morphology:amorphous)")
    assert '(129760005, SCT, "Amorphous calcification")' in text
    assert "7.2 %" in text
    assert "[KIM23]" in text
    assert "doi 10.1016/j.ejrad.2023.110795" in text
    assert picture.read_bytes() == data_file("pictures").joinpath("morphology-amorphous.png").read_bytes()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["show", "amorphos"], "the lexicon has no term 'amorphos'; did you mean amorphous?"),
        (["show", "depth:middle", "--picture", "x.png"], "'depth:middle' has no picture"),
        (["--edition", "4"], "There is no lexicon edition '4'; choose one of 5, v2025."),
    ],
)
def test_a_wrong_call_is_told_in_one_sentence(words: list[str], sentence: str, capsys):
    assert main(["lexicon", *words]) == 2
    assert sentence in capsys.readouterr().err


def test_a_picture_that_cannot_be_written_is_told(capsys, tmp_path: Path):
    assert main(["lexicon", "show", "skin", "--picture", str(tmp_path / "no" / "x.png")]) == 1
    assert "was not written (No such file or directory)" in capsys.readouterr().err


def test_the_lexicon_of_the_program_is_right(capsys):
    assert main(["lexicon", "check"]) == 0
    assert f"all {count_codes(load_lexicon())} codes are those of DICOM" in capsys.readouterr().out


def test_what_is_wrong_with_files_of_ones_own_is_told(capsys, tmp_path: Path):
    for name in ("terms.toml", "assessments.toml", "sources.toml"):
        text = data_file(name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(text.replace('"129755006"', '"129755007"'), encoding="utf-8")
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for picture in data_file("pictures").iterdir():
        if picture.name != "morphology-rim.png":
            (pictures / picture.name).write_bytes(picture.read_bytes())
    assert main(["lexicon", "check", str(tmp_path)]) == 1
    assert capsys.readouterr().err.count("morphology punctate: CID 6010 has no code (129755007") == 1
    assert main(["lexicon", "check", "--json", str(tmp_path)]) == 1
    code, missing = json.loads(capsys.readouterr().out)["problems"]
    assert "punctate" in code
    assert missing.startswith("pictures: morphology-rim.png is missing")
    (tmp_path / "terms.toml").write_text("version = 1", encoding="utf-8")
    assert main(["lexicon", "check", str(tmp_path)]) == 1
    assert "terms.toml: head: version must be a text" in capsys.readouterr().err
