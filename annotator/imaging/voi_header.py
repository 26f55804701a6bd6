"""What a header says of grey values: rescale or modality table, windows and VOI tables, padding (PS3.3 C.11)."""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

import numpy as np
from pydicom.dataelem import RawDataElement

from annotator.imaging.facts import Facts
from annotator.model.image import ModalityLut, PaddingRange, Voi, VoiFunction, VoiLut, Window

_LARGEST_RESCALE = 1e12
"""Far above any unit a detector counts in, far below where sums of such numbers lose the stored value."""


class GreyFacts(NamedTuple):
    """What leads from the stored values of one header to grey levels."""

    slope: float
    intercept: float
    modality_lut: ModalityLut | None
    voi: tuple[Voi, ...]
    padding: PaddingRange | None


def read_grey_facts(facts: Facts, *, bits_stored: int, signed: bool) -> GreyFacts:
    """Those of the image as a whole. A modality table stands in place of a rescale (PS3.3 C.11.1)."""
    table = read_modality_lut(facts, signed=signed)
    slope, intercept = (1.0, 0.0) if table is not None else read_rescale(facts)
    negative = table is None and may_be_negative(
        bits_stored=bits_stored, signed=signed, slope=slope, intercept=intercept
    )
    voi = read_voi(facts, signed=negative)
    return GreyFacts(slope, intercept, table, voi, read_padding(facts, signed=signed))


def voi_of(facts: Facts, *, signed: bool) -> tuple[Voi, ...]:
    """Windows first, then lookup tables, each kind in the header's order (PS3.3 C.11.2, C.7.6.16.2.10).

    `facts` is the header or the item of a Frame VOI LUT Sequence; `signed` whether the values that the
    alternatives are applied to may be negative.
    """
    return (*_windows(facts), *_tables(facts, signed=signed))


def read_voi(facts: Facts, *, signed: bool) -> tuple[Voi, ...]:
    """The alternatives of the image; those of the frames when the image itself has none."""
    found = voi_of(facts, signed=signed)
    if found:
        return found
    frames = facts.group("FrameVOILUTSequence")
    return () if frames is None else voi_of(frames, signed=signed)


def may_be_negative(*, bits_stored: int, signed: bool, slope: float, intercept: float) -> bool:
    """Whether a rescale can give values below zero: then a VOI table may begin below zero too."""
    low = -(1 << bits_stored - 1) if signed else 0
    high = low + (1 << bits_stored) - 1
    return min(low * slope, high * slope) + intercept < 0


def read_modality_lut(facts: Facts, *, signed: bool) -> ModalityLut | None:
    """The table from stored to modality values, None without one; it goes before any rescale (PS3.3 C.11.1)."""
    item = facts.item("ModalityLUTSequence")
    if item is None:
        return None
    table = _table(item, signed=signed)
    if table is None:
        facts.repairs.append("The modality LUT is damaged; stored values were taken as they are.")
        return None
    return ModalityLut(table.first, table.bits, table.data, item.text("ModalityLUTType"))


def read_padding(facts: Facts, *, signed: bool) -> PaddingRange | None:
    """Stored values that are background: PixelPaddingValue to PixelPaddingRangeLimit, either way round."""
    value = facts.whole("PixelPaddingValue")
    if value is None:
        return None
    limit = facts.whole("PixelPaddingRangeLimit")
    ends = [_as_stored(v, signed=signed) for v in (value, value if limit is None else limit)]
    return PaddingRange(min(ends), max(ends))


def read_rescale(facts: Facts) -> tuple[float, float]:
    """(slope, intercept) of the modality transform, (1, 0) when absent or impossible."""
    return rescale_of(facts.group("PixelValueTransformationSequence") or facts)


