"""What commands print reaches whoever reads it, whatever the names, the encoding and the streams are."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from annotator.cli import main
from annotator.cli.output import print_json, visible


def call(*words: str | bytes, encoding: str) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    return subprocess.run(
        [sys.executable, "-m", "annotator", *words], capture_output=True, check=False, env=environment
    )


@pytest.mark.skipif(sys.platform != "linux", reason="only here may a name be any bytes")
@pytest.mark.parametrize("encoding", ["utf-8:strict", "ascii"])
def test_a_name_that_is_no_unicode_does_not_stop_the_rest(tmp_path: Path, encoding: str) -> None:
    for name in (b"a\xff.dcm", b"b.dcm"):
        (Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))).write_bytes(b"junk")
    listed = call("info", str(tmp_path), encoding=encoding)
    assert (listed.returncode, listed.stderr) == (1, b"")
    assert b"a\\udcff.dcm: " in listed.stdout
    assert b"b.dcm: " in listed.stdout
    rows = [
        json.loads(row)
        for row in call("info", str(tmp_path), "--json", encoding=encoding).stdout.splitlines()
    ]
    assert [os.fsencode(row["path"]).rpartition(b"/")[2] for row in rows] == [b"a\xff.dcm", b"b.dcm"]


def test_a_console_that_lacks_a_sign_gets_it_spelt_out(tmp_path: Path) -> None:
    finding = tmp_path / "finding.json"
    finding.write_text('{"stage": "ü"}', encoding="utf-8")
    refused = call("follow-up", str(finding), encoding="ascii:strict")
    assert refused.returncode == 1
    assert b"Traceback" not in refused.stderr
    table = call("rules", "table", encoding="ascii:strict")
    assert (table.returncode, table.stderr) == (0, b"")


def test_closed_streams_are_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("stdin", "stdout"):
        monkeypatch.setattr(sys, name, None)
    assert main(["follow-up", "-"]) == 0
    for stream in (sys.stdin, sys.stdout):
        stream.close()


def test_json_is_ascii_and_valid(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"name": "Mühe"})
    printed = capsys.readouterr().out
    assert printed.isascii()
    assert json.loads(printed) == {"name": "Mühe"}
    with pytest.raises(ValueError, match="not JSON compliant"):
        print_json({"width": float("nan")})


def test_control_characters_of_a_name_do_not_reach_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["measure", str(tmp_path / "a\x1b[2J\nb.dcm"), "--at", "1,1"]) == 1
    said = capsys.readouterr().err
    assert "a\\x1b[2J\\nb.dcm" in said
    assert said.count("\n") == 1
    assert visible("0.36 ± 0.03 mm, 中") == "0.36 ± 0.03 mm, 中"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["measure", "FILE", "--at", "-5,7"], "--at -5,7 lies outside"),
        (["render", "FILE", "OUT.png", "--region", "-90,-9,5,5"], "the region -90,-9,5,5 lies outside"),
        (["render", "FILE", "OUT.png", "--window", "-5,0"], "--window '-5,0'"),
        (["render", "FILE", "OUT.png", "--window", "-.5,0"], "--window '-.5,0'"),
    ],
)
def test_values_may_begin_with_a_minus(sample_dicoms: Path, capsys, words: list[str], said: str) -> None:
    file = next(sample_dicoms.rglob("*.dcm"))
    assert main([str(file) if word == "FILE" else word for word in words]) == 2
    assert said in capsys.readouterr().err


def test_words_behind_two_dashes_are_files(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", "--", "--json", "-5"]) == 1
    assert capsys.readouterr().out.count("there is no such file or folder") == 2


def test_brackets_without_end_are_no_finding(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    nested = b'{"stage":' * 100_000
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(nested + b'\n{"stage": "screen"}\n')))
    assert main(["follow-up", "-"]) == 1
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert "not a finding as JSON" in first["error"]
    assert second["row"] == "E1"


def test_the_edition_of_the_settings_is_that_of_the_answer(tmp_path: Path, monkeypatch, capsys) -> None:
    finding = tmp_path / "finding.json"
    finding.write_text("{}")
    monkeypatch.setenv("ANNOTATOR_LEXICON_EDITION", "v2025")
    assert main(["follow-up", str(finding), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["lexicon_edition"] == "v2025"
    assert main(["follow-up", str(finding), "--json", "--edition", "5"]) == 0
    assert json.loads(capsys.readouterr().out)["lexicon_edition"] == "5"
