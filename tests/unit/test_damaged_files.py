"""Damaged rule tables and findings files: each refused in one sentence that names file, field and what was expected.

Nothing that was saved is touched, nothing is printed as a result, no traceback, no memory filled.
"""

from __future__ import annotations

import copy
import json
import os
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import annotator
from annotator.cli import main
from annotator.exchange.finding_json import write_findings
from annotator.exchange.findings_file import LARGEST_BYTES as LARGEST_FINDINGS
from annotator.lexicon.entries import LARGEST_BYTES as LARGEST_TABLE
from annotator.lexicon.entries import data_file
from annotator.store.store import Store
from tests.unit.test_finding_json import images, reading_with_two_findings, suggestions

TABLE = data_file("follow_up.toml").read_text(encoding="utf-8").replace('version = "', 'version = "site-', 1)
DEEP = 200_000
MOST_MEMORY = 4 * LARGEST_FINDINGS


def replaced(old: str, new: str) -> bytes:
    assert old in TABLE
    return TABLE.replace(old, new, 1).encode()


FIRST_WHEN = "when = [{ known_cancer_here = "

# what the file holds, and what its sentence says
TABLES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "head: version is missing; add it"),
    "no row": (b'version = "1"', "there are 0 rows; a table has 1 to 300"),
    "truncated in a row": (TABLE[: TABLE.index('id = "F4"') + 6].encode(), "is not valid TOML"),
    "truncated after a row": (TABLE[: TABLE.index('[[row]]\nid = "Z"')].encode(), "combinations end in no row"),
    "binary": (bytes(range(256)) * 40, "is not text in UTF-8; save it as UTF-8"),
    "UTF-16": (TABLE.encode("utf-16"), "is not text in UTF-8"),
    "Latin-1": (replaced('text = "Biopsy."', 'text = "Überweisung."').decode().encode("latin-1"), "is not text in UTF-8"),
    "a number for a version": (replaced('version = "site-1.0.0"', "version = 1"), "version must be a text"),
    "a version with a line break": (replaced('"site-1.0.0"', '"1\\n2"'), "is not a version; write version = '1.0.0'"),
    "a text for rows": (b'version = "1"\nrow = "K1"', "row must be a list of tables; write [[row]]"),
    "a list for a row": (b'version = "1"\nrow = [["K1"]]', "row number 1 is not a table"),
    "unknown key": (replaced('suggestion = "6"', 'sugestion = "6"'), "row K1: unknown key 'sugestion'"),
    "unknown table": (replaced("[[note]]", "[[nota]]"), "unknown table 'nota'; the file may hold"),
    "unknown category": (replaced('suggestion = "6"', 'suggestion = "7"'), "row K1: suggestion '7' is not an assessment"),
    "unknown follow-up": (replaced('"as_planned"', '"later"'), "row K1: follow_up 'later' is none of as_planned"),
    "unknown field": (replaced(FIRST_WHEN, "when = [{ known_cancer = "), "row K1: unknown field 'known_cancer'; the fields are"),
    "unknown value": (replaced('stage = ["fu6"]', 'stage = ["fu18"]'), "row F1: stage has no value 'fu18'; it may be screen"),
    "a list in a list of values": (replaced('stage = ["fu6"]', 'stage = [["fu6"]]'), "row F1: stage has no value ['fu6']"),
    "duplicate id": (replaced('id = "E1"', 'id = "K1"'), "row K1 stands there 2 times; keep one"),
    "duplicate key": (replaced('id = "E1"', 'id = "E1"\nid = "E3"'), "is not valid TOML"),
    "NaN months": (replaced("interval_months = 6", "interval_months = nan"), "row F1: interval_months must be a whole number"),
    "huge months": (replaced("interval_months = 6", "interval_months = 7000000"), "row F1: interval_months must be 0 to 120"),
    "thousands of digits": (replaced("interval_months = 6", f"interval_months = {'9' * 9000}"), "is not valid TOML"),
    "negative months": (replaced("interval_months = 6", "interval_months = -6"), "row F1: interval_months must be 0 to 120"),
    "no sources": (replaced('sources = ["BR5", "V25a"]', "sources = []"), "Row K1 cites no source; name at least one"),
    "unknown source": (replaced('sources = ["BR5", "V25a"]', 'sources = ["BR9"]'), "Row K1 cites 'BR9'"),
    "a width that fills the memory": (replaced("{stage}: {change}", "{stage:>9999999999}: {change}"), "says how to print {stage}"),
    "an inside of the program": (replaced("{stage}: {change}", "{stage.__class__}: {change}"), "because uses {stage.__class__}"),
    "an id that is a sentence": (replaced('id = "K1"', f'id = "{"K " * 90}"'), "a row's id is 1 to 16 letters"),
    "deep nesting": (b'version = "1"\nrow = ' + b"[" * DEEP, "is nested too deeply to be read"),
    "too many rows": (TABLE.encode() + b"".join(
        b'[[row]]\nid = "X%d"\nwhen = [{}]\nfollow_up = "biopsy"\ntext = "a"\nbecause = []\nsources = ["BR5"]\n' % n
        for n in range(300)
    ), "there are 327 rows; a table has 1 to 300"),
}  # fmt: skip

