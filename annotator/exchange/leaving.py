"""A reading in the names it leaves under: what every file of it says, and what comes back when one is read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from annotator.exchange.outgoing import Outgoing
from annotator.exchange.pseudonymised import pseudonymised
from annotator.model.changes import BY_UID, by_image, decided_in_order, hung_in_order
from annotator.model.finding import Reading


def reading_as_it_leaves(outgoing: Outgoing) -> Reading:
    """The reading with made-up UIDs and ids where names may not go out, else as it is.

    Left out behind pseudonyms are the digests of pixels, as in findings (docs/patient-data.md).
    """
    if outgoing.pseudonyms is None:
        return outgoing.reading
    document: dict[str, Any] = msgspec.to_builtins(outgoing.reading)
    told = pseudonymised(document | {"reading_id": outgoing.reading.id}, outgoing.pseudonyms)
    told["id"] = told.pop("reading_id")
    return _ordered(msgspec.convert(told, Reading))


def _ordered(reading: Reading) -> Reading:
    # what is ordered by a UID is so by the made-up one
    return replace(
        reading,
        nipples=by_image(reading.nipples),
        chest_walls=by_image(reading.chest_walls),
        recalls=tuple(sorted(reading.recalls, key=BY_UID)),
        decisions=decided_in_order(reading.decisions),
        hanging=hung_in_order(reading.hanging),
    )
