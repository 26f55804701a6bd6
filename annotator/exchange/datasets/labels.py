"""What a label of a general annotation tool says of calcifications: which word, which size, one or several."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from annotator.exchange.datasets.found import Said, Wishes
from annotator.exchange.json_faults import shortened
from annotator.lexicon.loader import load_lexicon
from annotator.model.finding import Distribution, Morphology
from annotator.model.mark import MarkKind

_CALCIFICATION = re.compile(r"calcifications?|\b(micro|macro)?calcs?\b")
_SEVERAL = re.compile(
    r"cluster|group|region|\barea\b|several|calcifications\b|calcs\b|segmental|regional|diffuse"
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a label says: `said` in words of the lexicon; `region`: several calcifications, or an area with them.

    `mapped`: every word of it has one here.
    """

    said: Said
    region: bool
    kind: MarkKind | None
    mapped: bool


def meaning(label: str, wishes: Wishes, context: str = "") -> Meaning | None:
    """What a label says of calcifications; None where it names something else.

    A label says calcification when it, or its `context` (a supercategory), says so ("microcalcification", "calc cluster"), or when
    the user names it. What else it says is looked for among shapes and distributions of the lexicon.
    """
    plain, around = _plain(label), _plain(context)
    named = plain in {_plain(one) for one in wishes.calcifications}
    if not named and not _CALCIFICATION.search(plain) and not _CALCIFICATION.search(around):
        return None
    rest = " ".join(_CALCIFICATION.sub(" ", plain).split())
    kind = next((one for one in MarkKind if one.value in plain), None)
    rest = " ".join(re.sub(r"\b(micro|macro)\b|micro$|macro$", " ", rest).split())
    morphology = _shapes().get(plain) or _shapes().get(rest)
    distribution = _distributions().get(plain) or _distributions().get(rest)
    said = Said(
        morphology=() if morphology is None else (morphology,),
        distributions=() if distribution is None or distribution is Distribution.SINGLE else (distribution,),
    )
    mapped = morphology is not None or distribution is not None or not rest
    return Meaning(said, bool(_SEVERAL.search(plain)), kind, mapped)


def left_out(what: str, passed: Mapping[str, int]) -> tuple[str, ...]:
    """The sentence on labels that were passed over, with how often, and what takes one all the same; none where none was."""
    if not passed:
        return ()
    words = ", ".join(f"{label} ({count})" for label, count in sorted(passed.items()))
    return (shortened(f"{what}: {words}; 'annotator import --calcification LABEL' takes one all the same."),)


def _plain(label: str) -> str:
    return " ".join(re.sub(r"[\W_]+", " ", label.lower()).split())


@cache
def _shapes() -> Mapping[str, Morphology]:
    return {word: one for one in Morphology for word in _words(one)}


@cache
def _distributions() -> Mapping[str, Distribution]:
    found = {word: one for one in Distribution for word in _words(one)}
    return found | {"cluster": Distribution.GROUPED, "group": Distribution.GROUPED}


def _words(one: Morphology | Distribution) -> set[str]:
    term = load_lexicon().term(one)
    return {_plain(word) for word in (one.value, term.word, *term.other_words)}
