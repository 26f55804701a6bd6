"""How long the window does not answer while an exam and a stack are opened, scrolled and looked at.

A clock on the GUI thread beats every 5 ms; the longest time between two beats is what a key pressed in the worst
moment would have waited for. Real input events in the real window on a screen of its own, in a process of its own.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.imaging.files import JPEG_LS, Files
from benchmarks.imaging.rows import ABSENT, Bar, Row
from benchmarks.imaging.screen import Screen, can_watch

SIZE = (1920, 1200)
LONGEST = Bar(50, unit=" ms")


def measure(files: Files) -> Iterator[Row]:
    """A row for each step of the journey: the median over the rounds of its longest gap."""
    if not can_watch():
        yield Row("window not answering", "", "Xvfb: " + ABSENT, None, LONGEST)
        return
    rounds = max(files.sizes.rounds - 4, 1)
    exam, stack = files.exam()[0].parent, files.stack(JPEG_LS)
    gaps: dict[str, list[float]] = {}
    with Screen(*SIZE) as screen:
        for _ in range(rounds):
            for step, gap in _journey(screen, exam, stack).items():
                gaps.setdefault(step, []).append(gap)
    for step, found in gaps.items():
        value = statistics.median(found)
        yield Row(f"window not answering: {step}", f"{value:.0f} ms", "", value, LONGEST, " ms")


def _journey(screen: Screen, exam: Path, stack: Path) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.imaging.heartbeat_journey", str(exam), str(stack)],
        env=screen.env,
        capture_output=True,
        text=True,
        check=True,
    )
    gaps: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return gaps