Document = dict[str, Any]


def whole() -> Document:
    """A good findings file of two findings with marks and clusters."""
    return copy.deepcopy(_WHOLE)


@pytest.fixture(scope="module", autouse=True)
def _good_file(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("good") / "findings.json"
    reading = reading_with_two_findings()
    write_findings(reading, images(path.parent), suggestions(reading), path)
    _WHOLE.update(json.loads(path.read_text(encoding="utf-8")))


_WHOLE: Document = {}


def put(*place: str | int, value: Any) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        at: Any = document
        for step in place[:-1]:
            at = at[step]
        at[place[-1]] = value

    return change


def gone(*place: str | int) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        at: Any = document
        for step in place[:-1]:
            at = at[step]
        del at[place[-1]]

    return change


def same_tracking_uid(document: Document) -> None:
    document["findings"][1]["tracking_uid"] = document["findings"][0]["tracking_uid"]


def twice(what: str) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        parts = document["findings"][0][what]
        parts.append(copy.deepcopy(parts[0]))

    return change


PLACE, IMAGE = {"column": 5.0, "row": 6.0}, {"sop_instance_uid": "1.2", "frame": 1}
CANDIDATE = {"id": "c1", "image": IMAGE, "point": PLACE, "score": 0.9, "diameter_px": 1e308}
DECISION = {"candidate": CANDIDATE, "model_version": "m", "verdict": "rejected"}
FIRST, MARK, CLUSTER = ("findings", 0), ("findings", 0, "marks", 0), ("findings", 0, "clusters", 0)

FINDINGS: dict[str, tuple[Callable[[Document], None], str]] = {
    "another format": (put("format", value="COCO"), "holds no findings of this program: its 'format'"),
    "a newer format": (put("format_version", value=2), "has the format version 2, this program reads 1"),
    "a format version as long as a book": (put("format_version", value="9" * 100_000), "has the format version '9"),
    "unknown key": (put(*FIRST, "distributons", value=[]), "findings[0] has no field 'distributons'; did you mean 'distributions'"),
    "unknown key of the document": (put("redaer", value="x"), "there is no field 'redaer'; did you mean 'reader'"),
    "unknown key of a mark": (put(*MARK, "pointt", value=1), "findings[0].marks[0] has no field 'pointt'; did you mean 'point'"),
    "unknown key of a measurement": (put(*MARK, "measurement", "diamter_mm", value=1), "findings[0].marks[0].measurement has no field 'diamter_mm'; did you mean 'diameter_mm'"),
    "unknown key of a place": (put(*CLUSTER, "outline", 0, "colum", value=1), "findings[0].clusters[0].outline[0] has no field 'colum'; did you mean 'column'"),
    "unknown key of a length": (put(*FIRST, "extent", value={"value_mm": 4.0, "bassis": None}), "findings[0].extent has no field 'bassis'; did you mean 'basis'"),
    "no findings": (gone("findings"), "findings cannot be read (Expected `array`, got nothing)"),
    "no reader": (gone("reader"), "missing required field `reader`"),
    "a text for a list": (put(*FIRST, "morphology", value="skin"), "findings[0].morphology cannot be read (Expected `array`, got `str`); it may be a list of skin"),
    "a text for a flag": (put(*FIRST, "certain", value="yes"), "findings[0].certain cannot be read (Expected `bool`, got `str`); it may be true or false"),
    "unknown enum": (put(*FIRST, "stage", value="fu18"), "findings[0].stage cannot be read (Invalid enum value 'fu18'); it may be screen, workup, fu6, fu12, fu24, null"),
    "unknown word of a mark": (put(*MARK, "kind", value="tiny"), "findings[0].marks[0].kind cannot be read (Invalid enum value 'tiny'); it may be micro, macro"),
    "clock face 13": (put(*FIRST, "clock_face", value=13), "findings[0] cannot be read (clock_face is 1 to 12, not 13)"),
    "negative length": (put(*FIRST, "extent", value={"value_mm": -4.0}), "findings[0].extent cannot be read (a length in the breast is 0 to 500 mm, not -4.0)"),
    "huge length": (put(*FIRST, "extent", value={"value_mm": 1e300}), "a length in the breast is 0 to 500 mm"),
    "negative measurement": (put(*MARK, "measurement", "diameter_mm", value=-1.0), "measurement.diameter_mm is -1; a length is 0 or more"),
    "a level above the peak": (put(*MARK, "measurement", "level", value=1e308), "measurement.level is 1e+308; it is a share"),
    "an axis on the moon": (put(*MARK, "measurement", "axis", value=[{"column": 1e308, "row": 1}, {"column": 2, "row": 1}]), "measurement.axis has a place at 1e+308, 1"),
    "an outline on the moon": (put(*MARK, "measurement", "outline", value=[{"column": 1, "row": -1e308}]), "measurement.outline has a place at 1, -1e+308"),
    "a decision on a candidate without end": (put("decisions", value=[DECISION]), "decisions: 'c1': diameter_px is 1e+308; a length is"),
    "a decision of a score above one": (put("decisions", value=[{**DECISION, "candidate": {**CANDIDATE, "score": 1e308}}]), "decisions: 'c1' needs an id and a score from 0 to 1"),
    "a verdict twice": (put("decisions", value=[{**DECISION, "candidate": {**CANDIDATE, "diameter_px": 4.0}}] * 2), "decisions: candidate 'c1' stands there 2 times"),
    "a chest wall without ends": (put("chest_walls", value=[{"image": IMAGE, "ends": [PLACE, PLACE]}]), "a chest wall is a line between two points"),
    "a place on the moon": (put(*MARK, "point", "row", value=1e300), "a place is 10, 1e+300; it must be less than 1,000,000 pixels away"),
    "recommended in a century": (put(*FIRST, "recommended_months", value=1200), "recommended_months is 0 to 120, not 1200"),
    "two findings with one id": (put("findings", 1, "id", value="same"), "finding_id is"),
    "two findings with one tracking UID": (same_tracking_uid, "findings: tracking_uid"),
    "two findings with one number": (put("findings", 1, "number", value=1), "findings: number 1 stands there 2 times; each must have its own"),
    "a mark twice": (twice("marks"), "marks: id"),
    "a cluster twice": (twice("clusters"), "clusters: id"),
    "a mark of an unknown finding": (put(*MARK, "finding_id", value="nobody"), "findings[0].marks[0].finding_id is 'nobody' and not that of its finding"),
    "a cluster of unknown marks": (put(*CLUSTER, "mark_ids", value=["nobody"]), "names the mark 'nobody', which is not there"),
    "a cluster on another image": (put(*CLUSTER, "image", "sop_instance_uid", value="1.2"), "a mark on another image"),
    "frame 0": (put(*MARK, "image", "frame", value=0), "a frame from 1 on, not 0"),
    "an edition of nobody": (put("lexicon_edition", value="7"), "lexicon_edition is '7'; it may be 5, v2025"),
    "a reason without a signature": (put("amending", value="why"), "amending is said of a reading that was never signed"),
    "a spacing of nothing": (put(*CLUSTER, "spacing", value={"row_mm": 0.0, "column_mm": 0.1, "basis": "at detector"}), "findings[0].clusters[0].spacing cannot be read (a pixel spacing is finite and above zero)"),
    "a picture without a size": (put("images", 0, "rows", value=None), "images[0].rows cannot be read (Expected `int`, got `null`)"),
    "no list of images": (put("images", value={}), "images cannot be read (Expected `array`, got `dict`)"),
    "too many findings": (put("findings", value=[{}] * 1001), "findings has 1,001 entries; it may have 1,000"),
    "a name as long as a book": (put("k" * 100_000, value=1), "there is no field 'kkkk"),
}  # fmt: skip


@pytest.fixture
def saved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Path]:
    """A database with everything else that is kept, which must be the same afterwards."""
    kept = tmp_path / "kept"
    kept.mkdir()
    database = f"sqlite:///{kept / 'readings.db'}"
    Store.open(database).close()
    capsys.readouterr()
    before = {path.name: path.read_bytes() for path in kept.iterdir()}
    yield kept
    assert {path.name: path.read_bytes() for path in kept.iterdir()} == before


