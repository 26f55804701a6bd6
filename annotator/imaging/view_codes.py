"""Mammographic views and their modifiers by code (CID 4014, CID 4015), and sides by code.

SNOMED CT (PS3.16), the older SRT, SNM3 and 99SDM codes that archives still hold (docs/domain.md, images), and
the two codes Y-X1770 and Y-X1771 of the first editions, which PS3.16 has withdrawn since. Code values of the
schemes never collide, so the scheme need not be right.
"""

from __future__ import annotations

import re

VIEWS = {
    "399162004": "CC", "R-10242": "CC",
    "399368009": "MLO", "R-10226": "MLO",
    "399260004": "ML", "R-10224": "ML",
    "399352003": "LM", "R-10228": "LM",
    "399099002": "LMO", "R-10230": "LMO",
    "399196006": "FB", "R-10244": "FB",
    "399188001": "SIO", "R-102D0": "SIO",
    "441555000": "ISO", "R-40AAA": "ISO",
    "399192008": "XCCL", "R-1024A": "XCCL", "Y-X1770": "XCCL",
    "399101009": "XCCM", "R-1024B": "XCCM", "Y-X1771": "XCCM",
    "399265009": "XCC", "R-102CF": "XCC",
    "127457009": "SPECIMEN", "G-8310": "SPECIMEN",
}  # fmt: skip
"""Code value of View Code Sequence -> short form of the view."""

MODIFIERS = {
    "399163009": "M", "R-102D6": "M",
    "399055006": "S", "R-102D7": "S",
    "399161006": "CV", "R-102D2": "CV",
    "399011000": "AT", "R-102D1": "AT",
    "399197002": "RL", "R-102D3": "RL",
    "399226006": "RM", "R-102D4": "RM",
    "415670009": "RS", "R-102C9": "RS",
    "414493004": "RI", "R-102CA": "RI",
    "399209000": "ID", "R-102D5": "ID",
    "442581004": "NP", "R-40AB3": "NP",
    "441752004": "AC", "P2-00161": "AC",
    "442593008": "IMF", "R-40ABE": "IMF",
    "442580003": "AX", "R-40AB2": "AX",
    "399110001": "TAN", "R-102C2": "TAN",
}  # fmt: skip
"""Code value of View Modifier Code Sequence -> short form of the modifier."""

SIDES = {
    "24028007": "R", "G-A100": "R", "73056007": "R", "T-04020": "R",
    "7771000": "L", "G-A101": "L", "80248007": "L", "T-04030": "L",
}  # fmt: skip
"""Code value of a side (CID 244) or of one breast (CID 6022) -> its letter; "both" says nothing of an image."""

_MEANINGS = {
    "craniocaudal": "CC",
    "mediolateraloblique": "MLO",
    "mediolateral": "ML",
    "lateromedial": "LM",
    "lateromedialoblique": "LMO",
    "caudocranial": "FB",
    "superolateraltoinferomedialoblique": "SIO",
    "inferomedialtosuperolateraloblique": "ISO",
    "craniocaudalexaggeratedlaterally": "XCCL",
    "craniocaudalexaggeratedmedially": "XCCM",
    "craniocaudalexaggerated": "XCC",
    "exaggeratedcraniocaudal": "XCC",
    "magnification": "M",
    "spotcompression": "S",
    "spot": "S",
    "implantdisplaced": "ID",
    "tangential": "TAN",
    "cleavage": "CV",
    "axillarytail": "AT",
    "rolledlateral": "RL",
    "rolledmedial": "RM",
    "rolledsuperior": "RS",
    "rolledinferior": "RI",
    "nippleinprofile": "NP",
    "anteriorcompression": "AC",
    "inframammaryfold": "IMF",
    "axillarytissue": "AX",
}


def view_of_code(code: str, meaning: str = "") -> str:
    """Short form of a view code, by its value or else by its meaning; '' when neither is known."""
    return VIEWS.get(code.strip()) or _by_meaning(meaning, set(VIEWS.values()))


def modifier_of_code(code: str, meaning: str = "") -> str:
    """Short form of a view modifier code, by its value or else by its meaning; '' when neither is known."""
    return MODIFIERS.get(code.strip()) or _by_meaning(meaning, set(MODIFIERS.values()))


def _by_meaning(meaning: str, allowed: set[str]) -> str:
    key = re.sub(r"[^a-z]", "", meaning.lower())
    found = _MEANINGS.get(key) or _MEANINGS.get(key.removesuffix("view").removesuffix("projection"), "")
    return found if found in allowed else ""
