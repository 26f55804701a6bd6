"""The log of display checks: every line that was written comes back, whatever happened to the others."""

from __future__ import annotations

import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from annotator.errors import StoreError
from annotator.model.display import CorrectionSwitch, Measurement, ScreenId, VisualCheck
from annotator.store.display_log import DisplayLog, LoggedEvents

SCREEN = ScreenId("EIZO", "RX560", "123", "DP-1")
AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
EVENTS = (
    Measurement(SCREEN, AT, "anna", (0, 255), (0.5, 300.0), 0.1, serial="A1"),
    VisualCheck(SCREEN, AT, "Größe", False, 'patch 15, "left" <b>\nand below'),
    CorrectionSwitch(SCREEN, AT, "anna", True),
)


@pytest.fixture
def log(tmp_path: Path) -> DisplayLog:
    return DisplayLog(tmp_path / "displays.jsonl")


def fill(log: DisplayLog) -> None:
    for event in EVENTS:
        log.append(event)


def test_what_was_written_comes_back_in_order(log: DisplayLog):
    assert log.read() == LoggedEvents()
    fill(log)
    assert log.read() == LoggedEvents(EVENTS)
    assert DisplayLog(log.path).read().events == EVENTS


def test_nothing_written_is_changed_by_what_comes_after(log: DisplayLog):
    log.append(EVENTS[0])
    before = log.path.read_bytes()
    fill(log)
    assert log.path.read_bytes().startswith(before)


def test_only_its_owner_reads_it(log: DisplayLog):
    fill(log)
    assert stat.S_IMODE(log.path.stat().st_mode) == 0o600


@pytest.mark.parametrize("kept", [1, 20, 60])
def test_a_line_torn_by_a_power_cut_costs_that_line_only(log: DisplayLog, kept: int):
    log.append(EVENTS[0])
    whole = log.path.read_bytes()
    log.path.write_bytes(whole + whole[:kept])
    fill(log)
    assert log.read() == LoggedEvents((EVENTS[0], *EVENTS), unreadable=1)


@pytest.mark.parametrize(
    "line",
    [
        b"not json",
        b"\xff\xfe\x00",
        b"[1, 2]",
        b'{"kind": "measurement"}',
        b'{"kind": "spectrum", "screen": {}}',
        b'{"kind": ["correction"]}',
        b"{" * 5000,
    ],
)
def test_lines_that_are_damaged_or_of_a_newer_program_are_counted_and_left_alone(
    log: DisplayLog, line: bytes
):
    log.append(EVENTS[0])
    with log.path.open("ab") as file:
        file.write(line + b"\n\n")
    log.append(EVENTS[1])
    assert log.read() == LoggedEvents(EVENTS[:2], unreadable=1)
    assert line in log.path.read_bytes()


def test_several_programs_may_write_at_once(log: DisplayLog):
    program = (
        "import sys; from datetime import datetime, UTC; from pathlib import Path\n"
        "from annotator.store.display_log import DisplayLog; from annotator.model.display import *\n"
        "for n in range(40): DisplayLog(Path(sys.argv[1])).append("
        "VisualCheck(ScreenId(), datetime.now(UTC), sys.argv[2], True, 'x' * n))"
    )
    running = [subprocess.Popen([sys.executable, "-c", program, str(log.path), who]) for who in "ab"]
    assert [one.wait() for one in running] == [0, 0]
    found = log.read()
    assert (len(found.events), found.unreadable) == (80, 0)


def test_a_place_that_cannot_be_written_or_read_is_told(tmp_path: Path):
    with pytest.raises(StoreError, match="cannot be written"):
        DisplayLog(tmp_path / "missing" / "a.jsonl").append(EVENTS[0])
    with pytest.raises(StoreError, match="cannot be read"):
        DisplayLog(tmp_path).read()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full disk to write to here")
def test_a_full_disk_is_told():
    with pytest.raises(StoreError, match="was not kept"):
        DisplayLog(Path("/dev/full")).append(EVENTS[0])


def test_it_lies_beside_the_readings(own_home: Path):
    log = DisplayLog()
    log.append(EVENTS[0])
    assert own_home in log.path.parents
    assert list(log.path.parent.iterdir()) == [log.path]