def refused(capsys: pytest.CaptureFixture[str], saved: Path, name: str, *command: str) -> str:
    """The one sentence with which a command refuses a file."""
    tracemalloc.start()
    try:
        status = main([*command, "--database", f"sqlite:///{saved / 'readings.db'}"])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    streams = capsys.readouterr()
    assert status in (1, 2)
    assert streams.out == ""
    assert "Traceback" not in streams.err
    lines = streams.err.splitlines()
    assert len(lines) == 1
    assert name in lines[0]
    assert len(lines[0]) < 1_000
    assert peak < MOST_MEMORY
    return lines[0]


@pytest.mark.parametrize("what", TABLES)
def test_a_damaged_rule_table_is_refused(what, tmp_path, saved, capsys):
    data, sentence = TABLES[what]
    path = tmp_path / "mine.toml"
    path.write_bytes(data)
    finding = tmp_path / "finding.json"
    finding.write_text("{}")
    said = refused(capsys, saved, "mine.toml", "follow-up", str(finding), "--rules", str(path))
    assert sentence in said
    assert main(["rules", "check", str(path)]) == 1
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize("what", FINDINGS)
def test_a_damaged_findings_file_is_refused(what, tmp_path, saved, capsys):
    change, sentence = FINDINGS[what]
    document = whole()
    change(document)
    path = tmp_path / "theirs.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    assert sentence in refused(capsys, saved, "theirs.json", "follow-up", str(path))


