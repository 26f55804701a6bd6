"""A whole project as it leaves: any number of readings through the same forms, one exam in memory at a time.

What goes out is planned first: which readings, each at the revision it has then. So an export that was interrupted goes
on where it was and ends with the same tables and data sets, whatever was read meanwhile.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby, islice
from pathlib import Path

from annotator.errors import AnnotatorError, CallError, ExportError, StoreError
from annotator.exchange.formats import FORMATS
from annotator.exchange.proved import Proven
from annotator.exchange.tables.card import About
from annotator.exchange.tables.data_set import ONE_READER, DataSet, Pictures, parts_of
from annotator.exchange.tables.png_pictures import PngPictures
from annotator.exchange.tables.told import WHOLE, ToldExam, ToldReading
from annotator.jobs import CancelToken, Progress
from annotator.model.audit import AuditAct
from annotator.model.finding import Reading
from annotator.model.image import ExamInfo
from annotator.model.origin import Origin
from annotator.private_files import private_folder
from annotator.reporting.dicom_pictures import WITH_TEXT, DicomPictures
from annotator.reporting.exam_files import ExamFiles
from annotator.reporting.exam_forms import ExamJob
from annotator.reporting.journal import Journal, Point
from annotator.reporting.outgoing import outgoing
from annotator.reporting.same_export import how
from annotator.reporting.stored_pixels import StoredPixels
from annotator.reporting.wanted import DICOM, NAMED, OBJECTS, Exported, Selection, Wanted
from annotator.store.streaming import ReadingHead
from annotator.workspace import Workspace

AT_ONCE = 50
"""Exams between two points to go on from."""
WITHHELD = (
    "Readings whose comments, and what sources said of findings, were left out, since no header was at hand to know"
    " names from"
)
UNKNOWN_PATIENTS = "Exams whose patient is not known, dealt to a part each by itself"


def export_project(
    workspace: Workspace,
    selection: Selection,
    wanted: Wanted,
    files: ExamFiles,
    token: CancelToken | None = None,
    *,
    resume: bool = False,
) -> Exported:
    """Write everything that is wanted of the readings that are selected.

    Raises Cancelled, ExportError (no room) and StoreError: what was done stays, and `resume` goes on. CallError where
    the folder holds another export, or a form has no place for several readers of one exam.
    """
    token = token or CancelToken()
    with Journal(wanted.out, how(workspace, wanted), resume=resume) as journal:
        if journal.begun is None:
            _plan(workspace, selection, wanted, journal, token)
        begun = journal.begun
        assert begun is not None
        run = _Run(workspace, wanted, journal, files, token)
        try:
            exported = run.through(selection)
        finally:
            run.spools.close()
        journal.remove()
        return exported


def _plan(
    workspace: Workspace, selection: Selection, wanted: Wanted, journal: Journal, token: CancelToken
) -> None:
    begun = journal.plan(_chosen(workspace, selection, token))
    if not begun.readings:
        journal.abandon()
        raise StoreError(
            "No reading is saved that was asked for; 'annotator readings' lists those that are. Of other readers only"
            " signed ones go out, unless 'annotator export --by' names them."
        )
    if (wanted.sets or begun.readings > 1) and _holds_files(wanted.out):
        journal.abandon()
        raise CallError(
            f"{wanted.out} holds other files, and the card and the sums of an export are of all that is in its folder; choose"
            " an empty folder, or a new one."
        )
    single = sorted(ONE_READER & set(wanted.forms))
    if begun.read_twice and single:
        journal.abandon()
        exams = "1 exam was" if begun.read_twice == 1 else f"{begun.read_twice} exams were"
        raise CallError(
            f"{' and '.join(single)} cannot say whose word it is, and {exams} read by several; choose a reader with 'annotator export --by'."
        )


def _holds_files(folder: Path) -> bool:
    """Whether anything that is not hidden lies in a folder."""
    return folder.is_dir() and any(not one.name.startswith(".") for one in folder.iterdir())


def _chosen(
    workspace: Workspace, selection: Selection, token: CancelToken
) -> Iterator[tuple[str, int, bool]]:
    before = ""
    for head in workspace.heads():
        token.checkpoint(Progress(0, None, "looking for readings"))
        number = selection.revision(head, workspace.settings.reader)
        if number:
            name = workspace.pseudonyms.name(head.reading_id)
            yield name, number, head.study_instance_uid != before
            before = head.study_instance_uid


class _Run:
    """One export from where it is to its end."""

    def __init__(
        self,
        workspace: Workspace,
        wanted: Wanted,
        journal: Journal,
        files: ExamFiles,
        token: CancelToken,
    ) -> None:
        self._workspace, self._wanted, self._journal, self._files = workspace, wanted, journal, files
        self._token = token
        assert journal.begun is not None
        self._begun = journal.begun
        self._point = journal.point()
        self.spools = journal.spools(self._point)
        shares = None if wanted.split is None else wanted.split.shares
        counters = dict(self._point.counters)
        self._set = DataSet(
            wanted.out,
            wanted.sets,
            workspace.lexicon,
            parts_of(shares),
            self.spools,
            counters,
            self._pictures(wanted.images),
        )

    def _pictures(self, wanted: str) -> Pictures | None:
        if wanted == DICOM:
            return DicomPictures(self._workspace, self._fault, self._more)
        return PngPictures(StoredPixels(self._fault)) if wanted else None

    def through(self, selection: Selection) -> Exported:
        """Do what is still to be done."""
        done = self._point.exams
        exams = islice(self._exams(), done, None)
        while some := list(islice(exams, AT_ONCE)):
            self._note(some)
            values = self._workspace.values_at([one for exam in some for one in exam])
            for exam in some:
                self._token.checkpoint(Progress(done, self._begun.exams, "exams exported"))
                self._export([(head, number, next(values)[1]) for head, number in exam])
                done += 1
            self._point = Point(done, self.spools.flush(), dict(self._set.counters))
            self._journal.keep(self._point)
        return self._finish(selection)

    def _exams(self) -> Iterator[list[tuple[ReadingHead, int]]]:
        """What was planned, exam by exam; readings that came since are passed over."""
        planned = self._journal.planned()
        waited = next(planned, None)

        def found() -> Iterator[tuple[ReadingHead, int]]:
            nonlocal waited
            for head in self._workspace.heads():
                if waited is not None and self._workspace.pseudonyms.name(head.reading_id) == waited[0]:
                    yield head, waited[1]
                    waited = next(planned, None)
            if waited is not None:
                raise StoreError(
                    "The database no longer holds every reading that this export was begun with; begin anew in another folder."
                )

        for _, group in groupby(found(), key=lambda one: one[0].study_instance_uid):
            yield list(group)

    def _note(self, exams: Sequence[Sequence[tuple[ReadingHead, int]]]) -> None:
        """Every form is noted before it is written; what names the patient and cannot be noted is not made."""
        names, identified = self._workspace.pseudonyms, self._wanted.identified
        forms = ", ".join(self._wanted.forms)
        lines = [
            (
                head.reading_id,
                head.study_instance_uid,
                f"{forms}, {NAMED if identified else f'as {names.exam(head.study_instance_uid)}'}",
            )
            for exam in exams
            for head, _ in exam
        ]
        with contextlib.nullcontext() if identified else contextlib.suppress(StoreError):
            self._workspace.note_all(AuditAct.EXPORTED, lines)

    def _export(self, exam: Sequence[tuple[ReadingHead, int, Reading]]) -> None:
        info = self._files.exam(exam[0][0].study_instance_uid)
        told = ToldExam(readings=tuple(self._told(exam, info)))
        for one in told.readings:
            folder = self._folder_of(one, alone=len(exam) == 1)
            for form in self._wanted.objects:
                self._write(form, one, info, folder)
        self._set.add(told)

    def _told(
        self, exam: Sequence[tuple[ReadingHead, int, Reading]], info: ExamInfo
    ) -> Iterator[ToldReading]:
        names = self._workspace.pseudonyms
        digest = next((head.patient for head, _, _ in exam if head.patient), None)
        patient = names.patient(digest) or self._workspace.patient_pseudonym(info)
        day = next((head.exam_date for head, _, _ in exam if head.exam_date), info.day)
        part = WHOLE
        if self._wanted.split is not None:
            part = self._wanted.split.part(patient or names.exam(info.study_instance_uid))
            self._more(UNKNOWN_PATIENTS, not patient)
        for _, number, reading in exam:
            out = outgoing(
                self._workspace,
                self._sayable(reading, info),
                info,
                self._token,
                identified=self._wanted.identified,
                patient=patient,
                places=self._wanted.places,
            )
            yield ToldReading(
                out=out, revision=number, part=part, exam_date=None if day is None else out.day(day)
            )

    def _sayable(self, reading: Reading, info: ExamInfo) -> Reading:
        """Without the reader's own words where nothing tells which of them are names."""
        if self._wanted.identified or info.images:
            return reading
        silent = without_words(reading)
        self._more(WITHHELD, silent != reading)
        return silent

    def _folder_of(self, told: ToldReading, *, alone: bool) -> Path:
        """One reading by itself goes straight into the folder, many into one for each exam."""
        out = self._wanted.out
        if self._begun.readings == 1 and not self._wanted.sets:
            return out
        folder = out / "exams" / told.out.name
        return folder if alone else folder / self._workspace.pseudonyms.name(told.reading.id)[:8]

    def _write(self, form: str, told: ToldReading, info: ExamInfo, folder: Path) -> None:
        try:
            private_folder(folder)
            written = self._written(form, told, info, folder)
        except AnnotatorError as error:
            if isinstance(error.__cause__, OSError):
                # no room, no right: nothing that comes after would be written either
                raise
            self._fault(f"{told.out.name}, {form}: {error}")
            return
        self._more("objects", len(written))
        for one in written:
            self._more("proven", one.proof is not None and one.proof.holds)
            self._more("without proof", one.proof is None)
            if one.proof is not None and one.proof.failed:
                self._fault(f"{one.path.name}: {one.proof.sentence()}")

    def _written(self, form: str, told: ToldReading, info: ExamInfo, folder: Path) -> tuple[Proven, ...]:
        if form in FORMATS and not info.images:
            raise ExportError(
                "the images of the exam are not at hand; name their folder, or index it with 'annotator index'."
            )
        job = ExamJob(
            self._workspace,
            told.out.reading,
            info,
            folder,
            self._wanted.identified,
            self._token,
            ready=told.out,
            looks=self._wanted.places,
        )
        return OBJECTS[form].write(job)

    def _finish(self, selection: Selection) -> Exported:
        counters = self._set.counters
        left_out = tuple(self._left_out())
        if self._wanted.sets or self._begun.readings > 1:
            about = self._about(selection, left_out)
            self._set.finish(
                about, lambda: self._token.checkpoint(Progress(0, None, "putting files together"))
            )
        return Exported(
            self._begun.readings,
            self._begun.exams,
            counters.get("objects", 0),
            counters.get("proven", 0),
            counters.get("without proof", 0),
            tuple(line.decode() for line in self.spools.lines("faults")),
            left_out,
        )

    def _about(self, selection: Selection, left_out: Sequence[str]) -> About:
        split = self._wanted.split
        return About(
            made=self._begun.made,
            formats=self._wanted.forms,
            pictures=self._wanted.images,
            identified=self._wanted.identified,
            selection=selection.words(),
            rules_version=self._workspace.rules.version,
            lexicon_version=self._workspace.lexicon.version,
            split=None if split is None else split.told,
            left_out=left_out,
        )

    def _left_out(self) -> Iterator[str]:
        yield from self._set.left_out()
        counters = self._set.counters
        for what in (WITHHELD, UNKNOWN_PATIENTS):
            if number := counters.get(what):
                yield f"{what}: {number}."
        for part in self._set.parts:
            if self._wanted.split is not None and not counters.get(f"exams by part\t{part}"):
                yield f"Anything in {part}: no patient fell to it. Another seed deals anew."
        yield from self._not_in_pictures()
        if faults := sum(1 for _ in self.spools.lines("faults")):
            yield f"Things that could not be done, told when it was made: {faults}."

    def _not_in_pictures(self) -> Iterator[str]:
        if not self._wanted.images:
            yield "The images themselves."
        elif self._wanted.images == DICOM:
            yield "Names, numbers and days in the headers of the images: they are de-identified copies."
            if number := self._set.counters.get(WITH_TEXT):
                yield f"{WITH_TEXT}: {number}; look at them, or copy them with 'annotator deidentify --blackout'."
        else:
            yield (
                "Anything but stored values in the pictures: they are neither turned nor inverted, and text burned into"
                " them is not looked for."
            )

    def _fault(self, sentence: str) -> None:
        self.spools.add("faults", [" ".join(sentence.split()).encode(errors="replace")])

    def _more(self, what: str, number: int) -> None:
        if number:
            self._set.counters[what] = self._set.counters.get(what, 0) + number


def without_words(reading: Reading) -> Reading:
    """The reading without comments and reasons in the reader's own words, and without those of a source."""
    return replace(
        reading,
        findings=tuple(replace(one, comment="", origin=_named_only(one.origin)) for one in reading.findings),
        recalls=tuple(replace(one, comment="") for one in reading.recalls),
        signatures=tuple(replace(one, reason="") for one in reading.signatures),
        amending="",
    )


def _named_only(origin: Origin | None) -> Origin | None:
    return None if origin is None else replace(origin, values=(), unmapped=(), notes=())
