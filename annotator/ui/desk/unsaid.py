"""What is still unsaid or unseen of an exam that is about to be signed: told, never asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from annotator.model.finding import Finding, Reading
from annotator.model.follow_up import Contradiction


def unsaid(
    reading: Reading,
    contradictions: Callable[[str], Iterable[Contradiction]],
    views: Sequence[tuple[str, float | None]],
    candidates: tuple[int, int] = (0, 0),
) -> tuple[str, ...]:
    """One sentence for each thing, the gravest first; () where nothing is left.

    `contradictions` of a finding by its id; `views` names each image with the share of its breast that was seen at
    acquisition resolution, None while that is not known. `candidates` are those undecided, and all that are shown: told
    to who began to go through them.
    """
    told = []
    if not reading.findings:
        told.append("No finding was made: the exam is signed as one without.")
    open_findings = [f for f in reading.findings if f.assessment is None]
    if open_findings:
        told.append(f"{_named(open_findings)} without a category.")
    for finding in reading.findings:
        told += [f"F{finding.number}: {one.text}" for one in contradictions(finding.id) if not one.kept]
    missed = [f"{name} {_percent(share)}" for name, share in views if share is not None and share < 1]
    if missed:
        told.append(f"Not all seen at acquisition resolution: {', '.join(missed)}.")
    undecided, shown = candidates
    if undecided and reading.decisions:
        told.append(f"{undecided} of {shown} candidates for labelling are undecided.")
    return tuple(told)


def _named(findings: Sequence[Finding]) -> str:
    names = [f"F{f.number}" for f in findings]
    if len(names) == 1:
        return f"{names[0]} is"
    return f"{', '.join(names[:-1])} and {names[-1]} are"


def _percent(share: float) -> str:
    # never "100 %" of what was not seen whole
    return f"{min(99, round(100 * share))} %"
