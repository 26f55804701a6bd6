"""Annotations of others brought into the database: one act a reading, nothing twice, nobody's own reading changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from annotator.errors import AnnotatorError, DatabaseAway, NotAllowed
from annotator.jobs import CancelToken, Progress
from annotator.model.finding import Finding, Reading
from annotator.model.history import Act, import_label
from annotator.model.image import ExamInfo
from annotator.model.mark import Cluster, Mark
from annotator.reporting.import_sources import Incoming, Wanted, gather
from annotator.workspace import Workspace


class State(StrEnum):
    """What becomes of a reading."""

    NEW = "new"
    MORE = "more"
    THERE = "there already"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class PlannedReading:
    """One reading as it would be saved. `why` says what refuses it; `findings` and so on count what is new in it."""

    exam: ExamInfo
    reader: str
    source: str
    state: State
    after: Reading
    before: Reading
    based_on: int
    findings: int = 0
    marks: int = 0
    clusters: int = 0
    unmapped: int = 0
    why: str = ""

    @property
    def is_new(self) -> bool:
        """Whether there is something to save."""
        return self.state in (State.NEW, State.MORE)

    @property
    def is_there(self) -> bool:
        """Whether all of it was saved before."""
        return self.state is State.THERE


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would do. `missing` are names of images that are not at hand, `refused` and `notes` sentences, `empty` counts
    images on which the source draws no calcification.
    """

    readings: tuple[PlannedReading, ...]
    missing: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    empty: int = 0

    @property
    def left_out(self) -> list[str]:
        """Everything that will not be saved because something is wrong, in sentences."""
        return [*self.refused, *(one.why for one in self.readings if one.why)]


@dataclass
class Imported:
    """What an import did: readings that were saved, those there already, and what was refused in sentences."""

    saved: list[PlannedReading] = field(default_factory=list)
    there: int = 0
    refused: list[str] = field(default_factory=list)


def plan(workspace: Workspace, wanted: Wanted, token: CancelToken | None = None) -> Plan:
    """Read everything and look at what is saved; nothing is changed. For a job.

    Raises UnreadableAnnotations where nothing can be told from what is named, StoreError and Cancelled.
    """
    token = token or CancelToken()
    gathered = gather(workspace, wanted, token)
    by_reading: dict[tuple[str, str], list[Incoming]] = {}
    for one in gathered.incoming:
        by_reading.setdefault((one.exam.study_instance_uid, one.reader), []).append(one)
    planned = [_planned(workspace, members) for members in by_reading.values()]
    return Plan(
        tuple(planned),
        tuple(gathered.missing),
        tuple(gathered.refused),
        tuple(gathered.notes),
        gathered.empty,
    )


def carry_out(workspace: Workspace, plan: Plan, token: CancelToken | None = None) -> Imported:
    """Save what is new, reading by reading, each in one transaction with its line in the audit.

    What was saved stays when it is cancelled (raises Cancelled); the same import later goes on with the rest. A reading
    that cannot be saved is told and the others are saved; DatabaseAway ends it.
    """
    token = token or CancelToken()
    done = Imported(there=sum(one.is_there for one in plan.readings), refused=plan.left_out)
    todo = [one for one in plan.readings if one.is_new]
    for number, one in enumerate(todo):
        token.checkpoint(Progress(number, len(todo), "readings saved"))
        try:
            workspace.save_import(one.after, one.before, one.based_on, import_label(one.source))
        except NotAllowed:
            done.refused.append(
                f"{one.reader}'s reading of {called(one.exam)} was not saved: under another name than one's own only the"
                " owner of the database can; bring it in as yours with --reader, or ask them."
            )
            continue
        except DatabaseAway:
            raise
        except AnnotatorError as fault:
            done.refused.append(str(fault))
            continue
        done.saved.append(one)
    token.checkpoint(Progress(len(todo), len(todo), "readings saved"))
    return done


def _planned(workspace: Workspace, members: list[Incoming]) -> PlannedReading:
    first = members[0]
    before, revisions = workspace.reading_by(first.reader, first.exam)
    after = before
    for one in members:
        after = _with(after, one)
    planned = PlannedReading(
        exam=first.exam,
        reader=first.reader,
        source=first.source,
        state=State.MORE if revisions else State.NEW,
        after=after,
        before=before,
        based_on=len(revisions),
        findings=max(0, len(after.findings) - len(before.findings)),
        marks=max(0, len(after.marks) - len(before.marks)),
        clusters=max(0, len(after.clusters) - len(before.clusters)),
        unmapped=sum(bool(one.origin and one.origin.unmapped) for one in after.findings),
    )
    if revisions and after == before:
        return replace(planned, state=State.THERE)
    if any(one.act is not Act.IMPORT for one in revisions):
        why = (
            f"{first.reader}'s reading of {called(first.exam)} holds acts of a person and was left as it is;"
            " annotator import --reader NAME brings this in under another name."
        )
        return replace(planned, state=State.REFUSED, why=why)
    return planned


def called(exam: ExamInfo) -> str:
    """An exam by its day and the end of its UID, by which other commands find it too; nobody by name."""
    day = "of an unknown day" if exam.day is None else f"of {exam.day}"
    return f"the exam {day} (...{exam.study_instance_uid[-8:]})"


def _with(reading: Reading, incoming: Incoming) -> Reading:
    """The reading with what is new. A finding at the same places takes the words of the source, and is not there twice."""
    if incoming.whole is not None:
        whole = incoming.whole
        return replace(
            whole, id=reading.id, reader=reading.reader, study_instance_uid=reading.study_instance_uid
        )
    known = {places_of(one.id, reading.marks, reading.clusters): one for one in reading.findings}
    findings = {one.id: one for one in reading.findings}
    fresh: list[Finding] = []
    for one in incoming.findings:
        there = known.get(places_of(one.id, incoming.marks, incoming.clusters))
        if there is None:
            fresh.append(one)
        else:
            findings[there.id] = replace(
                one, id=there.id, number=there.number, tracking_uid=there.tracking_uid
            )
    return _appended(replace(reading, findings=tuple(findings.values())), fresh, incoming)


def _appended(reading: Reading, fresh: Iterable[Finding], incoming: Incoming) -> Reading:
    """The reading with new findings and what is drawn of them at its end, numbered on."""
    fresh = list(fresh)
    ids = {one.id for one in fresh}
    number = max((one.number for one in reading.findings), default=0)
    findings = [replace(one, number=number + at) for at, one in enumerate(fresh, start=1)]
    number = max((one.number for one in reading.marks), default=0)
    marks = [one for one in incoming.marks if one.finding_id in ids]
    marks = [replace(one, number=number + at) for at, one in enumerate(marks, start=1)]
    number = max((one.number for one in reading.clusters), default=0)
    clusters = [one for one in incoming.clusters if one.finding_id in ids]
    clusters = [replace(one, number=number + at) for at, one in enumerate(clusters, start=1)]
    return replace(
        reading,
        findings=(*reading.findings, *findings),
        marks=(*reading.marks, *marks),
        clusters=(*reading.clusters, *clusters),
    )


def places_of(finding_id: str, marks: Iterable[Mark], clusters: Iterable[Cluster]) -> frozenset[object]:
    """Where a finding is drawn: equal for the same drawing brought in twice."""
    points = {(one.image, one.point) for one in marks if one.finding_id == finding_id}
    outlines = {(one.image, one.outline) for one in clusters if one.finding_id == finding_id}
    return frozenset(points | outlines)
