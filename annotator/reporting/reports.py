"""What is said, measured and looked up of a reading, put together as a report and written as a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from operator import itemgetter
from pathlib import Path

from annotator.exchange.report_content import Material, report_of
from annotator.exchange.report_finding import Beside, SeenBefore
from annotator.exchange.report_html import report_html
from annotator.exchange.report_parts import Report
from annotator.exchange.report_text import report_text
from annotator.exchange.whole_file import write_whole
from annotator.hanging import corrected_exam
from annotator.jobs import CancelToken
from annotator.lexicon.loader import Lexicon, load_lexicon
from annotator.model.finding import Finding, Reading
from annotator.model.follow_up import Contradiction, FollowUp
from annotator.model.history import Act
from annotator.model.identity import Identity, without_names
from annotator.model.image import ExamInfo
from annotator.model.intervals import interval_words
from annotator.reporting.noted import note_export
from annotator.reporting.pictures import report_pictures
from annotator.rules import breast_assessments, then_and_now
from annotator.store.encoding import content_digest
from annotator.store.narrative import describe_changes
from annotator.workspace import Workspace

STAGE_UNKNOWN = "No image was at hand to tell whether there are magnification views."


def write_report(
    workspace: Workspace,
    reading: Reading,
    exam: ExamInfo,
    path: Path,
    token: CancelToken | None = None,
    *,
    finding_id: str | None = None,
    identified: bool = False,
) -> None:
    """The report of a reading, or of one finding, as a file: plain text for `.txt`, else HTML; raises ExportError.

    Names nobody unless `identified`. A PDF is made of `make_report` by `annotator.ui.reports`.
    """
    report = make_report(workspace, reading, exam, token, finding_id=finding_id, identified=identified)
    note_export(
        workspace, reading, f"report as {path.suffix.lower().removeprefix('.')}", identified=identified
    )
    form = report_text if path.suffix.lower() == ".txt" else report_html
    write_whole(path, form(report).encode())


def make_report(
    workspace: Workspace,
    reading: Reading,
    exam: ExamInfo,
    token: CancelToken | None = None,
    *,
    finding_id: str | None = None,
    identified: bool = False,
    with_pictures: bool = True,
) -> Report:
    """What a report says, with pictures of what was marked; for a job, since it reads the images.

    An image that can no longer be read is left out of the pictures, not of the words. Of a signed reading it has what
    stood there when it was signed, and beside it what the rules say today where that differs.
    """
    token = token or CancelToken()
    exam = corrected_exam(exam, reading.hanging)
    lexicon = replace(load_lexicon(reading.lexicon_edition), sources=workspace.lexicon.sources)
    pictures = report_pictures(reading, exam, token, finding_id) if with_pictures else {}
    workspace.find_breasts(reading, exam, token)
    now = {finding.id: _now(workspace, reading, finding, exam) for finding in reading.findings}
    in_force = {finding.id: _in_force(reading, finding, now[finding.id]) for finding in reading.findings}
    seen = _seen_elsewhere(workspace, reading)
    beside = {
        finding.id: Beside(
            follow_up=in_force[finding.id],
            since=_since(reading, finding, in_force[finding.id], now[finding.id]),
            measured=workspace.measured(reading, finding.id, exam),
            contradictions=_contradictions(workspace, reading, finding, exam),
            seen=seen.get(finding.tracking_uid, ()),
            pictures=pictures.get(finding.id, ()),
        )
        for finding in reading.findings
        if finding_id in (None, finding.id)
    }
    sides = {image.sop_instance_uid: image.laterality for image in exam.images}
    as_signed = not reading.signatures or content_digest(reading) == reading.signatures[-1].content
    identity = Identity() if identified else Identity.of(exam)
    material = Material(
        reading=without_names(reading, identity),
        exam=exam,
        name=workspace.pseudonyms.exam(reading.study_instance_uid),
        lexicon=lexicon,
        beside=beside,
        breasts=breast_assessments(reading, in_force, sides, lexicon),
        displays=workspace.displays(reading.id),
        changes={
            version: identity.hidden(words) for version, words in _changes(workspace, reading, exam, lexicon)
        },
        rules_version=workspace.rules.version,
        as_signed=as_signed,
    )
    return report_of(material, finding_id, identified=identified)


def _in_force(reading: Reading, finding: Finding, now: FollowUp) -> FollowUp:
    """What the table said when the reading was signed; of one that is open, what it says now."""
    signed = reading.signatures[-1].finding(finding.id) if reading.is_signed else None
    return now if signed is None else signed.follow_up


def _now(workspace: Workspace, reading: Reading, finding: Finding, exam: ExamInfo) -> FollowUp:
    """What the table says today; with a word where nothing tells its stage, neither the reader nor an image."""
    told = workspace.follow_up(reading, finding.id, exam)
    if exam.images or reading.stage_of(finding.id) is not None:
        return told
    return replace(told, assumed=(*told.assumed, STAGE_UNKNOWN))


def _since(reading: Reading, finding: Finding, in_force: FollowUp, now: FollowUp) -> tuple[str, ...]:
    """What differs today, in sentences; no category in them before the reader's own."""
    if reading.is_signed and STAGE_UNKNOWN in now.assumed:
        return (f"Not looked up again: the stage was not said. {STAGE_UNKNOWN}",)
    if finding.assessment is None:
        in_force, now = in_force.before_choice(), now.before_choice()
    return then_and_now(in_force, now)


