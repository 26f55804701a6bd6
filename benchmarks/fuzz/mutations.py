"""Changes that break DICOM files in ways that disks, networks, other programs and people who mean harm do.

Each is a function of a file, a second file and a random generator, and gives another file. The same generator
always gives the same file.
"""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable

from benchmarks.fuzz.parts import ITEM, PIXEL_DATA, UNDEFINED, Element, inflated, parts_of

Mutation = Callable[[bytes, bytes, random.Random], bytes]

LARGEST = 48 << 20
"""No file becomes larger: what is tested is the program, not the disk."""
_BYTES = (0, 1, 2, 0x0F, 0x7F, 0x80, 0xD8, 0xD9, 0xFE, 0xFF)
_LENGTHS = (0, 1, 2, 3, 0x7F, 0xFF, 0xFFFE, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, UNDEFINED)
_VRS = b"AE AS AT CS DA DS DT FD FL IS LO LT OB OD OF OL OV OW PN SH SL SQ SS ST SV TM UC UI UL UN UR US UT UV".split()
_SYNTAXES = (
    *(f"1.2.840.10008.1.2{end}" for end in ("", ".1", ".2", ".5", ".1.99", ".1.98", ".4.95", ".4.102", ".6.1")),
    *(f"1.2.840.10008.1.2.4.{n}" for n in (50, 51, 57, 70, 80, 81, 90, 91, 92, 93, 110, 201, 202, 203, 205)),
    *("", "1", "1.2.3", "x" * 64, "1." * 40),
)  # fmt: skip
_SIZES = {
    0x00280010: (0, 1, 2, 7, 4096, 20000, 65535),
    0x00280011: (0, 1, 2, 7, 4096, 20000, 65535),
    0x00280100: (0, 1, 8, 12, 16, 32, 64, 65535),
    0x00280101: (0, 1, 8, 10, 12, 16, 17, 65535),
    0x00280102: (0, 7, 11, 15, 16, 65535),
    0x00280103: (0, 1, 2),
    0x00280002: (0, 1, 3, 4, 65535),
}
_TEXTS = (
    *(b"", b"\\", b"\\" * 3000, b"A" * 70_000, b"\0" * 400, b"\xff\xfe\xfd\xed\xa0\x80", b"\x1b$B\x1b(J" * 50),
    *(b"NaN\\NaN", b"1e999", b"-0", b"0\\0", b"-1", b"99999999999999999999", b"0x10", b"1,5", b"inf\\1e-320"),
    *(b"\xe2\x80\xae gnp.exe", b"../../../../etc/passwd", b"a\nb\r\tc\x07\x1b[31m", b"%s%n%d", b"=1+1", b"2.25.01"),
    *(b"NONE", b"YES", b"MONOCHROME1", b"RGB", b"PALETTE COLOR", b"20250230", b"000Y", b"ISO 2022 IR 87\\ISO_IR 192"),
)  # fmt: skip
_TAGS = (
    *(0x00080005, 0x00080016, 0x00080018, 0x0020000D, 0x00280008, 0x00280010, 0x00280030, 0x00281050, 0x00283000),
    *(0x00281053, 0x00283010, 0x00540220, 0x52009229, 0x52009230, 0x7FE00001, 0x7FE00002, 0x7FE00008, 0x7FE00010),
    *(0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD, 0x00020010, 0x00041220, 0xFFFCFFFC, 0x00090010),
)  # fmt: skip


def mutated(data: bytes, other: bytes, chance: random.Random) -> bytes:
    """`data` with one to four changes."""
    for _ in range(chance.choice((1, 1, 1, 2, 2, 4))):
        change = chance.choices(*_BY_WEIGHT)[0]
        data = change(data, other, chance)[:LARGEST]
    return data


def flip_bits(data: bytes, _other: bytes, chance: random.Random) -> bytes:
    """Bits altered, as by a bad disk; half of the time in the header."""
    changed = bytearray(data)
    end = len(data) if chance.random() < 0.5 else min(len(data), 6000)
    for _ in range(chance.choice((1, 1, 4, 32)) if end else 0):
        changed[chance.randrange(end)] ^= 1 << chance.randrange(8)
    return bytes(changed)


