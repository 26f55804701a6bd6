"""The decoders of last resort, each call in a process of its own.

gdcm aborts its whole process on some damaged frames, others never return: here that costs one frame
instead of the reading that is open in the window. Run as a script, this file is that process.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

SECONDS = 60
"""Longest that a frame may take: the slowest of these decoders needs 3 s for the largest mammogram."""


def decode_apart(data: bytes, syntax: str, plugin: str, options: dict[str, Any]) -> NDArray[Any]:
    """One compressed frame by the named pydicom plugin, as (rows, columns); ValueError when that failed.

    `options` are those of pydicom's Decoder.as_array.
    """
    call = json.dumps({"syntax": syntax, "plugin": plugin, "options": options}).encode() + b"\n"
    # -P: the folder of this file holds a codecs.py that must not hide Python's own.
    command = [sys.executable, "-P", __file__]
    no_window = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    try:
        answer = subprocess.run(  # noqa: S603 - this very file and interpreter
            command,
            input=call + data,
            capture_output=True,
            timeout=SECONDS,
            check=True,
            creationflags=no_window,
        )
    except (subprocess.SubprocessError, OSError) as error:
        raise ValueError(f"{plugin} could not decode it") from error
    kind, _, values = answer.stdout.partition(b"\n")
    return np.frombuffer(values, np.dtype(kind.decode())).reshape(options["rows"], options["columns"])


def main() -> None:
    """Read a call and a frame from standard input, write the type and the values to standard output."""
    from pydicom.encaps import encapsulate  # noqa: PLC0415 - only the child process needs it
    from pydicom.pixels.decoders.base import get_decoder  # noqa: PLC0415
    from pydicom.uid import UID  # noqa: PLC0415

    call = json.loads(sys.stdin.buffer.readline())
    frame = sys.stdin.buffer.read()
    decoder = get_decoder(UID(call["syntax"]))
    options = call["options"]
    values, _ = decoder.as_array(encapsulate([frame]), decoding_plugin=call["plugin"], raw=True, **options)
    sys.stdout.buffer.write(values.dtype.newbyteorder("=").str.encode() + b"\n")
    sys.stdout.buffer.write(np.ascontiguousarray(values).tobytes())


if __name__ == "__main__":
    main()
