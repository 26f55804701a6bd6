"""A JPEG 2000 stream without its finest levels, as a stream of its own (ITU-T T.800 annex A and B).

Where all packets of the coarse resolutions come before those of the fine ones, nothing of the coded data
has to be touched: a header that announces the smaller picture and fewer levels makes a decoder stop
there. Sizes of all sub-bands stay what they were, because rounding up twice is rounding up once.
"""

from __future__ import annotations

import struct

_SOC, _SIZ, _COD, _QCD, _SOT, _SOD = 0xFF4F, 0xFF51, 0xFF52, 0xFF5C, 0xFF90, 0xFF93
_DROPPED = {0xFF55, 0xFF57}
"""TLM and PLM: lengths of parts and packets, which a decoder finds by itself."""
_HARMLESS = {0xFF64, 0xFF63}
"""COM and CRG: comments, and where colours were sampled."""
_HARMLESS_IN_PARTS = {0xFF64, 0xFF58}
"""COM, and PLT: packet lengths."""
_LAYER_FIRST, _RESOLUTION_ORDERS = 0, (1, 2)


def without_levels(stream: bytes, start: int, levels: int) -> bytes | None:
    """The code stream that begins at `start`, its picture halved `levels` times, rows and columns rounded up.

    None where resolutions do not follow each other in it (several quality layers first, or places first),
    and where its header says anything else that is not known here to be harmless.
    """
    header = [struct.pack(">H", _SOC)]
    seen: set[int] = set()
    at = start + 2
    while (marker := _word(stream, at)) != _SOT:
        length = _word(stream, at + 2)
        body = stream[at + 4 : at + 2 + length]
        if len(body) != length - 2 or marker in seen - _HARMLESS - _DROPPED:
            return None
        seen.add(marker)
        changed = _changed(marker, body, levels)
        if changed is None:
            return None
        if marker not in _DROPPED:
            header.append(struct.pack(">HH", marker, len(changed) + 2) + changed)
        at += 2 + length
    if not seen >= {_SIZ, _COD, _QCD} or not _plain_parts(stream, at):
        return None
    return b"".join((*header, stream[at:]))


def _word(stream: bytes, at: int) -> int:
    return int.from_bytes(stream[at : at + 2], "big")


def _changed(marker: int, body: bytes, levels: int) -> bytes | None:
    """The segment as the smaller picture has it; None when the stream cannot be made smaller this way."""
    if marker == _SIZ:
        return _smaller_size(body, 1 << levels)
    if marker == _COD:
        return _fewer_levels(body, levels)
    if marker == _QCD:
        return _fewer_steps(body, levels)
    return body if marker in _HARMLESS | _DROPPED else None


def _smaller_size(body: bytes, step: int) -> bytes | None:
    """SIZ (A.5.1) divided by `step`; tiles must begin at multiples of it."""
    columns, rows, x0, y0, tile_columns, tile_rows, tile_x0, tile_y0 = struct.unpack(">8I", body[2:34])
    if x0 or y0 or tile_x0 or tile_y0:
        return None
    one_tile = tile_columns >= columns and tile_rows >= rows
    if not one_tile and (tile_columns % step or tile_rows % step):
        return None
    sizes = [-(-n // step) for n in (columns, rows, 0, 0, tile_columns, tile_rows, 0, 0)]
    return body[:2] + struct.pack(">8I", *sizes) + body[34:]


def _fewer_levels(body: bytes, levels: int) -> bytes | None:
    """COD (A.6.1) with so many levels less, where resolutions follow each other."""
    order, layers, have = body[1], _word(body, 2), body[5]
    by_resolution = order in _RESOLUTION_ORDERS or (order == _LAYER_FIRST and layers == 1)
    if have < levels or not by_resolution:
        return None
    precincts = body[10 : len(body) - levels] if body[0] & 1 else body[10:]
    return body[:5] + bytes((have - levels,)) + body[6:10] + precincts


def _fewer_steps(body: bytes, levels: int) -> bytes:
    """QCD (A.6.4): three sub-bands a level, the finest last; one entry for all where they are derived."""
    size = {0: 1, 2: 2}.get(body[0] & 31, 0)
    return body[: len(body) - 3 * levels * size]


def _plain_parts(stream: bytes, at: int) -> bool:
    """Whether no tile-part from `at` on changes the coding for itself."""
    while _word(stream, at) == _SOT:
        length = int.from_bytes(stream[at + 6 : at + 10], "big")
        inner, end = at + 12, at + (length or len(stream))
        while (marker := _word(stream, inner)) != _SOD:
            if marker not in _HARMLESS_IN_PARTS or inner >= end:
                return False
            inner += 2 + _word(stream, inner + 2)
        if not length:
            return True
        at += length
    return True
