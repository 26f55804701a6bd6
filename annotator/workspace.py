"""The use cases: what the window and the command line both do. No Qt; heavy imports where they are used."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotator import __version__
from annotator.hanging import number_of_one, patient_number
from annotator.jobs import CancelToken
from annotator.lexicon.loader import Lexicon, load_lexicon
from annotator.model.audit import AuditAct
from annotator.model.clusters_on_image import ClustersOnImage
from annotator.model.display import NOT_RECORDED
from annotator.model.finding import Finding, Reading, Stage
from annotator.model.follow_up import Contradiction, FollowUp
from annotator.model.history import Act, Revision, last_imported, last_signed, undo_steps
from annotator.model.image import ExamInfo, ImageInfo
from annotator.model.measured import Circumstances, Measured
from annotator.model.opened import OpenedReading
from annotator.model.pseudonym import Pseudonyms
from annotator.model.signing import Signature, SignedFinding
from annotator.model.timeline import ReadExam, sightings_of
from annotator.rules import (
    BreastAssessments,
    Earlier,
    RuleTable,
    breast_assessments,
    earlier_in,
    follow_up,
    known_of,
)
from annotator.rules.due import Due, asked_words, due, proposed_stage
from annotator.settings import Settings, header_index_path, waiting_dir

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from annotator.analysis.findings.measured import FindingMeasurer
    from annotator.comparing import Comparing
    from annotator.imaging.collection import Listing
    from annotator.measuring import SpotMeasurer
    from annotator.model.candidate import Candidates
    from annotator.over_time import Followed, OverTime
    from annotator.store.audit_view import Audit
    from annotator.store.seen_waiting import SeenWaiting
    from annotator.store.store import Store
    from annotator.store.streaming import ReadingHead
    from annotator.store.summaries import ReadingSummary
    from annotator.waiting import WaitingActs


class Workspace:
    """One user at work: settings, the database, the lexicon and the rules, wired by `bootstrap`.

    `rules_warning` says why a site's own decision table is not in use, '' where nothing is amiss.

    The database is opened by `open_database` or by the first use of it, once, on whatever thread that
    is; every use of it raises StoreError when it cannot be opened.
    """

    def __init__(
        self,
        settings: Settings,
        open_store: Callable[[], Store],
        lexicon: Lexicon,
        rules: RuleTable,
        rules_warning: str = "",
    ) -> None:
        self.settings = settings
        self.lexicon = lexicon
        self.rules = rules
        self.rules_warning = rules_warning
        self._open_store = open_store
        self._opened: Store | None = None
        self._opening = threading.Lock()
        self._earlier: dict[str, Mapping[str, Earlier]] = {}

    def open_database(self) -> None:
        """Open the database now, not at its first use. Raises StoreError when it cannot be used."""
        _ = self._store

    def list_images(self, paths: Sequence[Path], token: CancelToken | None = None) -> Listing:
        """What can be opened under `paths`, and what cannot, with the reason."""
        from annotator.imaging.collection import list_images
        from annotator.imaging.unpack_folder import clear_left_behind

        clear_left_behind()
        index = header_index_path() if self.settings.header_index else None
        return list_images(paths, token=token, index=index)

    def group_exams(self, images: Sequence[ImageInfo]) -> tuple[ExamInfo, ...]:
        """Images by study, oldest exam first."""
        from annotator.imaging.collection import group_exams

        return group_exams(images)

    @property
    def spots(self) -> SpotMeasurer:
        """Measures what a click means, by the settings as they are then."""
        from annotator.measuring import SpotMeasurer

        return SpotMeasurer(self.settings)

    def find_candidates(
        self, info: ImageInfo, *, frame: NDArray[Any] | None = None, token: CancelToken | None = None
    ) -> Candidates:
        """What to propose for labelling on an image, of a stack on all its slices; seconds, so for a job.

        `frame` is its only one where it is decoded already. Raises UnreadableImage and Cancelled.
        """
        from annotator.detection import candidates_of
        from annotator.imaging.dicom_file import open_image

        if frame is not None:
            decoded = frame
            return candidates_of(info, lambda _number: decoded, token)
        image = open_image(info.path, budget=1)
        return candidates_of(info, image.frame, token, slices=image.slices() if info.is_stack else ())

    def open_reading(self, study_instance_uid: str, exam: ExamInfo | None = None) -> OpenedReading:
        """The reader's reading of an exam with its undo history; an empty one when there is none yet.

        A new one is of the edition whose words are in use now; an older one keeps its own.
        What `exam` says of its date and patient is kept with the reading, so that exams of one patient are found.
        """
        reading, revision = self._store.open_reading(
            study_instance_uid,
            self.settings.reader,
            lexicon_edition=self.lexicon.edition,
            exam_date=None if exam is None else exam.day,
            patient="" if exam is None else patient_number(exam),
        )
        if exam is not None:
            # before the database can be out of reach
            _ = self.pseudonyms
            followed = self.followed(exam, {})
            here = self._read_exam(reading, exam, followed.patient)
            self._earlier[study_instance_uid] = earlier_in(followed.sightings, here)
        revisions = self._store.revisions(reading.id) if revision else ()
        steps, done = undo_steps(reading.blank(), revisions)
        return OpenedReading(reading, revision, steps, done, last_signed(revisions))

    def readings_of(self, study_instance_uid: str) -> tuple[ReadingSummary, ...]:
        """Every reader's reading of an exam, the one saved last first."""
        return tuple(s for s in self._store.readings() if s.study_instance_uid == study_instance_uid)

    def open_signed(self, reading_id: str) -> OpenedReading | None:
        """A reading as it was signed last, or brought in, to be looked at; None while it is one of a person and was never signed."""
        revisions = self._store.revisions(reading_id)
        signed = last_signed(revisions)
        shown = signed or last_imported(revisions)
        return None if shown is None else OpenedReading(shown, len(revisions), (), 0, signed)

    def signature(
        self,
        reading: Reading,
        exam: ExamInfo,
        display: str = NOT_RECORDED,
        *,
        earlier_exam: bool | None = None,
    ) -> Signature:
        """What signing this reading now freezes, in the next version; nothing is saved by it.

        `earlier_exam` as for `contradictions`. Looks at all of the reading: with ten thousand marks two to three
        seconds on a loaded machine, so never on the thread of the window.
        """
        from annotator.store.encoding import content_digest

        follow_ups = self.follow_ups(reading, exam)
        return Signature(
            version=len(reading.signatures) + 1,
            reader=self.settings.reader,
            at=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            reason=reading.amending,
            content=content_digest(reading),
            program_version=__version__,
            lexicon_edition=reading.lexicon_edition,
            lexicon_version=self.lexicon.version,
            rules_version=self.rules.version,
            rules=self.rules.digest,
            display=display,
            findings=tuple(
                SignedFinding(
                    finding_id=finding.id,
                    follow_up=_told(finding, follow_ups[finding.id]),
                    contradictions=self.contradictions(reading, finding.id, exam, earlier_exam=earlier_exam),
                    assessment=finding.assessment,
                )
                for finding in reading.findings
            ),
        )

    def save(
        self,
        reading: Reading,
        *,
        based_on: int,
        act: Act,
        label: str,
        display: str = NOT_RECORDED,
        at: datetime | None = None,
        made_on: Reading | None = None,
    ) -> int:
        """Append one revision, made on `display`, and return its number; it is on disk when this returns."""
        return self._store.save(
            reading,
            reader=self.settings.reader,
            based_on=based_on,
            act=act,
            label=label,
            display=display,
            at=at,
            made_on=made_on,
        )

    def reading_by(self, reader: str, exam: ExamInfo) -> tuple[Reading, tuple[Revision, ...]]:
        """What somebody else, a data set perhaps, says of an exam, and every revision of it; empty where there is none yet.

        A new one is of the 5th edition, whose words, and older ones, the data sets use.
        """
        reading, revision = self._store.open_reading(
            exam.study_instance_uid,
            reader,
            lexicon_edition="5",
            exam_date=exam.day,
            patient=patient_number(exam),
        )
        return reading, self._store.revisions(reading.id) if revision else ()

    def save_import(self, reading: Reading, made_on: Reading, based_on: int, label: str) -> int:
        """Append what was brought in under the name of its own reader; in the audit it is this user's act."""
        return self._store.save(
            reading, reader=reading.reader, based_on=based_on, act=Act.IMPORT, label=label, made_on=made_on
        )

    @cached_property
    def waiting(self) -> WaitingActs:
        """Acts on this computer that the database has not taken yet."""
        from annotator.waiting import WaitingActs

        return WaitingActs(waiting_dir(), self.settings.database, self.settings.reader, lambda: self._store)

    @cached_property
    def seen(self) -> SeenWaiting:
        """What was seen of images, on its way to the database."""
        from annotator.store.seen_waiting import SeenWaiting

        settings, edition = self.settings, self.lexicon.edition
        return SeenWaiting(waiting_dir(), settings.database, settings.reader, edition, lambda: self._store)

    def follow_up(
        self,
        reading: Reading,
        finding_id: str,
        exam: ExamInfo | None = None,
    ) -> FollowUp:
        """The documented follow-up of a finding; its size is the reader's word or that of all its marks.

        Where the reader has not said the stage, the images of `exam` tell whether magnification views were taken.
        A note says where the suggestion is lower than the category that was signed, or than that of an earlier exam,
        as far as those were known when the reading was opened.
        """
        finding = reading.finding(finding_id)
        earlier = self._earlier.get(reading.study_instance_uid, {}).get(finding.tracking_uid)
        images = {} if exam is None else {image.sop_instance_uid: image for image in exam.images}
        return follow_up(
            reading.described(finding_id),
            self.rules,
            lexicon_edition=reading.lexicon_edition,
            assumed_stage=Stage.WORKUP if exam is not None and exam.magnified else Stage.SCREEN,
            known=known_of(reading, finding, images, () if earlier is None else (earlier,)),
        )

    @cached_property
    def measurer(self) -> FindingMeasurer:
        """Measures findings; whoever has a picture tells it where the breast lies (`learn`)."""
        from annotator.analysis.findings.measured import FindingMeasurer

        return FindingMeasurer()

    def measured(self, reading: Reading, finding_id: str, exam: ExamInfo) -> Measured:
        """Counts, lengths and place of a finding by its marks; places only on images whose breast is known."""
        return self.measurer.of(reading, finding_id, exam)

    def clusters_of(
        self, reading: Reading, finding_id: str, exam: ExamInfo, token: CancelToken | None = None
    ) -> tuple[ClustersOnImage, ...]:
        """How the marks of a finding lie together on each image, and the word that suggests; for a job."""
        from annotator.analysis.findings.clusters import clusters_of

        return clusters_of(reading, finding_id, exam, self.measurer.breast, token)

    def contradictions(
        self, reading: Reading, finding_id: str, exam: ExamInfo, *, earlier_exam: bool | None = None
    ) -> tuple[Contradiction, ...]:
        """What in a finding does not go together, kept ones too.

        `earlier_exam`: whether an exam of the patient from before is known (None: not known).
        """
        from annotator.rules.contradictions import contradictions

        known = Circumstances.of(
            exam,
            earlier_exam=earlier_exam,
            micro_below_mm=self.settings.micro_below_mm,
            macro_above_mm=self.settings.macro_above_mm,
        )
        return contradictions(
            reading,
            finding_id,
            self.measured(reading, finding_id, exam),
            known,
            load_lexicon(reading.lexicon_edition),
        )

    def was_read_before(self, exam: ExamInfo) -> bool | None:
        """Whether an exam of the same patient from before has a reading here; None where date or patient are not known."""
        day, patient = exam.day, self._store.patient_digest(patient_number(exam))
        if day is None or patient is None:
            return None
        return any(
            one.patient == patient and one.exam_date is not None and one.exam_date < day
            for one in self._store.readings()
            if one.study_instance_uid != exam.study_instance_uid
        )

    def find_breasts(self, reading: Reading, exam: ExamInfo, token: CancelToken | None = None) -> None:
        """Look for the breast on every image with marks or outlines that no picture has told of; for a job.

        What cannot be read is left out: places on it stay unknown.
        """
        from annotator.breasts import find_breasts

        find_breasts(self.measurer, reading, exam, token or CancelToken())

    def breast_assessments(self, reading: Reading, exam: ExamInfo | None = None) -> BreastAssessments:
        """What the findings come to for each breast, by the reader's own categories and by the suggested ones.

        A suggested category counts only for findings that have the reader's own.
        """
        sides = {} if exam is None else {image.sop_instance_uid: image.laterality for image in exam.images}
        return breast_assessments(
            reading, self.follow_ups(reading, exam), sides, load_lexicon(reading.lexicon_edition)
        )

    @cached_property
    def over_time(self) -> OverTime:
        """Findings of the readings that this reader may see, through their exams."""
        from annotator.over_time import OverTime

        return OverTime(lambda: self._store, self.settings.reader)

    @cached_property
    def comparing(self) -> Comparing:
        """A cluster beside what there was of it in the exams before."""
        from annotator.comparing import Comparing

        return Comparing(self.over_time, self.measurer, self.find_breasts)

    def due(self, on: date) -> tuple[Due, ...]:
        """Everything that was asked for in the readings this reader may see, as it is on a day; the most urgent first."""
        return self.due_of(self.over_time.everything(), on)

    def due_of(self, followed: Followed, on: date) -> tuple[Due, ...]:
        """What of some readings is due."""
        soon, grace = self.settings.due_soon_days, self.settings.overdue_after_days
        return due(followed.sightings, followed.exams, on, soon_days=soon, grace_days=grace)

    def followed(self, exam: ExamInfo, at_hand: Mapping[str, ExamInfo]) -> Followed:
        """Findings of this patient in the readings this reader may see; those of exams `at_hand` measured on their images."""
        return self.over_time.of_patient(
            patient_number(exam), exam.study_instance_uid, at_hand, self.measured
        )

    def followed_now(self, followed: Followed, reading: Reading, exam: ExamInfo) -> Followed:
        """The same with a reading as it stands now, saved or not."""
        here = self._read_exam(reading, exam, followed.patient)
        measured = {finding.id: self.measured(reading, finding.id, exam) for finding in reading.findings}
        return followed.with_reading(here, sightings_of(reading, here, measured))

    def proposed_stage(
        self, reading: Reading, exam: ExamInfo, followed: Followed | None = None
    ) -> tuple[Stage, str] | None:
        """The stage the exam seems to belong to, by what was asked for before it, and why in a sentence.

        None where nothing tells, or the reader has said it. Never applied but by the reader. `followed` where it is
        known already; else the database is asked.
        """
        if reading.stage is not None:
            return None
        known = followed or self.followed(exam, {})
        found = proposed_stage(self._read_exam(reading, exam, known.patient), known.sightings, known.exams)
        if found is None:
            return None
        stage, asked = found
        words = asked_words(asked, load_lexicon(reading.lexicon_edition).word)
        return stage, f"asked for on {asked.exam.exam_date} for F{asked.number}: {words}"

    def reader_name(self) -> str:
        """Who reads here, by the name that people read: the display name of the account, else the account."""
        known = (one.display_name for one in self._store.people() if one.name == self.settings.reader)
        return next(known, self.settings.reader)

    def readings(self) -> tuple[ReadingSummary, ...]:
        """All readings of the database."""
        return self._store.readings()

    def heads(self) -> Iterator[ReadingHead]:
        """Where every reading of the database stands, exam by exam, however many."""
        return self._store.heads()

    def values_at(self, wanted: Sequence[tuple[ReadingHead, int]]) -> Iterator[tuple[ReadingHead, Reading]]:
        """Readings as they were at a revision, in the order asked for."""
        return self._store.values_at(wanted)

    def latest(self, reading_id: str) -> Reading:
        """A reading as it was saved last, whoever's it is."""
        return self._store.latest(reading_id)

    def revisions(self, reading_id: str) -> tuple[Revision, ...]:
        """All revisions of a reading, oldest first."""
        return self._store.revisions(reading_id)

    @cached_property
    def pseudonyms(self) -> Pseudonyms:
        """What exports call exams and patients; asked of the database once, so that a name for a file needs none later."""
        return self._store.pseudonyms()

    def patient_pseudonym(self, exam: ExamInfo) -> str:
        """What exports call the patient of an exam; '' where the files do not say who it is."""
        return self.pseudonym_of_number(patient_number(exam))

    def pseudonym_of_number(self, patient_id: str) -> str:
        """The same for a Patient ID; '' for '' and for one that many persons share."""
        return self.pseudonyms.patient(self._store.patient_digest(number_of_one(patient_id)))

    def note(self, act: AuditAct, exam: str, reading_id: str | None = None, what: str = "") -> None:
        """Add to the audit; `exam` is the Study Instance UID, `what` names no patient."""
        self._store.note(act, reading_id=reading_id, study_instance_uid=exam, what=what)

    def note_all(self, act: AuditAct, done: Iterable[tuple[str, str, str]]) -> None:
        """Add to the audit, for each (reading id, Study Instance UID, text that names no patient)."""
        self._store.note_all(act, done)

    def audit(self, most: int) -> Audit:
        """The newest entries of the audit that this reader may see."""
        from annotator.store.audit_view import audit_of

        return audit_of(self._store, most)

    def displays(self, reading_id: str) -> tuple[str, ...]:
        """In words, every display that a reading was made on."""
        return self._store.displays(reading_id)

    def close(self) -> None:
        """Let go of the database."""
        with self._opening:
            if self._opened is not None:
                self._opened.close()

    @property
    def _store(self) -> Store:
        with self._opening:
            if self._opened is None:
                self._opened = self._open_store()
            return self._opened

    def _read_exam(self, reading: Reading, exam: ExamInfo, patient: str | None) -> ReadExam:
        return ReadExam(
            reading_id=reading.id,
            study_instance_uid=exam.study_instance_uid,
            reader=reading.reader,
            exam_date=exam.day,
            stage=reading.stage,
            patient=patient,
            signed=len(reading.signatures) or None,
        )

    def follow_ups(self, reading: Reading, exam: ExamInfo | None) -> dict[str, FollowUp]:
        """The documented follow-up of every finding, by its id."""
        return {finding.id: self.follow_up(reading, finding.id, exam) for finding in reading.findings}


def _told(finding: Finding, follow_up: FollowUp) -> FollowUp:
    """What stood beside a finding: no follow-up where the reader gave no category, in no file and at no later time."""
    return follow_up if finding.assessment is not None else follow_up.before_choice()
