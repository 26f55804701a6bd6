"""Copies of exams that say of nobody: which files, under which names, written by all cores, gone on with after a stop."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any, Self

from annotator.batch import outcomes, usable_jobs
from annotator.errors import ExportError, StoreError, UnreadableImage
from annotator.exchange.deidentify import Known, Moments
from annotator.exchange.whole_file import write_whole
from annotator.imaging.collection import group_exams, scan
from annotator.imaging.rejected import Rejected
from annotator.jobs import CancelToken, Progress
from annotator.model.audit import AuditAct
from annotator.model.counts import counted
from annotator.model.image import ExamInfo, ImageInfo
from annotator.private_files import FILE, private_folder
from annotator.reporting.deidentified_file import Asked, Header, Record, Wish, copied, header_of
from annotator.reporting.deidentified_report import report_of, report_words
from annotator.workspace import Workspace

MEMORY_EACH = 700_000_000
"""Bytes that one file may take while its picture is looked at for text."""
LEDGER, REPORT, WORDS = ".deidentified.jsonl", "deidentified.json", "deidentified.txt"


@dataclass(frozen=True)
class Prepared:
    """What is to be copied, by exam, and what cannot be, with its path as its user knows it and the reason."""

    asked: tuple[Asked, ...]
    refused: tuple[Rejected, ...]
    exams: Mapping[str, str] = field(default_factory=dict)
    """Study Instance UIDs of the exams, and what they are called in the copies."""


@dataclass(frozen=True)
class Copied:
    """How it ended: what was done with each file, and how many copies were there from before."""

    records: tuple[Record, ...]
    refused: int
    kept: int
    report: Path | None

    @property
    def written(self) -> int:
        """Copies that are there now."""
        return sum(1 for one in self.records if one.file)

    @property
    def failed(self) -> int:
        """Files that got no copy because of a fault."""
        return self.refused + sum(1 for one in self.records if one.fault)

    @property
    def with_text(self) -> int:
        """Copies on which something looks like burned-in text and was left."""
        return sum(1 for one in self.records if one.file and one.regions and not one.blacked_out)


def prepare(
    workspace: Workspace,
    paths: Sequence[Path],
    out: Path,
    wish: Wish,
    *,
    recursive: bool = True,
    token: CancelToken | None = None,
) -> Prepared:
    """Find the files, and what their copies are called; reads headers only. Raises StoreError, Cancelled."""
    token = token or CancelToken()
    images, headers, refused = list[ImageInfo](), dict[Path, Header](), list[Rejected]()
    for found in scan(paths, recursive=recursive, token=token):
        path = found.path
        token.checkpoint(Progress(len(headers), None, "reading headers"))
        if path.name in (LEDGER, REPORT, WORDS):
            continue
        try:
            headers[path] = header_of(path, found if isinstance(found, ImageInfo) else None)
        except UnreadableImage as error:
            refused.append(found if isinstance(found, Rejected) else Rejected(path, error.reason))
            continue
        if isinstance(found, ImageInfo):
            images.append(found)
    return _planned(workspace, headers, group_exams(images), refused, out, wish)


def prepare_exam(workspace: Workspace, exam: ExamInfo, out: Path, wish: Wish, token: CancelToken) -> Prepared:
    """The images of an exam, and what lies beside them and belongs to it: reports, segmentations, presentation states."""
    folders = sorted({image.path.parent for image in exam.images})
    beside = prepare(workspace, folders, out, wish, recursive=False, token=token)
    own = {image.path for image in exam.images}
    uid = exam.study_instance_uid
    kept = [one for one in beside.asked if one.path in own or one.study == uid]
    return Prepared(tuple(kept), (), {uid: beside.exams[uid]} if uid in beside.exams else {})


def asked_of_exam(
    workspace: Workspace, exam: ExamInfo, out: Path, wish: Wish, fault: Callable[[str], None]
) -> tuple[Asked, ...]:
    """The images of an exam alone; `fault` is told of those whose header cannot be read."""
    headers, refused = dict[Path, Header](), list[Rejected]()
    for image in exam.images:
        try:
            headers[image.path] = header_of(image.path, image)
        except UnreadableImage as error:
            refused.append(Rejected(image.path, error.reason))
    prepared = _planned(workspace, headers, [exam], refused, out, wish)
    for one in prepared.refused:
        fault(f"An image has no copy: {one.reason}")
    return prepared.asked


def _planned(
    workspace: Workspace,
    headers: Mapping[Path, Header],
    exams: Sequence[ExamInfo],
    refused: list[Rejected],
    out: Path,
    wish: Wish,
) -> Prepared:
    names = workspace.pseudonyms
    study_of = {image.path: exam.study_instance_uid for exam in exams for image in exam.images}
    patients = {exam.study_instance_uid: workspace.patient_pseudonym(exam) for exam in exams}
    by_study: dict[str, list[tuple[Path, Header]]] = {}
    for path, header in headers.items():
        by_study.setdefault(study_of.get(path) or header.study_uid or header.instance_uid, []).append(
            (path, header)
        )
    for study, members in by_study.items():
        if study not in patients:
            number = next((header.patient_id for _, header in members if header.patient_id), "")
            patients[study] = workspace.pseudonym_of_number(number)
    called = {study: names.exam(study) for study in by_study}
    known = _known_by_patient(by_study, patients, called)
    taken: dict[Path, Path] = {}
    asked = []
    for study, members in by_study.items():
        patient, exam = patients[study] or called[study], called[study]
        time = min((header.study_time for _, header in members if header.study_time), default="")
        folder = Path(patient, exam) if patient != exam else Path(exam)
        for path, header in members:
            target = folder / f"{header.says}-{names.name(header.instance_uid)[:12]}.dcm"
            if target in taken:
                refused.append(
                    Rejected(
                        path, f"it is the same SOP instance as {taken[target].name}; one copy stands for both"
                    )
                )
                continue
            taken[target] = path
            asked.append(
                Asked(
                    path=path,
                    target=target,
                    out=out,
                    study=study,
                    names=names,
                    patient=patient,
                    moments=Moments.of(names, patient, time),
                    header=replace(header, known=Known()),
                    known=known[patient],
                    wish=wish,
                )
            )
    return Prepared(tuple(asked), tuple(refused), called)


def _known_by_patient(
    by_study: Mapping[str, Sequence[tuple[Path, Header]]],
    patients: Mapping[str, str],
    called: Mapping[str, str],
) -> dict[str, Known]:
    """What all files of a patient say of who it is: a name in one may stand in the words of another."""
    known: dict[str, Known] = {}
    for study, members in by_study.items():
        patient = patients[study] or called[study]
        known[patient] = reduce(or_, (header.known for _, header in members), known.get(patient, Known()))
    return known


def write_copies(
    workspace: Workspace,
    prepared: Prepared,
    out: Path,
    wish: Wish,
    *,
    jobs: int | None = None,
    token: CancelToken | None = None,
    tell: Callable[[Asked, Record], None] = lambda _asked, _record: None,
) -> Copied:
    """Write every copy that is not there yet, and the report; `tell` hears of each file as it is done.

    Each copy is whole or not there. Stopped (Cancelled, KeyboardInterrupt), the next call goes on. With `wish.dry` nothing
    is written. Raises ExportError where the folder cannot be made or written to.
    """
    token = token or CancelToken()
    ledger = _Ledger(out, wish)
    for uid, name in prepared.exams.items():
        _note(workspace, uid, name, prepared, wish)
    there, missing = ledger.sorted_out(prepared.asked)
    records = [record for _, record in there]
    for asked, record in there:
        tell(asked, record)
    jobs = jobs or usable_jobs(MEMORY_EACH)
    with ledger:
        for outcome in outcomes(
            copied, missing, jobs=jobs, token=_counting(token, len(there), len(prepared.asked))
        ):
            asked = missing[outcome.number]
            record = outcome.result or Record(
                asked.key, kind=asked.header.says, fault=_fault(asked, outcome.fault)
            )
            ledger.add(record)
            records.append(record)
            tell(asked, record)
    records.sort(key=lambda one: (one.file, one.key))
    report = None if wish.dry else _write_report(out, wish, records, len(prepared.refused))
    return Copied(tuple(records), len(prepared.refused), len(there), report)


def _fault(asked: Asked, said: str | None) -> str:
    return (said or "it could not be copied").removeprefix(f"{asked.path}: ")


def _counting(token: CancelToken, before: int, total: int) -> CancelToken:
    """A token that counts what was there from before too."""

    class _Counted(CancelToken):
        def checkpoint(self, progress: Progress | None = None) -> None:
            counted = None if progress is None else Progress(progress.done + before, total, "copying")
            token.checkpoint(counted)

    return _Counted()


def _note(workspace: Workspace, uid: str, name: str, prepared: Prepared, wish: Wish) -> None:
    count = sum(1 for one in prepared.asked if one.study == uid)
    if wish.dry or not count:
        return
    files = counted(count, "file")
    kept = ", ".join(sorted(wish.options))
    with contextlib.suppress(StoreError):
        workspace.note(AuditAct.EXPORTED, uid, what=f"de-identified copy of {files} as {name} ({kept})")


def _write_report(out: Path, wish: Wish, records: Iterable[Record], refused: int) -> Path:
    document = report_of(wish, tuple(records), refused)
    write_whole(out / WORDS, report_words(document).encode())
    write_whole(out / REPORT, json.dumps(document, indent=1, allow_nan=False).encode())
    return out / REPORT


class _Ledger:
    """A line for each copy as it is done, so that a run that was stopped goes on where it was."""

    def __init__(self, out: Path, wish: Wish) -> None:
        self._out = out
        self._dry = wish.dry
        self._file: Any = None

    def sorted_out(self, asked: Sequence[Asked]) -> tuple[list[tuple[Asked, Record]], list[Asked]]:
        """(what was done before and is still there, what is to be done)."""
        before = {one.key: one for one in self._lines()}
        there, missing = list[tuple[Asked, Record]](), list[Asked]()
        for one in asked:
            record = before.get(one.key)
            if record is not None and self._is_there(record):
                there.append((one, record))
            else:
                missing.append(one)
        return there, missing

    def add(self, record: Record) -> None:
        """Keep what was done with a file."""
        if self._file is not None and record.file:
            try:
                self._file.write(json.dumps(record.document()) + "\n")
                self._file.flush()
            except OSError as error:
                raise self._unwritable(error) from error

    def __enter__(self) -> Self:
        if not self._dry:
            try:
                private_folder(self._out)
                handle = os.open(self._out / LEDGER, os.O_CREAT | os.O_WRONLY | os.O_APPEND, FILE)
            except OSError as error:
                raise self._unwritable(error) from error
            self._file = os.fdopen(handle, "w", encoding="ascii")
        return self

    def __exit__(self, *_raised: object) -> None:
        if self._file is not None:
            # a line that found no room was told of when it was added
            with contextlib.suppress(OSError):
                self._file.close()

    def _unwritable(self, error: OSError) -> ExportError:
        return ExportError(
            f"{self._out} cannot be written to ({error.strerror}); make room there, or choose another folder."
        )

    def _is_there(self, record: Record) -> bool:
        try:
            return (self._out / record.file).stat().st_size == record.size
        except OSError:
            return False

    def _lines(self) -> Iterator[Record]:
        try:
            lines = (self._out / LEDGER).read_text(encoding="ascii").splitlines()
        except (OSError, UnicodeDecodeError):
            return
        for line in lines:
            # the last line may be half of one
            with contextlib.suppress(ValueError, TypeError, KeyError):
                yield Record.of(json.loads(line))
