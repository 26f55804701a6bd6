"""The program that decodes what may take a process down; started by `decoding_apart`, never by people.

It reads calls from standard input, one JSON object a line, takes the compressed bytes from memory that it
shares with whoever asks, and puts the pixels there. It holds nothing that would be lost with it. It needs the
standard library, NumPy and the decoders only, and is started by its path: a crash of it can come from nothing else.
"""

from __future__ import annotations

import contextlib
import faulthandler
import importlib
import json
import mmap
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

GRACE_S = 5
"""How much later than its master this program ends a call by itself: the master may be gone."""

_Decode = Callable[[bytes, NDArray[Any]], None]


def shared_memory(ticket: str, size: int) -> mmap.mmap:
    """Memory that two processes see: `ticket` is an inherited file, or on Windows the name both know."""
    if sys.platform == "win32":
        return mmap.mmap(-1, size, tagname=ticket)
    return mmap.mmap(int(ticket), size)


def main() -> None:
    """Answer calls until nobody asks any more."""
    # what decoders print must not come between the answers
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    trace = Path(os.devnull).open("w", encoding="ascii")  # noqa: SIM115 - lives as long as the program
    _leave_no_dump()
    answers.write(b"ready\n")
    room = _Room()
    for line in sys.stdin.buffer:
        call = json.loads(line)
        try:
            decode = _decoder(call)
        except Exception:  # noqa: BLE001 - a decoder that cannot be loaded here is none
            answers.write(b"missing\n")
            continue
        answers.write(b"begun\n")
        faulthandler.dump_traceback_later(call["patience"] + GRACE_S, exit=True, file=trace)
        _limit_time(call["seconds"])
        said = _answer(call, decode, room)
        _limit_time(0)
        faulthandler.cancel_dump_traceback_later()
        answers.write(said + b"\n")


class _Room:
    """The shared memory of the last call: pages once seen need not be asked for again."""

    def __init__(self) -> None:
        self._memory: mmap.mmap | None = None
        self._key = ("", 0)

    def of(self, ticket: str, size: int) -> mmap.mmap:
        if self._memory is None or self._key != (ticket, size):
            if self._memory is not None:
                self._memory.close()
                self._memory = None
            self._memory = shared_memory(ticket, size)
            self._key = (ticket, size)
        return self._memory


def _answer(call: dict[str, Any], decode: _Decode, room: _Room) -> bytes:
    """Decode into the shared memory; how that went in one word."""
    try:
        memory = room.of(call["ticket"], call["size"])
        _limit_memory(call["memory"])
        count = int(np.prod(call["shape"]))
        pixels = np.frombuffer(memory, call["kind"], count, call["start"]).reshape(call["shape"])
        decode(memory[: call["length"]], pixels)
    except MemoryError:
        return b"memory"
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # noqa: BLE001 - decoders written in Rust raise what is no Exception
        return b"failed"
    return b"done"


def _decoder(call: dict[str, Any]) -> _Decode:
    """What the call names, loaded: a function of imagecodecs, or a plugin of pydicom."""
    if "module" in call:
        function = getattr(importlib.import_module(f"imagecodecs.{call['module']}"), call["function"])
        options = call["options"]
        return lambda data, pixels: _filled(function(data, out=pixels, **options), pixels)
    return _plugin(call)


def _plugin(call: dict[str, Any]) -> _Decode:
    from pydicom.encaps import encapsulate  # noqa: PLC0415 - takes long, and few frames need it
    from pydicom.pixels.decoders.base import get_decoder  # noqa: PLC0415
    from pydicom.uid import UID  # noqa: PLC0415

    decoder = get_decoder(UID(call["syntax"]))

    def decode(data: bytes, pixels: NDArray[Any]) -> None:
        frame = encapsulate([data])
        values, _ = decoder.as_array(frame, decoding_plugin=call["plugin"], raw=True, **call["options"])
        _filled(values, pixels)

    return decode


def _filled(values: NDArray[Any], pixels: NDArray[Any]) -> None:
    """Put `values` in place where the decoder has not; ValueError for those that are not the picture asked for."""
    if values.shape != pixels.shape or values.dtype.itemsize > pixels.dtype.itemsize:
        raise ValueError("another picture")
    if not np.may_share_memory(values, pixels):
        kind = "i" if values.dtype.kind == "i" and pixels.dtype.kind == "u" else pixels.dtype.kind
        np.copyto(pixels.view(f"{kind}{pixels.dtype.itemsize}"), values, casting="unsafe")


def _leave_no_dump() -> None:
    """A core dump would hold the picture of a patient."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource  # noqa: PLC0415 - not on Windows

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_time(seconds: float) -> None:
    """End this process when its cores have worked for so long, where the system counts that (not on Windows)."""
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_PROF, seconds)


def _limit_memory(more: int) -> None:
    """Let this process grow by so many bytes and no further, where the system offers that for addresses (Linux)."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource  # noqa: PLC0415 - not on Windows

        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (pages * mmap.PAGESIZE + more, most))


if __name__ == "__main__":
    main()
