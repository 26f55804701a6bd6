"""Side, view and modifiers out of what people type: "RMCC", "L MLO ID", "ML MAG R". Guesses nothing.

A text that names two views, two sides or a word that could mean two things says nothing about that.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from annotator.imaging.view_codes import MODIFIERS, VIEWS

_NAMES = sorted({v for v in VIEWS.values() if v != "SPECIMEN"}, key=len, reverse=True)
_SUFFIXES = sorted(set(MODIFIERS.values()) - {"M", "S"}, key=len, reverse=True)
_SUFFIX = "|".join(_SUFFIXES)
_LABEL = re.compile(
    rf"(?P<side>[RL])?(?P<prefix>MS?|SM?)?(?P<view>{'|'.join(_NAMES)})(?P<suffix>(?:{_SUFFIX})*)"
)
_PREFIXES = ("M", "S", "MS", "SM")
_GAP = r"[\s_\-/]*"
_PHRASES = [
    (re.compile(words.replace(" ", _GAP)), f" <{name}> ")
    for words, name in (
        (r"SUPERO LATERAL TO INFERO MEDIAL( OBLIQUE)?", "SIO"),
        (r"INFERO MEDIAL TO SUPERO LATERAL( OBLIQUE)?", "ISO"),
        (r"(EXAGGERATED CRANIO CAUDAL|CRANIO CAUDAL EXAGGERATED) LATERAL(LY)?", "XCCL"),
        (r"(EXAGGERATED CRANIO CAUDAL|CRANIO CAUDAL EXAGGERATED) MEDIAL(LY)?", "XCCM"),
        (r"EXAGGERATED CRANIO CAUDAL|CRANIO CAUDAL EXAGGERATED", "XCC"),
        (r"MEDIO LATERAL OBLIQUE", "MLO"),
        (r"LATERO MEDIAL OBLIQUE", "LMO"),
        (r"MEDIO LATERAL", "ML"),
        (r"LATERO MEDIAL", "LM"),
        (r"CRANIO CAUDAL", "CC"),
        (r"CAUDO CRANIAL", "FB"),
        (r"IMPLANT( |S )DISPLACED|EKLUND", "ID"),
        (r"ROLLED LATERAL(LY)?", "RL"),
        (r"ROLLED MEDIAL(LY)?", "RM"),
        (r"ROLLED SUPERIOR(LY)?", "RS"),
        (r"ROLLED INFERIOR(LY)?", "RI"),
        (r"NIPPLE IN PROFILE", "NP"),
        (r"ANTERIOR COMPRESSION", "AC"),
        (r"AXILLARY TAIL", "AT"),
        (r"AXILLARY TISSUE", "AX"),
        (r"INFRA MAMMARY FOLD", "IMF"),
        (r"SPOT COMPRESSION", "S"),
    )
]
_WORDS = {
    "MAG": "M", "MAGN": "M", "MAGNIFICATION": "M", "MAGNIFIED": "M", "SPOT": "S",
    "CLEAVAGE": "CV", "TANGENTIAL": "TAN",
}  # fmt: skip
_SIDES = {
    "RIGHT": "R", "RT": "R", "RECHTS": "R", "RECHTE": "R", "DROIT": "R", "DROITE": "R", "DERECHA": "R",
    "DESTRA": "R", "LEFT": "L", "LT": "L", "LINKS": "L", "LINKE": "L", "GAUCHE": "L", "IZQUIERDA": "L",
    "SINISTRA": "L",
}  # fmt: skip
_BOTH = {"BILATERAL", "BILAT", "BOTH", "BEIDSEITS", "BEIDERSEITS"}
_VOLUME = re.compile(r"\d[\d.,]*\s*ML\b")
"""Contrast is given in ml."""


class Label(NamedTuple):
    """What a text says; '' and () where it is silent or means two things."""

    side: str = ""
    view: str = ""
    modifiers: tuple[str, ...] = ()


def parse_label(text: str) -> Label:
    """Side ("R", "L"), view and modifiers out of free text, whatever its case and separators."""
    upper = _VOLUME.sub(" ", text.upper())
    for phrase, code in _PHRASES:
        upper = phrase.sub(code, upper)
    tokens = re.findall(r"<[A-Z]+>|[A-Z]+|\d+", upper)
    sides: list[str] = ["R", "L"] if _BOTH & set(tokens) else []
    views: list[str] = []
    modifiers: list[str] = []
    beside_view = _near_views(tokens)
    for at, token in enumerate(tokens):
        word = token.strip("<>")
        if token in _SIDES or (at in beside_view and token in ("R", "L")):
            sides.append(_SIDES.get(token, token))
        elif _is_modifier(token, at in beside_view):
            modifiers += list(word) if word in _PREFIXES else [_WORDS.get(word, word)]
        elif match := _label(token):
            views.append(match["view"])
            sides += [match["side"]] if match["side"] else []
            modifiers += [*(match["prefix"] or ""), *re.findall(_SUFFIX, match["suffix"])]
    side = sides[0] if len(set(sides)) == 1 else ""
    if len(set(views)) != 1:
        return Label(side)
    return Label(side, views[0], tuple(dict.fromkeys(modifiers)))


def _label(token: str) -> re.Match[str] | None:
    return _LABEL.fullmatch(token.strip("<>"))


def _is_modifier(token: str, beside_view: bool) -> bool:
    """Words and phrases anywhere; short forms only beside a view, because AT, ID and S mean much else."""
    if token in _WORDS or (token.startswith("<") and token.strip("<>") in MODIFIERS.values()):
        return True
    return beside_view and token in (*_SUFFIXES, *_PREFIXES)


def _near_views(tokens: list[str]) -> set[int]:
    """Places of the tokens beside a view, or beside it but for modifiers and sides."""
    near: set[int] = set()
    for at, token in enumerate(tokens):
        if not _label(token):
            continue
        for way in (-1, 1):
            place = at + way
            while 0 <= place < len(tokens) and _goes_with(tokens, place, after=way == 1):
                # XCC L is an XCCL or a left XCC
                if not (way == 1 and token.endswith("XCC") and tokens[place] in ("L", "M")):
                    near.add(place)
                place += way
    return near


def _goes_with(tokens: list[str], place: int, *, after: bool) -> bool:
    """Whether a token may stand between a view and what belongs to it."""
    token = tokens[place]
    if token in _WORDS or token in _SIDES or token in _PREFIXES or token in ("R", "L"):
        return True
    if token.startswith("<"):
        return token.strip("<>") in MODIFIERS.values()
    # before a view RM may be right and magnified; before a number AT and ID are words
    numbered = place + 1 < len(tokens) and tokens[place + 1].isdigit()
    return after and token in _SUFFIXES and not numbered
