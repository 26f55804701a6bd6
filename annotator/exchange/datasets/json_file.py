"""JSON files of other programs: limits, and one sentence for what is no JSON or laid out otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from annotator.errors import UnreadableAnnotations
from annotator.exchange.datasets.found import refused_size
from annotator.exchange.json_faults import shortened

LARGEST_BYTES = 256_000_000


def read_json(path: Path, what: str, largest: int = LARGEST_BYTES) -> dict[str, Any]:
    """The object in a file; `what` it should be, for the UnreadableAnnotations of one that is none."""
    refused_size(path, largest)
    try:
        document = msgspec.json.decode(path.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    except OSError as error:
        raise UnreadableAnnotations(f"{path} could not be read ({error.strerror}).") from error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableAnnotations(
            shortened(f"{path} is not JSON ({error}); is it {what}, and whole?")
        ) from error
    if not isinstance(document, dict):
        raise UnreadableAnnotations(f"{path} holds no JSON object; is it {what}?")
    return document


def beginning(path: Path, most: int = 4_000_000) -> bytes:
    """The first bytes of a file, b"" where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(most)
    except OSError:
        return b""
