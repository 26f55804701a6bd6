"""Every code of the lexicon against the context groups of DICOM, as pydicom carries them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

from pydicom.sr.codedict import codes

from annotator.lexicon.loader import Code, Lexicon

GROUPS_OF: Mapping[str, tuple[int, ...]] = {
    "morphology": (6010,),
    "size": (6010,),
    "distribution": (6012,),
    "change": (6002,),
    "spread": (6022,),
    "quadrant": (6020, 6018),
    "clock_face": (6018,),
    "depth": (6024,),
    "associated": (6014, 6016, 6056),
    "recall_reason": (6041,),
    "recommendation": (6028,),
    "assessment": (6027,),
}
"""Context groups of PS3.16 that the codes of each kind of term must come from; kinds without codes have none."""

CONCEPT_GROUPS: Mapping[str, tuple[int, ...]] = {
    "calcification_cluster": (6014,),
    "individual_calcification": (6014,),
    "calcification_of_breast": (6054,),
    "right_breast": (6022,),
    "left_breast": (6022,),
    "certainty_of_finding": (6048,),
}
"""The same for concepts; the others need only exist."""

CID_6027 = frozenset(
    Code(*parts)
    for parts in (
        ("397138000", "SCT", "0 - Incomplete - Need additional imaging evaluation +/- priors"),
        ("397140005", "SCT", "1 - Negative"),
        ("397141009", "SCT", "2 - Benign"),
        ("397143007", "SCT", "3 - Probably Benign"),
        ("397144001", "SCT", "4 - Suspicious"),
        ("MA.II.A.5.4A", "BI", "4A - Low suspicion", "4.0"),
        ("MA.II.A.5.4B", "BI", "4B - Intermediate suspicion", "4.0"),
        ("MA.II.A.5.4C", "BI", "4C - Moderate suspicion", "4.0"),
        ("397145000", "SCT", "5 - Highly suggestive of malignancy"),
        ("MA.II.A.5.6", "BI", "6 - Known biopsy proven malignancy", "4.0"),
    )
)
"""Assessment from BI-RADS, which pydicom lacks with its scheme BI; the list is that of the source CID6027."""

OWN_MEANINGS = frozenset({Code("129720009", "SCT", "Change since last mammogram")})
"""Names of concepts to which the templates of PS3.16 give another meaning than SNOMED CT, which is what pydicom has."""


def code_problems(lexicon: Lexicon) -> tuple[str, ...]:
    """What is wrong with the codes of a lexicon, in sentences that name the entry; () when nothing is."""
    return tuple(_problems(lexicon))


def count_codes(lexicon: Lexicon) -> int:
    """How many codes are checked: those written and those only read."""
    return sum(1 for _ in _all_codes(lexicon))


def _problems(lexicon: Lexicon) -> Iterator[str]:
    for name, groups, code in _all_codes(lexicon):
        known = (
            frozenset[Code]().union(*(_group(number) for number in groups))
            if groups
            else _scheme(code.scheme)
        )
        if code in known or code in OWN_MEANINGS:
            continue
        where = f"CID {' or '.join(map(str, groups))}" if groups else f"the scheme {code.scheme}"
        near = next((one for one in known if (one.value, one.scheme) == (code.value, code.scheme)), None)
        said = f"{name}: {where} has no code ({code.value}, {code.scheme}, {code.meaning!r})"
        yield f"{said}; it means {near.meaning!r} there." if near else f"{said}; look the code up again."


def _all_codes(lexicon: Lexicon) -> Iterator[tuple[str, tuple[int, ...], Code]]:
    for term in lexicon.all_terms():
        written = () if term.code is None else (term.code,)
        for code in (*written, *term.also_read):
            yield f"{term.kind} {term.id}", GROUPS_OF[term.kind], code
    for name, code in lexicon.concepts.items():
        yield f"concept {name}", CONCEPT_GROUPS.get(name, ()), code


@cache
def _group(number: int) -> frozenset[Code]:
    if number == 6027:
        return CID_6027
    group = getattr(codes, f"cid{number}")
    return frozenset(_plain(getattr(group, name)) for name in group.dir())


@cache
def _scheme(name: str) -> frozenset[Code]:
    scheme = getattr(codes, name)
    found = set[Code]()
    for keyword in scheme.dir():
        # several codes of a scheme may share a keyword, and pydicom does not choose between them
        try:
            found.add(_plain(getattr(scheme, keyword)))
        except RuntimeError:
            continue
    return frozenset(found)


def _plain(code: object) -> Code:
    value, scheme, meaning = (str(getattr(code, name)) for name in ("value", "scheme_designator", "meaning"))
    return Code(value, scheme, meaning)
