"""What is kept of a header: an `ImageInfo` as bytes and back, strictly; and which program read it."""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import fields
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, get_type_hints

import msgspec

from annotator import __version__
from annotator.model import geometry
from annotator.model.image import ImageInfo, Voi, VoiLut, Window

_ALTERNATIVES = tuple[tuple[Window | None, VoiLut | None], ...]
"""How `ImageInfo.voi` travels: msgspec tells two kinds of object apart by their place only."""


def encode(info: ImageInfo) -> bytes | None:
    """All of `info` but its path; None when it holds what cannot be written (a broken character, a huge number)."""
    values = {f.name: getattr(info, f.name) for f in fields(info) if f.name != "path"}
    values["voi"] = tuple(
        (choice, None) if isinstance(choice, Window) else (None, choice) for choice in info.voi
    )
    try:
        return msgspec.msgpack.encode(_record()(**values))
    except (UnicodeError, OverflowError):
        return None


def decode(record: bytes, path: Path) -> ImageInfo | None:
    """The image of `path` as it was encoded; None when these are not the bytes of an `ImageInfo` of today."""
    try:
        found = _decoder().decode(record)
    except (msgspec.MsgspecError, ValueError):
        return None
    values = {name: getattr(found, name) for name in found.__struct_fields__}
    choices: list[Voi] = [choice for pair in found.voi for choice in pair if choice is not None]
    return ImageInfo(path=path, **(values | {"voi": tuple(choices)}))


@cache
def reader_version() -> bytes:
    """Changes whenever a header might be read otherwise: with this program, its reading code, or pydicom."""
    digest = hashlib.sha256(__version__.encode())
    for folder in (Path(__file__).parent, Path(geometry.__file__).parent):
        for source in sorted(folder.glob("*.py")):
            digest.update(source.read_bytes())
    parser = find_spec("pydicom")
    if parser is not None and parser.origin is not None:
        with contextlib.suppress(OSError):  # packed into one file with Python
            stat = Path(parser.origin).stat()
            digest.update(f"{stat.st_size} {stat.st_mtime_ns}".encode())
    return digest.digest()[:8]


@cache
def _record() -> type[msgspec.Struct]:
    hints = get_type_hints(ImageInfo) | {"voi": _ALTERNATIVES}
    names: list[tuple[str, Any]] = [(f.name, hints[f.name]) for f in fields(ImageInfo) if f.name != "path"]
    return msgspec.defstruct("HeaderRecord", names, array_like=True, forbid_unknown_fields=True)


@cache
def _decoder() -> msgspec.msgpack.Decoder[Any]:
    return msgspec.msgpack.Decoder(_record())
