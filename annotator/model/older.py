"""Findings as earlier versions of the program wrote them, as plain JSON values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

OLD_KEY = b'"distribution":'
"""Only documents of version 1.0 and before hold it: a finding had one distribution."""


def finding_as_of_now(finding: dict[str, Any]) -> dict[str, Any]:
    """A finding with the keys of this version; what is no finding, or of this version, comes back as it is."""
    if "distribution" not in finding or "distributions" in finding:
        return finding
    one = finding["distribution"]
    rest = {key: value for key, value in finding.items() if key != "distribution"}
    return rest | {"distributions": [] if one is None else [one]}


def findings_as_of_now(findings: Iterable[Any]) -> list[Any]:
    """Each finding with the keys of this version."""
    return [finding_as_of_now(one) if isinstance(one, dict) else one for one in findings]
