"""A findings document in which nothing leads back to the exam but the key of the database it came from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from annotator.model.pseudonym import Pseudonyms

_UIDS = ("sop_instance_uid", "study_instance_uid")


def pseudonymised(document: Mapping[str, Any], pseudonyms: Pseudonyms) -> dict[str, Any]:
    """The document with made-up UIDs and ids in place of the exam's own, the same wherever one stands.

    Left out are the digests of pixels, which whoever has the images could compare. Tracking UIDs and the ids of
    findings and marks were drawn by chance and stay.
    """
    told = _renamed(document, pseudonyms)
    assert isinstance(told, dict)
    told["reading_id"] = pseudonyms.name(document["reading_id"])
    told["pixels"] = []
    for decision in told["decisions"]:
        candidate = decision["candidate"]
        candidate["id"] = pseudonyms.name(candidate["id"])
    return told


def _renamed(value: Any, pseudonyms: Pseudonyms) -> Any:
    if isinstance(value, Mapping):
        return {
            key: pseudonyms.uid(one) if key in _UIDS and isinstance(one, str) else _renamed(one, pseudonyms)
            for key, one in value.items()
        }
    if isinstance(value, list | tuple):
        return [_renamed(one, pseudonyms) for one in value]
    return value