def _contradictions(
    workspace: Workspace, reading: Reading, finding: Finding, exam: ExamInfo
) -> tuple[Contradiction, ...] | None:
    """Those of the signature, else those of now; None where no image is at hand to tell."""
    signed = reading.signatures[-1].finding(finding.id) if reading.is_signed else None
    if signed is not None:
        return signed.contradictions
    if not exam.images:
        return None
    before = workspace.was_read_before(exam)
    return workspace.contradictions(reading, finding.id, exam, earlier_exam=before)


def _changes(
    workspace: Workspace, reading: Reading, exam: ExamInfo, lexicon: Lexicon
) -> Iterator[tuple[int, str]]:
    """What each amendment changed of the version before it, by its number, in words."""
    if len(reading.signatures) < 2:
        return
    names = {image.sop_instance_uid: image.name or "an unnamed view" for image in exam.images}
    signed = [r.reading for r in workspace.revisions(reading.id) if r.act is Act.SIGN]
    for before, after in pairwise(signed):
        words = describe_changes(
            before.content, after.content, lexicon.word, lambda uid: names.get(uid, "a view not at hand")
        )
        yield after.signatures[-1].version, words or "nothing of the content"


def _seen_elsewhere(workspace: Workspace, reading: Reading) -> Mapping[str, tuple[SeenBefore, ...]]:
    """Findings under the same tracking UID in other exams of the patient, by that UID, nearest exam first.

    Of other readers only what they signed.
    """
    mine = next((one for one in workspace.readings() if one.reading_id == reading.id), None)
    if mine is None:
        return {}
    found: dict[str, list[tuple[timedelta, SeenBefore]]] = {
        finding.tracking_uid: [] for finding in reading.findings
    }
    for sighting in workspace.over_time.elsewhere(mine):
        exam = sighting.exam
        if sighting.tracking_uid in found and (exam.signed or exam.reader == reading.reader):
            seen = SeenBefore(
                interval=interval_words(mine.exam_date, exam.exam_date),
                date=exam.exam_date.isoformat() if exam.exam_date else "",
                category=sighting.assessment,
                marks=sighting.count,
            )
            found[sighting.tracking_uid].append((_apart(mine.exam_date, exam.exam_date), seen))
    return {uid: tuple(seen for _, seen in sorted(all_, key=itemgetter(0))) for uid, all_ in found.items()}


def _apart(here: date | None, there: date | None) -> timedelta:
    """How far exams lie from each other; farther than any others where that is not known."""
    return timedelta.max if here is None or there is None else abs(here - there)
