"""A program killed at any moment has lost nothing it had confirmed."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from annotator.model.history import Act, undo_steps
from annotator.store.signing import tampered
from annotator.store.store import Store

sys.path.insert(0, str(Path(__file__).parent))
from reading_session import READER, STUDY, digest, stack_digest

ROUNDS = int(os.environ.get("ANNOTATOR_KILL_ROUNDS", "10"))


def killed_session(url: str, seed: int, after_acts: int, after_s: float) -> list[list[str]]:
    """What a session had printed when it was killed, some moment after its first acts."""
    script = Path(__file__).with_name("reading_session.py")
    command = [sys.executable, "-W", "error", str(script), url, str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as session:
        assert session.stdout is not None
        assert session.stderr is not None
        # the first lines are waited for, so that a slow machine is not killed while it still starts
        seen = [session.stdout.readline() for _ in range(after_acts)]
        time.sleep(after_s)
        session.send_signal(signal.SIGKILL)
        seen += session.stdout.readlines()
        complaints = session.stderr.read()
    assert (session.returncode, complaints) == (-signal.SIGKILL, "")
    # a line cut short was not confirmed
    return [line.split() for line in seen if line.endswith("\n")]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal there")
def test_every_confirmed_act_survives_a_kill(tmp_path: Path):
    file = tmp_path / "readings.db"
    url = f"sqlite:///{file}"
    moments = random.Random(20)
    acts = signatures = 0
    for round_number in range(ROUNDS):
        lines = killed_session(url, round_number, moments.randint(0, 12), moments.uniform(0.0, 0.3))
        # one that was killed while it started has said nothing
        assert lines[:1] in ([], [["open", str(acts)]])
        acts = check(url, acts, lines[1:])
        signatures = check_signed(url)
        with sqlite3.connect(file) as raw:
            assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        raw.close()
    assert acts > ROUNDS
    assert signatures > 1


def check(url: str, before: int, confirmed: list[list[str]]) -> int:
    """Compare what is saved with what was confirmed; how many acts are saved now."""
    store = Store.open(url)
    reading, number = store.open_reading(STUDY, READER, lexicon_edition="5")
    revisions = store.revisions(reading.id) if number else ()
    assert [r.number for r in revisions] == list(range(1, number + 1))
    # at most the one act in hand was saved without having been confirmed
    assert number - before - len(confirmed) in (0, 1)
    for line, revision in zip(confirmed, revisions[before:], strict=False):
        assert line[:3] == [str(revision.number), revision.act.value, digest(revision.reading)]
    if revisions:
        assert revisions[-1].reading == reading
        seen = revisions[: before + len(confirmed)]
        if confirmed:
            assert confirmed[-1][3] == stack_digest(*undo_steps(store.blank(reading.id), seen))
    store.close()
    return number


def check_signed(url: str) -> int:
    """Every revision is either signed, whole and as it was signed, or not signed at all; how many signatures stand."""
    store = Store.open(url)
    reading, number = store.open_reading(STUDY, READER, lexicon_edition="5")
    known = 0
    for revision in store.revisions(reading.id) if number else ():
        now = len(revision.reading.signatures)
        assert now - known == (revision.act is Act.SIGN)
        assert not tampered(revision.reading)
        known = now
    for summary in store.readings():
        assert summary.versions == known
        assert bool(summary.signed) is reading.is_signed
    store.close()
    return known
