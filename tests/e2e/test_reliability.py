"""A few of the kills and faults of `benchmarks/reliability`, which looks for lost acts at length."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
SERVER = any(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or shutil.which("initdb")

pytestmark = pytest.mark.skipif(
    not hasattr(os, "fork") or not hasattr(signal, "SIGKILL"), reason="sessions are forked and killed"
)
with_server = pytest.mark.skipif(not SERVER, reason="no PostgreSQL server is installed here")


def measured(*words: str) -> list[dict[str, str]]:
    """The rows of a table, by the heads of their columns; nothing was amiss."""
    command = [sys.executable, "-W", "error", "-m", "benchmarks.reliability", *words]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=PROJECT)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [line.strip("| ").split(" | ") for line in done.stdout.splitlines() if line.startswith("| ")]
    heads, _, *rows = lines
    return [dict(zip(heads, row, strict=True)) for row in rows]


def number(printed: str) -> int:
    """Of a table, where thousands have a comma."""
    return int(printed.replace(",", ""))


def test_nothing_told_as_safe_is_lost_by_kills() -> None:
    (row,) = measured("kills", "--count", "10", "--seed", "7")
    assert (row["lost"], row["repairs"]) == ("0", "0")
    assert number(row["told as safe"]) > 10


@with_server
def test_nothing_told_as_safe_is_lost_by_kills_of_program_and_server() -> None:
    (row,) = measured("kills-postgresql", "--count", "4", "--seed", "7")
    assert (row["lost"], row["repairs"], row["of them after the server's own"]) == ("0", "0", "1")


@with_server
def test_faults_lose_nothing_and_are_told_in_a_sentence() -> None:
    rows = {row["fault"]: row for row in measured("faults", "--away", "2")}
    told = {
        "disk full": "disk is full",
        "disk full, and what waits lies on it too": "disk is full",
        "read-only file": "can only be read",
        "PostgreSQL stopped": "check that it is running",
        "network silent, and the program killed meanwhile": "does not answer; check the network",
    }
    for name, row in rows.items():
        if row["s"] == "not played here":
            continue
        assert row["lost"] == "0"
        assert told.get(name, "") in row["what the reader is told"]
    assert set(told) <= set(rows) or os.geteuid() != 0


@with_server
def test_writers_lose_nothing_and_meet_no_deadlock() -> None:
    (row,) = measured("writers", "--programs", "3", "--seconds", "2")
    assert (row["lost"], row["deadlocks shown"]) == ("0", "0")
    assert number(row["acts"]) > 3
