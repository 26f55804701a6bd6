"""What a database holds is anybody's words: no command to a terminal, and never a traceback."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from made_report import STUDY, full

from annotator.cli import main
from annotator.model import edits
from annotator.model.changes import apply, diff
from annotator.model.finding import Reading
from annotator.model.history import Act
from annotator.model.seen_on_image import RecallReason, TechnicalRecall
from annotator.store.store import Store
from tests.made_signature import signature_of

EVIL = "\x1b[31m\x1b]0;x\x07<b>Evil</b>\u202e\u2066\r\n\x08\x9b2J&amp;\u200b"


def signed(reading: Reading) -> Reading:
    words = dict.fromkeys(("program_version", "lexicon_version", "rules_version", "display"), EVIL)
    return edits.sign(reading, signature_of(reading, **words))


def write_reading(url: str, reader: str, words: str) -> None:
    """A reading with these words wherever a reader can put some, signed, amended, and signed again."""
    store = Store.open(url)
    blank, number = store.open_reading(STUDY, reader, lexicon_edition="5", patient="P-1")
    said = apply(blank, diff(full().blank(), full()))
    said = edits.describe(said, said.findings[0].id, comment=words)
    said = edits.recall_view(said, TechnicalRecall("2.25.2", (RecallReason.MOTION,), words))
    closed = signed(said)
    amended = edits.amend(closed, f"because {words}")
    for reading, act in (
        (said, Act.EDIT),
        (closed, Act.SIGN),
        (amended, Act.AMEND),
        (signed(amended), Act.SIGN),
    ):
        number = store.save(
            reading, reader=reader, based_on=number, act=act, label=f"Do {words}", display=words
        )
    store.close()


@pytest.fixture
def database(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'readings.db'}"
    write_reading(url, f"dr {EVIL}", EVIL)
    return url


COMMANDS = (
    ("readings",),
    ("readings", "--json"),
    ("history", STUDY),
    ("history", STUDY, "--json"),
    ("due", "--all"),
    ("due", "--all", "--json"),
    ("report", STUDY),
    ("doctor",),
)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_no_word_is_a_command_to_the_terminal(database: str, words: tuple[str, ...], capsys) -> None:
    assert main(["--database", database, *words]) == 0
    captured = capsys.readouterr()
    assert "Evil" in captured.out or words[0] == "doctor"
    said = captured.out + captured.err
    assert {c for c in said if not c.isprintable()} <= {"\n"}


STRANGE = (
    ("readings", "exam_date", "5"),
    ("readings", "exam_date", "'no day'"),
    ("readings", "reader", "x'ff00'"),
    ("readings", "lexicon_edition", "7.5"),
    ("revisions", "at", "''"),
    ("revisions", "at", "-1"),
    ("revisions", "label", "x'ff00'"),
    ("revisions", "delta", "5"),
    ("revisions", "delta", f"'{'[' * 100_000}'"),
    ("revisions", "snapshot", "5"),
    ("revisions", "assessments", "''"),
    ("revisions", "assessments", "'[[]]'"),
    ("revisions", "signed", "'x'"),
    ("revisions", "marks", "1e300"),
    ("salt", "value", "'no key'"),
)


@pytest.mark.parametrize(
    ("table", "column", "value"), STRANGE, ids=[f"{t} {c} {v[:9]}" for t, c, v in STRANGE]
)
def test_a_column_that_another_program_wrote_is_told_in_a_sentence(
    tmp_path: Path, table: str, column: str, value: str, capsys
) -> None:
    file = tmp_path / "readings.db"
    write_reading(f"sqlite:///{file}", "dr a", "words")
    with closing(sqlite3.connect(file)) as raw:
        for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            raw.execute(f"DROP TRIGGER {name}")
        raw.execute("PRAGMA ignore_check_constraints=ON")
        last = " WHERE number = 4" if table == "revisions" else ""
        raw.execute(f"UPDATE {table} SET {column} = {value}{last}")
        raw.commit()
    before = all_but_the_audit(file)
    statuses = []
    for words in (*COMMANDS, ("report", STUDY, "--by", "dr a")):
        statuses.append(main(["--database", f"sqlite:///{file}", "--reader", "dr a", *words]))
        captured = capsys.readouterr()
        assert "mistake" not in captured.err, words
        assert len(captured.err) < 1000
        assert captured.err.count("\n") <= 1
    assert table == "salt" or any(statuses)
    assert all_but_the_audit(file) == before


APART = {"audit", "sqlite_sequence"}


def all_but_the_audit(file: Path) -> list[tuple[object, ...]]:
    """Every row that is there; a report that could be made all the same is noted in the audit."""
    with closing(sqlite3.connect(file)) as raw:
        names = [name for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        raw.text_factory = bytes
        kept = sorted(set(names) - APART)
        return [row for name in kept for row in raw.execute(f"SELECT * FROM {name}")]