RAW: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda _: b"", "is not a finding as JSON"),
    "truncated": (lambda good: good[: len(good) // 2], "is not a finding as JSON"),
    "binary": (lambda _: os.urandom(5_000), "is not a finding as JSON"),
    "UTF-16": (lambda good: good.decode().encode("utf-16"), "is not a finding as JSON"),
    "Latin-1": (lambda good: good.decode().encode("latin-1"), "is not a finding as JSON"),
    "NaN": (lambda good: good.replace(b'"row_mm": 0.1', b'"row_mm": NaN', 1), "is not a finding as JSON"),
    "infinity": (lambda good: good.replace(b"10.0", b"1e999", 1), "is not a finding as JSON"),
    "a number of thousands of digits": (
        lambda good: good.replace(b"10.0", b"9" * 9_000, 1),
        "is not a finding as JSON",
    ),
    "a list": (lambda good: b"[" + good + b"]", "is not a finding as JSON"),
    "deep nesting": (lambda _: b'{"findings":' * DEEP, "is not a finding as JSON"),
    "millions of nothing": (
        lambda _: b'{"findings":[' + b"{}," * 20_000_000 + b"{}]}",
        "objects, lists and values; findings hold",
    ),
    "a hundred thousand keys": (
        lambda _: json.dumps({f"key{n}": n for n in range(100_000)}).encode(),
        "this holds no field of a finding",
    ),
    "half a character": (lambda good: good.replace(b"<unsure>", b"\\ud800", 1), "is not a finding as JSON"),
}


@pytest.mark.parametrize("what", RAW)
def test_bytes_that_are_no_findings_are_refused(what, tmp_path, saved, capsys):
    change, sentence = RAW[what]
    path = tmp_path / "theirs.json"
    path.write_bytes(change(json.dumps(whole(), ensure_ascii=False).encode()))
    assert sentence in refused(capsys, saved, "theirs.json", "follow-up", str(path))


def test_the_good_files_are_taken_with_a_byte_order_mark_and_line_ends_of_windows(tmp_path, saved, capsys):
    findings, table = tmp_path / "theirs.json", tmp_path / "mine.toml"
    findings.write_bytes(b"\xef\xbb\xbf" + json.dumps(whole()).encode())
    table.write_bytes(b"\xef\xbb\xbf" + TABLE.encode().replace(b"\n", b"\r\n"))
    assert main(["follow-up", str(findings), "--rules", str(table)]) == 0
    assert "F1" in capsys.readouterr().out
    assert saved.exists()


def test_an_enormous_file_is_not_read_to_its_end(tmp_path, saved, capsys):
    finding = tmp_path / "finding.json"
    finding.write_text("{}")
    for name, largest, command in (
        ("huge.json", LARGEST_FINDINGS, ["follow-up"]),
        ("huge.toml", LARGEST_TABLE, ["follow-up", str(finding), "--rules"]),
    ):
        path = tmp_path / name
        with path.open("wb") as file:
            # a hole: it takes no room on the disk
            file.truncate(20 * LARGEST_FINDINGS)
        assert f"is larger than {largest:,} bytes" in refused(capsys, saved, name, *command, str(path))


def test_a_folder_and_a_missing_file_are_refused(tmp_path, saved, capsys):
    finding = tmp_path / "finding.json"
    finding.write_text("{}")
    for name in ("folder", "missing"):
        (tmp_path / "folder").mkdir(exist_ok=True)
        for command in (["follow-up"], ["follow-up", str(finding), "--rules"]):
            assert "cannot be read" in refused(capsys, saved, name, *command, str(tmp_path / name))


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Without the rights of the administrator, who may read everything."""
    if sys.platform == "win32":
        pytest.skip("rights are another matter there")
    monkeypatch.setenv("XDG_CONFIG_HOME", "/nonexistent")
    administrator = os.geteuid() == 0
    if not administrator:
        yield
        return
    os.seteuid(65534)
    try:
        if not readable(Path(annotator.__file__)):
            pytest.skip("the program itself lies where only the administrator reads")
        yield
    finally:
        os.seteuid(0)


def readable(path: Path) -> bool:
    try:
        path.read_bytes()
    except PermissionError:
        return False
    return True


def test_a_file_without_permission_is_refused(tmp_path, saved, capsys, request):
    paths = [tmp_path / "closed.json", tmp_path / "closed.toml", tmp_path / "finding.json"]
    for path in paths:
        path.write_text("{}")
    # everything the command needs is loaded
    assert main(["follow-up", str(paths[2])]) == 0
    capsys.readouterr()
    for path in paths[:2]:
        path.chmod(0)
    request.getfixturevalue("nobody")
    for command in (["follow-up", str(paths[0])], ["follow-up", str(paths[2]), "--rules", str(paths[1])]):
        said = refused(capsys, saved, Path(command[-1]).name, *command)
        assert "cannot be read (permission denied)" in said.lower()


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"clock_face": 13}, "clock_face is 1 to 12, not 13"),
        ({"nipple_distance": {"value_mm": -1}}, "nipple_distance cannot be read"),
        (
            {"depth": "deep"},
            "depth cannot be read (Invalid enum value 'deep'); it may be anterior, middle, posterior, null",
        ),
        (
            {"associated": ["masses"]},
            "associated[0] cannot be read (Invalid enum value 'masses'); it may be a list of mass",
        ),
        (
            {"recommended_months": "six"},
            "recommended_months cannot be read (Expected `int | null`, got `str`)",
        ),
        ({"stage": "screen", "colour": "white"}, "there is no field 'colour'"),
    ],
)
def test_a_single_finding_is_checked_in_every_field(said, sentence, tmp_path, saved, capsys):
    path = tmp_path / "one.json"
    path.write_text(json.dumps(said))
    assert sentence in refused(capsys, saved, "one.json", "follow-up", str(path))
