"""Damaged annotations of every kind are read or refused in a sentence; nothing else ever happens."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import made_datasets as sets
import numpy as np
import public_files as made
import pytest

from annotator.errors import UnreadableAnnotations
from annotator.exchange.datasets import KINDS
from annotator.exchange.datasets.found import Found, Wishes

ROUNDS = 120
"""Of each kind; by a seed, so that a failure comes again."""
INSERTED = (
    b"\0",
    b"\xff",
    b'"',
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b"-",
    b"e999",
    b"<",
    b">",
    b"nan",
    b"null",
    b"1" * 400,
)


def coco(top: Path) -> Path:
    cluster = {"category_id": 2, "segmentation": {"size": [300, 400], "counts": [100, 50, 119850]}}
    outline = {"category_id": 1, "segmentation": [sets.flat(made.circle(50, 50))], "keypoints": [5, 5, 2]}
    return sets.make_coco(top, sets.coco_document(cluster, outline, {"category_id": 2, "bbox": [1, 2, 3, 4]}))


def labelme(top: Path) -> Path:
    shapes = [
        sets.shape("calcification", kind, [(10, 10), (20, 10), (20, 20)][: 2 if kind != "polygon" else 3])
        for kind in ("polygon", "rectangle", "circle", "line", "points")
    ]
    return sets.make_labelme(top, *shapes, sets.mask_shape("calcification", 5, 5, np.ones((4, 4))))


def inbreast(top: Path) -> Path:
    made.make_inbreast(top)
    return top / "AllXML" / "20586908.xml"


def vindr(top: Path) -> Path:
    made.make_vindr(top)
    return top / "finding_annotations.csv"


def cbis(top: Path) -> Path:
    made.make_cbis(top)
    return top / "calc_case_description_train_set.csv"


def embed(top: Path) -> Path:
    sets.make_embed(top, [sets.embed_clinical()], [sets.embed_image("a.dcm")])
    return top / "tables" / "EMBED_OpenData_metadata.csv"


def omidb(top: Path) -> Path:
    sets.make_omidb(top, sets.omidb_mark(SuspiciousCalcifications=1))
    return next(top.rglob("imagedb_*.json"))


MAKERS: dict[str, Callable[[Path], Path]] = {
    "inbreast": inbreast,
    "cbis-ddsm": cbis,
    "vindr": vindr,
    "embed": embed,
    "omi-db": omidb,
    "coco": coco,
    "labelme": labelme,
}


def test_every_kind_is_damaged_here() -> None:
    assert MAKERS.keys() == {kind.name for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_damage_is_told_in_a_sentence(tmp_path: Path, kind) -> None:
    file = MAKERS[kind.name](tmp_path)
    whole, chance = file.read_bytes(), random.Random(kind.name)
    refused = 0
    for _ in range(ROUNDS):
        file.write_bytes(damaged(whole, chance))
        try:
            found = kind.read(file, Wishes())
        except UnreadableAnnotations as fault:
            sentences = [str(fault)]
        else:
            assert isinstance(found, Found)
            sentences = [*found.faults, *(one.why for one in found.broken)]
        refused += bool(sentences)
        for sentence in sentences:
            assert sentence[-1] in ".?"
            assert len(sentence) < 1000
    assert refused > 0


@pytest.mark.parametrize("words", ["[[90, 110, 160, 1" + "1" * 400 + "]]", "[[1e999, 110, 160, 180]]"])
def test_numbers_beyond_all_bounds_are_refused(tmp_path: Path, words: str) -> None:
    sets.make_embed(tmp_path, [sets.embed_clinical()], [sets.embed_image("a.dcm", ROI_coords=words)])
    kind = next(one for one in KINDS if one.name == "embed")
    (broken,) = kind.read(tmp_path, Wishes()).broken
    assert "is not a list of [ymin, xmin, ymax, xmax]" in broken.why


def test_an_encoding_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    file = inbreast(tmp_path)
    file.write_bytes(file.read_bytes().replace(b"UTF-8", b"UTF-9"))
    kind = next(one for one in KINDS if one.name == "inbreast")
    (broken,) = kind.read(file, Wishes()).broken
    assert "20586908.xml" in broken.why


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Cut off, turned over in some bytes, or with something put in."""
    how = chance.randrange(3)
    at = chance.randrange(len(content))
    if how == 0:
        return content[:at]
    if how == 1:
        return content[:at] + chance.choice(INSERTED) + content[at + chance.randrange(4) :]
    mixed = bytearray(content)
    for _ in range(chance.randrange(1, 12)):
        mixed[chance.randrange(len(mixed))] = chance.randrange(256)
    return bytes(mixed)
