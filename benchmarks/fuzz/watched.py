"""A process that loads broken files, watched from outside: crashes, hangs and memory are seen, whatever happens in it."""

from __future__ import annotations

import contextlib
import faulthandler
import mmap
import multiprocessing
import os
import resource
import shutil
import signal
import tempfile
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from annotator.imaging.decoding_apart import TROUBLES
from benchmarks.fuzz.corpus import corpus
from benchmarks.fuzz.loading import broken, load

SECONDS = 5.0
"""Work of the cores that one file may cost the program; decoders in processes of their own have a limit of theirs."""
PATIENCE_S = 180.0
"""By the clock, where other programs take the cores."""
ALLOWANCE = 1 << 30
"""Bytes that the program may take above the picture itself."""
HANG, CRASH, FAULT, MEMORY = "hang", "crash", "fault", "memory"
_OUT_OF_MEMORY = "more memory than there is"


@dataclass
class Result:
    """What came of one file. `wrong` is empty unless the program, not the file, was at fault."""

    number: int
    outcomes: list[str] = field(default_factory=list)
    wrong: str = ""
    detail: str = ""
    seconds: float = 0.0
    above_picture: int = 0
    troubles: dict[str, int] = field(default_factory=dict)


class Watched:
    """One process and the file it has in hand."""

    def __init__(self, folders: Sequence[Path], run: str) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.number: int | None = None
        self._since = 0.0
        self._folder = Path(tempfile.mkdtemp(prefix="annotator-fuzz-"))
        self._process = context.Process(
            target=_serve, args=(list(folders), run, theirs, self._folder), daemon=True
        )
        self._process.start()
        theirs.close()

    def give(self, number: int) -> None:
        """Let it load a file."""
        self.number, self._since = number, time.monotonic()
        # a process that is gone already is met when its answer is asked for
        with contextlib.suppress(OSError):
            self.pipe.send(number)

    def result(self) -> Result | None:
        """What came of the file in hand, None while it is at it; `alive` is False after a crash or a hang."""
        assert self.number is not None
        number = self.number
        try:
            if self.pipe.poll():
                answer: Result = self.pipe.recv()
                self.number = None
                return answer
        except (EOFError, OSError):
            self._process.join()
            code = self._process.exitcode
            slow = code == -signal.SIGPROF
            detail = f"{SECONDS:.0f} s of work" if slow else f"exit code {code}"
            return Result(number, wrong=HANG if slow else CRASH, detail=detail)
        waited = time.monotonic() - self._since
        if waited > PATIENCE_S:
            self._process.kill()
            return Result(number, wrong=HANG, detail=f"{waited:.0f} s by the clock", seconds=waited)
        return None

    def end(self) -> None:
        """End it, whatever it is at."""
        self._process.kill()
        self._process.join()
        self.pipe.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def _serve(folders: list[Path], run: str, pipe: Connection, folder: Path) -> None:
    """Load what is asked for until nobody asks any more."""
    unpacked, alone = folder / "unpacked", folder / "alone"
    unpacked.mkdir()
    tempfile.tempdir = str(unpacked)  # it goes with the folder, however this process ends
    seeds = corpus(folders)
    faulthandler.enable()
    while True:
        try:
            number = pipe.recv()
        except (EOFError, OSError):
            return
        name, content = broken(seeds, run, number)
        alone.mkdir()  # the folder around a damaged directory is searched
        result = one_file(number, alone / name, content)
        with contextlib.suppress(OSError):  # nobody asks any more
            pipe.send(result)
        shutil.rmtree(alone)
        for left in unpacked.glob("mammo-annotator-*/*"):
            shutil.rmtree(left, ignore_errors=True)


def one_file(number: int, path: Path, content: bytes) -> Result:
    """Write a file, load it within the limits, and say what came of it."""
    path.write_bytes(content)
    del content
    result = Result(number)
    before = TROUBLES.copy()
    resident = _pages(1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    began = time.process_time()
    picture = 0

    def allow(picture_bytes: int) -> None:
        nonlocal picture
        picture = max(picture, picture_bytes)
        _limit(_pages(0) + picture_bytes + ALLOWANCE)

    allow(0)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        result.outcomes = load(path, allow)
    except MemoryError:
        result.wrong = MEMORY
    except Exception as error:  # noqa: BLE001 - whatever the program lets through is what is looked for
        result.wrong, result.detail = FAULT, "".join(traceback.format_exception(error))[-3000:]
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        _limit(None)
        path.unlink(missing_ok=True)
    if any(_OUT_OF_MEMORY in outcome for outcome in result.outcomes):
        result.wrong = MEMORY
    result.seconds = time.process_time() - began
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    result.above_picture = max(0, after - resident - picture) if after > peak else 0
    result.troubles = dict(TROUBLES - before)
    return result


def _limit(addresses: int | None) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY if addresses is None else addresses, most))


def _pages(which: int) -> int:
    """Bytes of addresses (0) or memory (1) that this process has."""
    return int(Path(f"/proc/{os.getpid()}/statm").read_text(encoding="ascii").split()[which]) * mmap.PAGESIZE