def set_bytes(data: bytes, _other: bytes, chance: random.Random) -> bytes:
    """Bytes replaced by those that programs stumble over."""
    changed = bytearray(data)
    end = min(len(data), chance.choice((200, 3000, 1 << 30)))
    for _ in range(chance.choice((1, 3, 12)) if end else 0):
        changed[chance.randrange(end)] = chance.choice(_BYTES)
    return bytes(changed)


def cut(data: bytes, _other: bytes, chance: random.Random) -> bytes:
    """The file ends too early, or its middle is missing."""
    at = chance.randrange(len(data) + 1)
    if chance.random() < 0.5:
        return data[:at]
    return data[:at] + data[at + chance.choice((1, 2, 8, 100, 5000)) :]


def splice(data: bytes, other: bytes, chance: random.Random) -> bytes:
    """A part of another file in it, or behind it."""
    source = other if chance.random() < 0.7 else data
    start = chance.randrange(len(source) + 1)
    piece = source[start : start + chance.choice((4, 60, 1000, 40_000))]
    at = chance.randrange(len(data) + 1)
    return data[:at] + piece + data[at + (len(piece) if chance.random() < 0.5 else 0) :]


def blank(data: bytes, _other: bytes, chance: random.Random) -> bytes:
    """A block of nothing, as a file system leaves it after a crash."""
    at, size = chance.randrange(len(data) + 1), chance.choice((16, 512, 4096, 65_536))
    filler = chance.choice((b"\0", b"\xff", b"\xfe\xff\x00\xe0"))
    return data[:at] + (filler * size)[: len(data[at : at + size])] + data[at + size :]


def change_tag(data: bytes, _other: bytes, chance: random.Random) -> bytes:
    """An element under another name."""
    found = parts_of(data)
    if not found.elements:
        return data
    element, tag = chance.choice(found.elements), chance.choice(_TAGS)
    spelt = (tag >> 16).to_bytes(2, found.order) + (tag & 0xFFFF).to_bytes(2, found.order)
    return data[: element.start] + spelt + data[element.start + 4 :]


def change_vr(data: bytes, _other: bytes, chance: random.Random) -> bytes:
    """An element of another representation, or of none."""
    elements = [e for e in parts_of(data).elements if e.vr]
    if not elements:
        return data
    at = chance.choice(elements).start + 4
    return data[:at] + chance.choice((*_VRS, b"ZZ", b"\0\0", b"??", b"us")) + data[at + 2 :]


def change_length(data: bytes, _other: bytes, chance: random.Random) -> bytes:
    """An element that lies about its length."""
    found = parts_of(data)
    if not found.elements:
        return data
    element = chance.choice(found.elements)
    near = (element.length + 1, max(0, element.length - 1), element.length * 2, len(data))
    length = chance.choice((*_LENGTHS, *near)) % (1 << 8 * element.length_bytes)
    spelt = length.to_bytes(element.length_bytes, found.order)
    return data[: element.length_at] + spelt + data[element.length_at + element.length_bytes :]


def change_value(data: bytes, _other: bytes, chance: random.Random) -> bytes:
    """An element with a value that no program writes, of the right length."""
    found = parts_of(data)
    elements = [e for e in found.elements if e.length < 100_000 and e.vr != b"SQ"]
    return (
        _with_value(data, chance.choice(elements), chance.choice(_TEXTS), found.order) if elements else data
    )


def change_size(data: bytes, _other: bytes, chance: random.Random) -> bytes:
    """Rows, columns, bits or frames that cannot be."""
    found = parts_of(data)
    tag = chance.choice((*_SIZES, 0x00280008))
    element = found.named(tag)
    if element is None:
        return data
    if tag == 0x00280008:
        return _with_value(
            data,
            element,
            chance.choice((b"0 ", b"-1", b"2 ", b"100000", b"999999999999", b"1.5 ")),
            found.order,
        )
    return _with_value(data, element, chance.choice(_SIZES[tag]).to_bytes(2, found.order), found.order)


