"""The copy of a file: no preamble, a file meta group of its own, the rewritten header, the picture piece by piece."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Literal

from pydicom import Dataset, FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset, write_file_meta_info
from pydicom.uid import UID

from annotator.exchange.whole_file import whole_file

EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
IMPLICIT_LITTLE = "1.2.840.10008.1.2"
EXPLICIT_BIG = "1.2.840.10008.1.2.2"
DEFLATED = "1.2.840.10008.1.2.1.99"
NATIVE = frozenset({EXPLICIT_LITTLE, IMPLICIT_LITTLE, EXPLICIT_BIG, DEFLATED})
_UNDEFINED = 0xFFFFFFFF


def header_bytes(dataset: Dataset, syntax: str) -> bytes:
    """The data set as it stands in a file of that transfer syntax, before anything is deflated."""
    buffer = DicomBytesIO()
    buffer.is_implicit_VR = syntax == IMPLICIT_LITTLE
    buffer.is_little_endian = syntax != EXPLICIT_BIG
    write_dataset(buffer, dataset)
    return buffer.getvalue()


def pixel_head(tag: int, vr: str, length: int, syntax: str) -> bytes:
    """Tag, representation and length of the pixel element."""
    order: Literal["big", "little"] = "big" if syntax == EXPLICIT_BIG else "little"
    number = (tag >> 16).to_bytes(2, order) + (tag & 0xFFFF).to_bytes(2, order)
    if syntax == IMPLICIT_LITTLE:
        return number + length.to_bytes(4, "little")
    compressed = length == _UNDEFINED
    return number + (b"OB" if compressed else vr.encode()) + bytes(2) + length.to_bytes(4, order)


def write_copy(path: Path, dataset: Dataset, syntax: str, header: bytes, pixels: Iterable[bytes]) -> None:
    """Write a whole file or none, its owner's only; `header` and `pixels` are what follows its file meta group.

    Raises ExportError, and what `pixels` raises.
    """
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(str(dataset.get("SOPClassUID", "")))
    meta.MediaStorageSOPInstanceUID = UID(str(dataset.get("SOPInstanceUID", "")))
    meta.TransferSyntaxUID = UID(syntax)
    front = DicomBytesIO()
    front.write(bytes(128) + b"DICM")
    write_file_meta_info(front, meta, enforce_standard=True)
    with whole_file(path) as file:
        file.write(front.getvalue())
        body = chain((header,), pixels)
        for piece in _deflated(body) if syntax == DEFLATED else body:
            file.write(piece)


def _deflated(body: Iterable[bytes]) -> Iterator[bytes]:
    machine = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    size = 0
    for piece in body:
        packed = machine.compress(piece)
        size += len(packed)
        yield packed
    packed = machine.flush()
    yield packed + bytes((size + len(packed)) % 2)
