"""The one place where whatever a parser or codec throws at bad bytes becomes a sentence.

Codecs written in Rust raise BaseException (pyo3 PanicException), nested sequences end in
RecursionError, absurd sizes in MemoryError: none of them may stop the files that follow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from annotator.errors import AnnotatorError, UnreadableImage
from annotator.jobs import Cancelled

_Result = TypeVar("_Result")
_WANTED = (Cancelled, KeyboardInterrupt, SystemExit, GeneratorExit)

_LEAST_SECONDS = 4.0
_SECONDS_PER_PIXEL = 0.5e-6
_FREE_PIXELS = 8_000_000
_LEAST_MEMORY = 512 << 20
_MEMORY_PER_PIXEL = 16
"""JPEG 2000 takes 8 bytes a pixel for what it unfolds, and as much again while it turns it into pixels."""
MOST_MEMORY = 1 << 30
"""What decoding may take above the picture itself."""


def decode_seconds(pixels: int) -> float:
    """How long cores may work on one frame: five times as long as the slowest decoder takes on a slow machine."""
    return _LEAST_SECONDS + max(0, pixels - _FREE_PIXELS) * _SECONDS_PER_PIXEL


def decode_memory(pixels: int) -> int:
    """By how many bytes a decoder may make its process grow for a frame."""
    return min(_LEAST_MEMORY + _MEMORY_PER_PIXEL * pixels, MOST_MEMORY)


@contextmanager
def decode_guard(path: Path) -> Iterator[None]:
    """Turn anything raised inside into UnreadableImage, except errors that already speak for themselves."""
    try:
        yield
    except (AnnotatorError, *_WANTED):
        raise
    except BaseException as error:
        raise UnreadableImage(path, _sentence(error)) from error


def attempt(
    function: Callable[[], _Result], *, let: tuple[type[Exception], ...] = ()
) -> tuple[_Result | None, str]:
    """`function()` and '', or None and why not, for bytes nobody vouches for; what is in `let` is raised."""
    try:
        return function(), ""
    except UnreadableImage as error:
        return None, error.reason
    except BaseException as error:
        if isinstance(error, (*_WANTED, *let)):
            raise
        return None, str(error) or type(error).__name__


def _sentence(error: BaseException) -> str:
    if isinstance(error, RecursionError):
        return "its header nests sequences too deeply to be read; the file is damaged or made to do harm"
    if isinstance(error, MemoryError):
        return "it asks for more memory than there is; the file is damaged or made to do harm"
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if isinstance(error, PermissionError):
        return "this user may not read it; ask whoever owns the file"
    if isinstance(error, OSError) and error.errno is not None:  # pydicom raises others for bad bytes
        return f"it could not be read from disk ({error.strerror or error})"
    said = " ".join(str(error).split())[:160]
    return f"it is damaged and could not be understood ({said or type(error).__name__})"