def change_syntax(data: bytes, _other: bytes, chance: random.Random) -> bytes:
    """Another transfer syntax than that of the content."""
    found = parts_of(data)
    element = found.named(0x00020010)
    if element is None:
        return data
    name = chance.choice(_SYNTAXES).encode()
    return _with_value(data, element, name + b"\0" * (len(name) % 2), "little")


def move_elements(data: bytes, _other: bytes, chance: random.Random) -> bytes:
    """An element that is missing, there twice, or somewhere else."""
    elements = [e for e in parts_of(data).elements if e.end <= len(data) and e.tag != PIXEL_DATA]
    if not elements:
        return data
    one, to = chance.choice(elements), chance.choice(elements)
    piece = data[one.start : one.end]
    without = data[: one.start] + data[one.end :]
    how = chance.randrange(3)
    if how == 0:
        return without
    return (data if how == 1 else without)[: to.start] + piece + (data if how == 1 else without)[to.start :]


def insert_bomb(data: bytes, _other: bytes, chance: random.Random) -> bytes:
    """Something small to write and large to read: nested sequences, items and elements without end."""
    found = parts_of(data)
    later = [e for e in found.elements if e.start >= found.data_set]
    at = chance.choice(later).start if later else len(data)
    how, many = chance.randrange(4), chance.choice((50, 1200, 30_000))
    if how == 0:
        depth = min(many, 3000)
        bomb = (b"\x54\x00\x20\x02SQ\0\0\xff\xff\xff\xff" + ITEM + b"\xff\xff\xff\xff") * depth
        bomb += (
            (b"\xfe\xff\x0d\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0" * depth) if chance.random() < 0.7 else b""
        )
    elif how == 1:
        items = (ITEM + b"\0\0\0\0") * many * 10
        bomb = b"\x54\x00\x20\x02SQ\0\0" + struct.pack("<I", len(items)) + items
    elif how == 2:
        bomb = b"".join(struct.pack("<HH2sH", 9, n & 0xFFFF, b"LO", 2) + b"ab" for n in range(many))
    else:
        bomb = struct.pack("<HH2sHI", 9, 0x1010, b"UN", 0, chance.choice(_LENGTHS)) + b"x" * many
    return data[:at] + bomb + data[at:]


def change_fragments(data: bytes, _other: bytes, chance: random.Random) -> bytes:
    """Pieces of a compressed picture lost, doubled, empty, of another length, or in another order; tables that lie."""
    pieces = parts_of(data).fragments
    if len(pieces) < 2:
        return data
    start, end = pieces[0].start, min(len(data), pieces[-1].start + 8 + pieces[-1].length)
    bodies = [data[p.start + 8 : p.start + 8 + p.length] for p in pieces]
    lengths: dict[int, int] = {}
    one, how = chance.randrange(1, len(bodies)), chance.randrange(8)
    if how == 0:
        del bodies[one]
    elif how == 1:
        bodies.insert(one, bodies[one])
    elif how == 2:
        bodies[one:one] = [b""] * chance.choice((1, 5, 3000))
    elif how == 3:
        lengths[one] = chance.choice((*_LENGTHS, len(bodies[one]) + 1, len(bodies[one]) - 2)) & UNDEFINED
    elif how == 4:
        chance.shuffle(bodies)
    elif how == 5:
        offsets = [chance.choice(_LENGTHS) for _ in range(chance.choice((1, 2, 3, 25, 5000)))]
        bodies[0] = struct.pack(f"<{len(offsets)}I", *offsets)
    elif how == 6:
        middle = chance.randrange(len(bodies[one]) + 1)
        bodies[one : one + 1] = [bodies[one][:middle], bodies[one][middle:]]
    else:
        bodies[one] = bodies[one][: chance.randrange(len(bodies[one]) + 1)] + chance.choice(
            (b"", b"\xff\xd9", b"\0\0")
        )
    spelt = [
        ITEM + struct.pack("<I", lengths.get(number, len(body))) + body for number, body in enumerate(bodies)
    ]
    tail = (
        data[end:]
        if chance.random() < 0.8
        else chance.choice((b"", b"\xfe\xff\xdd\xe0", b"\xfe\xff\x0d\xe0\0\0\0\0"))
    )
    return data[:start] + b"".join(spelt) + tail


