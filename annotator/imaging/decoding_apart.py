"""Decoders that may crash, hang or take all memory, in processes of their own that stay for the next frame.

Such a frame costs one sentence instead of the reading that is open in the window: its process is ended, the next
frame gets a new one (docs/decisions/0025-decoders-that-can-crash-have-a-process.md). Processes are programs of
their own (`decode_program`), started and never forked; they end with this one, whatever ends it.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import mmap
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from annotator.imaging import decode_program
from annotator.imaging.decode_guard import decode_memory, decode_seconds

MOST_PROCESSES = 4
"""As many as decode frames at a time; each keeps some 60 MB, and the pixels of its last frame."""
START_S = 60.0
"""How long a process may take to load what it needs: libraries from a slow network share."""
PATIENCE = 10
"""How many times its seconds of work a frame may take by the clock: others use the same cores."""
KEPT_BYTES = 64 << 20
"""Shared memory that a process keeps for its next frame: two mammograms."""
_ALIGNED = 64
_ROOM_STEP = 1 << 20


class DecodingFailed(ValueError):
    """A decoder gave no picture; the text is a clause about 'the compressed picture'."""


class DecoderEnded(DecodingFailed):
    """The process of the decoder is gone, or had to be ended."""


class DecodingLimit(DecodingFailed):
    """The decoder took more time or memory than it may."""


class _Gone(Exception):
    """The process said no more; `late` when it was ended because it had said nothing for too long."""

    def __init__(self, *, late: bool) -> None:
        super().__init__(late)
        self.late = late


class _NotBegun(Exception):
    """The process was gone before it had anything to do with the frame."""


_OUT_OF_TIME = -signal.SIGPROF if sys.platform != "win32" else None
TROUBLES = Counter[str]()
"""How often decoders crashed, took too long and asked for too much memory since the program began."""
_BEGUN, _DONE, _MEMORY, _TIME, _CRASH = "begun", "done", "memory", "time", "crash"
_CANNOT_FOLLOW = "is damaged or cut off (no decoder can follow it)"
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
"""One core for what a library would start by itself; heaps of threads count as memory taken (glibc)."""


def decode_with(
    module: str, function: str, data: bytes, shape: tuple[int, int], kind: str, **options: Any
) -> NDArray[Any]:
    """One compressed frame by a function of imagecodecs, as `shape` and `kind` (a dtype) say.

    Raises DecodingFailed when there is no such picture in it, DecoderEnded when that cost the process.
    """
    call = {"module": module, "function": function, "options": options}
    return _ask(call, data, shape, kind)


def decode_with_plugin(
    data: bytes, syntax: str, plugin: str, shape: tuple[int, int], kind: str, options: dict[str, Any]
) -> NDArray[Any]:
    """The same by a named plugin of pydicom; `options` are those of its Decoder.as_array."""
    call = {"syntax": syntax, "plugin": plugin, "options": options}
    return _ask(call, data, shape, kind)


def _ask(call: dict[str, Any], data: bytes, shape: tuple[int, int], kind: str) -> NDArray[Any]:
    for _ in range(
        2
    ):  # one that waited for this frame may have been ended meanwhile, by the system or a user
        with contextlib.suppress(_NotBegun, OSError), _PROCESSES.one() as process:
            return process.decode(call, data, shape, np.dtype(kind))
    raise DecoderEnded("could not be decoded (its decoder does not start)")


class _Room:
    """Memory shared with one process: the compressed bytes, then the pixels."""

    def __init__(self) -> None:
        self.file: IO[bytes] | int | None = None
        if sys.platform == "linux":
            self.file = os.memfd_create("frame")
        elif sys.platform != "win32":
            self.file = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the room
        self._memory: mmap.mmap | None = None
        self._made = 0
        self.ticket = ""

    @property
    def descriptors(self) -> tuple[int, ...]:
        """What the process has to inherit."""
        if self.file is None:
            return ()
        return (self.file if isinstance(self.file, int) else self.file.fileno(),)

    def of(self, size: int) -> mmap.mmap:
        """The memory, at least `size` bytes of it."""
        if self._memory is None or len(self._memory) < size:
            self.give_back()
            size = -(-size // _ROOM_STEP) * _ROOM_STEP
            for descriptor in self.descriptors:
                os.ftruncate(descriptor, size)
            self._made += 1
            self.ticket = str(self.descriptors[0]) if self.descriptors else self._name()
            self._memory = decode_program.shared_memory(self.ticket, size)
        return self._memory

    def give_back(self) -> None:
        """Free the memory; the room itself stays."""
        if self._memory is not None:
            self._memory.close()
            self._memory = None
            for descriptor in self.descriptors:
                os.ftruncate(descriptor, 0)

    def close(self) -> None:
        """Free everything."""
        if self._memory is not None:
            self._memory.close()
            self._memory = None
        if isinstance(self.file, int):
            os.close(self.file)
        elif self.file is not None:
            self.file.close()
        self.file = None

    def _name(self) -> str:
        return f"annotator-{os.getpid()}-{id(self):x}-{self._made}"


class _Process:
    """One process that decodes, a frame at a time."""

    def __init__(self) -> None:
        self._room = _Room()
        # -P: the folder of the program holds a codecs.py that must not hide Python's own.
        self._program = subprocess.Popen(  # noqa: S603 - a file of this very package, by this interpreter
            [sys.executable, "-P", decode_program.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=self._room.descriptors,
            env=os.environ | _ENVIRONMENT,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._ready = False
        self.ended = False

    def decode(
        self, call: dict[str, Any], data: bytes, shape: tuple[int, int], kind: np.dtype[Any]
    ) -> NDArray[Any]:
        """The frame; DecodingFailed or DecoderEnded when there is none."""
        start = -(-len(data) // _ALIGNED) * _ALIGNED
        count = shape[0] * shape[1]
        size = start + count * kind.itemsize
        try:
            room = self._room.of(size)
        except (OSError, ValueError) as error:
            raise DecodingLimit("needs more memory than there is") from error
        room[: len(data)] = data
        place = {
            "ticket": self._room.ticket,
            "size": len(room),
            "length": len(data),
            "start": start,
            "shape": shape,
            "kind": kind.str,
        }
        seconds = decode_seconds(count)
        limits = {"seconds": seconds, "patience": PATIENCE * seconds, "memory": decode_memory(count)}
        said = self._said(call | place | limits)
        if said == _MEMORY:
            TROUBLES[_MEMORY] += 1
            raise DecodingLimit("takes its decoder more memory than any such picture needs")
        if said != _DONE:
            raise DecodingFailed(_CANNOT_FOLLOW)
        # from here on nobody else writes there until the next call, which waits for this one
        pixels = np.frombuffer(room, kind, count, start).reshape(shape).copy()
        if len(room) > KEPT_BYTES:
            self._room.give_back()
        return pixels

    def _said(self, call: dict[str, Any]) -> str:
        """The answer to one call; DecoderEnded when there is none, _NotBegun when it was not even begun."""
        try:
            if not self._ready:
                self._line(START_S)
                self._ready = True
            assert self._program.stdin is not None
            self._program.stdin.write(json.dumps(call).encode() + b"\n")
            self._program.stdin.flush()
            first = self._line(START_S)
        except (_Gone, OSError) as error:
            self.ended = True
            raise _NotBegun from error
        if first != _BEGUN:
            return first
        try:
            return self._line(call["patience"])
        except _Gone as gone:
            self.ended = True
            if gone.late or self._program.wait() == _OUT_OF_TIME:
                TROUBLES[_TIME] += 1
                raise DecodingLimit("takes its decoder longer than any such picture needs") from gone
            TROUBLES[_CRASH] += 1
            raise DecoderEnded("is damaged (its decoder crashed on it)") from gone

    def _line(self, seconds: float) -> str:
        """The next line it says, for which it has so many seconds."""
        assert self._program.stdout is not None
        late = threading.Event()

        def end() -> None:
            late.set()
            self._program.kill()

        timer = threading.Timer(seconds, end)
        timer.daemon = True
        timer.start()
        try:
            line = self._program.stdout.readline()
        finally:
            timer.cancel()
        if line.endswith(b"\n"):
            return line.decode("ascii").strip()
        raise _Gone(late=late.is_set())

    def close(self) -> None:
        """End it, whatever it is at."""
        self.ended = True
        self._program.kill()
        self._program.wait()
        for pipe in (self._program.stdin, self._program.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):  # what was not written any more
                    pipe.close()
        self._room.close()


class _Processes:
    """Those of this program: started when the first frame needs one, at most one for each core."""

    def __init__(self) -> None:
        self._owner = os.getpid()
        self._idle = list[_Process]()
        self._room = threading.BoundedSemaphore(max(1, min(MOST_PROCESSES, os.cpu_count() or 1)))
        self._lock = threading.Lock()

    @contextmanager
    def one(self) -> Iterator[_Process]:
        """A process for one frame; whoever comes when all are busy waits for the first that is not."""
        with self._room:
            with self._lock:
                process = self._idle.pop() if self._idle else None
            process = process or _Process()
            interrupted = True  # in the middle of a frame: what it would say next is unknown
            try:
                yield process
                interrupted = False
            except DecodingFailed:
                interrupted = False
                raise
            finally:
                if process.ended or interrupted:
                    process.close()
                else:
                    with self._lock:
                        self._idle.append(process)

    def end(self) -> None:
        """End those that wait, at the end of the program."""
        if self._owner != os.getpid():  # a copy of the program that forked: they are not its own
            return
        with self._lock:
            idle, self._idle = self._idle, []
        for process in idle:
            process.close()


_PROCESSES = _Processes()
atexit.register(_PROCESSES.end)
if hasattr(os, "register_at_fork"):

    def _begin_anew() -> None:
        global _PROCESSES  # noqa: PLW0603 - the pipes of the copied ones belong to another program
        _PROCESSES = _Processes()

    os.register_at_fork(after_in_child=_begin_anew)
