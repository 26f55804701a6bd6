"""What the system says about a process and its children: memory it alone holds, processor time it used."""

from __future__ import annotations

import time
from pathlib import Path


def own_memory(pid: int) -> int:
    """Bytes that would come free if it ended (USS), of the process and those it started."""
    return sum(_field(one, "Private_Clean") + _field(one, "Private_Dirty") for one in _family(pid))


def proportional_memory(pid: int) -> int:
    """Bytes with shared pages counted by their share (PSS)."""
    return sum(_field(one, "Pss") for one in _family(pid))


def data_memory(pid: int) -> int:
    """Bytes of data (anonymous pages); unlike the others it does not change with what other programs map."""
    return sum(_field(one, "Anonymous") for one in _family(pid))


def processor_seconds(pid: int) -> float:
    """Time on a processor so far, of all threads that are alive; far finer than the system's ticks."""
    used = 0
    for one in _family(pid):
        for task in Path(f"/proc/{one}/task").iterdir():
            used += int((task / "schedstat").read_text(encoding="utf-8").split()[0])
    return used / 1e9


def wait_until_idle(pid: int, share: float = 0.02, patience_s: float = 120) -> None:
    """Until a process uses less than a share of a processor over a second."""
    end = time.monotonic() + patience_s
    before = processor_seconds(pid)
    while time.monotonic() < end:
        time.sleep(1)
        now = processor_seconds(pid)
        if now - before < share:
            return
        before = now


def _field(pid: int, name: str) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    return 0


def _family(pid: int) -> list[int]:
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text(encoding="utf-8").split():
            found += _family(int(child))
    return found
