"""What an annotation of COCO says besides its category: what this program wrote there, or short words of others."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

from annotator.exchange.datasets.found import Said
from annotator.exchange.json_faults import shortened
from annotator.model.finding import Assessment, Distribution, Morphology
from annotator.model.image import Laterality

_OWN = ("finding_id", "tracking_uid", "reading", "morphology", "distribution")
_KEPT = ("finding", "reader", "lexicon_edition", "morphology", "distribution", "assessment", "laterality")
_Term = TypeVar("_Term", bound=StrEnum)


def is_own(told: Mapping[str, Any]) -> bool:
    """Whether this program wrote them."""
    return all(name in told for name in _OWN)


def said_in(told: Mapping[str, Any]) -> Said:
    """The reader's words in an annotation of this program. Raises ValueError for one that no lexicon has."""
    return Said(
        morphology=_terms(Morphology, told.get("morphology")),
        distributions=_terms(Distribution, told.get("distribution")),
        assessment=_term(Assessment, told.get("assessment")),
        laterality=_term(Laterality, told.get("laterality")),
    )


def described(told: Mapping[str, Any], *, own: bool) -> tuple[tuple[str, str], ...]:
    """Name and value of what describes: of others everything that is a short word or a number, but no id."""
    found = []
    for name, value in told.items():
        plain = ", ".join(map(str, value)) if own and isinstance(value, list) else value
        wanted = name in _KEPT if own else not str(name).lower().endswith(("id", "uid"))
        if wanted and isinstance(plain, str | int | float | bool) and plain != "":
            found.append((shortened(str(name)), shortened(str(plain))))
    return tuple(found)


def _terms(kind: type[_Term], said: object) -> tuple[_Term, ...]:
    return tuple(kind(one) for one in said) if isinstance(said, list) else ()


def _term(kind: type[_Term], said: object) -> _Term | None:
    return kind(said) if isinstance(said, str) and said else None
