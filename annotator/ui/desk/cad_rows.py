"""Marks of CAD reports as lines of the list of candidates, and what of them is said."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from annotator.model.cad import CadKind, CadMark, CadReport, RenderingIntent
from annotator.model.cad_words import cad_line
from annotator.model.candidate import CAD_ID, Candidate
from annotator.model.image import ExamInfo, ImageInfo
from annotator.ui.desk.candidate_rows import ProposedRow


@dataclass(frozen=True, eq=False)
class CadOfExam:
    """What the CAD reports of an exam come to: lines by SOP Instance UID of the image, and a sentence for each report.

    `files` are those that were read.
    """

    rows: Mapping[str, tuple[ProposedRow, ...]]
    told: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()


def cad_of_exam(
    exam: ExamInfo,
    reports: Sequence[CadReport],
    troubles: Sequence[str] = (),
    files: tuple[Path, ...] = (),
) -> CadOfExam:
    """The marks of some reports on the images of an exam, the surest first; what is not for presentation is left out.

    Two reports with the same marks of the same program are one. `troubles` say why reports could not be read.
    """
    known = {info.sop_instance_uid: info for info in exam.images}
    names = {uid: info.name or info.file_name for uid, info in known.items()}
    rows: dict[str, dict[str, ProposedRow]] = {}
    told = []
    for report in reports:
        here = [mark for mark in report.shown if mark.image.sop_instance_uid in known]
        about = bool(here) or not report.images or any(uid in known for uid in report.images)
        if not about:
            continue
        told.append(cad_line(report, names))
        for mark in here:
            info = known[mark.image.sop_instance_uid]
            if _lies_on(mark, info):
                row = _row(mark, info)
                rows.setdefault(info.sop_instance_uid, {}).setdefault(row.key, row)
    return CadOfExam(
        {uid: tuple(sorted(found.values(), key=_order)) for uid, found in rows.items()},
        tuple(dict.fromkeys((*told, *troubles))),
        files,
    )


def _order(row: ProposedRow) -> tuple[bool, float]:
    optional = row.mark is not None and row.mark.intent is RenderingIntent.OPTIONAL
    return optional, -row.best.score


def _lies_on(mark: CadMark, info: ImageInfo) -> bool:
    column, row = mark.center.column, mark.center.row
    return 0 <= column <= info.columns and 0 <= row <= info.rows and mark.image.frame <= info.frames


def _row(mark: CadMark, info: ImageInfo) -> ProposedRow:
    members = [one for one in mark.members if one.intent is not RenderingIntent.NOT_SHOWN]
    pieces = [_candidate(one, info) for one in (mark, *members) if _lies_on(one, info)]
    return ProposedRow(info, tuple(pieces), None, str(mark.algorithm), mark)


def _candidate(mark: CadMark, info: ImageInfo) -> Candidate:
    diameter = 0.0 if mark.outline is None else mark.outline.diameter_px
    spacing = info.spacing
    said = mark.certainty if mark.certainty is not None else mark.probability
    place = f"{mark.center.column:.2f} {mark.center.row:.2f} {mark.image.frame}"
    whole = f"{mark.image.sop_instance_uid} {mark.algorithm} {mark.kind} {place}"
    return Candidate(
        id=CAD_ID + hashlib.sha256(whole.encode(errors="surrogatepass")).hexdigest()[:16],
        image=mark.image,
        point=mark.center,
        score=1.0 if said is None else said,
        diameter_px=diameter,
        diameter_mm=None if spacing is None or not diameter else diameter * spacing.mean_mm,
    )


def cad_certainty(mark: CadMark) -> str:
    """How sure its program is, in its own number: "84 %", "cancer 12 %", '' where it gives none."""
    if mark.certainty is not None:
        return f"{mark.certainty:.0%}".replace("%", " %")
    return "" if mark.probability is None else f"cancer {mark.probability:.0%}".replace("%", " %")


def cad_hint(mark: CadMark) -> str:
    """Who put it forward, and what it is, for the list."""
    parts = [str(mark.algorithm), "cluster" if mark.kind is CadKind.CLUSTER else ""]
    parts.append("optional" if mark.intent is RenderingIntent.OPTIONAL else "")
    return ", ".join(part for part in parts if part)


def cad_words(mark: CadMark) -> list[str]:
    """All of it for who points at it: program, kind, certainty, what its maker wants done with it."""
    count = f" of {mark.number}" if mark.number is not None else ""
    kind = f"{mark.kind}{count}"
    sure = [] if mark.certainty is None else [f"certainty {mark.certainty:.0%}".replace("%", " %")]
    if mark.probability is not None:
        sure.append(f"probability of cancer as it says {mark.probability:.0%}".replace("%", " %"))
    intent = str(mark.intent)
    if mark.operating_point is not None:
        intent += f", from operating point {mark.operating_point:g}"
    return [f"CAD {mark.algorithm}", kind, *sure, intent]
