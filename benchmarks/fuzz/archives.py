"""ZIP archives as no exam is sent: names that climb, links, bombs, archives in archives, damage."""

from __future__ import annotations

import io
import random
import stat
import warnings
import zipfile

from benchmarks.fuzz.mutations import flip_bits, mutated, set_bytes

_NAMES = (
    *("a.dcm", "exam/IM1", "IM0002", "../out.dcm", "..\\out.dcm", "/root.dcm", "C:\\x.dcm", "a/../../b.dcm", "./a.dcm"),
    *("a" * 300 + ".dcm", "d/" * 900 + "a.dcm", "a\x00b.dcm", "a\nb\x1b[31m.dcm", "\u202egnp.dcm", "Müller^\u5f35.dcm"),
    *("CON.dcm", "nul", "a.dcm:stream", "a.dcm.", " .dcm", "....dcm", "inner.zip", "DICOMDIR", "folder/", "", "\ud7ff.dcm"),
)  # fmt: skip


def archive(data: bytes, other: bytes, chance: random.Random) -> bytes:
    """One to a thousand members around `data`, changed or not, and the archive damaged or not."""
    room = io.BytesIO()
    with zipfile.ZipFile(room, "w") as made:
        for _ in range(chance.choice((1, 2, 5))):
            content = chance.choice((data, mutated(data, other, chance), other[:4000]))
            _add(made, chance.choice(_NAMES), content, chance)
        if chance.random() < 0.1:
            for number in range(1000):
                made.writestr(zipfile.ZipInfo(f"{number}"), b"")
        if chance.random() < 0.1:
            _add(made, "bomb.dcm", data[:132] + b"\0" * 30_000_000, chance)
        if chance.random() < 0.1:
            _add(made, "inner.zip", room.getvalue(), chance)
    packed = room.getvalue()
    how = chance.randrange(4)
    if how == 0:
        packed = flip_bits(packed, b"", chance)
    elif how == 1:
        # the directory at the end is what every reader begins with
        tail = max(0, len(packed) - chance.choice((22, 60, 400)))
        packed = packed[:tail] + set_bytes(packed[tail:], b"", chance)
    elif how == 2 and chance.random() < 0.5:
        packed = packed[: chance.randrange(len(packed))]
    return packed


def _add(made: zipfile.ZipFile, name: str, content: bytes, chance: random.Random) -> None:
    member = zipfile.ZipInfo("x")
    member.filename = name
    member.compress_type = chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
    if chance.random() < 0.1:
        member.external_attr = (stat.S_IFLNK | 0o777) << 16
    if chance.random() < 0.1:
        member.external_attr = (stat.S_IFIFO | 0o644) << 16
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # two members of one name are meant
        made.writestr(member, content)
