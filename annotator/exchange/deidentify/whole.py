"""One file: rewritten, marked as what it is, searched for what should be gone, and written with its picture."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from numpy.typing import NDArray
from pydicom import Dataset

from annotator.errors import ExportError
from annotator.exchange.careful_dicom import DAMAGE
from annotator.exchange.deidentify.copying import (
    EXPLICIT_LITTLE,
    NATIVE,
    header_bytes,
    pixel_head,
    write_copy,
)
from annotator.exchange.deidentify.known import readable
from annotator.exchange.deidentify.method import mark, own_words
from annotator.exchange.deidentify.pixels import (
    UNDEFINED,
    Layout,
    Picture,
    PixelElement,
    Rectangle,
    as_it_is,
    blacked_out,
    spelt_out,
)
from annotator.exchange.deidentify.rewriting import Plan, rewrite
from annotator.exchange.deidentify.searching import Search

_PIXEL_DATA = 0x7FE00010


@dataclass(frozen=True, kw_only=True)
class Blackout:
    """Rectangles of the stored image, and what they are filled with: `fill` a cell as it is stored, unsigned, `value` the
    same as a decoded value. `frames` gives a frame (from 1) decoded, for pictures that are compressed.
    """

    rectangles: Sequence[Rectangle]
    fill: int
    value: int
    frames: Callable[[int], NDArray[Any]]


@dataclass(frozen=True, kw_only=True)
class Source:
    """A file as it was parsed: `pixels` None where it has no picture, `open` what they are read from."""

    dataset: Dataset
    syntax: str
    pixels: PixelElement | None
    open: Callable[[], AbstractContextManager[BinaryIO]]


def write_deidentified(
    path: Path | None, source: Source, plan: Plan, blackout: Blackout | None = None
) -> Mapping[tuple[str, str], int]:
    """Write the copy of a file and tell how often what was done to which attribute; changes the source's data set.

    `path` None: all but writing. Raises ExportError, with one sentence that has no path in it where the fault is of the
    source. Nothing is written then.
    """
    dataset, syntax = source.dataset, source.syntax
    layout = layout_of(dataset)
    picture = _picture(source, layout)
    if syntax not in NATIVE and (picture is None or not picture.compressed):
        syntax = EXPLICIT_LITTLE
    known = plan.known.hidden_under(plan.profile, plan.options)
    done = rewrite(dataset, replace(plan, known=known))
    mark(dataset, plan.profile, plan.options, blacked_out=blackout is not None)
    if picture is not None and picture.keep_bits is not None:
        done.deeds["OverlayData", "taken out of the pixels"] += 1
    if blackout is not None:
        dataset.BurnedInAnnotation = "NO"
        if picture is not None and picture.compressed:
            syntax = EXPLICIT_LITTLE
            _told_as_decoded(dataset)
    header = header_bytes(dataset, syntax)
    search = Search(known, own_words(plan.profile))
    if search.finds(header):
        where = search.where(dataset, syntax) or "its header"
        raise ExportError(
            f"{where} would still have said who it is, so no copy was written; change it in the original."
        )
    body = _body(picture, layout, syntax, search, blackout)
    if path is None:
        # what refuses the picture is met only on the way through it
        deque(body, maxlen=0)
    else:
        write_copy(path, dataset, syntax, header, body)
    return dict(done.deeds)


def _told_as_decoded(dataset: Dataset) -> None:
    """Decoded cells have no table of places, and their value in the lowest bits."""
    for tag in (0x7FE00001, 0x7FE00002, 0x7FE00003):
        if tag in dataset:
            del dataset[tag]
    stored = _whole(dataset, "BitsStored")
    if stored is not None:
        dataset.HighBit = stored - 1


def layout_of(dataset: Dataset) -> Layout | None:
    """How the pixels of a data set lie, as far as its header tells it in whole numbers."""
    said = [_whole(dataset, name) for name in ("Rows", "Columns", "BitsAllocated")]
    if any(number is None or number <= 0 for number in said):
        return None
    rows, columns, bits = (number or 0 for number in said)
    samples = _whole(dataset, "SamplesPerPixel") or 1
    return Layout(
        rows,
        columns,
        max(_whole(dataset, "NumberOfFrames") or 1, 1),
        bits,
        samples,
        samples > 1 and _whole(dataset, "PlanarConfiguration") == 1,
    )


def _whole(dataset: Dataset, name: str) -> int | None:
    try:
        return int(dataset.get(name, None))
    except DAMAGE:
        return None


def _picture(source: Source, layout: Layout | None) -> Picture | None:
    element = source.pixels
    if element is None:
        return None
    picture = Picture(element, source.open, layout if element.tag == _PIXEL_DATA else None)
    return replace(picture, keep_bits=_bits_without_overlays(source.dataset, layout, picture))


def _bits_without_overlays(dataset: Dataset, layout: Layout | None, picture: Picture) -> int | None:
    """The bits of a 16 bit cell that stay where overlays lie in the others (PS3.3 C.9.2, retired); None without any."""
    if layout is None or layout.bits_allocated != 16 or picture.compressed or picture.element.vr == "OB":
        return None
    taken = 0
    for group in range(0x6000, 0x6020, 2):
        bits, at = readable(dataset, group << 16 | 0x0100), readable(dataset, group << 16 | 0x0102)
        own = group << 16 | 0x3000 in dataset
        if own or bits is None or at is None or not isinstance(at.value, int) or bits.value in (None, 1):
            continue
        if 0 <= at.value < 16:
            taken |= 1 << at.value
    stored, high = _whole(dataset, "BitsStored") or 16, _whole(dataset, "HighBit")
    low = (stored - 1 if high is None else high) + 1 - stored
    value_bits = ((1 << stored) - 1) << max(low, 0)
    taken &= ~value_bits
    return 0xFFFF & ~taken if taken else None


def _body(
    picture: Picture | None, layout: Layout | None, syntax: str, search: Search, blackout: Blackout | None
) -> Iterator[bytes]:
    if picture is None:
        return
    element = picture.element
    if blackout is not None:
        if layout is None or layout.bits_allocated not in (8, 16) or element.tag != _PIXEL_DATA:
            raise ExportError("its pixels are not of 8 or 16 bits, so nothing could be blacked out.")
        yield from _blackened(picture, layout, syntax, blackout)
        return
    yield pixel_head(
        element.tag, element.vr, UNDEFINED if picture.compressed else picture.copied_length, syntax
    )
    if not picture.compressed:
        yield from as_it_is(picture)
        return
    found: list[bool] = []
    yield from search.through(as_it_is(picture), found)
    if found:
        raise ExportError(
            "its compressed picture has a note that says who it is; black something out, so that it is written anew."
        )


def _blackened(picture: Picture, layout: Layout, syntax: str, blackout: Blackout) -> Iterator[bytes]:
    element, length = picture.element, layout.size + layout.size % 2
    if picture.compressed:
        if layout.samples != 1:
            raise ExportError("its picture is compressed and in colour, so nothing could be blacked out.")
        vr = "OB" if layout.bits_allocated == 8 else "OW"
        yield pixel_head(element.tag, vr, length, syntax)
        yield from spelt_out(blackout.frames, layout, blackout.rectangles, blackout.value)
        return
    if element.length < layout.size:
        raise ExportError("its pixels are fewer than its header says, so nothing could be blacked out.")
    yield pixel_head(element.tag, element.vr, length, syntax)
    yield from blacked_out(picture, layout, blackout.rectangles, blackout.fill)