def rescale_of(source: Facts) -> tuple[float, float]:
    """The same of a header, or of the item of a Pixel Value Transformation Sequence."""
    slope, intercept = source.number("RescaleSlope"), source.number("RescaleIntercept")
    slope, intercept = 1.0 if slope is None else slope, 0.0 if intercept is None else intercept
    if not 1 / _LARGEST_RESCALE < abs(slope) < _LARGEST_RESCALE or abs(intercept) > _LARGEST_RESCALE:
        source.repairs.append(
            f"RescaleSlope {slope:g} with intercept {intercept:g} cannot be; stored values were taken as they are."
        )
        return 1.0, 0.0
    return slope, intercept


def _windows(facts: Facts) -> list[Window]:
    centers, widths = facts.numbers("WindowCenter"), facts.numbers("WindowWidth")
    if len(centers) != len(widths):
        facts.repairs.append(
            f"There are {len(centers)} window centres and {len(widths)} widths; only whole pairs were kept."
        )
    said = facts.text("VOILUTFunction").upper()
    if said and said not in set(VoiFunction):
        facts.repairs.append(f"VOILUTFunction {said[:20]!r} is not known; LINEAR was used.")
    function = VoiFunction(said) if said in set(VoiFunction) else VoiFunction.LINEAR
    narrowest = 1.0 if function is VoiFunction.LINEAR else sys.float_info.min
    names = facts.texts("WindowCenterWidthExplanation")
    windows = []
    for number, (center, width) in enumerate(zip(centers, widths, strict=False)):
        if width < narrowest:
            facts.repairs.append(f"A window of width {width:g} cannot be applied and was ignored.")
            continue
        name = names[number] if number < len(names) else ""
        windows.append(Window(center, width, function, name))
    return windows


def _tables(facts: Facts, *, signed: bool) -> list[VoiLut]:
    tables = []
    for item in facts.items("VOILUTSequence"):
        table = _table(item, signed=signed)
        if table is None:
            facts.repairs.append("A VOI LUT is damaged and was ignored.")
        else:
            tables.append(table)
    return tables


def _table(item: Facts, *, signed: bool) -> VoiLut | None:
    descriptor = item.numbers("LUTDescriptor")
    if len(descriptor) != 3:
        return None
    count, first, bits = (int(n) for n in descriptor)
    count = (count & 0xFFFF) or 1 << 16
    entries = _entries(item, count, bits)
    if entries is None or not 1 <= bits <= 16 or not entries.size:
        return None
    highest = int(entries.max())
    if highest >> bits:
        item.repairs.append(
            f"A table says {bits} bits and needs {highest.bit_length()}; the latter was used."
        )
        bits = highest.bit_length()
    if signed:
        first = _as_stored(first, signed=True)
    return VoiLut(first, bits, entries.astype("<u2").tobytes(), item.text("LUTExplanation"))


def _entries(item: Facts, count: int, bits: int) -> np.ndarray | None:
    """LUT Data as numbers: a list when written as US, bytes in the file's order when written as OW."""
    raw: Any = item.dataset.get_item("LUTData") if "LUTData" in item.dataset else None
    little = not isinstance(raw, RawDataElement) or raw.is_little_endian
    value = item.value("LUTData")
    if isinstance(value, bytes):
        packed = bits <= 8 and len(value) in (count, count + count % 2)
        entries = np.frombuffer(value, np.uint8) if packed else _words(value, little=little)
    elif value is None:
        return None
    else:
        numbers = [value] if isinstance(value, int) else list(value)
        entries = np.array(numbers, np.int64).astype(np.uint16)
        if bits <= 8 and len(numbers) in (count // 2, (count + 1) // 2) and count > 2:
            entries = np.frombuffer(entries.astype("<u2" if little else ">u2").tobytes(), np.uint8)
    return entries[:count] if entries.size >= count else None


def _words(value: bytes, *, little: bool) -> np.ndarray:
    return np.frombuffer(value[: len(value) // 2 * 2], "<u2" if little else ">u2")


def _as_stored(value: int, *, signed: bool) -> int:
    """A 16-bit value as the pixel representation means it: files mix up US and SS here."""
    value &= 0xFFFF
    return value - (1 << 16) if signed and value > 0x7FFF else value
