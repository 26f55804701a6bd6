"""What an exam costs while it is open: memory over the empty window, and processor time when nobody touches it.

The pixels of four views take rows x columns x 2 bytes each; whatever the window holds beyond them, over what the
same window holds without an exam, is the price of showing them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.imaging.files import Files
from benchmarks.imaging.processes import own_memory, processor_seconds, proportional_memory, wait_until_idle
from benchmarks.imaging.rows import ABSENT, Bar, Row
from benchmarks.imaging.screen import Screen, can_watch, end, picture_seen, window_seen
from benchmarks.imaging.viewers import OURS, PEERS, commands

SIZE = (1920, 1200)
TIMES_PIXELS = Bar(2.2)
NONE = Bar(5, unit=" ms")
"""Half a tick of the system's own clock in ten seconds: what one stray wake-up may cost."""
IDLE_S = 10.0


def measure(files: Files) -> Iterator[Row]:
    if not can_watch():
        yield Row("memory", "", "Xvfb: " + ABSENT, None, TIMES_PIXELS)
        return
    sizes = files.sizes
    pixels = 4 * sizes.rows * sizes.columns * 2
    idle_s = IDLE_S if sizes.rounds > 1 else 1.0
    with Screen(*SIZE) as screen:
        empty, empty_shared, _ = _settled(screen, OURS, (), idle_s)
        full, full_shared, idle = _settled(screen, OURS, files.exam(), idle_s)
        beside = f"pixels {_mb(pixels)}, empty window {_mb(empty)}"
        value = (full - empty) / pixels
        yield Row(f"memory for four views of {sizes.words}", f"{_mb(full)} own", beside, value, TIMES_PIXELS)
        value = (full_shared - empty_shared) / pixels
        yield Row("- shared pages by their share", _mb(full_shared), f"empty {_mb(empty_shared)}", value)
        yield Row(
            f"processor time in {idle_s:.0f} s with the exam open", f"{idle:.1f} ms", "", idle, NONE, " ms"
        )
        for peer in PEERS:
            yield _beside(screen, peer, files.exam(), full, idle_s)


def _settled(screen: Screen, viewer: str, paths: Sequence[Path], idle_s: float) -> tuple[int, int, float]:
    """Own and proportional memory once nothing happens any more, and milliseconds used while idle."""
    program = screen.run(*commands(paths)[viewer])
    screen.wait_for(picture_seen if paths else window_seen)
    screen.wait_until_still(2.0)
    wait_until_idle(program.pid)
    memory, shared = own_memory(program.pid), proportional_memory(program.pid)
    before = processor_seconds(program.pid)
    time.sleep(idle_s)
    used = processor_seconds(program.pid) - before
    end(program)
    screen.wait_until_black()
    return memory, shared, used * 1000


def _beside(screen: Screen, peer: str, paths: Sequence[Path], ours: int, idle_s: float) -> Row:
    name = "memory, all of it"
    if peer not in commands(paths):
        return Row(name, _mb(ours), f"{peer}: {ABSENT}")
    theirs, _, idle = _settled(screen, peer, paths, idle_s)
    return Row(name, _mb(ours), f"{peer} {_mb(theirs)} own, {idle:.1f} ms idle", ours / theirs)


def _mb(size: int) -> str:
    return f"{size / 1e6:,.0f} MB" if size >= 1e6 else f"{size / 1e6:.2f} MB"
