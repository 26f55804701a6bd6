"""Other programs to measure beside: found where they are installed, never required.

Command-line peers are looked up on PATH. Python peers (napari, pyqtgraph, pydicom's GPL plugins) live in an
environment of their own, which ANNOTATOR_PEERS_PYTHON names by its python.
"""

from __future__ import annotations

import json
import os
import subprocess
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

PROGRAMS = Path(__file__).parent / "peers"


@cache
def peers_python() -> str | None:
    """The python that has the peers, None when none is named."""
    return os.environ.get("ANNOTATOR_PEERS_PYTHON")


@cache
def has(module: str) -> bool:
    """Whether that python can import a module."""
    python = peers_python()
    if python is None:
        return False
    look = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({module!r}) is None)"
    return subprocess.run([python, "-c", look], check=False, capture_output=True).returncode == 0


class Peer:
    """A peer's program that stays and answers one JSON line with another, so that runs can be interleaved."""

    def __init__(self, program: str, *words: str, env: dict[str, str] | None = None) -> None:
        python = peers_python()
        assert python is not None
        self._process = subprocess.Popen(
            [python, "-u", str(PROGRAMS / program), *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, **(env or {})},
        )

    def ask(self, **question: Any) -> Any:
        """What the peer answers; RuntimeError when it ended instead."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"a peer ended without an answer to {sorted(question)}")
        return json.loads(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