def change_stream(data: bytes, other: bytes, chance: random.Random) -> bytes:
    """A compressed picture altered where it hurts: its markers, its tables, its sizes, its coded bits."""
    pieces = [p for p in parts_of(data).fragments[1:] if p.length > 16]
    if not pieces:
        return data
    piece = chance.choice(pieces)
    start, end = piece.start + 8, min(len(data), piece.start + 8 + piece.length)
    stream = bytearray(data[start:end])
    if not stream:  # the file ends before the piece that it promises
        return data
    marks = [at for at in range(min(len(stream) - 4, 1500)) if stream[at] == 0xFF and stream[at + 1] >= 0x4F]
    how = chance.randrange(5)
    if how == 0 and marks:
        at = chance.choice(marks) + chance.randrange(1, 12)
        if at + 2 <= len(stream):
            stream[at : at + 2] = chance.choice(
                (b"\0\0", b"\0\1", b"\xff\xff", b"\x7f\xff", b"\x80\0", b"\0\2")
            )
    elif how == 1:
        for _ in range(chance.choice((1, 2, 8, 40))):
            stream[chance.randrange(min(len(stream), chance.choice((64, 700, 1 << 30))))] = chance.choice(
                _BYTES
            )
    elif how == 2:
        at, size = chance.randrange(len(stream)), chance.choice((1, 2, 16, 400))
        if chance.random() < 0.5:
            del stream[at : at + size]
        else:
            stream[at:at] = stream[max(0, at - size) : at]
    elif how == 3 and marks:
        at = chance.choice(marks)
        stream[at + 1] = chance.choice(
            (0x01, 0x4F, 0x51, 0x52, 0x90, 0x93, 0xC0, 0xC2, 0xC3, 0xC4, 0xD0, 0xD8, 0xD9, 0xDA, 0xF7, 0xF8)
        )
    else:
        theirs = [p for p in parts_of(other).fragments[1:] if p.length > 16]
        source = (
            other[theirs[0].start + 8 : theirs[0].start + 8 + theirs[0].length] if theirs else bytes(stream)
        )
        at = chance.randrange(min(len(stream), len(source)) or 1)
        stream[at:] = source[at:]
    spelt = struct.pack("<I", len(stream)) + stream
    return data[: start - 4] + spelt + data[end:]


def deflate(data: bytes, _other: bytes, chance: random.Random) -> bytes:
    """The file as a deflated one, with nothing, much or damage behind it."""
    plain = inflated(data)
    found = parts_of(plain)
    syntax = found.named(0x00020010)
    if syntax is None:
        return data
    named = _with_value(plain, syntax, b"1.2.840.10008.1.2.1.99", "little")
    shift = len(named) - len(plain)
    content = named[found.data_set + shift :] + b"\0" * chance.choice((0, 0, 4096, 40_000_000))
    machine = zlib.compressobj(chance.choice((1, 9)), zlib.DEFLATED, -15)
    packed = machine.compress(content) + machine.flush()
    if chance.random() < 0.4:
        packed = flip_bits(packed, b"", chance)
    return named[: found.data_set + shift] + packed


def _with_value(data: bytes, element: Element, value: bytes, order: str) -> bytes:
    value = value[: (1 << 8 * element.length_bytes) - 2]
    spelt = len(value).to_bytes(element.length_bytes, "big" if order == "big" else "little")
    end = element.end
    return (
        data[: element.length_at]
        + spelt
        + data[element.length_at + element.length_bytes : element.value]
        + value
        + data[end:]
    )


MUTATIONS: dict[Mutation, int] = {
    flip_bits: 3,
    set_bytes: 2,
    cut: 2,
    splice: 2,
    blank: 1,
    change_tag: 2,
    change_vr: 2,
    change_length: 3,
    change_value: 4,
    change_size: 3,
    change_syntax: 2,
    move_elements: 2,
    insert_bomb: 1,
    change_fragments: 4,
    change_stream: 7,
    deflate: 1,
}
"""How often each is chosen."""
_BY_WEIGHT = (list(MUTATIONS), list(MUTATIONS.values()))
