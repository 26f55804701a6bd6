"""A CAD report in one line: whether it ran, and what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from annotator.model.cad import CadReport, CadStatus, RenderingIntent

NOT_NOTHING = "which is not the same as finding nothing"


def cad_line(report: CadReport, names: Mapping[str, str]) -> str:
    """What a reader must know of a report before its marks: "CAD SecondLook 7.2 ran and found no calcifications."

    `names` of the images of the exam by SOP Instance UID; marks elsewhere are counted apart.
    """
    who = f"CAD {', '.join(str(one) for one in report.algorithms)}"
    status = report.status
    if status is CadStatus.FAILED:
        return f"{who} failed{_what_failed(report, names)}: no result, {NOT_NOTHING}."
    if status is CadStatus.NOT_ATTEMPTED:
        return f"{who} was not run on this exam, {NOT_NOTHING}."
    parts = [_ran(report, names)]
    if status is None:
        parts = (
            ["does not say whether it ran, " + NOT_NOTHING]
            if not report.shown
            else [f"says: {_found(report)}"]
        )
    elsewhere = sum(mark.image.sop_instance_uid not in names for mark in report.shown)
    if elsewhere:
        parts.append(f"{elsewhere} of them on images that are not open here")
    if report.others:
        parts.append(f"not shown here: {_others(report)}")
    return f"{who} {'; '.join(parts)}."


def _ran(report: CadReport, names: Mapping[str, str]) -> str:
    if report.status is CadStatus.PARTIAL:
        return f"ran only in part{_what_failed(report, names)}; {_found(report)}"
    return f"ran and found {_found(report)}" if not report.shown else f"ran: {_found(report)}"


def _found(report: CadReport) -> str:
    counts = Counter(mark.kind for mark in report.shown)
    if not counts:
        return "no calcifications"
    told = " and ".join(_count(number, kind.value) for kind, number in sorted(counts.items()))
    optional = sum(mark.intent is RenderingIntent.OPTIONAL for mark in report.shown)
    return f"{told} ({optional} optional)" if optional else told


def _what_failed(report: CadReport, names: Mapping[str, str]) -> str:
    """What could not be looked for, and where: " (calcification cluster on RCC and LCC)"."""
    told = []
    for what in dict.fromkeys(one.what for one in report.failures):
        images = dict.fromkeys(uid for one in report.failures if one.what == what for uid in one.images)
        places = [names[uid] for uid in images if uid in names]
        told.append(f"{what} on {' and '.join(places)}" if places and len(places) < len(names) else what)
    return f" ({'; '.join(told)})" if told else ""


def _others(report: CadReport) -> str:
    return " and ".join(_count(number, what) for what, number in report.others)


def _count(number: int, word: str) -> str:
    plural = f"{word[:-1]}ies" if word.endswith("ty") else f"{word}es" if word.endswith("ss") else f"{word}s"
    return f"{number} {word if number == 1 else plural}"
